"""Scripted lessons, written to a file and read back."""

from collections.abc import Callable
from pathlib import Path

import pytest
from scripted import SIX, write_script

from gazeclass.lesson.columns import Lesson
from gazeclass.lesson.reader import read_lesson
from gazeclass.report.metrics import LessonTimes

MakeLesson = Callable[..., Lesson]


@pytest.fixture
def lesson_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a scripted lesson and give its path."""
    return lambda script, name="lesson.gaze", **options: write_script(tmp_path / name, script, **options)


@pytest.fixture
def lesson_of(lesson_file: Callable[..., Path]) -> MakeLesson:
    """A scripted lesson, through the file and back."""
    return lambda script, **options: read_lesson(lesson_file(script, **options))


@pytest.fixture(scope="session")
def six_times(tmp_path_factory: pytest.TempPathFactory) -> LessonTimes:
    """Six students who all do the same."""
    details = {"calibration": {"baseline_m": 4.41}, "models": ["sdam"], "notes": ["cam1: shaky"]}
    path = write_script(tmp_path_factory.mktemp("six") / "six.gaze", SIX, details=details)
    return LessonTimes(read_lesson(path))
