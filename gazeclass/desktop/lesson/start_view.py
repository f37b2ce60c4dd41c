"""Before the lesson: which room, which cameras, who may be observed; one button."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from gazeclass.desktop.lesson.camera_choice import CameraChoice
from gazeclass.desktop.lesson.choice import CLASS, NUMBERS, PORTRAITS, SEATS, Choice
from gazeclass.desktop.lesson.facts import Facts
from gazeclass.desktop.lesson.start_presenter import StartPresenter
from gazeclass.desktop.widgets.controls import button, card, label, page, scrolled
from gazeclass.desktop.widgets.states import EmptyState, ErrorBanner
from gazeclass.lesson.documents import LessonCard
from gazeclass.report.words import clock


class StartView(QWidget):
    """The form before a lesson.

    Signals:
        calibrate_asked: there is no classroom yet.
    """

    calibrate_asked = Signal()

    def __init__(self, presenter: StartPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.presenter = presenter
        self._facts = Facts()
        self.banner = ErrorBanner()
        self.empty = EmptyState(
            "google-classroom",
            self.tr("No classroom yet"),
            self.tr(
                "A lesson needs a classroom whose cameras are calibrated. That takes about twenty minutes, once. "
                "The sample lesson shows what you will see: a rendered class, played as if it were live."
            ),
            self.tr("Set up a classroom"),
        )
        self.room = QComboBox()
        self.room.setAccessibleName(self.tr("Classroom"))
        self.left, self.right = CameraChoice(self.tr("Left camera")), CameraChoice(self.tr("Right camera"))
        self.swap = button(self.tr("Exchange left and right"), icon="swap-horizontal", role="flat")
        self.look = button(self.tr("Look for cameras again"), icon="refresh", role="flat")
        self.who = QComboBox()
        self.who.setAccessibleName(self.tr("Who may be observed"))
        self.portraits = button(self.tr("Choose the folder …"), icon="folder-open-outline")
        self.passphrase = QLineEdit()
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self.passphrase.setPlaceholderText(self.tr("Passphrase of the list of students, then Enter"))
        self.passphrase.setAccessibleName(self.tr("Passphrase of the list of students"))
        self.by_seat = QCheckBox(self.tr("Tell students apart by their seats alone; no face is compared"))
        self.who_note = label("", role="muted", wrap=True)
        self.record = QCheckBox(self.tr("Record both cameras"))
        self.keep = QSpinBox()
        self.keep.setRange(1, 365)
        self.keep.setSuffix(self.tr(" days"))
        self.keep.setAccessibleName(self.tr("Keep the recording for"))
        self.show_students = QCheckBox(self.tr("Single students and small rows may be shown (the report states it)"))
        self.loop = QCheckBox(self.tr("Play video files again and again"))
        self.start = button(self.tr("Start the lesson"), icon="play", role="primary", tip=self.tr("Start (Ctrl+Enter)"))
        self.start.setShortcut("Ctrl+Return")
        self.lacking = label("", role="muted", wrap=True)
        self.sample = button(self.tr("Try it with the sample lesson"), icon="school-outline", role="flat")
        for box in (self.room, self.who):
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.who_note.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.who_note.setMinimumWidth(480)
        self._lay_out()
        for part in (self._sheet, self._row, self.empty, self.lone_sample):
            part.hide()  # until it is known what there is
        self._connect()
        self.show_choice(presenter.choice)

    def _lay_out(self) -> None:
        self._cut_short = QVBoxLayout()
        self._cut_short.setSpacing(8)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(12)
        form.addRow(self.tr("Classroom"), self.room)
        form.addRow(self.tr("Left camera"), self.left)
        form.addRow(self.tr("Right camera"), self.right)
        tools = QHBoxLayout()
        tools.addWidget(self.swap)
        tools.addWidget(self.look)
        tools.addStretch(1)
        form.addRow("", _holding(tools))
        form.addRow(self.tr("Who may be observed"), self.who)
        form.addRow("", self.portraits)
        form.addRow("", self.passphrase)
        form.addRow("", self.by_seat)
        form.addRow("", self.who_note)
        recording = QHBoxLayout()
        recording.addWidget(self.record)
        recording.addWidget(self.keep)
        recording.addStretch(1)
        form.addRow(self.tr("Pictures"), _holding(recording))
        form.addRow("", self.loop)
        form.addRow(self.tr("Privacy"), self.show_students)
        self._form = form
        sheet = card()
        sheet_layout = QVBoxLayout(sheet)
        sheet_layout.setContentsMargins(24, 16, 24, 16)
        sheet_layout.addLayout(form)
        sheet.setMaximumWidth(880)
        row = QHBoxLayout()
        row.addWidget(self.start)
        row.addWidget(self.lacking, 1)
        row.addWidget(self.sample)
        inner, layout = page()
        layout.addWidget(label(self.tr("New lesson"), role="title"))
        layout.addWidget(self.banner)
        layout.addLayout(self._cut_short)
        layout.addWidget(sheet)
        holder = QWidget()
        holder.setLayout(row)
        holder.setMaximumWidth(880)
        row.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(holder)
        self.looking = label(self.tr("Looking for classrooms and cameras …"), role="muted")
        layout.addWidget(self.looking)
        layout.addWidget(self.empty, 1)
        self.lone_sample = button(self.sample.text(), icon="school-outline")
        layout.addWidget(self.lone_sample, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)
        self._sheet, self._row = sheet, holder
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(inner))

    def _connect(self) -> None:
        presenter = self.presenter
        presenter.facts_changed.connect(self.show_facts)
        presenter.choice_changed.connect(self.show_choice)
        presenter.failed.connect(self._on_failed)
        self.banner.retry.connect(presenter.start)
        self.empty.activated.connect(self.calibrate_asked)
        self.room.activated.connect(lambda k: presenter.choose_room(Path(self.room.itemData(k))))
        for camera in (self.left, self.right):
            camera.changed.connect(self._tell)
        self.swap.clicked.connect(presenter.swap)
        self.look.clicked.connect(presenter.refresh)
        self.who.activated.connect(self._tell)
        self.portraits.clicked.connect(self._on_portraits)
        self.passphrase.returnPressed.connect(lambda: presenter.open_roster(self.passphrase.text()))
        for box in (self.by_seat, self.record, self.show_students, self.loop):
            box.toggled.connect(self._tell)
        self.keep.valueChanged.connect(self._tell)
        self.start.clicked.connect(self._on_start)
        for offer in (self.sample, self.lone_sample):
            offer.clicked.connect(presenter.choose_sample)

    def showEvent(self, event: QShowEvent) -> None:
        """Cameras and classrooms may have come meanwhile."""
        super().showEvent(event)
        self.presenter.refresh()

    @Slot(object)
    def show_facts(self, facts: Facts) -> None:
        """What there is to choose from."""
        self._facts = facts
        with QSignalBlocker(self.room):
            self.room.clear()
            for room in facts.rooms:
                self.room.addItem(room.name, str(room.folder))
        for camera in (self.left, self.right):
            camera.set_cameras([(found.name, found.address) for found in facts.cameras])
        with QSignalBlocker(self.who):
            self.who.clear()
            for name in facts.classes:
                self.who.addItem(self.tr("Class {0}: those who have consented").format(name), (CLASS, name))
            self.who.addItem(self.tr("Those whose portraits are in a folder"), (PORTRAITS, ""))
            self.who.addItem(self.tr("Whoever sits at a seat, called like the seat"), (SEATS, ""))
            self.who.addItem(self.tr("Whoever is there, as numbers without names"), (NUMBERS, ""))
        for widget in (self._sheet, self._row):
            widget.setVisible(bool(facts.rooms))
        for widget in (self.empty, self.lone_sample):
            widget.setVisible(not facts.rooms)
        self.looking.hide()
        self._show_cut_short(facts.cut_short)
        self.show_choice(self.presenter.choice)

    @Slot(object)
    def show_choice(self, choice: Choice) -> None:
        """What was chosen, without telling of it."""
        widgets = (self.room, self.who, self.by_seat, self.record, self.keep, self.show_students, self.loop)
        blockers = [QSignalBlocker(widget) for widget in widgets]
        self.room.setCurrentIndex(self.room.findData(str(choice.room)))
        self.room.setToolTip(self.room.currentText())
        self.left.set_address(choice.cameras[0])
        self.right.set_address(choice.cameras[1])
        at = [self.who.itemData(k) for k in range(self.who.count())]
        wanted = (choice.who, choice.class_name if choice.who == CLASS else "")
        self.who.setCurrentIndex(at.index(wanted) if wanted in at else len(at) - 1)
        self.by_seat.setChecked(choice.by_seat)
        self.record.setChecked(choice.record)
        self.keep.setValue(choice.keep_days)
        self.show_students.setChecked(choice.show_students)
        self.loop.setChecked(choice.loop)
        del blockers
        self._say(choice)

    def read(self) -> Choice:
        """The choice as it stands in the form."""
        who, class_name = self.who.currentData() or (NUMBERS, "")
        room = self.room.currentData()
        return replace(
            self.presenter.choice,
            room=Path(room) if room else None,
            cameras=(self.left.address(), self.right.address()),
            who=who,
            class_name=class_name,
            by_seat=self.by_seat.isChecked(),
            record=self.record.isChecked(),
            keep_days=self.keep.value(),
            show_students=self.show_students.isChecked(),
            loop=self.loop.isChecked(),
        )

    @Slot()
    def _tell(self) -> None:
        choice = self.read()
        self.presenter.choose(choice)
        self._say(choice)

    def _say(self, choice: Choice) -> None:
        words = {
            "": "",
            "room": self.tr("Choose a classroom."),
            "left": self.tr("Choose the left camera: the one at your left when you look where they look."),
            "right": self.tr("Choose the right camera."),
            "same": self.tr("One camera is chosen for both sides. Choose another for one of them."),
            "class": self.tr("Choose a class."),
            "portraits": self.tr("Choose the folder of portraits."),
        }
        self.lacking.setText(words[choice.lacks])
        self.start.setEnabled(not choice.lacks)
        rows = self._form
        rows.setRowVisible(self.portraits, choice.who == PORTRAITS)
        rows.setRowVisible(self.passphrase, bool(self._facts.roster_problem))
        rows.setRowVisible(self.by_seat, choice.who == CLASS)
        files = any(Path(address).suffix for address in choice.cameras if "://" not in address)
        rows.setRowVisible(self.loop, files)
        self.keep.setVisible(choice.record)
        if choice.portraits is not None:
            self.portraits.setText(choice.portraits.name)
            self.portraits.setToolTip(str(choice.portraits))
        notes = {
            CLASS: self.tr("Everybody else is blurred on the screen and never stored."),
            PORTRAITS: self.tr("One picture of each, named like the student. Everybody else is blurred, never stored."),
            SEATS: self.tr("No face is compared with another. The classroom needs seats for this."),
            NUMBERS: self.tr("Everybody is blurred on the screen; the lesson holds numbers, P01, P02, …"),
        }
        note = notes[choice.who]
        self.who_note.setText(f"{self._facts.roster_problem}\n{note}" if self._facts.roster_problem else note)

    def _show_cut_short(self, cards: tuple[LessonCard, ...]) -> None:
        while (item := self._cut_short.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for cut in cards:
            strip = QFrame()
            strip.setProperty("kind", "warn")
            row = QHBoxLayout(strip)
            row.setContentsMargins(16, 8, 8, 8)
            text = self.tr("The lesson “{0}” was cut short after {1}. All but its last second is there.")
            row.addWidget(label(text.format(cut.title, clock(cut.seconds)), wrap=True), 1)
            finish = button(self.tr("Finish it"), icon="check")
            finish.setAccessibleName(self.tr("Finish the lesson {0}").format(cut.title))
            finish.clicked.connect(lambda _=False, path=cut.path: self.presenter.finish(path))
            row.addWidget(finish)
            strip.setMaximumWidth(880)
            self._cut_short.addWidget(strip)

    @Slot()
    def _on_portraits(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder of portraits"))
        if folder:
            self.presenter.choose(replace(self.read(), portraits=Path(folder)))
            self.show_choice(self.presenter.choice)

    @Slot()
    def _on_start(self) -> None:
        self.banner.clear()
        self._tell()
        self.presenter.start()

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        self.banner.show_error(error, retry=True)


def _holding(layout: QHBoxLayout) -> QWidget:
    widget = QWidget()
    widget.setLayout(layout)
    layout.setContentsMargins(0, 0, 0, 0)
    return widget
