"""A student whose turn it is not keeps the last rotation, less and less sure of it; where the head is goes on."""

import numpy as np
import pytest
from test_pipeline import Script, looking_at, pair, pipeline

from gazeclass.lesson.observation import ObservationStatus
from gazeclass.lesson.pose_schedule import PoseSchedule


class Turns(PoseSchedule):
    """Says whose turn it is."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen: set[str] = set()

    def choose(self, t_s, faces):
        return self.chosen & set(faces)


@pytest.fixture
def script() -> Script:
    return Script()


def test_a_held_rotation_grows_less_sure_and_ends(script: Script) -> None:
    turns = Turns()
    p = pipeline(script, schedule=turns)
    P = np.array([1.5, 0.9, 4.5])
    R = looking_at(P, np.array([2.0, 0.6, 0.0]))
    script.heads = {"S01": (P, R, "01")}
    turns.chosen = {"S01"}
    look = p.look(pair(0.0))
    assert look.posed == {"S01"}
    (first,) = look.observations
    turns.chosen = set()
    # The head turns, and nobody looks: it is the old rotation that is told, from where the head is now.
    moved = P + [0.0, 0.0, 0.01]
    script.heads = {"S01": (moved, looking_at(P, np.array([3.9, 0.6, 0.0])), "01")}
    look = p.look(pair(0.5))
    assert look.posed == frozenset()
    (held,) = look.observations
    assert held.status is ObservationStatus.OK
    np.testing.assert_allclose(held.R_WS, first.R_WS, atol=1e-9)
    grown = np.trace(held.cov_rotation_rad2) - np.trace(first.cov_rotation_rad2)
    assert grown == pytest.approx(3 * np.radians(15.0) ** 2 * 0.5, rel=1e-6)
    assert held.cov_board_m2[0, 0] > first.cov_board_m2[0, 0]
    assert held.position_W_m[2] > first.position_W_m[2]
    (late,) = p.look(pair(1.6)).observations
    assert late.status is ObservationStatus.LOW_CONFIDENCE
    assert np.isnan(late.board_xy_m).all()
    turns.chosen = {"S01"}
    (again,) = p.look(pair(1.7)).observations
    assert again.status is ObservationStatus.OK
    np.testing.assert_allclose(again.board_xy_m, [3.9, 0.6], atol=0.15)  # the filter follows a turn within two looks


def test_who_was_never_looked_at_has_no_point(script: Script) -> None:
    turns = Turns()
    p = pipeline(script, schedule=turns)
    P = np.array([1.5, 0.9, 4.5])
    script.heads = {"S01": (P, looking_at(P, np.array([2.0, 0.6, 0.0])), "01")}
    (seen,) = p.look(pair(0.0)).observations
    assert seen.status is ObservationStatus.LOW_CONFIDENCE
    np.testing.assert_allclose(seen.position_W_m, P, atol=0.002)


def test_the_schedule_hears_what_pairs_take(script: Script) -> None:
    schedule = PoseSchedule()
    p = pipeline(script, schedule=schedule)
    P = np.array([1.5, 0.9, 4.5])
    script.heads = {"S01": (P, looking_at(P, np.array([2.0, 0.6, 0.0])), "01")}
    p.look(pair(0.0))
    assert schedule.faces_within < 1_000_000
