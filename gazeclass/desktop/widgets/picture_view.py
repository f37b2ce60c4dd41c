"""A camera picture, as large as it fits, with marks over it; fast enough for two live cameras."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeclass.desktop import theme


@dataclass(frozen=True, eq=False)
class Dots:
    """Points ``(n, 2)`` in picture pixels."""

    points_px: np.ndarray
    colour: str = "#ffd54a"
    radius: float = 4.0
    hollow: bool = False


@dataclass(frozen=True, eq=False)
class Line:
    """A line through points ``(n, 2)`` in picture pixels."""

    points_px: np.ndarray
    colour: str = "#ffd54a"
    width: float = 2.0
    closed: bool = False
    dashed: bool = False


@dataclass(frozen=True)
class Box:
    """A rectangle x, y, width, height in picture pixels, with a word at it."""

    box_px: tuple[float, float, float, float]
    text: str = ""
    colour: str = "#ffd54a"
    dashed: bool = False
    filled: str = ""


@dataclass(frozen=True)
class Text:
    """Words at a place of the picture, on a dark ground so that they can be read anywhere."""

    text: str
    at_px: tuple[float, float]
    colour: str = "#ffffff"


Overlay = Dots | Line | Box | Text


class PictureView(QWidget):
    """One camera's picture, letterboxed, with overlays in the picture's own pixels.

    Signals:
        clicked: where in the picture, in its pixels.
    """

    clicked = Signal(float, float)

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: np.ndarray | None = None
        self._scaled: QImage | None = None
        self._overlays: tuple[Overlay, ...] = ()
        self._message = ""
        self._caption = ""
        self.setAccessibleName(name or self.tr("Camera picture"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 90)

    def sizeHint(self) -> QSize:
        """Wide as a small video."""
        return QSize(640, 360)

    def set_picture(self, picture: np.ndarray | None) -> None:
        """Show a picture ``(h, w, 3)`` BGR or ``(h, w)`` grey, uint8. It is not copied: do not write to it after."""
        self._picture = picture
        self._scaled = None
        self.update()

    def set_overlays(self, overlays: Sequence[Overlay]) -> None:
        """Draw these over the picture from now on."""
        self._overlays = tuple(overlays)
        self.update()

    def set_message(self, text: str) -> None:
        """Words in the middle, for when there is no picture ("camera 2 is not there")."""
        self._message = text
        self.setAccessibleDescription(text)
        self.update()

    def set_caption(self, text: str) -> None:
        """A short line in the lower left corner ("cam0 · 1920×1080 · 29.8 pictures/s")."""
        self._caption = text
        self.update()

    def picture_rect(self) -> QRectF:
        """Where the picture lies in the widget; empty without one."""
        if self._picture is None:
            return QRectF()
        height, width = self._picture.shape[:2]
        scale = min(self.width() / width, self.height() / height)
        w, h = width * scale, height * scale
        return QRectF((self.width() - w) / 2, (self.height() - h) / 2, w, h)

    def to_picture(self, x: float, y: float) -> tuple[float, float] | None:
        """A point of the widget in picture pixels; None beside the picture."""
        rect = self.picture_rect()
        if self._picture is None or not rect.contains(QPointF(x, y)):
            return None
        scale = self._picture.shape[1] / rect.width()
        # A pixel's centre has whole coordinates, as in OpenCV.
        return (x - rect.left()) * scale - 0.5, (y - rect.top()) * scale - 0.5

    def to_widget(self, points_px: np.ndarray) -> np.ndarray:
        """Picture pixels ``(n, 2)`` in the widget's."""
        rect = self.picture_rect()
        scale = rect.width() / self._picture.shape[1] if self._picture is not None else 1.0
        return (np.asarray(points_px, float).reshape(-1, 2) + 0.5) * scale + [rect.left(), rect.top()]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Say where in the picture."""
        at = self.to_picture(event.position().x(), event.position().y())
        if at is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(*at)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, the marks, the words."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("#11161a"))
        rect = self.picture_rect()
        if self._picture is not None:
            # At a whole pixel and in its own size: Qt then copies instead of resampling.
            painter.drawImage(QPoint(round(rect.left()), round(rect.top())), self._image(rect))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for overlay in self._overlays:
                self._draw(painter, overlay)
        if self._message:
            _words(painter, self._message, QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter)
        if self._caption:
            place = QRectF(self.rect().adjusted(8, 8, -8, -8))
            _words(painter, self._caption, place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)

    def _image(self, rect: QRectF) -> QImage:
        """The picture at the size it is shown: OpenCV reduces it several times faster than Qt draws it smoothly."""
        assert self._picture is not None
        ratio = self.devicePixelRatioF()
        size = max(1, round(rect.width() * ratio)), max(1, round(rect.height() * ratio))
        if self._scaled is None or (self._scaled.width(), self._scaled.height()) != size:
            smaller = size[0] < self._picture.shape[1]
            resized = cv2.resize(self._picture, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
            # The screen's own format, so that drawing is a copy.
            code = cv2.COLOR_GRAY2BGRA if resized.ndim == 2 else cv2.COLOR_BGR2BGRA
            screen = np.ascontiguousarray(cv2.cvtColor(resized, code))
            # copy() because QImage only borrows the array's memory.
            self._scaled = QImage(screen.data, size[0], size[1], screen.strides[0], QImage.Format.Format_RGB32).copy()
            self._scaled.setDevicePixelRatio(ratio)
        return self._scaled

    def _draw(self, painter: QPainter, overlay: Overlay) -> None:
        if isinstance(overlay, Text):
            at = self.to_widget(np.array([overlay.at_px]))[0]
            _words(painter, overlay.text, QRectF(at[0], at[1], 2000, 400), Qt.AlignmentFlag.AlignLeft, overlay.colour)
            return
        pen = QPen(QColor(overlay.colour), getattr(overlay, "width", 2.0))
        if getattr(overlay, "dashed", False):
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if isinstance(overlay, Dots):
            if not overlay.hollow:
                painter.setBrush(QColor(overlay.colour))
                painter.setPen(QPen(QColor("#11161a"), 1))
            for x, y in self.to_widget(overlay.points_px):
                painter.drawEllipse(QPointF(x, y), overlay.radius, overlay.radius)
        elif isinstance(overlay, Line):
            corners = QPolygonF([QPointF(x, y) for x, y in self.to_widget(overlay.points_px)])
            if overlay.closed:
                painter.drawPolygon(corners)
            else:
                painter.drawPolyline(corners)
        else:
            x, y, w, h = overlay.box_px
            (left, top), (right, bottom) = self.to_widget(np.array([[x, y], [x + w, y + h]]))
            place = QRectF(left, top, right - left, bottom - top)
            if overlay.filled:
                painter.setBrush(QColor(overlay.filled))
            painter.drawRoundedRect(place, 4, 4)
            if overlay.text:
                above = QRectF(left, top - 26, 2000, 24)
                _words(painter, overlay.text, above, Qt.AlignmentFlag.AlignLeft, overlay.colour)


def _words(painter: QPainter, text: str, place: QRectF, alignment: Qt.AlignmentFlag, colour: str = "#ffffff") -> None:
    font = QFont(painter.font())
    font.setPixelSize(theme.BASE_FONT_PX)
    painter.setFont(font)
    flags = int(alignment) | int(Qt.TextFlag.TextWordWrap)
    inner = place.adjusted(8, 4, -8, -4)
    drawn = painter.boundingRect(inner, flags, text)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(17, 22, 26, 200))
    painter.drawRoundedRect(drawn.adjusted(-6, -3, 6, 3), 4, 4)
    painter.setPen(QColor(colour))
    painter.drawText(drawn, flags, text)
