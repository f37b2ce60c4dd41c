"""The gaze ray against the board, with the covariance of the point it meets (method §6.5–6.6).

Head position P_W = (t1, t2, t3), viewing direction d = R_WS e3. The point is ``x = t1 - t3 d1/d3``,
``y = t2 - t3 d2/d3``, valid where d3 < 0 and t3 > 0. The covariance is first order, in three separate parts: position,
pose, and the calibration's world frame (which moves position and pose together). Checked against Monte Carlo.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gazeclass.geometry.rotation import Array
from gazeclass.geometry.status import Status


@dataclass(frozen=True, eq=False)
class GazePoints:
    """Where rays meet the board's plane; board coordinates are WCS x, y in metres.

    Attributes:
        xy_m: ``(n, 2)``, NaN where the status is not OK; may lie off the board.
        cov_m2: ``(n, 2, 2)``, the sum of the three parts.
        cov_position_m2, cov_pose_m2, cov_frame_m2: ``(n, 2, 2)`` each, its parts.
        status: ``(n,)`` values of :class:`Status`.
    """

    xy_m: Array
    cov_m2: Array
    cov_position_m2: Array
    cov_pose_m2: Array
    cov_frame_m2: Array
    status: np.ndarray


def gaze_points(
    position_W_m: ArrayLike,
    R_WS: ArrayLike,
    cov_position_m2: ArrayLike | None = None,
    cov_rotation_rad2: ArrayLike | None = None,
    cov_frame: ArrayLike | None = None,
    *,
    frame_origin_W_m: ArrayLike = (0.0, 0.0, 0.0),
    max_incidence_deg: float = 89.0,
) -> GazePoints:
    """Send a ray from each nose tip to the board.

    Args:
        position_W_m: ``(n, 3)`` nose tips.
        R_WS: ``(n, 3, 3)`` head rotations.
        cov_position_m2: ``(n, 3, 3)``; None for exact positions.
        cov_rotation_rad2: ``(n, 3, 3)`` of the left perturbation in WCS, ``R = exp(e) R_true``; None for exact.
        cov_frame: ``(6, 6)`` of the world frame's own error, rotation vector φ (rad) then translation τ (m), which
            moves a point to ``o + exp(φ) (P - o) + τ`` and a rotation to ``exp(φ) R``; None for an exact frame.
        frame_origin_W_m: ``(3,)``, the point o about which that error turns.
        max_incidence_deg: rays flatter to the board than this count as away.
    """
    P = np.asarray(position_W_m, float).reshape(-1, 3)
    R = np.asarray(R_WS, float).reshape(-1, 3, 3)
    n = len(P)
    d = R[:, :, 2]
    status = np.full(n, Status.OK, dtype=np.int8)
    with np.errstate(invalid="ignore"):
        status[d[:, 2] > -np.cos(np.radians(max_incidence_deg))] = Status.AWAY
        status[P[:, 2] <= 0] = Status.BEHIND_BOARD
    status[~(np.isfinite(P).all(1) & np.isfinite(d).all(1))] = Status.NO_INPUT
    ok = status == Status.OK

    xy = np.full((n, 2), np.nan)
    parts = [np.full((n, 2, 2), np.nan) for _ in range(3)]
    if ok.any():
        t, v = P[ok], d[ok]
        slope = v[:, :2] / v[:, 2:]
        xy[ok] = t[:, :2] - t[:, 2:] * slope
        J_P, J_e = _jacobians(t, v)
        parts[0][ok] = _carry(J_P, cov_position_m2, ok)
        parts[1][ok] = _carry(J_e, cov_rotation_rad2, ok)
        if cov_frame is None:
            parts[2][ok] = 0.0
        else:
            J_f = np.concatenate([J_e - J_P @ cross_matrix(t - np.asarray(frame_origin_W_m, float)), J_P], axis=2)
            parts[2][ok] = J_f @ np.asarray(cov_frame, float) @ np.swapaxes(J_f, 1, 2)
    return GazePoints(xy, parts[0] + parts[1] + parts[2], parts[0], parts[1], parts[2], status)


def cross_matrix(v: ArrayLike) -> Array:
    """``(..., 3)`` to the matrices ``(..., 3, 3)`` with ``[v]× w = v × w``."""
    v = np.asarray(v, float)
    out = np.zeros((*v.shape[:-1], 3, 3))
    out[..., 0, 1], out[..., 0, 2], out[..., 1, 2] = -v[..., 2], v[..., 1], -v[..., 0]
    out[..., 1, 0], out[..., 2, 0], out[..., 2, 1] = v[..., 2], -v[..., 1], v[..., 0]
    return out


def ellipse_axes(cov_m2: ArrayLike, *, probability: float = 0.68) -> tuple[Array, Array]:
    """Semi-axes and direction of error ellipses that hold the point with a given probability.

    Args:
        cov_m2: ``(..., 2, 2)``.
        probability: of a bivariate normal inside the ellipse; the radius is ``sqrt(-2 ln(1-p))`` standard deviations.

    Returns:
        Semi-axes ``(..., 2)`` metres, long one first, and the angle ``(...)`` in degrees of the long axis from +x
        towards +y of the board.
    """
    values, vectors = np.linalg.eigh(np.asarray(cov_m2, float))
    radius = np.sqrt(-2.0 * np.log1p(-probability))
    axes = radius * np.sqrt(np.maximum(values[..., ::-1], 0.0))
    return axes, np.degrees(np.arctan2(vectors[..., 1, 1], vectors[..., 0, 1]))


def _jacobians(t: Array, v: Array) -> tuple[Array, Array]:
    """d(x, y)/dP ``(n, 2, 3)`` and d(x, y)/de ``(n, 2, 3)`` for ``R = exp(e) R_true``, so that dd = e × d."""
    n = len(t)
    J_P = np.zeros((n, 2, 3))
    J_P[:, 0, 0] = J_P[:, 1, 1] = 1.0
    J_P[:, :, 2] = -v[:, :2] / v[:, 2:]
    J_d = np.zeros((n, 2, 3))
    J_d[:, 0, 0] = J_d[:, 1, 1] = -t[:, 2] / v[:, 2]
    J_d[:, :, 2] = t[:, 2:] * v[:, :2] / v[:, 2:] ** 2
    return J_P, -J_d @ cross_matrix(v)


def _carry(J: Array, cov: ArrayLike | None, ok: np.ndarray) -> Array:
    if cov is None:
        return np.zeros((len(J), 2, 2))
    C = np.asarray(cov, float).reshape(-1, 3, 3)[ok]
    return J @ C @ np.swapaxes(J, 1, 2)
