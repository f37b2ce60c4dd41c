"""Cameras that do what a test tells them: play, fall silent, vanish, come back different."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import av
import numpy as np

from gazeclass.capture.clock import ClockKind
from gazeclass.capture.stream import LiveFrame


@dataclass(frozen=True)
class Act:
    """What a camera does from one opening to its end.

    Attributes:
        frames: how many pictures it gives.
        rate_hz: how many a second.
        size_px: of the pictures.
        refuse: raised when it is opened.
        fail: raised after the last picture; None: the pictures just end.
        silent: after the last picture it stays connected and gives nothing.
        clock: what its times are worth.
        jump_at: picture from which its clock is ahead …
        jump_s: … by this.
    """

    frames: int = 100_000
    rate_hz: float = 50.0
    size_px: tuple[int, int] = (64, 48)
    refuse: BaseException | None = None
    fail: BaseException | None = None
    silent: bool = False
    clock: ClockKind = ClockKind.HOST
    jump_at: int = 1_000_000
    jump_s: float = 0.0


class ScriptedCamera:
    """Each call opens it anew and plays its next act; the last is repeated."""

    def __init__(self, *acts: Act, name: str = "camera", device: str = "", finite: bool = False) -> None:
        self.acts, self.name, self.device, self.finite = acts, name, device, finite
        self.opened = 0
        self.sources: list[ScriptedSource] = []

    def __call__(self) -> "ScriptedSource":
        act = self.acts[min(self.opened, len(self.acts) - 1)]
        self.opened += 1
        if act.refuse is not None:
            raise act.refuse
        self.sources.append(ScriptedSource(self, act))
        return self.sources[-1]


class ScriptedSource:
    """One act of a scripted camera, as a live source."""

    def __init__(self, camera: ScriptedCamera, act: Act) -> None:
        self.name, self.device, self.finite = camera.name, camera.device, camera.finite
        self.size_px, self.clock_kind, self.asked_rate_hz = act.size_px, act.clock, act.rate_hz
        self.format, self.damaged = "script", 0
        self.notes: tuple[str, ...] = ()
        self.closed = threading.Event()
        self._act = act

    def close(self) -> None:
        self.closed.set()

    def __iter__(self) -> Iterator[LiveFrame]:
        act = self._act
        # On a grid of the computer's clock, so that two cameras of one rate are in step.
        first = np.ceil(time.monotonic() * act.rate_hz) / act.rate_hz
        picture = av.VideoFrame.from_ndarray(np.zeros((act.size_px[1], act.size_px[0], 3), np.uint8), format="bgr24")
        for k in range(act.frames):
            due = first + k / act.rate_hz
            if self.closed.wait(max(due - time.monotonic(), 0.0)):
                return
            t_s = due + (act.jump_s if k >= act.jump_at else 0.0)
            yield LiveFrame(k, t_s, picture, time.monotonic())
        if act.silent:
            self.closed.wait()
        elif act.fail is not None:
            raise act.fail
