"""A camera's own clock, read on the computer's: when was a picture taken, if all that is known is when it arrived?

A picture arrives some time after it was taken, never before; how long after varies with the network and the load. So of
all the differences arrival − device time the *smallest* are the truest, and a line under all of them is the device's
clock on the computer's: its slope is the drift of one clock against the other, its height the shortest delay. The line
is an edge of the lower convex hull, the one above which the points' mean lies: of all lines below every point it is
nearest to them in the sum (a linear programme with that closed form; Moon, Skelly, Towsley, INFOCOM 1999).

What remains unknown is the shortest delay itself, the same for every picture of a camera. Two cameras of one kind have
nearly the same, so it falls out of their skew.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

#: The line is drawn under the smallest delay of each second …
BIN_S = 1.0
#: … over this many seconds …
WINDOW_S = 120.0
#: … and level until they span this many: before that a slope is noise.
SLOPE_FROM_S = 30.0
#: Quartz drifts by up to about 100 in a million; more than this is no drift.
MAX_DRIFT = 300e-6
#: A picture cannot arrive this much before it was taken: then the device's clock was set.
JUMP_S = 0.3
#: Two pictures of one camera are never taken at one moment, seconds.
LEAST_STEP_S = 1e-4


class ClockKind(StrEnum):
    """What a source's own times are worth."""

    HOST = "host"
    """Taken by the computer's monotonic clock at the moment of exposure (V4L2)."""
    DEVICE = "device"
    """Even, on a clock of the device's own."""
    NONE = "none"
    """None, or made up: only the arrival is known."""


@dataclass(frozen=True)
class _Line:
    at_s: float
    delay_s: float
    slope: float

    def __call__(self, device_s: float) -> float:
        return self.delay_s + self.slope * (device_s - self.at_s)


class DeviceClock:
    """Maps one camera's times to the computer's monotonic clock, picture by picture.

    Args:
        kind: what the camera's own times are worth.
    """

    def __init__(self, kind: ClockKind = ClockKind.DEVICE) -> None:
        self.kind = kind
        self.jumps = 0
        self._delays: deque[float] = deque(maxlen=300)
        self._last_s = -np.inf
        self.reset()

    def reset(self) -> None:
        """Forget the device's clock (after a reconnect it may begin anew). Times go on increasing."""
        self._bins: deque[tuple[float, float]] = deque()
        self._line: _Line | None = None
        self._previous_s = float("nan")

    @property
    def drift_ppm(self) -> float:
        """How much the device's clock is slower than the computer's, parts in a million; 0 until it can be known."""
        return self._line.slope * 1e6 if self._line is not None else 0.0

    @property
    def jitter_s(self) -> float:
        """95th percentile of what pictures arrive later than the quickest; NaN before the first."""
        return float(np.percentile(self._delays, 95)) if self._delays else float("nan")

    def time_of(self, device_s: float, arrival_s: float) -> float:
        """When the picture was taken, on the computer's monotonic clock, up to the camera's shortest delay.

        Args:
            device_s: the picture's time on the device's clock; NaN where it has none.
            arrival_s: when it came, ``time.monotonic()``.

        Returns:
            Seconds, larger than at the call before.
        """
        if self.kind is ClockKind.NONE or not np.isfinite(device_s):
            taken = arrival_s
        elif self.kind is ClockKind.HOST and -JUMP_S < arrival_s - device_s < 60.0:
            taken = min(device_s, arrival_s)
        else:
            taken = self._mapped(device_s, arrival_s)
        self._delays.append(max(arrival_s - taken, 0.0))
        self._last_s = max(taken, self._last_s + LEAST_STEP_S)
        return self._last_s

    def _mapped(self, device_s: float, arrival_s: float) -> float:
        delay = arrival_s - device_s
        line = self._line
        if line is not None and (device_s <= self._previous_s or delay < line(device_s) - JUMP_S):
            self.jumps += 1
            self.reset()
            line = None
        self._previous_s = device_s
        if not self._bins or device_s - self._bins[-1][0] >= BIN_S:
            self._bins.append((device_s, delay))
            while self._bins[-1][0] - self._bins[0][0] > WINDOW_S:
                self._bins.popleft()
            line = self._line = self._fit()
        elif delay < self._bins[-1][1]:
            self._bins[-1] = (self._bins[-1][0], delay)
            if line is None or delay < line(device_s):
                line = self._line = self._fit()
        assert line is not None
        return device_s + min(line(device_s), delay)

    def _fit(self) -> _Line:
        points = np.array(self._bins)
        t, delay = points[:, 0] - points[-1, 0], points[:, 1]
        at = float(points[-1, 0])
        if -t[0] < SLOPE_FROM_S:
            return _Line(at, float(delay.min()), 0.0)
        hull: list[int] = []
        for k in range(len(t)):
            while len(hull) > 1 and _above(t, delay, hull[-2], hull[-1], k):
                hull.pop()
            hull.append(k)
        edge = int(np.clip(np.searchsorted(t[hull], t.mean()), 1, len(hull) - 1))
        i, j = hull[edge - 1], hull[edge]
        slope = float(np.clip((delay[j] - delay[i]) / (t[j] - t[i]), -MAX_DRIFT, MAX_DRIFT))
        return _Line(at, float((delay - slope * t).min()), slope)


def _above(t: np.ndarray, y: np.ndarray, i: int, j: int, k: int) -> bool:
    """Whether point j lies on or above the line from i to k."""
    return bool((y[j] - y[i]) * (t[k] - t[i]) >= (y[k] - y[i]) * (t[j] - t[i]))
