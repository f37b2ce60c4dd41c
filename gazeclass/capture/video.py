"""One video file, frame by frame with real presentation times, never more than one picture in memory.

The file is indexed first: its packets are read without decoding, which gives every frame's presentation time (B-frames
and variable frame rates included). A frame is later known by its time, not by counting, so a damaged frame in the
middle does not shift all that follow.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gazeclass.capture.pairs import period_of
from gazeclass.capture.source import Frame
from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array
from gazeclass.upright import rotation_of, upright

if TYPE_CHECKING:
    from av.container import InputContainer


@dataclass(frozen=True, eq=False)
class VideoFile:
    """A readable video. Use :func:`open_video`.

    Attributes:
        path: of the file.
        size_px: width and height of the upright pictures.
        rotation_deg: turn, counter-clockwise, that the file asks for and that is applied; 0, 90, 180 or -90.
        times_s: ``(n,)`` presentation times on the file's own clock, increasing.
        declared_end_s: where the file says it ends, NaN where it says nothing.
        broken_at_s: last time before the file breaks off too early, None when it is whole.
        square_pixels: False when the file asks for its pictures to be stretched (they are not).
        pts: ``(n,)`` the container's own time marks, or None where it has none and frames are counted.
    """

    path: Path
    size_px: tuple[int, int]
    rotation_deg: int
    times_s: Array
    declared_end_s: float
    broken_at_s: float | None
    square_pixels: bool
    pts: np.ndarray | None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    def __iter__(self) -> Iterator[Frame]:
        """Every frame that can be decoded."""
        return self.frames()

    def frames(self, wanted: Collection[int] | None = None) -> Iterator[Frame]:
        """Decode in order of presentation, converting only ``wanted`` frames (None: all) to pictures.

        Frames that are damaged are left out.

        Raises:
            InputError: the picture size changes within the file.
        """
        from av.video.reformatter import VideoReformatter

        reformatter = VideoReformatter()
        with _open(self.path) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for count, frame in enumerate(_decode(container, stream)):
                index = self._index(frame, count)
                if index is None or (wanted is not None and index not in wanted):
                    continue
                picture = reformatter.reformat(frame, format="bgr24").to_ndarray()
                image = upright(np.asarray(picture, np.uint8), self.rotation_deg)
                if image.shape[1::-1] != self.size_px:
                    raise InputError(
                        f"the picture size changes from {_size(self.size_px)} to {_size(image.shape[1::-1])} "
                        f"at {self.times_s[index]:.1f} s",
                        where=self.path,
                        todo="Cut the recording there.",
                    )
                yield Frame(index, float(self.times_s[index]), image)

    def decoded(self, from_s: float, to_s: float) -> Iterator[tuple[float, Any]]:
        """Time and PyAV frame, as the file holds it, between two moments of the file's clock; damaged ones left out."""
        with _open(self.path) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            seekable = self.pts is not None and stream.time_base is not None
            if seekable and from_s > float(self.times_s[0]) + 2.0:
                container.seek(int(from_s / float(stream.time_base or 1)), stream=stream)
            for count, frame in enumerate(_decode(container, stream)):
                index = None if seekable and frame.pts is None else self._index(frame, count)
                if index is None or self.times_s[index] < from_s:
                    continue
                if self.times_s[index] > to_s:
                    return
                yield float(self.times_s[index]), frame

    def _index(self, frame: Any, count: int) -> int | None:
        if self.pts is None or frame.pts is None:
            return count if count < len(self.times_s) else None
        at = int(np.searchsorted(self.pts, frame.pts))
        return at if at < len(self.pts) and self.pts[at] == frame.pts else None


