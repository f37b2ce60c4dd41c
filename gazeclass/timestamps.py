"""``timestamps.csv``: the time of every frame of both cameras on one clock.

Two forms are read. Ours: ``camera,frame,t_s`` (camera ``cam0`` or ``cam1``, frame = index in its file). Caliscope's:
``sync_index,cam_id,frame_time``, where the k-th row of a camera that has a time is the k-th frame of its file.
"""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gazeclass.errors import InputError
from gazeclass.reading import read_table

Times = NDArray[np.float64]

_OURS = {"camera", "frame", "t_s"}
_CALISCOPE = {"cam_id", "frame_time"}
#: A day at 100 frames a second; a larger frame number is a slip in the file.
_MOST_FRAMES = 8_640_000
#: No camera of a lesson rests so long between two frames; milliseconds look like that.
_LONGEST_PERIOD_S = 10.0
#: Names that say which camera stands on the left, beside those that end in a number.
_LEFT, _RIGHT = {"left", "l", "links"}, {"right", "r", "rechts"}


def read_timestamps(path: Path) -> tuple[Times, Times]:
    """Times of camera 0's and camera 1's frames by frame index, seconds; NaN for a frame without a row.

    Raises:
        InputError: not such a table, not two cameras, times that do not increase or are no seconds.
    """
    table = read_table(path)
    header = set(table.columns)
    ours = header >= _OURS
    if not ours and not header >= _CALISCOPE:
        raise InputError(
            f"these columns are not known: {', '.join(sorted(header)) or 'none'}",
            where=path,
            todo="Give camera,frame,t_s with one row a frame, t_s in seconds on one clock.",
        )
    names = ("camera", "frame", "t_s") if ours else ("cam_id", "", "frame_time")
    times: dict[str, dict[int, float]] = {}
    for row in table.rows:
        camera, text = row.cells[names[0]], row.cells[names[2]]
        if not ours and not text:  # Caliscope's way of saying that this camera gave no frame
            continue
        known = times.setdefault(camera, {})
        try:
            frame = int(row.cells[names[1]]) if ours else len(known)
            t_s = table.number(text)
        except ValueError as error:
            raise InputError(
                f"line {row.line} is not a camera, a frame and a time",
                where=path,
                todo="Write it as cam0,12,0.400: camera, number of the frame, seconds.",
            ) from error
        if not 0 <= frame < _MOST_FRAMES or not np.isfinite(t_s):
            raise InputError(
                f"line {row.line} has frame {frame} at time {t_s}",
                where=path,
                todo="Count frames from 0, and leave out the lines of frames without a time.",
            )
        if frame in known:
            raise InputError(
                f"line {row.line} gives frame {frame} of '{camera}' a second time",
                where=path,
                todo="Keep one line for each frame of a camera.",
            )
        known[frame] = t_s
    first, second = (_by_frame(path, camera, times[camera]) for camera in _in_order(path, list(times)))
    return first, second


def _in_order(path: Path, cameras: list[str]) -> tuple[str, str]:
    """The left camera's name first."""
    if len(cameras) != 2:
        raise InputError(
            f"it names {len(cameras)} cameras ({', '.join(sorted(cameras)) or 'none'}), not two",
            where=path,
            todo="Give the times of cam0 and of cam1.",
        )
    numbers = [re.search(r"(\d+)$", name) for name in cameras]
    if all(numbers):
        first, second = sorted(cameras, key=lambda name: int(numbers[cameras.index(name)][1]))  # type: ignore[index]
        return first, second
    left, right = ([name for name in cameras if name.lower() in side] for side in (_LEFT, _RIGHT))
    if len(left) == len(right) == 1:
        return left[0], right[0]
    raise InputError(
        f"the cameras are called '{cameras[0]}' and '{cameras[1]}': which of them is cam0 is not known",
        where=path,
        todo="Call the left one, as the cameras look, cam0 and the right one cam1.",
    )


def _by_frame(path: Path, camera: str, times: dict[int, float]) -> Times:
    out = np.full(max(times) + 1, np.nan)
    for frame, t_s in times.items():
        out[frame] = t_s
    known = np.flatnonzero(np.isfinite(out))
    steps = np.diff(out[known])
    if (steps <= 0).any():
        raise InputError(
            f"the times of camera '{camera}' do not increase from frame to frame",
            where=path,
            todo="Sort the rows by frame, or record again: two frames cannot share a moment.",
        )
    if len(steps) and (period := float(np.median(steps / np.diff(known)))) > _LONGEST_PERIOD_S:
        raise InputError(
            f"camera '{camera}' gives a frame every {period:.0f} s: are the times milliseconds?",
            where=path,
            todo="Write t_s in seconds.",
        )
    return out
