"""``room.toml``: what whoever set up the room knows without a camera."""

from pathlib import Path

from pydantic import Field, ValidationError

from gazeclass.calibration.room_parts import BoardSize, Part, Seats, Zones
from gazeclass.calibration.toml_file import first_problem, read_toml
from gazeclass.errors import InputError

#: Boards outside this are centimetres, or a mistake.
SMALLEST_M, LARGEST_M = 0.3, 15.0


class CameraNote(Part):
    """What a camera is called, where it is plugged in, how it was set."""

    name: str = ""
    device: str = ""
    focus_locked: bool | None = None
    exposure_locked: bool | None = None


class Room(Part):
    """The contents of ``room.toml``."""

    name: str = ""
    board: BoardSize
    cameras: tuple[CameraNote, ...] = Field((), max_length=2)
    seats: Seats = ()
    zones: Zones = ()
    #: As :attr:`gazeclass.calibration.classroom.Classroom.keep_lessons_days`.
    keep_lessons_days: int | None = Field(None, ge=1)


def read_room(path: Path) -> Room:
    """Read ``room.toml``.

    Raises:
        InputError: not TOML, no board, a size that is no board's, a zone that is not on it or overlaps another, two
            seats or zones of one name, an unknown key.
    """
    raw = read_toml(path)
    try:
        room = Room.model_validate(raw)
    except ValidationError as error:
        raise InputError(
            first_problem(error),
            where=path,
            todo="Correct it; [board] needs width_m and height_m in metres, the guide says what else there is.",
        ) from error
    for what, value in (("width_m", room.board.width_m), ("height_m", room.board.height_m)):
        if not SMALLEST_M <= value <= LARGEST_M:
            raise InputError(
                f"a board with {what} = {value:g} is not plausible", where=path, todo="Write metres, for example 4.0."
            )
    for zone in room.zones:
        outside = zone.x0_m < -0.01 or zone.y0_m < -0.01
        outside |= zone.x1_m > room.board.width_m + 0.01 or zone.y1_m > room.board.height_m + 0.01
        if outside:
            raise InputError(
                f"zone '{zone.name}' reaches beyond the board",
                where=path,
                todo=f"Keep x within 0 to {room.board.width_m:g} and y within 0 to {room.board.height_m:g}.",
            )
    return room
