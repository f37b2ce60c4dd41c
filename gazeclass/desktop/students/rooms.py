"""The library's classrooms as far as seats go. No Qt here."""

from dataclasses import dataclass
from pathlib import Path

from gazeclass.calibration.classroom import load_classroom
from gazeclass.calibration.room_parts import Seat
from gazeclass.errors import InputError
from gazeclass.geometry.frames import Board

_BOARD = Board(4.0, 1.2)


@dataclass(frozen=True)
class SeatedRoom:
    """A classroom that a class can be seated in.

    Attributes:
        folder: its name in the library, as the roster keeps it.
        name: of the room.
        board: at its front.
        seats: may be none.
    """

    folder: str
    name: str
    board: Board
    seats: tuple[Seat, ...]


def seated_rooms(classrooms: Path) -> tuple[SeatedRoom, ...]:
    """Every classroom that can be read, by name; the others are shown in their own place with what is wrong."""
    found = []
    for path in sorted(classrooms.glob("*/classroom.toml")):
        try:
            room = load_classroom(path)
        except InputError:
            continue
        board = _BOARD if room.board_size is None else room.board()
        found.append(SeatedRoom(path.parent.name, room.name, board, room.seats))
    return tuple(sorted(found, key=lambda room: room.name.casefold()))
