"""What a live lesson tells of its cameras: states, events, numbers. Frozen, so that any thread may read them."""

from dataclasses import dataclass
from enum import StrEnum

from gazeclass.capture.pairs import CameraHealth, RecordingHealth


class CameraState(StrEnum):
    """How a live camera is just now."""

    CONNECTING = "connecting"
    LIVE = "live"
    SILENT = "silent"
    """Connected, but nothing comes."""
    LOST = "lost"
    """Gone; it is tried again with growing delay."""
    WRONG_SIZE = "wrong size"
    """Back with pictures of another size, which the calibration does not fit; it is tried again."""
    ENDED = "ended"
    """A file that has been played to its end, or closed."""


class EventKind(StrEnum):
    """What may happen to a camera."""

    CONNECTED = "camera_connected"
    LOST = "camera_lost"
    SILENT = "camera_silent"
    GAP = "camera_gap"
    WRONG_SIZE = "camera_wrong_size"
    CLOCK_JUMP = "camera_clock_jump"
    SLOW = "camera_slow"
    DIFFERENT = "camera_different"
    SHARED_BUS = "camera_shared_bus"
    SETTING = "camera_setting"
    ENDED = "camera_ended"
    RECORDING = "recording"


@dataclass(frozen=True)
class LiveEvent:
    """Something that happened, with a sentence for the user and the lesson file.

    Attributes:
        t_s: when, on the lesson's clock; a gap's beginning.
        camera: 0 or 1; None where it concerns both.
        kind: what.
        text: one sentence. Never holds a password.
        until_s: a gap's end; ``t_s`` for what has no length.
    """

    t_s: float
    camera: int | None
    kind: EventKind
    text: str
    until_s: float


@dataclass(frozen=True)
class LiveCameraHealth(CameraHealth):
    """How one live camera does; counts are since the start.

    Attributes:
        name: what to call it.
        state: just now.
        size_px: of its pictures, as they come.
        format: how they come ("mjpeg", "h264", …).
        asked_rate_hz: frames a second asked for or promised; NaN where nobody said.
        rate_hz: achieved over the last seconds.
        delay_s: 95th percentile of what frames come later than the quickest.
        drift_ppm: of its clock against the computer's.
        clock_jumps: how often its clock was set.
        connects: how often it was connected, 1 in a calm lesson.
        gap_s: seconds without a picture, outages only.
        problem: the last thing that went wrong, "" while all is well.
    """

    name: str = ""
    state: CameraState = CameraState.CONNECTING
    size_px: tuple[int, int] = (0, 0)
    format: str = ""
    asked_rate_hz: float = float("nan")
    rate_hz: float = 0.0
    delay_s: float = float("nan")
    drift_ppm: float = 0.0
    clock_jumps: int = 0
    connects: int = 0
    gap_s: float = 0.0
    problem: str = ""


@dataclass(frozen=True)
class LiveHealth(RecordingHealth):
    """How both cameras of a live lesson do.

    Attributes:
        t_s: when this was taken, on the lesson's clock.
        pairs_per_s: made over the last seconds.
        delivered: pairs the consumer took.
        delivered_per_s: … over the last seconds.
        skipped: pairs it was too slow for; they gave way to later ones.
        latency_s: median over the last pairs, from the later picture's arrival to its delivery.
        seconds: since the first picture.
    """

    cameras: tuple[LiveCameraHealth, LiveCameraHealth]
    t_s: float = 0.0
    pairs_per_s: float = 0.0
    delivered: int = 0
    delivered_per_s: float = 0.0
    skipped: int = 0
    latency_s: float = float("nan")
    seconds: float = 0.0
