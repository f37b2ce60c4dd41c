"""Which distance to measure next, and what a reading says the moment it is typed."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import TrueRoom

from gazeclass.calibration.gaze_precision import frame_error_m, frame_jacobian, seat_positions
from gazeclass.calibration.room import Room
from gazeclass.calibration.survey import MIN_READINGS, board_sigma_m, survey
from gazeclass.calibration.tape import Points, Reading, compile_distances
from gazeclass.calibration.tape_planner import TapePlanner
from gazeclass.calibration.units import metres, unit_mistake
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import exp_so3

BOARD = {"width_m": 4.0, "height_m": 1.2, "lower_edge_above_floor_m": 0.9}


@pytest.fixture
def facts() -> Room:
    seats = [
        {"name": f"{row}-{k}", "row": row, "position_m": (0.5 + k, 1.05, 1.0 + 1.5 * row)}
        for row in (1, 2, 3)
        for k in range(4)
    ]
    return Room.model_validate({"board": BOARD, "seats": seats})


@pytest.fixture
def points(room: TrueRoom) -> Points:
    return Points(room.target, room.cameras_A(), 0.001, 0.9)


@pytest.fixture
def planner(points: Points, facts: Room) -> TapePlanner:
    return TapePlanner(points, facts, 0.2)


def taped(room: TrueRoom, points: Points, a: str, b: str, rng: np.random.Generator | None = None) -> Reading:
    true, _ = compile_distances(points, [Reading(a, b, 1.0)]).evaluate(room.T_WA, room.width_m, room.height_m)
    sigma = 0.010 if "CAM" in a + b else 0.003
    noise = rng.normal(0, sigma) if rng is not None else 0.0
    return Reading(a, b, round(float(true[0] + noise), 3), sigma)


def follow(planner: TapePlanner, room: TrueRoom, points: Points, count: int, seed: int = 1) -> tuple[Reading, ...]:
    """Measure what is proposed, one after another."""
    rng = np.random.default_rng(seed)
    readings: tuple[Reading, ...] = ()
    for _ in range(count):
        best = planner.propose(readings)[0]
        readings += (taped(room, points, best.point_a, best.point_b, rng),)
    return readings


class TestPlan:
    def test_the_proposal_is_the_best_of_all_candidates(self, planner, room, points):
        """By brute force: with any other reading in its place, the expected error stays larger."""
        readings = follow(planner, room, points, 4)
        now = planner.propose(readings, count=100)
        assert [p.error_after_m for p in now] == sorted(p.error_after_m for p in now)
        tried = {}
        for proposal in (now[0], now[3], now[10], now[-1]):
            more = (*readings, taped(room, points, proposal.point_a, proposal.point_b))
            tried[proposal] = planner.propose(more)[0].error_before_m
        assert min(tried, key=lambda p: tried[p]) is now[0]

    def test_what_is_expected_of_a_reading_comes_true(self, planner, room, points):
        readings = follow(planner, room, points, 6)
        proposal = planner.propose(readings)[0]
        more = (*readings, taped(room, points, proposal.point_a, proposal.point_b))
        assert planner.propose(more)[0].error_before_m == pytest.approx(proposal.error_after_m, rel=0.05)

    def test_following_it_beats_the_survey_sheet(self, planner, room, points, facts):
        """Eight proposed readings leave less error than the first eight of the sheet."""
        from gazeclass.calibration.survey_sheet import recommended_readings

        rng = np.random.default_rng(3)
        sheet = tuple(taped(room, points, a, b, rng) for a, b in recommended_readings(room.target)[:8])
        ours = survey(planner.problem(follow(planner, room, points, 8)))
        theirs = survey(planner.problem(sheet))
        assert frame_error_m(facts, ours.T_WA, ours.cov_T_WA) < frame_error_m(facts, theirs.T_WA, theirs.cov_T_WA)

    def test_expected_readings_hold_their_sigma(self, planner, room, points):
        off = []
        for seed in range(4):
            readings = follow(planner, room, points, 5, seed)
            for proposal in planner.propose(readings, count=12):
                true = taped(room, points, proposal.point_a, proposal.point_b).distance_m
                off.append((true - proposal.expected_m) / proposal.expected_sigma_m)
        assert np.abs(off).max() < 4
        assert np.mean(np.square(off)) < 2

    def test_the_first_guess_needs_no_reading(self, planner, room):
        guess = planner.estimate(()).T_WA
        assert np.linalg.norm(guess.t - room.T_WA.t) < 0.3
        assert np.degrees(np.arccos((np.trace(guess.R.T @ room.T_WA.R) - 1) / 2)) < 5

    def test_without_cameras_it_still_proposes(self, room, facts):
        proposals = TapePlanner(Points(room.target), facts, None).propose(())
        assert proposals
        assert all("CAM" not in p.point_a + p.point_b for p in proposals)

    def test_a_reason_names_what_it_settles(self, planner):
        first = planner.propose(())[0]
        assert first.reason.startswith("It tells ")
        assert "expected error on the board" in first.reason
        assert first.worth_it

    def test_a_reading_that_nothing_checks_is_checked_next(self, planner, room, points):
        """Every one of ten proposed readings may be 11 cm off: the survey names it, and only it."""
        readings = follow(planner, room, points, 10, seed=0)
        for k, reading in enumerate(readings):
            spoilt = replace(reading, distance_m=reading.distance_m + 0.11)
            found = survey(planner.problem((*readings[:k], spoilt, *readings[k + 1 :])))
            assert [r.reading.name for r in found.misread] == [reading.name]

    def test_a_check_says_what_it_checks(self, planner, room, points):
        readings = follow(planner, room, points, 7, seed=0)
        proposal = planner.propose(readings)[0]
        assert proposal.checks in {r.name for r in readings}
        assert f"a mistake in {proposal.checks}" in proposal.reason
        assert proposal.worth_it

    def test_in_the_end_nothing_is_worth_the_walk(self, planner, room, points):
        readings = follow(planner, room, points, 16)
        assert not planner.propose(readings)[0].worth_it

    def test_nothing_is_proposed_twice(self, planner, room, points):
        readings = follow(planner, room, points, 12)
        pairs = [frozenset((r.point_a, r.point_b)) for r in readings]
        assert len(set(pairs)) == len(pairs)
        doubted = planner.propose(readings, count=100, doubted=frozenset({0}))
        assert frozenset((readings[0].point_a, readings[0].point_b)) in {
            frozenset((p.point_a, p.point_b)) for p in doubted
        }

    def test_a_survey_of_proposed_readings_finds_the_room(self, planner, room, points):
        found = survey(planner.problem(follow(planner, room, points, 10)))
        assert np.linalg.norm(found.T_WA.t - room.T_WA.t) < 0.015


class TestEntry:
    def test_a_good_reading_agrees(self, planner, room, points):
        readings = follow(planner, room, points, 8)
        entry = planner.judge(readings, readings[-1])
        assert not entry.doubtful
        assert entry.sentence.startswith("Agrees to")

    @pytest.mark.parametrize("known", [0, 1, 3, 8])
    @pytest.mark.parametrize(
        ("factor", "word"), [(100, "centimetres"), (1000, "millimetres"), (39.37, "inches"), (10, "point")]
    )
    def test_a_wrong_unit_is_named_even_for_the_first_reading(self, planner, room, points, known, factor, word):
        readings = follow(planner, room, points, known)
        good = taped(room, points, "C00", "B_TL")
        entry = planner.judge(readings, replace(good, distance_m=good.distance_m * factor))
        assert entry.doubtful
        assert word in entry.sentence
        assert entry.suggestion_m == pytest.approx(good.distance_m, abs=0.003)

    def test_a_misread_one_is_named_at_once(self, planner, room, points):
        readings = follow(planner, room, points, 8)
        good = taped(room, points, "C80", "B_BL")
        entry = planner.judge(readings, replace(good, distance_m=good.distance_m + 0.10))
        assert entry.doubtful
        assert entry.suggestion_m is None
        assert "cm longer than the other readings say" in entry.sentence
        assert entry.residual_m == pytest.approx(0.10, abs=0.012)

    def test_one_misread_among_the_others_does_not_accuse_a_good_one(self, planner, room, points):
        readings = list(follow(planner, room, points, 9))
        readings[8] = replace(readings[8], distance_m=readings[8].distance_m + 0.2)
        entry = planner.judge(tuple(readings), readings[8])
        assert entry.doubtful
        good = taped(room, points, "C05", "B_TR")
        assert not planner.judge(tuple(readings), good, doubted=frozenset({8})).doubtful

    def test_few_readings_accuse_nobody(self, planner, room, points):
        readings = follow(planner, room, points, 2)
        entry = planner.judge(readings, taped(room, points, "C00", "B_TL"))
        assert not entry.doubtful
        assert entry.sentence == ""
        assert len(readings) < MIN_READINGS


class TestUnits:
    @pytest.mark.parametrize(
        ("typed", "word", "meant"),
        [
            (334.3, "centimetres", 3.343),
            (3343.0, "millimetres", 3.343),
            (131.6, "inches", 3.343),
            (10.97, "feet", 3.343),
            (33.43, "too far right", 3.343),
            (0.3343, "too far left", 3.343),
        ],
    )
    def test_units(self, typed, word, meant):
        assert word in unit_mistake(typed, 3.35)
        assert metres(typed, 3.35) == pytest.approx(meant, abs=0.002)

    @pytest.mark.parametrize("typed", [3.343, 3.9, 2.0, 0.0, -3.0])
    def test_no_unit_explains_it(self, typed):
        assert unit_mistake(typed, 3.35) == ""
        assert metres(typed, 3.35) is None


class TestPrecision:
    def test_the_jacobian_is_that_of_a_moved_frame(self):
        rng = np.random.default_rng(0)
        heads = rng.uniform([0, 0.5, 2], [4, 1.2, 7], (5, 3))
        aim, origin = np.array([2.0, 0.6, 0.0]), np.array([1.8, 1.4, 2.1])
        J = frame_jacobian(heads, aim, origin)
        for k in range(6):
            delta = np.zeros(6)
            delta[k] = 1e-6
            R = exp_so3(delta[:3])
            p = (heads - origin) @ R.T + origin + delta[3:]
            d = (aim - heads) @ R.T
            moved = (p - d * (p[:, 2:] / d[:, 2:]))[:, :2]
            np.testing.assert_allclose(J[:, :, k], (moved - aim[:2]) / 1e-6, atol=1e-4)

    def test_the_usual_seats_give_what_the_survey_says(self, room):
        facts = Room.model_validate({"board": {"width_m": 4.0, "height_m": 1.2}})
        cov = np.diag([1e-5, 2e-5, 1e-5, 1e-6, 1e-6, 1e-6])
        T_WA = Transform(room.T_WA.R, room.T_WA.t)
        assert len(seat_positions(facts)) == 8
        mean, rms = frame_error_m(facts, T_WA, cov), board_sigma_m(T_WA, cov, 4.0, 1.2)
        assert mean == pytest.approx(rms, rel=0.15)
        assert mean <= rms * 1.001
