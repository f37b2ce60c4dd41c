"""Pictures of every step of the calibration wizard, and of every wrong move, from the running program.

    python benchmarks/wizard_screenshots.py -o docs/images [--theme dark] [--only pair,tape]

Works on the sample lesson's calibration pictures, in a temporary library.
"""

import argparse
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import numpy as np
from guide_picture import shoot, wait
from PySide6.QtCore import qInstallMessageHandler
from PySide6.QtWidgets import QApplication

import gazeclass.sample
from gazeclass.calibration import stages
from gazeclass.calibration.classroom import load_classroom
from gazeclass.calibration.notes import CameraSpec
from gazeclass.calibration.project import create_project
from gazeclass.calibration.steps import Status, Step
from gazeclass.calibration.tape import read_tape
from gazeclass.calibration.target import chessboard
from gazeclass.desktop import theme
from gazeclass.desktop.app import make_application, make_context
from gazeclass.desktop.classrooms.shelf import sample_classroom
from gazeclass.desktop.wizard.place import create
from gazeclass.desktop.wizard.played import PlayedCameras
from gazeclass.desktop.wizard.sources import read_colour

SAMPLE = Path(gazeclass.sample.__file__).parent / "calibration"
SIZE_PX = (1176, 720)  # a window of 1280 × 720 without the rail of places
WIDTH_PX = 1000  # of the pictures


def cameras(image: np.ndarray, lost_after: int | None = None) -> PlayedCameras:
    """Live cameras out of one picture; the left one is pulled out after ``lost_after`` moments."""
    return PlayedCameras(
        [(image, image)],
        pace_s=0.05,
        lost_after=lost_after,
        names=("Front left", "Front right"),
        locks=((True, True), (True, False)),
    )


class Studio:
    """Opens the wizard on copies of one finished classroom and takes pictures."""

    def __init__(self, application: QApplication, place: Path, out: Path, only: set[str]) -> None:
        self.application, self.place, self.out, self.only = application, place, out, only
        self.finished = place / "finished" / "room-12"
        self.count = 0

    def open(self, change: Callable[[Any], object] = lambda project: None, source: Any = None) -> Any:
        self.count += 1
        folder = self.place / f"library{self.count}" / "classrooms" / "room-12"
        shutil.copytree(self.finished, folder)
        change(create_project(folder / "calibration"))
        view = create(make_context(self.place / f"state{self.count}.ini"), folder)
        view.presenter.session.source = source
        view.resize(*SIZE_PX)
        view.show()
        wait(lambda: view.presenter.current is not None)
        return view

    def go(self, view: Any, step: Step) -> Any:
        wait(lambda: not view.presenter.blocked_by(step))
        if view.presenter.current is not step:  # going there again would begin what the cameras play anew
            view.presenter.go(step)
        self.idle(view)
        return view.presenter.presenter

    def idle(self, view: Any) -> None:
        wait(lambda: not view.presenter.session.worker.busy and not view.presenter.guidance().busy)

    def shoot(self, view: Any, name: str) -> None:
        for _ in range(20):
            self.application.processEvents()
        shoot(view, self.out / f"wizard-{name}.png", WIDTH_PX)

    def close(self, view: Any) -> None:
        view.presenter.close()
        view.presenter.session.feed.wait(60)
        view.presenter.session.worker.wait(120)
        view.close()


def prepare(folder: Path) -> None:
    """Everything taken and computed, from the sample's pictures."""
    project = create_project(folder / "calibration")
    for part in ("intrinsics", "stereo", "auxiliary"):
        shutil.copytree(SAMPLE / part, project.folder / part)
    for name in ("room.toml", "tape.csv"):
        shutil.copy(SAMPLE / name, project.folder)
    room = project.room()
    assert room is not None
    project.save_room(room.model_copy(update={"name": "Room 12"}))
    project.choose_target(chessboard("9x6", 0.060))
    project.measure_ruler(100.0)
    specs = tuple(
        CameraSpec(name=f"calibration/cam{c}", kind="files", address=str(SAMPLE), width_px=1920, height_px=1080)
        for c in (0, 1)
    )
    project.set_cameras((specs[0], specs[1]), skew_ms=None)
    project.change(baseline_m=round(load_classroom(sample_classroom()).stereo.baseline_m, 3))
    stages.solve_all(project)
    project.memory.flush()


def steps(studio: Studio) -> None:
    """Each step as it looks when all is well."""
    view = studio.open()
    for step in Step:
        if studio.only and step.value not in studio.only:
            continue
        if step is Step.SUMMARY:
            view.presenter.session.project.skip("check")
            view.presenter.session.refresh()
        presenter = studio.go(view, step)
        if step is Step.CAMERAS:
            wait(lambda p=presenter: p.phase == "idle" and p.measured is not None)
        if step in (Step.LENS0, Step.LENS1, Step.PAIR):
            presenter.show_view(presenter.views()[0].name)
            wait(lambda p=presenter: any(p.viewed))
        if step is Step.PAIR:
            corner = presenter.viewed[0].corners_px[0]
            presenter.click(0, float(corner[0]), float(corner[1]))
        if step is Step.AUXILIARY:
            wait(lambda p=presenter: p.frame(0) is not None)
        if step is Step.TAPE:
            wait(lambda p=presenter: p.pair is not None)
        if step is Step.SUMMARY:
            wait(lambda p=presenter: p.page is not None)
        studio.idle(view)
        studio.shoot(view, step.value)
    studio.close(view)


