"""The tables of LESSON.gaze, its version, and how an older file is brought up to it."""

import sqlite3
from collections.abc import Callable

#: "GAZE" as a big-endian integer, in the file's header (`PRAGMA application_id`): how a lesson is told from any SQLite.
APPLICATION_ID = 0x47415A45
#: Raise it with every change of the tables and add the step to :data:`MIGRATIONS`.
VERSION = 1

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
CREATE TABLE observation (
    t_s REAL NOT NULL,
    student INTEGER NOT NULL REFERENCES student(id),
    status INTEGER NOT NULL,          -- index into columns.STATUSES
    head_x_m REAL, head_y_m REAL, head_z_m REAL,
    rotvec_x REAL, rotvec_y REAL, rotvec_z REAL,
    board_x_m REAL, board_y_m REAL,
    zone INTEGER REFERENCES zone(id),
    zone_probability REAL,
    face_px REAL,
    cameras INTEGER NOT NULL,         -- bit 0 camera 0, bit 1 camera 1
    skew_s REAL,
    cov BLOB,                         -- 18 little-endian float32, see columns.pack_cov; NULL: none known
    PRIMARY KEY (t_s, student)
) WITHOUT ROWID;
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
"""

#: version → what brings a file of that version to the next one.
MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {}


def create(db: sqlite3.Connection) -> None:
    """Make the tables in an empty file."""
    db.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; {TABLES}")


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
