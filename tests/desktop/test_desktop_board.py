"""The board's drawing: mirrored to how the class sees it, true in proportion, ellipses as the covariance says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage

from gazeclass.desktop.widgets.board_frame import RADIUS2_68, BoardFrame, ellipses, tick_step_m
from gazeclass.desktop.widgets.board_view import LEAST_OPACITY, BoardView, strength_of
from gazeclass.geometry.frames import Board
from gazeclass.lesson.zones import grid

BOARD = Board(4.0, 1.2)


@pytest.fixture
def view(qtbot, dressed) -> BoardView:
    made = BoardView()
    qtbot.addWidget(made)
    made.resize(900, 420)
    made.set_board(BOARD)
    return made


def picture(view: BoardView) -> QImage:
    return view.grab().toImage()


def colour_at(view: BoardView, x_m: float, y_m: float) -> QColor:
    frame = view.frame()
    assert frame is not None
    x, y = frame.to_px([x_m, y_m])
    return picture(view).pixelColor(round(x), round(y))


def test_the_classs_left_is_at_the_left() -> None:
    frame = BoardFrame.fit(BOARD, 10, 20, 800, 300)
    (left, _), (right, _) = frame.to_px([[4.0, 0.0], [0.0, 0.0]])
    assert left < right
    assert frame.px_per_m == pytest.approx(200.0)
    assert frame.to_px([0.0, 1.2])[1] > frame.to_px([0.0, 0.0])[1]


@given(st.floats(-1, 6), st.floats(-1, 3), st.floats(50, 5000), st.floats(50, 5000))
def test_pixels_and_metres_are_each_others_inverse(x: float, y: float, width: float, height: float) -> None:
    frame = BoardFrame.fit(BOARD, 3, 5, width, height)
    assert frame.to_m(*frame.to_px([x, y])) == pytest.approx((x, y), abs=1e-6)


def test_radius_holds_68_percent_of_a_normal() -> None:
    points = np.random.default_rng(0).standard_normal((200_000, 2))
    assert np.mean((points**2).sum(axis=1) <= RADIUS2_68) == pytest.approx(0.6827, abs=0.004)


@given(st.floats(0.01, 2.0), st.floats(0.01, 2.0), st.floats(-80, 80))
def test_ellipses_have_the_axes_of_the_covariance(a: float, b: float, angle_deg: float) -> None:
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    R = np.array([[c, -s], [s, c]])
    large, small = max(a, b), min(a, b)
    axes, angles = ellipses(R @ np.diag([large**2, small**2]) @ R.T)
    np.testing.assert_allclose(axes[0], np.sqrt(RADIUS2_68) * np.array([large, small]), rtol=1e-6, atol=1e-5)
    if large / small > 1.01:
        assert (angles[0] - angle_deg + 90) % 180 - 90 == pytest.approx(0.0, abs=0.01)


def test_the_mirror_turns_the_correlation() -> None:
    frame = BoardFrame.fit(BOARD, 0, 0, 400, 200)
    cov = frame.covariance_px2([[[0.04, 0.01], [0.01, 0.02]]])[0]
    np.testing.assert_allclose(cov, 1e4 * np.array([[0.04, -0.01], [-0.01, 0.02]]))


def test_unknown_covariances_give_no_ellipse() -> None:
    axes, _ = ellipses(np.full((1, 2, 2), np.nan))
    assert np.isnan(axes).all()


@pytest.mark.parametrize(("length", "most", "step"), [(4.0, 4, 1.0), (4.0, 9, 0.5), (1.2, 2, 1.0), (0.35, 3, 0.2)])
def test_ticks_are_round(length: float, most: int, step: float) -> None:
    assert tick_step_m(length, most) == pytest.approx(step)


def test_heat_lies_where_the_class_looked(view: BoardView) -> None:
    """Column 0 of a heatmap is x = 0, the class's right; row 0 is the top edge."""
    values = np.zeros((12, 40))
    values[:3, :5] = 7.0
    view.set_heat(values, np.linspace(0, 4, 41), np.linspace(0, 1.2, 13), None, "seconds per dm²")
    assert colour_at(view, 0.2, 0.15).red() > 200
    assert colour_at(view, 3.8, 0.15).red() < 80
    assert colour_at(view, 0.2, 1.1).red() < 80
    # The same heat on a scale ten times as long is dark: scales can be shared.
    view.set_heat(values, top=70.0, unit="seconds per dm²")
    assert colour_at(view, 0.2, 0.15).red() < 120
    view.set_heat(None)
    assert colour_at(view, 0.2, 0.15).red() < 80


