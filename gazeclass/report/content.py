"""What the report says: one page for the teacher, an appendix for whoever asks how it was found."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

import gazeclass
from gazeclass.geometry.gaze import ellipse_axes
from gazeclass.report import appendix
from gazeclass.report.blocks import Block, Facts, Grid, Paragraph, Picture, Report, Section
from gazeclass.report.figures import heat_figure, timeline_figure, zones_figure
from gazeclass.report.heatmap import Heatmap
from gazeclass.report.metrics import (
    AWAY,
    DOUBTFUL,
    ELSEWHERE,
    LEAST_HIT_RATE,
    LessonTimes,
    Share,
    Timeline,
    stretches_below,
    synchrony,
)  # fmt: skip
from gazeclass.report.words import clock, count, percent

#: More stretches away from the board than this are of no use on one page.
_MOST_STRETCHES = 4
_IS = (
    "where on the board the class was facing, measured from the direction of heads in the pictures of two cameras, "
    "with the doubt of every figure."
)
_IS_NOT = (
    "a measure of attention, understanding or will. Somebody may face the board and think of something else, or listen "
    "while facing the desk. Eyes are not measured. No student is scored or ranked, and “not seen” never counts as “not "
    "facing”."
)


@dataclass(frozen=True)
class Visibility:
    """What the report may say of small groups (design, privacy).

    Attributes:
        min_group: groups smaller than this are not shown …
        students: … unless single students are to be seen by the teacher's own wish.
    """

    min_group: int
    students: bool

    def shows(self, size: int) -> bool:
        """Whether a group of that size may be shown."""
        return self.students or size >= self.min_group


def visibility(times: LessonTimes, show_students: bool | None = None) -> Visibility:
    """The lesson's own rule, or the one asked for."""
    meta = times.lesson.meta
    return Visibility(meta.min_group, meta.show_students if show_students is None else show_students)


def build_report(times: LessonTimes, timeline: Timeline, heat: Heatmap, show_students: bool | None = None) -> Report:
    """Everything the report says.

    Args:
        times: of the lesson.
        timeline: of the class.
        heat: of the class.
        show_students: overrides the lesson's own setting; None keeps it.
    """
    meta, students = times.lesson.meta, times.lesson.students
    visible = visibility(times, show_students)
    measured_anything = times.measured_s() > 0
    shown = visible.shows(len(students)) and measured_anything
    first: list[Section] = []
    if shown:
        first += [
            Section("In short", (Facts(_in_short(times, timeline)),)),
            _board(times, heat),
            _over_time(times, timeline),
        ]
    else:
        first.append(Section("Nothing to show", (Paragraph(_why_nothing(visible, measured_anything)),)))
    wish = "shown at the teacher's wish" if visible.students else "hidden"
    when = [meta.started_utc[:16].replace("T", " ") + " UTC"] if meta.started_utc else []
    when += [f"{clock(times.lesson_s)} min", count(len(students), "student")]
    return Report(
        title=f"Attention report: {getattr(meta, 'title', '') or meta.classroom}",
        when=" · ".join(when),
        started_utc=meta.started_utc,
        is_text=_IS,
        is_not_text=_IS_NOT,
        warning=""
        if times.lesson.complete
        else "The recording of this lesson did not come to its end (the program or the power stopped). What was stored "
        "before is used.",
        cards=_cards(times) if shown else (),
        first=tuple(first),
        appendix=appendix.sections(times, heat, visible, shown=shown),
        footer=f"gazeclass {gazeclass.__version__}. Groups smaller than {visible.min_group}: {wish}. "
        "Names are those in the lesson file, which holds no picture.",
    )


def time_parts(times: LessonTimes) -> list[tuple[str, str, str]]:
    """Where the class's whole time went: what, how much, share of the expected time."""
    everyone = list(range(len(times.lesson.students)))
    expected_s = times.lesson_s * len(everyone)
    seconds = {
        "measured": times.measured_s(),
        "doubtful": times.state_s(DOUBTFUL),
        "not seen": times.not_seen_s(everyone),
    }
    return [(name, clock(s), percent(s / expected_s if expected_s else float("nan"))) for name, s in seconds.items()]


