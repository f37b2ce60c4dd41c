"""Video4Linux by ioctl: what a camera is, which formats it has, and its focus and exposure.

Only what gazeclass asks a camera before and beside streaming; PyAV streams. The structures are those of
``linux/videodev2.h`` (sizes and numbers are checked against the header's in the tests). A library would do as well, but
the ones there are come under the GPL or bring their own event loop.
"""

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: ioctl(file descriptor, number, buffer): fills the buffer, raises OSError.
Ioctl = Callable[[int, int, bytearray], object]


def _number(direction: int, number: int, size: int) -> int:
    """``_IOC(direction, 'V', number, size)`` of asm-generic/ioctl.h; 2 is read, 3 read and write."""
    return direction << 30 | size << 16 | ord("V") << 8 | number


_CAPABILITY = struct.Struct("16s32s32sIII12x")
_FORMAT = struct.Struct("III32sII12x")
_SIZE = struct.Struct("IIIIIIIII8x")
_INTERVAL = struct.Struct("IIIIIIIIIII8x")
_QUERY = struct.Struct("II32siiiiI8x")
_CONTROL = struct.Struct("Ii")

QUERYCAP = _number(2, 0, _CAPABILITY.size)
ENUM_FMT = _number(3, 2, _FORMAT.size)
G_CTRL = _number(3, 27, _CONTROL.size)
S_CTRL = _number(3, 28, _CONTROL.size)
QUERYCTRL = _number(3, 36, _QUERY.size)
ENUM_FRAMESIZES = _number(3, 74, _SIZE.size)
ENUM_FRAMEINTERVALS = _number(3, 75, _INTERVAL.size)

_VIDEO_CAPTURE = 0x1
_DEVICE_CAPS = 0x80000000
_DISCRETE = 1
_DISABLED = 0x1

FOCUS_AUTO = 0x009A090C
FOCUS_ABSOLUTE = 0x009A090A
EXPOSURE_AUTO = 0x009A0901
EXPOSURE_ABSOLUTE = 0x009A0902
EXPOSURE_AUTO_PRIORITY = 0x009A0903
_EXPOSURE_MANUAL = 1


@dataclass(frozen=True, order=True)
class VideoFormat:
    """One way a camera can stream.

    Attributes:
        codec: FourCC, "MJPG" or "YUYV" mostly.
        width_px, height_px: of the pictures.
        rate_hz: the highest there is at this size; NaN where the driver does not say.
    """

    codec: str
    width_px: int
    height_px: int
    rate_hz: float

    def __str__(self) -> str:
        """As it is shown in lists."""
        return f"{self.codec} {self.width_px}×{self.height_px} {self.rate_hz:.0f}/s"


@dataclass(frozen=True)
class Locks:
    """Whether focus and exposure are fixed.

    Attributes:
        focus: True: fixed; False: it can change; None: not known (the camera has no such control: often a fixed lens).
        exposure: the same.
    """

    focus: bool | None = None
    exposure: bool | None = None


#: Nothing is known.
UNKNOWN = Locks()


