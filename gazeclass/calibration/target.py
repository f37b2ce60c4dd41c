"""The printed board: a chessboard or a ChArUco board, and the frame its corners live in (ACS).

Inner corner ``C_ij`` (i along the columns, j along the rows) lies at ``(-i s, -j s, 0)``: the origin C00 is the upper
right inner corner, X_A runs to the right, Y_A up the page, Z_A out of the page towards whoever looks at it (method §1).
Corner ``C_ij`` has the index ``j * columns + i`` everywhere in this package.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array

CHESSBOARD, CHARUCO = "chessboard", "charuco"

_PATTERN = re.compile(r"\s*(\d+)\s*[xX×]\s*(\d+)\s*")
_CORNER = re.compile(r"C(?:(\d)(\d)|(\d+)_(\d+))")


@dataclass(frozen=True)
class Target:
    """A flat calibration board.

    Attributes:
        columns, rows: *inner* corners along the long and the short side (for ChArUco: squares minus one).
        square_m: side of a square, measured on the print.
        kind: ``"chessboard"`` or ``"charuco"``.
        dictionary: ChArUco only, OpenCV's name (``DICT_4X4_1000``).
        marker_ratio: ChArUco only, marker side over square side.
        inverted: printed white on black (ChArUco only).
        legacy: ChArUco pattern of OpenCV before 4.6 (differs for even row counts).
    """

    columns: int
    rows: int
    square_m: float
    kind: str = CHESSBOARD
    dictionary: str = ""
    marker_ratio: float = 0.75
    inverted: bool = False
    legacy: bool = False

    def __post_init__(self) -> None:
        if self.kind not in (CHESSBOARD, CHARUCO):
            raise InputError(f"a target is '{CHESSBOARD}' or '{CHARUCO}', not '{self.kind}'")
        least = 3 if self.kind == CHESSBOARD else 2
        if min(self.columns, self.rows) < least or max(self.columns, self.rows) > 60:
            raise InputError(
                f"a {self.kind} of {self.columns}×{self.rows} inner corners cannot be used",
                todo=f"Give {least} to 60 in each direction, for example 9x6.",
            )
        if not 0.002 <= self.square_m <= 1.0:
            raise InputError(
                f"a square of {self.square_m:g} m is not plausible",
                todo="Give the side of one square in metres, for example 0.060.",
            )
        if self.kind == CHARUCO:
            if not 0.2 <= self.marker_ratio < 1.0:
                raise InputError(f"the marker must be 0.2 to 1 times as large as the square, not {self.marker_ratio:g}")
            needed, available = ((self.columns + 1) * (self.rows + 1)) // 2, len(self._dictionary().bytesList)
            if needed > available:
                raise InputError(
                    f"{self.dictionary} has {available} markers, this board needs {needed}",
                    todo="Choose a larger dictionary.",
                )

    @property
    def count(self) -> int:
        """Number of inner corners."""
        return self.columns * self.rows

    @cached_property
    def points_A(self) -> Array:
        """All inner corners ``(count, 3)`` in ACS, metres."""
        i, j = np.meshgrid(np.arange(self.columns), np.arange(self.rows))
        points: Array = np.stack([-i.ravel(), -j.ravel(), np.zeros(self.count)], axis=1).astype(float)
        return points * self.square_m

    @property
    def colours_tell_order(self) -> bool:
        """Whether the squares' colours (or the markers) tell the corner order; else a half turn looks the same."""
        return self.kind == CHARUCO or (self.columns + self.rows) % 2 == 1

    @property
    def quarter_turn_unseen(self) -> bool:
        """Whether this is a square chessboard: the finder may name its corners by any of its four sides."""
        return self.kind == CHESSBOARD and self.columns == self.rows

    @property
    def colours_tell_mirror(self) -> bool:
        """Whether a mirrored picture of this board looks different from a true one.

        A chessboard equals its own mirror image unless it has an even number of squares along both sides.
        """
        return self.kind == CHARUCO or (self.columns % 2 == 1 and self.rows % 2 == 1)

    @property
    def name(self) -> str:
        """For people: '9×6 chessboard, 60 mm squares'."""
        size = f"{self.columns}×{self.rows}"
        if self.kind == CHARUCO:
            size = f"{self.columns + 1}×{self.rows + 1} squares"
        kind = f"ChArUco board ({self.dictionary})" if self.kind == CHARUCO else CHESSBOARD
        return f"{size} {kind}, {self.square_m * 1000:g} mm squares"

    @property
    def hash(self) -> str:
        """First 16 hex digits of the sha256 over everything that defines the board."""
        text = f"{self.kind}|{self.columns}|{self.rows}|{self.square_m:.6f}"
        if self.kind == CHARUCO:
            text += f"|{self.dictionary}|{self.marker_ratio:.4f}|{self.inverted}|{self.legacy}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def corner_index(self, name: str) -> int | None:
        """Index of the corner called ``C<i><j>`` (or ``C<i>_<j>``); None when this board has no such corner."""
        match = _CORNER.fullmatch(name)
        if match is None:
            return None
        i, j = (int(group) for group in match.groups() if group is not None)
        return j * self.columns + i if i < self.columns and j < self.rows else None

    def corner_name(self, i: int, j: int) -> str:
        """``C80`` for i = 8, j = 0; ``C10_3`` where a number has two digits."""
        return f"C{i}{j}" if max(i, j) < 10 else f"C{i}_{j}"

    def outer_corner_names(self) -> tuple[str, str, str, str]:
        """The four outermost inner corners: origin, along the columns, along the rows, opposite."""
        c, r = self.columns - 1, self.rows - 1
        return tuple(self.corner_name(i, j) for i, j in ((0, 0), (c, 0), (0, r), (c, r)))  # type: ignore[return-value]

    def charuco_board(self) -> "cv2.aruco.CharucoBoard":
        """OpenCV's board; its corner ``k`` is ours at :meth:`index_of_charuco_id`."""
        board = cv2.aruco.CharucoBoard(
            (self.columns + 1, self.rows + 1),
            float(self.square_m),
            float(self.square_m * self.marker_ratio),
            self._dictionary(),
        )
        board.setLegacyPattern(self.legacy)
        return board

    def index_of_charuco_id(self, ids: np.ndarray) -> np.ndarray:
        """OpenCV counts row by row from the page's upper left, we from the upper right."""
        row, column = np.divmod(np.asarray(ids).reshape(-1), self.columns)
        return row * self.columns + (self.columns - 1 - column)

    def _dictionary(self) -> "cv2.aruco.Dictionary":
        number = getattr(cv2.aruco, self.dictionary, None)
        if not self.dictionary.startswith("DICT_") or number is None:
            raise InputError(
                f"there is no ArUco dictionary '{self.dictionary}'",
                todo="Give one of OpenCV's, for example DICT_4X4_100.",
            )
        return cv2.aruco.getPredefinedDictionary(number)


