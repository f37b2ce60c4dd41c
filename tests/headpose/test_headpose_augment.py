"""Training pictures and their labels: mirrored, turned, moved, always exact."""

import cv2
import numpy as np
import pytest

from gazeclass.geometry.camera import ray_rotation
from gazeclass.geometry.rotation import angles_deg_from_rotation, geodesic_deg, rotation_from_angles_deg
from gazeclass.headpose.augment import (
    NOTHING,
    Augmentation,
    RenderedHead,
    against_ray,
    training_picture,
    turned,
)
from gazeclass.headpose.crop import CropRule
from gazeclass.headpose.mirror import mirrored

RULE = CropRule(input_px=48, margin=1.2)


def head(R: np.ndarray) -> RenderedHead:
    rng = np.random.default_rng(0)
    image = cv2.GaussianBlur(rng.integers(0, 255, (100, 100, 3), np.uint8), (0, 0), 2)
    return RenderedHead(image, R, np.array([25.0, 30, 75, 80]), np.full((5, 2), 50.0), 10.0)


def test_mirror_and_turn_of_angles() -> None:
    R = rotation_from_angles_deg(30, 10, 5)
    np.testing.assert_allclose(angles_deg_from_rotation(mirrored(R)), [-30, 10, -5], atol=1e-9)
    upright = rotation_from_angles_deg(0, 0, 0)
    # Content turned clockwise on the screen: the top of the head leans to the picture's right, roll grows.
    np.testing.assert_allclose(angles_deg_from_rotation(turned(upright, 20)), [0, 0, 20], atol=1e-9)


def test_another_centre_is_another_ray() -> None:
    R_camera = rotation_from_angles_deg(12, -8, 3)
    offset = np.array([30.0, -20.0])
    tangent = offset * 2 * np.tan(np.radians(5)) / 100
    expected = ray_rotation([*tangent, 1.0]).T @ R_camera
    np.testing.assert_allclose(against_ray(R_camera, offset, 100, 10.0), expected, atol=1e-12)


def test_untouched_crop_is_the_plain_crop() -> None:
    from gazeclass.headpose.crop import crop_square

    R = rotation_from_angles_deg(20, 5, 0)
    h = head(R)
    picture = training_picture(h, RULE, NOTHING, np.random.default_rng(0))
    crop, label = picture.crop, picture.R
    np.testing.assert_array_equal(crop, crop_square(h.image, h.box_px, RULE, h.landmarks_px))
    # The box's centre lies 0.5 px right and 5.5 px below the canvas's: a tenth of 10° at most.
    assert geodesic_deg(label, R) < 1.0


def test_same_seed_same_picture() -> None:
    h = head(rotation_from_angles_deg(20, 5, 0))
    one = training_picture(h, RULE, Augmentation(), np.random.default_rng(5))
    two = training_picture(h, RULE, Augmentation(), np.random.default_rng(5))
    a, Ra, b, Rb = one.crop, one.R, two.crop, two.R
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(Ra, Rb)


def test_labels_of_many_variations_stay_rotations_near_the_truth() -> None:
    rng = np.random.default_rng(1)
    R = rotation_from_angles_deg(25, -10, 0)
    for _ in range(100):
        picture = training_picture(head(R), RULE, Augmentation(), rng)
        crop, label = picture.crop, picture.R
        assert crop.shape == (48, 48, 3)
        assert crop.dtype == np.uint8
        np.testing.assert_allclose(label @ label.T, np.eye(3), atol=1e-9)
        # However varied, the angle between face and viewing ray changes by no more than the crop's shift (10° canvas).
        assert np.degrees(np.arccos(-label[2, 2])) == pytest.approx(np.degrees(np.arccos(-R[2, 2])), abs=5)


def test_turned_content_is_where_the_label_says() -> None:
    """A dark spot above the centre, turned by 45° clockwise at most, moves to the right as roll grows."""
    image = np.full((100, 100, 3), 200, np.uint8)
    cv2.circle(image, (50, 30), 5, (0, 0, 0), -1)
    spot = RenderedHead(
        image, rotation_from_angles_deg(0, 0, 0), np.array([24.5, 24.5, 74.5, 74.5]), np.zeros((5, 2)), 1.0
    )
    only_turn = Augmentation(0, 45, 30, 0, 0, 1, (64, 64), 0, 0, 0, 0, 0, 0, 0, 0)
    rng = np.random.default_rng(3)
    for _ in range(20):
        picture = training_picture(spot, RULE, only_turn, rng)
        crop, label = picture.crop, picture.R
        y, x = np.argwhere(crop[..., 0] < 60).mean(axis=0) - 23.5
        assert np.degrees(np.arctan2(x, -y)) == pytest.approx(angles_deg_from_rotation(label)[2], abs=3)
