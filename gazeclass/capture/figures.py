"""The running numbers of a live lesson: rates, skew and latency over the last seconds."""

from collections import deque

import numpy as np

from gazeclass.capture.health import LiveCameraHealth, LiveHealth
from gazeclass.capture.pairs import Skew

#: Rates and latency are those of the last seconds …
OVER_S = 5.0
#: … and skews those of the last pairs.
SKEWS = 3000


class PairFigures:
    """Counts pairs as they are made, taken and skipped. Not for two threads at once: its owner locks.

    Attributes:
        pairs: made so far.
        delivered: taken by the consumer so far.
        skipped: given up for later ones.
    """

    def __init__(self) -> None:
        self.pairs = self.delivered = self.skipped = 0
        self._skews: deque[float] = deque(maxlen=SKEWS)
        self._made_s: deque[float] = deque()
        self._taken: deque[tuple[float, float]] = deque()
        self._first_s = float("nan")

    def began(self, now_s: float) -> None:
        """A frame has come; the first counts as the beginning."""
        if not np.isfinite(self._first_s):
            self._first_s = now_s

    def made(self, now_s: float, skew_s: float) -> None:
        """A pair has been made."""
        self.pairs += 1
        self._made_s.append(now_s)
        self._skews.append(skew_s)
        self._forget(now_s)

    def taken(self, now_s: float, latency_s: float) -> None:
        """The consumer has its pictures, ``latency_s`` after the later one came."""
        self._taken.append((now_s, latency_s))
        self._forget(now_s)

    def health(
        self, now_s: float, start_s: float, offset_s: float, cameras: tuple[LiveCameraHealth, LiveCameraHealth]
    ) -> LiveHealth:
        """All numbers at ``now_s`` of a lesson whose clock began at ``start_s``, both monotonic."""
        self._forget(now_s)
        latencies = [latency for _, latency in self._taken]
        seconds = now_s - self._first_s if np.isfinite(self._first_s) else 0.0
        span = min(max(seconds, 1e-3), OVER_S)
        return LiveHealth(
            cameras=cameras,
            skew=_skew(np.array(self._skews)),
            pairs=self.pairs,
            common_clock=True,
            offset_s=offset_s,
            t_s=now_s - start_s,
            pairs_per_s=len(self._made_s) / span,
            delivered=self.delivered,
            delivered_per_s=len(self._taken) / span,
            skipped=self.skipped,
            latency_s=float(np.median(latencies)) if latencies else float("nan"),
            seconds=seconds,
        )

    def _forget(self, now_s: float) -> None:
        while self._made_s and self._made_s[0] < now_s - OVER_S:
            self._made_s.popleft()
        while self._taken and self._taken[0][0] < now_s - OVER_S:
            self._taken.popleft()


def _skew(skews_s: np.ndarray) -> Skew:
    if not len(skews_s):
        return Skew(float("nan"), float("nan"), float("nan"))
    size = np.abs(skews_s)
    return Skew(float(np.median(skews_s)), float(np.percentile(size, 95)), float(size.max()))
