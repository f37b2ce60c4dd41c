"""The room to scale, from above and from the side, as plain geometry in metres: the views and the PDF only draw it.

From above, the board is at the top as the class sees it: ``u`` runs to the right of who faces the board (from the
board's left edge), ``v`` away from the board. From the side, seen from the board's right: ``u`` runs away from the
board, ``v`` upwards from the floor (or from the board's lower edge where the floor is not known).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from gazeclass.calibration.classroom import Classroom
from gazeclass.calibration.room import Room
from gazeclass.calibration.tape import BOARD_CORNERS, CAMERAS
from gazeclass.calibration.target import Target
from gazeclass.geometry.frames import Board, Transform
from gazeclass.geometry.rotation import Array

Kind = Literal["board", "chessboard", "camera", "sight", "seat", "floor", "reading"]
#: How far a camera's field of view is drawn.
SIGHT_M = 1.2

UV = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A polyline; ``closed`` ones are outlines. ``label`` names it where it has a name."""

    points: tuple[UV, ...]
    kind: Kind
    label: str = ""
    closed: bool = False


@dataclass(frozen=True)
class Mark:
    """A point with its name."""

    at: UV
    kind: Kind
    label: str = ""


@dataclass(frozen=True)
class Drawing:
    """Lines and marks in metres, and the box ``u0, v0, u1, v1`` that holds them."""

    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]
    box: tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Scene:
    """What is drawn, in WCS. Anything may be missing while it is not known yet."""

    room: Room
    target: Target | None = None
    T_WA: Transform | None = None
    T_WC: tuple[Transform, Transform] | None = None
    half_views_deg: tuple[tuple[float, float], tuple[float, float]] = ((33.0, 20.0), (33.0, 20.0))
    readings: tuple[tuple[str, str], ...] = ()


def classroom_scene(classroom: Classroom, room: Room, target: Target) -> Scene:
    """The scene of a calibrated room."""
    rig = classroom.rig()
    if classroom.world is None:
        return Scene(room, target)
    T_WA = Transform(np.array(classroom.world.R_WA), np.array(classroom.world.t_WA_m))
    views = tuple(
        (
            float(np.degrees(np.arctan(c.width_px / 2 / c.matrix[0, 0]))),
            float(np.degrees(np.arctan(c.height_px / 2 / c.matrix[1, 1]))),
        )
        for c in rig.cameras
    )
    readings = tuple((r.point_a, r.point_b) for r in classroom.tape if not r.rejected)
    T_WC = (rig.world_from_camera(0), rig.world_from_camera(1))
    return Scene(room, target, T_WA, T_WC, (views[0], views[1]), readings)


def from_above(scene: Scene) -> Drawing:
    """The plan."""
    width = scene.room.board.width_m

    def uv(p: Array) -> UV:
        return width - float(p[0]), float(p[2])

    return _draw(scene, uv, 0)


def from_side(scene: Scene) -> Drawing:
    """The section, seen from the board's right end."""
    board = scene.room.board
    edge = board.lower_edge_above_floor_m or 0.0

    def uv(p: Array) -> UV:
        return float(p[2]), board.height_m + edge - float(p[1])

    return _draw(scene, uv, 1)


def _draw(scene: Scene, uv: Callable[[Array], UV], axis: int) -> Drawing:
    board = scene.room.board
    corners = Board(board.width_m, board.height_m).corners()
    ends = ("B_TL", "B_TR") if axis == 0 else ("B_TR", "B_BR")
    lines = [Line(tuple(uv(corners[n]) for n in ends), "board", "board")]
    marks = []
    for seat in scene.room.seats:
        marks.append(Mark(uv(np.array(seat.position_m)), "seat", seat.name))
    places = dict(corners)
    if scene.T_WA is not None and scene.target is not None:
        names = scene.target.outer_corner_names()
        found = {n: scene.T_WA.apply(scene.target.points_A[scene.target.corner_index(n)]) for n in names}
        order = (names[0], names[1], names[3], names[2])
        lines.append(Line(tuple(uv(found[n]) for n in order), "chessboard", "chessboard", closed=True))
        if axis == 0:
            marks += [Mark(uv(found[n]), "chessboard", n) for n in names]
        places |= found
    if scene.T_WC is not None:
        for c in (0, 1):
            T = scene.T_WC[c]
            places[CAMERAS[c]] = T.t
            marks.append(Mark(uv(T.t), "camera", CAMERAS[c]))
            half = np.radians(scene.half_views_deg[c][axis])
            for sign in (-1.0, 1.0):
                ray = np.array([0.0, 0.0, 1.0])
                ray[axis] = sign * np.tan(half)
                lines.append(Line((uv(T.t), uv(T.t + SIGHT_M * T.R @ ray)), "sight"))
    for a, b in scene.readings:
        if a in places and b in places and not (a in BOARD_CORNERS and b in BOARD_CORNERS):
            lines.append(Line((uv(places[a]), uv(places[b])), "reading", f"{a} to {b}"))
    box = _box([p for line in lines for p in line.points] + [m.at for m in marks])
    if axis == 1 and board.lower_edge_above_floor_m is not None:
        lines.append(Line(((box[0], 0.0), (box[2], 0.0)), "floor", "floor"))
        box = (box[0], min(box[1], 0.0), box[2], box[3])
    return Drawing(tuple(lines), tuple(marks), box)


def _box(points: Iterable[UV]) -> tuple[float, float, float, float]:
    uv = np.array(list(points))
    low, high = uv.min(axis=0), uv.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def with_reading(scene: Scene, point_a: str, point_b: str) -> Drawing:
    """The plan with only one reading drawn: the one to take now."""
    return from_above(replace(scene, readings=((point_a, point_b),)))