def _cards(times: LessonTimes) -> tuple[tuple[str, str], ...]:
    share = times.share_on_board()
    cards = [(percent(share.value, share.doubt), "of the time measured, the class faced the board")]
    cards += [
        (part, f"of the class's time was {name} ({time} min, all students together)")
        for name, time, part in time_parts(times)
    ]
    return tuple(cards)


def _in_short(times: LessonTimes, line: Timeline) -> tuple[tuple[str, str], ...]:
    out = [("what it faced", _faced(times)), ("when it left the board", _left(times, line))]
    if times.lesson.zones:
        out.append(("which zones can be told apart", _zones_worked(times)))
    out.append(("how sure this is", _how_sure(times)))
    if not np.isnan((together := synchrony(times)).agreement):
        out.append(
            (
                "how alike it faced",
                f"two students seen at one moment faced the same thing in {percent(together.agreement)} of the "
                f"time; their "
                f"overall mix alone would give {percent(together.expected)}",
            )
        )
    return tuple(out)


def _faced(times: LessonTimes) -> str:
    everyone = list(range(len(times.lesson.students)))
    shares = [times.share_in_zone(k) for k in range(len(times.lesson.zones))]
    order = sorted(range(len(shares)), key=lambda k: -shares[k].value)[:3]
    named = [
        f"{times.lesson.zones[k].name} ({_marked(times, k, shares[k], everyone)})"
        for k in order
        if shares[k].value > 0.005
    ]
    measured = times.measured_s()
    elsewhere, away = times.elsewhere_s() / measured, times.state_s(AWAY) / measured
    beside = f"beside the board {percent(elsewhere)}, turned away {percent(away)}"
    return (
        f"most of all {', '.join(named)}; {beside} of the time measured" if named else f"{beside} of the time measured"
    )


def _marked(times: LessonTimes, zone: int, share: Share, members: list[int]) -> str:
    said = percent(share.value, share.doubt)
    return f"{said}, unreliable" if times.hit_rates.unreliable(zone, members) else said


def _left(times: LessonTimes, line: Timeline) -> str:
    share = times.share_on_board().value
    found = stretches_below(line, share)
    if not found:
        return "at no time beyond doubt: in every part of the lesson the share may be that of the whole"
    parts = [
        f"{clock(a - times.start_s)}–{clock(b - times.start_s)} ({percent(part)})"
        for a, b, part in sorted(found[:_MOST_STRETCHES])
    ]
    more = (
        f", and {count(len(found) - _MOST_STRETCHES, 'shorter stretch', 'shorter stretches')}"
        if len(found) > _MOST_STRETCHES
        else ""
    )
    return f"{', '.join(parts)}{more}; over the lesson {percent(share)}"


def _zones_worked(times: LessonTimes) -> str:
    everyone = list(range(len(times.lesson.students)))
    small = [z.name for k, z in enumerate(times.lesson.zones) if times.hit_rates.unreliable(k, everyone)]
    rates = [times.hit_rates.of(k, everyone) for k in range(len(times.lesson.zones))]
    if not small:
        return f"all of them: of looks at a zone, {percent(min(rates))} or more are counted in it"
    which = "none of them" if len(small) == len(rates) else f"not {', '.join(small)}"
    return (
        f"{which}: too small for the error, fewer than {percent(LEAST_HIT_RATE)} of the looks at them would be "
        f"counted in them. "
        "Their figures are marked unreliable; fewer and larger zones would help"
    )


def _how_sure(times: LessonTimes) -> str:
    share = times.share_on_board()
    size = typical_ellipse(times, np.ones(len(times.state), bool))
    return (
        f"a gaze point is good to {size} (half axes, 68 of 100 lie within); the share of "
        f"{percent(share.value, share.doubt)} is in doubt by that much from the measurement alone"
    )


