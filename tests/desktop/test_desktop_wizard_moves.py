"""Every wrong move a user can make in the wizard, with the mouse and the keyboard, and the way out of each."""

import re
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from wizard_robot import Robot

import gazeclass.sample
from gazeclass.calibration import stages
from gazeclass.calibration.classroom import load_classroom
from gazeclass.calibration.notes import CameraSpec
from gazeclass.calibration.picture_folder import LENS, LYING, PAIR
from gazeclass.calibration.project import create_project
from gazeclass.calibration.steps import Status, Step, look
from gazeclass.calibration.tape import read_tape
from gazeclass.calibration.target import chessboard
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.wizard.played import Moment, PlayedCameras

SAMPLE = Path(gazeclass.sample.__file__).parent / "calibration"
TAPE = read_tape(SAMPLE / "tape.csv")
NAME = "room-12"
#: Pictures come ten times as fast as they say; each view is held for eight of them.
PACE_S, HOLD = 0.02, 8

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classroom's folder with everything taken and computed, from the sample's pictures; only to be copied."""

    folder = tmp_path_factory.mktemp("finished") / NAME
    project = create_project(folder / "calibration")
    for part in ("intrinsics", "stereo", "auxiliary"):
        shutil.copytree(SAMPLE / part, project.folder / part)
    shutil.copy(SAMPLE / "room.toml", project.folder)
    room = project.room()
    assert room is not None
    project.save_room(room.model_copy(update={"name": "Room 12"}))
    project.choose_target(chessboard("9x6", 0.060))
    project.measure_ruler(100.0)
    address = str(SAMPLE)
    left, right = (
        CameraSpec(name=f"calibration/cam{c}", kind="files", address=address, width_px=1920, height_px=1080)
        for c in (0, 1)
    )
    project.set_cameras((left, right), skew_ms=None)
    shutil.copy(SAMPLE / "tape.csv", project.folder)
    result = stages.solve_all(project)
    assert result is not None
    assert result.classroom.complete
    project.memory.flush()
    return folder


@pytest.fixture
def folder(finished: Path, context: AppContext) -> Path:
    """A copy of it in the library, to be worked on."""
    home = context.classrooms_dir / NAME
    shutil.copytree(finished, home)
    return home


def grey_moments() -> list[Moment]:
    """A room in which nobody holds a board."""
    rng = np.random.default_rng(1)
    images = [cv2.GaussianBlur(rng.integers(0, 255, (360, 640, 3), np.uint8), (0, 0), 9) for _ in range(2)]
    return [(images[0], images[1])]


def board_moments() -> list[Moment]:
    """The sample's close views, as if someone held the board still for a second each."""
    pictures = [cv2.imread(str(p)) for p in sorted((SAMPLE / "intrinsics" / "cam0").iterdir())]
    small = [cv2.resize(p, (960, 540), interpolation=cv2.INTER_AREA) for p in pictures]
    return [(image, image) for image in small]


def baseline_m(folder: Path) -> float:
    """How far apart the cameras really are, as the pictures say."""
    figures = look(create_project(folder / "calibration")).figures.pair
    assert figures is not None
    return figures.baseline_m


def without(folder: Path, *parts: str) -> None:
    for part in parts:
        shutil.rmtree(folder / "calibration" / part, ignore_errors=True)


def test_board_out_of_view(qtbot: Any, context: AppContext, folder: Path) -> None:
    without(folder, "intrinsics", "stereo", "auxiliary")
    robot = Robot(qtbot, context, folder, PlayedCameras(grey_moments(), pace_s=PACE_S))
    robot.go(Step.LENS0)
    robot.until(lambda: "The board is not seen" in robot.words)
    assert not robot.view.next.isEnabled()
    assert not robot.session.project.pictures(LENS, 0)
    robot.close()


