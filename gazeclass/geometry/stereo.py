"""Two cameras that know each other, and the epipolar distance between their pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import Array


@dataclass(frozen=True, eq=False)
class StereoRig:
    """A calibrated pair of cameras; camera 0 is the reference, its axes are the CCS.

    Attributes:
        cameras: intrinsics of camera 0 and camera 1.
        T_10: maps camera 0's axes to camera 1's (OpenCV's stereoCalibrate R, T), metres.
        T_WC: maps the CCS to the WCS; None while only the stereo calibration is known.
    """

    cameras: tuple[CameraModel, CameraModel]
    T_10: Transform
    T_WC: Transform | None = None

    @property
    def baseline_m(self) -> float:
        """Distance of the two optical centres."""
        return float(np.linalg.norm(self.T_10.t))

    def camera_from_reference(self, camera: int) -> Transform:
        """T from the CCS to the axes of camera 0 or 1."""
        return self.T_10 if camera else Transform.identity()

    def world_from_camera(self, camera: int) -> Transform:
        """T from the axes of camera 0 or 1 to WCS.

        Raises:
            ValueError: the rig's pose in the world is not known.
        """
        if self.T_WC is None:
            raise ValueError("the rig has no world frame: calibrate the auxiliary frame and the tape first")
        return self.T_WC @ self.camera_from_reference(camera).inverse()

    def project(self, camera: int, points_C: ArrayLike) -> Array:
        """Points ``(..., 3)`` in CCS to pixels of camera 0 or 1; NaN where not in front of it."""
        return self.cameras[camera].project(self.camera_from_reference(camera).apply(points_C))

    def project_world(self, camera: int, points_W: ArrayLike) -> Array:
        """Points ``(..., 3)`` in WCS to pixels of camera 0 or 1; NaN where not in front of it."""
        return self.cameras[camera].project(self.world_from_camera(camera).inverse().apply(points_W))

    def essential(self) -> Array:
        """Essential matrix E ``(3, 3)``: ``n1ᵀ E n0 = 0`` for normalised homogeneous points of one object point."""
        x, y, z = self.T_10.t
        return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]]) @ self.T_10.R


def epipolar_distance_px(rig: StereoRig, points0_px: ArrayLike, points1_px: ArrayLike) -> Array:
    """How far each pair of pixels is from being one object point, all pairs.

    Sampson's first-order approximation of the reprojection error (Hartley & Zisserman 2004, eq. 11.9), in normalised
    coordinates, times the mean focal length.

    Args:
        rig: the cameras.
        points0_px: ``(n, 2)`` of camera 0.
        points1_px: ``(m, 2)`` of camera 1.

    Returns:
        ``(n, m)`` pixels.
    """
    return _sampson_px(rig, _homogeneous(rig, 0, points0_px)[:, None], _homogeneous(rig, 1, points1_px)[None, :])


def paired_epipolar_distance_px(rig: StereoRig, points0_px: ArrayLike, points1_px: ArrayLike) -> Array:
    """As :func:`epipolar_distance_px` for pixels already paired: ``(n, 2)`` and ``(n, 2)`` → ``(n,)``."""
    return _sampson_px(rig, _homogeneous(rig, 0, points0_px), _homogeneous(rig, 1, points1_px))


def _homogeneous(rig: StereoRig, camera: int, points_px: ArrayLike) -> Array:
    n = rig.cameras[camera].undistort(np.asarray(points_px, float).reshape(-1, 2))
    return np.concatenate([n, np.ones((len(n), 1))], axis=1)


def _sampson_px(rig: StereoRig, n0: Array, n1: Array) -> Array:
    E = rig.essential()
    line1 = n0 @ E.T
    line0 = n1 @ E
    error = np.sum(n1 * line1, axis=-1)
    gradient2 = line1[..., 0] ** 2 + line1[..., 1] ** 2 + line0[..., 0] ** 2 + line0[..., 1] ** 2
    focal_px = np.mean([[c.matrix[0, 0], c.matrix[1, 1]] for c in rig.cameras])
    return focal_px * np.abs(error) / np.sqrt(np.maximum(gradient2, 1e-30))
