"""Is a lesson whole? Check everything of one that can be checked, and make one whole whose writer was killed."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from gazeclass.lesson import blocks, schema
from gazeclass.lesson.documents import LessonCard, card
from gazeclass.lesson.documents_edit import claimed, copying, log, set_value, value
from gazeclass.lesson.reader import opened, read_lesson, refusing_damage


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
