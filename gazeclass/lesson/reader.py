"""Read LESSON.gaze: checked first, then whole columns at once."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from gazeclass.errors import InputError
from gazeclass.geometry.frames import Board
from gazeclass.geometry.rotation import Array
from gazeclass.lesson import schema
from gazeclass.lesson.columns import CAMERAS, COV_LENGTH, STATUSES, Lesson, LessonMeta, Observations, Student
from gazeclass.lesson.zones import Zone

_CHUNK = 50_000
_NO_COV = np.full(COV_LENGTH, np.nan, "<f4").tobytes()


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
    )
    return Lesson(
        meta=meta,
        students=tuple(Student(*row[1:]) for row in student_rows),
        observations=_observations(db, [row[0] for row in student_rows], [row[0] for row in zone_rows]),
        events=tuple(db.execute("SELECT t_s, kind, text FROM event ORDER BY t_s, rowid")),
        health=tuple(
            {"t_s": t_s, "camera": camera, **json.loads(figures)}
            for t_s, camera, figures in db.execute("SELECT * FROM camera_health ORDER BY t_s, camera")
        ),
        complete=bool(stored["complete"]),
    )


def _observations(db: sqlite3.Connection, student_ids: list[int], zone_ids: list[int]) -> Observations:
    count = int(db.execute("SELECT count(*) FROM observation").fetchone()[0])
    reals = np.empty((count, 12))
    codes = np.empty((count, 4), np.int64)
    cov = np.empty((count, COV_LENGTH), np.float32)
    cursor = db.execute(
        "SELECT t_s, head_x_m, head_y_m, head_z_m, rotvec_x, rotvec_y, rotvec_z, board_x_m, board_y_m, "
        "zone_probability, face_px, skew_s, student, status, cameras, ifnull(zone, -1), cov "
        "FROM observation ORDER BY t_s, student"
    )
    at = 0
    while rows := cursor.fetchmany(_CHUNK):
        columns: list[Any] = list(zip(*rows, strict=True))
        end = at + len(rows)
        for k in range(12):
            reals[at:end, k] = np.array(columns[k], dtype=float)  # None becomes NaN
        for k in range(4):
            codes[at:end, k] = columns[12 + k]
        blob = b"".join([_NO_COV if b is None else b for b in columns[16]])
        cov[at:end] = np.frombuffer(blob, "<f4").reshape(len(rows), COV_LENGTH)
        at = end
    if not (np.isin(codes[:, 1], range(len(STATUSES))) & np.isin(codes[:, 2], range(len(CAMERAS)))).all():
        raise ValueError("a status or camera that does not exist")
    student = _position_of(student_ids, codes[:, 0])
    order = np.lexsort((student, reals[:, 0]))  # students are sorted by name here, by appearance in the file
    reals, codes, cov, student = reals[order], codes[order], cov[order], student[order]

    def column(*k: int) -> Array:
        return np.ascontiguousarray(reals[:, k if len(k) > 1 else k[0]])

    return Observations(
        t_s=column(0),
        student=student,
        status=codes[:, 1],
        position_W_m=column(1, 2, 3),
        rotvec_WS_rad=column(4, 5, 6),
        board_xy_m=column(7, 8),
        zone=_position_of(zone_ids, codes[:, 3]),
        zone_probability=column(9),
        face_px=column(10),
        cameras=codes[:, 2],
        skew_s=column(11),
        packed_cov=cov,
    )


def _position_of(ids: list[int], codes: np.ndarray) -> np.ndarray:
    """Database ids to positions in the list read; -1 stays -1."""
    table = {number: position for position, number in enumerate(ids)} | {-1: -1}
    unique, inverse = np.unique(codes, return_inverse=True)
    return np.array([table[int(number)] for number in unique], np.int64)[inverse]
