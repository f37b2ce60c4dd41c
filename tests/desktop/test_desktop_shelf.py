"""The library's classrooms on disk: listing, quality, renaming, deleting, importing, and every bad input."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desktop_steps import put_classroom

from gazeclass.calibration.classroom import Classroom, load_classroom
from gazeclass.calibration.project import open_project
from gazeclass.calibration.quality import Level
from gazeclass.desktop.classrooms import shelf
from gazeclass.desktop.classrooms.shelf import Kind
from gazeclass.desktop.classrooms.snapshot import take_pictures
from gazeclass.errors import Cancelled, InputError
from gazeclass.progress import Silent
from gazeclass.sample import sample_folder


@pytest.fixture(scope="module")
def room() -> Classroom:
    return load_classroom(shelf.sample_classroom())


@pytest.fixture
def classrooms(tmp_path: Path) -> Path:
    return tmp_path / "library" / "classrooms"


def test_no_library_is_an_empty_shelf(classrooms: Path) -> None:
    assert shelf.read_shelf(classrooms) == ()


def test_shelf_tells_how_each_stands(classrooms: Path, room: Classroom) -> None:
    put_classroom(classrooms, "b", name="Beta")
    put_classroom(classrooms, "a", name="alpha", world=None)
    (classrooms / "c").mkdir()
    (classrooms / "c" / "classroom.toml").write_text("version = 99\n")
    (classrooms / ".new-x").mkdir()
    half = classrooms / "d" / "calibration"
    half.mkdir(parents=True)
    (half / "project.toml").write_text("version = 1\nmade_utc = 2026-01-01T00:00:00Z\n")
    entries = shelf.read_shelf(classrooms)
    assert [(e.name, e.kind) for e in entries] == [
        ("alpha", Kind.CAMERAS_ONLY),
        ("Beta", Kind.READY),
        ("c", Kind.DAMAGED),
        ("d", Kind.UNFINISHED),
    ]
    assert "version 99" in entries[2].problem
    assert entries[3].resumable


def test_quality_is_the_worst_that_the_file_says(room: Classroom) -> None:
    assert shelf.level_of(room) is Level.GOOD
    blurred = room.cameras[0].model_copy(update={"rms_px": 0.7})
    assert shelf.level_of(room.model_copy(update={"cameras": (blurred, room.cameras[1])})) is Level.ADVICE
    poor = room.stereo.model_copy(update={"rms_px": 1.4})
    assert shelf.level_of(room.model_copy(update={"stereo": poor})) is Level.WARNING
    misread = room.tape[0].model_copy(update={"rejected": True})
    assert shelf.level_of(room.model_copy(update={"tape": (misread, *room.tape[1:])})) is Level.WARNING
    assert shelf.level_of(room.model_copy(update={"world": None})) is Level.ADVICE


def test_age() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    assert shelf.age_days(now - timedelta(days=9, hours=3), now) == 9
    assert shelf.age_days(now + timedelta(days=2), now) == 0


def test_rename(classrooms: Path, room: Classroom) -> None:
    folder = put_classroom(classrooms, "a")
    shelf.rename(folder, "  Room   12 ")
    assert load_classroom(folder / "classroom.toml") == room.model_copy(update={"name": "Room 12"})
    with pytest.raises(InputError, match="needs a name"):
        shelf.rename(folder, "  ")


def test_rename_of_an_unfinished_one(classrooms: Path) -> None:
    material = classrooms / "a" / "calibration"
    material.mkdir(parents=True)
    shutil.copy(sample_folder() / "calibration" / "room.toml", material)
    shelf.rename(classrooms / "a", "Hall")
    assert 'name = "Hall"' in (material / "room.toml").read_text()


def test_delete(classrooms: Path, room: Classroom) -> None:
    folder, other = put_classroom(classrooms, "a"), put_classroom(classrooms, "b")
    shelf.delete(folder)
    assert list(classrooms.iterdir()) == [other]
    with pytest.raises(InputError, match="cannot be deleted"):
        shelf.delete(folder)


def test_import_of_a_classroom_file(classrooms: Path, room: Classroom) -> None:
    first = shelf.import_path(shelf.sample_classroom(), classrooms)
    second = shelf.import_path(shelf.sample_classroom(), classrooms)
    assert [p.name for p in (first, second)] == ["sample-classroom", "sample-classroom-2"]
    assert load_classroom(first / "classroom.toml") == room


def test_import_of_a_calibration_folder_goes_on_in_the_wizard(classrooms: Path) -> None:
    source = sample_folder() / "calibration"
    home = shelf.import_path(source, classrooms)
    assert not (home / "classroom.toml").exists()
    there = sorted(p.relative_to(home / "calibration") for p in home.rglob("*") if p.is_file())
    assert there == sorted(p.relative_to(source) for p in source.rglob("*") if p.is_file())


def test_import_of_another_librarys_classroom(classrooms: Path, tmp_path: Path, room: Classroom) -> None:
    other = put_classroom(tmp_path / "stick", "room", name="Stick")
    shutil.copytree(sample_folder() / "calibration", other / "calibration")
    home = shelf.import_path(other, classrooms)
    assert home.name == "stick"
    assert shelf.read_entry(home).kind is Kind.READY
    assert shelf.read_entry(home).resumable


def test_sample_can_be_added(classrooms: Path) -> None:
    entry = shelf.read_entry(shelf.add_sample(classrooms))
    assert (entry.kind, entry.level, entry.resumable) == (Kind.READY, Level.GOOD, True)
    target = open_project(entry.folder / "calibration").target()
    assert target is not None
    assert (target.columns, target.rows, target.square_m) == (9, 6, 0.06)


def test_what_cannot_be_imported(classrooms: Path, tmp_path: Path) -> None:
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "beach.jpg").write_bytes(b"")
    with pytest.raises(InputError, match=r"neither a classroom\.toml nor a calibration folder"):
        shelf.import_path(tmp_path / "holiday", classrooms)
    with pytest.raises(InputError, match="no such file"):
        shelf.import_path(tmp_path / "nowhere", classrooms)
    (tmp_path / "x.toml").write_text("a = [")
    with pytest.raises(InputError, match="not valid TOML"):
        shelf.import_path(tmp_path / "x.toml", classrooms)
    assert not classrooms.exists() or list(classrooms.iterdir()) == []


def test_a_cancelled_import_leaves_nothing(classrooms: Path) -> None:
    class Impatient(Silent):
        left = 3

        def advance(self, steps: int = 1) -> None:
            self.left -= steps
            if self.left < 0:
                raise Cancelled

    with pytest.raises(Cancelled):
        shelf.import_path(sample_folder() / "calibration", classrooms, Impatient())
    assert list(classrooms.iterdir()) == []


def test_a_full_disk_leaves_nothing(classrooms: Path, monkeypatch) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(shelf.shutil, "copyfile", full)
    with pytest.raises(InputError, match="No space left"):
        shelf.add_sample(classrooms)
    assert list(classrooms.iterdir()) == []


def test_a_damaged_note_of_the_last_check_is_none(tmp_path: Path) -> None:
    assert shelf.read_check(tmp_path) is None
    (tmp_path / "health.json").write_text('{"made_utc": "yesterday"}')
    assert shelf.read_check(tmp_path) is None


def test_snapshots_from_pictures_and_videos() -> None:
    sample = sample_folder()
    addresses = (str(sample / "calibration" / "auxiliary" / "cam0.jpg"), str(sample / "cam1.mp4"))
    first, second = take_pictures(addresses, ((1920, 1080), (1920, 1080)))
    assert first.shape == second.shape == (1080, 1920, 3)


@pytest.mark.parametrize(
    ("address", "said"), [("", "no address"), ("/no/where.jpg", "cannot be read"), ("/no/where.mp4", "where.mp4")]
)
def test_snapshots_that_cannot_be_taken(address: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        take_pictures((address, address), ((1920, 1080), (1920, 1080)))


def test_a_picture_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(b"hello")
    with pytest.raises(InputError, match="is not a picture"):
        take_pictures((str(path), str(path)), ((1, 1), (1, 1)))