def require_sides(target: Target) -> None:
    """Refuse a board whose sides cannot be told apart.

    After half a turn the cameras still agree on the board, and the tape tells the rest; after a quarter turn each
    camera names the corners as it likes, and neither their common views nor the tape say which is right.

    Raises:
        InputError: it is a square chessboard.
    """
    if target.quarter_turn_unseen:
        raise InputError(
            f"a chessboard with as many corners along one side as along the other ({target.columns}×{target.rows}) "
            "looks the same after a quarter turn: the cameras cannot agree on which corner is which",
            todo="Print one of 9×6 inner corners (10 × 7 squares), or a ChArUco board.",
        )


def is_corner_name(name: str) -> bool:
    """Whether ``name`` is written as a chessboard corner's (C00, C10_3), of whatever board."""
    return _CORNER.fullmatch(name) is not None


def parse_pattern(text: str) -> tuple[int, int]:
    """``"9x6"`` → ``(9, 6)``, the long side first.

    Raises:
        InputError: not two whole numbers.
    """
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise InputError(f"'{text}' is not a pattern", todo="Give two counts such as 9x6.")
    return int(match[1]), int(match[2])


def chessboard(pattern: str, square_m: float) -> Target:
    """A chessboard by its inner corners, ``"9x6"``; the long side becomes the columns."""
    a, b = parse_pattern(pattern)
    return Target(max(a, b), min(a, b), square_m)


def charuco(
    squares: str,
    square_m: float,
    dictionary: str,
    *,
    marker_ratio: float = 0.75,
    inverted: bool = False,
    legacy: bool = False,
) -> Target:
    """A ChArUco board by its *squares*, columns first as OpenCV and everyone else counts them."""
    a, b = parse_pattern(squares)
    return Target(a - 1, b - 1, square_m, CHARUCO, dictionary, marker_ratio, inverted, legacy)
