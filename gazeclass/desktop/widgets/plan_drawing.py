"""How the room from above is drawn: where metres lie, the shapes of the marks, their legend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QPainter, QPen, QPolygonF

from gazeclass.desktop.theme import CHALK, SLATE, Palette
from gazeclass.geometry.frames import Board

if TYPE_CHECKING:
    from gazeclass.desktop.widgets.room_plan import Mark, PlanCamera, PlanSeat, SeatState

#: A desk's width; seats are drawn this large, or smaller where they stand closer.
SEAT_M = 0.62
_ROOM_MARGIN_M = 0.55
#: Words that do not fit into a seat are written smaller, as these parts of their size, then cut off.
SMALLER = (0.95, 0.9, 0.85, 0.8, 0.75)


@dataclass(frozen=True)
class PlanFrame:
    """Maps the floor (WCS x, z in metres) to pixels: board at the top, the class's left at the left.

    Attributes:
        board: drawn along z = 0.
        place: the pixels there are.
        x_left_m: the x at the left edge (the larger one).
        z_top_m: the z at the top edge.
        px_per_m: the same along both axes.
        seat_px: side of a seat's square.
        x_right_m, z_bottom_m: the other edges.
    """

    board: Board
    place: QRectF
    x_left_m: float
    x_right_m: float
    z_top_m: float
    z_bottom_m: float
    px_per_m: float
    seat_px: float

    @staticmethod
    def fit(board: Board, seats: "Sequence[PlanSeat]", cameras: "Sequence[PlanCamera]", place: QRectF) -> "PlanFrame":
        """All of the room as large as it fits."""
        xs = [0.0, board.width_m, *(s.x_m for s in seats), *(c.x_m for c in cameras)]
        zs = [0.0, 2.0, *(s.z_m for s in seats), *(c.z_m for c in cameras)]
        x_left, x_right = max(xs) + _ROOM_MARGIN_M, min(xs) - _ROOM_MARGIN_M
        z_top, z_bottom = min(zs) - 0.35, max(zs) + _ROOM_MARGIN_M
        scale = max(1.0, min(place.width() / (x_left - x_right), place.height() / (z_bottom - z_top)))
        middle_x = (x_left + x_right) / 2
        x_left, x_right = middle_x + place.width() / scale / 2, middle_x - place.width() / scale / 2
        side = min(SEAT_M, *(0.86 * gap for gap in _gaps(seats))) if len(seats) > 1 else SEAT_M
        return PlanFrame(board, place, x_left, x_right, z_top, z_bottom, scale, max(14.0, side * scale))

    def to_px(self, x_m: float, z_m: float) -> QPointF:
        """A place on the floor in the widget."""
        return QPointF(
            self.place.left() + (self.x_left_m - x_m) * self.px_per_m,
            self.place.top() + (z_m - self.z_top_m) * self.px_per_m,
        )

    def to_m(self, x_px: float, y_px: float) -> tuple[float, float]:
        """A point of the widget on the floor: x, z."""
        return (
            self.x_left_m - (x_px - self.place.left()) / self.px_per_m,
            self.z_top_m + (y_px - self.place.top()) / self.px_per_m,
        )

    def seat_rect(self, seat: "PlanSeat") -> QRectF:
        """The square of a seat."""
        middle, half = self.to_px(seat.x_m, seat.z_m), self.seat_px / 2
        return QRectF(middle.x() - half, middle.y() - half, self.seat_px, self.seat_px)


def _gaps(seats: "Sequence[PlanSeat]") -> list[float]:
    """How far each seat is from its nearest neighbour, along the longer of both axes (squares must not overlap)."""
    gaps = []
    for a in seats:
        others = [max(abs(a.x_m - b.x_m), abs(a.z_m - b.z_m)) for b in seats if b.name != a.name]
        gaps.append(max(0.2, min(others)))
    return gaps


def draw_room(
    painter: QPainter, frame: PlanFrame, cameras: "Sequence[PlanCamera]", palette: Palette, board_word: str
) -> None:
    """The board's edge as seen from above, and the cameras."""
    left, right = frame.to_px(frame.board.width_m, 0.0), frame.to_px(0.0, 0.0)
    thickness = 18.0
    slate = QRectF(left.x(), left.y() - thickness, right.x() - left.x(), thickness)
    painter.setPen(QPen(QColor(CHALK), 1.5))
    painter.setBrush(QColor(SLATE))
    painter.drawRoundedRect(slate, 2, 2)
    painter.drawText(slate, int(Qt.AlignmentFlag.AlignCenter), board_word)
    for camera in cameras:
        at = frame.to_px(camera.x_m, camera.z_m)
        ahead = frame.to_px(camera.x_m + camera.dx, camera.z_m + camera.dz) - at
        length = max(1e-6, (ahead.x() ** 2 + ahead.y() ** 2) ** 0.5)
        ux, uy = ahead.x() / length, ahead.y() / length
        tip = QPolygonF(
            [
                at,
                QPointF(at.x() + 18 * ux - 9 * uy, at.y() + 18 * uy + 9 * ux),
                QPointF(at.x() + 18 * ux + 9 * uy, at.y() + 18 * uy - 9 * ux),
            ]
        )
        painter.setPen(QPen(QColor(palette.text), 1.5))
        painter.setBrush(QColor(palette.raised))
        painter.drawPolygon(tip)
        painter.drawEllipse(at, 4, 4)
        words = QRectF(at.x() - 60, at.y() - 26, 120, 20)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignCenter), camera.name)


