"""A whole class made from a script of who faces what when: its truth is known to the microsecond.

For tests and the benchmark, at the size of a real lesson, and for trying the review without a camera. Nothing of it is
measured; the lesson says so in its classroom's name.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gazeclass.geometry.frames import Board
from gazeclass.geometry.rotation import Array, log_so3
from gazeclass.lesson import blocks
from gazeclass.lesson.columns import AWAY, COV_LENGTH, NOT_SEEN, Lesson, LessonMeta, Observations, Student
from gazeclass.lesson.documents_edit import editing
from gazeclass.lesson.store import LessonWriter
from gazeclass.lesson.zones import Zone, grid, most_probable_zones

#: What a student may do besides facing the middle of zone 0, 1, …; the codes of :mod:`gazeclass.report.metrics`.
ELSEWHERE, TURNED, DOUBTFUL, HIDDEN = -1, -2, -3, -4
_LOW_CONFIDENCE = 2
_BOARD = Board(4.0, 1.2)


@dataclass(frozen=True, eq=False)
class ScriptedClass:
    """A lesson and the script it was made from.

    Attributes:
        lesson: as the reader would give it.
        student, start_step, steps, what: ``(k,)`` the script's parts, by student, then time: from which moment for how
            many moments the student did what (zone index, or one of the codes above).
        period_s: from moment to moment.
    """

    lesson: Lesson
    student: NDArray[np.int64]
    start_step: NDArray[np.int64]
    steps: NDArray[np.int64]
    what: NDArray[np.int64]
    period_s: float


def scripted_class(
    *,
    students: int = 30,
    seconds: float = 2700.0,
    rate_hz: float = 10.0,
    board: Board = _BOARD,
    zones: tuple[Zone, ...] | None = None,
    sigma_m: float = 0.03,
    sigma_per_row_m: float = 0.0,
    spread_m: float = 0.0,
    seed: int = 1,
) -> ScriptedClass:
    """Make a class of rows of six.

    Args:
        students, seconds, rate_hz: how many, how long, how often.
        board: and its ``zones``; None for a 3 × 3 grid.
        sigma_m: of every gaze point along x in the first row; 0.8 of it along y, correlation 0.3.
        sigma_per_row_m: added to it for every row behind.
        spread_m: points scatter by this about the middle of what is faced; 0 keeps the script's truth exact.
        seed: of the script.
    """
    rng = np.random.default_rng(seed)
    known = grid(board, 3, 3) if zones is None else zones
    moments = round(seconds * rate_hz)
    who, start, steps, what = _script(rng, students, moments, rate_hz, len(known))
    doing = np.repeat(what, steps).reshape(students, moments).T.ravel()  # by time, then student
    student = np.tile(np.arange(students), moments)
    t_s = np.repeat(np.round(np.arange(moments) / rate_hz, 6), students)
    row = student // 6
    middles = np.array([[(z.x0_m + z.x1_m) / 2, (z.y0_m + z.y1_m) / 2] for z in known] + [[board.width_m + 2.0, 0.6]])
    pointed = (doing >= ELSEWHERE) | (doing == DOUBTFUL)
    seen = doing != HIDDEN
    xy = np.full((len(doing), 2), np.nan)
    xy[pointed] = middles[np.where(doing[pointed] == DOUBTFUL, 0, doing[pointed])]
    if spread_m:
        xy[pointed] += rng.normal(0.0, spread_m, (int(pointed.sum()), 2))
    sigma = sigma_m + sigma_per_row_m * row
    packed = np.full((len(doing), COV_LENGTH), np.nan, np.float32)
    packed[seen, 0:6] = [1e-4, 0, 0, 1e-4, 0, 4e-4]
    packed[seen, 6:12] = [3e-3, 0, 0, 3e-3, 0, 3e-3]
    ellipse = np.stack([np.ones(len(row)), np.full(len(row), 0.24), np.full(len(row), 0.64)], axis=1)
    packed[pointed, 12:15] = (ellipse * (sigma**2)[:, None])[pointed]
    packed[pointed, 15:18] = 0.9 * packed[pointed, 12:15]
    position = np.stack([0.4 + 0.65 * (student % 6), np.full(len(row), 1.1), 2.5 + 1.2 * row], axis=1)
    zone, probability = _zones_of(known, xy, packed, pointed)
    status = np.select([doing == HIDDEN, doing == TURNED, doing == DOUBTFUL], [NOT_SEEN, AWAY, _LOW_CONFIDENCE], 0)
    lesson = Lesson(
        meta=LessonMeta("Scripted class", board, "2026-01-12T08:00:00+00:00", 1 / rate_hz, known),
        students=tuple(
            Student(f"S{k + 1:02d}", f"{'ABCDEFGH'[k // 6 % 8]}{k % 6 + 1}", k // 6 + 1) for k in range(students)
        ),
        observations=Observations(
            t_s=t_s,
            student=student,
            status=status.astype(np.int64),
            position_W_m=np.where(seen[:, None], position, np.nan),
            rotvec_WS_rad=_rotations(position, xy, doing),
            board_xy_m=xy,
            zone=zone,
            zone_probability=probability,
            face_px=np.where(seen, 60.0 - 6.0 * row, np.nan),
            cameras=np.where(seen, 3, 0),
            skew_s=np.where(seen, 0.004, np.nan),
            packed_cov=packed,
        ),
    )
    return ScriptedClass(lesson, who, start, steps, what, 1 / rate_hz)


def _script(
    rng: np.random.Generator, students: int, moments: int, rate_hz: float, zones: int
) -> tuple[NDArray[np.int64], ...]:
    """Parts of 1 to 20 s, no two like ones in a row; now and then the whole class follows to one zone."""
    parts: list[tuple[int, int, int, int]] = []
    shifts = rng.integers(0, zones, moments // round(60 * rate_hz) + 1)  # what the class is shown, minute by minute
    for student in range(students):
        at, last = 0, 99
        while at < moments:
            shown = int(shifts[at // round(60 * rate_hz)])
            codes = [shown, int(rng.integers(0, zones)), ELSEWHERE, TURNED, DOUBTFUL, HIDDEN]
            code = int(rng.choice(codes, p=[0.45, 0.25, 0.08, 0.12, 0.04, 0.06]))
            if code == last:
                continue
            length = min(int(rng.integers(round(rate_hz), 20 * round(rate_hz))), moments - at)
            parts.append((student, at, length, code))
            at, last = at + length, code
    return tuple(np.array(parts, np.int64).reshape(-1, 4).T)


def _zones_of(
    zones: tuple[Zone, ...], xy: Array, packed: NDArray[np.float32], pointed: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], Array]:
    zone, probability = np.full(len(xy), -1), np.full(len(xy), np.nan)
    # Few different points, many times each: look at each once.
    together = np.concatenate([xy[pointed], packed[pointed, 12:15]], axis=1)
    unique, inverse = np.unique(together, axis=0, return_inverse=True)
    cov = unique[:, 2:][:, [[0, 1], [1, 2]]]
    index, p = most_probable_zones(zones, unique[:, :2], cov)
    zone[pointed], probability[pointed] = index[inverse.ravel()], p[inverse.ravel()]
    return zone, probability


def _rotations(position: Array, xy: Array, doing: NDArray[np.int64]) -> Array:
    """Rotation vectors of upright heads that face what the script says; computed once for each different look."""
    out = np.full((len(xy), 3), np.nan)
    out[doing == TURNED] = log_so3(np.array([[[-1.0, 0, 0], [0, -1, 0], [0, 0, 1]]]))[0]
    pointed = np.isfinite(xy).all(axis=1)
    looks, inverse = np.unique(np.concatenate([position[pointed], xy[pointed]], axis=1), axis=0, return_inverse=True)
    forward = np.concatenate([looks[:, 3:], np.zeros((len(looks), 1))], axis=1) - looks[:, :3]
    forward /= np.linalg.norm(forward, axis=1, keepdims=True)
    right = np.cross(np.array([0.0, -1.0, 0.0]), forward)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    R = np.stack([right, np.cross(forward, right), forward], axis=2)
    out[pointed] = log_so3(R)[inverse.ravel()] if len(looks) else 0.0
    return out


def write_class(
    made: ScriptedClass, path: Path, *, title: str = "", events: tuple[tuple[float, str, str], ...] = ()
) -> Path:
    """Write a scripted class as a lesson file, a million observations in half a minute.

    Raises:
        InputError: the file exists or cannot be written.
    """
    meta = replace(made.lesson.meta, title=title)
    with LessonWriter(path, meta, made.lesson.students) as writer:
        for t_s, kind, text in events:
            writer.event(t_s, kind, text)
    o = made.lesson.observations
    records = np.zeros(len(o), blocks.RECORD)
    for name in records.dtype.names or ():
        records[name] = getattr(o, name)
    with editing(path) as db:
        # Students are written in their order, so their numbers in the file begin at one.
        records["student"] += 1
        blocks.store(db, records)
    return path
