"""Gaze points on their way: drawn a dozen times a second, measured less often, so they glide to where they belong."""

from dataclasses import dataclass, field

import numpy as np

from gazeclass.geometry.rotation import Array
from gazeclass.lesson.live_status import Moment
from gazeclass.lesson.observation import ObservationStatus

#: A point glides to its new place with this time constant; one older than the other is not drawn any more.
GLIDE_S, STALE_S = 0.15, 2.0
#: Whoever was not measured for so long appears at once where they look now.
_AWAY_S = 1.0


@dataclass
class _Point:
    """Where a point goes, how sure that is, and where it is drawn."""

    xy: Array
    cov: Array
    seen_s: float
    at: Array = field(default_factory=lambda: np.zeros(2))


class GazePoints:
    """One point for each student who faces the board now."""

    def __init__(self) -> None:
        self._points: dict[str, _Point] = {}

    def take(self, moment: Moment) -> None:
        """New places, from the observations that have one."""
        for o in moment.observations:
            pointed = o.status in (ObservationStatus.OK, ObservationStatus.ONE_CAMERA)
            if not (pointed and np.isfinite(o.board_xy_m).all() and np.isfinite(o.cov_board_m2).all()):
                continue
            old = self._points.get(o.student)
            at = o.board_xy_m.copy() if old is None or moment.t_s - old.seen_s > _AWAY_S else old.at
            self._points[o.student] = _Point(o.board_xy_m, o.cov_board_m2, moment.t_s, at)

    def glide(self, elapsed_s: float, now_s: float) -> None:
        """Go on for ``elapsed_s``; what was not measured for :data:`STALE_S` is forgotten."""
        share = 1.0 - float(np.exp(-elapsed_s / GLIDE_S))
        self._points = {name: point for name, point in self._points.items() if now_s - point.seen_s < STALE_S}
        for point in self._points.values():
            point.at = point.at + share * (point.xy - point.at)

    def drawn(self) -> tuple[tuple[str, ...], Array, Array]:
        """Names, places ``(n, 2)`` and covariances ``(n, 2, 2)``, by name."""
        names = tuple(sorted(self._points))
        return (
            names,
            np.array([self._points[name].at for name in names]).reshape(-1, 2),
            np.array([self._points[name].cov for name in names]).reshape(-1, 2, 2),
        )
