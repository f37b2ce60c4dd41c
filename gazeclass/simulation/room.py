"""A classroom by one seed: board, two cameras beside it, desks in rows, plain walls; and the chessboard's table."""

from dataclasses import dataclass, replace

import numpy as np

from gazeclass.errors import InputError
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import IDEAL_R_WA, Board, Transform
from gazeclass.geometry.rotation import Array, exp_so3
from gazeclass.simulation.room_seating import (
    FARTHEST_FIRST_ROW_M,
    FIRST_ROW_Z_M,
    ROW_SPACING_M,
    Arrangement,
    Seat,
    double_desks,
    growing_rows,
    looking,
    unseen,
)

#: Nine places on the board, as the class sees it: top, middle, bottom; left, centre, right.
_ROWS, _COLUMNS = "TMB", "LCR"
DESK_TOP_M, SEAT_M, TABLE_TOP_M = 0.73, 0.44, 0.74
#: The walls of a room wider than its rows by this much.
_AISLE_M = 1.6
CEILING_M = 3.0


@dataclass(frozen=True)
class Box:
    """A box along the axes of the room: ``low`` and ``high`` corner in WCS, colour (B, G, R) in [0, 1], mottling.

    ``row`` is the row of seats it belongs to, 0 for what belongs to none.
    """

    low: tuple[float, float, float]
    high: tuple[float, float, float]
    colour: tuple[float, float, float]
    grain: float = 0.015
    row: int = 0


@dataclass(frozen=True, eq=False)
class Room:
    """Everything that stands still.

    Attributes:
        board: the blackboard; its lower edge is ``board_above_floor_m`` above the floor.
        cameras, T_WC: both lenses, and camera axes to WCS.
        T_WA: the lying chessboard.
        seats: in the order of the students.
        inside: low and high corner of the room.
        furniture: desks and chairs (``row`` tells whose), cupboard, door, posters.
        table: under the lying chessboard.
    """

    board: Board
    board_above_floor_m: float
    cameras: tuple[CameraModel, CameraModel]
    T_WC: tuple[Transform, Transform]
    T_WA: Transform
    seats: tuple[Seat, ...]
    inside: tuple[Array, Array]
    furniture: tuple[Box, ...]
    table: tuple[Box, ...]

    @property
    def floor_y_m(self) -> float:
        """Height of the floor on WCS's downward axis."""
        return self.board.height_m + self.board_above_floor_m

    def board_points(self) -> dict[str, Array]:
        """P_TL … P_BR in WCS."""
        w, h = self.board.width_m, self.board.height_m
        return {
            f"P_{r}{c}": np.array([w * (5 - 2 * j) / 6, h * (2 * i + 1) / 6, 0.0])
            for i, r in enumerate(_ROWS)
            for j, c in enumerate(_COLUMNS)
        }


def sample_room(rng: np.random.Generator, students: int, rows: int, width_px: int) -> Room:
    """A room for ``students`` in ``rows``, with cameras whose pictures are ``width_px`` wide (16:9).

    Raises:
        InputError: so many seats do not fit into both pictures.
    """
    board = Board(round(rng.uniform(3.7, 4.2), 2), round(rng.uniform(1.1, 1.3), 2))
    above = 0.9
    cameras, arrangement = _arranged(rng, students, rows, board, above, width_px)
    seats = arrangement.seats
    x = [s.x_m for s in seats]
    low = np.array([min(*x, -0.6) - _AISLE_M, board.height_m + above - CEILING_M, -0.02])
    high = np.array([max(*x, board.width_m + 0.6) + _AISLE_M, board.height_m + above, arrangement.last_row_z_m + 2.2])
    furniture = _furniture(rng, seats, low, high)
    table, T_WA = _table(rng, board, board.height_m + above)
    return Room(board, above, cameras, arrangement.T_WC, T_WA, seats, (low, high), furniture, table)


def _arranged(
    rng: np.random.Generator, students: int, rows: int, board: Board, above: float, width_px: int
) -> tuple[tuple[CameraModel, CameraModel], Arrangement]:
    """Lenses, seats and where the cameras look: a desk for everybody where that fits, else desks for two."""
    seats = growing_rows(rng, students, rows, board)
    cameras = (_camera(rng, width_px), _camera(rng, width_px))
    # Look at the middle of the class, a little above its desks.
    depth = FIRST_ROW_Z_M + ROW_SPACING_M * (rows - 1)
    aim = np.array([board.width_m / 2, rng.uniform(0.98, 1.05), max(3.6, (FIRST_ROW_Z_M + depth) / 2 + 0.25)])
    places = (
        np.array([-rng.uniform(0.1, 0.3), rng.uniform(-0.15, 0.0), rng.uniform(0.04, 0.14)]),
        np.array([board.width_m + rng.uniform(0.1, 0.3), rng.uniform(-0.15, 0.0), rng.uniform(0.04, 0.14)]),
    )
    poses = tuple(looking(place, aim + rng.normal(0.0, 0.04, 3), rng.normal(0.0, 0.8)) for place in places)
    single = Arrangement(seats, (poses[0], poses[1]), depth)
    if unseen(single, cameras, board.height_m, above, reach_m=0.0) is None:
        return cameras, single
    double = double_desks(rng, students, rows, board, cameras, places)
    missed = unseen(double, cameras, board.height_m, above)
    if missed is not None:
        seat, camera = missed
        in_row = sum(other.row == seat.row for other in double.seats)
        far_m = FARTHEST_FIRST_ROW_M + ROW_SPACING_M * (seat.row - 1)
        raise InputError(
            f"{students} students in {rows} rows do not fit into both pictures: cam{camera} does not see seat "
            f"{seat.column} of the {in_row} in row {seat.row}, even {far_m:.1f} m from the board",
            todo="Give more rows or fewer students.",
        )
    return cameras, double


