"""One camera, wherever its pictures come from: the interface a file, a USB camera or an RTSP stream fulfils."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from gazeclass.capture.pairs import Image


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of one camera.

    Attributes:
        index: its number in the source, from 0, in the order of presentation.
        t_s: its time on the source's own clock.
        image: ``(H, W, 3)`` BGR uint8, upright.
    """

    index: int
    t_s: float
    image: Image


class FrameSource(Protocol):
    """A camera or a file of one. Leaving the iteration early releases the device or file."""

    @property
    def name(self) -> str:
        """What to call it in front of a user: a file name, a device's name."""

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of its upright pictures."""

    def __iter__(self) -> Iterator[Frame]:
        """Yield frames in the order of presentation."""
