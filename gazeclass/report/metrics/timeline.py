"""The class over time: the share facing the board in each bin of time, with its band, and what was measured at all.

Share of a bin: ``p = Σ w p_board / Σ w`` over its measured observations. Its **95 % band** joins two doubts in
quadrature. *Of the class*: who happened to be measured in that minute is a sample of what the class does; heads hold
their direction for seconds to minutes, so each student counts as one trial however many pictures there are: Wilson's
score interval (Wilson, JASA 22, 1927) with Kish's effective number of students ``n = (Σ_s w_s)² / Σ_s w_s²``. *Of the
measurement*: 1.96 standard deviations of the gaze points' own errors, as in :mod:`.shares`. So
``low = p - sqrt((p - low_W)² + (1.96 sd)²)``, ``high`` likewise, both kept within [0, 1].
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gazeclass.geometry.rotation import Array

if TYPE_CHECKING:
    from gazeclass.report.metrics.states import LessonTimes

_Z95 = 1.959963984540054


@dataclass(frozen=True, eq=False)
class Timeline:
    """The class over time, in bins of equal length (the last may be shorter). Student-seconds unless said.

    Attributes:
        start_s, end_s: ``(k,)`` of each bin, lesson clock.
        zones_s: ``(k, zones)`` expected time on each zone, ``Σ w p_zone``.
        board_s: ``(k,)`` expected time on the board, ``Σ w p_board``.
        away_s: ``(k,)`` turned away from the board's side.
        measured_s: ``(k,)`` denominator of all shares.
        doubt: ``(k,)`` one standard deviation of ``board_s / measured_s`` by the measurement alone.
        low, high: ``(k,)`` 95 % band of ``board_s / measured_s``; NaN where nothing was measured.
        doubtful_s, not_seen_s: ``(k,)`` what is in no share.
        expected_s: ``(k,)`` students × lesson time in the bin.
    """

    start_s: Array
    end_s: Array
    zones_s: Array
    board_s: Array
    away_s: Array
    measured_s: Array
    doubt: Array
    low: Array
    high: Array
    doubtful_s: Array
    not_seen_s: Array
    expected_s: Array

    @property
    def share_on_board(self) -> Array:
        """``(k,)`` ``board_s / measured_s``; NaN where nothing was measured."""
        return _ratio(self.board_s, self.measured_s)


def class_timeline(times: "LessonTimes", bin_s: float | None = None) -> Timeline:
    """The class over time.

    Args:
        times: of the lesson.
        bin_s: length of a bin; None for a round length that gives about sixty bins (a minute for a lesson of 45).
    """
    start, end = times.start_s, times.end_s
    bin_s = bin_s or round_bin_s(end - start)
    count = max(1, int(np.ceil((end - start) / bin_s - 1e-9))) if len(times.moments_s) else 0
    starts: Array = start + bin_s * np.arange(count, dtype=float)
    bin_of_moment = np.clip(((times.moments_s - start) / bin_s + 1e-9).astype(int), 0, max(count - 1, 0))
    which = bin_of_moment[times.moment] if count else np.zeros(0, int)
    students = max(1, len(times.lesson.students))
    cell = which * students + times.lesson.observations.student
    measured = times.measured
    weight = times.weight_us

    def by_student(values: Array) -> Array:
        """Seconds ``(bins, students)`` of measured observations."""
        sums = np.bincount(cell[measured], weights=values, minlength=count * students)
        return sums.reshape(count, students) / 1e6

    def total(mask: NDArray[np.bool_]) -> Array:
        return np.bincount(which[mask], weights=weight[mask], minlength=count) / 1e6

    w = weight[measured].astype(float)
    p = times._p[measured]
    on_board = p[:, -1].astype(float)
    measured_by_student = by_student(w)
    measured_s = measured_by_student.sum(axis=1)
    board_s = by_student(w * on_board).sum(axis=1)
    spread = by_student(w * np.sqrt(np.clip(on_board * (1 - on_board), 0, None)))
    doubt = _ratio(np.sqrt((spread**2).sum(axis=1)), measured_s)
    share = _ratio(board_s, measured_s)
    low, high = band(share, _ratio(measured_s**2, (measured_by_student**2).sum(axis=1)), doubt)
    zones = [by_student(w * p[:, z]).sum(axis=1) for z in range(len(times.lesson.zones))]
    expected = np.bincount(bin_of_moment, weights=times.moment_weight_us, minlength=count) / 1e6
    expected = expected[:count] * len(times.lesson.students)
    doubtful = total(times.state == -3)
    return Timeline(
        start_s=starts,
        end_s=np.minimum(starts + bin_s, end),
        zones_s=np.stack(zones, axis=1) if zones else np.zeros((count, 0)),
        board_s=board_s,
        away_s=total(times.state == -2),
        measured_s=measured_s,
        doubt=doubt,
        low=low,
        high=high,
        doubtful_s=doubtful,
        not_seen_s=np.maximum(expected - measured_s - doubtful, 0.0),
        expected_s=expected,
    )


def stretches_below(line: Timeline, share: float) -> list[tuple[float, float, float]]:
    """Stretches in which the class faced the board less than over the lesson, beyond doubt.

    Bins whose band ends below ``share``, those that touch joined.

    Args:
        line: of the class.
        share: of the whole lesson.

    Returns:
        Start and end on the lesson's clock and the share in each, longest first.
    """
    below = np.nan_to_num(line.high, nan=1.0) < share
    edges = np.flatnonzero(np.diff(np.concatenate([[False], below, [False]]).astype(int)))
    out = []
    for first, end in edges.reshape(-1, 2):
        measured = line.measured_s[first:end].sum()
        out.append(
            (float(line.start_s[first]), float(line.end_s[end - 1]), float(line.board_s[first:end].sum() / measured))
        )
    return sorted(out, key=lambda stretch: stretch[0] - stretch[1])


def band(share: Array, trials: Array, doubt: Array) -> tuple[Array, Array]:
    """95 % band of shares: Wilson's interval and the measurement's doubt in quadrature.

    Args:
        share: ``(k,)`` in [0, 1].
        trials: ``(k,)`` effective number of students.
        doubt: ``(k,)`` one standard deviation of the measurement.
    """
    p = np.clip(share, 0.0, 1.0)
    z2n = _Z95**2 / trials
    centre = (p + z2n / 2) / (1 + z2n)
    half = np.sqrt(np.clip(p * (1 - p), 0, None) * z2n + z2n**2 / 4) / (1 + z2n)
    low = p - np.hypot(np.maximum(p - (centre - half), 0), _Z95 * doubt)
    high = p + np.hypot(np.maximum(centre + half - p, 0), _Z95 * doubt)
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


def round_bin_s(duration_s: float) -> float:
    """A round bin length that cuts a lesson into about sixty: 0.5, 1, 2, 5, 10, 15, 30 s, 1, 2, 5 minutes."""
    for bin_s in (0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0):
        if duration_s / bin_s <= 60:
            return bin_s
    return 300.0


def _ratio(a: Array, b: Array) -> Array:
    """a / b, NaN where b is zero."""
    return np.divide(a, b, out=np.full(len(a), np.nan), where=b > 0)
