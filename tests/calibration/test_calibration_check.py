"""The Check step against looks made up with known errors, and the error expected at every seat against Monte Carlo."""

import numpy as np
import pytest
from conftest import TrueRoom

from gazeclass.calibration.check import (
    BoardPoint,
    Place,
    check_result,
    look_error,
    marked_points,
    measure_look,
    planned_places,
)
from gazeclass.calibration.room import Room
from gazeclass.calibration.room_parts import BoardSize, Seat, Zone
from gazeclass.calibration.seat_precision import (
    LANDMARK_SIGMA_DEG,
    looking_rotation,
    model_sigma_deg,
    seat_precision,
    thirds,
)
from gazeclass.errors import InputError
from gazeclass.geometry.rotation import exp_so3, rotation_from_angles_deg

BOARD = BoardSize(width_m=4.0, height_m=1.2)


def seats(*positions: tuple[float, float, float]) -> tuple[Seat, ...]:
    return tuple(Seat(name=f"s{k}", position_m=p) for k, p in enumerate(positions))


def seen(place: Place, point: BoardPoint, *, shift=(0, 0, 0), turn_deg=(0, 0, 0), n: int = 20, noise: float = 0.0):
    """A look whose measured position is off by ``shift`` and whose direction is turned (WCS rotation vector)."""
    rng = np.random.default_rng(7)
    P = np.array(place.position_m)
    R = exp_so3(np.radians(turn_deg)) @ looking_rotation(P, np.array([*point.xy_m, 0.0]))
    positions = P + shift + rng.normal(0, 0.01 * noise, (n, 3))
    rotations = exp_so3(np.radians(rng.normal(0, noise, (n, 3)))) @ R
    return measure_look(place, point, positions, rotations)


PLACE = Place("1-1", (1.0, 1.0, 4.0))
CENTRE = marked_points(BOARD)[0]


class TestLook:
    def test_a_perfect_look(self):
        error = look_error(seen(PLACE, CENTRE))
        assert error.error_m == pytest.approx(0, abs=1e-9)
        assert error.error_deg == pytest.approx(0, abs=1e-5)

    def test_a_wrong_place_is_position_error_only(self):
        error = look_error(seen(PLACE, CENTRE, shift=(0.2, 0.0, 0.0)))
        assert error.error_xy_m == pytest.approx([0.2, 0.0])
        assert error.position_xy_m == pytest.approx([0.2, 0.0])
        assert error.pose_xy_m == pytest.approx([0.0, 0.0], abs=1e-9)
        assert error.place_off_m == pytest.approx(0.2)

    def test_a_turned_head_is_pose_error_only(self):
        straight = Place("x", (2.0, 0.6, 4.0))
        error = look_error(seen(straight, CENTRE, turn_deg=(0, 5, 0)))
        assert error.error_deg == pytest.approx(5)
        assert error.position_xy_m == pytest.approx([0, 0], abs=1e-9)
        assert error.error_m == pytest.approx(4 * np.tan(np.radians(5)))
        assert error.error_xy_m == pytest.approx(error.pose_xy_m)

    @pytest.mark.parametrize(("yaw", "pitch"), [(8.0, 0.0), (-8.0, 0.0), (0.0, 6.0), (0.0, -6.0)])
    def test_signs_are_those_of_the_head_pose_convention(self, yaw, pitch):
        straight = Place("x", (2.0, 0.6, 4.0))
        R = rotation_from_angles_deg(yaw, pitch, 0.0)
        reading = measure_look(straight, CENTRE, [straight.position_m] * 5, [R] * 5)
        error = look_error(reading)
        assert (error.yaw_deg, error.pitch_deg) == pytest.approx((yaw, pitch), abs=1e-6)
        # Positive yaw goes to smaller x, which is the board's right for the class; positive pitch up, to smaller y.
        assert np.sign(error.error_xy_m[0]) == -np.sign(yaw)
        assert np.sign(error.error_xy_m[1]) == -np.sign(pitch)

    def test_the_parts_add_up_to_first_order(self):
        error = look_error(seen(PLACE, CENTRE, shift=(0.02, -0.01, 0.03), turn_deg=(0.5, 1.0, 0)))
        assert error.position_xy_m + error.pose_xy_m == pytest.approx(error.error_xy_m, abs=0.005)

    def test_outliers_in_a_look_do_not_count(self):
        P = np.tile(PLACE.position_m, (21, 1))
        R = np.tile(looking_rotation(np.array(PLACE.position_m), np.array([*CENTRE.xy_m, 0.0])), (21, 1, 1))
        P[:5] += 1.0
        R[:5] = rotation_from_angles_deg(60.0, 0.0, 0.0)
        P[5] = np.nan
        assert look_error(measure_look(PLACE, CENTRE, P, R)).error_m < 0.01

    def test_somebody_who_was_hardly_seen(self):
        with pytest.raises(InputError, match="seen in 1 pictures only"):
            measure_look(PLACE, CENTRE, [PLACE.position_m, (np.nan,) * 3], np.tile(np.eye(3), (2, 1, 1)))

    def test_a_head_that_looks_away_misses_the_board(self):
        reading = measure_look(PLACE, CENTRE, [PLACE.position_m] * 4, [np.eye(3)] * 4)
        assert look_error(reading).error_m == float("inf")
        assert check_result([reading]).verdict == "repeat"
        assert check_result([reading]).total.missed == 1


