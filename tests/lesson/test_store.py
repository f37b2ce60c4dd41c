import json
import math
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from gazeclass.atomic import atomic_path
from gazeclass.errors import InputError
from gazeclass.geometry.frames import Board
from gazeclass.geometry.rotation import rotation_from_angles_deg
from gazeclass.lesson import schema
from gazeclass.lesson.columns import LessonMeta, Student
from gazeclass.lesson.observation import Observation
from gazeclass.lesson.reader import read_lesson
from gazeclass.lesson.store import LessonWriter
from gazeclass.lesson.zones import grid

BOARD = Board(4.0, 1.2)
DATA = Path(__file__).parent / "data"
META = LessonMeta(
    classroom="Room 3",
    board=BOARD,
    started_utc="2026-01-05T08:00:00Z",
    period_s=0.1,
    zones=grid(BOARD, 2, 2),
    details={"calibration": {"baseline_m": 4.41, "rms_px": float("nan")}, "models": ["sdam"]},
)


def covariance(rng, n, scale):
    A = rng.normal(size=(n, n)) * scale
    return A @ A.T


def observation(t_s, student="S01", seed=0, **change):
    rng = np.random.default_rng(seed)
    known = {
        "t_s": t_s,
        "student": student,
        "status": "ok",
        "position_W_m": rng.normal(size=3) + [2, 1, 4],
        "cov_position_m2": covariance(rng, 3, 0.01),
        "R_WS": rotation_from_angles_deg(*rng.uniform(-60, 60, 3)),
        "cov_rotation_rad2": covariance(rng, 3, 0.05),
        "board_xy_m": rng.uniform(0, 1, 2),
        "cov_board_m2": covariance(rng, 2, 0.2),
        "cov_board_pose_m2": covariance(rng, 2, 0.1),
        "zone": "top right",
        "zone_probability": 0.7,
        "face_px": 61.5,
        "cameras": "01",
        "skew_s": 0.013,
    }
    return Observation(**(known | change))


def assert_same(a, b):
    assert (a.t_s, a.student, a.status, a.zone, a.cameras) == (b.t_s, b.student, b.status, b.zone, b.cameras)
    for name in ("position_W_m", "board_xy_m", "zone_probability", "face_px", "skew_s"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    np.testing.assert_allclose(a.R_WS, b.R_WS, atol=1e-14)
    for name in ("cov_position_m2", "cov_rotation_rad2", "cov_board_m2", "cov_board_pose_m2"):
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=1e-6)


def test_what_is_written_is_what_is_read(tmp_path):
    path = tmp_path / "a.gaze"
    written = [
        observation(0.0, "S02", 1),
        observation(0.0, "S01", 2, status="one_camera", cameras="1", zone=""),
        Observation.not_seen(0.1, "S02", 0.02),
        observation(0.1, "S01", 3, status="away", board_xy_m=[np.nan] * 2, cov_board_m2=np.full((2, 2), np.nan)),
        observation(0.2, "S03", 4, status="low_confidence", R_WS=np.full((3, 3), np.nan)),
    ]
    with LessonWriter(path, META, [Student("S01", "A1", 1)]) as writer:
        writer.add(written[:2])
        writer.add(written[2:])
        writer.student(Student("S02", "B1", 2))
        writer.health(0.0, 1, frames=12, dropped=1, note=None, skew_s=float("nan"))
        writer.event(0.15, "mark", "Übung 3")
        writer.details(models=["sdam", "mtcnn"], pairs=3)
    lesson = read_lesson(path)
    assert lesson.complete
    assert lesson.students == (Student("S01", "A1", 1), Student("S02", "B1", 2), Student("S03"))
    assert lesson.zones == META.zones
    assert lesson.meta.board == BOARD
    assert (lesson.meta.classroom, lesson.meta.period_s) == ("Room 3", 0.1)
    assert lesson.meta.details == {
        "calibration": {"baseline_m": 4.41, "rms_px": None},
        "models": ["sdam", "mtcnn"],
        "pairs": 3,
    }
    assert lesson.events == ((0.15, "mark", "Übung 3"),)
    assert lesson.health == ({"t_s": 0.0, "camera": 1, "frames": 12, "dropped": 1, "note": None, "skew_s": None},)
    by_time_and_name = sorted(written, key=lambda o: (o.t_s, o.student))
    for expected, read in zip(by_time_and_name, lesson, strict=True):
        assert_same(expected, read)
    assert lesson.observations.seen.tolist() == [True, True, True, False, True]


def test_one_file_remains_and_it_is_no_longer_in_wal_mode(tmp_path):
    path = tmp_path / "a.gaze"
    with LessonWriter(path, META) as writer:
        writer.add([observation(0.0)])
        writer.flush()
        assert len(list(tmp_path.iterdir())) > 1
    writer.close()  # a second time is no harm
    assert [p.name for p in tmp_path.iterdir()] == ["a.gaze"]
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    path.chmod(0o444)
    assert len(read_lesson(path).observations) == 1
    assert not [t for t in threading.enumerate() if t.name == "gazeclass-commit"]


