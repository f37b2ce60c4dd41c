"""A live lesson through its front door: video files played as cameras, the recording, and every refusal before it."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from gazeclass.calibration.classroom import load_classroom, save_classroom
from gazeclass.calibration.room import read_room
from gazeclass.errors import InputError
from gazeclass.lesson.live_start import LiveWishes, start_live
from gazeclass.lesson.live_status import LiveState
from gazeclass.lesson.reader import read_lesson
from gazeclass.sample import sample_folder

ROOT = Path(__file__).resolve().parents[2]
CLASSROOM = ROOT / "calibration" / "classroom.toml"


def video(path: Path, size: tuple[int, int] = (1920, 1080), grey: int = 90) -> Path:
    """Four seconds of an empty wall, two pictures a second: cheap enough for a loaded machine."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 2, size)
    for _ in range(8):
        writer.write(np.full((size[1], size[0], 3), grey, np.uint8))
    writer.release()
    return path


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("videos")
    return str(video(folder / "left.avi")), str(video(folder / "right.avi", grey=91))


def wishes(videos: tuple[str, str], output: Path, **more: object) -> LiveWishes:
    settings: dict = {"headpose": "landmarks", "threads": 1, "loop": True} | more
    return LiveWishes(videos, CLASSROOM, output, **settings)


def wait_for(condition: Callable[[], bool], timeout_s: float = 150.0) -> None:
    until = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.05)


@pytest.mark.slow
def test_files_as_cameras_with_a_recording(videos: tuple[str, str], tmp_path: Path) -> None:
    lesson = start_live(wishes(videos, tmp_path / "a.gaze", record=tmp_path / "a.recording", show_students=True))
    try:
        wait_for(lambda: lesson.moment is not None and lesson.moment.number >= 3)
        status = lesson.status()
        assert status.state is LiveState.RUNNING
        assert status.recording
        assert (status.provider, status.threads) == ("CPU", 1)
        assert status.latency_s < 60
        assert status.camera_names == ("left.avi", "right.avi")
    finally:
        assert lesson.stop(60.0)
    stored = read_lesson(tmp_path / "a.gaze")
    assert stored.complete
    assert stored.meta.show_students
    assert "mtcnn" in stored.meta.details["models"]
    assert [kind for _, kind, _ in stored.events].count("camera_connected") == 2
    left = {path.name for path in (tmp_path / "a.recording").iterdir()}
    assert left == {"cam0.mkv", "cam1.mkv", "timestamps.csv", "recording.toml"}
    assert len((tmp_path / "a.recording" / "timestamps.csv").read_text().splitlines()) > 4


@pytest.mark.slow
def test_the_command_line_stops_by_itself_and_says_what_came(videos: tuple[str, str], tmp_path: Path) -> None:
    run = [sys.executable, "-m", "gazeclass", "live", *videos, "--classroom", str(CLASSROOM), "--loop"]
    options = ["--seconds", "3", "--headpose", "landmarks", "--cpu-threads", "1", "-o", str(tmp_path / "b.gaze")]
    done = subprocess.run([*run, *options], capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    assert "written to" in done.stdout
    assert read_lesson(tmp_path / "b.gaze").complete
    again = subprocess.run([*run, *options], capture_output=True, text=True, timeout=250)
    assert again.returncode == 1
    assert "there is a file of that name already" in again.stderr
    assert "Traceback" not in again.stderr


def test_one_camera_twice(videos: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one camera is given for both sides"):
        start_live(wishes((videos[0], videos[0]), tmp_path / "a.gaze"))
    assert list(tmp_path.iterdir()) == []


def test_a_camera_that_is_not_there(videos: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.mp4"):
        start_live(wishes((videos[0], str(tmp_path / "gone.mp4")), tmp_path / "a.gaze"))
    assert list(tmp_path.iterdir()) == []


def test_wrong_size(videos: tuple[str, str], tmp_path: Path) -> None:
    small = video(tmp_path / "small.avi", (1280, 720))
    with pytest.raises(InputError, match=r"small\.avi: its pictures are 1280×720, the classroom was calibrated at"):
        start_live(wishes((videos[0], str(small)), tmp_path / "a.gaze"))
    assert {path.name for path in tmp_path.iterdir()} == {"small.avi"}


def test_a_classroom_that_is_not_finished(videos: tuple[str, str], tmp_path: Path) -> None:
    half = load_classroom(CLASSROOM).model_copy(update={"world": None})
    save_classroom(half, tmp_path / "half.toml")
    with pytest.raises(InputError, match="not their place in the room"):
        start_live(LiveWishes(videos, tmp_path / "half.toml", tmp_path / "a.gaze"))


def test_seats_alone_need_seats(videos: tuple[str, str], tmp_path: Path) -> None:
    room = load_classroom(CLASSROOM)
    assert [seat.name for seat in room.seats][:2] == ["1-1", "1-2"]
    assert room.seats == read_room(sample_folder() / "calibration" / "room.toml").seats
    save_classroom(room.model_copy(update={"seats": ()}), tmp_path / "seatless.toml")
    with pytest.raises(InputError, match="no seats"):
        start_live(LiveWishes(videos, tmp_path / "seatless.toml", tmp_path / "a.gaze", by_seat=True))


def test_a_recording_into_a_folder_with_something_in_it(videos: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(InputError, match="something in this folder"):
        start_live(wishes(videos, tmp_path / "a.gaze", record=tmp_path / "full"))
    assert not (tmp_path / "a.gaze").exists()
