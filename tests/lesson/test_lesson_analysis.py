"""From a recording to a lesson file, with scripted pairs and a scripted pipeline: whole or nothing."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from gazeclass.calibration.classroom import load_classroom
from gazeclass.capture.pairs import CameraHealth, FramePair, RecordingHealth, Skew
from gazeclass.errors import InputError
from gazeclass.lesson.analysis import analyze
from gazeclass.lesson.observation import Observation
from gazeclass.lesson.pipeline import Look
from gazeclass.lesson.reader import read_lesson
from gazeclass.lesson.store import LessonWriter
from gazeclass.progress import Silent

ROOM = load_classroom(Path(__file__).parents[2] / "calibration" / "classroom.toml")
PICTURE = np.zeros((4, 6, 3), np.uint8)


class Pairs:
    """A recording of black pictures."""

    sizes_px = ((6, 4), (6, 4))
    notes = ("a note",)

    def __init__(self, count: int) -> None:
        self.pair_count, self.duration_s = count, count / 10

    def __iter__(self) -> Iterator[FramePair]:
        return (FramePair(2.0 + k / 10, (PICTURE, PICTURE), 0.0, k) for k in range(self.pair_count))

    def health(self) -> RecordingHealth:
        camera = CameraHealth(self.pair_count, self.pair_count, 0, 0, 0, 0.1)
        return RecordingHealth((camera, camera), Skew(0.0, 0.0, 0.0), self.pair_count, True, 0.0)


class Scripted:
    """A pipeline that sees ``students`` in every pair, and ``faces`` in each camera."""

    def __init__(self, students: int, faces: tuple[int, int]) -> None:
        self.students, self.faces = students, faces
        self.consistency = SimpleNamespace(warning="", finish=lambda: None)
        self.times = SimpleNamespace(seconds={"detect": 1.0}, pairs=1)

    def look(self, pair: FramePair) -> Look:
        R, cov = np.diag([1.0, -1.0, -1.0]), np.eye(2) * 1e-4
        seen = [
            Observation(
                pair.t_s, f"P{k:02d}", "ok", np.array([1.0, 0.5, 3.0]), np.eye(3) * 1e-4, R, np.eye(3) * 1e-3,
                np.array([1.0, 0.5]), cov, cov,
            )  # type: ignore[arg-type]
            for k in range(self.students)
        ]  # fmt: skip
        return Look(seen, [], tuple([object()] * n for n in self.faces), frozenset())  # type: ignore[arg-type]


def run(path: Path, pairs: int, students: int, faces: tuple[int, int], progress=None):
    pipeline = Scripted(students, faces)
    return analyze(Pairs(pairs), pipeline, ROOM, path, progress=progress or Silent())  # type: ignore[arg-type]


def test_a_lesson_says_when_its_recording_began_and_ended(tmp_path):
    summary = run(tmp_path / "x.gaze", 10, 2, (2, 2))
    assert (summary.pairs, summary.students, summary.counts["ok"]) == (1, ("P00", "P01"), 20)
    lesson = read_lesson(tmp_path / "x.gaze")
    assert lesson.meta.details["recording"]["first_s"] == 2.0
    assert lesson.meta.details["recording"]["last_s"] == pytest.approx(2.9)
    assert lesson.meta.details["notes"] == ["a note"]


def test_without_seats_rows_are_told_by_the_distance_from_the_board(tmp_path):
    class Rows(Scripted):
        def look(self, pair: FramePair) -> Look:
            look = super().look(pair)
            back = [replace(o, position_W_m=o.position_W_m + [0.0, 0.0, k]) for k, o in enumerate(look.observations)]
            return replace(look, observations=back)

    bare = ROOM.model_copy(update={"seats": ()})
    analyze(Pairs(3), Rows(2, (2, 2)), bare, tmp_path / "x.gaze")  # type: ignore[arg-type]
    assert [(s.name, s.seat, s.row) for s in read_lesson(tmp_path / "x.gaze").students] == [
        ("P00", "", 1),
        ("P01", "", 2),
    ]


def test_a_full_disk_leaves_nothing_and_names_the_users_own_file(tmp_path, monkeypatch):
    opened = LessonWriter._open

    def small(self: LessonWriter, meta) -> sqlite3.Connection:
        db = opened(self, meta)
        db.execute("PRAGMA max_page_count = 40")  # what SQLite says then is what it says of a full disk
        return db

    monkeypatch.setattr(LessonWriter, "_open", small)
    with pytest.raises(InputError, match=r"database or disk is full") as caught:
        run(tmp_path / "x.gaze", 3000, 12, (12, 12))
    assert caught.value.where == str(tmp_path / "x.gaze")
    assert "start again" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_recording_without_a_face_is_refused_and_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match="not one face was found in 5 pictures of either camera"):
        run(tmp_path / "x.gaze", 5, 0, (0, 0))
    with pytest.raises(InputError, match="holds no frame pair"):
        run(tmp_path / "x.gaze", 0, 0, (0, 0))
    assert list(tmp_path.iterdir()) == []


def test_a_lesson_in_which_nobody_is_recognised_says_so(tmp_path):
    class Notes(Silent):
        def __init__(self) -> None:
            self.said: list[str] = []

        def note(self, text: str) -> None:
            self.said.append(text)

    notes = Notes()
    run(tmp_path / "x.gaze", 5, 0, (7, 7), notes)
    assert any("nobody was recognised" in text for text in notes.said)
    assert [kind for _, kind, _ in read_lesson(tmp_path / "x.gaze").events] == ["warning"]


def test_what_is_there_already_is_left_alone(tmp_path):
    path = tmp_path / "x.gaze"
    path.write_text("mine")
    with pytest.raises(InputError, match="a file of that name already"):
        run(path, 5, 1, (1, 1))
    assert path.read_text() == "mine"
