"""The live lesson measured: rates, latency, the window's heartbeat, shares of stages, agreement, memory over time.

    .venv/bin/python benchmarks/live.py run [--lesson FOLDER --classroom TOML] [--seconds 30] [--window] [--pictures]
    .venv/bin/python benchmarks/live.py pace    the same pairs as fast as they go, no clock: CPU per pair and stage
    .venv/bin/python benchmarks/live.py agree   live against `gazeclass analyze` of the same recording
    .venv/bin/python benchmarks/live.py soak --minutes 120    looped lesson: memory, threads, handles, skew

A lesson's folder holds cam0.mp4, cam1.mp4, timestamps.csv and enroll/; without one it is the sample. The videos are
played at their own pace as two live cameras, again and again. These machines are noisy and shared: every table states
the load and how much of two cores this process was given, and ``pace`` counts processor time, which others cannot take.
"""

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from gazeclass.calibration.classroom import load_classroom
from gazeclass.capture.files import open_recording
from gazeclass.capture.pairs import FramePair
from gazeclass.lesson.analysis import lesson_meta
from gazeclass.lesson.live import LiveLesson
from gazeclass.lesson.live_assembly import build_live
from gazeclass.lesson.live_start import LiveWishes, start_live
from gazeclass.sample import sample_folder

ROOT = Path(__file__).resolve().parents[1]


_ALIVE: list[Any] = []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("run", "pace", "agree", "soak"))
    parser.add_argument("--lesson", type=Path, default=sample_folder())
    parser.add_argument("--classroom", type=Path, default=ROOT / "calibration" / "classroom.toml")
    parser.add_argument("--headpose", default="default")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--unclocked", action="store_true", help="soak: each pair when it is asked for, no real time")
    parser.add_argument("--window", action="store_true", help="with the live window, offscreen")
    parser.add_argument("--pictures", action="store_true", help="… and the cameras' pictures in it")
    arguments = parser.parse_args()
    {"run": run, "pace": pace, "agree": agree, "soak": soak}[arguments.what](arguments)
    if _ALIVE:
        sys.stdout.flush()
        os._exit(0)  # a window that was never closed by a user: nothing of it needs an orderly end


def wishes(a: argparse.Namespace, output: Path) -> LiveWishes:
    return LiveWishes(
        cameras=(str(a.lesson / "cam0.mp4"), str(a.lesson / "cam1.mp4")),
        classroom=a.classroom,
        output=output,
        portraits=a.lesson / "enroll",
        headpose=a.headpose,
        threads=a.threads,
        loop=True,
    )


class Given:
    """How much processor this process was given."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def __str__(self) -> str:
        wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        return (
            f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, this process was given {cpu / wall:.2f} of them"
        )


def run(a: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        if a.window:
            heartbeat, drawn, ticks, lesson, given = in_window(a, Path(folder))
        else:
            lesson = start_live(wishes(a, Path(folder) / "a.gaze"))
            warm(lesson)
            given = Given()
            watch(lesson, a.seconds)
            heartbeat, drawn, ticks = [], [], 0.0
            print(given)
        status, rates = lesson.status(), lesson.mean_rates()
        skipped, pairs = status.skipped, lesson.moment.number if lesson.moment else 0
        lesson.stop()
        if lesson.failure:
            raise lesson.failure
    values = sorted(rates.values())
    print(f"{len(values)} students, {pairs} pairs analysed ({status.pairs_per_s:.1f}/s at the end), {skipped} gave way")
    if values:
        print(f"gaze updates a second and student: median {statistics.median(values):.2f}, least {values[0]:.2f}")
    print(f"latency frame → observations: median {status.latency_s:.2f} s")
    if drawn:
        print(f"latency frame → drawn point: median {np.median(drawn):.2f} s, 90 % {np.percentile(drawn, 90):.2f} s")
    if heartbeat:
        ms = 1000 * np.array(heartbeat)
        print(
            f"interface heartbeat: median {np.median(ms):.1f} ms, 99 % {np.percentile(ms, 99):.1f} ms, "
            f"longest {ms.max():.0f} ms over {len(ms)} beats; {ticks:.1f} redraws/s"
        )
    print("shares of the pair: " + ", ".join(f"{name} {share:.0%}" for name, share in status.shares.items()))


def warm(lesson: LiveLesson, wait: Callable[[float], None] = time.sleep) -> None:
    """Wait for the first students."""
    until = time.monotonic() + 120
    while not (lesson.moment and lesson.moment.posed) and time.monotonic() < until:
        wait(0.2)


def watch(lesson: LiveLesson, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not lesson.over:
        time.sleep(0.2)


@dataclass(frozen=True)
class Shown:
    """The live window on a lesson that runs, and Qt's loop to turn."""

    place: Any
    lesson: LiveLesson

    @staticmethod
    def process(seconds: float) -> None:
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()


