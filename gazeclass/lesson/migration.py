"""Lessons of older formats brought up to today's, inside one transaction each."""

import json
import sqlite3
from itertools import islice

import numpy as np

from gazeclass.lesson import blocks, schema
from gazeclass.lesson.columns import COV_LENGTH

#: As they were in format 2: a step must not change when the tables do later.
_TABLES_2 = (
    """CREATE TABLE observation (
        t_s REAL NOT NULL,
        student INTEGER NOT NULL REFERENCES student(id),
        status INTEGER NOT NULL,
        zone INTEGER REFERENCES zone(id),
        zone_probability REAL,
        board_x_m REAL, board_y_m REAL,
        PRIMARY KEY (t_s, student)
    ) WITHOUT ROWID""",
    """CREATE TABLE block (
        id INTEGER PRIMARY KEY,
        t0_s REAL NOT NULL, t1_s REAL NOT NULL,
        count INTEGER NOT NULL,
        crc INTEGER NOT NULL,
        data BLOB NOT NULL
    )""",
    "CREATE TABLE audit (at_utc TEXT NOT NULL, action TEXT NOT NULL, text TEXT NOT NULL)",
)
_NO_COV = np.full(COV_LENGTH, np.nan, "<f4").tobytes()


def rows_to_blocks(db: sqlite3.Connection) -> None:
    """Format 1 → 2: every number of an observation was a column of its own; a title, a note and an audit log are new.

    Raises:
        ValueError, TypeError: a row that no gazeclass has written.
    """
    db.execute("ALTER TABLE observation RENAME TO observation_1")
    for statement in _TABLES_2:
        db.execute(statement)
    cursor = db.execute(
        "SELECT t_s, head_x_m, head_y_m, head_z_m, rotvec_x, rotvec_y, rotvec_z, board_x_m, board_y_m, "
        "zone_probability, face_px, skew_s, student, status, cameras, ifnull(zone, -1), cov "
        "FROM observation_1 ORDER BY t_s, student"
    )
    while rows := list(islice(cursor, blocks.MOST)):
        columns = list(zip(*rows, strict=True))
        reals = np.array(columns[:12], dtype=float).T  # None becomes NaN
        records = np.zeros(len(rows), blocks.RECORD)
        records["t_s"] = reals[:, 0]
        records["position_W_m"], records["rotvec_WS_rad"] = reals[:, 1:4], reals[:, 4:7]
        records["board_xy_m"] = reals[:, 7:9]
        records["zone_probability"], records["face_px"], records["skew_s"] = reals[:, 9:12].T
        for name, column in zip(("student", "status", "cameras", "zone"), columns[12:16], strict=True):
            records[name] = column
        cov = b"".join([_NO_COV if blob is None else blob for blob in columns[16]])
        records["packed_cov"] = np.frombuffer(cov, "<f4").reshape(len(rows), COV_LENGTH)
        blocks.store(db, records)
    db.execute("DROP TABLE observation_1")
    for key in ("title", "note", "keep_until"):
        db.execute("INSERT OR IGNORE INTO lesson VALUES (?, ?)", (key, json.dumps("")))
    complete = db.execute("SELECT value FROM lesson WHERE key = 'complete'").fetchone()
    if complete is not None and json.loads(complete[0]):
        schema.seal(db)
