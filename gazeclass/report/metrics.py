"""What a lesson adds up to. Every figure's definition stands here, with its formula.

**Time.** A moment is a time at which a frame pair was observed. It stands for the time until the next moment, but for
no more than 1.5 usual periods (so a pause of the recording is nobody's time): ``w_m = min(t_{m+1} - t_m, 1.5 T)``, the
last one for ``T``. An observation at moment m has weight w_m. The lesson's length is ``Σ w_m``.

**States.** An observation is *measured* when its status is ok, one_camera or away. It is then in one of these states:
a zone (the most probable one), *elsewhere* (the ray meets the board's plane, most probably in no zone), *away* (turned
from the board's side). Low confidence is *doubtful*; no observation or not_seen is *not seen*. The last two are never
counted as facing elsewhere: **every share has the measured time as its denominator.**
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gazeclass.geometry.rotation import Array
from gazeclass.lesson.columns import STATUSES, Lesson
from gazeclass.lesson.observation import ObservationStatus
from gazeclass.lesson.zones import on_board_probability, zone_probabilities

#: State codes below the zones' indices 0, 1, …
ELSEWHERE, AWAY, DOUBTFUL, NOT_SEEN = -1, -2, -3, -4
STATE_NAMES = {ELSEWHERE: "elsewhere", AWAY: "away", DOUBTFUL: "doubtful", NOT_SEEN: "not seen"}

#: A stay in one state is not ended by a gap of at most this in which the student was not measured.
BRIDGE_S = 0.5
#: A stay in which less than this was measured is a flicker of the measurement, not a visit.
LEAST_STAY_S = 0.2


@dataclass(frozen=True)
class Share:
    """A share of the measured time.

    Attributes:
        value: in [0, 1]; NaN when nothing was measured.
        doubt: one standard deviation of it, from the gaze points' own errors (see :meth:`LessonTimes.share_on_board`).
        measured_s: the denominator.
    """

    value: float
    doubt: float
    measured_s: float


@dataclass(frozen=True)
class Stay:
    """A student in one state without interruption.

    Attributes:
        student: index.
        state: zone index, or ELSEWHERE or AWAY.
        start_s, end_s: of the first moment and of the end of the last.
        dwell_s: measured time in it (bridged gaps are within start and end, but not in here).
    """

    student: int
    state: int
    start_s: float
    end_s: float
    dwell_s: float


class LessonTimes:
    """A lesson's observations with their states and the time each stands for; metrics are methods.

    Args:
        lesson: as read.
    """

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        o = lesson.observations
        self.moments_s, self._moment = np.unique(o.t_s, return_inverse=True)
        self.period_s = _usual_period(lesson, self.moments_s)
        gaps = np.append(np.diff(self.moments_s), self.period_s)
        #: ``(moments,)`` seconds each moment stands for.
        self.moment_weight_s: Array = np.minimum(gaps, 1.5 * self.period_s) if len(self.moments_s) else np.zeros(0)
        #: ``(n,)`` seconds each observation stands for.
        self.weight_s: Array = self.moment_weight_s[self._moment]
        #: ``(n,)`` state codes.
        self.state = _states(lesson)
        #: ``(n,)`` whether the observation counts in shares.
        self.measured: NDArray[np.bool_] = self.state >= AWAY

    @property
    def lesson_s(self) -> float:
        """Length of the lesson, pauses left out."""
        return float(self.moment_weight_s.sum())

    @property
    def start_s(self) -> float:
        """Time of the first moment; 0 for an empty lesson."""
        return float(self.moments_s[0]) if len(self.moments_s) else 0.0

    @cached_property
    def p_board(self) -> Array:
        """``(n,)`` probability that the board is faced: of the ellipse on it; 0 when away; NaN unmeasured."""
        p = np.full(len(self.state), np.nan)
        p[self.state == AWAY] = 0.0
        points = self.state >= ELSEWHERE
        o = self.lesson.observations
        p[points] = on_board_probability(self.lesson.meta.board, o.board_xy_m[points], o.cov_board_m2[points])
        return p

    @cached_property
    def p_zones(self) -> Array:
        """``(n, zones)`` probability of each zone; 0 when away; NaN unmeasured."""
        p = np.full((len(self.state), len(self.lesson.zones)), np.nan)
        p[self.state == AWAY] = 0.0
        points = self.state >= ELSEWHERE
        o = self.lesson.observations
        p[points] = zone_probabilities(self.lesson.zones, o.board_xy_m[points], o.cov_board_m2[points])
        return p

    def of_student(self, student: int) -> NDArray[np.bool_]:
        """``(n,)`` whether the observation is of that student."""
        return self.lesson.observations.student == student

    def of_students(self, students: list[int]) -> NDArray[np.bool_]:
        """``(n,)`` whether the observation is of one of them."""
        return np.isin(self.lesson.observations.student, students)

    def measured_s(self, which: NDArray[np.bool_] | slice = slice(None)) -> float:
        """Measured student-seconds among ``which`` observations."""
        return float((self.weight_s * self.measured)[which].sum())

    def elsewhere_s(self, which: NDArray[np.bool_] | slice = slice(None)) -> float:
        """Expected seconds facing the board's plane beside the board: measured, less on the board, less away.

        Each gaze point counts with its probability, as in :meth:`share_on_board`, so the three add up to the time
        measured.
        """
        measured = self.measured_s(which)
        board = self.share_on_board(which).value * measured if measured else 0.0
        return max(measured - board - self.state_s(AWAY, which), 0.0)

    def state_s(self, state: int, which: NDArray[np.bool_] | slice = slice(None)) -> float:
        """Student-seconds in a state. For NOT_SEEN see :meth:`not_seen_s`, which counts missing rows too."""
        return float((self.weight_s * (self.state == state))[which].sum())

    def not_seen_s(self, students: list[int]) -> float:
        """Student-seconds neither measured nor doubtful: the lesson's length for each student less those."""
        seen = self.of_students(students) & (self.state != NOT_SEEN)
        return max(0.0, len(students) * self.lesson_s - float(self.weight_s[seen].sum()))

    def share_on_board(self, which: NDArray[np.bool_] | slice = slice(None)) -> Share:
        """Share of the measured time in which the students faced the board, and its doubt.

        ``value = Σ w p / Σ w`` over measured observations, p the probability of the gaze ellipse on the board.
        Doubt: within one student the errors are taken as wholly common over time (a pose network errs the same way for
        minutes), between students as independent: ``sd = sqrt( Σ_s ( Σ_{i∈s} w_i sqrt(p_i (1-p_i)) )² ) / Σ w``.
        """
        return self._share(self.p_board, which)

    def share_in_zone(self, zone: int, which: NDArray[np.bool_] | slice = slice(None)) -> Share:
        """As :meth:`share_on_board`, for one zone."""
        return self._share(self.p_zones[:, zone], which)

    def _share(self, p: Array, which: NDArray[np.bool_] | slice) -> Share:
        chosen = np.zeros(len(p), bool)
        chosen[which] = True
        chosen &= self.measured
        w, q = self.weight_s[chosen], p[chosen]
        total = float(w.sum())
        if not total > 0:
            return Share(float("nan"), float("nan"), 0.0)
        spread = w * np.sqrt(np.clip(q * (1.0 - q), 0.0, None))
        by_student = np.bincount(self.lesson.observations.student[chosen], weights=spread)
        return Share(float((w * q).sum() / total), float(np.sqrt((by_student**2).sum()) / total), total)

    @cached_property
    def stays(self) -> tuple[Stay, ...]:
        """Every stay of every student in a zone, elsewhere or away, by student, then time.

        A stay is a longest run of moments in one state. Gaps of at most BRIDGE_S without measurement between two runs
        of the same state are bridged; stays with less than LEAST_STAY_S measured are left out.
        """
        out: list[Stay] = []
        for student in range(len(self.lesson.students)):
            which = np.flatnonzero(self.of_student(student) & self.measured)
            out += self._stays_of(student, which)
        return tuple(out)

    def _stays_of(self, student: int, which: NDArray[np.int64]) -> list[Stay]:
        if not len(which):
            return []
        t, w, state = self.lesson.observations.t_s[which], self.weight_s[which], self.state[which]
        gap = t[1:] - (t[:-1] + w[:-1])
        # 1e-9 s: sums of tenths of seconds are not exact.
        new = np.concatenate([[True], (state[1:] != state[:-1]) | (gap > BRIDGE_S + 1e-9)])
        first = np.flatnonzero(new)
        last = np.append(first[1:], len(which)) - 1
        dwell = np.add.reduceat(w, first)
        return [
            Stay(student, int(state[a]), float(t[a]), float(t[b] + w[b]), float(d))
            for a, b, d in zip(first, last, dwell, strict=True)
            if d >= LEAST_STAY_S - 1e-9
        ]

    def visits(self) -> list[Stay]:
        """Stays in zones."""
        return [stay for stay in self.stays if stay.state >= 0]

    def transitions(self) -> dict[tuple[int, int], int]:
        """How often a student's stay in one state was followed by one in another within BRIDGE_S, over the class."""
        counts: dict[tuple[int, int], int] = {}
        for a, b in zip(self.stays, self.stays[1:], strict=False):
            # A flicker that was left out lies in between, and may not make two stays of the same state a change.
            near = b.start_s - a.end_s <= BRIDGE_S + 1e-9
            if a.student == b.student and a.state != b.state and near:
                counts[a.state, b.state] = counts.get((a.state, b.state), 0) + 1
        return counts

    def state_name(self, state: int) -> str:
        """Zone's name, or elsewhere, away, doubtful, not seen."""
        return self.lesson.zones[state].name if state >= 0 else STATE_NAMES[state]


