import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from lesson_files import BOARD, observation, write

from gazeclass.capture.expiry import RecordingLabel, write_label
from gazeclass.errors import InputError
from gazeclass.geometry.frames import Board
from gazeclass.lesson import documents, documents_check, documents_parts, schema
from gazeclass.lesson.columns import LessonMeta, Student
from gazeclass.lesson.documents_removal import (
    delete_lesson,
    delete_recording,
    purge_everywhere,
    purge_expired,
    purge_student,
    recording_of,
    recording_until,
)
from gazeclass.lesson.reader import read_lesson
from gazeclass.lesson.store import LessonWriter
from gazeclass.lesson.zones import grid
from gazeclass.lesson.zoning import rezoned

DATA = Path(__file__).parent / "data"


@pytest.fixture
def lesson(tmp_path):
    return write(tmp_path / "a.gaze")


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_a_card_tells_what_a_list_needs(lesson):
    card = documents.card(lesson)
    assert (card.title, card.classroom, card.students, card.observations) == ("a", "Room 3", 3, 60)
    assert card.seconds == pytest.approx(1.9)
    assert card.complete
    assert card.problem == ""
    assert not card.expired(date(2030, 1, 1))


def test_titles_notes_and_marks_are_kept(lesson):
    documents.rename(lesson, "  Fractions,\n second try ")
    documents.annotate(lesson, "שיעור מצוין\n好")
    documents.add_mark(lesson, 1.25, "=2+2")
    documents.add_mark(lesson, 1.5, "gone again")
    documents.remove_mark(lesson, 1.5, "gone again")
    documents.log_export(lesson, "CSV set, with names")
    read = read_lesson(lesson)
    assert read.meta.title == documents.card(lesson).title == "Fractions, second try"
    assert read.meta.note == "שיעור מצוין\n好"
    assert read.events == ((0.5, "mark", "exercise 3, with KT47"), (1.25, "mark", "=2+2"))
    assert [line[1:] for line in read.audit] == [("export", "CSV set, with names")]
    assert documents_check.check(lesson) == ()
    assert names(lesson.parent) == ["a.gaze"]


def test_an_overwritten_note_is_not_left_in_the_file(lesson):
    documents.annotate(lesson, "QQ-secret-QQ" * 50)
    assert b"QQ-secret-QQ" in lesson.read_bytes()
    documents.annotate(lesson, "")
    assert b"QQ-secret-QQ" not in lesson.read_bytes()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda path: documents.rename(path, "x" * 201), "200 characters"),
        (lambda path: documents.annotate(path, "x" * 10_001), "10000 characters"),
        (lambda path: documents_parts.cut(path, 3.0, 2.0), "keeps nothing"),
        (lambda path: documents_parts.cut(path, 50.0, 60.0), r"nothing would be left.*0\.0 s to 1\.9 s"),
        (lambda path: documents_parts.merge(path, path, path), "already something"),
        (lambda path: purge_student(path, "Nobody"), "no 'Nobody'"),
        (lambda path: documents.rename(path.with_name("absent.gaze"), "x"), "no such lesson"),
    ],
)
def test_what_cannot_be_done_changes_nothing(lesson, change, said):
    before = lesson.read_bytes()
    with pytest.raises(InputError, match=said):
        change(lesson)
    assert lesson.read_bytes() == before
    assert names(lesson.parent) == ["a.gaze"]


