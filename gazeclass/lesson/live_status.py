"""What a live lesson says of itself: states, one moment, the status line's numbers. All frozen, for any thread."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from gazeclass.capture.health import CameraState
from gazeclass.errors import InputError
from gazeclass.faces.types import Face
from gazeclass.lesson.observation import Observation


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
