"""How often students are told right by their seats alone, no face compared: lesson_a, against its exact truth.

    python benchmarks/by_seat_lesson_a.py ../shared/data/lesson_a classroom.toml [--off 0.15] [--missing S05 S06]

The seats are the truth's, rounded to 10 cm as a tape on the floor gives them, or moved by up to ``--off`` metres
each way besides. ``--missing`` students have no seat in the plan: nobody may take them for a neighbour.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np

from gazeclass.calibration.classroom import load_classroom
from gazeclass.calibration.room_parts import Seat
from gazeclass.capture.files import open_recording
from gazeclass.lesson.analysis import analyze
from gazeclass.lesson.assembly import build_pipeline
from gazeclass.lesson.reader import read_lesson
from gazeclass.lesson.roster_plan import seat_plan
from gazeclass.report.evaluation import evaluate
from gazeclass.report.truth import read_truth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("classroom", type=Path)
    parser.add_argument("--off", type=float, default=0.0, help="each seat is wrong by up to this, metres")
    parser.add_argument("--missing", nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    truth = json.loads((options.folder / "truth.json").read_text())
    rng = np.random.default_rng(options.seed)
    seats = []
    for student in truth["students"]:
        place = np.round(np.array(student["seat_nose_W"]), 1) + rng.uniform(-options.off, options.off, 3)
        seats.append(Seat(name=student["id"], row=student["row"], position_m=tuple(place)))
    classroom = load_classroom(options.classroom).model_copy(update={"seats": tuple(seats)})
    at = {seat.name: seat.name for seat in seats if seat.name not in options.missing}
    pipeline = build_pipeline(classroom, seats=seat_plan(classroom, at))
    videos = (options.folder / "cam0.mp4", options.folder / "cam1.mp4")
    recording = open_recording(*videos, options.folder / "timestamps.csv")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seats.gaze"
        summary = analyze(recording, pipeline, classroom, path)
        lesson = read_lesson(path)
    print("ms per pair", {name: round(ms) for name, ms in summary.ms_per_pair.items()})
    print("students", summary.students)
    for errors in evaluate(lesson, read_truth(options.folder / "truth.csv")):
        print(f"{errors.group:8} identity {100 * errors.identity:.2f} %  coverage {100 * errors.coverage:.1f} %")


if __name__ == "__main__":
    main()
