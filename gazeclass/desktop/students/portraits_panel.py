"""Portraits of the student the table is at: add them from picture files, with a look at each before it is taken."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QPixmap
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gazeclass.desktop.students.presenter import StudentsPresenter
from gazeclass.desktop.widgets.controls import ElidedLabel, button, card, label, scrolled
from gazeclass.lesson.roster_portraits import PortraitLook

_THUMB_PX = 96
_MARGIN = 0.45


class PortraitsPanel(QWidget):
    """Pictures are looked at, shown with what is wrong with them, and let go of once they are learned."""

    def __init__(self, presenter: StudentsPresenter) -> None:
        super().__init__()
        self.presenter = presenter
        self.pseudonym = ""
        self.looks: list[tuple[Path, PortraitLook]] = []
        self.setAcceptDrops(True)
        self.who = ElidedLabel()
        self.who.setProperty("role", "subtitle")
        self.state = label("", wrap=True)
        self.choose = button(self.tr("Add pictures"), icon="image-plus-outline")
        self.choose.clicked.connect(self._choose)
        self.clear = button(
            self.tr("Delete portraits"), icon="delete-outline", role="flat", name=self.tr("Delete the portraits")
        )
        self.clear.clicked.connect(lambda: self.presenter.clear_portraits(self.pseudonym))
        self.keep = QCheckBox(self.tr("Keep the pictures too, encrypted"))
        self.keep.setToolTip(self.tr("Otherwise only what the network makes of a face is kept, not the picture."))
        self.take = button(self.tr("Take them"), role="primary")
        self.take.clicked.connect(self._take)
        self.leave = button(self.tr("Leave"))
        self.leave.clicked.connect(lambda: self._show([]))
        self._found = QWidget()
        self._rows = QVBoxLayout(self._found)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(8)
        self._rows.addStretch(1)
        self._area = scrolled(self._found)
        self._confirm = QWidget()
        row = QHBoxLayout(self._confirm)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(self.leave)
        row.addWidget(self.take)
        self.use_camera = button(self.tr("Camera"), icon="camera-outline")
        self.use_camera.setCheckable(True)
        self.use_camera.toggled.connect(self._on_use_camera)
        actions = QHBoxLayout()
        actions.addWidget(self.choose)
        actions.addWidget(self.use_camera)
        actions.addStretch(1)
        self.camera = QComboBox()
        self.camera.setAccessibleName(self.tr("Camera"))
        self.camera.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.shoot = button(self.tr("Take pictures"), role="primary")
        self.shoot.clicked.connect(self._shoot)
        self._camera_row = QWidget()
        camera_row = QHBoxLayout(self._camera_row)
        camera_row.setContentsMargins(0, 0, 0, 0)
        camera_row.addWidget(self.camera, 1)
        camera_row.addWidget(self.shoot)
        self._camera_row.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.who)
        layout.addWidget(self.state)
        layout.addLayout(actions)
        layout.addWidget(self._camera_row)
        layout.addWidget(self._area, 1)
        layout.addWidget(self.keep)
        layout.addWidget(self._confirm)
        layout.addWidget(self.clear, 0, Qt.AlignmentFlag.AlignLeft)
        presenter.desk.looked.connect(self._on_looked)
        presenter.desk.cameras_found.connect(self._on_cameras)
        presenter.desk.shooting_ended.connect(self._on_shooting_ended)
        presenter.students_changed.connect(self.refresh)
        self._show([])
        self.refresh()

    def show_student(self, pseudonym: str) -> None:
        """Be about another student."""
        if pseudonym != self.pseudonym:
            self.pseudonym = pseudonym
            self._show([])
        self.refresh()

    def refresh(self) -> None:
        """Say what there is."""
        student, group = self.presenter.student(self.pseudonym), self.presenter.group
        self.choose.setEnabled(student is not None and student.consent.given)
        self.use_camera.setEnabled(self.choose.isEnabled())
        self.clear.setEnabled(student is not None and bool(student.portraits))
        self.who.setText(student.name if student is not None else "")
        if student is None:
            self.state.setText(self.tr("Choose a student in the table."))
        elif not student.consent.given:
            self.state.setText(self.tr("Without consent no portrait is taken."))
        elif group is not None and not group.biometrics:
            self.state.setText(self.tr("Faces are not compared in this class; portraits would not be used."))
        elif not student.portraits:
            self.state.setText(self.tr("No portrait yet. One picture from the front is enough, three are better."))
        else:
            kept = sum(bool(portrait.picture) for portrait in student.portraits)
            said = self.tr("Portraits learned: {0}. Pictures kept: {1}.")
            self.state.setText(said.format(len(student.portraits), kept or self.tr("none")))

    def _choose(self) -> None:
        files, _ = QFileDialog.getOpenFileNames(
            self,
            self.tr("Pictures of {0}").format(self.who.text()),
            str(self.presenter.context.state.last_folder()),
            self.tr("Pictures (*.png *.jpg *.jpeg *.bmp *.webp *.tif *.tiff);;All files (*)"),
        )
        if files:
            self.presenter.context.state.set_last_folder(Path(files[0]))
            self.look_at([Path(name) for name in files])

    def look_at(self, paths: list[Path]) -> None:
        """Look whether pictures can be used."""
        self.presenter.desk.look_at(self.pseudonym, paths)

    def _on_use_camera(self, on: bool) -> None:
        self._camera_row.setVisible(on)
        if on:
            self.camera.clear()
            self.camera.addItem(self.tr("looking for cameras …"))
            self.shoot.setEnabled(False)
            self.presenter.desk.find_cameras()

    def _on_cameras(self, found: list[tuple[str, str]]) -> None:
        self.camera.clear()
        for name, address in found:
            self.camera.addItem(name, address)
        if not found:
            self.camera.addItem(self.tr("no camera is plugged in"))
        self.shoot.setEnabled(bool(found))

    def _shoot(self) -> None:
        self.shoot.setEnabled(False)
        self.state.setText(self.tr("Look into the camera and turn your head a little, for four seconds …"))
        self.presenter.desk.look_with_camera(self.pseudonym, str(self.camera.currentData()))

    def _on_shooting_ended(self) -> None:
        self.shoot.setEnabled(self.camera.currentData() is not None)
        self.refresh()

    def _on_looked(self, pseudonym: str, found: list[tuple[Path, PortraitLook]]) -> None:
        if pseudonym == self.pseudonym:
            self._show(found)

    def _show(self, found: list[tuple[Path, PortraitLook]]) -> None:
        self.looks = found
        while self._rows.count() > 1:
            item = self._rows.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for k, (path, look) in enumerate(found):
            self._rows.insertWidget(k, self._row(path, look))
        usable = sum(look.usable for _, look in found)
        self._confirm.setVisible(bool(found))
        self.keep.setVisible(bool(found))
        self.take.setEnabled(usable > 0)
        self.take.setText(self.tr("Take {0}").format(usable) if usable else self.tr("None is usable"))
        if found:
            (self.take if usable else self.leave).setFocus()

    def _row(self, path: Path, look: PortraitLook) -> QWidget:
        sheet = card()
        thumb = QLabel()
        thumb.setFixedSize(_THUMB_PX, _THUMB_PX)
        thumb.setAlignment(Qt.AlignmentFlag.AlignCenter)
        thumb.setAccessibleName(path.name)
        if look.image is not None:
            thumb.setPixmap(_pixmap(look))
        name = ElidedLabel(path.name)
        if look.usable:
            verdict = label(self.tr("usable"), kind="good", wrap=True)
            more = look.remark
        else:
            verdict = label(self.tr("not usable"), kind="warn", wrap=True)
            more = look.problem
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(name)
        words.addWidget(verdict)
        if more:
            words.addWidget(label(more[:1].upper() + more[1:] + ".", wrap=True))
        words.addStretch(1)
        layout = QHBoxLayout(sheet)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(thumb)
        layout.addLayout(words, 1)
        return sheet

    def _take(self) -> None:
        looks = [look for _, look in self.looks]
        self.presenter.take_portraits(self.pseudonym, looks, keep=self.keep.isChecked())
        self._show([])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped."""
        if event.mimeData().hasUrls() and self.choose.isEnabled():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Look at what was dropped."""
        self.look_at([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])


def _pixmap(look: PortraitLook) -> QPixmap:
    """The face with a margin, or the whole picture where there is none to show."""
    assert look.image is not None
    image = look.image
    if look.face is not None:
        x0, y0, x1, y1 = look.face.box_px
        margin = _MARGIN * max(x1 - x0, y1 - y0)
        height, width = image.shape[:2]
        image = image[
            max(int(y0 - margin), 0) : min(int(y1 + margin), height),
            max(int(x0 - margin), 0) : min(int(x1 + margin), width),
        ]
    image = np.ascontiguousarray(image)
    height, width = image.shape[:2]
    picture = QImage(image.data, width, height, 3 * width, QImage.Format.Format_BGR888)
    return QPixmap.fromImage(picture).scaled(
        _THUMB_PX, _THUMB_PX, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
