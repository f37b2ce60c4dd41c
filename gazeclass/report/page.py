"""``report.html``: one page a teacher can read, print and pass on. Nothing in it is fetched from anywhere."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

import gazeclass
from gazeclass.geometry.gaze import ellipse_axes
from gazeclass.report.figures import heat_figure, seat_figure, timeline_figure, zones_figure
from gazeclass.report.heatmap import Heatmap
from gazeclass.report.metrics import AWAY, DOUBTFUL, ELSEWHERE, LessonTimes, Timeline
from gazeclass.report.words import clock, count, figure, percent

if TYPE_CHECKING:
    from jinja2 import Template
    from matplotlib.figure import Figure

#: More changes of facing than this are of no use on a page; the CSV holds all.
_MOST_TRANSITIONS = 8
_KNOWN_DETAILS = {"calibration", "recording", "models", "notes"}


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


def render_page(times: LessonTimes, timeline: Timeline, heat: Heatmap, show_students: bool | None = None) -> str:
    """The whole page as HTML.

    Args:
        times: of the lesson.
        timeline: of the class.
        heat: of the class.
        show_students: overrides the lesson's own setting; None keeps it.
    """
    meta = times.lesson.meta
    students = times.lesson.students
    visible = Visibility(meta.min_group, meta.show_students if show_students is None else show_students)
    everyone = list(range(len(students)))
    shown = visible.shows(len(students)) and times.measured_s() > 0
    figures: dict[str, str] = {}
    if shown:
        figures["heat"] = _picture(heat_figure(heat))
        figures["line"] = _picture(timeline_figure(times, timeline))
        if times.lesson.zones:
            figures["zones"] = _picture(zones_figure(times))
        if visible.students:
            figures["seats"] = _picture(seat_figure(times))
    expected_s = times.lesson_s * len(students)
    return _template().render(
        meta=meta,
        version=gazeclass.__version__,
        length=clock(times.lesson_s),
        student_count=len(students),
        visible=visible,
        shown=shown,
        measured_anything=times.measured_s() > 0,
        figures=figures,
        share=times.share_on_board(),
        parts=_parts(times, everyone, expected_s),
        zones=_zone_rows(times) if shown else [],
        rows=_row_rows(times, visible) if shown else [],
        hidden_rows=_hidden_rows(times, visible),
        transitions=_transition_rows(times) if shown else [],
        accuracy=_accuracy(times) if shown else [],
        heat_beside=percent(1 - heat.seconds_on_board / heat.seconds_measured) if heat.seconds_measured else "",
        calibration=_figures_of(meta.details.get("calibration")),
        recording=_figures_of(meta.details.get("recording")),
        models=[str(model) for model in meta.details.get("models") or ()],
        notes=[str(note) for note in meta.details.get("notes") or ()],
        others=_figures_of({k: v for k, v in meta.details.items() if k not in _KNOWN_DETAILS}),
        health=_health_rows(times),
        events=[(clock(t - times.start_s), kind, text) for t, kind, text in times.lesson.events],
        complete=times.lesson.complete,
        percent=percent,
        clock=clock,
    )


def _parts(times: LessonTimes, everyone: list[int], expected_s: float) -> list[tuple[str, str, str]]:
    """Where the class's whole time went: what, how much, share of the expected time."""
    seconds = {
        "measured": times.measured_s(),
        "doubtful": times.state_s(DOUBTFUL),
        "not seen": times.not_seen_s(everyone),
    }
    return [(name, clock(s), percent(s / expected_s if expected_s else float("nan"))) for name, s in seconds.items()]


def _zone_rows(times: LessonTimes) -> list[dict[str, str]]:
    measured = times.measured_s()
    out = []
    for k, zone in enumerate(times.lesson.zones):
        share = times.share_in_zone(k)
        lengths = [stay.dwell_s for stay in times.stays if stay.state == k]
        out.append(
            {
                "name": zone.name,
                "share": percent(share.value, share.doubt),
                "time": clock(share.value * measured),
                "visits": str(len(lengths)),
                "median": f"{np.median(lengths):.1f} s" if lengths else "–",
            }
        )
    board = times.share_on_board()
    out.append(_plain_row("the whole board", percent(board.value, board.doubt), board.value * measured))
    for name, seconds in (("elsewhere", times.elsewhere_s()), ("away", times.state_s(AWAY))):
        out.append(_plain_row(name, percent(seconds / measured), seconds))
    return out


