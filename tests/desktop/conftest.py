"""A context with a library and a memory of its own for every desktop test; nothing touches the user's folders."""

import os
from collections.abc import Iterator
from pathlib import Path

# Before Qt is imported by anything: tests need no screen.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QApplication

from gazeclass.desktop import theme
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.state import State
from gazeclass.settings import Settings


def pytest_configure(config: pytest.Config) -> None:
    # The offscreen platform says this of every window with a smallest size; no real platform does.
    config.addinivalue_line("qt_log_ignore", "This plugin does not support propagateSizeHints")


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["gazeclass-tests"]


@pytest.fixture
def dressed(qapp: QApplication) -> QApplication:
    """The application in the light theme."""
    theme.apply(qapp, "light")
    return qapp


@pytest.fixture
def context(dressed: QApplication, tmp_path: Path) -> Iterator[AppContext]:
    """A context as the program has it, with an empty library in a temporary folder."""
    settings = Settings(
        library_dir=tmp_path / "library",
        models_dir=tmp_path / "models",
        cache_dir=tmp_path / "cache",
        theme="light",
        cpu_threads=1,
    )
    made = AppContext(settings, State(tmp_path / "desktop.ini"))
    yield made
    made.tasks.cancel_all()
    assert made.tasks.wait(30), "a task outlived its test"
