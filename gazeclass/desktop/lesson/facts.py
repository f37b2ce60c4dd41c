"""What there is to choose from before a lesson: classrooms, cameras, classes, lessons that were cut short."""

from dataclasses import dataclass
from pathlib import Path

from gazeclass.calibration.classroom import Classroom, load_classroom
from gazeclass.desktop.explain import said_of_list
from gazeclass.desktop.plugged_in import PluggedIn
from gazeclass.errors import InputError
from gazeclass.lesson.documents import LessonCard
from gazeclass.lesson.roster import Roster


@dataclass(frozen=True)
class Room:
    """A classroom that lessons can be held in."""

    folder: Path
    name: str
    cameras: tuple[str, str]
    seats: int


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
    cameras: tuple[PluggedIn, ...] = ()
    classes: tuple[str, ...] = ()
    roster_problem: str = ""
    cut_short: tuple[LessonCard, ...] = ()


def read_facts(classrooms: Path, lessons: Path, roster: Path, passphrase: str | None) -> tuple[Facts, Roster | None]:
    """Look at disk and devices; for a task, a camera may take its time.

    Args:
        classrooms, lessons: folders of the library.
        roster: its file, which need not be there.
        passphrase: tried on it; None for the keyring's key.

    Returns:
        The facts, and the roster where it could be opened.
    """
    from gazeclass.lesson.unfinished import unfinished_lessons

    opened, problem = _open_roster(roster, passphrase)
    classes = tuple(group.name for group in opened.classes) if opened is not None else ()
    cut_short = tuple(unfinished_lessons(lessons))
    return Facts(read_rooms(classrooms), _cameras(), classes, problem, cut_short), opened


def read_rooms(classrooms: Path) -> tuple[Room, ...]:
    """The classrooms that lessons can be held in."""
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


def _open_roster(path: Path, passphrase: str | None) -> tuple[Roster | None, str]:
    from gazeclass.lesson.roster_file import RosterFile

    if not path.is_file():
        return None, ""
    try:
        return RosterFile.open(path, passphrase).roster, ""
    except InputError as error:
        return None, said_of_list(error)


def _cameras() -> tuple[PluggedIn, ...]:
    from gazeclass.capture.devices import list_devices

    return tuple(PluggedIn(device.name, device.address) for device in list_devices())
