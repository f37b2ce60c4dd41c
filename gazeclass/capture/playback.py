"""A video file played at its own pace, once or again and again, as if it were a camera."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from gazeclass.capture.clock import ClockKind
from gazeclass.capture.pairs import period_of
from gazeclass.capture.stream import DamageCount, LiveFrame, size_of
from gazeclass.capture.video import open_video

#: A picture later than this is not shown any more: a camera does not wait either.
TOO_LATE_S = 0.25
#: On a machine too slow for the file all its pictures would be too late. Then the lesson's clock is put back instead.
MUCH_TOO_LATE_S = 1.0


class SharedStart:
    """One moment at which all files of a lesson begin, so that files of one lesson stay together, loops included.

    Args:
        parties: how many files there are.
        patience_s: how long the first waits for the others.
    """

    def __init__(self, parties: int, patience_s: float = 10.0) -> None:
        self._parties = parties
        self._patience_s = patience_s
        self._lengths: dict[str, float] = {}
        self._start_s: float | None = None
        self._condition = threading.Condition()

    def wait(self, path: str, length_s: float) -> tuple[float, float]:
        """Wait for the others.

        Args:
            path: of the file that is ready.
            length_s: how long it is.

        Returns:
            The start on the monotonic clock, and the length of one loop.
        """
        with self._condition:
            if self._start_s is None:
                self._lengths[path] = length_s
                self._condition.notify_all()
                self._condition.wait_for(
                    lambda: self._start_s is not None or len(self._lengths) >= self._parties, self._patience_s
                )
                if self._start_s is None:
                    self._start_s = time.monotonic() + 0.05
            return self._start_s, max(self._lengths.values())

    def put_back(self, start_s: float, late_s: float) -> None:
        """Let all files of the lesson go on ``late_s`` later; nothing if another has done so since ``start_s``."""
        with self._condition:
            if self._start_s == start_s:
                self._start_s = start_s + late_s


class FilePlayback:
    """A file as a live camera; a :class:`gazeclass.capture.live_source.LiveSource`.

    Opened again after an interruption it goes on where a camera would be by now.

    Args:
        path: of the video.
        loop: play it again and again; without, the camera ends with the file.
        start: common to all files of the lesson.

    Raises:
        InputError: the file cannot be used.
    """

    def __init__(self, path: Path, *, loop: bool = False, start: SharedStart | None = None) -> None:
        self._video = open_video(Path(path))
        self._loop = loop
        self._start = start or SharedStart(1)
        self._stop = threading.Event()
        self._damage = DamageCount()
        self.name = self._video.name
        self.device = ""
        self.size_px = self._video.size_px
        # Its pictures are taken when they are due: on the computer's own clock.
        self.clock_kind = ClockKind.HOST
        self.finite = not loop
        self.format = "file"
        period = period_of(self._video.times_s)
        self._period_s = float(period) if np.isfinite(period) else 0.1
        self.asked_rate_hz = 1.0 / self._period_s
        self.notes: tuple[str, ...] = ()

    @property
    def damaged(self) -> int:
        """Pictures that could not be decoded."""
        return self._damage.damaged

    def close(self) -> None:
        """Stop playing, from whatever thread."""
        self._stop.set()

    def __iter__(self) -> Iterator[LiveFrame]:
        """Frames, each when it is due."""
        times = self._video.times_s
        length = float(times[-1] - times[0]) + self._period_s
        path = str(self._video.path.resolve())
        start, loop_s = self._start.wait(path, length)
        passed = max(time.monotonic() - start, 0.0)
        if not self._loop and passed > length:
            return
        index = 0
        first = int(passed // loop_s) if self._loop else 0
        for turn, frame in self._decoded(first, passed - first * loop_s - TOO_LATE_S):
            start, _ = self._start.wait(path, length)
            due = start + turn * loop_s + frame.time - float(times[0])
            if self._stop.wait(max(due - time.monotonic(), 0.0)):
                return
            now = time.monotonic()
            if now - due > MUCH_TOO_LATE_S:
                self._start.put_back(start, now - due)
            elif now - due <= TOO_LATE_S:
                yield LiveFrame(index, due, frame, now)
                index += 1

    def _decoded(self, turn: int, from_s: float) -> Iterator[tuple[int, Any]]:
        """Decoded frames with the number of their loop, from about ``from_s`` after the first."""
        import av
        from av.error import FFmpegError

        with av.open(str(self._video.path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "SLICE"
            stream.codec_context.thread_count = 1
            if from_s > 2.0 and stream.time_base:
                container.seek(int((from_s + float(self._video.times_s[0])) / stream.time_base), stream=stream)
            while True:
                for packet in container.demux(stream):
                    if self._stop.is_set():
                        return
                    try:
                        frames = packet.decode()
                    except FFmpegError:
                        self._damage.damaged += 1
                        continue
                    for frame in frames:
                        if frame.time is None or size_of(frame) != self.size_px or frame.is_corrupt:
                            self._damage.damaged += 1
                        else:
                            yield turn, frame
                if not self._loop:
                    return
                turn += 1
                container.seek(0)
                stream.codec_context.flush_buffers()
