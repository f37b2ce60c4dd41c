"""What can be chosen before a lesson, and the start itself. No widgets.

Facts (classrooms, cameras, classes of the roster, lessons that were cut short) are read from disk and devices in the
background, again each time the place is shown; the choice is remembered from lesson to lesson, addresses without their
passwords.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from gazeclass.calibration.classroom import Classroom, load_classroom
from gazeclass.capture.spec import CameraKind, parse_spec
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.log import hide_names
from gazeclass.desktop.tasks import Task
from gazeclass.errors import InputError
from gazeclass.lesson.documents import LessonCard
from gazeclass.lesson.documents_removal import recording_of
from gazeclass.lesson.live import LiveLesson
from gazeclass.lesson.live_start import LiveWishes, start_live
from gazeclass.lesson.roster import Roster
from gazeclass.progress import Progress

ROSTER = "roster.gzr"
#: Who may be observed: a class of the roster, a folder of portraits, seats alone, or numbers without names.
CLASS, PORTRAITS, SEATS, NUMBERS = "class", "portraits", "seats", "numbers"


@dataclass(frozen=True)
class Room:
    """A classroom that lessons can be held in."""

    folder: Path
    name: str
    cameras: tuple[str, str]
    seats: int


@dataclass(frozen=True)
class Camera:
    """A camera that is plugged in."""

    name: str
    address: str


@dataclass(frozen=True)
class Facts:
    """What there is to choose from.

    Attributes:
        rooms: finished classrooms.
        cameras: plugged in.
        classes: of the roster.
        roster_problem: why the roster cannot be opened, "" where it can or there is none.
        cut_short: lessons that can be finished.
    """

    rooms: tuple[Room, ...] = ()
    cameras: tuple[Camera, ...] = ()
    classes: tuple[str, ...] = ()
    roster_problem: str = ""
    cut_short: tuple[LessonCard, ...] = ()


@dataclass(frozen=True)
class Choice:
    """What was chosen.

    Attributes:
        room: folder of the classroom.
        cameras: left and right, as :func:`gazeclass.capture.spec.parse_spec` reads them.
        who: one of CLASS, PORTRAITS, SEATS, NUMBERS.
        class_name: for CLASS.
        by_seat: CLASS by seats though faces may be compared.
        portraits: for PORTRAITS.
        record: write both videos.
        keep_days: of the recording.
        show_students: single students and small rows may be shown.
        loop: files are played again and again.
    """

    room: Path | None = None
    cameras: tuple[str, str] = ("", "")
    who: str = NUMBERS
    class_name: str = ""
    by_seat: bool = False
    portraits: Path | None = None
    record: bool = False
    keep_days: int = 14
    show_students: bool = False
    loop: bool = False

    @property
    def lacks(self) -> str:
        """What is still missing: "room", "left", "right", "same", "class", "portraits", or ""."""
        if self.room is None:
            return "room"
        for side, address in zip(("left", "right"), self.cameras, strict=True):
            if not address.strip():
                return side
        if parse_spec(self.cameras[0]).same_as(parse_spec(self.cameras[1])):
            return "same"
        if self.who == CLASS and not self.class_name:
            return "class"
        if self.who == PORTRAITS and self.portraits is None:
            return "portraits"
        return ""


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
        self.choice = self._remembered()
        self.passphrase: str | None = None
        self._roster: Roster | None = None
        self._reading: Task | None = None
        #: How a lesson is started; tests give their own.
        self.begin: Callable[[LiveWishes, Progress], LiveLesson] = start_live

    @Slot()
    def refresh(self) -> None:
        """Look what there is, in the background."""
        if self._reading is not None:
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
            found = next((room.folder for room in _rooms(rooms) if room.name == _sample_name()), None)
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
        self._remember(choice)
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
        from gazeclass.lesson.unfinished import unfinished_lessons

        rooms = _rooms(self.context.classrooms_dir)
        roster, problem = self._open_roster()
        classes = tuple(group.name for group in roster.classes) if roster is not None else ()
        cut_short = tuple(unfinished_lessons(self.context.lessons_dir))
        return Facts(rooms, _cameras(), classes, problem, cut_short), roster

    def _open_roster(self) -> tuple[Roster | None, str]:
        from gazeclass.lesson.roster_file import RosterFile

        path = self.context.library / ROSTER
        if not path.is_file():
            return None, ""
        try:
            return RosterFile.open(path, self.passphrase).roster, ""
        except InputError as error:
            return None, str(error)

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

    def _remembered(self) -> Choice:
        get = self.context.state.get
        room, portraits = get("lesson/room", ""), get("lesson/portraits", "")
        who = get("lesson/who", NUMBERS)
        return Choice(
            room=Path(room) if room else None,
            cameras=(get("lesson/left", ""), get("lesson/right", "")),
            who=who if who in (CLASS, PORTRAITS, SEATS, NUMBERS) else NUMBERS,
            class_name=get("lesson/class", ""),
            by_seat=get("lesson/by_seat", False),
            portraits=Path(portraits) if portraits else None,
            show_students=get("lesson/show_students", False),
        )

    def _remember(self, choice: Choice) -> None:
        put = self.context.state.set
        put("lesson/room", str(choice.room or ""))
        for side, address in zip(("left", "right"), choice.cameras, strict=True):
            spec = parse_spec(address)
            # A network camera's address may hold a password: what may be shown is what may be remembered.
            put(f"lesson/{side}", spec.name if spec.kind is CameraKind.NETWORK else address)
        put("lesson/who", choice.who)
        put("lesson/class", choice.class_name)
        put("lesson/by_seat", choice.by_seat)
        put("lesson/portraits", str(choice.portraits or ""))
        put("lesson/show_students", choice.show_students)


def wishes_for(choice: Choice, output: Path, roster: Roster | None, threads: int) -> LiveWishes:
    """What the engine is asked for.

    Raises:
        InputError: the classroom cannot be read, or nobody of the class may be observed.
    """
    from gazeclass.lesson.roster_plan import plan_class

    assert choice.room is not None
    classroom = load_classroom(choice.room / "classroom.toml")
    plan = None
    if choice.who == CLASS:
        if roster is None:
            raise InputError("the roster is not open", todo="Open it in the place Students first.")
        plan = plan_class(roster, choice.class_name, classroom, date.today(), by_seat=choice.by_seat)
    return LiveWishes(
        cameras=choice.cameras,
        classroom=classroom,
        output=output,
        portraits=choice.portraits if choice.who == PORTRAITS else None,
        plan=plan,
        by_seat=choice.who == SEATS,
        record=recording_of(output) if choice.record else None,
        keep_days=choice.keep_days,
        threads=threads,
        loop=choice.loop,
        show_students=choice.show_students,
    )


def new_lesson_path(folder: Path, room: str, now: datetime) -> Path:
    """A free file name that sorts by time: "2026-11-21 1402 room-12.gaze"."""
    name = re.sub(r"[^-\w ]", "", room).strip() or "lesson"
    stem = f"{now:%Y-%m-%d %H%M} {name}"
    path, number = folder / f"{stem}.gaze", 1
    while path.exists():
        number += 1
        path = folder / f"{stem} {number}.gaze"
    return path


def _rooms(classrooms: Path) -> tuple[Room, ...]:
    rooms = []
    for path in sorted(classrooms.glob("*/classroom.toml")):
        try:
            classroom: Classroom = load_classroom(path)
        except InputError:
            continue  # the place Classrooms says what is wrong with it
        if classroom.complete:
            devices = classroom.cameras[0].device, classroom.cameras[1].device
            rooms.append(Room(path.parent, classroom.name, devices, len(classroom.seats)))
    return tuple(rooms)


def _sample_name() -> str:
    from gazeclass.desktop.classrooms.shelf import sample_classroom

    return load_classroom(sample_classroom()).name


def _cameras() -> tuple[Camera, ...]:
    from gazeclass.capture.devices import list_devices

    return tuple(Camera(device.name, device.address) for device in list_devices())