def test_it_can_be_written_through_a_temporary_file(tmp_path):
    with atomic_path(tmp_path / "a.gaze") as temporary, LessonWriter(temporary, META) as writer:
        writer.add([observation(0.0)])
    assert [p.name for p in tmp_path.iterdir()] == ["a.gaze"]
    assert len(read_lesson(tmp_path / "a.gaze").observations) == 1


def test_it_can_be_read_while_it_is_written(tmp_path):
    with LessonWriter(tmp_path / "a.gaze", META) as writer:
        writer.add([observation(0.0)])
        deadline = time.monotonic() + 5
        while not len(read_lesson(tmp_path / "a.gaze").observations):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert not read_lesson(tmp_path / "a.gaze").complete


def test_a_killed_writer_loses_at_most_the_last_second(tmp_path):
    path = tmp_path / "a.gaze"
    script = """
        import sys, time
        from pathlib import Path
        from gazeclass.geometry.frames import Board
        from gazeclass.lesson.columns import LessonMeta
        from gazeclass.lesson.observation import Observation
        from gazeclass.lesson.store import LessonWriter
        writer = LessonWriter(Path(sys.argv[1]), LessonMeta("Room", Board(4.0, 1.2)))
        start = time.monotonic()
        while True:
            t = time.monotonic() - start
            writer.add([Observation.not_seen(t, f"S{k}") for k in range(30)])
            print(t, flush=True)
            time.sleep(0.01)
    """
    writer = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), str(path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    with writer:
        for line in writer.stdout:
            if float(line) > 1.8:
                break
        os.kill(writer.pid, signal.SIGKILL)
        last = float(([line, *writer.stdout.readlines()])[-1])
    lesson = read_lesson(path)
    assert not lesson.complete
    stored = lesson.observations.t_s
    assert last - 1.0 <= stored[-1] <= last + 0.1
    assert len(stored) % 30 == 0  # whole moments
    with pytest.raises(InputError, match="already"):  # and the dead writer's lock is gone
        LessonWriter(path, META)


def test_two_writers_on_one_lesson_are_refused(tmp_path):
    path = tmp_path / "a.gaze"
    with LessonWriter(path, META) as writer:
        with pytest.raises(InputError, match="another program is writing"):
            LessonWriter(path, META)
        writer.add([observation(0.0)])
    with pytest.raises(InputError, match="already something of that name"):
        LessonWriter(path, META)
    assert len(read_lesson(path).observations) == 1


def test_places_that_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        LessonWriter(tmp_path / "absent" / "a.gaze", META)
    (tmp_path / "folder.gaze").mkdir()
    with pytest.raises(InputError, match="already something"):
        LessonWriter(tmp_path / "folder.gaze", META)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder.gaze"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_folder_is_refused(tmp_path):
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(InputError, match="cannot be written"):
            LessonWriter(tmp_path / "a.gaze", META)
    finally:
        tmp_path.chmod(0o755)


def test_a_full_disk_is_told_in_words_and_spares_what_was_stored(tmp_path):
    path = tmp_path / "a.gaze"
    writer = LessonWriter(path, META)
    writer.add([observation(0.0)])
    writer.flush()
    pages = writer._db.execute("PRAGMA page_count").fetchone()[0]
    writer._db.execute(f"PRAGMA max_page_count = {pages + 2}")
    many = [observation(0.1 * k) for k in range(1, 200)]
    with pytest.raises(InputError, match=r"disk is full.*has room"):
        writer.add(many)
    writer._db.execute("PRAGMA max_page_count = 100000")  # room was made
    writer.add([observation(999.0)])
    writer.close()
    stored = read_lesson(path).observations.t_s
    assert stored[0] == 0.0
    assert stored[-1] == 999.0


def test_a_failed_commit_is_told_to_the_next_who_writes(tmp_path, monkeypatch):
    writer = LessonWriter(tmp_path / "a.gaze", META)
    real = writer._db

    class Failing:
        in_transaction = True

        def execute(self, sql, *values):
            if sql == "COMMIT":
                raise sqlite3.OperationalError("disk I/O error")
            return real.execute(sql, *values)

        def close(self):
            real.close()

        def executemany(self, *arguments):
            return real.executemany(*arguments)

    real.execute("BEGIN")
    monkeypatch.setattr(writer, "_db", Failing())
    writer.event(0.0, "mark")
    with pytest.raises(InputError, match="disk I/O error"):
        writer.flush()
    with pytest.raises(InputError, match="disk I/O error"):
        writer.add([observation(0.0)])
    with pytest.raises(InputError, match="disk I/O error"):
        writer.close()
    writer.close()


def test_wrong_observations_change_nothing(tmp_path):
    path = tmp_path / "a.gaze"
    with LessonWriter(path, META) as writer:
        writer.add([observation(0.0)])
        with pytest.raises(ValueError, match="twice"):
            writer.add([observation(0.1), observation(0.0)])
        with pytest.raises(ValueError, match="no zone"):
            writer.add([observation(0.2, zone="ceiling")])
        with pytest.raises(ValueError, match="needs a time"):
            writer.add([observation(math.nan)])
        with pytest.raises(ValueError, match="no zone"):
            writer.add([observation(0.3, "S09"), observation(0.3, "S08", zone="ceiling")])
        writer.add([observation(0.4, "S09")])
    lesson = read_lesson(path)
    assert lesson.observations.t_s.tolist() == [0.0, 0.4]
    assert [s.name for s in lesson.students] == ["S01", "S09"]


def small(path, n=300):
    with LessonWriter(path, META) as writer:
        writer.add([observation(0.1 * k) for k in range(n)])
    return path


def test_files_that_are_no_lesson(tmp_path):
    with pytest.raises(InputError, match="no such lesson"):
        read_lesson(tmp_path / "absent.gaze")
    (tmp_path / "text.gaze").write_text("t_s,student\n" * 200)
    with pytest.raises(InputError, match="damaged"):
        read_lesson(tmp_path / "text.gaze")
    (tmp_path / "empty.gaze").write_bytes(b"")
    with pytest.raises(InputError, match="not a lesson"):
        read_lesson(tmp_path / "empty.gaze")
    db = sqlite3.connect(tmp_path / "other.gaze")
    db.execute("CREATE TABLE observation (t_s REAL)")
    db.commit()
    db.close()
    with pytest.raises(InputError, match="not a lesson"):
        read_lesson(tmp_path / "other.gaze")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_truncated_lesson_is_refused(tmp_path, share):
    path = small(tmp_path / "a.gaze")
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(InputError, match="damaged or cut off"):
        read_lesson(path)


def test_a_lesson_of_a_newer_version_is_refused(tmp_path):
    path = small(tmp_path / "a.gaze", 1)
    alter(path, f"PRAGMA user_version = {schema.VERSION + 1}")
    with pytest.raises(InputError, match=r"newer gazeclass.*Update gazeclass"):
        read_lesson(path)
    alter(path, "PRAGMA user_version = 0")
    with pytest.raises(InputError, match="format 0 is not known"):
        read_lesson(path)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE block SET data = zeroblob(length(data)) WHERE id = 1",
        "UPDATE block SET data = 'here' WHERE id = 1",
        "UPDATE block SET count = count + 1 WHERE id = 1",
        "DELETE FROM block WHERE id = 1",
        "DELETE FROM observation WHERE t_s = 0",
        "UPDATE student SET name = 'S02'",
        "DELETE FROM lesson WHERE key = 'seal'",
        "DELETE FROM lesson WHERE key = 'board'",
        "UPDATE lesson SET value = '{' WHERE key = 'details'",
        "PRAGMA foreign_keys = OFF; DELETE FROM student",
        "DROP TABLE event",
    ],
)
def test_rows_that_nobody_can_have_written_are_refused(tmp_path, sql):
    path = small(tmp_path / "a.gaze", 3)
    alter(path, sql)
    with pytest.raises(InputError, match="damaged"):
        read_lesson(path)


