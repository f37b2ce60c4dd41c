"""Which cameras are plugged in: by name, with an identity that survives replugging, and where on the USB they hang."""

import re
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from gazeclass.capture.v4l2 import UNKNOWN, Locks, VideoFormat, opened
from gazeclass.errors import InputError

SYSFS = Path("/sys/class/video4linux")
DEV = Path("/dev")


@dataclass(frozen=True)
class CameraDevice:
    """A camera that is plugged in.

    Attributes:
        address: what opens it: a device path, or DirectShow's or AVFoundation's name.
        name: what its maker calls it.
        identity: the same after replugging: vendor, product and serial number; the port where cameras are
            indistinguishable. This is what ``classroom.toml`` keeps as a camera's ``device``.
        port: USB path as Linux counts it ("1-1.4": bus 1, port 1, port 4 of the hub there); "" where unknown.
        speed_mbps: of the USB link; 0 where unknown.
        formats: it can stream in; empty where the system does not say.
        locks: of focus and exposure just now.
    """

    address: str
    name: str
    identity: str
    port: str = ""
    speed_mbps: float = 0.0
    formats: tuple[VideoFormat, ...] = ()
    locks: Locks = UNKNOWN


def list_devices(sysfs: Path = SYSFS, dev: Path = DEV) -> list[CameraDevice]:
    """Every camera the system knows, in its order. ``usb:0`` is the first.

    Args:
        sysfs, dev: Linux' folders; tests give their own.
    """
    if sys.platform.startswith("linux"):
        found = _linux(sysfs, dev)
    else:
        found = _through_ffmpeg("dshow" if sys.platform == "win32" else "avfoundation")
    # Cheap cameras of one kind often share a serial number: then only the port tells them apart.
    seen = Counter(device.identity for device in found)
    return [
        replace(device, identity=f"{device.identity}@{device.port}") if seen[device.identity] > 1 else device
        for device in found
    ]


def find_device(wanted: str, devices: list[CameraDevice]) -> CameraDevice:
    """The camera a user means by a number, a device's path, an identity or (part of) a name.

    Raises:
        InputError: there is none such, or more than one.
    """
    names = ", ".join(f"usb:{k} {device.name}" for k, device in enumerate(devices)) or "none at all"
    if re.fullmatch(r"\d{1,2}", wanted):
        if int(wanted) < len(devices):
            return devices[int(wanted)]
        raise InputError("there is no such camera", where=f"usb:{wanted}", todo=f"There are: {names}.")
    for device in devices:
        if wanted in (device.address, device.identity) or _same_node(wanted, device.address):
            return device
    by_name = [device for device in devices if wanted.casefold() in device.name.casefold()]
    if len(by_name) == 1:
        return by_name[0]
    if by_name:
        raise InputError(f"{len(by_name)} cameras have that name", where=wanted, todo=f"Give a number: {names}.")
    if wanted.startswith("/dev/"):
        raise InputError("it is not there", where=wanted, todo=f"Plug it in. There are: {names}.")
    raise InputError("there is no camera of that name", where=wanted, todo=f"There are: {names}.")


def shared_hub(first: CameraDevice, second: CameraDevice) -> str:
    """A warning when both cameras share the 480 Mbit/s of one USB 2 hub; "" when they do not, or nobody knows."""
    hubs = [device.port.rpartition(".")[0] for device in (first, second)]
    slow = all(0 < device.speed_mbps <= 480 for device in (first, second))
    common = min(hubs, key=len)
    behind = all(hub == common or hub.startswith(common + ".") for hub in hubs)
    if not (slow and all(hubs) and behind):
        return ""
    return (
        f"{first.name} and {second.name} share one USB 2 hub (port {common}): they take each other's bandwidth; "
        "plug one into another port of the computer"
    )


def _same_node(wanted: str, address: str) -> bool:
    path = Path(wanted)
    return wanted.startswith("/") and path.exists() and Path(address).exists() and path.samefile(address)


def _linux(sysfs: Path, dev: Path) -> list[CameraDevice]:
    nodes = sysfs.glob("video*") if sysfs.is_dir() else ()
    out = []
    for node in sorted(nodes, key=lambda n: int(re.sub(r"\D", "", n.name) or 0)):
        name: str | None = _read(node / "name")
        formats: tuple[VideoFormat, ...] = ()
        locks = UNKNOWN
        try:
            with opened(dev / node.name) as device:
                name = device.capture_name()
                if name is not None:
                    formats, locks = tuple(device.formats()), device.locks()
        except OSError:
            # Not ours to open: list it all the same, but only the first node of a camera gives pictures.
            name = None if _read(node / "index") not in ("", "0") else name
        if name is None:
            continue
        usb = _usb_folder(node)
        out.append(
            CameraDevice(
                address=str(dev / node.name),
                name=name or node.name,
                identity=_identity(usb) if usb else f"{name}@{node.name}",
                port=usb.name if usb else "",
                speed_mbps=float(_read(usb / "speed") or 0) if usb else 0.0,
                formats=formats,
                locks=locks,
            )
        )
    return out


def _usb_folder(node: Path) -> Path | None:
    """The USB device a video node belongs to."""
    folder = (node / "device").resolve()
    for parent in (folder, *folder.parents):
        if (parent / "idVendor").is_file():
            return parent
    return None


def _identity(usb: Path) -> str:
    vendor, product, serial = (_read(usb / field) for field in ("idVendor", "idProduct", "serial"))
    return f"usb-{vendor}:{product}-{serial}" if serial else f"usb-{vendor}:{product}@{usb.name}"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _through_ffmpeg(system: str) -> list[CameraDevice]:
    """Names by FFmpeg's own listing, which PyAV has since version 17."""
    import av
    from av.error import FFmpegError

    enumerate_devices = getattr(av, "enumerate_input_devices", None)
    if enumerate_devices is None:
        return []
    try:
        found = enumerate_devices(system)
    except (FFmpegError, OSError, ValueError):
        return []
    out = []
    for device in found:
        kinds = getattr(device, "media_types", None)
        if kinds and "video" not in kinds:
            continue
        name = device.description or device.name
        out.append(CameraDevice(address=device.name, name=name, identity=f"{system}:{device.name}"))
    return out
