"""The lying chessboard: axes drawn where they are, its origin chosen by a click, laid the other way round."""

from pathlib import Path

import numpy as np
import pytest
from conftest import TARGET, TrueRoom, render

from gazeclass.calibration import stages
from gazeclass.calibration.lying import clicked_half_turn, overlays, turn_deg, way_round_sentence
from gazeclass.calibration.picture_folder import LYING
from gazeclass.calibration.project import Project, create_project
from gazeclass.calibration.step_state import Status, Step
from gazeclass.calibration.steps import look
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import exp_so3


@pytest.fixture
def T_AC(room: TrueRoom) -> Transform:
    return room.T_WA.inverse() @ room.world_from_camera(0)


class TestOverlay:
    def test_axes_are_where_the_room_has_them(self, room, T_AC):
        for c, shown in enumerate(overlays(room.target, room.rig, T_AC)):
            for k, name in enumerate("XYZ"):
                tip = room.T_WA.apply(np.eye(3)[k] * 5 * room.target.square_m)
                true = room.rig.project_world(c, tip)
                assert shown.axes_px[name][-1] == pytest.approx(true, abs=1e-6)
                assert shown.axes_px[name][0] == pytest.approx(shown.corners_px["C00"], abs=1e-6)

    def test_axes_bend_with_the_lens(self, room, T_AC):
        axis = overlays(room.target, room.rig, T_AC)[0].axes_px["X"]
        chord = (axis[-1] - axis[0]) / np.linalg.norm(axis[-1] - axis[0])
        bend = np.abs((axis - axis[0]) @ [-chord[1], chord[0]]).max()
        assert 0.0 < bend < 2.0

    def test_what_is_behind_a_camera_is_left_out(self, room):
        behind = Transform(np.eye(3), np.array([0.0, 0.0, 3.0]))
        for shown in overlays(room.target, room.rig, behind)[:1]:
            assert all(np.isfinite(axis).all() for axis in shown.axes_px.values())


class TestOrigin:
    def test_a_click_near_the_opposite_corner_turns_the_board(self, room, T_AC):
        shown = overlays(room.target, room.rig, T_AC)[0]
        there, opposite = shown.corners_px[shown.origin], shown.corners_px[shown.other_origin]
        assert clicked_half_turn(shown, tuple(there + 2), False) is False
        assert clicked_half_turn(shown, tuple(opposite - 2), False) is True
        assert clicked_half_turn(shown, tuple(opposite - 2), True) is False

    def test_a_corner_that_cannot_be_the_origin(self, room, T_AC):
        shown = overlays(room.target, room.rig, T_AC)[1]
        assert clicked_half_turn(shown, tuple(shown.corners_px["C80"]), False) is None


class TestWayRound:
    def test_as_on_the_sheet(self, room, T_AC):
        assert abs(turn_deg(T_AC, room.rig.T_10)) < 10
        assert way_round_sentence(turn_deg(T_AC, room.rig.T_10)) == ""

    @pytest.mark.parametrize(
        ("turned", "words"), [(180, "the other way round"), (90, "turned by 86°"), (-90, "turned by 94°")]
    )
    def test_otherwise_it_says_how(self, room, turned, words):
        T_WA = Transform(exp_so3([0, np.radians(turned), 0]) @ room.T_WA.R, room.T_WA.t)
        turn = turn_deg(T_WA.inverse() @ room.world_from_camera(0), room.rig.T_10)
        assert words in way_round_sentence(turn)


@pytest.fixture
def turned_project(plain_room: TrueRoom, picture_folder: Path, copy_of, remembered) -> Project:
    """The rendered room, its chessboard laid the other way round on the same spot."""
    folder = copy_of(picture_folder)
    middle = plain_room.T_WA.apply(TARGET.points_A.mean(axis=0))
    R = exp_so3([0, np.pi, 0]) @ plain_room.T_WA.R
    T = Transform(R, middle - R @ TARGET.points_A.mean(axis=0))
    project = create_project(folder)
    project.choose_target(TARGET)
    project.measure_ruler(100)
    for c in (0, 1):
        project.add_view(LYING, c, render(plain_room, c, T))
    return project


@pytest.mark.slow
def test_a_board_laid_the_other_way_round_is_recognised_and_renamed(turned_project):
    """Known from the cameras alone, before any tape; a click puts it right, and then the sheet's names hold."""
    stages.search(turned_project, LYING)
    (turned_project.folder / "tape.csv").rename(turned_project.folder / "later.csv")
    figures = stages.solve_lying(turned_project)
    assert figures.failure is None
    state = look(turned_project)[Step.AUXILIARY]
    assert state.status is Status.PROBLEM
    assert "the other way round" in state.sentence
    assert not state.may_go_on

    lying = stages.locate_lying(turned_project)
    rig_of = look(turned_project).figures
    stages.solve_pair(turned_project)
    shown = overlays(TARGET, look(turned_project).figures.pair.rig(), lying.auxiliary.T_AC)[0]
    turned_project.change(half_turn=clicked_half_turn(shown, tuple(shown.corners_px[shown.other_origin]), False))
    assert rig_of.lying is not None
    assert stages.solve_lying(turned_project).failure is None
    assert look(turned_project)[Step.AUXILIARY].status is Status.DONE
    (turned_project.folder / "later.csv").rename(turned_project.folder / "tape.csv")
    result = stages.solve_room(turned_project)
    assert result is not None
    assert result.survey is not None
    assert not result.survey.misread


@pytest.mark.slow
@pytest.mark.usefixtures("remembered")
def test_a_chessboard_moved_between_the_pictures(plain_room, picture_folder, copy_of):
    """Both cameras must agree; half a hand's breadth is told in millimetres."""
    project = create_project(copy_of(picture_folder))
    project.choose_target(TARGET)
    moved = Transform(plain_room.T_WA.R, plain_room.T_WA.t + [0.0, 0.0, 0.006])
    project.add_view(LYING, 1, render(plain_room, 1, moved))
    stages.search(project, LYING)
    figures = stages.solve_lying(project)
    if figures.failure is None:
        assert figures.disagreement_mm == pytest.approx(6, abs=4)
    else:
        assert "do not agree" in figures.failure.what
    far = Transform(plain_room.T_WA.R, plain_room.T_WA.t + [0.15, 0.0, 0.0])
    project.add_view(LYING, 1, render(plain_room, 1, far))
    stages.search(project, LYING)
    stages.solve_lying(project)
    assert look(project)[Step.AUXILIARY].status is Status.PROBLEM
