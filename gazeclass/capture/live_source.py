"""What a reader thread needs of a camera, over and above being a source of frames."""

from collections.abc import Callable, Iterator
from typing import Protocol

from gazeclass.capture.clock import ClockKind
from gazeclass.capture.stream import LiveFrame


class LiveSource(Protocol):
    """An open live camera: a :class:`gazeclass.capture.source.FrameSource` with an end of its own.

    Iterating yields frames as they come, and raises (``InputError``, ``OSError``, ``av.error.FFmpegError``) when the
    camera is gone.
    """

    @property
    def name(self) -> str:
        """What to call it; never a password in it."""

    @property
    def device(self) -> str:
        """Its identity, the same after replugging (see :mod:`gazeclass.capture.devices`); "" where there is none."""

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of its upright pictures."""

    @property
    def clock_kind(self) -> ClockKind:
        """What its frames' own times are worth."""

    @property
    def finite(self) -> bool:
        """Whether an end of the frames is the end (a file) and not an interruption."""

    @property
    def format(self) -> str:
        """How the pictures come: "mjpeg", "h264", …"""

    @property
    def asked_rate_hz(self) -> float:
        """Frames a second asked for or promised; NaN where nobody said."""

    @property
    def damaged(self) -> int:
        """Pictures that came but could not be decoded."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was asked for and not given (focus lock, size, …), one sentence each."""

    def __iter__(self) -> Iterator[LiveFrame]:
        """Frames as they come."""

    def close(self) -> None:
        """Ask it to stop, from whatever thread."""


Opener = Callable[[], LiveSource]
"""Opens the camera; raises InputError, OSError or av.error.FFmpegError where it cannot."""
