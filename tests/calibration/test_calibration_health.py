"""Classroom health: the sample room's empty picture from its calibration against its lesson with twelve people."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gazeclass.calibration.classroom import Classroom, load_classroom
from gazeclass.calibration.health import (
    STEADY_PX,
    CameraCheck,
    State,
    check_camera,
    check_room,
    keep_reference,
    read_reference,
    reference_paths,
)
from gazeclass.calibration.picture_match import match_pictures
from gazeclass.errors import InputError
from gazeclass.geometry.camera import CameraModel
from gazeclass.sample import sample_folder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def classroom() -> Classroom:
    return load_classroom(ROOT / "calibration" / "classroom.toml")


@pytest.fixture(scope="module")
def empty() -> tuple[np.ndarray, np.ndarray]:
    folder = sample_folder() / "calibration" / "auxiliary"
    return cv2.imread(str(folder / "cam0.jpg")), cv2.imread(str(folder / "cam1.jpg"))


@pytest.fixture(scope="module")
def lesson() -> tuple[np.ndarray, np.ndarray]:
    pictures = []
    for c in (0, 1):
        with av.open(str(sample_folder() / f"cam{c}.mp4")) as video:
            pictures.append(next(video.decode(video=0)).to_ndarray(format="bgr24"))
    return pictures[0], pictures[1]


def turned(lens: CameraModel, picture: np.ndarray, yaw_deg: float, pitch_deg: float = 0.0) -> np.ndarray:
    """What the camera sees after it was turned to its left by ``yaw_deg`` and down by ``pitch_deg``, exactly."""
    step = 8  # the map is smooth: every eighth pixel is enough, the rest is interpolated
    y, x = np.mgrid[: lens.height_px : step, : lens.width_px : step] + (step - 1) / 2
    n = lens.undistort(np.stack([x, y], axis=-1).reshape(-1, 2))
    rays = np.concatenate([n, np.ones((len(n), 1))], axis=1)
    before = Rotation.from_euler("yx", [yaw_deg, pitch_deg], degrees=True).inv().apply(rays)
    px = lens.project(before).reshape(*x.shape, 2).astype(np.float32)
    px = cv2.resize(px, lens.size_px, interpolation=cv2.INTER_LINEAR)
    return cv2.remap(picture, px[..., 0], px[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


@pytest.fixture
def check(classroom: Classroom, empty: tuple[np.ndarray, np.ndarray]):
    lens = classroom.cameras[0].model()

    def run(fresh: np.ndarray) -> CameraCheck:
        return check_camera("left", lens, empty[0], fresh)

    return run


def test_a_full_class_does_not_move_the_cameras(classroom, empty, lesson) -> None:
    found = check_room(classroom, empty, lesson)
    assert found.steady
    assert not found.spoiled
    assert found.sentence == "Both cameras are where they were."
    assert max(camera.shift_px for camera in found.cameras) < STEADY_PX / 4


@pytest.mark.parametrize(
    ("yaw", "pitch", "word", "state"),
    [
        (0.05, 0.0, "", State.STEADY),
        (-0.1, 0.0, "0.10°", State.NUDGED),
        (1.0, 0.0, "to its left", State.BUMPED),
        (0.0, -3.0, "upwards", State.BUMPED),
    ],
)
def test_a_turned_camera_is_told_by_how_much(check, classroom, lesson, yaw, pitch, word, state) -> None:
    found = check(turned(classroom.cameras[0].model(), lesson[0], yaw, pitch))
    assert found.state is state
    assert found.angle_deg == pytest.approx(abs(yaw) + abs(pitch), abs=0.02)
    assert word in found.sentence
    assert bool(found.todo) is (state is not State.STEADY)


def test_zoom(check, lesson) -> None:
    wide = cv2.resize(lesson[0], None, fx=1.02, fy=1.02, interpolation=cv2.INTER_CUBIC)
    y, x = (wide.shape[0] - 1080) // 2, (wide.shape[1] - 1920) // 2
    found = check(np.ascontiguousarray(wide[y : y + 1080, x : x + 1920]))
    assert found.state is State.ZOOMED
    assert found.zoom == pytest.approx(1.02, abs=0.002)


def test_out_of_focus(check, lesson) -> None:
    found = check(cv2.GaussianBlur(lesson[0], (0, 0), 2.5))
    assert found.state is State.BLURRED
    assert found.sharpness < 0.6


def test_light_and_noise_change_nothing(check, lesson) -> None:
    rng = np.random.default_rng(1)
    evening = np.clip(0.4 * lesson[0] + rng.normal(0, 8, lesson[0].shape), 0, 255).astype(np.uint8)
    assert check(evening).state is State.STEADY


def test_swapped_cameras(classroom, empty, lesson) -> None:
    found = check_room(classroom, empty, (lesson[1], lesson[0]))
    assert [camera.state for camera in found.cameras] == [State.SWAPPED, State.SWAPPED]
    assert found.sentence == "The two cameras are plugged in the wrong way round."


def test_same_camera_twice_is_not_called_swapped_for_the_one_that_fits(classroom, empty, lesson) -> None:
    found = check_room(classroom, empty, (lesson[0], lesson[0]))
    assert [camera.state for camera in found.cameras] == [State.STEADY, State.STRANGE]
    assert found.spoiled


def test_another_size_and_a_black_picture(check, lesson) -> None:
    small = check(cv2.resize(lesson[0], (1280, 720)))
    assert small.state is State.RESIZED
    assert "1280×720" in small.sentence
    assert "1920×1080" in small.sentence
    assert check(np.zeros_like(lesson[0])).state is State.BLACK
    assert check(np.full_like(lesson[0], 128)).state is State.BLACK


def test_another_room(check) -> None:
    rng = np.random.default_rng(3)
    noise = cv2.GaussianBlur(rng.uniform(0, 255, (1080, 1920, 3)).astype(np.float32), (0, 0), 6)
    other = cv2.normalize(noise, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    assert check(other).state is State.STRANGE


def test_pictures_of_different_sizes_cannot_be_matched() -> None:
    with pytest.raises(ValueError, match="different sizes"):
        match_pictures(np.zeros((10, 10), np.uint8), np.zeros((10, 12), np.uint8))


def test_kept_pictures_come_back_and_go_before_those_of_the_calibration(tmp_path: Path, empty, lesson) -> None:
    assert read_reference(tmp_path) is None
    material = tmp_path / "calibration" / "auxiliary"
    material.mkdir(parents=True)
    for c in (0, 1):
        cv2.imwrite(str(material / f"cam{c}.png"), empty[c])
    found = read_reference(tmp_path)
    assert found is not None
    np.testing.assert_array_equal(found[1], empty[1])
    keep_reference(tmp_path, lesson)
    found = read_reference(tmp_path)
    assert found is not None
    assert np.abs(found[0].astype(int) - lesson[0]).mean() < 3


def test_a_damaged_reference_is_refused(tmp_path: Path, lesson) -> None:
    keep_reference(tmp_path, lesson)
    reference_paths(tmp_path)[1].write_bytes(b"not a picture")
    with pytest.raises(InputError, match="is not a picture or is damaged"):
        read_reference(tmp_path)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("camera", "frame", "moved_px"),
    [(1, 60, 0.0), (1, 105, 0.0), (0, 30, 0.0), (0, 60, 5.0)],
)
def test_a_real_recording_in_which_one_webcam_was_nudged(
    shared_data: Path, camera: int, frame: int, moved_px: float
) -> None:
    """A person moves before two real webcams. Between frames 30 and 60 he nudges the desk that camera 0 stands on.

    The posters on the wall then lie 5 px further right in its picture (seen with the eye, and in the matches).
    """
    path = shared_data / "two_webcams" / "calibration" / "extrinsic" / f"cam_{camera}.mp4"
    with av.open(str(path)) as video:
        frames = [f.to_ndarray(format="bgr24") for n, f in enumerate(video.decode(video=0)) if n in (5, frame)]
    height, width = frames[0].shape[:2]
    lens = CameraModel(width, height, np.array([[950.0, 0, width / 2], [0, 950.0, height / 2], [0, 0, 1]]), np.zeros(5))
    found = check_camera("webcam", lens, frames[0], frames[1])
    assert found.shift_px == pytest.approx(moved_px, abs=0.8)
    assert found.state is (State.BUMPED if moved_px else State.STEADY)
