"""Who is observed, as `analyze` and `live` are asked: a class of the roster, seats, portraits; and what cannot be."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from gazeclass.calibration.classroom import Classroom, load_classroom
from gazeclass.cli.analyze import analyze
from gazeclass.cli.live import live
from gazeclass.cli.observed import class_plan
from gazeclass.cli.roster import VARIABLE
from gazeclass.errors import InputError
from gazeclass.lesson import roster_keys
from gazeclass.lesson.reader import read_lesson
from gazeclass.lesson.roster import Consent, Roster
from gazeclass.lesson.roster_file import RosterFile

CLASSROOM = Path(__file__).resolve().parents[2] / "calibration" / "classroom.toml"
PASSPHRASE = "three or four words"


@pytest.fixture(scope="module")
def classroom() -> Classroom:
    return load_classroom(CLASSROOM)


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two seconds of an empty wall, two pictures a second."""
    folder = tmp_path_factory.mktemp("videos")
    paths = folder / "left.avi", folder / "right.avi"
    for k, path in enumerate(paths):
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 2, (1920, 1080))
        for _ in range(4):
            writer.write(np.full((1080, 1920, 3), 90 + k, np.uint8))
        writer.release()
    return paths


@pytest.fixture
def roster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, dict[str, str]]:
    """A class told by seats, Bob without consent, Cem without a seat of the room; its students' pseudonyms."""
    monkeypatch.setattr(roster_keys, "_SCRYPT", {"n": 2**4, "r": 8, "p": 1})
    monkeypatch.setenv(VARIABLE, PASSPHRASE)
    made = Roster().add_class("7b", biometrics=False).add_students("7b", ["Ada", "Bob", "Cem"])
    group = made.group("7b")
    names = {student.name: student.pseudonym for student in group.students}
    for name, seat in (("Ada", "1-1"), ("Bob", "1-2"), ("Cem", "attic")):
        group = group.change(names[name], seat=seat, consent=Consent(name != "Bob"))
    RosterFile.create(tmp_path / "r.gzr", roster_keys.new_passphrase_key(PASSPHRASE), made.replace_class("7b", group))
    return tmp_path / "r.gzr", names


def command(which: object, *arguments: object) -> str:
    app = typer.Typer()
    app.command()(which)  # type: ignore[type-var]
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_class_of_the_roster(
    classroom: Classroom, roster: tuple[Path, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    path, names = roster
    plan = class_plan(classroom, enroll=None, roster=path, class_name="7b", by_seat=False)
    assert plan is not None
    assert plan.enrolment is None
    assert plan.seats is not None
    assert plan.seats.observed == (names["Ada"],)
    assert [student.name for student in plan.students] == [names["Ada"]]
    assert f"{names['Cem']} have no seat" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"roster": Path("r.gzr")}, "a roster holds several classes"),
        ({"class_name": "7b", "enroll": Path("portraits")}, "not from both"),
        ({"by_seat": True, "enroll": Path("portraits")}, "portraits are of no use"),
    ],
)
def test_wishes_that_exclude_each_other(classroom: Classroom, wishes: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        class_plan(classroom, **({"enroll": None, "roster": None, "class_name": "", "by_seat": False} | wishes))


def test_a_class_that_is_not_in_the_roster(classroom: Classroom, roster: tuple[Path, dict[str, str]]) -> None:
    with pytest.raises(InputError, match="9z"):
        class_plan(classroom, enroll=None, roster=roster[0], class_name="9z", by_seat=False)


@pytest.mark.slow
def test_live_with_a_class_observes_nobody_else(
    videos: tuple[Path, Path], roster: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    out = tmp_path / "a.gaze"
    room = ["--classroom", CLASSROOM, "--headpose", "landmarks", "--cpu-threads", 1, "-o", out]
    output = command(live, *videos, *room, "--roster", roster[0], "--class", "7b")
    assert f"{roster[1]['Cem']} have no seat" in output
    lesson = read_lesson(out)
    assert lesson.complete
    assert {student.name for student in lesson.students} == {roster[1]["Ada"]}
    assert "identity" not in lesson.meta.details["models"]


@pytest.mark.slow
def test_by_seat_alone_the_seats_are_the_names(videos: tuple[Path, Path], classroom: Classroom, tmp_path: Path) -> None:
    out = tmp_path / "a.gaze"
    command(live, *videos, "--classroom", CLASSROOM, "--headpose", "landmarks", "-o", out, "--by-seat")
    lesson = read_lesson(out)
    assert lesson.complete
    assert "identity" not in lesson.meta.details["models"]
    assert {student.name for student in lesson.students} == {seat.student or seat.name for seat in classroom.seats}


@pytest.mark.parametrize("which", [live, analyze])
def test_a_class_that_cannot_be_observed_leaves_no_lesson(
    which: object, videos: tuple[Path, Path], roster: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    out = tmp_path / "a.gaze"
    with pytest.raises(InputError, match="9z"):
        command(which, *videos, "--classroom", CLASSROOM, "-o", out, "--roster", roster[0], "--class", "9z")
    assert not out.exists()
