"""What the place "Students" does: opens and locks the roster, changes it, looks at portraits. No widget here.

A change is shown at once and written by a job of :class:`gazeclass.desktop.students.saving.SaveQueue`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from gazeclass.atomic import make_folder
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.log import hide_names
from gazeclass.desktop.students.in_lessons import InLessons
from gazeclass.desktop.students.portrait_desk import PortraitDesk
from gazeclass.desktop.students.saving import SaveQueue
from gazeclass.errors import InputError
from gazeclass.lesson import roster_removal
from gazeclass.lesson.roster import Consent, Roster, RosterClass, RosterStudent
from gazeclass.lesson.roster_file import RosterFile, backup_of, lock_of, restore_backup
from gazeclass.lesson.roster_keys import keyring_works, new_keyring_key, new_passphrase_key
from gazeclass.lesson.roster_portraits import PortraitLook
from gazeclass.progress import Progress


class Door(Enum):
    """How the roster stands."""

    ABSENT = "absent"
    LOCKED = "locked"
    DAMAGED = "damaged"
    OPENING = "opening"
    OPEN = "open"


class StudentsPresenter(QObject):
    """The roster of the library, for the views of this place.

    Signals, all in the GUI thread:
        door_changed: the roster was opened, locked, made, found damaged.
        classes_changed: there are other classes, or another one is shown.
        students_changed: students of the shown class, or anything about them.
        refused: an InputError about what was typed at the door.
        receipt: path of the receipt of what was deleted.
    """

    door_changed = Signal()
    classes_changed = Signal()
    students_changed = Signal()
    refused = Signal(object)
    receipt = Signal(object)

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.path = context.library / "roster.gzr"
        self.door = Door.ABSENT
        self.roster = Roster()
        self.shown = ""
        self.problem: InputError | None = None
        #: Whether this computer can keep the key itself; None while that is being found out.
        self.has_keyring: bool | None = None
        self._asking = False
        self.desk = PortraitDesk(context, self)
        self.desk.learned.connect(self._on_learned)
        self.in_lessons = InLessons(context, self)
        self.in_lessons.receipt.connect(self.receipt)
        self._queue = SaveQueue(context, self)
        self._queue.done.connect(self._on_written)
        self._queue.failed.connect(self._on_not_written)

    # --- the door ---

    @property
    def has_backup(self) -> bool:
        """Whether a last good copy lies beside the roster."""
        return backup_of(self.path).is_file()

    @property
    def lock_kind(self) -> str:
        """How the open roster is locked: "keyring" or "passphrase"."""
        return self._queue.file.lock if self._queue.file is not None else ""

    def look(self) -> None:
        """See what is on disk; a roster whose key lies in the keyring is opened at once."""
        self._ask_for_keyring()
        if self._queue.file is not None:
            return
        self.problem = None
        if not self.path.exists():
            self._set_door(Door.ABSENT)
            return
        try:
            kind = lock_of(self.path)
        except InputError as error:
            self.problem = error
            self._set_door(Door.DAMAGED)
            return
        self._set_door(Door.LOCKED)
        if kind == "keyring":
            self.unlock(None)

    def _ask_for_keyring(self) -> None:
        """In a task: to look for a keyring takes a second on some computers."""
        if self.has_keyring is not None or self._asking:
            return
        self._asking = True
        task = self.context.tasks.run(lambda _: keyring_works(), title=self.tr("Looking for a place for keys"))
        task.done.connect(self._on_keyring)
        task.failed.connect(lambda _: self._on_keyring(False))

    def _on_keyring(self, there: bool) -> None:
        self.has_keyring, self._asking = there, False
        if self.door is Door.ABSENT:
            self.door_changed.emit()

    def create(self, passphrase: str | None) -> None:
        """Make the roster, locked with a passphrase or (None) by the keyring."""

        def make(_: Progress) -> RosterFile:
            make_folder(self.path.parent)
            key = new_keyring_key() if passphrase is None else new_passphrase_key(passphrase)
            return RosterFile.create(self.path, key)

        self._open(make, Door.ABSENT, self.tr("Making the list of students"))

    def unlock(self, passphrase: str | None) -> None:
        """Open the roster."""
        self._open(lambda _: RosterFile.open(self.path, passphrase), Door.LOCKED, self.tr("Opening the students"))

    def lock(self) -> None:
        """Close the roster once everything is written; its contents leave the memory's reach."""
        self._queue.then(self._forget)

    def restore(self) -> None:
        """Put the last good copy in the place of a damaged roster."""
        try:
            restore_backup(self.path)
        except InputError as error:
            self.context.show_error(error)
        self.look()

    def change_passphrase(self, passphrase: str | None) -> None:
        """Lock with another passphrase, or (None) by the keyring."""

        def change(file: RosterFile) -> None:
            file.change_key(new_keyring_key() if passphrase is None else new_passphrase_key(passphrase))

        self._queue.add(change)

    # --- what is shown ---

    @property
    def group(self) -> RosterClass | None:
        """The class that is shown."""
        return next((one for one in self.roster.classes if one.name == self.shown), None)

    @property
    def students(self) -> tuple[RosterStudent, ...]:
        """Students of the shown class."""
        return self.group.students if self.group is not None else ()

    @property
    def saved(self) -> bool:
        """Whether everything is on disk."""
        return self._queue.saved

    @staticmethod
    def today() -> date:
        """Today, where the school is."""
        return datetime.now().astimezone().date()

    def show(self, name: str) -> None:
        """Show another class."""
        if name != self.shown:
            self.shown = name
            self.classes_changed.emit()
            self.students_changed.emit()

    def student(self, pseudonym: str) -> RosterStudent | None:
        """A student of the shown class."""
        return next((student for student in self.students if student.pseudonym == pseudonym), None)

    # --- changes ---

    def add_class(self, name: str) -> bool:
        """A new class, which is shown then; False (and a sentence) where it cannot be."""
        known = {one.name for one in self.roster.classes}
        if not self._change(lambda roster: roster.add_class(name)):
            return False
        self.shown = next(one.name for one in self.roster.classes if one.name not in known)
        self.classes_changed.emit()
        self.students_changed.emit()
        return True

    def set_class(self, **fields: Any) -> bool:
        """Other fields of the shown class: name, classroom, biometrics."""
        group = self.group
        if group is None or all(getattr(group, name) == value for name, value in fields.items()):
            return False
        if not self._change(lambda roster: roster.replace_class(group.name, replace(group, **fields))):
            return False
        if "name" in fields:
            index = [one.name for one in self.roster.classes]
            self.shown = fields["name"].strip() if fields["name"].strip() in index else " ".join(fields["name"].split())
        self.classes_changed.emit()
        self.students_changed.emit()
        return True

    def add_students(self, text: str) -> bool:
        """Students from lines of text; False where a name is impossible (none is added then)."""
        names = [line for line in text.splitlines() if line.strip()]
        if not names or not self._change(lambda roster: roster.add_students(self.shown, names)):
            return False
        self.students_changed.emit()
        return True

    def set_student(self, pseudonym: str, **fields: Any) -> bool:
        """Other fields of a student: name, seat, portraits."""
        if not self._change(lambda roster: roster.replace_class(self.shown, self._shown().change(pseudonym, **fields))):
            return False
        self.students_changed.emit()
        return True

    def set_consent(self, pseudonym: str, given: bool, until: date | None = None) -> None:
        """Enter a student's answer; a no deletes the portraits."""
        shown = self.shown
        fields: dict[str, Any] = {"consent": Consent(given, until if given else None)}
        if not given:
            fields["portraits"] = ()
        self.roster = self.roster.replace_class(shown, self._shown().change(pseudonym, **fields))
        self._queue.add(lambda file: roster_removal.set_consent(file, shown, pseudonym, given=given, until=until))
        self.students_changed.emit()

    def remove_student(self, pseudonym: str) -> None:
        """Delete a student, with a receipt."""
        shown = self.shown
        self.roster = self.roster.replace_class(shown, self._shown().without(pseudonym))
        self._queue.add(lambda file: roster_removal.forget_student(file, shown, pseudonym))
        self.students_changed.emit()

    def remove_class(self) -> None:
        """Delete the shown class with its students, with a receipt."""
        shown = self.shown
        self.roster = self.roster.remove_class(shown)
        self._queue.add(lambda file: roster_removal.forget_class(file, shown))
        self.shown = self.roster.classes[0].name if self.roster.classes else ""
        self.classes_changed.emit()
        self.students_changed.emit()

    # --- portraits ---

    def take_portraits(self, pseudonym: str, looks: Sequence[PortraitLook], *, keep: bool) -> None:
        """Turn usable looks into portraits of a student."""
        self.desk.learn(self.shown, pseudonym, looks, self.today(), keep=keep)

    def clear_portraits(self, pseudonym: str) -> None:
        """Delete a student's portraits, from the copy beside the roster too."""
        self.roster = self.roster.replace_class(self.shown, self._shown().change(pseudonym, portraits=()))
        new = self.roster
        self._queue.add(lambda file: file.save(new, forget=True))
        self.students_changed.emit()

    # --- writing ---

    def _shown(self) -> RosterClass:
        return self.roster.group(self.shown)

    def _change(self, change: Callable[[Roster], Roster]) -> bool:
        """Show a change at once and write it; False, and a sentence, where it cannot be."""
        try:
            new = change(self.roster)
        except InputError as error:
            self.context.show_error(error)
            return False
        self.roster = new
        self._queue.add(lambda file: file.save(new))
        return True

    def _on_written(self, result: object) -> None:
        if isinstance(result, Path):
            self.receipt.emit(result)

    def _on_not_written(self, error: Exception) -> None:
        """What could not be written is not shown any longer either."""
        if self._queue.file is not None:
            self.roster = self._queue.file.roster
        if self.group is None:
            self.shown = self.roster.classes[0].name if self.roster.classes else ""
        self.context.show_error(error)
        self.classes_changed.emit()
        self.students_changed.emit()

    def _on_learned(self, group: str, pseudonym: str, portraits: list[Any]) -> None:
        student = self.student(pseudonym)
        if student is not None and self.shown == group:
            self.set_student(pseudonym, portraits=student.portraits + tuple(portraits))

    def _open(self, work: Callable[[Progress], RosterFile], back: Door, title: str) -> None:
        self._set_door(Door.OPENING)
        task = self.context.tasks.run(work, title=title)
        task.done.connect(self._on_opened)

        def failed(error: Exception) -> None:
            self._set_door(back)
            self.refused.emit(error)

        task.failed.connect(failed)

    def _on_opened(self, file: RosterFile) -> None:
        self._queue.file, self.roster = file, file.roster
        hide_names(student.name for group in self.roster.classes for student in group.students)
        self.shown = self.roster.classes[0].name if self.roster.classes else ""
        self._set_door(Door.OPEN)
        self.classes_changed.emit()
        self.students_changed.emit()

    def _forget(self) -> None:
        self._queue.file, self.roster, self.shown = None, Roster(), ""
        self._set_door(Door.LOCKED)
        self.classes_changed.emit()
        self.students_changed.emit()

    def _set_door(self, door: Door) -> None:
        self.door = door
        self.door_changed.emit()
