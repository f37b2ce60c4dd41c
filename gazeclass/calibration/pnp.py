"""Pose of the flat target in one picture: both solutions that a plane allows."""

from dataclasses import dataclass

import cv2
import numpy as np

from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import Array, exp_so3


@dataclass(frozen=True, eq=False)
class PlanePose:
    """One possible pose of the target.

    Attributes:
        T_CB: target (ACS) to camera axes.
        rms_px: reprojection error of this pose.
    """

    T_CB: Transform
    rms_px: float


def plane_poses(camera: CameraModel, points_A: Array, corners_px: Array) -> list[PlanePose]:
    """Poses that explain the corners, best first; a distant plane has two that differ little in error.

    Args:
        camera: intrinsics.
        points_A: ``(n, 3)`` of the target, all z = 0, n ≥ 4.
        corners_px: ``(n, 2)``.

    Returns:
        One or two poses with the target in front of the camera and its printed side towards it. Empty where the
        corners are degenerate.
    """
    if len(points_A) < 4:
        return []
    object_points = np.ascontiguousarray(points_A, float).reshape(-1, 1, 3)
    # In normalised coordinates, so that a strong distortion does not end cv2's own undistortion too early.
    image_points = np.ascontiguousarray(camera.undistort(corners_px)).reshape(-1, 1, 2)
    try:
        _, rotations, translations, _ = cv2.solvePnPGeneric(
            object_points, image_points, np.eye(3), np.zeros(5), flags=cv2.SOLVEPNP_IPPE
        )
    except cv2.error:
        return []
    poses = []
    for rvec, tvec in zip(rotations, translations, strict=True):
        if not (np.isfinite(rvec).all() and np.isfinite(tvec).all()):
            continue
        r, t = cv2.solvePnPRefineLM(object_points, image_points, np.eye(3), np.zeros(5), rvec.copy(), tvec.copy())
        T_CB = Transform(exp_so3(np.asarray(r, float).reshape(3)), np.asarray(t, float).reshape(3))
        error = camera.project(T_CB.apply(points_A)) - corners_px
        faces_camera = float(T_CB.R[:, 2] @ T_CB.t) < 0
        if np.isfinite(error).all() and faces_camera:
            poses.append(PlanePose(T_CB, float(np.sqrt((error**2).sum(1).mean()))))
    poses.sort(key=lambda pose: pose.rms_px)
    return poses
