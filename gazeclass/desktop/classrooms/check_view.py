"""Comparing the cameras: where the pictures come from, both cameras then and now, a sentence for each."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QGridLayout, QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from gazeclass.calibration.health import SPOILED, CameraCheck, State
from gazeclass.calibration.remount import Remounted
from gazeclass.desktop.classrooms.presenter import CheckPresenter
from gazeclass.desktop.widgets.controls import button, label, set_kind
from gazeclass.desktop.widgets.picture_view import PictureView
from gazeclass.desktop.widgets.question import ask
from gazeclass.desktop.widgets.states import LoadingState
from gazeclass.desktop.wizard.words import for_people


class CheckView(QWidget):
    """Takes a picture of each camera and says whether it still stands as it was calibrated.

    Signals:
        again: the user wants to repeat the calibration's steps.
    """

    again = Signal()

    def __init__(self, presenter: CheckPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._presenter = presenter
        names = (self.tr("Left camera"), self.tr("Right camera"))
        self.fields = [QLineEdit(address) for address in presenter.addresses]
        sources = QGridLayout()
        sources.setHorizontalSpacing(8)
        for c, (name, field) in enumerate(zip(names, self.fields, strict=True)):
            caption = label(name)
            caption.setToolTip(presenter.classroom.cameras[c].name)
            caption.setBuddy(field)
            field.setAccessibleName(self.tr("{0}: where its picture comes from").format(name))
            field.setPlaceholderText(self.tr("usb:0, rtsp://…, or a picture or video file"))
            browse = button(self.tr("File …"), name=self.tr("{0}: choose a picture or video").format(name))
            browse.clicked.connect(lambda _=False, c=c: self._browse(c))
            for column, one in enumerate((caption, field, browse)):
                sources.addWidget(one, 0, 4 * c + column)
            sources.setColumnStretch(4 * c + 1, 1)
        sources.setColumnMinimumWidth(3, 16)
        self.compare = button(self.tr("Take pictures and compare"), icon="compare", role="primary")
        self.compare.clicked.connect(self._on_compare)
        self.keep = button(self.tr("Keep these as the empty room …"), icon="image-check-outline")
        self.keep.clicked.connect(self._on_keep)
        self.again_button = button(self.tr("Calibrate again"), icon="arrow-right")
        self.again_button.clicked.connect(self.again)
        actions = QHBoxLayout()
        actions.setSpacing(8)
        self.repair = button(self.tr("Put it right with the chessboard …"), icon="wrench-outline")
        self.repair.clicked.connect(self._on_repair)
        for one in (self.compare, self.keep, self.repair, self.again_button):
            actions.addWidget(one)
        actions.addStretch(1)
        self.verdict = label("", role="subtitle", wrap=True)
        self.now = [PictureView(self.tr("{0} now").format(name)) for name in names]
        self.then = [PictureView(self.tr("{0} when calibrated").format(name)) for name in names]
        self.said = [label("", wrap=True) for _ in names]
        pictures = QGridLayout()
        pictures.setSpacing(8)
        for c in (0, 1):
            pictures.addWidget(self.then[c], 0, c)
            pictures.addWidget(self.now[c], 1, c)
            pictures.addWidget(self.said[c], 2, c)
            pictures.setColumnStretch(c, 1)
            pictures.setRowStretch(c, 1)
        holder = QWidget()
        holder.setLayout(pictures)
        pictures.setContentsMargins(0, 0, 0, 0)
        self.loading = LoadingState()
        self.stack = QStackedWidget()
        self.stack.addWidget(holder)
        self.stack.addWidget(self.loading)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 8, 24, 16)
        layout.setSpacing(12)
        layout.addWidget(
            label(
                self.tr(
                    "A picture of each camera is compared with the one from the calibration. People in it do not "
                    "matter, and it is not stored."
                ),
                role="muted",
                wrap=True,
            )
        )
        layout.addLayout(sources)
        layout.addLayout(actions)
        layout.addWidget(self.verdict)
        layout.addWidget(self.stack, 1)
        presenter.changed.connect(self.refresh)
        presenter.busy.connect(self._watch)
        presenter.repaired.connect(self._on_repaired)
        self.refresh()

    def refresh(self) -> None:
        """Show what is known."""
        p = self._presenter
        self.stack.setCurrentIndex(0)
        self.compare.setEnabled(True)
        self.keep.setEnabled(p.fresh is not None)
        self.repair.setVisible(p.bumped is not None)
        self.again_button.setVisible(p.entry.resumable and p.result is not None and p.result.spoiled)
        for c in (0, 1):
            self.now[c].set_picture(p.fresh[c] if p.fresh else None)
            self.now[c].set_message("" if p.fresh else self.tr("no picture taken yet"))
            self.now[c].set_caption(self.tr("now") if p.fresh else "")
            self.then[c].set_picture(p.kept[c] if p.kept else None)
            self.then[c].set_message("" if p.kept else self.tr("the picture of the empty room comes here"))
            self.then[c].set_caption(self.tr("when calibrated") if p.kept else "")
            self._say(c, p.result.cameras[c] if p.result else None)
        if p.result is not None:
            self.verdict.setText(
                self.tr("Nothing has moved.")
                if p.result.steady
                else self.tr("Lessons measured now would be wrong.")
                if p.result.spoiled
                else self.tr("Small changes: lessons can be measured, a little less exactly.")
            )
            set_kind(self.verdict, "good" if p.result.steady else "danger" if p.result.spoiled else "warn")
        elif p.fresh is not None and p.kept is None:
            self.verdict.setText(
                self.tr("There is no picture to compare with yet. If the room is empty now, keep these.")
            )
        self.verdict.setVisible(bool(self.verdict.text()))

    def _say(self, c: int, found: CameraCheck | None) -> None:
        self.said[c].setText(for_people(f"{found.sentence} {found.todo}".strip()) if found else "")
        kind = "" if found is None else "good" if found.state is State.STEADY else "warn"
        if found is not None and found.state in SPOILED:
            kind = "danger"
        set_kind(self.said[c], kind)

    def _watch(self, task: object) -> None:
        from gazeclass.desktop.tasks import Task

        assert isinstance(task, Task)
        self.loading.watch(task)
        self.compare.setEnabled(False)
        self.stack.setCurrentWidget(self.loading)

    def _on_compare(self) -> None:
        self._presenter.compare((self.fields[0].text().strip(), self.fields[1].text().strip()))

    def _on_keep(self) -> None:
        agreed = ask(
            self,
            self.tr("Keep pictures of the room?"),
            self.tr(
                "Is the room empty? These two pictures are then stored in the classroom's folder on this computer, and "
                "take the place of those kept before. They leave it only if you copy the folder."
            ),
            self.tr("The room is empty: keep them"),
            self.tr("Do not keep"),
        )
        if agreed:
            self._presenter.keep_fresh()

    def _on_repair(self) -> None:
        agreed = ask(
            self,
            self.tr("Put the camera right?"),
            self.tr(
                "Lay the chessboard of the calibration flat on a table where both cameras see all of it, in the empty "
                "room. One picture of each camera is taken and kept as the new one to compare with. The classroom is "
                "then measured from where the camera is now."
            ),
            self.tr("The chessboard lies there: go on"),
            self.tr("Not now"),
        )
        if agreed:
            self._presenter.repair((self.fields[0].text().strip(), self.fields[1].text().strip()))

    def _on_repaired(self, found: Remounted) -> None:
        name = (self.tr("The left camera"), self.tr("The right camera"))[found.moved]
        said = self.tr("{0} is known again: it had turned by {1:.1f}° and moved by {2:.1f} cm.")
        self.verdict.setText(said.format(name, found.turn_deg, 100 * found.shift_m))
        set_kind(self.verdict, "good")

    def _browse(self, c: int) -> None:
        state = self._presenter.context.state
        words = self.tr("Pictures and videos (*.png *.jpg *.jpeg *.bmp *.mp4 *.mkv *.avi *.mov);;All files (*)")
        path, _ = QFileDialog.getOpenFileName(
            self, self.tr("Choose a picture or video"), str(state.last_folder()), words
        )
        if path:
            from pathlib import Path

            state.set_last_folder(Path(path))
            self.fields[c].setText(path)
            self.fields[c].setFocus(Qt.FocusReason.OtherFocusReason)
