"""``report.html``: a report a teacher can read, print and pass on. Nothing in it is fetched from anywhere."""

import base64
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from gazeclass.report.blocks import Facts, Grid, Paragraph, Picture, Report
from gazeclass.report.content import Visibility, build_report
from gazeclass.report.heatmap import Heatmap
from gazeclass.report.metrics import LessonTimes, Timeline
from gazeclass.report.pictures import svg_of

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["Visibility", "render", "render_page"]


def render_page(times: LessonTimes, timeline: Timeline, heat: Heatmap, show_students: bool | None = None) -> str:
    """The whole page as HTML; arguments as :func:`gazeclass.report.content.build_report`."""
    return render(build_report(times, timeline, heat, show_students))


def render(report: Report) -> str:
    """A report as one HTML file."""
    words = report.words

    def picture(block: Picture) -> str:
        return "data:image/svg+xml;base64," + base64.b64encode(svg_of(block.draw(), words)).decode("ascii")

    return _template().render(report=report, kind=_kind, picture=picture)


def _kind(block: object) -> str:
    return {Paragraph: "paragraph", Facts: "facts", Grid: "grid", Picture: "picture"}[type(block)]


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    environment: Any = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(files("gazeclass.report").joinpath("page.html.j2").read_text(encoding="utf-8"))
