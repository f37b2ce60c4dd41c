import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "lesson"))

from lesson_files import write

from gazeclass.cli.lessons import app
from gazeclass.errors import InputError
from gazeclass.lesson.reader import read_lesson
from gazeclass.settings import Settings

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


def test_a_fresh_install_has_no_lesson_yet(monkeypatch, tmp_path):
    monkeypatch.setattr("gazeclass.settings.settings", lambda: Settings(library_dir=tmp_path / "library"))
    assert f"There is no lesson in {tmp_path / 'library' / 'lessons'}." in ok("list")
    with pytest.raises(InputError, match="no such folder"):
        ok("list", tmp_path / "elsewhere")


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


def test_zones_are_a_grid_or_a_classrooms(lesson, tmp_path):
    from gazeclass.calibration.classroom import load_classroom, save_classroom
    from gazeclass.calibration.room_parts import Zone as StoredZone
    from gazeclass.lesson.zones import grid, most_probable_zones

    before = read_lesson(lesson)
    assert "top left, top right, bottom left, bottom right" in ok("zones", lesson, "--grid", "2x2")
    after = read_lesson(lesson)
    assert after.zones == grid(before.meta.board, 2, 2)
    o = after.observations
    known = o.zone >= 0
    assert known.any()
    cov = o.packed_cov[known, 12:15].astype(float)[:, [[0, 1], [1, 2]]]
    index, probability = most_probable_zones(after.zones, o.board_xy_m[known], cov)
    assert o.zone[known].tolist() == index.tolist()
    assert o.zone_probability[known] == pytest.approx(probability, abs=1e-3)
    assert o.board_xy_m[known] == pytest.approx(before.observations.board_xy_m[known])
    assert after.audit[-1][1] == "zones"
    room = load_classroom(Path(__file__).parents[2] / "calibration" / "classroom.toml")
    own = StoredZone(name="sums", x0_m=0.0, y0_m=0.0, x1_m=1.0, y1_m=1.0)
    save_classroom(room.model_copy(update={"zones": (own,)}), tmp_path / "classroom.toml")
    assert "sums" in ok("zones", lesson, "--from", tmp_path / "classroom.toml")
    assert [zone.name for zone in read_lesson(lesson).zones] == ["sums"]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ([], "not clear which zones"),
        (["--grid", "2x2", "--from", "classroom.toml"], "not clear which zones"),
        (["--grid", "2"], "'2' is no grid"),
        (["--grid", "0x3"], "'0x3' is no grid"),
        (["--grid", "two by two"], "is no grid"),
        (["--from", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_zones_that_cannot_be_meant_change_nothing(lesson, asked, says):
    before = lesson.read_bytes()
    with pytest.raises(InputError, match=says):
        run.invoke(app, ["zones", str(lesson), *asked], catch_exceptions=False)
    assert lesson.read_bytes() == before
