"""Report, tables and scrubbing of a lesson of full size, against the clock and memory.

    python benchmarks/report.py [--students 50] [--minutes 45] [--rate 10]

Fifty students, 45 minutes and ten moments a second are 1.35 million observations, made from a script
(:mod:`gazeclass.report.scripted_class`) and written to a file. Each job runs in a process of its own, so that its peak
of memory is its own. Wall-clock and processor seconds are both given: the machine may be busy.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

JOBS = ("make", "open", "report", "tables", "parquet", "export", "review")


def make(path: Path, arguments: argparse.Namespace) -> dict[str, float]:
    from gazeclass.report.scripted_class import scripted_class, write_class

    made = scripted_class(
        students=arguments.students, seconds=60 * arguments.minutes, rate_hz=arguments.rate,
        sigma_m=0.16, sigma_per_row_m=0.04, spread_m=0.15,
    )  # fmt: skip
    write_class(made, path, title="Full size")
    return {"observations": len(made.lesson.observations), "file MB": path.stat().st_size / 1e6}


def open_(path: Path, arguments: argparse.Namespace) -> dict[str, float]:
    from gazeclass.lesson.reader import read_lesson

    return {"observations": len(read_lesson(path).observations)}


def export(kinds: tuple[str, ...]):
    def job(path: Path, arguments: argparse.Namespace) -> dict[str, float]:
        from gazeclass.report.export import ExportOptions, export_lesson

        with tempfile.TemporaryDirectory() as folder:
            written = export_lesson(path, Path(folder) / "out", options=ExportOptions(kinds=kinds))
            return {"MB written": sum(p.stat().st_size for p in written) / 1e6}

    return job


def review(path: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """Open for review, then scrub: span and playhead moved a hundred times, painted each time."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from gazeclass.desktop import theme
    from gazeclass.desktop.context import AppContext
    from gazeclass.desktop.reports.place import ReportsPlace
    from gazeclass.desktop.state import State
    from gazeclass.report.review import Review
    from gazeclass.settings import Settings

    application = QApplication(sys.argv[:1])
    theme.apply(application, "light")
    folder = path.parent
    place = ReportsPlace(AppContext(Settings(library_dir=folder / "library"), State(folder / "state.ini")))
    place.resize(1180, 720)
    place.show()
    begun = time.perf_counter()
    opened = Review.open(path)
    out = {"open for review s": time.perf_counter() - begun}
    presenter = place.presenter
    presenter._on_opened(opened)
    place._pages.setCurrentWidget(place.review)
    application.processEvents()
    length = opened.whole.end_s
    for name, move in (
        ("span", lambda k: (presenter.set_span(k * 7.3, length / 3 + k * 11.7), presenter.refresh())),
        ("playhead", lambda k: presenter.set_playhead(k * length / 100)),
        (
            "span of a row",
            lambda k: (presenter.set_group(1), presenter.set_span(k * 7.3, k * 7.3 + 300), presenter.refresh()),
        ),
    ):
        walls, cpus = [], []
        for k in range(100):
            begun, cpu = time.perf_counter(), time.process_time()
            move(k)
            place.review.grab()  # paints everything, now
            walls.append(1000 * (time.perf_counter() - begun))
            cpus.append(1000 * (time.process_time() - cpu))
        for clock, taken in (("wall", sorted(walls)), ("cpu", sorted(cpus))):
            out[f"{name}: {clock} median ms"], out[f"{name}: {clock} 95 % ms"] = taken[50], taken[94]
    return out


WORK = {
    "make": make,
    "open": open_,
    "report": export(("html", "pdf", "png")),
    "tables": export(("csv",)),
    "parquet": export(("parquet",)),
    "export": export(("csv", "png", "html", "pdf")),
    "review": review,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--job", choices=JOBS)
    parser.add_argument("--lesson", type=Path)
    arguments = parser.parse_args()
    if arguments.job:
        begun, cpu = time.perf_counter(), time.process_time()
        found = WORK[arguments.job](arguments.lesson, arguments)
        found = {"wall s": time.perf_counter() - begun, "cpu s": time.process_time() - cpu} | found
        found["peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(found))
        return
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
    with tempfile.TemporaryDirectory() as folder:
        lesson = Path(folder) / "full.gaze"
        for job in JOBS:
            command = [
                sys.executable,
                __file__,
                "--job",
                job,
                "--lesson",
                str(lesson),
                "--students",
                str(arguments.students),
            ]
            command += ["--minutes", str(arguments.minutes), "--rate", str(arguments.rate)]
            run = subprocess.run(command, capture_output=True, text=True, check=False)
            if run.returncode:
                sys.exit(run.stderr)
            found = json.loads(run.stdout.splitlines()[-1])
            print(
                f"{job:8}" + ", ".join(f"{name} {value:.2f}" for name, value in found.items()),
                f"(load {os.getloadavg()[0]:.1f})",
            )


if __name__ == "__main__":
    main()
