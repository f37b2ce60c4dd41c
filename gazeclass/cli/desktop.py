"""``gazeclass desktop``: the program with its window. Plain ``gazeclass`` opens it too."""

import importlib
from pathlib import Path

import typer


def desktop(
    screenshots: Path | None = typer.Option(
        None, "--screenshots", help="Take a picture of every place into this folder instead of opening the window."
    ),
    size: str = typer.Option("1280x800", help="Size of the pictures."),
    theme: str = typer.Option("light", help="Of the pictures: light or dark."),
) -> None:
    """Open the desktop program."""
    # By name, so that the command line does not know Qt (import contract) and starts fast.
    if screenshots is None:
        raise typer.Exit(importlib.import_module("gazeclass.desktop.app").run())
    importlib.import_module("gazeclass.desktop.screenshots").take_all(screenshots, size, theme)


def open_window() -> None:
    """What ``gazeclass`` without arguments does."""
    raise typer.Exit(importlib.import_module("gazeclass.desktop.app").run())
