"""How a lesson file is changed: small things in place in one transaction, large ones in a copy that takes its place.

Both hold the lock that a writer holds, so that a lesson that is being recorded, or edited elsewhere, is refused; both
leave the old file whole when anything goes wrong.
"""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gazeclass.atomic import atomic_path
from gazeclass.errors import InputError
from gazeclass.lesson import schema
from gazeclass.lesson.reader import check_format, in_wal_mode, opened, refusing_damage
from gazeclass.lesson.store import claim, unclaim


@contextmanager
def editing(path: Path) -> Iterator[sqlite3.Connection]:
    """A lesson to change in place: one transaction, sealed again at its end, nothing changed if the block fails.

    An older format is brought up to today's first. Overwritten text is wiped from the file (``secure_delete``).

    Raises:
        InputError: no lesson, damaged, in use elsewhere, or a folder that cannot be written to.
    """
    path = Path(path)
    with claimed(path):
        if _version(path) < schema.VERSION:
            with copying(path, path):
                pass
        with refusing_damage(path), closing(_writable(path)) as db:
            db.execute("PRAGMA secure_delete = ON")
            db.execute("BEGIN IMMEDIATE")
            try:
                verify_seal(db)
                yield db
                reseal(db)
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise


@contextmanager
def rewriting(path: Path, out: Path | None = None) -> Iterator[sqlite3.Connection]:
    """A copy of a lesson to change, which takes the place of ``out`` when the block ends well.

    The copy is written afresh (``VACUUM``): nothing that was taken out of it is left in a free page. The old file's
    own bytes are overwritten before they are given up.

    Args:
        path: of the lesson; it is not changed itself.
        out: of the result; None replaces the lesson.

    Raises:
        InputError: no lesson, damaged, in use elsewhere, or a folder that cannot be written to.
    """
    path = Path(path)
    with claimed(path), copying(path, path if out is None else Path(out)) as db:
        yield db


@contextmanager
def copying(path: Path, out: Path) -> Iterator[sqlite3.Connection]:
    """:func:`rewriting` without its lock."""
    with refusing_damage(path), ExitStack() as after:
        if out == path:
            fold(path)
            after.enter_context(_old_bytes_wiped(path))
        temporary = after.enter_context(atomic_path(out))
        with closing(sqlite3.connect(temporary, isolation_level=None)) as db:
            with opened(path) as source:
                source.backup(db)
            db.execute("PRAGMA journal_mode = DELETE")
            schema.migrate(db)
            db.execute("BEGIN")
            verify_seal(db)
            yield db
            reseal(db)
            db.execute("COMMIT")
            db.execute("VACUUM")


@contextmanager
def _old_bytes_wiped(path: Path) -> Iterator[None]:
    """Hold on to a file that the block replaces, and overwrite its bytes after that.

    Where the file system knows no second name for a file, the old bytes are only given up.
    """
    old = path.with_name(f".{path.name}-old")
    try:
        old.unlink(missing_ok=True)
        os.link(path, old)
    except OSError:
        yield
        return
    try:
        yield
        if not old.samefile(path):
            wipe(old)
    finally:
        old.unlink(missing_ok=True)


def fold(path: Path) -> None:
    """Fold the journal that a killed writer left into the file, where there is one."""
    if in_wal_mode(path):
        with closing(_writable(path)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            db.execute("PRAGMA journal_mode = DELETE")


def wipe(path: Path) -> None:
    """Overwrite a file's bytes, as far as the disk does what it is told (flash memory may keep old cells)."""
    size = path.stat().st_size
    with open(path, "rb+") as file:
        for start in range(0, size, 1 << 20):
            file.write(bytes(min(1 << 20, size - start)))
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Hold the writer's lock on a lesson that is there.

    Raises:
        InputError: no such lesson, or somebody else holds it.
    """
    if not path.is_file():
        raise InputError("there is no such lesson", where=path)
    guard = claim(path)
    try:
        yield
    finally:
        unclaim(path, guard)


def _version(path: Path) -> int:
    with refusing_damage(path), opened(path) as db:
        return schema.version_of(db)


def _writable(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path.resolve().as_uri() + "?mode=rw", uri=True, isolation_level=None, timeout=5.0)
    try:
        check_format(db, path)
    except BaseException:
        db.close()
        raise
    return db


def verify_seal(db: sqlite3.Connection) -> None:
    """Refuse a whole lesson whose small tables are not what was written.

    Raises:
        ValueError: they are not.
    """
    if value(db, "complete") and value(db, "seal") != schema.seal_of(db):
        raise ValueError("what it says of itself is not what was written")


def reseal(db: sqlite3.Connection) -> None:
    """Seal a whole lesson anew after a change."""
    if value(db, "complete"):
        schema.seal(db)


def value(db: sqlite3.Connection, key: str) -> Any:
    """What the lesson says of itself under a key.

    Raises:
        KeyError: nothing.
    """
    found = db.execute("SELECT value FROM lesson WHERE key = ?", (key,)).fetchone()
    if found is None:
        raise KeyError(key)
    return json.loads(found[0])


def set_value(db: sqlite3.Connection, key: str, new: Any) -> None:
    """Store what the lesson says of itself under a key."""
    text = json.dumps(new, ensure_ascii=False, allow_nan=False)
    db.execute("INSERT OR REPLACE INTO lesson VALUES (?, ?)", (key, text))


def log(db: sqlite3.Connection, action: str, text: str) -> None:
    """A line in the lesson's audit log."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    db.execute("INSERT INTO audit VALUES (?, ?, ?)", (now, action, text))


def span_s(db: sqlite3.Connection) -> tuple[float, float] | None:
    """First and last moment of a lesson; None without any."""
    t0_s, t1_s = db.execute("SELECT min(t0_s), max(t1_s) FROM block").fetchone()
    return None if t0_s is None else (float(t0_s), float(t1_s))
