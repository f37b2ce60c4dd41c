"""Small lessons for tests of documents."""

from pathlib import Path

import numpy as np

from gazeclass.geometry.frames import Board
from gazeclass.geometry.rotation import rotation_from_angles_deg
from gazeclass.lesson.columns import LessonMeta, Student
from gazeclass.lesson.observation import Observation
from gazeclass.lesson.store import LessonWriter
from gazeclass.lesson.zones import grid

BOARD = Board(4.0, 1.2)


def observation(t_s: float, student: str, number: int) -> Observation:
    return Observation(
        t_s,
        student,
        "ok",  # type: ignore[arg-type]
        position_W_m=np.array([number, 1.0, 4.0]),
        cov_position_m2=np.eye(3) * 1e-4,
        R_WS=rotation_from_angles_deg(number, 2.0, 3.0),
        cov_rotation_rad2=np.eye(3) * 1e-3,
        board_xy_m=np.array([number + 0.5, 0.6]),
        cov_board_m2=np.eye(2) * 0.01,
        cov_board_pose_m2=np.eye(2) * 0.009,
        zone="top left",
        zone_probability=0.75,
        face_px=50.0 + number,
        cameras="01",
        skew_s=0.01,
    )


def write(
    path: Path,
    students: tuple[str, ...] = ("KT47", "BX29", "ZZ33"),
    moments: int = 20,
    **meta: object,
) -> Path:
    known = {
        "classroom": "Room 3",
        "board": BOARD,
        "started_utc": "2026-01-05T08:00:00+00:00",
        "period_s": 0.1,
        "zones": grid(BOARD, 2, 2),
        "details": {"models": ["mtcnn"], "notes": ["KT47 came late"]},
    } | meta
    with LessonWriter(path, LessonMeta(**known), [Student(s, f"A{k}", 1) for k, s in enumerate(students)]) as writer:  # type: ignore[arg-type]
        for k in range(moments):
            writer.add([observation(round(0.1 * k, 3), s, n) for n, s in enumerate(students)])
        writer.event(0.5, "mark", "exercise 3, with KT47")
        writer.health(0.0, 0, frames=20, dropped=0)
    return path
