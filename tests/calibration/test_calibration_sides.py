"""Boards that look the same turned: half a turn is settled by cameras and tape, a quarter is refused."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import PAIRS, make_material, make_room, render

from gazeclass.calibration.detection import Detection, detect
from gazeclass.calibration.folder import calibrate_folder
from gazeclass.calibration.project import create_project
from gazeclass.calibration.solve import Options, calibrate_material
from gazeclass.calibration.step_state import Status, Step
from gazeclass.calibration.steps import look
from gazeclass.calibration.stereo import calibrate_stereo
from gazeclass.calibration.target import Target, charuco, chessboard, require_sides
from gazeclass.cli.main import main
from gazeclass.errors import InputError
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import exp_so3, geodesic_deg

SQUARE = chessboard("7x7", 0.06)


@pytest.mark.parametrize("pattern", ["6x6", "7x7"])
def test_a_square_chessboard_is_refused_and_told_what_to_print(pattern):
    with pytest.raises(InputError, match=r"quarter turn.*Print one of 9×6 inner corners \(10 × 7 squares\)"):
        require_sides(chessboard(pattern, 0.06))


@pytest.mark.parametrize(
    "target", [chessboard("9x6", 0.06), chessboard("8x6", 0.06), charuco("7x7", 0.06, "DICT_4X4_100")]
)
def test_boards_with_two_lengths_or_markers_are_not(target):
    require_sides(target)


def test_the_finder_names_a_square_board_by_any_side():
    """Why: a board held upright and one lying on its side give the same names to other corners."""
    room = make_room(SQUARE, distortion=False)
    middle, firsts = SQUARE.points_A.mean(axis=0), set()
    for quarter in range(4):
        R = np.diag([1.0, -1.0, -1.0]) @ exp_so3([0.0, 0.0, quarter * np.pi / 2])
        pose = Transform(R, np.array([2.0, 0.8, 3.0]) - R @ middle)
        found = detect(SQUARE, render(room, 0, pose))
        assert found is not None
        off = np.linalg.norm(room.pixels(0, pose) - found.corners_px[0], axis=1)
        firsts.add(int(np.argmin(off)))
    assert len(firsts) > 1, "the print's own C00 was found each time: square boards could be allowed"


def test_neither_a_pair_nor_a_folder_is_computed_from_it(picture_folder):
    rng = np.random.default_rng(1)
    room = make_room(SQUARE)
    pairs = {
        str(k): (room.detection(0, T, 0.1, rng), room.detection(1, T, 0.1, rng))
        for k, T in enumerate(room.board_poses(4))
    }
    with pytest.raises(InputError, match="quarter turn"):
        calibrate_stereo(SQUARE, room.rig.cameras, pairs)
    with pytest.raises(InputError, match="quarter turn"):
        calibrate_folder(picture_folder, SQUARE)


def test_the_wizard_s_step_is_a_problem_until_another_board_is_chosen(picture_folder, tmp_path):
    project = create_project(Path(shutil.copytree(picture_folder, tmp_path / "calibration")))
    project.choose_target(SQUARE)
    project.measure_ruler(100.0)
    state = look(project)[Step.TARGET]
    assert state.status is Status.PROBLEM
    assert "9×6" in state.sentence
    assert not state.may_go_on
    project.choose_target(chessboard("9x6", 0.08))
    assert look(project)[Step.TARGET].may_go_on


@pytest.mark.parametrize("words", [("targets", "--pattern", "7x7"), ("calibrate", "x", "--pattern", "6x6")])
def test_the_command_line_refuses_it_before_anything_is_written(words, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["gazeclass", *words])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert "quarter turn" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("pattern", "far"), [("8x6", "75"), ("9x7", "86")])
@pytest.mark.parametrize("lying_turned", [False, True])
def test_a_half_turn_is_settled_by_cameras_and_tape(pattern, far, lying_turned):
    """Both counts even, or both odd: each picture may name the corners either way round."""
    room = make_room(chessboard(pattern, 0.08))
    i, j = far
    names = {"C80": f"C{i}0", "C05": f"C0{j}", "C85": f"C{far}"}
    tape = room.readings([(names.get(a, a), b) for a, b in PAIRS], 0.002)
    made = made_of(room.target)
    pairs = {
        name: (unknown(a, room.target, k % 2 == 1), unknown(b, room.target, k % 3 > 0))
        for k, (name, (a, b)) in enumerate(made.pairs.items())
    }
    lying = tuple(unknown(d, room.target, lying_turned != (c == 1)) for c, d in enumerate(made.auxiliary))
    material = replace(made, pairs=pairs, auxiliary=lying, tape=tuple(tape))
    result = calibrate_material(room.target, material, Options())
    assert len(result.stereo.used) == len(pairs)
    rig = result.classroom.rig()
    for c in (0, 1):
        found, true = rig.world_from_camera(c), room.world_from_camera(c)
        assert np.linalg.norm(found.t - true.t) < 0.03
        assert geodesic_deg(found.R, true.R) < 0.5
    assert any("same after half a turn" in f.text for f in result.findings)


def made_of(target: Target):  # type: ignore[no-untyped-def]  # Material
    return make_material(make_room(target), tape=False)


def unknown(detection: Detection, target: Target, turned: bool) -> Detection:
    """As the finder gives a board whose colours do not tell: this way round or the other."""
    named = detection.half_turned(target) if turned else detection
    return replace(named, half_turn_known=False)