def test_camera_unplugged_in_the_lens_step(qtbot: Any, context: AppContext, folder: Path) -> None:
    without(folder, "intrinsics", "stereo", "auxiliary")
    cameras = PlayedCameras(
        board_moments(), pace_s=PACE_S, hold=HOLD, lost_after=10, names=("Front left", "Front right"), waits=True
    )
    robot = Robot(qtbot, context, folder, cameras)
    robot.go(Step.LENS0)
    robot.until(lambda: robot.step.lost)
    assert "Front left: the camera is gone" in robot.words
    taken = set(robot.session.project.pictures(LENS, 0))
    robot.click(robot.page.capture.retry)
    robot.until(lambda: len(robot.session.project.pictures(LENS, 0)) > len(taken))
    assert taken <= set(robot.session.project.pictures(LENS, 0)), "what was taken before is still there"
    assert "gone" not in robot.words
    robot.close()


def test_views_take_themselves_and_can_be_dropped_and_brought_back(
    qtbot: Any, context: AppContext, folder: Path
) -> None:
    without(folder, "intrinsics", "stereo", "auxiliary")
    robot = Robot(qtbot, context, folder, PlayedCameras(board_moments(), pace_s=PACE_S, hold=HOLD, waits=True))
    robot.go(Step.LENS0)
    robot.until(lambda: len(robot.session.project.pictures(LENS, 0)) >= 4)
    robot.until(lambda: robot.step.figures is not None and robot.step.figures.rms_px > 0)
    robot.click(robot.page.capture.automatic)
    robot.idle()
    before = set(robot.session.project.pictures(LENS, 0))
    robot.until(lambda: robot.page.capture.list.count() == len(before))
    robot.page.capture.list.setCurrentRow(0)
    robot.until(lambda: robot.step.viewed[0] is not None)
    robot.click(robot.page.capture.drop)
    robot.until(lambda: len(robot.session.project.pictures(LENS, 0)) == len(before) - 1)
    robot.until(lambda: robot.page.capture.undo.isEnabled())
    robot.click(robot.page.capture.undo)
    assert set(robot.session.project.pictures(LENS, 0)) == before
    robot.close()


def test_swapped_cameras_are_recognised_and_exchanged(qtbot: Any, context: AppContext, folder: Path) -> None:
    project = create_project(folder / "calibration")
    project.exchange_cameras()
    names = set(project.pairs())
    robot = Robot(qtbot, context, folder)
    robot.go(Step.PAIR)
    robot.until(lambda: robot.step.seems_swapped)
    assert "The cameras are swapped: the one called left stands on the right" in robot.words
    assert not re.search(r"cam(era )?[01]", robot.words), "nobody here calls a camera by its number"
    assert not robot.view.next.isEnabled()
    robot.until(lambda: robot.page.swap.isVisible())
    robot.click(robot.page.swap)
    robot.until(lambda: robot.step.state.status is Status.DONE)
    assert set(project.pairs()) == names
    assert project.notes().cameras[0].name == "calibration/cam0", "what is noted of the cameras is exchanged with them"
    robot.close()


def test_wrong_square_size_shows_against_the_tape(qtbot: Any, context: AppContext, folder: Path) -> None:
    true_m = baseline_m(folder)
    robot = Robot(qtbot, context, folder)
    robot.go(Step.TARGET)
    robot.type(robot.page.measured_square, "55")
    robot.idle()
    robot.go(Step.PAIR)
    robot.idle()
    robot.type(robot.page.baseline, f"{true_m:.3f}")
    robot.until(lambda: "the squares are 60.0 mm, not 55.0 mm" in robot.words)
    robot.go(Step.TARGET)
    robot.type(robot.page.measured_square, "60")
    robot.idle()
    robot.go(Step.PAIR)
    robot.until(lambda: robot.step.state.status is Status.DONE)
    robot.close()


def test_baseline_in_centimetres_is_understood(qtbot: Any, context: AppContext, folder: Path) -> None:
    robot = Robot(qtbot, context, folder)
    robot.go(Step.PAIR)
    apart_cm = f"{100 * baseline_m(folder):.1f}"
    robot.type(robot.page.baseline, apart_cm)
    robot.until(lambda: "it looks like centimetres" in robot.words)
    robot.type(robot.page.baseline, f"{apart_cm} cm")
    robot.until(lambda: robot.step.state.status is Status.DONE)
    robot.close()


