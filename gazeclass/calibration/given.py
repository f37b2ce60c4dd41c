"""What a person gave a classroom and no calibration finds out again: its zones, and how long its lessons are kept.

Both stand in the library's ``classroom.toml``, and in the ``calibration/room.toml`` below it, from which the room is
calibrated again. A change is written to both; a project that is opened again takes them from the classroom.
"""

from dataclasses import dataclass
from pathlib import Path

from gazeclass.atomic import write_text
from gazeclass.calibration.classroom import Classroom, load_classroom, save_classroom
from gazeclass.calibration.project import CLASSROOM, MATERIAL, ROOM, Project
from gazeclass.calibration.room import CameraNote, Room, read_room
from gazeclass.calibration.room_parts import BoardSize, Zone
from gazeclass.calibration.toml_file import toml_text
from gazeclass.errors import InputError

#: A zone of which less than this lies on the board is another zone: it is left out. More, and it ends at the edge.
LEAST_ON_BOARD = 0.9
#: A zone may reach so far beyond the board as written; as `room.toml` allows.
TOLERANCE_M = 0.01


@dataclass(frozen=True)
class FittedZones:
    """Zones of one board on a board of another size.

    Attributes:
        zones: that lie on the board now.
        trimmed: names of those that end at the board's edge now.
        left_out: names of those that lie beside it, for the most part or wholly.
    """

    zones: tuple[Zone, ...]
    trimmed: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What became of them; empty where all stayed as they were."""
        parts = []
        if self.left_out:
            parts.append(
                f"Not on a board of this size, and left out when you save: {_named(self.left_out)}. "
                "Make new zones in Reports."
            )
        if self.trimmed:
            parts.append(f"Cut off at the board's edge: {_named(self.trimmed)}.")
        return " ".join(parts)


def _named(zones: tuple[str, ...]) -> str:
    return ("zone " if len(zones) == 1 else "zones ") + ", ".join(f"“{name}”" for name in zones)


def fit_zones(zones: tuple[Zone, ...], board: BoardSize) -> FittedZones:
    """The zones that fit ``board``: a board measured anew is a few centimetres smaller, seldom another board."""
    fitted, trimmed, left_out = [], [], []
    for zone in zones:
        x0, x1 = max(zone.x0_m, 0.0), min(zone.x1_m, board.width_m)
        y0, y1 = max(zone.y0_m, 0.0), min(zone.y1_m, board.height_m)
        whole = (zone.x1_m - zone.x0_m) * (zone.y1_m - zone.y0_m)
        beyond = max(x0 - zone.x0_m, zone.x1_m - x1, y0 - zone.y0_m, zone.y1_m - y1)
        if x0 >= x1 or y0 >= y1 or (x1 - x0) * (y1 - y0) < LEAST_ON_BOARD * whole:
            left_out.append(zone.name)
        elif beyond > TOLERANCE_M:
            trimmed.append(zone.name)
            fitted.append(Zone(name=zone.name, x0_m=x0, y0_m=y0, x1_m=x1, y1_m=y1))
        else:
            fitted.append(zone)
    return FittedZones(tuple(fitted), tuple(trimmed), tuple(left_out))


def change_classroom(home: Path, **fields: object) -> Classroom:
    """Change what was given to a classroom of the library; calibrated again, it still says so.

    Args:
        home: the classroom's folder.
        fields: of both :class:`Classroom` and :class:`gazeclass.calibration.room.Room`: ``name``, ``zones``,
            ``keep_lessons_days``.

    Returns:
        The classroom as it is now.

    Raises:
        InputError: a classroom that cannot be read, a disk that is full.
    """
    path = home / CLASSROOM
    changed = load_classroom(path).model_copy(update=fields)
    save_classroom(changed, path)
    change_room(home, **fields)
    return changed


def change_room(home: Path, **fields: object) -> None:
    """Change ``calibration/room.toml`` of a classroom in the library, where there is one.

    Raises:
        InputError: it cannot be read, or the disk is full.
    """
    path = home / MATERIAL / ROOM
    if not path.is_file():
        return
    room = read_room(path)
    if "zones" in fields:
        # The room may be half-way to another board; what does not fit that one is told when it is saved.
        fields["zones"] = fit_zones(tuple(fields["zones"]), room.board).zones  # type: ignore[arg-type]  # Zones
    write_text(path, toml_text(room.model_copy(update=fields), "The room, lengths in metres."))


def kept_classroom(project: Project) -> Classroom | None:
    """The library's classroom that the project lies in, as last saved; None where it never was, or is damaged."""
    path = project.folder.parent / CLASSROOM
    try:
        return load_classroom(path) if project.folder.name == MATERIAL and path.is_file() else None
    except InputError:
        return None


def given_zones(project: Project) -> tuple[Zone, ...]:
    """The zones that lessons in this room have: the saved classroom's, else those of the project's own room."""
    kept = kept_classroom(project)
    if kept is not None and kept.zones:
        return kept.zones
    room = project.room()
    return () if room is None else room.zones


def hand_on(project: Project) -> None:
    """Put what the saved classroom was given into the project's room, so that calibrating again keeps it.

    A project without a room, as of a classroom that came without its pictures, takes board and seats too.

    Raises:
        InputError: ``room.toml`` cannot be read or written.
    """
    room, kept = project.room(), kept_classroom(project)
    if kept is None or kept.board_size is None:
        return
    if room is None:
        room = Room(
            name=kept.name,
            board=kept.board_size,
            cameras=tuple(CameraNote(name=c.name, device=c.device) for c in kept.cameras),
            seats=kept.seats,
        )
    wanted = room.model_copy(
        update={
            "name": room.name or kept.name,
            "zones": fit_zones(kept.zones or room.zones, room.board).zones,
            "keep_lessons_days": kept.keep_lessons_days or room.keep_lessons_days,
        }
    )
    if wanted != project.room():
        project.save_room(wanted)


def with_given(classroom: Classroom, before: Classroom) -> Classroom:
    """A classroom calibrated anew with what the one ``before`` it was given, as far as it fits the board."""
    fields: dict[str, object] = {"keep_lessons_days": before.keep_lessons_days or classroom.keep_lessons_days}
    if before.zones and classroom.board_size is not None:
        fields["zones"] = fit_zones(before.zones, classroom.board_size).zones
    return classroom.model_copy(update=fields)
