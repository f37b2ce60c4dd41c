"""What a lesson adds up to while it runs: the last minute, and since the start, without keeping every point.

Each moment's gaze points are spread over the board by their own ellipses (:mod:`gazeclass.lesson.heat`) and added to a
bin of one second. A window of the last N seconds is the sum of its bins, the whole lesson a running sum beside them, so
memory does not grow with the lesson and nothing drifts. Definitions are the report's
(:mod:`gazeclass.report.metrics`): every share has the measured time as its denominator, and its doubt takes the errors
of one student as wholly common over time and those of two students as independent.

All methods may be called from any thread.
"""

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from gazeclass.geometry.frames import Board
from gazeclass.geometry.rotation import Array
from gazeclass.lesson.heat import board_edges, cell_seconds
from gazeclass.lesson.observation import Observation, ObservationStatus
from gazeclass.lesson.zones import Zone, on_board_probability, zone_probabilities

#: A moment stands for the time since the one before, but for no more than this: a gap is nobody's time.
LONGEST_MOMENT_S = 1.0
_MEASURED = (ObservationStatus.OK, ObservationStatus.ONE_CAMERA, ObservationStatus.AWAY)
#: Columns of the tables: board, away; then what is begun anew with other zones: time measured since, and each zone.
_BOARD, _AWAY, _SINCE, _ZONES = 0, 1, 2, 3


@dataclass(frozen=True)
class ShareNow:
    """A share of the measured time, with one standard deviation of doubt; NaN where nothing was measured."""

    name: str
    value: float
    doubt: float


@dataclass(frozen=True, eq=False)
class Shares:
    """Where the class faced, in a window.

    Attributes:
        board: facing the board at all.
        away: turned from the board's side.
        zones: one for each zone, in their order.
        measured_s: student-seconds measured, the denominator.
        zones_from_s: zones count from this moment of the lesson, when it is later than the window's start.
    """

    board: ShareNow
    away: ShareNow
    zones: tuple[ShareNow, ...]
    measured_s: float
    zones_from_s: float


@dataclass(frozen=True, eq=False)
class HeatNow:
    """Student-seconds per dm² on the board in a window.

    Attributes:
        seconds_per_dm2: ``(ny, nx)``; row 0 at the top edge, column 0 at x = 0, the class's right.
        x_edges_m, y_edges_m: of the cells.
        students: how many went into it.
    """

    seconds_per_dm2: Array
    x_edges_m: Array
    y_edges_m: Array
    students: int


@dataclass(frozen=True, eq=False)
class TimelineNow:
    """The class over time, in bins of ``bin_s`` from the lesson's start.

    Attributes:
        start_s: ``(k,)`` of each bin, lesson clock.
        share, doubt: ``(k,)`` facing the board; NaN where nothing was measured.
        measured: ``(k,)`` share of the students' time that was measured at all.
        bin_s: length of a bin.
    """

    start_s: Array
    share: Array
    doubt: Array
    measured: Array
    bin_s: float


@dataclass
class _Bin:
    """Sums over a second. Rows of the arrays are students, columns as above."""

    start_s: float
    heat: dict[int, Array] = field(default_factory=dict)
    p: Array = field(default_factory=lambda: np.zeros((0, 0)))
    spread: Array = field(default_factory=lambda: np.zeros((0, 0)))
    measured_s: Array = field(default_factory=lambda: np.zeros(0))
    expected_s: float = 0.0

    def add(self, other: "_Bin") -> None:
        """Sum up; students and zones that this one does not know yet join."""
        for row, mass in other.heat.items():
            self.heat[row] = self.heat[row] + mass if row in self.heat else mass
        self.p, self.spread = _sum(self.p, other.p), _sum(self.spread, other.spread)
        self.measured_s = _sum(self.measured_s[:, None], other.measured_s[:, None])[:, 0]
        self.expected_s += other.expected_s

    def copy(self) -> "_Bin":
        """One of its own; the tables in it are replaced, never changed, so they may be shared."""
        return replace(self, heat=dict(self.heat))

    def forget_zones(self) -> None:
        """The zones are others now; board and away stay."""
        self.p, self.spread = self.p[:, :_SINCE].copy(), self.spread[:, :_SINCE].copy()


