"""Lessons made from a script of who faces what when, so that every figure of the report is known beforehand."""

from pathlib import Path

import numpy as np

from gazeclass.geometry.frames import Board
from gazeclass.geometry.rotation import Array
from gazeclass.lesson.columns import LessonMeta, Student
from gazeclass.lesson.observation import Observation
from gazeclass.lesson.store import LessonWriter
from gazeclass.lesson.zones import grid, most_probable_zones

BOARD = Board(4.0, 1.2)
ZONES = grid(BOARD, 2, 2)
PERIOD_S = 0.1
#: What a student may do in a script, besides facing the centre of a zone.
ELSEWHERE_XY = (6.0, 0.6)

Script = dict[str, list[tuple[float, str]]]  # student → (seconds, what), one after the other

_PARTS = [(4.0, "top left"), (2.0, "bottom right"), (2.0, "away"), (2.0, "not_seen")]
SIX: Script = {f"S{k + 1:02d}": _PARTS for k in range(6)}


def facing(position: Array, xy: Array) -> Array:
    """R_WS of an upright head at ``position`` that faces the board's point ``xy``."""
    forward = np.array([xy[0], xy[1], 0.0]) - position
    forward = forward / np.linalg.norm(forward)
    right = np.cross(np.array([0.0, -1.0, 0.0]), forward)
    right = right / np.linalg.norm(right)
    return np.stack([right, np.cross(forward, right), forward], axis=1)


def observe(t_s: float, student: str, number: int, what: str, sigma_m: float) -> Observation | None:
    """One moment of a script; None where the lesson has no row at all."""
    if what == "absent":
        return None
    if what == "not_seen":
        return Observation.not_seen(t_s, student)
    position = np.array([0.5 + 0.7 * (number % 5), 1.1, 2.5 + 1.5 * (number // 5)])
    common = {
        "t_s": t_s,
        "student": student,
        "position_W_m": position,
        "cov_position_m2": 1e-4 * np.eye(3),
        "cov_rotation_rad2": 1e-3 * np.eye(3),
        "face_px": 60.0,
        "cameras": "01",
        "skew_s": 0.01,
    }
    if what == "away":
        turned = np.array([[-1.0, 0, 0], [0, -1, 0], [0, 0, 1]])
        return Observation(status="away", R_WS=turned, **common)
    zones = {zone.name: zone for zone in ZONES}
    if what == "elsewhere":
        xy = np.array(ELSEWHERE_XY)
    else:
        zone = zones["top left" if what == "doubtful" else what]
        xy = np.array([(zone.x0_m + zone.x1_m) / 2, (zone.y0_m + zone.y1_m) / 2])
    cov = sigma_m**2 * np.array([[1.0, 0.3], [0.3, 0.8]])
    (index,), (probability,) = most_probable_zones(ZONES, xy[None], cov[None])
    return Observation(
        status="low_confidence" if what == "doubtful" else "ok",
        R_WS=facing(position, xy),
        board_xy_m=xy,
        cov_board_m2=cov,
        cov_board_pose_m2=0.9 * cov,
        zone=ZONES[index].name if index >= 0 else "",
        zone_probability=float(probability),
        **common,
    )


def write_script(path: Path, script: Script, *, sigma_m: float = 0.01, **meta: object) -> Path:
    """Write a scripted lesson."""
    known = {"classroom": "Room 3", "board": BOARD, "zones": ZONES, "period_s": PERIOD_S} | meta
    students = [Student(s, f"A{k + 1}", 1 + k // 5) for k, s in enumerate(script)]
    with LessonWriter(path, LessonMeta(**known), students) as writer:  # type: ignore[arg-type]
        for number, (student, parts) in enumerate(script.items()):
            step = 0
            for seconds, what in parts:
                for _ in range(round(seconds / PERIOD_S)):
                    found = observe(step * PERIOD_S, student, number, what, sigma_m)
                    if found is not None:
                        writer.add([found])
                    step += 1
    return path
