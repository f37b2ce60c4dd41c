"""The room from above, as a picture: who sits where, and how much of the time each faced the board."""

from typing import TYPE_CHECKING, Any

import numpy as np

from gazeclass.report.colours import zone_colour
from gazeclass.report.drawing import GREY, INK, SLATE, WIDTH_IN, heat_colours, ink_on, new_figure, plain_axes
from gazeclass.report.metrics import AWAY, LessonTimes, Totals
from gazeclass.report.words import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Students of whom less was measured than this share of the lesson are drawn as not seen.
_LEAST_MEASURED = 0.2


def seat_figure(times: LessonTimes) -> "Figure":
    """The room from above, the board at the top: one mark for each student.

    The fuller a mark, the more of the time measured the student faced the board, and its ring has the colour of the
    zone faced most; hollow: turned away for most of it; small and dotted: hardly seen. The text says the same.
    """
    lesson = times.lesson
    places = _places(times)
    board = lesson.meta.board
    known = places[np.isfinite(places).all(axis=1)]
    side = _mark_size(places)
    right, left = min([0.0, *known[:, 0]]) - side, max([board.width_m, *known[:, 0]]) + side
    far = max([1.0, *known[:, 1]]) + side
    points_per_m = min(72 * 6.2 / (left - right), 72 * 7.6 / (far + 0.6))
    figure = new_figure(WIDTH_IN, (far + 0.6) * points_per_m / 72 + 1.1)
    axes = figure.subplots()
    size = float(np.clip(side * points_per_m / 6.2, 3.5, 9.0))
    axes.plot([0, board.width_m], [0, 0], color=SLATE, lw=7, solid_capstyle="butt")
    axes.text(board.width_m / 2, -0.22, "board", ha="center", va="bottom", fontsize=9, color=INK)
    colours = heat_colours()
    unplaced, faced = [], set()
    for k, student in enumerate(lesson.students):
        totals = times.all_totals.of([k])
        share = totals.share_on_board()
        if not np.isfinite(places[k]).all():
            unplaced.append(student.name)
            continue
        x, z = places[k]
        if share.measured_s < _LEAST_MEASURED * times.lesson_s:
            _mark(axes, x, z, 0.45 * side, "#ffffff", dotted=True)
            axes.text(
                x,
                z + 0.3 * side,
                f"{student.name}: hardly seen",
                ha="center",
                va="top",
                fontsize=0.9 * size,
                color=GREY,
            )
            continue
        away = totals.state_s(AWAY) > 0.5 * share.measured_s
        zone = None if away else _zone_faced_most(totals, len(lesson.zones))
        faced |= set() if zone is None else {zone}
        colour = (1.0, 1.0, 1.0, 0.0) if away else colours(share.value)
        _mark(axes, x, z, side, colour, ring=None if zone is None else zone_colour(zone))
        said = percent(share.value, share.doubt).replace(" % ±", " ±") + (" %" if share.doubt > 5e-5 else "")
        last = "away" if away else "" if zone is None else f"zone {zone + 1}"
        axes.text(
            x, z, f"{student.name}\n{said}" + (f"\n{last}" if last else ""), ha="center", va="center", fontsize=size,
            color=INK if away else ink_on(colour, "#ffffff"), zorder=3, linespacing=1.15,
        )  # fmt: skip
    axes.set_xlim(left, right)  # as the class sees the board: x grows to the left
    axes.set_ylim(far, -0.6)
    axes.set_aspect("equal")
    axes.set_xlabel("metres from the board's right end", fontsize=9, color=INK)
    axes.set_ylabel("metres from the board", fontsize=9, color=INK)
    plain_axes(axes, grid=False)
    _zone_legend(axes, {zone: lesson.zones[zone].name for zone in sorted(faced)})
    if unplaced:
        axes.set_title(f"without a place, never measured: {', '.join(unplaced)}", fontsize=8.5, color=GREY, loc="left")
    return figure


def _zone_legend(axes: "Axes", zones: dict[int, str]) -> None:
    """Which ring is which zone."""
    from matplotlib.patches import Patch

    if zones:
        marks = [
            Patch(facecolor="none", edgecolor=zone_colour(k), lw=2.5, label=f"{k + 1} {name}")
            for k, name in zones.items()
        ]
        axes.legend(
            handles=marks, loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=8.5,
            title="zone faced most", title_fontsize=8.5,
            alignment="left",
        )  # fmt: skip


def _zone_faced_most(totals: Totals, zones: int) -> int | None:
    dwell = [totals.state_s(k) for k in range(zones)]
    return int(np.argmax(dwell)) if zones and max(dwell) > 0 else None


def _mark(
    axes: "Axes", x: float, z: float, side: float, colour: Any, *, dotted: bool = False, ring: str | None = None
) -> None:
    """A rounded square, with a ring within its edge if asked for; dotted ones lie under the others."""
    from matplotlib.patches import FancyBboxPatch

    if ring is not None:
        inner = 0.90 * side
        axes.add_patch(
            FancyBboxPatch(
                (x - inner / 2, z - inner / 2), inner, inner, boxstyle=f"round,pad=0,rounding_size={0.2 * inner}",
                facecolor="none", edgecolor=ring, lw=3.2, zorder=2.5,
            )
        )  # fmt: skip

    axes.add_patch(
        FancyBboxPatch(
            (x - side / 2, z - side / 2), side, side, boxstyle=f"round,pad=0,rounding_size={0.2 * side}",
            facecolor=colour, edgecolor=GREY if dotted else INK, lw=1.3, ls=":" if dotted else "-",
            zorder=1 if dotted else 2,
        )
    )  # fmt: skip


def _places(times: LessonTimes) -> np.ndarray:
    """Median x and z of each student's head, ``(students, 2)``, NaN where it was never measured."""
    o = times.lesson.observations
    out = np.full((len(times.lesson.students), 2), np.nan)
    known = np.isfinite(o.position_W_m).all(axis=1)
    for k in range(len(out)):
        mine = times.of_student(k) & known
        if mine.any():
            out[k] = np.median(o.position_W_m[mine][:, [0, 2]], axis=0)
    return out


def _mark_size(places: np.ndarray) -> float:
    """As large as most seats may be without touching, 0.6 to 0.9 m; two in one place do not shrink the rest."""
    known = places[np.isfinite(places).all(axis=1)]
    if len(known) < 2:
        return 0.9
    apart = np.abs(known[:, None] - known[None]).max(axis=2)
    np.fill_diagonal(apart, np.inf)
    return float(np.clip(0.9 * np.median(apart.min(axis=1)), 0.6, 0.9))
