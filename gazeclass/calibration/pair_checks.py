"""What is wrong with two cameras as a pair: the same one twice, exchanged, of different sizes; a still to believe."""

from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np

from gazeclass.calibration.detection import Detection, to_grey
from gazeclass.calibration.pnp import plane_poses
from gazeclass.calibration.stereo import AGREE_DEG, MIN_AGREEMENT, consensus
from gazeclass.calibration.target import Target
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.epipolar import epipolar_curves_px
from gazeclass.geometry.rotation import Array
from gazeclass.geometry.stereo import StereoRig, paired_epipolar_distance_px

#: Two reduced pictures that differ by less than this (grey levels, root mean square) are one picture.
SAME_GREY = 2.0

#: So large a part of the views must put camera 0 on one side.
SIDE_SHARE = 0.8


class Order(Enum):
    """How the cameras stand, looking from behind them at the class."""

    RIGHT = "camera 0 is the left one"
    SWAPPED = "camera 0 is the right one: exchange them"
    UNKNOWN = "the common views do not tell yet"


def same_picture(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two pictures of one moment come from one camera: equal up to noise, brightness and size.

    A picture without contrast (a covered lens) says nothing: False.
    """
    small = []
    for picture in (first, second):
        grey = cv2.resize(to_grey(picture), (96, 54), interpolation=cv2.INTER_AREA).astype(float)
        if grey.std() < 4.0:
            return False
        small.append((grey - grey.mean()) * (40.0 / grey.std()))
    return bool(np.sqrt(np.mean((small[0] - small[1]) ** 2)) < SAME_GREY)


def size_sentence(first: tuple[int, int], second: tuple[int, int]) -> str:
    """What to say of two cameras with pictures of different sizes; empty where they are equal."""
    if first == second:
        return ""
    return (
        f"The cameras give {first[0]}×{first[1]} and {second[0]}×{second[1]}: choose the same resolution for both "
        "where you can; distances are as good as the poorer one."
    )


def order_of(
    target: Target, cameras: tuple[CameraModel, CameraModel], pairs: dict[str, tuple[Detection, Detection]]
) -> Order:
    """Which camera is the left one, from the sign of the baseline.

    Works for boards that look the same after half a turn too: every naming is tried, and the views must agree on one
    relative pose. Two views suffice as a rule; one alone has several readings.

    Args:
        target: the board.
        cameras: the lenses, or usual ones (:func:`variety.usual_camera`) while none is known.
        pairs: detections of both cameras by view.
    """
    shared = {name: pair for name, pair in pairs.items() if len(pair[0].common(pair[1])) >= 6}
    if len(shared) < 2:
        return Order.UNKNOWN
    found = consensus(target, cameras, shared)
    if len(found) >= max(2, MIN_AGREEMENT * len(shared)):
        return _sign([found[0].T_10.t])
    # With lenses only supposed, cameras that stand close together do not agree on one pose, but still on its side.
    known = [pair for pair in shared.values() if pair[0].half_turn_known and pair[1].half_turn_known]
    return _sign([t for pair in known if (t := _baseline(target, cameras, pair)) is not None])


def _baseline(
    target: Target, cameras: tuple[CameraModel, CameraModel], pair: tuple[Detection, Detection]
) -> Array | None:
    """Camera 0's place in camera 1's axes by one view, each pose the one that fits best."""
    best = []
    for camera, detection in zip(cameras, pair, strict=True):
        poses = plane_poses(camera, target.points_A[detection.ids], detection.corners_px)
        if not poses:
            return None
        best.append(poses[0].T_CB)
    return (best[1] @ best[0].inverse()).t


def _sign(baselines: list[Array]) -> Order:
    """To which side the baselines point, if nearly all clearly point to one."""
    sides = [t[0] for t in baselines if abs(t[0]) >= np.sin(np.radians(AGREE_DEG)) * np.linalg.norm(t)]
    left = sum(side < 0 for side in sides)
    for count, order in ((left, Order.RIGHT), (len(sides) - left, Order.SWAPPED)):
        if count and count >= SIDE_SHARE * len(baselines):
            return order
    return Order.UNKNOWN


@dataclass(frozen=True, eq=False)
class EpipolarStill:
    """Points of a still and the curves on which they must lie in the other picture.

    Attributes:
        points_px: ``(2, n, 2)`` the same corners in both pictures.
        curves_px: per picture, for each point of the *other* one, ``(k, 2)`` pixels from far to near.
        distance_px: ``(n,)`` how far each pair of points is from agreeing.
    """

    points_px: Array
    curves_px: tuple[list[Array], list[Array]]
    distance_px: Array

    @property
    def sentence(self) -> str:
        """What the drawing shows, in a sentence."""
        return (
            f"Each corner must lie on its line; here they are {np.median(self.distance_px):.1f} px off (worst "
            f"{self.distance_px.max():.1f} px)."
        )


def epipolar_still(
    target: Target, rig: StereoRig, first: Detection, second: Detection, *, count: int = 6
) -> EpipolarStill | None:
    """Points and curves for one common view; None where both pictures share no corner.

    Args:
        target: the board.
        rig: the calibrated pair.
        first, second: the board in both pictures.
        count: how many corners are drawn, spread over the board.
    """
    namings = [second] if first.half_turn_known and second.half_turn_known else [second, second.half_turned(target)]
    best: EpipolarStill | None = None
    for naming in namings:
        common, at0, at1 = np.intersect1d(first.ids, naming.ids, return_indices=True)
        if common.size == 0:
            continue
        chosen = np.unique(np.linspace(0, common.size - 1, min(count, common.size)).round().astype(int))
        p0, p1 = first.corners_px[at0[chosen]], naming.corners_px[at1[chosen]]
        distance = paired_epipolar_distance_px(rig, p0, p1)
        if best is None or np.median(distance) < np.median(best.distance_px):
            curves = (epipolar_curves_px(rig, 1, p1), epipolar_curves_px(rig, 0, p0))
            best = EpipolarStill(np.stack([p0, p1]), curves, distance)
    return best
