"""A device's clock on the computer's: offset, drift, jitter, jumps."""

import numpy as np
import pytest

from gazeclass.capture.clock import JUMP_S, ClockKind, DeviceClock


def stream(seconds: float, rate_hz: float = 30.0, *, drift_ppm: float = 0.0, seed: int = 0) -> tuple[np.ndarray, ...]:
    """True times, device times and arrivals: 40 ms at least on the way, mostly more, now and then a stall."""
    rng = np.random.default_rng(seed)
    true = np.arange(0.0, seconds, 1.0 / rate_hz)
    device = true * (1 - drift_ppm * 1e-6) + 5000.0
    late = rng.exponential(0.010, len(true))
    late[rng.random(len(true)) < 0.01] += 0.4
    arrival = np.maximum.accumulate(true + 0.040 + late)
    return true, device, arrival


def mapped(clock: DeviceClock, device: np.ndarray, arrival: np.ndarray) -> np.ndarray:
    return np.array([clock.time_of(d, a) for d, a in zip(device, arrival, strict=True)])


def test_jitter_and_stalls_of_the_network_do_not_show_in_the_times() -> None:
    true, device, arrival = stream(60.0)
    error = mapped(DeviceClock(), device, arrival) - true - 0.040
    assert np.abs(arrival - true - 0.040).max() > 0.3  # what the arrival alone would give
    assert np.abs(error[60:]).max() < 0.005


@pytest.mark.parametrize("drift_ppm", [-80.0, 0.0, 80.0])
def test_drift_is_followed(drift_ppm: float) -> None:
    """A quartz 80 ppm off is 48 ms after ten minutes, more than a frame."""
    clock = DeviceClock()
    true, device, arrival = stream(600.0, 10.0, drift_ppm=drift_ppm)
    error = mapped(clock, device, arrival) - true - 0.040
    assert np.abs(error[300:]).max() < 0.012
    assert clock.drift_ppm == pytest.approx(drift_ppm, abs=25.0)


def test_two_cameras_with_clocks_far_apart_keep_their_true_skew() -> None:
    _true, device, arrival = stream(30.0, 15.0, seed=1)
    other = DeviceClock()
    second = mapped(other, device - 1e6 + 0.020, arrival + 0.020)  # taken 20 ms later, its clock days apart
    first = mapped(DeviceClock(), device, arrival)
    assert np.median(second - first) == pytest.approx(0.020, abs=1e-6)


@pytest.mark.parametrize("jump_s", [-30.0, -0.5, 2.0, 3600.0])
def test_a_clock_that_is_set_is_noticed_once_and_times_go_on(jump_s: float) -> None:
    true, device, arrival = stream(20.0)
    device = device + np.where(true > 10.0, jump_s, 0.0)
    clock = DeviceClock()
    times = mapped(clock, device, arrival)
    assert clock.jumps == 1
    assert (np.diff(times) > 0).all()
    assert np.abs(times[true > 12.0] - true[true > 12.0] - 0.040).max() < 0.03


def test_a_stall_is_no_jump() -> None:
    true, device, arrival = stream(10.0)
    arrival[100:130] = arrival[130]
    clock = DeviceClock()
    times = mapped(clock, device, arrival)
    assert clock.jumps == 0
    assert np.abs(times[60:] - true[60:] - 0.040).max() < 0.01


def test_without_times_of_its_own_the_arrival_counts() -> None:
    clock = DeviceClock(ClockKind.NONE)
    assert clock.time_of(5.0, 100.0) == 100.0
    assert DeviceClock().time_of(float("nan"), 100.0) == 100.0


def test_a_camera_on_the_computers_clock_is_believed() -> None:
    clock = DeviceClock(ClockKind.HOST)
    assert clock.time_of(99.97, 100.0) == 99.97
    assert clock.time_of(100.5, 100.1) == 100.1, "no picture is taken after it has come"


def test_times_from_a_host_clock_that_is_none_are_mapped() -> None:
    """Some drivers count from boot of the camera although V4L2 says otherwise."""
    clock = DeviceClock(ClockKind.HOST)
    times = [clock.time_of(3.0 + k * 0.1, 1000.0 + k * 0.1) for k in range(20)]
    assert times == pytest.approx([1000.0 + k * 0.1 for k in range(20)])


def test_times_always_increase_even_when_pictures_come_in_one_burst() -> None:
    clock = DeviceClock()
    times = [clock.time_of(k * 0.04, 10.0) for k in range(50)]
    assert (np.diff(times) > 0).all()
    assert times[-1] <= 10.0 + 50 * 1e-4 + JUMP_S


def test_jitter_is_told() -> None:
    clock = DeviceClock()
    _, device, arrival = stream(30.0)
    mapped(clock, device, arrival)
    assert 0.01 < clock.jitter_s < 0.5
    assert np.isnan(DeviceClock().jitter_s)
