"""The report's pictures: the board with its heat, the board with its zones, the class over time, the room from above.

The board is always the same drawing: a slate in true proportion with a chalk frame, as the class sees it (the left edge
is x = width), with a scale in metres. Each function gives a matplotlib figure; nothing is written here.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from gazeclass.geometry.frames import Board
from gazeclass.report.colours import zone_colour
from gazeclass.report.heatmap import Heatmap
from gazeclass.report.metrics import AWAY, LessonTimes, Timeline, Totals
from gazeclass.report.words import clock, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SLATE = "#26343a"
CHALK = "#f1efe6"
INK = "#1f2933"
GREY = "#7b8794"
PALE = "#d5dbe1"
#: One colour for each thing a class may do, from cividis; hatching says the same without colour.
BOARD_COLOUR, ELSEWHERE_COLOUR, AWAY_COLOUR = "#e0c65a", "#7c7b78", "#2f4a7c"

_WIDTH_IN = 8.6
#: Students of whom less was measured than this share of the lesson are drawn as not seen.
_LEAST_MEASURED = 0.2


def heat_figure(heat: Heatmap, top: float | None = None) -> "Figure":
    """The board with its heat and the scale of the heat.

    Args:
        heat: of the class or of a part of it.
        top: seconds per dm² at the scale's end; give the same for figures to be compared. None for this one's maximum.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    figure, axes = _board_figure(heat.board, extra_in=0.75)
    peak = float(heat.seconds_per_dm2.max(initial=0.0))
    scale = Normalize(0.0, top or peak or 1.0)
    colours = _heat_colours()
    axes.imshow(
        heat.seconds_per_dm2,
        extent=(0.0, heat.board.width_m, heat.board.height_m, 0.0),
        cmap=colours,
        norm=scale,
        interpolation="bilinear",
        zorder=2,
    )
    _contours(axes, heat, peak)
    axes.set_xlim(heat.board.width_m + _margin(heat.board), -_margin(heat.board))  # imshow resets the view
    axes.set_ylim(heat.board.height_m + _margin(heat.board), -_margin(heat.board))
    bar: Any = figure.colorbar(
        ScalarMappable(scale, colours), ax=axes, location="bottom", fraction=0.05, pad=0.03, aspect=50
    )
    bar.ax.set_facecolor(SLATE)
    bar.solids.set_alpha(None)
    bar.set_label("seconds facing, per dm² of the board (all students together)", color=INK, fontsize=9)
    bar.ax.tick_params(labelsize=9, colors=INK)
    bar.outline.set_edgecolor(GREY)
    return figure


def _contours(axes: "Axes", heat: Heatmap, peak: float) -> None:
    """Lines at quarters of the peak: the picture can be read without colour."""
    values = heat.seconds_per_dm2
    if not (peak > 0 and min(values.shape) >= 2):
        return
    x = (np.arange(values.shape[1]) + 0.5) * heat.board.width_m / values.shape[1]
    y = (np.arange(values.shape[0]) + 0.5) * heat.board.height_m / values.shape[0]
    levels = [peak * part for part in (0.25, 0.5, 0.75)]
    axes.contour(x, y, values, levels=levels, colors=[CHALK], linewidths=(0.5, 0.8, 1.1), alpha=0.8, zorder=3)