class V4L2Device:
    """An open device node.

    Args:
        descriptor: of the node.
        ioctl: the system's; tests give their own.
    """

    def __init__(self, descriptor: int, ioctl: Ioctl) -> None:
        self._descriptor = descriptor
        self._ioctl = ioctl

    def capture_name(self) -> str | None:
        """The camera's name, None where the node gives no pictures (metadata, codecs)."""
        _, card, _, _, capabilities, device = _CAPABILITY.unpack(self._ask(QUERYCAP, bytearray(_CAPABILITY.size)))
        able = device if capabilities & _DEVICE_CAPS else capabilities
        return _text(card) if able & _VIDEO_CAPTURE else None

    def formats(self) -> list[VideoFormat]:
        """Every format, size and highest rate; discrete sizes only, as USB cameras have them."""
        out = []
        for index in range(64):
            answer = self._try(ENUM_FMT, _FORMAT.pack(index, _VIDEO_CAPTURE, 0, b"", 0, 0))
            if answer is None:
                break
            code = _FORMAT.unpack(answer)[4]
            for width, height in self._sizes(code):
                codec = code.to_bytes(4, "little").decode("ascii", "replace").strip()
                out.append(VideoFormat(codec, width, height, self._rate_hz(code, width, height)))
        return out

    def read(self, control: int) -> int | None:
        """A control's value, None where the camera has none such."""
        query = self._try(QUERYCTRL, _QUERY.pack(control, 0, b"", 0, 0, 0, 0, 0))
        if query is None or _QUERY.unpack(query)[7] & _DISABLED:
            return None
        answer = self._try(G_CTRL, _CONTROL.pack(control, 0))
        return None if answer is None else int(_CONTROL.unpack(answer)[1])

    def write(self, control: int, value: int) -> bool:
        """Set a control; False where the camera refuses."""
        return self._try(S_CTRL, _CONTROL.pack(control, value)) is not None

    def locks(self) -> Locks:
        """Whether focus and exposure are fixed now."""
        focus, exposure = self.read(FOCUS_AUTO), self.read(EXPOSURE_AUTO)
        return Locks(
            focus=None if focus is None else focus == 0,
            exposure=None if exposure is None else exposure == _EXPOSURE_MANUAL,
        )

    def lock_focus(self) -> None:
        """Fix the focus where it is; where the camera keeps its frame rate in the dark, let it."""
        distance = self.read(FOCUS_ABSOLUTE)
        if self.read(FOCUS_AUTO):
            self.write(FOCUS_AUTO, 0)
            if distance is not None:
                self.write(FOCUS_ABSOLUTE, distance)
        if self.read(EXPOSURE_AUTO_PRIORITY):
            self.write(EXPOSURE_AUTO_PRIORITY, 0)

    def lock_exposure(self) -> None:
        """Fix the exposure as it is; call it when the automatic has settled."""
        exposure = self.read(EXPOSURE_ABSOLUTE)
        mode = self.read(EXPOSURE_AUTO)
        if mode in (None, _EXPOSURE_MANUAL) or not self.write(EXPOSURE_AUTO, _EXPOSURE_MANUAL):
            return
        if exposure is not None:
            self.write(EXPOSURE_ABSOLUTE, exposure)

    def _sizes(self, code: int) -> Iterator[tuple[int, int]]:
        for index in range(128):
            answer = self._try(ENUM_FRAMESIZES, _SIZE.pack(index, code, 0, 0, 0, 0, 0, 0, 0))
            if answer is None:
                return
            fields = _SIZE.unpack(answer)
            if fields[2] != _DISCRETE:  # from … to …: the largest is what can be wanted
                yield fields[4], fields[7]
                return
            yield fields[3], fields[4]

    def _rate_hz(self, code: int, width: int, height: int) -> float:
        rates = []
        for index in range(64):
            answer = self._try(ENUM_FRAMEINTERVALS, _INTERVAL.pack(index, code, width, height, 0, 0, 0, 0, 0, 0, 0))
            if answer is None:
                break
            fields = _INTERVAL.unpack(answer)
            numerator, denominator = fields[5], fields[6]  # the shortest interval, discrete or not
            if numerator:
                rates.append(denominator / numerator)
            if fields[4] != _DISCRETE:
                break
        return max(rates, default=float("nan"))

    def _ask(self, number: int, buffer: bytearray) -> bytearray:
        self._ioctl(self._descriptor, number, buffer)
        return buffer

    def _try(self, number: int, content: bytes) -> bytearray | None:
        try:
            return self._ask(number, bytearray(content))
        except OSError:
            return None


@contextmanager
def opened(path: Path) -> Iterator[V4L2Device]:
    """Open a device node for asking; it can be asked while it streams elsewhere.

    Raises:
        OSError: there is none, or it may not be opened.
    """
    import fcntl

    def ioctl(descriptor: int, number: int, buffer: bytearray) -> object:
        return fcntl.ioctl(descriptor, number, buffer, True)

    descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        yield V4L2Device(descriptor, ioctl)
    finally:
        os.close(descriptor)


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8", "replace").strip()