def test_tape_in_centimetres(qtbot: Any, context: AppContext, folder: Path) -> None:
    read_m = next(r.distance_m for r in TAPE if r.name == "C00 to B_TL")
    (folder / "calibration" / "tape.csv").unlink()
    robot = Robot(qtbot, context, folder)
    robot.go(Step.TAPE)
    robot.until(lambda: robot.step.pair is not None)
    robot.page.point_a.setCurrentText("C00")
    robot.page.point_b.setCurrentText("B_TL")
    robot.page.point_b.activated.emit(0)
    robot.type(robot.page.distance, f"{100 * read_m:.1f}")
    robot.until(lambda: robot.step.doubt is not None)
    assert f"it looks like centimetres; write {read_m:.3f} m" in robot.words
    assert not robot.session.project.tape(), "nothing is kept before it was answered"
    robot.click(robot.page.use)
    robot.until(lambda: len(robot.session.project.tape()) == 1)
    assert robot.session.project.tape()[0].distance_m == pytest.approx(read_m)
    robot.close()


def test_a_misread_tape_is_named_at_once(qtbot: Any, context: AppContext, folder: Path) -> None:
    robot = Robot(qtbot, context, folder)
    robot.go(Step.TAPE)
    robot.until(lambda: robot.step.desk is not None and len(robot.step.desk.lines) == len(TAPE))
    reading = next(r for r in robot.session.project.tape() if r.name == "C80 to B_TR")
    robot.step.choose("C80", "B_TR")
    robot.type(robot.page.distance, f"{reading.distance_m + 0.1:.3f}")
    robot.until(lambda: robot.step.doubt is not None)
    assert re.search(r"C80 to B_TR is \d+\.\d cm longer than the other readings say", robot.words)
    robot.click(robot.page.keep)
    robot.until(lambda: any(line.doubtful for line in robot.step.desk.lines))
    doubtful = [line.reading.name for line in robot.step.desk.lines if line.doubtful]
    assert doubtful == ["C80 to B_TR"], "the wrong one alone is named"
    robot.page.table.selectRow(next(k for k, x in enumerate(robot.step.desk.lines) if x.doubtful))
    robot.click(robot.page.again)
    assert robot.step.pair == ("C80", "B_TR")
    robot.type(robot.page.distance, f"{reading.distance_m:.3f}")
    robot.until(lambda: len(robot.session.project.tape()) == len(TAPE) and robot.step.state.status is Status.DONE)
    robot.close()


def test_board_laid_the_other_way_round(qtbot: Any, context: AppContext, folder: Path) -> None:
    project = create_project(folder / "calibration")
    project.change(half_turn=True)
    robot = Robot(qtbot, context, folder)
    robot.go(Step.AUXILIARY)
    robot.until(lambda: robot.step.frame(0) is not None and robot.step.state.status is Status.PROBLEM)
    assert "the other way round" in robot.words
    frame, preview = robot.step.frame(0), robot.step.kept[0]
    robot.until(lambda: robot.page.pictures.views[0].picture_rect().width() > 0)
    robot.click_picture(robot.page.pictures.views[0], *preview.to_shown(frame.corners_px["C80"]))
    assert "can only be C00 or C85" in robot.words
    robot.click_picture(robot.page.pictures.views[0], *preview.to_shown(frame.corners_px[frame.other_origin]))
    robot.until(lambda: robot.step.state.status is Status.DONE)
    assert project.notes().half_turn is False
    robot.close()


def test_new_pictures_of_the_lying_board_ask_about_the_tape(qtbot: Any, context: AppContext, folder: Path) -> None:
    project = create_project(folder / "calibration")
    project.save_tape(project.tape(), lying_key="another placement")
    robot = Robot(qtbot, context, folder)
    robot.go(Step.TAPE)
    robot.until(lambda: robot.page.unmoved.isVisible())
    assert not robot.view.next.isEnabled()
    robot.until(lambda: robot.step.desk is not None)
    robot.click(robot.page.unmoved)
    robot.until(lambda: robot.step.state.status is Status.DONE)
    robot.close()


