"""Which parts of the picture the board was in, and to which sides it was tilted: what fills while views are taken."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeclass.desktop import theme

Grid = tuple[tuple[int, ...], ...]
#: Where the bar of each edge stands round the little board.
_EDGES = ("left", "top", "right", "bottom")
TILT_PX = 84


class CoverageMap(QWidget):
    """A small picture of the picture: a dot in each part that holds corners, and the tilts beside it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grids: tuple[Grid, ...] = ()
        self._tilts: frozenset[str] | None = None
        self._aspect = 16 / 9
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Covered parts of the picture"))

    def sizeHint(self) -> QSize:
        """As wide as the wizard's right side."""
        return QSize(300, 112)

    def set_coverage(self, grids: tuple[Grid, ...], tilts: frozenset[str] | None, aspect: float = 16 / 9) -> None:
        """Show one camera's map with its tilts, or both cameras' maps side by side (``tilts`` None).

        Args:
            grids: corners in each part, rows from the top.
            tilts: edges that were brought nearer: left, top, right, bottom.
            aspect: width over height of the pictures.
        """
        if (grids, tilts, aspect) == (self._grids, self._tilts, self._aspect):
            return
        self._grids, self._tilts, self._aspect = grids, tilts, aspect
        covered = [sum(n > 0 for row in grid for n in row) for grid in grids]
        words = [self.tr("{0} of {1} parts").format(n, 25) for n in covered]
        if tilts is not None:
            words.append(self.tr("tilted: {0}").format(", ".join(e for e in _EDGES if e in tilts) or "–"))
        self.setAccessibleDescription("; ".join(words))
        self.setToolTip("; ".join(words))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw maps and tilts."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        wide = self.width() - (TILT_PX + 12 if self._tilts is not None else 0)
        count = max(1, len(self._grids))
        each = (wide - 8 * (count - 1)) / count
        for k, grid in enumerate(self._grids):
            height = min(self.height() - 2.0, each / self._aspect)
            width = height * self._aspect
            self._draw_grid(painter, QRectF(1 + k * (each + 8), 1, width - 2, height), grid)
        if self._tilts is not None:
            self._draw_tilts(painter, QRectF(self.width() - TILT_PX, (self.height() - TILT_PX) / 2, TILT_PX, TILT_PX))

    def _draw_grid(self, painter: QPainter, place: QRectF, grid: Grid) -> None:
        colours = theme.current()
        rows, columns = len(grid), len(grid[0]) if grid else 1
        w, h = place.width() / columns, place.height() / max(rows, 1)
        for r, row in enumerate(grid):
            for c, count in enumerate(row):
                cell = QRectF(place.left() + c * w + 1, place.top() + r * h + 1, w - 2, h - 2)
                painter.setPen(
                    QPen(QColor(colours.outline), 1, Qt.PenStyle.SolidLine if count else Qt.PenStyle.DotLine)
                )
                painter.setBrush(QColor(colours.good_ground) if count else Qt.BrushStyle.NoBrush)
                painter.drawRect(cell)
                if count:
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.setBrush(QColor(colours.good))
                    radius = min(w, h) * min(0.42, 0.14 + 0.04 * count**0.5)
                    painter.drawEllipse(cell.center(), radius, radius)

    def _draw_tilts(self, painter: QPainter, place: QRectF) -> None:
        colours = theme.current()
        assert self._tilts is not None
        board = place.adjusted(22, 22, -22, -22)
        painter.setPen(QPen(QColor(colours.outline), 1))
        painter.setBrush(QColor(colours.raised))
        painter.drawRect(board)
        painter.setPen(QColor(colours.muted))
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        painter.drawText(board, Qt.AlignmentFlag.AlignCenter, self.tr("tilts"))
        lines = {
            "left": (QPointF(place.left() + 10, board.top()), QPointF(place.left() + 10, board.bottom())),
            "right": (QPointF(place.right() - 10, board.top()), QPointF(place.right() - 10, board.bottom())),
            "top": (QPointF(board.left(), place.top() + 10), QPointF(board.right(), place.top() + 10)),
            "bottom": (QPointF(board.left(), place.bottom() - 10), QPointF(board.right(), place.bottom() - 10)),
        }
        for edge, (a, b) in lines.items():
            done = edge in self._tilts
            pen = QPen(QColor(colours.good if done else colours.outline), 6 if done else 2)
            pen.setStyle(Qt.PenStyle.SolidLine if done else Qt.PenStyle.DotLine)
            painter.setPen(pen)
            painter.drawLine(a, b)
