"""Box arithmetic on whole arrays: overlap, non-maximum suppression, squares.

Boxes are (n, 4) arrays x0, y0, x1, y1 in pixels; width is x1 - x0.
"""

import numpy as np

from gazeclass.geometry.boxes import overlap

__all__ = ["enlarge", "overlap", "overlap_of_two", "shift", "square", "suppress"]


def overlap_of_two(a: np.ndarray, b: np.ndarray, *, of_smaller: bool = False) -> float:
    """:func:`overlap` of two boxes ``(4,)``, the same result: arrays cost a hundred times what so few numbers do."""
    ax0, ay0, ax1, ay1 = a.tolist()
    bx0, by0, bx1, by1 = b.tolist()
    inner = max(min(ax1, bx1) - max(ax0, bx0), 0.0) * max(min(ay1, by1) - max(ay0, by0), 0.0)
    area_a = max(ax1 - ax0, 0.0) * max(ay1 - ay0, 0.0)
    area_b = max(bx1 - bx0, 0.0) * max(by1 - by0, 0.0)
    whole = min(area_a, area_b) if of_smaller else area_a + area_b - inner
    return float(inner / whole) if whole > 0 else 0.0


def suppress(boxes: np.ndarray, scores: np.ndarray, limit: float, *, of_smaller: bool = False) -> np.ndarray:
    """Non-maximum suppression.

    Args:
        boxes: (n, 4).
        scores: (n,).
        limit: a box that overlaps a better one by more than this goes.
        of_smaller: as in :func:`overlap`.

    Returns:
        Indices of the boxes that stay, best first.
    """
    order = np.argsort(-scores, kind="stable")
    kept = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(best)
        order = rest[overlap(boxes[best : best + 1], boxes[rest], of_smaller=of_smaller)[0] <= limit]
    return np.array(kept, dtype=np.intp)


def square(boxes: np.ndarray) -> np.ndarray:
    """Squares of the longer side about the same centres."""
    centre = (boxes[:, :2] + boxes[:, 2:4]) / 2
    half = (boxes[:, 2:4] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    return np.hstack([centre - half, centre + half])


def shift(boxes: np.ndarray, correction: np.ndarray) -> np.ndarray:
    """Move each edge by its correction, given as a fraction of the box's width or height."""
    size = boxes[:, 2:4] - boxes[:, :2]
    return boxes[:, :4] + correction * np.hstack([size, size])


def enlarge(boxes: np.ndarray, factor: float) -> np.ndarray:
    """Boxes about the same centres, ``factor`` times as wide and high."""
    centre = (boxes[:, :2] + boxes[:, 2:4]) / 2
    half = (boxes[:, 2:4] - boxes[:, :2]) / 2 * factor
    return np.hstack([centre - half, centre + half])
