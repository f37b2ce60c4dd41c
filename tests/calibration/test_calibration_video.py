import struct
from pathlib import Path

import av
import numpy as np
import pytest
from conftest import render

from gazeclass.calibration.detection import Detection
from gazeclass.calibration.video import (
    Scan,
    choose,
    distinct,
    frames_at,
    pair_moments,
    scan,
    sharpness,
    started_apart_s,
    video_frames,
)
from gazeclass.errors import InputError
from gazeclass.movement import MovementMeter
from gazeclass.progress import SILENT


def write_video(path: Path, frames: list[np.ndarray], rate: int = 10) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.height, stream.width = frames[0].shape
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 8_000_000
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray").reformat(format="yuv420p")))
        container.mux(stream.encode())


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "cam0.mp4"
    write_video(path, [np.full((96, 128), 20 * k, np.uint8) + np.arange(128, dtype=np.uint8) // 8 for k in range(10)])
    return path


def test_frames_come_with_their_numbers_and_times(clip):
    numbers, times = zip(*[(n, t) for n, t, _ in video_frames(clip)], strict=True)
    assert numbers == tuple(range(10))
    np.testing.assert_allclose(times, np.arange(10) / 10, atol=1e-6)
    picked = list(frames_at(clip, [2, 7]))
    assert [n for n, _ in picked] == [2, 7]
    assert abs(float(picked[1][1].mean()) - 147.5) < 8
    assert list(frames_at(clip, [])) == []


def test_a_video_that_asks_to_be_turned_is_turned_as_in_a_lesson(clip, tmp_path):
    data = bytearray(clip.read_bytes())
    at = data.find(b"tkhd") + 4 + 40  # the display matrix, as a telephone held upside down writes it
    one = 1 << 16
    data[at : at + 36] = struct.pack(">9i", -one, 0, 0, 0, -one, 0, 128 * one, 96 * one, 1 << 30)
    turned = tmp_path / "cam0.mp4"
    turned.write_bytes(data)
    as_filmed, shown = (next(video_frames(path))[2] for path in (clip, turned))
    np.testing.assert_array_equal(shown, as_filmed[::-1, ::-1])


def test_what_is_no_video(tmp_path):
    path = tmp_path / "cam0.mp4"
    path.write_bytes(b"not a video at all" * 50)
    with pytest.raises(InputError, match="cannot be read as a video"):
        scan(path, SILENT)


def test_a_video_cut_short_is_used_as_far_as_it_goes_or_refused(clip, tmp_path):
    # mp4 keeps its index at the end: half of one is none. A stream format breaks off cleanly.
    half = tmp_path / "cam0.mp4"
    half.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    with pytest.raises(InputError, match="cannot be read as a video"):
        scan(half, SILENT)


def test_a_sharp_picture_scores_higher(plain_room):
    T = plain_room.board_poses(1)[0]
    assert sharpness(render(plain_room, 0, T)) > 1.5 * sharpness(render(plain_room, 0, T, blur=4.0))


def test_the_sharpest_of_each_stretch():
    assert choose(np.array([1.0, 5, 2, 7, 0, 3]), 3) == [1, 3, 5]
    assert choose(np.array([1.0, 2.0]), 10) == [0, 1]


def scans(times0, times1) -> tuple[Scan, Scan]:
    return tuple(Scan(np.array(t, float), np.ones(len(t))) for t in (times0, times1))  # type: ignore[return-value]


def test_frames_pair_by_their_own_times_one_to_one():
    moments = pair_moments(scans([0.0, 0.1, 0.2, 0.3], [0.01, 0.21, 0.9]), None)
    assert [m.frames for m in moments] == [(0, 0), (2, 1)]
    assert moments[0].skew_s == pytest.approx(0.01)


def test_nothing_at_the_same_time():
    with pytest.raises(InputError, match="same time"):
        pair_moments(scans([0.0, 0.1], [5.0, 5.1]), None)


def test_videos_that_were_started_apart_are_paired_by_the_movement_in_both():
    rng = np.random.default_rng(3)
    moves_s = rng.uniform(0, 20, 30)
    t = np.arange(0, 20, 0.1)

    def seen(started_s: float) -> Scan:
        own = t[t >= started_s]
        amount = np.exp(-(((own[:, None] - moves_s) / 0.3) ** 2)).sum(axis=1) + rng.uniform(0.1, 0.15, len(own))
        clock = own - started_s
        return Scan(clock, np.ones(len(own)), MovementMeter(clock.tolist(), amount.tolist()))

    both = seen(0.0), seen(1.4)
    assert started_apart_s(both) == pytest.approx(-1.4, abs=0.02)
    moments = pair_moments(both, None)
    assert {m.frames[0] - m.frames[1] for m in moments} == {14}
    assert started_apart_s(scans([0, 0.1], [0, 0.1])) == 0.0


def timestamps(tmp_path, text) -> Path:
    path = tmp_path / "timestamps.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_our_timestamps_win_over_the_videos_own(tmp_path):
    text = "camera,frame,t_s\ncam0,0,0.0\ncam0,1,0.1\ncam1,0,0.102\ncam1,1,0.2\n"
    moments = pair_moments(scans([0, 0.1], [0, 0.1]), timestamps(tmp_path, text))
    assert [m.frames for m in moments] == [(1, 0)]


def test_caliscopes_timestamps_with_a_dropped_frame(tmp_path):
    text = "sync_index,cam_id,frame_time\n5,0,1.00\n5,1,1.01\n6,0,1.10\n6,1,\n7,0,1.20\n7,1,1.22\n"
    moments = pair_moments(scans([0, 0.1, 0.2], [0, 0.1]), timestamps(tmp_path, text))
    assert [m.frames for m in moments] == [(0, 0), (2, 1)]
    assert moments[1].skew_s == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "columns are not known"),
        ("camera,frame,t_s\ncam0,0,0.0\n", "names 1 cameras"),
        ("camera,frame,t_s\ncam0,0,0.0\ncam1,7,0.0\n", "same time"),
    ],
)
def test_timestamps_that_cannot_be_used(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        pair_moments(scans([0], [0]), timestamps(tmp_path, text))


def test_views_that_show_nothing_new_are_dropped():
    grid = np.random.default_rng(0).uniform(100, 500, (54, 2))
    still = Detection(np.arange(54), grid, (1280, 720))
    same = Detection(np.arange(54), grid + 2.0, (1280, 720))
    other = Detection(np.arange(54), grid + 60.0, (1280, 720))
    kept = distinct({"a": (still, None), "b": (same, None), "c": (other, still), "d": (None, None)})
    assert list(kept) == ["a", "c"]
