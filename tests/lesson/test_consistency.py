"""Cameras that were exchanged or moved are recognised by the faces themselves."""

import numpy as np
import pytest

from gazeclass.errors import InputError
from gazeclass.faces.types import Face
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import exp_so3
from gazeclass.geometry.stereo import StereoRig
from gazeclass.lesson.consistency import CameraConsistency, agreement


def make_rig(turn_deg: float = 0.0) -> StereoRig:
    """Cameras above the board's corners; the right one turned by ``turn_deg`` against its calibration."""
    K = np.array([[1480.0, 0, 960], [0, 1480, 540], [0, 0, 1]])
    cam = CameraModel(1920, 1080, K, np.zeros(5))
    T_W0 = Transform(exp_so3([0, np.radians(20), 0]) @ exp_so3([np.radians(-12), 0, 0]), [-0.2, -0.1, 0.1])
    T_W1 = Transform(exp_so3([0, -np.radians(22), 0]) @ exp_so3([np.radians(-14 + turn_deg), 0, 0]), [4.2, -0.15, 0.1])
    return StereoRig((cam, cam), T_W1.inverse() @ T_W0, T_W0)


def faces(rig: StereoRig, rng: np.random.Generator, count: int = 15) -> tuple[list[Face], list[Face]]:
    P = np.column_stack([rng.uniform(0.5, 3.5, count), rng.uniform(0.8, 1.2, count), rng.uniform(2.5, 6.5, count)])
    out: tuple[list[Face], list[Face]] = ([], [])
    for camera in (0, 1):
        far = np.linalg.norm(P - rig.world_from_camera(camera).t, axis=1)
        noses = rig.project_world(camera, P) + rng.normal(0, 1.5, (count, 2))
        for nose, half in zip(noses, 0.5 * 1480 * 0.2 / far * rng.uniform(0.8, 1.25, count), strict=True):
            if rig.cameras[camera].contains(nose):
                box = np.array([*(nose - half), *(nose + half)])
                out[camera].append(Face(camera, box, np.tile(nose, (5, 1)), 0.99))
    return out


def arrays(seen: list[Face]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([f.nose_px for f in seen]), np.array([f.size_px for f in seen])


@pytest.mark.parametrize("seed", range(8))
def test_right_way_round_agrees_and_exchanged_does_not(seed: int) -> None:
    rig = make_rig()
    seen = faces(rig, np.random.default_rng(seed))
    (n0, s0), (n1, s1) = arrays(seen[0]), arrays(seen[1])
    assert agreement(rig, (n0, n1), (s0, s1)) > 0.95
    assert agreement(rig, (n1, n0), (s1, s0)) < 0.5


def test_exchanged_recordings_are_refused_by_name() -> None:
    rig, rng = make_rig(), np.random.default_rng(1)
    watch = CameraConsistency(rig)

    def play_exchanged() -> None:
        for _ in range(20):
            left, right = faces(rig, rng)
            watch.look(right, left)

    with pytest.raises(InputError, match=r"exchanged.*the other way round"):
        play_exchanged()


def test_a_moved_camera_is_a_warning() -> None:
    real, calibrated, rng = make_rig(4.0), make_rig(), np.random.default_rng(2)
    watch = CameraConsistency(calibrated)
    for _ in range(20):
        watch.look(*faces(real, rng))
    assert watch.fit < 0.5
    assert "may have been moved" in watch.warning


def test_all_well_says_nothing_and_few_faces_are_not_judged() -> None:
    rig, rng = make_rig(), np.random.default_rng(3)
    watch = CameraConsistency(rig)
    for _ in range(100):
        watch.look(*faces(rig, rng, count=1))
        watch.look([], [])
    assert np.isnan(watch.fit)
    assert watch.warning == ""
    for _ in range(20):
        watch.look(*faces(rig, rng))
    assert watch.fit > 0.9
    assert watch.warning == ""
