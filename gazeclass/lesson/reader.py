"""Read LESSON.gaze: checked first, then whole columns at once."""

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
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
        InputError: no such file, not a lesson, damaged or cut off, held by another program, or made by a newer
            gazeclass.
    """
    path = Path(path)
    with refusing_damage(path), opened(path) as db:
        if schema.version_of(db) < schema.VERSION:
            # Format 1 has no checksums: SQLite's own check of its pages is all there is.
            found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise ValueError(found)
            with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
                db.backup(copy)  # the user's file stays as it is
                schema.migrate(copy)
                return _read(copy)
        db.execute("BEGIN")  # one view of the file, also while somebody writes
        return _read(db)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A lesson opened for reading, known to be one, of a format this program can read.

    A lesson left by a kill has a journal beside it that SQLite folds in first, which needs writing; where the folder
    is read-only that happens in a copy.

    Raises:
        InputError: no such file, not a lesson, or made by a newer gazeclass.
        sqlite3.Error: SQLite cannot make sense of the file.
    """
    if not path.is_file():
        raise InputError("there is no such lesson", where=path)
    journal = path.with_name(path.name + "-wal")
    journaled = in_wal_mode(path)
    with ExitStack() as stack:
        if journaled and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
            aside = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gazeclass-")))
            if journal.exists():
                shutil.copy(journal, aside / journal.name)
            path = Path(shutil.copy(path, aside / path.name))
            path.chmod(0o600)
        # As URI, so that opening never creates a file; the path is quoted by pathlib.
        uri = path.resolve().as_uri() + ("?mode=rw" if journaled else "?mode=ro")
        db = stack.enter_context(closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=5.0)))
        check_format(db, path)
        yield db


def in_wal_mode(path: Path) -> bool:
    """Whether a lesson was never closed: its journal may lie beside it, or will as soon as somebody opens it."""
    with open(path, "rb") as file:
        return file.read(20)[18:20] == b"\x02\x02"


def check_format(db: sqlite3.Connection, path: Path) -> None:
    """Refuse what is no lesson, or one from the future.

    Raises:
        InputError: as said.
    """
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


@contextmanager
def refusing_damage(path: Path) -> Iterator[None]:
    """What SQLite and the checks say of a file, as one sentence for the user.

    Raises:
        InputError: damaged or cut off, held by another program, or out of reach.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        said = str(error)
        if "locked" in said or "busy" in said:
            raise InputError(
                "another program is using this lesson", where=path, todo="Close it there first."
            ) from error
        if "unable to open" in said or "readonly" in said or "permission" in said.lower():
            raise InputError(
                f"the lesson cannot be opened ({said})",
                where=path,
                todo="Check that the file and its folder may be read and written to.",
            ) from error
        raise _damaged(path, error) from error
    # What a row must be like is said by the code that reads it: any of these means that no gazeclass has written it.
    except (sqlite3.Error, KeyError, IndexError, TypeError, ValueError, OverflowError, MemoryError) as error:
        raise _damaged(path, error) from error
    except OSError as error:
        raise InputError(f"the lesson cannot be read ({error.strerror or error})", where=path) from error


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
