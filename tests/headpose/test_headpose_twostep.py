"""The two-step method against closed forms, and its signs against real faces' geometry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import geodesic_deg, long_yaw_angles_deg, rotation_from_angles_deg
from gazeclass.headpose.estimator import HeadPoses, LandmarkEstimator, load_estimator
from gazeclass.headpose.meanface import MEAN_FACE_68, MIRROR_5, MIRROR_68, five_points
from gazeclass.headpose.twostep import DEFAULT_MODEL, MEAN_FIVE, ONET_FIVE, pose_from_five_points


def view(R: np.ndarray, distance_m: float = 5.0, focal_px: float = 1500.0) -> np.ndarray:
    """The five points of the mean face as a pinhole camera on the ray sees them: perspective, unlike the
    method."""
    p = MEAN_FIVE @ R.T + [0, 0, distance_m]
    return p[:, :2] / p[:, 2:] * focal_px + [300, 200]


def test_mean_face_is_symmetric_and_upright():
    np.testing.assert_allclose(MEAN_FACE_68[MIRROR_68] * [-1, 1, 1], MEAN_FACE_68, atol=1e-12)
    np.testing.assert_allclose(MEAN_FIVE[MIRROR_5] * [-1, 1, 1], MEAN_FIVE, atol=1e-12)
    # The person's right eye is on the picture's left: negative X. Eyes above the mouth, nose in front of
    # both.
    assert MEAN_FIVE[0, 0] < 0 < MEAN_FIVE[1, 0]
    assert MEAN_FIVE[:2, 1].min() > MEAN_FIVE[2, 1] > MEAN_FIVE[3:, 1].max()
    assert MEAN_FIVE[2, 2] > MEAN_FIVE[[0, 1, 3, 4], 2].max()


def test_five_points_keep_dimension():
    assert five_points(np.zeros((7, 68, 2))).shape == (7, 5, 2)


@given(st.floats(-60, 60), st.floats(-30, 30), st.floats(-30, 30))
def test_recovers_the_pose_of_a_mean_face_in_perspective(yaw, pitch, roll):
    R = rotation_from_angles_deg(yaw, pitch, roll)
    found, sigma, residual = pose_from_five_points(view(R)[None])
    assert geodesic_deg(found[0], R) < 12.0  # the prior pulls weakly determined pitch towards 0
    assert abs(long_yaw_angles_deg(found[0])[0] - yaw) < 5.0
    assert (sigma > 0).all()
    assert residual[0] < 0.006


def test_signs_of_each_angle():
    # Nose to the picture's left: positive yaw; nose up: positive pitch; top of the head to the right:
    # positive roll.
    face = view(rotation_from_angles_deg(0, 0, 0))
    left, up = face.copy(), face.copy()
    left[2, 0] -= 6
    up[2, 1] -= 4
    lean = (face - face.mean(0)) @ np.array([[np.cos(0.2), np.sin(0.2)], [-np.sin(0.2), np.cos(0.2)]])
    R, _, _ = pose_from_five_points(np.stack([left, up, lean]))
    angles = long_yaw_angles_deg(R)
    assert angles[0, 0] > 8
    assert angles[1, 1] > 4
    assert angles[2, 2] == pytest.approx(np.degrees(0.2), abs=1.0)


@given(st.floats(-50, 50), st.floats(-25, 25), st.floats(-25, 25), st.integers(0, 2**31))
def test_mirrored_landmarks_give_mirrored_angles(yaw, pitch, roll, seed):
    points = view(rotation_from_angles_deg(yaw, pitch, roll))
    points = points + np.random.default_rng(seed).normal(0, 0.3, points.shape)
    mirrored = (points * [-1, 1] + [600, 0])[MIRROR_5]
    R, sigma, _ = pose_from_five_points(np.stack([points, mirrored]))
    a, b = long_yaw_angles_deg(R)
    np.testing.assert_allclose(b, a * [-1, 1, -1], atol=0.2)
    np.testing.assert_allclose(sigma[0], sigma[1], atol=0.2)


def test_scale_and_place_do_not_matter():
    points = view(rotation_from_angles_deg(25, -10, 5))
    R, _, _ = pose_from_five_points(np.stack([points, points * 0.1 - 7, points * 3 + 1000]))
    assert geodesic_deg(R[0], R[1:]).max() < 1e-3


def test_sigma_covers_noise_it_was_told_of():
    rng = np.random.default_rng(3)
    angles = np.stack([rng.uniform(-50, 50, 400), rng.normal(0, 12, 400), rng.normal(0, 10, 400)], 1)
    R = rotation_from_angles_deg(*angles.T)
    shapes = MEAN_FIVE + rng.normal(0, 1, (400, 5, 3)) * [0.0025, 0.0035, 0.0045]
    points = (shapes @ np.swapaxes(R, 1, 2))[..., :2] + rng.normal(0, 0.003, (400, 5, 2))
    found, sigma, _ = pose_from_five_points(points * 400)
    inside = (np.abs(long_yaw_angles_deg(found) - angles) < sigma).mean(axis=0)
    assert (inside > 0.55).all()
    assert (inside < 0.85).all()


def test_unknown_landmarks_stay_unknown():
    points = np.stack([view(rotation_from_angles_deg(0, 0, 0)), np.full((5, 2), np.nan), np.zeros((5, 2))])
    poses = LandmarkEstimator().estimate([None] * 3, [None] * 3, list(points))
    assert np.isfinite(poses.angles_deg[0]).all()
    assert np.isnan(poses.angles_deg[1:]).all()
    assert np.isnan(poses.sigma_deg[1:]).all()
    assert np.isnan(poses.R_crop[1:]).all()


def test_no_faces_and_no_landmarks():
    estimator = load_estimator("landmarks")
    assert len(estimator.estimate([], [], [])) == 0
    with pytest.raises(InputError, match="five landmarks"):
        estimator.estimate([np.zeros((4, 4, 3), np.uint8)], [(0, 0, 4, 4)], None)


def test_unknown_estimator_is_refused():
    with pytest.raises(InputError, match="no model 'nonsense'"):
        load_estimator("nonsense")


def test_poses_from_angles_keep_unknown_ones():
    poses = HeadPoses.from_angles([[10, 0, 0], [np.nan, 0, 0]], np.ones((2, 3)))
    assert len(poses) == 2
    np.testing.assert_allclose(poses.R_crop[0], rotation_from_angles_deg(10, 0, 0))
    assert np.isnan(poses.R_crop[1]).all()


def test_the_detectors_nose_lies_below_the_tip() -> None:
    """Points where O-Net puts them give no pitch that is not there; taken for the anatomical ones they do."""
    R = rotation_from_angles_deg(np.array([0.0, 20, -20]), 0.0, 0.0)
    points = np.stack([ONET_FIVE @ r.T for r in R])[..., :2] * 400
    found = LandmarkEstimator().estimate([None] * 3, [None] * 3, list(points))
    plain = LandmarkEstimator(DEFAULT_MODEL).estimate([None] * 3, [None] * 3, list(points))
    assert np.abs(found.angles_deg[:, 1]).max() < 1
    assert plain.angles_deg[:, 1].max() < -3
