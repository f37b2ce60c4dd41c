import numpy as np
import pytest

from gazeclass.lesson.observation import SEEN, Observation, ObservationStatus


def test_not_seen_knows_nothing():
    nothing = Observation.not_seen(1.5, "S01")
    assert nothing.status == "not_seen" == ObservationStatus.NOT_SEEN
    assert not nothing.seen
    assert ObservationStatus.NOT_SEEN not in SEEN
    for name in ("position_W_m", "cov_position_m2", "R_WS", "cov_rotation_rad2", "board_xy_m", "cov_board_m2"):
        assert np.isnan(getattr(nothing, name)).all()
    assert np.isnan([nothing.zone_probability, nothing.face_px, nothing.skew_s]).all()


def test_plain_strings_become_statuses_and_arrays_are_frozen():
    seen = Observation(0.0, "S01", "away", position_W_m=[1, 2, 3])
    assert seen.status is ObservationStatus.AWAY
    assert seen.seen
    with pytest.raises(ValueError, match="read-only"):
        seen.position_W_m[0] = 5.0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"status": "asleep"}, "asleep"),
        ({"position_W_m": [1.0, 2.0]}, "position_W_m"),
        ({"cov_board_m2": np.eye(3)}, "cov_board_m2"),
        ({"cameras": "10"}, "cameras"),
    ],
)
def test_impossible_observations_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        Observation(**({"t_s": 0.0, "student": "S01", "status": "ok"} | wrong))
