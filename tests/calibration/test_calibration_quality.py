import numpy as np
import pytest
from conftest import TARGET

from gazeclass.calibration.detection import Detection
from gazeclass.calibration.quality import Level, coverage, depth_errors, tilt_directions
from gazeclass.calibration.solve import Options, calibrate_material
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import exp_so3
from gazeclass.geometry.stereo import StereoRig

LENS = CameraModel(1280, 720, np.array([[1000.0, 0, 639.5], [0, 1000.0, 359.5], [0, 0, 1]]), np.zeros(5))


def test_the_depth_error_of_parallel_cameras_is_the_textbook_one():
    rig = StereoRig((LENS, LENS), Transform(np.eye(3), np.array([-0.8, 0.0, 0.0])))
    for found in depth_errors(rig, pixel_noise=0.5, distances_m=(3.0, 8.0)):
        z = found.distance_m
        assert found.sigma_m == pytest.approx(np.sqrt(2) * 0.5 * z * z / (1000.0 * 0.8), rel=0.02)


def test_no_depth_error_where_a_camera_does_not_see():
    rig = StereoRig((LENS, LENS), Transform(np.eye(3), np.array([-4.0, 0.0, 0.0])))
    near, far = depth_errors(rig, distances_m=(2.0, 8.0))
    assert near.sigma_m is None
    assert far.sigma_m is not None


def test_coverage_counts_corners_by_place():
    d = Detection(np.arange(3), np.array([[0.0, 0.0], [1279.0, 719.0], [640.0, 10.0]]), (1280, 720))
    counts = coverage([d])
    assert counts[0, 0] == counts[4, 4] == counts[0, 2] == 1
    assert counts.sum() == 3


@pytest.mark.parametrize("directions", [1, 3, 8])
def test_tilts_are_counted_by_direction(directions):
    detections = []
    for k in range(directions):
        angle = np.radians(22.5 + 45.0 * k)
        tilt = exp_so3(0.4 * np.array([np.cos(angle), np.sin(angle), 0.0]))
        T = Transform(tilt @ np.diag([1.0, -1.0, -1.0]), np.array([0.3, -0.2, 2.0]))
        detections.append(Detection(np.arange(54), LENS.project(T.apply(TARGET.points_A)), (1280, 720)))
    # The board's own middle stands a little off the axis, so that a neighbouring direction may be met twice.
    assert abs(tilt_directions(TARGET, LENS, detections) - directions) <= (0 if directions == 1 else 1)
    flat = Transform(np.diag([1.0, -1.0, -1.0]), np.array([0.24, -0.2, 2.0]))
    facing = Detection(np.arange(54), LENS.project(flat.apply(TARGET.points_A)), (1280, 720))
    assert tilt_directions(TARGET, LENS, [facing]) == 0


def test_the_verdict_of_a_good_room_has_no_warning(solved):
    assert all(finding.level is not Level.WARNING for finding in solved.findings)
    text = " ".join(finding.text for finding in solved.findings)
    assert "stand 4.4" in text
    assert "cm at 3 m" in text
    assert "15 tape readings agree to" in text
    assert solved.missing == ()


def test_cameras_come_out_where_they_stand(room, solved):
    rig = solved.classroom.rig()
    for c in (0, 1):
        assert np.linalg.norm(rig.world_from_camera(c).t - room.world_from_camera(c).t) < 0.03


def test_the_verdict_names_a_misread_reading(room, material):
    from dataclasses import replace

    tape = list(material.tape)
    tape[4] = replace(tape[4], distance_m=tape[4].distance_m + 0.11)
    result = calibrate_material(room.target, replace(material, tape=tuple(tape)), Options())
    warnings = [f.text for f in result.findings if f.level is Level.WARNING]
    assert len(warnings) == 1
    assert warnings[0].startswith(f"{tape[4].name} disagrees by 1")
    assert result.classroom.tape[4].rejected


def test_a_board_size_that_the_tape_contradicts_is_not_used(room, material, solved):
    from dataclasses import replace

    said = material.room.board.model_copy(update={"width_m": material.room.board.width_m + 0.2})
    wrong = replace(material, room=material.room.model_copy(update={"board": said}))
    result = calibrate_material(room.target, wrong, Options())
    warnings = [f.text for f in result.findings if f.level is Level.WARNING]
    assert len(warnings) == 1
    assert "contradicts the board's width in room.toml" in warnings[0]
    board = result.classroom.board()
    assert board.width_m == pytest.approx(solved.classroom.board().width_m, abs=0.01)
    assert f"{board.width_m:.3f} m fits and is used instead" in warnings[0]
    assert board.height_m == said.height_m


def test_a_board_laid_the_wrong_way_round_is_noticed_and_mended(room, material, solved):
    from dataclasses import replace

    # Laid half a turn against the sheet, but measured and named as the sheet draws it.
    turned = tuple(d.half_turned(room.target) for d in material.auxiliary)
    laid = replace(material, auxiliary=turned)
    result = calibrate_material(room.target, laid, Options())
    assert any("turned by half a turn" in f.text and f.level is Level.WARNING for f in result.findings)
    np.testing.assert_allclose(result.classroom.rig().T_WC.t, solved.classroom.rig().T_WC.t, atol=1e-6)
    # Told that it is not so, there is nothing left but to say what is wrong.
    from gazeclass.errors import InputError

    with pytest.raises(InputError, match="looking at the blackboard instead of the class"):
        calibrate_material(room.target, laid, Options(half_turn=False))


def test_a_partial_room_says_what_is_missing(room, material):
    from dataclasses import replace

    result = calibrate_material(room.target, replace(material, auxiliary=None, tape=None, room=None), Options())
    assert not result.classroom.complete
    assert [text.split(":")[0].split("/")[0] for text in result.missing] == ["room.toml", "auxiliary", "tape.csv"]
    blind = calibrate_material(room.target, replace(material, auxiliary=(None, None)), Options())
    assert "neither shows it" in blind.missing[0]
