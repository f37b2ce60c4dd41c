"""Two recordings that were started by hand, made of one scene with a known offset."""

from pathlib import Path

import av
import numpy as np
import pytest

from gazeclass.capture.files import open_recording, synchronised
from gazeclass.errors import Cancelled
from gazeclass.progress import Silent


def film(path: Path, *, started_s: float, seconds: float, mirrored: bool, drift: float = 0.0) -> Path:
    """A square that hops about at moments of the scene's own, seen from ``started_s`` on at 10 frames a second."""
    rng = np.random.default_rng(11)
    hops_s = np.cumsum(rng.uniform(0.3, 1.2, 2000))
    places = rng.integers(8, 50, (2001, 2))
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.gop_size = 10
        for k in range(round(seconds * 10)):
            t_s = started_s + k / 10 * (1 + drift)
            hop = int(np.searchsorted(hops_s, t_s))
            x, y = places[hop] if t_s - hops_s[hop - 1] > 0.25 or not hop else (places[hop] + places[hop - 1]) // 2
            picture = np.full((64, 96), 60, np.uint8)
            picture[y : y + 12, x + 20 : x + 32] = 220
            frame = av.VideoFrame.from_ndarray(picture[:, ::-1].copy() if mirrored else picture, format="gray")
            file.mux(stream.encode(frame.reformat(format="yuv420p")))
        file.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("late_s", [0.0, 0.7, -1.9])
def test_recordings_started_by_hand_are_put_on_one_clock(tmp_path, late_s):
    cam0 = film(tmp_path / "cam0.mp4", started_s=3.0, seconds=15, mirrored=False)
    cam1 = film(tmp_path / "cam1.mp4", started_s=3.0 + late_s, seconds=15, mirrored=True)
    recording = synchronised(open_recording(cam0, cam1))
    # Camera 1's file began late, so its time is behind.
    assert recording.health().offset_s == pytest.approx(-late_s, abs=0.04)
    assert recording.pair_count == pytest.approx(150 - abs(late_s) * 10, abs=1)
    pair = next(iter(recording))
    assert abs(pair.skew_s) <= 0.05
    *alone, note = recording.notes
    assert len(alone) == (2 if abs(late_s) > 1 else 0)
    assert f"{abs(recording.health().offset_s):.2f} s" in note
    if late_s:
        assert ("later" if late_s > 0 else "earlier") in note


@pytest.mark.slow
def test_the_drift_of_a_long_recording_is_found_near_its_end(tmp_path):
    cam0 = film(tmp_path / "cam0.mp4", started_s=3.0, seconds=430, mirrored=False)
    cam1 = film(tmp_path / "cam1.mp4", started_s=3.5, seconds=430, mirrored=True, drift=290e-6)
    recording = synchronised(open_recording(cam0, cam1))
    t1 = recording.times_s[1]
    true = 0.5 + np.arange(len(t1)) / 10 * (1 + 290e-6)
    np.testing.assert_allclose(t1, true, atol=0.04)  # without the drift 0.12 s at the end
    assert "millionths" in recording.notes[0]


def test_what_shows_no_movement_or_has_a_clock_is_left_as_it_is(tmp_path, write_video):
    still = [write_video(f"cam{c}.mp4", range(0, 8000, 100)) for c in (0, 1)]
    recording = open_recording(*still)
    assert "taken to have begun together" in synchronised(recording).notes[0] or recording is synchronised(recording)
    given = open_recording(*still, offset_s=0.3)
    assert synchronised(given) is given


def test_looking_for_it_can_be_cancelled(tmp_path):
    class Impatient(Silent):
        def advance(self, steps: int = 1) -> None:
            raise Cancelled

    videos = [film(tmp_path / f"cam{c}.mp4", started_s=1.0, seconds=6, mirrored=bool(c)) for c in (0, 1)]
    with pytest.raises(Cancelled):
        synchronised(open_recording(*videos), Impatient())