def shown(a: argparse.Namespace, folder: Path) -> Shown:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from gazeclass.desktop import theme
    from gazeclass.desktop.app import make_application
    from gazeclass.desktop.context import AppContext
    from gazeclass.desktop.lesson.choice import PORTRAITS
    from gazeclass.desktop.lesson.place import create
    from gazeclass.desktop.state import State
    from gazeclass.settings import Settings

    application = make_application()
    theme.apply(application, "light")
    context = AppContext(Settings(library_dir=folder / "library"), State(folder / "state.ini"))
    place = create(context)
    place.resize(1168, 720)
    place.show()
    place.start_presenter.choice = replace(place.start_presenter.choice, who=PORTRAITS)
    lesson = start_live(wishes(a, folder / "a.gaze"))
    place._on_started(lesson)
    assert place.live is not None
    if a.pictures:
        place.live.bar.pictures.toggle()
    _ALIVE.append((application, place))  # Qt's objects must outlive the threads that still report to them
    window = Shown(place, lesson)
    warm(lesson, window.process)
    return window


def in_window(a: argparse.Namespace, folder: Path) -> tuple[list[float], list[float], float, LiveLesson, Given]:
    window = shown(a, folder)
    from PySide6.QtCore import QTimer

    beats: list[float] = []

    def beat() -> None:
        now = time.perf_counter()
        beats.append(max(0.0, now - last[0] - 0.010))
        last[0] = now

    timer = QTimer(interval=10)
    timer.timeout.connect(beat)
    presenter = window.place.presenter
    presenter.drawn_s.clear()
    ticks = presenter.ticks
    given = Given()
    last, own = [time.perf_counter()], time.thread_time()
    timer.start()
    window.process(a.seconds)
    timer.stop()
    own = (time.thread_time() - own) / max(presenter.ticks - ticks, 1)
    print(given)
    print(f"the window's own processor time: {1000 * own:.1f} ms a redraw")
    drawn, redraws = list(presenter.drawn_s), (presenter.ticks - ticks) / a.seconds
    presenter.stop_watching()
    return beats, drawn, redraws, window.lesson, given


def pairs_of(a: argparse.Namespace) -> Any:
    return open_recording(a.lesson / "cam0.mp4", a.lesson / "cam1.mp4", a.lesson / "timestamps.csv")


def tools_of(a: argparse.Namespace, classroom: Any, meta: Any, *, pair_s: float = 0.25) -> Any:
    """What a live lesson works with, its search inside the pipeline, as an analysis has it."""
    return build_live(
        classroom,
        enrolment=a.lesson / "enroll",
        headpose=a.headpose,
        zones=meta.zones,
        threads=a.threads,
        pair_s=pair_s,
        search_beside=False,
    )


