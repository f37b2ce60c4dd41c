"""The tables of LESSON.gaze, its version, and how an older file is brought up to it."""

import json
import sqlite3
import zlib
from collections.abc import Callable

#: "GAZE" as a big-endian integer, in the file's header (`PRAGMA application_id`): how a lesson is told from any SQLite.
APPLICATION_ID = 0x47415A45
#: Raise it with every change of the tables and add the step to :data:`MIGRATIONS`.
VERSION = 2

TABLES = """
CREATE TABLE lesson (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL               -- JSON
) WITHOUT ROWID;
CREATE TABLE student (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,        -- pseudonym or label, never a name from the roster
    seat TEXT NOT NULL DEFAULT '',
    seat_row INTEGER
);
CREATE TABLE zone (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    x0_m REAL NOT NULL, y0_m REAL NOT NULL, x1_m REAL NOT NULL, y1_m REAL NOT NULL
);
CREATE TABLE observation (            -- what one asks in SQL; all of it stands in block too
    t_s REAL NOT NULL,
    student INTEGER NOT NULL REFERENCES student(id),
    status INTEGER NOT NULL,          -- index into columns.STATUSES
    zone INTEGER REFERENCES zone(id),
    zone_probability REAL,
    board_x_m REAL, board_y_m REAL,
    PRIMARY KEY (t_s, student)
) WITHOUT ROWID;
CREATE TABLE block (                  -- the observations, packed
    id INTEGER PRIMARY KEY,
    t0_s REAL NOT NULL, t1_s REAL NOT NULL,
    count INTEGER NOT NULL,
    crc INTEGER NOT NULL,             -- zlib.crc32 of data
    data BLOB NOT NULL                -- count records of blocks.RECORD
);
CREATE TABLE camera_health (
    t_s REAL NOT NULL,
    camera INTEGER NOT NULL,
    figures TEXT NOT NULL             -- JSON
);
CREATE TABLE event (
    t_s REAL NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE TABLE audit (                  -- what was done with the lesson afterwards: exports, cuts, removals
    at_utc TEXT NOT NULL,
    action TEXT NOT NULL,
    text TEXT NOT NULL
);
"""

#: Tables whose content the seal covers; observations have the checksums of their blocks.
_SEALED = (
    "SELECT key, value FROM lesson WHERE key <> 'seal' ORDER BY key",
    "SELECT id, name, seat, seat_row FROM student ORDER BY id",
    "SELECT id, name, x0_m, y0_m, x1_m, y1_m FROM zone ORDER BY id",
    "SELECT t_s, camera, figures FROM camera_health ORDER BY rowid",
    "SELECT t_s, kind, text FROM event ORDER BY rowid",
    "SELECT at_utc, action, text FROM audit ORDER BY rowid",
    "SELECT count(*), total(count), total(crc) FROM block",
)


def _to_blocks(db: sqlite3.Connection) -> None:
    from gazeclass.lesson.migration import rows_to_blocks

    rows_to_blocks(db)


#: version → what brings a file of that version to the next one.
MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {1: _to_blocks}


def create(db: sqlite3.Connection) -> None:
    """Make the tables in an empty file."""
    db.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; {TABLES}")


def seal_of(db: sqlite3.Connection) -> str:
    """A checksum over everything in the file but the observations themselves, whose blocks have their own."""
    crc = 0
    for query in _SEALED:
        for row in db.execute(query):
            crc = zlib.crc32(repr(row).encode(), crc)
        crc = zlib.crc32(b"|", crc)
    return f"{crc:08x}"


def seal(db: sqlite3.Connection) -> None:
    """Store the checksum of a whole lesson; a lesson that is still being written has none."""
    db.execute("INSERT OR REPLACE INTO lesson VALUES ('seal', ?)", (json.dumps(seal_of(db)),))


def version_of(db: sqlite3.Connection) -> int:
    """The format version of an open file."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def is_lesson(db: sqlite3.Connection) -> bool:
    """Whether an open SQLite file says that it is a lesson."""
    return int(db.execute("PRAGMA application_id").fetchone()[0]) == APPLICATION_ID


def migrate(
    db: sqlite3.Connection,
    migrations: dict[int, Callable[[sqlite3.Connection], None]] = MIGRATIONS,
    target: int = VERSION,
) -> None:
    """Bring an older file up to date, one transaction a step, so that a failure leaves the last whole one."""
    while (version := version_of(db)) < target:
        step = migrations[version]
        with db:
            db.execute("BEGIN IMMEDIATE")
            step(db)
            db.execute(f"PRAGMA user_version = {version + 1}")
