"""From what was chosen to an open source: files at once, cameras through the live capture."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from gazeclass.calibration.notes import CameraSpec as CameraNote
from gazeclass.capture.spec import CameraKind, parse_spec
from gazeclass.desktop.plugged_in import PluggedIn
from gazeclass.desktop.wizard.sources import Exchanged, Source, open_files
from gazeclass.errors import InputError


@dataclass(frozen=True)
class Asked:
    """What was chosen.

    Attributes:
        kind: a calibration ``folder``, ``two`` folders or videos, or ``cameras``.
        addresses: left and right; a folder stands alone in the first.
        size_px, rate_hz: asked of cameras.
        exchanged: the folder's cam0 stands on the right.
    """

    kind: Literal["folder", "two", "cameras"]
    addresses: tuple[str, str]
    size_px: tuple[int, int] | None = None
    rate_hz: float | None = None
    exchanged: bool = False

    @staticmethod
    def of(cameras: "tuple[CameraNote, ...]") -> "Asked | None":
        """What the project says was chosen before; None where nothing was, or what is no longer there."""
        if len(cameras) < 2:
            return None
        left, right = cameras
        if left.kind == "files":
            if not Path(left.address).exists():
                return None
            if left.address == right.address:
                return Asked("folder", (left.address, ""), exchanged=left.name.endswith("cam1"))
            return Asked("two", (left.address, right.address)) if Path(right.address).exists() else None
        size = (left.asked_width_px or left.width_px, left.asked_height_px or left.height_px)
        return Asked("cameras", (left.address, right.address), size, left.asked_fps)

    def swapped(self) -> "Asked":
        """Left and right exchanged."""
        if self.kind == "folder":
            return replace(self, exchanged=not self.exchanged)
        return replace(self, addresses=(self.addresses[1], self.addresses[0]))

    def spec_kind(self, camera: int) -> Literal["usb", "rtsp", "files"]:
        """As the project notes it."""
        if self.kind != "cameras":
            return "files"
        kind = parse_spec(self.addresses[camera]).kind
        return "rtsp" if kind is CameraKind.NETWORK else "files" if kind is CameraKind.FILE else "usb"

    def public_address(self, camera: int) -> str:
        """What may be written down: never a password."""
        if self.kind == "folder":
            return self.addresses[0]
        if self.kind == "two":
            return self.addresses[camera]
        spec = parse_spec(self.addresses[camera])
        return spec.name if spec.kind is CameraKind.NETWORK else spec.address


def open_source(asked: Asked) -> Source:
    """Open what was asked for. May take many seconds.

    Raises:
        InputError: a camera or file that cannot be used, the same one twice.
    """
    if asked.kind == "folder":
        source = open_files(Path(asked.addresses[0]))
        return Exchanged(source) if asked.exchanged else source
    if asked.kind == "two":
        return open_files(Path(asked.addresses[0]), Path(asked.addresses[1]))
    if not all(address.strip() for address in asked.addresses):
        raise InputError("one camera is not chosen yet", todo="Choose a left and a right camera.")
    from gazeclass.desktop.wizard.live import open_cameras

    return open_cameras(asked.addresses, asked.size_px, asked.rate_hz)


def plugged_in() -> tuple[PluggedIn, ...]:
    """Cameras that are plugged in. May take seconds on some systems."""
    from gazeclass.capture.devices import list_devices

    return tuple(PluggedIn(camera.name, camera.identity) for camera in list_devices())
