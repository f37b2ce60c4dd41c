"""Opening the window where there is none to open: a sentence, not a crash of Qt."""

import importlib
from typing import Any

import pytest

from gazeclass.cli import desktop
from gazeclass.errors import InputError


@pytest.fixture
def no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(desktop.sys, "platform", "linux")


def test_no_screen_is_told(no_screen: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no screen"):
        desktop.open_window()
    assert not desktop.has_screen("linux")
    assert desktop.has_screen("darwin")
    assert desktop.has_screen("win32")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert desktop.has_screen("linux")


def test_a_missing_system_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_egl(name: str) -> Any:
        raise ImportError("libEGL.so.1: cannot open shared object file", name="PySide6.QtGui")

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(importlib, "import_module", no_egl)
    with pytest.raises(InputError, match=r"libEGL\.so\.1.*apt-get install libegl1"):
        desktop.open_window()


def test_our_own_mistakes_are_not_dressed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> Any:
        raise ImportError("cannot import name 'nothing'", name="gazeclass.desktop.app")

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(importlib, "import_module", broken)
    with pytest.raises(ImportError, match="nothing"):
        desktop.open_window()
