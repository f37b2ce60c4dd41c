"""The lying chessboard as it is shown: its axes in both pictures, its origin, whether it lies the right way round."""

from dataclasses import dataclass

import numpy as np

from gazeclass.calibration.target import Target
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import Array
from gazeclass.geometry.stereo import StereoRig

#: Turned less than this about the vertical, a chessboard lies as the survey sheet shows.
MAX_TURN_DEG = 45.0


@dataclass(frozen=True, eq=False)
class LyingOverlay:
    """What is drawn into one picture. Pixels as the camera gives them, lens distortion included.

    Attributes:
        axes_px: for "X", "Y", "Z" a polyline ``(k, 2)`` from the origin outwards; parts behind the camera left out.
        corners_px: the four outer corners by name (C00, …).
        origin: name of the corner that is the origin.
        other_origin: name of the corner that would be it after half a turn.
    """

    axes_px: dict[str, Array]
    corners_px: dict[str, Array]
    origin: str
    other_origin: str


def overlay(target: Target, camera: CameraModel, T_CA: Transform, *, samples: int = 12) -> LyingOverlay:
    """Axes and outer corners in one picture.

    Args:
        target: the board.
        camera: the lens of that picture.
        T_CA: ACS to that camera's axes.
        samples: points an axis; more than two, because a lens bends straight lines.
    """
    length = (min(target.columns, target.rows) - 1) * target.square_m
    along = np.linspace(0.0, length, samples)[:, None]
    axes = {}
    for name, direction in zip("XYZ", np.eye(3), strict=True):
        pixels = camera.project(T_CA.apply(along * direction))
        axes[name] = pixels[np.isfinite(pixels).all(axis=1)]
    names = target.outer_corner_names()
    corners = {n: camera.project(T_CA.apply(target.points_A[target.corner_index(n)])) for n in names}
    return LyingOverlay(axes, corners, names[0], names[3])


def overlays(target: Target, rig: StereoRig, T_AC: Transform) -> tuple[LyingOverlay, LyingOverlay]:
    """Axes and corners in both pictures."""
    T_CA = T_AC.inverse()
    return (
        overlay(target, rig.cameras[0], T_CA),
        overlay(target, rig.cameras[1], rig.T_10 @ T_CA),
    )


def clicked_half_turn(shown: LyingOverlay, click_px: tuple[float, float], half_turn: bool) -> bool | None:
    """What ``half_turn`` must be so that the corner nearest to a click becomes the origin.

    Args:
        shown: as drawn now.
        click_px: in the picture's pixels.
        half_turn: as it is now.

    Returns:
        The new value; None where the nearest corner cannot be the origin: its board would be a mirror image.
    """
    distances = {n: float(np.hypot(*(p - np.array(click_px)))) for n, p in shown.corners_px.items()}
    nearest = min(distances, key=lambda name: distances[name])
    if nearest == shown.origin:
        return half_turn
    return not half_turn if nearest == shown.other_origin else None


def turn_deg(T_AC: Transform, T_10: Transform) -> float:
    """How the chessboard lies against the row of cameras: 0 as on the survey sheet, ±180 the other way round.

    The cameras stand at the board's ends, camera 0 at its right end for who faces it; so from camera 1 to camera 0 is
    about +X_A. The angle is about Z_A, in degrees, in (-180, 180].
    """
    from_1_to_0 = T_AC.t - T_AC.apply(T_10.inverse().t)
    return float(np.degrees(np.arctan2(from_1_to_0[1], from_1_to_0[0])))


def way_round_sentence(turn: float) -> str:
    """What is wrong with how the chessboard lies; empty where it lies as on the survey sheet."""
    if abs(turn) <= MAX_TURN_DEG:
        return ""
    if abs(turn) >= 180.0 - MAX_TURN_DEG:
        return (
            "The chessboard lies the other way round: its origin corner should be at the right end, next to the "
            "board. Turn it by half a turn and take both pictures again, or click the right corner."
        )
    return (
        f"The chessboard lies turned by {abs(turn):.0f}° against the survey sheet: lay its long side along the board "
        "and take both pictures again."
    )
