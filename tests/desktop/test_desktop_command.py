"""``gazeclass`` opens the window, ``gazeclass desktop --screenshots`` takes pictures, help needs no Qt."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from gazeclass.desktop import app, log, screenshots, theme
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.main_window import MainWindow
from gazeclass.desktop.places import PLACES
from gazeclass.errors import InputError


def run(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
    }
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, env=environment, timeout=280
    )


@pytest.mark.slow
def test_first_start_of_a_new_user_opens_closes_and_logs(tmp_path: Path) -> None:
    """No settings, no library: the whole program, from ``main`` to its end, closed by itself after the first place."""
    code = (
        "import sys\n"
        "from PySide6.QtCore import QTimer\n"
        "from gazeclass.desktop import app, main_window\n"
        "start = main_window.MainWindow.start\n"
        "def then_close(self):\n"
        "    start(self)\n"
        "    assert self.isVisible() and self.current_place, 'no place'\n"
        "    raise_later = lambda: (_ for _ in ()).throw(RuntimeError('a mistake in a slot'))\n"
        "    QTimer.singleShot(0, raise_later)\n"
        "    def look():\n"
        "        print('banner', self.banner.isVisible())\n"
        "        self.close()\n"
        "    QTimer.singleShot(500, look)\n"
        "main_window.MainWindow.start = then_close\n"
        "sys.argv = ['gazeclass']\n"
        "from gazeclass.cli.main import main\n"
        "main()\n"
    )
    done = run("-c", code, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "banner True"
    logs = list(tmp_path.rglob("gazeclass.log"))
    assert len(logs) == 1
    text = logs[0].read_text(encoding="utf-8")
    assert "gazeclass 0" in text
    assert "a mistake in a slot" in text
    assert (tmp_path / "config" / "gazeclass" / "desktop.ini").is_file()


def test_command_line_does_not_import_qt() -> None:
    code = (
        "import sys, gazeclass.cli.main, gazeclass.cli.desktop; "
        "print([m for m in ('PySide6', 'numpy') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(("size", "dress", "said"), [("big", "light", "no size"), ("800x600", "pink", "no theme")])
def test_wrong_wishes_for_screenshots(tmp_path: Path, size: str, dress: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        screenshots.take_all(tmp_path, size, dress)


def test_screenshots_of_places_with_and_without_scenes(qtbot, context: AppContext, tmp_path, monkeypatch) -> None:
    places = tuple(place for place in PLACES if place.name in ("settings", "help"))
    monkeypatch.setattr(importlib.import_module("gazeclass.desktop.main_window"), "available", lambda: places)
    module = places[1].load()

    def scenes(context: AppContext):
        yield "keys", module.create(context)
        raise ImportError("half a place")

    monkeypatch.setattr(module, "screenshots", scenes, raising=False)
    taken = list(screenshots.take(context, tmp_path, 1300, 760))
    assert [path.name for path in taken] == ["settings.png", "help-keys.png"]
    for path in taken:
        image = QImage(str(path))
        assert (image.width(), image.height()) == (1300, 760)


def test_settle_gives_up() -> None:
    assert not screenshots.settle(lambda: False, patience_s=0.05)


def test_an_exception_of_another_thread_reaches_the_banner(qtbot, context: AppContext, monkeypatch) -> None:
    import threading

    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    window = MainWindow(context, ())
    qtbot.addWidget(window)
    window.show()
    relay = app._Relay()
    relay.raised.connect(context.error_raised)
    log.catch_uncaught(relay.raised.emit)

    def work() -> None:
        raise RuntimeError("in a thread")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)
    qtbot.waitUntil(window.banner.isVisible)
    assert "in a thread" in window.banner.details


def test_the_window_follows_the_setting(dressed: QApplication, context: AppContext) -> None:
    app.follow_system(dressed, context)
    context.replace_settings(context.settings.model_copy(update={"theme": "dark"}))
    assert theme.current() is theme.DARK
    context.replace_settings(context.settings.model_copy(update={"theme": "light"}))
    assert theme.current() is theme.LIGHT


def test_without_a_screen_a_sentence(monkeypatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(InputError, match="no screen"):
        app.need_screen()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    app.need_screen()


def test_a_language_without_translation_stays_english(dressed: QApplication, tmp_path: Path) -> None:
    before = QLocale()
    try:
        assert app.speak(dressed, "eo", tmp_path) == []
        (tmp_path / "gazeclass_eo.qm").write_bytes(b"not a translation")
        assert app.speak(dressed, "eo", tmp_path) == []
    finally:
        QLocale.setDefault(before)


def test_discard_deletes_at_once(qtbot, dressed) -> None:
    gone = []
    made = QWidget()
    made.destroyed.connect(lambda: gone.append(1))
    QTimer.singleShot(0, lambda: None)
    app.discard(made)
    assert gone == [1]
