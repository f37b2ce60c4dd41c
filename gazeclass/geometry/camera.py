"""One camera: pinhole with OpenCV's distortion, and the rotation that makes crop pose camera pose."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike

from gazeclass.geometry.rotation import Array


@dataclass(frozen=True, eq=False)
class CameraModel:
    """Intrinsics of one camera; pixel centres have whole-number coordinates.

    Attributes:
        width_px, height_px: the picture size these intrinsics belong to.
        matrix: ``(3, 3)`` camera matrix, pixels.
        distortion: OpenCV order k1, k2, p1, p2, k3[, …]; 4, 5, 8, 12 or 14 values.
    """

    width_px: int
    height_px: int
    matrix: Array
    distortion: Array

    def __post_init__(self) -> None:
        K, d = np.array(self.matrix, dtype=float), np.array(self.distortion, dtype=float).reshape(-1)
        if K.shape != (3, 3) or d.size not in (4, 5, 8, 12, 14):
            raise ValueError(f"camera matrix (3, 3) and 4, 5, 8, 12 or 14 coefficients, not {K.shape} and {d.size}")
        K.flags.writeable = d.flags.writeable = False
        object.__setattr__(self, "matrix", K)
        object.__setattr__(self, "distortion", d)

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width_px, self.height_px

    def undistort(self, points_px: ArrayLike) -> Array:
        """Pixels ``(..., 2)`` to normalised image coordinates ``(..., 2)`` (the ray is ``(x, y, 1)`` in the camera).

        NaN stays NaN; an empty input gives an empty output.
        """
        points = np.asarray(points_px, float)
        if points.size == 0:
            return points.reshape(points.shape)
        pixels = np.ascontiguousarray(points.reshape(-1, 2))
        n = np.asarray(cv2.undistortPoints(pixels[:, None], self.matrix, self.distortion), float).reshape(-1, 2)
        # OpenCV's five fixed-point iterations leave 0.1 px at the corners of a wide lens; Newton finishes the job.
        for _ in range(4):
            found, J = self.distort_with_jacobian(n)
            error = pixels - found
            determinant = J[:, 0, 0] * J[:, 1, 1] - J[:, 0, 1] * J[:, 1, 0]
            # Beyond the radius where the lens model folds back there is no inverse: keep OpenCV's answer.
            sound = np.isfinite(error).all(1) & (determinant > 1.0)
            if not sound.any() or np.abs(error[sound]).max() < 1e-9:
                break
            n[sound] += np.linalg.solve(J[sound], error[sound][..., None])[..., 0]
        return n.reshape(points.shape)

    def distort(self, points_n: ArrayLike) -> Array:
        """Normalised coordinates ``(..., 2)`` to pixels ``(..., 2)``."""
        points = np.asarray(points_n, float)
        rays = np.concatenate([points, np.ones((*points.shape[:-1], 1))], axis=-1)
        return self.project(rays)

    def distort_with_jacobian(self, points_n: ArrayLike) -> tuple[Array, Array]:
        """Pixels ``(n, 2)`` of normalised points ``(n, 2)`` and d pixel / d normalised ``(n, 2, 2)``.

        Central differences: the lens model is a low polynomial, so steps of 1e-5 are good to ten digits, whatever its
        number of terms.
        """
        n = np.asarray(points_n, float)
        h = 1e-5
        offsets = np.array([[0.0, 0.0], [h, 0.0], [-h, 0.0], [0.0, h], [0.0, -h]])
        pixels = self.distort(n[None] + offsets[:, None])
        J = np.stack([(pixels[1] - pixels[2]) / (2 * h), (pixels[3] - pixels[4]) / (2 * h)], axis=-1)
        return pixels[0], J

    def project(self, points_C: ArrayLike) -> Array:
        """Points ``(..., 3)`` in this camera's axes to pixels ``(..., 2)``; NaN for points not in front of it."""
        points = np.asarray(points_C, float)
        if points.size == 0:
            return np.zeros((*points.shape[:-1], 2))
        flat = points.reshape(-1, 3)
        front = flat[:, 2] > 1e-9
        out = np.full((len(flat), 2), np.nan)
        if front.any():
            pixels, _ = cv2.projectPoints(
                np.ascontiguousarray(flat[front])[:, None],
                np.zeros(3),
                np.zeros(3),
                self.matrix,
                self.distortion,
            )
            out[front] = np.asarray(pixels).reshape(-1, 2)
        return out.reshape(*points.shape[:-1], 2)

    def rays(self, points_px: ArrayLike) -> Array:
        """Unit viewing rays ``(..., 3)`` in camera axes through pixels ``(..., 2)``."""
        n = self.undistort(points_px)
        rays = np.concatenate([n, np.ones((*n.shape[:-1], 1))], axis=-1)
        return rays / np.linalg.norm(rays, axis=-1, keepdims=True)

    def contains(self, points_px: ArrayLike) -> np.ndarray:
        """Whether pixels ``(..., 2)`` lie inside the picture; NaN does not."""
        p = np.asarray(points_px, float)
        return (
            (p[..., 0] >= -0.5)
            & (p[..., 0] <= self.width_px - 0.5)
            & (p[..., 1] >= -0.5)
            & (p[..., 1] <= self.height_px - 0.5)
        )

    def scaled(self, width_px: int, height_px: int) -> "CameraModel":
        """The same lens at another resolution of the same aspect ratio.

        Raises:
            ValueError: the aspect ratio differs, so the picture was cropped, not scaled.
        """
        if width_px * self.height_px != height_px * self.width_px:
            raise ValueError(f"{width_px}×{height_px} is not {self.width_px}×{self.height_px} scaled")
        s = width_px / self.width_px
        K = self.matrix.copy()
        K[:2] *= s
        # Pixel centres have whole-number coordinates: scale about the picture's corner at (-0.5, -0.5).
        K[:2, 2] += 0.5 * (s - 1.0)
        return CameraModel(width_px, height_px, K, self.distortion)


def ray_rotation(directions: ArrayLike) -> Array:
    """R_ray, the smallest rotation that takes the optical axis (0, 0, 1) to each direction (method §2).

    A network that sees a crop estimates the pose relative to the viewing ray: ``R_CS = R_ray · R_crop``.

    Args:
        directions: ``(..., 3)`` in camera axes, any length, pointing forward (z > 0).

    Returns:
        ``(..., 3, 3)``.
    """
    d = np.asarray(directions, float)
    d = d / np.linalg.norm(d, axis=-1, keepdims=True)
    x, y, z = d[..., 0], d[..., 1], d[..., 2]
    # Rodrigues with axis (0,0,1) × d = (-y, x, 0): R = I + [v]× + [v]×² / (1 + z).
    k = 1.0 / (1.0 + z)
    return np.stack(
        [
            np.stack([1.0 - k * x * x, -k * x * y, x], axis=-1),
            np.stack([-k * x * y, 1.0 - k * y * y, y], axis=-1),
            np.stack([-x, -y, z], axis=-1),
        ],
        axis=-2,
    )