def draw_seat(
    painter: QPainter, frame: PlanFrame, seat: "PlanSeat", state: "SeatState", palette: Palette, *, focused: bool
) -> None:
    """A seat with its mark and its words."""
    rect = frame.seat_rect(seat)
    if focused:
        painter.setPen(QPen(QColor(palette.focus), 2.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect.adjusted(-4, -4, 4, 4), 8, 8)
    ink = draw_mark(painter, rect, state.mark, state.colour, palette, unreliable=state.unreliable)
    painter.setPen(QColor(ink))
    tall = rect.height() >= 2.2 * QFontMetricsF(painter.font()).height()
    lines = [seat.name, state.text] if state.text and tall else [seat.name]
    font, words = fitted(painter.font(), lines, rect.width() - 6)
    painter.save()
    painter.setFont(font)
    painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), words)
    painter.restore()


def fitted(font: QFont, lines: "Sequence[str]", width_px: float) -> tuple[QFont, str]:
    """Lines that fit into a width: in smaller letters if need be, down to the last of :data:`SMALLER`; then cut off."""
    chosen, metrics = font, QFontMetricsF(font)
    # Hinted letters do not shrink in proportion: the sizes are tried.
    for share in SMALLER:
        if max(metrics.horizontalAdvance(line) for line in lines) <= width_px:
            break
        chosen = QFont(font)
        chosen.setPointSizeF(QFontInfo(font).pointSizeF() * share)
        metrics = QFontMetricsF(chosen)
    return chosen, "\n".join(metrics.elidedText(line, Qt.TextElideMode.ElideRight, width_px) for line in lines)


def draw_mark(
    painter: QPainter, rect: QRectF, mark: "Mark", colour: str, palette: Palette, *, unreliable: bool = False
) -> str:
    """The shape of a mark; returns the colour that can be read on it."""
    from gazeclass.desktop.widgets.room_plan import Mark

    corner = min(8.0, rect.height() / 4)
    strong = palette.muted if unreliable else palette.accent
    painter.setBrush(QColor(palette.surface))
    if mark is Mark.BOARD:
        painter.setPen(QPen(QColor(strong), 2))
        painter.setBrush(QColor(strong))
        painter.drawRoundedRect(rect, corner, corner)
        return palette.surface if unreliable else palette.on_accent
    if mark is Mark.ZONE:
        width = max(3.0, rect.width() / 13)
        painter.setPen(QPen(QColor(palette.muted if unreliable else colour or palette.accent), width))
        inset = width / 2
        painter.drawRoundedRect(rect.adjusted(inset, inset, -inset, -inset), corner, corner)
        return palette.text
    pen = QPen(QColor(palette.muted if unreliable else palette.text), 1.6)
    if mark is Mark.UNSEEN:
        pen = QPen(QColor(palette.muted), 1.6)
        pen.setDashPattern([1.0, 2.6])
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    elif mark is Mark.NONE:
        pen = QPen(QColor(palette.outline), 1)
    painter.setPen(pen)
    if mark is Mark.AWAY:
        painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect, corner, corner)
    return palette.muted if unreliable or mark is Mark.UNSEEN else palette.text


def draw_legend(painter: QPainter, place: QRectF, words: "Mapping[Mark, str]", palette: Palette) -> None:
    """What each shape means, in one row or two."""
    metrics = QFontMetricsF(painter.font())
    side, gap = 16.0, 20.0
    widths = {mark: side + 6 + metrics.horizontalAdvance(word) for mark, word in words.items()}
    rows: list[list[Mark]] = [[]]
    used = 0.0
    for mark, width in widths.items():
        if rows[-1] and used + gap + width > place.width():
            rows.append([])
            used = 0.0
        used += width + (gap if rows[-1] else 0.0)
        rows[-1].append(mark)
    y = place.top() + max(0.0, (place.height() - 24 * len(rows)) / 2)
    for row in rows:
        x = place.left() + (place.width() - sum(widths[m] for m in row) - gap * (len(row) - 1)) / 2
        for mark in row:
            draw_mark(painter, QRectF(x, y + 4, side, side), mark, "", palette)
            painter.setPen(QColor(palette.text))
            painter.drawText(QRectF(x + side + 6, y, widths[mark], 24), int(Qt.AlignmentFlag.AlignVCenter), words[mark])
            x += widths[mark] + gap
        y += 24
