"""Both cameras' pictures, one above the other: as large as two wide pictures can be beside the wizard's right side."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gazeclass.desktop.widgets.picture_view import Overlay, PictureView
from gazeclass.desktop.wizard.feed import Preview


class TwoPictures(QWidget):
    """The left camera's picture above the right one's, each with its name.

    Signals:
        clicked: camera, and where in its whole picture, in pixels.
    """

    clicked = Signal(int, float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.views = (PictureView(self.tr("Left camera")), PictureView(self.tr("Right camera")))
        self._factors = [1.0, 1.0]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for camera, view in enumerate(self.views):
            layout.addWidget(view, 1)
            view.clicked.connect(lambda x, y, camera=camera: self._on_clicked(camera, x, y))

    def show_pictures(
        self, previews: Sequence[Preview | None], captions: Sequence[str] = ("", ""), message: str = ""
    ) -> None:
        """Show both; ``message`` stands where there is none."""
        for camera, (view, preview) in enumerate(zip(self.views, previews, strict=True)):
            view.set_picture(None if preview is None else preview.image)
            view.set_message(message if preview is None else "")
            name = self.tr("right camera") if camera else self.tr("left camera")
            view.set_caption(f"{name} · {captions[camera]}" if captions[camera] else name)
            if preview is not None:
                self._factors[camera] = preview.size_px[0] / preview.image.shape[1]

    def factor(self, camera: int) -> float:
        """Whole-picture pixels for one of the shown picture."""
        return self._factors[camera]

    def set_overlays(self, camera: int, overlays: Sequence[Overlay]) -> None:
        """Marks in the *shown* picture's pixels: divide by :meth:`factor`."""
        self.views[camera].set_overlays(overlays)

    def _on_clicked(self, camera: int, x: float, y: float) -> None:
        f = self._factors[camera]
        self.clicked.emit(camera, (x + 0.5) * f - 0.5, (y + 0.5) * f - 0.5)