def test_cutting_keeps_the_clock_and_what_lies_between(lesson):
    documents_parts.cut(lesson, 0.45, 1.05)
    read = read_lesson(lesson)
    assert np.unique(read.observations.t_s).tolist() == [0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert read.events == ((0.5, "mark", "exercise 3, with KT47"),)
    assert read.health == ()
    assert read.audit[-1][1:] == ("cut", "kept 0.45 s to 1.05 s, 18 of 60 observations")
    assert documents_check.check(lesson) == ()


def test_cutting_into_another_file_leaves_the_lesson(lesson, tmp_path):
    before = lesson.read_bytes()
    documents_parts.cut(lesson, 0.0, 0.05, tmp_path / "b.gaze")
    assert lesson.read_bytes() == before
    assert len(read_lesson(tmp_path / "b.gaze").observations) == 3


def test_a_cut_lesson_merges_to_what_it_was(lesson, tmp_path):
    first, second, whole = (tmp_path / f"{n}.gaze" for n in ("first", "second", "whole"))
    documents_parts.cut(lesson, -np.inf, 0.95, first)
    documents_parts.cut(lesson, 0.95, np.inf, second)
    documents_parts.merge(first, second, whole)
    a, b = read_lesson(lesson), read_lesson(whole)
    # Both parts say that they were started at the same moment: the second goes on after the first.
    np.testing.assert_allclose(b.observations.t_s, a.observations.t_s, atol=1e-9)
    for name in ("student", "status", "position_W_m", "zone", "packed_cov", "board_xy_m"):
        np.testing.assert_array_equal(getattr(b.observations, name), getattr(a.observations, name))
    assert b.students == a.students
    assert documents_check.check(whole) == ()


def test_parts_started_at_known_times_keep_their_distance(tmp_path):
    write(tmp_path / "1.gaze", ("KT47", "BX29"), note="one", keep_until="2026-07-01")
    late = {"started_utc": "2026-01-05T08:00:30+00:00", "note": "two", "keep_until": "2026-03-01"}
    write(tmp_path / "2.gaze", ("AA22", "KT47"), **late)
    documents_parts.merge(tmp_path / "1.gaze", tmp_path / "2.gaze", tmp_path / "3.gaze")
    read = read_lesson(tmp_path / "3.gaze")
    times = np.unique(read.observations.t_s)
    assert (times[0], times[19], times[20], times[39]) == pytest.approx((0, 1.9, 30.0, 31.9))
    assert [s.name for s in read.students] == ["AA22", "BX29", "KT47"]
    assert read.meta.note == "one\ntwo"
    assert read.meta.keep_until == "2026-03-01"
    heads = {o.student: o.position_W_m[0] for o in read if o.t_s > 30}
    assert heads == {"AA22": 0.0, "KT47": 1.0}
    assert (30.0, "part", "") in read.events


def test_when_recordings_were_analysed_does_not_set_their_parts_apart(tmp_path):
    analysed = {"details": {"recording": {"first_s": 0.0, "last_s": 1.9}}}
    write(tmp_path / "1.gaze", **analysed)
    write(tmp_path / "2.gaze", started_utc="2026-01-05T09:00:00+00:00", **analysed)
    documents_parts.merge(tmp_path / "1.gaze", tmp_path / "2.gaze", tmp_path / "3.gaze")
    times = np.unique(read_lesson(tmp_path / "3.gaze").observations.t_s)
    np.testing.assert_allclose(times, np.arange(40) / 10, atol=1e-9)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"classroom": "Room 4"}, "different classrooms"),
        ({"board": Board(3.0, 1.2)}, "different boards"),
        ({"zones": grid(BOARD, 2, 1)}, "different zones"),
    ],
)
def test_parts_of_different_lessons_are_not_merged(tmp_path, other, said):
    write(tmp_path / "1.gaze")
    path = tmp_path / "2.gaze"
    with LessonWriter(
        path, LessonMeta(**({"classroom": "Room 3", "board": BOARD, "zones": grid(BOARD, 2, 2)} | other))
    ):
        pass
    with pytest.raises(InputError, match=said):
        documents_parts.merge(tmp_path / "1.gaze", path, tmp_path / "3.gaze")
    assert names(tmp_path) == ["1.gaze", "2.gaze"]


def test_zones_are_stored_with_what_lies_in_them(lesson):
    new = rezoned(read_lesson(lesson), grid(BOARD, 4, 1))
    documents.store_zones(lesson, new)
    read = read_lesson(lesson)
    assert read.zones == grid(BOARD, 4, 1)
    np.testing.assert_array_equal(read.observations.zone, new.observations.zone)
    np.testing.assert_array_equal(read.observations.zone_probability, new.observations.zone_probability)
    assert documents_check.check(lesson) == ()
    documents_parts.cut(lesson, 0.0, 1.0)
    with pytest.raises(InputError, match="changed since it was read"):
        documents.store_zones(lesson, new)


