"""Box arithmetic against pixel counting and a plain reference."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gazeclass.faces.boxes import enlarge, overlap, overlap_of_two, shift, square, suppress

whole = st.integers(0, 20)
box = st.tuples(whole, whole, st.integers(1, 12), st.integers(1, 12)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


def pixels(b: tuple[int, int, int, int]) -> set[tuple[int, int]]:
    return {(x, y) for x in range(b[0], b[2]) for y in range(b[1], b[3])}


@given(box, box)
def test_overlap_is_what_counting_pixels_gives(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    p, q = pixels(a), pixels(b)
    A, B = np.array([a], float), np.array([b], float)
    assert np.isclose(overlap(A, B)[0, 0], len(p & q) / len(p | q))
    assert np.isclose(overlap(A, B, of_smaller=True)[0, 0], len(p & q) / min(len(p), len(q)))
    for of_smaller in (False, True):
        assert overlap_of_two(A[0], B[0], of_smaller=of_smaller) == overlap(A, B, of_smaller=of_smaller)[0, 0]


def test_boxes_without_area_overlap_nothing() -> None:
    point = np.array([3.0, 3.0, 3.0, 3.0])
    assert overlap_of_two(point, point) == overlap(point[None], point[None])[0, 0] == 0.0
    assert overlap_of_two(point, np.array([0.0, 0.0, 9.0, 9.0]), of_smaller=True) == 0.0


def test_overlap_of_an_empty_box_is_zero() -> None:
    assert overlap(np.array([[3.0, 3, 3, 9]]), np.array([[0.0, 0, 9, 9]]))[0, 0] == 0
    assert overlap(np.empty((0, 4)), np.ones((2, 4))).shape == (0, 2)


@given(st.lists(st.tuples(box, st.floats(0, 1)), min_size=1, max_size=12))
def test_suppression_keeps_the_best_and_nothing_that_overlaps_it(entries: list) -> None:
    boxes = np.array([b for b, _ in entries], float)
    scores = np.array([s for _, s in entries])
    kept = suppress(boxes, scores, 0.3)
    assert scores[kept[0]] == scores.max()
    assert (np.diff(scores[kept]) <= 0).all()
    table = overlap(boxes, boxes)
    between = table[np.ix_(kept, kept)] - np.eye(len(kept))
    assert (between <= 0.3).all()
    for gone in set(range(len(boxes))) - set(kept.tolist()):
        assert any(table[gone, k] > 0.3 and scores[k] >= scores[gone] for k in kept)


def test_suppression_of_nothing() -> None:
    assert len(suppress(np.empty((0, 4)), np.empty(0), 0.5)) == 0


def test_square_shift_enlarge() -> None:
    boxes = np.array([[10.0, 20, 30, 60]])
    assert square(boxes).tolist() == [[0, 20, 40, 60]]
    assert shift(boxes, np.array([[0.1, -0.1, 0.5, 0.25]])).tolist() == [[12, 16, 40, 70]]
    assert enlarge(boxes, 2).tolist() == [[0, 0, 40, 80]]
