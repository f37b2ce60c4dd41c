"""What one or two boards of the review show, on one scale where they are compared. Pure functions of open lessons."""

from collections.abc import Sequence
from dataclasses import dataclass

from gazeclass.report.review import Glance, Group, Review
from gazeclass.report.span_index import Span
from gazeclass.report.words import clock

#: A span is never shorter: less holds no moment.
LEAST_SPAN_S = 1.0


@dataclass(frozen=True, eq=False)
class Side:
    """One board of the view.

    Attributes:
        review: whose lesson.
        glance: what its span comes to.
        notes: a line for each zone.
        greyed: zones that are unreliable, with the reason.
        top: end of the heat's scale; the same on both sides.
        compared: whether heat is in thousandths of the time measured, for comparing, or in seconds.
    """

    review: Review
    glance: Glance
    notes: tuple[str, ...]
    greyed: dict[str, str]
    top: float
    compared: bool

    @property
    def when(self) -> str:
        """The span as the time line counts: "05:00–10:00"."""
        start, span = self.review.whole.start_s, self.glance.span
        return f"{clock(span.start_s - start)}–{clock(span.end_s - start)}"


def sides(shown: Sequence[tuple[Review, Span, Group]], show_students: bool) -> tuple[Side, ...]:
    """One side for each lesson, span and group; with two, heat is in parts of the time, so that they can be compared.

    Args:
        shown: what each board shows, one or two.
        show_students: the teacher's wish to see single students.
    """
    compared = len(shown) > 1
    glances = [(review, review.glance(span, group, show_students)) for review, span, group in shown]
    heats = [g.permille_per_dm2 if compared else g.heat.seconds_per_dm2 for _, g in glances]
    top = max(float(heat.max(initial=0.0)) for heat in heats)
    return tuple(
        Side(r, g, tuple(r.zone_notes(g)), {} if g.hidden else r.unreliable_zones(g.group), top, compared)
        for r, g in glances
    )


def span_within(whole: Span, start_s: float, end_s: float) -> Span:
    """The span between two times in either order, inside ``whole`` and not shorter than holds a moment."""
    start, end = sorted((start_s, end_s))
    start = min(max(start, whole.start_s), max(whole.start_s, whole.end_s - LEAST_SPAN_S))
    return Span(start, min(max(end, start + LEAST_SPAN_S), whole.end_s))
