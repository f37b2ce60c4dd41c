"""What the place "Students" does: opens and locks the roster, changes it, looks at portraits. No widget here.

Owns the open roster file and a queue of jobs on it. A change is shown at once and written by a job in a thread, one
after the other, so that nothing waits for the disk and no two jobs write at one time.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from gazeclass.desktop.context import AppContext
from gazeclass.desktop.log import hide_names
from gazeclass.errors import InputError
from gazeclass.lesson import roster_removal
from gazeclass.lesson.documents_removal import lessons_with, purge_everywhere
from gazeclass.lesson.roster import Consent, Roster, RosterClass, RosterStudent
from gazeclass.lesson.roster_file import RosterFile, backup_of, lock_of, restore_backup
from gazeclass.lesson.roster_keys import keyring_works, new_keyring_key, new_passphrase_key
from gazeclass.lesson.roster_portraits import PortraitLook, look_at_file, portrait_of
from gazeclass.progress import Progress

Job = Callable[[RosterFile], object]


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
        looked: at pictures: a list of (path, PortraitLook), for the student they were meant for.
        refused: an InputError about what was typed at the door.
        receipt: path of the receipt of what was deleted.
        found_in_lessons: a pseudonym, and in how many lessons it is.
        cameras_found: (name, address) of each camera that is plugged in.
        shooting_ended: the camera is closed again.
    """

    door_changed = Signal()
    classes_changed = Signal()
    students_changed = Signal()
    looked = Signal(str, object)
    refused = Signal(object)
    receipt = Signal(object)
    found_in_lessons = Signal(str, int)
    cameras_found = Signal(object)
    shooting_ended = Signal()

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.path = context.library / "roster.gzr"
        self.door = Door.ABSENT
        self.roster = Roster()
        self.shown = ""
        self.problem: InputError | None = None
        self._file: RosterFile | None = None
        self._jobs: deque[Job] = deque()
        self._busy = False
        self._models: tuple[Any, Any] | None = None

    # --- the door ---

    @property
    def has_keyring(self) -> bool:
        """Whether this computer can keep the key itself."""
        return keyring_works()

    @property
    def has_backup(self) -> bool:
        """Whether a last good copy lies beside the roster."""
        return backup_of(self.path).is_file()

    @property
    def lock_kind(self) -> str:
        """How the open roster is locked: "keyring" or "passphrase"."""
        return self._file.lock if self._file is not None else ""

    def look(self) -> None:
        """See what is on disk; a roster whose key lies in the keyring is opened at once."""
        if self._file is not None:
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

    def create(self, passphrase: str | None) -> None:
        """Make the roster, locked with a passphrase or (None) by the keyring."""

        def make(_: Progress) -> RosterFile:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(
                    f"the library's folder cannot be made ({error.strerror or error})", where=self.path.parent
                ) from error
            key = new_keyring_key() if passphrase is None else new_passphrase_key(passphrase)
            return RosterFile.create(self.path, key)

        self._open(make, Door.ABSENT, self.tr("Making the list of students"))

    def unlock(self, passphrase: str | None) -> None:
        """Open the roster."""
        self._open(lambda _: RosterFile.open(self.path, passphrase), Door.LOCKED, self.tr("Opening the students"))

    def lock(self) -> None:
        """Close the roster once everything is written; its contents leave the memory's reach."""
        self._then(self._forget)

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

        self._do(change)

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
        return not self._busy and not self._jobs

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
        self._do(lambda file: roster_removal.set_consent(file, shown, pseudonym, given=given, until=until))
        self.students_changed.emit()

    def remove_student(self, pseudonym: str) -> None:
        """Delete a student, with a receipt."""
        shown = self.shown
        self.roster = self.roster.replace_class(shown, self._shown().without(pseudonym))
        self._do(lambda file: roster_removal.forget_student(file, shown, pseudonym))
        self.students_changed.emit()

    def lessons_with(self, pseudonym: str) -> None:
        """Look in how many lessons of the library a student is; :attr:`found_in_lessons` tells."""
        task = self.context.tasks.run(
            lambda _: lessons_with(self.context.lessons_dir, pseudonym), title=self.tr("Looking through the lessons")
        )
        task.done.connect(lambda paths: self.found_in_lessons.emit(pseudonym, len(paths)))
        task.failed.connect(self.context.show_error)

    def remove_from_lessons(self, pseudonym: str) -> None:
        """Take a student out of every lesson of the library, with a receipt for each."""

        def done(receipts: tuple[Path, ...]) -> None:
            if receipts:
                self.receipt.emit(receipts[-1])
            self.context.library_changed.emit()

        task = self.context.tasks.run(
            lambda progress: purge_everywhere(self.context.lessons_dir, pseudonym, progress=progress),
            title=self.tr("Taking a student out of the lessons"),
        )
        task.done.connect(done)
        task.failed.connect(self.context.show_error)

    def remove_class(self) -> None:
        """Delete the shown class with its students, with a receipt."""
        shown = self.shown
        self.roster = self.roster.remove_class(shown)
        self._do(lambda file: roster_removal.forget_class(file, shown))
        self.shown = self.roster.classes[0].name if self.roster.classes else ""
        self.classes_changed.emit()
        self.students_changed.emit()

    # --- portraits ---

    def look_at(self, pseudonym: str, paths: Sequence[Path]) -> None:
        """Look whether pictures can be portraits of a student; :attr:`looked` tells."""

        def work(progress: Progress) -> list[tuple[Path, PortraitLook]]:
            progress.start(self.tr("looking at pictures"), len(paths))
            detector = self._tools()[0]
            found = []
            for path in paths:
                found.append((path, look_at_file(path, detector)))
                progress.advance()
            return found

        task = self.context.tasks.run(work, title=self.tr("Looking at pictures"))
        task.done.connect(lambda found: self.looked.emit(pseudonym, found))
        task.failed.connect(self.context.show_error)

    def find_cameras(self) -> None:
        """Look which cameras there are; :attr:`cameras_found` tells."""

        def work(_: Progress) -> list[tuple[str, str]]:
            from gazeclass.capture.devices import list_devices

            return [(device.name, device.address) for device in list_devices()]

        task = self.context.tasks.run(work, title=self.tr("Looking for cameras"))
        task.done.connect(self.cameras_found)
        task.failed.connect(self.context.show_error)

    def look_with_camera(self, pseudonym: str, camera: str) -> None:
        """Take pictures of a student with a camera; :attr:`looked` tells, :attr:`shooting_ended` in any case."""

        def work(progress: Progress) -> list[tuple[Path, PortraitLook]]:
            from gazeclass.lesson.roster_camera import looks_from_camera

            looks = looks_from_camera(camera, self._tools()[0], progress=progress)
            return [(Path(f"{k + 1}"), look) for k, look in enumerate(looks)]

        task = self.context.tasks.run(work, title=self.tr("Taking pictures"))
        task.done.connect(lambda found: self.looked.emit(pseudonym, found))
        task.failed.connect(self.context.show_error)
        task.finished.connect(self.shooting_ended)

    def take_portraits(self, pseudonym: str, looks: Sequence[PortraitLook], *, keep: bool) -> None:
        """Turn usable looks into portraits of a student."""
        shown, day = self.shown, self.today()

        def work(_: Progress) -> list[Any]:
            return [portrait_of(look, self._tools()[1], day, keep=keep) for look in looks if look.usable]

        def done(portraits: list[Any]) -> None:
            student = self.student(pseudonym)
            if student is not None and self.shown == shown:
                self.set_student(pseudonym, portraits=student.portraits + tuple(portraits))

        task = self.context.tasks.run(work, title=self.tr("Learning portraits"))
        task.done.connect(done)
        task.failed.connect(self.context.show_error)

    def clear_portraits(self, pseudonym: str) -> None:
        """Delete a student's portraits, from the copy beside the roster too."""
        self.roster = self.roster.replace_class(self.shown, self._shown().change(pseudonym, portraits=()))
        new = self.roster
        self._do(lambda file: file.save(new, forget=True))
        self.students_changed.emit()

    def _tools(self) -> tuple[Any, Any]:
        """Detector and embedder, opened once, in the thread that needs them first."""
        if self._models is None:
            from gazeclass.faces.embedding import Embedder
            from gazeclass.faces.mtcnn import MtcnnDetector

            self._models = MtcnnDetector(), Embedder()
        return self._models

    # --- jobs ---

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
        self._do(lambda file: file.save(new))
        return True

    def _do(self, job: Job) -> None:
        self._jobs.append(job)
        self._next()

    def _then(self, what: Callable[[], None]) -> None:
        """Do something in the GUI thread when everything is written."""
        if self.saved:
            what()
            return
        task = self.context.tasks.running[-1]
        task.finished.connect(lambda: self._then(what))

    def _next(self) -> None:
        if self._busy or not self._jobs or self._file is None:
            return
        job, file = self._jobs.popleft(), self._file
        self._busy = True
        task = self.context.tasks.run(lambda _: job(file), title=self.tr("Saving the students"))
        task.done.connect(self._on_done)
        task.failed.connect(self._on_failed)
        task.finished.connect(self._on_finished)

    def _on_done(self, result: object) -> None:
        if isinstance(result, Path):
            self.receipt.emit(result)

    def _on_failed(self, error: Exception) -> None:
        """What could not be written is not shown any longer either."""
        self._jobs.clear()
        if self._file is not None:
            self.roster = self._file.roster
        if self.group is None:
            self.shown = self.roster.classes[0].name if self.roster.classes else ""
        self.context.show_error(error)
        self.classes_changed.emit()
        self.students_changed.emit()

    def _on_finished(self) -> None:
        self._busy = False
        self._next()

    def _open(self, work: Callable[[Progress], RosterFile], back: Door, title: str) -> None:
        self._set_door(Door.OPENING)
        task = self.context.tasks.run(work, title=title)
        task.done.connect(self._on_opened)

        def failed(error: Exception) -> None:
            self._set_door(back)
            self.refused.emit(error)

        task.failed.connect(failed)

    def _on_opened(self, file: RosterFile) -> None:
        self._file, self.roster = file, file.roster
        hide_names(student.name for group in self.roster.classes for student in group.students)
        self.shown = self.roster.classes[0].name if self.roster.classes else ""
        self._set_door(Door.OPEN)
        self.classes_changed.emit()
        self.students_changed.emit()

    def _forget(self) -> None:
        self._file, self.roster, self.shown = None, Roster(), ""
        self._set_door(Door.LOCKED)
        self.classes_changed.emit()
        self.students_changed.emit()

    def _set_door(self, door: Door) -> None:
        self.door = door
        self.door_changed.emit()
