import struct
import threading

import numpy as np
import pytest
from numbered_pictures import read_number

from gazeclass.capture.files import check_size, open_recording
from gazeclass.capture.prefetch import Prefetch
from gazeclass.capture.video import open_video
from gazeclass.errors import InputError
from gazeclass.geometry.camera import CameraModel

TENTHS = [100 * k for k in range(20)]


def test_variable_rate_and_b_frames_keep_their_times(write_video):
    times = [0, 40, 170, 180, 400, 450, 900, 1000, 1010, 1500]
    for codec, options in [("mpeg4", {}), ("libx264", {"bf": "3", "g": "30"})]:
        video = open_video(write_video(f"{codec}.mp4", times, codec=codec, options=options))
        np.testing.assert_allclose(video.times_s * 1000, times, atol=0.51)
        frames = list(video)
        assert [read_number(f.image) for f in frames] == list(range(10)) == [f.index for f in frames]
        np.testing.assert_allclose([f.t_s * 1000 for f in frames], times, atol=0.51)
        assert video.broken_at_s is None


def test_pairs_carry_the_right_pictures_and_times(write_video, tmp_path):
    cam0 = write_video("cam0.mp4", TENTHS)
    kept = [k for k in range(20) if k not in (5, 6, 12)]
    cam1 = write_video("cam1.mp4", [TENTHS[k] for k in kept], size=(320, 192))
    stamps = tmp_path / "t.csv"
    rows = [f"cam0,{k},{k / 10}" for k in range(20)] + [f"cam1,{n},{k / 10 + 0.013}" for n, k in enumerate(kept)]
    stamps.write_text("camera,frame,t_s\n" + "\n".join(rows) + "\n")
    recording = open_recording(cam0, cam1, stamps)
    assert recording.sizes_px == ((160, 96), (320, 192))
    assert recording.pair_count == 17
    assert recording.duration_s == pytest.approx(1.9)
    for _ in range(2):  # as often as wanted
        pairs = list(recording)
        assert [p.index for p in pairs] == list(range(17))
        assert [read_number(p.images[0]) for p in pairs] == kept
        assert [kept[read_number(p.images[1])] for p in pairs] == kept
        np.testing.assert_allclose([p.skew_s for p in pairs], 0.013, atol=1e-9)
        np.testing.assert_allclose([p.t_s for p in pairs], np.array(kept) / 10)
    health = recording.health()
    assert health.common_clock
    assert health.offset_s == 0
    assert [c.frames for c in health.cameras] == [20, 17]
    assert [c.dropped for c in health.cameras] == [0, 3]
    assert [c.unpaired for c in health.cameras] == [3, 0]
    assert health.skew.median_s == pytest.approx(0.013)
    assert recording.notes == ()


def test_without_a_common_clock_both_are_taken_to_begin_together(write_video):
    recording = open_recording(write_video("cam0.mkv", TENTHS), write_video("cam1.mkv", [7000 + t for t in TENTHS]))
    health = recording.health()
    assert health.offset_s == pytest.approx(7.0, abs=0.002)
    assert not health.common_clock
    assert recording.pair_count == 20
    assert any("No common clock" in note for note in recording.notes)
    assert all(read_number(p.images[0]) == read_number(p.images[1]) for p in recording)


def test_a_known_offset_is_used_as_given(write_video):
    recording = open_recording(write_video("cam0.mp4", TENTHS), write_video("cam1.mp4", TENTHS), offset_s=0.2)
    pairs = list(recording)
    assert [(read_number(p.images[0]), read_number(p.images[1])) for p in pairs] == [(k, k + 2) for k in range(18)]
    assert recording.health().common_clock


def test_a_cut_off_file_gives_every_frame_before_the_cut_and_names_the_second(write_video):
    cam0 = write_video(
        "cam0.mp4", TENTHS, container={"movflags": "faststart"}, noise=True, options={"g": "1", "b": "4000000"}
    )
    cam1 = write_video("cam1.mp4", TENTHS)
    data = cam0.read_bytes()
    cam0.write_bytes(data[: int(0.62 * len(data))])
    recording = open_recording(cam0, cam1)
    numbers = [read_number(p.images[0]) for p in recording]
    assert 9 <= len(numbers) <= 14
    assert numbers == list(range(len(numbers)))
    last = numbers[-1] / 10
    assert recording.health().cameras[0].broken_at_s == pytest.approx(last)
    assert recording.health().cameras[1].broken_at_s is None
    breaks = [note for note in recording.notes if "breaks off" in note]
    assert breaks == [f"cam0.mp4: the file breaks off at {last:.1f} s of 2.0 s; what comes before is used"]


