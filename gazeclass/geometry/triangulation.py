"""The optimal two-view point and its covariance.

The linear point (DLT, Hartley & Zisserman 2004 §12.2) starts a Gauss–Newton descent on the reprojection error in
*distorted* pixels, weighted with the pixel noise of each point: the maximum-likelihood point, which for two
undistorted cameras of equal noise is Hartley & Sturm's (checked against ``cv2.correctMatches``). The covariance is the
inverse of the normal matrix (ibid. §5.1).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import Array
from gazeclass.geometry.status import Status
from gazeclass.geometry.stereo import StereoRig

#: Rays closer to parallel than this meet too far away to mean anything (a 4 m baseline: beyond 1 km).
MIN_PARALLAX_DEG = 0.2


@dataclass(frozen=True, eq=False)
class Triangulation:
    """Points seen by both cameras, in CCS.

    Attributes:
        position_C_m: ``(n, 3)``, NaN where the status is not OK.
        cov_C_m2: ``(n, 3, 3)``, from the pixel noise alone.
        residual_px: ``(n,)`` root of the summed squared reprojection errors over the noise's scale (1 = as expected
            for one degree of freedom), in units of the given sigma times pixels: ``sqrt(Σ r²/σ²) · mean σ``.
        status: ``(n,)`` values of :class:`Status`.
    """

    position_C_m: Array
    cov_C_m2: Array
    residual_px: Array
    status: np.ndarray

    @property
    def ok(self) -> np.ndarray:
        """Mask of the points that were measured."""
        return self.status == Status.OK


def triangulate(
    rig: StereoRig,
    points0_px: ArrayLike,
    points1_px: ArrayLike,
    sigma_px: ArrayLike = 1.0,
    *,
    iterations: int = 6,
) -> Triangulation:
    """Triangulate pixels paired over the two cameras.

    Args:
        rig: the cameras.
        points0_px, points1_px: ``(n, 2)`` distorted pixels, row i of both is one object point.
        sigma_px: standard deviation of each pixel coordinate: a number, ``(n,)``, or ``(n, 2)`` for cameras 0 and 1.
        iterations: Gauss–Newton steps; three suffice within 0.01 mm in a classroom.
    """
    p0, p1 = (np.asarray(p, float).reshape(-1, 2) for p in (points0_px, points1_px))
    if p0.shape != p1.shape:
        raise ValueError(f"{len(p0)} points of camera 0 cannot be paired with {len(p1)} of camera 1")
    sigma = _sigma_table(sigma_px, len(p0))
    status = np.full(len(p0), Status.OK, dtype=np.int8)
    finite = np.isfinite(p0).all(1) & np.isfinite(p1).all(1) & np.isfinite(sigma).all(1)
    status[~finite] = Status.NO_INPUT

    position = np.full((len(p0), 3), np.nan)
    position[finite] = _linear_point(rig, p0[finite], p1[finite])
    status[finite] = _plausible(rig, p0[finite], p1[finite], position[finite])
    cov = np.full((len(p0), 3, 3), np.nan)
    residual = np.full(len(p0), np.nan)
    ok = status == Status.OK
    if ok.any():
        X, C, chi2, good = _refine(rig, (p0[ok], p1[ok]), sigma[ok], position[ok], iterations)
        position[ok], cov[ok], residual[ok] = X, C, np.sqrt(chi2) * sigma[ok].mean(1)
        rows = np.flatnonzero(ok)
        status[rows[~good]] = Status.PARALLEL_RAYS
    bad = status != Status.OK
    position[bad] = np.nan
    cov[bad] = np.nan
    residual[bad] = np.nan
    return Triangulation(position, cov, residual, status)


def _sigma_table(sigma_px: ArrayLike, count: int) -> Array:
    sigma = np.asarray(sigma_px, float)
    if sigma.ndim == 1:
        sigma = sigma[:, None]
    return np.broadcast_to(sigma, (count, 2)).copy()


def _linear_point(rig: StereoRig, p0: Array, p1: Array) -> Array:
    """Homogeneous DLT in normalised coordinates, ``(n, 3)``; infinite where the rays are parallel."""
    n0, n1 = rig.cameras[0].undistort(p0), rig.cameras[1].undistort(p1)
    P0 = np.eye(3, 4)
    P1 = np.column_stack([rig.T_10.R, rig.T_10.t])
    A = np.stack(
        [
            n0[:, :1] * P0[2] - P0[0],
            n0[:, 1:] * P0[2] - P0[1],
            n1[:, :1] * P1[2] - P1[0],
            n1[:, 1:] * P1[2] - P1[1],
        ],
        axis=1,
    )
    h = np.linalg.svd(A)[2][:, -1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return h[:, :3] / h[:, 3:]


def _plausible(rig: StereoRig, p0: Array, p1: Array, X: Array) -> np.ndarray:
    """Status of each linear point: parallel rays and points behind a camera are recognised here."""
    r0 = rig.cameras[0].rays(p0)
    r1 = rig.cameras[1].rays(p1) @ rig.T_10.R  # rows: R_01 r = R_10ᵀ r
    parallax = np.degrees(np.arctan2(np.linalg.norm(np.cross(r0, r1), axis=1), np.sum(r0 * r1, axis=1)))
    status = np.full(len(X), Status.OK, dtype=np.int8)
    z0 = X[:, 2]
    z1 = rig.T_10.apply(X)[:, 2]
    with np.errstate(invalid="ignore"):
        status[~((z0 > 0) & (z1 > 0))] = Status.BEHIND_CAMERA
    status[(parallax < MIN_PARALLAX_DEG) | ~np.isfinite(X).all(1)] = Status.PARALLEL_RAYS
    return status


def _refine(
    rig: StereoRig, points: tuple[Array, Array], sigma: Array, X: Array, iterations: int
) -> tuple[Array, Array, Array, np.ndarray]:
    """Gauss–Newton on weighted reprojection error; returns X, covariance, chi², success."""
    X = X.copy()
    for step in range(iterations + 1):
        normal = np.zeros((len(X), 3, 3))
        gradient = np.zeros((len(X), 3))
        chi2 = np.zeros(len(X))
        for index, camera in enumerate(rig.cameras):
            pixels, J = project_with_jacobian(camera, rig.camera_from_reference(index), X)
            weight = 1.0 / sigma[:, index] ** 2
            r = points[index] - pixels
            normal += np.einsum("nki,nkj,n->nij", J, J, weight)
            gradient += np.einsum("nki,nk,n->ni", J, r, weight)
            chi2 += weight * np.sum(r * r, axis=1)
        good = np.asarray(np.isfinite(normal).all((1, 2)) & np.isfinite(gradient).all(1))
        safe = np.where(good[:, None, None], normal, np.eye(3))
        good &= np.linalg.cond(safe) < 1e14
        safe = np.where(good[:, None, None], safe, np.eye(3))
        if step == iterations:
            break
        move = np.linalg.solve(safe, np.where(good[:, None], gradient, 0.0)[..., None])[..., 0]
        X = X + move
        if np.abs(move).max() < 1e-9:
            break
    return X, np.linalg.inv(safe), chi2, good


def project_with_jacobian(camera: CameraModel, T_camera: Transform, X: Array) -> tuple[Array, Array]:
    """Pixels ``(n, 2)`` of points ``(n, 3)`` and the derivative of the pixels by the points ``(n, 2, 3)``.

    Args:
        camera: intrinsics.
        T_camera: maps the frame of ``X`` to the camera's axes.
        X: points, metres.
    """
    Xc = T_camera.apply(X)
    z = np.where(Xc[:, 2] > 1e-9, Xc[:, 2], np.nan)
    n = Xc[:, :2] / z[:, None]
    J_n = np.zeros((len(X), 2, 3))
    J_n[:, 0, 0] = J_n[:, 1, 1] = 1.0 / z
    J_n[:, :, 2] = -n / z[:, None]
    pixels, J_px = camera.distort_with_jacobian(n)
    return pixels, J_px @ J_n @ T_camera.R
