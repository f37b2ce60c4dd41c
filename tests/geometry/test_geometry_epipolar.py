"""Epipolar curves in real (distorted) pictures."""

import numpy as np
import pytest

from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.epipolar import epipolar_curves_px
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import exp_so3
from gazeclass.geometry.stereo import StereoRig


@pytest.fixture
def rig() -> StereoRig:
    K = np.array([[980.0, 0, 640], [0, 980, 360], [0, 0, 1]])
    cameras = tuple(CameraModel(1280, 720, K, np.array([k1, 0.05, 1e-3, -5e-4, 0.0])) for k1 in (-0.25, -0.2))
    return StereoRig((cameras[0], cameras[1]), Transform(exp_so3([0.02, 0.6, -0.01]), np.array([-2.4, 0.05, 0.8])))


@pytest.mark.parametrize("camera", [0, 1])
def test_the_other_picture_of_a_point_lies_on_its_curve(rig, camera):
    rng = np.random.default_rng(1)
    points = rng.uniform([-0.5, -0.8, 3], [2.5, 0.8, 6], (40, 3))
    pixels = [rig.project(c, points) for c in (0, 1)]
    seen = np.all([rig.cameras[c].contains(pixels[c]) for c in (0, 1)], axis=0)
    assert seen.sum() > 10
    curves = epipolar_curves_px(rig, camera, pixels[camera][seen], samples=800)
    for curve, true in zip(curves, pixels[1 - camera][seen], strict=True):
        a, b = curve[:-1], curve[1:]
        along = np.clip(((true - a) * (b - a)).sum(1) / np.maximum(((b - a) ** 2).sum(1), 1e-12), 0, 1)
        assert np.linalg.norm(a + along[:, None] * (b - a) - true, axis=1).min() < 0.05


def test_curves_bend_with_the_lens_and_stay_inside(rig):
    (curve,) = epipolar_curves_px(rig, 0, [[640.0, 60.0]])
    assert rig.cameras[1].contains(curve).all()
    chord = curve[-1] - curve[0]
    normal = np.array([-chord[1], chord[0]]) / np.linalg.norm(chord)
    assert np.abs((curve - curve[0]) @ normal).max() > 2.0


def test_a_ray_that_the_other_camera_never_sees_has_no_curve(rig):
    back = StereoRig(rig.cameras, Transform(exp_so3([0.0, np.pi, 0.0]), np.array([0.0, 0.0, -1.0])))
    (curve,) = epipolar_curves_px(back, 0, [[640.0, 360.0]])
    assert curve.shape == (0, 2)


def test_no_points_no_curves(rig):
    assert epipolar_curves_px(rig, 0, np.zeros((0, 2))) == []
