"""Two video files as one source of frame pairs."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gazeclass.capture.common_clock import CommonClock, clock_by_movement, clock_note
from gazeclass.capture.pairs import (
    CameraHealth,
    FramePair,
    PairSource,
    RecordingHealth,
    alone_s,
    estimate_offset_s,
    gaps_of,
    half_period,
    pair_times,
    period_of,
    skew_of,
)
from gazeclass.capture.prefetch import Prefetch
from gazeclass.capture.source import Frame
from gazeclass.capture.video import VideoFile, open_video
from gazeclass.errors import InputError
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.rotation import Array
from gazeclass.progress import SILENT, Progress
from gazeclass.timestamps import read_timestamps

#: What a file shows alone at its beginning or end is told from here on.
_ALONE_S = 1.0


class Recording:
    """Two indexed videos and the frames of theirs that belong together; a :class:`PairSource`.

    It may be iterated as often as wanted, each time from the start; both files are decoded on threads of their own and
    neither is ever held in memory. Make one with :func:`open_recording`.
    """

    def __init__(
        self,
        videos: tuple[VideoFile, VideoFile],
        times_s: tuple[Array, Array],
        *,
        common_clock: bool,
        offset_s: float,
        max_skew_s: float | None = None,
        clock: CommonClock | None = None,
        lacking: tuple[int, int] = (0, 0),
    ) -> None:
        """Pair the frames.

        Args:
            videos: both cameras'.
            times_s: every frame's time on the lesson clock, NaN for a frame without one.
            common_clock: whether one clock took the times of both.
            offset_s: what was already subtracted from camera 1's times.
            max_skew_s: None for half a frame period.
            clock: what the movement in both files says of their clocks, where that was used.
            lacking: frames of each camera that have a time but are not in the file.

        Raises:
            InputError: no two frames are near enough in time.
        """
        self.videos = videos
        self.times_s = times_s
        self.common_clock = common_clock
        self._offset_s = offset_s
        self._clock, self._lacking = clock, lacking
        self._missing: tuple[set[int], set[int]] = (set(), set())
        timed = [np.flatnonzero(np.isfinite(t)) for t in times_s]
        t0, t1 = (t[k] for t, k in zip(times_s, timed, strict=True))
        found = pair_times(t0, t1, max_skew_s)
        if not len(found):
            raise InputError(
                "the two recordings share no moment: "
                f"{_span(videos[0].name, t0)}, {_span(videos[1].name, t1)}, and no two frames are nearer than "
                f"{half_period(t0, t1) if max_skew_s is None else max_skew_s:.3f} s",
                todo="Check that both files and the timestamps are of one lesson.",
            )
        self.pairs = np.stack([timed[0][found[:, 0]], timed[1][found[:, 1]]], axis=1)

    @property
    def sizes_px(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Width and height of camera 0's and camera 1's pictures."""
        return self.videos[0].size_px, self.videos[1].size_px

    @property
    def duration_s(self) -> float:
        """Seconds from the first pair to the last."""
        t = self.times_s[0][self.pairs[[0, -1], 0]]
        return float(t[1] - t[0])

    @property
    def pair_count(self) -> int:
        """How many pairs there are, unless a frame turns out to be damaged."""
        return len(self.pairs)

    def __iter__(self) -> Iterator[FramePair]:
        """Yield the pairs in order of time. Pairs of which one frame is damaged are left out."""
        wanted = [set(self.pairs[:, c].tolist()) for c in (0, 1)]
        number = 0
        with (
            Prefetch(self.videos[0].frames(wanted[0])) as ahead0,
            Prefetch(self.videos[1].frames(wanted[1])) as ahead1,
        ):
            readers = (_Seeker(ahead0), _Seeker(ahead1))
            for i, j in self.pairs.tolist():
                frames = tuple(reader.at(k) for reader, k in zip(readers, (i, j), strict=True))
                for camera, (frame, k) in enumerate(zip(frames, (i, j), strict=True)):
                    if frame is None:
                        self._missing[camera].add(k)
                first, second = frames
                if first is None or second is None:
                    continue
                t0, t1 = float(self.times_s[0][i]), float(self.times_s[1][j])
                yield FramePair(t0, (first.image, second.image), t1 - t0, number)
                number += 1

    def health(self) -> RecordingHealth:
        """Frames, drops and skew. Damaged frames are known once the recording has been iterated."""
        return RecordingHealth(
            cameras=(self._camera_health(0), self._camera_health(1)),
            skew=skew_of(self.times_s[0], self.times_s[1], self.pairs),
            pairs=len(self.pairs) - len(self._damaged_pairs()),
            common_clock=self.common_clock,
            offset_s=self._offset_s,
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should read about the files, one line each; complete once the recording has been iterated."""
        out = []
        for camera, (video, times, missing) in enumerate(zip(self.videos, self.times_s, self._missing, strict=True)):
            if video.broken_at_s is not None:
                end = f" of {video.declared_end_s:.1f} s" if np.isfinite(video.declared_end_s) else ""
                out.append(
                    f"{video.name}: the file breaks off at {video.broken_at_s:.1f} s{end}; what comes before is used"
                )
            if video.rotation_deg:
                out.append(f"{video.name}: the file asks to be turned by {video.rotation_deg}°; this was done")
            if not video.square_pixels:
                out.append(
                    f"{video.name}: the file asks to be stretched (its pixels are not square); this was not done"
                )
            if lacking := self._lacking[camera]:
                out.append(f"{video.name}: the timestamps tell of {lacking} frames more than the file holds")
            for where, lonely_s in zip(("first", "last"), alone_s(times, self.pairs[:, camera]), strict=True):
                if lonely_s > _ALONE_S:
                    out.append(
                        f"{video.name}: its {where} {lonely_s:.1f} s are left out: the other file shows nothing then"
                    )
            if untimed := int(np.isnan(times).sum()):
                out.append(f"{video.name}: {untimed} frames have no time in the timestamps and are left out")
            if missing:
                at = float(times[min(missing)])
                out.append(f"{video.name}: {len(missing)} frames are damaged and left out, the first at {at:.1f} s")
        if not self.common_clock:
            out.append(clock_note(self._clock, self._offset_s))
        return tuple(out)

    def _camera_health(self, camera: int) -> CameraHealth:
        video, times, missing = self.videos[camera], self.times_s[camera], self._missing[camera]
        timed = times[np.isfinite(times)]
        dropped, late = gaps_of(timed)
        return CameraHealth(
            frames=len(video.times_s) - len(missing),
            paired=len(self.pairs) - len(self._damaged_pairs()),
            dropped=dropped,
            late=late,
            damaged=len(missing),
            period_s=period_of(timed),
            broken_at_s=video.broken_at_s,
        )

    def _damaged_pairs(self) -> set[int]:
        return {n for n, (i, j) in enumerate(self.pairs.tolist()) if i in self._missing[0] or j in self._missing[1]}


def open_recording(
    cam0: Path,
    cam1: Path,
    timestamps: Path | None = None,
    *,
    offset_s: float | None = None,
    max_skew_s: float | None = None,
) -> Recording:
    """Open two videos of one lesson.

    With ``timestamps`` all times are on that file's clock. Without, each file's own presentation times are used, and
    the constant offset between the two clocks is estimated (:func:`gazeclass.capture.pairs.estimate_offset_s` says what
    that can and cannot know; :func:`synchronised` can know more), unless ``offset_s`` gives it.

    Args:
        cam0, cam1: the video of the left (reference) and the right camera.
        timestamps: ``timestamps.csv``, see :mod:`gazeclass.timestamps`.
        offset_s: a known clock offset: camera 1's time minus camera 0's at one moment.
        max_skew_s: frames further apart are no pair; None for half a frame period.

    Raises:
        InputError: a file that cannot be used, one file given twice, recordings that share no moment.
    """
    cam0, cam1 = Path(cam0), Path(cam1)
    if cam0.exists() and cam1.exists() and cam0.samefile(cam1):
        raise InputError("one file is given for both cameras", where=cam0, todo="Give the recording of each camera.")
    videos = open_video(cam0), open_video(cam1)
    if timestamps is not None:
        tables = read_timestamps(Path(timestamps))
        t0, t1 = (_per_frame(t, v) for t, v in zip(tables, videos, strict=True))
        lacking = max(0, len(tables[0]) - len(t0)), max(0, len(tables[1]) - len(t1))
        known = offset_s or 0.0
        return Recording(
            videos, (t0, t1 - known), common_clock=True, offset_s=known, max_skew_s=max_skew_s, lacking=lacking
        )
    t0, t1 = videos[0].times_s, videos[1].times_s
    offset = estimate_offset_s(t0, t1) if offset_s is None else offset_s
    return Recording(
        videos, (t0, t1 - offset), common_clock=offset_s is not None, offset_s=offset, max_skew_s=max_skew_s
    )


def synchronised(recording: Recording, progress: Progress = SILENT) -> Recording:
    """The recording with its clocks' offset taken from the movement in both pictures, where they have none in common.

    Args:
        recording: of two files.
        progress: told of every picture looked at.

    Returns:
        The same recording where one clock timed both, or where movement does not show the offset beyond doubt.

    Raises:
        InputError: on that clock the recordings share no moment.
        Cancelled: from ``progress``.
    """
    if recording.common_clock or (clock := clock_by_movement(recording.videos, progress)) is None:
        return recording
    t0, t1 = recording.videos[0].times_s, recording.videos[1].times_s
    moved = clock.on_first(t1)
    return Recording(recording.videos, (t0, moved), common_clock=False, offset_s=float(t1[0] - moved[0]), clock=clock)


def check_size(
    recording: PairSource, cameras: tuple[CameraModel, CameraModel], allow_scaling: bool = False
) -> tuple[CameraModel, CameraModel]:
    """The cameras that fit the recording's pictures.

    Args:
        recording: whose picture sizes are checked.
        cameras: as calibrated.
        allow_scaling: take a recording of another size when both sides differ by exactly the same factor.

    Returns:
        The cameras, with intrinsics scaled where that was needed and allowed.

    Raises:
        InputError: the sizes differ, and they may not or cannot be scaled.
    """
    out = []
    for number, (size, camera) in enumerate(zip(recording.sizes_px, cameras, strict=True)):
        if size == camera.size_px:
            out.append(camera)
            continue
        exact = size[0] * camera.height_px == size[1] * camera.width_px
        if exact and allow_scaling:
            out.append(camera.scaled(*size))
            continue
        raise InputError(
            f"the recording is {size[0]}×{size[1]}, the calibration {camera.width_px}×{camera.height_px}",
            where=f"camera {number}",
            todo="Record at the calibrated size, or allow scaling if nothing was cropped (--allow-scaling)."
            if exact
            else "The shape differs too, so it cannot be scaled: record at the calibrated size or calibrate again.",
        )
    return out[0], out[1]


class _Seeker:
    """Frames by index, asked for in increasing order."""

    def __init__(self, frames: Prefetch[Frame]) -> None:
        self._frames = iter(frames)
        self._next: Frame | None = next(self._frames, None)

    def at(self, index: int) -> Frame | None:
        """The frame of that index, or None where it never came."""
        while self._next is not None and self._next.index < index:
            self._next = next(self._frames, None)
        return self._next if self._next is not None and self._next.index == index else None


def _per_frame(times_s: Array, video: VideoFile) -> Array:
    """Times for exactly the frames the file holds: NaN where the table has none."""
    out = np.full(len(video.times_s), np.nan)
    n = min(len(out), len(times_s))
    out[:n] = times_s[:n]
    return out


def _span(name: str, t_s: Array) -> str:
    return f"{name} runs from {t_s[0]:.2f} to {t_s[-1]:.2f} s" if len(t_s) else f"{name} has no timed frame"
