"""How far a zone's figure can be trusted: is the zone large enough for the error with which it is measured?

**Expected hit rate** of a zone for a student: the chance that a look at a place anywhere in the zone is measured inside
it, given the error ellipses of that student's own gaze points (:func:`gazeclass.lesson.zones.expected_hit_rate`,
averaged over them). Of a group: the students' rates, each weighted with the time measured. A figure is **unreliable**
where fewer than half of the looks would be counted where they belong (:data:`LEAST_HIT_RATE`). Where there is no gaze
point at all the rate is unknown (NaN), and so unreliable.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gazeclass.geometry.rotation import Array
from gazeclass.lesson.zones import Zone, expected_hit_rate

if TYPE_CHECKING:
    from gazeclass.report.metrics.states import LessonTimes

#: A zone whose looks are hit more seldom than this is marked wherever its figure appears.
LEAST_HIT_RATE = 0.5
#: Ellipses looked at for each student, evenly spaced over the lesson: they change slowly.
_SAMPLES = 50


@dataclass(frozen=True, eq=False)
class HitRates:
    """Expected hit rates.

    Attributes:
        rate: ``(students, zones)``, NaN where a student has no gaze point.
        weight_s: ``(students,)`` measured seconds.
    """

    rate: Array
    weight_s: Array

    def of(self, zone: int, students: Sequence[int]) -> float:
        """Of a group."""
        chosen = list(students)
        rate, weight = self.rate[chosen, zone], self.weight_s[chosen]
        known = np.isfinite(rate) & (weight > 0)
        return float(np.average(rate[known], weights=weight[known])) if known.any() else float("nan")

    def unreliable(self, zone: int, students: Sequence[int]) -> bool:
        """Whether the zone is too small for the group's error."""
        return not self.of(zone, students) >= LEAST_HIT_RATE


def hit_rates(times: "LessonTimes", zones: Sequence[Zone] | None = None) -> HitRates:
    """Expected hit rate of each zone for each student of a lesson.

    Args:
        times: of the lesson.
        zones: other zones than the lesson's, to be tried.
    """
    zones = times.lesson.zones if zones is None else zones
    students = len(times.lesson.students)
    who, cov = times.sampled_cov
    count = np.bincount(who, minlength=students)
    rate = np.full((students, len(zones)), np.nan)
    for k, zone in enumerate(zones):
        total = np.bincount(who, expected_hit_rate(zone, cov), minlength=students)
        rate[:, k] = np.divide(total, count, out=rate[:, k], where=count > 0)
    return HitRates(rate, times.all_totals.measured_us / 1e6)


def sample_cov(times: "LessonTimes") -> tuple[NDArray[np.int64], Array]:
    """Students ``(k,)`` and ellipses ``(k, 2, 2)``: some of each student's, evenly spaced over the lesson."""
    o = times.lesson.observations
    points = np.flatnonzero(times.state >= -1)
    points = points[np.argsort(o.student[points], kind="stable")]
    ends = np.searchsorted(o.student[points], np.arange(len(times.lesson.students) + 1))
    places = [np.unique(np.linspace(a, b - 1, _SAMPLES).astype(int)) for a, b in pairwise(ends.tolist()) if b > a]
    chosen = points[np.concatenate(places)] if places else points[:0]
    return o.student[chosen], o.packed_cov[chosen, 12:15].astype(float)[:, [[0, 1], [1, 2]]]
