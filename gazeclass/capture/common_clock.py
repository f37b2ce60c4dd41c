"""One clock for two recordings that were started by hand: from the movement that both show (gazeclass.movement).

The offset is measured over the first minute. In a long recording it is measured again near the end: two cameras' clocks
drift apart by up to some 100 millionths, which is a third of a second in an hour.
"""

from dataclasses import dataclass

from gazeclass.capture.video import VideoFile
from gazeclass.geometry.rotation import Array
from gazeclass.movement import WIDTH_PX, ClockOffset, MovementMeter, clock_offset
from gazeclass.progress import SILENT, Progress

#: So much of a recording is looked at.
WINDOW_S = 60.0
#: How far from each other two recorders are started.
REACH_S = 30.0
#: Recordings longer than this are looked at a second time near their end.
LONG_S = 300.0
#: No two quartz clocks drift apart by more; the offset at the end is looked for within this.
MAX_DRIFT = 300e-6


@dataclass(frozen=True)
class CommonClock:
    """How camera 1's clock runs against camera 0's.

    Attributes:
        offset_s: camera 1's time minus camera 0's at ``at_s`` of camera 1's clock.
        at_s: as said.
        drift: by how much the offset grows in a second.
        correlation: of the movement in both, over the first window.
    """

    offset_s: float
    at_s: float
    drift: float
    correlation: float

    def on_first(self, times_s: Array) -> Array:
        """Camera 1's times ``(n,)`` on camera 0's clock."""
        return times_s - self.offset_s - self.drift * (times_s - self.at_s)


def clock_by_movement(videos: tuple[VideoFile, VideoFile], progress: Progress = SILENT) -> CommonClock | None:
    """The offset of two recordings' clocks; None where movement does not show it beyond doubt.

    Raises:
        Cancelled: from ``progress``.
    """
    starts = float(videos[0].times_s[0]), float(videos[1].times_s[0])
    progress.start("comparing movement", None)
    meters = tuple(_movement(v, s, progress) for v, s in zip(videos, starts, strict=True))
    # Both began together, or both files tell the time of one clock.
    guesses = [starts[1] - starts[0]]
    if abs(guesses[0]) > 1.0:
        guesses.append(0.0)
    found = [clock_offset(meters[0], meters[1], around_s=guess, reach_s=REACH_S) for guess in guesses]
    best = max((f for f in found if f is not None), key=lambda f: f.strength, default=None)
    if best is None or not best.certain:
        return None
    at_s = starts[1] + 0.5 * WINDOW_S
    return CommonClock(best.offset_s, at_s, _drift(videos, best, at_s, progress), best.correlation)


def clock_note(clock: CommonClock | None, offset_s: float) -> str:
    """How two recordings without a common clock were put together; ``clock`` None where movement did not tell."""
    if clock is None:
        return (
            "No common clock: both recordings are taken to have begun together "
            f"({offset_s:+.3f} s subtracted from camera 1), and the true skew is unknown; give --timestamps or "
            "--offset where they did not"
        )
    began = "earlier" if offset_s > 0 else "later"
    runs = f", its clock runs {1e6 * clock.drift:+.0f} millionths fast" if clock.drift else ""
    return (
        f"No common clock: by the movement in both pictures, time 0 of camera 1 was {abs(offset_s):.2f} s "
        f"{began} than that of camera 0{runs} (correlation {clock.correlation:.2f})"
    )


def _drift(videos: tuple[VideoFile, VideoFile], found: ClockOffset, at_s: float, progress: Progress) -> float:
    end_s = min(float(videos[0].times_s[-1]), float(videos[1].times_s[-1]) - found.offset_s)
    late_s = end_s - WINDOW_S
    apart_s = late_s + found.offset_s + 0.5 * WINDOW_S - at_s
    if apart_s < LONG_S:
        return 0.0
    meters = _movement(videos[0], late_s, progress), _movement(videos[1], late_s + found.offset_s, progress)
    # More than the drift can be: with nothing to be ahead of, any lag would look certain.
    reach = MAX_DRIFT * apart_s + 3.0
    later = clock_offset(*meters, around_s=found.offset_s, reach_s=reach)
    if later is None or not later.certain:
        return 0.0
    drift = (later.offset_s - found.offset_s) / apart_s
    return drift if abs(drift) <= MAX_DRIFT else 0.0


def _movement(video: VideoFile, from_s: float, progress: Progress) -> MovementMeter:
    """Of a window of the file's clock."""
    from av.video.reformatter import VideoReformatter

    meter, reformatter = MovementMeter(), VideoReformatter()
    for t_s, frame in video.decoded(from_s, from_s + WINDOW_S):
        if meter.wants(t_s):
            height = max(1, round(frame.height * WIDTH_PX / frame.width))
            small = reformatter.reformat(frame, width=WIDTH_PX, height=height, format="gray", interpolation="AREA")
            meter.feed(t_s, small.to_ndarray())
        progress.advance()
    return meter
