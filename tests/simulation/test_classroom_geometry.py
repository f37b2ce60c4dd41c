"""The room, the script and the chessboards, without drawing people."""

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeclass.errors import InputError
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import IDEAL_R_WA, Transform
from gazeclass.geometry.rotation import geodesic_deg
from gazeclass.simulation.chessboard_views import add_board, inner_corners, outline, sample_pairs, sample_singles
from gazeclass.simulation.classroom_calibration import TAPE_SIGMA_M, read_tape_measure
from gazeclass.simulation.classroom_plan import ClassroomPlan
from gazeclass.simulation.lesson_script import Target, at, between, facing, sample_looks
from gazeclass.simulation.lesson_truth import gaze_cells
from gazeclass.simulation.lesson_video import Sensor
from gazeclass.simulation.room import Box, Room, sample_room
from gazeclass.simulation.room_drawing import draw_room, lens_map, sub_samples

seeds = st.integers(0, 10_000)


def a_room(seed: int = 0, students: int = 6, rows: int = 2, width: int = 640) -> Room:
    return sample_room(np.random.default_rng(seed), students, rows, width)


@given(seeds)
def test_every_seat_is_seen_and_the_cameras_hang_beside_the_board(seed):
    room = a_room(seed, 12, 3)
    assert [s.row for s in room.seats] == [1] * 3 + [2] * 4 + [3] * 5
    x0, x1 = (T.t[0] for T in room.T_WC)
    assert x0 < 0 < room.board.width_m < x1
    for camera, T_WC in zip(room.cameras, room.T_WC, strict=True):
        # OpenCV's axes: the floor is down, the class in front.
        assert T_WC.R[1, 1] > 0.9
        assert T_WC.R[2, 2] > 0.8
        heads = [[s.x_m, room.floor_y_m - 1.1, s.z_m] for s in room.seats]
        assert camera.contains(camera.project(T_WC.inverse().apply(heads))).all()


def test_the_lying_chessboard_is_level_and_within_a_few_degrees_of_the_ideal():
    room = a_room(4)
    assert room.T_WA.R[:, 2] == pytest.approx([0.0, -1.0, 0.0])
    assert 0 < geodesic_deg(room.T_WA.R, IDEAL_R_WA) < 6


@pytest.mark.parametrize(("students", "rows", "most"), [(30, 5, 6), (30, 6, 5), (28, 5, 6), (32, 4, 8), (40, 6, 7)])
def test_a_real_class_sits_at_desks_for_two_and_both_cameras_see_all_of_it(students, rows, most):
    for seed in range(5):
        room = sample_room(np.random.default_rng([seed, 0]), students, rows, 1920)
        counts = [sum(s.row == row for s in room.seats) for row in range(1, rows + 1)]
        assert sum(counts) == students
        assert counts == sorted(counts)
        assert (counts[-1], counts[-1] - counts[0] <= 1) == (most, True)
        floor = room.floor_y_m
        heads = np.array(
            [[s.x_m + dx, floor - h, s.z_m] for s in room.seats for h in (0.95, 1.3) for dx in (-0.15, 0.15)]
        )
        for camera, T_WC in zip(room.cameras, room.T_WC, strict=True):
            assert camera.contains(camera.project(T_WC.inverse().apply(heads))).all()
            assert -1.0 < T_WC.t[1] < 0.0  # under the ceiling, above the board's upper edge
        # Nobody sits in anybody, in a wall, or before the table of the calibration.
        for a, b in itertools.combinations(room.seats, 2):
            assert np.hypot(a.x_m - b.x_m, a.z_m - b.z_m) > 0.5
        low, high = room.inside
        assert all(low[0] + 0.8 < s.x_m < high[0] - 0.8 and 2.4 < s.z_m < high[2] - 1.5 for s in room.seats)


def test_a_class_that_fitted_before_is_where_it_was():
    """Lessons are named by their seed: the small rooms keep every number."""
    room = sample_room(np.random.default_rng([3, 0]), 12, 3, 1920)
    assert np.array([T.t for T in room.T_WC]) == pytest.approx(
        np.array([[-0.2517410922, -0.0182279723, 0.0502319922], [4.0099536675, -0.0909109001, 0.0879683924]]), abs=1e-9
    )
    assert (room.seats[11].x_m, room.seats[11].z_m) == pytest.approx((3.8645148308, 5.6162157540), abs=1e-9)
    assert room.inside[1] == pytest.approx([5.94, 2.05, 7.8])


