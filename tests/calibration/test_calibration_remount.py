"""A bumped camera is put right by one picture pair of the lying chessboard: the sample's, against its stereo views."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from gazeclass.calibration.classroom import Classroom, StereoEntry, WorldEntry, load_classroom, save_classroom
from gazeclass.calibration.detection import Detection, detect
from gazeclass.calibration.remount import Remounted, remount, remount_from_corners, target_of
from gazeclass.errors import InputError
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import exp_so3
from gazeclass.sample import sample_folder

ROOT = Path(__file__).resolve().parents[2]
#: Heads in three rows, WCS.
HEADS = np.array([[x, 0.6, z] for x in (0.5, 2.0, 3.5) for z in (2.5, 4.0, 5.5)])


@pytest.fixture(scope="module")
def now() -> Classroom:
    """As the room really is: from eight common views and the tape."""
    return load_classroom(ROOT / "calibration" / "classroom.toml")


@pytest.fixture(scope="module")
def pictures() -> tuple[np.ndarray, np.ndarray]:
    folder = sample_folder() / "calibration" / "auxiliary"
    return cv2.imread(str(folder / "cam0.jpg")), cv2.imread(str(folder / "cam1.jpg"))


@pytest.fixture(scope="module")
def corners(now, pictures) -> tuple[Detection, Detection]:
    """Found once: the search takes a second or two a picture."""
    first, second = (detect(target_of(now), picture) for picture in pictures)
    assert first is not None
    assert second is not None
    return first, second


def put_right(old: Classroom, corners: tuple[Detection, Detection], moved: int) -> Remounted:
    return remount_from_corners(old, target_of(old), corners, moved)


def before_a_bump(
    now: Classroom, moved: int, turn_deg: tuple[float, float, float], shift_m=(0.0, 0.0, 0.0)
) -> Classroom:
    """The classroom as it was calibrated, when a camera then was turned and shifted to where it is now."""
    rig = now.rig()
    assert now.auxiliary is not None
    assert now.world is not None
    assert rig.T_WC is not None
    bump = Transform(exp_so3(np.radians(turn_deg)), np.array(shift_m))
    T_10, T_WC = (bump @ rig.T_10, rig.T_WC) if moved else (rig.T_10 @ bump.inverse(), rig.T_WC @ bump.inverse())
    T_WA = T_WC @ Transform(np.array(now.auxiliary.R_AC), np.array(now.auxiliary.t_AC_m)).inverse()
    stereo = {"R_10": T_10.R.tolist(), "t_10_m": T_10.t.tolist(), "baseline_m": float(np.linalg.norm(T_10.t))}
    world = {"R_WA": T_WA.R.tolist(), "t_WA_m": T_WA.t.tolist()}
    return now.model_copy(
        update={
            "stereo": StereoEntry.model_validate(now.stereo.model_dump() | stereo),
            "world": WorldEntry.model_validate(now.world.model_dump() | world),
        }
    )


@pytest.mark.parametrize("moved", [0, 1])
@pytest.mark.parametrize(
    ("turn", "shift"), [((0.0, 2.0, 0.0), (0.0, 0.0, 0.0)), ((1.0, -3.0, 1.0), (0.02, 0.0, -0.01))]
)
def test_the_bumped_camera_is_where_it_is(now, corners, tmp_path: Path, moved, turn, shift) -> None:
    old = before_a_bump(now, moved, turn, shift)
    found = put_right(old, corners, moved)
    rig, true = found.classroom.rig(), now.rig()
    assert rig.T_WC is not None
    off = [np.linalg.norm(rig.project_world(c, HEADS) - true.project_world(c, HEADS), axis=1).max() for c in (0, 1)]
    was = np.linalg.norm(old.rig().project_world(moved, HEADS) - true.project_world(moved, HEADS), axis=1).min()
    assert was > 40  # px, before
    assert max(off) < 1.0
    assert found.turn_deg == pytest.approx(np.linalg.norm(turn), abs=0.05)
    assert found.shift_m == pytest.approx(np.linalg.norm(shift), abs=0.005)
    save_classroom(found.classroom, tmp_path / "classroom.toml")
    assert load_classroom(tmp_path / "classroom.toml") == found.classroom


def test_the_steady_camera_keeps_its_place(now, corners) -> None:
    for moved in (0, 1):
        found = put_right(before_a_bump(now, moved, (0.0, 2.0, 0.0)), corners, moved)
        steady = 1 - moved
        kept, true = (room.rig().world_from_camera(steady) for room in (found.classroom, now))
        np.testing.assert_allclose(kept.R, true.R, atol=1e-9)
        np.testing.assert_allclose(kept.t, true.t, atol=1e-9)


def test_what_the_chessboard_adds_to_the_doubt_is_counted(now, corners) -> None:
    steady_reference = put_right(before_a_bump(now, 1, (0.0, 2.0, 0.0)), corners, 1).classroom
    moved_reference = put_right(before_a_bump(now, 0, (0.0, 2.0, 0.0)), corners, 0).classroom
    np.testing.assert_allclose(steady_reference.camera_frame_covariance(), now.camera_frame_covariance())
    grown = np.diag(moved_reference.camera_frame_covariance())[:3]
    assert (grown > np.diag(now.camera_frame_covariance())[:3]).all()


@pytest.mark.parametrize("moved", [0, 1])
def test_a_camera_put_elsewhere_needs_the_whole_calibration(now, corners, moved) -> None:
    with pytest.raises(InputError, match="moved by"):
        put_right(before_a_bump(now, moved, (0.0, 25.0, 0.0)), corners, moved)


@pytest.mark.slow
def test_bad_pictures_are_said(now, pictures, corners) -> None:
    with pytest.raises(InputError, match="does not show the whole"):
        remount(now, (pictures[0], np.full_like(pictures[1], 90)), 1)
    with pytest.raises(InputError, match="gives 960×540"):
        remount(now, (pictures[0][::2, ::2], pictures[1]), 1)
    with pytest.raises(InputError, match="not measured yet"):
        put_right(now.model_copy(update={"world": None}), corners, 1)
    # The pictures of the two cameras exchanged: no camera stands anywhere near where it stood.
    with pytest.raises(InputError):
        put_right(now, (corners[1], corners[0]), 1)
