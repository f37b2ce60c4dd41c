import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeclass.calibration.target import CHARUCO, Target, charuco, chessboard, parse_pattern
from gazeclass.errors import InputError


def test_corners_lie_where_the_survey_sheet_says():
    target = chessboard("9x6", 0.06)
    expected = {"C00": (0, 0, 0), "C80": (-0.48, 0, 0), "C05": (0, -0.30, 0), "C85": (-0.48, -0.30, 0)}
    for name, point in expected.items():
        np.testing.assert_allclose(target.points_A[target.corner_index(name)], point, atol=1e-12)
    assert target.outer_corner_names() == ("C00", "C80", "C05", "C85")


@given(columns=st.integers(3, 20), rows=st.integers(3, 20))
def test_every_corner_name_leads_back_to_its_index(columns, rows):
    target = Target(columns, rows, 0.05)
    names = [target.corner_name(i, j) for j in range(rows) for i in range(columns)]
    assert [target.corner_index(name) for name in names] == list(range(target.count))


@pytest.mark.parametrize("name", ["C90", "C06", "B_TL", "C0", "C000", "c00", ""])
def test_a_name_that_is_no_corner_of_this_board(name):
    assert chessboard("9x6", 0.06).corner_index(name) is None


def test_the_long_side_becomes_the_columns():
    assert chessboard("6 × 9", 0.06) == chessboard("9x6", 0.06)


@pytest.mark.parametrize(("pattern", "tells_order"), [("9x6", True), ("8x6", False), ("9x7", False)])
def test_when_the_colours_tell_the_order(pattern, tells_order):
    assert chessboard(pattern, 0.05).colours_tell_order is tells_order


def test_the_hash_tells_boards_apart_and_is_steady():
    boards = [
        chessboard("9x6", 0.06),
        chessboard("9x6", 0.0601),
        chessboard("8x6", 0.06),
        charuco("9x6", 0.06, "DICT_4X4_100"),
        charuco("9x6", 0.06, "DICT_4X4_100", inverted=True),
    ]
    assert len({board.hash for board in boards}) == len(boards)
    assert boards[0].hash == "74fe65696d229788"


def test_charuco_counts_squares_and_numbers_its_corners_from_the_upper_right():
    target = charuco("4x5", 0.054, "DICT_4X4_1000")
    assert (target.columns, target.rows, target.kind) == (3, 4, CHARUCO)
    # OpenCV: 0 is upper left, 2 upper right, 11 lower right; ours: C20, C00, C03.
    at = target.index_of_charuco_id(np.array([0, 2, 11]))
    assert [target.corner_index(name) for name in ("C20", "C00", "C03")] == at.tolist()
    # The same corner has the same place up to OpenCV's origin (upper left of the page, y down).
    opencv = np.asarray(target.charuco_board().getChessboardCorners())
    ours = target.points_A[target.index_of_charuco_id(np.arange(12))]
    np.testing.assert_allclose(ours[:, 0] - ours[0, 0], opencv[:, 0] - opencv[0, 0], atol=1e-6)
    np.testing.assert_allclose(ours[:, 1] - ours[0, 1], -(opencv[:, 1] - opencv[0, 1]), atol=1e-6)


@pytest.mark.parametrize("text", ["9", "9x", "x6", "9.5x6", "nine by six", "-9x6", ""])
def test_a_pattern_that_is_none(text):
    with pytest.raises(InputError, match="is not a pattern"):
        parse_pattern(text)


@pytest.mark.parametrize("square", [0.0, -0.06, 60.0, float("nan")])
def test_a_square_that_is_not_in_metres(square):
    with pytest.raises(InputError, match="not plausible"):
        chessboard("9x6", square)


def test_boards_that_cannot_be():
    with pytest.raises(InputError, match="cannot be used"):
        chessboard("2x6", 0.06)
    with pytest.raises(InputError, match="no ArUco dictionary"):
        charuco("4x5", 0.05, "DICT_9X9_7")
    with pytest.raises(InputError, match="50 markers, this board needs 54"):
        charuco("9x12", 0.05, "DICT_4X4_50")
    with pytest.raises(InputError, match="marker must be"):
        charuco("4x5", 0.05, "DICT_4X4_50", marker_ratio=1.0)
    with pytest.raises(InputError, match="'circles'"):
        Target(9, 6, 0.06, "circles")
