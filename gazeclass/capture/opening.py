"""How a camera is opened: what a user may ask for, and which module does it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gazeclass.capture.live_source import LiveSource, Opener
from gazeclass.capture.reader import ReaderPolicy
from gazeclass.capture.spec import CameraKind, CameraSpec

if TYPE_CHECKING:
    from gazeclass.capture.playback import SharedStart


@dataclass(frozen=True)
class LiveOptions:
    """How live cameras are opened and paired.

    Attributes:
        sizes_px: pictures asked for, camera 0 and 1; None: the camera's own choice (the largest it streams as MJPEG).
            Give the calibrated ones.
        devices: identities of the classroom's cameras (``CameraEntry.device``); "" where it has none. Exchanged cameras
            are refused, others are told of.
        rate_hz: frames a second asked for; None: what the camera likes.
        lock: lock focus and exposure where the camera can.
        loop: files are played again and again.
        offset_s: camera 1's known delay minus camera 0's, subtracted from camera 1's times.
        max_skew_s: frames further apart are no pair; None for half a frame period of the slower camera.
        queue_pairs: finished pairs that wait for the consumer.
        open_timeout_s: until each camera must have shown its first picture.
        read_timeout_s: a network camera that sends nothing for so long counts as gone.
        transport: "tcp", "udp" or "auto" (TCP, and UDP where the camera refuses it), for RTSP.
        policy: when lost cameras are tried again.
    """

    sizes_px: tuple[tuple[int, int] | None, tuple[int, int] | None] = (None, None)
    devices: tuple[str, str] = ("", "")
    rate_hz: float | None = None
    lock: bool = True
    loop: bool = False
    offset_s: float = 0.0
    max_skew_s: float | None = None
    queue_pairs: int = 2
    open_timeout_s: float = 20.0
    read_timeout_s: float = 5.0
    transport: str = "tcp"
    policy: ReaderPolicy = field(default_factory=ReaderPolicy)


def openers_for(specs: tuple[CameraSpec, CameraSpec], options: LiveOptions) -> tuple[Opener, Opener]:
    """What opens each of the two cameras. Files begin together."""
    from gazeclass.capture.playback import SharedStart

    start = SharedStart(sum(spec.kind is CameraKind.FILE for spec in specs))
    return _opener(specs[0], 0, options, start), _opener(specs[1], 1, options, start)


def _opener(spec: CameraSpec, camera: int, options: LiveOptions, start: "SharedStart") -> Opener:
    def opener() -> LiveSource:
        if spec.kind is CameraKind.FILE:
            from gazeclass.capture.playback import FilePlayback

            return FilePlayback(Path(spec.address), loop=options.loop, start=start)
        if spec.kind is CameraKind.NETWORK:
            from gazeclass.capture.network import NetworkCamera

            return NetworkCamera(spec.address, transport=options.transport, timeout_s=options.read_timeout_s)
        from gazeclass.capture.usb import UsbCamera

        return UsbCamera(spec.address, size_px=options.sizes_px[camera], rate_hz=options.rate_hz, lock=options.lock)

    return opener
