"""Where on the board the class was facing: seconds per square decimetre, every gaze point spread by its own ellipse.

The integral of each ellipse over each cell is in :mod:`gazeclass.lesson.heat`, which the live lesson uses too.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gazeclass.geometry.frames import Board
from gazeclass.geometry.rotation import Array
from gazeclass.lesson.heat import board_edges, cell_seconds
from gazeclass.report.merging import merge_points
from gazeclass.report.metrics import ELSEWHERE, LessonTimes

__all__ = ["Heatmap", "cell_seconds", "heatmap", "lesson_heatmap"]

#: From so many points on those that say nearly the same are joined first.
_MANY = 20_000


@dataclass(frozen=True, eq=False)
class Heatmap:
    """Seconds per dm² on a grid of the board.

    Attributes:
        board: whose size it covers.
        seconds_per_dm2: ``(ny, nx)``; row 0 at the top edge, column 0 at x = 0, the class's *right*.
        seconds_on_board: all of it.
        seconds_measured: of the gaze points that went into it, on the board or beside.
    """

    board: Board
    seconds_per_dm2: Array
    seconds_on_board: float
    seconds_measured: float


def lesson_heatmap(times: LessonTimes, which: np.ndarray | None = None, cell_m: float = 0.05) -> Heatmap:
    """The heatmap of a lesson, or of ``which`` ``(n,)`` of its observations."""
    points = times.state >= ELSEWHERE
    if which is not None:
        points = points & which
    o = times.lesson.observations
    return heatmap(
        times.lesson.meta.board, o.board_xy_m[points], o.cov_board_m2[points], times.weight_s[points], cell_m
    )


def heatmap(board: Board, xy_m: ArrayLike, cov_m2: ArrayLike, seconds: ArrayLike, cell_m: float = 0.05) -> Heatmap:
    """Spread each gaze point's seconds over the board.

    Args:
        board: whose size is covered by whole cells.
        xy_m: ``(n, 2)`` board coordinates, finite.
        cov_m2: ``(n, 2, 2)``, finite.
        seconds: ``(n,)`` each stands for.
        cell_m: about the side of a cell.
    """
    x_edges, y_edges = board_edges(board, cell_m)
    measured = float(np.sum(np.asarray(seconds, float)))
    if np.size(seconds) > _MANY:
        xy_m, cov_m2, seconds, _ = merge_points(xy_m, cov_m2, seconds)
    mass = cell_seconds(x_edges, y_edges, xy_m, cov_m2, seconds)
    area_dm2 = (x_edges[1] - x_edges[0]) * (y_edges[1] - y_edges[0]) * 100.0
    return Heatmap(board, mass / area_dm2, float(mass.sum()), measured)