def _camera(rng: np.random.Generator, width_px: int) -> CameraModel:
    """A wide webcam's lens, each a little different; k1 … k3 as such lenses have them."""
    f = 1475.0 + rng.uniform(-12.0, 12.0)
    K = np.array(
        [[f, 0.0, 959.5 + rng.uniform(-10, 10)], [0.0, f + rng.uniform(-2, 2), 539.5 + rng.uniform(-10, 10)], [0, 0, 1]]
    )
    k1 = rng.uniform(-0.135, -0.11)
    d = [k1, -0.55 * k1 + rng.normal(0.0, 0.004), *rng.uniform(-7e-4, 7e-4, 2), rng.uniform(-0.014, -0.006)]
    height = width_px * 9 // 16
    full = CameraModel(1920, 1080, K, np.array(d))
    return full if width_px == 1920 else full.scaled(width_px, height)


def _furniture(rng: np.random.Generator, seats: tuple[Seat, ...], low: Array, high: Array) -> tuple[Box, ...]:
    floor = float(high[1])
    wood = tuple(np.clip(np.array([0.52, 0.66, 0.78]) * rng.uniform(0.85, 1.1), 0, 1))
    chair = tuple(np.clip(rng.uniform(0.3, 0.8, 3), 0, 1))
    metal = (0.45, 0.43, 0.42)
    boxes = []

    def add(x0: float, x1: float, h0: float, h1: float, z0: float, z1: float, colour: tuple, row: int = 0) -> None:
        b, g, r = (float(c) for c in colour)
        boxes.append(Box((x0, floor - h1, z0), (x1, floor - h0, z1), (b, g, r), row=row))

    for seat in seats:
        x, z = seat.x_m, seat.z_m
        front, back = z - 0.66, z - 0.26
        add(x - 0.36, x + 0.36, DESK_TOP_M - 0.03, DESK_TOP_M, front, back, wood, seat.row)
        add(x - 0.33, x + 0.33, DESK_TOP_M - 0.26, DESK_TOP_M - 0.03, front + 0.03, front + 0.05, (0.6,) * 3, seat.row)
        for dx in (-0.34, 0.31):
            for dz in (front + 0.02, back - 0.05):
                add(x + dx, x + dx + 0.03, 0.0, DESK_TOP_M - 0.03, dz, dz + 0.03, metal, seat.row)
        sheet = rng.uniform(0.55, 0.95, 3)
        u = x + rng.uniform(-0.15, 0.0)
        add(u, u + 0.2, DESK_TOP_M, DESK_TOP_M + 0.004, front + 0.06, front + 0.3, tuple(sheet), seat.row)
        hip = z + 0.16
        add(x - 0.2, x + 0.2, SEAT_M - 0.03, SEAT_M, hip - 0.26, hip + 0.16, chair, seat.row)
        add(x - 0.19, x + 0.19, SEAT_M + 0.16, SEAT_M + 0.42, hip + 0.17, hip + 0.19, chair, seat.row)
        for dx in (-0.19, 0.165):
            for dz in (hip - 0.24, hip + 0.165):
                top = SEAT_M + 0.18 if dz > hip else SEAT_M - 0.03
                add(x + dx, x + dx + 0.025, 0.0, top, dz, dz + 0.025, metal, seat.row)
    wall = float(high[2])
    x = float(low[0] + rng.uniform(0.3, 0.55) * (high[0] - low[0]))
    add(x, x + 1.1, 0.0, 1.9, wall - 0.45, wall, (0.52, 0.63, 0.7))
    add(x + 1.7, x + 2.6, 0.0, 2.05, wall - 0.03, wall, (0.3, 0.42, 0.55))
    add(x - 2.4, x - 0.6, 1.0, 2.0, wall - 0.03, wall, (0.45, 0.52, 0.4))
    for k in range(5):
        u, h = x - 2.3 + 0.33 * k, rng.uniform(1.1, 1.6)
        add(u, u + 0.21, h, h + 0.29, wall - 0.04, wall - 0.03, tuple(rng.uniform(0.5, 0.95, 3)))
    return tuple(boxes)


def _table(rng: np.random.Generator, board: Board, floor: float) -> tuple[tuple[Box, ...], Transform]:
    """A table before the board and the chessboard lying on it, level, turned a few degrees about the vertical."""
    middle = np.array([board.width_m / 2 + rng.uniform(-0.15, 0.15), floor - TABLE_TOP_M - 0.004, 2.3])
    turn = exp_so3(np.radians(rng.uniform(-5.0, 5.0)) * np.array([0.0, 0.0, 1.0]))
    R_WA = IDEAL_R_WA @ turn
    T_WA = Transform(R_WA, middle - R_WA @ np.array([-0.24, -0.15, 0.0]))
    x, z, top = float(middle[0]), float(middle[2]), floor - TABLE_TOP_M
    wood, metal = (0.6, 0.72, 0.82), (0.5, 0.47, 0.46)
    boxes = [Box((x - 0.6, top, z - 0.4), (x + 0.6, top + 0.04, z + 0.4), wood)]
    for dx in (-0.58, 0.52):
        for dz in (-0.38, 0.32):
            boxes.append(Box((x + dx, top + 0.04, z + dz), (x + dx + 0.06, floor, z + dz + 0.06), metal))
    return tuple(boxes), T_WA


def without_row(room: Room, row: int) -> Room:
    """The room with one row's desks and chairs carried out."""
    return replace(room, furniture=tuple(b for b in room.furniture if b.row != row or row == 0))
