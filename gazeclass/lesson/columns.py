"""A whole lesson in memory, column by column: what the report and the evaluation work on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gazeclass.geometry.frames import Board
from gazeclass.geometry.rotation import Array, exp_so3
from gazeclass.lesson.observation import Observation, ObservationStatus
from gazeclass.lesson.zones import Zone

#: Codes of :attr:`Observations.status`; part of the file format, so append only.
STATUSES = (
    ObservationStatus.OK,
    ObservationStatus.ONE_CAMERA,
    ObservationStatus.LOW_CONFIDENCE,
    ObservationStatus.AWAY,
    ObservationStatus.NOT_SEEN,
)
NOT_SEEN = STATUSES.index(ObservationStatus.NOT_SEEN)
AWAY = STATUSES.index(ObservationStatus.AWAY)
#: Codes of :attr:`Observations.cameras`: bit 0 camera 0, bit 1 camera 1.
CAMERAS = ("", "0", "1", "01")

#: How the covariances lie in a row of :attr:`Observations.packed_cov`: upper triangles, row by row.
_UPPER3 = np.array([[0, 1, 2], [1, 3, 4], [2, 4, 5]])
_UPPER2 = np.array([[0, 1], [1, 2]])
COV_LENGTH = 18


@dataclass(frozen=True)
class Student:
    """Who was observed.

    Attributes:
        name: pseudonym or label.
        seat: name of the seat, "" if unknown.
        row: row of the seat, 1 nearest the board; None if unknown.
    """

    name: str
    seat: str = ""
    row: int | None = None


@dataclass(frozen=True)
class LessonMeta:
    """What is known of a lesson as a whole.

    Attributes:
        classroom: its name.
        board: size of the blackboard.
        started_utc: ISO 8601, when the lesson (or its analysis) began; "" if unknown.
        period_s: usual time from one frame pair to the next.
        zones: of the board.
        min_group: statements about groups smaller than this are not shown in the report (design, privacy).
        show_students: the teacher's own wish to see single students in spite of ``min_group``.
        details: anything else that can be written as JSON and the report may state: ``calibration`` and ``recording``
            (name → figure), ``models`` (list), ``notes`` (list of lines).
        title: what the teacher calls it; "" for none.
        note: the teacher's own words about it.
        keep_until: ISO date after which it is to be deleted; "" for none.
    """

    classroom: str
    board: Board
    started_utc: str = ""
    period_s: float = float("nan")
    zones: tuple[Zone, ...] = ()
    min_group: int = 5
    show_students: bool = False
    details: dict[str, Any] = field(default_factory=dict)
    title: str = ""
    note: str = ""
    keep_until: str = ""


@dataclass(frozen=True, eq=False)
class Observations:
    """All observations of a lesson, sorted by time and, within a moment, by student. Units as in `Observation`.

    Attributes:
        t_s: ``(n,)``.
        student: ``(n,)`` index into the lesson's students.
        status: ``(n,)`` index into :data:`STATUSES`.
        position_W_m: ``(n, 3)``.
        rotvec_WS_rad: ``(n, 3)`` rotation vector of R_WS.
        board_xy_m: ``(n, 2)``.
        zone: ``(n,)`` index into the lesson's zones, -1 for none.
        zone_probability, face_px, skew_s: ``(n,)``.
        cameras: ``(n,)`` index into :data:`CAMERAS`.
        packed_cov: ``(n, 18)`` float32 upper triangles: position, rotation, board, pose part of board.
    """

    t_s: Array
    student: NDArray[np.int64]
    status: NDArray[np.int64]
    position_W_m: Array
    rotvec_WS_rad: Array
    board_xy_m: Array
    zone: NDArray[np.int64]
    zone_probability: Array
    face_px: Array
    cameras: NDArray[np.int64]
    skew_s: Array
    packed_cov: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.t_s)

    @property
    def seen(self) -> NDArray[np.bool_]:
        """``(n,)`` whether the head was measured."""
        return self.status != NOT_SEEN

    @cached_property
    def R_WS(self) -> Array:
        """``(n, 3, 3)``, NaN where unknown."""
        out = np.full((len(self), 3, 3), np.nan)
        known = np.isfinite(self.rotvec_WS_rad).all(axis=1)
        out[known] = exp_so3(self.rotvec_WS_rad[known])
        return out

    @property
    def cov_position_m2(self) -> Array:
        """``(n, 3, 3)``."""
        return self.packed_cov[:, 0:6].astype(float)[:, _UPPER3]

    @property
    def cov_rotation_rad2(self) -> Array:
        """``(n, 3, 3)`` of the left perturbation in WCS."""
        return self.packed_cov[:, 6:12].astype(float)[:, _UPPER3]

    @property
    def cov_board_m2(self) -> Array:
        """``(n, 2, 2)``."""
        return self.packed_cov[:, 12:15].astype(float)[:, _UPPER2]

    @property
    def cov_board_pose_m2(self) -> Array:
        """``(n, 2, 2)``."""
        return self.packed_cov[:, 15:18].astype(float)[:, _UPPER2]


@dataclass(frozen=True, eq=False)
class Lesson:
    """A lesson as read from its file.

    Attributes:
        meta: of the whole.
        students: in the order their indices mean.
        observations: all of them.
        events: ``(t_s, kind, text)``.
        health: camera health, one dict a record with ``t_s`` and ``camera`` beside its figures.
        complete: False when the writer never came to its end (a power cut, a killed program).
        audit: ``(at_utc, action, text)``: what was done with the lesson afterwards, exports above all.
    """

    meta: LessonMeta
    students: tuple[Student, ...]
    observations: Observations
    events: tuple[tuple[float, str, str], ...] = ()
    health: tuple[dict[str, Any], ...] = ()
    complete: bool = True
    audit: tuple[tuple[str, str, str], ...] = ()

    @property
    def zones(self) -> tuple[Zone, ...]:
        """Zones of the board."""
        return self.meta.zones

    def __iter__(self) -> Iterator[Observation]:
        """One :class:`Observation` after the other."""
        o = self.observations
        R = o.R_WS
        cov_position, cov_rotation = o.cov_position_m2, o.cov_rotation_rad2
        cov_board, cov_pose = o.cov_board_m2, o.cov_board_pose_m2
        for k in range(len(o)):
            yield Observation(
                t_s=float(o.t_s[k]),
                student=self.students[o.student[k]].name,
                status=STATUSES[o.status[k]],
                position_W_m=o.position_W_m[k],
                cov_position_m2=cov_position[k],
                R_WS=R[k],
                cov_rotation_rad2=cov_rotation[k],
                board_xy_m=o.board_xy_m[k],
                cov_board_m2=cov_board[k],
                cov_board_pose_m2=cov_pose[k],
                zone=self.zones[o.zone[k]].name if o.zone[k] >= 0 else "",
                zone_probability=float(o.zone_probability[k]),
                face_px=float(o.face_px[k]),
                cameras=CAMERAS[o.cameras[k]],
                skew_s=float(o.skew_s[k]),
            )
