"""Time per stage per frame pair on lesson_a, cost against the number of students, peak memory.

    .venv/bin/python benchmarks/chain.py --classroom classroom.toml [--pairs 60]

The classroom is lesson_a's, from `gazeclass calibrate`. Fewer students are had by painting over the heads of the others
(truth.csv says where they are) in both pictures. These machines are noisy: compare ratios within one run.
"""

import argparse
import csv
import resource
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gazeclass.calibration.classroom import load_classroom
from gazeclass.capture.files import open_recording
from gazeclass.capture.pairs import FramePair
from gazeclass.lesson.assembly import build_pipeline

LESSON = Path(__file__).resolve().parents[2] / "shared" / "data" / "lesson_a"


def boxes_by_frame() -> dict[int, list[dict[str, str]]]:
    table = defaultdict(list)
    with open(LESSON / "truth.csv", newline="") as file:
        for row in csv.DictReader(file):
            table[int(row["frame"])].append(row)
    return table


def with_students(
    pairs: Iterator[FramePair], keep: set[str], table: dict[int, list[dict[str, str]]]
) -> Iterator[FramePair]:
    """The same pairs with every other student's head painted over."""
    for pair in pairs:
        images = [image.copy() for image in pair.images]
        for row in table[pair.index]:
            if row["student"] in keep:
                continue
            for camera in (0, 1):
                corner = [row[f"cam{camera}_box_{k}"] for k in ("x0", "y0", "x1", "y1")]
                if corner[0]:
                    x0, y0, x1, y1 = (round(float(v)) for v in corner)
                    w, h = x1 - x0, y1 - y0
                    images[camera][max(0, y0 - h) : y1 + h, max(0, x0 - w) : x1 + w] = 90
        yield FramePair(pair.t_s, (images[0], images[1]), pair.skew_s, pair.index)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--classroom", type=Path, required=True)
    arguments = parser.parse_args()
    classroom = load_classroom(arguments.classroom)
    table = boxes_by_frame()
    names = sorted({row["student"] for row in table[0]})
    columns = ("students", "decode", "detect+track", "match", "head pose", "gaze", "total", "pairs/s")
    print("  ".join(f"{name:>12}" for name in columns) + "   (ms per pair)")
    for count in (1, 3, 6, 12):
        keep = set(np.random.default_rng(0).permutation(names)[:count])
        pipeline = build_pipeline(classroom, enroll=LESSON / "enroll")
        recording = open_recording(LESSON / "cam0.mp4", LESSON / "cam1.mp4", LESSON / "timestamps.csv")
        start = time.perf_counter()
        spent = 0.0
        for k, pair in enumerate(with_students(iter(recording), keep, table)):
            if k == arguments.pairs:
                break
            begin = time.perf_counter()
            pipeline.process(pair)
            spent += time.perf_counter() - begin
        n = pipeline.times.pairs
        ms = {name: 1000 * s / n for name, s in pipeline.times.seconds.items()}
        decode = 1000 * (time.perf_counter() - start - spent) / n
        total = 1000 * spent / n
        stages = [ms[name] for name in ("detect and track", "match", "head pose", "gaze")]
        cells = [f"{count:12d}", *(f"{v:12.1f}" for v in (decode, *stages, total, 1000 / total))]
        print("  ".join(cells))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
