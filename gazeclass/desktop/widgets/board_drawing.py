"""How the board is drawn, part by part; :class:`BoardView` says what, these say how."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from gazeclass.desktop.theme import CHALK, SLATE, Palette
from gazeclass.desktop.widgets.board_frame import BoardFrame, ellipses, tick_step_m
from gazeclass.desktop.widgets.heat_colours import heat_image

if TYPE_CHECKING:
    from gazeclass.desktop.widgets.board_view import Heat, Points, ZoneLike

#: Room around the board for its scales, in pixels.
LEFT_PX, RIGHT_PX, TOP_PX, AXIS_PX, LEGEND_PX = 44.0, 24.0, 16.0, 30.0, 46.0
_DOT_PX = 4.5
_LARGEST_ELLIPSE_PX = 4000.0


def draw_slate(painter: QPainter, frame: BoardFrame) -> None:
    """The slate itself."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(SLATE))
    painter.drawRect(_rect(frame))


def draw_frame(painter: QPainter, frame: BoardFrame) -> None:
    """The chalk-white frame, with a slate line around it so that it shows on a light ground."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(SLATE), 1.0))
    painter.drawRect(_rect(frame).adjusted(-2.5, -2.5, 2.5, 2.5))
    painter.setPen(QPen(QColor(CHALK), 3.0))
    painter.drawRect(_rect(frame).adjusted(-0.5, -0.5, 0.5, 0.5))


def draw_heat(painter: QPainter, frame: BoardFrame, heat: "Heat", image: QImage) -> None:
    """Heat, smoothly enlarged, cut at the board's edges."""
    (left, top), (right, bottom) = frame.to_px(
        np.array([[heat.x_edges_m[-1], heat.y_edges_m[0]], [heat.x_edges_m[0], heat.y_edges_m[-1]]])
    )
    painter.save()
    painter.setClipRect(_rect(frame))
    painter.drawImage(QRectF(left, top, right - left, bottom - top), image)
    painter.restore()


def draw_zones(
    painter: QPainter,
    frame: BoardFrame,
    zones: "Sequence[ZoneLike]",
    notes: Sequence[str],
    greyed: frozenset[str],
) -> None:
    """Zones as fine chalk lines with their names; greyed ones are hatched."""
    metrics = QFontMetricsF(painter.font())
    for number, zone in enumerate(zones):
        (left, top), (right, bottom) = frame.to_px(np.array([[zone.x1_m, zone.y0_m], [zone.x0_m, zone.y1_m]]))
        rect = QRectF(left, top, right - left, bottom - top)
        line = QColor(CHALK)
        line.setAlphaF(0.75)
        painter.setPen(QPen(line, 1.0, Qt.PenStyle.DotLine))
        hatch = QColor(CHALK)
        hatch.setAlphaF(0.25)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if zone.name in greyed:
            painter.fillRect(rect, hatch)
            painter.setBrush(Qt.BrushStyle.BDiagPattern)
        painter.drawRect(rect)
        lines = [zone.name, *([notes[number]] if number < len(notes) and notes[number] else [])]
        words = [metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width() - 10) for text in lines]
        if rect.height() < metrics.height() * len(words) + 4:
            words = words[-1:]
        width = max(metrics.horizontalAdvance(word) for word in words) + 8
        place = QRectF(rect.left() + 3, rect.top() + 3, width, metrics.height() * len(words) + 2)
        # A dark ground under the words: they must be read over any heat.
        ground = QColor(SLATE)
        ground.setAlphaF(0.72)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(place, 3, 3)
        painter.setPen(QColor(CHALK))
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), "\n".join(words))


def draw_points(painter: QPainter, frame: BoardFrame, points: "Points", whole: QRectF) -> None:
    """Dots with 68 % ellipses; a point beyond the drawing is an arrow at its edge."""
    px = frame.to_px(points.xy_m)
    if points.cov_m2 is not None:
        axes, angles = ellipses(frame.covariance_px2(points.cov_m2))
    inner = whole.adjusted(8, 8, -8, -8)
    inner.setBottom(min(inner.bottom(), frame.top_px + frame.height_px + AXIS_PX - 8))  # the legend lies below
    painter.save()
    painter.setClipRect(inner.adjusted(-6, -6, 6, 6))
    for n in np.flatnonzero(np.isfinite(px).all(axis=1)):
        colour = QColor(points.colours[n] if n < len(points.colours) else CHALK)
        colour.setAlphaF(float(points.opacity[n]))
        dark = QColor("#0d1215")
        dark.setAlphaF(float(points.opacity[n]))
        x, y = float(px[n, 0]), float(px[n, 1])
        if not inner.contains(x, y):
            _arrow(painter, inner, x, y, colour, dark)
            continue
        if points.cov_m2 is not None and np.isfinite(axes[n]).all() and axes[n, 0] < _LARGEST_ELLIPSE_PX:
            path = QPainterPath()
            path.addEllipse(QPointF(0, 0), float(axes[n, 0]), float(axes[n, 1]))
            path = QTransform().translate(x, y).rotate(float(angles[n])).map(path)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(dark, 3.0))
            painter.drawPath(path)
            painter.setPen(QPen(colour, 1.4))
            painter.drawPath(path)
        painter.setPen(QPen(dark, 1.2))
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(x, y), _DOT_PX, _DOT_PX)
    painter.restore()


