"""The whole wizard with clicks and keys from first window to saved classroom, against ``gazeclass calibrate``."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from wizard_robot import Robot

import gazeclass.sample
from gazeclass.calibration.classroom import Classroom, load_classroom
from gazeclass.calibration.folder import calibrate_folder
from gazeclass.calibration.room import read_room
from gazeclass.calibration.solve import Options
from gazeclass.calibration.steps import Status, Step
from gazeclass.calibration.tape import read_tape
from gazeclass.calibration.target import CHARUCO, charuco, chessboard
from gazeclass.desktop.context import AppContext
from gazeclass.geometry.rotation import geodesic_deg

SAMPLE = Path(gazeclass.sample.__file__).parent / "calibration"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def cameras(robot: Robot, folder: Path) -> None:
    page = robot.page
    page.kind.setCurrentIndex(1)
    robot.type(page.folder, str(folder))
    robot.click(page.open_folder)
    robot.until(lambda: robot.view.next.isEnabled() and robot.step.measured is not None)


def two(robot: Robot, left: Path, right: Path) -> None:
    """Two folders or two videos in place of cameras."""
    page = robot.page
    page.kind.setCurrentIndex(2)
    robot.type(page.left_path, str(left))
    robot.type(page.right_path, str(right))
    robot.click(page.open_two)
    robot.until(lambda: robot.view.next.isEnabled() and robot.step.measured is not None)


def played(robot: Robot) -> None:
    """Wait until the folder was played to its end and everything is computed."""
    robot.until(lambda: robot.step.ended)
    robot.until(lambda: robot.view.next.isEnabled())


def lenses_and_pair(robot: Robot) -> None:
    """Both lenses and the pair, played from the step before them."""
    for step in (Step.LENS0, Step.LENS1, Step.PAIR):
        robot.next(step)
        played(robot)


def through(robot: Robot, folder: Path) -> Path:
    """All ten steps."""
    assert robot.presenter.current is Step.ROOM
    board = read_room(folder / "room.toml").board
    robot.room("Room 12", f"{board.width_m:g}", f"{100 * board.height_m:g} cm", "0.9")
    robot.next(Step.CAMERAS)
    cameras(robot, folder)
    robot.next(Step.TARGET)
    robot.type(robot.page.ruler, "100")
    lenses_and_pair(robot)
    robot.next(Step.AUXILIARY)
    robot.until(lambda: robot.page.take.isVisible() and robot.page.take.isEnabled())
    robot.click(robot.page.take)
    robot.until(lambda: robot.view.next.isEnabled())
    robot.next(Step.TAPE)
    readings = {frozenset((r.point_a, r.point_b)): r for r in read_tape(folder / "tape.csv")}
    while readings:
        robot.until(lambda: robot.step.pair is not None)
        robot.idle()
        proposed = readings.pop(frozenset(robot.step.pair), None)
        if proposed is None:  # the planner wants one that this tape has not: measure another
            proposed = readings.pop(next(iter(readings)))
            robot.page.point_a.setCurrentText(proposed.point_a)
            robot.page.point_b.setCurrentText(proposed.point_b)
            robot.page.point_b.activated.emit(0)
        count = len(robot.session.project.tape())
        robot.type(robot.page.distance, f"{proposed.distance_m:.3f}")
        robot.until(lambda count=count: len(robot.session.project.tape()) == count + 1)
        robot.until(lambda count=count: robot.step.desk is not None and len(robot.step.desk.lines) == count + 1)
    robot.next(Step.CHECK)
    robot.until(lambda: robot.view.skip.isVisible())
    robot.click(robot.view.skip)
    robot.until(lambda: robot.presenter.current is Step.SUMMARY)
    robot.until(lambda: robot.page.save.isVisible() and robot.page.save.isEnabled())
    robot.click(robot.page.save)
    robot.until(lambda: robot.step.is_saved and robot.view.next.isEnabled())
    left: list[Path] = []
    robot.presenter.left.connect(left.append)
    robot.click(robot.view.next)
    assert left == [robot.session.folder]
    robot.close()
    return robot.session.folder / "classroom.toml"


def unequal(a: Any, b: Any, at: str = "") -> list[str]:
    """Where two classrooms differ by more than the last digits of a sum on several threads."""
    if isinstance(a, dict):
        return [d for key in a for d in unequal(a[key], b[key], f"{at}.{key}")]
    if isinstance(a, tuple | list):
        assert len(a) == len(b), at
        return [d for k, (x, y) in enumerate(zip(a, b, strict=True)) for d in unequal(x, y, f"{at}[{k}]")]
    same = a == pytest.approx(b, rel=1e-5, abs=1e-8) if isinstance(a, float) else a == b
    return [] if same else [f"{at}: {a} is not {b}"]


def compare(made: Classroom, expected: Classroom) -> None:
    """Equal but for what a picture loses on its way from JPEG through colours to PNG."""
    for a, b in zip(made.cameras, expected.cameras, strict=True):
        assert (a.width_px, a.height_px, a.views) == (b.width_px, b.height_px, b.views)
        assert np.allclose(a.matrix, b.matrix, atol=0.5)
    assert np.allclose(made.stereo.t_10_m, expected.stereo.t_10_m, atol=5e-4)
    assert np.allclose(made.stereo.R_10, expected.stereo.R_10, atol=2e-4)
    assert made.world is not None
    assert expected.world is not None
    assert np.allclose(made.world.R_WA, expected.world.R_WA, atol=5e-4)
    assert np.allclose(made.world.t_WA_m, expected.world.t_WA_m, atol=1e-3)
    assert {(t.point_a, t.point_b, t.distance_m) for t in made.tape} == {
        (t.point_a, t.point_b, t.distance_m) for t in expected.tape
    }


def test_sample_from_first_window_to_saved_classroom(qtbot: Any, context: AppContext) -> None:
    home = context.classrooms_dir / "room-12"
    made = load_classroom(through(Robot(qtbot, context, home), SAMPLE))
    assert made.name == "Room 12"
    assert len(made.seats) == 24
    # The project is what the command line takes: the very same classroom comes out of it.
    again = calibrate_folder(home / "calibration", chessboard("9x6", 0.060)).classroom
    assert made.check is not None
    assert made.check.skipped, "the classroom says that the check was skipped"
    own = {"made_utc", "check"}
    differences = unequal(again.model_dump(exclude=own), made.model_dump(exclude=own))
    assert not differences
    compare(made, calibrate_folder(SAMPLE, chessboard("9x6", 0.060)).classroom)


@pytest.mark.shared
def test_lesson_a_from_first_window_to_saved_classroom(qtbot: Any, context: AppContext, lesson_a: Path) -> None:
    folder = lesson_a / "calibration"
    made = load_classroom(through(Robot(qtbot, context, context.classrooms_dir / "a"), folder))
    compare(made, calibrate_folder(folder, chessboard("9x6", 0.060)).classroom)


@pytest.mark.shared
def test_stereo_chessboard_up_to_the_pair(qtbot: Any, context: AppContext, shared_data: Path, tmp_path: Path) -> None:
    folders = []
    for side in ("left", "right"):
        folder = tmp_path / side
        folder.mkdir()
        folders.append(folder)
        for path in sorted((shared_data / "stereo_chessboard").glob(f"{side}*.jpg")):
            shutil.copy(path, folder / path.name.removeprefix(side))
    robot = Robot(qtbot, context, context.classrooms_dir / "s")
    robot.room("Room 12", "4.0", "120 cm", "0.9")
    robot.next(Step.CAMERAS)
    two(robot, folders[0], folders[1])
    assert "640 pixels across are few" in robot.words
    robot.next(Step.TARGET)
    robot.type(robot.page.measured_square, "25")
    lenses_and_pair(robot)
    figures = robot.step.figures
    assert robot.step.state.status in (Status.DONE, Status.PARTIAL)
    assert figures.baseline_m == pytest.approx(3.33 * 0.025, rel=0.02)
    assert figures.rms_px < 0.35
    robot.close()


@pytest.mark.shared
def test_two_webcams_up_to_the_pair(qtbot: Any, context: AppContext, shared_data: Path, tmp_path: Path) -> None:
    """A recording in which the board never rests, white on black, with the cameras the wrong way round."""
    recording = shared_data / "two_webcams" / "calibration" / "extrinsic"
    robot = Robot(qtbot, context, context.classrooms_dir / "w")
    robot.room("Room 12", "4.0", "120 cm", "0.9")
    robot.next(Step.CAMERAS)
    two(robot, recording / "cam_0.mp4", recording / "cam_1.mp4")
    assert robot.step.measured.rate_hz == pytest.approx(6.0, rel=0.05), "the recording's own rate"
    robot.next(Step.TARGET)
    page = robot.page
    page.kind.setCurrentIndex(1)
    page.kind.activated.emit(1)
    page.columns.setValue(4)
    page.rows.setValue(5)
    page.dictionary.setCurrentText("4X4_1000")
    page.dictionary.activated.emit(0)
    robot.click(page.inverted)
    robot.type(page.measured_square, "54")
    robot.idle()
    target = robot.session.target()
    assert (target.kind, target.square_m) == (CHARUCO, 0.054)
    for step in (Step.LENS0, Step.LENS1):
        robot.next(step)
        played(robot)
    robot.next(Step.PAIR)
    robot.until(lambda: robot.step.seems_swapped)
    assert robot.step.figures is None, "told from the views, before anything is computed"
    assert "The cameras are swapped: the one called left stands on the right" in robot.words
    assert not robot.view.next.isEnabled()
    robot.until(lambda: robot.page.swap.isVisible())
    robot.click(robot.page.swap)
    robot.until(lambda: robot.session.source is not None and robot.session.source.names == ("cam_1.mp4", "cam_0.mp4"))
    played(robot)
    assert not robot.step.seems_swapped
    figures = robot.step.figures
    assert robot.step.state.status in (Status.DONE, Status.PARTIAL), robot.words
    assert [camera.name for camera in robot.session.project.notes().cameras] == ["cam_1.mp4", "cam_0.mp4"]

    # The same recording by calibration's own functions, which take the sharpest frames of equal stretches.
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "stereo").symlink_to(recording)
    board = charuco("4x5", 0.054, "DICT_4X4_1000", inverted=True)
    other = calibrate_folder(folder, board, options=Options(any_order=True)).stereo
    T = other.T_10.inverse()
    # Six views against eleven, of a board in a fifth of the picture: measured 0.4 %, 1.2 %, 1.9° and 1.5 cm apart.
    assert len(figures.used) >= 4
    assert figures.rms_px < 1.0
    assert figures.baseline_m == pytest.approx(other.baseline_m, rel=0.02)
    assert figures.baseline_m == pytest.approx(1.132, rel=0.05), "Caliscope's"
    for lens, camera in zip(figures.lenses, reversed(other.cameras), strict=True):
        assert lens.matrix[0][0] == pytest.approx(camera.matrix[0, 0], rel=0.04)
    assert geodesic_deg(np.array(figures.R_10), T.R) < 3.0
    assert np.linalg.norm(np.array(figures.t_10_m) - T.t) < 0.04
    robot.close()