def test_a_matroska_file_cut_off_is_named_too(write_video):
    path = write_video("cam0.mkv", TENTHS, noise=True, options={"g": "1", "b": "4000000"})
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    video = open_video(path)
    assert 6 <= len(video.times_s) <= 12
    assert video.broken_at_s == pytest.approx(video.times_s[-1])
    assert len(list(video)) == len(video.times_s)


def test_damage_in_the_middle_costs_only_the_damaged_frames(write_video):
    cam0 = write_video("cam0.mp4", TENTHS, noise=True, options={"g": "1", "b": "4000000"})
    cam1 = write_video("cam1.mp4", TENTHS)
    data = bytearray(cam0.read_bytes())
    start = data.find(b"mdat") + 4
    step = (data.find(b"moov") - start) // 20
    data[start + 7 * step : start + 9 * step] = bytes(2 * step)
    cam0.write_bytes(data)
    recording = open_recording(cam0, cam1)
    pairs = list(recording)
    numbers = [read_number(p.images[1]) for p in pairs]
    assert 15 <= len(numbers) < 20
    assert {0, 1, 2, 3, 4, 5, 11, 12, 19} <= set(numbers)
    for pair, number in zip(pairs, numbers, strict=True):
        if number not in range(6, 10):
            assert read_number(pair.images[0]) == number
    health = recording.health()
    assert health.cameras[0].damaged == 20 - len(numbers)
    assert health.pairs == len(numbers) == health.cameras[0].paired
    assert any("damaged" in note for note in recording.notes)


def test_a_turned_phone_video_is_turned_upright(write_video):
    path = write_video("cam0.mp4", TENTHS[:3])
    data = bytearray(path.read_bytes())
    at = data.find(b"tkhd") + 4 + 40  # version 0: the display matrix stands 40 bytes into the box
    one = 1 << 16
    data[at : at + 36] = struct.pack(">9i", 0, one, 0, -one, 0, 0, 96 * one, 0, 1 << 30)
    path.write_bytes(data)
    video = open_video(path)
    assert video.rotation_deg == -90  # turned clockwise by a quarter
    assert video.size_px == (96, 160)
    image = next(iter(video)).image
    assert image.shape == (160, 96, 3)
    assert image[80, 90].mean() > 70  # the grey half, up in the file, is on the right now
    assert image[80, 6].mean() < 30
    recording = open_recording(path, write_video("cam1.mp4", TENTHS[:3]))
    assert any("turned by -90°" in note for note in recording.notes)


def test_leaving_early_stops_the_threads(write_video):
    recording = open_recording(write_video("cam0.mp4", TENTHS), write_video("cam1.mp4", TENTHS))
    iterator = iter(recording)
    next(iterator)
    iterator.close()
    assert not [t for t in threading.enumerate() if t.name == "gazeclass-prefetch"]


def test_prefetch_raises_where_it_is_read():
    def broken():
        yield 1
        raise InputError("gone")

    with Prefetch(broken()) as ahead, pytest.raises(InputError, match="gone"):
        assert list(ahead) == []


def test_timestamps_that_name_fewer_frames_leave_the_others_out(write_video, tmp_path):
    stamps = tmp_path / "t.csv"
    rows = [f"cam{c},{k},{k / 10}" for c in (0, 1) for k in range(20) if c or k < 15]
    stamps.write_text("camera,frame,t_s\n" + "\n".join(rows) + "\n")
    recording = open_recording(write_video("cam0.mp4", TENTHS), write_video("cam1.mp4", TENTHS), stamps)
    assert recording.pair_count == 15
    assert recording.notes == ("cam0.mp4: 5 frames have no time in the timestamps and are left out",)


