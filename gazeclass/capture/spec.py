"""What a user writes for a camera, and what may be shown of it.

``usb:0``, ``/dev/video2``, ``usb:HD Pro Webcam`` · ``rtsp://…``, ``http://…`` · a file, which is then played as if it
were a camera. A network camera's address may hold a password; only :attr:`CameraSpec.name` may be shown or logged.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from gazeclass.errors import InputError

_URL = re.compile(r"^(rtsps?|https?|rtmp|udp|tcp)://", re.IGNORECASE)
#: Some cameras want user and password in the path or the query instead of before the host.
_SECRET = re.compile(r"pass|pwd|user|login|token|key|auth|secret", re.IGNORECASE)
_CAMERA_NUMBER = re.compile(r"^\d{1,2}$")


class CameraKind(StrEnum):
    """Where a camera's pictures come from."""

    USB = "usb"
    NETWORK = "network"
    FILE = "file"


@dataclass(frozen=True)
class CameraSpec:
    """One camera as asked for.

    Attributes:
        kind: how it is reached.
        address: device, URL (with its password, therefore never printed) or path.
        name: what may be shown of it.
    """

    kind: CameraKind
    address: str = field(repr=False)
    name: str

    def same_as(self, other: "CameraSpec") -> bool:
        """Whether both name one camera."""
        if self.kind != other.kind:
            return False
        if self.kind is CameraKind.NETWORK:
            return _strip_user(self.address) == _strip_user(other.address)
        if self.address == other.address:
            return True
        first, second = Path(self.address), Path(other.address)
        try:
            return first.exists() and second.exists() and first.samefile(second)
        except OSError:  # names of USB cameras need not be paths
            return False


def parse_spec(text: str) -> CameraSpec:
    """Read a camera as a user writes it.

    Raises:
        InputError: nothing was given.
    """
    text = text.strip()
    if not text:
        raise InputError("no camera is given", todo="Give usb:0, rtsp://…, http://… or a video file.")
    if _URL.match(text):
        return CameraSpec(CameraKind.NETWORK, text, public_url(text))
    if text.lower().startswith("usb:"):
        text = text[4:].strip() or "0"
        return CameraSpec(CameraKind.USB, text, f"usb:{text}" if _CAMERA_NUMBER.match(text) else text)
    if _CAMERA_NUMBER.match(text):
        return CameraSpec(CameraKind.USB, text, f"usb:{text}")
    if text.startswith(("/dev/video", "/dev/v4l/")):
        return CameraSpec(CameraKind.USB, text, text)
    path = Path(text).expanduser()
    if path.exists() or path.suffix or len(path.parts) > 1:
        return CameraSpec(CameraKind.FILE, str(path), path.name)
    return CameraSpec(CameraKind.USB, text, text)


def public_url(url: str) -> str:
    """A network camera's address without user, password, query and whatever else could be a secret.

    Rather too little is shown than too much: everything before the last ``@`` goes, wherever it stands.
    """
    scheme, _, rest = url.partition("://")
    rest = rest.rpartition("@")[2]
    rest = re.split(r"[?#]", rest, maxsplit=1)[0]
    host, slash, path = rest.partition("/")
    if _SECRET.search(path):
        path = "…"
    return f"{scheme.lower()}://{host}{slash}{path}"


def _strip_user(url: str) -> str:
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}://{host.rpartition('@')[2].lower()}{slash}{path}"
