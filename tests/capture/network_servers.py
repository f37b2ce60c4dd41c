"""Network cameras on loopback: GStreamer's RTSP server where the system has one, motion JPEG over HTTP everywhere."""

import base64
import http.server
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import pytest
from numbered_pictures import number_picture

SYSTEM_PYTHON = Path("/usr/bin/python3")
_NEEDED = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst, GstRtspServer; "
    "Gst.init(None); "
    "raise SystemExit(not all(map(Gst.ElementFactory.find, ('qtdemux', 'h264parse', 'rtph264pay'))))"
)
_AUTHORIZATION = "Basic " + base64.b64encode(b"teacher:geheim").decode()
#: No server of a test outlives this.
LONGEST_S = 120


def need_rtsp_server() -> None:
    """Skip the test where the system has no RTSP server."""
    reason = "needs GStreamer's RTSP server and its Python bindings: see packaging/test-tools.sh"
    if not SYSTEM_PYTHON.exists():
        pytest.skip(reason)
    if subprocess.run([SYSTEM_PYTHON, "-c", _NEEDED], capture_output=True, timeout=60, check=False).returncode:
        pytest.skip(reason)


def numbered_video(path: Path, seconds: float, *, rate_hz: int = 10, size: tuple[int, int] = (320, 192)) -> Path:
    """H.264 as a camera makes it, whose every picture carries its number (modulo 256)."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream(
            "libx264", rate=rate_hz, options={"preset": "ultrafast", "tune": "zerolatency", "g": str(rate_hz)}
        )
        stream.width, stream.height, stream.pix_fmt = size[0], size[1], "yuv420p"
        for k in range(int(seconds * rate_hz)):
            frame = av.VideoFrame.from_ndarray(number_picture(k % 256, size), format="bgr24")
            frame.pts, frame.time_base = k, Fraction(1, rate_hz)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def as_a_camera_sends(source: Path, path: Path, *, seconds: float, size: tuple[int, int] = (480, 270)) -> Path:
    """A lesson again and again, small and without look-ahead, a key picture each second."""
    with av.open(str(source)) as file:
        rate_hz = round(file.streams.video[0].average_rate)
        pictures = [frame.reformat(*size, format="yuv420p").to_ndarray() for frame in file.decode(video=0)]
    with av.open(str(path), "w") as file:
        stream = file.add_stream(
            "libx264", rate=rate_hz, options={"preset": "ultrafast", "tune": "zerolatency", "g": str(rate_hz)}
        )
        stream.width, stream.height, stream.pix_fmt = size[0], size[1], "yuv420p"
        for k in range(int(seconds * rate_hz)):
            frame = av.VideoFrame.from_ndarray(pictures[k % len(pictures)], format="yuv420p")
            frame.pts, frame.time_base = k, Fraction(1, rate_hz)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


class RtspServer:
    """Two files as two network cameras; stop it, and start another at the same port."""

    def __init__(self, port: int, videos: Sequence[Path], *, loss: float = 0.0) -> None:
        script = Path(__file__).with_name("rtsp_server.py")
        command = [SYSTEM_PYTHON, script, str(port), str(loss), str(LONGEST_S), *videos]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        self._said: list[str] = []
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        end = time.monotonic() + 60
        while "ready" not in self._said:
            assert time.monotonic() < end, "the RTSP server does not start"
            assert self._process.poll() is None, "the RTSP server has ended"
            time.sleep(0.02)

    def __enter__(self) -> "RtspServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """As if the power went."""
        self._process.kill()
        self._process.wait(30)
        self._reader.join(30)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def freeze(self) -> None:
        """As if the network broke: connections stay, nothing comes."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """As if it came back."""
        self._process.send_signal(signal.SIGCONT)

    def first_pictures_s(self) -> dict[str, float]:
        """When each stream's picture 0 was due, on the monotonic clock of this computer."""
        return {name: float(t) for name, t in (line.split() for line in self._said if line.startswith("cam"))}

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._said.append(line.strip())


class MjpegServer:
    """Two motion JPEG cameras, ``/cam0`` and ``/cam1``, whose pictures carry numbers; ``/locked`` wants a password."""

    def __init__(self, port: int, *, rate_hz: float = 10.0, size: tuple[int, int] = (320, 192)) -> None:
        self.start_s = time.monotonic()
        self.rate_hz = rate_hz
        self.stopping = threading.Event()
        camera = self
        jpegs = [cv2.imencode(".jpg", number_picture(k, size))[1].tobytes() for k in range(256)]

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/locked" and self.headers.get("Authorization") != _AUTHORIZATION:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="camera"')
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                if self.path not in ("/cam0", "/cam1", "/locked"):
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
                self.end_headers()
                number = int((time.monotonic() - camera.start_s) * rate_hz) + 1
                while not camera.stopping.wait(max(camera.start_s + number / rate_hz - time.monotonic(), 0.0)):
                    jpeg = jpegs[number % 256]
                    head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                    try:
                        self.wfile.write(head.encode() + jpeg + b"\r\n")
                    except OSError:
                        return
                    number += 1

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def __enter__(self) -> "MjpegServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """As if the cable were pulled."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(30)


class RefusingRtspServer:
    """Answers every RTSP request with one status line."""

    def __init__(self, port: int, status: str) -> None:
        self._socket = socket.create_server(("127.0.0.1", port))
        self._socket.settimeout(30)
        self._thread = threading.Thread(target=self._answer, args=(status,), daemon=True)
        self._thread.start()

    def __enter__(self) -> "RefusingRtspServer":
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(30)
        self._socket.close()

    def _answer(self, status: str) -> None:
        connection, _ = self._socket.accept()
        with connection:
            connection.settimeout(30)
            while request := connection.recv(4096):
                number = next(line for line in request.decode().splitlines() if line.startswith("CSeq"))
                connection.sendall(f"RTSP/1.0 {status}\r\n{number}\r\n\r\n".encode())
