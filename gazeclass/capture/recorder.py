"""Recording a live lesson: both videos and their times, so that ``gazeclass analyze`` gives the lesson again.

Only where the user has chosen it. A folder holds ``cam0.mkv``, ``cam1.mkv``, ``timestamps.csv`` (as
:mod:`gazeclass.timestamps` reads it) and ``recording.toml``, which says what this is and when it expires.
Matroska, because what is written of it can be read however the program ends.

The recorder has a thread of its own and a bounded queue: cameras and analysis never wait for the disk. What it cannot
keep up with is left out of video *and* timestamps and counted.
"""

import shutil
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

from gazeclass.atomic import make_folder
from gazeclass.capture.expiry import RecordingLabel, write_label
from gazeclass.capture.health import EventKind, LiveEvent
from gazeclass.capture.live import LivePairs
from gazeclass.capture.stream import LiveFrame, converted
from gazeclass.errors import InputError

VIDEOS = ("cam0.mkv", "cam1.mkv")
TIMESTAMPS = "timestamps.csv"
_MILLISECOND = Fraction(1, 1000)
#: Frames of both cameras that may wait; the newest are left out when the disk or the processor cannot keep up.
_WAITING = 90
#: So much must stay free: a full disk harms more than a recording that ends.
LEAST_FREE_BYTES = 1_000_000_000
#: Disk space is looked at, and times are brought to disk, this often.
_EACH_S = 1.0
#: What is encoded comes to disk within a second, whatever happens to the program.
_AT_ONCE = {"cluster_time_limit": "500", "flush_packets": "1"}
#: By preference, with options: fast, one thread, no delay, little loss.
ENCODERS: tuple[tuple[str, dict[str, str]], ...] = (
    ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "crf": "20", "threads": "1", "g": "50"}),
    ("mjpeg", {"q:v": "4", "threads": "1"}),
)


@dataclass(frozen=True)
class RecorderFigures:
    """How a recording goes.

    Attributes:
        frames: written, camera 0 and 1.
        left_out: that the recorder could not keep up with.
        bytes: written so far.
        running: whether it goes on.
        problem: why it ended early, "" else.
    """

    frames: tuple[int, int]
    left_out: tuple[int, int]
    bytes: int
    running: bool
    problem: str


class Recorder:
    """Records what a :class:`gazeclass.capture.live.LivePairs` sees, until closed.

    Args:
        live: open.
        folder: to be made; it must not hold anything yet.
        label: what this is and when it expires.
        least_free_bytes: the recording ends when less is free.
        free_bytes: how much is free in a folder; tests give their own.
        encoders: by preference.

    Raises:
        InputError: the folder is not empty or cannot be made, or the disk is too full to begin.
    """

    def __init__(
        self,
        live: LivePairs,
        folder: Path,
        label: RecordingLabel,
        *,
        least_free_bytes: int = LEAST_FREE_BYTES,
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
        encoders: tuple[tuple[str, dict[str, str]], ...] = ENCODERS,
    ) -> None:
        self.folder = Path(folder)
        self._live, self._label = live, label
        self._least_free, self._free_bytes = least_free_bytes, free_bytes
        _make_empty(self.folder)
        if self._free_bytes(self.folder) < 2 * least_free_bytes:
            raise InputError(
                f"only {self._free_bytes(self.folder) / 1e9:.1f} GB are free, too little to begin a recording",
                where=self.folder,
                todo="Make room or choose another disk.",
            )
        write_label(self.folder, label)
        self._waiting: deque[tuple[int, float, LiveFrame]] = deque()
        self._left_out = [0, 0]
        self._changed = threading.Condition()
        self._closing = False
        self._problem = ""
        try:
            self._times: IO[str] = open(self.folder / TIMESTAMPS, "w", encoding="utf-8", newline="\n")  # noqa: SIM115
            self._times.write("camera,frame,t_s\n")
        except OSError as error:
            raise InputError(f"cannot be written ({error.strerror})", where=self.folder) from error
        self._writers = [
            _VideoWriter(self.folder / VIDEOS[camera], live.sizes_px[camera], encoders, label.text) for camera in (0, 1)
        ]
        self._thread = threading.Thread(target=self._run, name="gazeclass-recorder", daemon=True)
        self._thread.start()
        live.add_listener(self.add)

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def figures(self) -> RecorderFigures:
        """How it goes."""
        return RecorderFigures(
            frames=(self._writers[0].frames, self._writers[1].frames),
            left_out=(self._left_out[0], self._left_out[1]),
            bytes=sum(path.stat().st_size for path in self.folder.iterdir()),
            running=self._thread.is_alive() and not self._closing,
            problem=self._problem,
        )

    def add(self, camera: int, t_s: float, frame: LiveFrame) -> None:
        """Take a frame in; returns at once."""
        with self._changed:
            if self._closing:
                return
            if len(self._waiting) >= _WAITING:
                self._left_out[camera] += 1
                return
            self._waiting.append((camera, t_s, frame))
            self._changed.notify()

    def close(self) -> None:
        """Write what waits and end the files. Closing twice is no harm."""
        self._live.remove_listener(self.add)
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._write_all()
        except Exception as error:  # whatever goes wrong here, the lesson goes on
            self._problem = _reason(error)
        for closing in (*(writer.close for writer in self._writers), self._times.close):
            try:
                closing()
            except Exception as error:  # a full disk shows at the last write at the latest
                self._problem = self._problem or _reason(error)
        with self._changed:
            self._closing = True
            self._waiting.clear()
        self._live.remove_listener(self.add)
        if self._problem:
            now = self._live.now_s()
            text = f"The recording has ended early: {self._problem}. What was recorded is kept; the lesson goes on."
            self._live.tell(LiveEvent(now, None, EventKind.RECORDING, text, now))

    def _write_all(self) -> None:
        looked_s = time.monotonic()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting) or self._closing, _EACH_S)
                if not self._waiting and self._closing:
                    return
                item = self._waiting.popleft() if self._waiting else None
            if item is not None:
                camera, t_s, frame = item
                number = self._writers[camera].write(t_s, frame)
                self._times.write(f"cam{camera},{number},{t_s:.6f}\n")
            if time.monotonic() - looked_s > _EACH_S:
                looked_s = time.monotonic()
                self._times.flush()
                if self._free_bytes(self.folder) < self._least_free:
                    raise InputError("the disk is nearly full")