@dataclass(frozen=True, eq=False)
class Timeline:
    """The class over time, in bins of equal length (the last may be shorter). Student-seconds unless said.

    Attributes:
        start_s, end_s: ``(k,)`` of each bin, lesson clock.
        zones_s: ``(k, zones)`` expected time on each zone, ``Σ w p_zone``.
        board_s: ``(k,)`` expected time on the board, ``Σ w p_board``.
        away_s: ``(k,)`` turned away from the board's side.
        measured_s: ``(k,)`` denominator of all shares.
        doubt: ``(k,)`` one standard deviation of ``board_s / measured_s``.
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
    doubtful_s: Array
    not_seen_s: Array
    expected_s: Array

    @property
    def share_on_board(self) -> Array:
        """``(k,)`` ``board_s / measured_s``; NaN where nothing was measured."""
        return np.divide(
            self.board_s, self.measured_s, out=np.full(len(self.board_s), np.nan), where=self.measured_s > 0
        )


def class_timeline(times: LessonTimes, bin_s: float | None = None) -> Timeline:
    """The class over time.

    Args:
        times: of the lesson.
        bin_s: length of a bin; None for a round length that gives about sixty bins.
    """
    moments, start = times.moments_s, times.start_s
    end = float(moments[-1] + times.moment_weight_s[-1]) if len(moments) else 0.0
    bin_s = bin_s or round_bin_s(end - start)
    count = max(1, int(np.ceil((end - start) / bin_s - 1e-9))) if len(moments) else 0
    starts: Array = start + bin_s * np.arange(count, dtype=float)
    bin_of_moment = np.clip(((moments - start) / bin_s + 1e-9).astype(int), 0, max(count - 1, 0))
    which = bin_of_moment[times._moment]
    w, students = times.weight_s, times.lesson.observations.student

    def total(values: Array) -> Array:
        return _binned(which, values, count)

    expected = _binned(bin_of_moment, times.moment_weight_s, count)
    expected = expected * len(times.lesson.students)
    measured_w = w * times.measured
    p_board = np.nan_to_num(times.p_board)
    measured = total(measured_w)
    spread = np.zeros((count, max(1, len(times.lesson.students))))
    if count:
        np.add.at(spread, (which, students), measured_w * np.sqrt(np.clip(p_board * (1 - p_board), 0, None)))
    doubt = _ratio(np.sqrt((spread**2).sum(axis=1)), measured)
    doubtful = total(w * (times.state == DOUBTFUL))
    zones = [total(measured_w * np.nan_to_num(times.p_zones[:, z])) for z in range(len(times.lesson.zones))]
    return Timeline(
        start_s=starts,
        end_s=np.minimum(starts + bin_s, end),
        zones_s=np.stack(zones, axis=1) if zones else np.zeros((count, 0)),
        board_s=total(measured_w * p_board),
        away_s=total(w * (times.state == AWAY)),
        measured_s=measured,
        doubt=doubt,
        doubtful_s=doubtful,
        not_seen_s=np.maximum(expected - measured - doubtful, 0.0),
        expected_s=expected,
    )


def round_bin_s(duration_s: float) -> float:
    """A round bin length that cuts a lesson into about sixty: 0.5, 1, 2, 5, 10, 15, 30 s, 1, 2, 5 minutes."""
    for bin_s in (0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0):
        if duration_s / bin_s <= 60:
            return bin_s
    return 300.0


def _binned(which: NDArray[np.int64], values: Array, count: int) -> Array:
    out = np.zeros(count)
    np.add.at(out, which, values)
    return out


def _ratio(a: Array, b: Array) -> Array:
    """a / b, NaN where b is zero."""
    return np.divide(a, b, out=np.full(len(a), np.nan), where=b > 0)


def _usual_period(lesson: Lesson, moments_s: Array) -> float:
    """As it was, where that can be told; as intended, for a lesson of one moment."""
    if len(moments_s) > 1:
        return float(np.median(np.diff(moments_s)))
    return lesson.meta.period_s if lesson.meta.period_s > 0 else 0.0


def _states(lesson: Lesson) -> NDArray[np.int64]:
    o = lesson.observations
    state = np.full(len(o), NOT_SEEN)
    code = {status: STATUSES.index(status) for status in STATUSES}
    pointed = (o.status == code[ObservationStatus.OK]) | (o.status == code[ObservationStatus.ONE_CAMERA])
    state[pointed] = np.where(o.zone[pointed] >= 0, o.zone[pointed], ELSEWHERE)
    # A point without a covariance cannot be weighed: it is no measurement.
    known = np.isfinite(o.board_xy_m).all(1) & np.isfinite(o.packed_cov[:, 12:15]).all(1)
    state[pointed & ~known] = DOUBTFUL
    state[o.status == code[ObservationStatus.AWAY]] = AWAY
    state[o.status == code[ObservationStatus.LOW_CONFIDENCE]] = DOUBTFUL
    return state
