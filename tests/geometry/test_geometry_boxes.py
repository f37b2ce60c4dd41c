"""Overlap of boxes: closed forms."""

import numpy as np
import pytest

from gazeclass.geometry.boxes import best_overlap, first_overlap, overlap


@pytest.mark.parametrize(
    ("a", "b", "union", "smaller"),
    [
        ((0, 0, 2, 2), (0, 0, 2, 2), 1.0, 1.0),
        ((0, 0, 2, 2), (1, 0, 3, 2), 1 / 3, 1 / 2),
        ((0, 0, 1, 1), (2, 2, 3, 3), 0.0, 0.0),
        ((0, 0, 4, 4), (1, 1, 2, 3), 1 / 8, 1.0),
        ((0, 0, 0, 0), (0, 0, 0, 0), 0.0, 0.0),
    ],
)
def test_overlap(a: tuple[float, ...], b: tuple[float, ...], union: float, smaller: float) -> None:
    assert overlap([a], [b])[0, 0] == pytest.approx(union)
    assert overlap([b], [a], of_smaller=True)[0, 0] == pytest.approx(smaller)


def test_every_box_with_every_other() -> None:
    found = overlap(np.array([[0, 0, 2, 2], [1, 0, 3, 2]]), np.array([[0, 0, 2, 2], [1, 0, 3, 2], [9, 9, 10, 10]]))
    np.testing.assert_allclose(found, [[1, 1 / 3, 0], [1 / 3, 1, 0]])
    assert overlap(np.empty((0, 4)), [[0, 0, 1, 1]]).shape == (0, 1)


def test_the_best_of_several_or_none() -> None:
    boxes = [(0, 0, 1, 1), (0, 0, 2, 2), (0, 0, 3, 3)]
    assert best_overlap(boxes, (0, 0, 2, 2), 0.3) == 1
    assert best_overlap(boxes, (5, 5, 6, 6), 0.0) is None
    assert best_overlap([], (0, 0, 2, 2), 0.3) is None


def test_the_first_pair_that_shares_more_than_an_edge() -> None:
    left, right, across = (0.0, 0.0, 1.0, 1.0), (1.0, 0.0, 2.0, 1.0), (1.5, 0.5, 3.0, 2.0)
    assert first_overlap([left, right, across]) == (1, 2)
    assert first_overlap([across, left, across]) == (0, 2)
    assert first_overlap([left, right, (2.0 - 1e-9, 0.0, 3.0, 1.0)]) is None
    assert first_overlap([]) is None
