"""A lesson's observations with the time each stands for and the state it is in (definitions: the package)."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gazeclass.geometry.rotation import Array
from gazeclass.lesson.columns import STATUSES, Lesson
from gazeclass.lesson.observation import ObservationStatus
from gazeclass.lesson.zones import Zone, zone_probabilities
from gazeclass.report.metrics.reliability import HitRates, hit_rates, sample_cov
from gazeclass.report.metrics.shares import Share, Totals
from gazeclass.report.metrics.stays import Stay, Stays, ZoneVisits, find_stays, transitions, zone_visits

#: State codes below the zones' indices 0, 1, …
ELSEWHERE, AWAY, DOUBTFUL, NOT_SEEN = -1, -2, -3, -4
STATE_NAMES = {ELSEWHERE: "elsewhere", AWAY: "away", DOUBTFUL: "doubtful", NOT_SEEN: "not seen"}

#: Microseconds in a second: times are summed as whole numbers.
US = 1_000_000

Which = NDArray[np.bool_] | slice


class LessonTimes:
    """A lesson's observations with their states and the time each stands for; figures are methods.

    Args:
        lesson: as read.
    """

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        t = lesson.observations.t_s
        new = np.diff(t, prepend=-np.inf) > 0  # observations are sorted by time
        self.moments_s: Array = t[new]
        #: ``(n,)`` index of each observation's moment.
        self.moment: NDArray[np.int32] = (np.cumsum(new) - 1).astype(np.int32)
        moments_us = np.rint(self.moments_s * US).astype(np.int64)
        gaps_us = np.diff(moments_us)
        period_us = _usual_period_us(lesson, gaps_us)
        self.period_s = period_us / US
        last = [period_us] if len(moments_us) else []
        #: ``(moments,)`` microseconds each moment stands for.
        self.moment_weight_us: NDArray[np.int64] = np.minimum(np.append(gaps_us, last), 3 * period_us // 2).astype(
            np.int64
        )
        #: ``(n,)`` state codes.
        self.state: NDArray[np.int16] = _states(lesson)
        #: ``(n,)`` whether the observation counts in shares.
        self.measured: NDArray[np.bool_] = self.state >= AWAY

    @property
    def lesson_s(self) -> float:
        """Length of the lesson, pauses left out."""
        return float(self.moment_weight_us.sum()) / US

    @property
    def start_s(self) -> float:
        """Time of the first moment; 0 for an empty lesson."""
        return float(self.moments_s[0]) if len(self.moments_s) else 0.0

    @property
    def end_s(self) -> float:
        """End of the last moment; 0 for an empty lesson."""
        return float(self.moments_s[-1] + self.moment_weight_us[-1] / US) if len(self.moments_s) else 0.0

    @property
    def moment_weight_s(self) -> Array:
        """``(moments,)`` seconds each moment stands for."""
        return self.moment_weight_us / US

    @cached_property
    def weight_us(self) -> NDArray[np.int64]:
        """``(n,)`` microseconds each observation stands for."""
        return self.moment_weight_us[self.moment]

    @property
    def weight_s(self) -> Array:
        """``(n,)`` seconds each observation stands for."""
        return self.weight_us / US

    @cached_property
    def _p(self) -> NDArray[np.float32]:
        """``(n, zones + 1)`` probability of each zone and, last, of the board."""
        board = self.lesson.meta.board
        zones = [*self.lesson.zones, Zone("board", 0.0, 0.0, board.width_m, board.height_m)]
        p = np.full((len(self.state), len(zones)), np.nan, np.float32)
        p[self.state == AWAY] = 0.0
        points = self.state >= ELSEWHERE
        o = self.lesson.observations
        p[points] = zone_probabilities(zones, o.board_xy_m[points], o.cov_board_m2[points])
        return p

    @property
    def p_board(self) -> NDArray[np.float32]:
        """``(n,)`` probability that the board is faced: of the ellipse on it; 0 when away; NaN unmeasured."""
        return self._p[:, -1]

    @property
    def p_zones(self) -> NDArray[np.float32]:
        """``(n, zones)`` probability of each zone; 0 when away; NaN unmeasured."""
        return self._p[:, :-1]

    def of_student(self, student: int) -> NDArray[np.bool_]:
        """``(n,)`` whether the observation is of that student."""
        return self.lesson.observations.student == student

    def of_students(self, students: Sequence[int]) -> NDArray[np.bool_]:
        """``(n,)`` whether the observation is of one of them."""
        member = np.zeros(max(len(self.lesson.students), 1), bool)
        member[list(students)] = True
        return member[self.lesson.observations.student]

    def rows(self) -> dict[int, list[int]]:
        """Students of each row of the room, rows in order; who has no row is in none."""
        found: dict[int, list[int]] = {}
        for k, student in enumerate(self.lesson.students):
            if student.row is not None:
                found.setdefault(student.row, []).append(k)
        return dict(sorted(found.items()))

    @cached_property
    def all_totals(self) -> Totals:
        """Sums over all observations, by student."""
        return Totals.of_observations(self, slice(None))

    def totals(self, which: Which = slice(None)) -> Totals:
        """Sums over ``which`` observations, by student."""
        whole = isinstance(which, slice) and which == slice(None)
        return self.all_totals if whole else Totals.of_observations(self, which)

    def measured_s(self, which: Which = slice(None)) -> float:
        """Measured student-seconds among ``which`` observations."""
        return self.totals(which).measured_s

    def state_s(self, state: int, which: Which = slice(None)) -> float:
        """Student-seconds in a state. For NOT_SEEN see :meth:`not_seen_s`, which counts missing rows too."""
        return self.totals(which).state_s(state)

    def elsewhere_s(self, which: Which = slice(None)) -> float:
        """See :attr:`Totals.elsewhere_s`."""
        return self.totals(which).elsewhere_s

    def share_on_board(self, which: Which = slice(None)) -> Share:
        """See :meth:`Totals.share_on_board`."""
        return self.totals(which).share_on_board()

    def share_in_zone(self, zone: int, which: Which = slice(None)) -> Share:
        """See :meth:`Totals.share_in_zone`."""
        return self.totals(which).share_in_zone(zone)

    def not_seen_s(self, students: Sequence[int]) -> float:
        """Student-seconds neither measured nor doubtful: the lesson's length for each student less those."""
        totals = self.all_totals.of(students)
        return max(0.0, len(students) * self.lesson_s - totals.measured_s - totals.state_s(DOUBTFUL))

    @cached_property
    def stays(self) -> Stays:
        """Every stay of every student in a zone, elsewhere or away, by student, then time."""
        return find_stays(self)

    def visits(self) -> list[Stay]:
        """Stays in zones."""
        return [stay for stay in self.stays if stay.state >= 0]

    @cached_property
    def zone_visits(self) -> ZoneVisits:
        """Visits of each student to each zone."""
        return zone_visits(self.stays, len(self.lesson.students), len(self.lesson.zones), self.start_s)

    def transitions(self) -> dict[tuple[int, int], int]:
        """See :func:`.stays.transitions`."""
        return transitions(self.stays)

    @cached_property
    def sampled_cov(self) -> tuple[NDArray[np.int64], Array]:
        """Some ellipses of each student, and whose they are."""
        return sample_cov(self)

    @cached_property
    def hit_rates(self) -> HitRates:
        """How well each student's looks at each zone would be told from looks elsewhere."""
        return hit_rates(self)

    def state_name(self, state: int) -> str:
        """Zone's name, or elsewhere, away, doubtful, not seen."""
        return self.lesson.zones[state].name if state >= 0 else STATE_NAMES[state]


