"""One head seen by one or two cameras: its rotation and position in the room, with covariance (method §6.2–6.6)."""

from dataclasses import dataclass

import numpy as np

from gazeclass.geometry.camera import ray_rotation
from gazeclass.geometry.rotation import Array, angle_jacobian, fuse_rotations, log_so3
from gazeclass.geometry.stereo import StereoRig
from gazeclass.geometry.triangulation import triangulate

#: Longer side of MTCNN's face box in the room, metres (0.168 in the median over lesson_a's twelve students, 0.144 to
#: 0.198), and a generous relative spread for other ages and detectors. Only used for a student whom the second camera
#: has never seen: distance = focal length × height / box height.
FACE_HEIGHT_M = 0.17
FACE_HEIGHT_SPREAD = 0.25


#: Correlation of both cameras' pitch errors on one face: 0.66 on a rendered room of twelve (yaw 0.01, roll −0.03). How
#: a face is built, its hair and brows tilt the answer alike wherever one looks from; see docs/decisions/001.
SHARED_PITCH = 0.66


@dataclass(frozen=True, eq=False)
class Rotation3:
    """A head rotation with its error.

    Attributes:
        R_WS: ``(3, 3)``.
        cov_rad2: ``(3, 3)`` of the left perturbation in WCS.
    """

    R_WS: Array
    cov_rad2: Array


@dataclass(frozen=True, eq=False)
class Position3:
    """A nose tip in WCS with its error.

    Attributes:
        P_W_m: ``(3,)``.
        cov_m2: ``(3, 3)``.
    """

    P_W_m: Array
    cov_m2: Array


def head_rotations_in_world(
    rig: StereoRig, camera: int, centers_px: Array, R_crop: Array, angles_deg: Array, sigma_deg: Array
) -> list[Rotation3]:
    """One camera's view of n heads: R_WS = R_WC R_ray R_crop, and the angles' errors carried along.

    Args:
        rig: with its world frame.
        camera: 0 or 1.
        centers_px: ``(n, 2)`` centres of the crops that the network saw.
        R_crop: ``(n, 3, 3)`` relative to the viewing rays.
        angles_deg: ``(n, 3)`` yaw, pitch, roll of R_crop.
        sigma_deg: ``(n, 3)`` their standard deviations.
    """
    to_world = rig.world_from_camera(camera).R @ ray_rotation(rig.cameras[camera].rays(centers_px))
    J = to_world @ angle_jacobian(angles_deg[:, 0], angles_deg[:, 1]) * np.radians(sigma_deg)[:, None, :]
    return [Rotation3(R, C) for R, C in zip(to_world @ R_crop, J @ np.swapaxes(J, 1, 2), strict=True)]


def fuse_views(views: list[Rotation3]) -> Rotation3:
    """Both cameras' rotations as one, weighted by their covariances.

    Where the views disagree by more than their sigmas allow, the fused covariance grows by chi² per degree of freedom
    (the Birge ratio, squared): two views that contradict each other are no better than they look. What both cameras
    get wrong alike, a face's pitch (:data:`SHARED_PITCH`), averages out less: the variance about the head's own
    left-right axis grows by 1 + ρ.
    """
    if len(views) == 1:
        return views[0]
    R, cov = fuse_rotations([v.R_WS for v in views], [v.cov_rad2 for v in views])
    errors = [log_so3(v.R_WS @ R.T) for v in views]
    chi2 = sum(float(e @ np.linalg.solve(v.cov_rad2, e)) for e, v in zip(errors, views, strict=True))
    across = R[:, 0]
    shared = np.eye(3) + (np.sqrt(1.0 + SHARED_PITCH) - 1.0) * np.outer(across, across)
    return Rotation3(R, shared @ cov @ shared * max(1.0, chi2 / (3.0 * (len(views) - 1))))


def stereo_positions(rig: StereoRig, noses0_px: Array, noses1_px: Array, sigma_px: Array) -> list[Position3 | None]:
    """Triangulated nose tips in WCS, None where the rays do not meet in front of both cameras.

    Args:
        rig: with its world frame.
        noses0_px, noses1_px: ``(n, 2)`` of camera 0 and 1.
        sigma_px: ``(n, 2)`` their standard deviations in camera 0 and 1.
    """
    assert rig.T_WC is not None
    found = triangulate(rig, noses0_px, noses1_px, sigma_px)
    P_W = rig.T_WC.apply(found.position_C_m)
    cov = rig.T_WC.R @ found.cov_C_m2 @ rig.T_WC.R.T
    return [Position3(p, c) if ok else None for p, c, ok in zip(P_W, cov, found.ok, strict=True)]


def position_from_face_size(rig: StereoRig, camera: int, nose_px: Array, face_height_px: float) -> Position3:
    """A first guess of where a head is, from one camera: along the nose's ray, as far as its size says."""
    T = rig.world_from_camera(camera)
    ray = T.R @ rig.cameras[camera].rays(nose_px)
    focal_px = float(rig.cameras[camera].matrix[1, 1])
    distance_m = focal_px * FACE_HEIGHT_M / max(face_height_px, 1.0)
    across = (0.05 * FACE_HEIGHT_M) ** 2
    along = (FACE_HEIGHT_SPREAD * distance_m) ** 2
    return Position3(T.t + distance_m * ray, across * np.eye(3) + (along - across) * np.outer(ray, ray))
