"""Live pictures through PyAV, whatever they come from: packets in, frames with their arrival out.

PyAV releases the interpreter while it waits and decodes, so each camera decodes on its own reader's thread. A picture
is converted to BGR only when somebody looks at it: a slow consumer does not pay for pictures it never sees.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from gazeclass.capture.pairs import Image
from gazeclass.capture.source import Frame

if TYPE_CHECKING:
    from av.container import InputContainer

#: While a stream is opened, pictures pile up. They are stale and passed over until a packet has to be waited for …
_WAITED_S = 0.005
#: … but for no longer than this.
_BACKLOG_S = 2.5
#: A packet that was never shown is forgotten after this many others.
_REMEMBERED = 256


class LiveFrame(Frame):
    """A frame whose arrival is known and whose picture is made when first looked at.

    Attributes:
        index: its number in the source since it was opened.
        t_s: its time on the source's own clock; NaN where it has none.
        arrival_s: when it reached this computer, ``time.monotonic()``.
        picture: as decoded.
    """

    arrival_s: float
    picture: Any

    def __init__(self, index: int, t_s: float, picture: Any, arrival_s: float) -> None:
        for name, value in (("index", index), ("t_s", t_s), ("picture", picture), ("arrival_s", arrival_s)):
            object.__setattr__(self, name, value)

    @cached_property
    def image(self) -> Image:
        """``(H, W, 3)`` BGR uint8, upright."""
        return bgr(self.picture)

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height, without converting the picture."""
        return size_of(self.picture)


def bgr(picture: Any) -> Image:
    """A decoded PyAV frame as ``(H, W, 3)`` BGR uint8, turned upright as the stream asks."""
    image = np.asarray(converted(picture, "bgr24").to_ndarray(), np.uint8)
    return np.ascontiguousarray(np.rot90(image, _quarters(picture))) if _quarters(picture) else image


_converters = threading.local()


def converted(picture: Any, pixel_format: str) -> Any:
    """A decoded frame in another pixel format; the same frame where it has it already.

    Never through the frame's own ``reformat``: its scaler would be shared by whoever looks at the frame, and two
    threads in one scaler wait for each other for ever. Each thread has its own here, without threads of theirs.
    """
    from av.video.reformatter import VideoReformatter

    known: dict[object, Any] = _converters.__dict__.setdefault("known", {})
    key = (picture.width, picture.height, picture.format.name, pixel_format)
    if key not in known:
        if len(known) > 8:
            known.clear()
        known[key] = VideoReformatter()
    try:
        return known[key].reformat(picture, format=pixel_format, threads=1)
    except TypeError:  # PyAV before it could be told
        return known[key].reformat(picture, format=pixel_format)


def size_of(picture: Any) -> tuple[int, int]:
    """Width and height of a decoded frame once upright."""
    width, height = int(picture.width), int(picture.height)
    return (height, width) if _quarters(picture) % 2 else (width, height)


def _quarters(picture: Any) -> int:
    return round(float(getattr(picture, "rotation", 0) or 0) / 90.0) % 4


class DamageCount:
    """How many packets could not be decoded."""

    def __init__(self) -> None:
        self.damaged = 0


def live_frames(
    container: "InputContainer",
    damage: DamageCount,
    *,
    device_times: bool = True,
    clock: Callable[[], float] = time.monotonic,
) -> Generator[LiveFrame, None, None]:
    """Decode a container's first video stream as its packets come. Closes the container at the end.

    Args:
        container: open.
        damage: counts what could not be decoded.
        device_times: whether the stream's time marks are the device's (some formats make them up).
        clock: monotonic seconds.

    Raises:
        av.error.FFmpegError: the connection or device is gone.
    """
    stream = container.streams.video[0]
    # One thread and no frame threading: it would hold back as many pictures as it has threads.
    stream.thread_type = "SLICE"
    stream.codec_context.thread_count = 1
    arrivals: dict[int, float] = {}
    index = 0
    begun_s = asked_s = clock()
    stale = True
    try:
        for packet in container.demux(stream):
            arrival_s = clock()
            stale = stale and arrival_s - asked_s < _WAITED_S and arrival_s - begun_s < _BACKLOG_S
            if packet.pts is not None:
                arrivals[packet.pts] = arrival_s
                if len(arrivals) > _REMEMBERED:
                    del arrivals[next(iter(arrivals))]
            for frame in _decoded(packet, damage):
                arrived_s = arrivals.pop(-1 if frame.pts is None else frame.pts, arrival_s)
                if stale or (device_times and frame.time is None):
                    continue
                yield LiveFrame(index, frame.time if device_times else float("nan"), frame, arrived_s)
                index += 1
            asked_s = clock()
    finally:
        container.close()


class DecodedCamera:
    """The common half of cameras that FFmpeg has opened: frames as they come, until one asks to stop.

    Args:
        container: open, with a video stream; closed when the iteration ends.
        device_times: whether the stream's time marks are the device's.
    """

    def __init__(self, container: "InputContainer", *, device_times: bool = True) -> None:
        codec = container.streams.video[0].codec_context
        self.size_px = (int(codec.width), int(codec.height))
        self.format = str(codec.name)
        self._container, self._device_times = container, device_times
        self._damage = DamageCount()
        self._closing = False

    @property
    def damaged(self) -> int:
        """Pictures that could not be decoded."""
        return self._damage.damaged

    def close(self) -> None:
        """Stop at the next picture, or when the camera has been silent for its timeout."""
        self._closing = True

    def __iter__(self) -> Iterator[LiveFrame]:
        """Frames as they come.

        Raises:
            av.error.FFmpegError: the camera was unplugged, or the connection is gone.
        """
        frames = live_frames(self._container, self._damage, device_times=self._device_times)
        try:
            for frame in frames:
                if self._closing:
                    return
                self._arrived(frame)
                yield frame
        finally:
            frames.close()
            self._container.close()

    def _arrived(self, frame: LiveFrame) -> None:
        """What a kind of camera does with each frame before it is given out."""


def _decoded(packet: Any, damage: DamageCount) -> list[Any]:
    """A packet's whole pictures; what is damaged is counted."""
    from av.error import InvalidDataError

    try:
        frames = packet.decode()
    except InvalidDataError:
        damage.damaged += 1
        return []
    whole = [frame for frame in frames if not frame.is_corrupt]
    damage.damaged += len(frames) - len(whole)
    return whole