def alter(path, sql):
    db = sqlite3.connect(path)
    db.executescript(sql)
    db.commit()
    db.close()


def test_a_lesson_of_version_1_reads_as_the_program_that_wrote_it_read_it(tmp_path):
    path = tmp_path / "old.gaze"
    path.write_bytes((DATA / "version-1.gaze").read_bytes())
    before = path.read_bytes()
    lesson = read_lesson(path)
    assert path.read_bytes() == before  # brought up in memory, left as it is
    assert lesson.complete
    assert (lesson.meta.classroom, lesson.meta.title, lesson.audit) == ("Room 3", "", ())
    assert lesson.students == (Student("S01", "A1", 1), Student("S02", "A2", 1))
    assert lesson.events == ((0.15, "mark", "Übung 3"),)
    known = json.loads((DATA / "version-1.json").read_text())["observations"]
    for expected, o in zip(known, lesson, strict=True):
        assert (o.t_s, o.student, o.status, o.zone, o.cameras) == tuple(
            expected[key] for key in ("t_s", "student", "status", "zone", "cameras")
        )
        np.testing.assert_array_equal(o.board_xy_m, np.array(expected["board"], float))
        np.testing.assert_array_equal(o.cov_board_m2.ravel(), np.array(expected["cov"], float))


def test_a_failed_migration_step_leaves_the_version_before_it():
    db = sqlite3.connect(":memory:", isolation_level=None)
    schema.create(db)
    with pytest.raises(sqlite3.OperationalError):
        schema.migrate(
            db,
            {2: lambda d: d.execute("ALTER TABLE event ADD COLUMN x"), 3: lambda d: d.execute("DROP TABLE nothing")},
            target=4,
        )
    assert schema.version_of(db) == 3
    db.close()


def test_an_empty_lesson_is_a_lesson(tmp_path):
    with LessonWriter(tmp_path / "a.gaze", LessonMeta("Room", BOARD)):
        pass
    lesson = read_lesson(tmp_path / "a.gaze")
    assert len(lesson.observations) == 0
    assert lesson.observations.R_WS.shape == (0, 3, 3)
    assert math.isnan(lesson.meta.period_s)
    assert list(lesson) == []
