"""Stays and visits: who faced what from when to when, and what came next.

A **stay** is a longest run of a student's moments in one state (zone, elsewhere, away). Gaps of at most BRIDGE_S
without measurement between two runs of the same state are bridged; stays with less than LEAST_STAY_S measured are a
flicker and left out. A **visit** is a stay in a zone. Of one student and zone: **revisits** = max(visits - 1, 0);
**first entry** = start of the first visit, from the lesson's start; **longest** and **mean visit** = of the visits'
measured times. Of a group: visits and revisits are summed; first entry is its earliest; longest its longest; the mean
is over all visits. A **transition** a → b is a stay in a followed by the same student's next stay, in b ≠ a, within
BRIDGE_S.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gazeclass.geometry.rotation import Array

if TYPE_CHECKING:
    from gazeclass.report.metrics.states import LessonTimes

#: A stay in one state is not ended by a gap of at most this in which the student was not measured.
BRIDGE_S = 0.5
#: A stay in which less than this was measured is a flicker of the measurement, not a visit.
LEAST_STAY_S = 0.2

_US = 1_000_000
_BRIDGE_US, _LEAST_US = round(BRIDGE_S * _US), round(LEAST_STAY_S * _US)


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


@dataclass(frozen=True, eq=False)
class Stays:
    """All stays, by student, then time; ``(k,)`` each. Times in whole microseconds of the lesson's clock."""

    student: NDArray[np.int64]
    state: NDArray[np.int64]
    start_us: NDArray[np.int64]
    end_us: NDArray[np.int64]
    dwell_us: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.student)

    def __iter__(self) -> Iterator[Stay]:
        """One :class:`Stay` after the other."""
        for who, state, start, end, dwell in zip(*(column.tolist() for column in self._columns()), strict=True):
            yield Stay(int(who), int(state), start / _US, end / _US, dwell / _US)

    def where(self, which: NDArray[np.bool_]) -> "Stays":
        """Those chosen by a mask ``(k,)``."""
        return Stays(*(column[which] for column in self._columns()))

    def _columns(self) -> tuple[NDArray[np.int64], ...]:
        return self.student, self.state, self.start_us, self.end_us, self.dwell_us


def find_stays(times: "LessonTimes") -> Stays:
    """Every stay of every student in a zone, elsewhere or away."""
    which = np.flatnonzero(times.measured)
    which = which[np.argsort(times.lesson.observations.student[which], kind="stable")]
    if not len(which):
        none = np.zeros(0, np.int64)
        return Stays(none, none, none, none, none)
    student = times.lesson.observations.student[which].astype(np.int64)
    state = times.state[which].astype(np.int64)
    w = times.weight_us[which]
    t = np.rint(times.lesson.observations.t_s[which] * _US).astype(np.int64)
    gap = t[1:] - (t[:-1] + w[:-1])
    new = (student[1:] != student[:-1]) | (state[1:] != state[:-1]) | (gap > _BRIDGE_US)
    first = np.concatenate([[0], np.flatnonzero(new) + 1])
    last = np.append(first[1:], len(which)) - 1
    dwell = np.add.reduceat(w, first)
    found = Stays(student[first], state[first], t[first], t[last] + w[last], dwell)
    return found.where(dwell >= _LEAST_US)


def transitions(stays: Stays) -> dict[tuple[int, int], int]:
    """How often a stay in one state was followed by one in another within BRIDGE_S, over the class."""
    # A flicker that was left out lies in between, and may not make two stays of the same state a change.
    near = stays.start_us[1:] - stays.end_us[:-1] <= _BRIDGE_US
    followed = (stays.student[1:] == stays.student[:-1]) & (stays.state[1:] != stays.state[:-1]) & near
    pairs = np.stack([stays.state[:-1][followed], stays.state[1:][followed]], axis=1)
    if not len(pairs):
        return {}
    kinds, counts = np.unique(pairs, axis=0, return_counts=True)
    return {(int(a), int(b)): int(n) for (a, b), n in zip(kinds, counts, strict=True)}


@dataclass(frozen=True, eq=False)
class ZoneVisits:
    """Visits of each student to each zone, ``(students, zones)`` each.

    Attributes:
        count: visits.
        first_s: first entry, seconds from the lesson's start; infinite where there was none.
        longest_us, total_us: of the visits' measured times.
    """

    count: NDArray[np.int64]
    first_s: Array
    longest_us: NDArray[np.int64]
    total_us: NDArray[np.int64]

    def revisits(self, zone: int, students: Sequence[int]) -> int:
        """Visits after each student's first."""
        return int(np.maximum(self.count[list(students), zone] - 1, 0).sum())

    def visits(self, zone: int, students: Sequence[int]) -> int:
        """How many."""
        return int(self.count[list(students), zone].sum())

    def first_entry_s(self, zone: int, students: Sequence[int]) -> float:
        """Of whoever came first; NaN where nobody did."""
        first = float(self.first_s[list(students), zone].min(initial=np.inf))
        return first if np.isfinite(first) else float("nan")

    def longest_s(self, zone: int, students: Sequence[int]) -> float:
        """Longest visit of any; NaN where there was none."""
        longest = int(self.longest_us[list(students), zone].max(initial=0))
        return longest / _US if longest else float("nan")

    def mean_s(self, zone: int, students: Sequence[int]) -> float:
        """Mean over all visits; NaN where there was none."""
        count = self.visits(zone, students)
        return float(self.total_us[list(students), zone].sum()) / _US / count if count else float("nan")


def zone_visits(stays: Stays, students: int, zones: int, start_s: float) -> ZoneVisits:
    """Count and measure the visits among ``stays``."""
    visit = stays.where(stays.state >= 0)
    at = visit.student, visit.state
    shape = (students, zones)
    count, total, longest = (np.zeros(shape, np.int64) for _ in range(3))
    first = np.full(shape, np.inf)
    np.add.at(count, at, 1)
    np.add.at(total, at, visit.dwell_us)
    np.maximum.at(longest, at, visit.dwell_us)
    np.minimum.at(first, at, (visit.start_us - round(start_s * _US)) / _US)
    return ZoneVisits(count, first, longest, total)
