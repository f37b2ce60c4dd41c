"""Tables and curves of head-pose training and evaluation."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gazeclass.atomic import atomic_path
from gazeclass.geometry.rotation import Array
from gazeclass.headpose.evaluation import Figures
from gazeclass.headpose.labels import CLASSES_DEG, PAPER_SIGMA_DEG, SoftLabelFit, gaussian_label


def print_figures(rows: Sequence[Figures]) -> None:
    """Print one table: a line for each group, columns for each angle that has truth."""
    from rich.console import Console
    from rich.table import Table

    out = Table(title=f"{rows[0].method} on {rows[0].data}", title_justify="left")
    for name in ("", "faces", "Euler MAE", "geodesic", "MAEV"):
        out.add_column(name, justify="right" if name else "left", no_wrap=True)
    for angle in rows[0].angles:
        for name in (f"{angle} MAE", "slope", "r", "after line", "in 68 %", "in 95 %"):
            out.add_column(name, justify="right")
    for row in rows:
        cells = [row.group, str(row.count), _deg(row.euler_mae_deg), _deg(row.geodesic_deg), _deg(row.maev_deg)]
        for f in row.angles.values():
            cells += [_deg(f.mae_deg), f"{f.slope:.2f}", f"{f.correlation:.3f}", _deg(f.mae_after_line_deg)]
            cells += [f"{100 * f.inside_68:.0f} %", f"{100 * f.inside_95:.0f} %"]
        out.add_row(*cells)
    Console(width=220).print(out)


def _deg(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}°"


def plot_log(log: dict[str, Array], path: Path) -> None:
    """The learning curve: validation error of each angle, and the loss, over samples."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    thousand = log["samples"] / 1000
    for name, style in (("yaw", "-"), ("pitch", "--"), ("roll", ":")):
        left.plot(thousand, log[f"{name}_mae_deg"], style, label=name)
    left.plot(thousand, log["geodesic_deg"], "-", color="0.6", label="geodesic")
    left.set(xlabel="samples / 1000", ylabel="error on rendered people never seen / °", ylim=(0, None))
    left.legend()
    right.plot(thousand, log["loss"], color="0.2")
    right.set(xlabel="samples / 1000", ylabel="training loss", yscale="log")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=120)


def plot_soft_labels(fits: Sequence[SoftLabelFit], path: Path) -> None:
    """Similarity of neighbouring classes at 0°, its Gaussian, and the paper's soft label, for each angle."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2), layout="constrained")
    zero = int(np.argmin(np.abs(CLASSES_DEG)))
    near = np.abs(CLASSES_DEG) <= 8
    for axes, fit, paper in zip(figure.subplots(1, 3, sharey=True), fits, PAPER_SIGMA_DEG, strict=True):
        sigma = float(np.nanmean(fit.sigma_deg))
        axes.plot(CLASSES_DEG[near], fit.similarity[zero][near], "o", ms=4, color="0.3", label="similarity")
        axes.plot(CLASSES_DEG[near], gaussian_label(0, sigma)[near], "-", label=f"Gaussian, σ {sigma:.2f}°")
        axes.plot(CLASSES_DEG[near], gaussian_label(0, paper)[near], "--", label=f"paper, σ {paper:.2f}°")
        axes.set(title=fit.angle, xlabel="class / °")
        axes.legend(fontsize=8)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=120)
