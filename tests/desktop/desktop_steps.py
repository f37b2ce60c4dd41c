"""Steps that many desktop tests begin with: a classroom in the library, a lesson, a widget on the screen."""

import os
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QWidget

from gazeclass.calibration.classroom import load_classroom, save_classroom
from gazeclass.desktop.classrooms.shelf import sample_classroom
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.main_window import MainWindow
from gazeclass.report.scripted_class import ScriptedClass, write_class

#: The machine is shared: what takes a second may take a minute.
PATIENT_MS = int(os.environ.get("GAZECLASS_TEST_PATIENCE_MS", "120000"))


def put_classroom(classrooms: Path, slug: str, **changes: object) -> Path:
    """The printed sample classroom in a library's folder, with some fields changed; returns its folder."""
    folder = classrooms / slug
    folder.mkdir(parents=True)
    save_classroom(load_classroom(sample_classroom()).model_copy(update=changes), folder / "classroom.toml")
    return folder


def put_lesson(context: AppContext, made: ScriptedClass, mark_s: float = 10.0, name: str = "maths.gaze") -> Path:
    """An invented lesson in the library, called Maths, with one mark; returns its file."""
    folder = context.lessons_dir
    folder.mkdir(parents=True, exist_ok=True)
    return write_class(made, folder / name, title="Maths", events=((mark_s, "mark", "new topic"),))


def on_screen(qtbot: Any, widget: QWidget, width_px: int = 1168, height_px: int = 720) -> Any:
    """The widget shown, as large as a place is in a window of 1280 × 720, and closed after the test."""
    qtbot.addWidget(widget)
    widget.resize(width_px, height_px)
    widget.show()
    return widget


def window_at(qtbot: Any, context: AppContext, place: str) -> MainWindow:
    """The program's window at one of its places."""
    made: MainWindow = on_screen(qtbot, MainWindow(context), 1280)
    made.show_place(place)
    qtbot.waitUntil(lambda: made.current_place == place and place in made._made, timeout=PATIENT_MS)
    return made
