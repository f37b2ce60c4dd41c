"""How much boxes overlap. Boxes are ``(n, 4)`` arrays x0, y0, x1, y1; width is x1 - x0."""

import numpy as np
from numpy.typing import ArrayLike

from gazeclass.geometry.rotation import Array


def overlap(a: ArrayLike, b: ArrayLike, *, of_smaller: bool = False) -> Array:
    """Intersection over union of every box of ``a`` with every one of ``b``.

    Args:
        a: ``(n, 4)``.
        b: ``(m, 4)``.
        of_smaller: divide by the smaller of the two areas in place of the union.

    Returns:
        ``(n, m)``, 0 to 1; 0 for boxes without area.
    """
    p, q = np.asarray(a, float).reshape(-1, 4), np.asarray(b, float).reshape(-1, 4)
    low = np.maximum(p[:, None, :2], q[None, :, :2])
    high = np.minimum(p[:, None, 2:], q[None, :, 2:])
    inner = np.prod(np.clip(high - low, 0, None), axis=2)
    area_p = np.prod(np.clip(p[:, 2:] - p[:, :2], 0, None), axis=1)[:, None]
    area_q = np.prod(np.clip(q[:, 2:] - q[:, :2], 0, None), axis=1)[None]
    whole = np.minimum(area_p, area_q) if of_smaller else area_p + area_q - inner
    return np.asarray(np.divide(inner, whole, out=np.zeros_like(inner), where=whole > 0))


def best_overlap(boxes: ArrayLike, truth: ArrayLike, least: float) -> int | None:
    """Index of the box that overlaps ``truth (4,)`` most, if by more than ``least``; None if none does."""
    shares = overlap(boxes, truth)[:, 0]
    best = int(np.argmax(shares)) if len(shares) else 0
    return best if len(shares) and shares[best] > least else None


def first_overlap(boxes: ArrayLike) -> tuple[int, int] | None:
    """Indices of the first two boxes that share more than an edge (a millionth of the smaller), or None."""
    pairs = np.argwhere(np.triu(overlap(boxes, boxes, of_smaller=True) > 1e-6, 1))
    return (int(pairs[0, 0]), int(pairs[0, 1])) if len(pairs) else None
