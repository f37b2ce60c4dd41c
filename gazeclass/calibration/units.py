"""Lengths typed in the wrong unit: which factor explains them."""

import math

#: (what was typed) / (what it should be), and the words for it.
FACTORS = (
    (100.0, "it looks like centimetres; write {:.3f}"),
    (1000.0, "it looks like millimetres; write {:.3f}"),
    (10.0, "the decimal point looks one place too far right; write {:.3f}"),
    (0.1, "the decimal point looks one place too far left; write {:.3f}"),
    (0.01, "the decimal point looks two places too far left; write {:.3f}"),
    (100.0 / 2.54, "it looks like inches; in metres that is {:.3f}"),
    (1.0 / 0.3048, "it looks like feet; in metres that is {:.3f}"),
)


def unit_mistake(typed_m: float, expected_m: float, tolerance: float = 0.04) -> str:
    """Words for the unit that ``typed_m`` seems to be in; empty where no unit explains it.

    Args:
        typed_m: what was typed as metres.
        expected_m: what the length should be about.
        tolerance: how far the explained length may be off, as a share.
    """
    if not (typed_m > 0 and expected_m > 0):
        return ""
    best = min(FACTORS, key=lambda f: abs(math.log(typed_m / f[0] / expected_m)))
    if abs(math.log(typed_m / best[0] / expected_m)) > tolerance:
        return ""
    return best[1].format(typed_m / best[0]) + " m."


def metres(typed: float, expected_m: float, tolerance: float = 0.04) -> float | None:
    """``typed`` in metres when a wrong unit explains it (see :func:`unit_mistake`), else None."""
    if not (typed > 0 and expected_m > 0):
        return None
    best = min(FACTORS, key=lambda f: abs(math.log(typed / f[0] / expected_m)))[0]
    return round(typed / best, 4) if abs(math.log(typed / best / expected_m)) <= tolerance else None
