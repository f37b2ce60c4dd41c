"""The crop rule: where pixels land, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeclass.errors import InputError
from gazeclass.headpose.crop import CropRule, crop_affine, crop_batch, crop_square, square, warp


@given(st.floats(5, 60), st.floats(5, 60), st.floats(4, 40), st.floats(-180, 180), st.booleans())
def test_affine_takes_the_centre_to_the_middle_and_keeps_scale(x, y, side, turn, mirror):
    A = crop_affine((x, y), side, 32, rotate_deg=turn, mirror=mirror)
    np.testing.assert_allclose(A @ [x, y, 1], [15.5, 15.5], atol=1e-9)
    assert abs(np.linalg.det(A[:, :2])) == pytest.approx((32 / side) ** 2)
    assert (np.linalg.det(A[:, :2]) < 0) == mirror


def test_turning_is_clockwise_on_the_screen():
    A = crop_affine((0, 0), 10, 10, rotate_deg=90)
    top = A @ [0, -4, 1]  # a point above the centre goes to the right
    assert top[0] > 8
    assert top[1] == pytest.approx(4.5)


def test_identity_crop_returns_the_picture():
    image = np.random.default_rng(0).integers(0, 255, (32, 32, 3), dtype=np.uint8)
    crop = crop_square(image, (-0.5, -0.5, 31.5, 31.5), CropRule(32, margin=1.0))
    np.testing.assert_array_equal(crop, image)


def test_shrinking_averages():
    # A 1-pixel checkerboard is grey when shrunk by 8; skipping pixels would leave it black and white.
    image = np.tile(np.array([[0, 255], [255, 0]], np.uint8), (64, 64))[..., None].repeat(3, 2)
    crop = crop_square(image, (0, 0, 127, 127), CropRule(16, margin=1.0))
    assert np.abs(crop.astype(int) - 127).max() < 25


@pytest.mark.parametrize("factor", [1.0, 1.7, 2.3, 3.0, 7.9])
def test_content_does_not_shift_with_the_scale(factor):
    side = 24 * factor
    yy, xx = np.mgrid[0:240, 0:240]
    blob = np.exp(-((xx - 120.0) ** 2 + (yy - 120.0) ** 2) / (2 * (side / 8) ** 2))
    image = (blob * 255).astype(np.uint8)[..., None].repeat(3, 2)
    crop = warp(image, crop_affine((120, 120), side, 24), 24)[..., 0].astype(float)
    gy, gx = np.mgrid[0:24, 0:24]
    assert (crop * gx).sum() / crop.sum() == pytest.approx(11.5, abs=0.05)
    assert (crop * gy).sum() / crop.sum() == pytest.approx(11.5, abs=0.05)


def test_landmarks_move_the_centre_only_as_far_as_the_rule_says():
    marks = np.array([[10, 10], [30, 10], [40, 20], [12, 30], [28, 30]])
    box = (0, 0, 60, 40)
    np.testing.assert_allclose(square(box, CropRule(), marks)[0], [30, 20])
    np.testing.assert_allclose(square(box, CropRule(landmark_weight=1.0), marks)[0], [20, 20])
    np.testing.assert_allclose(square(box, CropRule(landmark_weight=0.5), marks)[0], [25, 20])
    np.testing.assert_allclose(square(box, CropRule(landmark_weight=1.0), marks * np.nan)[0], [30, 20])


def test_box_may_reach_past_the_picture():
    image = np.full((20, 20, 3), 77, np.uint8)
    assert (crop_square(image, (-30, -30, 5, 5)) == 77).all()


@pytest.mark.parametrize("box", [(5, 5, 5, 9), (5, 5, 2, 9), (0, 0, np.nan, 4)])
def test_empty_boxes_are_refused(box):
    with pytest.raises(InputError, match="face box"):
        crop_square(np.zeros((9, 9, 3), np.uint8), box)


@pytest.mark.parametrize(
    "image", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3), float), np.zeros((0, 9, 3), np.uint8)]
)
def test_other_arrays_are_refused(image):
    with pytest.raises(InputError, match="H×W×3"):
        crop_square(image, (0, 0, 4, 4))


def test_batches_of_unequal_length_are_refused():
    image = np.zeros((9, 9, 3), np.uint8)
    with pytest.raises(InputError, match="2 pictures, 1 boxes"):
        crop_batch([image, image], [(0, 0, 4, 4)], None, CropRule())
    assert crop_batch([], [], None, CropRule(input_px=8)).shape == (0, 8, 8, 3)
