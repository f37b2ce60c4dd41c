"""The command line: which commands there are. Each lives in a module of its own, imported only when it runs.

Importing typer, numpy, OpenCV and onnxruntime takes a second; ``gazeclass --help`` must answer in a third of that. So
the commands' modules are loaded by name when asked for, and the help of this level is written here.
"""

import importlib
import os
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from gazeclass import __version__
from gazeclass.cli.console import guarded
from gazeclass.errors import Cancelled

#: command → (module, attribute, one line of help). An attribute that is a ``typer.Typer`` becomes a group.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "demo": ("demo", "demo", "The sample lesson through the whole chain, with its error table."),
    "calibrate": ("calibrate", "calibrate", "Calibrate a classroom from pictures and tape readings."),
    "plan": ("plan", "plan", "Expected gaze error at every seat, before anything is mounted."),
    "targets": ("calibrate", "targets", "The printable chessboard and survey sheet as PDF."),
    "analyze": ("analyze", "analyze", "Two recordings and a classroom become a lesson."),
    "lessons": ("lessons", "app", "Lessons afterwards: list, cut, merge, check, delete, …"),
    "roster": ("roster", "app", "Classes, pseudonyms, consent and portraits, encrypted."),
    "live": ("live", "live", "Two cameras become a lesson while it happens, without a window."),
    "export": ("export", "export", "A lesson becomes its CSV set, heatmap and report."),
    "evaluate": ("evaluate", "evaluate", "Error of a lesson against known truth, by row."),
    "headpose": ("headpose", "app", "Head pose on its own: predict, evaluate, show, train, export."),
    "simulate": ("simulate", "app", "Render heads, or a whole lesson, with exact truth."),
    "models": ("models", "app", "Models: list, add, verify."),
    "doctor": ("doctor", "doctor", "What this computer and its cameras can do."),
    "desktop": ("desktop", "desktop", "The program with its window; `gazeclass` alone opens it too."),
}


class _LazyGroup(TyperGroup):
    """A group that imports a command's module when the command is used."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every command, in the order of a first lesson."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command itself when it runs; only its name and help line when all are listed."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, help_line = COMMANDS[cmd_name]
        # The help of this level asks for every command; one that is being invoked stands in the arguments.
        if ctx.meta.get("gazeclass.invoked") != cmd_name:
            return TyperCommand(cmd_name, help=help_line)
        loaded: Any = getattr(importlib.import_module(f"gazeclass.cli.{module}"), attribute)
        if isinstance(loaded, typer.Typer):
            command = get_command(loaded)
        else:
            single = typer.Typer(add_completion=False, rich_markup_mode=None)
            single.command(help=loaded.__doc__)(loaded)
            command = get_command(single)
        command.name = cmd_name
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Remember which command is being invoked before it is looked up."""
        if args:
            ctx.meta["gazeclass.invoked"] = args[0]
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Ctrl-C as our own word for it: typer would end the program without one."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Cancelled from None


app = typer.Typer(
    cls=_LazyGroup,
    add_completion=False,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(value: bool) -> None:
    if value:
        print(f"gazeclass {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    ctx: typer.Context,
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    """Where on the board is the class facing? Two ordinary cameras, an honest error for every point."""
    if ctx.invoked_subcommand is None:
        from gazeclass.cli.desktop import open_window

        open_window()


def main() -> None:
    """Entry point of the ``gazeclass`` command."""
    # OpenCV's remarks on files it cannot read would stand beside our own line; they must be off before it is loaded.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
    with guarded():
        app()