def open_video(path: Path) -> VideoFile:
    """Index a video and decode its first frame.

    Raises:
        InputError: no such file, not a video, nothing in it that can be decoded.
    """
    path = Path(path)
    with _open(path) as container:
        stream = container.streams.video[0]
        pts, duration_pts, whole = _packets(container, stream)
        base = stream.time_base
        rate = stream.average_rate or stream.guessed_rate
        declared_s = _declared_end_s(container, stream, pts)
    if not pts:
        raise _nothing_in(path)
    marks: np.ndarray | None
    if None in pts or base is None:
        if not rate:
            raise InputError(
                "the video has neither times nor a frame rate",
                where=path,
                todo="Save it as .mp4 or .mkv, or give its times with --timestamps.",
            )
        marks, times = None, np.arange(len(pts)) / float(rate)
    else:
        marks = np.unique(np.array(pts, np.int64))
        times = marks * float(base)
    first = _first_frame(path)
    rotation = rotation_of(first)
    width, height = first.width, first.height
    ratio = first.sample_aspect_ratio if hasattr(first, "sample_aspect_ratio") else None
    period = period_of(times)
    last_s = float(duration_pts * base) if duration_pts and base else (period if period > 0 else 0.0)
    short = declared_s - (times[-1] + last_s) > max(0.5 * period, 1e-3) if np.isfinite(declared_s + period) else False
    return VideoFile(
        path=path,
        size_px=(height, width) if rotation in (90, -90) else (width, height),
        rotation_deg=rotation,
        times_s=times,
        declared_end_s=declared_s,
        broken_at_s=float(times[-1]) if short or not whole else None,
        square_pixels=not ratio or ratio == 1,
        pts=marks,
    )


def _open(path: Path) -> "InputContainer":
    import av
    from av.error import FFmpegError

    if not path.is_file():
        what = "this is a folder, not a video" if path.is_dir() else "there is no such file"
        raise InputError(what, where=path, todo="Give the two recordings of the lesson.")
    try:
        container = av.open(str(path))
    except (FFmpegError, OSError, ValueError) as error:
        raise InputError(
            f"it cannot be opened as a video ({getattr(error, 'strerror', None) or error})",
            where=path,
            todo="If the recording was cut off, the index at the end of the file is missing: record again.",
        ) from error
    if not container.streams.video:
        container.close()
        raise InputError("there is no video in it", where=path, todo="Give the recording of a camera.")
    return container


def _packets(container: "InputContainer", stream: Any) -> tuple[list[int | None], int, bool]:
    """Presentation times of all packets, duration of the last shown one, and whether reading came to a clean end."""
    from av.error import FFmpegError

    pts: list[int | None] = []
    last, duration, whole = -1, 0, True
    try:
        for packet in container.demux(stream):
            if packet.size == 0 or packet.is_discard:
                continue
            if packet.is_corrupt:  # cut off in the middle
                whole = False
                continue
            pts.append(packet.pts)
            if packet.pts is not None and packet.pts > last:
                last, duration = packet.pts, packet.duration or 0
    except (FFmpegError, OSError):
        whole = False
    return pts, duration, whole


def _declared_end_s(container: "InputContainer", stream: Any, pts: list[int | None]) -> float:
    if stream.duration and stream.time_base:
        start = (
            stream.start_time if stream.start_time is not None else min((p for p in pts if p is not None), default=0)
        )
        return float((start + stream.duration) * stream.time_base)
    if container.duration and len(container.streams) == 1:
        return ((container.start_time or 0) + container.duration) / 1e6
    return float("nan")


def _decode(container: "InputContainer", stream: Any) -> Iterator[Any]:
    """Frames that decode without damage; a packet that does not is passed over."""
    from av.error import FFmpegError

    packets = iter(container.demux(stream))
    while True:
        try:
            packet = next(packets, None)
        except (FFmpegError, OSError):
            return
        if packet is None:
            return
        if packet.is_corrupt:
            continue
        try:
            frames = packet.decode()
        except FFmpegError:
            continue
        for frame in frames:
            if not frame.is_corrupt:
                yield frame


def _first_frame(path: Path) -> Any:
    with _open(path) as container:
        frame = next(_decode(container, container.streams.video[0]), None)
    if frame is None:
        raise _nothing_in(path)
    return frame


def _nothing_in(path: Path) -> InputError:
    return InputError("no picture in it can be decoded", where=path, todo="Record it again.")


def _size(size_px: tuple[int, ...]) -> str:
    return f"{size_px[0]}×{size_px[1]}"
