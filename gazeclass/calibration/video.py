"""Calibration videos: which of their frames are worth searching, and which belong to the same moment."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from gazeclass.calibration.detection import Detection
from gazeclass.calibration.stereo import Pair
from gazeclass.errors import InputError
from gazeclass.movement import MovementMeter, clock_offset
from gazeclass.progress import Progress
from gazeclass.timestamps import read_timestamps
from gazeclass.upright import rotation_of, upright

#: So many moments of a recording are searched; each is the sharpest of its stretch.
MAX_CANDIDATES = 120
#: So many distinct views are kept.
MAX_VIEWS = 40
#: A view is new when its corners moved by this part of the picture's diagonal.
DISTINCT = 0.01
#: Frames further apart than this are not the same moment.
MAX_SKEW_S = 0.05


@dataclass(frozen=True)
class Moment:
    """Frame numbers of one moment in both videos, and how far apart they were taken."""

    frames: tuple[int, int]
    skew_s: float

    @property
    def name(self) -> str:
        """View name: the frame in camera 0's video."""
        return f"frame {self.frames[0]}"


def video_frames(path: Path) -> Iterator[tuple[int, float, np.ndarray]]:
    """Number, presentation time (s) and upright grey picture of every frame; a video that breaks off ends early.

    Raises:
        InputError: not a video, or not one readable frame.
    """
    import av

    count = 0
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise InputError("holds no video", where=path)
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for frame in container.decode(stream):
                grey = upright(frame.to_ndarray(format="gray"), rotation_of(frame))
                yield count, float(frame.time or 0.0), grey
                count += 1
    except av.error.FFmpegError as error:
        if count == 0:
            raise InputError(f"cannot be read as a video ({error.strerror})", where=path) from error


def sharpness(grey: np.ndarray) -> float:
    """Variance of the Laplacian of a quarter-size picture: higher is sharper, moving boards are blurred."""
    small = cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(small, cv2.CV_32F).var())


@dataclass(frozen=True, eq=False)
class Scan:
    """Times ``(n,)`` in seconds and sharpness ``(n,)`` of every frame, and how much moved between them."""

    times_s: np.ndarray
    sharpness: np.ndarray
    movement: MovementMeter = field(default_factory=MovementMeter)


def scan(path: Path, progress: Progress) -> Scan:
    """Look through a video once."""
    progress.start(f"looking through {path.name}", None)
    times, values, movement = [], [], MovementMeter()
    for _, t, grey in video_frames(path):
        times.append(t)
        movement.feed(t, grey)
        values.append(sharpness(grey))
        progress.advance()
    if not times:
        raise InputError("holds no frame", where=path, todo="Record the video again.")
    return Scan(np.array(times), np.array(values), movement)


def choose(values: np.ndarray, count: int = MAX_CANDIDATES) -> list[int]:
    """The sharpest of each of ``count`` equal stretches, as indices in order."""
    n = len(values)
    edges = np.linspace(0, n, min(count, n) + 1).astype(int)
    return [int(a + np.argmax(values[a:b])) for a, b in itertools.pairwise(edges) if b > a]


def frames_at(path: Path, numbers: list[int]) -> Iterator[tuple[int, np.ndarray]]:
    """The grey pictures of some frames, in order."""
    wanted = set(numbers)
    if not wanted:
        return
    last = max(wanted)
    for number, _, grey in video_frames(path):
        if number in wanted:
            yield number, grey
        if number >= last:
            return


def pair_moments(scans: tuple[Scan, Scan], timestamps: Path | None) -> list[Moment]:
    """Frames of the same moment: by ``timestamps.csv`` where there is one, else by the videos' own times.

    Their clocks' offset is taken off where the movement in both shows it (:func:`started_apart_s`).

    Raises:
        InputError: an unusable timestamps file, or no two frames at the same time.
    """
    if timestamps is not None:
        # Frames the files do not hold are dropped; frames without a time have no moment.
        t0, t1 = (t[: len(s.times_s)] for t, s in zip(read_timestamps(timestamps), scans, strict=True))
    else:
        t0, t1 = scans[0].times_s, scans[1].times_s - started_apart_s(scans)
    moments = _nearest(t0, t1)
    if not moments:
        raise InputError(
            "no frames of the two videos were taken at the same time",
            where=timestamps or "stereo",
            todo="Record both cameras together, or give the times in timestamps.csv.",
        )
    return moments


def started_apart_s(scans: tuple[Scan, Scan]) -> float:
    """Camera 1's clock minus camera 0's, as the movement in both videos shows it; 0 where it does not."""
    found = clock_offset(scans[0].movement, scans[1].movement)
    return found.offset_s if found is not None and found.certain else 0.0


def _nearest(times0: np.ndarray, times1: np.ndarray) -> list[Moment]:
    """Frames each of which is the other's nearest in time; a frame whose time is NaN has none."""
    if not (np.isfinite(times0).any() and np.isfinite(times1).any()):
        return []
    moments = []
    for k in np.flatnonzero(np.isfinite(times0)).tolist():
        nearest = int(np.nanargmin(np.abs(times1 - times0[k])))
        skew = float(times1[nearest] - times0[k])
        if abs(skew) <= MAX_SKEW_S and int(np.nanargmin(np.abs(times0 - times1[nearest]))) == k:
            moments.append(Moment((k, nearest), skew))
    return moments


def distinct(
    views: dict[str, tuple[Detection | None, Detection | None]],
) -> dict[str, tuple[Detection | None, Detection | None]]:
    """Views that show something new in at least one camera, at most :data:`MAX_VIEWS`, those seen by both first."""
    order = sorted(views, key=lambda name: sum(d is None for d in views[name]))
    kept: dict[str, Pair] = {}
    for name in order:
        pair = views[name]
        if len(kept) >= MAX_VIEWS or all(d is None for d in pair):
            continue
        if all(any(_moved(pair[c], other[c]) for c in (0, 1)) for other in kept.values()):
            kept[name] = pair
    return {name: kept[name] for name in views if name in kept}


def _moved(a: Detection | None, b: Detection | None) -> bool:
    if a is None:
        return False
    if b is None:
        return True
    _, at_a, at_b = np.intersect1d(a.ids, b.ids, return_indices=True)
    if at_a.size == 0:
        return True
    shift = np.linalg.norm(a.corners_px[at_a] - b.corners_px[at_b], axis=1)
    return bool(np.median(shift) > DISTINCT * float(np.hypot(*a.size_px)))