def zones_figure(times: LessonTimes) -> "Figure":
    """The board with its zones and the share of the measured time that each was faced."""
    from matplotlib.patches import Rectangle

    board = times.lesson.meta.board
    everyone = range(len(times.lesson.students))
    figure, axes = _board_figure(board)
    shares = [times.share_in_zone(k) for k in range(len(times.lesson.zones))]
    small = [times.hit_rates.unreliable(k, everyone) for k in range(len(shares))]
    top = max((s.value for s in shares if np.isfinite(s.value)), default=0.0) or 1.0
    colours = _heat_colours()
    for zone, share, unreliable in zip(times.lesson.zones, shares, small, strict=True):
        width, height = zone.x1_m - zone.x0_m, zone.y1_m - zone.y0_m
        known = np.isfinite(share.value)
        level = share.value / top if known else 0.0
        place = (zone.x0_m, zone.y0_m)
        axes.add_patch(
            Rectangle(place, width, height, facecolor=colours(level), edgecolor=CHALK, lw=0.8, ls=":", zorder=2)
        )
        if unreliable:
            axes.add_patch(
                Rectangle(
                    place,
                    width,
                    height,
                    fill=False,
                    edgecolor=_ink_on(colours(level)),
                    alpha=0.4,
                    hatch="///",
                    lw=0,
                    zorder=2,
                )
            )
        middle = (zone.x0_m + zone.x1_m) / 2, (zone.y0_m + zone.y1_m) / 2
        size = float(np.clip(34 * min(height / board.height_m, 2.5 * width / board.width_m), 6.5, 13))
        ground = {"boxstyle": "round,pad=0.15", "facecolor": SLATE, "edgecolor": "none", "alpha": 0.8}
        said = f"{zone.name}\n{percent(share.value, share.doubt)}" + (" unreliable" if unreliable else "")
        axes.text(
            *middle, said, color=CHALK if unreliable else _ink_on(colours(level)), fontsize=0.85 * size if unreliable
            else size, ha="center", va="center", zorder=3, linespacing=1.3, bbox=ground if unreliable else None,
        )  # fmt: skip
    return figure


