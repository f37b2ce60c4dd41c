import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from gazeclass.geometry.frames import Board
from gazeclass.lesson.zones import (
    Zone,
    grid,
    most_probable_zones,
    on_board_probability,
    rectangle_probability,
    zone_probabilities,
)

BOARD = Board(4.0, 1.2)


def covariance(sx, sy, rho):
    return np.array([[sx * sx, rho * sx * sy], [rho * sx * sy, sy * sy]])


def test_grids_are_named_as_the_class_sees_them():
    four = grid(BOARD, 2, 2)
    assert [z.name for z in four] == ["top left", "top right", "bottom left", "bottom right"]
    assert four[0] == Zone("top left", 2.0, 0.0, 4.0, 0.6)  # the class's left is x = width
    nine = [z.name for z in grid(BOARD, 3, 3)]
    assert nine[4] == "centre"
    assert nine[3] == "middle left"
    assert nine[8] == "bottom right"
    assert [z.name for z in grid(BOARD, 2, 1)] == ["left", "right"]
    assert [z.name for z in grid(BOARD, 1, 1)] == ["board"]
    assert grid(BOARD, 4, 2)[5].name == "row 2 column 2"


@given(st.floats(-1, 5), st.floats(-1, 2), st.floats(0.01, 1.5), st.floats(0.01, 1.5), st.floats(-0.999, 0.999))
def test_grid_probabilities_add_up_to_the_board(x, y, sx, sy, rho):
    cov = covariance(sx, sy, rho)
    p = zone_probabilities(grid(BOARD, 3, 3), [[x, y]], [cov])
    assert ((p >= 0) & (p <= 1)).all()
    assert p.sum() == pytest.approx(on_board_probability(BOARD, [[x, y]], [cov])[0], abs=1e-12)


@given(st.floats(-1, 5), st.floats(-1, 2), st.floats(0.05, 1.5), st.floats(0.05, 1.5), st.floats(-0.95, 0.95))
def test_rectangles_agree_with_scipy(x, y, sx, sy, rho):
    cov = covariance(sx, sy, rho)
    expected = multivariate_normal([x, y], cov).cdf([2.0, 0.9], lower_limit=[0.5, 0.1])
    assert rectangle_probability([[x, y]], [cov], 0.5, 0.1, 2.0, 0.9)[0] == pytest.approx(expected, abs=2e-6)


def test_strong_correlation_agrees_with_counting():
    rng = np.random.default_rng(2)
    cov = covariance(0.8, 0.3, 0.9995)
    points = rng.multivariate_normal([1.8, 0.55], cov, 400_000)
    counted = ((points > [0.0, 0.0]) & (points < [2.0, 0.6])).all(1).mean()
    assert rectangle_probability([[1.8, 0.55]], [cov], 0.0, 0.0, 2.0, 0.6)[0] == pytest.approx(counted, abs=0.003)


def test_independent_axes_are_a_product_also_at_the_edges():
    xy, cov = [[2.0, 0.6]], [covariance(0.5, 0.2, 0.0)]
    exact = (norm.cdf(4) - 0.5) * (norm.cdf(3) - 0.5)  # the mean lies on a corner of the zone
    assert rectangle_probability(xy, cov, 2.0, 0.6, 4.0, 1.2)[0] == pytest.approx(exact, abs=1e-14)
    everything = rectangle_probability(xy, cov, -np.inf, -np.inf, np.inf, np.inf)
    assert everything[0] == pytest.approx(1.0)
    half = rectangle_probability(xy, [covariance(0.5, 0.2, 0.7)], -np.inf, 0.6, np.inf, np.inf)
    assert half[0] == pytest.approx(0.5)
    quadrant = rectangle_probability(xy, [covariance(0.5, 0.2, 0.5)], 2.0, 0.6, np.inf, np.inf)
    assert quadrant[0] == pytest.approx(0.25 + np.arcsin(0.5) / (2 * np.pi), abs=1e-14)


def test_certain_and_unknown_points():
    zones = grid(BOARD, 2, 2)
    xy = [[3.0, 0.3], [np.nan, np.nan], [9.0, 0.3]]
    cov = [np.zeros((2, 2)), np.full((2, 2), np.nan), np.zeros((2, 2))]
    p = zone_probabilities(zones, xy, cov)
    np.testing.assert_allclose(p[0], [1, 0, 0, 0], atol=1e-12)
    assert np.isnan(p[1]).all()
    index, probability = most_probable_zones(zones, xy, cov)
    assert index.tolist() == [0, -1, -1]
    np.testing.assert_allclose(probability, [1.0, np.nan, 1.0])


def test_beside_the_board_is_no_zone():
    index, probability = most_probable_zones(grid(BOARD, 2, 2), [[-0.5, 0.3]], [covariance(0.3, 0.3, 0)])
    assert index[0] == -1
    assert probability[0] > 0.9
    assert most_probable_zones((), [[1.0, 0.3]], [np.eye(2)])[0].tolist() == [-1]


@pytest.mark.parametrize("bad", [("", 0, 0, 1, 1), ("a", 1, 0, 1, 1), ("a", 0, 2, 1, 1)])
def test_zones_without_name_or_area_are_refused(bad):
    with pytest.raises(ValueError, match="zone"):
        Zone(*bad)
