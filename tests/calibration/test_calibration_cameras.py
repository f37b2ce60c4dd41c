"""Intrinsics, stereo and the auxiliary frame from projected corners with known truth; each mistake a user can make."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import TARGET, make_material, make_room
from hypothesis import given, settings
from hypothesis import strategies as st

from gazeclass.calibration.auxiliary import locate_auxiliary
from gazeclass.calibration.detection import Detection
from gazeclass.calibration.intrinsics import calibrate_camera
from gazeclass.calibration.stereo import calibrate_stereo, mirrored_camera
from gazeclass.calibration.target import chessboard
from gazeclass.errors import InputError
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import geodesic_deg


@pytest.fixture(scope="module")
def lenses(room):
    return room.rig.cameras


def test_a_lens_is_found_from_well_spread_views(room):
    rng = np.random.default_rng(0)
    views = {str(k): room.detection(0, T, 0.1, rng) for k, T in enumerate(room.board_poses(25, seed=9))}
    found = calibrate_camera(TARGET, views)
    assert found.rms_px == pytest.approx(0.1 * np.sqrt(2), rel=0.1)
    assert found.rejected == ()
    assert abs(found.camera.matrix[0, 0] - 985.0) < 4 * found.std[0] < 12.0


def test_a_bad_view_is_left_out_and_named(room, material):
    views = {name: pair[0] for name, pair in material.pairs.items()}
    bad = views["04"]
    shift = np.random.default_rng(2).normal(0, 4.0, bad.corners_px.shape)
    found = calibrate_camera(TARGET, views | {"04": replace(bad, corners_px=bad.corners_px + shift)})
    assert found.rejected == ("04",)


def test_too_few_views_and_views_that_say_nothing(room, material):
    views = {name: pair[0] for name, pair in list(material.pairs.items())[:2]}
    with pytest.raises(InputError, match="cam1 has 2 usable views"):
        calibrate_camera(TARGET, views, who="cam1")
    # A board held square to the picture says nothing of the focal length: the lens is at best the reduced one.
    flat = np.stack([600 + 400 * TARGET.points_A[:, 0], 300 - 400 * TARGET.points_A[:, 1]], axis=1)
    same = {str(k): Detection(np.arange(54), flat + 20.0 * k, (1280, 720)) for k in range(5)}
    with pytest.raises(InputError, match="Tilt the board"):
        calibrate_camera(TARGET, same)


def test_stereo_gives_the_rig_back(room, material, lenses):
    found = calibrate_stereo(TARGET, lenses, material.pairs, refine_intrinsics=False)
    assert found.rms_px == pytest.approx(0.1 * np.sqrt(2), rel=0.1)
    assert found.baseline_m == pytest.approx(room.rig.baseline_m, abs=0.003)
    assert geodesic_deg(found.T_10.R, room.rig.T_10.R) < 0.03
    assert found.rejected == ()


def test_swapped_cameras_are_recognised(material, lenses):
    swapped = {name: (pair[1], pair[0]) for name, pair in material.pairs.items()}
    with pytest.raises(InputError, match="cameras are swapped"):
        calibrate_stereo(TARGET, lenses[::-1], swapped)
    assert calibrate_stereo(TARGET, lenses[::-1], swapped, any_order=True).T_10.t[0] > 0


@pytest.mark.parametrize("camera", [0, 1])
def test_a_mirrored_camera_is_recognised_and_named(material, lenses, camera):
    pairs = {
        name: (a.mirrored(TARGET), b) if camera == 0 else (a, b.mirrored(TARGET))
        for name, (a, b) in material.pairs.items()
    }
    seen = list(lenses)
    seen[camera] = mirrored_camera(lenses[camera])
    with pytest.raises(InputError, match=f"pictures of cam{camera} are mirrored"):
        calibrate_stereo(TARGET, (seen[0], seen[1]), pairs)


def test_two_mirrored_cameras_look_swapped_and_the_message_says_both(material, lenses):
    pairs = {name: (a.mirrored(TARGET), b.mirrored(TARGET)) for name, (a, b) in material.pairs.items()}
    seen = (mirrored_camera(lenses[0]), mirrored_camera(lenses[1]))
    with pytest.raises(InputError, match="both pictures are mirrored"):
        calibrate_stereo(TARGET, seen, pairs)


@pytest.mark.parametrize("camera", [0, 1])
def test_a_camera_that_hangs_upside_down_is_not_taken_for_a_swapped_one(material, lenses, camera):
    def turned(d: Detection) -> Detection:
        return Detection(d.ids, np.array([d.size_px[0] - 1, d.size_px[1] - 1]) - d.corners_px, d.size_px)

    pairs = {n: (turned(a), b) if camera == 0 else (a, turned(b)) for n, (a, b) in material.pairs.items()}
    seen = list(lenses)
    K = lenses[camera].matrix.copy()
    K[:2, 2] = np.array(lenses[camera].size_px) - 1 - K[:2, 2]
    d = lenses[camera].distortion * np.array([1, 1, -1, -1, 1])
    seen[camera] = CameraModel(*lenses[camera].size_px, K, d)
    with pytest.raises(InputError, match="upside down"):
        calibrate_stereo(TARGET, (seen[0], seen[1]), pairs)


def test_a_mirrored_lens_projects_the_mirrored_picture(room, lenses):
    point = np.array([0.3, -0.2, 2.0])
    pixel = lenses[0].project(point)
    flipped = mirrored_camera(lenses[0]).project(point * [-1, 1, 1])
    np.testing.assert_allclose(flipped, [1279 - pixel[0], pixel[1]], atol=1e-9)


def test_a_board_never_seen_by_both(material, lenses):
    alone = {n: (a, None) if int(n) % 2 else (None, b) for n, (a, b) in material.pairs.items()}
    with pytest.raises(InputError, match="never seen by both cameras at once"):
        calibrate_stereo(TARGET, lenses, alone)
    few = dict(list(material.pairs.items())[:2]) | {"x": (None, None)}
    with pytest.raises(InputError, match="together at only 2 of 3 moments"):
        calibrate_stereo(TARGET, lenses, few)


def test_pictures_of_different_moments(material, lenses):
    names = list(material.pairs)
    mixed = {n: (material.pairs[n][0], material.pairs[names[k - 3]][1]) for k, n in enumerate(names)}
    with pytest.raises(InputError, match="contradict each other"):
        calibrate_stereo(TARGET, lenses, mixed)


def test_one_pair_of_another_moment_is_left_out(room, material, lenses):
    names = list(material.pairs)
    pairs = material.pairs | {"odd": (material.pairs[names[0]][0], material.pairs[names[1]][1])}
    found = calibrate_stereo(TARGET, lenses, pairs, refine_intrinsics=False)
    assert found.rejected == ("odd",)
    assert found.baseline_m == pytest.approx(room.rig.baseline_m, abs=0.003)


def test_the_half_turn_that_colours_do_not_tell_is_settled_by_agreement():
    room = make_room(chessboard("8x6", 0.08))
    material = make_material(room)
    pairs = {}
    for k, (name, (a, b)) in enumerate(material.pairs.items()):
        a, b = (replace(d, half_turn_known=False) for d in (a, b))
        pairs[name] = (a.half_turned(room.target) if k % 2 else a, b.half_turned(room.target) if k % 3 else b)
    found = calibrate_stereo(room.target, room.rig.cameras, pairs, refine_intrinsics=False)
    assert len(found.used) == len(pairs)
    assert found.baseline_m == pytest.approx(room.rig.baseline_m, abs=0.004)


@pytest.fixture(scope="module")
def stereo(material, lenses):
    return calibrate_stereo(TARGET, lenses, material.pairs, refine_intrinsics=False)


def test_the_lying_board_is_located_and_its_covariance_is_honest(room, stereo, lenses):
    true = room.T_WA.inverse() @ room.world_from_camera(0)
    rng = np.random.default_rng(5)
    exact = replace(stereo, cameras=lenses, T_10=room.rig.T_10)
    errors = []
    for _ in range(40):
        pair = (room.detection(0, room.T_WA, 0.2, rng), room.detection(1, room.T_WA, 0.2, rng))
        found = locate_auxiliary(TARGET, exact, pair)
        errors.append(found.T_AC.t - true.t)
    assert np.abs(errors).max() < 0.01
    ratio = np.std(errors, axis=0) / np.sqrt(np.diag(found.cov_T_AC))[3:]
    assert (ratio > 0.6).all()
    assert (ratio < 1.6).all()


@pytest.mark.parametrize("missing", [0, 1])
def test_one_camera_is_enough_for_the_lying_board(room, material, stereo, missing):
    pair = list(material.auxiliary)
    pair[missing] = None
    found = locate_auxiliary(TARGET, stereo, (pair[0], pair[1]))
    true = room.T_WA.inverse() @ room.world_from_camera(0)
    assert np.linalg.norm(found.T_AC.t - true.t) < 0.03


def test_exchanged_or_moved_auxiliary_pictures(room, material, stereo):
    with pytest.raises(InputError, match="Exchange auxiliary/cam0 and auxiliary/cam1"):
        locate_auxiliary(TARGET, stereo, (material.auxiliary[1], material.auxiliary[0]))
    held = next(iter(material.pairs.values()))
    with pytest.raises(InputError, match="without moving the board"):
        locate_auxiliary(TARGET, stereo, (material.auxiliary[0], held[1]))
    with pytest.raises(InputError, match="neither camera shows"):
        locate_auxiliary(TARGET, stereo, (None, None))


def test_a_board_driven_off_to_a_point_has_no_covariance(room, stereo, monkeypatch):
    from gazeclass.calibration import auxiliary
    from gazeclass.calibration.bundle import BoardView

    far = Transform(np.eye(3), np.array([0.0, 0.0, 1e12]))
    points = (TARGET.points_A, None)
    assert auxiliary._covariance(stereo, BoardView("far", points, (TARGET.points_A[:, :2], None), far), 0.1) is None
    monkeypatch.setattr(auxiliary, "_covariance", lambda *_: None)
    pair = tuple(room.detection(c, room.T_WA, 0.2, np.random.default_rng(1)) for c in (0, 1))
    with pytest.raises(InputError, match="do not agree on where the chessboard lies"):
        locate_auxiliary(TARGET, stereo, (pair[0], pair[1]))


@settings(max_examples=15)
@given(st.integers(0, 53))
def test_a_half_turn_renames_the_corners(index):
    room = make_room()
    found = _auxiliary_of(room)
    turned = found.half_turned(TARGET)
    p_C = found.T_AC.inverse().apply(TARGET.points_A[index])
    np.testing.assert_allclose(turned.T_AC.apply(p_C), TARGET.points_A[53 - index], atol=1e-9)


def _auxiliary_of(room):
    from gazeclass.calibration.auxiliary import Auxiliary

    return Auxiliary(room.T_WA.inverse() @ room.world_from_camera(0), 0.1, (0.1, 0.1), True, np.eye(6))
