"""Smoothing: steadier than its input, no lag in a turn, honest after a gap."""

import numpy as np
import pytest

from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import exp_so3, geodesic_deg, rotation_from_angles_deg
from gazeclass.geometry.stereo import StereoRig
from gazeclass.lesson.fusion import Position3, Rotation3
from gazeclass.lesson.smoothing import PositionFilter, RotationFilter, SmoothingOptions

OPTIONS = SmoothingOptions()


def noisy(R: np.ndarray, sigma_deg: float, rng: np.random.Generator) -> Rotation3:
    e = rng.normal(0, np.radians(sigma_deg), 3)
    return Rotation3(exp_so3(e) @ R, np.eye(3) * np.radians(5.0) ** 2)


def test_steady_look_gets_steadier() -> None:
    rng = np.random.default_rng(0)
    R = rotation_from_angles_deg(20, 5, 0)
    track = RotationFilter(OPTIONS)
    # Independent noise of sqrt(0.3) of 5°, as the filter expects.
    raw, smooth = [], []
    for k in range(200):
        seen = noisy(R, 5.0 * np.sqrt(0.3), rng)
        raw.append(geodesic_deg(seen.R_WS, R))
        smooth.append(geodesic_deg(track.measure(k * 0.1, seen).R_WS, R))
    assert np.mean(smooth[10:]) < 0.75 * np.mean(raw[10:])


@pytest.mark.parametrize("turn_s", [0.0, 0.3, 0.5])
@pytest.mark.parametrize("turn_deg", [15.0, 40.0, 80.0])
def test_no_lag_beyond_0_3_s(turn_s: float, turn_deg: float) -> None:
    """After a turn of any size has ended, the estimate is within a quarter of it, or 3°, 0.3 s later."""
    rng = np.random.default_rng(1)
    track = RotationFilter(OPTIONS)
    for k in range(60):
        t = k * 0.1
        share = np.clip((t - 3.0) / turn_s, 0, 1) if turn_s else float(t >= 3.0)
        R = rotation_from_angles_deg(-10 + turn_deg * share, 0, 0)
        found = track.measure(t, noisy(R, 1.0, rng))
        if t > 3.0 + turn_s + 0.29:
            assert geodesic_deg(found.R_WS, R) < max(3.0, 0.1 * turn_deg)


def test_persistent_error_is_not_averaged_away() -> None:
    """A network's constant mistake stays in the reported covariance, however long the look lasts."""
    track = RotationFilter(OPTIONS)
    C = np.eye(3) * np.radians(5.0) ** 2
    for k in range(300):
        found = track.measure(k * 0.1, Rotation3(np.eye(3), C))
    assert np.trace(found.cov_rad2) > 0.95 * np.trace(C)
    assert np.trace(found.cov_rad2) < np.trace(C)


def test_a_first_look_is_as_sure_as_the_network() -> None:
    C = np.diag([3.0, 5.0, 2.0]) * np.radians(1.0) ** 2
    np.testing.assert_allclose(RotationFilter(OPTIONS).measure(0.0, Rotation3(np.eye(3), C)).cov_rad2, C)


def test_rotation_starts_afresh_after_a_gap() -> None:
    track = RotationFilter(OPTIONS)
    C = np.eye(3) * np.radians(3.0) ** 2
    for k in range(20):
        track.measure(k * 0.1, Rotation3(np.eye(3), C))
    after = exp_so3([0.0, 0.5, 0.0])
    np.testing.assert_allclose(track.measure(10.0, Rotation3(after, C)).R_WS, after)


def test_position_steadies_and_ignores_one_mistake_but_follows_two() -> None:
    rng = np.random.default_rng(2)
    track = PositionFilter(OPTIONS)
    C = np.eye(3) * 0.02**2
    P = np.array([1.0, 1.0, 4.0])
    errors = []
    for k in range(100):
        state = track.measure(k * 0.1, Position3(P + rng.normal(0, 0.02, 3), C))
        errors.append(np.linalg.norm(state.P_W_m - P))
    assert np.mean(errors[10:]) < 0.03
    wrong = P + [2.0, 0, 0]
    assert np.linalg.norm(track.measure(10.1, Position3(wrong, C)).P_W_m - P) < 0.1
    track.measure(10.2, Position3(wrong, C))
    assert np.linalg.norm(track.measure(10.3, Position3(wrong, C)).P_W_m - wrong) < 0.1


def test_one_camera_keeps_the_depth_and_its_doubt_grows() -> None:
    K = np.array([[1480.0, 0, 960], [0, 1480, 540], [0, 0, 1]])
    cam = CameraModel(1920, 1080, K, np.zeros(5))
    T_W0 = Transform(np.eye(3), [0.0, 0, 0])
    rig = StereoRig((cam, cam), Transform(np.eye(3), [-4.0, 0, 0]), T_W0)
    track = PositionFilter(OPTIONS)
    P = np.array([0.5, 0.3, 5.0])
    assert track.measure_ray(0.0, rig, 0, rig.project_world(0, P), 1.0) is None
    track.measure(0.0, Position3(P, np.eye(3) * 0.01**2))
    for k in range(1, 15):
        moved = P + [0.01 * k, 0, 0]
        state = track.measure_ray(k * 0.1, rig, 0, rig.project_world(0, moved), 1.0)
    assert state is not None
    assert abs(state.P_W_m[2] - 5.0) < 0.05
    np.testing.assert_allclose(rig.project_world(0, state.P_W_m), rig.project_world(0, moved), atol=2.0)
    ray = moved / np.linalg.norm(moved)
    along = np.sqrt(ray @ state.cov_m2 @ ray)
    across = np.sqrt(state.cov_m2[1, 1])
    assert along > 0.08 > across


def test_position_forgets_after_a_gap() -> None:
    track = PositionFilter(OPTIONS)
    track.measure(0.0, Position3(np.ones(3), np.eye(3)))
    track.predict(5.0)
    assert track.state is None
