"""The room to scale, from above and from the side, and the one distance to measure now."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeclass.calibration.room_drawing import UV, Drawing, Scene, from_above, from_side
from gazeclass.desktop import theme

#: The gap holds the names of a point at the right of one drawing and of one at the left of the other.
GAP_PX, MARGIN_PX, TITLE_PX = 84, 16, 24
#: Around what is drawn, metres.
ROUND_M = 0.35


class DrawingView(QWidget):
    """Both drawings to one scale. The distance to measure stands out, those measured are thin, wrong ones red."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._above: Drawing | None = None
        self._side: Drawing | None = None
        self._line: tuple[str, str] | None = None
        self._wrong: frozenset[str] = frozenset()
        self._places: tuple[dict[str, UV], dict[str, UV]] = ({}, {})
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("The room from above and from the side"))

    def sizeHint(self) -> QSize:
        """Wide."""
        return QSize(700, 320)

    def minimumSizeHint(self) -> QSize:
        """Still readable."""
        return QSize(400, 180)

    def show_scene(
        self,
        scene: Scene | None,
        line: tuple[str, str] | None = None,
        places: tuple[dict[str, UV], dict[str, UV]] = ({}, {}),
        wrong: frozenset[str] = frozenset(),
    ) -> None:
        """Draw a room.

        Args:
            scene: what is known of it.
            line: names of the two ends of the distance to measure now.
            places: where the named points are drawn, from above and from the side.
            wrong: names of readings that disagree ("C00 to B_TL").
        """
        self._above, self._side = (None, None) if scene is None else (from_above(scene), from_side(scene))
        self._line, self._places, self._wrong = line, places, wrong
        said = "" if line is None else self.tr("Measure from {0} to {1}").format(*line)
        self.setAccessibleDescription(said)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Both drawings."""
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(colours.surface))
        if self._above is None or self._side is None:
            return
        above, side = _size(self._above), _size(self._side)
        wide = self.width() - 2 * MARGIN_PX - GAP_PX
        high = self.height() - 2 * MARGIN_PX - TITLE_PX
        scale = max(1.0, min(wide / (above[0] + side[0]), high / max(above[1], side[1])))
        top = MARGIN_PX + TITLE_PX + max(0.0, (high - scale * max(above[1], side[1])) / 2)
        left = MARGIN_PX + max(0.0, (wide - scale * (above[0] + side[0])) / 2)
        self._pane(painter, self._above, QPointF(left, top), scale, False)
        self._pane(painter, self._side, QPointF(left + scale * above[0] + GAP_PX, top), scale, True)

    def _pane(self, painter: QPainter, drawing: Drawing, corner: QPointF, scale: float, side: bool) -> None:
        colours = theme.current()
        u0, v0, _, v1 = drawing.box

        def at(uv: UV) -> QPointF:
            # From above v grows downwards, away from the board; from the side it grows upwards, from the floor.
            down = v1 + ROUND_M - uv[1] if side else uv[1] - v0 + ROUND_M
            return QPointF(corner.x() + scale * (uv[0] - u0 + ROUND_M), corner.y() + scale * down)

        painter.setPen(QColor(colours.muted))
        title = self.tr("From the side") if side else self.tr("From above")
        head = QRectF(corner.x(), corner.y() - TITLE_PX, 300, TITLE_PX)
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
        painter.save()
        for line in drawing.lines:
            self._draw_line(painter, line.kind, line.label, [at(p) for p in line.points], line.closed)
        for mark in drawing.marks:
            named = not side and (self._line is None or mark.label not in self._line)
            self._draw_mark(painter, mark.kind, mark.label if named else "", at(mark.at))
        places = self._places[1 if side else 0]
        if self._line is not None and all(name in places for name in self._line):
            ends = [at(places[name]) for name in self._line]
            painter.setPen(QPen(QColor(colours.focus), 3))
            painter.drawLine(ends[0], ends[1])
            self._names(painter, list(zip(self._line, ends, strict=True)))
        painter.restore()

    def _draw_line(self, painter: QPainter, kind: str, label: str, points: list[QPointF], closed: bool) -> None:
        colours = theme.current()
        pens = {
            "board": QPen(QColor(colours.text if colours.dark else theme.SLATE), 6),
            "chessboard": QPen(QColor(colours.text), 1.5),
            "sight": QPen(QColor(colours.accent), 1, Qt.PenStyle.DotLine),
            "floor": QPen(QColor(colours.outline), 1),
            "reading": QPen(QColor(colours.outline), 1),
        }
        pen = pens.get(kind, QPen(QColor(colours.outline), 1))
        if kind == "reading" and label in self._wrong:
            pen = QPen(QColor(colours.danger), 2.5, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(QColor(colours.raised) if closed else Qt.BrushStyle.NoBrush)
        if closed:
            painter.drawPolygon(QPolygonF(points))
        else:
            painter.drawPolyline(QPolygonF(points))

    def _draw_mark(self, painter: QPainter, kind: str, label: str, at: QPointF) -> None:
        colours = theme.current()
        if kind == "camera":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.accent))
            painter.drawRoundedRect(QRectF(at.x() - 6, at.y() - 5, 12, 10), 3, 3)
            painter.setPen(QColor(colours.muted))
            _small(painter, 11)
            painter.drawText(QPointF(at.x() - 16, at.y() - 9), label)
        elif kind == "seat":
            painter.setPen(QPen(QColor(colours.outline), 1))
            painter.setBrush(QColor(colours.raised))
            painter.drawRoundedRect(QRectF(at.x() - 5, at.y() - 5, 10, 10), 3, 3)

    def _names(self, painter: QPainter, ends: list[tuple[str, QPointF]]) -> None:
        colours = theme.current()
        _small(painter, 13, bold=True)
        metrics = painter.fontMetrics()
        for (name, at), (_, other) in zip(ends, reversed(ends), strict=True):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.focus))
            painter.drawEllipse(at, 5, 5)
            width = metrics.horizontalAdvance(name) + 8
            left = at.x() + 7 if at.x() >= other.x() else at.x() - 7 - width
            left = min(max(left, 2.0), self.width() - width - 2)
            box = QRectF(left, at.y() - 10, width, 20)
            painter.setBrush(QColor(colours.surface))
            painter.drawRoundedRect(box, 4, 4)
            painter.setPen(QColor(colours.text))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)


def _size(drawing: Drawing) -> tuple[float, float]:
    u0, v0, u1, v1 = drawing.box
    return u1 - u0 + 2 * ROUND_M, v1 - v0 + 2 * ROUND_M


def _small(painter: QPainter, px: int, *, bold: bool = False) -> None:
    font = painter.font()
    font.setPixelSize(px)
    font.setBold(bold)
    painter.setFont(font)
