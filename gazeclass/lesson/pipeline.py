"""Frame pairs in, observations out: the one pipeline that live window, command line and tests drive.

It knows of no thread.

Per pair: detect and track in both pictures → one assignment over both cameras → head pose of all crops in one batch →
position, rotation, ray to the board → smoothing → an observation for every student who is expected or seen.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from gazeclass.calibration.classroom import Classroom
from gazeclass.capture.pairs import FramePair
from gazeclass.errors import InputError
from gazeclass.faces.types import Sighting, Track
from gazeclass.geometry.camera import CameraModel
from gazeclass.headpose.estimator import HeadPoseEstimator
from gazeclass.headpose.mirror import MirrorTurns
from gazeclass.headpose.ray_view import along_rays
from gazeclass.lesson.consistency import CameraConsistency
from gazeclass.lesson.observation import Observation
from gazeclass.lesson.observer import ClassObserver, ObserverOptions, PosedFace
from gazeclass.lesson.pose_schedule import PoseSchedule
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


@dataclass(frozen=True, eq=False)
class Look:
    """Everything that came of one frame pair.

    Attributes:
        observations: one for every student expected or seen so far.
        sightings: of those who may be observed.
        tracks: every face followed in camera 0 and 1, observed or not.
        posed: students whose head pose was measured in this pair; the others kept the one they had.
    """

    observations: list[Observation]
    sightings: list[Sighting]
    tracks: tuple[list[Track], list[Track]]
    posed: frozenset[str]


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
        schedule: whose pose is measured when, where time is short; None measures everybody's at every pair.
        turns: shows ``estimator`` faces as they are and mirrored in turn; None shows it every face as it is.
        run_both: how the work on both pictures is done, as ``map`` does; an executor's does both at once.

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
        schedule: PoseSchedule | None = None,
        turns: MirrorTurns | None = None,
        run_both: Callable[..., Iterable[Any]] = map,
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
        self._schedule, self._turns, self._run_both = schedule, turns, run_both
        self.consistency = CameraConsistency(self._rig)
        self.times = StageTimes()

    @property
    def picture_sizes_px(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Width and height of the pictures that are expected."""
        return self._rig.cameras[0].size_px, self._rig.cameras[1].size_px

    @property
    def zones(self) -> tuple[Zone, ...]:
        """Zones of the board; they may be replaced between two pairs."""
        return self._observer.zones

    @zones.setter
    def zones(self, zones: Sequence[Zone]) -> None:
        self._observer.zones = tuple(zones)

    def process(self, pair: FramePair) -> list[Observation]:
        """Observations of one moment, one for every student expected or seen so far, in the order they were met."""
        return self.look(pair).observations

    def look(self, pair: FramePair) -> Look:
        """:meth:`process`, with everything else that was found on the way.

        Raises:
            InputError: the pictures are not of the calibrated size, or the cameras prove to be exchanged.
        """
        start = time.perf_counter()
        self._check_size(pair)
        with self.times.stage("detect and track"):
            found = list(self._run_both(_update, self._trackers, (pair.t_s, pair.t_s), pair.images))
        tracks: tuple[list[Track], list[Track]] = (found[0], found[1])
        self.consistency.look([track.face for track in tracks[0]], [track.face for track in tracks[1]])
        with self.times.stage("match"):
            sightings = self._matcher.update(pair.t_s, *tracks)
            if self._expected is not None:
                sightings = [sighting for sighting in sightings if sighting.student in self._expected]
        chosen = frozenset(sighting.student for sighting in sightings)
        if self._schedule is not None:
            chosen = frozenset(self._schedule.choose(pair.t_s, {s.student: s.faces for s in sightings}))
        pose_start = time.perf_counter()
        with self.times.stage("head pose"):
            posed = self._pose(pair, sightings, chosen)
        pose_s = time.perf_counter() - pose_start
        with self.times.stage("gaze"):
            observations = self._observer.observe(pair.t_s, pair.skew_s, posed)
        self.times.pairs += 1
        if self._schedule is not None:
            faces = sum(len(sighting.faces) for sighting in sightings if sighting.student in chosen)
            self._schedule.took(faces, pose_s, time.perf_counter() - start - pose_s)
        return Look(observations, sightings, tracks, chosen)

    def run(self, pairs: Iterable[FramePair]) -> Iterator[list[Observation]]:
        """:meth:`process` for each pair."""
        for pair in pairs:
            yield self.process(pair)

    def _pose(
        self, pair: FramePair, sightings: list[Sighting], chosen: frozenset[str]
    ) -> dict[str, dict[int, PosedFace]]:
        """Head poses of every face of the chosen students, one batch over both cameras; the others' faces without."""
        faces = [(s.student, face) for s in sightings if s.student in chosen for face in s.faces.values()]
        views = along_rays(
            [pair.images[face.camera] for _, face in faces],
            [face.box_px for _, face in faces],
            [face.found_landmarks_px for _, face in faces],
            [self._rig.cameras[face.camera] for _, face in faces],
        )
        if self._turns is None:
            poses = self._estimator.estimate(*views)
        else:
            whose = [(student, face.camera) for student, face in faces]
            poses = self._turns.estimate(self._estimator, pair.t_s, whose, *views)
        posed = iter(
            PosedFace(face, *pose)
            for (_, face), *pose in zip(faces, poses.R_crop, poses.angles_deg, poses.sigma_deg, strict=True)
        )
        return {
            sighting.student: {
                camera: next(posed) if sighting.student in chosen else PosedFace(face, looked=False)
                for camera, face in sighting.faces.items()
            }
            for sighting in sightings
        }

    def _check_size(self, pair: FramePair) -> None:
        for index, (image, camera) in enumerate(zip(pair.images, self._rig.cameras, strict=True)):
            height, width = image.shape[:2]
            if (width, height) != camera.size_px:
                raise InputError(
                    f"the picture is {width}×{height}, the calibration {camera.width_px}×{camera.height_px}",
                    where=f"cam{index}",
                    todo="Record at the calibrated size, or calibrate at this one.",
                )


def _update(tracker: Tracker, t_s: float, image: np.ndarray) -> list[Track]:
    return tracker.update(t_s, image)