def _lens_removed(project: Any) -> None:
    for part in ("intrinsics", "stereo", "auxiliary"):
        shutil.rmtree(project.folder / part)


def out_of_view(studio: Studio) -> None:
    """The board is held half beside the picture."""
    whole = read_colour(SAMPLE / "intrinsics" / "cam0" / "0.jpg")
    beside = cv2.copyMakeBorder(whole[:, 400:], 0, 0, 0, 400, cv2.BORDER_REFLECT)
    view = studio.open(_lens_removed, cameras(beside))
    studio.go(view, Step.LENS0)
    wait(lambda: any("not seen" in n.text for n in view.presenter.guidance().notices))
    studio.shoot(view, "wrong-out-of-view")
    studio.close(view)


def unplugged(studio: Studio) -> None:
    """A camera is pulled out in the Lens step."""
    view = studio.open(_lens_removed, cameras(read_colour(SAMPLE / "intrinsics" / "cam0" / "0.jpg"), lost_after=25))
    presenter = studio.go(view, Step.LENS0)
    wait(lambda: presenter.lost)
    studio.idle(view)
    studio.shoot(view, "wrong-unplugged")
    studio.close(view)


def swapped(studio: Studio) -> None:
    """Left and right exchanged."""
    view = studio.open(lambda project: project.exchange_cameras())
    presenter = studio.go(view, Step.PAIR)
    wait(lambda: presenter.seems_swapped)
    studio.shoot(view, "wrong-swapped")
    studio.close(view)


def wrong_square(studio: Studio) -> None:
    """Squares of 60 mm given as 55."""
    view = studio.open(lambda project: project.measure_square(0.055))
    presenter = studio.go(view, Step.PAIR)
    wait(lambda: presenter.state.status is Status.PROBLEM)
    studio.shoot(view, "wrong-square")
    studio.close(view)


def tape_in_centimetres(studio: Studio) -> None:
    """Centimetres typed as metres."""
    read_m = next(r.distance_m for r in read_tape(SAMPLE / "tape.csv") if r.name == "C00 to B_TL")
    view = studio.open(lambda project: (project.folder / "tape.csv").unlink())
    presenter = studio.go(view, Step.TAPE)
    wait(lambda: presenter.pair is not None)
    presenter.choose("C00", "B_TL")
    presenter.enter_reading(round(100 * read_m, 1))
    wait(lambda: presenter.doubt is not None)
    studio.shoot(view, "wrong-tape-cm")
    studio.close(view)


def other_way_round(studio: Studio) -> None:
    """The lying chessboard turned by half a turn."""
    view = studio.open(lambda project: project.change(half_turn=True))
    presenter = studio.go(view, Step.AUXILIARY)
    wait(lambda: presenter.frame(0) is not None and presenter.state.status is Status.PROBLEM)
    studio.idle(view)
    studio.shoot(view, "wrong-way-round")
    studio.close(view)


def disk_full(studio: Studio) -> None:
    """No room left when the classroom is saved."""
    view = studio.open(lambda project: project.skip("check"))
    presenter = studio.go(view, Step.SUMMARY)
    wait(lambda: presenter.page is not None)
    studio.idle(view)
    real, folder = os.replace, view.presenter.session.folder

    def full(source: Any, destination: Any) -> None:
        if Path(destination).parent == folder:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(source, destination)

    os.replace = full  # type: ignore[assignment]
    presenter.save()
    wait(lambda: not presenter.working)
    os.replace = real
    studio.idle(view)
    studio.shoot(view, "wrong-disk-full")
    studio.close(view)


def resumed(studio: Studio) -> None:
    """Left after the pair, opened again."""

    def half_way(project: Any) -> None:
        shutil.rmtree(project.folder / "auxiliary")
        (project.folder / "tape.csv").unlink()
        (project.folder / "classroom.toml").unlink()

    view = studio.open(half_way)
    presenter = view.presenter.presenter
    wait(lambda: presenter.may_take and all(d is not None for d in presenter.found))
    studio.shoot(view, "resumed")
    studio.close(view)


MOVES = (out_of_view, unplugged, swapped, wrong_square, tape_in_centimetres, other_way_round, disk_full, resumed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/images"))
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--only", default="", help="steps and moves, by name, with commas")
    parser.add_argument("--finished", type=Path, help="keep the finished classroom here, for the next time")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    qInstallMessageHandler(lambda *_: None)
    application = make_application()
    theme.apply(application, arguments.theme)
    only = {name for name in arguments.only.split(",") if name}
    with tempfile.TemporaryDirectory() as place:
        studio = Studio(application, Path(place), arguments.output, only)
        if arguments.finished is not None:
            studio.finished = arguments.finished / "room-12"
        if not studio.finished.exists():
            prepare(studio.finished)
        if not only or only & {step.value for step in Step}:
            steps(studio)
        for move in MOVES:
            if not only or move.__name__ in only:
                move(studio)
    return 0


if __name__ == "__main__":
    sys.exit(main())
