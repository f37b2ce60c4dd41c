"""What the classrooms place does: read the shelf, rename, delete, import, compare cameras. No widget here."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from gazeclass.calibration.classroom import Classroom
from gazeclass.desktop.classrooms import shelf
from gazeclass.desktop.classrooms.shelf import Entry, Kind
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.tasks import Task
from gazeclass.desktop.wizard.words import for_people
from gazeclass.errors import InputError
from gazeclass.progress import Progress


class ClassroomsPresenter(QObject):
    """The library's classrooms. Lives in the GUI thread; all reading and writing is done in tasks.

    Attributes:
        entries: as last read.
        loaded: whether they were read at all yet.

    Signals:
        changed: ``entries`` is new.
        busy: a task that takes long enough to be shown.
        imported: the new folder, and whether the wizard has to go on with it.
    """

    changed = Signal()
    busy = Signal(object)
    imported = Signal(object, bool)

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.entries: tuple[Entry, ...] = ()
        self.loaded = False
        context.library_changed.connect(self.refresh)
        context.settings_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Read the shelf again; ``changed`` follows."""
        try:
            folder = self.context.classrooms_dir
        except InputError as error:
            self.context.show_error(error)
            return
        self._run(lambda progress: shelf.read_shelf(folder, progress), self.tr("Reading classrooms"), self._on_read)

    def entry(self, folder: Path) -> Entry | None:
        """The entry of a folder."""
        return next((entry for entry in self.entries if entry.folder == folder), None)

    def rename(self, folder: Path, name: str) -> None:
        """Give a classroom another name."""
        self._change(lambda: shelf.rename(folder, name), self.tr("Renaming"))

    def keep_lessons(self, folder: Path, days: int | None) -> None:
        """Keep lessons made in a classroom from now on for so many days, or (None) without an end."""
        self._change(lambda: shelf.keep_lessons(folder, days), self.tr("Saving how long lessons are kept"))

    def delete(self, folder: Path) -> None:
        """Delete a classroom. Ask before."""
        self._change(lambda: shelf.delete(folder), self.tr("Deleting"))

    def import_path(self, path: Path) -> None:
        """Take a ``classroom.toml`` or a calibration folder into the library."""
        self.context.state.set_last_folder(path)
        self._import(
            lambda target, progress: shelf.import_path(path, target, progress),
            self.tr("Importing {0}").format(path.name),
        )

    def add_sample(self) -> None:
        """Put the sample classroom into the library, to try things on."""
        self._import(shelf.add_sample, self.tr("Adding the sample classroom"))

    def new_folder(self) -> Path:
        """Where a new classroom will lie; it is named once the wizard knows the room.

        Raises:
            InputError: the library's folder cannot be made.
        """
        return shelf.new_folder(self.context.classrooms_dir, self.tr("classroom"))

    def _import(self, work: Callable[[Path, Progress], Path], title: str) -> None:
        try:
            target = self.context.classrooms_dir
        except InputError as error:
            self.context.show_error(error)
            return
        self.busy.emit(self._run(lambda progress: work(target, progress), title, self._on_imported))

    def _change(self, work: Callable[[], None], title: str) -> None:
        def job(progress: Progress) -> None:
            progress.start(title, None)
            work()

        self._run(job, title, lambda _: self.context.library_changed.emit())

    def _run(self, work: Callable[[Progress], Any], title: str, then: Callable[[Any], None]) -> Task:
        task = self.context.tasks.run(work, title=title)
        task.done.connect(then)
        task.failed.connect(self._on_failed)
        return task

    def _on_failed(self, error: Exception) -> None:
        self.context.show_error(error)
        self.changed.emit()

    def _on_read(self, entries: tuple[Entry, ...]) -> None:
        self.entries = entries
        self.loaded = True
        self.changed.emit()

    def _on_imported(self, folder: Path) -> None:
        entry = shelf.read_entry(folder) if (folder / "classroom.toml").is_file() else None
        self.context.library_changed.emit()
        self.imported.emit(folder, entry is None or entry.kind is Kind.DAMAGED)


