"""The class at one moment: faces and head poses become one observation for each student.

Position from both noses (or one nose and what is known), rotation fused over both cameras, both steadied over time,
then the ray to the board with its covariance, its zone and a status that says how far to trust it. What can be computed
for all students at once is; only the filters run one by one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from gazeclass.faces.types import Face
from gazeclass.geometry.gaze import gaze_points
from gazeclass.geometry.rotation import Array
from gazeclass.geometry.status import Status as RayStatus
from gazeclass.geometry.stereo import StereoRig
from gazeclass.lesson.fusion import (
    Position3,
    Rotation3,
    fuse_views,
    head_rotations_in_world,
    position_from_face_size,
    stereo_positions,
)
from gazeclass.lesson.observation import Observation, ObservationStatus
from gazeclass.lesson.smoothing import PositionFilter, RotationFilter, SmoothingOptions
from gazeclass.lesson.zones import Zone, most_probable_zones


@dataclass(frozen=True)
class ObserverOptions:
    """When an observation is trusted.

    Attributes:
        smoothing: the filters over time.
        nose_sigma_of_face: standard deviation of the nose tip's pixel, as a share of the face box's longer side,
            for detectors that do not tell it themselves.
        max_sigma_deg: a head rotation less certain than this (root mean square over its axes) is low confidence.
        max_incidence_deg: a ray flatter to the board than this does not face it: away.
        hold_s: a head whose pose was not measured at this moment (:mod:`gazeclass.lesson.pose_schedule`) keeps the
            rotation it had, with growing doubt, for so long.
    """

    smoothing: SmoothingOptions = field(default_factory=SmoothingOptions)
    nose_sigma_of_face: float = 0.035
    max_sigma_deg: float = 15.0
    max_incidence_deg: float = 80.0
    hold_s: float = 1.5


def _unknown(*shape: int) -> Array:
    return np.full(shape, np.nan)


@dataclass(frozen=True, eq=False)
class PosedFace:
    """A face in one camera with the head pose found in its crop.

    Attributes:
        face: where it is.
        R_crop: ``(3, 3)`` relative to the viewing ray.
        angles_deg, sigma_deg: ``(3,)`` yaw, pitch, roll and their standard deviations.
        looked: whether the pose was asked for at this moment; where not, the head keeps its last rotation.
    """

    face: Face
    R_crop: Array = field(default_factory=lambda: _unknown(3, 3))
    angles_deg: Array = field(default_factory=lambda: _unknown(3))
    sigma_deg: Array = field(default_factory=lambda: _unknown(3))
    looked: bool = True

    @property
    def usable(self) -> bool:
        """Whether the method could tell a pose at all."""
        return bool(np.isfinite(self.R_crop).all() and np.isfinite(self.sigma_deg).all())


@dataclass
class _Student:
    """What is remembered of one student."""

    position: PositionFilter
    rotation: RotationFilter
    both_turned: bool = False  # whether both cameras' poses went into the rotation


@dataclass(frozen=True, eq=False)
class _Head:
    """One student's head now, filtered; ``rotation`` is None where no pose could be told."""

    position: Position3
    rotation: Rotation3 | None
    both: bool


