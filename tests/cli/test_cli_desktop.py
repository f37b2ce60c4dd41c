"""A window that cannot be opened: a sentence, not a traceback."""

import importlib
from typing import Any

import pytest

from gazeclass.cli import desktop
from gazeclass.errors import InputError


def test_a_missing_system_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_egl(name: str) -> Any:
        raise ImportError("libEGL.so.1: cannot open shared object file", name="PySide6.QtGui")

    monkeypatch.setattr(importlib, "import_module", no_egl)
    with pytest.raises(InputError, match=r"libEGL\.so\.1.*apt-get install libegl1"):
        desktop.open_window()


def test_our_own_mistakes_are_not_dressed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> Any:
        raise ImportError("cannot import name 'nothing'", name="gazeclass.desktop.app")

    monkeypatch.setattr(importlib, "import_module", broken)
    with pytest.raises(ImportError, match="nothing"):
        desktop.open_window()
