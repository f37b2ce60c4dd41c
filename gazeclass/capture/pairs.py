"""Frame pairs: which two pictures show one moment, and how well the two cameras kept time.

Everything here is about times, not pictures, so it serves files and live cameras alike.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Image = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class FramePair:
    """Two pictures of one moment.

    Attributes:
        t_s: time on the lesson's clock, which is camera 0's.
        images: camera 0's and camera 1's picture, ``(H, W, 3)`` BGR uint8.
        skew_s: camera 1's time minus camera 0's.
        index: the pair's number in its source, from 0.
    """

    t_s: float
    images: tuple[Image, Image]
    skew_s: float
    index: int


@dataclass(frozen=True)
class CameraHealth:
    """How one camera kept its time.

    Attributes:
        frames: delivered by the camera.
        paired: those that found their partner.
        dropped: whole frame periods in which nothing came.
        late: frames more than a quarter of a period after they were due, with none missing before them.
        damaged: frames that arrived but could not be decoded.
        period_s: the median time from frame to frame, NaN with fewer than two.
        broken_at_s: the second after which the file gives nothing more although it should; None when it is whole.
    """

    frames: int
    paired: int
    dropped: int
    late: int
    damaged: int
    period_s: float
    broken_at_s: float | None = None

    @property
    def unpaired(self) -> int:
        """Frames that found no partner."""
        return self.frames - self.paired


@dataclass(frozen=True)
class Skew:
    """Camera 1's time minus camera 0's over all pairs, seconds; NaN when there is no pair."""

    median_s: float
    p95_abs_s: float
    max_abs_s: float


@dataclass(frozen=True)
class RecordingHealth:
    """What a teacher should know about a recording before trusting it.

    Attributes:
        cameras: camera 0's and camera 1's.
        skew: of all pairs.
        pairs: how many pairs there are.
        common_clock: whether the times of both cameras were taken by one clock.
        offset_s: what was subtracted from camera 1's times; 0 with a common clock.
    """

    cameras: tuple[CameraHealth, CameraHealth]
    skew: Skew
    pairs: int
    common_clock: bool
    offset_s: float


class PairSource(Protocol):
    """Where frame pairs come from: a recording now, two live cameras behind the same interface.

    Iterating yields pairs in time order; leaving the loop early releases the cameras or files.
    """

    @property
    def sizes_px(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Width and height of camera 0's and camera 1's pictures."""

    @property
    def duration_s(self) -> float:
        """Seconds from the first pair to the last; infinite for live cameras."""

    @property
    def pair_count(self) -> int | None:
        """How many pairs to expect; None where nobody can know."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should read about the source, one line each; complete once it has been iterated."""

    def __iter__(self) -> Iterator[FramePair]:
        """Yield the pairs."""

    def health(self) -> RecordingHealth:
        """Frames, drops and skew so far."""


def period_of(t_s: ArrayLike) -> float:
    """Median time from frame to frame, seconds; NaN with fewer than two frames."""
    t = np.asarray(t_s, float)
    return float(np.median(np.diff(t))) if len(t) > 1 else float("nan")


def pair_times(t0_s: ArrayLike, t1_s: ArrayLike, max_skew_s: float | None = None) -> NDArray[np.int64]:
    """Which frames of two cameras show one moment.

    A pair is two frames each of which is the other's nearest (so pairs are in order and no frame is used twice), not
    further apart than ``max_skew_s``.

    Args:
        t0_s: ``(n,)`` camera 0's times, increasing, seconds.
        t1_s: ``(m,)`` camera 1's on the same clock, increasing.
        max_skew_s: None for half a frame period (of the slower camera).

    Returns:
        ``(k, 2)`` indices into ``t0_s`` and ``t1_s``.
    """
    t0, t1 = np.asarray(t0_s, float), np.asarray(t1_s, float)
    if not len(t0) or not len(t1):
        return np.zeros((0, 2), np.int64)
    if max_skew_s is None:
        max_skew_s = half_period(t0, t1)
    partner = _nearest(t0, t1)
    back = _nearest(t1, t0)
    i = np.arange(len(t0))
    keep = (back[partner] == i) & (np.abs(t1[partner] - t0) <= max_skew_s)
    return np.stack([i[keep], partner[keep]], axis=1)