class ClassObserver:
    """The filters of every student and how observations are made of them.

    Args:
        rig: the cameras with their world frame.
        zones: of the board.
        students: who is expected; others join when they are first seen.
        cov_frame: ``(6, 6)`` error of the world frame, turning about camera 0; None for none.
        options: when an observation is trusted.

    Attributes:
        zones: may be replaced between two moments.
    """

    def __init__(
        self,
        rig: StereoRig,
        *,
        zones: Sequence[Zone] = (),
        students: Iterable[str] = (),
        cov_frame: Array | None = None,
        options: ObserverOptions | None = None,
    ) -> None:
        self._rig, self.zones, self._cov_frame = rig, tuple(zones), cov_frame
        self._options = options or ObserverOptions()
        self._students: dict[str, _Student] = {}
        for name in students:
            self._student(name)

    def observe(self, t_s: float, skew_s: float, seen: dict[str, dict[int, PosedFace]]) -> list[Observation]:
        """One observation for every student expected or seen so far, in the order they were met.

        Args:
            t_s: lesson clock.
            skew_s: time of camera 1's picture minus camera 0's.
            seen: by student, the faces by camera; at least one face each.
        """
        heads = self._heads(t_s, seen)
        posed = {name: (head.position, head.rotation) for name, head in heads.items() if head.rotation is not None}
        P = np.array([position.P_W_m for position, _ in posed.values()]).reshape(-1, 3)
        R = np.array([rotation.R_WS for _, rotation in posed.values()]).reshape(-1, 3, 3)
        gaze = gaze_points(
            P,
            R,
            np.array([position.cov_m2 for position, _ in posed.values()]).reshape(-1, 3, 3),
            np.array([rotation.cov_rad2 for _, rotation in posed.values()]).reshape(-1, 3, 3),
            self._cov_frame,
            frame_origin_W_m=self._rig.world_from_camera(0).t,
            max_incidence_deg=self._options.max_incidence_deg,
        )
        zone, probability = most_probable_zones(self.zones, gaze.xy_m, gaze.cov_m2)
        row = {name: k for k, name in enumerate(posed)}
        out = []
        for name in self._students:
            if name not in heads:
                out.append(Observation.not_seen(t_s, name, skew_s))
                continue
            head, faces = heads[name], seen[name]
            known: dict[str, object] = {
                "position_W_m": head.position.P_W_m,
                "cov_position_m2": head.position.cov_m2,
                "face_px": max(posed_face.face.size_px for posed_face in faces.values()),
                "cameras": "".join(str(camera) for camera in sorted(faces)),
                "skew_s": skew_s,
            }
            status = ObservationStatus.LOW_CONFIDENCE
            if head.rotation is not None:
                k = row[name]
                status = self._status(int(gaze.status[k]), head)
                known |= {
                    "R_WS": head.rotation.R_WS,
                    "cov_rotation_rad2": head.rotation.cov_rad2,
                    "board_xy_m": gaze.xy_m[k],
                    "cov_board_m2": gaze.cov_m2[k],
                    "cov_board_pose_m2": gaze.cov_pose_m2[k],
                    "zone": self.zones[zone[k]].name if zone[k] >= 0 else "",
                    "zone_probability": float(probability[k]),
                }
            out.append(Observation(t_s, name, status, **known))  # type: ignore[arg-type]
        return out

    def _heads(self, t_s: float, seen: dict[str, dict[int, PosedFace]]) -> dict[str, _Head]:
        """Position and rotation of every student seen, through their filters."""
        stereo = self._stereo(seen)
        views = self._views(seen)
        heads = {}
        for name, faces in seen.items():
            student = self._student(name)
            found = stereo.get(name)
            if found is not None:
                position = student.position.measure(t_s, found)
            else:
                position = self._from_one_camera(t_s, student.position, faces)
            turned = views.get(name)
            if turned:
                rotation: Rotation3 | None = student.rotation.measure(t_s, fuse_views(turned))
                student.both_turned = len(turned) == 2
            elif any(posed.looked for posed in faces.values()):
                rotation = None
            else:
                rotation = student.rotation.held(t_s, self._options.hold_s)
            both = found is not None and student.both_turned and rotation is not None
            heads[name] = _Head(position, rotation, both)
        return heads

    def _stereo(self, seen: dict[str, dict[int, PosedFace]]) -> dict[str, Position3 | None]:
        """Triangulated noses of the students whom both cameras see."""
        names = [name for name, faces in seen.items() if len(faces) == 2]
        nose0, nose1 = (np.array([seen[n][c].face.nose_px for n in names]).reshape(-1, 2) for c in (0, 1))
        sigma = np.array([[self._nose_sigma_px(seen[n][c].face) for c in (0, 1)] for n in names]).reshape(-1, 2)
        return dict(zip(names, stereo_positions(self._rig, nose0, nose1, sigma), strict=True))

    def _views(self, seen: dict[str, dict[int, PosedFace]]) -> dict[str, list[Rotation3]]:
        """Every usable pose in WCS, camera 0's first."""
        views: dict[str, list[Rotation3]] = {}
        for camera in (0, 1):
            usable = [(n, faces[camera]) for n, faces in seen.items() if camera in faces and faces[camera].usable]
            if not usable:
                continue
            turned = head_rotations_in_world(
                self._rig,
                camera,
                np.array([posed.face.centre_px for _, posed in usable]),
                np.array([posed.R_crop for _, posed in usable]),
                np.array([posed.angles_deg for _, posed in usable]),
                np.array([posed.sigma_deg for _, posed in usable]),
            )
            for (name, _), rotation in zip(usable, turned, strict=True):
                views.setdefault(name, []).append(rotation)
        return views

    def _from_one_camera(self, t_s: float, track: PositionFilter, faces: dict[int, PosedFace]) -> Position3:
        """One camera, or two rays that do not meet: the larger face counts, depth is what was known before."""
        camera = max(faces, key=lambda c: faces[c].face.size_px)
        face = faces[camera].face
        state = track.measure_ray(t_s, self._rig, camera, face.nose_px, self._nose_sigma_px(face))
        if state is None:
            state = track.measure(t_s, position_from_face_size(self._rig, camera, face.nose_px, face.size_px))
        return state

    def _nose_sigma_px(self, face: Face) -> float:
        if np.isfinite(face.nose_sigma_px):
            return face.nose_sigma_px
        return max(0.5, self._options.nose_sigma_of_face * face.size_px)

    def _status(self, ray: int, head: _Head) -> ObservationStatus:
        assert head.rotation is not None
        sigma_deg = np.degrees(np.sqrt(np.trace(head.rotation.cov_rad2) / 3.0))
        if sigma_deg > self._options.max_sigma_deg:
            return ObservationStatus.LOW_CONFIDENCE
        if ray != RayStatus.OK:
            return ObservationStatus.AWAY
        return ObservationStatus.OK if head.both else ObservationStatus.ONE_CAMERA

    def _student(self, name: str) -> _Student:
        if name not in self._students:
            smoothing = self._options.smoothing
            self._students[name] = _Student(PositionFilter(smoothing), RotationFilter(smoothing))
        return self._students[name]
