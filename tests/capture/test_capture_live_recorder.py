"""A recording gives the lesson again, never holds anything up, survives full disks, and expires."""

import shutil
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from network_servers import numbered_video
from numbered_pictures import read_number
from scripted_camera import Act, ScriptedCamera

from gazeclass.capture.expiry import LABEL, label_for, read_label, write_label
from gazeclass.capture.files import open_recording
from gazeclass.capture.health import EventKind
from gazeclass.capture.live import LiveOptions, LivePairs, open_live
from gazeclass.capture.recorder import ENCODERS, Recorder
from gazeclass.errors import InputError

PATIENCE_S = 60.0
ROOM = 10**15


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LivePairs]:
    """Two files of numbered pictures, played as cameras again and again."""
    videos = [numbered_video(tmp_path / f"c{k}.mp4", 5, rate_hz=20, size=(160, 96)) for k in (0, 1)]
    options = LiveOptions(loop=True, open_timeout_s=PATIENCE_S, queue_pairs=1000)
    with open_live(str(videos[0]), str(videos[1]), options=options) as pairs:
        yield pairs
    assert not [t.name for t in threading.enumerate() if t.name == "gazeclass-recorder"]


def wait_for(wanted) -> None:  # type: ignore[no-untyped-def]
    end = time.monotonic() + PATIENCE_S
    while not wanted():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("encoders", [ENCODERS, ENCODERS[1:], (("no such encoder", {}), *ENCODERS)])
def test_a_recording_gives_the_same_pairs_and_times_again(live: LivePairs, tmp_path: Path, encoders) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "recording"
    with Recorder(live, folder, label_for("class 7b", 30, live.names), encoders=encoders) as recorder:
        seen = {}
        while len(seen) < 40:
            pair = live.next_pair(PATIENCE_S)
            assert pair is not None
            seen[round(pair.t_s, 6)] = pair
    figures = recorder.figures()
    assert figures.left_out == (0, 0)
    assert figures.problem == ""
    assert not figures.running
    recording = open_recording(folder / "cam0.mkv", folder / "cam1.mkv", folder / "timestamps.csv")
    assert recording.notes == ()
    again = {round(pair.t_s, 6): pair for pair in recording}
    # The first pairs may be older than the recording; all others must be in it.
    common = sorted(set(seen) & set(again))
    assert len(common) >= 36
    assert not set(t for t in seen if t >= common[0]) - set(again)
    for t_s in common:
        assert again[t_s].skew_s == pytest.approx(seen[t_s].skew_s, abs=2e-6)
        for camera in (0, 1):
            assert read_number(again[t_s].images[camera]) == read_number(seen[t_s].images[camera])


def test_what_is_recorded_can_be_read_however_the_program_ends(live: LivePairs, tmp_path: Path) -> None:
    """The files are copied while they are written: what a power cut leaves."""
    with Recorder(live, tmp_path / "recording", label_for("x", 1), free_bytes=lambda _: ROOM) as recorder:
        wait_for(lambda: min(recorder.figures().frames) >= 60)
        shutil.copytree(tmp_path / "recording", tmp_path / "cut")
    cut = tmp_path / "cut"
    pairs = list(open_recording(cut / "cam0.mkv", cut / "cam1.mkv", cut / "timestamps.csv"))
    assert len(pairs) >= 20
    assert max(abs(pair.skew_s) for pair in pairs) < 0.001
    assert all(read_number(pair.images[0]) == read_number(pair.images[1]) for pair in pairs)


