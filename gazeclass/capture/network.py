"""Network cameras: RTSP, and motion JPEG or H.264 over HTTP."""

from typing import TYPE_CHECKING

from gazeclass.capture.clock import ClockKind
from gazeclass.capture.failures import explain
from gazeclass.capture.spec import public_url
from gazeclass.capture.stream import DecodedCamera
from gazeclass.errors import InputError

if TYPE_CHECKING:
    from av.container import InputContainer

#: These carry no times; FFmpeg counts frames at a rate it has made up.
_WITHOUT_TIMES = {"mpjpeg", "mjpeg", "jpeg_pipe", "image2", "image2pipe", "h264", "hevc"}


class NetworkCamera(DecodedCamera):
    """A network camera, open; a :class:`gazeclass.capture.live_source.LiveSource`.

    Args:
        url: its address, with user and password where it wants them; neither is ever shown.
        transport: for RTSP "tcp" (whole pictures), "udp" (less delay, torn pictures when packets are lost) or "auto".
        timeout_s: until a connection or a picture must have come.

    Raises:
        InputError: it cannot be reached, refuses, or sends no video.
    """

    def __init__(self, url: str, *, transport: str = "tcp", timeout_s: float = 5.0) -> None:
        if transport not in ("tcp", "udp", "auto"):
            raise InputError(f"'{transport}' is no way to carry RTSP", todo="Choose tcp, udp or auto.")
        self.name = self.device = public_url(url)
        container = self._open(url, transport, timeout_s)
        known = not _WITHOUT_TIMES & set(container.format.name.split(","))
        super().__init__(container, device_times=known)
        self.clock_kind = ClockKind.DEVICE if known else ClockKind.NONE
        # A rate in the stream's header is a promise; one that FFmpeg guessed from a few pictures is not.
        self.asked_rate_hz = float("nan")
        self.finite = False
        self.notes: tuple[str, ...] = ()

    def _open(self, url: str, transport: str, timeout_s: float) -> "InputContainer":
        import av
        from av.error import FFmpegError

        rtsp = url.lower().startswith("rtsp")
        ways = ("tcp", "udp") if rtsp and transport == "auto" else (transport,)
        failure = InputError("it cannot be opened", where=self.name)
        for way in ways:
            try:
                container = av.open(url, timeout=(2 * timeout_s, timeout_s), options=_options(rtsp, way, timeout_s))
            except (FFmpegError, OSError, ValueError) as error:
                failure = explain(error, self.name, network=True)
                continue
            if container.streams.video:
                return container
            container.close()
            failure = InputError("there is no video in its stream", where=self.name, todo="Check its address.")
        # Not "from error": FFmpeg's own words hold the address with its password.
        raise failure from None


def _options(rtsp: bool, transport: str, timeout_s: float) -> dict[str, str]:
    """FFmpeg's: little probing, little waiting for stray packets, give up in time.

    Not ``fflags=nobuffer``: it throws away the key picture that probing has read, and nothing decodes until the next.
    """
    microseconds = str(int(timeout_s * 1e6))
    options = {"flags": "low_delay", "probesize": "1000000", "analyzeduration": "1000000"}
    if rtsp:
        options |= {
            "rtsp_transport": transport,
            "timeout": microseconds,
            "allowed_media_types": "video",
            "max_delay": "200000",
        }
    else:
        options |= {"rw_timeout": microseconds, "reconnect": "0"}
    return options