def timeline_figure(times: LessonTimes, line: Timeline) -> "Figure":
    """The class over time: the share facing the board with its doubt, and what of the class was measured at all."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    figure = _figure(_WIDTH_IN, 3.7)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2.2, 1))
    edges = np.append(line.start_s, line.end_s[-1:]) - times.start_s
    share = line.share_on_board
    if len(share):
        above.stairs(100 * line.high, edges, baseline=100 * line.low, fill=True, color=PALE, label="95 % band")
        above.stairs(100 * share, edges, baseline=None, color=INK, lw=1.6, label="facing the board")
        with np.errstate(invalid="ignore", divide="ignore"):
            whole = 100 / np.where(line.expected_s > 0, line.expected_s, np.nan)
        elsewhere = np.maximum(line.measured_s - line.board_s - line.away_s, 0.0)
        floor = np.zeros(len(share))
        parts: list[tuple[str, Any, str, str]] = [
            ("facing the board", line.board_s, BOARD_COLOUR, ""),
            ("elsewhere", elsewhere, ELSEWHERE_COLOUR, ""),
            ("away", line.away_s, AWAY_COLOUR, ""),
            ("doubtful", line.doubtful_s, "#ffffff", "////"),
            ("not seen", line.not_seen_s, "#ffffff", ""),
        ]
        for name, seconds, colour, hatch in parts:
            height = np.nan_to_num(seconds * whole)
            below.bar(
                edges[:-1], height, np.diff(edges), floor, align="edge", color=colour, hatch=hatch, edgecolor=GREY,
                linewidth=0.4, label=name,
            )  # fmt: skip
            floor = floor + height
        below.legend(loc="upper center", bbox_to_anchor=(0.5, -0.42), ncols=5, frameon=False, fontsize=8.5)
        above.legend(loc="lower right", frameon=False, fontsize=8.5, ncols=2, bbox_to_anchor=(1.0, 1.0))
        below.set_xlim(edges[0], edges[-1])
    for axes, label in ((above, "% of the time\nmeasured"), (below, "% of the\nwhole class")):
        axes.set_ylim(0, 100)
        axes.set_ylabel(label, fontsize=9, color=INK)
        _plain(axes)
    below.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 1.5, 2, 3, 5, 6, 10]))
    below.xaxis.set_major_formatter(FuncFormatter(lambda value, _: clock(value)))
    below.set_xlabel("time into the lesson, mm:ss", fontsize=9, color=INK)
    return figure


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
    figure = _figure(_WIDTH_IN, (far + 0.6) * points_per_m / 72 + 1.1)
    axes = figure.subplots()
    size = float(np.clip(side * points_per_m / 6.2, 3.5, 9.0))
    axes.plot([0, board.width_m], [0, 0], color=SLATE, lw=7, solid_capstyle="butt")
    axes.text(board.width_m / 2, -0.22, "board", ha="center", va="bottom", fontsize=9, color=INK)
    colours = _heat_colours()
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
            color=INK if away else _ink_on(colour, "#ffffff"), zorder=3, linespacing=1.15,
        )  # fmt: skip
    axes.set_xlim(left, right)  # as the class sees the board: x grows to the left
    axes.set_ylim(far, -0.6)
    axes.set_aspect("equal")
    axes.set_xlabel("metres from the board's right end", fontsize=9, color=INK)
    axes.set_ylabel("metres from the board", fontsize=9, color=INK)
    _plain(axes, grid=False)
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


def _board_figure(board: Board, extra_in: float = 0.0) -> "tuple[Figure, Axes]":
    from matplotlib.patches import Rectangle

    margin = _margin(board)
    height = _WIDTH_IN * (board.height_m + 2 * margin) / (board.width_m + 2 * margin)
    figure = _figure(_WIDTH_IN, float(np.clip(height, 1.6, 7.0)) + 0.75 + extra_in)
    axes = figure.subplots()
    axes.add_patch(Rectangle((0, 0), board.width_m, board.height_m, facecolor=SLATE, edgecolor="none", zorder=1))
    axes.add_patch(
        Rectangle((0, 0), board.width_m, board.height_m, facecolor="none", edgecolor=CHALK, lw=2.5, zorder=5)
    )
    axes.add_patch(
        Rectangle(
            (-margin / 4, -margin / 4), board.width_m + margin / 2, board.height_m + margin / 2,
            facecolor="none", edgecolor=SLATE, lw=1.0, zorder=5,
        )
    )  # fmt: skip
    axes.set_xlim(board.width_m + margin, -margin)
    axes.set_ylim(board.height_m + margin, -margin)
    axes.set_aspect("equal")
    axes.set_xlabel("metres from the board's right edge, as the class sees it", fontsize=9, color=INK)
    axes.set_ylabel("metres from\nthe top edge", fontsize=9, color=INK)
    _plain(axes, grid=False)
    return figure, axes


def _margin(board: Board) -> float:
    return 0.02 * board.width_m


def _heat_colours() -> Any:
    """Cividis out of transparency: no heat leaves the slate as it is."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    table = colormaps["cividis"](np.linspace(0.0, 1.0, 256))
    table[:, 3] = np.linspace(0.0, 1.0, 256) ** 0.5
    return ListedColormap(table, "heat")


def _ink_on(colour: tuple[float, float, float, float], ground: str = SLATE) -> str:
    """Dark or light text, whichever stands out more from ``colour`` over ``ground`` (WCAG 2 relative luminance)."""
    from matplotlib.colors import to_rgb

    def luminance(rgb: np.ndarray) -> float:
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    behind = luminance(colour[3] * np.array(colour[:3]) + (1 - colour[3]) * np.array(to_rgb(ground)))
    light, dark = (luminance(np.array(to_rgb(ink))) for ink in (CHALK, INK))
    return CHALK if (light + 0.05) / (behind + 0.05) > (behind + 0.05) / (dark + 0.05) else INK


def _figure(width_in: float, height_in: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width_in, height_in), layout="constrained", facecolor="white")


def _plain(axes: "Axes", *, grid: bool = True) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(PALE)
    axes.tick_params(labelsize=9, colors=INK, length=3)
    if grid:
        axes.grid(axis="y", color=PALE, lw=0.6)
        axes.set_axisbelow(True)


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
