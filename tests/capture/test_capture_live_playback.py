"""Files played as cameras: pace, loops, together, and again after an interruption."""

import time
from pathlib import Path

import numpy as np
import pytest
from numbered_pictures import read_number

from gazeclass.capture.live import LiveOptions, open_live
from gazeclass.capture.playback import FilePlayback, SharedStart

PATIENCE_S = 60.0


def test_a_file_is_played_at_its_own_pace(write_video) -> None:  # type: ignore[no-untyped-def]
    path = write_video("a.mp4", [0, 50, 100, 150, 300, 350])
    frames = list(FilePlayback(path))
    assert [read_number(frame.image) for frame in frames] == [0, 1, 2, 3, 4, 5]
    at = np.array([frame.t_s for frame in frames]) - frames[0].t_s
    assert at == pytest.approx([0, 0.05, 0.1, 0.15, 0.3, 0.35], abs=1e-4)
    assert all(frame.arrival_s >= frame.t_s for frame in frames), "no picture comes before it is due"
    assert frames[0].size_px == (160, 96)


def test_a_loop_goes_on_in_time(write_video) -> None:  # type: ignore[no-untyped-def]
    path = write_video("a.mp4", [0, 40, 80, 120])
    playback = FilePlayback(path, loop=True)
    frames = []
    for frame in playback:
        frames.append(frame)
        if len(frames) == 10:
            playback.close()
    assert [read_number(frame.image) for frame in frames] == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    assert np.diff([frame.t_s for frame in frames]) == pytest.approx([0.04] * 9, abs=1e-3)


def test_two_files_of_one_lesson_stay_together_through_loops(write_video) -> None:  # type: ignore[no-untyped-def]
    first = write_video("a.mp4", list(range(0, 1000, 50)))
    second = write_video("b.mp4", list(range(0, 950, 50)))  # a picture shorter
    options = LiveOptions(loop=True, open_timeout_s=PATIENCE_S, queue_pairs=100)
    with open_live(str(first), str(second), options=options) as live:
        pairs = [pair for pair, _ in zip(live, range(45), strict=False)]
    assert max(abs(pair.skew_s) for pair in pairs) < 1e-3
    assert all(read_number(pair.images[0]) == read_number(pair.images[1]) for pair in pairs)
    assert pairs[-1].t_s - pairs[0].t_s > 1.5


def test_it_ends_when_the_first_file_ends(write_video) -> None:  # type: ignore[no-untyped-def]
    first = write_video("a.mp4", list(range(0, 500, 50)))
    second = write_video("b.mp4", list(range(0, 500, 50)))
    with open_live(str(first), str(second), options=LiveOptions(open_timeout_s=PATIENCE_S, queue_pairs=100)) as live:
        pairs = list(live)
    assert 5 <= len(pairs) <= 10


def test_opened_again_it_goes_on_where_a_camera_would_be(write_video) -> None:  # type: ignore[no-untyped-def]
    path = write_video("a.mp4", list(range(0, 6000, 100)))
    start = SharedStart(1)
    first = FilePlayback(path, start=start)
    for _frame in first:
        first.close()
    begun, _ = start.wait(str(path), 6.0)
    while time.monotonic() < begun + 0.6:
        time.sleep(0.01)
    again = FilePlayback(path, start=start)
    frame = next(iter(again))
    again.close()
    assert read_number(frame.image) >= 3
    assert frame.t_s - begun == pytest.approx(0.1 * read_number(frame.image), abs=1e-3)


def test_a_file_that_waits_for_another_that_never_comes_begins_alone(write_video, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = write_video("a.mp4", [0, 50])
    assert len(list(FilePlayback(path, start=SharedStart(2, patience_s=0.1)))) == 2


def test_a_damaged_file_gives_what_is_whole(write_video, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = write_video("a.avi", list(range(0, 1000, 50)), noise=True)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = bytes(2000)
    path.write_bytes(data)
    frames = list(FilePlayback(path))
    assert 5 <= len(frames) <= 20


def test_a_machine_too_slow_for_the_file_plays_it_slower(write_video, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    """Each picture takes three times as long to decode as it is shown: late ones are dropped, but never all."""
    path = write_video("a.mp4", list(range(0, 4000, 40)))
    playback = FilePlayback(path, loop=True)
    decoded = playback._decoded

    def slow(*arguments):  # type: ignore[no-untyped-def]
        for item in decoded(*arguments):
            playback._stop.wait(0.12)
            yield item

    monkeypatch.setattr(playback, "_decoded", slow)
    frames = []
    for frame in playback:
        frames.append(frame)
        if frame.t_s - frames[0].t_s > 3.0:
            playback.close()
    assert len(frames) > 6
    assert (np.diff([frame.t_s for frame in frames]) > 0).all()
