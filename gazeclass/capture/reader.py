"""One camera, one thread: opens it, reads it, maps its times, and opens it again when it is gone."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gazeclass.capture.clock import DeviceClock
from gazeclass.capture.failures import explain
from gazeclass.capture.health import CameraState, EventKind, LiveCameraHealth, LiveEvent
from gazeclass.capture.live_source import LiveSource, Opener
from gazeclass.capture.stream import LiveFrame
from gazeclass.errors import InputError


@dataclass(frozen=True)
class ReaderPolicy:
    """When a reader gives up, tries again and speaks up; all in seconds.

    Attributes:
        retry_first_s: the first wait before a lost camera is tried again; each next is twice as long …
        retry_longest_s: … up to this.
        silent_after_s: without a picture for so long a camera counts as silent, and what follows as after a gap.
        rate_over_s: rates are those of this last stretch.
        slow_below: a camera is slow below this share of the rate it promised.
    """

    retry_first_s: float = 0.5
    retry_longest_s: float = 10.0
    silent_after_s: float = 1.5
    rate_over_s: float = 5.0
    slow_below: float = 0.7


class CameraReader:
    """Reads one camera on a thread of its own until closed.

    Args:
        camera: 0 or 1.
        name: of the camera until it is open.
        opener: opens it.
        on_frame: called on the reader's thread with the camera, the time on the lesson's clock and the frame.
        on_event: called with what happened, mostly on the reader's thread.
        start_s: the lesson clock's zero on the monotonic clock.
        network: whether it is a network camera; only for the wording.
        policy: of retries.
    """

    def __init__(
        self,
        camera: int,
        name: str,
        opener: Opener,
        on_frame: Callable[[int, float, LiveFrame], None],
        on_event: Callable[[LiveEvent], None],
        *,
        start_s: float,
        network: bool = False,
        policy: ReaderPolicy | None = None,
    ) -> None:
        self.camera = camera
        self.name = name
        self.device = ""
        self.size_px = (0, 0)
        self.state = CameraState.CONNECTING
        self.failure: InputError | None = None
        self.latest: LiveFrame | None = None
        self.began = threading.Event()
        """Set once the first picture has come or the first attempt has failed."""
        self._opener, self._on_frame, self._on_event = opener, on_frame, on_event
        self._start_s, self._network, self._policy = start_s, network, policy or ReaderPolicy()
        self._stop, self._wake = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._source: LiveSource | None = None
        self._clock = DeviceClock()
        self._jumps = 0
        self._frames = self._dropped = self._late = self._damaged = self._connects = 0
        self._gap_s = 0.0
        self._last_s = float("nan")
        self._recent: deque[float] = deque()
        self._steps: deque[float] = deque(maxlen=61)
        self._slow = False
        self._opened_s = float("nan")
        self._problem = ""
        self._thread = threading.Thread(target=self._run, name=f"gazeclass-camera-{camera}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self, patience_s: float = 2.0) -> bool:
        """Stop reading. False when the thread still waits for a camera that does not answer; it then ends by itself."""
        self._stop.set()
        self._wake.set()
        with self._lock:
            source = self._source
        if source is not None:
            source.close()
        if self._thread.ident is not None:
            self._thread.join(patience_s)
        self.state = CameraState.ENDED
        return not self._thread.is_alive()

    def retry_now(self) -> None:
        """End the wait before a camera that is gone is tried again; the waits begin short again. From any thread."""
        if self.gone:
            self._wake.set()

    @property
    def gone(self) -> bool:
        """Whether the camera is away and is tried again from time to time."""
        return self.state in (CameraState.LOST, CameraState.WRONG_SIZE)

    @property
    def period_s(self) -> float:
        """Median time from frame to frame; NaN before the second."""
        steps = list(self._steps)
        return float(np.median(steps)) if steps else float("nan")

    def watch(self) -> None:
        """Look whether the camera has fallen silent. Called now and then by whoever waits for it."""
        if self.state is CameraState.LIVE and self._now_s() - self._last_s > self._policy.silent_after_s:
            self.state = CameraState.SILENT
            self._tell(EventKind.SILENT, f"{self.name}: connected, but no picture comes")

    def health(self, paired: int) -> LiveCameraHealth:
        """How it does; ``paired`` is how many of its frames found a partner."""
        source, now = self._source, self._now_s()
        return LiveCameraHealth(
            frames=self._frames,
            paired=paired,
            dropped=self._dropped,
            late=self._late,
            damaged=self._damaged + (source.damaged if source is not None else 0),
            period_s=self.period_s,
            name=self.name,
            state=self.state,
            size_px=self.size_px,
            format=source.format if source is not None else "",
            asked_rate_hz=source.asked_rate_hz if source is not None else float("nan"),
            rate_hz=self._rate_hz(now),
            delay_s=self._clock.jitter_s,
            drift_ppm=self._clock.drift_ppm,
            clock_jumps=self._clock.jumps,
            connects=self._connects,
            gap_s=self._gap_s + (max(now - self._last_s, 0.0) if self._is_away(now) else 0.0),
            problem=self._problem,
        )

    def _is_away(self, now_s: float) -> bool:
        return self.state in (CameraState.LOST, CameraState.WRONG_SIZE, CameraState.SILENT) and self._frames > 0

    def _now_s(self) -> float:
        return time.monotonic() - self._start_s

    def _run(self) -> None:
        wait_s = self._policy.retry_first_s
        while not self._stop.is_set():
            frames_before = self._frames
            try:
                self._read()
                if self._stop.is_set():
                    break
                if self._source_is_finite():
                    self._end()
                    return
                raise InputError("the pictures have ended", where=self.name)
            except Exception as error:  # a camera's thread must outlive whatever a driver thinks of
                if self._stop.is_set():
                    break
                self._lose(explain(error, self.name, network=self._network))
            finally:
                self._release()
            if self._frames > frames_before:
                wait_s = self._policy.retry_first_s
            if self._wake.wait(wait_s):
                self._wake.clear()  # close() has set _stop before, which the loop sees
                wait_s = self._policy.retry_first_s
            else:
                wait_s = min(2 * wait_s, self._policy.retry_longest_s)
        self.state = CameraState.ENDED
        self.began.set()

    def _read(self) -> None:
        source = self._opener()
        with self._lock:
            self._source = source
        if self._stop.is_set():
            return
        self.name, self.device = source.name, source.device
        self._clock.kind = source.clock_kind
        self._clock.reset()
        self._opened_s = float("nan")
        for frame in source:
            if self._stop.is_set():
                return
            self._check_size(frame.size_px)
            self._take(frame, source)

    def _check_size(self, size_px: tuple[int, int]) -> None:
        if self.size_px == (0, 0):
            self.size_px = size_px
        elif size_px != self.size_px:
            expected, found = (f"{w}×{h}" for w, h in (self.size_px, size_px))
            raise _WrongSizeError(
                f"its pictures are {found} now, in this lesson they were {expected}",
                where=self.name,
                todo=f"Set the camera to {expected} again, or stop and start a new lesson.",
            )

    def _take(self, frame: LiveFrame, source: LiveSource) -> None:
        t_s = self._clock.time_of(frame.t_s, frame.arrival_s) - self._start_s
        again = not np.isfinite(self._opened_s)
        if again:
            self._connected(t_s, source)
        if self._clock.jumps > self._jumps:
            self._jumps = self._clock.jumps
            self._tell(
                EventKind.CLOCK_JUMP, f"{self.name}: the camera's clock was set; times go on from the computer's"
            )
        if self.state is CameraState.SILENT:
            self.state = CameraState.LIVE
        if np.isfinite(self._last_s):
            self._step(t_s, again)
        self._last_s = t_s
        self._frames += 1
        self._recent.append(t_s)
        self.latest = frame
        self._watch_rate(t_s, source.asked_rate_hz)
        self._on_frame(self.camera, t_s, frame)
        self.began.set()

    def _connected(self, t_s: float, source: LiveSource) -> None:
        self._opened_s = t_s
        self._connects += 1
        self.state = CameraState.LIVE
        self._problem = ""
        self._slow = False
        self._recent.clear()
        again = "connected again" if self._connects > 1 else "connected"
        size = f"{self.size_px[0]}×{self.size_px[1]}"
        self._tell(EventKind.CONNECTED, f"{self.name}: {again}, {size} {source.format}")
        for note in source.notes:
            self._tell(EventKind.SETTING, f"{self.name}: {note}")

    def _step(self, t_s: float, again: bool) -> None:
        """Count what is missing since the frame before; ``again``: the camera was away meanwhile."""
        step, period = t_s - self._last_s, self.period_s
        if again or step > max(self._policy.silent_after_s, 2.5 * period if np.isfinite(period) else 0.0):
            self._gap_s += step
            self._on_event(
                LiveEvent(
                    self._last_s, self.camera, EventKind.GAP, f"{self.name}: no picture for {step:.1f} s", until_s=t_s
                )
            )
            return
        self._steps.append(step)
        if np.isfinite(period) and period > 0:
            missing = round(step / period) - 1
            self._dropped += max(missing, 0)
            self._late += missing <= 0 and step > 1.25 * period

    def _rate_hz(self, now_s: float) -> float:
        over = self._policy.rate_over_s
        recent = [t for t in list(self._recent) if t > now_s - over]
        since = self._opened_s if np.isfinite(self._opened_s) else now_s
        # A camera that has only just begun is measured over what there is of it.
        span = min(over, now_s - since)
        return max(len(recent) - 1, 0) / span if span > 0 else 0.0

    def _watch_rate(self, t_s: float, asked_hz: float) -> None:
        over = self._policy.rate_over_s
        while self._recent and self._recent[0] < t_s - over:
            self._recent.popleft()
        if not asked_hz > 0 or t_s - self._opened_s < over:
            return
        rate = len(self._recent) / over
        if not self._slow and rate < self._policy.slow_below * asked_hz:
            self._slow = True
            self._tell(
                EventKind.SLOW,
                f"{self.name}: {rate:.0f} pictures a second come, {asked_hz:.0f} were promised; in dim light many "
                "cameras slow down: more light, or a fixed exposure time, helps",
            )
        elif self._slow and rate > 0.9 * asked_hz:
            self._slow = False

    def _lose(self, error: InputError) -> None:
        state = CameraState.WRONG_SIZE if isinstance(error, _WrongSizeError) else CameraState.LOST
        self.failure = error
        known = self._problem == str(error)
        self._problem = str(error)
        self.state = state
        if not known:
            kind = EventKind.WRONG_SIZE if state is CameraState.WRONG_SIZE else EventKind.LOST
            self._tell(kind, str(error))
        self.began.set()

    def _end(self) -> None:
        self.state = CameraState.ENDED
        self._tell(EventKind.ENDED, f"{self.name}: played to its end")
        self.began.set()

    def _source_is_finite(self) -> bool:
        return self._source is not None and self._source.finite

    def _release(self) -> None:
        with self._lock:
            source, self._source = self._source, None
        if source is not None:
            self._damaged += source.damaged
            source.close()

    def _tell(self, kind: EventKind, text: str) -> None:
        now = self._now_s()
        self._on_event(LiveEvent(now, self.camera, kind, text, now))


class _WrongSizeError(InputError):
    """The camera is back with another picture size."""