def test_heat_with_wrong_edges_is_refused(view: BoardView) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        view.set_heat(np.zeros((3, 4)), np.linspace(0, 4, 4), np.linspace(0, 1, 4))
    with pytest.raises(ValueError, match="does not fit"):
        view.set_heat(np.zeros(5))


def test_points_lie_where_they_are_and_the_unsure_are_faint(view: BoardView) -> None:
    sure, unsure = 0.05**2 * np.eye(2), 0.9**2 * np.eye(2)
    view.set_points([[1.0, 0.6], [3.0, 0.6], [np.nan, 0.3]], [sure, unsure, sure])
    assert colour_at(view, 1.0, 0.6).lightness() > 200
    assert 60 < colour_at(view, 3.0, 0.6).lightness() < 160
    view.set_points(None)
    assert colour_at(view, 1.0, 0.6).lightness() < 80


def test_strength_falls_with_doubt() -> None:
    sigmas = np.array([0.01, 0.1, 0.3, 0.6, 2.0, np.nan])
    strength = strength_of(sigmas[:, None, None] ** 2 * np.eye(2))
    assert (np.diff(strength[:5]) <= 0).all()
    assert strength[0] == 1.0
    assert strength[4:] == pytest.approx(LEAST_OPACITY)


def test_points_beside_the_drawing_are_arrows_at_its_edge(view: BoardView) -> None:
    before = picture(view)
    view.set_points([[-60.0, 0.6]], [0.01 * np.eye(2)])
    after = picture(view)
    changed = [x for x in range(after.width()) for y in (after.height() // 3,) if True]
    columns = [x for x in changed if any(before.pixel(x, y) != after.pixel(x, y) for y in range(0, after.height(), 2))]
    assert columns
    assert min(columns) > 0.9 * after.width()


def test_zones_tell_their_names(view: BoardView, qtbot) -> None:
    view.set_zones(grid(BOARD, 3, 2), [f"{n} %" for n in range(6)])
    frame = view.frame()
    assert frame is not None
    at = QPointF(*frame.to_px([3.9, 0.1]))
    assert view.tip_at(at) == "top left: 0 %"
    view.set_greyed_zones({"top left": "too small for this row"})
    assert view.tip_at(at) == "top left: too small for this row"
    with qtbot.waitSignal(view.zone_clicked) as caught:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert caught.args == ["top left"]
    assert view.zone_at(-1.0, 0.0) == ""


def test_labels_of_points_are_tooltips(view: BoardView) -> None:
    view.set_points([[1.0, 0.6]], labels=["P03: facing the board"])
    frame = view.frame()
    assert frame is not None
    assert view.tip_at(QPointF(*frame.to_px([1.0, 0.6]))) == "P03: facing the board"
    assert view.tip_at(QPointF(*frame.to_px([2.0, 0.6]))) == ""


@pytest.mark.parametrize("board", [Board(8.0, 1.0), Board(0.5, 3.0)])
def test_extreme_boards_fit(view: BoardView, board: Board) -> None:
    view.set_board(board)
    view.set_heat(np.ones((5, 5)), unit="s")
    frame = view.frame()
    assert frame is not None
    assert frame.left_px >= 0
    assert frame.left_px + frame.width_px <= view.width()
    assert frame.top_px + frame.height_px <= view.height()
    picture(view)


def test_no_board_draws_nothing_and_a_message_is_told(qtbot, dressed) -> None:
    view = BoardView()
    qtbot.addWidget(view)
    view.resize(400, 200)
    assert view.frame() is None
    picture(view)
    view.set_board(BOARD)
    view.set_message("waiting for the first pictures")
    assert view.accessibleDescription() == "waiting for the first pictures"
    picture(view)
