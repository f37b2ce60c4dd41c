"""Lessons in parts: cut off the ends of one, make one of two."""

import sqlite3
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

import numpy as np

from gazeclass.errors import InputError
from gazeclass.lesson import blocks, schema
from gazeclass.lesson.documents_edit import log, rewriting, set_value, span_s, value
from gazeclass.lesson.reader import opened, read_lesson, refusing_damage
from gazeclass.progress import SILENT, Progress


def cut(path: Path, from_s: float, to_s: float, out: Path | None = None) -> None:
    """Cut off a lesson's ends; the lesson's clock stays, so that a recording beside it still fits.

    Args:
        path: of the lesson.
        from_s, to_s: what is kept, on the lesson's clock, both ends included.
        out: None replaces the lesson.

    Raises:
        InputError: nothing would be left, or the lesson cannot be changed.
    """
    if not from_s < to_s:
        raise InputError(f"the cut from {from_s:g} s to {to_s:g} s keeps nothing", where=path)
    with rewriting(path, out) as db:
        records = blocks.load(db)
        kept = records[(records["t_s"] >= from_s) & (records["t_s"] <= to_s)]
        if not len(kept):
            span = span_s(db)
            there = "it is empty" if span is None else f"it runs from {span[0]:.1f} s to {span[1]:.1f} s"
            raise InputError(f"nothing would be left of the lesson: {there}", where=path)
        blocks.replace(db, kept)
        for table in ("event", "camera_health"):
            db.execute(f"DELETE FROM {table} WHERE t_s < ? OR t_s > ?", (from_s, to_s))
        log(db, "cut", f"kept {from_s:g} s to {to_s:g} s, {len(kept)} of {len(records)} observations")


def merge(first: Path, second: Path, out: Path, progress: Progress = SILENT) -> None:
    """Two parts of one lesson become one; both parts stay as they are.

    The second part's clock goes on from the first's by the times at which both were started, and where these are not
    known, or would overlap, from the end of the first. Of a recording only the time of its analysis is known: its clock
    stays as it is where it goes on after the first's anyway.

    Args:
        first, second: in the order of time.
        out: a file that is not there yet.
        progress: told of each step.

    Raises:
        InputError: different classrooms, boards or zones; a file that is there; a part that cannot be read.
    """
    first, second, out = Path(first), Path(second), Path(out)
    if out.exists():
        raise InputError("there is already something of that name", where=out, todo="Choose another name.")
    progress.start("merge", 3)
    other = read_lesson(second)  # with all its checks
    progress.advance()
    with rewriting(first, out) as db, refusing_damage(second), opened(second) as source, ExitStack() as stack:
        if schema.version_of(source) < schema.VERSION:
            copy = stack.enter_context(closing(sqlite3.connect(":memory:", isolation_level=None)))
            source.backup(copy)
            schema.migrate(copy)
            source = copy
        _same_room(db, source, second)
        shift_s = _shift_s(db, source)
        progress.advance()
        _append(db, source, shift_s)
        log(db, "merge", f"with a second part that begins at {shift_s:.1f} s, {len(other.observations)} observations")
        progress.advance()


def _same_room(db: sqlite3.Connection, source: sqlite3.Connection, second: Path) -> None:
    for key, words in (("classroom", "classrooms"), ("board", "boards")):
        if value(db, key) != value(source, key):
            raise InputError(f"the two parts have different {words}", where=second, todo="Merge parts of one lesson.")
    zones = "SELECT name, x0_m, y0_m, x1_m, y1_m FROM zone ORDER BY id"
    if db.execute(zones).fetchall() != source.execute(zones).fetchall():
        raise InputError("the two parts have different zones", where=second, todo="Give both the same zones first.")


def _shift_s(db: sqlite3.Connection, source: sqlite3.Connection) -> float:
    """Seconds to add to the second part's clock."""
    ends, begins = span_s(db), span_s(source)
    period_s = value(db, "period_s") or 0.1
    after_s = 0.0 if ends is None or begins is None else ends[1] + period_s - begins[0]
    if any("first_s" in value(part, "details").get("recording", {}) for part in (db, source)):
        return max(0.0, after_s)
    try:
        started = [datetime.fromisoformat(value(part, "started_utc")) for part in (db, source)]
        between_s = (started[1] - started[0]).total_seconds()
    except (TypeError, ValueError):  # unknown, or one with and one without a time zone
        return after_s
    return max(between_s, after_s)


def _append(db: sqlite3.Connection, source: sqlite3.Connection, shift_s: float) -> None:
    ids = {}
    for number, name, seat, row in source.execute("SELECT id, name, seat, seat_row FROM student"):
        db.execute("INSERT OR IGNORE INTO student (name, seat, seat_row) VALUES (?, ?, ?)", (name, seat, row))
        ids[number] = int(db.execute("SELECT id FROM student WHERE name = ?", (name,)).fetchone()[0])
    zones = {-1: -1}
    theirs = source.execute("SELECT id FROM zone ORDER BY id").fetchall()
    ours = db.execute("SELECT id FROM zone ORDER BY id").fetchall()
    zones |= {b[0]: a[0] for a, b in zip(ours, theirs, strict=True)}
    records = blocks.load(source).copy()
    records["t_s"] += shift_s
    records["student"] = _mapped(records["student"], ids)
    records["zone"] = _mapped(records["zone"], zones)
    blocks.store(db, records)
    for table, columns in (("event", "kind, text"), ("camera_health", "camera, figures")):
        rows = source.execute(f"SELECT t_s + ?, {columns} FROM {table} ORDER BY rowid", (shift_s,)).fetchall()
        db.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", rows)
    db.execute("INSERT INTO event VALUES (?, 'part', '')", (shift_s,))
    db.executemany(
        "INSERT INTO audit VALUES (?, ?, ?)", source.execute("SELECT * FROM audit ORDER BY rowid").fetchall()
    )
    notes = [text for text in (value(db, "note"), value(source, "note")) if text]
    set_value(db, "note", "\n".join(notes))
    days = [day for day in (value(db, "keep_until"), value(source, "keep_until")) if day]
    set_value(db, "keep_until", min(days, default=""))  # the stricter promise holds


def _mapped(codes: np.ndarray, table: dict[int, int]) -> np.ndarray:
    unique, inverse = np.unique(codes, return_inverse=True)
    return np.array([table[int(code)] for code in unique], codes.dtype)[inverse]