class _VideoWriter:
    """One Matroska file; opened with the first encoder that there is."""

    def __init__(
        self, path: Path, size_px: tuple[int, int], encoders: tuple[tuple[str, dict[str, str]], ...], title: str
    ) -> None:
        import av
        from av.codec.codec import UnknownCodecError
        from av.error import FFmpegError

        self.frames = 0
        self._begin_s = 0.0
        self._last_ms = -1
        self._size_px = size_px
        try:
            self._file = av.open(str(path), "w", format="matroska", options=_AT_ONCE)
        except (FFmpegError, OSError) as error:
            raise InputError(f"cannot be written ({_reason(error)})", where=path) from error
        self._file.metadata["title"] = title
        for codec, options in encoders:
            try:
                stream: Any = self._file.add_stream(codec, rate=30, options=options)
            except (UnknownCodecError, ValueError):
                continue
            break
        else:
            raise InputError("this computer can write no video", where=path)
        stream.width, stream.height = size_px
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.time_base = stream.time_base = _MILLISECOND
        self._stream = stream

    def write(self, t_s: float, frame: LiveFrame) -> int:
        """Encode a frame; its number in the file."""
        import av

        picture = frame.picture
        if (picture.width, picture.height) != self._size_px:  # lies on its side: only the upright one fits
            picture = av.VideoFrame.from_ndarray(frame.image, format="bgr24")
        picture = converted(picture, self._stream.pix_fmt)
        if not self.frames:
            self._begin_s = t_s
        # Matroska counts milliseconds; two frames may not share one, or they could not be told apart.
        self._last_ms = max(round((t_s - self._begin_s) * 1000), self._last_ms + 1)
        picture.pts, picture.time_base = self._last_ms, _MILLISECOND
        picture.pict_type = 0  # the camera's own key frames are not to be ours
        self._file.mux(self._stream.encode(picture))
        self.frames += 1
        return self.frames - 1

    def close(self) -> None:
        """End the file."""
        try:
            if self.frames:
                self._file.mux(self._stream.encode(None))
        finally:
            self._file.close()


def _make_empty(folder: Path) -> None:
    make_folder(folder)
    if any(folder.iterdir()):
        raise InputError("there is something in this folder already", where=folder, todo="Choose a new one.")


def _reason(error: BaseException) -> str:
    if isinstance(error, InputError):
        return error.what
    return str(getattr(error, "strerror", None) or type(error).__name__)
