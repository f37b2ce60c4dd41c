"""Frame pairs in, observations out: the one pipeline that live window, command line and tests drive.

It knows of no thread.

Per pair: detect and track in both pictures → one assignment over both cameras → head pose of all crops in one batch →
position, rotation, ray to the board → smoothing → an observation for every student who is expected or seen.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from gazeclass.calibration.classroom import Classroom
from gazeclass.capture.pairs import FramePair
from gazeclass.errors import InputError
from gazeclass.faces.types import Sighting, Track
from gazeclass.geometry.camera import CameraModel
from gazeclass.headpose.estimator import HeadPoseEstimator
from gazeclass.lesson.consistency import CameraConsistency
from gazeclass.lesson.observation import Observation
from gazeclass.lesson.observer import ClassObserver, ObserverOptions, PosedFace
from gazeclass.lesson.zones import Zone


class Tracker(Protocol):
    """Faces of one camera over time."""

    def update(self, t_s: float, image: np.ndarray) -> list[Track]:
        """Tracks that are seen in this picture."""
        ...


class Matcher(Protocol):
    """Which tracks of both cameras are which student."""

    def update(self, t_s: float, tracks0: list[Track], tracks1: list[Track]) -> list[Sighting]:
        """Students seen now."""
        ...


@dataclass
class StageTimes:
    """Seconds spent in each stage since the start."""

    pairs: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the block's time to the stage."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


class Pipeline:
    """Everything that happens to a frame pair.

    Args:
        classroom: with world frame and board.
        trackers: one for each camera.
        matcher: identity over both cameras.
        estimator: head pose.
        zones: of the board.
        students: who is expected; they get an observation at every pair, "not seen" where they are in neither picture.
        options: of the observations.
        only_expected: nobody but ``students`` becomes an observation, however well they are seen (consent).
        cameras: intrinsics of the pictures that will come, where they are the calibrated ones scaled exactly.

    Raises:
        InputError: the classroom has no world frame yet.
    """

    def __init__(
        self,
        classroom: Classroom,
        trackers: tuple[Tracker, Tracker],
        matcher: Matcher,
        estimator: HeadPoseEstimator,
        *,
        zones: Sequence[Zone] = (),
        students: Iterable[str] = (),
        options: ObserverOptions | None = None,
        only_expected: bool = False,
        cameras: tuple[CameraModel, CameraModel] | None = None,
    ) -> None:
        rig = classroom.rig()
        self._rig = rig if cameras is None else replace(rig, cameras=cameras)
        if self._rig.T_WC is None:
            raise InputError(
                "the classroom's cameras are calibrated, but not their place in the room",
                where=classroom.name,
                todo="Add auxiliary/ and tape.csv to the calibration folder and calibrate again.",
            )
        self._trackers, self._matcher, self._estimator = trackers, matcher, estimator
        students = tuple(students)
        self._expected = frozenset(students) if only_expected else None
        self._observer = ClassObserver(
            self._rig,
            zones=zones,
            students=students,
            cov_frame=classroom.camera_frame_covariance(),
            options=options,
        )
        self.consistency = CameraConsistency(self._rig)
        self.times = StageTimes()

    def process(self, pair: FramePair) -> list[Observation]:
        """Observations of one moment, one for every student expected or seen so far, in the order they were met."""
        self._check_size(pair)
        tracks: list[list[Track]] = []
        with self.times.stage("detect and track"):
            for tracker, image in zip(self._trackers, pair.images, strict=True):
                tracks.append(tracker.update(pair.t_s, image))
        self.consistency.look(*([track.face for track in seen] for seen in tracks))
        with self.times.stage("match"):
            sightings = self._matcher.update(pair.t_s, tracks[0], tracks[1])
            if self._expected is not None:
                sightings = [sighting for sighting in sightings if sighting.student in self._expected]
        with self.times.stage("head pose"):
            posed = self._pose(pair, sightings)
        with self.times.stage("gaze"):
            observations = self._observer.observe(pair.t_s, pair.skew_s, posed)
        self.times.pairs += 1
        return observations

    def run(self, pairs: Iterable[FramePair]) -> Iterator[list[Observation]]:
        """:meth:`process` for each pair."""
        for pair in pairs:
            yield self.process(pair)

    def _pose(self, pair: FramePair, sightings: list[Sighting]) -> dict[str, dict[int, PosedFace]]:
        """Head poses of every face of every student, one batch over both cameras."""
        faces = [face for sighting in sightings for face in sighting.faces.values()]
        poses = self._estimator.estimate(
            [pair.images[face.camera] for face in faces],
            [face.box_px for face in faces],
            [face.found_landmarks_px for face in faces],
        )
        posed = iter(
            PosedFace(face, poses.R_crop[i], poses.angles_deg[i], poses.sigma_deg[i]) for i, face in enumerate(faces)
        )
        return {sighting.student: {camera: next(posed) for camera in sighting.faces} for sighting in sightings}

    def _check_size(self, pair: FramePair) -> None:
        for index, (image, camera) in enumerate(zip(pair.images, self._rig.cameras, strict=True)):
            height, width = image.shape[:2]
            if (width, height) != camera.size_px:
                raise InputError(
                    f"the picture is {width}×{height}, the calibration {camera.width_px}×{camera.height_px}",
                    where=f"cam{index}",
                    todo="Record at the calibrated size, or calibrate at this one.",
                )