class TestResult:
    def test_bias_and_scatter_are_told_apart(self):
        places = [Place(str(k), (0.5 + k, 1.0, 3.0 + k)) for k in range(3)]
        turned = [seen(p, q, turn_deg=(0, -4, 0)) for p in places for q in marked_points(BOARD)]
        result = check_result(turned)
        assert result.total.pose_m > 10 * result.total.position_m
        assert abs(result.yaw_bias_deg[0]) == pytest.approx(4, abs=0.6)
        assert "too far to the board's" in result.sentence
        assert [g.name for g in result.places] == ["0", "1", "2"]
        assert [g.name for g in result.points] == [q.name for q in marked_points(BOARD)]
        assert all(g.looks == 5 for g in result.places)
        # The farther away, the larger the same turn shows on the board.
        assert result.places[2].rms_m > result.places[0].rms_m

    def test_scatter_alone_names_no_bias(self):
        rng = np.random.default_rng(3)
        looks = [
            seen(PLACE, q, turn_deg=rng.normal(0, 3, 3) * [1, 1, 0]) for q in marked_points(BOARD) for _ in range(3)
        ]
        result = check_result(looks)
        assert "All looks" not in result.sentence
        assert result.total.scatter_m > np.linalg.norm(result.total.bias_xy_m)

    def test_group_errors_are_root_mean_squares(self):
        looks = [seen(PLACE, CENTRE, shift=(x, 0, 0)) for x in (0.1, -0.1, 0.3)]
        total = check_result(looks).total
        assert total.rms_m == pytest.approx(np.sqrt((0.01 + 0.01 + 0.09) / 3))
        assert total.bias_xy_m == pytest.approx([0.1, 0.0])
        assert total.rms_m**2 == pytest.approx(total.scatter_m**2 + 0.01)

    @pytest.mark.parametrize(("off", "verdict"), [(0.1, "good"), (0.5, "usable"), (0.9, "repeat")])
    def test_verdict(self, off, verdict):
        assert check_result([seen(PLACE, CENTRE, shift=(off, 0, 0))]).verdict == verdict

    def test_nothing_measured(self):
        with pytest.raises(InputError, match="nothing was measured"):
            check_result([])


class TestPlan:
    def test_places_are_seats_far_apart(self):
        room = Room.model_validate(
            {
                "board": {"width_m": 4.0, "height_m": 1.2},
                "seats": [
                    {"name": f"{r}{c}", "position_m": (0.5 + c, 1.0, 1.0 + 1.5 * r)}
                    for r in (1, 2, 3)
                    for c in range(4)
                ],
            }
        )
        names = [place.name for place in planned_places(room)]
        assert len(set(names)) == 4
        assert {name[0] for name in names} >= {"1", "3"}
        assert len(planned_places(room, 99)) == 12

    def test_a_room_without_seats(self):
        with pytest.raises(InputError, match="no seats"):
            planned_places(Room.model_validate({"board": {"width_m": 4.0, "height_m": 1.2}}))

    def test_points_are_named_as_the_class_sees_them(self):
        points = {p.name: p.xy_m for p in marked_points(BOARD)}
        assert points["top left"][0] > points["top right"][0]
        assert points["top left"][1] < points["bottom left"][1]


#: Of head pose (yaw, pitch, roll), a middling network.
SIGMA_DEG = (7.2, 9.2, 6.7)


