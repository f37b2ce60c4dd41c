"""How observations lie in the file: whole moments packed into blocks with a checksum, and a thin row each for SQL.

A block is a run of fixed records, read a thousand times faster than rows; its checksum tells one flipped bit. The thin
rows hold what one asks in SQL: who, when, with what status, in which zone, where on the board.
"""

import sqlite3
import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from gazeclass.geometry.rotation import log_so3
from gazeclass.lesson.columns import CAMERAS, COV_LENGTH, STATUSES
from gazeclass.lesson.observation import Observation

#: One observation on disk; part of the file format. Unknown numbers are NaN, no zone is -1.
RECORD = np.dtype(
    [
        ("t_s", "<f8"),
        ("position_W_m", "<f8", 3),
        ("rotvec_WS_rad", "<f8", 3),
        ("board_xy_m", "<f8", 2),
        ("zone_probability", "<f8"),
        ("face_px", "<f8"),
        ("skew_s", "<f8"),
        ("packed_cov", "<f4", COV_LENGTH),
        ("student", "<i4"),
        ("status", "u1"),
        ("cameras", "u1"),
        ("zone", "<i2"),
    ]
)
#: Records in a block at most: small enough that a damaged one tells where, large enough to be read fast.
MOST = 8192

INSERT_ROW = "INSERT INTO observation VALUES (?, ?, ?, ?, ?, ?, ?)"
_UPPER3, _UPPER2 = np.triu_indices(3), np.triu_indices(2)


def records_of(
    observations: Sequence[Observation], students: Mapping[str, int], zones: Mapping[str, int]
) -> np.ndarray:
    """Observations as records.

    Args:
        observations: at least one.
        students: name → id.
        zones: name → id.

    Returns:
        ``(n,)`` of :data:`RECORD`.

    Raises:
        ValueError: a zone that is not known, or an observation without a time.
    """
    for o in observations:
        if o.zone and o.zone not in zones:
            raise ValueError(f"'{o.zone}' is no zone of this lesson")
    out = np.zeros(len(observations), RECORD)
    out["t_s"] = [o.t_s for o in observations]
    if not np.isfinite(out["t_s"]).all():
        raise ValueError("an observation needs a time")
    out["position_W_m"] = [o.position_W_m for o in observations]
    R = np.array([o.R_WS for o in observations])
    known = np.isfinite(R).all(axis=(1, 2))
    out["rotvec_WS_rad"] = np.nan
    if known.any():
        out["rotvec_WS_rad"][known] = log_so3(R[known])
    out["board_xy_m"] = [o.board_xy_m for o in observations]
    for name in ("zone_probability", "face_px", "skew_s"):
        out[name] = [getattr(o, name) for o in observations]
    out["packed_cov"] = np.nan
    seen = np.array([o.seen for o in observations])
    if seen.any():
        out["packed_cov"][seen] = _packed_cov([o for o in observations if o.seen])
    out["student"] = [students[o.student] for o in observations]
    out["status"] = [STATUSES.index(o.status) for o in observations]
    out["cameras"] = [CAMERAS.index(o.cameras) for o in observations]
    out["zone"] = [zones.get(o.zone, -1) for o in observations]
    return out


def _packed_cov(observations: Sequence[Observation]) -> np.ndarray:
    """``(n, 18)`` upper triangles: position, rotation, board, pose part of board."""
    three = np.array([(o.cov_position_m2, o.cov_rotation_rad2) for o in observations])
    two = np.array([(o.cov_board_m2, o.cov_board_pose_m2) for o in observations])
    upper3 = three[:, :, _UPPER3[0], _UPPER3[1]].reshape(len(observations), -1)
    upper2 = two[:, :, _UPPER2[0], _UPPER2[1]].reshape(len(observations), -1)
    return np.hstack([upper3, upper2])


def store(db: sqlite3.Connection, records: np.ndarray) -> None:
    """Add records to both tables, within the caller's transaction.

    Raises:
        sqlite3.IntegrityError: a student twice at one moment.
    """
    store_rows(db, records)
    for start in range(0, len(records), MOST):
        part = np.ascontiguousarray(records[start : start + MOST])
        data = part.tobytes()
        db.execute(
            "INSERT INTO block (t0_s, t1_s, count, crc, data) VALUES (?, ?, ?, ?, ?)",
            (float(part["t_s"].min()), float(part["t_s"].max()), len(part), zlib.crc32(data), data),
        )


def store_rows(db: sqlite3.Connection, records: np.ndarray) -> None:
    """Only the thin rows."""
    db.executemany(INSERT_ROW, rows_of(records))


def rows_of(records: np.ndarray) -> list[tuple[object, ...]]:
    """The thin rows of records, in the order of the table's columns; SQLite turns NaN into NULL itself."""
    zone = [None if z < 0 else z for z in records["zone"].tolist()]
    board = records["board_xy_m"]
    return list(
        zip(
            records["t_s"].tolist(),
            records["student"].tolist(),
            records["status"].tolist(),
            zone,
            records["zone_probability"].tolist(),
            board[:, 0].tolist(),
            board[:, 1].tolist(),
            strict=True,
        )
    )


def load(db: sqlite3.Connection) -> np.ndarray:
    """All records of a file, every checksum verified, sorted by time and student id.

    Raises:
        ValueError: a block is not what was written, or there are more or fewer rows than records.
    """
    rows = int(db.execute("SELECT count(*) FROM observation").fetchone()[0])
    packed = int(db.execute("SELECT ifnull(sum(count), 0) FROM block").fetchone()[0])
    if rows != packed:
        raise ValueError(f"{packed} observations are packed, {rows} are listed")
    records = np.empty(packed, RECORD)
    at = 0
    for number, n, crc, data in db.execute("SELECT id, count, crc, data FROM block ORDER BY id"):
        if len(data) != n * RECORD.itemsize or zlib.crc32(data) != crc:
            raise ValueError(f"block {number} of the observations is not what was written")
        records[at : at + n] = np.frombuffer(data, RECORD)
        at += n
    if (records["status"] >= len(STATUSES)).any() or (records["cameras"] >= len(CAMERAS)).any():
        raise ValueError("a status or camera that does not exist")
    t_s, student = records["t_s"], records["student"]
    later = np.diff(t_s)
    if ((later > 0) | ((later == 0) & (np.diff(student) > 0))).all():
        return records
    return records[np.lexsort((student, t_s))]


def replace(db: sqlite3.Connection, records: np.ndarray) -> None:
    """Put records in place of all there are, within the caller's transaction."""
    db.execute("DELETE FROM observation")
    db.execute("DELETE FROM block")
    store(db, records)
