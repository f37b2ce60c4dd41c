"""Lessons as documents: what is in a folder, and renaming, noting, cutting, merging, finishing and checking one.

Removing things (a lesson, a student, what has expired) is in :mod:`gazeclass.lesson.documents_removal`.
"""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np

from gazeclass.errors import InputError
from gazeclass.lesson import blocks, schema
from gazeclass.lesson.columns import Lesson
from gazeclass.lesson.documents_edit import claimed, copying, editing, log, rewriting, set_value, span_s, value
from gazeclass.lesson.reader import opened, read_lesson, refusing_damage
from gazeclass.progress import SILENT, Progress

LONGEST_TITLE = 200
LONGEST_NOTE = 10_000


@dataclass(frozen=True)
class LessonCard:
    """A lesson in a list.

    Attributes:
        path: of its file.
        title: the teacher's, or the file's name.
        classroom, started_utc, note, keep_until: as :class:`gazeclass.lesson.columns.LessonMeta`.
        seconds: from the first to the last moment.
        students: who is in it.
        observations: how many.
        complete: False for one whose writer was killed, or is still at work.
        size_bytes: of the file.
        problem: why it cannot be opened, in a sentence; "" for a lesson that can. The rest is then unknown.
    """

    path: Path
    title: str
    classroom: str = ""
    started_utc: str = ""
    note: str = ""
    keep_until: str = ""
    seconds: float = 0.0
    students: int = 0
    observations: int = 0
    complete: bool = False
    size_bytes: int = 0
    problem: str = ""

    def expired(self, today: date) -> bool:
        """Whether it was to be kept no longer than yesterday."""
        return bool(self.keep_until) and date.fromisoformat(self.keep_until) < today


def card(path: Path) -> LessonCard:
    """What a list says of a lesson, without reading its observations.

    Raises:
        InputError: no lesson, damaged, or made by a newer gazeclass.
    """
    path = Path(path)
    with refusing_damage(path), opened(path) as db:
        old = schema.version_of(db) < 2
        table = "observation" if old else "block"
        query = "SELECT min(t_s), max(t_s), count(*)" if old else "SELECT min(t0_s), max(t1_s), ifnull(sum(count), 0)"
        first, last, count = db.execute(f"{query} FROM {table}").fetchone()
        keep_until = "" if old else value(db, "keep_until")
        if keep_until:
            date.fromisoformat(keep_until)
        return LessonCard(
            path=path,
            title=("" if old else value(db, "title")) or path.stem,
            classroom=value(db, "classroom"),
            started_utc=value(db, "started_utc"),
            note="" if old else value(db, "note"),
            keep_until=keep_until,
            seconds=0.0 if first is None else last - first,
            students=int(db.execute("SELECT count(*) FROM student").fetchone()[0]),
            observations=int(count),
            complete=bool(value(db, "complete")),
            size_bytes=path.stat().st_size,
        )


