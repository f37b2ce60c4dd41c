"""One classroom's card: name, verdict, date and age, what the cameras' last check found, and what can be done."""

from datetime import UTC, datetime

from PySide6.QtCore import QDate, QLocale, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
)

from gazeclass.calibration.quality import Level
from gazeclass.desktop.classrooms.keeping import KeepingRow
from gazeclass.desktop.classrooms.shelf import Entry, Kind, age_days
from gazeclass.desktop.icons import set_icon
from gazeclass.desktop.widgets.controls import ElidedLabel, button, label
from gazeclass.desktop.wizard.words import for_people

_KINDS = {Level.GOOD: "good", Level.ADVICE: "warn", Level.WARNING: "warn"}


class ClassroomCard(QFrame):
    """A card. It does nothing by itself; signals say what the user wants.

    Signals:
        lesson, check, wizard, delete, show_folder: a button or a line of the menu was pressed.
        renamed: the new name.
        lessons_kept: for how many days lessons are to be kept, None without an end.
    """

    lesson = Signal()
    check = Signal()
    wizard = Signal()
    delete = Signal()
    show_folder = Signal()
    renamed = Signal(str)
    lessons_kept = Signal(object)

    def __init__(self, entry: Entry, *, can_start: bool, now_utc: datetime | None = None) -> None:
        super().__init__()
        self.entry = entry
        self.setProperty("kind", "card")
        self.setAccessibleName(self.tr("Classroom {0}").format(entry.name))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 12, 12)
        layout.setSpacing(6)
        layout.addLayout(self._title_row())
        text, kind, icon = self.verdict()
        verdict = QHBoxLayout()
        sign = QLabel()
        sign.setProperty("kind", kind)
        set_icon(sign, icon, 18)
        verdict.addWidget(sign)
        self.verdict_label = label(text, kind=kind, wrap=True)
        verdict.addWidget(self.verdict_label, 1)
        layout.addLayout(verdict)
        for line in self.lines(now_utc or datetime.now(UTC)):
            layout.addWidget(label(line, role="muted", wrap=True))
        if entry.check is not None:
            weight = "good" if entry.check.steady else "danger" if entry.check.spoiled else "warn"
            layout.addWidget(label(for_people(entry.check.sentence), kind=weight, wrap=True))
        self._layout = layout
        self.keeping: KeepingRow | None = None
        layout.addSpacing(8)
        layout.addStretch(1)
        layout.addLayout(self._buttons(can_start))

    def verdict(self) -> tuple[str, str, str]:
        """Words, weight and icon of how the classroom stands."""
        entry = self.entry
        if entry.kind is Kind.UNFINISHED:
            return self.tr("Not finished"), "warn", "progress-wrench"
        if entry.kind is Kind.DAMAGED:
            return self.tr("Cannot be read"), "danger", "alert-octagon"
        if entry.kind is Kind.CAMERAS_ONLY:
            return self.tr("Cameras only: the room is not measured yet"), "warn", "alert"
        if entry.level is Level.GOOD:
            return self.tr("Ready for lessons: good"), "good", "check-circle"
        if entry.level is Level.ADVICE:
            return self.tr("Ready for lessons: usable"), "warn", "check-circle-outline"
        return self.tr("Usable, with a warning: see its summary"), "warn", "alert"

    def lines(self, now_utc: datetime) -> list[str]:
        """What is known of it, a sentence each."""
        entry = self.entry
        if entry.kind is Kind.UNFINISHED:
            return [self.tr("What was done so far is kept. Go on whenever you like.")]
        if entry.classroom is None or entry.made_utc is None:
            return [entry.problem]
        room = entry.classroom
        day = QLocale().toString(_qt_date(entry.made_utc), "d MMM yyyy")
        lines = [self.tr("Calibrated {0}, {1}").format(day, self.age(age_days(entry.made_utc, now_utc)))]
        if room.world is not None:
            said = self.tr("Room measured to {0:.1f} cm; cameras agree to {1:.1f} px.")
            lines.append(said.format(100 * room.world.board_sigma_m, room.stereo.rms_px))
        else:
            lines.append(self.tr("Cameras agree to {0:.1f} px.").format(room.stereo.rms_px))
        parts = []
        if room.board_size is not None:
            parts.append(self.tr("Board {0:.1f} × {1:.1f} m").format(room.board_size.width_m, room.board_size.height_m))
        parts.append(self.tr("cameras {0:.1f} m apart").format(room.stereo.baseline_m))
        if room.seats:
            parts.append(self.tr("{0} seats").format(len(room.seats)))
        lines.append(", ".join(parts))
        if room.keep_lessons_days is not None:
            lines.append(self.tr("Lessons are kept for {0} days.").format(room.keep_lessons_days))
        return lines

    def age(self, days: int) -> str:
        """An age in words."""
        if days == 0:
            return self.tr("today")
        if days == 1:
            return self.tr("yesterday")
        if days < 60:
            return self.tr("{0} days ago").format(days)
        return self.tr("{0} months ago").format(round(days / 30.44)) if days < 730 else self.tr("over two years ago")

    def start_renaming(self) -> None:
        """Turn the name into a field."""
        self._field.setText(self.entry.name)
        self._names.setCurrentWidget(self._field)
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        self._field.selectAll()

    def ask_keeping(self) -> None:
        """Show the field that says how long lessons are kept."""
        if self.entry.classroom is None or self.keeping is not None:
            return
        self.keeping = KeepingRow(self.entry.classroom.keep_lessons_days, self.entry.name)
        self.keeping.chosen.connect(self.lessons_kept)
        self.keeping.left.connect(self._leave_keeping)
        self._layout.insertWidget(self._layout.count() - 1, self.keeping)
        self.keeping.days.setFocus(Qt.FocusReason.OtherFocusReason)
        self.keeping.days.selectAll()

    def _leave_keeping(self) -> None:
        if self.keeping is not None:
            self._layout.removeWidget(self.keeping)
            self.keeping.hide()
            self.keeping.deleteLater()
            self.keeping = None
            self.menu_button.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves the name as it was; F2 renames, Delete deletes."""
        if event.key() == Qt.Key.Key_Escape and self._names.currentWidget() is self._field:
            self._names.setCurrentWidget(self._name)
            self.menu_button.setFocus()
        elif event.key() == Qt.Key.Key_F2:
            self.start_renaming()
        elif event.key() == Qt.Key.Key_Delete:
            self.delete.emit()
        else:
            super().keyPressEvent(event)

    def _title_row(self) -> QHBoxLayout:
        self._name = ElidedLabel(self.entry.name)
        self._name.setProperty("role", "subtitle")
        self._field = QLineEdit()
        self._field.setAccessibleName(self.tr("New name of the classroom"))
        self._field.setMaxLength(80)
        self._field.returnPressed.connect(self._on_renamed)
        self._names = QStackedWidget()
        self._names.addWidget(self._name)
        self._names.addWidget(self._field)
        self._names.setFixedHeight(36)
        self.menu_button = QToolButton()
        self.menu_button.setProperty("role", "flat")
        self.menu_button.setAccessibleName(self.tr("More for {0}").format(self.entry.name))
        self.menu_button.setToolTip(self.tr("Rename, keep lessons, show folder, delete"))
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        set_icon(self.menu_button, "dots-vertical", 22)
        menu = QMenu(self.menu_button)
        if self.entry.kind is not Kind.DAMAGED:
            menu.addAction(self.tr("Rename (F2)"), self.start_renaming)
        if self.entry.classroom is not None:
            menu.addAction(self.tr("Keep lessons for …"), self.ask_keeping)
        menu.addAction(self.tr("Show its folder"), self.show_folder.emit)
        menu.addAction(self.tr("Delete …"), self.delete.emit)
        self.menu_button.setMenu(menu)
        row = QHBoxLayout()
        row.addWidget(self._names, 1)
        row.addWidget(self.menu_button)
        return row

    def _buttons(self, can_start: bool) -> QHBoxLayout:
        entry = self.entry
        row = QHBoxLayout()
        row.setSpacing(8)
        if entry.kind is Kind.READY and can_start:
            self._add(row, self.tr("Start lesson"), "play", "primary", self.lesson)
        if entry.classroom is not None:
            self._add(row, self.tr("Check cameras"), "", "", self.check)
        if entry.kind is Kind.UNFINISHED:
            self._add(row, self.tr("Continue"), "arrow-right", "primary", self.wizard)
        elif entry.resumable:
            primary = entry.kind is Kind.CAMERAS_ONLY
            word = self.tr("Go on") if primary else self.tr("Calibrate again")
            self._add(row, word, "", "primary" if primary else "", self.wizard)
        row.addStretch(1)
        return row

    def _add(self, row: QHBoxLayout, text: str, icon: str, role: str, signal: object) -> None:
        made = button(text, icon=icon, role=role, name=f"{text}: {self.entry.name}")
        made.clicked.connect(signal)
        row.addWidget(made)

    def _on_renamed(self) -> None:
        self._names.setCurrentWidget(self._name)
        name = self._field.text().strip()
        if name and name != self.entry.name:
            self.renamed.emit(name)


def _qt_date(made_utc: datetime) -> QDate:
    here = made_utc.astimezone()
    return QDate(here.year, here.month, here.day)
