"""Bundle adjustment of two cameras, their relative pose and every board pose, robustly and with exact derivatives.

Levenberg–Marquardt on the reprojection error with Huber weights. Poses move by left perturbations,
``R ← exp(w) R``, ``t ← t + v``; the derivative of a pixel by its 3-D point is what ``cv2.projectPoints`` gives by the
translation (Triggs et al. 2000, §2–4).
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import Array, exp_so3

#: fx, fy, cx, cy, k1, k2, p1, p2, k3
INTRINSICS = 9

#: What is known of any ordinary lens before a picture is taken, as standard deviations: pixels are square, the
#: principal point is near the middle (in parts of the picture's width), the lens is centred, distortion is moderate.
#: Good views outweigh this a hundred times; poor ones (a board that stayed in one corner) need it, or focal length and
#: principal point run away together (measured on ``two_webcams``: 16° in the relative pose).
ASPECT_SIGMA, CENTRE_SIGMA, TANGENTIAL_SIGMA, RADIAL_SIGMA, K3_SIGMA = 0.01, 0.025, 0.003, 0.5, 0.25
#: How much more strongly a reduced lens is held square and centred.
HOLD = 1000.0


@dataclass(frozen=True, eq=False)
class BoardView:
    """The board at one moment, seen by one or both cameras.

    Attributes:
        name: of the picture pair.
        points: per camera the board points ``(n, 3)`` it sees, metres; None where it does not see the board.
        corners_px: per camera ``(n, 2)``.
        T_0B: pose of the board in camera 0's axes.
    """

    name: str
    points: tuple[Array | None, Array | None]
    corners_px: tuple[Array | None, Array | None]
    T_0B: Transform


@dataclass(frozen=True, eq=False)
class Bundle:
    """State and result of the adjustment.

    Attributes:
        cameras: intrinsics.
        T_10: camera 0's axes to camera 1's.
        views: boards with their poses.
        rms_px: over all corners, ``sqrt(mean |error|²)``.
        view_rms_px: ``(n_views, 2)``, NaN where the camera does not see the board.
        cov_T_10: ``(6, 6)`` covariance of the relative pose (rotation vector, translation), scaled by the residuals.
    """

    cameras: tuple[CameraModel, CameraModel]
    T_10: Transform
    views: tuple[BoardView, ...]
    rms_px: float
    view_rms_px: Array
    cov_T_10: Array


def adjust(
    cameras: tuple[CameraModel, CameraModel],
    T_10: Transform,
    views: list[BoardView],
    *,
    refine_intrinsics: bool,
    refine_rig: bool = True,
    noise_px: float = 0.1,
    reduced: tuple[bool, bool] = (False, False),
    huber_px: float = 1.0,
    iterations: int = 40,
) -> Bundle:
    """Minimise the reprojection error over what is to be refined and all board poses.

    Args:
        cameras, T_10, views: where to start.
        refine_intrinsics: move fx … k3 of both cameras too (a k3 that is exactly 0 stays 0).
        refine_rig: move the relative pose.
        reduced: per camera, that its views do not carry the full lens: held centred, with square pixels.
        noise_px: of a corner coordinate; weighs what is known of any lens against the corners.
        huber_px: residual components beyond it count linearly.
        iterations: at most.

    Returns:
        The adjusted state.
    """
    state = _State(cameras, T_10, tuple(view.T_0B for view in views))
    layout = _Layout(len(views), refine_intrinsics, refine_rig, cameras, noise_px, reduced)
    residual, J = _linearise(state, views, layout)
    cost, damping = _huber_cost(residual, huber_px), 1e-4
    for _ in range(iterations):
        weight = _huber_weight(residual, huber_px)
        H, g = J.T @ (J * weight[:, None]), J.T @ (weight * residual)
        improved = False
        for _ in range(8):
            scaled = H + damping * np.diag(np.diag(H) + 1e-12)
            try:
                step = -np.asarray(np.linalg.solve(scaled, g), float)
            except np.linalg.LinAlgError:
                damping *= 10.0
                continue
            candidate = _move(state, step, layout)
            new_residual = _residual(candidate, views, layout)
            new_cost = _huber_cost(new_residual, huber_px) if new_residual is not None else np.inf
            if new_cost < cost:
                improved = True
                break
            damping *= 10.0
        if not improved:
            break
        gain, state, cost = cost - new_cost, candidate, new_cost
        residual, J = _linearise(state, views, layout)
        damping = max(damping / 10.0, 1e-12)
        if gain < 1e-10 * cost + 1e-14:
            break
    return _result(state, views, layout, residual, J, huber_px)


@dataclass(frozen=True, eq=False)
class _State:
    cameras: tuple[CameraModel, CameraModel]
    T_10: Transform
    poses: tuple[Transform, ...]


class _Layout:
    """Which columns of the Jacobian belong to what."""

    def __init__(
        self,
        n_views: int,
        intrinsics: bool,
        rig: bool,
        cameras: tuple[CameraModel, CameraModel],
        noise_px: float,
        reduced: tuple[bool, bool],
    ) -> None:
        self.noise_px = noise_px
        self.reduced = reduced
        self.intrinsics = intrinsics
        self.rig_at = 2 * INTRINSICS if intrinsics else 0
        self.rig = rig
        self.views_at = self.rig_at + (6 if rig else 0)
        self.size = self.views_at + 6 * n_views
        self.k3_free = [bool(camera.distortion.size >= 5 and camera.distortion[4] != 0) for camera in cameras]

    def camera(self, c: int) -> slice:
        return slice(c * INTRINSICS, (c + 1) * INTRINSICS)

    def view(self, v: int) -> slice:
        return slice(self.views_at + 6 * v, self.views_at + 6 * v + 6)


def _project(camera: CameraModel, points_C: Array) -> tuple[Array, Array, Array]:
    """Pixels ``(n, 2)``, derivatives by the point ``(n, 2, 3)`` and by the intrinsics ``(n, 2, 9)``."""
    zero = np.zeros(3)
    pixels, jacobian = cv2.projectPoints(
        np.ascontiguousarray(points_C)[:, None], zero, zero, camera.matrix, _five(camera)
    )
    n = len(points_C)
    by: Array = np.asarray(jacobian, float).reshape(n, 2, -1)
    return np.asarray(pixels, float).reshape(n, 2), by[:, :, 3:6], by[:, :, 6 : 6 + INTRINSICS]


def _five(camera: CameraModel) -> Array:
    d = camera.distortion
    return d if d.size >= 5 else np.concatenate([d, [0.0]])


def _cross_matrices(vectors: Array) -> Array:
    x, y, z = vectors.T
    zero = np.zeros_like(x)
    return np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(-1, 3, 3)


def _points_in(state: _State, view: BoardView, pose: Transform, c: int) -> Array:
    points_0 = pose.apply(view.points[c])  # type: ignore[arg-type]
    return state.T_10.apply(points_0) if c else points_0


def _error(state: _State, view: BoardView, points_C: Array, c: int) -> tuple[Array, Array, Array]:
    """Reprojection error ``(n, 2)`` and the derivatives of :func:`_project`."""
    pixels, by_point, by_intrinsics = _project(state.cameras[c], points_C)
    return pixels - np.asarray(view.corners_px[c]), by_point, by_intrinsics


def _residual(state: _State, views: list[BoardView], layout: _Layout) -> Array | None:
    """All residuals, the corners' first; None where a point fell behind its camera."""
    parts = []
    for view, pose in zip(views, state.poses, strict=True):
        for c in (0, 1):
            if view.points[c] is None:
                continue
            points_C = _points_in(state, view, pose, c)
            if points_C[:, 2].min() <= 1e-6:
                return None
            parts.append(_error(state, view, points_C, c)[0].ravel())
    if layout.intrinsics:
        parts += [_prior(state.cameras[c], layout, c)[0] for c in (0, 1)]
    return np.concatenate(parts)


