"""Put a pipeline together from a classroom, the models that are installed and the user's wishes."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gazeclass.calibration.classroom import Classroom
from gazeclass.errors import InputError
from gazeclass.faces.embedding import Embedder
from gazeclass.faces.enrolment import Enrolment, enrol
from gazeclass.faces.matching import Matcher
from gazeclass.faces.mtcnn import MtcnnDetector
from gazeclass.faces.seats import SeatGallery, SeatPlan
from gazeclass.faces.tracking import CameraTracker
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.stereo import StereoRig
from gazeclass.headpose.estimator import HeadPoseEstimator, load_estimator
from gazeclass.lesson.observer import ObserverOptions
from gazeclass.lesson.pipeline import Pipeline
from gazeclass.lesson.zones import Zone


def build_pipeline(
    classroom: Classroom,
    *,
    enroll: Path | Enrolment | None = None,
    seats: SeatPlan | None = None,
    headpose: str | HeadPoseEstimator = "default",
    zones: Sequence[Zone] = (),
    options: ObserverOptions | None = None,
    cameras: tuple[CameraModel, CameraModel] | None = None,
) -> Pipeline:
    """A pipeline with our own detector, embedding and head pose.

    Args:
        classroom: calibrated, with its world frame.
        enroll: folder of portraits, file name = student, or what the roster knows of a class; None numbers the
            students P01, P02, … as they appear.
        seats: students are told apart by where they sit and no face is compared with another; ``enroll`` is not
            used then, and the embedding model not even opened.
        headpose: name of an installed head-pose model, or an estimator.
        zones: of the board.
        options: of the observations.
        cameras: intrinsics of the pictures that will come, where they are the calibrated ones scaled exactly.

    Raises:
        InputError: a model is missing or damaged, a portrait cannot be used, or the classroom is not complete.
    """
    detector = MtcnnDetector()
    embedder = Embedder() if seats is None else None
    enrolment: Enrolment | None = None
    if embedder is not None:
        enrolment = enrol(enroll, detector, embedder) if isinstance(enroll, Path) else enroll
    estimator = load_estimator(headpose) if isinstance(headpose, str) else headpose
    trackers = (CameraTracker(0, detector, embedder), CameraTracker(1, detector, embedder))
    rig = classroom.rig() if cameras is None else replace(classroom.rig(), cameras=cameras)
    students = seats.observed if seats is not None else enrolment.names if enrolment is not None else ()
    return Pipeline(
        classroom,
        trackers,
        matcher(rig, enrolment, seats, trackers),
        estimator,
        zones=zones,
        students=students,
        only_expected=seats is not None or enrolment is not None,
        options=options,
        cameras=cameras,
    )


def matcher(
    rig: StereoRig, enrolment: Enrolment | None, seats: SeatPlan | None, trackers: tuple[CameraTracker, CameraTracker]
) -> Matcher:
    """Identity by seats where there is a plan, by faces where not.

    Raises:
        InputError: a plan for cameras whose place in the room is not known.
    """
    if seats is None:
        return Matcher(rig, enrolment, trackers=trackers)
    if rig.T_WC is None:
        raise InputError(
            "students can be told by their seats only once the cameras' place in the room is known",
            todo="Finish the classroom's calibration first.",
        )
    return Matcher(rig, trackers=trackers, gallery=SeatGallery(rig, seats))