def test_a_full_disk_ends_the_recording_and_nothing_else(live: LivePairs, tmp_path: Path) -> None:
    free = iter([10 * 10**9, 10 * 10**9])
    folder = tmp_path / "recording"
    recorder = Recorder(live, folder, label_for("x", 1), free_bytes=lambda _: next(free, 5 * 10**8))
    wait_for(lambda: not recorder.figures().running)
    recorder.close()
    assert recorder.figures().problem == "the disk is nearly full"
    (event,) = [e for e in live.events() if e.kind is EventKind.RECORDING]
    assert "ended early: the disk is nearly full. What was recorded is kept; the lesson goes on." in event.text
    made = live.health().pairs
    wait_for(lambda: live.health().pairs > made + 5)
    assert len(list(open_recording(folder / "cam0.mkv", folder / "cam1.mkv", folder / "timestamps.csv"))) > 5


def test_no_space_left_while_writing(live: LivePairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(live, tmp_path / "recording", label_for("x", 1), free_bytes=lambda _: ROOM)
    wait_for(lambda: min(recorder.figures().frames) > 2)

    def full(_packet: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recorder._writers[1], "write", lambda *_: full(None))
    wait_for(lambda: not recorder.figures().running)
    recorder.close()
    assert recorder.figures().problem == "No space left on device"


def test_a_recorder_that_cannot_keep_up_leaves_out_and_counts(live: LivePairs, tmp_path: Path) -> None:
    recorder = Recorder(live, tmp_path / "recording", label_for("x", 1), free_bytes=lambda _: ROOM)
    hold = threading.Event()
    write = recorder._writers[0].write
    recorder._writers[0].write = lambda *a: (hold.wait(), write(*a))[1]  # type: ignore[method-assign]
    wait_for(lambda: sum(recorder.figures().left_out) > 5)
    made = live.health().pairs
    wait_for(lambda: live.health().pairs > made + 10)  # the cameras have not noticed
    hold.set()
    recorder.close()
    folder = tmp_path / "recording"
    recording = open_recording(folder / "cam0.mkv", folder / "cam1.mkv", folder / "timestamps.csv")
    assert recording.notes == (), "what was left out of the video is left out of the times"
    assert recorder.figures().problem == ""


def test_a_disk_that_is_full_from_the_start_and_a_folder_in_use(live: LivePairs, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="too little to begin a recording"):
        Recorder(live, tmp_path / "a", label_for("x", 1), free_bytes=lambda _: 10**9)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "cam0.mkv").write_text("")
    with pytest.raises(InputError, match="something in this folder already"):
        Recorder(live, tmp_path / "b", label_for("x", 1))
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        Recorder(live, tmp_path / "file", label_for("x", 1))


def test_a_camera_that_is_away_and_back_is_recorded_with_its_gap(tmp_path: Path) -> None:
    right = ScriptedCamera(Act(frames=15, fail=OSError(19, "gone")), Act())
    live = LivePairs(("l", "r"), (ScriptedCamera(Act()), right), LiveOptions(open_timeout_s=PATIENCE_S)).open()
    folder = tmp_path / "recording"
    with live, Recorder(live, folder, label_for("x", 1), free_bytes=lambda _: ROOM) as recorder:
        wait_for(lambda: live.health().cameras[1].connects == 2)
        frames = recorder.figures().frames[1]
        wait_for(lambda: recorder.figures().frames[1] > frames + 10)
    pairs = list(open_recording(folder / "cam0.mkv", folder / "cam1.mkv", folder / "timestamps.csv"))
    assert np.diff([pair.t_s for pair in pairs]).max() > 0.4


def test_the_label_says_what_it_is_and_until_when(tmp_path: Path) -> None:
    label = label_for("class 7b", 30, ("left", "right"))
    write_label(tmp_path, label)
    assert read_label(tmp_path) == label
    assert label.expires_utc - label.made_utc == timedelta(days=30)
    assert "holds pictures of a class" in (tmp_path / LABEL).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text", ["", "text = 'a'", "= broken", "made_utc = 1\nexpires_utc = 2\ntext = ''\ncameras = ['a', 'b']"]
)
def test_a_label_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    (tmp_path / LABEL).write_text(text)
    with pytest.raises(InputError, match="label cannot be read"):
        read_label(tmp_path)
