"""Calibration videos: which of their frames are worth searching, and which belong to the same moment."""

import csv
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from gazeclass.calibration.detection import Detection
from gazeclass.calibration.stereo import Pair
from gazeclass.errors import InputError
from gazeclass.progress import Progress

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
    """Number, presentation time (s) and grey picture of every frame; a video that breaks off ends early.

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
                yield count, float(frame.time or 0.0), frame.to_ndarray(format="gray")
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
    """Times ``(n,)`` in seconds and sharpness ``(n,)`` of every frame."""

    times_s: np.ndarray
    sharpness: np.ndarray


def scan(path: Path, progress: Progress) -> Scan:
    """Look through a video once."""
    progress.start(f"looking through {path.name}", None)
    times, values = [], []
    for _, t, grey in video_frames(path):
        times.append(t)
        values.append(sharpness(grey))
        progress.advance()
    if not times:
        raise InputError("holds no frame", where=path, todo="Record the video again.")
    return Scan(np.array(times), np.array(values))


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

    Raises:
        InputError: an unusable timestamps file, or no two frames at the same time.
    """
    lengths = (len(scans[0].times_s), len(scans[1].times_s))
    if timestamps is not None:
        moments = _read_moments(timestamps, lengths)
    else:
        moments = _nearest(scans[0].times_s, scans[1].times_s)
    if not moments:
        raise InputError(
            "no frames of the two videos were taken at the same time",
            where=timestamps or "stereo",
            todo="Record both cameras together, or give the times in timestamps.csv.",
        )
    return moments


def _nearest(
    times0: np.ndarray, times1: np.ndarray, numbers: tuple[np.ndarray, np.ndarray] | None = None
) -> list[Moment]:
    numbers0, numbers1 = (np.arange(len(times0)), np.arange(len(times1))) if numbers is None else numbers
    moments = []
    for k, t in enumerate(times0):
        nearest = int(np.argmin(np.abs(times1 - t)))
        skew = float(times1[nearest] - t)
        if abs(skew) <= MAX_SKEW_S and int(np.argmin(np.abs(times0 - times1[nearest]))) == k:
            moments.append(Moment((int(numbers0[k]), int(numbers1[nearest])), skew))
    return moments


def _read_moments(path: Path, lengths: tuple[int, int]) -> list[Moment]:
    """``camera,frame,t_s`` (ours) or ``sync_index,cam_id,frame_time`` (Caliscope's; frames in line order)."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot be read ({error})", where=path) from error
    columns = set(rows[0]) if rows else set()
    try:
        if {"camera", "frame", "t_s"} <= columns:
            frames: list[list[tuple[int, float]]] = [[], []]
            for row in rows:
                frames[int(row["camera"].strip()[-1])].append((int(row["frame"]), float(row["t_s"])))
            numbers = tuple(np.array([f for f, _ in side], int) for side in frames)
            times = tuple(np.array([t for _, t in side], float) for side in frames)
            if not (len(times[0]) and len(times[1])):
                return []
            moments = _nearest(times[0], times[1], (numbers[0], numbers[1]))
        elif {"sync_index", "cam_id", "frame_time"} <= columns:
            moments = _synchronised(rows)
        else:
            raise InputError("has neither the columns camera,frame,t_s nor sync_index,cam_id,frame_time", where=path)
    except (ValueError, IndexError, AttributeError, TypeError) as error:
        raise InputError(f"holds something that is no number ({error})", where=path) from error
    return [m for m in moments if m.frames[0] < lengths[0] and m.frames[1] < lengths[1]]


def _synchronised(rows: list[dict[str, str]]) -> list[Moment]:
    at: tuple[dict[int, tuple[int, float]], dict[int, tuple[int, float]]] = ({}, {})
    for row in rows:
        if row["frame_time"].strip():
            side = at[int(row["cam_id"])]
            side[int(row["sync_index"])] = (len(side), float(row["frame_time"]))
    return [
        Moment((at[0][key][0], at[1][key][0]), at[1][key][1] - at[0][key][1]) for key in sorted(set(at[0]) & set(at[1]))
    ]


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