def _board(times: LessonTimes, heat: Heatmap) -> Section:
    beside = ""
    if heat.seconds_measured:
        part = percent(1 - heat.seconds_on_board / heat.seconds_measured)
        beside = f" {part} of the gaze points' weight fell beside the board and is not drawn."
    blocks: list[Block] = [
        Picture(
            lambda: heat_figure(heat),
            "The board as the class sees it, coloured by the time the class faced each spot",
            "The board as the class sees it; lines at a quarter, half and three quarters of the peak. Every gaze "
            "point is "
            "spread over its own error ellipse, so the picture is no sharper than the measurement." + beside,
        )
    ]
    if times.lesson.zones:
        blocks.append(
            Picture(
                lambda: zones_figure(times),
                "The board with its zones and the share of the time each was faced; the figures stand in the "
                "appendix too",
                "Share of the time measured in which each zone was faced, ± one standard deviation from the gaze "
                "points' own "
                "errors. Hatched: unreliable, too small for the error.",
            )
        )
    return Section("On the board", tuple(blocks))


def _over_time(times: LessonTimes, line: Timeline) -> Section:
    picture = Picture(
        lambda: timeline_figure(times, line),
        "Share of the measured time facing the board over the lesson, and below how much of the class was measured",
        "Above: share of the time measured, with its 95 % band (who happened to be seen, and the measurement's "
        "own error). "
        "Below: what the whole class's time was made of; the hatched and white parts are in no share.",
    )
    return Section("Over the lesson", (picture,))


def _why_nothing(visible: Visibility, measured_anything: bool) -> str:
    if not measured_anything:
        return (
            "No head was measured in this lesson, so there is nothing to say about where the class was facing. "
            "Check in the "
            "part on what was not seen whether both cameras were running, and that the classroom's calibration "
            "belongs to them."
        )
    return (
        f"Fewer than {visible.min_group} students were observed, and statements about such small groups are "
        f"hidden so that "
        "nobody is singled out. The teacher can change this in the lesson's settings or with “gazeclass export "
        "--show-students”."
    )


def typical_ellipse(times: LessonTimes, which: np.ndarray) -> str:
    """Median semi-axes of the 68 % ellipses, in words."""
    chosen = np.flatnonzero(which & (times.state >= ELSEWHERE))
    if not len(chosen):
        return "–"
    sample = chosen[:: max(1, len(chosen) // 20_000)]
    cov = times.lesson.observations.packed_cov[sample, 12:15].astype(float)[:, [[0, 1], [1, 2]]]
    long, short = 100 * np.median(ellipse_axes(cov)[0], axis=0)
    return f"{long:.0f} × {short:.0f} cm"


def zone_grid(times: LessonTimes, members: list[int] | None = None) -> Grid:
    """Every zone's figures, and the whole board, elsewhere and away."""
    everyone = list(range(len(times.lesson.students))) if members is None else members
    totals, visits = times.all_totals.of(everyone), times.zone_visits
    measured = totals.measured_s
    rows: list[tuple[str, ...]] = []
    greyed: list[bool] = []

    def seconds(value: float) -> str:
        return f"{value:.1f} s" if np.isfinite(value) else "–"

    for k, zone in enumerate(times.lesson.zones):
        share = totals.share_in_zone(k)
        small = times.hit_rates.unreliable(k, everyone)
        rows.append(
            (
                zone.name,
                percent(share.value, share.doubt),
                clock(share.value * measured),
                str(visits.visits(k, everyone)),
                str(visits.revisits(k, everyone)),
                clock(visits.first_entry_s(k, everyone)),
                seconds(visits.mean_s(k, everyone)),
                seconds(visits.longest_s(k, everyone)),
                percent(times.hit_rates.of(k, everyone)),
                "unreliable" if small else "",
            )
        )
        greyed.append(small)
    board = totals.share_on_board()
    for name, said, spent in (
        ("the whole board", percent(board.value, board.doubt), board.value * measured),
        ("elsewhere", percent(totals.elsewhere_s / measured), totals.elsewhere_s),
        ("away", percent(totals.state_s(AWAY) / measured), totals.state_s(AWAY)),
    ):
        rows.append((name, said, clock(spent), *("",) * 7))
    columns = (
        "facing",
        "of the time measured",
        "time, all students",
        "visits",
        "revisits",
        "first entry",
        "mean visit",
        "longest",
        "expected hits",
        "",
    )
    return Grid(columns, tuple(rows), (False, *(True,) * 8, False), tuple(greyed))


def details_of(values: object) -> Mapping[str, object]:
    """A mapping from a lesson's details, or none."""
    return values if isinstance(values, Mapping) else {}
