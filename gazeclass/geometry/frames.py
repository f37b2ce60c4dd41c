"""Rigid transforms between named frames, and the board.

Frames (method §1): WCS world at the board, ACS auxiliary at the chessboard, CCS reference camera, SCS head.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gazeclass.geometry.rotation import Array

#: ACS axes in WCS for a chessboard laid exactly as the survey sheet shows (method §1).
IDEAL_R_WA: Array = np.array([[-1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, -1.0, 0.0]])


@dataclass(frozen=True, eq=False)
class Transform:
    """``p_X = R_XY p_Y + t_XY``: maps frame Y to frame X.

    Attributes:
        R: ``(3, 3)`` rotation.
        t: ``(3,)`` metres, the origin of Y in X.
    """

    R: Array
    t: Array

    def __post_init__(self) -> None:
        R, t = np.array(self.R, dtype=float), np.array(self.t, dtype=float).reshape(-1)
        if R.shape != (3, 3) or t.shape != (3,):
            raise ValueError(f"a transform needs R (3, 3) and t (3,), not {R.shape} and {t.shape}")
        R.flags.writeable = t.flags.writeable = False
        object.__setattr__(self, "R", R)
        object.__setattr__(self, "t", t)

    def __matmul__(self, other: "Transform") -> "Transform":
        """``T_XY @ T_YZ = T_XZ``."""
        return Transform(self.R @ other.R, self.R @ other.t + self.t)

    def apply(self, points_m: ArrayLike) -> Array:
        """Points ``(..., 3)`` of Y in X."""
        return np.asarray(points_m, float) @ self.R.T + self.t

    def inverse(self) -> "Transform":
        """``T_YX``."""
        return Transform(self.R.T, -self.R.T @ self.t)

    @staticmethod
    def identity() -> "Transform":
        """The transform that changes nothing."""
        return Transform(np.eye(3), np.zeros(3))


@dataclass(frozen=True)
class Board:
    """The blackboard: the plane z = 0 of WCS, 0 ≤ x ≤ width, 0 ≤ y ≤ height; x runs to the *left* of who faces it."""

    width_m: float
    height_m: float

    def __post_init__(self) -> None:
        if not (self.width_m > 0 and self.height_m > 0):
            raise ValueError(f"a board has a positive size, not {self.width_m} × {self.height_m} m")

    def contains(self, xy_m: ArrayLike) -> np.ndarray:
        """Whether points ``(..., 2)`` lie on the board; NaN does not."""
        xy = np.asarray(xy_m, float)
        return (xy[..., 0] >= 0) & (xy[..., 0] <= self.width_m) & (xy[..., 1] >= 0) & (xy[..., 1] <= self.height_m)

    def corners(self) -> dict[str, Array]:
        """B_TL, B_TR, B_BL, B_BR as seen facing the board, in WCS metres."""
        w, h = self.width_m, self.height_m
        return {
            "B_TL": np.array([w, 0.0, 0.0]),
            "B_TR": np.array([0.0, 0.0, 0.0]),
            "B_BL": np.array([w, h, 0.0]),
            "B_BR": np.array([0.0, h, 0.0]),
        }
