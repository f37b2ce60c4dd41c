"""The board on which zones can be drawn with the mouse."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gazeclass.desktop import theme
from gazeclass.desktop.widgets.board_view import BoardView

#: Zones drawn by hand end on whole steps of this.
STEP_M = 0.05


class ZoneBoard(BoardView):
    """A :class:`BoardView` on which a rectangle can be dragged while :meth:`set_drawing` is on.

    Signals:
        rectangle_drawn: x0, y0, x1, y1 in board metres, within the board, on whole steps of 5 cm.
    """

    rectangle_drawn = Signal(float, float, float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drawing = False
        self._corner: tuple[float, float] | None = None
        self._other: tuple[float, float] = (0.0, 0.0)

    def set_drawing(self, on: bool) -> None:
        """Whether the mouse draws."""
        self._drawing, self._corner = on, None
        self.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a rectangle."""
        if self._drawing and event.button() == Qt.MouseButton.LeftButton and self.frame() is not None:
            self._corner = self._other = self._snapped(event)
            return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Stretch it."""
        if self._corner is not None:
            self._other = self._snapped(event)
            self.update()
            return
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Done, if it has an area."""
        if self._corner is None:
            super().mouseReleaseEvent(event)
            return
        (xa, ya), (xb, yb) = self._corner, self._snapped(event)
        self._corner = None
        self.update()
        if abs(xa - xb) >= STEP_M and abs(ya - yb) >= STEP_M:
            self.rectangle_drawn.emit(min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The board, and the rectangle that is being drawn."""
        super().paintEvent(event)
        frame = self.frame()
        if self._corner is None or frame is None:
            return
        (xa, ya), (xb, yb) = frame.to_px([self._corner, self._other])
        painter = QPainter(self)
        painter.setPen(QPen(QColor(theme.CHALK), 2, Qt.PenStyle.DashLine))
        painter.drawRect(QRectF(min(xa, xb), min(ya, yb), abs(xa - xb), abs(ya - yb)))

    def _snapped(self, event: QMouseEvent) -> tuple[float, float]:
        frame, board = self.frame(), self.board
        if frame is None or board is None:
            return 0.0, 0.0
        x, y = frame.to_m(event.position().x(), event.position().y())

        def step(value: float, most: float) -> float:
            # The board's own edge is a step too, wherever it lies.
            snapped = round(value / STEP_M) * STEP_M
            return most if value > most - STEP_M / 2 else min(max(snapped, 0.0), most)

        return step(x, board.width_m), step(y, board.height_m)
