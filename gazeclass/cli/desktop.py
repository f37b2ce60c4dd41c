"""``gazeclass desktop``: the program with its window. Plain ``gazeclass`` opens it too."""

import importlib
from pathlib import Path
from types import ModuleType

import typer

from gazeclass.errors import InputError


def desktop(
    screenshots: Path | None = typer.Option(
        None, "--screenshots", help="Take a picture of every place into this folder instead of opening the window."
    ),
    size: str = typer.Option("1280x800", help="Size of the pictures."),
    theme: str = typer.Option("light", help="Of the pictures: light or dark."),
) -> None:
    """Open the desktop program."""
    if screenshots is None:
        open_window()
    _module("screenshots").take_all(screenshots, size, theme)


def open_window() -> None:
    """What ``gazeclass`` without arguments does."""
    raise typer.Exit(_module("app").run())


def _module(name: str) -> ModuleType:
    """By name, so that the command line does not know Qt (import contract) and starts fast."""
    try:
        return importlib.import_module(f"gazeclass.desktop.{name}")
    except ImportError as error:
        if not (error.name or "").startswith("PySide6") and "cannot open shared object" not in str(error):
            raise
        raise InputError(
            f"the window cannot be opened: a library of the system is missing ({error})",
            todo="On Debian or Ubuntu: apt-get install libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1.",
        ) from error
