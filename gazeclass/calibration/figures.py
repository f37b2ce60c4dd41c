"""What was computed for each step, kept beside the project with the key of everything it was computed from.

A figure whose key is no longer the step's present key is stale; nothing else decides that.
"""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, ValidationError

from gazeclass.atomic import make_folder, write_text
from gazeclass.calibration.room_parts import Part
from gazeclass.errors import InputError
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.stereo import StereoRig

Rows = tuple[tuple[float, ...], ...]


class Failure(Part):
    """An :class:`InputError` that a computation ended with."""

    what: str
    where: str = ""
    todo: str = ""

    @staticmethod
    def of(error: InputError) -> "Failure":
        """Keep what the user is to be told."""
        return Failure(what=error.what, where=error.where, todo=error.todo)

    @property
    def sentence(self) -> str:
        """As the window shows it."""
        return str(InputError(self.what, where=self.where, todo=self.todo))


class LensFigures(Part):
    """One camera's lens from its own close views."""

    key: str
    failure: Failure | None = None
    width_px: int = 0
    height_px: int = 0
    matrix: Rows = ()
    distortion: tuple[float, ...] = ()
    rms_px: float = 0.0
    view_rms_px: dict[str, float] = Field(default_factory=dict)
    rejected: tuple[str, ...] = ()
    coverage: tuple[tuple[int, ...], ...] = ()
    tilt_directions: int = 0
    focal_std_px: float = 0.0
    reduced: bool = False
    bow_mm: tuple[float, float, float] | None = None
    bow: str = ""

    def camera(self) -> CameraModel:
        """The lens for computing with."""
        return CameraModel(self.width_px, self.height_px, np.array(self.matrix), np.array(self.distortion))


class PairFigures(Part):
    """Both cameras together."""

    key: str
    failure: Failure | None = None
    lenses: tuple[LensFigures, ...] = ()
    R_10: Rows = ()
    t_10_m: tuple[float, ...] = ()
    rms_px: float = 0.0
    baseline_m: float = 0.0
    baseline_sigma_m: float = 0.0
    view_rms_px: dict[str, tuple[float, float]] = Field(default_factory=dict)
    used: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()

    def rig(self) -> StereoRig:
        """Both cameras for computing with, without a world frame."""
        T_10 = Transform(np.array(self.R_10), np.array(self.t_10_m))
        return StereoRig((self.lenses[0].camera(), self.lenses[1].camera()), T_10)


class LyingFigures(Part):
    """The chessboard that lies in front of the board."""

    key: str
    failure: Failure | None = None
    R_AC: Rows = ()
    t_AC_m: tuple[float, ...] = ()
    rms_px: float = 0.0
    camera_rms_px: tuple[float | None, float | None] = (None, None)
    half_turn_known: bool = True
    disagreement_mm: float | None = None
    disagreement_deg: float | None = None
    turn_deg: float = 0.0

    def T_AC(self) -> Transform:
        """Reference camera to ACS."""
        return Transform(np.array(self.R_AC), np.array(self.t_AC_m))


class RoomFigures(Part):
    """The whole calibration: the tape and the verdict."""

    key: str
    failure: Failure | None = None
    complete: bool = False
    board_sigma_m: float | None = None
    misread: tuple[str, ...] = ()
    findings: tuple[tuple[Literal["good", "advice", "warning"], str], ...] = ()
    missing: tuple[str, ...] = ()


class Figures(Part):
    """All that was computed, each None until it was."""

    version: Literal[1] = 1
    lens: tuple[LensFigures | None, LensFigures | None] = (None, None)
    pair: PairFigures | None = None
    lying: LyingFigures | None = None
    room: RoomFigures | None = None


def read_figures(path: Path) -> Figures:
    """The figures; empty ones where there are none or they cannot be read (they can be computed again)."""
    try:
        return Figures.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError):
        return Figures()


def write_figures(figures: Figures, path: Path) -> None:
    """Keep the figures, whole or not at all.

    Raises:
        InputError: the disk is full or read-only.
    """
    make_folder(path.parent)
    write_text(path, figures.model_dump_json(exclude_none=True))
