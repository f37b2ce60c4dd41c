"""Rotations: head pose angles (300W-LP convention), distances and means on SO(3).

Positive yaw turns the nose to the picture's left, positive pitch lifts it, positive roll leans the top of the head to
the picture's right. In camera axes ``R_crop = diag(1,-1,-1) · Rx(-pitch) · Ry(-yaw) · Rz(-roll)`` (method §2).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

Array = NDArray[np.float64]

#: A head that faces the camera (R_crop) or the board (R_WS) squarely.
FACING: Array = np.diag([1.0, -1.0, -1.0])


def rotation_from_angles_deg(yaw_deg: ArrayLike, pitch_deg: ArrayLike, roll_deg: ArrayLike) -> Array:
    """Head rotation against the viewer from its three angles.

    Args:
        yaw_deg, pitch_deg, roll_deg: broadcast against each other to shape ``(...)``.

    Returns:
        ``(..., 3, 3)``, SCS to viewer axes (camera for R_crop, WCS for R_WS with the board as the viewer).
    """
    pitch, yaw, roll = np.broadcast_arrays(*(np.asarray(a, float) for a in (pitch_deg, yaw_deg, roll_deg)))
    angles = -np.stack([pitch, yaw, roll], axis=-1)
    matrices = Rotation.from_euler("XYZ", angles.reshape(-1, 3), degrees=True).as_matrix()
    return FACING @ matrices.reshape(*angles.shape[:-1], 3, 3)


def angles_deg_from_rotation(R: ArrayLike) -> Array:
    """Yaw, pitch, roll of head rotations; inverse of :func:`rotation_from_angles_deg` for |yaw| ≤ 90°.

    Yaw is in [-90, 90], pitch and roll in (-180, 180]. At |yaw| = 90° pitch and roll are not separable: roll is 0.

    Args:
        R: ``(..., 3, 3)``.

    Returns:
        ``(..., 3)`` degrees in the order yaw, pitch, roll.
    """
    M = FACING @ np.asarray(R, float)
    # M = Rx(a) Ry(b) Rz(c), a = -pitch, b = -yaw, c = -roll; M[0,2] = sin b.
    sin_b = np.clip(M[..., 0, 2], -1.0, 1.0)
    locked = np.hypot(M[..., 0, 0], M[..., 0, 1]) < 1e-9
    a = np.where(locked, np.arctan2(M[..., 2, 1], M[..., 1, 1]), np.arctan2(-M[..., 1, 2], M[..., 2, 2]))
    c = np.where(locked, 0.0, np.arctan2(-M[..., 0, 1], M[..., 0, 0]))
    return -np.degrees(np.stack([np.arcsin(sin_b), a, c], axis=-1))


def long_yaw_angles_deg(R: ArrayLike) -> Array:
    """Yaw, pitch, roll with yaw in (-180, 180] and pitch in [-90, 90]: for heads turned past the profile.

    The same rotation has two triples, ``(yaw, pitch, roll)`` and ``(180-yaw, pitch+180, roll+180)``; this one keeps
    pitch small, so that a head turning away runs through 90° without a jump.

    Args:
        R: ``(..., 3, 3)``.

    Returns:
        ``(..., 3)`` degrees in the order yaw, pitch, roll.
    """
    first = angles_deg_from_rotation(R)
    other = wrap_deg(np.stack([180.0 - first[..., 0], first[..., 1] + 180.0, first[..., 2] + 180.0], axis=-1))
    return np.where(np.abs(first[..., 1:2]) > 90.0, other, first)


def wrap_deg(angle_deg: ArrayLike) -> Array:
    """The same angle in (-180, 180]."""
    return 180.0 - np.mod(180.0 - np.asarray(angle_deg, float), 360.0)


def geodesic_deg(A: ArrayLike, B: ArrayLike) -> Array:
    """Angle of the rotation between ``A`` and ``B``, shapes ``(..., 3, 3)`` → ``(...)`` degrees in [0, 180]."""
    D = np.swapaxes(np.asarray(A, float), -1, -2) @ np.asarray(B, float)
    # atan2 of sine and cosine keeps its precision at 0 and 180°, where acos of the trace loses half the digits.
    axis = np.stack([D[..., 2, 1] - D[..., 1, 2], D[..., 0, 2] - D[..., 2, 0], D[..., 1, 0] - D[..., 0, 1]], axis=-1)
    return np.degrees(np.arctan2(np.linalg.norm(axis, axis=-1), np.trace(D, axis1=-2, axis2=-1) - 1.0))


def exp_so3(rotvec_rad: ArrayLike) -> Array:
    """Rotation matrices ``(..., 3, 3)`` of rotation vectors ``(..., 3)`` in radians."""
    v = np.asarray(rotvec_rad, float)
    return Rotation.from_rotvec(v.reshape(-1, 3)).as_matrix().reshape(*v.shape[:-1], 3, 3)


def log_so3(R: ArrayLike) -> Array:
    """Rotation vectors ``(..., 3)`` in radians of rotation matrices ``(..., 3, 3)``."""
    M = np.asarray(R, float)
    return Rotation.from_matrix(M.reshape(-1, 3, 3)).as_rotvec().reshape(*M.shape[:-2], 3)


def nearest_rotation(M: ArrayLike) -> Array:
    """The rotation nearest to ``M`` ``(..., 3, 3)`` in the Frobenius norm (orthogonal Procrustes, det = +1)."""
    U, _, Vt = np.linalg.svd(np.asarray(M, float))
    sign = np.linalg.det(U @ Vt)
    U = U.copy()
    U[..., :, 2] *= sign[..., None]
    return U @ Vt


def fuse_rotations(R: ArrayLike, cov: ArrayLike, *, iterations: int = 3) -> tuple[Array, Array]:
    """Covariance-weighted mean of several estimates of one rotation.

    Each estimate is ``exp(e) R_true`` with ``e ~ N(0, cov)`` in the frame that ``R`` maps *to* (left perturbation).
    Gauss–Newton on SO(3); the weights are the inverse covariances (Barfoot & Furgale 2014, eqs. 40–46, first order).

    Args:
        R: ``(n, 3, 3)`` estimates.
        cov: ``(n, 3, 3)`` covariances, rad².

    Returns:
        Mean ``(3, 3)`` and its covariance ``(3, 3)`` in rad², same perturbation side.
    """
    R = np.asarray(R, float)
    information = np.linalg.inv(np.asarray(cov, float))
    fused_cov = np.linalg.inv(information.sum(axis=0))
    mean = R[int(np.argmax(np.trace(information, axis1=1, axis2=2)))]
    for _ in range(iterations):
        errors = log_so3(R @ mean.T)
        step = fused_cov @ np.einsum("nij,nj->i", information, errors)
        mean = exp_so3(step) @ mean
    return nearest_rotation(mean), fused_cov


def angle_jacobian(yaw_deg: ArrayLike, pitch_deg: ArrayLike) -> Array:
    """How small changes of the three angles perturb R_crop from the left: ``R_new ≈ exp(J δ) R``.

    Args:
        yaw_deg, pitch_deg: ``(...)``; roll has no influence.

    Returns:
        ``(..., 3, 3)``, columns for yaw, pitch, roll; J δ is a rotation vector in the viewer's axes, in the unit of δ.
    """
    yaw, pitch = np.broadcast_arrays(np.radians(np.asarray(yaw_deg, float)), np.radians(np.asarray(pitch_deg, float)))
    zero = np.zeros_like(yaw)
    ca, sa, cb, sb = np.cos(-pitch), np.sin(-pitch), np.cos(-yaw), np.sin(-yaw)
    # R_crop = F Rx(a) Ry(b) Rz(c): the axes of a, b, c seen from outside are F e1, F Rx e2, F Rx Ry e3.
    axis_a = np.stack([zero + 1.0, zero, zero], axis=-1)
    axis_b = np.stack([zero, ca, sa], axis=-1)
    axis_c = np.stack([sb, -sa * cb, ca * cb], axis=-1)
    return -FACING @ np.stack([axis_b, axis_a, axis_c], axis=-1)
