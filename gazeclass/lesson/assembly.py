"""Put a pipeline together from a classroom, the models that are installed and the user's wishes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gazeclass.calibration.classroom import Classroom
from gazeclass.errors import InputError
from gazeclass.faces.embedding import Embedder
from gazeclass.faces.enrolment import Enrolment, enrol
from gazeclass.faces.follower import TrackingOptions
from gazeclass.faces.matching import Matcher
from gazeclass.faces.mtcnn import MtcnnDetector
from gazeclass.faces.seats import SeatGallery, SeatPlan
from gazeclass.faces.tracking import CameraTracker
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.stereo import StereoRig
from gazeclass.headpose.estimator import HeadPoseEstimator, load_estimator
from gazeclass.headpose.mirror import MirrorTurns
from gazeclass.lesson.observer import ObserverOptions
from gazeclass.lesson.pipeline import Pipeline
from gazeclass.lesson.zones import Zone
from gazeclass.progress import SILENT, Progress


def build_pipeline(
    classroom: Classroom,
    *,
    enroll: Path | Enrolment | None = None,
    seats: SeatPlan | None = None,
    headpose: str | HeadPoseEstimator = "default",
    zones: Sequence[Zone] = (),
    options: ObserverOptions | None = None,
    cameras: tuple[CameraModel, CameraModel] | None = None,
    progress: Progress = SILENT,
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
        progress: told of the portraits, and of those that are hard to tell apart.

    Raises:
        InputError: a model is missing or damaged, a portrait cannot be used, or the classroom is not complete.
    """
    rig = classroom.rig() if cameras is None else replace(classroom.rig(), cameras=cameras)
    known = identify(rig, MtcnnDetector(), enroll=enroll, seats=seats, progress=progress)
    return Pipeline(
        classroom,
        known.trackers,
        known.matcher,
        headpose_in_turn(headpose),
        zones=zones,
        students=known.students,
        only_expected=known.only_expected,
        options=options,
        cameras=cameras,
        turns=MirrorTurns(),
    )


def headpose_in_turn(headpose: str | HeadPoseEstimator, *, threads: int | None = None) -> HeadPoseEstimator:
    """A method for faces that are looked at again and again, as they are and mirrored in turn.

    So a network looks once each time, also where its card asks for both looks at single pictures; an estimator that
    was made elsewhere stays as it is.
    """
    return load_estimator(headpose, threads=threads, mirror=False) if isinstance(headpose, str) else headpose


@dataclass(frozen=True, eq=False)
class Identity:
    """How students are followed and told apart.

    Attributes:
        trackers: of camera 0 and 1.
        matcher: identity over both.
        students: who may be observed.
        only_expected: nobody else is; else whoever is seen gets a number.
        by_face: an embedding is used.
    """

    trackers: tuple[CameraTracker, CameraTracker]
    matcher: Matcher
    students: tuple[str, ...]
    only_expected: bool
    by_face: bool


def identify(
    rig: StereoRig,
    detector: MtcnnDetector,
    *,
    enroll: Path | Enrolment | None = None,
    seats: SeatPlan | None = None,
    tracking: TrackingOptions | None = None,
    threads: int | None = None,
    progress: Progress = SILENT,
) -> Identity:
    """Trackers of both cameras and the matcher over them: by seats where there is a plan, by faces where not.

    Args:
        rig: the cameras.
        detector: of both trackers.
        enroll: folder of portraits, what the roster knows of a class, or None; not used with ``seats``.
        seats: who sits where; no face is compared then, and the embedding model not even opened.
        tracking: when a face is believed, followed and forgotten.
        threads: of the embedding network; None takes the program's setting.
        progress: told of the portraits.

    Raises:
        InputError: a portrait cannot be used, a model is missing, or a plan of seats for cameras whose place in the
            room is not known.
    """
    if seats is not None:
        first, second = (CameraTracker(c, detector, None, options=tracking) for c in (0, 1))
        if rig.T_WC is None:
            raise InputError(
                "students can be told by their seats only once the cameras' place in the room is known",
                todo="Finish the classroom's calibration first.",
            )
        matcher = Matcher(rig, trackers=(first, second), gallery=SeatGallery(rig, seats))
        return Identity((first, second), matcher, seats.observed, True, by_face=False)
    embedder = Embedder(threads=threads)
    enrolment = enrol(enroll, detector, embedder, progress=progress) if isinstance(enroll, Path) else enroll
    first, second = (CameraTracker(c, detector, embedder, options=tracking) for c in (0, 1))
    matcher = Matcher(rig, enrolment, trackers=(first, second))
    students = enrolment.names if enrolment is not None else ()
    return Identity((first, second), matcher, students, enrolment is not None, by_face=True)
