"""The report's appendix: figures by zone and row, what was not seen, how sure, calibration, settings, method."""

from typing import TYPE_CHECKING

import numpy as np

from gazeclass.report.blocks import Block, Facts, Grid, Paragraph, Picture, Section
from gazeclass.report.heatmap import Heatmap
from gazeclass.report.metrics import BRIDGE_S, ELSEWHERE, LEAST_HIT_RATE, LEAST_STAY_S, LessonTimes, area_of_half
from gazeclass.report.seat_figure import seat_figure
from gazeclass.report.words import clock, count, figure, percent

if TYPE_CHECKING:
    from gazeclass.report.content import Visibility

#: More changes of facing than this are of no use on a page; the CSV holds all.
_MOST_TRANSITIONS = 8
_KNOWN_DETAILS = {"calibration", "recording", "models", "notes"}


def sections(times: LessonTimes, heat: Heatmap, visible: "Visibility", *, shown: bool) -> tuple[Section, ...]:
    """All of the appendix; without ``shown`` only what says nothing about anybody."""
    from gazeclass.report.content import zone_grid

    out = []
    if shown:
        if times.lesson.zones:
            out.append(Section("Zones", (zone_grid(times), Paragraph(_hits_in_words(), "soft"))))
        out.append(Section("In the room", _room(times, visible)))
        if changes := _changes(times):
            out.append(Section("Most frequent changes", (changes,)))
    out.append(Section("What was not seen", _unseen(times)))
    out.append(Section("How sure it is", _sure(times, heat, shown)))
    out.append(Section("Calibration and settings", (Facts(_settings(times, visible)),)))
    out.append(Section("What the words mean", (Facts(_words()),)))
    return tuple(out)


def _hits_in_words() -> str:
    return (
        "Expected hits: of looks at a place anywhere in the zone, how many would be measured inside it, by the "
        "gaze points' "
        f"own ellipses. Below {percent(LEAST_HIT_RATE)} the zone is too small for the error, and its figures are "
        f"marked "
        "unreliable here and in the CSV set."
    )


def _room(times: LessonTimes, visible: "Visibility") -> tuple[Block, ...]:
    from gazeclass.report.content import typical_ellipse

    rows, hidden, greyed = [], [], []
    for row, members in times.rows().items():
        if not visible.shows(len(members)):
            hidden.append(f"row {row}")
            continue
        totals = times.all_totals.of(members)
        share = totals.share_on_board()
        small = [z.name for k, z in enumerate(times.lesson.zones) if times.hit_rates.unreliable(k, members)]
        whole = len(small) == len(times.lesson.zones) > 0
        rows.append(
            (
                f"row {row}",
                str(len(members)),
                percent(share.value, share.doubt),
                percent(totals.coverage(times.lesson_s)),
                typical_ellipse(times, times.of_students(members)),
                "all" if whole else ", ".join(small) or "none",
            )
        )
        greyed.append(False)
    blocks: list[Block] = []
    if rows:
        columns = ("row", "students", "faced the board", "measured", "68 % ellipse", "unreliable zones")
        note = "Rows differ in how well they can be measured: the larger the ellipse, the less a difference means."
        blocks.append(Grid(columns, tuple(rows), (False, True, True, True, True, False), tuple(greyed), note))
    if hidden:
        blocks.append(
            Paragraph(f"Not shown, because they have fewer than {visible.min_group} students: {', '.join(hidden)}.")
        )
    if visible.students:
        caption = (
            "The room from above, in the students' usual places. The fuller the colour, the more of the time "
            "measured the "
            "student faced the board; the ring has the colour of the zone faced most, named in the mark; hollow "
            "marks were "
            "turned away for most of the time, dotted ones hardly seen."
        )
        alt = "The room from above, one mark a student with the share of the time measured facing the board"
        blocks.append(Picture(lambda: seat_figure(times), alt, caption, narrow=True))
        blocks.append(Paragraph("Single students are shown because the teacher asked for it."))
    else:
        blocks.append(
            Paragraph(
                "Single students are not shown. The teacher can change this in the lesson's settings or with "
                "“gazeclass "
                "export --show-students”."
            )
        )
    return tuple(blocks)


def _changes(times: LessonTimes) -> Grid | None:
    counts = sorted(times.transitions().items(), key=lambda item: (-item[1], item[0]))[:_MOST_TRANSITIONS]
    everyone = list(range(len(times.lesson.students)))

    def small(state: int) -> bool:
        return state >= 0 and times.hit_rates.unreliable(state, everyone)

    rows = tuple(
        (times.state_name(a), times.state_name(b), count(n, "time"), "unreliable" if small(a) or small(b) else "")
        for (a, b), n in counts
    )
    return (
        Grid(("from", "to", "how often", ""), rows, (False, False, True, False), tuple(bool(r[3]) for r in rows))
        if rows
        else None
    )


