"""What an analysis leaves behind: no picture, no name, no connection. The sample lesson, roster and all."""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path

import pytest

from gazeclass.calibration.classroom import Classroom, load_classroom
from gazeclass.calibration.room import read_room
from gazeclass.capture.files import Recording, open_recording
from gazeclass.capture.pairs import FramePair, RecordingHealth
from gazeclass.faces.embedding import Embedder
from gazeclass.faces.mtcnn import MtcnnDetector
from gazeclass.lesson import roster_keys
from gazeclass.lesson.analysis import analyze, zones_of
from gazeclass.lesson.assembly import build_pipeline
from gazeclass.lesson.documents_removal import purge_student
from gazeclass.lesson.reader import read_lesson
from gazeclass.lesson.roster import Consent, Roster
from gazeclass.lesson.roster_file import RosterFile, backup_of
from gazeclass.lesson.roster_plan import plan_class
from gazeclass.lesson.roster_portraits import look_at_file, portrait_of
from gazeclass.models import BUNDLED_DIRS
from gazeclass.report.evaluation import evaluate
from gazeclass.report.export import export_lesson
from gazeclass.report.truth import read_truth
from gazeclass.sample import sample_folder

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("privacy")]
SAMPLE = sample_folder()
NAMES = {f"S{k:02d}": f"Wilhelmina Quackenbush-{k:02d}" for k in range(1, 13)}
PASSPHRASE = "correct horse battery"
#: How pictures and videos begin, wherever in a file they may be hidden.
PICTURES = {
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "JPEG": re.compile(rb"\xff\xd8\xff[\xe0\xe1\xdb\xee]..(JFIF|Exif|\x00\x43)", re.DOTALL),
    "MP4": re.compile(rb"ftyp(isom|mp4|avc1|iso2|M4V |qt  )"),
    "Matroska": re.compile(rb"\x1a\x45\xdf\xa3"),
    "AVI": re.compile(rb"RIFF....AVI ", re.DOTALL),
    "WebP": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "BMP": re.compile(rb"^BM....\x00\x00\x00\x00.\x00\x00\x00\x28\x00\x00\x00", re.DOTALL),
}


