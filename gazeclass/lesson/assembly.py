"""Put a pipeline together from a classroom, the models that are installed and the user's wishes."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gazeclass.calibration.classroom import Classroom
from gazeclass.faces.embedding import Embedder
from gazeclass.faces.enrolment import Enrolment, enrol
from gazeclass.faces.matching import Matcher
from gazeclass.faces.mtcnn import MtcnnDetector
from gazeclass.faces.tracking import CameraTracker
from gazeclass.geometry.camera import CameraModel
from gazeclass.headpose.estimator import HeadPoseEstimator, load_estimator
from gazeclass.lesson.observer import ObserverOptions
from gazeclass.lesson.pipeline import Pipeline
from gazeclass.lesson.zones import Zone


def build_pipeline(
    classroom: Classroom,
    *,
    enroll: Path | None = None,
    headpose: str | HeadPoseEstimator = "default",
    zones: Sequence[Zone] = (),
    options: ObserverOptions | None = None,
    cameras: tuple[CameraModel, CameraModel] | None = None,
) -> Pipeline:
    """A pipeline with our own detector, embedding and head pose.

    Args:
        classroom: calibrated, with its world frame.
        enroll: folder of portraits, file name = student; None numbers the students P01, P02, … as they appear.
        headpose: name of an installed head-pose model, or an estimator.
        zones: of the board.
        options: of the observations.
        cameras: intrinsics of the pictures that will come, where they are the calibrated ones scaled exactly.

    Raises:
        InputError: a model is missing or damaged, a portrait cannot be used, or the classroom is not complete.
    """
    detector = MtcnnDetector()
    embedder = Embedder()
    enrolment: Enrolment | None = enrol(enroll, detector, embedder) if enroll is not None else None
    estimator = load_estimator(headpose) if isinstance(headpose, str) else headpose
    trackers = (CameraTracker(0, detector, embedder), CameraTracker(1, detector, embedder))
    rig = classroom.rig() if cameras is None else replace(classroom.rig(), cameras=cameras)
    return Pipeline(
        classroom,
        trackers,
        Matcher(rig, enrolment, trackers=trackers),
        estimator,
        zones=zones,
        students=enrolment.names if enrolment is not None else (),
        only_expected=enrolment is not None,
        options=options,
        cameras=cameras,
    )
