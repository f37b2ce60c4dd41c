"""Two live cameras, and everything that happens to cameras."""

import errno
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from scripted_camera import Act, ScriptedCamera

from gazeclass.capture.clock import ClockKind
from gazeclass.capture.health import CameraState, EventKind, LiveEvent
from gazeclass.capture.live import LiveOptions, LivePairs
from gazeclass.capture.reader import ReaderPolicy
from gazeclass.errors import InputError

QUICK = ReaderPolicy(retry_first_s=0.05, retry_longest_s=0.1, silent_after_s=0.4, rate_over_s=1.0)
UNPLUGGED = OSError(errno.ENODEV, "No such device")
PATIENCE_S = 30.0

Open = Callable[..., LivePairs]


@pytest.fixture
def open_pair() -> Iterator[Open]:
    """Open two scripted cameras; all are closed, and no thread is left, at the end."""
    opened: list[LivePairs] = []

    def opener(first: ScriptedCamera, second: ScriptedCamera, **options: object) -> LivePairs:
        settings = LiveOptions(**({"policy": QUICK, "open_timeout_s": PATIENCE_S} | options))  # type: ignore[arg-type]
        opened.append(LivePairs(("left", "right"), (first, second), settings))
        return opened[-1].open()

    yield opener
    for live in opened:
        live.close()
    assert not [t.name for t in threading.enumerate() if t.name.startswith("gazeclass-camera")]


def until(live: LivePairs, wanted: Callable[[], bool]) -> None:
    """Consume pairs until something is so."""
    end = time.monotonic() + PATIENCE_S
    while not wanted():
        assert time.monotonic() < end, [event.text for event in live.events()]
        live.next_pair(0.05)


def told(live: LivePairs, kind: EventKind) -> list[LiveEvent]:
    return [event for event in live.events() if event.kind is kind]


def test_pairs_come_in_order_with_their_skew(open_pair: Open) -> None:
    live = open_pair(ScriptedCamera(Act()), ScriptedCamera(Act()))
    pairs = [live.next_pair(PATIENCE_S) for _ in range(30)]
    times = [pair.t_s for pair in pairs if pair is not None]
    assert len(times) == 30
    assert (np.diff(times) > 0).all()
    assert all(abs(pair.skew_s) < 0.011 and pair.images[0].shape == (48, 64, 3) for pair in pairs if pair)
    assert [pair.index for pair in pairs if pair] == list(range(30))
    health = live.health()
    assert health.pairs >= 30
    assert health.delivered == 30
    assert health.skew.max_abs_s < 0.011
    assert [c.state for c in health.cameras] == [CameraState.LIVE] * 2
    assert 0 <= health.latency_s < 5
    assert health.pairs_per_s > 1
    assert live.sizes_px == ((64, 48), (64, 48))
    assert live.pair_count is None
    assert live.duration_s == float("inf")


def test_a_slow_consumer_gets_the_latest_and_is_told_what_it_missed(open_pair: Open) -> None:
    live = open_pair(ScriptedCamera(Act()), ScriptedCamera(Act()))
    assert live.next_pair(PATIENCE_S)
    made = live.health().pairs
    end = time.monotonic() + PATIENCE_S
    while live.health().pairs < made + 25 and time.monotonic() < end:
        time.sleep(0.01)
    pair = live.next_pair(PATIENCE_S)
    assert pair is not None
    assert pair.index == 1
    assert live.health().skipped >= 20
    assert live.now_s() - pair.t_s < 0.04 * 3 + 1.0  # the machine may be busy; the queue is three pictures long


def test_unplugged_and_plugged_in_again(open_pair: Open) -> None:
    right = ScriptedCamera(Act(frames=20, fail=UNPLUGGED), Act(refuse=UNPLUGGED), *[Act(refuse=UNPLUGGED)] * 6, Act())
    live = open_pair(ScriptedCamera(Act()), right)
    until(live, lambda: len(told(live, EventKind.GAP)) == 1)
    assert [e.text for e in told(live, EventKind.LOST)] == ["camera: it is not there. Plug it in again."]
    gap = told(live, EventKind.GAP)[0]
    assert gap.camera == 1
    assert gap.until_s - gap.t_s > 0.4
    assert "no picture for" in gap.text
    before = live.health().pairs
    until(live, lambda: live.health().pairs > before + 5)
    health = live.health().cameras[1]
    assert health.connects == 2
    assert health.state is CameraState.LIVE
    assert health.problem == ""
    assert health.gap_s == pytest.approx(gap.until_s - gap.t_s)
    assert health.dropped < 5, "an outage is a gap, not dropped frames"
    assert "connected again" in told(live, EventKind.CONNECTED)[-1].text


