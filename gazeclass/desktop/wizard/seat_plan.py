"""The room from above, board at the top as the class sees it, with seats to drag; arrow keys move them too."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeclass.calibration.room_parts import BoardSize, Seat
from gazeclass.desktop import theme
from gazeclass.desktop.wizard.units import METRE, Unit

#: A seat as drawn, and how far an arrow key moves one (with Shift a tenth).
SEAT_M, STEP_M = 0.55, 0.1


@dataclass(frozen=True)
class SeatNote:
    """What stands in a seat of a plan that is only read; ``grey`` seats are not to be relied on, ``tip`` says why."""

    text: str
    tip: str = ""
    grey: bool = False


class SeatPlan(QWidget):
    """Seats from above. The drawing's left is x = width, as who faces the board sees it.

    Signals:
        moved: index of a seat and where it is now: x and z in metres.
        removed: index of a seat that was deleted by key.
        selected: index, or -1.
    """

    moved = Signal(int, float, float)
    removed = Signal(int)
    selected = Signal(int)

    def __init__(self, parent: QWidget | None = None, *, fixed: bool = False) -> None:
        super().__init__(parent)
        self._fixed = fixed
        self._notes: dict[str, SeatNote] = {}
        self._board = BoardSize(width_m=4.0, height_m=1.2)
        self._seats: tuple[Seat, ...] = ()
        self._unit: Unit = METRE
        self._chosen = -1
        self._grip: QPointF | None = None
        self._frozen: tuple[float, QPointF] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Seats from above"))
        if fixed:
            self.setMouseTracking(True)
            return
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(
            self.tr("Drag a seat, or choose one with Page Up and Page Down and move it with the arrow keys")
        )

    def sizeHint(self) -> QSize:
        """Large."""
        return QSize(640, 480)

    def minimumSizeHint(self) -> QSize:
        """Still usable."""
        return QSize(320, 240)

    @property
    def chosen(self) -> int:
        """Index of the chosen seat, -1 for none."""
        return self._chosen

    def set_room(self, board: BoardSize, seats: tuple[Seat, ...], unit: Unit) -> None:
        """Show a room."""
        self._board, self._seats, self._unit = board, seats, unit
        if self._chosen >= len(seats):
            self._chosen = -1
            self.selected.emit(-1)
        self.update()

    def set_notes(self, notes: "dict[str, SeatNote]") -> None:
        """A word under each seat's name, by the seat's name."""
        self._notes = notes
        self.update()

    def place_of(self, index: int) -> QPointF:
        """Where a seat is drawn, in the widget's pixels."""
        x, _, z = self._seats[index].position_m
        return self._to_pixels(x, z)

    def _scale(self) -> tuple[float, QPointF]:
        """Pixels a metre, and where the board's middle is drawn."""
        if self._frozen is not None:
            return self._frozen
        half = max([self._board.width_m / 2, *(abs(s.position_m[0] - self._board.width_m / 2) for s in self._seats)])
        depth = max([3.0, *(s.position_m[2] for s in self._seats)])
        wide, deep = 2 * half + 1.6, depth + 1.2
        scale = min((self.width() - 16) / wide, (self.height() - 48) / deep)
        top = 32 + max(0.0, (self.height() - 48 - scale * deep) / 3)
        return max(scale, 1.0), QPointF(self.width() / 2, top)

    def _to_pixels(self, x_m: float, z_m: float) -> QPointF:
        scale, origin = self._scale()
        return QPointF(origin.x() - (x_m - self._board.width_m / 2) * scale, origin.y() + z_m * scale)

    def _to_metres(self, at: QPointF) -> tuple[float, float]:
        scale, origin = self._scale()
        return self._board.width_m / 2 - (at.x() - origin.x()) / scale, (at.y() - origin.y()) / scale

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the board, the floor's metres and the seats."""
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(colours.surface))
        scale, origin = self._scale()
        painter.setPen(QPen(QColor(colours.border), 1))
        metre = 1
        while origin.y() + metre * scale < self.height() - 4:
            y = origin.y() + metre * scale
            painter.drawLine(QPointF(40, y), QPointF(self.width() - 8, y))
            metre += 1
        painter.setPen(QColor(colours.muted))
        for k in range(1, metre):
            at = QRectF(2, origin.y() + k * scale - 9, 38, 18)
            text = f"{k / self._unit.metres:.0f} {self._unit.symbol}"
            painter.drawText(at, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        half = self._board.width_m / 2 * scale
        painter.setPen(QPen(QColor(colours.outline), 1))
        painter.setBrush(QColor(theme.SLATE))
        painter.drawRect(QRectF(origin.x() - half, origin.y() - 10, 2 * half, 10))
        painter.setPen(QColor(colours.text))
        board = self.tr("board, {0} wide").format(self._unit.text(self._board.width_m))
        painter.drawText(
            QRectF(0, origin.y() - 30, self.width(), 18),
            Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop,
            board,
        )
        font = painter.font()
        font.setPixelSize(int(min(13, max(9, scale * 0.22))))
        painter.setFont(font)
        for index, seat in enumerate(self._seats):
            self._draw_seat(painter, index, seat, scale)

    def _draw_seat(self, painter: QPainter, index: int, seat: Seat, scale: float) -> None:
        colours = theme.current()
        at, side = self.place_of(index), max(16.0, SEAT_M * scale)
        box = QRectF(at.x() - side / 2, at.y() - side / 2, side, side)
        is_chosen = index == self._chosen
        painter.setBrush(QColor(colours.accent if is_chosen else colours.raised))
        ring = colours.focus if is_chosen and self.hasFocus() else colours.outline
        painter.setPen(QPen(QColor(ring), 2 if is_chosen else 1))
        if index in self._grey():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.outline), 1, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(box, side / 5, side / 5)
        note = self._notes.get(seat.name)
        painter.setPen(
            QColor(colours.on_accent if is_chosen else colours.muted if note and note.grey else colours.text)
        )
        text = seat.name if note is None else note.text
        painter.drawText(box.adjusted(-20, -20, 20, 20), Qt.AlignmentFlag.AlignCenter, text)

    def _grey(self) -> set[int]:
        return {k for k, seat in enumerate(self._seats) if seat.name in self._notes and self._notes[seat.name].grey}

    def _at(self, at: QPointF) -> int:
        scale, _ = self._scale()
        reach = max(16.0, SEAT_M * scale / 2 + 2)
        found = [(self.place_of(k) - at).manhattanLength() for k in range(len(self._seats))]
        nearest = min(range(len(found)), key=found.__getitem__, default=-1)
        return nearest if nearest >= 0 and found[nearest] <= 1.5 * reach else -1

    def _choose(self, index: int) -> None:
        if index != self._chosen:
            self._chosen = index
            self.selected.emit(index)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take a seat."""
        if self._fixed:
            return
        index = self._at(event.position())
        self._choose(index)
        if index >= 0:
            self._grip = self.place_of(index) - event.position()
            self._frozen = self._scale()  # the scale must not change under the hand

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move it; on a plan that is only read, say what there is to say of the seat."""
        if self._fixed:
            at = self._at(event.position())
            note = self._notes.get(self._seats[at].name) if at >= 0 else None
            self.setToolTip("" if note is None else note.tip)
            return
        if self._grip is not None and self._chosen >= 0:
            x, z = self._to_metres(event.position() + self._grip)
            self.moved.emit(self._chosen, round(x, 2), round(z, 2))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let it go."""
        self._grip = self._frozen = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Page keys choose, arrows move, Delete removes."""
        key, count = event.key(), len(self._seats)
        steps = {Qt.Key.Key_Left: (1, 0), Qt.Key.Key_Right: (-1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
        if key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp) and count:
            self._choose((self._chosen + (1 if key == Qt.Key.Key_PageDown else -1)) % count)
        elif key in steps and self._chosen >= 0:
            dx, dz = steps[Qt.Key(key)]
            step = STEP_M / 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else STEP_M
            x, _, z = self._seats[self._chosen].position_m
            self.moved.emit(self._chosen, x + dx * step, z + dz * step)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self._chosen >= 0:
            self.removed.emit(self._chosen)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring."""
        super().focusInEvent(event)
        if self._chosen < 0 and self._seats:
            self._choose(0)
        self.update()