def _usual_period_us(lesson: Lesson, gaps_us: NDArray[np.int64]) -> int:
    """As it was, where that can be told (the lower median); as intended, for a lesson of one moment."""
    if len(gaps_us):
        middle = (len(gaps_us) - 1) // 2
        return int(np.partition(gaps_us, middle)[middle])
    return round(lesson.meta.period_s * US) if lesson.meta.period_s > 0 else 0


def _states(lesson: Lesson) -> NDArray[np.int16]:
    o = lesson.observations
    state = np.full(len(o), NOT_SEEN, np.int16)
    code = {status: STATUSES.index(status) for status in STATUSES}
    pointed = (o.status == code[ObservationStatus.OK]) | (o.status == code[ObservationStatus.ONE_CAMERA])
    state[pointed] = np.where(o.zone[pointed] >= 0, o.zone[pointed], ELSEWHERE)
    # A point without a covariance cannot be weighed: it is no measurement.
    known = np.isfinite(o.board_xy_m).all(1) & np.isfinite(o.packed_cov[:, 12:15]).all(1)
    state[pointed & ~known] = DOUBTFUL
    state[o.status == code[ObservationStatus.AWAY]] = AWAY
    state[o.status == code[ObservationStatus.LOW_CONFIDENCE]] = DOUBTFUL
    return state
