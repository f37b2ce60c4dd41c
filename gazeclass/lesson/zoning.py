"""Other zones for a lesson, or for a classroom: the observations stay, what zone each is in is computed anew.

:func:`rezoned` works in memory, so that zones can be tried out; :func:`store_zones` writes them into the lesson file in
one transaction; :func:`classroom_zones` puts them into the classroom for lessons to come.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gazeclass.calibration.classroom import Classroom
from gazeclass.calibration.room_parts import Zone as StoredZone
from gazeclass.errors import InputError
from gazeclass.geometry.boxes import first_overlap
from gazeclass.geometry.frames import Board
from gazeclass.lesson.columns import AWAY, NOT_SEEN, Lesson
from gazeclass.lesson.zones import Zone, most_probable_zones
from gazeclass.progress import SILENT, Progress

_CHUNK = 100_000


def check_zones(zones: Sequence[Zone], board: Board) -> None:
    """Refuse zones that cannot be told apart or lie off the board.

    Raises:
        InputError: two of one name, two that overlap, or one that reaches beyond the board.
    """
    tolerance = 1e-6
    for k, zone in enumerate(zones):
        if not (
            zone.x0_m >= -tolerance
            and zone.y0_m >= -tolerance
            and zone.x1_m <= board.width_m + tolerance
            and zone.y1_m <= board.height_m + tolerance
        ):
            raise InputError("it reaches beyond the board", where=f"zone '{zone.name}'", todo="Make it smaller.")
        if zone.name in [other.name for other in zones[:k]]:
            raise InputError(f"there are two zones named '{zone.name}'", todo="Give one of them another name.")
    if both := first_overlap([(zone.x0_m, zone.y0_m, zone.x1_m, zone.y1_m) for zone in zones]):
        one, other = (zones[k].name for k in both)
        raise InputError(
            f"the zones '{one}' and '{other}' overlap",
            todo="Move or shrink one of them: a gaze point counts in one zone only.",
        )


def rezoned(lesson: Lesson, zones: Sequence[Zone], progress: Progress = SILENT) -> Lesson:
    """The same lesson with other zones, everything about them computed from the observations.

    Raises:
        InputError: see :func:`check_zones`.
        Cancelled: the user asked to stop; the lesson given is as it was.
    """
    check_zones(zones, lesson.meta.board)
    o = lesson.observations
    zone = np.full(len(o), -1, o.zone.dtype)
    probability = np.full(len(o), np.nan, o.zone_probability.dtype)
    pointed = np.flatnonzero((o.status != AWAY) & (o.status != NOT_SEEN) & np.isfinite(o.board_xy_m).all(axis=1))
    progress.start("zones", len(pointed))
    for start in range(0, len(pointed), _CHUNK):
        k = pointed[start : start + _CHUNK]
        cov = o.packed_cov[k, 12:15].astype(float)[:, [[0, 1], [1, 2]]]
        zone[k], probability[k] = most_probable_zones(zones, o.board_xy_m[k], cov)
        progress.advance(len(k))
    return replace(
        lesson,
        meta=replace(lesson.meta, zones=tuple(zones)),
        observations=replace(o, zone=zone, zone_probability=probability),
    )


def classroom_zones(classroom: Classroom, zones: Sequence[Zone]) -> Classroom:
    """The classroom with these zones for its lessons to come; save it with ``save_classroom``.

    Raises:
        InputError: see :func:`check_zones`, or the classroom does not know its board's size.
    """
    check_zones(zones, classroom.board())
    stored = tuple(StoredZone(name=z.name, x0_m=z.x0_m, y0_m=z.y0_m, x1_m=z.x1_m, y1_m=z.y1_m) for z in zones)
    return classroom.model_copy(update={"zones": stored})
