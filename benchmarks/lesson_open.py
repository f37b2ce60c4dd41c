"""How long a long lesson takes to open, list, rename and purge: 30 students, 10 moments a second.

    python benchmarks/lesson_open.py [--observations 1000000] [--folder DIR]

Both the time on the clock and the processor's own time are printed: on a machine that does other things besides, only
the second says what an idle one would take.
"""

import argparse
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from gazeclass.geometry.frames import Board
from gazeclass.lesson import blocks, documents, documents_check, documents_parts, documents_removal, schema
from gazeclass.lesson.columns import LessonMeta, Student
from gazeclass.lesson.reader import read_lesson
from gazeclass.lesson.store import LessonWriter
from gazeclass.lesson.zones import grid

STUDENTS, PERIOD_S = 30, 0.1


@contextmanager
def timed(what: str) -> Iterator[None]:
    clock, processor = time.perf_counter(), time.process_time()
    yield
    took, own = time.perf_counter() - clock, time.process_time() - processor
    print(f"{what:32} {took:6.2f} s on the clock, {own:6.2f} s of the processor")


def write(path: Path, count: int) -> None:
    """A lesson of noise, a moment to a block, as a live lesson writes it."""
    board = Board(4.0, 1.2)
    students = [Student(f"ST{k:02d}", f"A{k}", 1 + k // 10) for k in range(STUDENTS)]
    meta = LessonMeta("Room 3", board, "2026-01-05T08:00:00+00:00", PERIOD_S, grid(board, 3, 3))
    with LessonWriter(path, meta, students):
        pass
    rng = np.random.default_rng(0)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("BEGIN")
    for moment in range(count // STUDENTS):
        records = np.zeros(STUDENTS, blocks.RECORD)
        for name in ("position_W_m", "rotvec_WS_rad", "board_xy_m", "packed_cov"):
            records[name] = rng.normal(size=records[name].shape)
        records["t_s"], records["student"] = moment * PERIOD_S, np.arange(1, STUDENTS + 1)
        records["zone"] = rng.integers(-1, 9, STUDENTS)
        records["status"], records["cameras"] = rng.integers(0, 5, STUDENTS), 3
        blocks.store(db, records)
    schema.seal(db)
    db.execute("COMMIT")
    db.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--observations", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder) / "long.gaze"
        with timed("write"):
            write(path, options.observations)
        print(f"{'size':32} {path.stat().st_size / 1e6:6.0f} MB")
        for _ in range(3):
            with timed("open"):
                lesson = read_lesson(path)
        print(f"{'observations':32} {len(lesson.observations)}")
        del lesson
        with timed("card in a list"):
            documents.card(path)
        with timed("rename"):
            documents.rename(path, "A long lesson")
        with timed("check"):
            documents_check.check(path)
        with timed("cut off both ends"):
            documents_parts.cut(path, 60.0, 1e9, Path(folder) / "cut.gaze")
        with timed("purge a student"):
            documents_removal.purge_student(path, "ST07")
        print(f"{'most memory':32} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:6.0f} MB")


if __name__ == "__main__":
    main()
