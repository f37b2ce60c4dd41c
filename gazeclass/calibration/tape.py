"""The tape readings: between which points, what they should be, and reading them from ``tape.csv``.

Points: ``C00`` … inner chessboard corners; ``CAM0``, ``CAM1`` the cameras' lenses; ``B_TL``, ``B_TR``, ``B_BL``,
``B_BR`` the blackboard's corners as seen facing it; ``E_TOP``, ``E_BOTTOM``, ``E_LEFT``, ``E_RIGHT`` its edges
(shortest distance); ``BOARD`` its plane; ``FLOOR``.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gazeclass.calibration.target import Target
from gazeclass.errors import InputError
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import Array
from gazeclass.reading import Row, Table, read_table

BOARD_CORNERS = ("B_TL", "B_TR", "B_BL", "B_BR")
EDGES = ("E_TOP", "E_BOTTOM", "E_LEFT", "E_RIGHT")
CAMERAS = ("CAM0", "CAM1")
BOARD_PLANE, FLOOR = "BOARD", "FLOOR"

#: One standard deviation of a reading whose tolerance is not given; a lens is harder to aim at than a corner.
TOLERANCE_M, CAMERA_TOLERANCE_M = 0.003, 0.010
#: No tape in a classroom is longer; larger numbers are centimetres or millimetres.
LONGEST_M = 25.0
_COLUMNS = ("point_a", "point_b", "distance_m")


@dataclass(frozen=True)
class Reading:
    """One tape reading: ``distance_m`` between two named points, good to ``tolerance_m`` (one standard deviation)."""

    point_a: str
    point_b: str
    distance_m: float
    tolerance_m: float = TOLERANCE_M

    @property
    def name(self) -> str:
        """For messages: 'C00 to B_TL'."""
        return f"{self.point_a} to {self.point_b}"


@dataclass(frozen=True, eq=False)
class Points:
    """What the names stand for.

    Attributes:
        target: its corners, in ACS.
        cameras_A: ``(2, 3)`` optical centres in ACS; None while the auxiliary frame is not known.
        camera_sigma_m: standard deviation of those positions.
        floor_below_edge_m: board's lower edge above the floor; None where it was not measured.
    """

    target: Target
    cameras_A: Array | None = None
    camera_sigma_m: float = 0.0
    floor_below_edge_m: float | None = None

    def auxiliary_point(self, name: str) -> Array | None:
        """A point that moves with ACS, ``(3,)`` metres; None where the name is another kind of point."""
        if name in CAMERAS:
            return None if self.cameras_A is None else self.cameras_A[CAMERAS.index(name)]
        index = self.target.corner_index(name)
        return None if index is None else self.target.points_A[index]

    def check(self, reading: Reading, where: object) -> None:
        """Refuse a reading that names an unknown point or one that cannot be used here."""
        for name in (reading.point_a, reading.point_b):
            fixed = name in BOARD_CORNERS or name in EDGES or name in (BOARD_PLANE, FLOOR, *CAMERAS)
            if not fixed and self.target.corner_index(name) is None:
                raise InputError(
                    f"'{name}' is no point of this survey",
                    where=where,
                    todo=f"Use {', '.join(self.target.outer_corner_names())}, {', '.join(CAMERAS)}, "
                    f"{', '.join(BOARD_CORNERS)}, {', '.join(EDGES)}, {BOARD_PLANE} or {FLOOR}.",
                )
        pair = {reading.point_a, reading.point_b}
        if len(pair) == 1:
            raise InputError(f"both points are {reading.point_a}", where=where, todo="Name the two ends of the tape.")
        if FLOOR in pair and self.floor_below_edge_m is None:
            raise InputError(
                "a reading to the floor needs the board's height above it",
                where=where,
                todo="Add lower_edge_above_floor_m to [board] in room.toml.",
            )
        if not any(self._moves(name) or name in BOARD_CORNERS for name in pair):
            raise InputError(
                f"{reading.name} tells nothing: one end must be a point", where=where, todo="Leave that line out."
            )
        if len(pair & set(EDGES) | pair & {BOARD_PLANE, FLOOR}) == 1 and pair & set(BOARD_CORNERS):
            raise InputError(
                f"{reading.name} tells nothing about the chessboard or the cameras",
                where=where,
                todo="Leave that line out.",
            )

    def _moves(self, name: str) -> bool:
        return name in CAMERAS or self.target.corner_index(name) is not None


@dataclass(frozen=True, eq=False)
class Distances:
    """All readings in one form: ``‖mask ⊙ (P - Q)‖``, each end ``R p + t`` or ``(w, h, 1)`` times a matrix.

    The mask leaves out the direction along an edge, or within a plane, so that the shortest distance remains.

    Attributes:
        auxiliary: ``(2, n, 3)`` the ACS point of either end, zero where the end is fixed to the board.
        moves: ``(2, n)`` 1 where the end moves with ACS, else 0.
        fixed: ``(2, n, 3, 3)`` maps (width, height, 1) to the end's WCS position; zero where it moves.
        mask: ``(n, 3)``.
    """

    auxiliary: Array
    moves: Array
    fixed: Array
    mask: Array

    def evaluate(self, T_WA: Transform, width_m: float, height_m: float, scale: float = 1.0) -> tuple[Array, Array]:
        """What the tape should read ``(n,)``, and its derivative ``(n, 9)``.

        The unknowns: rotation vector of a left perturbation of R_WA, t_WA, width, height, scale of ACS.
        """
        arms = scale * self.auxiliary @ T_WA.R.T
        ends = arms + self.moves[..., None] * T_WA.t + self.fixed @ np.array([width_m, height_m, 1.0])
        difference = self.mask * (ends[0] - ends[1])
        distance = np.linalg.norm(difference, axis=1)
        unit = difference / np.maximum(distance, 1e-12)[:, None]
        arm = arms[0] - arms[1]
        by_size = np.einsum("nk,nkj->nj", unit, self.fixed[0] - self.fixed[1])[:, :2]
        J = np.concatenate(
            [
                np.cross(arm, unit),  # u · (φ × a) = φ · (a × u)
                unit * (self.moves[0] - self.moves[1])[:, None],
                by_size,
                (unit * arm).sum(axis=1, keepdims=True) / scale,
            ],
            axis=1,
        )
        return distance, J


def compile_distances(points: Points, readings: "tuple[Reading, ...] | list[Reading]") -> Distances:
    """Prepare readings (checked by :meth:`Points.check`) for :meth:`Distances.evaluate`."""
    n = len(readings)
    auxiliary, moves, fixed, mask = np.zeros((2, n, 3)), np.zeros((2, n)), np.zeros((2, n, 3, 3)), np.ones((n, 3))
    for k, reading in enumerate(readings):
        for end, name in enumerate((reading.point_a, reading.point_b)):
            p_A = points.auxiliary_point(name)
            if p_A is not None:
                auxiliary[end, k], moves[end, k] = p_A, 1.0
            else:
                fixed[end, k], end_mask = _fixed_end(name, points.floor_below_edge_m or 0.0)
                mask[k] *= end_mask
    return Distances(auxiliary, moves, fixed, mask)


def _fixed_end(name: str, floor_below_edge_m: float) -> tuple[Array, Array]:
    """Matrix from (width, height, 1) to WCS, and which coordinates count."""
    at_left, at_bottom = name in ("B_TL", "B_BL", "E_LEFT"), name in ("B_BL", "B_BR", "E_BOTTOM", FLOOR)
    matrix = np.zeros((3, 3))
    matrix[0, 0], matrix[1, 1] = float(at_left), float(at_bottom)
    if name == FLOOR:
        matrix[1, 2] = floor_below_edge_m
    masks = {
        "E_TOP": (0, 1, 1),
        "E_BOTTOM": (0, 1, 1),
        "E_LEFT": (1, 0, 1),
        "E_RIGHT": (1, 0, 1),
        BOARD_PLANE: (0, 0, 1),
        FLOOR: (0, 1, 0),
    }
    return matrix, np.array(masks.get(name, (1, 1, 1)), float)


def read_tape(path: Path) -> list[Reading]:
    """Read ``tape.csv``: columns point_a, point_b, distance_m and, if wanted, tolerance_m.

    Empty lines and lines that start with ``#`` are skipped; see :func:`gazeclass.reading.read_table` for the rest.

    Raises:
        InputError: unreadable, a column missing, something that is no number, centimetres instead of metres.
    """
    table = read_table(path)
    if not table.columns:
        raise InputError("is empty", where=path, todo="Write one tape reading a line; see the survey sheet.")
    missing = [column for column in _COLUMNS if column not in table.columns]
    if missing:
        raise InputError(
            f"lacks the column {', '.join(missing)}",
            where=path,
            todo="The first line must read point_a,point_b,distance_m,tolerance_m.",
        )
    readings = [_reading(table, row) for row in table.rows]
    seen: set[frozenset[str]] = set()
    for reading in readings:
        pair = frozenset((reading.point_a, reading.point_b))
        if pair in seen:
            # Measuring twice is welcome, but only as one better reading: two equal lines hide each other's mistake.
            raise InputError(
                f"{reading.name} is there twice", where=path, todo="Keep one line, with the mean of both readings."
            )
        seen.add(pair)
    return readings


def _reading(table: Table, row: Row) -> Reading:
    where, cells = f"{table.path}, line {row.line}", row.cells
    a, b = (cells[column].upper() for column in _COLUMNS[:2])
    if not a or not b:
        raise InputError("a point is missing", where=where, todo="Name both ends as on the survey sheet: C00,B_TL.")
    distance = _number(table, cells["distance_m"], "distance_m", where)
    if distance > LONGEST_M:
        raise InputError(
            f"{a} to {b} is {distance:g} m, which no classroom is: is it in centimetres or millimetres?",
            where=where,
            todo="Write metres, for example 3.343.",
        )
    default = CAMERA_TOLERANCE_M if a in CAMERAS or b in CAMERAS else TOLERANCE_M
    tolerance = default
    if cells.get("tolerance_m"):
        tolerance = _number(table, cells["tolerance_m"], "tolerance_m", where)
        if tolerance > 0.5:
            raise InputError(
                f"a tolerance of {tolerance:g} m is worth nothing", where=where, todo="Write metres: 0.003 is 3 mm."
            )
    return Reading(a, b, distance, tolerance)


def _number(table: Table, text: str, column: str, where: str) -> float:
    try:
        value = table.number(text)
    except ValueError:
        value = float("nan")
    if not (np.isfinite(value) and value > 0):
        raise InputError(f"{column} '{text}' is not a length", where=where, todo="Write metres, for example 3.343.")
    return value
