"""Rotations against scipy, hand-worked cases and mirrored pictures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from gazeclass.geometry import rotation as rot

angle = st.floats(-89.0, 89.0)
vector = st.tuples(*[st.floats(-3.0, 3.0)] * 3)


def test_facing_head_looks_into_the_camera() -> None:
    R = rot.rotation_from_angles_deg(0, 0, 0)
    np.testing.assert_allclose(R, np.diag([1, -1, -1]), atol=1e-15)
    np.testing.assert_allclose(R @ [0, 0, 1], [0, 0, -1], atol=1e-15)  # out of the face, towards the camera


@pytest.mark.parametrize(
    ("angles", "axis", "expected"),
    [
        (
            (30, 0, 0),
            2,
            [-np.sin(np.pi / 6), 0, -np.cos(np.pi / 6)],
        ),  # nose to the picture's left (camera x < 0)
        ((0, 30, 0), 2, [0, -np.sin(np.pi / 6), -np.cos(np.pi / 6)]),  # nose lifted (camera y < 0 is up)
        (
            (0, 0, 30),
            1,
            [np.sin(np.pi / 6), -np.cos(np.pi / 6), 0],
        ),  # top of the head leans to the picture's right
    ],
)
def test_signs_in_the_picture(angles: tuple, axis: int, expected: list) -> None:
    np.testing.assert_allclose(rot.rotation_from_angles_deg(*angles)[:, axis], expected, atol=1e-12)


def test_agrees_with_the_product_of_elementary_rotations() -> None:
    yaw, pitch, roll = 33.0, -21.0, 14.0
    Rx = Rotation.from_rotvec([-np.radians(pitch), 0, 0]).as_matrix()
    Ry = Rotation.from_rotvec([0, -np.radians(yaw), 0]).as_matrix()
    Rz = Rotation.from_rotvec([0, 0, -np.radians(roll)]).as_matrix()
    np.testing.assert_allclose(
        rot.rotation_from_angles_deg(yaw, pitch, roll), np.diag([1, -1, -1]) @ Rx @ Ry @ Rz, atol=1e-14
    )


@given(angle, angle, angle)
def test_angles_come_back(yaw: float, pitch: float, roll: float) -> None:
    R = rot.rotation_from_angles_deg(yaw, pitch, roll)
    np.testing.assert_allclose(rot.angles_deg_from_rotation(R), [yaw, pitch, roll], atol=1e-6)


@given(st.floats(-179.0, 179.0), angle, st.floats(-179.0, 179.0))
def test_long_yaw_comes_back_past_the_profile(yaw: float, pitch: float, roll: float) -> None:
    R = rot.rotation_from_angles_deg(yaw, pitch, roll)
    again = rot.rotation_from_angles_deg(*rot.long_yaw_angles_deg(R))
    assert rot.geodesic_deg(R, again) < 1e-6
    if abs(abs(yaw) - 90) > 1e-3:
        np.testing.assert_allclose(rot.long_yaw_angles_deg(R), [yaw, pitch, roll], atol=1e-4)


@pytest.mark.parametrize("yaw", [90.0, -90.0])
def test_profile_is_no_singularity_of_the_rotation(yaw: float) -> None:
    R = rot.rotation_from_angles_deg(yaw, 20, 10)
    angles = rot.angles_deg_from_rotation(R)
    assert np.isfinite(angles).all()
    assert rot.geodesic_deg(R, rot.rotation_from_angles_deg(*angles)) < 1e-5


@given(angle, angle, angle)
def test_mirroring_flips_yaw_and_roll(yaw: float, pitch: float, roll: float) -> None:
    D = np.diag([-1.0, 1.0, 1.0])
    mirrored = D @ rot.rotation_from_angles_deg(yaw, pitch, roll) @ D
    np.testing.assert_allclose(rot.angles_deg_from_rotation(mirrored), [-yaw, pitch, -roll], atol=1e-6)


@given(st.floats(-1000, 1000))
def test_wrap(value: float) -> None:
    wrapped = float(rot.wrap_deg(value))
    assert -180 < wrapped <= 180
    np.testing.assert_allclose(np.exp(1j * np.radians(wrapped)), np.exp(1j * np.radians(value)), atol=1e-9)


@given(vector, vector)
def test_geodesic_agrees_with_scipy(a: tuple, b: tuple) -> None:
    A, B = Rotation.from_rotvec(a), Rotation.from_rotvec(b)
    expected = np.degrees((A.inv() * B).magnitude())
    np.testing.assert_allclose(rot.geodesic_deg(A.as_matrix(), B.as_matrix()), expected, atol=1e-6)


def test_geodesic_keeps_small_angles() -> None:
    tiny = rot.exp_so3([1e-9, 0, 0])
    np.testing.assert_allclose(rot.geodesic_deg(np.eye(3), tiny), np.degrees(1e-9), rtol=1e-6)


@given(vector)
def test_exp_and_log(v: tuple) -> None:
    R = rot.exp_so3(v)
    np.testing.assert_allclose(rot.exp_so3(rot.log_so3(R)), R, atol=1e-9)


@given(vector, st.integers(0, 2**31))
def test_nearest_rotation_of_a_disturbed_one(v: tuple, seed: int) -> None:
    R = rot.exp_so3(v)
    M = R + np.random.default_rng(seed).normal(0, 0.01, (3, 3))
    near = rot.nearest_rotation(M)
    np.testing.assert_allclose(near @ near.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(near) > 0
    assert rot.geodesic_deg(near, R) < 5


def test_nearest_rotation_never_mirrors() -> None:
    near = rot.nearest_rotation(np.diag([1.0, 1.0, -1.0]))
    np.testing.assert_allclose(np.linalg.det(near), 1.0)


@given(angle, angle, angle, st.integers(0, 2**31))
def test_angle_jacobian_against_differences(yaw: float, pitch: float, roll: float, seed: int) -> None:
    delta = np.random.default_rng(seed).normal(0, 1e-4, 3)  # degrees
    R = rot.rotation_from_angles_deg(yaw, pitch, roll)
    moved = rot.rotation_from_angles_deg(yaw + delta[0], pitch + delta[1], roll + delta[2])
    found = np.degrees(rot.log_so3(moved @ R.T))
    np.testing.assert_allclose(rot.angle_jacobian(yaw, pitch) @ delta, found, atol=2e-8)


def test_fusion_weights_by_certainty() -> None:
    A, B = rot.exp_so3([0.0, 0.0, 0.0]), rot.exp_so3([0.3, 0.0, 0.0])
    fused, cov = rot.fuse_rotations([A, B], [np.eye(3) * 0.01, np.eye(3) * 0.02])
    np.testing.assert_allclose(rot.log_so3(fused), [0.1, 0, 0], atol=1e-9)
    np.testing.assert_allclose(cov, np.eye(3) / 150, atol=1e-12)


def test_fusion_covariance_against_monte_carlo() -> None:
    rng = np.random.default_rng(1)
    true = rot.exp_so3([0.4, -1.0, 0.3])
    covs = np.array([np.diag([0.02, 0.01, 0.03]) ** 1.0, np.diag([0.01, 0.04, 0.02])]) * 0.1
    errors = []
    for _ in range(600):
        noisy = [rot.exp_so3(rng.multivariate_normal(np.zeros(3), c)) @ true for c in covs]
        fused, cov = rot.fuse_rotations(noisy, covs)
        errors.append(rot.log_so3(fused @ true.T))
    np.testing.assert_allclose(np.cov(np.array(errors).T), cov, atol=0.15 * np.trace(cov))
