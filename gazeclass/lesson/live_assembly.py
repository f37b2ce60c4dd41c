"""Put together what a live lesson works with: the pipeline with its threads, and the search beside it."""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from gazeclass import models
from gazeclass.calibration.classroom import Classroom
from gazeclass.faces.enrolment import Enrolment
from gazeclass.faces.follower import TrackingOptions
from gazeclass.faces.mtcnn import MtcnnDetector
from gazeclass.faces.seats import SeatPlan
from gazeclass.geometry.camera import CameraModel
from gazeclass.headpose.estimator import HeadPoseEstimator
from gazeclass.headpose.mirror import MirrorTurns
from gazeclass.lesson.assembly import headpose_in_turn, identify
from gazeclass.lesson.columns import Student
from gazeclass.lesson.live_search import BackgroundSearch, NoSearch, Search
from gazeclass.lesson.pipeline import Pipeline
from gazeclass.lesson.pose_schedule import PoseSchedule
from gazeclass.lesson.zones import Zone
from gazeclass.progress import SILENT, Progress
from gazeclass.settings import settings

_NEVER = float("inf")


@dataclass(frozen=True, eq=False)
class LiveTools:
    """What a live lesson works with. Close it when the lesson is over.

    Attributes:
        pipeline: frame pairs in, observations out; both pictures at once, poses in turns.
        search: for faces nobody follows yet.
        students: who may be observed; empty: whoever is seen gets a number.
        provider: what the networks run on, for the status line.
        threads: of a network.
        models: names, for the record.
        executor: the threads of the pipeline.
    """

    pipeline: Pipeline
    search: Search
    students: tuple[Student, ...]
    provider: str
    threads: int
    models: tuple[str, ...]
    executor: ThreadPoolExecutor

    def close(self) -> None:
        """End the threads."""
        self.search.close()
        self.executor.shutdown()


def build_live(
    classroom: Classroom,
    *,
    enrolment: Enrolment | Path | None = None,
    seats: SeatPlan | None = None,
    students: Iterable[Student] = (),
    headpose: str | HeadPoseEstimator = "default",
    zones: Sequence[Zone] = (),
    cameras: tuple[CameraModel, CameraModel] | None = None,
    threads: int | None = None,
    pair_s: float = 0.25,
    search_beside: bool = True,
    progress: Progress = SILENT,
) -> LiveTools:
    """Tools for a live lesson in this classroom.

    Args:
        classroom: calibrated, with its world frame.
        enrolment: who may be observed: portraits' embeddings, or a folder of portraits. None numbers whoever is seen.
        seats: students are told apart by where they sit and no face is compared with another; ``enrolment`` is not
            used then.
        students: seats and rows, where they are known.
        headpose: name of an installed head-pose model, or an estimator.
        zones: of the board.
        cameras: intrinsics of the pictures that will come, where they are the calibrated ones scaled exactly.
        threads: of all networks together; None takes the setting, 0 all cores.
        pair_s: what a pair may take; see :class:`PoseSchedule`.
        search_beside: search whole pictures on a thread of its own; without, each pair waits for it, as an analysis
            does, which gives the same result however fast the machine is.
        progress: told of the portraits.

    Raises:
        InputError: a model is missing or damaged, a portrait cannot be used, or the classroom is not complete.
    """
    total = (settings().cpu_threads if threads is None else threads) or os.cpu_count() or 1
    each = max(1, total // 2)  # a camera's detector runs on a thread of its own; the poses of both together, after them
    detector = MtcnnDetector(threads=each)
    rig = classroom.rig() if cameras is None else replace(classroom.rig(), cameras=cameras)
    tracking = TrackingOptions(search_s=(_NEVER, _NEVER), glance_s=0.5) if search_beside else None
    known = identify(rig, detector, enroll=enrolment, seats=seats, tracking=tracking, threads=each, progress=progress)
    estimator = headpose_in_turn(headpose, threads=total)
    executor = ThreadPoolExecutor(2, thread_name_prefix="gazeclass-camera-work")
    pipeline = Pipeline(
        classroom,
        known.trackers,
        known.matcher,
        estimator,
        zones=zones,
        students=known.students,
        only_expected=known.only_expected,
        cameras=cameras,
        schedule=PoseSchedule(pair_s),
        turns=MirrorTurns(),
        run_both=executor.map if total > 1 else map,
    )
    told = {student.name: student for student in students}
    return LiveTools(
        pipeline,
        BackgroundSearch(detector, known.trackers, known.matcher) if search_beside else NoSearch(),
        tuple(told.get(name, Student(name)) for name in known.students),
        models.provider_in_use(),
        total,
        ("mtcnn", *(("identity",) if known.by_face else ()), estimator.name),
        executor,
    )
