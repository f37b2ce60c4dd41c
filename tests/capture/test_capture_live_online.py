"""Online pairing gives the pairs of the offline rule, soon."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeclass.capture.online import WAITING, OnlinePairing
from gazeclass.capture.pairs import pair_times


def feed(pairing: OnlinePairing[int], t0: np.ndarray, t1: np.ndarray, delay: tuple[float, float] = (0.0, 0.0)) -> list:
    """Both cameras' frames in the order of arrival; pairs as index pairs with the arrival that made them."""
    arrivals = [(t + delay[0], 0, k, t) for k, t in enumerate(t0)] + [(t + delay[1], 1, k, t) for k, t in enumerate(t1)]
    made = []
    for arrival, camera, index, t in sorted(arrivals):
        made += [(match.frames, arrival) for match in pairing.add(camera, float(t), index)]
    return made


@pytest.mark.parametrize(("rate0", "rate1"), [(30.0, 30.0), (30.0, 15.0), (10.0, 25.0), (30.0, 29.97)])
def test_the_pairs_are_those_of_a_recording(rate0: float, rate1: float) -> None:
    rng = np.random.default_rng(3)
    t0 = np.arange(0, 20, 1 / rate0) + rng.normal(0, 0.001, int(np.ceil(20 * rate0)))
    t1 = np.arange(0.012, 20, 1 / rate1) + rng.normal(0, 0.001, len(np.arange(0.012, 20, 1 / rate1)))
    kept0, kept1 = rng.random(len(t0)) > 0.03, rng.random(len(t1)) > 0.03
    t0, t1 = t0[kept0], t1[kept1]
    made = {frames for frames, _ in feed(OnlinePairing(), t0, t1)}
    offline = {tuple(p) for p in pair_times(t0, t1).tolist()}
    assert len(made & offline) >= 0.97 * len(offline)
    # Where frames are lost, or half a period apart, a partner may have been taken before the nearer one came.
    assert len(made - offline) <= 0.04 * len(offline)


def test_a_pair_is_made_when_its_second_frame_comes() -> None:
    t0, t1 = np.arange(0, 5, 0.1), np.arange(0.02, 5, 0.1)
    made = feed(OnlinePairing(), t0, t1)
    waits = [arrival - t1[frames[1]] for frames, arrival in made[2:]]
    assert max(waits) == pytest.approx(0.0, abs=1e-9)


def test_a_network_camera_that_is_late_is_waited_for() -> None:
    t0, t1 = np.arange(0, 5, 0.1), np.arange(0.01, 5, 0.1)
    made = feed(OnlinePairing(), t0, t1, delay=(0.02, 0.45))
    assert [frames for frames, _ in made][:40] == [(k, k) for k in range(40)]


@given(
    st.lists(st.floats(0.005, 0.3), min_size=2, max_size=60), st.lists(st.floats(0.005, 0.3), min_size=2, max_size=60)
)
def test_whatever_comes_no_frame_is_used_twice_and_all_is_in_order(steps0: list[float], steps1: list[float]) -> None:
    t0, t1 = np.cumsum(steps0), np.cumsum(steps1)
    pairing: OnlinePairing[int] = OnlinePairing(0.1)
    made = [frames for frames, _ in feed(pairing, t0, t1)]
    for camera in (0, 1):
        used = [frames[camera] for frames in made]
        assert used == sorted(set(used))
    assert all(abs(t0[i] - t1[j]) <= 0.1 for i, j in made)


def test_frames_without_a_partner_are_given_up_and_counted() -> None:
    pairing: OnlinePairing[int] = OnlinePairing()
    for k in range(200):
        assert pairing.add(0, k / 30.0, k) == []
    assert 200 - WAITING <= pairing.unpaired[0] < 200
    pairing.clear()
    assert pairing.unpaired == [200, 0]


def test_half_the_rate_of_one_camera_gives_its_rate_of_pairs() -> None:
    t0, t1 = np.arange(0, 10, 1 / 30), np.arange(0.003, 10, 1 / 15)
    pairing: OnlinePairing[int] = OnlinePairing()
    made = feed(pairing, t0, t1)
    assert len(made) == pytest.approx(len(t1), abs=2)
    assert pairing.period_s(0) == pytest.approx(1 / 30)
    assert pairing.period_s(1) == pytest.approx(1 / 15)


def test_pictures_of_different_moments_are_no_pair_however_few_there_are() -> None:
    """One picture in two seconds from each: half a period would be a second."""
    made = feed(OnlinePairing(), np.arange(0, 40, 2.0), np.arange(0.3, 40, 2.0))
    assert made == []
    assert feed(OnlinePairing(0.5), np.arange(0, 40, 2.0), np.arange(0.3, 40, 2.0))
