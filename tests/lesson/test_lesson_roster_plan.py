"""From roster and classroom to what a lesson needs; portraits; the command line."""

import json
from dataclasses import replace
from datetime import date

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from gazeclass.calibration.classroom import load_classroom
from gazeclass.calibration.room_parts import Seat
from gazeclass.cli.roster import VARIABLE, app
from gazeclass.errors import InputError
from gazeclass.faces.embedding import Embedder
from gazeclass.faces.mtcnn import MtcnnDetector
from gazeclass.lesson import assembly, roster_camera, roster_keys
from gazeclass.lesson.columns import Student
from gazeclass.lesson.roster import Consent, Roster
from gazeclass.lesson.roster_file import RosterFile, backup_of
from gazeclass.lesson.roster_plan import plan_class, seat_plan
from gazeclass.lesson.roster_portraits import look_at, look_at_file, portrait_of
from gazeclass.models import BUNDLED_DIRS
from gazeclass.sample import sample_folder

DAY = date(2026, 3, 2)
ENROLL = sample_folder() / "enroll"


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch):
    monkeypatch.setattr(roster_keys, "_SCRYPT", {"n": 2**4, "r": 8, "p": 1})


@pytest.fixture(scope="module")
def classroom():
    folder = next(f.parent / "calibration" for f in BUNDLED_DIRS if (f.parent / "calibration").is_dir())
    room = load_classroom(folder / "classroom.toml")
    seats = tuple(Seat(name=f"A{k}", row=1, position_m=(0.7 * k, 1.1, 2.5)) for k in range(1, 5))
    return room.model_copy(update={"seats": seats})


@pytest.fixture(scope="module")
def eyes():
    return MtcnnDetector(threads=1), Embedder(threads=1)


@pytest.fixture
def roster(eyes):
    detector, embedder = eyes
    roster = Roster().add_class("7b").add_students("7b", ["Ada", "Bob", "Cem", "Dan"])
    group = roster.group("7b")
    for k, student in enumerate(group.students):
        portrait = portrait_of(look_at_file(ENROLL / f"S0{k + 1}.png", detector), embedder, DAY)
        group = group.change(student.pseudonym, seat=f"A{k + 1}", portraits=(portrait,), consent=Consent(k != 1))
    return roster.replace_class("7b", group)


def pseudonyms(roster):
    return [student.pseudonym for student in roster.group("7b").students]


def test_a_class_told_by_faces(roster, classroom):
    ada, _, cem, dan = pseudonyms(roster)
    plan = plan_class(roster, "7b", classroom, DAY)
    assert plan.seats is None
    assert plan.enrolment is not None
    assert set(plan.enrolment.names) == {ada, cem, dan}
    assert plan.students == (Student(ada, "A1", 1), Student(cem, "A3", 1), Student(dan, "A4", 1))


def test_a_class_with_biometrics_switched_off_is_told_by_seats(roster, classroom):
    roster = roster.replace_class("7b", replace(roster.group("7b"), biometrics=False))
    ada, bob, cem, dan = pseudonyms(roster)
    plan = plan_class(roster, "7b", classroom, DAY)
    assert plan.enrolment is None
    assert plan.seats is not None
    assert plan.seats.names == (ada, "seat A2", cem, dan)  # Bob's seat takes part, Bob is not observed
    assert bob not in plan.seats.observed
    np.testing.assert_allclose(plan.seats.positions_W_m[2], [2.1, 1.1, 2.5])


def test_no_embedder_is_opened_for_seats(roster, classroom, monkeypatch):
    def never(*_, **__):
        raise AssertionError("a face would be compared")

    monkeypatch.setattr(assembly, "Embedder", never)
    plan = plan_class(roster, "7b", classroom, DAY, by_seat=True)
    pipeline = assembly.build_pipeline(classroom, seats=plan.seats)
    assert pipeline._expected == frozenset(plan.seats.observed)
    with pytest.raises(AssertionError, match="compared"):
        assembly.build_pipeline(classroom)


def test_whoever_has_no_seat_is_named_in_a_warning(roster, classroom):
    dan = pseudonyms(roster)[3]
    roster = roster.replace_class("7b", roster.group("7b").change(dan, seat="Z9"))
    plan = plan_class(roster, "7b", classroom, DAY, by_seat=True)
    assert dan in plan.warnings[0]
    assert dan not in [student.name for student in plan.students]


