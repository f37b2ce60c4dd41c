"""Known truth of a rendered or measured lesson: who was where, turned how, facing what (``truth.csv``)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array
from gazeclass.reading import read_table

_NEEDED = ("t_s", "student", "nose_x", "nose_y", "nose_z", *(f"R{i}{j}" for i in (1, 2, 3) for j in (1, 2, 3)))


@dataclass(frozen=True, eq=False)
class Truth:
    """One row for each moment and student.

    Attributes:
        t_s: ``(n,)`` lesson clock.
        student: ``(n,)`` names.
        row: ``(n,)`` row in the room, 1 nearest the board; 0 where the table does not say.
        P_W_m: ``(n, 3)`` nose tips.
        R_WS: ``(n, 3, 3)``.
        target: ``(n,)`` what the student faces; "" where unknown, ``turn:a>b`` on the way.
        target_xy_m: ``(n, 2)`` the target on the board; NaN where it is not on the board's plane.
        visible: ``(n, 2)`` whether each camera sees the nose tip.
    """

    t_s: Array
    student: np.ndarray
    row: np.ndarray
    P_W_m: Array
    R_WS: Array
    target: np.ndarray
    target_xy_m: Array
    visible: np.ndarray

    def __len__(self) -> int:
        return len(self.t_s)

    @property
    def steady_on_board(self) -> np.ndarray:
        """Mask of the rows in which a point of the board is faced and the head is not on its way."""
        turning = np.char.startswith(self.target.astype(str), "turn:")
        return np.isfinite(self.target_xy_m).all(axis=1) & ~turning


def read_truth(path: Path) -> Truth:
    """Read a truth table (columns as in lesson_a; ``row``, ``target`` and the cameras' ``visible`` may be missing).

    Raises:
        InputError: unreadable, a column missing, or a cell that is no number.
    """
    table = read_table(path)
    if missing := [name for name in _NEEDED if name.lower() not in table.columns]:
        raise InputError(
            f"the truth table lacks the columns {', '.join(missing)}",
            where=path,
            todo="Give a table like the truth.csv that `gazeclass simulate classroom` writes.",
        )
    rows = [row.cells for row in table.rows]
    if not rows:
        raise InputError("the truth table has no rows", where=path, todo="Give the truth of this lesson.")

    def numbers(name: str, default: float = float("nan")) -> Array:
        cells = [row.get(name.lower()) or "" for row in rows]
        try:
            return np.array([table.number(cell) if cell else default for cell in cells])
        except ValueError as error:
            raise InputError(f"column {name}: {error}", where=path, todo="Correct that cell.") from error

    xyz = np.stack([numbers(f"target_{axis}") for axis in "xyz"], axis=1)
    on_plane = np.abs(xyz[:, 2]) < 1e-6
    return Truth(
        t_s=numbers("t_s"),
        student=np.array([row["student"] for row in rows]),
        row=numbers("row", 0.0).astype(int),
        P_W_m=np.stack([numbers(f"nose_{axis}") for axis in "xyz"], axis=1),
        R_WS=np.stack([numbers(f"R{i}{j}") for i in (1, 2, 3) for j in (1, 2, 3)], axis=1).reshape(-1, 3, 3),
        target=np.array([row.get("target") or "" for row in rows]),
        target_xy_m=np.where(on_plane[:, None], xyz[:, :2], np.nan),
        visible=np.stack([numbers(f"cam{camera}_visible", 0.0) == 1 for camera in (0, 1)], axis=1),
    )
