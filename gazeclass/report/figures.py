"""The report's pictures: the board with its heat, the board with its zones, the class over time.

The room from above is in :mod:`gazeclass.report.seat_figure`. Each function gives a matplotlib figure; nothing is
written here.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from gazeclass.report.drawing import (
    CHALK,
    GREY,
    INK,
    PALE,
    SLATE,
    WIDTH_IN,
    board_figure,
    board_margin,
    heat_colours,
    ink_on,
    new_figure,
    plain_axes,
)
from gazeclass.report.heatmap import Heatmap
from gazeclass.report.metrics import LessonTimes, Timeline
from gazeclass.report.words import clock, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: One colour for each thing a class may do, from cividis; hatching says the same without colour.
BOARD_COLOUR, ELSEWHERE_COLOUR, AWAY_COLOUR = "#e0c65a", "#7c7b78", "#2f4a7c"


def heat_figure(heat: Heatmap, top: float | None = None) -> "Figure":
    """The board with its heat and the scale of the heat.

    Args:
        heat: of the class or of a part of it.
        top: seconds per dm² at the scale's end; give the same for figures to be compared. None for this one's maximum.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    figure, axes = board_figure(heat.board, extra_in=0.75)
    peak = float(heat.seconds_per_dm2.max(initial=0.0))
    scale = Normalize(0.0, top or peak or 1.0)
    colours = heat_colours()
    axes.imshow(
        heat.seconds_per_dm2,
        extent=(0.0, heat.board.width_m, heat.board.height_m, 0.0),
        cmap=colours,
        norm=scale,
        interpolation="bilinear",
        zorder=2,
    )
    _contours(axes, heat, peak)
    axes.set_xlim(heat.board.width_m + board_margin(heat.board), -board_margin(heat.board))  # imshow resets the view
    axes.set_ylim(heat.board.height_m + board_margin(heat.board), -board_margin(heat.board))
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
    figure, axes = board_figure(board)
    shares = [times.share_in_zone(k) for k in range(len(times.lesson.zones))]
    small = [times.hit_rates.unreliable(k, everyone) for k in range(len(shares))]
    top = max((s.value for s in shares if np.isfinite(s.value)), default=0.0) or 1.0
    colours = heat_colours()
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
                    edgecolor=ink_on(colours(level)),
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
            *middle, said, color=CHALK if unreliable else ink_on(colours(level)), fontsize=0.85 * size if unreliable
            else size, ha="center", va="center", zorder=3, linespacing=1.3, bbox=ground if unreliable else None,
        )  # fmt: skip
    return figure


def timeline_figure(times: LessonTimes, line: Timeline) -> "Figure":
    """The class over time: the share facing the board with its doubt, and what of the class was measured at all."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    figure = new_figure(WIDTH_IN, 3.7)
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
        plain_axes(axes)
    below.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 1.5, 2, 3, 5, 6, 10]))
    below.xaxis.set_major_formatter(FuncFormatter(lambda value, _: clock(value)))
    below.set_xlabel("time into the lesson, mm:ss", fontsize=9, color=INK)
    return figure
