"""LESSON.gaze: one SQLite file per lesson, safe against power cuts, kills and full disks.

While a lesson is written the file is in WAL mode and a thread commits twice a second with a full sync, so whatever
happens no more than the last second is lost. Closing folds everything back into the one file. Only pseudonyms and
numbers are stored, never a picture.
"""

import json
import math
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from gazeclass.errors import InputError
from gazeclass.lesson import blocks, schema
from gazeclass.lesson.columns import LessonMeta, Student
from gazeclass.lesson.observation import Observation

#: Half of what may be lost, so that a slow disk still keeps the promise of one second.
COMMIT_EVERY_S = 0.5


class LessonWriter:
    """Write a lesson. A context manager; :meth:`close` (or leaving the block) makes it one whole file.

    All methods may be called from any thread.

    Args:
        path: of the file to make. It must not exist, or be empty (as :func:`gazeclass.atomic.atomic_path` gives it).
        meta: of the lesson; its zones name the only zones observations may have.
        students: who is known beforehand; others are added as they appear.

    Raises:
        InputError: the file exists, cannot be written, or another program is writing it.
    """

    def __init__(self, path: Path, meta: LessonMeta, students: Iterable[Student] = ()) -> None:
        self._path = Path(path)
        self._lock = threading.RLock()
        self._failure: InputError | None = None
        self._dirty = False
        self._stop = threading.Event()
        self._guard = claim(self._path)
        try:
            if self._path.is_dir() or (self._path.exists() and self._path.stat().st_size > 0):
                raise InputError(
                    "there is already something of that name",
                    where=self._path,
                    todo="Choose another name or move the old lesson away.",
                )
            self._db = self._open(meta)
        except BaseException:
            self._release()
            raise
        self._students: dict[str, int] = {}
        self._zones = {zone.name: number for number, zone in enumerate(meta.zones)}
        self._thread = threading.Thread(target=self._commit_now_and_then, name="gazeclass-commit", daemon=True)
        self._thread.start()
        for student in students:
            self.student(student)

    def __enter__(self) -> "LessonWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, observations: Iterable[Observation]) -> None:
        """Store observations; students and times may come in any order, but no student twice at one moment.

        Raises:
            InputError: the file cannot be written any more (disk full, taken away).
            ValueError: an unknown zone, or a student twice at one moment.
        """
        observations = list(observations)
        if not observations:
            return
        with self._writing():
            students = {o.student: self._student_id(o.student) for o in observations}
            records = blocks.records_of(observations, students, self._zones)
            try:
                blocks.store(self._db, records)
            except sqlite3.IntegrityError as error:
                raise ValueError("a student is observed twice at one moment") from error

    def student(self, student: Student) -> None:
        """Store who somebody is, or correct it."""
        with self._writing():
            self._db.execute(
                "INSERT INTO student (name, seat, seat_row) VALUES (?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET seat = excluded.seat, seat_row = excluded.seat_row",
                (student.name, student.seat, student.row),
            )
            self._student_id(student.name)

    def health(self, t_s: float, camera: int, **figures: float | int | str | None) -> None:
        """Store how a camera does: frames, dropped, late, …"""
        with self._writing():
            self._db.execute("INSERT INTO camera_health VALUES (?, ?, ?)", (t_s, camera, _json(figures)))

    def event(self, t_s: float, kind: str, text: str = "") -> None:
        """Store something that happened: a mark by the teacher, a pause, a camera lost."""
        with self._writing():
            self._db.execute("INSERT INTO event VALUES (?, ?, ?)", (t_s, kind, text))

    def details(self, **details: Any) -> None:
        """Add to, or replace in, the lesson's details (:class:`LessonMeta`)."""
        with self._writing():
            stored = self._db.execute("SELECT value FROM lesson WHERE key = 'details'").fetchone()
            self._set("details", json.loads(stored[0]) | details)

    def flush(self) -> None:
        """Commit now."""
        with self._writing():
            pass
        self._commit()
        self._raise_failure()

    def close(self) -> None:
        """Commit, fold the journal into the file and let go of it. Closing twice is no harm."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._thread.join()
        try:
            with self._writing():
                self._set("complete", True)
                schema.seal(self._db)
            self._commit()
            self._raise_failure()
            with self._refusing():
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                self._db.execute("PRAGMA journal_mode = DELETE")
        finally:
            self._release()

    def _open(self, meta: LessonMeta) -> sqlite3.Connection:
        with self._refusing():
            db = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None, timeout=5.0)
            try:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = FULL")
                schema.create(db)
                self._db = db
                for key, value in _meta_rows(meta).items():
                    self._set(key, value)
                self._set("complete", False)
                db.executemany(
                    "INSERT INTO zone VALUES (?, ?, ?, ?, ?, ?)",
                    [(n, z.name, z.x0_m, z.y0_m, z.x1_m, z.y1_m) for n, z in enumerate(meta.zones)],
                )
            except BaseException:
                db.close()
                raise
        return db

    def _set(self, key: str, value: Any) -> None:
        self._db.execute("INSERT OR REPLACE INTO lesson VALUES (?, ?)", (key, _json(value)))

    def _student_id(self, name: str) -> int:
        if name not in self._students:
            self._db.execute("INSERT OR IGNORE INTO student (name) VALUES (?)", (name,))
            found = self._db.execute("SELECT id FROM student WHERE name = ?", (name,)).fetchone()
            self._students[name] = int(found[0])
        return self._students[name]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Within the running transaction, alone; starts one where there is none. A failed block changes nothing."""
        with self._lock:
            self._raise_failure()
            with self._refusing():
                if not self._db.in_transaction:
                    self._db.execute("BEGIN")
                self._db.execute("SAVEPOINT step")
                known = dict(self._students)
                try:
                    yield
                except BaseException:
                    with suppress(sqlite3.Error):  # a full disk has already rolled everything back
                        self._db.execute("ROLLBACK TO step")
                        self._db.execute("RELEASE step")
                    self._students = known
                    raise
                self._db.execute("RELEASE step")
                self._dirty = True

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """What SQLite says about the disk, in words for the user."""
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except (sqlite3.Error, OSError) as error:
            raise InputError(
                f"the lesson cannot be written ({error})",
                where=self._path,
                todo="Check that the folder exists, may be written to and has room; what was stored before is safe.",
            ) from error

    def _commit(self) -> None:
        with self._lock:
            if not self._dirty:
                return
            try:
                with self._refusing():
                    if self._db.in_transaction:
                        self._db.execute("COMMIT")
                    self._dirty = False
            except InputError as failure:  # told to whoever writes next
                self._failure = failure

    def _commit_now_and_then(self) -> None:
        while not self._stop.wait(COMMIT_EVERY_S):
            self._commit()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _release(self) -> None:
        if (db := getattr(self, "_db", None)) is not None:
            with suppress(sqlite3.Error):
                db.close()
        unclaim(self._path, self._guard)


