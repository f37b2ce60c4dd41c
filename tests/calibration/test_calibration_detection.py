from dataclasses import replace

import cv2
import numpy as np
import pytest
from conftest import TARGET, TrueRoom, make_room, render, texture

from gazeclass.calibration.detection import chessboard_size, detect, other_explanation, to_grey
from gazeclass.calibration.target import Target, charuco, chessboard
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import exp_so3

HELD = Transform(exp_so3([0.25, -0.3, 0.1]) @ np.diag([1.0, -1.0, -1.0]), np.array([2.3, 0.6, 2.9]))


def upside_down(T: Transform, target: Target) -> Transform:
    """The board turned by half a turn in its own plane, over the same place."""
    return T @ Transform(np.diag([-1.0, -1.0, 1.0]), target.points_A[-1])


@pytest.fixture(scope="module")
def held(plain_room: TrueRoom) -> np.ndarray:
    return render(plain_room, 0, HELD)


def test_corners_of_a_rendered_board_are_found_to_a_tenth_of_a_pixel_in_the_printed_order(plain_room, held):
    found = detect(TARGET, held)
    assert found is not None
    assert found.half_turn_known
    np.testing.assert_array_equal(found.ids, np.arange(54))
    error = np.linalg.norm(found.corners_px - plain_room.pixels(0, HELD), axis=1)
    assert np.sqrt((error**2).mean()) < 0.06
    assert error.max() < 0.2


def test_colours_give_the_order_of_a_board_held_upside_down(plain_room):
    turned = upside_down(HELD, TARGET)
    found = detect(TARGET, render(plain_room, 0, turned))
    assert found is not None
    assert np.abs(found.corners_px - plain_room.pixels(0, turned)).max() < 0.2


def test_a_lying_board_seen_from_the_side(plain_room):
    found = detect(TARGET, render(plain_room, 1, plain_room.T_WA))
    assert found is not None
    assert np.abs(found.corners_px - plain_room.pixels(1, plain_room.T_WA)).max() < 0.2


def test_a_board_whose_colours_do_not_tell_says_so():
    room = make_room(chessboard("8x6", 0.08), distortion=False)
    found = detect(room.target, render(room, 0, HELD))
    assert found is not None
    assert not found.half_turn_known
    turned = found.half_turned(room.target)
    one, other = (np.abs(d.corners_px - room.pixels(0, HELD)).max() for d in (found, turned))
    assert min(one, other) < 0.2 < max(one, other)


def test_a_mirrored_picture_of_a_chessboard_still_reads_as_a_board(plain_room, held):
    # A 9x6 chessboard equals its own mirror image: only the second camera can tell (test_calibration_stereo).
    found, flipped = detect(TARGET, held), detect(TARGET, np.ascontiguousarray(held[:, ::-1]))
    assert found is not None
    assert flipped is not None
    np.testing.assert_allclose(found.mirrored(TARGET).corners_px, flipped.corners_px, atol=0.05)


def test_the_stray_corners_of_the_finder_are_led_back(plain_room, held, monkeypatch):
    from gazeclass.calibration import detection

    true = plain_room.pixels(0, HELD).reshape(6, 9, 2)
    rough = true + np.random.default_rng(1).normal(0, 0.3, true.shape)
    rough[0, 3] += (6.0, -4.0)
    rough[4, 8] += (-5.0, 5.0)
    monkeypatch.setattr(detection, "_find_grid", lambda target, grey: rough)
    found = detect(TARGET, held)
    assert found is not None
    assert np.abs(found.corners_px - true.reshape(-1, 2)).max() < 0.2


def test_colour_pictures_and_grey_ones_are_the_same(held):
    assert to_grey(held) is held
    coloured = cv2.cvtColor(held, cv2.COLOR_GRAY2BGR)
    np.testing.assert_array_equal(to_grey(coloured), held)
    np.testing.assert_array_equal(to_grey(cv2.cvtColor(held, cv2.COLOR_GRAY2BGRA)), held)


def test_nothing_in_an_empty_picture():
    wall = np.full((360, 640), 128, np.uint8)
    assert detect(TARGET, wall) is None
    assert other_explanation(TARGET, wall) is None


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["8x5", "8x6", "9x7"])
def test_a_wrong_pattern_is_recognised_and_the_right_one_named(held, pattern):
    wrong = chessboard(pattern, 0.08)
    assert detect(wrong, held) is None  # not even as a part of the larger board
    assert chessboard_size(held, wrong) == (9, 6)
    reason = other_explanation(wrong, held)
    assert reason is not None
    assert "9×6 inner corners" in reason
    assert "--pattern 9x6" in reason


CHARUCO = charuco("6x5", 0.08, "DICT_4X4_100")


def charuco_picture(target: Target) -> tuple[np.ndarray, np.ndarray]:
    """A slanted picture of the print and its true corners."""
    print_, to_print = texture(target)
    H = np.array([[1.6, 0.12, 60.0], [-0.08, 1.5, 70.0], [0.0003, 0.0002, 1.0]])
    picture = cv2.warpPerspective(print_, H, (640, 480), flags=cv2.INTER_AREA, borderValue=128)
    points = np.column_stack([target.points_A[:, :2], np.ones(target.count)]) @ (H @ to_print).T
    return cv2.GaussianBlur(picture, (0, 0), 0.7), points[:, :2] / points[:, 2:]


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("legacy", [False, True])
def test_charuco_boards_in_all_their_kinds(inverted, legacy):
    # Four rows of squares: an even count, where the legacy pattern differs.
    target = charuco("6x4", 0.08, "DICT_4X4_100", inverted=inverted, legacy=legacy)
    picture, true = charuco_picture(target)
    found = detect(target, picture)
    assert found is not None
    assert len(found.ids) == target.count
    assert np.abs(found.corners_px - true[found.ids]).max() < 0.4


def test_a_partly_covered_charuco_board_gives_the_corners_that_are_left():
    picture, true = charuco_picture(CHARUCO)
    picture[:, :250] = 128
    found = detect(CHARUCO, picture)
    assert found is not None
    assert 6 <= len(found.ids) < CHARUCO.count
    assert np.abs(found.corners_px - true[found.ids]).max() < 0.4


def test_what_is_wrong_with_a_charuco_picture_is_said(held):
    picture, _ = charuco_picture(CHARUCO)
    mirrored = np.ascontiguousarray(picture[:, ::-1])
    assert detect(CHARUCO, mirrored) is None
    assert "mirrored" in str(other_explanation(CHARUCO, mirrored))
    assert "--inverted" in str(other_explanation(replace(CHARUCO, inverted=True), picture))
    four_rows = charuco("6x4", 0.08, "DICT_4X4_100")
    assert "--legacy" in str(other_explanation(replace(four_rows, legacy=True), charuco_picture(four_rows)[0]))
    assert "plain chessboard" in str(other_explanation(CHARUCO, held))
