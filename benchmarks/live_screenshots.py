"""The guide's pictures of a live lesson, from the running program: the form, the window, the projector.

    python benchmarks/live_screenshots.py -o docs/images [--seconds 20]

Plays the sample lesson as two cameras, in a temporary library.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from guide_picture import shoot, wait
from PySide6.QtCore import qInstallMessageHandler

from gazeclass.desktop import theme
from gazeclass.desktop.app import make_application
from gazeclass.desktop.classrooms.shelf import add_sample
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.lesson.place import LessonPlace
from gazeclass.desktop.main_window import MainWindow
from gazeclass.desktop.screenshots import private_settings
from gazeclass.desktop.state import State
from gazeclass.lesson.zones import Zone


def take(context: AppContext, out: Path, seconds: float) -> None:
    """All three pictures; the lesson is ended afterwards."""
    add_sample(context.classrooms_dir)
    window = MainWindow(context)
    window.resize(1280, 720)
    window.show()
    place = LessonPlace(context)
    window.rail.set_current("lesson")
    window.stack.addWidget(place)
    window.stack.setCurrentWidget(place)
    place.start_presenter.refresh()
    wait(lambda: bool(place.start_presenter.facts.rooms) and place.start_view.looking.isHidden())
    shoot(window, out / "live-start.png")
    place.start_presenter.choose_sample()
    wait(lambda: place.presenter is not None and place.presenter.lesson.moment is not None)
    presenter, live = place.presenter, place.live
    assert presenter is not None
    assert live is not None
    lesson = presenter.lesson
    live.bar.pictures.setChecked(True)
    wait(lambda: lesson.status().lesson_s >= seconds)
    shoot(window, out / "live-window.png")
    board = lesson.meta.board
    third_m = board.width_m / 3
    zones = [
        Zone("right", 0.0, 0.0, third_m, board.height_m),
        Zone("poem", 1.6 * third_m, 0.1, board.width_m - 0.1, board.height_m - 0.1),
    ]
    lesson.replace_zones(zones)
    live.open_projector()
    wait(lambda: lesson.status().lesson_s >= seconds + 2.0)
    assert live.projector is not None
    shoot(live.projector, out / "live-projector.png")
    place.end_now()
    context.tasks.wait(60.0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/images"))
    parser.add_argument("--seconds", type=float, default=20.0, help="of the lesson before the window is taken")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    qInstallMessageHandler(lambda *_: None)
    theme.apply(make_application(), "light")
    with tempfile.TemporaryDirectory() as home:
        context = AppContext(private_settings(Path(home)), State(Path(home) / "desktop.ini"))
        take(context, arguments.output, arguments.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