def test_disk_full_at_save(qtbot: Any, context: AppContext, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno
    import os

    create_project(folder / "calibration").skip("check")
    robot = Robot(qtbot, context, folder)
    robot.go(Step.SUMMARY)
    robot.until(lambda: robot.page.save.isVisible() and robot.page.save.isEnabled())
    real = os.replace

    def full(source: Any, destination: Any) -> None:
        if Path(destination).parent == folder:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(source, destination)

    monkeypatch.setattr(os, "replace", full)
    robot.click(robot.page.save)
    robot.until(lambda: not robot.step.working)
    assert "No space left on device" in robot.words
    assert not (folder / "classroom.toml").exists()
    assert not robot.view.next.isEnabled()
    monkeypatch.setattr(os, "replace", real)
    robot.until(lambda: robot.page.save.isVisible() and robot.page.save.isEnabled())
    robot.click(robot.page.save)
    robot.until(lambda: robot.step.is_saved and robot.view.next.isEnabled())
    assert load_classroom(folder / "classroom.toml").complete
    assert (folder / "summary.pdf").read_bytes().startswith(b"%PDF")
    robot.close()


def test_closed_half_way_and_resumed(qtbot: Any, context: AppContext, folder: Path) -> None:
    without(folder, "auxiliary")
    for name in ("tape.csv", "classroom.toml"):
        (folder / "calibration" / name).unlink()
    robot = Robot(qtbot, context, folder)
    assert robot.presenter.current is Step.AUXILIARY, "the first step that is not done"
    assert robot.presenter.status(Step.PAIR) == "done"
    assert robot.presenter.status(Step.TAPE) == "blocked"
    robot.until(lambda: robot.page.take.isVisible() and robot.page.take.isEnabled())
    robot.click(robot.page.take)
    robot.until(lambda: bool(robot.session.project.pictures(LYING, 1)))
    robot.close()
    again = Robot(qtbot, context, folder)
    again.until(lambda: again.presenter.current is not None)
    again.idle()
    assert again.presenter.current in (Step.AUXILIARY, Step.TAPE)
    again.until(lambda: again.presenter.status(Step.AUXILIARY) == "done")
    assert len(again.session.project.pictures(PAIR, 0)) == 8
    again.close()


def test_the_check_can_be_skipped_and_says_so(qtbot: Any, context: AppContext, folder: Path) -> None:
    robot = Robot(qtbot, context, folder)
    robot.go(Step.CHECK)
    robot.until(lambda: robot.view.skip.isVisible())
    robot.click(robot.view.skip)
    robot.until(lambda: robot.presenter.current is Step.SUMMARY)
    assert robot.presenter.status(Step.CHECK) == "skipped"
    robot.close()


def test_a_look_is_measured_against_its_place(qtbot: Any, context: AppContext, folder: Path) -> None:
    from gazeclass.calibration.seat_precision import looking_rotation
    from gazeclass.lesson.observation import Observation

    class Sees:
        def process(self, pair: Any) -> list[Observation]:
            step = robot.step
            place = np.array(step.places[step.place].position_m)
            aim = np.array([*step.points[step.point].xy_m, 0.0])
            R = looking_rotation(place, aim)
            return [Observation(pair.t_s, "P01", "ok", position_W_m=place, R_WS=R, cameras="01")]

    robot = Robot(qtbot, context, folder, PlayedCameras(grey_moments(), pace_s=PACE_S))
    robot.go(Step.CHECK)
    robot.step.make = lambda classroom: Sees()
    robot.until(lambda: robot.page.measure.isEnabled())
    robot.click(robot.page.measure)
    robot.until(lambda: len(robot.step.readings) == 1)
    assert robot.step.result.median_m == pytest.approx(0.0, abs=1e-6)
    assert robot.step.point == 1, "the next point is offered"
    robot.until(lambda: robot.presenter.status(Step.CHECK) == "done")
    robot.close()
