"""``gazeclass simulate``: rendered people with exact truth."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from gazeclass.cli.console import progress_bars, say
from gazeclass.cli.headpose import mtcnn


class _Default(TyperGroup):
    """A group whose command ``classroom`` may be left out: ``gazeclass simulate OUT --students 6``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``classroom`` before arguments that do not begin with a command (or ask for help)."""
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = ["classroom", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Default,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Render people with exact truth.",
)


@app.callback()
def simulate() -> None:
    """Render people with exact truth."""


@app.command()
def heads(
    out: Annotated[Path, typer.Argument(help="Folder for the shards heads_00000.npz, …")],
    count: Annotated[int, typer.Option(help="Heads in all; two or three of each person.")] = 1000,
    seed: Annotated[int, typer.Option(help="Another seed gives other people.")] = 0,
    assets: Annotated[
        Path | None, typer.Option(help="Folder of the CC0 MakeHuman packs; without it people are plainer.")
    ] = None,
    processes: Annotated[int, typer.Option(min=1, help="Processes that render at the same time.")] = 1,
    size: Annotated[int, typer.Option(help="Side of a canvas in pixels.")] = 160,
    detect: Annotated[bool, typer.Option(help="Store our face detector's box and landmarks as well.")] = True,
) -> None:
    """Render heads for training; a stopped run goes on when the same command is given again."""
    from gazeclass.settings import settings
    from gazeclass.simulation.shards import HeadsPlan, render_shards

    plan = HeadsPlan(count, seed, assets or settings().assets_dir, size, detector="mtcnn" if detect else "")
    with progress_bars() as progress:
        paths = render_shards(
            out,
            plan,
            processes=processes,
            make_detector=partial(mtcnn, threads=1) if detect else None,
            progress=progress,
        )
    say(f"{count} heads in {len(paths)} files: {out}")


@app.command()
def classroom(
    out: Annotated[Path, typer.Argument(help="New folder for the lesson.")],
    students: Annotated[int, typer.Option(help="How many students.")] = 12,
    rows: Annotated[int, typer.Option(help="In how many rows.")] = 3,
    seconds: Annotated[float, typer.Option(help="Length of the lesson.")] = 12.0,
    seed: Annotated[int, typer.Option(help="Another seed gives another room, class and lesson.")] = 0,
    fps: Annotated[int, typer.Option(help="Frames a second.")] = 10,
    occlude: Annotated[bool, typer.Option("--occlude", help="Someone walks between cameras and class.")] = False,
    assets: Annotated[
        Path | None, typer.Option(help="Folder of the CC0 MakeHuman packs; without it people are plainer.")
    ] = None,
    width: Annotated[int, typer.Option(help="Width of the pictures in pixels; they are 16:9.")] = 1920,
    views: Annotated[int, typer.Option(help="Chessboard pictures taken by both cameras at the same moment.")] = 16,
) -> None:
    """Render a classroom: calibration pictures, tape, two videos, portraits and the exact truth."""
    from gazeclass.settings import settings
    from gazeclass.simulation.classroom import simulate_classroom
    from gazeclass.simulation.classroom_plan import ClassroomPlan

    plan = ClassroomPlan(
        students,
        rows,
        seconds,
        seed,
        fps,
        occlude=occlude,
        assets=assets or settings().assets_dir,
        width_px=width,
        pairs=views,
    )
    with progress_bars() as progress:
        counts = simulate_classroom(out, plan, progress)
    say(f"{plan.frames} frames of each camera, {students} students: {out}")
    for camera in (0, 1):
        say(f"cam{camera}: noses hidden in {counts.hidden[camera]} of {counts.inside[camera]} places")
