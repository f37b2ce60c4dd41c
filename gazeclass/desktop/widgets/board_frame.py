"""Where a metre of the board lies in a widget: one uniform scale, mirrored so that the class's left is at the left."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gazeclass.geometry.frames import Board
from gazeclass.geometry.rotation import Array


@dataclass(frozen=True)
class BoardFrame:
    """Maps board coordinates (WCS x, y in metres) to pixels of a widget.

    WCS x runs to the *left* of who faces the board (method §1), so the drawing's left edge is x = width.

    Attributes:
        board: whose size is drawn.
        left_px, top_px: of the board's upper left corner as drawn.
        px_per_m: the same along both axes, so that proportions are true.
    """

    board: Board
    left_px: float
    top_px: float
    px_per_m: float

    @staticmethod
    def fit(board: Board, left_px: float, top_px: float, width_px: float, height_px: float) -> "BoardFrame":
        """The largest drawing of the board, in the middle of a space of pixels."""
        scale = max(1.0, min(width_px / board.width_m, height_px / board.height_m))
        left = left_px + (width_px - scale * board.width_m) / 2
        top = top_px + (height_px - scale * board.height_m) / 2
        return BoardFrame(board, left, top, scale)

    @property
    def width_px(self) -> float:
        """Of the board as drawn."""
        return self.board.width_m * self.px_per_m

    @property
    def height_px(self) -> float:
        """Of the board as drawn."""
        return self.board.height_m * self.px_per_m

    def to_px(self, xy_m: ArrayLike) -> Array:
        """Board coordinates ``(..., 2)`` in widget pixels."""
        xy = np.asarray(xy_m, float)
        x = self.left_px + (self.board.width_m - xy[..., 0]) * self.px_per_m
        return np.stack([x, self.top_px + xy[..., 1] * self.px_per_m], axis=-1)

    def to_m(self, x_px: float, y_px: float) -> tuple[float, float]:
        """Widget pixels in board coordinates."""
        x = self.board.width_m - (x_px - self.left_px) / self.px_per_m
        return x, (y_px - self.top_px) / self.px_per_m

    def covariance_px2(self, cov_m2: ArrayLike) -> Array:
        """Covariances ``(n, 2, 2)`` in pixels²; the mirror turns the sign of the correlation."""
        cov = np.asarray(cov_m2, float).reshape(-1, 2, 2) * self.px_per_m**2
        flip = np.array([[1.0, -1.0], [-1.0, 1.0]])
        return cov * flip


#: Radius² of the ellipse that holds 68.27 % of a bivariate normal, in σ² (-2 ln(1 - 0.6827)).
RADIUS2_68 = float(-2.0 * np.log(1.0 - 0.682689492))


def ellipses(cov: ArrayLike) -> tuple[Array, Array]:
    """68 % ellipses of covariances ``(n, 2, 2)``.

    Returns:
        Half axes ``(n, 2)``, the larger first, and the angle ``(n,)`` of the larger one to the first axis, degrees.
        NaN where a covariance is not finite.
    """
    C = np.asarray(cov, float).reshape(-1, 2, 2)
    mean, difference = (C[:, 0, 0] + C[:, 1, 1]) / 2, (C[:, 0, 0] - C[:, 1, 1]) / 2
    spread = np.hypot(difference, C[:, 0, 1])
    values = np.stack([mean + spread, np.maximum(mean - spread, 0.0)], axis=1)
    angle = np.degrees(np.arctan2(C[:, 0, 1], difference)) / 2
    return np.sqrt(RADIUS2_68 * np.maximum(values, 0.0)), angle


def tick_step_m(length_m: float, most: int) -> float:
    """A round distance (1, 2 or 5 times a power of ten) that divides ``length_m`` into at most ``most`` parts."""
    rough = max(length_m, 1e-9) / max(1, most)
    power = 10.0 ** np.floor(np.log10(rough))
    for factor in (1.0, 2.0, 5.0, 10.0):
        if factor * power >= rough * (1 - 1e-9):
            return float(factor * power)
    return float(10.0 * power)
