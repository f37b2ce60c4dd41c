"""Two live cameras as one source of frame pairs.

Each camera has a reader's thread (:mod:`gazeclass.capture.reader`); pairs are made where a frame arrives
(:mod:`gazeclass.capture.online`) and wait in a queue of a few, of which the oldest give way. A consumer that is slower
than the cameras therefore always gets the latest moment, and the cameras never wait.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from gazeclass.capture.figures import PairFigures
from gazeclass.capture.health import CameraState, EventKind, LiveEvent, LiveHealth
from gazeclass.capture.identity import check_devices
from gazeclass.capture.live_source import Opener
from gazeclass.capture.online import Match, OnlinePairing
from gazeclass.capture.opening import LiveOptions, openers_for
from gazeclass.capture.pairs import FramePair
from gazeclass.capture.reader import CameraReader
from gazeclass.capture.spec import CameraKind, CameraSpec, parse_spec
from gazeclass.capture.stream import LiveFrame
from gazeclass.errors import InputError

#: Whoever waits for a pair looks this often whether a camera has fallen silent.
_LOOK_S = 0.25
#: Events that nobody fetches are forgotten from the oldest on.
_EVENTS = 10_000


class LivePairs:
    """Two live cameras; a :class:`gazeclass.capture.pairs.PairSource`. Make one with :func:`open_live`.

    Iterating yields the latest pairs until the source is closed or a file has ended; leaving the loop closes it. Who
    would rather poll calls :meth:`next_pair`. One consumer at a time; all else may be called from any thread.

    Args:
        names: of both cameras until they are open.
        openers: each opens its camera, again and again.
        options: of pairing and retries.
        network: which of them are network cameras, for the wording.
    """

    def __init__(
        self,
        names: tuple[str, str],
        openers: tuple[Opener, Opener],
        options: LiveOptions | None = None,
        *,
        network: tuple[bool, bool] = (False, False),
    ) -> None:
        self.options = options or LiveOptions()
        self._start_s = time.monotonic()
        self.started_utc = datetime.now(UTC)
        self._pairing: OnlinePairing[LiveFrame] = OnlinePairing(self.options.max_skew_s)
        self._ready: deque[Match[LiveFrame]] = deque()
        self._changed = threading.Condition()
        self._events: deque[LiveEvent] = deque(maxlen=_EVENTS)
        self._told = 0
        self._figures = PairFigures()
        self._closed = False
        self._listeners: list[Callable[[int, float, LiveFrame], None]] = []
        self._readers = tuple(
            CameraReader(
                camera,
                names[camera],
                openers[camera],
                self._take,
                self.tell,
                start_s=self._start_s,
                network=network[camera],
                policy=self.options.policy,
            )
            for camera in (0, 1)
        )

    def open(self) -> "LivePairs":
        """Start both cameras and wait for their first pictures.

        Raises:
            InputError: one cannot be used; the other is let go.
        """
        for reader in self._readers:
            reader.start()
        deadline = time.monotonic() + self.options.open_timeout_s
        for reader in self._readers:
            reader.began.wait(max(deadline - time.monotonic(), 0.0))
            if reader.latest is None:
                failure = reader.failure or InputError(
                    f"no picture has come within {self.options.open_timeout_s:.0f} s",
                    where=reader.name,
                    todo="Check that the camera is on and nothing else uses it.",
                )
                self.close()
                raise failure from None
        try:
            different = check_devices(self.options.devices, self.devices, self.names)
        except InputError:
            self.close()
            raise
        for camera, text in different:
            self.tell(LiveEvent(self.now_s(), camera, EventKind.DIFFERENT, text, self.now_s()))
        return self

    def __enter__(self) -> "LivePairs":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def names(self) -> tuple[str, str]:
        """Both cameras', as they may be shown."""
        return self._readers[0].name, self._readers[1].name

    @property
    def devices(self) -> tuple[str, str]:
        """Both cameras' identities, as ``classroom.toml`` keeps them; "" where there is none."""
        return self._readers[0].device, self._readers[1].device

    @property
    def sizes_px(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Width and height of camera 0's and camera 1's pictures."""
        return self._readers[0].size_px, self._readers[1].size_px

    @property
    def duration_s(self) -> float:
        """Infinite: nobody knows when the lesson ends."""
        return float("inf")

    @property
    def pair_count(self) -> int | None:
        """None: nobody knows."""
        return None

    @property
    def notes(self) -> tuple[str, ...]:
        """What happened, one sentence each."""
        with self._changed:
            return tuple(event.text for event in self._events)

    def now_s(self) -> float:
        """The lesson clock now; ``now_s() - pair.t_s`` is a pair's age."""
        return time.monotonic() - self._start_s

    def __iter__(self) -> Iterator[FramePair]:
        """Yield the latest pairs, in order of time, until closed or a file has ended."""
        try:
            while (pair := self.next_pair(None)) is not None:
                yield pair
        finally:
            self.close()

    def next_pair(self, timeout_s: float | None = 1.0) -> FramePair | None:
        """The next pair; None when there was none in time or there will be none any more (see :attr:`ended`).

        Args:
            timeout_s: how long to wait; None: until there is one or there can be none.
        """
        deadline = float("inf") if timeout_s is None else time.monotonic() + timeout_s
        with self._changed:
            while not self._ready:
                if self.ended or time.monotonic() >= deadline:
                    return None
                self._changed.wait(min(_LOOK_S, max(deadline - time.monotonic(), 0.0)))
                for reader in self._readers:
                    reader.watch()
            match = self._ready.popleft()
            number = self._figures.delivered
            self._figures.delivered += 1
        images = match.frames[0].image, match.frames[1].image
        now = time.monotonic()
        with self._changed:
            self._figures.taken(now, now - max(frame.arrival_s for frame in match.frames))
        return FramePair(match.t_s[0], images, match.t_s[1] - match.t_s[0], number)

    @property
    def ended(self) -> bool:
        """Whether no pair will come any more: closed, or a file played to its end."""
        return self._closed or any(reader.state is CameraState.ENDED for reader in self._readers)

    def latest(self, camera: int) -> LiveFrame | None:
        """The camera's newest frame, paired or not: for showing it, and while the other is away."""
        return self._readers[camera].latest

    def retry_now(self, camera: int) -> None:
        """Try a lost camera again at once instead of when its turn comes; no harm where it is not lost."""
        self._readers[camera].retry_now()

    def add_listener(self, listener: Callable[[int, float, LiveFrame], None]) -> None:
        """Call ``listener(camera, t_s, frame)`` for every frame, on the camera's thread: it must be quick."""
        self._listeners.append(listener)

    def remove_listener(self, listener: Callable[[int, float, LiveFrame], None]) -> None:
        """Call it no more."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def tell(self, event: LiveEvent) -> None:
        """Add an event, for instance a recording's."""
        with self._changed:
            self._events.append(event)
            self._told += 1
            self._changed.notify_all()

    def events(self) -> tuple[LiveEvent, ...]:
        """Everything that has happened so far, oldest first; gaps are told when they end."""
        with self._changed:
            return tuple(self._events)

    def events_since(self, count: int) -> tuple[tuple[LiveEvent, ...], int]:
        """Events after the first ``count`` ones, and the count to ask with the next time."""
        with self._changed:
            new = min(self._told - count, len(self._events))
            return tuple(self._events)[len(self._events) - new :] if new > 0 else (), self._told

    def health(self) -> LiveHealth:
        """How both cameras do, in numbers."""
        with self._changed:
            for reader in self._readers:
                reader.watch()
            pairs = self._figures.pairs
            cameras = self._readers[0].health(pairs), self._readers[1].health(pairs)
            return self._figures.health(time.monotonic(), self._start_s, self.options.offset_s, cameras)

    def close(self) -> None:
        """Stop both cameras and let them go. Closing twice is no harm."""
        with self._changed:
            self._closed = True
            self._ready.clear()
            self._changed.notify_all()
        closers = [threading.Thread(target=reader.close, daemon=True) for reader in self._readers]
        for closer in closers:
            closer.start()
        for closer in closers:
            closer.join()

    def _take(self, camera: int, t_s: float, frame: LiveFrame) -> None:
        """A frame has come; called on its camera's thread."""
        if camera == 1:
            t_s -= self.options.offset_s
        for listener in tuple(self._listeners):
            listener(camera, t_s, frame)
        with self._changed:
            if self._closed:
                return
            now = time.monotonic()
            self._figures.began(now)
            for match in self._pairing.add(camera, t_s, frame):
                self._figures.made(now, match.t_s[1] - match.t_s[0])
                self._ready.append(match)
            while len(self._ready) > self.options.queue_pairs:
                self._ready.popleft()
                self._figures.skipped += 1
            self._changed.notify_all()


def open_live(cam0: str, cam1: str, *, options: LiveOptions | None = None) -> LivePairs:
    """Open two live cameras and wait for their first pictures.

    Args:
        cam0, cam1: the left (reference) and the right camera, as seen looking where they look: ``usb:0``, a device's
            path or name, ``rtsp://…``, ``http://…``, or a video file, which is played at its own pace.
        options: how.

    Raises:
        InputError: a camera cannot be used, or one is given twice.
    """
    options = options or LiveOptions()
    specs = parse_spec(cam0), parse_spec(cam1)
    if specs[0].same_as(specs[1]):
        raise InputError("one camera is given for both sides", where=specs[0].name, todo="Give two different cameras.")
    hub_warning = _check_usb(specs) if all(spec.kind is CameraKind.USB for spec in specs) else ""
    openers = openers_for(specs, options)
    network = specs[0].kind is CameraKind.NETWORK, specs[1].kind is CameraKind.NETWORK
    live = LivePairs((specs[0].name, specs[1].name), openers, options, network=network).open()
    if hub_warning:
        live.tell(LiveEvent(live.now_s(), None, EventKind.SHARED_BUS, hub_warning, live.now_s()))
    return live


def _check_usb(specs: tuple[CameraSpec, CameraSpec]) -> str:
    """A warning where both hang on one hub. Raises InputError where one is not there or both are one."""
    from gazeclass.capture.devices import find_device, list_devices, shared_hub

    devices = list_devices()
    first, second = (find_device(spec.address, devices) for spec in specs)
    if first.address == second.address:
        raise InputError("one camera is given for both sides", where=first.name, todo="Give two different cameras.")
    return shared_hub(first, second)


__all__ = ["LiveOptions", "LivePairs", "open_live"]