def _arrow(painter: QPainter, inner: QRectF, x: float, y: float, colour: QColor, dark: QColor) -> None:
    at = QPointF(min(max(x, inner.left()), inner.right()), min(max(y, inner.top()), inner.bottom()))
    angle = float(np.degrees(np.arctan2(y - at.y(), x - at.x())))
    head = QPolygonF([QPointF(5, 0), QPointF(-5, -5), QPointF(-5, 5)])
    painter.setPen(QPen(dark, 1.2))
    painter.setBrush(colour)
    painter.drawPolygon(QTransform().translate(at.x(), at.y()).rotate(angle).map(head))


def draw_scale(painter: QPainter, frame: BoardFrame, palette: Palette, unit: str) -> None:
    """Metres along the lower and the left edge: x from the board's right end as in the CSV, y from its top."""
    metrics = QFontMetricsF(painter.font())
    rect = _rect(frame)
    painter.setPen(QPen(QColor(palette.muted), 1.0))
    step = tick_step_m(frame.board.width_m, max(2, int(rect.width() / 90)))
    for x in np.arange(0.0, frame.board.width_m + 1e-9, step):
        at = float(frame.to_px([x, 0.0])[0])
        painter.drawLine(QPointF(at, rect.bottom() + 4), QPointF(at, rect.bottom() + 9))
        place = QRectF(at - 40, rect.bottom() + 10, 80, metrics.height())
        painter.drawText(place, int(Qt.AlignmentFlag.AlignHCenter), f"{x:g} {unit}" if x == 0 else f"{x:g}")
    step = tick_step_m(frame.board.height_m, max(1, int(rect.height() / 36)))
    for y in np.arange(0.0, frame.board.height_m + 1e-9, step):
        at = float(frame.to_px([0.0, y])[1])
        painter.drawLine(QPointF(rect.left() - 9, at), QPointF(rect.left() - 4, at))
        place = QRectF(rect.left() - 62, at - metrics.height() / 2, 50, metrics.height())
        painter.drawText(place, int(Qt.AlignmentFlag.AlignRight), f"{y:g}")


def draw_legend(painter: QPainter, frame: BoardFrame, heat: "Heat", palette: Palette, height_px: float) -> None:
    """The scale of the heat, on slate as on the board, with its unit."""
    metrics = QFontMetricsF(painter.font())
    # The unit is worth more than a long scale: on a small board the scale gives way.
    beside = frame.width_px - metrics.horizontalAdvance(heat.unit) - 14
    width = max(60.0, min(260.0, frame.width_px * 0.45, beside))
    top = frame.top_px + frame.height_px + AXIS_PX + 6
    rect = QRectF(frame.left_px, top, width, 14)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(SLATE))
    painter.drawRect(rect)
    painter.drawImage(rect, heat_image(np.linspace(0.0, 1.0, 256)[None, :], 1.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(palette.outline), 1.0))
    painter.drawRect(rect)
    painter.setPen(QColor(palette.text))
    end = f"{heat.top:.2g}" if heat.top < 100 else f"{heat.top:.0f}"
    painter.drawText(QPointF(rect.left(), rect.bottom() + metrics.ascent() + 3), "0")
    painter.drawText(QPointF(rect.right() - metrics.horizontalAdvance(end), rect.bottom() + metrics.ascent() + 3), end)
    place = QRectF(rect.right() + 12, top - 6, max(20.0, frame.width_px - width - 12), 26)
    said = metrics.elidedText(heat.unit, Qt.TextElideMode.ElideRight, place.width())
    painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter), said)


def draw_message(painter: QPainter, frame: BoardFrame, text: str) -> None:
    """Words on the slate."""
    painter.setPen(QColor(CHALK))
    flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
    painter.drawText(_rect(frame).adjusted(12, 8, -12, -8), flags, text)


def _rect(frame: BoardFrame) -> QRectF:
    return QRectF(frame.left_px, frame.top_px, frame.width_px, frame.height_px)
