"""A live lesson against `gazeclass analyze` of the same recording: every pose, half of them, a third.

    .venv/bin/python benchmarks/live.py agree [--lesson FOLDER --classroom TOML]

What a slow machine leaves out is poses, in turns; nothing before them in the pipeline depends on whose turn it is. So
faces and poses are computed once, by the analysis, and played again through the schedule and the observer of the live
engine with fewer turns. The live engine itself runs with every pose: its lesson must be the analysis's. And once with
every third pair, as where nobody has time for more.

Beside each row stands what any thinning costs: the analysis's own points, every second or third of them. A median over
a few seconds of somebody who looks at two places in turn jumps from one to the other when a handful of points is left
out; no schedule can help that.
"""

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from gazeclass.calibration.classroom import Classroom, load_classroom
from gazeclass.lesson.analysis import analyze, lesson_meta
from gazeclass.lesson.assembly import build_pipeline
from gazeclass.lesson.live import LiveLesson
from gazeclass.lesson.observation import Observation, ObservationStatus
from gazeclass.lesson.observer import ClassObserver, PosedFace
from gazeclass.lesson.pose_schedule import PoseSchedule
from gazeclass.lesson.reader import read_lesson
from gazeclass.lesson.zones import Zone

Seen = dict[str, dict[int, PosedFace]]
Points = dict[str, np.ndarray]
_GOOD = (ObservationStatus.OK, ObservationStatus.ONE_CAMERA)


def agree(pairs: Any, tools: Any, cameras: Any, classroom_path: Path, portraits: Path, headpose: str) -> None:
    """Print the tables.

    Args:
        pairs: opens the recording anew.
        tools: builds the live lesson's tools, from a classroom and a lesson's meta.
        cameras: plays a recording as live cameras that wait for whoever asks.
        classroom_path, portraits, headpose: as for `gazeclass analyze`.
    """
    classroom = load_classroom(classroom_path)
    meta = lesson_meta(classroom, period_s=0.1, models=())
    with tempfile.TemporaryDirectory() as folder:
        pipeline = build_pipeline(classroom, enroll=portraits, headpose=headpose, zones=meta.zones)
        moments: list[tuple[float, float, Seen]] = []
        inner = pipeline._observer.observe

        def observe(t_s: float, skew_s: float, seen: Seen) -> list[Observation]:
            moments.append((t_s, skew_s, seen))
            return inner(t_s, skew_s, seen)

        pipeline._observer.observe = observe  # type: ignore[method-assign]
        analyze(pairs(), pipeline, classroom, Path(folder) / "analyze.gaze")
        reference = medians(read_lesson(Path(folder) / "analyze.gaze"))
        played = {}
        for step in (1, 3):
            recording, path = pairs(), Path(folder) / f"live{step}.gaze"
            source = cameras(recording, islice(iter(recording), 0, None, step))
            lesson = LiveLesson(source, tools(classroom, meta), path, meta)
            while not lesson.over:
                time.sleep(0.1)
            if lesson.failure:
                raise lesson.failure
            played[step] = medians(read_lesson(path))
    print(f"{len(moments)} pairs, {moments[-1][0]:.1f} s; students {', '.join(sorted(reference))}")
    tell("live engine, every pose", played[1], reference)
    tell("live engine, every third pair", played[3], reference)
    every = list(replay(moments, classroom, meta.zones, None))
    faces = round(np.median([sum(len(f) for f in seen.values()) for _, _, seen in moments]))
    for name, part in (("half", 2), ("a third", 3)):
        turns = list(replay(moments, classroom, meta.zones, faces // part))
        tell(f"live, {name} of the poses in turns", medians(o for o, _ in turns), reference)
        off = [
            float(np.linalg.norm(a.board_xy_m - b.board_xy_m))
            for (a, _), (b, _) in zip(turns, every, strict=True)
            if a.status in _GOOD and b.status in _GOOD
        ]
        print(f"    each point from the one with every pose: {100 * np.mean(off):.0f} cm in the mean")
        tell("    … counting moments of a pose only", medians(o for o, posed in turns if posed), reference)
        times = sorted({t_s for t_s, _, _ in moments})
        for phase in range(part):
            kept = set(times[phase::part])
            tell(
                f"    analysis thinned alike, from moment {phase}",
                medians(o for o, _ in every if o.t_s in kept),
                reference,
            )


def replay(
    moments: Iterable[tuple[float, float, Seen]], classroom: Classroom, zones: Iterable[Zone], most: int | None
) -> Iterable[tuple[Observation, bool]]:
    """Every observation with so many faces' poses in each pair (None: all), and whether it had a pose of its own."""
    observer = ClassObserver(classroom.rig(), zones=tuple(zones), cov_frame=classroom.camera_frame_covariance())
    schedule = type("Fixed", (PoseSchedule,), {"faces_within": 10**6 if most is None else most})()
    for t_s, skew_s, seen in moments:
        faces: Mapping[str, Any] = {name: {k: posed.face for k, posed in of.items()} for name, of in seen.items()}
        chosen = schedule.choose(t_s, faces)
        turns = {
            name: of if name in chosen else {k: PosedFace(posed.face, looked=False) for k, posed in of.items()}
            for name, of in seen.items()
        }
        for observation in observer.observe(t_s, skew_s, turns):
            yield observation, observation.student in chosen


def tell(name: str, found: Points, reference: Points) -> None:
    """One line: how far medians lie from the reference's, student by student."""
    off = {s: 100 * float(np.linalg.norm(found[s] - reference[s])) for s in sorted(set(found) & set(reference))}
    others = sorted(set(found) ^ set(reference))
    values = list(off.values())
    beside = f"; not in both: {others}" if others else ""
    print(f"{name}: {np.median(values):.1f} cm in the median, {max(values):.1f} at most{beside}")
    print("    " + " ".join(f"{s} {v:.1f}" for s, v in off.items()))


def medians(observations: Iterable[Observation]) -> Points:
    """Median gaze point of each student."""
    points = defaultdict(list)
    for o in observations:
        if o.status in _GOOD and np.isfinite(o.board_xy_m).all():
            points[o.student].append(o.board_xy_m)
    return {name: np.median(of, axis=0) for name, of in points.items()}