def _unseen(times: LessonTimes) -> tuple[Block, ...]:
    from gazeclass.report.content import details_of, time_parts

    meta = times.lesson.meta
    parts = tuple((name, time, part) for name, time, part in time_parts(times))
    blocks: list[Block] = [
        Grid(("of the class's time", "all students", "share"), parts, (False, True, True)),
        Paragraph(
            "Doubtful: a head was found, but its pose is not sure enough. Not seen: hidden, outside the pictures, or "
            "not found. Both are left out of every share above."
        ),
    ]
    last = {record["camera"]: record for record in times.lesson.health}
    names = list(dict.fromkeys(k for record in last.values() for k in record if k not in ("camera", "t_s")))
    if last:
        columns = ("camera", *(figure(name, 0)[0] for name in names))
        rows = tuple(
            (str(camera), *(figure(name, record.get(name))[1] for name in names))
            for camera, record in sorted(last.items())
        )
        blocks.append(Grid(columns, rows, (True,) * len(columns)))
    recording = tuple(figure(str(k), v) for k, v in details_of(meta.details.get("recording")).items())
    if recording:
        blocks.append(Facts(tuple((f"recording: {name}", value) for name, value in recording)))
    blocks += [Paragraph(str(note), "warn") for note in meta.details.get("notes") or ()]
    if times.lesson.events:
        events = tuple((clock(t - times.start_s), kind, text) for t, kind, text in times.lesson.events)
        blocks.append(Grid(("time", "what", ""), events, (True, False, False)))
    return tuple(blocks)


def _sure(times: LessonTimes, heat: Heatmap, shown: bool) -> tuple[Block, ...]:
    blocks: list[Block] = []
    if shown and (facts := _accuracy(times, heat)):
        blocks.append(Facts(tuple(facts)))
    blocks.append(
        Paragraph(
            "These are the program's own estimates, carried from the pictures through the calibration to the "
            "board. The ± of a "
            "share takes one student's error as the same for the whole time and those of different students as "
            "independent."
        )
    )
    return tuple(blocks)


def _accuracy(times: LessonTimes, heat: Heatmap) -> list[tuple[str, str]]:
    """How sure the gaze points are, by the chain's own account; medians over an even sample of them."""
    from gazeclass.report.content import typical_ellipse

    out = [
        ("68 % ellipse of a gaze point, half axes (median)", typical_ellipse(times, np.ones(len(times.state), bool)))
    ]
    chosen = np.flatnonzero(times.state >= ELSEWHERE)
    chosen = chosen[:: max(1, len(chosen) // 20_000)]
    if len(chosen):
        o = times.lesson.observations
        packed = o.packed_cov[chosen].astype(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            part = (packed[:, 15] + packed[:, 17]) / (packed[:, 12] + packed[:, 14])
        part = part[np.isfinite(part)]
        if len(part):
            out.append(("part of its variance that is due to head pose (median)", percent(float(np.median(part)))))
        sigma = np.sqrt((packed[:, 6] + packed[:, 9] + packed[:, 11]) / 3)
        if np.isfinite(sigma).any():
            out.append(("doubt of a head's rotation, per axis (median)", f"{np.degrees(np.nanmedian(sigma)):.1f}°"))
        face = o.face_px[chosen]
        if np.isfinite(face).any():
            out.append(("size of a face in the picture (median)", f"{np.nanmedian(face):.0f} px"))
    area = area_of_half(heat)
    if np.isfinite(area):
        out.append(("part of the board's area that took half of the time on it", percent(area)))
    return out


def _settings(times: LessonTimes, visible: "Visibility") -> tuple[tuple[str, str], ...]:
    from gazeclass.report.content import details_of

    meta = times.lesson.meta
    out = [("board", f"{meta.board.width_m:.2f} × {meta.board.height_m:.2f} m"), ("classroom", meta.classroom)]
    out += [
        (f"calibration: {k}", v)
        for k, v in (figure(str(k), v) for k, v in details_of(meta.details.get("calibration")).items())
    ]
    if models := meta.details.get("models"):
        out.append(("models", ", ".join(str(model) for model in models)))
    out += [figure(str(k), v) for k, v in meta.details.items() if k not in _KNOWN_DETAILS]
    out.append(("pictures", f"one pair every {times.period_s:.2f} s"))
    out.append(("zones", f"{len(meta.zones)}: {', '.join(z.name for z in meta.zones)}" if meta.zones else "none"))
    out.append(
        (
            "smallest group shown",
            "single students, at the teacher's wish" if visible.students else str(visible.min_group),
        )
    )
    return tuple(out)


def _words() -> tuple[tuple[str, str], ...]:
    return (
        (
            "facing the board",
            "the straight line out of the face, from the tip of the nose, meets the board; each moment counts by the "
            "probability of that",
        ),
        ("time measured", "all students' time with a gaze point or a face turned away: the denominator of every share"),
        (
            "visit",
            f"an unbroken stretch of at least {LEAST_STAY_S:g} s facing one zone; gaps of up to {BRIDGE_S:g} s "
            f"without a "
            "measurement do not break it. Revisits are those after each student's first",
        ),
        ("elsewhere", "the line meets the wall beside, above or below the board"),
        ("away", "the face is turned so far that the line does not meet the wall within reach"),
        (
            "95 % band",
            "Wilson's interval with each student as one trial (as many as were measured in that time), joined in "
            "quadrature "
            "with 1.96 standard deviations of the measurement",
        ),
        (
            "how alike",
            "Fleiss' agreement: the chance that two students measured at one moment face the same zone, "
            "elsewhere or away",
        ),
    )  # fmt: skip
