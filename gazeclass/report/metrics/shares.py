"""Dwell, shares of the time measured, and their doubt, for any group and any span.

**Dwell** in a state is the time of the observations in it: ``dwell_z = Σ w [state = z]``, in whole microseconds.
**Share of the time measured** counts each gaze point by the probability of its ellipse:
``share_z = Σ w p_z / Σ w`` over measured observations; for a zone of the size of its ellipses the two differ, and the
share is the fairer one.
**Doubt** of a share is one standard deviation from the gaze points' own errors: within one student they are taken as
wholly common over time (a pose network errs the same way for minutes), between students as independent:
``sd = sqrt( Σ_s ( Σ_{i∈s} w_i sqrt(p_i (1-p_i)) )² ) / Σ w``.
**Coverage** is the measured share of the time there was: ``Σ w [measured] / (students × lesson)``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gazeclass.geometry.rotation import Array

if TYPE_CHECKING:
    from gazeclass.report.metrics.states import LessonTimes

_US = 1_000_000
_STATES_BELOW_ZONES = 4  # elsewhere, away, doubtful, not seen


@dataclass(frozen=True)
class Share:
    """A share of the measured time.

    Attributes:
        value: in [0, 1]; NaN when nothing was measured.
        doubt: one standard deviation of it, from the gaze points' own errors.
        measured_s: the denominator.
    """

    value: float
    doubt: float
    measured_s: float


@dataclass(frozen=True, eq=False)
class Totals:
    """Sums over observations, one row a student, from which every share of a group follows.

    Attributes:
        state_us: ``(students, 4 + zones)`` microseconds in each state; column ``4 + state``.
        faced_us: ``(students, zones + 1)`` expected microseconds ``Σ w p`` on each zone and, last, on the board.
        spread_us: the same shape, ``Σ w sqrt(p (1-p))``.
    """

    state_us: NDArray[np.int64]
    faced_us: Array
    spread_us: Array

    @staticmethod
    def of_observations(times: "LessonTimes", which: NDArray[np.bool_] | slice) -> "Totals":
        """Sum ``which`` of a lesson's observations."""
        student = times.lesson.observations.student[which]
        state, weight = times.state[which], times.weight_us[which]
        students, zones = len(times.lesson.students), len(times.lesson.zones)
        columns = zones + _STATES_BELOW_ZONES
        at = student.astype(np.int64) * columns + (state + _STATES_BELOW_ZONES)
        # Whole numbers below 2^53 add up exactly as floats.
        state_us = np.bincount(at, weights=weight, minlength=students * columns).astype(np.int64)
        measured = times.measured[which]
        who, w, p = student[measured], weight[measured], times._p[which][measured]
        faced, spread = np.zeros((students, zones + 1)), np.zeros((students, zones + 1))
        for k in range(zones + 1):
            q = p[:, k].astype(float)
            faced[:, k] = np.bincount(who, weights=w * q, minlength=students)
            spread[:, k] = np.bincount(who, weights=w * np.sqrt(np.clip(q * (1.0 - q), 0.0, None)), minlength=students)
        return Totals(state_us.reshape(students, columns), faced, spread)

    def of(self, students: Sequence[int]) -> "Totals":
        """Those of some students."""
        chosen = list(students)
        return Totals(self.state_us[chosen], self.faced_us[chosen], self.spread_us[chosen])

    @property
    def measured_us(self) -> NDArray[np.int64]:
        """``(students,)`` microseconds measured: in a zone, elsewhere or away."""
        out: NDArray[np.int64] = self.state_us[:, _STATES_BELOW_ZONES - 2 :].sum(axis=1)
        return out

    @property
    def measured_s(self) -> float:
        """Student-seconds measured."""
        return float(self.measured_us.sum()) / _US

    def state_s(self, state: int) -> float:
        """Student-seconds in a state: dwell, for a zone. Rows that are missing count as nothing here."""
        return float(self.state_us[:, state + _STATES_BELOW_ZONES].sum()) / _US

    def share_on_board(self) -> Share:
        """Share of the measured time in which the students faced the board, and its doubt."""
        return self._share(-1)

    def share_in_zone(self, zone: int) -> Share:
        """As :meth:`share_on_board`, for one zone."""
        return self._share(zone)

    @property
    def elsewhere_s(self) -> float:
        """Expected seconds facing the board's plane beside the board: measured, less on the board, less away.

        Each gaze point counts with its probability, so the three add up to the time measured.
        """
        away = self.state_us[:, _STATES_BELOW_ZONES - 2].sum()
        return max(float(self.measured_us.sum() - self.faced_us[:, -1].sum() - away), 0.0) / _US

    def coverage(self, lesson_s: float) -> float:
        """Measured share of the time there was; NaN where there was none."""
        whole = lesson_s * len(self.state_us)
        return self.measured_s / whole if whole > 0 else float("nan")

    def _share(self, column: int) -> Share:
        measured = float(self.measured_us.sum())
        if not measured > 0:
            return Share(float("nan"), float("nan"), 0.0)
        value = float(self.faced_us[:, column].sum()) / measured
        doubt = float(np.sqrt((self.spread_us[:, column] ** 2).sum())) / measured
        return Share(min(value, 1.0), doubt, measured / _US)
