import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeclass.geometry.frames import Board
from gazeclass.lesson.zones import rectangle_probability
from gazeclass.report.heatmap import cell_seconds, heatmap, lesson_heatmap
from gazeclass.report.metrics import LessonTimes

BOARD = Board(4.0, 1.2)


def covariance(sx, sy, rho):
    return np.array([[sx * sx, rho * sx * sy], [rho * sx * sy, sy * sy]])


@given(st.floats(-2, 6), st.floats(-1, 2), st.floats(0.02, 1), st.floats(0.02, 1), st.floats(-1, 1))
def test_each_cell_holds_the_exact_integral_of_the_ellipse(x, y, sx, sy, rho):
    x_edges, y_edges = np.linspace(0, 4, 9), np.linspace(0, 1.2, 4)
    cov = covariance(sx, sy, rho)
    got = cell_seconds(x_edges, y_edges, [[x, y]], [cov], [2.0])
    exact = [
        [
            2.0 * rectangle_probability([[x, y]], [cov], x_edges[i], y_edges[j], x_edges[i + 1], y_edges[j + 1])[0]
            for i in range(8)
        ]
        for j in range(3)
    ]
    np.testing.assert_allclose(got, exact, atol=2e-5)


def test_many_points_agree_with_drawing_from_their_ellipses():
    rng = np.random.default_rng(3)
    n = 600
    xy = rng.uniform([0, 0], [4, 1.2], (n, 2))
    cov = np.array([covariance(*rng.uniform(0.1, 0.5, 2), rng.uniform(-0.95, 0.95)) for _ in range(n)])
    seconds = rng.uniform(0.1, 2.0, n)
    x_edges, y_edges = np.linspace(0, 4, 5), np.linspace(0, 1.2, 3)
    drawn = np.zeros((2, 4))
    for k in range(n):
        points = rng.multivariate_normal(xy[k], cov[k], 500)
        drawn += seconds[k] / 500 * np.histogram2d(points[:, 1], points[:, 0], (y_edges, x_edges))[0]
    np.testing.assert_allclose(cell_seconds(x_edges, y_edges, xy, cov, seconds), drawn, rtol=0.02)


def test_unit_is_seconds_per_square_decimetre_and_corners_are_where_they_belong():
    sharp = covariance(0.001, 0.001, 0)
    found = heatmap(BOARD, [[0.05, 0.05], [3.95, 1.15]], [sharp, sharp], [3.0, 5.0], cell_m=0.1)
    assert found.seconds_per_dm2.shape == (12, 40)
    assert found.seconds_per_dm2[0, 0] == pytest.approx(3.0)  # x = 0 is column 0, the class's right
    assert found.seconds_per_dm2[-1, -1] == pytest.approx(5.0)
    assert found.seconds_on_board == pytest.approx(8.0)
    finer = heatmap(BOARD, [[0.06, 0.06], [3.97, 1.17]], [sharp, sharp], [3.0, 5.0], cell_m=0.05)
    assert finer.seconds_per_dm2.max() == pytest.approx(20.0)


def test_what_falls_beside_the_board_is_not_drawn_but_counted():
    found = heatmap(BOARD, [[0.0, 0.6], [9.0, 0.6]], [covariance(0.1, 0.05, 0)] * 2, [4.0, 2.0])
    assert found.seconds_on_board == pytest.approx(2.0, abs=1e-6)
    assert found.seconds_measured == pytest.approx(6.0)
    nothing = heatmap(BOARD, np.zeros((0, 2)), np.zeros((0, 2, 2)), [])
    assert nothing.seconds_per_dm2.sum() == 0


def test_points_that_are_absurdly_far_or_sharp_do_no_harm():
    found = heatmap(BOARD, [[1e12, 1.0], [1.0, 0.6]], [covariance(1e-9, 1e-9, 0.5)] * 2, [1.0, 1.0])
    assert found.seconds_on_board == pytest.approx(1.0)


def test_a_lessons_heat_is_the_scripts_time(lesson_of):
    script = {"S01": [(3.0, "top left"), (1.0, "elsewhere"), (1.0, "away"), (1.0, "doubtful"), (1.0, "not_seen")]}
    times = LessonTimes(lesson_of(script))
    found = lesson_heatmap(times)
    assert found.seconds_on_board == pytest.approx(3.0)
    assert found.seconds_measured == pytest.approx(4.0)
    half = found.seconds_per_dm2.shape[1] // 2
    assert found.seconds_per_dm2[:, :half].sum() < 1e-9  # nothing on the class's right, x < 2 m
    assert lesson_heatmap(times, times.of_student(99)).seconds_on_board == 0
