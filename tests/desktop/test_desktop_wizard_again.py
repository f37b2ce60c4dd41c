"""Calibrate again: what the classroom was given is still there, and what no longer fits is named before it is lost."""

from pathlib import Path
from typing import Any

import pytest
from wizard_robot import Robot

from gazeclass.calibration.classroom import load_classroom
from gazeclass.calibration.given import change_classroom
from gazeclass.calibration.steps import Step
from gazeclass.calibration.verdict import STEP_NAMES
from gazeclass.desktop.classrooms import shelf
from gazeclass.desktop.context import AppContext
from gazeclass.lesson.zones import grid
from gazeclass.lesson.zoning import classroom_zones


@pytest.fixture
def home(context: AppContext) -> Path:
    """The sample classroom in the library, with four zones of its own."""
    home = shelf.add_sample(context.classrooms_dir)
    room = shelf.load_classroom(home / "classroom.toml")
    change_classroom(home, zones=classroom_zones(room, grid(room.board(), 2, 2)).zones)
    return home


def test_zones_stay_when_a_classroom_is_calibrated_again(qtbot: Any, context: AppContext, home: Path) -> None:
    robot = Robot(qtbot, context, home)
    robot.go(Step.ROOM)
    assert [z.name for z in robot.session.project.room().zones] == [
        "top left",
        "top right",
        "bottom left",
        "bottom right",
    ]
    robot.type(robot.page.name, "Hall")
    robot.until(lambda: robot.session.project.room().name == "Hall")
    assert len(robot.session.project.room().zones) == 4
    robot.close()


def test_zones_beside_a_board_measured_anew_are_named(qtbot: Any, context: AppContext, home: Path) -> None:
    width_m = load_classroom(home / "classroom.toml").board_size.width_m
    robot = Robot(qtbot, context, home)
    robot.go(Step.ROOM)
    robot.type(robot.page.width_edit, f"{width_m / 2:.3f}")
    assert "left out when you save: zones “top left”, “bottom left”" in robot.words
    assert [z.name for z in robot.session.project.room().zones] == ["top right", "bottom right"]
    # A slip of the finger: nothing is lost by putting it right.
    robot.type(robot.page.width_edit, f"{width_m:.3f}")
    assert "left out" not in robot.words
    assert len(robot.session.project.room().zones) == 4
    robot.close()


def test_the_printed_page_calls_the_steps_as_the_strip_does(qtbot: Any, context: AppContext, tmp_path: Path) -> None:
    robot = Robot(qtbot, context, tmp_path / "library" / "classrooms" / "r")
    assert {step: presenter.title for step, presenter in robot.presenter.steps.items()} == STEP_NAMES
    robot.close()
