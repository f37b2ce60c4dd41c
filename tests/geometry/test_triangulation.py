"""Triangulation against OpenCV's optimal correction, exact projections and Monte Carlo."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.status import Status
from gazeclass.geometry.stereo import StereoRig, epipolar_distance_px, paired_epipolar_distance_px
from gazeclass.geometry.triangulation import project_with_jacobian, triangulate

HEADS_W = np.array([[1.0, 1.1, 2.5], [2.0, 1.0, 2.5], [3.0, 1.1, 4.2], [0.4, 0.9, 6.0], [2.2, 1.0, 7.5]])


def test_exact_pixels_give_exact_points(rig: StereoRig) -> None:
    X = rig.T_WC.inverse().apply(HEADS_W)
    result = triangulate(rig, rig.project(0, X), rig.project(1, X))
    assert result.ok.all()
    np.testing.assert_allclose(result.position_C_m, X, atol=1e-6)
    np.testing.assert_allclose(result.residual_px, 0, atol=1e-5)
    np.testing.assert_allclose(rig.T_WC.apply(result.position_C_m), HEADS_W, atol=1e-6)


@given(st.integers(0, 2**31))
def test_is_hartley_and_sturms_point_without_distortion(seed: int) -> None:
    rng = np.random.default_rng(seed)
    K = np.array([[1000.0, 0, 640], [0, 1000, 360], [0, 0, 1]])
    cam = CameraModel(1280, 720, K, np.zeros(5))
    T = Transform(cv2.Rodrigues(np.array([0.05, -0.3, 0.02]))[0], [-1.0, 0.05, 0.1])
    plain = StereoRig((cam, cam), T)
    X = np.array([[0.3, -0.2, 4.0], [-0.5, 0.4, 6.0], [0.1, 0.3, 3.0]])
    p0 = plain.project(0, X) + rng.normal(0, 2.0, (3, 2))
    p1 = plain.project(1, X) + rng.normal(0, 2.0, (3, 2))
    Ki = np.linalg.inv(K)
    F = Ki.T @ plain.essential() @ Ki
    c0, c1 = cv2.correctMatches(F, p0[None], p1[None])
    P0, P1 = K @ np.eye(3, 4), K @ np.column_stack([T.R, T.t])
    h = cv2.triangulatePoints(P0, P1, c0.reshape(-1, 2).T, c1.reshape(-1, 2).T)
    expected = (h[:3] / h[3]).T
    np.testing.assert_allclose(triangulate(plain, p0, p1).position_C_m, expected, atol=2e-5)


def test_covariance_against_monte_carlo(rig: StereoRig) -> None:
    rng = np.random.default_rng(3)
    X = rig.T_WC.inverse().apply(HEADS_W)
    p0, p1 = rig.project(0, X), rig.project(1, X)
    sigma = np.array([[0.5, 0.8]] * len(X))
    runs = []
    for _ in range(800):
        noisy0 = p0 + rng.normal(size=p0.shape) * sigma[:, :1]
        noisy1 = p1 + rng.normal(size=p1.shape) * sigma[:, 1:]
        runs.append(triangulate(rig, noisy0, noisy1, sigma).position_C_m)
    predicted = triangulate(rig, p0, p1, sigma).cov_C_m2
    for i in range(len(X)):
        found = np.cov(np.array(runs)[:, i].T)
        np.testing.assert_allclose(found, predicted[i], atol=0.15 * np.trace(predicted[i]))


def test_depth_error_of_the_method_page(rig: StereoRig) -> None:
    """method §6: at 8 m, 1080p, 70° lens and a 4 m baseline one pixel of disparity is 1.2 cm of depth."""
    f = 960 / np.tan(np.radians(35))
    K = np.array([[f, 0, 959.5], [0, f, 539.5], [0, 0, 1]])
    cam = CameraModel(1920, 1080, K, np.zeros(5))
    parallel = StereoRig((cam, cam), Transform(np.eye(3), [-4.0, 0, 0]))
    X = np.array([[2.0, 0.0, 8.0]])
    p0, p1 = parallel.project(0, X), parallel.project(1, X)
    shifted = triangulate(parallel, p0 + [[0.5, 0]], p1 - [[0.5, 0]]).position_C_m
    assert shifted[0, 2] - 8.0 == pytest.approx(-64 / (4 * f), rel=0.02)
    assert abs(shifted[0, 2] - 8.0) == pytest.approx(0.012, abs=0.0005)


def test_degenerate_cases_are_a_status(rig: StereoRig) -> None:
    K = np.array([[1000.0, 0, 640], [0, 1000, 360], [0, 0, 1]])
    cam = CameraModel(1280, 720, K, np.zeros(5))
    parallel = StereoRig((cam, cam), Transform(np.eye(3), [-1.0, 0, 0]))
    p0 = np.array([[640.0, 360.0], [600.0, 360.0], [700.0, 360.0], [np.nan, 1.0], [np.inf, 1.0]])
    p1 = np.array([[640.0, 360.0], [700.0, 360.0], [600.0, 360.0], [600.0, 360.0], [0.0, 0.0]])
    result = triangulate(parallel, p0, p1)
    assert result.status.tolist() == [
        Status.PARALLEL_RAYS,
        Status.BEHIND_CAMERA,
        Status.OK,
        Status.NO_INPUT,
        Status.NO_INPUT,
    ]
    assert np.isnan(result.position_C_m[~result.ok]).all()
    assert np.isfinite(result.position_C_m[result.ok]).all()


def test_empty_and_mismatched_input(rig: StereoRig) -> None:
    assert triangulate(rig, np.zeros((0, 2)), np.zeros((0, 2))).position_C_m.shape == (0, 3)
    with pytest.raises(ValueError, match="cannot be paired"):
        triangulate(rig, np.zeros((1, 2)), np.zeros((2, 2)))


def test_projection_jacobian_against_opencv(rig: StereoRig) -> None:
    X = rig.T_WC.inverse().apply(HEADS_W)
    T = rig.camera_from_reference(1)
    pixels, J = project_with_jacobian(rig.cameras[1], T, X)
    rvec = cv2.Rodrigues(np.array(T.R))[0]
    expected, jac = cv2.projectPoints(X[:, None], rvec, T.t, rig.cameras[1].matrix, rig.cameras[1].distortion)
    np.testing.assert_allclose(pixels, expected.reshape(-1, 2), atol=1e-9)
    # dp/dX = dp/dT · R; OpenCV gives dp/dT in columns 3 to 5.
    np.testing.assert_allclose(J, jac[:, 3:6].reshape(-1, 2, 3) @ T.R, rtol=1e-5, atol=1e-4)


def test_epipolar_distance_picks_the_right_partner(rig: StereoRig) -> None:
    X = rig.T_WC.inverse().apply(HEADS_W)
    D = epipolar_distance_px(rig, rig.project(0, X), rig.project(1, X))
    np.testing.assert_allclose(np.diag(D), 0, atol=1e-6)
    assert (np.argmin(D, axis=1) == np.arange(len(X))).all()
    paired = paired_epipolar_distance_px(rig, rig.project(0, X), rig.project(1, X)[::-1])
    np.testing.assert_allclose(paired, D[np.arange(len(X)), np.arange(len(X))[::-1]])


def test_sampson_distance_is_the_residual_to_first_order(rig: StereoRig) -> None:
    rng = np.random.default_rng(5)
    X = rig.T_WC.inverse().apply(HEADS_W)
    p0 = rig.project(0, X) + rng.normal(0, 1, (len(X), 2))
    p1 = rig.project(1, X) + rng.normal(0, 1, (len(X), 2))
    residual = triangulate(rig, p0, p1).residual_px
    # Sampson works on undistorted coordinates, the residual on distorted pixels: equal within the lens' stretch.
    np.testing.assert_allclose(paired_epipolar_distance_px(rig, p0, p1), residual, rtol=0.2)


@pytest.mark.shared
def test_lesson_a_nose_tips(lesson_a) -> None:  # type: ignore[no-untyped-def]
    """The renderer's own pixels of both cameras, through the renderer's own rig, give its own nose tips."""
    import csv
    import json

    truth = json.loads((lesson_a / "truth.json").read_text())
    cams = tuple(
        CameraModel(c["width"], c["height"], np.array(c["K"]), np.array(c["dist"]))
        for c in (truth["cam0"], truth["cam1"])
    )
    T_W = [Transform(np.array(truth[c]["R_WC"]), np.array(truth[c]["t_WC"])) for c in ("cam0", "cam1")]
    world_rig = StereoRig(cams, T_W[1].inverse() @ T_W[0], T_W[0])
    with open(lesson_a / "truth.csv", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["cam0_u"] and r["cam1_sync_u"]][::7]
    p0 = np.array([[float(r["cam0_u"]), float(r["cam0_v"])] for r in rows])
    p1 = np.array([[float(r["cam1_sync_u"]), float(r["cam1_sync_v"])] for r in rows])
    P_W = np.array([[float(r[f"nose_{a}"]) for a in "xyz"] for r in rows])
    result = triangulate(world_rig, p0, p1)
    assert result.ok.all()
    # Pixels are rounded to 0.001 px in the table.
    assert np.linalg.norm(world_rig.T_WC.apply(result.position_C_m) - P_W, axis=1).max() < 1e-4
