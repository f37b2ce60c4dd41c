"""What a live lesson counts: pairs, poses of each student, latency, and how long it has lasted. For any thread."""

import threading
from collections import deque
from collections.abc import Iterable

import numpy as np

#: Rates and latencies are those of the last seconds.
OVER_S = 5.0


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


class LiveTally:
    """Counts of one lesson, all times on its clock.

    Attributes:
        pairs: analysed so far.
        last_s: moment of the latest; NaN before the first.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.pairs = 0
        self.last_s = self._first_s = float("nan")
        self._rates = RateMeter()
        self._analysed: deque[tuple[float, float]] = deque()
        self._latencies = deque[float](maxlen=100_000)
        self._paused_s, self._paused_from_s = 0.0, float("nan")

    def add(self, t_s: float, now_s: float, posed: Iterable[str]) -> None:
        """A pair of the moment ``t_s`` was analysed by ``now_s``; whose head pose was measured in it."""
        with self._lock:
            if not np.isfinite(self._first_s):
                self._first_s = t_s
            self.last_s = t_s
            self.pairs += 1
            for name in posed:
                self._rates.add(t_s, name)
            self._analysed.append((now_s, now_s - t_s))
            while self._analysed and self._analysed[0][0] < now_s - OVER_S:
                self._analysed.popleft()
            self._latencies.append(now_s - t_s)

    def pause(self, now_s: float) -> None:
        """The lesson does not count from now on."""
        with self._lock:
            self._paused_from_s = now_s

    def resume(self, now_s: float) -> None:
        """It counts again."""
        with self._lock:
            self._paused_s += now_s - self._paused_from_s
            self._paused_from_s = float("nan")

    def lesson_s(self, now_s: float) -> float:
        """Length so far, pauses left out."""
        with self._lock:
            pause = now_s - self._paused_from_s if np.isfinite(self._paused_from_s) else 0.0
            return max(self._begun_s(now_s) - self._paused_s - pause, 0.0)

    def pairs_per_s(self, now_s: float) -> float:
        """Analysed over the last seconds."""
        with self._lock:
            return len(self._recent(now_s)) / max(min(OVER_S, self._begun_s(now_s)), 0.5)

    def latency_s(self, now_s: float) -> float:
        """Median from a pair's moment to its observations over the last seconds; NaN where there is none."""
        with self._lock:
            return _median(self._recent(now_s))

    def latency_of_all_s(self) -> float | None:
        """The same over the whole lesson; None where there is none."""
        with self._lock:
            return _median(self._latencies) if self._latencies else None

    def updates_per_s(self, now_s: float) -> dict[str, float]:
        """Poses measured of each student over the last seconds."""
        with self._lock:
            rates = self._rates.rates(self.last_s if np.isfinite(self.last_s) else now_s)
        return dict.fromkeys(rates, 0.0) if now_s - self.last_s > OVER_S else rates

    def mean_updates_per_s(self, now_s: float) -> dict[str, float]:
        """Poses measured a second of each student, over the lesson so far."""
        lesson_s = max(self.lesson_s(now_s), 1e-3)
        with self._lock:
            return {name: count / lesson_s for name, count in self._rates.counts.items()}

    def _begun_s(self, now_s: float) -> float:
        return now_s - self._first_s if np.isfinite(self._first_s) else 0.0

    def _recent(self, now_s: float) -> list[float]:
        return [latency for t_s, latency in self._analysed if t_s > now_s - OVER_S]


def _median(values: Iterable[float]) -> float:
    kept = list(values)
    return float(np.median(kept)) if kept else float("nan")