def half_period(t0_s: ArrayLike, t1_s: ArrayLike) -> float:
    """Half the frame period of the slower camera, with a hair of tolerance; infinite for single pictures."""
    periods = [p for p in (period_of(t0_s), period_of(t1_s)) if np.isfinite(p)]
    return 0.5 * max(periods) * (1.0 + 1e-6) if periods else float("inf")


def estimate_offset_s(t0_s: ArrayLike, t1_s: ArrayLike) -> float:
    """What to subtract from camera 1's times when no clock is common to both cameras.

    Times alone cannot tell more than this, so it is assumed that both recordings began together: where they overlap by
    at least half of the shorter, their times are taken as they are, else the first frames are put together. What is
    left is the phase of one frame rhythm against the other. It is unknown, so the *median* phase (on the circle of one
    period, robust against dropped frames and jitter) is subtracted: skews are then spread around zero and say how
    unevenly the cameras ran, not how far apart their shutters were.

    Args:
        t0_s: ``(n,)`` camera 0's times, increasing, seconds.
        t1_s: ``(m,)`` camera 1's times, increasing.
    """
    t0, t1 = np.asarray(t0_s, float), np.asarray(t1_s, float)
    if not len(t0) or not len(t1):
        return 0.0
    overlap = min(t0[-1], t1[-1]) - max(t0[0], t1[0])
    shorter = min(t0[-1] - t0[0], t1[-1] - t1[0])
    coarse = 0.0 if overlap >= 0.5 * shorter and overlap >= 0 else float(t1[0] - t0[0])
    moved = t1 - coarse
    period = max((p for p in (period_of(t0), period_of(t1)) if np.isfinite(p)), default=float("nan"))
    if not period > 0:
        return coarse
    residual = moved[_nearest(t0, moved)] - t0
    residual = residual[np.abs(residual) <= period]
    if not len(residual):
        return coarse
    # The circular mean finds the side of the circle, the median around it is what outliers cannot move.
    angle = np.angle(np.mean(np.exp(2j * np.pi * residual / period))) / (2 * np.pi) * period
    phase = angle + np.median(np.mod(residual - angle + 0.5 * period, period) - 0.5 * period)
    return coarse + float(phase)


def alone_s(t_s: ArrayLike, paired: ArrayLike) -> tuple[float, float]:
    """Seconds of one camera before its first pair and after its last.

    Args:
        t_s: ``(n,)`` its times, NaN where unknown.
        paired: ``(k,)`` indices of its frames that have a partner, at least one.
    """
    t = np.asarray(t_s, float)
    first, last = t[np.asarray(paired, int)[[0, -1]]]
    return float(first - np.nanmin(t)), float(np.nanmax(t) - last)


def skew_of(t0_s: ArrayLike, t1_s: ArrayLike, pairs: ArrayLike) -> Skew:
    """Statistics of camera 1's time minus camera 0's over ``pairs`` ``(k, 2)``."""
    k = np.asarray(pairs, int).reshape(-1, 2)
    if not len(k):
        return Skew(float("nan"), float("nan"), float("nan"))
    skew = np.asarray(t1_s, float)[k[:, 1]] - np.asarray(t0_s, float)[k[:, 0]]
    size = np.abs(skew)
    return Skew(float(np.median(skew)), float(np.percentile(size, 95)), float(size.max()))


def gaps_of(t_s: ArrayLike) -> tuple[int, int]:
    """Dropped and late frames of one camera, from its times alone.

    A gap of about k median periods means k - 1 dropped frames; a gap of more than 1.25 periods that is not yet two is a
    late frame.
    """
    t = np.asarray(t_s, float)
    period = period_of(t)
    if not period > 0:
        return 0, 0
    gaps = np.diff(t) / period
    missing = np.rint(gaps) - 1
    return int(np.maximum(missing, 0).sum()), int(((missing <= 0) & (gaps > 1.25)).sum())


def _nearest(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each of ``a`` the index of the nearest of ``b`` (both increasing, b not empty); the earlier of two equals."""
    right = np.clip(np.searchsorted(b, a), 1, len(b) - 1) if len(b) > 1 else np.zeros(len(a), np.int64)
    left = np.maximum(right - 1, 0)
    return np.where(np.abs(b[left] - a) <= np.abs(b[right] - a), left, right).astype(np.int64)