def test_an_old_lesson_is_brought_up_when_it_is_changed(tmp_path):
    path = tmp_path / "old.gaze"
    path.write_bytes((DATA / "version-1.gaze").read_bytes())
    assert documents.card(path).observations == 10
    assert "older format" in documents_check.check(path)[0]
    before = read_lesson(path)
    documents.rename(path, "Before the war")
    with sqlite3.connect(path) as db:
        assert schema.version_of(db) == schema.VERSION
    db.close()
    after = read_lesson(path)
    assert after.meta.title == "Before the war"
    np.testing.assert_array_equal(after.observations.packed_cov, before.observations.packed_cov)
    assert documents_check.check(path) == ()


def test_a_folder_lists_newest_first_and_says_what_is_wrong(tmp_path):
    write(tmp_path / "older.gaze", moments=2, title="Older")
    write(tmp_path / "newer.gaze", moments=2, started_utc="2026-02-05T08:00:00+00:00", keep_until="2026-03-01")
    (tmp_path / "broken.gaze").write_bytes(b"SQLite format 3\0" + bytes(4000))
    (tmp_path / "letter.txt").write_text("no lesson")
    found = documents.list_lessons(tmp_path)
    assert [card.title for card in found] == ["newer", "Older", "broken"]
    assert "lesson" in found[2].problem
    assert found[0].expired(date(2026, 3, 2))
    assert not found[0].expired(date(2026, 3, 1))
    with pytest.raises(InputError, match="no such folder"):
        documents.list_lessons(tmp_path / "absent")


def test_a_lesson_that_is_being_recorded_is_left_alone(tmp_path):
    path = tmp_path / "a.gaze"
    with LessonWriter(path, LessonMeta("Room 3", BOARD)) as writer:
        writer.add([observation(0.0, "KT47", 0).not_seen(0.0, "KT47")])
        writer.flush()
        for change in (
            lambda: documents.rename(path, "x"),
            lambda: documents_parts.cut(path, 0, 1),
            lambda: documents_check.finish(path),
            lambda: delete_lesson(path),
            lambda: purge_student(path, "KT47"),
        ):
            with pytest.raises(InputError, match="another program is writing"):
                change()
        assert not documents.card(path).complete
    assert documents.card(path).complete
    assert names(tmp_path) == ["a.gaze"]


