"""How alike the class faces, and how much of the board it used.

**Synchrony** is the chance that two different students, both measured at one moment, face the same thing (the same
zone, elsewhere, or away): ``P = Σ_m w_m Σ_k n_mk (n_mk - 1) / Σ_m w_m n_m (n_m - 1)``, n_mk students in state k of n_m
measured at moment m. It is Fleiss' observed agreement (Fleiss, Psychological Bulletin 76, 1971, eq. 2) with moments as
subjects and every pair of students counted alike, as the number measured differs from moment to moment. How much of it
is more than a class would show whose students each kept to the lesson's overall mix without regard to the others is
Fleiss' ``kappa = (P - P_e) / (1 - P_e)``, ``P_e = Σ_k q_k²``, q_k the share of the time measured in state k. It
compares moments of one lesson, not lessons with different zones: more zones, less agreement.

**Area of half the time**: the smallest part of the board's area that took half of the class's time on the board; 0.5
for an evenly used board.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gazeclass.geometry.rotation import Array

if TYPE_CHECKING:
    from gazeclass.report.heatmap import Heatmap
    from gazeclass.report.metrics.states import LessonTimes


@dataclass(frozen=True)
class Synchrony:
    """How alike the class faced.

    Attributes:
        agreement: P above, in [0, 1]; NaN where no two students were ever measured at once.
        expected: P_e, what an overall mix alone gives.
        kappa: agreement beyond that; 1 all always alike, 0 no more than the mix; NaN where the mix is one thing only.
    """

    agreement: float
    expected: float
    kappa: float


def synchrony(times: "LessonTimes", which: NDArray[np.bool_] | None = None) -> Synchrony:
    """Synchrony of ``which`` observations (None: all) of a lesson."""
    counts = _counts(times, which)
    measured = counts.sum(axis=1)
    w = times.moment_weight_us.astype(float)
    pairs = float((w * measured * (measured - 1)).sum())
    if not pairs > 0:
        return Synchrony(float("nan"), float("nan"), float("nan"))
    agreement = float((w[:, None] * counts * (counts - 1)).sum()) / pairs
    mix = (w[:, None] * counts).sum(axis=0) / float((w * measured).sum())
    expected = float((mix**2).sum())
    kappa = (agreement - expected) / (1.0 - expected) if expected < 1.0 - 1e-12 else float("nan")
    return Synchrony(agreement, expected, kappa)


def _counts(times: "LessonTimes", which: NDArray[np.bool_] | None) -> Array:
    """Students in each measured state at each moment, ``(moments, 2 + zones)``."""
    chosen = times.measured if which is None else times.measured & which
    states = len(times.lesson.zones) + 2
    at = times.moment[chosen].astype(np.int64) * states + (times.state[chosen] + 2)
    counts = np.bincount(at, minlength=len(times.moments_s) * states)
    return counts.reshape(len(times.moments_s), states).astype(float)


def area_of_half(heat: "Heatmap", part: float = 0.5) -> float:
    """Smallest share of the board's area that took ``part`` of the time on the board; NaN without any.

    Cells are taken by falling heat; the last one counts by the part of it that is needed.
    """
    cells = np.sort(heat.seconds_per_dm2.ravel())[::-1]
    total = float(cells.sum())
    if not total > 0:
        return float("nan")
    filled = np.concatenate([[0.0], np.cumsum(cells) / total])
    return float(np.interp(part, filled, np.arange(len(filled)))) / len(cells)
