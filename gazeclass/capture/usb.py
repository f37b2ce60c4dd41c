"""USB cameras through PyAV: V4L2 on Linux, DirectShow on Windows, AVFoundation on macOS.

PyAV rather than ``cv2.VideoCapture``: the device's own times come along, MJPEG is asked for by name, the interpreter is
released while a camera is waited for, and files, network and USB cameras share one decoder (docs/decisions).
"""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gazeclass.capture.clock import ClockKind
from gazeclass.capture.devices import CameraDevice, find_device, list_devices
from gazeclass.capture.failures import explain
from gazeclass.capture.stream import DecodedCamera, LiveFrame
from gazeclass.capture.v4l2 import Locks, VideoFormat, opened
from gazeclass.errors import InputError

if TYPE_CHECKING:
    from av.container import InputContainer

#: The largest picture taken unasked.
LARGEST_PX = (1920, 1080)
#: Exposure is fixed after this many pictures: the automatic has settled by then.
SETTLED_AFTER = 45


class UsbCamera(DecodedCamera):
    """A USB camera, open; a :class:`gazeclass.capture.live_source.LiveSource`.

    Args:
        wanted: number, device path, identity or name, see :func:`gazeclass.capture.devices.find_device`.
        size_px: asked for; None: the largest up to 1920×1080 at 25 pictures a second or more.
        rate_hz: asked for; None: the highest at that size.
        lock: fix focus at once and exposure when it has settled, where the camera can.
        devices: the cameras there are; None: ask the system.

    Raises:
        InputError: it is not there, another program uses it, it may not be opened.
    """

    def __init__(
        self,
        wanted: str,
        *,
        size_px: tuple[int, int] | None = None,
        rate_hz: float | None = None,
        lock: bool = True,
        devices: list[CameraDevice] | None = None,
    ) -> None:
        self.info = find_device(wanted, list_devices() if devices is None else devices)
        self.name = self.info.name
        self.device = self.info.identity
        self._asked = size_px
        chosen = choose_format(self.info.formats, size_px)
        size = size_px or ((chosen.width_px, chosen.height_px) if chosen else None)
        rate = rate_hz or (chosen.rate_hz if chosen and chosen.rate_hz > 0 else None)
        self._wants_lock = lock
        self._lock = lock and sys.platform.startswith("linux")
        if self._lock:
            self._with_device("lock_focus")
        super().__init__(self._open(size, rate, mjpeg=chosen is None or chosen.codec == "MJPG"))
        stream = self._container.streams.video[0]
        got = stream.average_rate or stream.guessed_rate
        self.asked_rate_hz = float(got) if got else rate or float("nan")
        self.clock_kind = ClockKind.HOST if sys.platform.startswith("linux") else ClockKind.DEVICE
        self.finite = False
        self.notes = tuple(self._remarks(size, rate))

    def _arrived(self, frame: LiveFrame) -> None:
        if frame.index == SETTLED_AFTER and self._lock:
            self._with_device("lock_exposure")

    def locks(self) -> Locks:
        """Whether focus and exposure are fixed now."""
        if not sys.platform.startswith("linux"):
            return Locks()
        try:
            with opened_device(self.info) as device:
                return device.locks()
        except OSError:
            return Locks()

    def _with_device(self, action: str) -> None:
        try:
            with opened_device(self.info) as device:
                getattr(device, action)()
        except OSError:
            return  # a camera that cannot be asked is still worth its pictures; the notes say what is not fixed

    def _remarks(self, size_px: tuple[int, int] | None, rate_hz: float | None) -> Iterator[str]:
        if size_px is not None and self.size_px != size_px:
            yield f"{_size(size_px)} was asked for, the camera gives {_size(self.size_px)}"
        if rate_hz is not None and self.asked_rate_hz < 0.9 * rate_hz:
            yield f"{rate_hz:.0f} pictures a second were asked for, the camera promises {self.asked_rate_hz:.0f}"
        if self._lock and self.locks().focus is False:
            yield "the focus cannot be fixed: it may move during the lesson and undo the calibration"
        if self._wants_lock and not self._lock:
            yield "on this system gazeclass cannot fix focus and exposure: do it in the camera's own program"

    def _open(self, size_px: tuple[int, int] | None, rate_hz: float | None, *, mjpeg: bool) -> "InputContainer":
        import av
        from av.error import FFmpegError

        system, file = _ffmpeg_address(self.info)
        options = {}
        if size_px is not None:
            options["video_size"] = f"{size_px[0]}x{size_px[1]}"
        if rate_hz is not None:
            options["framerate"] = f"{rate_hz:g}"
        # What a camera cannot do makes FFmpeg refuse: take back one wish after the other.
        wishes = [options | _MJPEG.get(system, {})] if mjpeg else []
        wishes += [options, {k: v for k, v in options.items() if k != "framerate"}, {}]
        failure: InputError | None = None
        for wish in wishes:
            try:
                return av.open(file, format=system, options=wish, timeout=(10.0, 5.0))
            except (FFmpegError, OSError, ValueError) as error:
                failure = explain(error, self.name)
                if "cannot be used" not in failure.what:
                    break
        assert failure is not None
        raise failure


def choose_format(formats: tuple[VideoFormat, ...], size_px: tuple[int, int] | None) -> VideoFormat | None:
    """The best format: of the asked size or the largest allowed, fast enough, MJPEG before raw; None if unknown.

    Raw pictures of two cameras do not fit through a USB 2 hub; MJPEG does.
    """
    fitting = [
        f
        for f in formats
        if (
            (f.width_px, f.height_px) == size_px
            if size_px
            else f.width_px <= LARGEST_PX[0] and f.height_px <= LARGEST_PX[1]
        )
    ]
    known = [f for f in fitting if f.codec in ("MJPG", "YUYV", "NV12", "UYVY")]
    return max(
        known,
        key=lambda f: (not f.rate_hz < 24, f.width_px * f.height_px, f.codec == "MJPG", f.rate_hz),
        default=None,
    )


#: How each system is asked for motion JPEG; AVFoundation chooses for itself.
_MJPEG = {"v4l2": {"input_format": "mjpeg"}, "dshow": {"vcodec": "mjpeg"}}


def _ffmpeg_address(device: CameraDevice) -> tuple[str, str]:
    if sys.platform == "win32":
        return "dshow", f"video={device.address}"
    if sys.platform == "darwin":
        return "avfoundation", device.address
    return "v4l2", device.address


def opened_device(device: CameraDevice):  # type: ignore[no-untyped-def]  # a context of a V4L2Device
    """The camera's node, for asking."""
    from pathlib import Path

    return opened(Path(device.address))


def _size(size_px: tuple[int, int]) -> str:
    return f"{size_px[0]}×{size_px[1]}"
