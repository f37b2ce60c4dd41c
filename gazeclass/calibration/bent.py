"""A board that is not flat: the pattern it leaves in the residuals, and its size in millimetres.

Two people who hold a sheet bend it, mostly across its long side; the same bow in all views then pulls the corners off
where a flat board would show them. Fitted jointly: lens, every view's pose, and one smooth out-of-plane shape
    z(u, v) = a (1 - 4u²) + b (1 - 4v²) + c · 4uv,    u, v in [-1/2, 1/2] over the corners,
so that ``a`` and ``b`` are the sagittas along the long and the short side, ``c`` a twist (the corners' height). Towards
whoever looks at the print is positive. A flat board gives a, b, c within their standard deviations of zero.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from gazeclass.calibration.detection import Detection
from gazeclass.calibration.pnp import plane_poses
from gazeclass.calibration.target import Target
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.rotation import Array, exp_so3, log_so3

#: A bow is named when it is larger than this, in mm and in standard deviations, and explains this share of chi².
NAME_MM, NAME_SIGMAS, NAME_SHARE = 1.0, 6.0, 0.15
MIN_VIEWS = 4
_SHAPES = 3
_INTRINSICS = 9


@dataclass(frozen=True, eq=False)
class Bow:
    """How the board is bent.

    Attributes:
        along_mm, across_mm, twist_mm: a, b, c of the module's formula.
        sigma_mm: ``(3,)`` their standard deviations.
        rms_flat_px, rms_bent_px: residuals with a flat and with the bent board.
        views: that it was fitted to.
        view_mm: per view its own sagitta along the long side, the lens kept: a sheet bends differently each time.
    """

    along_mm: float
    across_mm: float
    twist_mm: float
    sigma_mm: Array
    rms_flat_px: float
    rms_bent_px: float
    views: int
    view_mm: dict[str, float]

    @property
    def bent(self) -> bool:
        """Whether the bow is certain and large enough to matter."""
        size = np.abs([self.along_mm, self.across_mm, self.twist_mm])
        sure = (size > NAME_MM) & (size > NAME_SIGMAS * self.sigma_mm)
        explains = 1.0 - (self.rms_bent_px / max(self.rms_flat_px, 1e-12)) ** 2
        return bool(sure.any() and explains > NAME_SHARE)

    @property
    def sentence(self) -> str:
        """The bow in words; empty for a flat board."""
        if not self.bent:
            return ""
        sizes = (self.along_mm, self.across_mm, self.twist_mm)
        k = int(np.argmax(np.abs(sizes)))
        shape = (
            "its middle stands {:.1f} ± {:.1f} mm out of the line of its ends (along its long side)",
            "its middle stands {:.1f} ± {:.1f} mm out of the line of its edges (along its short side)",
            "its corners stand {:.1f} ± {:.1f} mm out of the plane of its middle (twisted)",
        )[k].format(abs(sizes[k]), float(self.sigma_mm[k]))
        return f"The board is bent: {shape}. Glue the print on a stiff, flat panel and take the views again."


def shape_basis(target: Target) -> Array:
    """``(count, 3)``: height of each corner per unit of a, b, c."""
    j, i = np.divmod(np.arange(target.count), target.columns)
    u, v = i / (target.columns - 1) - 0.5, j / (target.rows - 1) - 0.5
    return np.stack([1 - 4 * u**2, 1 - 4 * v**2, 4 * u * v], axis=1)


def measure_bow(target: Target, camera: CameraModel, views: dict[str, Detection], iterations: int = 20) -> Bow | None:
    """Fit the bow to the views of one camera; the lens is refined with it.

    Args:
        target: the board as it should be.
        camera: its lens by the flat board.
        views: detections, those rejected left out.
        iterations: of Levenberg–Marquardt, at most.

    Returns:
        None with fewer than :data:`MIN_VIEWS` usable views.
    """
    used, poses = {}, []
    for name, d in views.items():
        found = plane_poses(camera, target.points_A[d.ids], d.corners_px) if len(d.ids) >= 12 else []
        if found:
            used[name] = d
            poses.append(np.concatenate([log_so3(found[0].T_CB.R), found[0].T_CB.t]))
    if len(used) < MIN_VIEWS:
        return None
    fit = _Fit(target, list(used.values()))
    start = np.concatenate([_pack(camera), np.zeros(_SHAPES), *poses])
    flat, flat_rms, _ = fit.descend(start, iterations, shapes=False)
    bent, bent_rms, cov = fit.descend(flat, iterations, shapes=True)
    a = bent[_INTRINSICS : _INTRINSICS + _SHAPES] * 1000.0
    sigma = np.sqrt(np.diag(cov)[_INTRINSICS : _INTRINSICS + _SHAPES]) * 1000.0
    alone = fit.view_bows(bent)
    return Bow(
        along_mm=float(a[0]),
        across_mm=float(a[1]),
        twist_mm=float(a[2]),
        sigma_mm=sigma,
        rms_flat_px=flat_rms,
        rms_bent_px=bent_rms,
        views=len(used),
        view_mm={name: float(1000 * s) for name, s in zip(used, alone, strict=True)},
    )


class _Fit:
    """Levenberg–Marquardt over lens (9), shape (3) and views' poses (6 each), with OpenCV's exact derivatives."""

    def __init__(self, target: Target, views: list[Detection]) -> None:
        basis = shape_basis(target)
        self._points = [target.points_A[d.ids] for d in views]
        self._basis = [basis[d.ids] for d in views]
        self._pixels = [d.corners_px for d in views]

    def descend(self, state: Array, iterations: int, *, shapes: bool) -> tuple[Array, float, Array]:
        """Best state, its RMS in pixels per corner, and its covariance scaled by the residuals."""
        free = np.ones(len(state), bool)
        free[_INTRINSICS : _INTRINSICS + _SHAPES] = shapes
        r, J = self._linearise(state)
        damping = 1e-6
        for _ in range(iterations):
            H, g = J[:, free].T @ J[:, free], J[:, free].T @ r
            improved = False
            for _ in range(10):
                step = np.zeros(len(state))
                step[free] = -np.linalg.solve(H + damping * np.diag(np.diag(H) + 1e-12), g)
                new_r, new_J = self._linearise(state + step)
                if new_r @ new_r < r @ r:
                    improved = True
                    break
                damping *= 10.0
            if not improved:
                break
            done = r @ r - new_r @ new_r < 1e-7 * (r @ r)
            state, r, J, damping = state + step, new_r, new_J, damping / 10.0
            if done:
                break
        freedom = max(len(r) - int(free.sum()), 1)
        cov = np.zeros((len(state), len(state)))
        inverse = np.linalg.pinv(J[:, free].T @ J[:, free], hermitian=True) * float(r @ r) / freedom
        cov[np.ix_(free, free)] = inverse
        return state, float(np.sqrt(2.0 * np.mean(r**2))), cov

    def view_bows(self, state: Array) -> Array:
        """Sagitta along the long side of each view by itself (m), lens and other shapes kept."""
        r, J = self._linearise(state)
        found, at = [], 0
        for k, pixels in enumerate(self._pixels):
            rows = slice(at, at + 2 * len(pixels))
            columns = [_INTRINSICS, *range(_INTRINSICS + _SHAPES + 6 * k, _INTRINSICS + _SHAPES + 6 * k + 6)]
            step, *_ = np.linalg.lstsq(J[rows][:, columns], -r[rows], rcond=None)
            found.append(state[_INTRINSICS] + step[0])
            at = rows.stop
        return np.array(found)

    def _linearise(self, state: Array) -> tuple[Array, Array]:
        K, distortion = _unpack(state)
        shape = state[_INTRINSICS : _INTRINSICS + _SHAPES]
        residuals, blocks = [], []
        for k, (points, basis, pixels) in enumerate(zip(self._points, self._basis, self._pixels, strict=True)):
            at = _INTRINSICS + _SHAPES + 6 * k
            rvec, tvec = state[at : at + 3], state[at + 3 : at + 6]
            solid = points + np.array([0.0, 0.0, 1.0]) * (basis @ shape)[:, None]
            found, jacobian = cv2.projectPoints(np.ascontiguousarray(solid)[:, None], rvec, tvec, K, distortion)
            by: Array = np.asarray(jacobian, float).reshape(len(points), 2, -1)
            block = np.zeros((len(points), 2, len(state)))
            block[:, :, :_INTRINSICS] = by[:, :, 6 : 6 + _INTRINSICS]
            # A height along Z_A moves the point in the camera along R e3, as a translation does.
            height = by[:, :, 3:6] @ exp_so3(rvec)[:, 2]
            block[:, :, _INTRINSICS : _INTRINSICS + _SHAPES] = height[:, :, None] * basis[:, None, :]
            block[:, :, at : at + 6] = by[:, :, :6]
            residuals.append((np.asarray(found, float).reshape(-1, 2) - pixels).ravel())
            blocks.append(block.reshape(2 * len(points), -1))
        return np.concatenate(residuals), np.concatenate(blocks)


def _pack(camera: CameraModel) -> Array:
    K, d = camera.matrix, np.zeros(5)
    d[: min(5, camera.distortion.size)] = camera.distortion[:5]
    return np.array([K[0, 0], K[1, 1], K[0, 2], K[1, 2], *d])


def _unpack(state: Array) -> tuple[Array, Array]:
    fx, fy, cx, cy = state[:4]
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1.0]]), state[4:_INTRINSICS].copy()
