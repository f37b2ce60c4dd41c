"""The target in a stream of pictures: found on reduced ones, in milliseconds, and whether it is still and sharp.

A board that was found is looked for again around where it was, at the scale that suits its size; the whole picture is
only searched while none is known, shallowly at most times and deeply now and then. Corners are good to about a pixel
of the reduced picture: enough to draw and to decide; what is kept is searched again at full size by
:func:`gazeclass.calibration.detection.detect`.
"""

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np

from gazeclass.calibration.detection import Detection, detect, name_corners, to_grey
from gazeclass.calibration.target import CHARUCO, Target
from gazeclass.geometry.rotation import Array

#: Longest side of the pictures that are searched.
SEARCH_PX = 640
#: Every so many pictures without a board a slower search also finds small and distant ones, at this size.
DEEP_EVERY, DEEP_PX = 6, 960
#: A board that is followed is looked at with squares of this size, which is enough for the quick finder.
FOLLOW_SQUARE_PX = 24.0
#: A board is still when in this time its corners stay within this part of the picture's diagonal.
STILL_S, STILL_SHARE = 0.4, 0.0025
#: An edge between black and white may be so many pixels wide, or so large a part of a square.
SHARP_PX, SHARP_SHARE = 4.5, 0.06

_QUICK = cv2.CALIB_CB_ADAPTIVE_THRESH | cv2.CALIB_CB_NORMALIZE_IMAGE


@dataclass(frozen=True, eq=False)
class LiveBoard:
    """The target in one picture of a stream.

    Attributes:
        t_s: the picture's time.
        detection: corners in full-size pixels, good to about a pixel of the reduced picture.
        square_px: mean side of a square.
        edge_px: width of the edges between the squares, full-size pixels.
        sharp: in focus and not smeared by motion.
        still: it did not move for :data:`STILL_S`.
        moved_px: how far its corners moved in that time.
    """

    t_s: float
    detection: Detection
    square_px: float
    edge_px: float
    sharp: bool
    still: bool
    moved_px: float


class LiveSearch:
    """Follows the target through the pictures of one camera.

    Args:
        target: the board.
        stills: the source shows single pictures, not a stream: nothing ever moves.
    """

    def __init__(self, target: Target, *, stills: bool = False) -> None:
        self._target = target
        self._stills = stills
        self._last: Detection | None = None
        self._misses = 0
        self._history: deque[tuple[float, Detection]] = deque(maxlen=240)

    def feed(self, t_s: float, picture: np.ndarray) -> LiveBoard | None:
        """Look at one picture (BGR or grey, any rate); None where the board is not seen."""
        grey = to_grey(picture)
        detection = self._follow(grey) or self._search(grey)
        self._last = detection
        if detection is None:
            self._misses += 1
            self._history.clear()
            return None
        self._misses = 0
        still, moved = self._movement(t_s, detection)
        square = square_px(self._target, detection)
        edge = edge_width_px(grey, detection)
        sharp = edge <= max(SHARP_PX, SHARP_SHARE * square)
        return LiveBoard(t_s, detection, square, edge, sharp, still, moved)

    def forget(self) -> None:
        """Begin again, for another source."""
        self._last, self._misses = None, 0
        self._history.clear()

    def _follow(self, grey: np.ndarray) -> Detection | None:
        """Around where it was, no more than :data:`SEARCH_PX` wide."""
        if self._last is None or self._last.size_px != (grey.shape[1], grey.shape[0]):
            return None
        low, high = self._last.corners_px.min(axis=0), self._last.corners_px.max(axis=0)
        margin = 0.35 * float((high - low).max()) + 8.0
        x0, y0 = np.maximum(np.floor(low - margin), 0).astype(int)
        x1, y1 = np.minimum(np.ceil(high + margin), [grey.shape[1], grey.shape[0]]).astype(int)
        if min(x1 - x0, y1 - y0) < 20:
            return None
        part = grey[y0:y1, x0:x1]
        fine = FOLLOW_SQUARE_PX / max(square_px(self._target, self._last), 1.0)
        longest = int(np.clip(fine * max(part.shape), 160, SEARCH_PX))
        return self._find(part, grey, (x0, y0), longest, deep=False)

    def _search(self, grey: np.ndarray) -> Detection | None:
        deep = self._stills or self._misses % DEEP_EVERY == DEEP_EVERY - 1
        return self._find(grey, grey, (0, 0), DEEP_PX if deep else SEARCH_PX, deep=deep, shallow=not deep)

    def _find(
        self,
        part: np.ndarray,
        whole: np.ndarray,
        offset: tuple[int, int],
        longest: int,
        *,
        deep: bool,
        shallow: bool = False,
    ) -> Detection | None:
        scale = min(1.0, longest / max(part.shape))
        small = part if scale == 1.0 else cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        found = self._corners(small, deep, shallow)
        if found is None:
            return None
        # Pixel centres are whole numbers: scale about (-0.5, -0.5).
        corners = (found.corners_px + 0.5) / scale - 0.5 + np.array(offset)
        return Detection(found.ids, corners, (whole.shape[1], whole.shape[0]), found.half_turn_known)

    def _corners(self, small: np.ndarray, deep: bool, shallow: bool) -> Detection | None:
        if self._target.kind == CHARUCO:
            return detect(self._target, small)
        size = (self._target.columns, self._target.rows)
        if deep:
            found, corners = cv2.findChessboardCornersSB(small, size, flags=0)
        else:
            flags = _QUICK | (cv2.CALIB_CB_FAST_CHECK if shallow else 0)
            found, corners = cv2.findChessboardCorners(small, size, flags=flags)
        if not found:
            return None
        grid = np.asarray(corners, float).reshape(self._target.rows, self._target.columns, 2)
        return name_corners(self._target, small, grid)

    def _movement(self, t_s: float, detection: Detection) -> tuple[bool, float]:
        """Whether the board rested, and the largest way of a corner since :data:`STILL_S` ago."""
        if self._stills:
            return True, 0.0
        if self._history and t_s < self._history[-1][0]:
            self._history.clear()  # the clock was set back, or the source began again
        self._history.append((t_s, detection))
        # One picture from before the window is kept, so that a slow source can also be still.
        while len(self._history) > 2 and self._history[1][0] <= t_s - STILL_S - 1e-6:
            self._history.popleft()
        moved = max(_shift_px(earlier, detection) for _, earlier in self._history)
        long_enough = t_s - self._history[0][0] >= STILL_S - 1e-6
        return long_enough and moved <= STILL_SHARE * float(np.hypot(*detection.size_px)), moved


