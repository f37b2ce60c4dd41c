"""What a live lesson says of itself: states, one moment, the status line's numbers. All frozen, for any thread."""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from gazeclass.capture.health import CameraState, LiveHealth
from gazeclass.errors import InputError
from gazeclass.faces.types import Face
from gazeclass.lesson.observation import Observation

#: Rates and latencies are those of the last seconds.
OVER_S = 5.0


class LiveState(StrEnum):
    """How a live lesson is just now."""

    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True, eq=False)
class Moment:
    """What was found in the latest frame pair.

    Attributes:
        t_s: on the lesson's clock.
        observations: of everybody expected or seen so far.
        faces: by camera, then student: those who may be observed and are seen now.
        others: by camera: how many other faces were followed.
        posed: students whose head pose was measured in this pair.
        number: of the pairs analysed, from 1.
    """

    t_s: float
    observations: tuple[Observation, ...]
    faces: tuple[dict[str, Face], dict[str, Face]]
    others: tuple[int, int]
    posed: frozenset[str]
    number: int


@dataclass(frozen=True, eq=False)
class LiveStatus:
    """How the lesson does.

    Attributes:
        state: of the lesson.
        t_s: the lesson clock now.
        lesson_s: length so far, pauses left out.
        pairs_per_s: analysed over the last seconds.
        updates_per_s: by student, poses measured over the last seconds.
        latency_s: median from a frame pair's moment to its observations, over the last seconds; NaN before the first.
        skew_s: 95th percentile of the cameras' time apart.
        skipped: pairs that gave way to later ones.
        cameras: state of camera 0 and 1.
        camera_names: as they may be shown.
        camera_rates_hz: pictures a second that come.
        provider: what the networks run on.
        threads: they may use.
        failure: why the lesson has failed.
        warning: a sentence worth showing now, "" for none.
        recording: whether pictures are being written.
        shares: of the time spent, by stage.
    """

    state: LiveState
    t_s: float
    lesson_s: float
    pairs_per_s: float
    updates_per_s: dict[str, float]
    latency_s: float
    skew_s: float
    skipped: int
    cameras: tuple[CameraState, CameraState]
    camera_names: tuple[str, str]
    camera_rates_hz: tuple[float, float]
    provider: str
    threads: int
    failure: InputError | None = None
    warning: str = ""
    recording: bool = False
    shares: dict[str, float] = field(default_factory=dict)

    @property
    def updates_median(self) -> float:
        """Median over the students seen lately; NaN where there is none."""
        rates = [rate for rate in self.updates_per_s.values() if rate > 0]
        return float(np.median(rates)) if rates else float("nan")

    @property
    def missing(self) -> tuple[int, ...]:
        """Cameras from which nothing comes."""
        return tuple(k for k, state in enumerate(self.cameras) if state is not CameraState.LIVE)


class RateMeter:
    """Events a second over the last seconds, for each of several names."""

    def __init__(self, over_s: float = OVER_S) -> None:
        self._over_s = over_s
        self._times: dict[str, deque[float]] = {}
        self._first_s = float("nan")
        self.counts: dict[str, int] = {}

    def add(self, t_s: float, name: str) -> None:
        """One more."""
        if not np.isfinite(self._first_s):
            self._first_s = t_s
        times = self._times.setdefault(name, deque())
        times.append(t_s)
        self.counts[name] = self.counts.get(name, 0) + 1
        while times[0] < t_s - self._over_s:
            times.popleft()

    def rates(self, now_s: float) -> dict[str, float]:
        """Events a second of each name that ever was."""
        span = min(self._over_s, max(now_s - self._first_s, 0.5)) if np.isfinite(self._first_s) else self._over_s
        return {name: sum(t > now_s - span for t in times) / span for name, times in self._times.items()}


def camera_figures(health: LiveHealth, camera: int) -> dict[str, float | int | str | None]:
    """One camera's health as the lesson file keeps it."""
    live = health.cameras[camera]
    return {
        "name": live.name,
        "state": str(live.state),
        "frames": live.frames,
        "paired": live.paired,
        "dropped": live.dropped,
        "late": live.late,
        "damaged": live.damaged,
        "period_s": live.period_s,
        "rate_hz": round(live.rate_hz, 2),
        "gap_s": round(live.gap_s, 2),
        "connects": live.connects,
        "clock_jumps": live.clock_jumps,
    }
