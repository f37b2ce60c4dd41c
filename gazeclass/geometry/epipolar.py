"""Where a point of one picture may lie in the other: the epipolar curve, drawn in the picture as the camera gives it.

In undistorted coordinates it is a straight line; in a real picture the lens bends it. So the viewing ray is sampled at
distances equal in 1/z, from infinity to near the camera, and every sample is projected with the other lens.
"""

import numpy as np
from numpy.typing import ArrayLike

from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.rotation import Array
from gazeclass.geometry.stereo import StereoRig


def epipolar_curves_px(
    rig: StereoRig,
    camera: int,
    points_px: ArrayLike,
    *,
    nearest_m: float = 0.5,
    samples: int = 120,
) -> list[Array]:
    """Curves in the *other* camera's picture for points of camera 0 or 1.

    Args:
        rig: the cameras.
        camera: in whose picture the points lie.
        points_px: ``(n, 2)`` distorted pixels.
        nearest_m: the ray is followed from infinity to this distance from its camera.
        samples: points a curve, at most.

    Returns:
        One ``(k, 2)`` array a point, distorted pixels inside the other picture, in order from far to near; ``k`` is 0
        where the ray does not pass through the other picture.
    """
    other = 1 - camera
    T = rig.camera_from_reference(other) @ rig.camera_from_reference(camera).inverse()
    rays = rig.cameras[camera].undistort(np.asarray(points_px, float).reshape(-1, 2))
    inverse = np.linspace(1e-4, 1.0 / nearest_m, max(samples, 2))
    curves = []
    for x, y in rays:
        # Homogeneous in 1/z, so that infinity needs no case of its own: p = R (x, y, 1) + t / z, up to scale.
        direction = T.R @ np.array([x, y, 1.0])
        points = direction + inverse[:, None] * T.t
        points = points[points[:, 2] > 1e-6]
        curves.append(_inside(rig.cameras[other], points[:, :2] / points[:, 2:]))
    return curves


def _inside(camera: CameraModel, points_n: Array) -> Array:
    """Pixels of normalised points that lie in the picture; far outside, a lens model may fold back into it."""
    if len(points_n) == 0:
        return np.zeros((0, 2))
    pixels = camera.distort(points_n)
    kept = camera.contains(pixels)
    if kept.any():
        back: Array = np.full_like(points_n, np.inf)
        back[kept] = camera.undistort(pixels[kept])
        kept &= np.linalg.norm(back - points_n, axis=1) < 1e-3
    return np.asarray(pixels[kept])
