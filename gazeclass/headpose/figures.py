"""Tables and curves of head-pose training and evaluation."""

import csv
import dataclasses
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gazeclass.atomic import atomic_path
from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array
from gazeclass.headpose.evaluation import AngleFigures, Measured, cumulative, errors_deg
from gazeclass.headpose.labels import CLASSES_DEG, PAPER_SIGMA_DEG, SoftLabelFit, gaussian_label

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def print_measured(measured: Measured) -> None:
    """Print one method's table: a line for each group, columns for each angle that has truth."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    out = Table(
        title=f"{measured.method} on {measured.faces.name}\ncrop: {measured.faces.crop_rule}\n{measured.checkpoint}",
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 0),
    )
    names = ("group", "faces", "Euler", "geodesic", "MAEV", "angle", "MAE", "bias", "slope", "r", "after line")
    for name in (*names, "in 68 %", "in 95 %", "sigma ×"):
        out.add_column(name, justify="left" if name in ("group", "angle") else "right", no_wrap=True)
    for row in measured.rows:
        cells = [row.group, str(row.count), _deg(row.euler_mae_deg), _deg(row.geodesic_deg), _deg(row.maev_deg)]
        for angle, f in row.angles.items():
            cells += [angle, _deg(f.mae_deg), _deg(f.bias_deg), f"{f.slope:.2f}", f"{f.correlation:.3f}"]
            cells += [_deg(f.mae_after_line_deg), _percent(f.inside_68), _percent(f.inside_95)]
            cells += ["–" if math.isnan(f.sigma_factor) else f"{f.sigma_factor:.2f}"]
            out.add_row(*cells, end_section=angle == list(row.angles)[-1])
            cells = [""] * 5  # the whole turn's figures stand once a group
    Console(width=130).print(out)


def print_side_by_side(measured: Sequence[Measured]) -> None:
    """Print a line for each method over all faces, with its time."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    first = measured[0].rows[0]
    title = f"side by side on {first.data}, {len(measured[0].faces.images)} faces"
    out = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 0))
    for name in ("method", "faces", "ms a face", "Euler MAE", "geodesic", "MAEV"):
        out.add_column(name, justify="left" if name == "method" else "right", no_wrap=True)
    for angle in first.angles:
        for name in (f"{angle} MAE", "slope", "r", "after line"):
            out.add_column(name, justify="right")
    for one in measured:
        row = one.rows[0]
        cells = [one.method, str(row.count), f"{one.ms_per_face:.2f}"]
        cells += [_deg(row.euler_mae_deg), _deg(row.geodesic_deg), _deg(row.maev_deg)]
        for angle in first.angles:
            f = row.angles[angle]
            cells += [_deg(f.mae_deg), f"{f.slope:.2f}", f"{f.correlation:.3f}", _deg(f.mae_after_line_deg)]
        out.add_row(*cells)
    Console(width=200).print(out)


def table_of(measured: Sequence[Measured]) -> str:
    """All methods, groups and angles as CSV, a line for each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    fields = [f.name for f in dataclasses.fields(AngleFigures)]
    head = ["method", "data", "group", "count", "euler_mae_deg", "geodesic_deg", "maev_deg", "angle", *fields]
    writer.writerow([*head, "ms_per_face", "crop_rule", "checkpoint"])
    for one in measured:
        for row in one.rows:
            for angle, found in row.angles.items():
                whole = (row.euler_mae_deg, row.geodesic_deg, row.maev_deg)
                cells = [row.method, row.data, row.group, row.count, *map(_cell, whole), angle]
                cells += [_cell(getattr(found, name)) for name in fields]
                writer.writerow([*cells, _cell(one.ms_per_face), one.faces.crop_rule, one.checkpoint])
    return text.getvalue()


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.4f}"


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.0f} %"


def _deg(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}°"


def plot_cumulative(measured: Sequence[Measured], path: Path) -> None:
    """Share of the faces within an error, for each angle that has truth and for the whole turn, a line a method."""
    from matplotlib.figure import Figure

    first = measured[0].rows[0]
    panels = [*first.angles, *(["geodesic"] if not math.isnan(first.geodesic_deg) else [])]
    figure = Figure(figsize=(3.2 * len(panels), 3.6), layout="constrained")
    limits = np.linspace(0, 30, 121)
    styles = ("-", "--", "-.", ":")
    for axes, panel in zip(np.atleast_1d(figure.subplots(1, len(panels), sharey=True)), panels, strict=True):
        for k, one in enumerate(measured):
            share = 100 * cumulative(errors_deg(one, panel), limits)
            axes.plot(limits, share, styles[k // 10 % 4] if k >= 10 else styles[k % 4], label=one.method)
        axes.set(title=panel, xlabel="error / °", xlim=(0, 30), ylim=(0, 100))
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("faces within it / %")
    figure.axes[-1].legend(fontsize=7, loc="lower right")
    figure.suptitle(f"{first.data}, {len(measured[0].faces.images)} faces", fontsize=10)
    _save(figure, path)


def require_picture(path: Path) -> None:
    """Refuse a file whose ending names no form of a figure.

    Raises:
        InputError: as said.
    """
    from matplotlib.backend_bases import FigureCanvasBase

    if path.suffix[1:].lower() not in FigureCanvasBase.get_supported_filetypes():
        raise InputError("this is no ending of a picture", where=path, todo="Let the name end in .png, .svg or .pdf.")


def _save(figure: "Figure", path: Path) -> None:
    """Write a figure in the form its ending names."""
    require_picture(path)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=120)


def plot_log(log: dict[str, Array], path: Path) -> None:
    """The learning curve: validation error of each angle, and the loss, over samples."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    thousand = log["samples"] / 1000
    for name, style in (("yaw", "-"), ("pitch", "--"), ("roll", ":")):
        left.plot(thousand, log[f"{name}_mae_deg"], style, marker=".", label=name)  # a short run has one look
    left.plot(thousand, log["geodesic_deg"], ".-", color="0.6", label="geodesic")
    left.set(xlabel="samples / 1000", ylabel="error on rendered people never seen / °", ylim=(0, None))
    left.legend()
    right.plot(thousand, log["loss"], ".-", color="0.2")
    right.set(xlabel="samples / 1000", ylabel="training loss", yscale="log")
    _save(figure, path)


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
    _save(figure, path)
