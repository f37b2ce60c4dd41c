"""What a set of views covers, and what is still missing: parts of the picture, tilts, distances. Thresholds stand here.

Works on the kept views' detections, whether the lens is known already or not: an ordinary lens is supposed then, which
is good enough to tell to which side a board is tilted.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gazeclass.calibration.detection import Detection
from gazeclass.calibration.live import square_px
from gazeclass.calibration.quality import ENOUGH_COVERAGE, ENOUGH_TILTS, GRID, coverage, tilt_bin
from gazeclass.calibration.target import Target
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.rotation import Array

#: Focal length over width of the lens supposed while none is known (58° wide).
USUAL_FOCAL = 0.9
#: A view is like another when nine tenths of its corners lie this near (part of the picture's diagonal): a tilt about
#: the middle moves only the outer ones (two views of ``lesson_a``: 1.6 % in the median, 3.2 % at nine tenths).
DUPLICATE_SHARE, DUPLICATE_PART = 0.025, 0.9
#: The largest board should appear this much larger than the smallest.
ENOUGH_DISTANCE_RATIO = 1.3

#: Which edge to bring nearer to the camera, with the tilt bins (of :func:`quality.tilt_bin`) that this reaches.
TILTS: dict[str, tuple[int, int]] = {"left": (7, 0), "top": (1, 2), "right": (3, 4), "bottom": (5, 6)}


@dataclass(frozen=True, eq=False)
class Variety:
    """What the views of one camera hold.

    Attributes:
        views: how many.
        coverage: ``(5, 5)`` corners in each part of the picture, rows from the top.
        tilt_bins: which of eight directions were tilted to.
        missing_tilts: edges to bring nearer to the camera: "left", "top", "right", "bottom".
        distance_ratio: largest over smallest appearance of the board; 1 with fewer than two views.
    """

    views: int
    coverage: np.ndarray
    tilt_bins: frozenset[int]
    missing_tilts: tuple[str, ...]
    distance_ratio: float

    @property
    def covered(self) -> float:
        """Share of the picture's parts that hold corners."""
        return float((self.coverage > 0).mean())

    @property
    def enough(self) -> bool:
        """Whether parts and tilts suffice (the number of views is another matter)."""
        return self.covered >= ENOUGH_COVERAGE and len(self.tilt_bins) >= ENOUGH_TILTS

    @property
    def wishes(self) -> tuple[str, ...]:
        """What to do next, each an imperative sentence, the most useful first."""
        wishes = []
        if self.covered < ENOUGH_COVERAGE:
            row, column = self.emptiest
            wishes.append(f"Move the board to {_place(row, column)} of the picture.")
        if len(self.tilt_bins) < ENOUGH_TILTS and self.missing_tilts:
            wishes.append(f"Tilt the board: bring its {self.missing_tilts[0]} edge nearer to the camera.")
        if self.views >= 3 and self.distance_ratio < ENOUGH_DISTANCE_RATIO:
            wishes.append("Hold the board once nearer and once farther away.")
        return tuple(wishes)

    @property
    def emptiest(self) -> tuple[int, int]:
        """Row and column of the part to go to: of the empty ones that with most empty neighbours."""
        empty = self.coverage == 0
        if not empty.any():
            at = np.unravel_index(int(np.argmin(self.coverage)), self.coverage.shape)
            return int(at[0]), int(at[1])
        padded = np.pad(empty, 1).astype(int)
        around = sum(padded[1 + a : 1 + a + GRID, 1 + b : 1 + b + GRID] for a in (-1, 0, 1) for b in (-1, 0, 1))
        at = np.unravel_index(int(np.argmax(np.where(empty, around, -1))), empty.shape)
        return int(at[0]), int(at[1])


def _place(row: int, column: int) -> str:
    middle = GRID // 2
    vertical = "top" if row < middle else "bottom" if row > middle else ""
    horizontal = "left" if column < middle else "right" if column > middle else ""
    if not vertical and not horizontal:
        return "the middle"
    return f"the {' '.join(word for word in (vertical, horizontal) if word)}"


def variety(target: Target, views: list[Detection], camera: CameraModel | None = None) -> Variety:
    """What these views of one camera hold.

    Args:
        target: the board.
        views: all of one picture size.
        camera: the lens, where it is known already.
    """
    bins = frozenset(b for d in views if (b := tilt_of(target, d, camera)) is not None)
    missing = tuple(edge for edge, directions in TILTS.items() if not bins & set(directions))
    sizes = [_apparent_px(target, d) for d in views]
    ratio = max(sizes) / min(sizes) if len(sizes) > 1 and min(sizes) > 0 else 1.0
    return Variety(len(views), coverage(views), bins, missing, float(ratio))


def tilt_of(target: Target, detection: Detection, camera: CameraModel | None = None) -> int | None:
    """Direction of the board's tilt, see :func:`quality.tilt_bin`."""
    return tilt_bin(target, camera or usual_camera(detection.size_px), detection)


@lru_cache(maxsize=8)
def usual_camera(size_px: tuple[int, int]) -> CameraModel:
    """An ordinary lens for pictures of this size, to begin with."""
    width, height = size_px
    focal = USUAL_FOCAL * max(size_px)
    K: Array = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1.0]])
    return CameraModel(width, height, K, np.zeros(5))


def _apparent_px(target: Target, detection: Detection) -> float:
    """Size of the board by its less foreshortened direction, which a tilt hardly changes."""
    at: Array = np.full((target.rows, target.columns, 2), np.nan)
    at[detection.ids // target.columns, detection.ids % target.columns] = detection.corners_px
    means = []
    for axis in (0, 1):
        sides = np.linalg.norm(np.diff(at, axis=axis), axis=-1)
        if np.isfinite(sides).any():
            means.append(float(np.nanmean(sides)))
    return max(means, default=square_px(target, detection))


def apart_px(a: Detection, b: Detection) -> float:
    """Within what distance nine tenths of the corners lie that both have; infinite where they share none.

    Where a half turn cannot be told, the nearer of both namings counts.
    """
    _, at_a, at_b = np.intersect1d(a.ids, b.ids, return_indices=True)
    if at_a.size == 0:
        return float("inf")
    first, second = a.corners_px[at_a], b.corners_px[at_b]
    straight = float(np.quantile(np.linalg.norm(first - second, axis=1), DUPLICATE_PART))
    if a.half_turn_known and b.half_turn_known:
        return straight
    return min(straight, float(np.quantile(np.linalg.norm(first[::-1] - second, axis=1), DUPLICATE_PART)))


def twin(detection: Detection, kept: dict[str, Detection]) -> str | None:
    """Name of a kept view that shows the same as ``detection``, None where it is new."""
    if not kept:
        return None
    distances = {name: apart_px(detection, other) for name, other in kept.items()}
    nearest = min(distances, key=lambda name: distances[name])
    limit = DUPLICATE_SHARE * float(np.hypot(*detection.size_px))
    return nearest if distances[nearest] < limit else None
