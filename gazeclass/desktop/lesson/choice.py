"""What is chosen before a lesson: checked, remembered from lesson to lesson, and turned into the engine's wishes."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from gazeclass.calibration.classroom import load_classroom
from gazeclass.capture.spec import CameraKind, parse_spec
from gazeclass.desktop.state import State
from gazeclass.errors import InputError
from gazeclass.lesson.documents_removal import recording_of
from gazeclass.lesson.live_start import LiveWishes
from gazeclass.lesson.roster import Roster

#: Who may be observed: a class of the roster, a folder of portraits, seats alone, or numbers without names.
CLASS, PORTRAITS, SEATS, NUMBERS = "class", "portraits", "seats", "numbers"


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


def remembered(state: State) -> Choice:
    """What was chosen for the lesson before."""
    get = state.get
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


def remember(choice: Choice, state: State) -> None:
    """For the next lesson; addresses without their passwords."""
    put = state.set
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