def test_a_lost_camera_is_tried_at_once_when_asked(open_pair: Open) -> None:
    never = ReaderPolicy(retry_first_s=1000.0, retry_longest_s=1000.0, silent_after_s=0.4)
    right = ScriptedCamera(Act(frames=20, fail=UNPLUGGED), Act(refuse=UNPLUGGED), Act())
    live = open_pair(ScriptedCamera(Act()), right, policy=never)
    live.retry_now(1)  # it is not lost: nothing happens, and nothing is remembered
    until(live, lambda: live.health().cameras[1].state is CameraState.LOST)
    assert right.opened == 1
    live.retry_now(0)
    live.retry_now(1)
    until(live, lambda: right.opened == 2)
    live.retry_now(1)
    until(live, lambda: live.health().cameras[1].state is CameraState.LIVE)
    assert live.health().cameras[1].connects == 2
    assert live.health().cameras[0].connects == 1


def test_while_a_camera_is_away_the_other_can_still_be_shown(open_pair: Open) -> None:
    live = open_pair(ScriptedCamera(Act()), ScriptedCamera(Act(frames=5, fail=UNPLUGGED), Act(refuse=UNPLUGGED)))
    until(live, lambda: live.health().cameras[1].state is CameraState.LOST)
    shown = live.latest(0)
    until(live, lambda: live.latest(0) is not shown)
    assert live.next_pair(0.3) is None
    assert not live.ended
    assert live.health().cameras[1].gap_s > 0


def test_another_program_uses_the_camera(open_pair: Open) -> None:
    left = ScriptedCamera(Act())
    with pytest.raises(InputError, match=r"right: another program uses it\. Close the other program"):
        open_pair(left, ScriptedCamera(Act(refuse=OSError(errno.EBUSY, "Device or resource busy")), name="right"))
    assert all(source.closed.is_set() for source in left.sources)


def test_back_with_another_size_is_refused_until_it_is_right_again(open_pair: Open) -> None:
    right = ScriptedCamera(Act(frames=10, fail=UNPLUGGED), *[Act(size_px=(32, 24))] * 4, Act())
    live = open_pair(ScriptedCamera(Act()), right)
    until(live, lambda: live.health().cameras[1].state is CameraState.WRONG_SIZE)
    events = told(live, EventKind.WRONG_SIZE)
    assert len(events) == 1
    assert "its pictures are 32×24 now, in this lesson they were 64×48" in events[0].text
    until(live, lambda: live.health().cameras[1].state is CameraState.LIVE)
    pair = live.next_pair(PATIENCE_S)
    assert pair is not None
    assert pair.images[1].shape == (48, 64, 3)


def test_one_camera_slowed_to_half(open_pair: Open) -> None:
    slow = Act(rate_hz=20.0)
    right = ScriptedCamera(slow)
    live = open_pair(ScriptedCamera(Act(rate_hz=40.0)), right)
    right.sources[0].asked_rate_hz = 40.0  # it promised 40
    until(live, lambda: bool(told(live, EventKind.SLOW)))
    assert "pictures a second come, 40 were promised" in told(live, EventKind.SLOW)[0].text
    assert 10 < live.health().cameras[1].rate_hz < 28
    made = live.health().pairs
    until(live, lambda: live.health().pairs >= made + 20)
    health = live.health()
    assert health.skew.max_abs_s <= 0.5 / 20.0 + 1e-3
    assert health.cameras[1].unpaired <= 5 < health.cameras[0].unpaired


@pytest.mark.parametrize("jump_s", [-100.0, 3600.0])
def test_a_clock_that_jumps(open_pair: Open, jump_s: float) -> None:
    right = ScriptedCamera(Act(clock=ClockKind.DEVICE, jump_at=20, jump_s=jump_s))
    live = open_pair(ScriptedCamera(Act(clock=ClockKind.DEVICE)), right)
    until(live, lambda: bool(told(live, EventKind.CLOCK_JUMP)))
    made = live.health().pairs
    until(live, lambda: live.health().pairs > made + 20)
    assert len(told(live, EventKind.CLOCK_JUMP)) == 1
    assert told(live, EventKind.CLOCK_JUMP)[0].camera == 1
    assert abs(live.health().skew.median_s) < 0.02


