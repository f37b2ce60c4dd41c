"""Read LESSON.gaze: checked first, then whole columns at once."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np

from gazeclass.errors import InputError
from gazeclass.geometry.frames import Board
from gazeclass.geometry.rotation import Array
from gazeclass.lesson import blocks, schema
from gazeclass.lesson.columns import Lesson, LessonMeta, Observations, Student
from gazeclass.lesson.zones import Zone


def read_lesson(path: Path) -> Lesson:
    """Read a whole lesson, also one whose writer was killed or is still at work.

    Raises:
        InputError: no such file, not a lesson, damaged or cut off, or made by a newer gazeclass.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("there is no such lesson", where=path)
    try:
        with closing(_connect(path)) as db:
            _check(db, path)
            if schema.version_of(db) < schema.VERSION:
                with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
                    db.backup(copy)  # the user's file stays as it is
                    schema.migrate(copy)
                    return _read(copy)
            db.execute("BEGIN")  # one view of the file, also while somebody writes
            return _read(db)
    except sqlite3.DatabaseError as error:
        raise _damaged(path, error) from error
    except (KeyError, TypeError, ValueError) as error:  # a row that no gazeclass has written
        raise _damaged(path, error) from error


def _connect(path: Path) -> sqlite3.Connection:
    """Open for reading; for a lesson left by a kill SQLite has to fold its journal in, which needs writing."""
    left_open = path.with_name(path.name + "-wal").exists()
    # URI, so that opening never creates a file; the path is quoted by pathlib.
    uri = path.resolve().as_uri() + ("?mode=rw" if left_open else "?mode=ro")
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=5.0)


def _check(db: sqlite3.Connection, path: Path) -> None:
    if not schema.is_lesson(db):
        raise InputError("this is not a lesson", where=path, todo="Give a .gaze file made by gazeclass.")
    version = schema.version_of(db)
    if version > schema.VERSION:
        raise InputError(
            f"it was made by a newer gazeclass (format {version}; this one reads up to {schema.VERSION})",
            where=path,
            todo="Update gazeclass.",
        )
    if version < schema.VERSION and version not in schema.MIGRATIONS:
        raise InputError(f"its format {version} is not known", where=path)
    found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise _damaged(path, found)


def _damaged(path: Path, why: object) -> InputError:
    return InputError(
        f"the lesson is damaged or cut off ({why})", where=path, todo="Take it from a copy, or record again."
    )


def _read(db: sqlite3.Connection) -> Lesson:
    stored = {key: json.loads(value) for key, value in db.execute("SELECT key, value FROM lesson")}
    zone_rows = db.execute("SELECT id, name, x0_m, y0_m, x1_m, y1_m FROM zone ORDER BY id").fetchall()
    student_rows = db.execute("SELECT id, name, seat, seat_row FROM student ORDER BY name").fetchall()
    meta = LessonMeta(
        classroom=stored["classroom"],
        board=Board(**stored["board"]),
        started_utc=stored["started_utc"],
        period_s=float("nan") if stored["period_s"] is None else stored["period_s"],
        zones=tuple(Zone(*row[1:]) for row in zone_rows),
        min_group=stored["min_group"],
        show_students=stored["show_students"],
        details=stored["details"],
        title=stored["title"],
        note=stored["note"],
        keep_until=stored["keep_until"],
    )
    if stored["complete"] and stored["seal"] != schema.seal_of(db):
        raise ValueError("what it says of itself is not what was written")
    return Lesson(
        meta=meta,
        students=tuple(Student(*row[1:]) for row in student_rows),
        observations=_observations(blocks.load(db), [row[0] for row in student_rows], [row[0] for row in zone_rows]),
        events=tuple(db.execute("SELECT t_s, kind, text FROM event ORDER BY t_s, rowid")),
        health=tuple(
            {"t_s": t_s, "camera": camera, **json.loads(figures)}
            for t_s, camera, figures in db.execute("SELECT * FROM camera_health ORDER BY t_s, camera")
        ),
        complete=bool(stored["complete"]),
        audit=tuple(db.execute("SELECT at_utc, action, text FROM audit ORDER BY rowid")),
    )


def _observations(records: np.ndarray, student_ids: list[int], zone_ids: list[int]) -> Observations:
    student = _position_of(student_ids, records["student"])
    zone = _position_of(zone_ids, records["zone"])
    if (np.diff(student_ids) < 0).any():  # sorted by name here, by appearance in the file
        order = np.lexsort((student, records["t_s"]))
        records, student, zone = records[order], student[order], zone[order]

    def column(name: str) -> Array:
        return np.ascontiguousarray(records[name])

    return Observations(
        t_s=column("t_s"),
        student=student,
        status=records["status"].astype(np.int64),
        position_W_m=column("position_W_m"),
        rotvec_WS_rad=column("rotvec_WS_rad"),
        board_xy_m=column("board_xy_m"),
        zone=zone,
        zone_probability=column("zone_probability"),
        face_px=column("face_px"),
        cameras=records["cameras"].astype(np.int64),
        skew_s=column("skew_s"),
        packed_cov=np.ascontiguousarray(records["packed_cov"]),
    )


def _position_of(ids: list[int], codes: np.ndarray) -> np.ndarray:
    """Database ids to positions in the list read; -1 stays -1.

    Raises:
        ValueError: an id that is in no list.
    """
    table = np.full(max([*ids, 0]) + 2, -2, np.int64)  # the last place is that of -1
    table[ids] = np.arange(len(ids))
    table[-1] = -1
    if len(codes) and (codes.min() < -1 or codes.max() >= len(table) - 1):
        raise ValueError("an observation of a student or zone that does not exist")
    found = table[codes]
    if (found == -2).any():
        raise ValueError("an observation of a student or zone that does not exist")
    return found
