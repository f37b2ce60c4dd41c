"""Where a class sits, and how the cameras must look to see all of it.

Two arrangements. In a small class everybody has a desk, and rows grow towards the back as the pictures widen. A class
too large for that sits as in a real classroom: rows alike, desks for two with aisles between them, and the cameras
higher, each turned to the middle of what it must see.
"""

from dataclasses import dataclass

import numpy as np

from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Board, Transform
from gazeclass.geometry.rotation import Array, exp_so3

FIRST_ROW_Z_M, ROW_SPACING_M, SEAT_SPACING_M = 2.6, 1.5, 1.0
#: Neighbours at one desk, what an aisle adds to that between two desks, and how far back a first row may begin.
_AT_ONE_DESK_M, _AISLE_M, FARTHEST_FIRST_ROW_M = 0.72, 0.5, 4.6
#: Heads are that high above the floor; around each so much to either side must be seen.
_HEADS_ABOVE_FLOOR_M, _HEAD_REACH_M = (0.95, 1.3), 0.15
#: A camera that sees over the heads of five rows: the drop from the board's upper edge, negative is above it.
_HIGH_M = (-0.5, -0.35)
_PLACE_SD_M = 0.03


@dataclass(frozen=True, eq=False)
class Seat:
    """Where someone sits: ``row`` from 1 nearest the board, ``column`` from 1 at the smallest x, the place in WCS."""

    row: int
    column: int
    x_m: float
    z_m: float


@dataclass(frozen=True, eq=False)
class Arrangement:
    """Seats, in the order of the students, the cameras' poses (camera axes to WCS), and where the last row stands."""

    seats: tuple[Seat, ...]
    T_WC: tuple[Transform, Transform]
    last_row_z_m: float


def growing_rows(rng: np.random.Generator, students: int, rows: int, board: Board) -> tuple[Seat, ...]:
    """A desk for everybody; rows grow towards the back, as the cameras' pictures widen."""
    share = np.arange(rows, 2 * rows) + 1.0
    exact = students * share / share.sum()
    counts = np.floor(exact).astype(int)
    for k in np.argsort(counts - exact, kind="stable")[: students - counts.sum()]:
        counts[k] += 1
    seats = []
    for row, count in enumerate(counts, start=1):
        z = FIRST_ROW_Z_M + ROW_SPACING_M * (row - 1)
        x = board.width_m / 2 + SEAT_SPACING_M * (np.arange(count) - (count - 1) / 2)
        seats += [
            Seat(row, k + 1, float(x[k] + rng.normal(0.0, _PLACE_SD_M)), float(z + rng.normal(0.0, _PLACE_SD_M)))
            for k in range(count)
        ]
    return tuple(seats)


def double_desks(
    rng: np.random.Generator,
    students: int,
    rows: int,
    board: Board,
    cameras: tuple[CameraModel, CameraModel],
    places: tuple[Array, Array],
) -> Arrangement:
    """Rows alike, two at a desk, begun as far from the board as both cameras need to see everybody.

    Args:
        rng: for the seats' small irregularities and the cameras' mounting.
        students, rows: how many; the rows at the back take those left over.
        board: the class sits before its middle.
        cameras: lenses.
        places: ``(3,)`` each camera's place in WCS; here they hang higher.

    Returns:
        The arrangement; :func:`unseen` tells whether even the farthest first row does not help.
    """
    counts = [students // rows + (row >= rows - students % rows) for row in range(rows)]
    off = rng.normal(0.0, _PLACE_SD_M, (students, 2))
    high = [np.array([place[0], rng.uniform(*_HIGH_M), place[2]]) for place in places]
    rolls = rng.normal(0.0, 0.8, 2)
    first_m = FIRST_ROW_Z_M
    while True:
        seats: list[Seat] = []
        for row, count in enumerate(counts, start=1):
            x = _AT_ONE_DESK_M * np.arange(count) + _AISLE_M * (np.arange(count) // 2)
            x += board.width_m / 2 - x.mean()
            for k in range(count):
                dx, dz = off[len(seats)]
                z = first_m + ROW_SPACING_M * (row - 1)
                seats.append(Seat(row, k + 1, float(x[k] + dx), float(z + dz)))
        poses = tuple(_to_the_middle(place, seats, board, roll) for place, roll in zip(high, rolls, strict=True))
        found = Arrangement(tuple(seats), (poses[0], poses[1]), first_m + ROW_SPACING_M * (rows - 1))
        if unseen(found, cameras, board.height_m) is None or first_m >= FARTHEST_FIRST_ROW_M:
            return found
        first_m = min(first_m + 0.1, FARTHEST_FIRST_ROW_M)


def unseen(
    arrangement: Arrangement,
    cameras: tuple[CameraModel, CameraModel],
    board_height_m: float,
    board_above_floor_m: float = 0.9,
    reach_m: float = _HEAD_REACH_M,
) -> tuple[Seat, int] | None:
    """The first seat whose head a camera does not see whole, and that camera; None where all are seen."""
    floor = board_height_m + board_above_floor_m
    for seat in arrangement.seats:
        for c, (camera, T_WC) in enumerate(zip(cameras, arrangement.T_WC, strict=True)):
            if not camera.contains(camera.project(T_WC.inverse().apply(_heads(seat, floor, reach_m)))).all():
                return seat, c
    return None


def looking(place: Array, at: Array, roll_deg: float) -> Transform:
    """Camera axes to WCS for a camera at a place that looks at a point, level but for its roll."""
    z = (at - place) / np.linalg.norm(at - place)
    x = np.cross([0.0, 1.0, 0.0], z)
    x /= np.linalg.norm(x)
    roll = exp_so3(np.radians(roll_deg) * np.array([0.0, 0.0, 1.0]))
    return Transform(np.stack([x, np.cross(z, x), z], axis=1) @ roll, place)


def _heads(seat: Seat, floor_y_m: float, reach_m: float) -> Array:
    """``(n, 3)`` edges of where a head may be at a seat."""
    sides = (-reach_m, reach_m) if reach_m else (0.0,)
    return np.array([[seat.x_m + dx, floor_y_m - h, seat.z_m] for h in _HEADS_ABOVE_FLOOR_M for dx in sides])


def _to_the_middle(place: Array, seats: list[Seat], board: Board, roll_deg: float) -> Transform:
    """Half-way between the outermost heads, across and in height."""
    way = np.concatenate([_heads(seat, board.height_m + 0.9, _HEAD_REACH_M) for seat in seats]) - place
    across = np.arctan2(way[:, 0], way[:, 2])
    down = np.arctan2(way[:, 1], np.hypot(way[:, 0], way[:, 2]))
    turn, tilt = (0.5 * (angle.min() + angle.max()) for angle in (across, down))
    direction = np.array([np.sin(turn) * np.cos(tilt), np.sin(tilt), np.cos(turn) * np.cos(tilt)])
    return looking(place, place + direction, roll_deg)