def killed_lesson(path):
    """A lesson whose writer was killed after ten moments."""
    script = """
        import os, signal, sys
        from pathlib import Path
        sys.path.insert(0, sys.argv[2])
        from lesson_files import BOARD, observation
        from gazeclass.lesson.columns import LessonMeta
        from gazeclass.lesson.store import LessonWriter
        from gazeclass.lesson.zones import grid
        writer = LessonWriter(Path(sys.argv[1]), LessonMeta("Room 3", BOARD, zones=grid(BOARD, 2, 2)))
        for k in range(10):
            writer.add([observation(0.1 * k, "KT47", 0)])
        writer.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(path), str(Path(__file__).parent)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    return path


def test_a_killed_lesson_can_be_finished(tmp_path):
    path = killed_lesson(tmp_path / "a.gaze")
    assert path.with_name("a.gaze-wal").exists()
    card = documents_check.finish(path)
    assert card.complete
    assert card.observations == 10
    assert documents_check.check(path) == ()
    assert read_lesson(path).audit[-1][1] == "finish"
    assert names(tmp_path) == ["a.gaze"]
    assert documents_check.finish(path) == card  # a second time is no harm


def test_a_killed_lesson_can_be_read_in_place_of_being_finished(tmp_path):
    path = killed_lesson(tmp_path / "a.gaze")
    assert "never finished" in documents_check.check(path)[0]
    assert not path.with_name("a.gaze-wal").exists()  # reading folded the journal in
    documents.rename(path, "Half an hour")
    assert len(read_lesson(path).observations) == 10
    assert not documents.card(path).complete


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_folder_lets_read_but_not_change(lesson):
    lesson.chmod(0o444)
    lesson.parent.chmod(0o555)
    try:
        assert len(read_lesson(lesson).observations) == 60
        with pytest.raises(InputError, match="cannot be"):
            documents.rename(lesson, "x")
        with pytest.raises(InputError, match="cannot be"):
            delete_lesson(lesson)
    finally:
        lesson.parent.chmod(0o755)
    assert documents_check.check(lesson) == ()


def test_two_programs_may_read_while_one_edits(lesson):
    before = read_lesson(lesson)
    other = sqlite3.connect(lesson)
    other.execute("BEGIN")
    assert other.execute("SELECT count(*) FROM observation").fetchone() == (60,)
    assert len(read_lesson(lesson).observations) == len(before.observations)
    other.close()
    documents.rename(lesson, "read by two")
    assert read_lesson(lesson).meta.title == "read by two"


def test_a_lesson_that_another_program_holds_is_refused_in_words(lesson, monkeypatch):
    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: real(*a, **(k | {"timeout": 0.05})))
    other = real(lesson, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(InputError, match="another program is using"):
            read_lesson(lesson)
        with pytest.raises(InputError, match="another program is using"):
            documents.rename(lesson, "x")
    finally:
        other.close()
    assert documents.card(lesson).title == "a"


def test_an_edit_that_fails_half_way_leaves_the_lesson(lesson, monkeypatch):
    from gazeclass.lesson import blocks

    before = lesson.read_bytes()

    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(blocks, "store", full)
    with pytest.raises(InputError, match="disk is full"):
        documents_parts.cut(lesson, 0.0, 1.0)
    assert lesson.read_bytes() == before
    assert names(lesson.parent) == ["a.gaze"]


# --- removing ---


def receipt_of(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_deleted_lesson_leaves_a_receipt_and_nothing_else(lesson):
    folder = lesson.with_suffix(".recording")
    folder.mkdir()
    (folder / "cam0.mp4").write_bytes(b"pictures")
    receipt = receipt_of(delete_lesson(lesson, why="end of term"))
    assert names(lesson.parent) == ["receipts"]
    assert (receipt["what"], receipt["why"], receipt["name"], receipt["observations"]) == (
        "lesson",
        "end of term",
        "a.gaze",
        60,
    )
    assert sorted(receipt["sha256"]) == ["a.gaze", "a.recording/cam0.mp4"]
    assert "KT47" not in json.dumps(receipt)


def test_a_damaged_lesson_can_be_deleted_but_no_other_file(tmp_path):
    (tmp_path / "a.gaze").write_bytes(b"nonsense")
    delete_lesson(tmp_path / "a.gaze")
    (tmp_path / "holiday.jpg").write_bytes(b"nice")
    with pytest.raises(InputError, match="not a lesson"):
        delete_lesson(tmp_path / "holiday.jpg")
    assert names(tmp_path) == ["holiday.jpg", "receipts"]


def test_the_deleted_bytes_are_overwritten(lesson):
    with open(lesson, "rb") as held:
        delete_lesson(lesson)
        assert not any(held.read())


def test_a_purged_student_is_nowhere_in_the_bytes(lesson):
    documents.annotate(lesson, "KT47 asked a question; KT470 did not")
    documents.log_export(lesson, "report for KT47")
    assert b"KT47" in lesson.read_bytes()
    with open(lesson, "rb") as old:
        written = purge_student(lesson, "KT47")
        old_bytes = old.read()
    data = lesson.read_bytes()
    assert data.replace(b"KT470", b"").count(b"KT47") == 0
    assert b"KT47" not in old_bytes
    read = read_lesson(lesson)
    assert [s.name for s in read.students] == ["BX29", "ZZ33"]
    assert len(read.observations) == 40
    assert set(read.observations.position_W_m[:, 0]) == {1.0, 2.0}  # the others' own observations
    assert read.events == ((0.5, "mark", "exercise 3, with (removed)"),)
    assert read.meta.note == "(removed) asked a question; KT470 did not"
    assert read.meta.details["notes"] == ["(removed) came late"]
    assert documents_check.check(lesson) == ()
    receipt = receipt_of(written)
    assert (receipt["name"], receipt["lesson"], receipt["observations"]) == ("KT47", "a.gaze", 20)
    db = sqlite3.connect(lesson)
    assert db.execute("PRAGMA freelist_count").fetchone() == (0,)
    db.close()


def test_a_student_is_purged_from_every_lesson(tmp_path):
    write(tmp_path / "1.gaze")
    write(tmp_path / "2.gaze", ("BX29",))
    write(tmp_path / "3.gaze", ("KT47",))
    assert len(purge_everywhere(tmp_path, "KT47")) == 2
    for name in ("1", "2", "3"):
        assert "KT47" not in [s.name for s in read_lesson(tmp_path / f"{name}.gaze").students]


def test_what_has_expired_goes_and_the_rest_stays(tmp_path):
    write(tmp_path / "old.gaze", keep_until="2026-06-30")
    write(tmp_path / "new.gaze", keep_until="2026-07-31")
    write(tmp_path / "ever.gaze")
    (tmp_path / "broken.gaze").write_bytes(b"nonsense")
    for name, until in (("new", 5), ("ever", 300)):
        recording(tmp_path / f"{name}.recording", datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=until))
    receipts = [receipt_of(path) for path in purge_expired(tmp_path, date(2026, 7, 1))]
    assert [(r["what"], r["name"]) for r in receipts] == [("lesson", "old.gaze"), ("recording", "new.recording")]
    assert names(tmp_path) == ["broken.gaze", "ever.gaze", "ever.recording", "new.gaze", "receipts"]
    assert purge_expired(tmp_path, date(2026, 7, 1)) == ()


def recording(folder, expires):
    folder.mkdir()
    (folder / "cam0.mkv").write_bytes(b"pictures")
    write_label(folder, RecordingLabel("Room 3", expires - timedelta(days=30), expires, ("left", "right")))


def test_a_recording_goes_and_its_lesson_stays(lesson):
    folder = recording_of(lesson)
    assert recording_until(folder) is None
    assert delete_recording(folder) is None
    recording(folder, datetime(2026, 6, 1, 12, tzinfo=UTC))
    (folder / "drawing.txt").write_text("somebody's own")
    assert recording_until(folder) == date(2026, 6, 1)
    assert purge_expired(lesson.parent, date(2026, 6, 1)) == ()
    (written,) = purge_expired(lesson.parent, date(2026, 6, 2))
    assert (receipt_of(written)["lesson"], len(receipt_of(written)["sha256"])) == ("a.gaze", 2)
    assert names(folder) == ["drawing.txt"]
    assert documents.card(lesson).observations == 60


def test_a_recording_whose_label_cannot_be_read_is_left(lesson):
    recording(recording_of(lesson), datetime(2026, 6, 1, tzinfo=UTC))
    (recording_of(lesson) / "recording.toml").write_text("expires = yesterday")
    assert purge_expired(lesson.parent, date(2030, 1, 1)) == ()
    assert (recording_of(lesson) / "cam0.mkv").exists()


def test_a_keep_date_can_be_set_and_lifted(lesson):
    documents.keep_until(lesson, date(2026, 8, 1))
    assert documents.card(lesson).keep_until == read_lesson(lesson).meta.keep_until == "2026-08-01"
    documents.keep_until(lesson, None)
    assert documents.card(lesson).keep_until == ""
    assert [line[1] for line in read_lesson(lesson).audit] == ["keep until", "keep until"]


def test_students_keep_their_seats(lesson):
    documents_parts.cut(lesson, 0.0, 1.0)
    assert read_lesson(lesson).students[1] == Student("KT47", "A0", 1)
