"""The recording beside the review, where one was kept: both cameras' pictures at the playhead."""

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gazeclass.desktop.context import AppContext
from gazeclass.desktop.reports.recording import RecordedPictures
from gazeclass.desktop.widgets.picture_view import PictureView
from gazeclass.desktop.worker import Worker


class RecordingView(QWidget):
    """Hidden while there is no recording. Pictures are decoded in a thread; the newest wish wins.

    Signals:
        shown: a pair of pictures is on the screen.
    """

    shown = Signal()

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.views = (PictureView(self.tr("Left camera")), PictureView(self.tr("Right camera")))
        self._pictures: RecordedPictures | None = None
        self._worker = Worker(self)
        self._worker.done.connect(self._on_done)
        self.destroyed.connect(self._worker.stop)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for view in self.views:
            layout.addWidget(view)

    def set_lesson(self, path: Path) -> None:
        """Another lesson."""
        self._pictures = RecordedPictures.beside(path)
        self.setVisible(self._pictures is not None)
        for view in self.views:
            view.set_picture(None)

    def show_time(self, t_s: float) -> None:
        """Show the pictures of that time as soon as they are decoded."""
        pictures = self._pictures
        if pictures is not None:
            self._worker.run("picture", lambda: (pictures, pictures.at(t_s)))

    @Slot(str, object)
    def _on_done(self, name: str, result: object) -> None:
        if not isinstance(result, tuple) or result[0] is not self._pictures:
            return
        for view, picture in zip(self.views, result[1], strict=True):
            view.set_picture(picture)
            view.set_message("" if picture is not None else self.tr("no picture at this time"))
        self.shown.emit()
