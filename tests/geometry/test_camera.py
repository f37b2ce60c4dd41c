"""Camera model against OpenCV and closed forms."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeclass.geometry.camera import CameraModel, ray_rotation
from gazeclass.geometry.rotation import FACING, geodesic_deg, rotation_from_angles_deg

K = np.array([[1480.6, 0, 966.4], [0, 1479.1, 533.8], [0, 0, 1]])
D = np.array([-0.128, 0.071, 0.0006, -0.0004, -0.012])
CAMERA = CameraModel(1920, 1080, K, D)


@given(st.floats(0, 1919), st.floats(0, 1079))
def test_undistort_inverts_opencv_projection(u: float, v: float) -> None:
    n = CAMERA.undistort([u, v])
    again, _ = cv2.projectPoints(np.array([[[*n, 1.0]]]), np.zeros(3), np.zeros(3), K, D)
    np.testing.assert_allclose(np.ravel(again), [u, v], atol=1e-4)


def test_undistort_keeps_shapes_and_nan() -> None:
    points = np.full((2, 3, 2), 100.0)
    points[1, 2] = np.nan
    out = CAMERA.undistort(points)
    assert out.shape == points.shape
    assert np.isnan(out[1, 2]).all()
    assert np.isfinite(out[0]).all()
    assert CAMERA.undistort(np.zeros((0, 2))).shape == (0, 2)
    assert CAMERA.project(np.zeros((0, 3))).shape == (0, 2)


def test_points_behind_the_camera_have_no_pixel() -> None:
    pixels = CAMERA.project([[0, 0, 1.0], [0, 0, -1.0], [0, 0, 0]])
    np.testing.assert_allclose(pixels[0], [966.4, 533.8])
    assert np.isnan(pixels[1:]).all()


def test_contains_borders() -> None:
    inside = CAMERA.contains([[-0.5, 0], [-0.6, 0], [1919.5, 1079.5], [1919.6, 0], [np.nan, 0]])
    assert inside.tolist() == [True, False, True, False, False]


def test_scaling_keeps_rays() -> None:
    half = CAMERA.scaled(960, 540)
    full_px = np.array([1201.0, 301.0])
    half_px = (full_px + 0.5) / 2 - 0.5
    np.testing.assert_allclose(half.rays(half_px), CAMERA.rays(full_px), atol=1e-9)
    with pytest.raises(ValueError, match="not 1920×1080 scaled"):
        CAMERA.scaled(640, 480)


@pytest.mark.parametrize(("matrix", "distortion"), [(np.eye(2), D), (K, np.zeros(3))])
def test_wrong_shapes_are_refused(matrix: np.ndarray, distortion: np.ndarray) -> None:
    with pytest.raises(ValueError, match="camera matrix"):
        CameraModel(10, 10, matrix, distortion)


direction = st.tuples(st.floats(-2, 2), st.floats(-2, 2), st.floats(0.1, 2))


@given(direction)
def test_ray_rotation_is_the_smallest_one(d: tuple) -> None:
    R = ray_rotation(d)
    unit = np.array(d) / np.linalg.norm(d)
    np.testing.assert_allclose(R @ [0, 0, 1], unit, atol=1e-12)
    np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-12)
    off_axis = np.degrees(np.arctan2(np.hypot(unit[0], unit[1]), unit[2]))
    np.testing.assert_allclose(geodesic_deg(np.eye(3), R), off_axis, atol=1e-6)  # no twist about the ray


def test_head_that_faces_the_camera_off_axis_has_the_pose_of_its_ray() -> None:
    """A head at the right edge looking straight at the camera: its crop shows zero angles, its camera pose does not."""
    ray = np.array([np.tan(np.radians(30)), 0, 1.0])
    R_CS = ray_rotation(ray) @ rotation_from_angles_deg(0, 0, 0)
    np.testing.assert_allclose(R_CS[:, 2], -ray / np.linalg.norm(ray), atol=1e-12)
    np.testing.assert_allclose(geodesic_deg(R_CS, FACING), 30, atol=1e-9)