def _meta_rows(meta: LessonMeta) -> dict[str, Any]:
    return {
        "classroom": meta.classroom,
        "board": asdict(meta.board),
        "started_utc": meta.started_utc,
        "period_s": _real(meta.period_s),
        "min_group": meta.min_group,
        "show_students": meta.show_students,
        "details": meta.details,
        "title": meta.title,
        "note": meta.note,
        "keep_until": meta.keep_until,
    }


def _json(value: Any) -> str:
    return json.dumps(_finite(value), ensure_ascii=False, allow_nan=False)


def _finite(value: Any) -> Any:
    """JSON knows no NaN: unknown becomes null."""
    if isinstance(value, float):
        return _real(value)
    if isinstance(value, dict):
        return {str(k): _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return value


def _real(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def claim(path: Path) -> sqlite3.Connection:
    """Hold a lock that ends with this process, however it ends: an exclusive transaction on an empty file beside.

    Raises:
        InputError: another program holds it, or the folder cannot be written to.
    """
    try:
        guard = sqlite3.connect(_lock_path(path), timeout=0.0, isolation_level=None, check_same_thread=False)
        try:
            guard.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error:
            guard.close()
            raise
    except sqlite3.Error as error:
        if "locked" in str(error):
            raise InputError(
                "another program is writing this lesson", where=path, todo="Stop it there, or choose another name."
            ) from error
        raise InputError(
            f"the lesson cannot be written ({error})",
            where=path,
            todo="Check that the folder exists and may be written to.",
        ) from error
    return guard


def unclaim(path: Path, guard: sqlite3.Connection) -> None:
    """Let go of what :func:`claim` holds."""
    with suppress(sqlite3.Error):
        guard.close()
    with suppress(OSError):
        _lock_path(path).unlink()


def _lock_path(path: Path) -> Path:
    return path.with_name(path.name + "-lock")
