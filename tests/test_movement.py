"""Offsets of two clocks from made-up movement with a known one."""

import numpy as np
import pytest

from gazeclass.movement import MovementMeter, clock_offset


def bursts(rng: np.random.Generator, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """When somebody turns, and how long."""
    count = int(seconds * 2)
    return rng.uniform(0, seconds, count), rng.uniform(0.15, 0.4, count)


def meter(
    rng: np.random.Generator, scene: tuple[np.ndarray, np.ndarray], *, clock_s: float, rate_hz: float, to_s: float
) -> MovementMeter:
    """What a camera sees of the scene: every turn more or less large, with noise, at its own moments."""
    at, length = scene
    size = rng.uniform(0.3, 1.0, len(at))
    t = np.arange(rng.uniform(0, 1 / rate_hz), to_s, 1 / rate_hz)
    amount = (size * np.exp(-(((t[:, None] - at) / length) ** 2))).sum(axis=1) + rng.uniform(0.05, 0.1, len(t))
    return MovementMeter((t + clock_s).tolist(), amount.tolist())


@pytest.mark.parametrize("rates_hz", [(10, 10), (25, 30), (6, 15)])
@pytest.mark.parametrize("offset_s", [0.0, 0.3, -1.7, 12.0])
def test_the_offset_is_found_whatever_the_cameras_rates(offset_s, rates_hz):
    rng = np.random.default_rng(5)
    scene = bursts(rng, 40.0)
    first = meter(rng, scene, clock_s=0.0, rate_hz=rates_hz[0], to_s=40.0)
    second = meter(rng, scene, clock_s=offset_s, rate_hz=rates_hz[1], to_s=40.0)
    found = clock_offset(first, second)
    assert found is not None
    assert found.certain
    assert found.offset_s == pytest.approx(offset_s, abs=0.03)


def test_movement_of_two_different_scenes_is_never_certain():
    rng = np.random.default_rng(6)
    for _ in range(20):
        meters = [meter(rng, bursts(rng, 20.0), clock_s=0.0, rate_hz=10, to_s=20.0) for _ in range(2)]
        found = clock_offset(meters[0], meters[1])
        assert found is not None
        assert not found.certain


def test_nothing_is_said_of_stills_and_of_a_few_frames():
    rng = np.random.default_rng(7)
    still = MovementMeter(np.arange(0, 20, 0.1).tolist(), [0.0] * 200)
    even = MovementMeter(np.arange(0, 20, 0.1).tolist(), [1.0] * 200)
    lively = meter(rng, bursts(rng, 20.0), clock_s=0.0, rate_hz=10, to_s=20.0)
    short = meter(rng, bursts(rng, 20.0), clock_s=0.0, rate_hz=10, to_s=3.0)
    for quiet in (still, even, short, MovementMeter()):
        assert clock_offset(lively, quiet) is None
    assert clock_offset(lively, lively, around_s=100.0, reach_s=5.0) is None


def test_the_meter_counts_what_moves_and_passes_over_noise_and_quick_frames():
    meter = MovementMeter()
    rng = np.random.default_rng(8)
    picture = np.full((180, 640), 90, np.uint8)
    for k in range(40):
        frame = picture + rng.integers(0, 4, picture.shape, np.uint8)
        if k >= 20:
            frame[60:120, 8 * k : 8 * k + 60] = 200
        meter.feed(k * 0.04, frame)
    times, amounts = np.array(meter.times_s), np.array(meter.amounts)
    assert np.diff(times).min() > 0.079
    assert amounts[times < 0.7].max() == 0
    assert amounts[times > 0.9].min() > 0.1