@pytest.mark.parametrize("by_seat", [False, True])
def test_a_class_nobody_may_be_observed_of(roster, classroom, by_seat):
    group = roster.group("7b")
    for pseudonym in pseudonyms(roster):
        group = group.change(pseudonym, consent=Consent(True, date(2026, 3, 1)))
    with pytest.raises(InputError, match="nobody of the class '7b' may be observed today"):
        plan_class(roster.replace_class("7b", group), "7b", classroom, DAY, by_seat=by_seat)


def test_a_class_nobody_can_be_told_of(roster, classroom):
    group = roster.group("7b")
    for pseudonym in pseudonyms(roster):
        group = group.change(pseudonym, portraits=(), seat="")
    bare = roster.replace_class("7b", group)
    with pytest.raises(InputError, match="both consent and a portrait"):
        plan_class(bare, "7b", classroom, DAY)
    with pytest.raises(InputError, match="nobody has a seat"):
        plan_class(bare, "7b", classroom, DAY, by_seat=True)
    with pytest.raises(InputError, match=r"classroom has no seats.*room\.toml"):
        seat_plan(classroom.model_copy(update={"seats": ()}))


def test_seats_alone_are_names_too(classroom):
    assert seat_plan(classroom).observed == ("A1", "A2", "A3", "A4")


# --- portraits ---


def test_a_portrait_keeps_no_picture_unless_asked(eyes):
    detector, embedder = eyes
    look = look_at_file(ENROLL / "S01.png", detector)
    assert look.usable
    assert portrait_of(look, embedder, DAY).picture == b""
    kept = portrait_of(look, embedder, DAY, keep=True)
    image = cv2.imdecode(np.frombuffer(kept.picture, np.uint8), cv2.IMREAD_COLOR)
    assert 0 < max(image.shape[:2]) <= 192
    np.testing.assert_array_equal(kept.embedding, portrait_of(look, embedder, DAY).embedding)
    assert np.linalg.norm(kept.embedding) == pytest.approx(1)


def test_what_is_wrong_with_a_picture_is_said(eyes, tmp_path):
    detector, embedder = eyes
    face = cv2.imread(str(ENROLL / "S01.png"))
    other = cv2.resize(cv2.imread(str(ENROLL / "S04.png")), face.shape[1::-1])
    assert look_at(np.full((200, 200, 3), 128, np.uint8), detector).problem == "no face was found in the portrait"
    assert "shows 2 faces" in look_at(np.hstack([face, other]), detector).problem
    small = cv2.resize(face, None, fx=0.2, fy=0.2, interpolation=cv2.INTER_AREA)
    canvas = np.full((300, 300, 3), 128, np.uint8)
    canvas[50 : 50 + small.shape[0], 50 : 50 + small.shape[1]] = small
    assert "pixels high" in look_at(canvas, detector).problem
    (tmp_path / "a.png").write_bytes(b"no picture")
    unreadable = look_at_file(tmp_path / "a.png", detector)
    assert unreadable.image is None
    assert "not a picture" in unreadable.problem
    with pytest.raises(ValueError, match="not usable"):
        portrait_of(unreadable, embedder, DAY)


# --- command line ---


