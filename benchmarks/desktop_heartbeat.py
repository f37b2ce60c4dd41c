"""How long the window's event loop is held while work runs: a heartbeat that notes when it beats late.

    QT_QPA_PLATFORM=offscreen .venv/bin/python benchmarks/desktop_heartbeat.py

Others use :class:`Heartbeat` around their own work:

    with Heartbeat() as beat:
        ... run the event loop ...
    print(beat.report())

A beat is due every 5 ms; how late each comes is how long some slot, or the drawing of the window, held the loop.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

INTERVAL_MS = 5
#: No slot may hold the loop for longer (the brief of the desktop).
LIMIT_MS = 50.0


@dataclass(frozen=True)
class Beats:
    """What a heartbeat found.

    Attributes:
        seconds: it was measured.
        held_ms: how late each beat came, in order.
        busy_ms: processor time the GUI thread itself took between beats. On a machine that others use too, this is
            what the program can answer for.
    """

    seconds: float
    held_ms: np.ndarray
    busy_ms: np.ndarray

    @property
    def worst_ms(self) -> float:
        return float(self.held_ms.max(initial=0.0))

    @property
    def over_limit(self) -> int:
        return int((self.held_ms > LIMIT_MS).sum())

    def report(self) -> str:
        if not len(self.held_ms):
            return "no beat at all: the event loop did not run"
        middle, high = np.percentile(self.held_ms, [50, 99])
        return (
            f"{len(self.held_ms)} beats in {self.seconds:.1f} s; loop held: median {middle:.1f}, 99 % {high:.0f}, "
            f"worst {self.worst_ms:.0f} ms, {self.over_limit} over {LIMIT_MS:.0f}; own work between beats: "
            f"99 % {np.percentile(self.busy_ms, 99):.0f}, worst {self.busy_ms.max():.0f} ms"
        )


class Heartbeat(QObject):
    """Beats in the GUI thread while the ``with`` block runs the event loop."""

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._beat)
        self._last = self._begin = self._cpu = 0.0
        self._late: list[float] = []
        self._busy: list[float] = []
        self.beats = Beats(0.0, np.zeros(0), np.zeros(0))

    def __enter__(self) -> "Heartbeat":
        self._late, self._busy = [], []
        self._last = self._begin = time.perf_counter()
        self._cpu = time.thread_time()
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.stop()
        self._beat()  # one that is still due at the end is late too
        self.beats = Beats(self._last - self._begin, np.array(self._late), np.array(self._busy))

    def _beat(self) -> None:
        now, cpu = time.perf_counter(), time.thread_time()
        self._late.append(max(0.0, 1000.0 * (now - self._last) - INTERVAL_MS))
        self._busy.append(1000.0 * (cpu - self._cpu))
        self._last, self._cpu = now, cpu

    def report(self) -> str:
        return self.beats.report()


def run_until(done: Callable[[], bool], timeout_s: float = 300.0) -> None:
    """Run the event loop until ``done``.

    Raises:
        TimeoutError: it did not come true.
    """
    until = time.monotonic() + timeout_s
    while not done():
        if time.monotonic() > until:
            raise TimeoutError
        QApplication.instance().processEvents()  # type: ignore[union-attr]
        time.sleep(0.0005)


def main() -> None:
    import tempfile

    import cv2

    from gazeclass.desktop import theme
    from gazeclass.desktop.app import discard, make_application
    from gazeclass.desktop.context import AppContext
    from gazeclass.desktop.main_window import MainWindow
    from gazeclass.desktop.screenshots import private_settings
    from gazeclass.desktop.state import State
    from gazeclass.desktop.widgets.board_view import BoardView
    from gazeclass.desktop.widgets.picture_view import PictureView
    from gazeclass.geometry.frames import Board
    from gazeclass.progress import Progress
    from gazeclass.sample import sample_folder

    application = make_application()
    theme.apply(application, "light")
    with tempfile.TemporaryDirectory() as home:
        context = AppContext(private_settings(Path(home)), State(Path(home) / "desktop.ini"))
        window = MainWindow(context)
        with Heartbeat() as beat:
            window.show()
            window.start()
            run_until(lambda: not context.tasks.running)
        print("window and first place  ", beat.report())
        with Heartbeat() as beat:
            for name in window.places:
                window.show_place(name)
                run_until(lambda name=name: window.current_place == name and not context.tasks.running)
        print("every place, first time ", beat.report())
        with Heartbeat() as beat:
            for _ in range(5):
                for name in window.places:
                    window.show_place(name)
                    QApplication.processEvents()
        print("every place, again      ", beat.report())

        pictures = [cv2.imread(str(p)) for p in sorted((sample_folder() / "calibration" / "stereo" / "cam0").glob("*"))]

        def search(progress: Progress) -> int:
            """Corners in full 1080p pictures, as the wizard does when a picture is kept."""
            from gazeclass.calibration.detection import detect
            from gazeclass.calibration.target import chessboard

            target = chessboard("9x6", 0.06)
            progress.start("searching", len(pictures))
            found = 0
            for picture in pictures[:4]:
                found += detect(target, picture) is not None
                progress.advance()
            return found

        with Heartbeat() as beat:
            tasks = [context.tasks.run(search, title="searching") for _ in range(2)]
            run_until(lambda: all(task.is_finished for task in tasks))
        print("two threads of corners  ", beat.report())

        views = [PictureView(f"camera {c}") for c in (0, 1)]
        board = BoardView()
        board.set_board(Board(4.0, 1.2))
        for view in (*views, board):
            view.resize(640, 360)
            view.show()
        rng = np.random.default_rng(0)
        with Heartbeat() as beat:
            for n in range(150):
                for view in views:
                    view.set_picture(pictures[n % len(pictures)])
                board.set_heat(rng.random((24, 80)), unit="s")
                board.set_points(rng.uniform(0, 4, (30, 2)), np.tile(0.02 * np.eye(2), (30, 1, 1)))
                end = time.perf_counter() + 1 / 30
                run_until(lambda end=end: time.perf_counter() >= end)
        print("two 1080p views, a board", beat.report())
        discard(window, *views, board)


if __name__ == "__main__":
    sys.exit(main())
