"""Any span of a lesson, any students, at once: sums kept by student and quarter of a minute, the ends computed exactly.

For the review's timeline, which is scrubbed: a lesson of a million observations must answer within a frame or two.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gazeclass.geometry.rotation import Array
from gazeclass.lesson.heat import board_edges, cell_seconds
from gazeclass.progress import SILENT, Progress
from gazeclass.report.heatmap import Heatmap
from gazeclass.report.merging import merge_points
from gazeclass.report.metrics import ELSEWHERE, LessonTimes, Totals

#: Length of a bin: short enough that the ends are quickly summed, long enough that the tiles are few.
BIN_S = 15.0


@dataclass(frozen=True)
class Span:
    """From when to when, seconds of the lesson's clock; a moment at ``end_s`` is outside."""

    start_s: float
    end_s: float


class SpanIndex:
    """Heat and totals of any span and students.

    Args:
        times: of the lesson.
        cell_m: about the side of a heat cell.
        progress: told of every student; may cancel.
    """

    def __init__(self, times: LessonTimes, cell_m: float = 0.05, progress: Progress = SILENT) -> None:
        self.times = times
        self._x_edges, self._y_edges = board_edges(times.lesson.meta.board, cell_m)
        count = max(1, int(np.ceil((times.end_s - times.start_s) / BIN_S - 1e-9)))
        self._bounds = np.append(times.start_s + BIN_S * np.arange(count), np.inf)
        #: First observation of each bin, and the number of all.
        self._first = np.searchsorted(times.lesson.observations.t_s, self._bounds - 1e-9)
        students = len(times.lesson.students)
        shape = (students, count + 1, len(self._y_edges) - 1, len(self._x_edges) - 1)
        self._heat = np.zeros(shape, np.float32)
        self._points_us = np.zeros((students, count + 1), np.int64)
        progress.start("timeline", students)
        for student in range(students):
            self._sum_heat(student)
            progress.advance()
        self._sum_totals()

    def _sum_totals(self) -> None:
        parts = [self.times.totals(slice(a, b)) for a, b in pairwise(self._first)]
        columns = zip(*((p.state_us, p.faced_us, p.spread_us) for p in parts), strict=True)
        self._totals = [
            np.concatenate([np.zeros_like(column[0])[None], np.cumsum(np.stack(column), axis=0)]) for column in columns
        ]

    def with_times(self, times: LessonTimes) -> "SpanIndex":
        """The same with other zones: heat knows of no zone and is kept."""
        other = copy(self)
        other.times = times
        other._sum_totals()
        return other

    def observations(self, span: Span) -> slice:
        """Which observations lie in a span."""
        t = self.times.lesson.observations.t_s
        first, end = np.searchsorted(t, [span.start_s - 1e-9, span.end_s - 1e-9])
        return slice(int(first), max(int(first), int(end)))

    def totals(self, span: Span, students: Sequence[int] | None = None) -> Totals:
        """Sums of a span, from which every share follows."""
        chosen = list(range(len(self.times.lesson.students))) if students is None else list(students)
        whole, ends = self._parts(self.observations(span))
        columns = [total[whole[1]] - total[whole[0]] for total in self._totals]
        for end in ends:
            rest = self.times.totals(end)
            columns = [a + b for a, b in zip(columns, (rest.state_us, rest.faced_us, rest.spread_us), strict=True)]
        return Totals(*columns).of(chosen)

    def heat(self, span: Span, students: Sequence[int] | None = None) -> Heatmap:
        """Heat of a span on the board, in seconds per dm²."""
        chosen = list(range(len(self.times.lesson.students))) if students is None else list(students)
        whole, ends = self._parts(self.observations(span))
        mass = (self._heat[chosen, whole[1]] - self._heat[chosen, whole[0]]).sum(axis=0, dtype=float)
        points_us = int((self._points_us[chosen, whole[1]] - self._points_us[chosen, whole[0]]).sum())
        for end in ends:
            which = np.arange(end.start, end.stop)
            student = self.times.lesson.observations.student[which]
            which = which[(self.times.state[which] >= ELSEWHERE) & np.isin(student, chosen)]
            mass += self._spread(which, np.zeros(len(which), np.int64), 1)[0]
            points_us += int(self.times.weight_us[which].sum())
        mass = np.maximum(mass, 0.0)  # differences of single-precision sums
        board = self.times.lesson.meta.board
        area_dm2 = board.width_m * board.height_m * 100.0 / mass.size
        return Heatmap(board, mass / area_dm2, float(mass.sum()), points_us / 1e6)

    def _parts(self, which: slice) -> tuple[tuple[int, int], list[slice]]:
        """Whole bins within a slice of observations, and what is left at its ends."""
        a = int(np.searchsorted(self._first, which.start, side="left"))
        b = int(np.searchsorted(self._first, which.stop, side="right")) - 1
        if b <= a:
            return (0, 0), [which]
        return (a, b), [slice(which.start, int(self._first[a])), slice(int(self._first[b]), which.stop)]

    def _sum_heat(self, student: int) -> None:
        times = self.times
        which = np.flatnonzero(times.of_student(student) & (times.state >= ELSEWHERE))
        bins = np.searchsorted(self._first, which, side="right") - 1
        count = self._heat.shape[1] - 1
        self._heat[student, 1:] = np.cumsum(self._spread(which, bins, count), axis=0)
        self._points_us[student, 1:] = np.cumsum(np.bincount(bins, times.weight_us[which], minlength=count))

    def _spread(self, which: NDArray[np.int64], group: NDArray[np.int64], count: int) -> Array:
        """Seconds in each cell ``(count, ny, nx)`` of observations by group."""
        o = self.times.lesson.observations
        cov = o.packed_cov[which, 12:15].astype(float)[:, [[0, 1], [1, 2]]]
        xy, cov, seconds, group = merge_points(o.board_xy_m[which], cov, self.times.weight_us[which] / 1e6, group)
        out = np.zeros((count, len(self._y_edges) - 1, len(self._x_edges) - 1))
        bounds = np.searchsorted(group, np.arange(count + 1))
        for k in range(count):
            part = slice(bounds[k], bounds[k + 1])
            if part.stop > part.start:
                out[k] = cell_seconds(self._x_edges, self._y_edges, xy[part], cov[part], seconds[part])
        return out
