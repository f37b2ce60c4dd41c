"""``gazeclass plan``: expected gaze error at every seat, before anything is mounted."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gazeclass.cli.console import say

if TYPE_CHECKING:
    from gazeclass.calibration.plan import Plan


def plan(
    room: Path = typer.Argument(..., help="room.toml with the board's size and the seats."),
    output: Path | None = typer.Option(None, "-o", "--output", help="Also write the plan, .pdf or .csv."),
    size: str = typer.Option("1920x1080", help="Picture of both cameras, WIDTHxHEIGHT."),
    view: float = typer.Option(66.0, help="Their horizontal angle of view, degrees."),
    cam0: str = typer.Option(
        "", help="Place x,y,z of the left camera in metres; left out: the board's upper right corner."
    ),
    cam1: str = typer.Option(
        "", help="Place x,y,z of the right camera in metres; left out: the board's upper left corner."
    ),
    pattern: str = typer.Option("9x6", help="Inner corners of the chessboard."),
    square: float = typer.Option(0.060, help="Side of one square in metres."),
    readings: int = typer.Option(10, min=0, max=60, help="How many tape readings will be taken."),
) -> None:
    """Expected gaze error at every seat, and the distances worth measuring, before anything is mounted."""
    from gazeclass.calibration.plan import PlannedCameras, plan_room, write_plan
    from gazeclass.calibration.room import read_room
    from gazeclass.calibration.seat_precision import model_sigma_deg
    from gazeclass.calibration.target import chessboard, parse_pattern
    from gazeclass.errors import InputError

    facts = read_room(room)
    width, height = parse_pattern(size)
    if not (160 <= width <= 8192 and 120 <= height <= 8192):
        raise InputError(f"a picture of {width}×{height} cannot be planned", todo="Give --size 1920x1080 or the like.")
    if bool(cam0) != bool(cam1):
        raise InputError("only one camera has a place", todo="Give both --cam0 and --cam1, or neither.")
    places = (_place(cam0, "--cam0"), _place(cam1, "--cam1")) if cam0 else None
    cameras = PlannedCameras(width, height, view, places)
    made = plan_room(facts, chessboard(pattern, square), cameras, model_sigma_deg(), readings)
    _print(made)
    if output is not None:
        write_plan(made, output)
        say(f"written to {output}")


def _place(text: str, option: str) -> tuple[float, float, float]:
    from math import isfinite

    from gazeclass.errors import InputError

    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError:
        x = float("nan")
    if not isfinite(x) or not (isfinite(y) and isfinite(z)):
        raise InputError(f"{option} '{text}' is no place", todo="Write x,y,z in metres, for example -0.2,0,0.1.")
    return x, y, z


def _print(made: "Plan") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="expected error of one look on the board, one standard deviation")
    for column in ("seat", "across cm", "up cm", "position cm", "pose cm", "frame cm", "face px", "too fine for"):
        table.add_column(column, justify="left" if column in ("seat", "too fine for") else "right")
    for s in made.seats:
        if s.sigma_x_m is None or s.sigma_y_m is None:
            table.add_row(s.seat.name, *["-"] * 5, f"{s.face_px:.0f}", s.reason)
            continue
        numbers = [f"{100 * v:.0f}" for v in (s.sigma_x_m, s.sigma_y_m)]
        numbers += [f"{100 * v:.1f}" for v in (s.position_m, s.pose_m, s.frame_m)]
        table.add_row(s.seat.name, *numbers, f"{s.face_px:.0f}", "all zones" if s.coarse else ", ".join(s.coarse_zones))
    console = Console(markup=False)  # a seat may be called [1a]
    console.print(table)
    for k, p in enumerate(made.readings):
        line = f"{k + 1:2d}. measure {p.point_a} to {p.point_b}: leaves {100 * p.error_after_m:.1f} cm on the board"
        console.print(line, markup=False, highlight=False)
    for text in made.advice:
        console.print(text, markup=False, highlight=False, soft_wrap=True)
