"""Pairing as the pictures come: the same rule as for recordings, without waiting longer than needed.

A pair is two frames each of which is the other's nearest in time (:func:`gazeclass.capture.pairs.pair_times`). Live,
the nearest may still be under way, so a pair is made as soon as the next frame of neither camera, due one period after
its last, could be nearer.
"""

from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from gazeclass.capture.pairs import pair_times

T = TypeVar("T")

#: Frames that wait for a partner are given up after this long …
WAIT_S = 1.0
#: … or when there are more of them than this.
WAITING = 32
#: Half a period is allowed, but no more than this: where pictures are lost on either side, the next nearest show
#: another moment. It lets cameras of four pictures a second pair.
MOST_SKEW_S = 0.125
#: The period is the median of this many steps.
STEPS = 31


@dataclass(frozen=True)
class Match(Generic[T]):
    """Two frames of one moment.

    Attributes:
        t_s: camera 0's and camera 1's time on the common clock.
        frames: camera 0's and camera 1's.
    """

    t_s: tuple[float, float]
    frames: tuple[T, T]


class OnlinePairing(Generic[T]):
    """Takes both cameras' frames as they come and gives back pairs. Knows of no thread and no picture.

    Args:
        max_skew_s: frames further apart are no pair; None for half a frame period of the slower camera,
            at most :data:`MOST_SKEW_S`.
    """

    def __init__(self, max_skew_s: float | None = None) -> None:
        self._max_skew_s = max_skew_s
        self._waiting: tuple[deque[tuple[float, T]], deque[tuple[float, T]]] = (deque(), deque())
        self._steps: tuple[deque[float], deque[float]] = (deque(maxlen=STEPS), deque(maxlen=STEPS))
        self._last_s = [float("nan"), float("nan")]
        self.unpaired = [0, 0]

    def period_s(self, camera: int) -> float:
        """Median time from frame to frame; NaN before the second."""
        steps = self._steps[camera]
        return float(np.median(steps)) if steps else float("nan")

    def clear(self) -> None:
        """Give up what waits, for instance after a gap."""
        for camera in (0, 1):
            self.unpaired[camera] += len(self._waiting[camera])
            self._waiting[camera].clear()

    def add(self, camera: int, t_s: float, frame: T) -> list[Match[T]]:
        """Take in a frame; times of one camera increase.

        Returns:
            The pairs that are certain now, in order of time; none before both cameras' periods are known.
        """
        if np.isfinite(self._last_s[camera]):
            self._steps[camera].append(t_s - self._last_s[camera])
        self._last_s[camera] = t_s
        self._waiting[camera].append((t_s, frame))
        self._give_up_old()
        periods = self.period_s(0), self.period_s(1)
        if not all(self._waiting) or not np.isfinite(periods).all():
            return []
        times = [np.array([t for t, _ in waiting]) for waiting in self._waiting]
        half_s = min(0.5 * max(periods), MOST_SKEW_S) * (1 + 1e-6)
        max_skew_s = half_s if self._max_skew_s is None else self._max_skew_s
        done: list[Match[T]] = []
        for i, j in pair_times(times[0], times[1], max_skew_s).tolist():
            t0, t1 = float(times[0][i]), float(times[1][j])
            if not (self._settled(times[1], t0, t1, periods[1]) and self._settled(times[0], t1, t0, periods[0])):
                break
            done.append(Match((t0, t1), (self._waiting[0][i][1], self._waiting[1][j][1])))
        if done:
            for c in (0, 1):
                while self._waiting[c] and self._waiting[c][0][0] <= done[-1].t_s[c]:
                    self._waiting[c].popleft()
                    self.unpaired[c] += 1
                self.unpaired[c] -= len(done)
        return done

    @staticmethod
    def _settled(times: np.ndarray, t_s: float, partner_s: float, period_s: float) -> bool:
        """Whether no frame still to come after ``times`` can be nearer to ``t_s`` than ``partner_s`` is."""
        if times[-1] > partner_s or times[-1] >= t_s:
            return True
        return abs(times[-1] + period_s - t_s) >= abs(partner_s - t_s)

    def _give_up_old(self) -> None:
        newest = np.nanmax(self._last_s)
        for camera, waiting in enumerate(self._waiting):
            while waiting and (waiting[0][0] < newest - WAIT_S or len(waiting) > WAITING):
                waiting.popleft()
                self.unpaired[camera] += 1
