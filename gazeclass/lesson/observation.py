"""One student at one moment: what was measured, how sure it is, and what was not measured.

Frames and units (method §1): positions and rotations are in WCS, metres and radians; board coordinates are WCS x, y
(x runs to the *left* of somebody who faces the board); covariances of rotations are those of the left perturbation,
``R_WS = exp(e) R_true``. A value that is not known is NaN, never zero.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from gazeclass.geometry.rotation import Array


class ObservationStatus(StrEnum):
    """How an observation came about. Equal to its own plain string, so ``status == "ok"`` works."""

    OK = "ok"  #: both cameras, a gaze point on the board's plane
    ONE_CAMERA = "one_camera"  #: as OK, from one camera's picture of the head
    LOW_CONFIDENCE = "low_confidence"  #: the head was found, but its pose is doubtful or not known
    AWAY = "away"  #: measured, and the face is turned from the board's side: there is no gaze point
    NOT_SEEN = "not_seen"  #: nothing was measured: says nothing about where the student was facing


#: Statuses in which the head was found at all.
SEEN = (
    ObservationStatus.OK,
    ObservationStatus.ONE_CAMERA,
    ObservationStatus.LOW_CONFIDENCE,
    ObservationStatus.AWAY,
)


def _nan(*shape: int) -> Array:
    return np.full(shape, np.nan)


@dataclass(frozen=True, eq=False)
class Observation:
    """A student at a moment.

    Attributes:
        t_s: seconds on the lesson's clock (camera 0's).
        student: pseudonym or label, as in the roster.
        status: one of :class:`ObservationStatus`; a plain string of that name is taken too.
        position_W_m: ``(3,)`` nose tip.
        cov_position_m2: ``(3, 3)``.
        R_WS: ``(3, 3)`` head rotation.
        cov_rotation_rad2: ``(3, 3)`` of the left perturbation in WCS.
        board_xy_m: ``(2,)`` where the ray from the nose tip along Z_S meets the board's plane; may lie off the board.
        cov_board_m2: ``(2, 2)``, the whole: position, pose and the calibration's frame.
        cov_board_pose_m2: ``(2, 2)``, the part of it that the pose is to blame for.
        zone: name of the zone most likely to hold the point; "" where lying in none is likelier than any.
        zone_probability: of that zone (or of lying in none), given the ellipse; NaN without a gaze point.
        face_px: height of the face box in the picture it is larger in.
        cameras: "01", "0", "1" or "": whose pictures were used.
        skew_s: time of camera 1's picture minus camera 0's.
    """

    t_s: float
    student: str
    status: ObservationStatus
    position_W_m: Array = field(default_factory=lambda: _nan(3))
    cov_position_m2: Array = field(default_factory=lambda: _nan(3, 3))
    R_WS: Array = field(default_factory=lambda: _nan(3, 3))
    cov_rotation_rad2: Array = field(default_factory=lambda: _nan(3, 3))
    board_xy_m: Array = field(default_factory=lambda: _nan(2))
    cov_board_m2: Array = field(default_factory=lambda: _nan(2, 2))
    cov_board_pose_m2: Array = field(default_factory=lambda: _nan(2, 2))
    zone: str = ""
    zone_probability: float = float("nan")
    face_px: float = float("nan")
    cameras: str = ""
    skew_s: float = float("nan")

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", ObservationStatus(self.status))
        for name, shape in _SHAPES.items():
            value = np.array(getattr(self, name), dtype=float)
            if value.shape != shape:
                raise ValueError(f"{name} has shape {shape}, not {value.shape}")
            value.flags.writeable = False
            object.__setattr__(self, name, value)
        if self.cameras not in ("", "0", "1", "01"):
            raise ValueError(f"cameras is '01', '0', '1' or '', not '{self.cameras}'")

    @property
    def seen(self) -> bool:
        """Whether the head was found at all."""
        return self.status in SEEN

    @staticmethod
    def not_seen(t_s: float, student: str, skew_s: float = float("nan")) -> "Observation":
        """A student of whom nothing is known at this moment."""
        return Observation(t_s, student, ObservationStatus.NOT_SEEN, skew_s=skew_s)


_SHAPES: dict[str, tuple[int, ...]] = {
    "position_W_m": (3,),
    "cov_position_m2": (3, 3),
    "R_WS": (3, 3),
    "cov_rotation_rad2": (3, 3),
    "board_xy_m": (2,),
    "cov_board_m2": (2, 2),
    "cov_board_pose_m2": (2, 2),
}
