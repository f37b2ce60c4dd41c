"""Fusion of two cameras' views against exact heads and Monte Carlo."""

import numpy as np
import pytest

from gazeclass.geometry.camera import CameraModel, ray_rotation
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import (
    angles_deg_from_rotation,
    exp_so3,
    geodesic_deg,
    log_so3,
    rotation_from_angles_deg,
)
from gazeclass.geometry.stereo import StereoRig
from gazeclass.lesson.fusion import (
    FACE_HEIGHT_M,
    SHARED_PITCH,
    Rotation3,
    fuse_views,
    head_rotations_in_world,
    position_from_face_size,
    stereo_positions,
)

HEAD = np.array([1.0, 1.1, 3.0])


@pytest.fixture(scope="module")
def rig() -> StereoRig:
    K = np.array([[1480.0, 0, 960], [0, 1480, 540], [0, 0, 1]])
    cam = CameraModel(1920, 1080, K, np.zeros(5))
    T_W0 = Transform(exp_so3([0, np.radians(20), 0]), [-0.2, 0, 0.1])
    T_W1 = Transform(exp_so3([0, -np.radians(20), 0]), [4.2, 0, 0.1])
    return StereoRig((cam, cam), T_W1.inverse() @ T_W0, T_W0)


def crop_pose(rig: StereoRig, camera: int, R_WS: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a perfect network would say of the head's crop in one camera, and where the crop is."""
    pixel = rig.project_world(camera, HEAD)
    R_CS = rig.world_from_camera(camera).R.T @ R_WS
    return pixel, ray_rotation(rig.cameras[camera].rays(pixel)).T @ R_CS


def turned(rig: StereoRig, camera: int, *values: np.ndarray) -> Rotation3:
    (found,) = head_rotations_in_world(rig, camera, *(np.asarray(value)[None] for value in values))
    return found


@pytest.mark.parametrize("camera", [0, 1])
@pytest.mark.parametrize("angles", [(0, 0, 0), (35, -10, 8), (-60, 20, -15)])
def test_perfect_crop_pose_gives_the_heads_rotation(rig: StereoRig, camera: int, angles: tuple) -> None:
    R_WS = rotation_from_angles_deg(*angles)
    pixel, R_crop = crop_pose(rig, camera, R_WS)
    found = turned(rig, camera, pixel, R_crop, angles_deg_from_rotation(R_crop), np.full(3, 5.0))
    assert geodesic_deg(found.R_WS, R_WS) < 1e-6


def test_angle_errors_are_carried_to_the_world(rig: StereoRig) -> None:
    rng = np.random.default_rng(4)
    R_WS = rotation_from_angles_deg(20, -15, 5)
    pixel, R_crop = crop_pose(rig, 0, R_WS)
    angles, sigma = angles_deg_from_rotation(R_crop), np.array([2.0, 1.0, 0.5])
    predicted = turned(rig, 0, pixel, R_crop, angles, sigma).cov_rad2
    errors = []
    for _ in range(4000):
        noisy = rotation_from_angles_deg(*(angles + rng.normal(size=3) * sigma))
        errors.append(log_so3(turned(rig, 0, pixel, noisy, angles, sigma).R_WS @ R_WS.T))
    np.testing.assert_allclose(np.cov(np.array(errors).T), predicted, atol=0.08 * np.trace(predicted))


def test_views_that_contradict_each_other_get_a_larger_error() -> None:
    C = np.eye(3) * np.radians(3.0) ** 2
    near = fuse_views([Rotation3(np.eye(3), C), Rotation3(exp_so3([0.02, 0, 0]), C)])
    far = fuse_views([Rotation3(np.eye(3), C), Rotation3(exp_so3([0.6, 0, 0]), C)])
    # The pair is turned by 0.01 about x, the head's left-right axis, so that axis stays x.
    np.testing.assert_allclose(near.cov_rad2, C / 2 * np.diag([1 + SHARED_PITCH, 1, 1]), atol=1e-12)
    assert np.sqrt(far.cov_rad2[0, 0]) > 0.15
    alone = Rotation3(np.eye(3), C)
    assert fuse_views([alone]) is alone


def test_stereo_position_and_its_failure(rig: StereoRig) -> None:
    p0, p1 = rig.project_world(0, HEAD), rig.project_world(1, HEAD)
    nowhere = np.array([np.nan, 0.0])
    found, missing = stereo_positions(rig, np.array([p0, p0]), np.array([p1, nowhere]), np.ones((2, 2)))
    assert found is not None
    np.testing.assert_allclose(found.P_W_m, HEAD, atol=1e-6)
    assert missing is None


def test_face_size_gives_a_place_within_its_doubt(rig: StereoRig) -> None:
    distance = float(np.linalg.norm(HEAD - rig.world_from_camera(0).t))
    guess = position_from_face_size(rig, 0, rig.project_world(0, HEAD), 1480 * FACE_HEIGHT_M / distance)
    np.testing.assert_allclose(guess.P_W_m, HEAD, atol=1e-6)
    ray = (HEAD - rig.world_from_camera(0).t) / distance
    assert np.sqrt(ray @ guess.cov_m2 @ ray) == pytest.approx(0.25 * distance)


def test_pitch_that_both_cameras_get_wrong_alike_averages_out_less() -> None:
    """Against Monte Carlo: two views whose errors about the head's left-right axis are correlated."""
    rng = np.random.default_rng(3)
    R_WS = rotation_from_angles_deg(25, -12, 7)
    sigma = np.radians([3.0, 2.0, 1.5])
    errors = rng.normal(size=(2, 4000, 3)) * sigma
    errors[1, :, 0] = SHARED_PITCH * errors[0, :, 0] + np.sqrt(1 - SHARED_PITCH**2) * errors[1, :, 0]
    cov = R_WS @ np.diag(sigma**2) @ R_WS.T
    mean = 0.5 * errors.sum(axis=0)  # in the head's axes; equal weights
    found = R_WS.T @ fuse_views([Rotation3(R_WS, cov), Rotation3(R_WS, cov)]).cov_rad2 @ R_WS
    np.testing.assert_allclose(np.diag(found), mean.var(axis=0), rtol=0.08)
    np.testing.assert_allclose(found, np.diag(np.diag(found)), atol=1e-12)