def test_too_wide_a_class_is_refused_with_the_seat_that_is_not_seen():
    with pytest.raises(
        InputError,
        match=r"24 students in 1 rows do not fit into both pictures: cam0 does not see seat "
        r"\d+ of the 24 in row 1, even 4.6 m from the board\. Give more rows or fewer students",
    ):
        a_room(0, 24, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"students": 1}, "cannot sit in 3 rows"),
        ({"rows": 0}, "0 rows"),
        ({"seconds": 0.0}, "lesson of 0 s"),
        ({"seconds": float("nan")}, "lesson of nan s"),
        ({"fps": 0}, "0 frames a second"),
        ({"seed": -1}, "negative"),
        ({"width_px": 333}, "333 pixels wide"),
    ],
)
def test_plans_that_cannot_be(change, message):
    with pytest.raises(InputError, match=message):
        ClassroomPlan(**change)


@given(seeds, st.floats(0.5, 20.0))
def test_looks_last_as_long_as_they_should(seed, seconds):
    board = [Target(f"P{k}", np.array([k, 0.5, 0.0])) for k in range(3)]
    desk = Target("desk", np.array([1.0, 1.4, 2.0]))
    looks = sample_looks(np.random.default_rng(seed), board, desk, [], seconds)
    assert looks[0].t0_s < 0
    assert looks[-1].t1_s >= seconds
    for a, b in itertools.pairwise(looks):
        assert 0.2999 < b.t0_s - a.t1_s < 0.5001
        assert a.target.name != b.target.name
    assert all(0.9999 < look.t1_s - look.t0_s < 1.5001 and abs(look.roll_deg) <= 10 for look in looks)
    for t in np.linspace(0.0, seconds, 37):
        moment = at(looks, t)
        steady = any(look.t0_s <= t <= look.t1_s for look in looks)
        assert (moment.first == moment.second) == steady
        assert 0.0 <= moment.share < 1.0


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=3).filter(lambda d: np.hypot(d[0], d[2]) > 0.05))
def test_facing_points_the_nose_and_keeps_the_head_upright(direction):
    d = np.array(direction)
    R = facing(d, 0.0)
    assert np.linalg.det(R) == pytest.approx(1.0)
    assert R[:, 2] == pytest.approx(d / np.linalg.norm(d))
    assert R[1, 1] < 0
    assert R[1, 0] == pytest.approx(0.0)
    assert geodesic_deg(R, facing(d, 7.0)) == pytest.approx(7.0)


def test_facing_the_board_squarely_is_the_known_matrix():
    assert facing(np.array([0.0, 0.0, -2.0]), 0.0) == pytest.approx(np.diag([1.0, -1.0, -1.0]))


def test_turns_take_the_shortest_way():
    a, b = facing(np.array([0.3, 0.0, -1.0]), 2.0), facing(np.array([-0.5, 0.3, -1.0]), -4.0)
    whole = geodesic_deg(a, b)
    assert between(a, b, 0.0) == pytest.approx(a)
    for share in (0.25, 0.5, 1.0):
        assert geodesic_deg(a, between(a, b, share)) == pytest.approx(share * whole)


def test_gaze_is_given_on_the_board_only():
    board = a_room().board
    nose = np.array([2.0, 0.5, 3.0])
    assert [float(c) for c in gaze_cells(nose, facing(np.array([1.0, 0.3, 0.0]) - nose, 5.0), board)] == [1.0, 0.3]
    assert gaze_cells(nose, facing(np.array([-1.0, 0.3, 0.0]) - nose, 5.0), board) == ["", ""]
    assert gaze_cells(nose, facing(np.array([0.0, 0.0, 1.0]), 5.0), board) == ["", ""]


def test_the_lens_map_is_the_exact_lens():
    camera = a_room(width=1920).cameras[0]
    lens = lens_map(camera)
    assert lens.shape == (1080, 1920, 2)
    pixels = np.array([[0, 0], [1919, 1079], [960, 540], [1777, 31], [5, 613]])
    back = camera.distort(lens[pixels[:, 1], pixels[:, 0]].astype(float))
    assert np.abs(back - pixels).max() < 2e-3
    subs = list(sub_samples(lens[500:520, 30:60], 2))
    exact = camera.undistort(np.array([35 - 0.25, 505 + 0.25]))
    # Maps come row of samples by row of samples: (-u, -v), (-u, +v), …
    assert subs[1][5, 5] == pytest.approx(exact, abs=2e-6)


def test_a_box_is_drawn_where_its_corners_project():
    room = a_room(2)
    camera, T_WC = room.cameras[0], room.T_WC[0]
    lens = lens_map(camera)
    box = Box((1.8, 0.6, 3.0), (2.3, 1.0, 3.4), (0.0, 0.0, 1.0))
    without, with_box = (draw_room(room, boxes, camera, T_WC, lens, 1) for boxes in ([], [box]))
    changed = np.argwhere(with_box.depth_m < without.depth_m)
    corners = np.array([[x, y, z] for x in (1.8, 2.3) for y in (0.6, 1.0) for z in (3.0, 3.4)])
    pixels = camera.project(T_WC.inverse().apply(corners))
    assert changed.min(axis=0) == pytest.approx(pixels.min(axis=0)[::-1], abs=1.0)
    assert changed.max(axis=0) == pytest.approx(pixels.max(axis=0)[::-1], abs=1.0)
    # The depth of the face towards the camera at its middle.
    middle = T_WC.inverse().apply([2.05, 0.8, 3.0])
    u, v = np.round(camera.project(middle)).astype(int)
    assert with_box.depth_m[v, u] == pytest.approx(middle[2], abs=0.02)