class RecentFigures:
    """Figures of a running lesson.

    Args:
        board: of the classroom.
        zones: see :meth:`replace_zones`.
        cell_m: about the side of a heatmap's cell.
        longest_s: the longest window that can be asked for.
        timeline_bin_s: of the class over time.
    """

    def __init__(
        self,
        board: Board,
        zones: Sequence[Zone] = (),
        *,
        cell_m: float = 0.1,
        longest_s: float = 600.0,
        timeline_bin_s: float = 5.0,
    ) -> None:
        self.board, self.longest_s, self.timeline_bin_s = board, longest_s, timeline_bin_s
        self.x_edges_m, self.y_edges_m = board_edges(board, cell_m)
        self._cell_dm2 = float((self.x_edges_m[1] - self.x_edges_m[0]) * (self.y_edges_m[1] - self.y_edges_m[0])) * 100
        self._zones = tuple(zones)
        self._zones_from_s = -np.inf
        self._lock = threading.Lock()
        self._students: dict[str, int] = {}
        self._bins: deque[_Bin] = deque()
        self._total = _Bin(0.0)
        self._line: list[_Bin] = []
        self._first_s = self._last_s = float("nan")

    @property
    def zones(self) -> tuple[Zone, ...]:
        """Zones that are counted."""
        return self._zones

    def replace_zones(self, zones: Sequence[Zone]) -> None:
        """Count other zones from now on; what was counted for the old ones is dropped, the board's share stays."""
        with self._lock:
            self._zones = tuple(zones)
            self._zones_from_s = self._last_s
            for one in (*self._bins, self._total):
                one.forget_zones()

    def add(
        self, t_s: float, observations: Sequence[Observation], row_of: Mapping[str, int | None] | None = None
    ) -> None:
        """Take in one moment.

        Args:
            t_s: lesson time, later than the one before.
            observations: of everybody expected.
            row_of: the row each student sits in, where it is known.
        """
        row_of = row_of or {}
        with self._lock:
            weight_s = min(t_s - self._last_s, LONGEST_MOMENT_S) if np.isfinite(self._last_s) else 0.0
            if not np.isfinite(self._first_s):
                self._first_s = t_s
            self._last_s = t_s
            fresh = self._bin_of(t_s, weight_s, observations, row_of)
            if not self._bins or t_s >= self._bins[-1].start_s + 1.0:
                self._bins.append(_Bin(t_s))
            self._bins[-1].add(fresh)
            while self._bins and self._bins[0].start_s < t_s - self.longest_s:
                self._bins.popleft()
            self._total.add(fresh)
            number = int((t_s - self._first_s) / self.timeline_bin_s)
            while len(self._line) <= number:
                self._line.append(_Bin(self._first_s + len(self._line) * self.timeline_bin_s))
            fresh.heat = {}
            fresh.forget_zones()
            self._line[number].add(fresh)

    def heat(self, window_s: float | None = None, row: int | None = None) -> HeatNow:
        """The heatmap of the last ``window_s`` seconds (None: since the start), of the class or of one row."""
        with self._lock:
            total = self._sum_of(window_s)
        mass = np.zeros((len(self.y_edges_m) - 1, len(self.x_edges_m) - 1))
        for number, cells in total.heat.items():
            if row is None or row == number:
                mass = mass + cells
        return HeatNow(mass / self._cell_dm2, self.x_edges_m, self.y_edges_m, int((total.measured_s > 0).sum()))

    def shares(self, window_s: float | None = None) -> Shares:
        """Where the class faced in the last ``window_s`` seconds (None: since the start)."""
        with self._lock:
            total = self._sum_of(window_s)
            zones, zones_from_s = self._zones, self._zones_from_s
        measured = float(total.measured_s.sum())
        empty = np.zeros((1, _ZONES + len(zones)))
        p, spread = _sum(total.p, empty), _sum(total.spread, empty)
        since = float(p[:, _SINCE].sum())
        return Shares(
            _share("board", p[:, _BOARD], spread[:, _BOARD], measured),
            _share("away", p[:, _AWAY], spread[:, _AWAY], measured),
            tuple(_share(z.name, p[:, k], spread[:, k], since) for k, z in enumerate(zones, start=_ZONES)),
            measured,
            zones_from_s,
        )

    def timeline(self) -> TimelineNow:
        """The share of the class that faces the board, over the lesson."""
        with self._lock:
            rows = [
                (one.start_s, *_figures(one.p, one.spread, _BOARD, float(one.measured_s.sum())), one)
                for one in self._line
            ]
            measured = [
                float(one.measured_s.sum()) / one.expected_s if one.expected_s > 0 else float("nan") for *_, one in rows
            ]
        start, share, doubt = (np.array([row[k] for row in rows], float) for k in range(3))
        return TimelineNow(start, share, doubt, np.array(measured), self.timeline_bin_s)

    def _bin_of(
        self, t_s: float, weight_s: float, observations: Sequence[Observation], row_of: Mapping[str, int | None]
    ) -> _Bin:
        out = _Bin(t_s, expected_s=weight_s * len(observations))
        for o in observations:
            self._students.setdefault(o.student, len(self._students))
        shape = len(self._students), _ZONES + len(self._zones)
        out.p, out.spread, out.measured_s = np.zeros(shape), np.zeros(shape), np.zeros(shape[0])
        pointed = [o for o in observations if _is_point(o)]
        for o in observations:
            if o.status == ObservationStatus.AWAY:
                k = self._students[o.student]
                out.measured_s[k] += weight_s
                out.p[k, [_AWAY, _SINCE]] += weight_s
        if not pointed:
            return out
        xy = np.array([o.board_xy_m for o in pointed])
        cov = np.array([o.cov_board_m2 for o in pointed])
        p = np.column_stack(
            [
                on_board_probability(self.board, xy, cov),
                np.zeros(len(pointed)),
                np.ones(len(pointed)),
                zone_probabilities(self._zones, xy, cov),
            ]
        )
        which = [self._students[o.student] for o in pointed]
        out.p[which] += weight_s * p
        out.spread[which] += weight_s * np.sqrt(np.clip(p * (1 - p), 0, None))
        out.measured_s[which] += weight_s
        rows = np.array([row_of.get(o.student) or 0 for o in pointed])
        for row in np.unique(rows):
            at = rows == row
            seconds = np.full(int(at.sum()), weight_s)
            out.heat[int(row)] = cell_seconds(self.x_edges_m, self.y_edges_m, xy[at], cov[at], seconds)
        return out

    def _sum_of(self, window_s: float | None) -> _Bin:
        if window_s is None:
            return self._total.copy()
        total = _Bin(0.0)
        for one in self._bins:
            if one.start_s > self._last_s - window_s:
                total.add(one)
        return total


def _is_point(o: Observation) -> bool:
    return (
        o.status in _MEASURED
        and o.status != ObservationStatus.AWAY
        and bool(np.isfinite(o.board_xy_m).all() and np.isfinite(o.cov_board_m2).all())
    )


def _share(name: str, p: Array, spread: Array, measured_s: float) -> ShareNow:
    return ShareNow(name, *_ratio(p, spread, measured_s))


def _figures(p: Array, spread: Array, column: int, measured_s: float) -> tuple[float, float]:
    if not p.size:
        return float("nan"), float("nan")
    return _ratio(p[:, column], spread[:, column], measured_s)


def _ratio(p: Array, spread: Array, measured_s: float) -> tuple[float, float]:
    if not measured_s > 0:
        return float("nan"), float("nan")
    return float(p.sum()) / measured_s, float(np.sqrt((spread**2).sum())) / measured_s


def _sum(a: Array, b: Array) -> Array:
    """Element-wise sum of two tables, each padded with zeros to the larger shape."""
    out = np.zeros((max(a.shape[0], b.shape[0]), max(a.shape[1], b.shape[1])))
    out[: a.shape[0], : a.shape[1]] += a
    out[: b.shape[0], : b.shape[1]] += b
    return out