def pictures_in(folder: Path) -> list[str]:
    """What in a folder tree is, or holds, a picture or a video."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            found += [f"{path.name}: {kind}" for kind, sign in PICTURES.items() if sign.search(data)]
    return found


class FirstPairs:
    """The beginning of a recording: enough for everybody to have a name, and soon over."""

    def __init__(self, recording: Recording, count: int) -> None:
        self._recording, self.pair_count = recording, count
        self.duration_s = recording.duration_s * count / (recording.pair_count or count)
        self.notes = recording.notes

    def __iter__(self) -> Iterator[FramePair]:
        return islice(iter(self._recording), self.pair_count)

    def health(self) -> RecordingHealth:
        return self._recording.health()


def sockets() -> set[str]:
    """Sockets of this process, also those that a library opened without asking Python; where the system tells."""
    folder = Path("/proc/self/fd")
    names = []
    for link in folder.iterdir() if folder.is_dir() else ():
        with suppress(OSError):
            names.append(os.readlink(link))
    return {name for name in names if name.startswith("socket:")}


@dataclass(frozen=True)
class Analysed:
    home: Path
    lesson: Path
    roster: RosterFile
    classroom: Classroom
    pseudonyms: dict[str, str]


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Analysed:
    """The sample lesson analysed with a roster, everything the program may write below one folder, no socket."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roster_keys, "_SCRYPT", {"n": 2**4, "r": 8, "p": 1})
        for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
            patch.setenv(name, str(home))
        patch.setattr("tempfile.tempdir", str(home))

        def refuse(*_: object, **__: object) -> None:
            raise AssertionError("a socket was opened")

        patch.setattr(socket, "socket", refuse)
        patch.setattr(socket, "create_connection", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        patch.chdir(home)
        roster, pseudonyms = make_roster(home / "roster.gzr")
        folder = next(f.parent / "calibration" for f in BUNDLED_DIRS if (f.parent / "calibration").is_dir())
        room = read_room(SAMPLE / "calibration" / "room.toml")
        classroom = load_classroom(folder / "classroom.toml").model_copy(update={"seats": room.seats})
        today = datetime.now().astimezone().date()
        plan = plan_class(roster.roster, "7b", classroom, today)
        recording = open_recording(SAMPLE / "cam0.mp4", SAMPLE / "cam1.mp4", SAMPLE / "timestamps.csv")
        pipeline = build_pipeline(classroom, enroll=plan.enrolment, zones=zones_of(classroom))
        before = sockets()
        analyze(FirstPairs(recording, 18), pipeline, classroom, home / "lesson.gaze", models=["mtcnn", "identity"])
        assert sockets() <= before
    return Analysed(home, home / "lesson.gaze", roster, classroom, pseudonyms)


def make_roster(path: Path) -> tuple[RosterFile, dict[str, str]]:
    """All twelve with portraits; S02 has said no, S03's consent is over."""
    detector, embedder = MtcnnDetector(), Embedder()
    today = datetime.now().astimezone().date()
    roster = Roster().add_class("7b").add_students("7b", NAMES.values())
    group = roster.group("7b")
    pseudonyms = {label: s.pseudonym for label, s in zip(NAMES, group.students, strict=True)}
    for label, pseudonym in pseudonyms.items():
        portrait = portrait_of(look_at_file(SAMPLE / "enroll" / f"{label}.png", detector), embedder, today)
        consent = Consent(label != "S02", today.replace(year=today.year - 1, day=1) if label == "S03" else None)
        group = group.change(pseudonym, portraits=(portrait,), consent=consent)
    return RosterFile.create(path, roster_keys.new_passphrase_key(PASSPHRASE), roster.replace_class("7b", group)), (
        pseudonyms
    )


def test_no_picture_is_left_anywhere(analysed: Analysed) -> None:
    assert sorted(p.name for p in analysed.home.rglob("*") if p.is_file()) == ["lesson.gaze", "roster.gzr"]
    assert pictures_in(analysed.home) == []
    assert len(pictures_in(SAMPLE)) > 30  # the search finds what there is


def test_no_name_is_in_any_file(analysed: Analysed) -> None:
    for path in analysed.home.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for coded in (b"Wilhelmina", "Wilhelmina".encode("utf-16-le"), b"Quackenbush"):
                assert coded not in data, path


def test_only_students_with_consent_are_observed(analysed: Analysed) -> None:
    lesson = read_lesson(analysed.lesson)
    expected = {p for label, p in analysed.pseudonyms.items() if label not in ("S02", "S03")}
    assert {student.name for student in lesson.students} == expected
    data = analysed.lesson.read_bytes()
    for label in ("S02", "S03"):
        assert analysed.pseudonyms[label].encode() not in data


def test_nobody_is_taken_for_one_who_may_not_be_observed(analysed: Analysed) -> None:
    """The two without consent sit in the room all the while: none of their looks may count for another student."""
    labels = {pseudonym: label for label, pseudonym in analysed.pseudonyms.items()}
    lesson = read_lesson(analysed.lesson)
    named = replace(lesson, students=tuple(replace(s, name=labels[s.name]) for s in lesson.students))
    table = {errors.group: errors for errors in evaluate(named, read_truth(SAMPLE / "truth.csv"))}
    assert table["all"].identity >= 0.98


def test_an_export_holds_pseudonyms_only(analysed: Analysed, tmp_path: Path) -> None:
    export_lesson(analysed.lesson, tmp_path / "out")
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            assert b"Wilhelmina" not in path.read_bytes()
    samples = (tmp_path / "out" / "gaze_samples.csv").read_text(encoding="utf-8-sig")
    assert analysed.pseudonyms["S01"] in samples


def test_a_stolen_roster_yields_nothing(analysed: Analysed) -> None:
    """Neither names nor pseudonyms nor embeddings nor anything that can be packed smaller than chance."""
    import zlib

    path = analysed.roster.path
    data = path.read_bytes()
    header_end = data.index(b"}}") if b"}}" in data[:400] else data.index(b'"}') + 2
    body = data[header_end + 2 :]
    assert len(zlib.compress(body, 9)) >= len(body)
    vector = analysed.roster.roster.group("7b").students[0].portraits[0].embedding
    for kind in ("<f4", "<f8"):
        assert vector.astype(kind).tobytes()[:16] not in data
    for pseudonym in analysed.pseudonyms.values():
        assert pseudonym.encode() not in data


def test_a_purged_student_is_nowhere_in_the_lesson(analysed: Analysed, tmp_path: Path) -> None:
    path = tmp_path / "lesson.gaze"
    path.write_bytes(analysed.lesson.read_bytes())
    gone = analysed.pseudonyms["S05"]
    before = read_lesson(path)
    index = [student.name for student in before.students].index(gone)
    own = before.observations.student == index
    numbers = before.observations.position_W_m[own & before.observations.seen]
    assert gone.encode() in path.read_bytes()
    purge_student(path, gone)
    data = path.read_bytes()
    assert gone.encode() not in data
    for position in numbers[:50]:
        assert position.astype("<f8").tobytes() not in data
        assert position.astype(">f8").tobytes()[:8] not in data  # SQLite keeps its own reals the other way round
    after = read_lesson(path)
    assert len(after.observations) == len(before.observations) - own.sum()
    assert os.listdir(tmp_path / "receipts")


def test_the_copy_beside_a_roster_is_as_closed(analysed: Analysed) -> None:
    analysed.roster.save(analysed.roster.roster)
    data = backup_of(analysed.roster.path).read_bytes()
    assert b"Wilhelmina" not in data
    assert data[:8] == b"GZROSTER"