def _prior(camera: CameraModel, layout: _Layout, c: int) -> tuple[Array, Array]:
    """What is known of any lens as eight residuals, and their derivatives ``(8, 9)`` by the intrinsics."""
    (fx, _, cx), (_, fy, cy) = camera.matrix[:2]
    k1, k2, p1, p2, k3 = _five(camera)[:5]
    centre = CENTRE_SIGMA * camera.width_px
    values = [
        (fx - fy) / (ASPECT_SIGMA * fy),
        (cx - (camera.width_px - 1) / 2) / centre,
        (cy - (camera.height_px - 1) / 2) / centre,
        k1 / RADIAL_SIGMA,
        k2 / RADIAL_SIGMA,
        p1 / TANGENTIAL_SIGMA,
        p2 / TANGENTIAL_SIGMA,
        k3 / K3_SIGMA,
    ]
    J = np.zeros((8, INTRINSICS))
    J[0, 0], J[0, 1] = 1 / (ASPECT_SIGMA * fy), -fx / (ASPECT_SIGMA * fy**2)
    J[1, 2] = J[2, 3] = 1 / centre
    J[3, 4] = J[4, 5] = 1 / RADIAL_SIGMA
    J[5, 6] = J[6, 7] = 1 / TANGENTIAL_SIGMA
    J[7, 8] = 1 / K3_SIGMA
    weight = np.full(8, layout.noise_px)
    if layout.reduced[c]:
        weight[[0, 1, 2, 5, 6, 7]] *= HOLD
    return weight * np.array(values), weight[:, None] * J


