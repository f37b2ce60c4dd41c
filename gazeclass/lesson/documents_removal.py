"""Removing: a lesson, a student from a lesson, whatever has expired; each with a receipt of what went.

A receipt is a small JSON file in a folder ``receipts`` beside the lesson. It says what was removed, when and why, and
holds the file's SHA-256, so that a copy found later can be recognised; it holds no observation and no name.
"""

import hashlib
import json
import re
import shutil
import sqlite3
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from gazeclass.atomic import write_text
from gazeclass.capture.expiry import LABEL, read_label
from gazeclass.errors import InputError
from gazeclass.lesson import blocks
from gazeclass.lesson.documents import LessonCard, card, list_lessons
from gazeclass.lesson.documents_edit import claimed, log, rewriting, set_value, value, wipe
from gazeclass.lesson.reader import opened, refusing_damage
from gazeclass.progress import SILENT, Progress, track

RECEIPTS = "receipts"
REMOVED = "(removed)"


@dataclass(frozen=True)
class Receipt:
    """What was removed.

    Attributes:
        removed_utc: when.
        what: "lesson", "recording", "student" or "class".
        why: in words.
        name: of the file, or the student's pseudonym.
        lesson: file the student or recording belonged to (also the roster); "" for a lesson itself.
        sha256: of the removed files' bytes, by name.
        observations: how many went.
        note: what cannot be promised.
    """

    removed_utc: str
    what: str
    why: str
    name: str
    lesson: str = ""
    sha256: dict[str, str] | None = None
    observations: int = 0
    note: str = (
        "The bytes were overwritten before the file was given up. Copies elsewhere (backups, synchronised folders) and "
        "cells that a solid-state disk keeps back are out of this program's reach."
    )


def recording_of(lesson: Path) -> Path:
    """The folder in which a lesson's recording is kept, where one was made."""
    return Path(lesson).with_suffix(".recording")


def delete_lesson(path: Path, *, why: str = "asked for", receipts: Path | None = None) -> Path:
    """Delete a lesson with its recording.

    Args:
        path: of the lesson; one that is damaged can be deleted too.
        why: for the receipt.
        receipts: folder; None takes ``receipts`` beside the lesson.

    Returns:
        The receipt.

    Raises:
        InputError: no such file, in use elsewhere, or it cannot be deleted.
    """
    path = Path(path)
    if path.suffix != ".gaze":
        raise InputError("this is not a lesson", where=path, todo="Give a .gaze file made by gazeclass.")
    with claimed(path):
        count = _count(path)
        files = [path, *_journals(path), *_files(recording_of(path))]
        hashes = {_relative(file, path.parent): _sha256(file) for file in files}
        receipt = Receipt(_now(), "lesson", why, path.name, sha256=hashes, observations=count)
        written = write_receipt(receipt, receipts or path.parent / RECEIPTS)
        _remove([file for file in files if file.exists()], path)
        shutil.rmtree(recording_of(path), ignore_errors=True)
    return written


def delete_recording(folder: Path, *, why: str = "asked for", receipts: Path | None = None) -> Path | None:
    """Delete a recording's pictures; the lesson's observations stay.

    Args:
        folder: of the recording, see :func:`recording_of`.
        why: for the receipt.
        receipts: folder; None takes ``receipts`` beside the recording.

    Returns:
        The receipt; None where there is no recording.

    Raises:
        InputError: it cannot be deleted.
    """
    folder = Path(folder)
    if not (folder / LABEL).is_file():
        return None
    names = ("cam0.mkv", "cam1.mkv", "timestamps.csv", LABEL)  # the label goes last: it says what is left to do
    files = [folder / name for name in names if (folder / name).is_file()]
    hashes = {_relative(file, folder.parent): _sha256(file) for file in files}
    lesson = folder.with_suffix(".gaze")
    receipt = Receipt(_now(), "recording", why, folder.name, lesson.name if lesson.is_file() else "", hashes)
    written = write_receipt(receipt, receipts or folder.parent / RECEIPTS)
    _remove(files, folder)
    if not any(folder.iterdir()):
        folder.rmdir()
    return written


def purge_student(path: Path, student: str, *, why: str = "asked for", receipts: Path | None = None) -> Path:
    """Take a student out of a lesson: observations, name, seat, and every mention in notes and marks.

    The file is written afresh, so that nothing of it is left in a free page; the old bytes are overwritten.

    Args:
        path: of the lesson.
        student: pseudonym.
        why: for the receipt.
        receipts: folder; None takes ``receipts`` beside the lesson.

    Returns:
        The receipt.

    Raises:
        InputError: nobody of that pseudonym is in the lesson, or it cannot be changed.
    """
    path = Path(path)
    with rewriting(path) as db:
        found = db.execute("SELECT id FROM student WHERE name = ?", (student,)).fetchone()
        if found is None:
            raise InputError(f"there is no '{student}' in this lesson", where=path)
        records = blocks.load(db)
        kept = records[records["student"] != found[0]]
        blocks.replace(db, kept)
        db.execute("DELETE FROM student WHERE id = ?", found)
        _scrub(db, student)
        log(db, "removal", f"a student, {len(records) - len(kept)} observations")
    receipt = Receipt(_now(), "student", why, student, path.name, observations=len(records) - len(kept))
    return write_receipt(receipt, receipts or path.parent / RECEIPTS)