def _plain_row(name: str, share: str, seconds: float) -> dict[str, str]:
    return {"name": name, "share": share, "time": clock(seconds), "visits": "", "median": ""}


def _rows(times: LessonTimes) -> dict[int, list[int]]:
    rows: dict[int, list[int]] = {}
    for k, student in enumerate(times.lesson.students):
        if student.row is not None:
            rows.setdefault(student.row, []).append(k)
    return dict(sorted(rows.items()))


def _row_rows(times: LessonTimes, visible: Visibility) -> list[dict[str, str]]:
    out = []
    for row, members in _rows(times).items():
        if not visible.shows(len(members)):
            continue
        which = times.of_students(members)
        share = times.share_on_board(which)
        seen = share.measured_s / (times.lesson_s * len(members)) if times.lesson_s else float("nan")
        ellipse = _typical_ellipse(times, which)
        out.append(
            {
                "name": f"row {row}",
                "students": str(len(members)),
                "share": percent(share.value, share.doubt),
                "seen": percent(seen),
                "ellipse": ellipse,
            }
        )
    return out


def _hidden_rows(times: LessonTimes, visible: Visibility) -> list[str]:
    return [f"row {row}" for row, members in _rows(times).items() if not visible.shows(len(members))]


def _transition_rows(times: LessonTimes) -> list[tuple[str, str, str]]:
    counts = sorted(times.transitions().items(), key=lambda item: (-item[1], item[0]))
    return [(times.state_name(a), times.state_name(b), count(n, "time")) for (a, b), n in counts[:_MOST_TRANSITIONS]]


def _typical_ellipse(times: LessonTimes, which: np.ndarray) -> str:
    """Median semi-axes of the 68 % ellipses, in words."""
    chosen = which & (times.state >= ELSEWHERE)
    if not chosen.any():
        return "–"
    axes, _ = ellipse_axes(times.lesson.observations.cov_board_m2[chosen])
    long, short = 100 * np.median(axes, axis=0)
    return f"{long:.0f} × {short:.0f} cm"


def _accuracy(times: LessonTimes) -> list[tuple[str, str]]:
    """How sure the gaze points are, by the chain's own account."""
    everything = np.ones(len(times.state), bool)
    chosen = times.state >= ELSEWHERE
    out = [("68 % ellipse of a gaze point, half axes (median)", _typical_ellipse(times, everything))]
    if chosen.any():
        o = times.lesson.observations
        whole = np.trace(o.cov_board_m2[chosen], axis1=1, axis2=2)
        pose = np.trace(o.cov_board_pose_m2[chosen], axis1=1, axis2=2)
        with np.errstate(invalid="ignore", divide="ignore"):
            part = pose / whole
        part = part[np.isfinite(part)]
        if len(part):
            out.append(("part of its area that head pose is to blame for (median)", percent(float(np.median(part)))))
        sigma = np.sqrt(np.trace(o.cov_rotation_rad2[chosen], axis1=1, axis2=2) / 3)
        if np.isfinite(sigma).any():
            out.append(("doubt of a head's rotation, per axis (median)", f"{np.degrees(np.nanmedian(sigma)):.1f}°"))
        face = o.face_px[chosen]
        if np.isfinite(face).any():
            out.append(("size of a face in the picture (median)", f"{np.nanmedian(face):.0f} px"))
    return out


def _figures_of(values: object) -> list[tuple[str, str]]:
    return [figure(str(k), v) for k, v in values.items()] if isinstance(values, Mapping) else []


def _health_rows(times: LessonTimes) -> list[list[tuple[str, str]]]:
    """The last record of each camera, all with the same columns."""
    last = {record["camera"]: record for record in times.lesson.health}
    names = list(dict.fromkeys(k for record in last.values() for k in record if k not in ("camera", "t_s")))
    return [
        [("camera", str(camera)), *(figure(name, record.get(name)) for name in names)]
        for camera, record in sorted(last.items())
    ]


def _picture(drawn: "Figure") -> str:
    """A figure as a data address: SVG, so that it prints sharply, and the page needs no other file."""
    import matplotlib

    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "gazeclass"}):
        drawn.savefig(
            buffer, format="svg", bbox_inches="tight", pad_inches=0.05, metadata={"Date": None, "Creator": "gazeclass"}
        )
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    environment: Any = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(files("gazeclass.report").joinpath("page.html.j2").read_text(encoding="utf-8"))