def _linearise(state: _State, views: list[BoardView], layout: _Layout) -> tuple[Array, Array]:
    residuals, blocks = [], []
    for v, (view, pose) in enumerate(zip(views, state.poses, strict=True)):
        for c in (0, 1):
            points = view.points[c]
            if points is None:
                continue
            points_C = _points_in(state, view, pose, c)
            error, by_point, by_intrinsics = _error(state, view, points_C, c)
            n = len(points)
            block = np.zeros((n, 2, layout.size))
            if layout.intrinsics:
                by_intrinsics = by_intrinsics.copy()
                if not layout.k3_free[c]:
                    by_intrinsics[:, :, 8] = 0.0
                block[:, :, layout.camera(c)] = by_intrinsics
            arm = -_cross_matrices(points @ pose.R.T)
            by_pose = np.concatenate([arm, np.broadcast_to(np.eye(3), (n, 3, 3))], axis=2)
            if c == 1:
                by_pose = state.T_10.R @ by_pose
                if layout.rig:
                    arm1 = -_cross_matrices(points_C - state.T_10.t)
                    by_rig = np.concatenate([arm1, np.broadcast_to(np.eye(3), (n, 3, 3))], axis=2)
                    block[:, :, layout.rig_at : layout.rig_at + 6] = by_point @ by_rig
            block[:, :, layout.view(v)] = by_point @ by_pose
            residuals.append(error.ravel())
            blocks.append(block.reshape(2 * n, -1))
    if layout.intrinsics:
        for c in (0, 1):
            values, by = _prior(state.cameras[c], layout, c)
            rows = np.zeros((len(values), layout.size))
            rows[:, layout.camera(c)] = by
            if not layout.k3_free[c]:
                rows[:, layout.camera(c).stop - 1] = 0.0
            residuals.append(values)
            blocks.append(rows)
    return np.concatenate(residuals), np.concatenate(blocks)


def _move(state: _State, step: Array, layout: _Layout) -> _State:
    cameras = state.cameras
    if layout.intrinsics:
        cameras = tuple(_moved_camera(cameras[c], step[layout.camera(c)]) for c in (0, 1))  # type: ignore[assignment]
    T_10 = state.T_10
    if layout.rig:
        T_10 = _moved(T_10, step[layout.rig_at : layout.rig_at + 6])
    poses = tuple(_moved(pose, step[layout.view(v)]) for v, pose in enumerate(state.poses))
    return _State(cameras, T_10, poses)


def _moved(T: Transform, step: Array) -> Transform:
    return Transform(exp_so3(step[:3]) @ T.R, T.t + step[3:])


def _moved_camera(camera: CameraModel, step: Array) -> CameraModel:
    K = camera.matrix.copy()
    K[0, 0] += step[0]
    K[1, 1] += step[1]
    K[:2, 2] += step[2:4]
    d = _five(camera).copy()
    d[:5] += step[4:9]
    return CameraModel(camera.width_px, camera.height_px, K, d)


def _huber_weight(residual: Array, k: float) -> Array:
    return np.minimum(1.0, k / np.maximum(np.abs(residual), 1e-12))


def _huber_cost(residual: Array, k: float) -> float:
    a = np.abs(residual)
    return float(np.where(a <= k, 0.5 * a * a, k * (a - 0.5 * k)).sum())


def _result(
    state: _State, views: list[BoardView], layout: _Layout, residual: Array, J: Array, huber_px: float
) -> Bundle:
    view_rms = np.full((len(views), 2), np.nan)
    at = 0
    for v, view in enumerate(views):
        for c in (0, 1):
            points = view.points[c]
            if points is not None:
                part = residual[at : at + 2 * len(points)]
                view_rms[v, c] = np.sqrt(2.0 * np.mean(part**2))
                at += 2 * len(points)
    cov = np.zeros((6, 6))
    if layout.rig:
        weight = _huber_weight(residual, huber_px)
        H = J.T @ (J * weight[:, None])
        used = np.flatnonzero(np.diag(H) > 0)
        freedom = max(len(residual) - len(used), 1)
        inverse = np.linalg.pinv(H[np.ix_(used, used)])
        at_rig = np.searchsorted(used, np.arange(layout.rig_at, layout.rig_at + 6))
        cov = inverse[np.ix_(at_rig, at_rig)] * float((weight * residual**2).sum()) / freedom
    return Bundle(
        cameras=state.cameras,
        T_10=state.T_10,
        views=tuple(replace(view, T_0B=pose) for view, pose in zip(views, state.poses, strict=True)),
        rms_px=float(np.sqrt(2.0 * np.mean(residual[:at] ** 2))),
        view_rms_px=view_rms,
        cov_T_10=cov,
    )