def purge_everywhere(
    folder: Path, student: str, *, why: str = "asked for", progress: Progress = SILENT
) -> tuple[Path, ...]:
    """:func:`purge_student` in every lesson of a folder that has the student.

    Raises:
        InputError: a lesson cannot be read: nothing could be promised of it. Those before it are done.
    """
    written = []
    for path in track(_lessons(folder), progress, "lessons"):
        if _has(path, student):
            written.append(purge_student(path, student, why=why))
    return tuple(written)


def lessons_with(folder: Path, student: str) -> tuple[Path, ...]:
    """The lessons of a folder that a student is in.

    Raises:
        InputError: a lesson cannot be read: nothing can be said of it.
    """
    return tuple(path for path in _lessons(folder) if _has(path, student))


def _lessons(folder: Path) -> list[Path]:
    return [path for path in sorted(Path(folder).glob("*.gaze")) if not path.name.startswith(".")]


def purge_expired(folder: Path, today: date, *, progress: Progress = SILENT) -> tuple[Path, ...]:
    """Delete what was to be kept no longer than yesterday: lessons, and recordings in the folder or below it.

    Returns:
        The receipts. What cannot be opened is left, and noted.
    """
    written = []
    for entry in track(list_lessons(folder), progress, "lessons"):
        if entry.problem:
            progress.note(f"{entry.path.name}: {entry.problem}; it is left as it is")
        elif entry.expired(today):
            written.append(delete_lesson(entry.path, why=f"was to be kept until {entry.keep_until}"))
    for label in track(sorted(Path(folder).rglob(LABEL)), progress, "recordings"):
        until = recording_until(label.parent)
        if until is None:
            progress.note(f"{label.parent.name}: its label cannot be read; the recording is left as it is")
        elif until < today:
            receipt = delete_recording(label.parent, why=f"was to be kept until {until.isoformat()}")
            written += [] if receipt is None else [receipt]
    return tuple(written)


def recording_until(folder: Path) -> date | None:
    """The last day up to which a recording is kept; None where there is none, or its label cannot be read."""
    try:
        return read_label(Path(folder)).expires_utc.date()
    except InputError:
        return None


def _scrub(db: sqlite3.Connection, student: str) -> None:
    """The pseudonym in every text of the file."""
    word = re.compile(rf"(?<!\w){re.escape(student)}(?!\w)")
    for table, column in (("event", "text"), ("audit", "text"), ("camera_health", "figures")):
        for row, text in db.execute(f"SELECT rowid, {column} FROM {table}").fetchall():
            if word.search(text):
                db.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (word.sub(REMOVED, text), row))
    for key in ("title", "note"):
        set_value(db, key, word.sub(REMOVED, value(db, key)))
    details = json.dumps(value(db, "details"), ensure_ascii=False)
    set_value(db, "details", json.loads(word.sub(REMOVED, details)))


def _has(path: Path, student: str) -> bool:
    with refusing_damage(path), opened(path) as db:
        return db.execute("SELECT 1 FROM student WHERE name = ?", (student,)).fetchone() is not None


def _count(path: Path) -> int:
    try:
        entry: LessonCard = card(path)
    except InputError:  # damaged: it may still be deleted
        return 0
    return entry.observations


def _journals(path: Path) -> list[Path]:
    beside = (path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "-journal"))
    return [file for file in beside if file.exists()]


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else []


def _remove(files: list[Path], where: Path) -> None:
    try:
        for file in files:
            wipe(file)
            file.unlink()
    except OSError as error:
        raise InputError(
            f"cannot be deleted ({error.strerror or error})",
            where=where,
            todo="Check that the file and its folder may be written to.",
        ) from error


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _relative(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def write_receipt(receipt: Receipt, folder: Path) -> Path:
    """A file of its own for each receipt.

    Raises:
        InputError: the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot be made ({error.strerror or error})", where=folder) from error
    stamp = receipt.removed_utc[:19].replace(":", "").replace("-", "")
    subject = re.sub(r"[^\w.-]+", "_", receipt.name)[:60]
    number = 1
    while (path := folder / f"{stamp}-{receipt.what}-{subject}-{number}.json").exists():
        number += 1
    fields = {key: field for key, field in asdict(receipt).items() if field not in (None, "")}
    write_text(path, json.dumps(fields, indent=2, ensure_ascii=False) + "\n")
    return path
