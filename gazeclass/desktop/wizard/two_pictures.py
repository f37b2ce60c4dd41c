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
        self._previews: tuple[Preview | None, ...] = (None, None)
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
        self._previews = tuple(previews)

    def set_overlays(self, camera: int, overlays: Sequence[Overlay]) -> None:
        """Marks in the *shown* picture's pixels, see :meth:`Preview.to_shown`."""
        self.views[camera].set_overlays(overlays)

    def _on_clicked(self, camera: int, x: float, y: float) -> None:
        preview = self._previews[camera]
        if preview is not None:
            self.clicked.emit(camera, *preview.to_whole(x, y))
