"""``classroom.toml``: everything that calibration found out about a room, checked when it is read."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from gazeclass.atomic import write_text
from gazeclass.calibration.room_parts import (
    BoardSize,
    Covariance6,
    NotNegative,
    Part,
    Positive,
    Rotation3,
    Row3,
    Seats,
    Vector3,
    Zones,
    finite,
)
from gazeclass.calibration.toml_file import first_problem, read_toml, toml_text
from gazeclass.errors import InputError
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Board, Transform
from gazeclass.geometry.rotation import Array
from gazeclass.geometry.stereo import StereoRig

VERSION = 1


class CameraEntry(Part):
    """One camera: what it is, how it was set, its lens."""

    name: str
    device: str = ""
    width_px: int = Field(gt=0)
    height_px: int = Field(gt=0)
    matrix: Annotated[tuple[Row3, Row3, Row3], AfterValidator(finite)]
    distortion: Annotated[tuple[float, ...], AfterValidator(finite)]
    focus_locked: bool | None = None
    exposure_locked: bool | None = None
    rms_px: NotNegative
    views: int = Field(ge=0)

    @model_validator(mode="after")
    def _a_lens(self) -> Self:
        K = self.matrix
        if not (K[0][0] > 0 and K[1][1] > 0 and tuple(K[2]) == (0.0, 0.0, 1.0) and K[1][0] == 0.0):
            raise ValueError("matrix is not a camera matrix [[fx, s, cx], [0, fy, cy], [0, 0, 1]]")
        if len(self.distortion) not in (4, 5, 8, 12, 14):
            raise ValueError("distortion needs 4, 5, 8, 12 or 14 values")
        return self

    def model(self) -> CameraModel:
        """The lens for computing with."""
        return CameraModel(self.width_px, self.height_px, np.array(self.matrix), np.array(self.distortion))


class StereoEntry(Part):
    """Camera 0's axes to camera 1's."""

    R_10: Rotation3
    t_10_m: Vector3
    rms_px: NotNegative
    baseline_m: Positive
    views: int = Field(ge=1)

    @model_validator(mode="after")
    def _baseline(self) -> Self:
        if abs(np.linalg.norm(self.t_10_m) - self.baseline_m) > 1e-6:
            raise ValueError("baseline_m is not the length of t_10_m")
        return self


class AuxiliaryEntry(Part):
    """The reference camera's axes (CCS) to the lying chessboard's (ACS)."""

    R_AC: Rotation3
    t_AC_m: Vector3
    rms_px: NotNegative


class WorldEntry(Part):
    """The lying chessboard's axes (ACS) to the board's (WCS), from the tape.

    ``covariance`` is that of T_WA: rotation vector in WCS (rad), then translation (m). ``covariance_T_WC`` is that of
    the reference camera's pose, with the uncertainty of the auxiliary frame in it.
    """

    R_WA: Rotation3
    t_WA_m: Vector3
    covariance: Covariance6
    covariance_T_WC: Covariance6
    level_sigma_deg: Positive | None = None
    chi2: NotNegative
    freedom: int = Field(ge=0)
    board_sigma_m: NotNegative


class TapeEntry(Part):
    """One tape reading and what became of it."""

    point_a: str
    point_b: str
    distance_m: Positive
    tolerance_m: Positive
    residual_m: float | None = Field(default=None, allow_inf_nan=False)
    rejected: bool = False


class TargetEntry(Part):
    """The board that was printed."""

    kind: str
    columns: int = Field(gt=0)
    rows: int = Field(gt=0)
    square_m: Positive
    dictionary: str = ""
    marker_ratio: Positive | None = None
    inverted: bool = False
    legacy: bool = False
    hash: str


class CheckEntry(Part):
    """Whether someone's looks at marked points confirmed the calibration, and how well."""

    skipped: bool = False
    looks: int = Field(0, ge=0)
    median_error_m: NotNegative | None = None
    median_error_deg: NotNegative | None = None
    position_part_m: NotNegative | None = None
    pose_part_m: NotNegative | None = None


