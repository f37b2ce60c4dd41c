"""Pose from many landmarks of a mean face: scaled orthographic least squares, in closed form."""

import numpy as np
from numpy.typing import ArrayLike

from gazeclass.geometry.rotation import Array


def pose_from_landmarks(points_px: ArrayLike, mean_face_m: ArrayLike) -> Array:
    """Rotation against the viewing ray from landmarks of one face.

    The affine map from head to picture that fits best in least squares, then the scaled orthographic one nearest to it
    (its singular values made equal).

    Args:
        points_px: ``(n, 2)`` pixels, x right, y down; n ≥ 4.
        mean_face_m: ``(n, 3)`` the same landmarks on a mean face, SCS.

    Returns:
        ``(3, 3)`` R_crop.

    Raises:
        ValueError: shapes that do not belong together, or points of which three directions cannot be told.
    """
    p, m = np.asarray(points_px, float), np.asarray(mean_face_m, float)
    if p.ndim != 2 or m.shape != (len(p), 3) or p.shape[1] != 2 or len(p) < 4:
        raise ValueError(f"points (n, 2) and a mean face (n, 3) with n ≥ 4, not {p.shape} and {m.shape}")
    A, _, rank, _ = np.linalg.lstsq(m - m.mean(axis=0), p - p.mean(axis=0), rcond=None)
    if rank < 3:
        raise ValueError("the mean face is flat")
    U, _, Vt = np.linalg.svd(A.T, full_matrices=False)
    rows = U @ Vt
    return np.vstack([rows, np.cross(rows[0], rows[1])])