def list_lessons(folder: Path) -> list[LessonCard]:
    """Every lesson of a folder, newest first; one that cannot be opened says why.

    Raises:
        InputError: there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError("there is no such folder of lessons", where=folder)
    cards = []
    for path in sorted(folder.glob("*.gaze")):
        if path.name.startswith("."):
            continue  # somebody is writing it under a temporary name
        try:
            cards.append(card(path))
        except InputError as error:
            cards.append(LessonCard(path, path.stem, size_bytes=path.stat().st_size, problem=error.what))
    return sorted(cards, key=lambda c: (c.started_utc, c.path.name), reverse=True)


def rename(path: Path, title: str) -> None:
    """Give a lesson a title; its file keeps its name.

    Raises:
        InputError: too long a title, or the lesson cannot be changed.
    """
    title = " ".join(title.split())
    if len(title) > LONGEST_TITLE:
        raise InputError(f"a title may have {LONGEST_TITLE} characters, this one has {len(title)}", where=path)
    with editing(path) as db:
        set_value(db, "title", title)


def annotate(path: Path, note: str) -> None:
    """Replace the teacher's note.

    Raises:
        InputError: too long a note, or the lesson cannot be changed.
    """
    if len(note) > LONGEST_NOTE:
        raise InputError(f"a note may have {LONGEST_NOTE} characters, this one has {len(note)}", where=path)
    with editing(path) as db:
        set_value(db, "note", note.strip())


def keep_until(path: Path, day: date | None) -> None:
    """Set the day up to which a lesson is kept, None for no end.

    Raises:
        InputError: the lesson cannot be changed.
    """
    with editing(path) as db:
        set_value(db, "keep_until", "" if day is None else day.isoformat())
        log(db, "keep until", "no end" if day is None else day.isoformat())


def add_mark(path: Path, t_s: float, text: str) -> None:
    """A flag on the lesson's time line.

    Raises:
        InputError: the lesson cannot be changed.
    """
    if not np.isfinite(t_s):
        raise ValueError("a mark needs a time")
    with editing(path) as db:
        db.execute("INSERT INTO event VALUES (?, 'mark', ?)", (float(t_s), text.strip()[:LONGEST_TITLE]))


def remove_mark(path: Path, t_s: float, text: str) -> None:
    """Take a flag off the time line again.

    Raises:
        InputError: the lesson cannot be changed.
    """
    with editing(path) as db:
        db.execute("DELETE FROM event WHERE kind = 'mark' AND t_s = ? AND text = ?", (t_s, text))


def log_export(path: Path, text: str) -> None:
    """A line in the audit log: what was exported, and with names or without.

    Raises:
        InputError: the lesson cannot be changed.
    """
    with editing(path) as db:
        log(db, "export", text)


def store_zones(path: Path, lesson: Lesson) -> None:
    """Put the zones of a rezoned lesson, and which zone each observation is in, into its file.

    Args:
        path: of the lesson.
        lesson: read from it, with other zones; everything else must be as it was read.

    Raises:
        InputError: the lesson cannot be changed, or has changed since it was read.
    """
    with editing(path) as db:
        records = blocks.load(db).copy()
        ids = dict(db.execute("SELECT name, id FROM student"))
        student = np.array([ids.get(s.name, -1) for s in lesson.students], np.int64)
        o = lesson.observations
        order = np.lexsort((student[o.student], o.t_s))
        if len(o) != len(records) or not np.array_equal(o.t_s[order], records["t_s"]):
            raise InputError("the lesson has changed since it was read", where=path, todo="Open it again.")
        records["zone"] = o.zone[order]
        records["zone_probability"] = o.zone_probability[order]
        db.execute("DELETE FROM observation")
        db.execute("DELETE FROM block")
        db.execute("DELETE FROM zone")
        db.executemany(
            "INSERT INTO zone VALUES (?, ?, ?, ?, ?, ?)",
            [(n, z.name, z.x0_m, z.y0_m, z.x1_m, z.y1_m) for n, z in enumerate(lesson.zones)],
        )
        blocks.store(db, records)
        log(db, "zones", ", ".join(zone.name for zone in lesson.zones) or "none")


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
    known, or would overlap, from the end of the first.

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


def finish(path: Path) -> LessonCard:
    """Make a lesson whose writer was killed a whole one. All that was committed is in it.

    Raises:
        InputError: it is still being written, or cannot be read.
    """
    path = Path(path)
    with claimed(path), refusing_damage(path):
        with opened(path) as db:
            whole = bool(value(db, "complete"))
        if whole:
            read_lesson(path)  # with all its checks
        else:
            with copying(path, path) as db:
                blocks.load(db)  # every checksum
                set_value(db, "complete", True)
                log(db, "finish", "its writer had not come to its end")
    return card(path)


def check(path: Path) -> tuple[str, ...]:
    """Everything that can be checked of a lesson: pages, checksums, rows against blocks.

    Returns:
        Remarks that are no fault ("it was never finished"); a lesson with a fault raises.

    Raises:
        InputError: no lesson, or damaged, saying where.
    """
    path = Path(path)
    remarks: Sequence[str] = ()
    with refusing_damage(path), opened(path) as db:
        found = [row[0] for row in db.execute("PRAGMA integrity_check(3)")]
        if found != ["ok"]:
            raise ValueError("; ".join(found))
        orphans = db.execute("PRAGMA foreign_key_check").fetchall()
        if orphans:
            raise ValueError(f"{len(orphans)} observations of a student or zone that does not exist")
        if schema.version_of(db) < schema.VERSION:
            remarks = ("It has an older format, without checksums; changing it in any way brings it up to today's.",)
        else:
            _rows_are_blocks(db)
            if not value(db, "complete"):
                remarks = ("It was never finished: `gazeclass lessons finish` makes it whole.",)
        json.dumps([value(db, key) for key in ("details", "board")])
    read_lesson(path)
    return tuple(remarks)


def _rows_are_blocks(db: sqlite3.Connection) -> None:
    """Compare the thin rows with the packed observations.

    Raises:
        ValueError: they differ.
    """
    records = blocks.load(db)
    cursor = db.execute("SELECT * FROM observation ORDER BY t_s, student")
    for start in range(0, len(records), blocks.MOST):
        part = records[start : start + blocks.MOST]
        rows = cursor.fetchmany(len(part))
        packed = [tuple(None if v != v else v for v in row) for row in blocks.rows_of(part)]
        if rows != packed:
            raise ValueError(f"rows and packed observations differ after {float(part['t_s'][0]):.1f} s")
