"""Network cameras on loopback: true times, torn pictures, killed and back again."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from network_servers import (
    MjpegServer,
    RefusingRtspServer,
    RtspServer,
    as_a_camera_sends,
    need_rtsp_server,
    numbered_video,
)
from numbered_pictures import read_number

from gazeclass.capture.health import CameraState, EventKind
from gazeclass.capture.live import LiveOptions, LivePairs, open_live
from gazeclass.capture.network import NetworkCamera
from gazeclass.capture.pairs import FramePair
from gazeclass.capture.reader import ReaderPolicy
from gazeclass.errors import InputError
from gazeclass.sample import sample_folder

PATIENCE_S = 100.0
OPTIONS = LiveOptions(
    open_timeout_s=PATIENCE_S,
    read_timeout_s=3.0,
    policy=ReaderPolicy(retry_first_s=0.1, retry_longest_s=0.5, silent_after_s=1.0),
)


def take(live: LivePairs, wanted: Callable[[list[FramePair]], bool]) -> list[FramePair]:
    """Pairs until there are the wanted ones."""
    end = time.monotonic() + PATIENCE_S
    pairs: list[FramePair] = []
    while not wanted(pairs):
        assert time.monotonic() < end, [event.text for event in live.events()]
        pair = live.next_pair(0.5)
        if pair is not None:
            pairs.append(pair)
    return pairs


@pytest.fixture(scope="module")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """25 s of numbered pictures for each camera."""
    need_rtsp_server()
    folder = tmp_path_factory.mktemp("rtsp")
    return numbered_video(folder / "cam0.mp4", 25), numbered_video(folder / "cam1.mp4", 25)


@pytest.mark.slow
def test_rtsp_pairs_and_skews_are_the_true_ones(numbered: tuple[Path, Path], free_port: int) -> None:
    """Each stream has a clock of its own and begins when it is opened; the pictures' numbers tell the true moments."""
    with RtspServer(free_port, numbered) as server:
        urls = [f"rtsp://teacher:geheim@127.0.0.1:{free_port}/cam{k}" for k in (0, 1)]
        with open_live(*urls, options=OPTIONS) as live:
            pairs = take(live, lambda pairs: len(pairs) >= 60)[20:]
            begun = server.first_pictures_s()
            start_s = time.monotonic() - live.now_s()
            assert live.names == (f"rtsp://127.0.0.1:{free_port}/cam0", f"rtsp://127.0.0.1:{free_port}/cam1")
            assert not any("geheim" in event.text for event in live.events())
    numbers = np.array([[read_number(image) for image in pair.images] for pair in pairs])
    true_s = np.array([begun["cam0"], begun["cam1"]]) + 0.1 * numbers
    times = np.array([[pair.t_s, pair.t_s + pair.skew_s] for pair in pairs]) + start_s
    late = times - true_s
    # What is left is the way from the server into the program, the same for both: a frame period, because FFmpeg gives
    # a picture out when the next begins, and a little.
    assert (late > -0.02).all()
    assert np.median(late) < 0.5
    assert np.abs(np.diff(late, axis=1)).max() < 0.06, "pairs show one moment"
    assert np.median(np.abs(np.diff(late, axis=1))) < 0.03


@pytest.mark.slow
@pytest.mark.parametrize("transport", ["udp", "auto"])
def test_rtsp_with_lost_packets_goes_on(numbered: tuple[Path, Path], free_port: int, transport: str) -> None:
    options = LiveOptions(open_timeout_s=PATIENCE_S, transport=transport, policy=OPTIONS.policy)
    with RtspServer(free_port, numbered, loss=0.03):
        urls = [f"rtsp://127.0.0.1:{free_port}/cam{k}" for k in (0, 1)]
        with open_live(*urls, options=options) as live:
            take(live, lambda pairs: len(pairs) >= 40)
            health = live.health()
    assert [camera.connects for camera in health.cameras] == [1, 1]
    assert health.skew.max_abs_s <= 0.5 * max(camera.period_s for camera in health.cameras) * 1.5


@pytest.mark.slow
def test_the_sample_lesson_over_rtsp_killed_and_restarted(free_port: int, tmp_path: Path) -> None:
    need_rtsp_server()
    videos = [as_a_camera_sends(sample_folder() / f"cam{k}.mp4", tmp_path / f"cam{k}.mp4", seconds=90) for k in (0, 1)]
    urls = [f"rtsp://127.0.0.1:{free_port}/cam{k}" for k in (0, 1)]
    with RtspServer(free_port, videos) as first:
        live = open_live(*urls, options=OPTIONS)
        try:
            before = take(live, lambda pairs: len(pairs) >= 5)
            first.kill()
            take(live, lambda _: all(c.state is CameraState.LOST for c in live.health().cameras))
            lost_s = live.now_s()
            with RtspServer(free_port, videos):
                after = take(live, lambda pairs: sum(pair.t_s > lost_s for pair in pairs) >= 5)
                health = live.health()
        finally:
            live.close()
    first_after_s = min(pair.t_s for pair in after if pair.t_s > lost_s)
    assert min(camera.connects for camera in health.cameras) >= 2
    gaps = [event for event in live.events() if event.kind is EventKind.GAP and event.t_s < lost_s < event.until_s]
    assert {event.camera for event in gaps} == {0, 1}
    assert all(event.until_s < first_after_s + 1.0 for event in gaps)
    assert before
    assert live.sizes_px == ((480, 270), (480, 270))


