"""The classical two-step way: five landmarks of the detector, a mean 3-D face, its pose by least squares.

Needs no training and no network: the fallback, and a cross-check. The camera of a crop is unknown to this
method, so it fits a scaled orthographic view (a head at 3 m is 20 times its own depth away) by Gauss–Newton
on the rotation, from several starts because four of the five points are nearly in a plane. The landmarks'
scatter and the differences between people's faces enter as a covariance; together with a broad prior on the
pose they give each angle its sigma.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gazeclass.geometry.gaze import cross_matrix
from gazeclass.geometry.rotation import (
    Array,
    angle_jacobian,
    exp_so3,
    long_yaw_angles_deg,
    rotation_from_angles_deg,
)
from gazeclass.headpose.meanface import MEAN_FACE_68, five_points

#: The five points of the mean face, metres in SCS.
MEAN_FIVE: Array = five_points(MEAN_FACE_68)

#: Starts of the search, degrees of yaw and pitch.
_STARTS = tuple((yaw, pitch) for yaw in (-60.0, -20.0, 20.0, 60.0) for pitch in (-15.0, 15.0))


@dataclass(frozen=True, eq=False)
class FivePointModel:
    """What the fit believes of faces and of the detector.

    Attributes:
        points_m: ``(5, 3)`` where the detector's points lie on a mean head, SCS metres.
        shape_sd_m: ``(3,)`` spread of one point between people along X, Y, Z of the head, metres.
        detector_sd_m: scatter of a detected point, metres on the head.
        prior_sd_deg: ``(3,)`` broad prior on yaw, pitch, roll about facing the camera.
    """

    points_m: Array
    shape_sd_m: tuple[float, float, float] = (0.0025, 0.0035, 0.0045)
    detector_sd_m: float = 0.003
    prior_sd_deg: tuple[float, float, float] = (45.0, 20.0, 20.0)


DEFAULT_MODEL = FivePointModel(MEAN_FIVE)

#: Where MTCNN's O-Net puts its five points on a mean head, ``(5, 3)`` metres in SCS: the nose below and behind the tip,
#: eyes and mouth higher and lower. Least squares over 6,220 rendered heads of training turned by less than 50°.
ONET_FIVE: Array = (
    np.array(
        [(-33.0, 33.4, -34.8), (33.0, 33.4, -34.8), (0.0, -4.4, -4.4), (-26.4, -40.1, -30.3), (26.4, -40.1, -30.3)]
    )
    / 1000.0
)
DETECTOR_MODEL = FivePointModel(ONET_FIVE)


def pose_from_five_points(
    landmarks_px: ArrayLike, model: FivePointModel = DEFAULT_MODEL, *, iterations: int = 12
) -> tuple[Array, Array, Array]:
    """Head rotation against the viewing ray from MTCNN's five points.

    Args:
        landmarks_px: ``(n, 5, 2)`` pixels, x right, y down.
        model: the mean points and the spreads.
        iterations: Gauss–Newton steps from each start.

    Returns:
        ``R_crop (n, 3, 3)``, ``sigma_deg (n, 3)`` of yaw, pitch, roll, and the residual ``(n,)``: the root
        mean square distance of the points from the fit over the fitted scale, metres on the head.
        Non-finite landmarks give NaN.
    """
    p = np.asarray(landmarks_px, float).reshape(-1, 5, 2)
    n = len(p)
    R_best = np.full((n, 3, 3), np.nan)
    sigma = np.full((n, 3), np.nan)
    residual = np.full(n, np.nan)
    spread = p.std(axis=1).sum(axis=1) if n else np.zeros(0)
    good = np.isfinite(p).all(axis=(1, 2)) & (spread > 1e-6)
    if not good.any():
        return R_best, sigma, residual
    q = p[good]
    cost_best = np.full(len(q), np.inf)
    R_ok, info_ok = np.zeros((len(q), 3, 3)), np.zeros((len(q), 3, 3))
    rms_ok = np.zeros(len(q))
    # In-plane turn of the eye line: starts lean with the head.
    eyes = q[:, 1] - q[:, 0]
    lean = np.degrees(np.arctan2(eyes[:, 1], eyes[:, 0]))
    for yaw, pitch in _STARTS:
        R = _rotate_in_plane(rotation_from_angles_deg(yaw, pitch, 0.0), lean)
        R, cost, info, rms = _fit(q, R, model, iterations)
        better = cost < cost_best
        cost_best[better], R_ok[better], info_ok[better], rms_ok[better] = (
            cost[better],
            R[better],
            info[better],
            rms[better],
        )
    R_best[good], residual[good] = R_ok, rms_ok
    sigma[good] = _angle_sigma_deg(R_ok, np.linalg.inv(info_ok))
    return R_best, sigma, residual


def _rotate_in_plane(R: Array, turn_deg: Array) -> Array:
    """``(3, 3)`` and ``(n,)`` to ``(n, 3, 3)``: R turned clockwise on the screen."""
    vectors = np.zeros((len(turn_deg), 3))
    vectors[:, 2] = np.radians(turn_deg)
    return exp_so3(vectors) @ R


def _scale_and_residual(q: Array, R: Array, model: FivePointModel) -> tuple[Array, Array]:
    """Best scale (pixels per metre) ``(n,)`` and residuals in metres ``(n, 5, 2)`` for given rotations."""
    m = model.points_m @ np.swapaxes(R, 1, 2)[:, :, :2]
    m = m - m.mean(axis=1, keepdims=True)
    c = q - q.mean(axis=1, keepdims=True)
    # Scale as the ratio of spreads, not the regression: the latter shrinks when the rotation is still wrong.
    scale = np.sqrt((c**2).sum(axis=(1, 2)) / (m**2).sum(axis=(1, 2)))
    return scale, c / scale[:, None, None] - m


def _fit(q: Array, R: Array, model: FivePointModel, iterations: int) -> tuple[Array, Array, Array, Array]:
    """Gauss–Newton from one start; returns R, cost, information ``(n, 3, 3)`` per rad² and the residual
    rms."""
    prior = np.radians(np.asarray(model.prior_sd_deg))
    for step in range(iterations + 1):
        _, r = _scale_and_residual(q, R, model)
        weight = _weights(R, model)
        J = _jacobian(q, R, model)
        A_angle = angle_jacobian(*long_yaw_angles_deg(R)[:, :2].T)
        angles = np.radians(long_yaw_angles_deg(R))
        # The prior in the angles, carried to the rotation vector e by angles ≈ A⁻¹ e.
        B = np.linalg.pinv(A_angle, rcond=1e-2) / prior[:, None]
        WJ = weight @ J
        info = np.swapaxes(J, 1, 2) @ WJ + np.swapaxes(B, 1, 2) @ B
        rw = np.einsum("nij,nj->ni", weight, r.reshape(len(q), 10))
        gradient = np.einsum("nij,ni->nj", J, rw) - np.einsum("nij,ni->nj", B, angles / prior)
        if step < iterations:
            delta = np.linalg.solve(info + 1e-9 * np.eye(3), gradient[..., None])[..., 0]
            length = np.linalg.norm(delta, axis=1, keepdims=True)
            R = exp_so3(delta * np.minimum(1.0, 0.35 / np.maximum(length, 1e-12))) @ R
    cost = np.einsum("ni,ni->n", r.reshape(len(q), 10), rw) + ((angles / prior) ** 2).sum(axis=1)
    return R, cost, info, np.sqrt((r**2).sum(axis=2).mean(axis=1))


def _weights(R: Array, model: FivePointModel) -> Array:
    """Inverse covariance ``(n, 10, 10)`` of the centred residuals, which depends on how the head's axes
    lie."""
    n = len(R)
    spread = R[:, :2] @ (np.asarray(model.shape_sd_m)[:, None] ** 2 * np.swapaxes(R[:, :2], 1, 2))
    spread += model.detector_sd_m**2 * np.eye(2)
    weight = np.zeros((n, 5, 2, 5, 2))
    inverse = np.linalg.inv(spread)
    for k in range(5):
        weight[:, k, :, k, :] = inverse
    return weight.reshape(n, 10, 10)


def _jacobian(q: Array, R: Array, model: FivePointModel) -> Array:
    """Derivative ``(n, 10, 3)`` of the modelled points (metres) by a left perturbation of R, scale held to
    the picture."""
    m3 = model.points_m @ np.swapaxes(R, 1, 2)
    m3 = m3 - m3.mean(axis=1, keepdims=True)
    # d(e × m) = -[m]× e, first two rows.
    J = -cross_matrix(m3)[:, :, :2, :]
    m = m3[:, :, :2]
    c = q - q.mean(axis=1, keepdims=True)
    norm2 = (m**2).sum(axis=(1, 2))
    scale = np.sqrt((c**2).sum(axis=(1, 2)) / norm2)
    # The picture in metres is c / scale and scale ∝ 1/|m|: its change is c/scale · d|m|/|m|.
    dlog = np.einsum("nki,nkij->nj", m, J) / norm2[:, None]
    picture = c / scale[:, None, None]
    return (J - picture[..., None] * dlog[:, None, None, :]).reshape(len(q), 10, 3)


def _angle_sigma_deg(R: Array, cov_rad2: ArrayLike) -> Array:
    """Standard deviations ``(n, 3)`` of yaw, pitch, roll from the covariance of the left perturbation."""
    angles = long_yaw_angles_deg(R)
    # Near the profile pitch and roll cannot be told apart: pinv keeps the sigma finite, as large as it may
    # honestly be.
    A = np.linalg.pinv(angle_jacobian(angles[:, 0], angles[:, 1]), rcond=0.05)
    cov = A @ np.asarray(cov_rad2, float) @ np.swapaxes(A, 1, 2)
    return np.degrees(np.sqrt(np.maximum(np.diagonal(cov, axis1=1, axis2=2), 1e-12)))
