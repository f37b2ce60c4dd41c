"""What the report's pictures are drawn with: ground, inks, axes, and the board itself.

The board is always the same drawing: a slate in true proportion with a chalk frame, as the class sees it (the left edge
is x = width), with a scale in metres.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from gazeclass.geometry.frames import Board

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SLATE = "#26343a"
CHALK = "#f1efe6"
INK = "#1f2933"
GREY = "#7b8794"
PALE = "#d5dbe1"

#: Every picture is as wide as the page's text.
WIDTH_IN = 8.6


def board_figure(board: Board, extra_in: float = 0.0) -> "tuple[Figure, Axes]":
    """The board as every picture of it shows it, ``extra_in`` inches more below for a scale."""
    from matplotlib.patches import Rectangle

    margin = board_margin(board)
    height = WIDTH_IN * (board.height_m + 2 * margin) / (board.width_m + 2 * margin)
    figure = new_figure(WIDTH_IN, float(np.clip(height, 1.6, 7.0)) + 0.75 + extra_in)
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
    plain_axes(axes, grid=False)
    return figure, axes


def board_margin(board: Board) -> float:
    """Metres of ground shown around the board."""
    return 0.02 * board.width_m


def heat_colours() -> Any:
    """Cividis out of transparency: no heat leaves the slate as it is."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    table = colormaps["cividis"](np.linspace(0.0, 1.0, 256))
    table[:, 3] = np.linspace(0.0, 1.0, 256) ** 0.5
    return ListedColormap(table, "heat")


def ink_on(colour: tuple[float, float, float, float], ground: str = SLATE) -> str:
    """Dark or light text, whichever stands out more from ``colour`` over ``ground`` (WCAG 2 relative luminance)."""
    from matplotlib.colors import to_rgb

    def luminance(rgb: np.ndarray) -> float:
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    behind = luminance(colour[3] * np.array(colour[:3]) + (1 - colour[3]) * np.array(to_rgb(ground)))
    light, dark = (luminance(np.array(to_rgb(ink))) for ink in (CHALK, INK))
    return CHALK if (light + 0.05) / (behind + 0.05) > (behind + 0.05) / (dark + 0.05) else INK


def new_figure(width_in: float, height_in: float) -> "Figure":
    """An empty figure on white."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_in, height_in), layout="constrained", facecolor="white")


def plain_axes(axes: "Axes", *, grid: bool = True) -> None:
    """Axes with two thin sides and, if wanted, level lines."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(PALE)
    axes.tick_params(labelsize=9, colors=INK, length=3)
    if grid:
        axes.grid(axis="y", color=PALE, lw=0.6)
        axes.set_axisbelow(True)