def test_connected_but_silent(open_pair: Open) -> None:
    live = open_pair(ScriptedCamera(Act()), ScriptedCamera(Act(frames=10, silent=True)))
    until(live, lambda: live.health().cameras[1].state is CameraState.SILENT)
    assert told(live, EventKind.SILENT)[0].text == "camera: connected, but no picture comes"


def test_the_end_of_a_file_ends_the_lesson(open_pair: Open) -> None:
    live = open_pair(ScriptedCamera(Act(frames=12), finite=True), ScriptedCamera(Act(frames=12), finite=True))
    pairs = list(live)
    assert pairs
    assert live.ended
    assert {event.camera for event in told(live, EventKind.ENDED)} <= {0, 1}


def test_leaving_the_loop_releases_both_cameras(open_pair: Open) -> None:
    cameras = ScriptedCamera(Act()), ScriptedCamera(Act())
    live = open_pair(*cameras)
    for _pair in live:
        break
    end = time.monotonic() + PATIENCE_S
    while not all(source.closed.is_set() for camera in cameras for source in camera.sources):
        assert time.monotonic() < end
        time.sleep(0.01)
    live.close()
    assert live.next_pair(0.1) is None
    assert live.ended


def test_closing_wakes_whoever_waits(open_pair: Open) -> None:
    live = open_pair(ScriptedCamera(Act()), ScriptedCamera(Act(frames=1, silent=True)))
    got: list[object] = []
    waiter = threading.Thread(target=lambda: got.extend(live))
    waiter.start()
    live.close()
    waiter.join(PATIENCE_S)
    assert not waiter.is_alive()


def test_whatever_a_driver_throws_the_reader_goes_on(open_pair: Open) -> None:
    right = ScriptedCamera(Act(frames=5, fail=RuntimeError("inside out")), Act())
    live = open_pair(ScriptedCamera(Act()), right)
    until(live, lambda: live.health().cameras[1].connects == 2)
    assert "cannot be used (RuntimeError)" in told(live, EventKind.LOST)[0].text


def test_a_camera_that_never_shows_a_picture(open_pair: Open) -> None:
    with pytest.raises(InputError, match="no picture has come within"):
        open_pair(ScriptedCamera(Act()), ScriptedCamera(Act(frames=0, silent=True)), open_timeout_s=0.3)


def test_a_known_delay_is_subtracted(open_pair: Open) -> None:
    live = open_pair(ScriptedCamera(Act()), ScriptedCamera(Act(rate_hz=50.0)), offset_s=0.005)
    until(live, lambda: live.health().pairs > 10)
    assert live.health().skew.median_s == pytest.approx(-0.005, abs=1e-6)
    assert live.health().offset_s == 0.005


def test_exchanged_cameras_are_refused(open_pair: Open) -> None:
    left, right = ScriptedCamera(Act(), device="usb-1"), ScriptedCamera(Act(), device="usb-2")
    with pytest.raises(InputError, match=r"exchanged.*Exchange left and right"):
        open_pair(left, right, devices=("usb-2", "usb-1"))
    assert all(source.closed.is_set() for source in (*left.sources, *right.sources))


def test_another_camera_than_calibrated_is_told(open_pair: Open) -> None:
    left, right = ScriptedCamera(Act(), device="usb-1"), ScriptedCamera(Act(), device="usb-9", name="new one")
    live = open_pair(left, right, devices=("usb-1", "usb-2"))
    (event,) = told(live, EventKind.DIFFERENT)
    assert event.camera == 1
    assert "new one: this is not the camera" in event.text
    assert live.devices == ("usb-1", "usb-9")


def test_events_can_be_fetched_piece_by_piece(open_pair: Open) -> None:
    live = open_pair(ScriptedCamera(Act()), ScriptedCamera(Act()))
    first, count = live.events_since(0)
    assert {event.kind for event in first} == {EventKind.CONNECTED}
    assert live.events_since(count) == ((), count)
    live.tell(LiveEvent(1.0, None, EventKind.RECORDING, "told", 1.0))
    again, _ = live.events_since(count)
    assert [event.text for event in again] == ["told"]
    assert live.notes[-1] == "told"
