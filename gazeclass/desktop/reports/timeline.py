"""The lesson's time line: share of the class facing the board with its band, flags, chosen span, playhead."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gazeclass.desktop import theme
from gazeclass.report.metrics import Timeline
from gazeclass.report.span_index import Span
from gazeclass.report.words import clock, percent

#: Left for the percents, right; the span's bar at the top; the clock's strip at the bottom.
_LEFT, _RIGHT, _BAR, _CLOCK = 44.0, 14.0, 20.0, 22.0
_GRIP_PX = 9.0
_TICKS_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True)
class Flag:
    """A note of the lesson; ``quiet`` for what the cameras noted by themselves, which may be often."""

    t_s: float
    text: str
    quiet: bool = False


class TimelineView(QWidget):
    """Drag in the chart to move the playhead, drag the bar above it to choose a span.

    Keys: arrows 1 s (Shift 10 s), Page Up/Down a minute, Home/End; I and O put the span's start and end at the
    playhead, A takes all of the lesson.

    Signals:
        playhead_asked: seconds of the lesson's clock.
        span_asked: start and end.
        whole_asked: all of the lesson.
    """

    playhead_asked = Signal(float)
    span_asked = Signal(float, float)
    whole_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line: Timeline | None = None
        self._whole = self._span = Span(0.0, 1.0)
        self._second: Span | None = None
        self._flags: tuple[Flag, ...] = ()
        self._playhead_s = 0.0
        self._drag = ""
        self._from_s = 0.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumSize(320, 128)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Time line of the lesson"))

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(800, 128)

    def set_lesson(self, line: Timeline, whole: Span, *, hidden: bool = False) -> None:
        """Another lesson; ``hidden``: too few students to show their share."""
        self._line, self._whole = (None if hidden else line), whole
        self.update()

    def set_span(self, span: Span, second: Span | None = None) -> None:
        """The active span, and the other side's where there is one of the same lesson."""
        self._span, self._second = span, second
        self._describe()
        self.update()

    def set_flags(self, flags: Sequence[Flag]) -> None:
        """The lesson's notes."""
        self._flags = tuple(flags)
        self.update()

    def set_playhead(self, t_s: float) -> None:
        """Where the replay is."""
        self._playhead_s = t_s
        self._describe()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bar, chart, clock, flags, playhead."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = painter.font()
        font.setPixelSize(theme.BASE_FONT_PX - 2)
        painter.setFont(font)
        colours = theme.current()
        chart = self._chart()
        painter.fillRect(chart, QColor(colours.surface))
        self._paint_span(painter, self._span, colours.accent, chart)
        if self._second is not None:
            self._paint_span(painter, self._second, colours.outline, chart)
        self._paint_scale(painter, chart)
        if self._line is not None:
            self._paint_share(painter, self._line)
        self._paint_flags(painter, chart)
        x = self._x(self._playhead_s)
        painter.setPen(QPen(QColor(colours.focus), 2))
        painter.drawLine(QPointF(x, _BAR), QPointF(x, chart.bottom()))
        painter.setBrush(QColor(colours.focus))
        painter.drawPolygon(
            QPolygonF(
                [QPointF(x - 6, chart.bottom() + 9), QPointF(x + 6, chart.bottom() + 9), QPointF(x, chart.bottom())]
            )
        )
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.focus), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the playhead, an end of the span, or begin a new span."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        x, y = event.position().x(), event.position().y()
        self._drag = self._grip(x, y)
        self._from_s = self._t(x)
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag what was taken."""
        t = self._t(event.position().x())
        if self._drag == "playhead":
            self.playhead_asked.emit(t)
        elif self._drag == "start":
            self.span_asked.emit(min(t, self._span.end_s - 1.0), self._span.end_s)
        elif self._drag == "end":
            self.span_asked.emit(self._span.start_s, max(t, self._span.start_s + 1.0))
        elif self._drag == "new" and abs(t - self._from_s) >= 1.0:
            self.span_asked.emit(min(t, self._from_s), max(t, self._from_s))
        else:
            over = self._grip(event.position().x(), event.position().y())
            grip = over in ("start", "end")
            self.setCursor(Qt.CursorShape.SizeHorCursor if grip else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._drag = ""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """On the bar: all of the lesson."""
        if event.position().y() < _BAR:
            self.whole_asked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the playhead, set the span's ends."""
        fast = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        steps = {
            Qt.Key.Key_Left: -10.0 if fast else -1.0,
            Qt.Key.Key_Right: 10.0 if fast else 1.0,
            Qt.Key.Key_PageUp: -60.0,
            Qt.Key.Key_PageDown: 60.0,
        }
        key = Qt.Key(event.key())
        if key in steps:
            self.playhead_asked.emit(self._playhead_s + steps[key])
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.playhead_asked.emit(self._whole.start_s if key is Qt.Key.Key_Home else self._whole.end_s)
        elif key is Qt.Key.Key_I:
            self.span_asked.emit(self._playhead_s, max(self._span.end_s, self._playhead_s + 1.0))
        elif key is Qt.Key.Key_O:
            self.span_asked.emit(min(self._span.start_s, self._playhead_s - 1.0), self._playhead_s)
        elif key is Qt.Key.Key_A:
            self.whole_asked.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tooltips: a flag's text, or the share at that time."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.said_at(event.pos().x()), self)
            return True
        return super().event(event)

    def said_at(self, x_px: float) -> str:
        """What is known of the time at a place of the widget."""
        t = self._t(x_px)
        for flag in self._flags:
            if abs(self._x(flag.t_s) - x_px) < 8:
                return f"{self._clock(flag.t_s)} {flag.text}"
        line = self._line
        if line is None or not len(line.start_s):
            return self._clock(t)
        k = int(np.clip(np.searchsorted(line.start_s, t, side="right") - 1, 0, len(line.start_s) - 1))
        if not line.measured_s[k] > 0:
            return self.tr("{0}: nobody was measured").format(self._clock(t))
        return self.tr("{0}: {1} of the time measured facing the board (95 % band {2} to {3})").format(
            self._clock(t),
            percent(float(line.share_on_board[k])),
            percent(float(line.low[k])),
            percent(float(line.high[k])),
        )

    def _chart(self) -> QRectF:
        return QRectF(_LEFT, _BAR, max(10.0, self.width() - _LEFT - _RIGHT), max(10.0, self.height() - _BAR - _CLOCK))

    def _x(self, t_s: float) -> float:
        chart = self._chart()
        return chart.left() + chart.width() * (t_s - self._whole.start_s) / (self._whole.end_s - self._whole.start_s)

    def _t(self, x_px: float) -> float:
        chart = self._chart()
        share = min(max((x_px - chart.left()) / chart.width(), 0.0), 1.0)
        return self._whole.start_s + share * (self._whole.end_s - self._whole.start_s)

    def _clock(self, t_s: float) -> str:
        return clock(t_s - self._whole.start_s)

    def _grip(self, x: float, y: float) -> str:
        if y > _BAR:
            return "playhead"
        near = {"start": abs(x - self._x(self._span.start_s)), "end": abs(x - self._x(self._span.end_s))}
        best = min(near, key=lambda name: near[name])
        return best if near[best] < _GRIP_PX else "new"

    def _describe(self) -> None:
        self.setAccessibleDescription(
            self.tr("At {0}; span {1} to {2}").format(
                self._clock(self._playhead_s), self._clock(self._span.start_s), self._clock(self._span.end_s)
            )
        )

    def _paint_span(self, painter: QPainter, span: Span, colour: str, chart: QRectF) -> None:
        left, right = self._x(span.start_s), self._x(span.end_s)
        veil = QColor(colour)
        veil.setAlphaF(0.12)
        painter.fillRect(QRectF(left, chart.top(), right - left, chart.height()), veil)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(QRectF(left, 6, max(right - left, 2), 8), 4, 4)
        for x in (left, right):
            painter.drawRoundedRect(QRectF(x - 4, 2, 8, 16), 3, 3)

    def _paint_scale(self, painter: QPainter, chart: QRectF) -> None:
        colours, metrics = theme.current(), QFontMetricsF(painter.font())
        for share in (0, 50, 100):
            y = chart.bottom() - share / 100 * chart.height()
            painter.setPen(QPen(QColor(colours.border), 1))
            painter.drawLine(QPointF(chart.left(), y), QPointF(chart.right(), y))
            painter.setPen(QColor(colours.muted))
            place = QRectF(0, min(max(y - 8, _BAR - 2), chart.bottom() - 13), _LEFT - 6, 16)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), f"{share} %")
        length = self._whole.end_s - self._whole.start_s
        step = next((s for s in _TICKS_S if length / s * 64 <= chart.width()), _TICKS_S[-1])
        for k in range(int(length // step) + 1):
            x = self._x(self._whole.start_s + k * step)
            painter.drawLine(QPointF(x, chart.bottom()), QPointF(x, chart.bottom() + 4))
            said = clock(k * step)
            width = metrics.horizontalAdvance(said)
            at = min(max(x - width / 2, 0.0), self.width() - width)
            painter.drawText(QPointF(at, chart.bottom() + 5 + metrics.ascent()), said)

    def _paint_share(self, painter: QPainter, line: Timeline) -> None:
        colours, chart = theme.current(), self._chart()
        shade = QColor(colours.accent)
        shade.setAlphaF(0.25)
        for k in range(len(line.start_s)):
            left, right = self._x(line.start_s[k]), self._x(line.end_s[k])
            if not line.measured_s[k] > 0:
                hatch = QColor(colours.outline)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(hatch)
                painter.setBrush(Qt.BrushStyle.BDiagPattern)
                painter.drawRect(QRectF(left, chart.top(), right - left, chart.height()))
                continue
            top, bottom = (chart.bottom() - chart.height() * float(v) for v in (line.high[k], line.low[k]))
            painter.fillRect(QRectF(left, top, right - left + 0.5, bottom - top), shade)
            y = chart.bottom() - chart.height() * float(line.share_on_board[k])
            painter.setPen(QPen(QColor(colours.text), 2))
            painter.drawLine(QPointF(left, y), QPointF(right, y))

    def _paint_flags(self, painter: QPainter, chart: QRectF) -> None:
        colours = theme.current()
        for flag in self._flags:
            x = self._x(flag.t_s)
            if flag.quiet:
                painter.setPen(QPen(QColor(colours.outline), 1.5))
                painter.drawLine(QPointF(x, chart.bottom() - 7), QPointF(x, chart.bottom()))
                continue
            painter.setPen(QPen(QColor(colours.warn), 1.5))
            painter.drawLine(QPointF(x, chart.top()), QPointF(x, chart.bottom()))
            painter.setBrush(QColor(colours.warn))
            points = [QPointF(x, chart.top() + 2), QPointF(x + 11, chart.top() + 7), QPointF(x, chart.top() + 12)]
            painter.drawPolygon(QPolygonF(points))
