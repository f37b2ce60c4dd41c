"""Does the wizard's window ever freeze? A heartbeat while corners are searched in two 1080p streams.

A timer beats every 5 ms in the event loop of the Pair step, which shows both streams, searches the board in every
moment and keeps views by itself; a beat that comes late was held up by a slot, or by other programs on a busy machine.
So each beat also says how much time of the processor the window's own thread took since the last: that is what slots
cost, whatever else runs. Prints both; fails where a slot took more than 50 ms of it.

    python benchmarks/wizard_heartbeat.py [--seconds 20] [--rate 15]
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import numpy as np
from PySide6.QtCore import QTimer, qInstallMessageHandler

import gazeclass.sample
from gazeclass.calibration.notes import CameraSpec
from gazeclass.calibration.project import create_project
from gazeclass.calibration.target import chessboard
from gazeclass.desktop import theme
from gazeclass.desktop.app import make_application, make_context
from gazeclass.desktop.wizard.place import create
from gazeclass.desktop.wizard.played import PlayedCameras

SAMPLE = Path(gazeclass.sample.__file__).parent / "calibration"
BEAT_S, LIMIT_S = 0.005, 0.050


NAMES = ("left", "right")
#: Each common view is held for so long.
HOLD_S = 2.0


def streams(rate_hz: float) -> PlayedCameras:
    """Two 1080p cameras out of the sample's common views."""
    names = sorted(p.name for p in (SAMPLE / "stereo" / "cam0").iterdir())
    pairs = [tuple(cv2.imread(str(SAMPLE / "stereo" / f"cam{c}" / n)) for c in (0, 1)) for n in names]
    moments = [(left, right) for left, right in pairs]
    return PlayedCameras(moments, step_s=1.0 / rate_hz, hold=round(HOLD_S * rate_hz), names=NAMES)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=15.0)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    qInstallMessageHandler(lambda *_: None)
    application = make_application()
    theme.apply(application, "light")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "classrooms" / "bench"
        prepare(folder)
        view = create(make_context(Path(place) / "state.ini"), folder)
        view.presenter.session.source = streams(arguments.rate)
        view.resize(1280, 720)
        view.show()
        looked: list[float] = []
        view.presenter.session.feed.looked.connect(lambda *_: looked.append(time.monotonic()))
        until = time.monotonic() + 60
        while not looked and time.monotonic() < until:
            application.processEvents()
        beats: list[tuple[float, float]] = []
        timer = QTimer(interval=int(1000 * BEAT_S))
        timer.timeout.connect(lambda: beats.append((time.monotonic(), time.thread_time())))
        timer.start()
        shown = [0]
        view.presenter.session.feed.pictured.connect(lambda: shown.__setitem__(0, shown[0] + 1))
        begin, looks = time.monotonic(), len(looked)
        QTimer.singleShot(int(1000 * arguments.seconds), application.quit)
        cpu = time.process_time()
        application.exec()
        seconds = time.monotonic() - begin
        cpu = time.process_time() - cpu
        wall, own = np.diff(np.array(beats), axis=0).T
        late = wall - BEAT_S
        print(f"step {view.presenter.current}, {seconds:.1f} s, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        print(
            f"pictures shown {shown[0] / seconds:.1f}/s, moments searched {(len(looked) - looks) / seconds:.1f}/s, "
            f"process used {cpu / seconds:.2f} cores"
        )
        for words, values in (("late by (wall clock)", late), ("window's thread worked", own)):
            print(
                f"{words}: median {1000 * np.median(values):.1f} ms, 99 % {1000 * np.quantile(values, 0.99):.1f} ms, "
                f"longest {1000 * values.max():.1f} ms, over {1000 * LIMIT_S:.0f} ms: "
                f"{int((values > LIMIT_S).sum())} of {len(values)}"
            )
        views = len(view.presenter.session.project.pairs())
        print(f"common views kept by themselves: {views}")
        view.presenter.close()
        view.presenter.session.feed.wait(30)
        view.presenter.session.worker.wait(60)
    return int(bool((own > LIMIT_S).any()))


def prepare(folder: Path) -> None:
    """A project that is at the step Pair."""
    import shutil

    project = create_project(folder / "calibration")
    shutil.copy(SAMPLE / "room.toml", project.folder)
    project.choose_target(chessboard("9x6", 0.060))
    project.measure_ruler(100.0)
    specs = tuple(CameraSpec(name=n, width_px=1920, height_px=1080) for n in NAMES)
    project.set_cameras((specs[0], specs[1]), skew_ms=2.0)
    for step in ("lens0", "lens1"):
        project.skip(step)


if __name__ == "__main__":
    sys.exit(main())
