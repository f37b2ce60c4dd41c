"""A bent board is named with its size; a flat one is not."""

import numpy as np
import pytest
from conftest import TARGET, make_room

from gazeclass.calibration.bent import measure_bow, shape_basis
from gazeclass.calibration.detection import Detection
from gazeclass.calibration.figures import LensFigures
from gazeclass.calibration.intrinsics import calibrate_camera
from gazeclass.calibration.residuals import view_residuals, worst_views
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import exp_so3

CAMERA = make_room().rig.cameras[0]


def views(count: int, shape_m: tuple[float, float, float], *, seed: int, noise_px: float = 0.1, vary_m: float = 0.0):
    """Close views of a board bent by a known shape; with ``vary_m`` a little differently each time."""
    rng = np.random.default_rng(seed)
    found: dict[str, Detection] = {}
    while len(found) < count:
        bend = np.array(shape_m) + [vary_m * rng.normal(), 0, 0]
        points = TARGET.points_A - TARGET.points_A.mean(axis=0)
        points = points + np.array([0, 0, 1.0]) * (shape_basis(TARGET) @ bend)[:, None]
        R = exp_so3(rng.uniform(-0.6, 0.6, 3)) @ np.diag([1.0, -1.0, -1.0])
        t = np.array([rng.uniform(-0.5, 0.5), rng.uniform(-0.3, 0.3), rng.uniform(0.9, 1.8)])
        pixels = CAMERA.project(Transform(R, t).apply(points))
        if CAMERA.contains(pixels).all():
            noisy = pixels + rng.normal(0, noise_px, pixels.shape)
            found[str(len(found))] = Detection(np.arange(TARGET.count), noisy, CAMERA.size_px)
    return found


@pytest.mark.parametrize("count", [6, 12])
@pytest.mark.parametrize(
    "shape_mm", [(3.0, 0.0, 0.0), (-8.0, 0.0, 0.0), (0.0, 4.0, 0.0), (0.0, 0.0, 4.0), (-5.0, 2.0, 0.0)]
)
def test_the_sagitta_is_found_to_a_fifth_of_a_millimetre(shape_mm, count):
    seen = views(count, tuple(s / 1000 for s in shape_mm), seed=count)
    bow = measure_bow(TARGET, calibrate_camera(TARGET, seen).camera, seen)
    assert bow is not None
    assert (bow.along_mm, bow.across_mm, bow.twist_mm) == pytest.approx(shape_mm, abs=0.2)
    assert bow.bent
    assert bow.rms_bent_px < 0.15 < bow.rms_flat_px


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("noise_px", [0.05, 0.3])
def test_a_flat_board_is_not_called_bent(seed, noise_px):
    seen = views(8, (0.0, 0.0, 0.0), seed=seed, noise_px=noise_px)
    bow = measure_bow(TARGET, calibrate_camera(TARGET, seen).camera, seen)
    assert bow is not None
    assert not bow.bent
    assert bow.sentence == ""
    size = np.abs([bow.along_mm, bow.across_mm, bow.twist_mm])
    assert (size < 4 * bow.sigma_mm).all()


def test_a_sheet_that_bends_differently_each_time():
    seen = views(12, (0.006, 0.0, 0.0), seed=5, vary_m=0.002)
    bow = measure_bow(TARGET, calibrate_camera(TARGET, seen).camera, seen)
    assert bow is not None
    assert bow.along_mm == pytest.approx(6.0, abs=2.0)
    assert np.std(list(bow.view_mm.values())) > 1.0
    assert "along its long side" in bow.sentence
    assert "stiff, flat panel" in bow.sentence


def test_too_few_views_say_nothing():
    seen = views(3, (0.008, 0.0, 0.0), seed=1)
    assert measure_bow(TARGET, CAMERA, seen) is None


def test_residuals_of_a_view_point_from_expected_to_found():
    seen = views(6, (0.0, 0.0, 0.0), seed=2, noise_px=0.0)
    view = seen["0"]
    moved = view.corners_px.copy()
    moved[20] += [3.0, -1.0]
    found = view_residuals(TARGET, CAMERA, Detection(view.ids, moved, view.size_px))
    assert found is not None
    assert int(np.argmax(np.linalg.norm(found.errors_px, axis=1))) == 20
    assert found.errors_px[20] == pytest.approx([3.0, -1.0], abs=0.4)
    assert found.rms_px > 0.3


def test_worst_views_first():
    figures = LensFigures(key="k", view_rms_px={"a": 0.1, "b": 0.9, "c": 0.3}, rejected=("b",))
    assert worst_views(figures, 2) == (("b", 0.9, True), ("c", 0.3, False))


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("place", ["lesson_a/calibration/intrinsics/cam0", "stereo_chessboard"])
def test_real_and_rendered_boards_are_flat(shared_data, place):
    import cv2

    from gazeclass.calibration.detection import detect
    from gazeclass.calibration.target import chessboard

    target = chessboard("9x6", 0.060 if place.startswith("lesson") else 0.025)
    found = {p.stem: detect(target, cv2.imread(str(p), 0)) for p in sorted((shared_data / place).glob("*.jpg"))}
    seen = {n: d for n, d in found.items() if d is not None and not n.startswith("right")}
    lens = calibrate_camera(target, seen)
    bow = measure_bow(target, lens.camera, {n: d for n, d in seen.items() if n not in lens.rejected})
    assert bow is not None
    assert not bow.bent
    assert max(abs(bow.along_mm), abs(bow.across_mm), abs(bow.twist_mm)) < 0.3
