"""The calibration folder of a rendered classroom: pictures of chessboards, tape readings, the room's notes."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeclass.atomic import write_text
from gazeclass.geometry.rotation import FACING, Array
from gazeclass.progress import Progress
from gazeclass.simulation.chessboard_views import Held, add_board, inner_corners, sample_pairs, sample_singles
from gazeclass.simulation.classroom_cast import Student
from gazeclass.simulation.classroom_plan import ClassroomPlan
from gazeclass.simulation.layering import View
from gazeclass.simulation.lesson_video import Sensor
from gazeclass.simulation.room import Room, without_row
from gazeclass.simulation.room_drawing import draw_room

TAPE_SIGMA_M = 0.003
NOISE_LEVELS = 0.9
_SEAT_STEP_M = 0.05
#: What is measured with the tape: each outer chessboard corner to each of the board's, and the board's own edges.
_READINGS = (
    *((c, b) for c in ("C00", "C80", "C05", "C85") for b in ("B_TL", "B_TR", "B_BL", "B_BR")),
    ("B_TL", "B_TR"),
    ("B_TR", "B_BR"),
)


@dataclass(frozen=True)
class TapeReading:
    """One distance between two named points, as it is and as it was read."""

    point_a: str
    point_b: str
    true_m: float
    read_m: float


def write_calibration(
    folder: Path,
    room: Room,
    views: tuple[View, View],
    students: list[Student],
    plan: ClassroomPlan,
    progress: Progress,
) -> tuple[list[Held], list[TapeReading]]:
    """Write ``folder``; returns where every board was held and the tape readings with their truth."""
    rng = np.random.default_rng([plan.seed, 5])
    pairs = sample_pairs(rng, room, plan.pairs)
    singles = [held for c in (0, 1) for held in sample_singles(rng, room, c, plan.singles)]
    progress.start("calibration pictures", 2 * len(pairs) + len(singles) + 2)
    bare = without_row(room, 1)  # the first row's desks stand where the table goes
    for c, view in enumerate(views):
        T_WC = room.T_WC[c]
        sensor = Sensor(np.random.default_rng([plan.seed, 6, c]), plan.height_px, plan.width_px, NOISE_LEVELS)
        empty = draw_room(bare, bare.furniture, view.camera, T_WC, view.lens)
        for k, held in enumerate(pairs):
            picture = add_board(empty, held.T_WB, view.camera, T_WC, view.lens)
            write_picture(folder / "stereo" / f"cam{c}" / f"{k:02d}.jpg", sensor.expose(picture.colour))
            progress.advance()
        for k, held in enumerate(h for h in singles if h.camera == c):
            picture = add_board(empty, held.T_WB, view.camera, T_WC, view.lens)
            write_picture(folder / "intrinsics" / f"cam{c}" / f"{k}.jpg", sensor.expose(picture.colour))
            progress.advance()
        laid = draw_room(bare, bare.furniture + room.table, view.camera, T_WC, view.lens)
        picture = add_board(laid, room.T_WA, view.camera, T_WC, view.lens)
        write_picture(folder / "auxiliary" / f"cam{c}.jpg", sensor.expose(picture.colour))
        progress.advance()
    readings = read_tape_measure(room, np.random.default_rng([plan.seed, 7]))
    lines = ["point_a,point_b,distance_m,tolerance_m"]
    lines += [f"{r.point_a},{r.point_b},{r.read_m:.3f},{TAPE_SIGMA_M}" for r in readings]
    write_text(folder / "tape.csv", "\n".join(lines) + "\n")
    write_text(folder / "room.toml", room_toml(room, students))
    return [*pairs, *singles, Held("flat", room.T_WA)], readings


def room_toml(room: Room, students: list[Student]) -> str:
    """The board's size, and every seat with where a head is there, rounded to what a tape on the floor gives."""
    lines = [
        "[board]",
        f"width_m = {room.board.width_m}",
        f"height_m = {room.board.height_m}",
        f"lower_edge_above_floor_m = {room.board_above_floor_m}",
        "",
        "# Where the noses of the seated students are when they face the board, metres in WCS, to the nearest 5 cm.",
    ]
    for student in students:
        nose = student.pupil.nose_W(student.pupil.groups_W(FACING))
        place = ", ".join(f"{round(float(v) / _SEAT_STEP_M) * _SEAT_STEP_M:.2f}" for v in nose)
        name = f"{student.seat.row}-{student.seat.column}"
        lines += ["", "[[seats]]", f'name = "{name}"', f"row = {student.seat.row}", f"position_m = [{place}]"]
    return "\n".join(lines) + "\n"


def read_tape_measure(room: Room, rng: np.random.Generator) -> list[TapeReading]:
    """Distances with a Gaussian error of 3 mm, read to the millimetre."""
    points: dict[str, Array] = dict(room.board.corners())
    points |= {name: room.T_WA.apply(p) for name, p in inner_corners().items()}
    out = []
    for a, b in _READINGS:
        true = float(np.linalg.norm(points[a] - points[b]))
        out.append(TapeReading(a, b, round(true, 6), round(true + rng.normal(0.0, TAPE_SIGMA_M), 3)))
    return out


def write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """A picture file, JPEG at quality 95; ``cv2.imwrite`` does not say why it fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())
