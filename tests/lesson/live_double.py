"""Two cameras that play pairs at the pace of whoever asks for them: live lessons in tests need no clock on the wall."""

import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import av

from gazeclass.capture.files import open_recording
from gazeclass.capture.health import CameraState, EventKind, LiveCameraHealth, LiveEvent, LiveHealth
from gazeclass.capture.pairs import FramePair, Skew
from gazeclass.capture.stream import LiveFrame
from gazeclass.sample import sample_folder

SIZE = (1920, 1080)


class PlayedPairs:
    """A :class:`gazeclass.lesson.live_cameras.LivePairSource` whose clock is that of its pairs.

    Args:
        pairs: played once, each when it is asked for.
        before: called with the number of the pair that comes next; may call :meth:`happen`, or raise.
    """

    def __init__(
        self,
        pairs: Iterable[FramePair],
        *,
        before: Callable[[int], None] | None = None,
        sizes: tuple[tuple[int, int], tuple[int, int]] = (SIZE, SIZE),
        hold_at_end: bool = False,
    ) -> None:
        self.names = ("left", "right")
        self.sizes_px = sizes
        self.states = [CameraState.LIVE, CameraState.LIVE]
        self.rates_hz = [10.0, 10.0]
        self.closed = False
        self.retried: list[int] = []
        self._pairs: Iterator[FramePair] = iter(pairs)
        self._before, self._hold = before, hold_at_end
        self._events: list[LiveEvent] = []
        self._t_s = 0.0
        self._given = 0
        self._out = False
        self._last: FramePair | None = None
        self.gate = threading.Event()
        self.gate.set()

    @property
    def ended(self) -> bool:
        return self.closed or (self._out and not self._hold)

    def now_s(self) -> float:
        return self._t_s

    def next_pair(self, timeout_s: float | None = 1.0) -> FramePair | None:
        if self.closed or not self.gate.wait(timeout_s):
            return None
        if self._before is not None:
            self._before(self._given)
        pair = next(self._pairs, None)
        if pair is None:
            self._out = True
            if self._hold:
                threading.Event().wait(0.01)
            return None
        self._given += 1
        self._last = pair
        self._t_s = max(self._t_s, pair.t_s) + 0.05
        return pair

    def latest(self, camera: int) -> LiveFrame | None:
        if self._last is None:
            return None
        picture = av.VideoFrame.from_ndarray(self._last.images[camera], format="bgr24")
        return LiveFrame(self._given, self._t_s, picture, 0.0)

    def happen(self, kind: EventKind, text: str, camera: int = 0) -> None:
        self._events.append(LiveEvent(self._t_s, camera, kind, text, self._t_s))

    def retry_now(self, camera: int) -> None:
        self.retried.append(camera)

    def events_since(self, count: int) -> tuple[tuple[LiveEvent, ...], int]:
        return tuple(self._events[count:]), len(self._events)

    def health(self) -> LiveHealth:
        cameras = tuple(
            LiveCameraHealth(
                self._given,
                self._given,
                0,
                0,
                0,
                0.1,
                name=self.names[k],
                state=self.states[k],
                rate_hz=self.rates_hz[k],
            )
            for k in (0, 1)
        )
        return LiveHealth(cameras, Skew(0.0, 0.01, 0.02), self._given, True, 0.0, t_s=self._t_s)  # type: ignore[arg-type]

    def close(self) -> None:
        self.closed = True
        self.gate.set()


def sample_pairs(count: int | None = None, folder: Path | None = None) -> Iterator[FramePair]:
    """The sample lesson's pairs."""
    folder = folder or sample_folder()
    for k, pair in enumerate(open_recording(folder / "cam0.mp4", folder / "cam1.mp4", folder / "timestamps.csv")):
        if k == count:
            return
        yield pair
