"""What is true about a rendered lesson, frame by frame, in the columns of ``truth.csv``."""

from dataclasses import dataclass

import numpy as np

from gazeclass.geometry.camera import ray_rotation
from gazeclass.geometry.frames import Board
from gazeclass.geometry.rotation import Array, long_yaw_angles_deg
from gazeclass.simulation.classroom_cast import Student
from gazeclass.simulation.layering import View
from gazeclass.simulation.room_drawing import Layer

#: Something this much nearer than the nose tip hides it.
HIDES_M = 0.012
_SEEN = ("u", "v", "visible", "box_x0", "box_y0", "box_x1", "box_y1", "yaw", "pitch", "roll")
COLUMNS = (
    *("frame", "t_s", "student", "row", "col", "target", "target_x", "target_y", "target_z"),
    *("nose_x", "nose_y", "nose_z"),
    *(f"R{i}{j}" for i in (1, 2, 3) for j in (1, 2, 3)),
    *("gaze_x", "gaze_y"),
    *(f"cam0_{name}" for name in _SEEN),
    *("cam1_frame", "cam1_t_s"),
    *(f"cam1_{name}" for name in _SEEN),
    *("cam1_sync_u", "cam1_sync_v"),
)


@dataclass(frozen=True, eq=False)
class Seen:
    """One student in one picture: nose pixel, whether it shows, face box and angles of R_crop; None outside it."""

    nose_px: Array
    visible: bool
    box_px: Array
    angles_deg: Array


def measure(student: Student, t_s: float, view: View, layer: Layer) -> Seen | None:
    """A student in the picture taken at ``t_s``; None where the nose tip is outside it."""
    R_WS = student.rotation_at(t_s)
    groups = student.pupil.groups_W(R_WS)
    nose_C = view.T_CW.apply(student.pupil.nose_W(groups))
    nose_px = view.camera.project(nose_C)
    if not view.camera.contains(nose_px):
        return None
    column, row = (int(k) for k in np.floor(nose_px + 0.5))
    w, h = view.camera.size_px
    nearest = layer.depth_m[min(row, h - 1), min(column, w - 1)]
    box = face_box(student, groups, view)
    return Seen(nose_px, bool(nearest > nose_C[2] - HIDES_M), box, crop_angles_deg(R_WS, box, view))


def face_box(student: Student, groups_W: Array, view: View) -> Array:
    """Smallest upright box ``(4,)`` round the projected vertices of the face."""
    pixels = view.camera.project(view.T_CW.apply(student.pupil.face_W(groups_W)))
    return np.concatenate([pixels.min(axis=0), pixels.max(axis=0)])


def crop_angles_deg(R_WS: Array, box_px: Array, view: View) -> Array:
    """Yaw, pitch, roll against the ray through the box's centre (method §2)."""
    n = view.camera.undistort((box_px[:2] + box_px[2:]) / 2.0)
    R_crop = ray_rotation([n[0], n[1], 1.0]).T @ view.T_CW.R @ R_WS
    return long_yaw_angles_deg(R_crop)


def truth_row(
    frame: int,
    times_s: tuple[float, float],
    student: Student,
    seen: tuple[Seen | None, Seen | None],
    views: tuple[View, View],
    board: Board,
) -> list[str]:
    """One line of the table, cell by cell."""
    t_s = times_s[0]
    R = student.rotation_at(t_s)
    nose = student.pupil.nose_W(student.pupil.groups_W(R))
    name, point = student.target_at(t_s)
    cells = [str(frame), f"{t_s:.4f}", student.name, str(student.seat.row), str(student.seat.column), name]
    cells += ["", "", ""] if point is None else [f"{x:.6f}" for x in point]
    cells += [f"{x:.6f}" for x in nose] + [f"{x:.9f}" for x in R.reshape(-1)]
    cells += gaze_cells(nose, R, board)
    cells += _seen_cells(seen[0]) + [str(frame), f"{times_s[1]:.4f}"] + _seen_cells(seen[1])
    sync = views[1].camera.project(views[1].T_CW.apply(nose))
    cells += [f"{x:.3f}" for x in sync] if views[1].camera.contains(sync) else ["", ""]
    return cells


def gaze_cells(nose_W: Array, R_WS: Array, board: Board) -> list[str]:
    """Where the ray along Z_S meets the board; empty where it does not (method §6.5)."""
    if R_WS[2, 2] >= 0:
        return ["", ""]
    xy = nose_W[:2] - nose_W[2] * R_WS[:2, 2] / R_WS[2, 2]
    # To the micrometre, as written: a look at the board's very edge is on it.
    return [f"{x:.6f}" for x in xy] if board.contains(np.round(xy, 6)) else ["", ""]


def _seen_cells(seen: Seen | None) -> list[str]:
    if seen is None:
        return [""] * len(_SEEN)
    return [
        *(f"{x:.3f}" for x in seen.nose_px),
        str(int(seen.visible)),
        *(f"{x:.1f}" for x in seen.box_px),
        *(f"{x:.4f}" for x in seen.angles_deg),
    ]
