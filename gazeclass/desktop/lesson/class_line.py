"""The share of the class that faces the board, over the lesson, with its band of doubt: one calm line."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeclass.desktop import theme
from gazeclass.lesson.recent import TimelineNow
from gazeclass.report.words import clock, percent

_LEFT, _RIGHT, _TOP, _BOTTOM = 48.0, 12.0, 8.0, 22.0
#: The axis is at least so long and grows in steps, so that the line does not squeeze all the time.
_LENGTHS_S = (120, 300, 600, 900, 1800, 2700, 3600, 5400, 7200, 10800, 14400)


class ClassLine(QWidget):
    """A line chart without interaction."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line: TimelineNow | None = None
        self.setAccessibleName(self.tr("Share of the class that faces the board, over time"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumSize(240, 112)

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(600, 112)

    def set_line(self, line: TimelineNow) -> None:
        """Show these shares."""
        self._line = line
        known = np.flatnonzero(np.isfinite(line.share))
        if len(known):
            last = known[-1]
            self.setAccessibleDescription(percent(float(line.share[last]), float(line.doubt[last])))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Axis, band, line."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = theme.current()
        font = painter.font()
        font.setPixelSize(theme.BASE_FONT_PX - 1)
        painter.setFont(font)
        area = QRectF(_LEFT, _TOP, self.width() - _LEFT - _RIGHT, self.height() - _TOP - _BOTTOM)
        line = self._line
        length = _LENGTHS_S[0] if line is None else self._length(line)
        painter.setPen(QPen(QColor(palette.border), 1))
        for share in (0.0, 0.5, 1.0):
            y = area.bottom() - share * area.height()
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setPen(QColor(palette.muted))
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for share in (0.0, 0.5, 1.0):
            y = area.bottom() - share * area.height()
            painter.drawText(QRectF(0, y - 10, _LEFT - 6, 20), right, f"{100 * share:.0f} %")
        for part in range(5):
            x = area.left() + area.width() * part / 4
            align = Qt.AlignmentFlag.AlignRight if part == 4 else Qt.AlignmentFlag.AlignHCenter
            place = QRectF(x - 60, area.bottom() + 2, 60 if part == 4 else 120, _BOTTOM - 2)
            painter.drawText(place, int(align | Qt.AlignmentFlag.AlignVCenter), clock(length * part / 4))
        if line is not None and len(line.start_s):
            self._draw(painter, area, line, length, palette)

    def _length(self, line: TimelineNow) -> float:
        lasted = len(line.start_s) * line.bin_s
        return float(next((length for length in _LENGTHS_S if lasted <= length), lasted))

    def _draw(
        self, painter: QPainter, area: QRectF, line: TimelineNow, length_s: float, palette: theme.Palette
    ) -> None:
        t = line.start_s - line.start_s[0] + line.bin_s / 2
        x = area.left() + t / length_s * area.width()

        def y(share: np.ndarray) -> np.ndarray:
            return area.bottom() - np.clip(share, 0, 1) * area.height()

        accent = QColor(palette.accent)
        band = QColor(accent)
        band.setAlpha(60)
        for run in _runs(np.isfinite(line.share)):
            middle, low, high = (
                y(values[run]) for values in (line.share, line.share - line.doubt, line.share + line.doubt)
            )
            if len(middle) == 1:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(accent)
                painter.drawEllipse(QPointF(x[run][0], middle[0]), 3, 3)
                continue
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(band)
            edge = [*zip(x[run], high, strict=True), *reversed([*zip(x[run], low, strict=True)])]
            painter.drawPolygon(QPolygonF([QPointF(a, b) for a, b in edge]))
            painter.setPen(QPen(accent, 2))
            painter.drawPolyline(QPolygonF([QPointF(a, b) for a, b in zip(x[run], middle, strict=True)]))


def _runs(known: np.ndarray) -> list[slice]:
    """Stretches without a gap."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(int)))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
