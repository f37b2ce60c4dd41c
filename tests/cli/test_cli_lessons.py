import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "lesson"))

from lesson_files import write

from gazeclass.cli.lessons import app
from gazeclass.errors import InputError
from gazeclass.lesson.reader import read_lesson

run = CliRunner()


def ok(*arguments):
    result = run.invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def lesson(tmp_path):
    return write(tmp_path / "a.gaze")


def test_a_lesson_goes_through_every_command(lesson, tmp_path):
    ok("rename", lesson, "Fractions")
    ok("note", lesson, "went well")
    ok("mark", lesson, 1.2, "quiz")
    ok("keep", lesson, "2026-06-30")
    shown = ok("show", lesson)
    for words in ("Fractions", "went well", "quiz", "2026-06-30", "KT47", "60 observations"):
        assert words in shown
    assert "Fractions (Room 3)  keep until 2026-06-30" in ok("list", tmp_path)
    assert "a.gaze: ok." in ok("check", lesson)
    ok("cut", lesson, "--to", "0.95", "-o", tmp_path / "b.gaze")
    ok("cut", lesson, "--from", "0.95", "--yes")
    ok("merge", tmp_path / "b.gaze", lesson, "-o", tmp_path / "c.gaze")
    assert len(read_lesson(tmp_path / "c.gaze").observations) == 60
    assert "whole" in ok("finish", lesson)
    assert "receipt" in ok("remove-student", "KT47", tmp_path / "c.gaze", "--yes")
    assert ok("remove-student", "KT47", tmp_path, "--yes").count("receipt:") == 2
    assert "none of the lessons" in ok("remove-student", "KT47", tmp_path, "--yes")
    assert "no recording" in ok("delete", lesson, "--recording", "--yes")
    assert "receipt" in ok("delete", lesson, "--yes")
    assert "Nothing has expired" in ok("purge", tmp_path, "--today", "2026-06-30", "--yes")
    assert ok("purge", tmp_path, "--today", "2026-07-01", "--yes").count("receipt:") == 2
    assert "no lesson" in ok("list", tmp_path)


def test_nothing_is_deleted_without_being_asked(lesson):
    before = lesson.read_bytes()
    for command in (["delete", lesson], ["purge", lesson.parent], ["cut", lesson, "--to", 1]):
        result = run.invoke(app, [str(a) for a in command], input="n\n")
        assert result.exit_code == 1
    assert lesson.read_bytes() == before


def test_damage_is_told_and_the_others_are_checked_all_the_same(lesson, tmp_path):
    (tmp_path / "b.gaze").write_bytes(b"nonsense" * 100)
    result = run.invoke(app, ["check", str(tmp_path / "b.gaze"), str(lesson)])
    assert result.exit_code == 1
    assert "a.gaze: ok." in result.output
    assert "b.gaze" in run.invoke(app, ["list", str(tmp_path)]).output


def test_a_wrong_day_is_refused(lesson):
    with pytest.raises(InputError, match=r"no day\. Write it like"):
        run.invoke(app, ["keep", str(lesson), "next week"], catch_exceptions=False)