def test_a_file_that_stops_early_is_told_though_it_is_whole(write_video, tmp_path):
    stamps = tmp_path / "t.csv"
    rows = [f"cam{c},{k},{k / 10}" for c in (0, 1) for k in range(20)]
    stamps.write_text("camera,frame,t_s\n" + "\n".join(rows) + "\n")
    recording = open_recording(write_video("cam0.mp4", TENTHS), write_video("cam1.mp4", TENTHS[:8]), stamps)
    assert recording.pair_count == 8
    assert recording.notes == (
        "cam0.mp4: its last 1.2 s are left out: the other file shows nothing then",
        "cam1.mp4: the timestamps tell of 12 frames more than the file holds",
    )


def test_unusable_files_are_refused(write_video, tmp_path):
    good = write_video("good.mp4", TENTHS)
    (tmp_path / "text.mp4").write_text("not a video at all")
    (tmp_path / "empty.mp4").write_bytes(b"")
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    for name, message in [
        ("absent.mp4", "no such file"),
        ("text.mp4", "cannot be opened"),
        ("empty.mp4", "cannot be opened"),
        ("cut.mp4", "cannot be opened"),
    ]:
        with pytest.raises(InputError, match=message) as caught:
            open_recording(good, tmp_path / name)
        assert name in str(caught.value)
    with pytest.raises(InputError, match="both cameras"):
        open_recording(good, good)


def test_sound_without_pictures_is_refused(tmp_path):
    import av

    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    with pytest.raises(InputError, match="no video"):
        open_video(path)


def test_recordings_of_different_moments_are_refused(write_video, tmp_path):
    stamps = tmp_path / "t.csv"
    rows = [f"cam{c},{k},{k / 10 + 100 * c}" for c in (0, 1) for k in range(20)]
    stamps.write_text("camera,frame,t_s\n" + "\n".join(rows) + "\n")
    with pytest.raises(InputError, match="share no moment"):
        open_recording(write_video("cam0.mp4", TENTHS), write_video("cam1.mp4", TENTHS), stamps)


def camera(width, height):
    return CameraModel(width, height, np.array([[900.0, 0, width / 2], [0, 900, height / 2], [0, 0, 1]]), np.zeros(5))


def test_sizes_are_checked_against_the_calibration(write_video):
    recording = open_recording(write_video("cam0.mp4", TENTHS), write_video("cam1.mp4", TENTHS, size=(320, 192)))
    right = camera(160, 96), camera(320, 192)
    assert check_size(recording, right) == right
    double = camera(320, 192), camera(320, 192)
    with pytest.raises(InputError, match=r"camera 0: the recording is 160×96, the calibration 320×192.*allow scaling"):
        check_size(recording, double)
    scaled, same = check_size(recording, double, allow_scaling=True)
    assert same is double[1]
    assert scaled.size_px == (160, 96)
    assert scaled.matrix[0, 0] == 450
    with pytest.raises(InputError, match=r"camera 1: .* 320×192, the calibration 320×240.*cannot be scaled"):
        check_size(recording, (right[0], camera(320, 240)), allow_scaling=True)


@pytest.mark.shared
def test_lesson_a_keeps_the_times_its_truth_states(lesson_a):
    recording = open_recording(lesson_a / "cam0.mp4", lesson_a / "cam1.mp4", lesson_a / "timestamps.csv")
    health = recording.health()
    assert recording.pair_count == 120
    assert recording.sizes_px == ((1920, 1080), (1920, 1080))
    assert health.skew.median_s == pytest.approx(0.013, abs=0.0015)
    assert health.skew.max_abs_s < 0.03
    assert [c.dropped for c in health.cameras] == [0, 0]


@pytest.mark.shared
def test_a_real_recording_with_caliscopes_timestamps(shared_data):
    folder = shared_data / "two_webcams" / "calibration" / "extrinsic"
    recording = open_recording(folder / "cam_0.mp4", folder / "cam_1.mp4", folder / "timestamps.csv")
    assert recording.pair_count == 111
    assert recording.health().skew.max_abs_s < 0.04
    pair = next(iter(recording))
    assert pair.t_s == pytest.approx(123.337921)
    assert [image.shape for image in pair.images] == [(720, 1280, 3)] * 2
