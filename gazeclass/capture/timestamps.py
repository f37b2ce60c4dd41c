"""``timestamps.csv``: the time of every frame of both cameras on one clock.

Two forms are read. Ours: ``camera,frame,t_s`` (camera ``cam0`` or ``cam1``, frame = index in its file). Caliscope's:
``sync_index,cam_id,frame_time``, where the k-th row of a camera is the k-th frame of its file.
"""

import csv
from pathlib import Path

import numpy as np

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array

_OURS = {"camera", "frame", "t_s"}
_CALISCOPE = {"cam_id", "frame_time"}
#: A day at 100 frames a second; a larger frame number is a slip in the file.
_MOST_FRAMES = 8_640_000


def read_timestamps(path: Path) -> tuple[Array, Array]:
    """Times of camera 0's and camera 1's frames by frame index, seconds; NaN for a frame without a row.

    Raises:
        InputError: not such a table, not two cameras, times that do not increase.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            header = {name.strip() for name in reader.fieldnames or ()}
            rows = [{(k or "").strip(): v for k, v in row.items()} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"the timestamps cannot be read ({error})", where=path) from error
    if header >= _OURS:
        names = ("camera", "frame", "t_s")
    elif header >= _CALISCOPE:
        names = ("cam_id", "", "frame_time")
    else:
        raise InputError(
            f"these columns are not known: {', '.join(sorted(header)) or 'none'}",
            where=path,
            todo="Give camera,frame,t_s with one row a frame, t_s in seconds on one clock.",
        )
    times: dict[str, dict[int, float]] = {}
    for number, row in enumerate(rows, start=2):
        try:
            camera = row[names[0]].strip()
            known = times.setdefault(camera, {})
            frame = int(row[names[1]]) if names[1] else len(known)
            t_s = float(row[names[2]])
        except (TypeError, ValueError, AttributeError) as error:
            raise InputError(f"line {number} is not a camera, a frame and a time", where=path) from error
        if not 0 <= frame < _MOST_FRAMES or not np.isfinite(t_s):
            raise InputError(f"line {number} has frame {frame} at time {t_s}", where=path)
        if frame in known:
            raise InputError(f"line {number} gives frame {frame} of '{camera}' a second time", where=path)
        known[frame] = t_s
    if len(times) != 2:
        raise InputError(f"it names {len(times)} cameras ({', '.join(sorted(times))}), not two", where=path)
    first, second = (_by_frame(path, camera, times[camera]) for camera in sorted(times))
    return first, second


def _by_frame(path: Path, camera: str, times: dict[int, float]) -> Array:
    out = np.full(max(times) + 1, np.nan)
    for frame, t_s in times.items():
        out[frame] = t_s
    steps = np.diff(out[np.isfinite(out)])
    if (steps <= 0).any():
        raise InputError(
            f"the times of camera '{camera}' do not increase from frame to frame",
            where=path,
            todo="Sort the rows by frame, or record again: two frames cannot share a moment.",
        )
    return out
