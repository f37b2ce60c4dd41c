"""Focal length, principal point and distortion of one camera from views of the target."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from gazeclass.calibration.detection import Detection
from gazeclass.calibration.target import Target
from gazeclass.errors import InputError
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.rotation import Array

#: Fewer views than this do not determine a camera.
MIN_VIEWS = 3
#: A view is rejected when its RMS is this many times the median view's, and above :data:`REJECT_ABOVE_PX`.
REJECT_FACTOR, REJECT_ABOVE_PX = 3.0, 0.5
#: k3 whose standard deviation is above this says nothing and bends the corners of the picture: it is left at zero.
MAX_K3_STD = 0.3
#: Views that leave the principal point or the focal length less certain than this part of the picture's width (a board
#: that stayed in one place) cannot carry the full model: square pixels and a centred lens are taken instead.
MAX_CENTRE_STD, MAX_FOCAL_STD = 0.01, 0.02


@dataclass(frozen=True, eq=False)
class Intrinsics:
    """A calibrated camera.

    Attributes:
        camera: the model.
        rms_px: over all corners of the views used.
        view_rms_px: by view name, rejected ones included (with their error when they were rejected).
        rejected: names of views left out, worst first.
        std: standard deviations of fx, fy, cx, cy (px), k1, k2, p1, p2, k3.
        reduced: the views did not carry the full model; the lens is taken as centred, with square pixels.
    """

    camera: CameraModel
    rms_px: float
    view_rms_px: dict[str, float]
    rejected: tuple[str, ...]
    std: Array
    reduced: bool


def calibrate_camera(target: Target, views: dict[str, Detection], *, who: str = "the camera") -> Intrinsics:
    """Calibrate one camera, leaving out views that do not agree with the rest.

    Args:
        target: the board.
        views: detections by name, all of one picture size.
        who: for messages.

    Raises:
        InputError: fewer than :data:`MIN_VIEWS` usable views, or views that do not determine the camera.
    """
    used = dict(views)
    rejected: list[str] = []
    errors: dict[str, float] = {}
    while True:
        if len(used) < MIN_VIEWS:
            raise InputError(
                f"{who} has {len(used)} usable views of the {target.name}, at least {MIN_VIEWS} are needed",
                todo="Take 10 or more sharp pictures of the whole board, tilted and in all parts of the picture.",
            )
        rms, camera, std, view_rms, reduced = _solve(target, used, who)
        errors.update(zip(used, map(float, view_rms), strict=True))
        worst = max(used, key=lambda name: errors[name])
        limit = max(REJECT_FACTOR * float(np.median(view_rms)), REJECT_ABOVE_PX)
        if errors[worst] <= limit or len(used) <= MIN_VIEWS:
            return Intrinsics(camera, rms, errors, tuple(rejected), std, reduced)
        rejected.append(worst)
        del used[worst]


def _solve(target: Target, views: dict[str, Detection], who: str) -> tuple[float, CameraModel, Array, Array, bool]:
    size_px = next(iter(views.values())).size_px
    object_points = [target.points_A[d.ids].astype(np.float32).reshape(-1, 1, 3) for d in views.values()]
    image_points = [d.corners_px.astype(np.float32).reshape(-1, 1, 2) for d in views.values()]
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 100, 1e-9)
    reduced = cv2.CALIB_FIX_K3 | cv2.CALIB_ZERO_TANGENT_DIST | cv2.CALIB_FIX_PRINCIPAL_POINT
    reduced |= cv2.CALIB_FIX_ASPECT_RATIO | cv2.CALIB_USE_INTRINSIC_GUESS
    for flags in (0, cv2.CALIB_FIX_K3, reduced):
        start = _centred(object_points, image_points, size_px) if flags == reduced else np.eye(3)
        try:
            rms, K, d, _, _, std, _, view_rms = cv2.calibrateCameraExtended(
                object_points, image_points, size_px, start, np.zeros(5), flags=flags, criteria=criteria
            )
        except cv2.error as error:
            if flags == reduced:
                raise _undetermined(who) from error
            continue
        std = np.asarray(std, float).reshape(-1)[:9]
        if flags == reduced or _determined(std, size_px):
            break
    matrix: Array = np.asarray(K, float)
    plausible = 0.2 * max(size_px) < min(matrix[0, 0], matrix[1, 1]) < 20 * max(size_px)
    centred = 0 < matrix[0, 2] < size_px[0] and 0 < matrix[1, 2] < size_px[1]
    if not (np.isfinite(matrix).all() and plausible and centred):
        raise _undetermined(who)
    distortion: Array = np.asarray(d, float).reshape(-1)[:5]
    sigmas: Array = np.asarray(std, float)
    return (
        float(rms),
        CameraModel(*size_px, matrix, distortion),
        sigmas,
        np.asarray(view_rms, float).reshape(-1),
        flags == reduced,
    )


def _determined(std: np.ndarray, size_px: tuple[int, int]) -> bool:
    """Whether the standard deviations of fx … k3 are small enough to believe the full model."""
    width = size_px[0]
    centre, focal = max(std[2:4]) / width, max(std[0:2]) / width
    return bool(np.isfinite(std).all() and std[8] <= MAX_K3_STD and centre <= MAX_CENTRE_STD and focal <= MAX_FOCAL_STD)


def _centred(object_points: list[Any], image_points: list[Any], size_px: tuple[int, int]) -> Array:
    """A first camera matrix with square pixels and the principal point in the middle of the picture."""
    K = np.asarray(cv2.initCameraMatrix2D(object_points, image_points, size_px, 1.0), float).copy()
    focal = float(np.mean([K[0, 0], K[1, 1]]))
    return np.array([[focal, 0, (size_px[0] - 1) / 2], [0, focal, (size_px[1] - 1) / 2], [0, 0, 1.0]])


def _undetermined(who: str) -> InputError:
    return InputError(
        f"the views do not determine {who}",
        todo="Tilt the board in several directions (20 to 45°) instead of holding it parallel to the picture.",
    )
