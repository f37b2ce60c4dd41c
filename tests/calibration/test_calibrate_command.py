"""``gazeclass calibrate`` and ``gazeclass targets`` as a user meets them: output, files, exit codes."""

from dataclasses import replace

import pytest
from conftest import TARGET

from gazeclass.calibration.classroom import load_classroom, save_classroom
from gazeclass.calibration.room_parts import Zone
from gazeclass.cli.calibrate import print_result
from gazeclass.cli.main import main

assert TARGET.square_m == 0.08

pytestmark = pytest.mark.usefixtures("remembered")


def run(monkeypatch, capsys, *words: object) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["gazeclass", *map(str, words)])
    try:
        main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def test_calibrate_writes_a_classroom_and_says_how_good_it_is(picture_folder, tmp_path, monkeypatch, capsys):
    path = tmp_path / "classroom.toml"
    code, out, _ = run(
        monkeypatch, capsys, "calibrate", picture_folder, "--pattern", "9x6", "--square", "0.08", "-o", path
    )
    assert code == 0
    assert load_classroom(path).complete
    for words in ("Room 7: cameras 4.4", "C00", "tape readings", "Ready for lessons", str(path)):
        assert words in out.replace("\n", "") or words in out


def test_a_room_may_be_called_as_rich_writes_its_marks(solved, capsys):
    print_result(replace(solved, classroom=solved.classroom.model_copy(update={"name": "[/7]"})))
    assert "[/7]: cameras 4.4" in capsys.readouterr().out.replace("\n", "")


def test_zones_of_the_file_that_is_written_over_are_named(picture_folder, tmp_path, monkeypatch, capsys):
    path = tmp_path / "classroom.toml"
    words = ("calibrate", picture_folder, "--pattern", "9x6", "--square", "0.08", "-o", path)
    run(monkeypatch, capsys, *words)
    zone = Zone(name="all of it", x0_m=0.0, y0_m=0.0, x1_m=4.0, y1_m=1.2)
    save_classroom(load_classroom(path).model_copy(update={"zones": (zone,)}), path)
    code, out, _ = run(monkeypatch, capsys, *words)
    assert code == 0
    assert "zones that room.toml has not: 'all of it'" in " ".join(out.split())
    assert load_classroom(path).zones == (), "the folder alone says what is written"


def test_a_mistake_is_one_line_on_stderr_and_nothing_is_written(picture_folder, tmp_path, monkeypatch, capsys):
    path = tmp_path / "classroom.toml"
    code, _, err = run(
        monkeypatch, capsys, "calibrate", picture_folder, "--pattern", "9x6", "--square", "0.07", "-o", path
    )
    assert code == 1
    assert err.splitlines()[-1].startswith("gazeclass: tape.csv: the square is given as 70.0 mm")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("calibrate",), 2),
        (("calibrate", "x", "--square", "wide"), 2),
        (("calibrate", "no-such-folder"), 1),
        (("calibrate", "x", "--inverted"), 1),
        (("targets", "--paper", "A9"), 1),
    ],
)
def test_exit_codes(words, code, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, capsys, *words)[0] == code
    assert list(tmp_path.iterdir()) == []


def test_targets_writes_the_board_its_tiles_and_the_sheet(tmp_path, monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, "targets", "-o", tmp_path / "print", "--tiles", "A4")
    assert code == 0
    names = sorted(path.name for path in (tmp_path / "print").iterdir())
    assert names == [
        "chessboard-9x6-60mm-A4-tiles.pdf",
        "chessboard-9x6-60mm.pdf",
        "survey-sheet-chessboard-9x6-60mm.pdf",
    ]
    assert "12 sheets" in out