class Classroom(Part):
    """A calibrated room. ``auxiliary`` and ``world`` are missing while only the cameras are calibrated."""

    version: int = VERSION
    made_utc: datetime
    name: str = Field(min_length=1)
    board_size: BoardSize | None = Field(None, alias="board")
    target: TargetEntry
    cameras: tuple[CameraEntry, CameraEntry]
    stereo: StereoEntry
    auxiliary: AuxiliaryEntry | None = None
    world: WorldEntry | None = None
    tape: tuple[TapeEntry, ...] = ()
    seats: Seats = ()
    zones: Zones = ()
    check: CheckEntry | None = None
    #: Lessons made here are kept so many days, then `gazeclass lessons purge` deletes them; None: no end is set.
    keep_lessons_days: int | None = Field(None, ge=1)

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @field_validator("made_utc")
    @classmethod
    def _utc(cls, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError("needs a time zone (write 2026-01-31T12:00:00Z)")
        return value.astimezone(UTC)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.world is not None and (self.auxiliary is None or self.board_size is None):
            raise ValueError("a world frame needs the auxiliary frame and the board's size")
        return self

    @property
    def complete(self) -> bool:
        """Whether gaze points can be computed: the cameras' place in the world is known."""
        return self.world is not None

    def rig(self) -> StereoRig:
        """Both cameras, their relative pose and, where known, CCS to WCS."""
        T_WC = None
        if self.world is not None and self.auxiliary is not None:
            T_WA = Transform(np.array(self.world.R_WA), np.array(self.world.t_WA_m))
            T_WC = T_WA @ Transform(np.array(self.auxiliary.R_AC), np.array(self.auxiliary.t_AC_m))
        T_10 = Transform(np.array(self.stereo.R_10), np.array(self.stereo.t_10_m))
        return StereoRig((self.cameras[0].model(), self.cameras[1].model()), T_10, T_WC)

    def board(self) -> Board:
        """The blackboard.

        Raises:
            InputError: its size is not known yet.
        """
        if self.board_size is None:
            raise InputError(
                f"the classroom '{self.name}' does not know its board's size",
                todo="Write room.toml with [board] width_m and height_m and calibrate again.",
            )
        return Board(self.board_size.width_m, self.board_size.height_m)

    def frame_covariance(self) -> Array:
        """Covariance ``(6, 6)`` of T_WA, left perturbation: rotation vector in WCS (rad), translation (m).

        The rotation turns about the origin of ACS: a point moves by ``φ × (p_W - t_WA) + τ``. Zeros where unknown.
        """
        return np.zeros((6, 6)) if self.world is None else np.array(self.world.covariance)

    def camera_frame_covariance(self) -> Array:
        """Covariance ``(6, 6)`` of T_WC, tape and auxiliary frame together.

        It turns about camera 0: a point moves by ``φ × (p_W - t_WC) + τ``.

        Zeros where unknown.
        """
        return np.zeros((6, 6)) if self.world is None else np.array(self.world.covariance_T_WC)


def load_classroom(path: str | Path) -> Classroom:
    """Read and check ``classroom.toml``.

    Raises:
        InputError: missing, not TOML, of a version this program does not know, or a value that cannot be true.
    """
    raw = read_toml(Path(path))
    version = raw.get("version")
    if version != VERSION:
        raise InputError(
            f"has version {version!r}, this program reads version {VERSION}"
            if version is not None
            else "is no classroom (it has no version)",
            where=path,
            todo="Calibrate the room again or use the gazeclass that wrote it.",
        )
    try:
        return Classroom.model_validate(raw)
    except ValidationError as error:
        raise InputError(first_problem(error), where=path, todo="Calibrate the room again.") from error


def save_classroom(classroom: Classroom, path: str | Path) -> None:
    """Write ``classroom.toml``, whole or not at all; reading it back gives an equal classroom.

    Raises:
        InputError: the file cannot be written.
    """
    comment = "A calibrated classroom. Written by gazeclass; lengths in metres, frames as in the guide."
    write_text(path, toml_text(classroom, comment))
