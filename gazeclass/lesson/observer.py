"""One student over time: faces and head poses of a moment become an observation.

Position from both noses (or one nose and what is known), rotation fused over both cameras, both steadied over time,
then the ray to the board with its covariance, its zone and a status that says how far to trust it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from gazeclass.faces.types import Face
from gazeclass.geometry.gaze import GazePoints, gaze_points
from gazeclass.geometry.rotation import Array
from gazeclass.geometry.status import Status as RayStatus
from gazeclass.geometry.stereo import StereoRig
from gazeclass.lesson.fusion import (
    Position3,
    Rotation3,
    fuse_views,
    head_rotation_in_world,
    position_from_face_size,
    stereo_position,
)
from gazeclass.lesson.observation import Observation, ObservationStatus
from gazeclass.lesson.smoothing import PositionFilter, RotationFilter, SmoothingOptions
from gazeclass.lesson.zones import Zone, most_probable_zone


@dataclass(frozen=True)
class ObserverOptions:
    """When an observation is trusted.

    Attributes:
        smoothing: the filters over time.
        nose_sigma_of_face: standard deviation of the nose tip's pixel, as a share of the face box's longer side,
            for detectors that do not tell it themselves.
        max_sigma_deg: a fused head rotation less certain than this (root mean square over its axes) is low confidence.
        max_incidence_deg: a ray flatter to the board than this does not face it: away.
    """

    smoothing: SmoothingOptions = field(default_factory=SmoothingOptions)
    nose_sigma_of_face: float = 0.035
    max_sigma_deg: float = 15.0
    max_incidence_deg: float = 80.0


@dataclass(frozen=True, eq=False)
class PosedFace:
    """A face in one camera with the head pose found in its crop.

    Attributes:
        face: where it is.
        R_crop: ``(3, 3)`` relative to the viewing ray.
        angles_deg, sigma_deg: ``(3,)`` yaw, pitch, roll and their standard deviations.
    """

    face: Face
    R_crop: Array
    angles_deg: Array
    sigma_deg: Array

    @property
    def usable(self) -> bool:
        """Whether the method could tell a pose at all."""
        return bool(np.isfinite(self.R_crop).all() and np.isfinite(self.sigma_deg).all())


class StudentObserver:
    """The filters of one student and how an observation is made of them."""

    def __init__(
        self,
        student: str,
        rig: StereoRig,
        zones: Sequence[Zone],
        cov_frame: Array | None,
        options: ObserverOptions,
    ) -> None:
        self.student = student
        self._rig, self._zones, self._cov_frame = rig, zones, cov_frame
        # The calibration's error of the world frame turns about camera 0 (Classroom.camera_frame_covariance).
        self._frame_origin = rig.world_from_camera(0).t
        self._options = options
        self._position = PositionFilter(options.smoothing)
        self._rotation = RotationFilter(options.smoothing)

    def not_seen(self, t_s: float, skew_s: float) -> Observation:
        """The student is expected but in neither picture."""
        return Observation.not_seen(t_s, self.student, skew_s)

    def observe(self, t_s: float, skew_s: float, faces: dict[int, PosedFace]) -> Observation:
        """What is known of the student now, from the faces of one or both cameras.

        Args:
            t_s: lesson clock.
            skew_s: time of camera 1's picture minus camera 0's.
            faces: by camera; at least one.
        """
        position, stereo = self._locate(t_s, faces)
        usable = {camera: face for camera, face in faces.items() if face.usable}
        cameras = "".join(str(camera) for camera in sorted(faces))
        face_px = max(posed.face.size_px for posed in faces.values())
        if not usable:
            return Observation(
                t_s=t_s,
                student=self.student,
                status=ObservationStatus.LOW_CONFIDENCE,
                position_W_m=position.P_W_m,
                cov_position_m2=position.cov_m2,
                face_px=face_px,
                cameras=cameras,
                skew_s=skew_s,
            )
        rotation = self._rotation.measure(t_s, self._fused(usable))
        gaze = gaze_points(
            position.P_W_m,
            rotation.R_WS,
            position.cov_m2,
            rotation.cov_rad2,
            self._cov_frame,
            frame_origin_W_m=self._frame_origin,
            max_incidence_deg=self._options.max_incidence_deg,
        )
        zone, probability = most_probable_zone(gaze.xy_m[0], gaze.cov_m2[0], self._zones)
        return Observation(
            t_s=t_s,
            student=self.student,
            status=self._status(gaze, rotation, both=stereo and len(usable) == 2),
            position_W_m=position.P_W_m,
            cov_position_m2=position.cov_m2,
            R_WS=rotation.R_WS,
            cov_rotation_rad2=rotation.cov_rad2,
            board_xy_m=gaze.xy_m[0],
            cov_board_m2=gaze.cov_m2[0],
            cov_board_pose_m2=gaze.cov_pose_m2[0],
            zone=zone,
            zone_probability=probability,
            face_px=face_px,
            cameras=cameras,
            skew_s=skew_s,
        )

    def _locate(self, t_s: float, faces: dict[int, PosedFace]) -> tuple[Position3, bool]:
        """Position now, and whether both cameras gave it."""
        noses = {camera: posed.face.nose_px for camera, posed in faces.items()}
        sigma = {camera: self._nose_sigma_px(posed.face) for camera, posed in faces.items()}
        if len(faces) == 2:
            seen = stereo_position(self._rig, noses[0], noses[1], (sigma[0], sigma[1]))
            if seen is not None:
                return self._position.measure(t_s, seen), True
        # One camera, or two rays that do not meet: the larger face counts.
        camera = max(faces, key=lambda c: faces[c].face.size_px)
        state = self._position.measure_ray(t_s, self._rig, camera, noses[camera], sigma[camera])
        if state is None:
            guess = position_from_face_size(self._rig, camera, noses[camera], faces[camera].face.size_px)
            state = self._position.measure(t_s, guess)
        return state, False

    def _nose_sigma_px(self, face: Face) -> float:
        if np.isfinite(face.nose_sigma_px):
            return face.nose_sigma_px
        return max(0.5, self._options.nose_sigma_of_face * face.size_px)

    def _fused(self, faces: dict[int, PosedFace]) -> Rotation3:
        return fuse_views(
            [
                head_rotation_in_world(
                    self._rig, camera, posed.face.centre_px, posed.R_crop, posed.angles_deg, posed.sigma_deg
                )
                for camera, posed in sorted(faces.items())
            ]
        )

    def _status(self, gaze: GazePoints, rotation: Rotation3, *, both: bool) -> ObservationStatus:
        sigma_deg = np.degrees(np.sqrt(np.trace(rotation.cov_rad2) / 3.0))
        if sigma_deg > self._options.max_sigma_deg:
            return ObservationStatus.LOW_CONFIDENCE
        if gaze.status[0] != RayStatus.OK:
            return ObservationStatus.AWAY
        return ObservationStatus.OK if both else ObservationStatus.ONE_CAMERA
