"""One camera was bumped, the other was not: one picture pair of the lying chessboard puts the bumped one right.

The steady camera still knows where it stands in the room, so it says where the chessboard lies now; the chessboard says
where the bumped camera stands. No tape, no common views among the seats. The chessboard may lie anywhere that both see.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from gazeclass.calibration.classroom import AuxiliaryEntry, Classroom, StereoEntry, WorldEntry
from gazeclass.calibration.detection import Detection, detect
from gazeclass.calibration.pnp import PlanePose, plane_poses
from gazeclass.calibration.target import Target, require_sides
from gazeclass.errors import InputError
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import Array, exp_so3

#: A chessboard that fits worse than this is another one, or bent, or was moved between both pictures.
MAX_RMS_PX = 1.5
#: A camera that moved further than this was not bumped but put somewhere else: the whole room has to be calibrated.
MAX_TURN_DEG, MAX_SHIFT_M = 15.0, 0.5
#: Corners are not known better than this, however well they fit.
_LEAST_PX = 0.1


@dataclass(frozen=True, eq=False)
class Remounted:
    """What came of it.

    Attributes:
        classroom: with the bumped camera where it is now.
        moved: 0 or 1, the camera that was bumped.
        turn_deg, shift_m: how far it had moved against the steady one.
        rms_px: how well the chessboard fits, both cameras.
    """

    classroom: Classroom
    moved: int
    turn_deg: float
    shift_m: float
    rms_px: float


def remount(classroom: Classroom, pictures: tuple[np.ndarray, np.ndarray], moved: int) -> Remounted:
    """Find the bumped camera's place from one pair of pictures of the lying chessboard.

    Args:
        classroom: calibrated before the bump, with its room.
        pictures: of camera 0 and 1 now, the chessboard of the calibration flat and still in both.
        moved: the camera that was bumped, 0 or 1; the other one must not have moved.

    Raises:
        InputError: the room was never measured, a camera does not show the chessboard, it does not fit, or the camera
            moved too far for this.
    """
    target = target_of(classroom)
    require_sides(target)
    found = []
    for c in (0, 1):
        entry = classroom.cameras[c]
        height, width = pictures[c].shape[:2]
        if (width, height) != (entry.width_px, entry.height_px):
            raise InputError(
                f"{entry.name} gives {width}×{height}, it was calibrated at {entry.width_px}×{entry.height_px}",
                todo="Set it back to that size.",
            )
        detection = detect(target, pictures[c])
        if detection is None:
            raise InputError(
                f"{entry.name} does not show the whole {target.name}",
                todo="Lay the chessboard flat where both cameras see all of it, and try again.",
            )
        found.append(detection)
    return remount_from_corners(classroom, target, (found[0], found[1]), moved)


def remount_from_corners(
    classroom: Classroom, target: Target, found: tuple[Detection, Detection], moved: int
) -> Remounted:
    """The same from corners that were found already."""
    if classroom.world is None or classroom.auxiliary is None:
        raise InputError(
            "the room was not measured yet", where=classroom.name, todo="Finish its calibration in the wizard."
        )
    rig = classroom.rig()
    assert rig.T_WC is not None
    first, second = _best_poses(rig.cameras, rig.T_10, target, found, moved)
    rms_px = float(np.sqrt((first.rms_px**2 + second.rms_px**2) / 2))
    if rms_px > MAX_RMS_PX:
        raise InputError(
            f"the chessboard does not fit ({rms_px:.1f} px)",
            todo="Use the board of the calibration, keep it flat and still, and try again.",
        )
    T_10 = second.T_CB @ first.T_CB.inverse()
    turn_deg, shift_m = _difference(T_10, rig.T_10, moved)
    if turn_deg > MAX_TURN_DEG or shift_m > MAX_SHIFT_M:
        raise InputError(
            f"{classroom.cameras[moved].name} moved by {turn_deg:.0f}° and {shift_m:.2f} m, or both cameras did",
            todo="Calibrate the room again.",
        )
    # The steady camera keeps its place in the room; the reference camera's follows from it.
    T_WC = rig.T_WC if moved == 1 else rig.world_from_camera(1) @ T_10
    noise = sum(
        (
            _pose_covariance(camera, target.points_A[d.ids], pose, T_WC if c == 0 else T_WC @ T_10.inverse())
            for c, (camera, d, pose) in enumerate(zip(rig.cameras, found, (first, second), strict=True))
        ),
        np.zeros((6, 6)),
    )
    cov_T_WC = classroom.camera_frame_covariance()
    if moved == 0:
        cov_T_WC = _about(cov_T_WC, T_WC.t - rig.T_WC.t) + noise
    T_WA = T_WC @ first.T_CB
    T_AC = first.T_CB.inverse()
    cov_T_WA = _about(cov_T_WC, T_WA.t - T_WC.t)
    values = classroom.world.model_dump() | {
        "R_WA": _rows(T_WA.R),
        "t_WA_m": tuple(T_WA.t),
        "covariance": _rows(_symmetric(cov_T_WA)),
        "covariance_T_WC": _rows(_symmetric(cov_T_WC)),
    }
    stereo = classroom.stereo.model_dump() | {
        "R_10": _rows(T_10.R),
        "t_10_m": tuple(T_10.t),
        "baseline_m": float(np.linalg.norm(T_10.t)),
        "rms_px": max(classroom.stereo.rms_px, rms_px),
    }
    renewed = classroom.model_copy(
        update={
            "stereo": StereoEntry.model_validate(stereo),
            "auxiliary": AuxiliaryEntry(R_AC=_rows(T_AC.R), t_AC_m=_row(T_AC.t), rms_px=rms_px),
            "world": WorldEntry.model_validate(values),
        }
    )
    return Remounted(renewed, moved, turn_deg, shift_m, rms_px)


def target_of(classroom: Classroom) -> Target:
    """The printed board, as the classroom remembers it."""
    t = classroom.target
    return Target(t.columns, t.rows, t.square_m, t.kind, t.dictionary, t.marker_ratio or 0.75, t.inverted, t.legacy)


def _best_poses(
    cameras: tuple[CameraModel, CameraModel],
    T_10: Transform,
    target: Target,
    found: tuple[Detection, Detection],
    moved: int,
) -> tuple[PlanePose, PlanePose]:
    """One pose for each camera: of all that fit, the two whose cameras stand most nearly as they stood.

    A plane has two poses in one picture, and a symmetric board may be named from either end; a bump is small against
    either mistake.
    """
    first, second = found
    variants = [(first, second)]
    if not (first.half_turn_known and second.half_turn_known):
        variants.append((first, second.half_turned(target)))
    best: tuple[float, PlanePose, PlanePose] | None = None
    for pair in variants:
        poses = [plane_poses(cameras[c], target.points_A[pair[c].ids], pair[c].corners_px) for c in (0, 1)]
        for a, b in product(*poses):
            if max(a.rms_px, b.rms_px) > 3 * MAX_RMS_PX:
                continue
            turn_deg, shift_m = _difference(b.T_CB @ a.T_CB.inverse(), T_10, moved)
            cost = turn_deg / MAX_TURN_DEG + shift_m / MAX_SHIFT_M
            if best is None or cost < best[0]:
                best = cost, a, b
    if best is None:
        raise InputError(
            "the chessboard does not fit", todo="Use the board of the calibration, keep it flat, and try again."
        )
    return best[1], best[2]


def _difference(T_10: Transform, before: Transform, moved: int) -> tuple[float, float]:
    """Turn in degrees and shift in metres of the moved camera, seen from the steady one."""
    change = T_10 @ before.inverse()
    cosine = np.clip((np.trace(change.R) - 1) / 2, -1, 1)
    centres = [T.inverse().t if moved == 1 else T.t for T in (T_10, before)]
    return float(np.degrees(np.arccos(cosine))), float(np.linalg.norm(centres[0] - centres[1]))


def _pose_covariance(camera: CameraModel, points_A: Array, pose: PlanePose, T_Wc: Transform) -> Array:
    """Covariance ``(6, 6)`` of a camera's pose against the chessboard, in WCS axes, from the corner noise."""
    step = 1e-6
    columns = []
    for k in range(6):
        delta = np.zeros(6)
        delta[k] = step
        sides = []
        for sign in (1.0, -1.0):
            moved = Transform(exp_so3(sign * delta[:3]) @ pose.T_CB.R, pose.T_CB.t + sign * delta[3:])
            sides.append(camera.project(moved.apply(points_A)).ravel())
        columns.append((sides[0] - sides[1]) / (2 * step))
    J = np.stack(columns, axis=1)
    sigma_px = max(pose.rms_px, _LEAST_PX)
    # rms_px is of distances, each of two coordinates.
    cov = np.linalg.inv(J.T @ J) * sigma_px**2 / 2.0
    turn = np.kron(np.eye(2), T_Wc.R)
    return np.asarray(turn @ cov @ turn.T)


def _about(cov: Array, d: Array) -> Array:
    """A pose's covariance, left perturbation, when it turns about a point ``d`` further on."""
    J = np.eye(6)
    J[3:, :3] = -np.array([[0.0, -d[2], d[1]], [d[2], 0.0, -d[0]], [-d[1], d[0], 0.0]])
    return np.asarray(J @ cov @ J.T)


def _symmetric(cov: Array) -> Array:
    return np.asarray((cov + cov.T) / 2)


def _row(values: Array) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in values)
    return x, y, z


def _rows(matrix: Array) -> tuple:
    return tuple(tuple(float(v) for v in row) for row in matrix)