class TestSeats:
    def test_against_monte_carlo(self, room: TrueRoom):
        """Pixels, head angles and the frame drawn at random, sent through the whole geometry."""
        from gazeclass.calibration.seat_precision import FACE_M, LEAST_NOSE_SIGMA_PX, NOSE_SIGMA_OF_FACE
        from gazeclass.geometry.camera import ray_rotation
        from gazeclass.geometry.gaze import gaze_points
        from gazeclass.geometry.rotation import angle_jacobian, angles_deg_from_rotation
        from gazeclass.geometry.triangulation import triangulate

        P, n = np.array([1.2, 1.0, 4.0]), 4000
        sigma = np.array([2.0, 2.5, 1.5])
        (found,) = seat_precision(room.rig, BOARD, seats(tuple(P)), sigma_deg=tuple(sigma))
        rng = np.random.default_rng(0)
        noisy = []
        for c in (0, 1):
            z = room.world_from_camera(c).inverse().apply(P)[2]
            spread = max(LEAST_NOSE_SIGMA_PX, NOSE_SIGMA_OF_FACE * FACE_M * room.rig.cameras[c].matrix[0, 0] / z)
            noisy.append(room.rig.project_world(c, P) + rng.normal(0, spread, (n, 2)))
        P_W = room.rig.T_WC.apply(triangulate(room.rig, *noisy).position_C_m)
        R_WS = looking_rotation(P, np.array([2.0, 0.6, 0.0]))
        turns, weights = [], []
        for c in (0, 1):
            T = room.world_from_camera(c)
            to_world = T.R @ ray_rotation(T.inverse().apply(P))
            yaw, pitch, _ = angles_deg_from_rotation(to_world.T @ R_WS)
            J = to_world @ angle_jacobian(yaw, pitch)
            turns.append(np.radians(rng.normal(0, sigma, (n, 3))) @ J.T)
            weights.append(np.linalg.inv(J @ np.diag(np.radians(sigma) ** 2) @ J.T))
        fused = np.einsum(
            "ij,nj->ni", np.linalg.inv(weights[0] + weights[1]), turns[0] @ weights[0] + turns[1] @ weights[1]
        )
        xy = gaze_points(P_W, exp_so3(fused) @ R_WS).xy_m
        assert xy.std(axis=0) == pytest.approx([found.sigma_x_m, found.sigma_y_m], rel=0.05)

    def test_farther_seats_are_less_sure(self, room):
        near, far = seat_precision(room.rig, BOARD, seats((2.0, 1.0, 3.0), (2.0, 1.0, 6.0)), sigma_deg=SIGMA_DEG)
        assert near.error_m < far.error_m
        assert near.face_px > far.face_px
        assert all(a[1] > b[1] for a, b in zip(near.hit_rate, far.hit_rate, strict=True))

    def test_the_frame_s_uncertainty_counts(self, room):
        cov = np.diag([1e-3, 1e-3, 1e-3, 1e-4, 1e-4, 1e-4])
        (exact,) = seat_precision(room.rig, BOARD, seats((2.0, 1.0, 4.0)), sigma_deg=SIGMA_DEG)
        (unsure,) = seat_precision(room.rig, BOARD, seats((2.0, 1.0, 4.0)), cov_T_WC=cov, sigma_deg=SIGMA_DEG)
        assert exact.frame_m == 0
        assert unsure.frame_m > 0.05
        assert unsure.error_m**2 == pytest.approx(exact.error_m**2 + unsure.frame_m**2, rel=0.01)

    def test_too_fine_zones_are_named_with_the_reason(self, room):
        fine = [Zone(name="dot", x0_m=1.9, y0_m=0.5, x1_m=2.1, y1_m=0.7)]
        whole = [Zone(name="board", x0_m=-5, y0_m=-5, x1_m=9, y1_m=9)]
        (seat,) = seat_precision(room.rig, BOARD, seats((2.0, 1.0, 5.0)), zones=[*fine, *whole], sigma_deg=SIGMA_DEG)
        assert seat.coarse_zones == ("dot",)
        assert not seat.coarse
        assert "zone dot is only 0.2 m" in seat.reason
        assert dict(seat.hit_rate)["board"] > 0.99

    @pytest.mark.parametrize(
        ("position", "words"),
        [
            ((2.0, 1.0, -1.0), "behind the board"),
            ((-3.0, 1.0, 0.6), "camera sees this seat"),
            ((2.0, 1.0, 0.2), "sees"),
        ],
    )
    def test_seats_that_cannot_be_measured_say_why(self, room, position, words):
        (seat,) = seat_precision(room.rig, BOARD, seats(position), sigma_deg=SIGMA_DEG)
        assert seat.sigma_x_m is None
        assert seat.error_m is None
        assert seat.coarse
        assert words in seat.reason

    def test_thirds_are_named_as_the_class_sees_them(self):
        zones = {z.name: z for z in thirds(BOARD)}
        assert zones["left"].x0_m > zones["right"].x1_m
        assert zones["left"].x1_m == pytest.approx(4.0)

    def test_the_model_s_own_sigma(self):
        assert all(1 < s < 30 for s in model_sigma_deg())
        assert model_sigma_deg("no such model") == LANDMARK_SIGMA_DEG