def pace(a: argparse.Namespace) -> None:
    """CPU of each part of a pair, searches counted apart: what two free cores could do."""
    classroom = load_classroom(a.classroom)
    tools = build_live(
        classroom,
        enrolment=a.lesson / "enroll",
        headpose=a.headpose,
        zones=lesson_meta(classroom, period_s=0.1, models=()).zones,
        threads=1,
        pair_s=1e9,
        search_beside=False,
    )
    detector = tools.pipeline._trackers[0]._detector  # type: ignore[attr-defined]
    searches = [0, 0.0]
    inner = detector.detect

    def detect(image: np.ndarray, camera: int = 0, **more: Any) -> Any:
        start = time.thread_time()
        found = inner(image, camera, **more)
        if not more:
            searches[0] += 1
            searches[1] += time.thread_time() - start
        return found

    detector.detect = detect
    pairs = list(first(pairs_of(a), 200))
    settle = min(len(pairs) // 2, 20)
    for pair in pairs[:settle]:
        tools.pipeline.look(pair)
    searches[:] = [0, 0.0]
    start = time.process_time()
    students = 0
    for pair in pairs[settle:]:
        students = max(students, len(tools.pipeline.look(pair).sightings))
    total = time.process_time() - start
    tools.close()
    count = len(pairs) - settle
    own = (total - searches[1]) / count
    search = searches[1] / max(searches[0], 1)
    print(f"load {os.getloadavg()[0]:.1f}; {students} students seen, {count} pairs")
    print(f"processor time of a pair without searches {1000 * own:.0f} ms, of a search {1000 * search:.0f} ms")
    # A settled class is searched for a fifth of one core's time at most (rest = 4 × work), decoding costs its own.
    for cores in (2, 4):
        print(f"  {cores} free cores, a fifth of one for searches: {(cores - 0.2) / own:.1f} pairs/s at most")
    spent = tools.pipeline.times.seconds
    print("shares of wall time: " + ", ".join(f"{n} {s / sum(spent.values()):.0%}" for n, s in spent.items()))


def first(pairs: Any, count: int) -> Iterator[FramePair]:
    for k, pair in enumerate(pairs):
        if k == count:
            return
        yield pair


class AtItsPace:
    """A recording as live cameras that wait for whoever asks: the live engine without a clock."""

    def __init__(self, recording: Any, pairs: Iterator[FramePair] | None = None) -> None:
        from gazeclass.capture.health import CameraState, LiveCameraHealth, LiveHealth

        self.names, self.sizes_px, self.ended, self._t_s = ("cam0", "cam1"), recording.sizes_px, False, 0.0
        self._pairs = iter(recording) if pairs is None else pairs
        camera = LiveCameraHealth(0, 0, 0, 0, 0, 0.1, state=CameraState.LIVE)
        self._health = LiveHealth((camera, camera), recording.health().skew, 0, True, 0.0)

    def now_s(self) -> float:
        return self._t_s

    def next_pair(self, timeout_s: float | None = 1.0) -> FramePair | None:
        pair = next(self._pairs, None)
        if pair is None:
            self.ended = True
        else:
            self._t_s = pair.t_s
        return pair

    def latest(self, camera: int) -> None:
        return None

    def events_since(self, count: int) -> tuple[tuple[()], int]:
        return (), 0

    def health(self) -> Any:
        return self._health

    def close(self) -> None:
        self.ended = True


def agree(a: argparse.Namespace) -> None:
    """The same recording analysed, and live with all, half and a third of the poses."""
    from live_agree import agree as compare

    compare(
        lambda: pairs_of(a),
        lambda classroom, meta: tools_of(a, classroom, meta, pair_s=1e9),
        AtItsPace,
        a.classroom,
        a.lesson / "enroll",
        a.headpose,
    )


def soak(a: argparse.Namespace) -> None:
    """Memory, threads, handles and skew of a looped lesson, every ten seconds; slopes after the first ten minutes."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        window = shown(a, Path(folder)) if a.window else None
        if window:
            lesson = window.lesson
        else:
            lesson = (
                looped(a, Path(folder) / "a.gaze") if a.unclocked else start_live(wishes(a, Path(folder) / "a.gaze"))
            )
            warm(lesson)
        wait = window.process if window else time.sleep
        given, start = Given(), time.monotonic()
        while time.monotonic() - start < 60 * a.minutes and not lesson.over:
            wait(10)
            status = lesson.status()
            rows.append((time.monotonic() - start, rss_mb(), threading.active_count(), handles(), status.skew_s))
            t, mb, threads, files, skew = rows[-1]
            line = f"{t / 60:5.1f} min  {mb:7.1f} MB  {threads} threads  {files} handles  skew {1000 * skew:.1f} ms"
            pairs = lesson.moment.number if lesson.moment else 0
            print(f"{line}  {pairs} pairs, {status.lesson_s:.0f} s of lesson", flush=True)
        print(given)
        if window:
            window.place.presenter.stop_watching()
        lesson.stop()
        if lesson.failure:
            raise lesson.failure
    table = np.array(rows)
    late = table[table[:, 0] > min(600, table[-1, 0] / 3)]
    slope = np.polyfit(late[:, 0] / 3600, late[:, 1], 1)[0]
    print(f"memory slope {slope:+.1f} MB an hour over the last {(late[-1, 0] - late[0, 0]) / 60:.0f} min")
    for name, column in (("threads", 2), ("handles", 3)):
        print(f"{name}: {int(late[0, column])} then, {int(late[-1, column])} at the end")
    print(f"after the end: {threading.active_count()} threads, {handles()} handles")


def looped(a: argparse.Namespace, output: Path) -> LiveLesson:
    """The lesson again and again, each pair when it is asked for."""

    def again() -> Iterator[FramePair]:
        turn_s = 0.0
        while True:
            last_s = 0.0
            for pair in pairs_of(a):
                last_s = pair.t_s
                yield replace(pair, t_s=turn_s + pair.t_s)
            turn_s += last_s + 0.1

    classroom = load_classroom(a.classroom)
    meta = lesson_meta(classroom, period_s=0.1, models=())
    tools = tools_of(a, classroom, meta)
    return LiveLesson(AtItsPace(pairs_of(a), again()), tools, output, meta)


def rss_mb() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def handles() -> int:
    return len(os.listdir("/proc/self/fd"))


if __name__ == "__main__":
    main()