@pytest.fixture
def cli(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "correct horse battery")
    file = str(tmp_path / "roster.gzr")

    def call(*arguments, given=None, code=0):
        command = [str(a) for a in arguments] + ["--file", file]
        result = CliRunner().invoke(app, command, input=given, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result.output

    call("create", "--passphrase")
    return call


def test_a_class_goes_through_every_command(cli, tmp_path, monkeypatch):
    cli("add-class", "7b", "--classroom", "room-3")
    cli("add", "7b", given="王小明\n\n=cmd|'x'\n")
    cli("add", "7b", "Ada Lovelace")
    assert "no consent" in cli("show")
    cli("consent", "7b", "Ada Lovelace", "yes")
    assert "consent to 2020-01-01 (over)" in cli("consent", "7b", "王小明", "2020-01-01")
    cli("seat", "7b", "Ada Lovelace", "A1")
    assert "1 of 2" in cli("portrait", "7b", "Ada Lovelace", ENROLL / "S01.png", tmp_path / "absent.png", code=1)
    cli("rename", "7b", "Ada Lovelace", "Ada King")
    cli("biometrics", "7b", "off")
    shown = cli("show", "7b")
    for words in ("told by seats", "room-3", "A1", "1 portraits", "Ada King", "=cmd|'x'", "王小明"):
        assert words in shown
    monkeypatch.setenv("GAZECLASS_ROSTER_NEW_PASSPHRASE", "another one entirely")
    assert "locked with the passphrase" in cli("lock", "passphrase")
    with pytest.raises(InputError, match="not the passphrase"):
        cli("show")
    monkeypatch.setenv(VARIABLE, "another one entirely")
    cli("consent", "7b", "Ada King", "no")
    assert "no portrait" in cli("show")
    assert "receipt" in cli("remove", "7b", "Ada King", "--yes", "--lessons", tmp_path)
    cli("remove-class", "7b", given="n\n", code=1)
    assert "receipt" in cli("remove-class", "7b", "--yes")
    assert "no class yet" in cli("show")
    assert len(list((tmp_path / "receipts").iterdir())) == 2


def test_a_damaged_roster_is_restored_by_command(cli, tmp_path):
    cli("add-class", "7b")
    cli("add-class", "8a")
    (tmp_path / "roster.gzr").write_bytes(b"GZROSTER")
    with pytest.raises(InputError, match="gazeclass roster restore"):
        cli("show")
    cli("restore")
    assert "7b" in cli("show")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["consent", "7b", "Ada", "perhaps"], "neither yes nor no"),
        (["biometrics", "7b", "maybe"], "not on or off"),
        (["seat", "9z", "Ada", "A1"], "no class '9z'"),
        (["create"], "a roster already"),
    ],
)
def test_wrong_words_are_refused(cli, command, said):
    cli("add-class", "7b")
    cli("add", "7b", "Ada")
    with pytest.raises(InputError, match=said):
        cli(*command, *(["--passphrase"] if command == ["create"] else []))


def test_without_a_terminal_the_passphrase_is_not_waited_for(cli, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(InputError, match=f"Set {VARIABLE}"):
        cli("show")


def test_the_receipt_of_a_student_holds_no_name(cli, tmp_path):
    cli("add-class", "7b")
    cli("add", "7b", "Ada Lovelace")
    cli("remove", "7b", "Ada Lovelace", "--yes")
    (receipt,) = (tmp_path / "receipts").iterdir()
    assert "Ada" not in receipt.read_text()
    assert json.loads(receipt.read_text())["what"] == "student"
    path = tmp_path / "roster.gzr"
    for file in (path, backup_of(path)):
        assert RosterFile.open(file, "correct horse battery").roster.group("7b").students == ()


def test_a_classroom_says_how_long_its_lessons_are_kept(classroom, tmp_path):
    from datetime import datetime, timedelta

    from gazeclass.calibration.classroom import save_classroom
    from gazeclass.lesson.analysis import lesson_meta

    assert lesson_meta(classroom, period_s=0.1, models=()).keep_until == ""
    save_classroom(classroom.model_copy(update={"keep_lessons_days": 30}), tmp_path / "classroom.toml")
    before = datetime.now().astimezone().date()
    meta = lesson_meta(load_classroom(tmp_path / "classroom.toml"), period_s=0.1, models=())
    assert before + timedelta(days=30) <= date.fromisoformat(meta.keep_until) <= before + timedelta(days=31)


def video(path, pictures):
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (width, height))
    for picture in pictures:
        writer.write(picture)
    writer.release()
    return path


def test_portraits_come_straight_from_a_camera(eyes, tmp_path, monkeypatch, cli):
    monkeypatch.setattr(roster_camera, "APART_S", 0.15)
    face = cv2.imread(str(ENROLL / "S01.png"))
    blank = np.full_like(face, 90)
    one = video(tmp_path / "one.avi", [face] * 12)
    looks = roster_camera.looks_from_camera(str(one), eyes[0])
    assert len(looks) >= 2
    assert all(look.usable for look in looks)
    nobody = video(tmp_path / "nobody.avi", [blank] * 12)
    (look,) = roster_camera.looks_from_camera(str(nobody), eyes[0])
    assert look.problem == "no face was found in the portrait"
    cli("add-class", "7b")
    cli("add", "7b", "Ada")
    assert "pictures were usable" in cli("portrait", "7b", "Ada", "--camera", one)
    assert "no portrait" not in cli("show")
    with pytest.raises(InputError, match="no picture to learn from"):
        cli("portrait", "7b", "Ada")
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".avi", ".avi", ".bak", ".gzr"]


def test_a_camera_that_is_not_there_is_named(eyes):
    with pytest.raises(InputError, match="absent"):
        roster_camera.looks_from_camera("absent.mp4", eyes[0])
