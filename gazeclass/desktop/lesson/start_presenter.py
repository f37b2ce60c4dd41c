"""What can be chosen before a lesson, and the start itself. No widgets.

Facts are read in the background, again each time the place is shown; the choice is remembered from lesson to lesson.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from gazeclass.calibration.classroom import load_classroom
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.lesson.choice import (
    CLASS,
    NUMBERS,
    PORTRAITS,
    Choice,
    new_lesson_path,
    remember,
    remembered,
    wishes_for,
)
from gazeclass.desktop.lesson.facts import Facts, read_facts, read_rooms
from gazeclass.desktop.log import hide_names
from gazeclass.desktop.tasks import Task
from gazeclass.errors import InputError
from gazeclass.lesson.live import LiveLesson
from gazeclass.lesson.live_start import LiveWishes, start_live
from gazeclass.lesson.roster import Roster
from gazeclass.progress import Progress

ROSTER = "roster.gzr"


class StartPresenter(QObject):
    """The choice before a lesson.

    Signals:
        facts_changed: :class:`Facts`.
        choice_changed: :class:`Choice`, when it was changed here and not by the view.
        starting: the :class:`gazeclass.desktop.tasks.Task` that opens everything.
        started: the running lesson.
        failed: why it could not be started.
        finished: a lesson that was cut short is whole now: its card.
    """

    facts_changed = Signal(object)
    choice_changed = Signal(object)
    starting = Signal(object)
    started = Signal(object)
    failed = Signal(object)
    finished = Signal(object)

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.facts = Facts()
        self.choice = remembered(context.state)
        self.passphrase: str | None = None
        self._roster: Roster | None = None
        self._reading: Task | None = None
        self._read_again = False
        #: How a lesson is started; tests give their own.
        self.begin: Callable[[LiveWishes, Progress], LiveLesson] = start_live

    @Slot()
    def refresh(self) -> None:
        """Look what there is, in the background; what changes meanwhile is looked at afterwards."""
        if self._reading is not None:
            self._read_again = True
            return
        self._reading = self.context.tasks.run(self._read, title=self.tr("Looking for classrooms and cameras"))
        self._reading.done.connect(self._on_read)
        self._reading.failed.connect(self.context.show_error)
        self._reading.finished.connect(self._on_read_finished)

    def choose(self, choice: Choice) -> None:
        """Take what the view says."""
        self.choice = choice

    def swap(self) -> None:
        """Left and right camera change places."""
        self._set(replace(self.choice, cameras=(self.choice.cameras[1], self.choice.cameras[0])))

    def choose_room(self, folder: Path) -> None:
        """A classroom, and its own cameras where nothing else was chosen."""
        room = next((room for room in self.facts.rooms if room.folder == folder), None)
        cameras = self.choice.cameras
        if room is not None and not any(cameras):
            plugged = {camera.address for camera in self.facts.cameras}
            cameras = (
                room.cameras[0] if room.cameras[0] in plugged else "",
                room.cameras[1] if room.cameras[1] in plugged else "",
            )
        self._set(replace(self.choice, room=folder, cameras=cameras))

    def choose_sample(self) -> None:
        """The sample lesson, played as two cameras in the sample classroom."""
        from gazeclass.desktop.classrooms.shelf import add_sample
        from gazeclass.sample import sample_folder

        sample = sample_folder()
        rooms = self.context.classrooms_dir

        def work(progress: Progress) -> Path:
            found = next((room.folder for room in read_rooms(rooms) if room.name == _sample_name()), None)
            return found or add_sample(rooms, progress)

        def chosen(folder: Path) -> None:
            cameras = str(sample / "cam0.mp4"), str(sample / "cam1.mp4")
            self._set(
                replace(
                    self.choice, room=folder, cameras=cameras, who=PORTRAITS, portraits=sample / "enroll", loop=True
                )
            )
            self.refresh()
            self.start()

        task = self.context.tasks.run(work, title=self.tr("Getting the sample classroom"))
        task.done.connect(chosen)
        task.failed.connect(self.failed)

    def start(self) -> None:
        """Begin the lesson that was chosen."""
        choice = self.choice
        if choice.lacks or choice.room is None:
            return
        remember(choice, self.context.state)
        try:
            output = new_lesson_path(self.context.lessons_dir, choice.room.name, datetime.now())
        except InputError as error:
            self.failed.emit(error)
            return
        roster, threads = self._roster, self.context.settings.cpu_threads

        def work(progress: Progress) -> LiveLesson:
            return self.begin(wishes_for(choice, output, roster, threads), progress)

        task = self.context.tasks.run(work, title=self.tr("Opening cameras and models"))
        task.done.connect(self.started)
        task.failed.connect(self.failed)
        self.starting.emit(task)

    def finish(self, path: Path) -> None:
        """Make a lesson that was cut short a whole one."""
        from gazeclass.lesson.unfinished import finish_lesson

        task = self.context.tasks.run(lambda progress: finish_lesson(path), title=self.tr("Finishing the lesson"))
        task.done.connect(self.finished)
        task.done.connect(self.refresh)
        task.failed.connect(self.context.show_error)

    def open_roster(self, passphrase: str) -> None:
        """Try a passphrase."""
        self.passphrase = passphrase
        self.refresh()

    def _set(self, choice: Choice) -> None:
        self.choice = choice
        self.choice_changed.emit(choice)

    def _read(self, progress: Progress) -> tuple[Facts, Roster | None]:
        context = self.context
        return read_facts(context.classrooms_dir, context.lessons_dir, context.library / ROSTER, self.passphrase)

    @Slot(object)
    def _on_read(self, found: tuple[Facts, Roster | None]) -> None:
        self.facts, self._roster = found
        if self._roster is not None:
            hide_names(student.name for group in self._roster.classes for student in group.students)
        self.facts_changed.emit(self.facts)
        rooms = [room.folder for room in self.facts.rooms]
        if self.choice.room not in rooms:
            self._set(replace(self.choice, room=rooms[0] if rooms else None))
        if self.choice.who == CLASS and self.choice.class_name not in self.facts.classes:
            first = self.facts.classes[0] if self.facts.classes else ""
            self._set(replace(self.choice, class_name=first, who=CLASS if first else NUMBERS))

    @Slot()
    def _on_read_finished(self) -> None:
        self._reading = None
        if self._read_again:
            self._read_again = False
            self.refresh()


def _sample_name() -> str:
    from gazeclass.desktop.classrooms.shelf import sample_classroom

    return load_classroom(sample_classroom()).name