def test_rays_along_a_wall_meet_the_others():
    """A camera with its axes along the room's has rays without any sideways part."""
    camera = CameraModel(321, 181, np.array([[250.0, 0, 160], [0, 250.0, 90], [0, 0, 1]]), np.zeros(5))
    room = a_room()
    lens = np.round(lens_map(camera), 6)
    layer = draw_room(room, [], camera, Transform(np.eye(3), np.array([2.0, 0.8, 0.5])), lens, 1)
    assert (lens[90, 160] == 0).all()
    assert np.isfinite(layer.colour).all()
    assert layer.depth_m[90, 160] == pytest.approx(room.inside[1][2] - 0.5)


def test_chessboard_corners_lie_where_the_lens_puts_them():
    """OpenCV finds in the picture what the projection of the truth says, to a tenth of a pixel, in the same order."""
    room = a_room(1, width=1280)
    held = sample_pairs(np.random.default_rng(0), room, 2)[1]
    for camera, T_WC in zip(room.cameras, room.T_WC, strict=True):
        lens = lens_map(camera)
        layer = add_board(draw_room(room, [], camera, T_WC, lens, 1), held.T_WB, camera, T_WC, lens)
        picture = Sensor(np.random.default_rng(0), *lens.shape[:2], 0.9).expose(layer.colour)
        found, corners = cv2.findChessboardCornersSB(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (9, 6))
        assert found
        # Row by row from the upper left of the upright board: C80 … C00, C81 … C05.
        i, j = np.meshgrid(np.arange(8, -1, -1), np.arange(6))
        points = np.stack([-0.06 * i, -0.06 * j, 0.0 * i], axis=-1).reshape(-1, 3)
        true = camera.project((T_WC.inverse() @ held.T_WB).apply(points))
        assert np.abs(np.asarray(corners).reshape(-1, 2) - true).max() < 0.3
        assert np.sqrt(((np.asarray(corners).reshape(-1, 2) - true) ** 2).mean()) < 0.1


@given(seeds)
def test_boards_are_held_where_they_are_seen_whole(seed):
    rng = np.random.default_rng(seed)
    room = a_room(seed)
    held = sample_pairs(rng, room, 3) + sample_singles(rng, room, 1, 6)
    for one in held:
        assert np.linalg.det(one.T_WB.R) == pytest.approx(1.0)
        for c in (0, 1) if one.camera is None else (one.camera,):
            pixels = room.cameras[c].project((room.T_WC[c].inverse() @ one.T_WB).apply(outline()))
            assert room.cameras[c].contains(pixels).all()


def test_a_board_behind_something_is_hidden_by_it():
    camera = CameraModel(320, 180, np.array([[250.0, 0, 159.5], [0, 250.0, 89.5], [0, 0, 1]]), np.zeros(5))
    room = a_room()
    T_WC = Transform(np.eye(3), np.array([2.0, 0.8, 0.5]))
    lens = lens_map(camera)
    T_WB = Transform(np.diag([1.0, -1.0, -1.0]), np.array([2.2, 0.7, 2.5]))
    wall = Box((1.0, 0.0, 1.5), (3.0, 1.6, 1.6), (0.5, 0.5, 0.5))
    free, blocked = (draw_room(room, boxes, camera, T_WC, lens, 1) for boxes in ([], [wall]))
    assert add_board(free, T_WB, camera, T_WC, lens).depth_m[90, 160] == pytest.approx(2.0, abs=1e-3)
    assert np.array_equal(add_board(blocked, T_WB, camera, T_WC, lens).colour, blocked.colour)


def test_the_tape_reads_true_distances_within_its_error():
    room = a_room(5)
    errors = []
    for seed in range(20):
        for r in read_tape_measure(room, np.random.default_rng(seed)):
            errors.append(r.read_m - r.true_m)
    assert np.std(errors) == pytest.approx(TAPE_SIGMA_M, rel=0.2)
    by_name = {(r.point_a, r.point_b): r.true_m for r in read_tape_measure(room, np.random.default_rng(0))}
    C80 = room.T_WA.apply(inner_corners()["C80"])
    assert by_name["C80", "B_TL"] == pytest.approx(np.linalg.norm(C80 - [room.board.width_m, 0, 0]), abs=1e-6)
    assert by_name["B_TL", "B_TR"] == pytest.approx(room.board.width_m)
