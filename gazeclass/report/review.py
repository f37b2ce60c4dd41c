"""A lesson opened for looking at: any span and group of it as heat and figures, and every moment as gaze points.

No window here: the desktop's review and its tests drive the same :class:`Review`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gazeclass.geometry.rotation import Array
from gazeclass.lesson.columns import Lesson
from gazeclass.lesson.reader import read_lesson
from gazeclass.lesson.zones import Zone
from gazeclass.lesson.zoning import rezoned
from gazeclass.progress import SILENT, Progress
from gazeclass.report.content import Visibility, visibility
from gazeclass.report.heatmap import Heatmap
from gazeclass.report.metrics import (
    ELSEWHERE,
    LEAST_HIT_RATE,
    LessonTimes,
    Share,
    Timeline,
    Totals,
    class_timeline,
    hit_rates,
)
from gazeclass.report.span_index import Span, SpanIndex
from gazeclass.report.words import percent

#: A gaze point is still shown this long after its moment.
_FRESH_S = 1.0


@dataclass(frozen=True)
class Group:
    """Whom one may look at.

    Attributes:
        name: "the class", "row 2", a pseudonym.
        members: indices of students.
        kind: "class", "row" or "student".
    """

    name: str
    members: tuple[int, ...]
    kind: str


@dataclass(frozen=True, eq=False)
class Glance:
    """What a span of a group comes to.

    Attributes:
        span, group: of whom and when.
        heat: on the board.
        totals: sums by student.
        coverage: measured share of the time there was.
        hidden: the group is too small to be shown; then heat and totals are empty.
    """

    span: Span
    group: Group
    heat: Heatmap
    totals: Totals
    coverage: float
    hidden: bool

    @property
    def share(self) -> Share:
        """Of the time measured, facing the board."""
        return self.totals.share_on_board()

    @property
    def permille_per_dm2(self) -> Array:
        """Heat for comparing spans and lessons of any length: thousandths of the time measured on each dm²."""
        measured = self.totals.measured_s
        out: Array = self.heat.seconds_per_dm2 * (1000.0 / measured if measured > 0 else 0.0)
        return out


@dataclass(frozen=True, eq=False)
class Moment:
    """Gaze points of one moment.

    Attributes:
        t_s: of the moment, on the lesson's clock.
        student: ``(n,)`` indices.
        xy_m: ``(n, 2)``.
        cov_m2: ``(n, 2, 2)``.
        away, unseen: how many of the group were turned away, or not measured.
    """

    t_s: float
    student: NDArray[np.int64]
    xy_m: Array
    cov_m2: Array
    away: int
    unseen: int


class Review:
    """A lesson with everything that scrubbing needs.

    Args:
        lesson: as read.
        path: where from.
        progress: told of what takes time.
    """

    def __init__(self, lesson: Lesson, path: Path, progress: Progress = SILENT) -> None:
        self.path = path
        self.lesson = lesson
        progress.start("zones of every moment")
        self.times = LessonTimes(lesson)
        self.timeline: Timeline = class_timeline(self.times)
        self.index = SpanIndex(self.times, progress=progress)

    @staticmethod
    def open(path: Path, progress: Progress = SILENT) -> "Review":
        """Read a lesson and prepare it.

        Raises:
            InputError: it cannot be read.
            Cancelled: the user asked to stop.
        """
        progress.start("read the lesson")
        return Review(read_lesson(path), Path(path), progress)

    def with_zones(self, zones: Sequence[Zone], progress: Progress = SILENT) -> "Review":
        """The same lesson with other zones, everything about them computed from the observations.

        Raises:
            InputError: the zones overlap, share a name or reach beyond the board.
        """
        other = Review.__new__(Review)
        other.path = self.path
        other.lesson = rezoned(self.lesson, zones, progress)
        progress.start("figures of the zones")
        other.times = LessonTimes(other.lesson)
        other.timeline = class_timeline(other.times)
        other.index = self.index.with_times(other.times)
        return other

    def with_events(self, events: Sequence[tuple[float, str, str]]) -> None:
        """Other notes on the time line."""
        self.lesson = replace(self.lesson, events=tuple(sorted(events)))

    @property
    def whole(self) -> Span:
        """All of the lesson."""
        return Span(self.times.start_s, max(self.times.end_s, self.times.start_s + 1e-3))

    @property
    def title(self) -> str:
        """What the teacher calls it, or its file's name."""
        return self.lesson.meta.title or self.path.stem

    def groups(self) -> list[Group]:
        """The class, its rows, its students."""
        students = self.lesson.students
        found = [Group("the class", tuple(range(len(students))), "class")]
        found += [Group(f"row {row}", tuple(members), "row") for row, members in self.times.rows().items()]
        return found + [Group(student.name, (k,), "student") for k, student in enumerate(students)]

    def visible(self, show_students: bool | None = None) -> Visibility:
        """The lesson's rule about small groups, or the teacher's wish now."""
        return visibility(self.times, show_students)

    def glance(self, span: Span, group: Group, show_students: bool | None = None) -> Glance:
        """Heat and figures of a span."""
        hidden = not self.visible(show_students).shows(len(group.members))
        members: tuple[int, ...] = () if hidden else group.members
        totals = self.index.totals(span, members)
        which = self.index.observations(span)
        moments = np.searchsorted(self.times.moments_s, [span.start_s - 1e-9, span.end_s - 1e-9])
        seconds = float(self.times.moment_weight_us[moments[0] : moments[1]].sum()) / 1e6
        heat = self.index.heat(span if which.stop > which.start else Span(0.0, 0.0), members)
        return Glance(span, group, heat, totals, totals.coverage(seconds), hidden)

    def moment(self, t_s: float, group: Group, show_students: bool | None = None) -> Moment:
        """Gaze points of the last moment before ``t_s``; none when it is long past."""
        times, o = self.times, self.lesson.observations
        at = int(np.searchsorted(times.moments_s, t_s + 1e-9, side="right")) - 1
        hidden = not self.visible(show_students).shows(len(group.members))
        found = slice(0, 0)
        when = t_s
        if at >= 0 and not hidden and t_s - times.moments_s[at] <= _FRESH_S:
            when = float(times.moments_s[at])
            first, end = np.searchsorted(o.t_s, [when - 1e-9, when + 1e-9])
            found = slice(int(first), int(end))
        k = np.arange(found.start, found.stop)
        k = k[np.isin(o.student[k], group.members)]
        state = times.state[k]
        points = k[state >= ELSEWHERE]
        cov = o.packed_cov[points, 12:15].astype(float)[:, [[0, 1], [1, 2]]]
        away = int((state == ELSEWHERE - 1).sum())
        unseen = 0 if hidden else len(group.members) - len(points) - away
        return Moment(when, o.student[points], o.board_xy_m[points], cov, away, unseen)

    def zone_notes(self, glance: Glance) -> list[str]:
        """What is said of each zone in a span."""
        if glance.hidden:
            return ["" for _ in self.lesson.zones]
        shares = [glance.totals.share_in_zone(k) for k in range(len(self.lesson.zones))]
        return [percent(share.value, share.doubt) for share in shares]

    def unreliable_zones(self, group: Group) -> dict[str, str]:
        """Zones too small for the group's error, with the reason."""
        rates = self.times.hit_rates
        return {
            zone.name: f"unreliable: only {percent(rates.of(k, group.members))} of looks at it would be counted in it"
            for k, zone in enumerate(self.lesson.zones)
            if rates.unreliable(k, group.members)
        }

    def hit_rate(self, zone: Zone) -> float:
        """Expected hit rate of a zone that is only being drawn, for the class; NaN without any gaze point."""
        return hit_rates(self.times, [zone]).of(0, range(len(self.lesson.students)))


def too_small(rate: float) -> bool:
    """Whether a zone of that hit rate is unreliable."""
    return not rate >= LEAST_HIT_RATE
