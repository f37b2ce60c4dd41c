"""A field for one camera: from the list, a network address typed in, or a video file."""

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QWidget

from gazeclass.desktop.widgets.controls import button

_VIDEOS = "Video (*.mp4 *.mkv *.avi *.mov *.webm)"


class CameraChoice(QWidget):
    """A camera from the list, a network address typed in, or a file.

    Signals:
        changed: another one.
    """

    changed = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = QComboBox()
        self.box.setEditable(True)
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.box.setAccessibleName(name)
        edit = self.box.lineEdit()
        assert edit is not None
        edit.setPlaceholderText(self.tr("Choose a camera, or type rtsp://… of a network camera"))
        self.file = button("", icon="file-video-outline", name=self.tr("Play a video file as a camera"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.box, 1)
        layout.addWidget(self.file)
        self.box.editTextChanged.connect(self.changed)
        self.file.clicked.connect(self._on_file)
        self.setFocusProxy(self.box)

    def set_cameras(self, cameras: list[tuple[str, str]]) -> None:
        """Names and addresses of what is plugged in; what stands in the field stays."""
        address = self.address()
        with QSignalBlocker(self.box):
            self.box.clear()
            for name, known in cameras:
                self.box.addItem(f"{name}  ({known})" if name != known else name, known)
        self.set_address(address)

    def address(self) -> str:
        """What was chosen or typed."""
        text = self.box.currentText().strip()
        at = self.box.findText(text)
        return str(self.box.itemData(at)) if at >= 0 else text

    def set_address(self, address: str) -> None:
        """Choose one."""
        at = self.box.findData(address)
        with QSignalBlocker(self.box):
            self.box.setCurrentIndex(at)
            if at < 0:
                self.box.setEditText(address)
        edit = self.box.lineEdit()
        assert edit is not None
        edit.setCursorPosition(0)
        self.box.setToolTip(address)

    @Slot()
    def _on_file(self) -> None:
        start = str(Path(self.address()).parent) if self.address() else ""
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Video to play as a camera"), start, _VIDEOS)
        if path:
            self.set_address(path)
            self.changed.emit()
