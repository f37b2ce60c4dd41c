"""The gaze ray: closed forms, Monte Carlo, and lesson_a's own table."""

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeclass.geometry.frames import Board
from gazeclass.geometry.gaze import cross_matrix, ellipse_axes, gaze_points
from gazeclass.geometry.rotation import FACING, exp_so3, rotation_from_angles_deg
from gazeclass.geometry.status import Status

P = np.array([2.0, 1.1, 5.0])


def test_facing_squarely_hits_the_foot_of_the_perpendicular() -> None:
    g = gaze_points(P, FACING)
    np.testing.assert_allclose(g.xy_m, [[2.0, 1.1]])
    assert g.status.tolist() == [Status.OK]


def test_signs_on_the_board() -> None:
    """As the board sees the head: nose lifted goes up the board: y falls. Nose to the viewer's left: x falls."""
    up = gaze_points(P, rotation_from_angles_deg(0, 10, 0)).xy_m[0]
    np.testing.assert_allclose(up, [2.0, 1.1 - 5 * np.tan(np.radians(10))])
    # Seen from the board (camera axes along WCS), positive yaw turns the nose to the picture's left: x falls.
    left = gaze_points(P, rotation_from_angles_deg(10, 0, 0)).xy_m[0]
    np.testing.assert_allclose(left, [2.0 - 5 * np.tan(np.radians(10)), 1.1])


def test_statuses() -> None:
    heads = np.stack([FACING, np.diag([-1.0, -1.0, 1.0]), FACING, FACING, rotation_from_angles_deg(90, 0, 0)])
    positions = np.array([P, P, [2, 1, -0.5], [np.nan, 1, 1], P])
    g = gaze_points(positions, heads)
    assert g.status.tolist() == [Status.OK, Status.AWAY, Status.BEHIND_BOARD, Status.NO_INPUT, Status.AWAY]
    assert np.isnan(g.xy_m[1:]).all()
    assert np.isfinite(g.cov_m2[0]).all()


def test_empty() -> None:
    assert gaze_points(np.zeros((0, 3)), np.zeros((0, 3, 3))).xy_m.shape == (0, 2)


def test_five_degrees_at_eight_metres() -> None:
    """method §6: 5° of pose at 8 m is 70 cm on the board."""
    g = gaze_points([2, 1, 8], FACING, cov_rotation_rad2=np.eye(3) * np.radians(5) ** 2)
    np.testing.assert_allclose(np.sqrt(np.diag(g.cov_m2[0])), 8 * np.radians(5), rtol=1e-9)
    assert np.sqrt(g.cov_m2[0, 0, 0]) == pytest.approx(0.70, abs=0.005)


@pytest.mark.parametrize("angles", [(0, 0, 0), (20, -10, 5), (-40, 15, -20)])
def test_covariance_against_monte_carlo(angles: tuple) -> None:
    rng = np.random.default_rng(11)
    R = rotation_from_angles_deg(*angles)
    A = rng.normal(size=(3, 3))
    cov_P = A @ A.T * 1e-4
    B = rng.normal(size=(3, 3))
    cov_R = B @ B.T * 1e-4
    C = rng.normal(size=(6, 6))
    cov_F = C @ C.T * 2e-6
    n = 40000
    Pn = P + rng.multivariate_normal(np.zeros(3), cov_P, n)
    Rn = exp_so3(rng.multivariate_normal(np.zeros(3), cov_R, n)) @ R
    frame = rng.multivariate_normal(np.zeros(6), cov_F, n)
    turn = exp_so3(frame[:, :3])
    origin = np.array([-0.2, -0.1, 0.1])
    Pn = origin + np.einsum("nij,nj->ni", turn, Pn - origin) + frame[:, 3:]
    Rn = turn @ Rn
    found = np.cov(gaze_points(Pn, Rn).xy_m.T)
    predicted = gaze_points(P, R, cov_P, cov_R, cov_F, frame_origin_W_m=origin)
    np.testing.assert_allclose(found, predicted.cov_m2[0], atol=0.06 * np.trace(predicted.cov_m2[0]))
    parts = predicted.cov_position_m2 + predicted.cov_pose_m2 + predicted.cov_frame_m2
    np.testing.assert_allclose(parts, predicted.cov_m2)


@given(st.tuples(*[st.floats(-5, 5)] * 3), st.tuples(*[st.floats(-5, 5)] * 3))
def test_cross_matrix(a: tuple, b: tuple) -> None:
    np.testing.assert_allclose(cross_matrix(a) @ np.array(b), np.cross(a, b), atol=1e-12)


@given(st.floats(0, 4), st.floats(0, 1.2), st.floats(-1, 5), st.floats(0.2, 2), st.floats(1, 9))
def test_ray_to_a_known_target_meets_it(x: float, y: float, hx: float, hy: float, hz: float) -> None:
    head, target = np.array([hx, hy, hz]), np.array([x, y, 0.0])
    d = (target - head) / np.linalg.norm(target - head)
    up = np.array([0.0, -1.0, 0.0])
    right = np.cross(up, d)
    right /= np.linalg.norm(right)
    R = np.column_stack([right, np.cross(d, right), d])
    g = gaze_points(head, R, max_incidence_deg=89.9)
    np.testing.assert_allclose(g.xy_m[0], [x, y], atol=1e-9)


def test_ellipse_holds_its_probability() -> None:
    rng = np.random.default_rng(2)
    cov = np.array([[0.04, 0.015], [0.015, 0.01]])
    xy = rng.multivariate_normal([0, 0], cov, 50000)
    axes, angle = ellipse_axes(cov, probability=0.68)
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    local = xy @ np.array([[c, -s], [s, c]])
    inside = np.mean((local[:, 0] / axes[0]) ** 2 + (local[:, 1] / axes[1]) ** 2 <= 1)
    assert inside == pytest.approx(0.68, abs=0.01)
    assert axes[0] > axes[1]


def test_board_contains_and_corners() -> None:
    board = Board(4.0, 1.2)
    assert board.contains([[0, 0], [4, 1.2], [4.01, 1], [1, -0.01], [np.nan, 0]]).tolist() == [
        True,
        True,
        False,
        False,
        False,
    ]
    corners = board.corners()
    np.testing.assert_allclose(corners["B_TL"], [4, 0, 0])  # the class's left is x = width
    np.testing.assert_allclose(corners["B_BR"], [0, 1.2, 0])
    with pytest.raises(ValueError, match="positive size"):
        Board(0, 1)


@pytest.mark.shared
def test_lesson_a_table(lesson_a) -> None:  # type: ignore[no-untyped-def]
    """Every gaze point of lesson_a's truth follows from its nose tip and rotation, on the board or off."""
    with open(lesson_a / "truth.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    P_W = np.array([[float(r[f"nose_{a}"]) for a in "xyz"] for r in rows])
    R_WS = np.array([[float(r[f"R{i}{j}"]) for i in (1, 2, 3) for j in (1, 2, 3)] for r in rows]).reshape(-1, 3, 3)
    g = gaze_points(P_W, R_WS)
    given_xy = np.array([[float(r["gaze_x"] or "nan"), float(r["gaze_y"] or "nan")] for r in rows])
    known = np.isfinite(given_xy[:, 0])
    assert known.sum() > 300
    np.testing.assert_allclose(g.xy_m[known], given_xy[known], atol=2e-5)
    board = Board(4.0, 1.2)
    assert (board.contains(g.xy_m) == known).mean() > 0.999
