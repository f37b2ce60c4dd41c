import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeclass.capture.pairs import estimate_offset_s, gaps_of, half_period, pair_times, period_of, skew_of


def test_regular_frames_pair_one_to_one():
    t0 = np.arange(10) / 10
    assert pair_times(t0, t0 + 0.013).tolist() == [[k, k] for k in range(10)]


def test_a_dropped_frame_leaves_its_partner_alone_and_shifts_nothing():
    t0 = np.arange(10) / 10
    t1 = np.delete(t0 + 0.02, 4)
    found = pair_times(t0, t1)
    assert found[:, 0].tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert np.abs(t1[found[:, 1]] - t0[found[:, 0]]).max() < 0.021


def test_the_nearer_of_two_candidates_wins():
    # Frame 1 of camera 1 is nearer to frame 1 of camera 0, though it was the nearest to frame 0 as well.
    assert pair_times([0.0, 0.1], [0.08], max_skew_s=0.09).tolist() == [[1, 0]]


def test_different_rates_pair_at_the_slower_one():
    t0, t1 = np.arange(30) / 30, np.arange(15) / 15 + 0.004
    found = pair_times(t0, t1)
    assert found[:, 0].tolist() == list(range(0, 30, 2))
    assert found[:, 1].tolist() == list(range(15))


def test_frames_too_far_apart_are_no_pair():
    assert len(pair_times(np.arange(5) / 10, 100 + np.arange(5) / 10)) == 0
    assert len(pair_times([], [0.0])) == 0
    assert pair_times([0.0], [0.4]).tolist() == [[0, 0]]  # single pictures have no rhythm to be late against
    assert half_period([0.0], [0.4]) == float("inf")


times = st.lists(st.integers(0, 3000), min_size=1, max_size=60, unique=True).map(lambda t: np.sort(np.array(t) / 1000))


@given(times, times, st.floats(0.001, 1.0))
def test_pairs_are_in_order_unique_and_mutually_nearest(t0, t1, limit):
    found = pair_times(t0, t1, limit)
    assert (np.diff(found, axis=0) > 0).all()
    for i, j in found:
        gap = abs(t1[j] - t0[i])
        assert gap <= limit
        assert gap <= np.abs(t1 - t0[i]).min() + 1e-12
        assert gap <= np.abs(t0 - t1[j]).min() + 1e-12
    # Nothing was left out that could have been taken: two unpaired frames are never each other's nearest.
    for i in set(range(len(t0))) - set(found[:, 0].tolist()):
        j = int(np.argmin(np.abs(t1 - t0[i])))
        if abs(t1[j] - t0[i]) <= limit and j not in found[:, 1]:
            assert np.abs(t0 - t1[j]).min() <= abs(t1[j] - t0[i])


@pytest.mark.parametrize("start", [0.0, 123.4, -50.0])
def test_offset_of_clocks_that_share_nothing(start):
    rng = np.random.default_rng(1)
    t0 = np.arange(300) / 10
    t1 = start + 0.031 + t0 + rng.normal(0, 0.002, 300)
    t1 = np.delete(t1, rng.choice(np.arange(5, 300), 40, replace=False))
    moved = t1 - estimate_offset_s(t0, t1)
    found = pair_times(t0, moved)
    assert len(found) == 260
    assert (np.delete(np.arange(300), found[:, 0])[0]) > 4  # and frame 0 belongs to frame 0
    skew = skew_of(t0, moved, found)
    assert abs(skew.median_s) < 0.001
    assert skew.max_abs_s < 0.01


def test_offset_is_not_moved_by_a_camera_that_stalled():
    t0 = np.arange(100) / 10
    t1 = t0 + 0.01
    t1[50:60] += 0.04
    assert estimate_offset_s(t0, t1) == pytest.approx(0.01, abs=1e-9)


def test_offset_with_too_little_to_go_by():
    assert estimate_offset_s([], [1.0]) == 0.0
    assert estimate_offset_s([0.0], [7.0]) == 7.0
    assert estimate_offset_s([0.0, 0.1], [5.0, 5.1]) == pytest.approx(5.0)


def test_gaps_tell_dropped_from_late():
    t = np.arange(20) / 10
    assert gaps_of(t) == (0, 0)
    assert gaps_of(np.delete(t, [7, 8, 15])) == (3, 0)
    late = t.copy()
    late[9] += 0.04
    assert gaps_of(late) == (0, 1)
    assert gaps_of([1.0]) == (0, 0)
    assert np.isnan(period_of([1.0]))


def test_skew_of_nothing_is_unknown():
    assert np.isnan(skew_of([0.0], [9.0], np.zeros((0, 2))).max_abs_s)
