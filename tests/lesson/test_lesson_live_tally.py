"""What a live lesson counts: length without pauses, rates and latency of the last seconds and of all."""

import numpy as np
import pytest

from gazeclass.lesson.live_tally import OVER_S, LiveTally


@pytest.fixture
def tally() -> LiveTally:
    """Ten seconds at four pairs a second, each 0.3 s late; S02 is measured in every second one."""
    tally = LiveTally()
    for k in range(41):
        tally.add(100.0 + 0.25 * k, 100.3 + 0.25 * k, ["S01", "S02"] if k % 2 == 0 else ["S01"])
    return tally


def test_before_the_first_pair_there_is_nothing() -> None:
    tally = LiveTally()
    assert tally.pairs == 0
    assert np.isnan(tally.last_s)
    assert np.isnan(tally.latency_s(5.0))
    assert tally.latency_of_all_s() is None
    assert (tally.lesson_s(5.0), tally.pairs_per_s(5.0)) == (0.0, 0.0)
    assert tally.updates_per_s(5.0) == tally.mean_updates_per_s(5.0) == {}


def test_rates_and_latency(tally: LiveTally) -> None:
    now = 110.3
    assert (tally.pairs, tally.last_s) == (41, 110.0)
    assert tally.pairs_per_s(now) == pytest.approx(4.0, abs=0.3)
    assert tally.latency_s(now) == tally.latency_of_all_s() == pytest.approx(0.3)
    assert tally.updates_per_s(now) == pytest.approx({"S01": 4.0, "S02": 2.0}, abs=0.3)
    assert tally.mean_updates_per_s(now) == pytest.approx({"S01": 41 / 10.3, "S02": 21 / 10.3})


def test_when_nothing_comes_any_more_rates_are_zero_and_names_stay(tally: LiveTally) -> None:
    later = 110.3 + 2 * OVER_S
    assert tally.updates_per_s(later) == {"S01": 0.0, "S02": 0.0}
    assert tally.pairs_per_s(later) == 0.0
    assert np.isnan(tally.latency_s(later))
    assert tally.latency_of_all_s() == pytest.approx(0.3)


def test_pauses_are_no_lesson(tally: LiveTally) -> None:
    assert tally.lesson_s(112.0) == pytest.approx(12.0)
    tally.pause(112.0)
    assert tally.lesson_s(117.0) == pytest.approx(12.0)
    tally.resume(118.0)
    assert tally.lesson_s(120.0) == pytest.approx(14.0)
    tally.pause(121.0)
    tally.resume(122.0)
    assert tally.lesson_s(123.0) == pytest.approx(16.0)
