"""The auxiliary frame: the chessboard that lies in front of the blackboard, seen by both cameras (R_AC, t_AC)."""

from dataclasses import dataclass, replace

import numpy as np

from gazeclass.calibration.bundle import BoardView, adjust
from gazeclass.calibration.detection import Detection
from gazeclass.calibration.pnp import plane_poses
from gazeclass.calibration.stereo import StereoCalibration
from gazeclass.calibration.target import Target
from gazeclass.errors import InputError
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import Array, exp_so3

#: Above this the two cameras do not agree on where the board lies.
MAX_RMS_PX = 2.5


@dataclass(frozen=True, eq=False)
class Auxiliary:
    """The lying chessboard.

    Attributes:
        T_AC: reference camera (CCS) to ACS.
        rms_px: over both cameras.
        camera_rms_px: per camera, NaN where it does not see the board.
        half_turn_known: the board's order is certain.
        cov_T_AC: ``(6, 6)`` covariance of T_AC, left perturbation: rotation vector in ACS, translation.
    """

    T_AC: Transform
    rms_px: float
    camera_rms_px: tuple[float, float]
    half_turn_known: bool
    cov_T_AC: Array

    def half_turned(self, target: Target) -> "Auxiliary":
        """The same board with its corners named from the opposite end."""
        shift = target.points_A[-1]
        H = Transform(np.diag([-1.0, -1.0, 1.0]), shift)
        J = np.kron(np.eye(2), H.R)
        return replace(self, T_AC=H @ self.T_AC, cov_T_AC=J @ self.cov_T_AC @ J.T)


def locate_auxiliary(
    target: Target, stereo: StereoCalibration, pair: tuple[Detection | None, Detection | None]
) -> Auxiliary:
    """Pose of the lying board from both pictures at once, every start tried.

    Args:
        target: the board.
        stereo: the calibrated cameras, kept fixed.
        pair: detections of camera 0 and 1; one may be missing.

    Raises:
        InputError: neither camera sees the board, or they contradict each other.
    """
    best = _best_fit(target, stereo, pair)
    if best is None and all(d is None for d in pair):
        raise InputError(
            f"neither camera shows the {target.name}",
            where="auxiliary",
            todo="Lay the chessboard flat in front of the blackboard where both cameras see all of it.",
        )
    if best is None or best.rms_px > MAX_RMS_PX:
        todo = "Take both pictures again without moving the board or the cameras."
        if pair[0] is not None and pair[1] is not None:
            exchanged = _best_fit(target, stereo, (pair[1], pair[0]))
            if exchanged is not None and exchanged.rms_px < MAX_RMS_PX:
                todo = "Exchange auxiliary/cam0 and auxiliary/cam1: the other way round they agree."
        raise InputError(
            "the two cameras do not agree on where the chessboard lies"
            + (f" ({best.rms_px:.1f} px)" if best is not None else ""),
            where="auxiliary",
            todo=todo,
        )
    return best


def _best_fit(
    target: Target, stereo: StereoCalibration, pair: tuple[Detection | None, Detection | None]
) -> Auxiliary | None:
    best: Auxiliary | None = None
    known = all(d.half_turn_known for d in pair if d is not None)
    first, second = pair
    variants = [pair]
    if not known and first is not None and second is not None:
        variants.append((first, second.half_turned(target)))
    for variant in variants:
        for c in (0, 1):
            d = variant[c]
            if d is None:
                continue
            for pose in plane_poses(stereo.cameras[c], target.points_A[d.ids], d.corners_px):
                T_0A = pose.T_CB if c == 0 else stereo.T_10.inverse() @ pose.T_CB
                fit = _fit(target, stereo, variant, T_0A, known)
                if fit is not None and (best is None or fit.rms_px < best.rms_px):
                    best = fit
    return best


def _fit(
    target: Target,
    stereo: StereoCalibration,
    pair: tuple[Detection | None, Detection | None],
    T_0A: Transform,
    known: bool,
) -> Auxiliary | None:
    view = BoardView(
        "auxiliary",
        (_points(target, pair[0]), _points(target, pair[1])),
        (_pixels(pair[0]), _pixels(pair[1])),
        T_0A,
    )
    for c in (0, 1):
        points = view.points[c]
        if points is not None:
            T_c0 = stereo.T_10 if c else Transform.identity()
            if (T_c0 @ T_0A).apply(points)[:, 2].min() <= 0.01:
                return None  # this start puts the board behind the other camera
    bundle = adjust(stereo.cameras, stereo.T_10, [view], refine_intrinsics=False, refine_rig=False)
    T_AC = bundle.views[0].T_0B.inverse()
    rms = bundle.view_rms_px[0]
    cov = _covariance(stereo, bundle.views[0], max(bundle.rms_px, 0.05))
    if cov is None:
        return None  # pictures that contradict each other may drive the board off to where it is a point
    return Auxiliary(T_AC, bundle.rms_px, (float(rms[0]), float(rms[1])), known, cov)


def _covariance(stereo: StereoCalibration, view: BoardView, rms_px: float) -> Array | None:
    """Covariance of T_AC from the corner noise, by central differences of the projections; None where none exists."""
    rows = []
    T_A0 = view.T_0B.inverse()
    step = 1e-6
    for k in range(6):
        delta = np.zeros(6)
        delta[k] = step
        sides = []
        for sign in (1.0, -1.0):
            moved = Transform(exp_so3(sign * delta[:3]) @ T_A0.R, T_A0.t + sign * delta[3:]).inverse()
            sides.append(_project(stereo, view, moved))
        rows.append((sides[0] - sides[1]) / (2 * step))
    J = np.stack(rows, axis=1)
    information = J.T @ J
    if not np.isfinite(information).all() or np.linalg.cond(information) > 1e15:
        return None
    return np.asarray(np.linalg.inv(information) * rms_px**2 / 2.0)


def _project(stereo: StereoCalibration, view: BoardView, T_0A: Transform) -> Array:
    parts = []
    for c in (0, 1):
        points = view.points[c]
        if points is not None:
            T_c0 = stereo.T_10 if c else Transform.identity()
            parts.append(stereo.cameras[c].project((T_c0 @ T_0A).apply(points)).ravel())
    return np.concatenate(parts)


def _points(target: Target, detection: Detection | None) -> Array | None:
    return None if detection is None else target.points_A[detection.ids]


def _pixels(detection: Detection | None) -> Array | None:
    return None if detection is None else detection.corners_px