def _shift_px(a: Detection, b: Detection) -> float:
    """Median way of the corners that both have; a board turned round by half a turn in its naming has not moved."""
    _, at_a, at_b = np.intersect1d(a.ids, b.ids, return_indices=True)
    if at_a.size == 0:
        return float("inf")
    first, second = a.corners_px[at_a], b.corners_px[at_b]
    straight = float(np.median(np.linalg.norm(first - second, axis=1)))
    return min(straight, float(np.median(np.linalg.norm(first[::-1] - second, axis=1))))


def square_px(target: Target, detection: Detection) -> float:
    """Mean side of a square in pixels, foreshortening included."""
    ids, corners = detection.ids, detection.corners_px
    at = np.full((target.rows, target.columns, 2), np.nan)
    at[ids // target.columns, ids % target.columns] = corners
    sides = [np.linalg.norm(np.diff(at, axis=axis), axis=-1).ravel() for axis in (0, 1)]
    known = np.concatenate(sides)
    known = known[np.isfinite(known)]
    return float(known.mean()) if known.size else 0.0


def edge_width_px(grey: np.ndarray, detection: Detection) -> float:
    """How wide the edges between black and white are, full-size pixels: the step in grey over the steepest slope.

    Motion smears the edges across its direction only, so the slopes along x and y are judged apart and the worse one
    counts.
    """
    low, high = detection.corners_px.min(axis=0), detection.corners_px.max(axis=0)
    x0, y0 = np.clip(np.floor(low), 0, None).astype(int)
    x1, y1 = np.ceil(high).astype(int) + 1
    part = grey[y0:y1, x0:x1]
    if part.size < 100 or min(part.shape) < 5:
        return float("inf")
    # The middle is as sharp as the rest, and enough.
    for axis in (0, 1):
        extra = max(0, part.shape[axis] - 300) // 2
        if extra:
            part = part[extra:-extra] if axis == 0 else part[:, extra:-extra]
    step = float(np.percentile(part, 95) - np.percentile(part, 5))
    if step < 10.0:
        return float("inf")
    smooth = cv2.GaussianBlur(part, (0, 0), 0.7).astype(np.float32)
    slopes: list[Array] = [
        np.abs(np.asarray(cv2.Sobel(smooth, cv2.CV_32F, dx, 1 - dx, ksize=3), float)) / 8.0 for dx in (0, 1)
    ]
    steepest = min(float(np.percentile(slope, 99)) for slope in slopes)
    return step / max(steepest, 1e-6)