class CheckPresenter(QObject):
    """Compares a classroom's cameras with the pictures kept of the empty room.

    Attributes:
        fresh: the pictures just taken, None before.
        kept: those compared with, None where there are none.
        result: of the last comparison.

    Signals:
        changed: one of the attributes is new.
        busy: the task under way.
        repaired: a bumped camera was put right: the :class:`gazeclass.calibration.remount.Remounted`.
    """

    changed = Signal()
    busy = Signal(object)
    repaired = Signal(object)

    def __init__(self, context: AppContext, entry: Entry, parent: QObject | None = None) -> None:
        super().__init__(parent)
        if entry.classroom is None:
            raise ValueError("only a calibrated classroom can be checked")
        self.context = context
        self.entry = entry
        self.classroom = entry.classroom
        self.fresh: tuple[np.ndarray, np.ndarray] | None = None
        self.kept: tuple[np.ndarray, np.ndarray] | None = None
        self.result: Any = None

    @property
    def addresses(self) -> tuple[str, str]:
        """Where the pictures come from, as far as is known: what was used last, else the classroom's devices."""
        first, second = (
            self.context.state.get(f"check/{self.entry.folder.name}/{c}", self.classroom.cameras[c].device)
            for c in (0, 1)
        )
        return first, second

    def compare(self, addresses: tuple[str, str]) -> None:
        """Take fresh pictures and compare; ``changed`` follows."""
        classroom, folder = self.classroom, self.entry.folder
        sizes = tuple((c.width_px, c.height_px) for c in classroom.cameras)

        def work(progress: Progress) -> tuple[Any, Any, Any]:
            from gazeclass.calibration.health import check_room, read_reference
            from gazeclass.desktop.classrooms.snapshot import take_pictures

            fresh = take_pictures(addresses, (sizes[0], sizes[1]), progress)
            kept = read_reference(folder)
            result = None if kept is None else check_room(_numbered(classroom), kept, fresh, progress)
            if result is not None:
                shelf.keep_check(folder, result, datetime.now(UTC))
            return fresh, kept, result

        task = self.context.tasks.run(work, title=self.tr("Comparing the cameras of {0}").format(self.entry.name))
        task.done.connect(lambda found: self._on_compared(addresses, found))
        task.failed.connect(self.context.show_error)
        task.finished.connect(self.changed)
        self.busy.emit(task)

    def keep_fresh(self) -> None:
        """Keep the fresh pictures as the reference from now on. The user says that the room is empty."""
        fresh, folder = self.fresh, self.entry.folder
        if fresh is None:
            return

        def work(progress: Progress) -> None:
            from gazeclass.calibration.health import keep_reference

            progress.start(self.tr("saving"), None)
            keep_reference(folder, fresh)

        task = self.context.tasks.run(work, title=self.tr("Keeping reference pictures"))
        task.failed.connect(self.context.show_error)
        task.done.connect(lambda _: self._on_kept())

    @property
    def bumped(self) -> int | None:
        """The camera that one pair of pictures of the lying chessboard can put right: bumped, the other one steady."""
        if self.result is None or not self.classroom.complete:
            return None
        from gazeclass.calibration.health import State

        moved = [c for c in (0, 1) if self.result.cameras[c].state in (State.BUMPED, State.NUDGED)]
        steady = [c for c in (0, 1) if self.result.cameras[c].state in (State.STEADY, State.BLURRED)]
        return moved[0] if len(moved) == 1 and len(steady) == 1 else None

    def repair(self, addresses: tuple[str, str]) -> None:
        """Take pictures of the lying chessboard, put the bumped camera right, save; ``repaired`` follows."""
        moved, classroom, folder = self.bumped, self.classroom, self.entry.folder
        if moved is None:
            return
        sizes = tuple((c.width_px, c.height_px) for c in classroom.cameras)

        def work(progress: Progress) -> Any:
            from gazeclass.calibration.classroom import save_classroom
            from gazeclass.calibration.health import check_room, keep_reference
            from gazeclass.calibration.remount import remount
            from gazeclass.desktop.classrooms.snapshot import take_pictures

            pictures = take_pictures(addresses, (sizes[0], sizes[1]), progress)
            progress.start(self.tr("looking for the chessboard"))
            found = remount(classroom, pictures, moved)
            progress.advance()
            save_classroom(found.classroom, folder / "classroom.toml")
            keep_reference(folder, pictures)
            shelf.keep_check(
                folder, check_room(_numbered(found.classroom), pictures, pictures, progress), datetime.now(UTC)
            )
            return found, pictures

        task = self.context.tasks.run(work, title=self.tr("Putting a camera of {0} right").format(self.entry.name))
        task.done.connect(self._on_repaired)
        task.failed.connect(self._on_refused)
        task.finished.connect(self.changed)
        self.busy.emit(task)

    def _on_repaired(self, done: tuple[Any, Any]) -> None:
        found, pictures = done
        self.classroom = found.classroom
        self.fresh = self.kept = pictures
        self.result = None
        self.context.library_changed.emit()
        self.repaired.emit(found)

    def _on_refused(self, error: Exception) -> None:
        if isinstance(error, InputError):
            error = InputError(for_people(error.what), where=error.where, todo=for_people(error.todo))
        self.context.show_error(error)

    def _on_compared(self, addresses: tuple[str, str], found: tuple[Any, Any, Any]) -> None:
        from gazeclass.capture.spec import CameraKind, parse_spec

        self.fresh, self.kept, self.result = found
        for c in (0, 1):
            # An address with a password in it is not remembered.
            if parse_spec(addresses[c]).kind is not CameraKind.NETWORK or "@" not in addresses[c]:
                self.context.state.set(f"check/{self.entry.folder.name}/{c}", addresses[c])
        if self.result is not None:
            self.context.library_changed.emit()

    def _on_kept(self) -> None:
        self.kept = self.fresh
        self.changed.emit()


def _numbered(classroom: Classroom) -> Classroom:
    """With the cameras called cam0 and cam1, which :func:`for_people` says as left and right: two may share a name."""
    cameras = tuple(c.model_copy(update={"name": f"cam{k}"}) for k, c in enumerate(classroom.cameras))
    return classroom.model_copy(update={"cameras": cameras})
