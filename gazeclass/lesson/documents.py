"""Lessons as documents: what is in a folder, and what is written about one: title, note, marks, zones.

Cutting and merging is in :mod:`gazeclass.lesson.documents_parts`, checking and finishing in
:mod:`gazeclass.lesson.documents_check`, removing things in :mod:`gazeclass.lesson.documents_removal`.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from gazeclass.errors import InputError
from gazeclass.lesson import blocks, schema
from gazeclass.lesson.columns import Lesson
from gazeclass.lesson.documents_edit import editing, log, set_value, value
from gazeclass.lesson.reader import opened, refusing_damage

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