def test_motion_jpeg_over_http(free_port: int) -> None:
    """No clock comes along: arrivals are all there is, and both pictures of a pair are still of one moment."""
    with MjpegServer(free_port, rate_hz=8.0):
        urls = [f"http://teacher:geheim@127.0.0.1:{free_port}/cam{k}" for k in (0, 1)]
        with open_live(*urls, options=OPTIONS) as live:
            pairs = take(live, lambda pairs: len(pairs) >= 15)
            assert live.health().cameras[0].format == "mjpeg"
            assert live.sizes_px == ((320, 192), (320, 192))
    numbers = np.array([[read_number(image) for image in pair.images] for pair in pairs])
    apart = (numbers[:, 1] - numbers[:, 0] + 128) % 256 - 128
    assert np.mean(np.abs(apart) <= 1) > 0.8  # a busy machine may hold one stream up for a moment


def test_a_network_camera_that_is_unplugged_comes_back(free_port: int) -> None:
    urls = [f"http://127.0.0.1:{free_port}/cam{k}" for k in (0, 1)]
    with MjpegServer(free_port) as server:
        live = open_live(*urls, options=OPTIONS)
        try:
            take(live, lambda pairs: len(pairs) >= 5)
            server.kill()
            take(live, lambda _: all(c.state is CameraState.LOST for c in live.health().cameras))
            with MjpegServer(free_port):
                take(live, lambda pairs: len(pairs) >= 5)
                assert [camera.connects for camera in live.health().cameras] == [2, 2]
        finally:
            live.close()
    assert {event.camera for event in live.events() if event.kind is EventKind.GAP} == {0, 1}


def test_what_a_server_refuses(free_port: int) -> None:
    with MjpegServer(free_port):
        with pytest.raises(InputError, match="user or password is refused"):
            NetworkCamera(f"http://a:b@127.0.0.1:{free_port}/locked")
        camera = NetworkCamera(f"http://teacher:geheim@127.0.0.1:{free_port}/locked")
        assert camera.size_px == (320, 192)
        camera.close()
        assert list(camera) == []
        with pytest.raises(InputError, match="no such stream"):
            NetworkCamera(f"http://127.0.0.1:{free_port}/nothing")


def test_rtsp_without_such_a_stream(free_port: int, tmp_path: Path) -> None:
    need_rtsp_server()
    videos = [sample_folder() / f"cam{k}.mp4" for k in (0, 1)]
    with RtspServer(free_port, videos), pytest.raises(InputError, match="no such stream"):
        NetworkCamera(f"rtsp://127.0.0.1:{free_port}/cam7")


@pytest.mark.parametrize(
    ("status", "says"), [("401 Unauthorized", "user or password is refused"), ("404 Not Found", "no such stream")]
)
def test_what_an_rtsp_camera_refuses(free_port: int, status: str, says: str) -> None:
    with RefusingRtspServer(free_port, status), pytest.raises(InputError, match=says) as caught:
        NetworkCamera(f"rtsp://teacher:geheim@127.0.0.1:{free_port}/x", timeout_s=5.0)
    assert "geheim" not in str(caught.value)


def test_a_network_camera_back_with_another_size(free_port: int) -> None:
    urls = [f"http://127.0.0.1:{free_port}/cam{k}" for k in (0, 1)]
    with MjpegServer(free_port) as server:
        live = open_live(*urls, options=OPTIONS)
        try:
            take(live, lambda pairs: len(pairs) >= 5)
            server.kill()
            with MjpegServer(free_port, size=(640, 384)):
                take(live, lambda _: all(c.state is CameraState.WRONG_SIZE for c in live.health().cameras))
        finally:
            live.close()
    events = [event for event in live.events() if event.kind is EventKind.WRONG_SIZE]
    assert "its pictures are 640×384 now, in this lesson they were 320×192" in events[0].text


@pytest.mark.slow
def test_a_network_that_breaks_without_a_word(numbered: tuple[Path, Path], free_port: int) -> None:
    """Connections stay open and nothing comes: silent first, lost after the timeout, then there again."""
    with RtspServer(free_port, numbered) as server:
        urls = [f"rtsp://127.0.0.1:{free_port}/cam{k}" for k in (0, 1)]
        with open_live(*urls, options=OPTIONS) as live:
            take(live, lambda pairs: len(pairs) >= 5)
            server.freeze()
            take(live, lambda _: all(c.state is CameraState.LOST for c in live.health().cameras))
            told = {event.kind for event in live.events()}
            assert {EventKind.SILENT, EventKind.LOST} <= told
            assert "it does not answer. Check power and network." in [
                event.text.split(": ", 1)[1] for event in live.events() if event.kind is EventKind.LOST
            ]
            lost_s = live.now_s()
            server.thaw()
            take(live, lambda pairs: sum(pair.t_s > lost_s for pair in pairs) >= 5)
            assert all(camera.gap_s > 2.0 for camera in live.health().cameras)
