"""Pictures of every place, taken by a command: for the guide, and to be looked at after a change.

A place adds its own through a function ``screenshots(context)`` in its module ``place`` that yields (name, widget); the
widget is shown in the window's frame at the size asked for. A place without it is taken as it opens. The library is a
new, empty, temporary one: nothing of the user's is in a picture.
"""

import logging
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication, QWidget

from gazeclass.atomic import make_folder
from gazeclass.desktop import theme
from gazeclass.desktop.app import discard, make_application
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.main_window import MainWindow
from gazeclass.desktop.places import Place
from gazeclass.desktop.state import State
from gazeclass.errors import InputError
from gazeclass.settings import Settings, settings

_log = logging.getLogger(__name__)
PATIENCE_S = 60.0


def settle(ready: Callable[[], bool] = lambda: True, patience_s: float = PATIENCE_S) -> bool:
    """Run the event loop until ``ready`` and nothing is left to be drawn; False when it did not come true."""
    until = time.monotonic() + patience_s
    while not ready():
        if time.monotonic() > until:
            return False
        QApplication.processEvents()
        time.sleep(0.005)
    for _ in range(4):
        QApplication.processEvents()
    return True


def take_all(folder: Path, size: str, theme_name: str) -> None:
    """Take every place's pictures into ``folder``; called by the command.

    Raises:
        InputError: a size that is none, an unknown theme.
    """
    match = re.fullmatch(r"(\d{3,5})[x×](\d{3,5})", size)
    if match is None:
        raise InputError(f"'{size}' is no size", todo="Write it like 1280x800.")
    if theme_name not in ("light", "dark"):
        raise InputError(f"there is no theme '{theme_name}'", todo="Choose light or dark.")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = make_application()
    theme.apply(application, "dark" if theme_name == "dark" else "light")
    make_folder(folder)
    with tempfile.TemporaryDirectory(prefix="gazeclass-pictures-") as temporary:
        home = Path(temporary)
        context = AppContext(private_settings(home, theme_name), State(home / "desktop.ini"))
        for path in take(context, folder, int(match[1]), int(match[2])):
            print(path)


def private_settings(home: Path, theme_name: str = "light") -> Settings:
    """Settings of nobody, with a library in ``home``; models are found where they always are."""
    return Settings(
        library_dir=home / "library",
        cache_dir=settings().cache_dir,
        theme="dark" if theme_name == "dark" else "light",
    )


def take(context: AppContext, folder: Path, width_px: int, height_px: int) -> Iterable[Path]:
    """Yield the path of each picture once it is written."""
    window = MainWindow(context)
    window.resize(width_px, height_px)
    window.show()
    shown: list[QWidget] = []
    for place in window.places.values():
        window.rail.set_current(place.name)
        try:
            for name, widget in _scenes(place, context):
                if widget not in shown:
                    shown.append(widget)
                yield _take(window, widget, folder / f"{place.name}{'-' + name if name else ''}.png")
        except ImportError as error:  # a place that is only half there must not keep the others from their pictures
            _log.warning("no pictures of %s: %s", place.name, error)
            print(f"no pictures of {place.name}: {error}", file=sys.stderr)
    context.tasks.cancel_all()
    context.tasks.wait(PATIENCE_S)
    discard(window, *shown)


def _scenes(place: Place, context: AppContext) -> Iterable[tuple[str, QWidget]]:
    module = place.load()
    maker: Any = getattr(module, "screenshots", None)
    return maker(context) if callable(maker) else [("", module.create(context))]


def _take(window: MainWindow, widget: QWidget, path: Path) -> Path:
    window.stack.addWidget(widget)
    window.stack.setCurrentWidget(widget)
    settle()
    if not window.grab().save(str(path)):
        raise InputError("the picture cannot be written", where=path)
    window.stack.removeWidget(widget)
    widget.setParent(None)
    return path
