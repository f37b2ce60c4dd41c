"""The gaze error to expect at every seat, before anyone sits there, and which zones are too fine for it.

For each seat: the nose tip is triangulated from pixels that are as noisy as the nose finder is, the head pose has the
network's own sigma in each camera's crop and is fused over both cameras, the world frame has the calibration's
covariance; :func:`gazeclass.geometry.gaze.gaze_points` carries all three to the board.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import multivariate_normal

from gazeclass.calibration.room_parts import BoardSize, Seat, Zone
from gazeclass.errors import InputError
from gazeclass.geometry.camera import ray_rotation
from gazeclass.geometry.gaze import GazePoints, ellipse_axes, gaze_points
from gazeclass.geometry.rotation import Array, angle_jacobian, angles_deg_from_rotation, fuse_rotations
from gazeclass.geometry.stereo import StereoRig
from gazeclass.geometry.triangulation import triangulate
from gazeclass.models import find

#: Standard deviation of the nose tip as a share of a face's longer side, the same as ``lesson`` supposes.
NOSE_SIGMA_OF_FACE, LEAST_NOSE_SIGMA_PX = 0.035, 0.5
#: Longer side of the box around a face, metres.
FACE_M = 0.20
#: Mean absolute error to standard deviation of a normal error.
SIGMA_OF_MAE = 1.2533
#: Head pose sigma (yaw, pitch, roll) where no network's card tells: the landmark method's, which stands in for it, on
#: 851 rendered heads never seen (mean absolute errors 8.8, 9.9 and 5.4).
LANDMARK_SIGMA_DEG = (11.0, 12.5, 6.8)
#: A zone of which less than this share of looks is expected to be found in it is too fine for a seat.
HIT_LIMIT = 0.68
#: Smaller faces than this (pixels) say little of a head's pose.
SMALLEST_FACE_PX = 24.0


@dataclass(frozen=True, eq=False)
class SeatPrecision:
    """One seat.

    Attributes:
        seat: its name and place.
        cameras: which see it.
        face_px: width of a face in the nearer of their pictures; 0 where none sees it.
        sigma_x_m, sigma_y_m: standard deviation of a gaze point at the board's middle; None where there is none.
        position_m, pose_m, frame_m: RMS length of the three parts of that error.
        position_sigma_m: of the nose tip in the room, RMS over its axes.
        ellipse_m: semi-axes of the 68 % ellipse.
        hit_rate: by zone, the share of looks at it that are expected to be found in it.
        reason: why it is coarse; empty where it is not.
    """

    seat: Seat
    cameras: tuple[int, ...]
    face_px: float
    sigma_x_m: float | None = None
    sigma_y_m: float | None = None
    position_m: float = 0.0
    pose_m: float = 0.0
    frame_m: float = 0.0
    position_sigma_m: float = 0.0
    ellipse_m: tuple[float, float] = (0.0, 0.0)
    hit_rate: tuple[tuple[str, float], ...] = ()
    reason: str = ""

    @property
    def error_m(self) -> float | None:
        """RMS distance of a gaze point from where the head faces."""
        if self.sigma_x_m is None or self.sigma_y_m is None:
            return None
        return float(np.hypot(self.sigma_x_m, self.sigma_y_m))

    @property
    def coarse_zones(self) -> tuple[str, ...]:
        """Zones that are too fine for this seat."""
        return tuple(name for name, rate in self.hit_rate if rate < HIT_LIMIT)

    @property
    def coarse(self) -> bool:
        """Whether no zone at all can be told from this seat."""
        return self.sigma_x_m is None or len(self.coarse_zones) == len(self.hit_rate)


def model_sigma_deg(name: str = "headpose-sdam-fast") -> tuple[float, float, float]:
    """Head pose sigma of yaw, pitch, roll that a model's card states, measured on heads it never saw.

    Falls back to :data:`LANDMARK_SIGMA_DEG` where the model or its figures are missing.
    """
    try:
        figures = find(name).meta.get("figures", {})
        errors = [float(figures[f"{angle}_mae_deg"]) for angle in ("yaw", "pitch", "roll")]
    except (InputError, KeyError, TypeError, ValueError):
        return LANDMARK_SIGMA_DEG
    return SIGMA_OF_MAE * errors[0], SIGMA_OF_MAE * errors[1], SIGMA_OF_MAE * errors[2]


def thirds(board: BoardSize) -> tuple[Zone, ...]:
    """Left, centre and right of the board, for rooms without zones; named as the class sees them."""
    w, h = board.width_m / 3, board.height_m
    names = ("right", "centre", "left")  # x runs to the left
    return tuple(Zone(name=n, x0_m=k * w, y0_m=0.0, x1_m=(k + 1) * w, y1_m=h) for k, n in enumerate(names))


def seat_precision(
    rig: StereoRig,
    board: BoardSize,
    seats: Sequence[Seat],
    *,
    sigma_deg: tuple[float, float, float],
    zones: Sequence[Zone] = (),
    cov_T_WC: Array | None = None,
) -> tuple[SeatPrecision, ...]:
    """What to expect at every seat.

    Args:
        rig: the cameras with their place in the world.
        board: its size.
        seats: heads in WCS.
        sigma_deg: head pose sigma of yaw, pitch, roll in one camera's crop.
        zones: of the board; thirds of it where there are none.
        cov_T_WC: ``(6, 6)`` of the reference camera's pose in the world; None for an exact frame.
    """
    zones = tuple(zones) or thirds(board)
    return tuple(_seat(rig, board, seat, zones, np.array(sigma_deg, float), cov_T_WC) for seat in seats)


def _seat(
    rig: StereoRig, board: BoardSize, seat: Seat, zones: Sequence[Zone], sigma_deg: Array, cov_T_WC: Array | None
) -> SeatPrecision:
    assert rig.T_WC is not None
    P = np.array(seat.position_m, float)
    if P[2] <= 0:
        return SeatPrecision(seat, (), 0.0, reason="The seat lies behind the board.")
    pixels = [rig.project_world(c, P[None])[0] for c in (0, 1)]
    seen = tuple(c for c in (0, 1) if rig.cameras[c].contains(pixels[c]))
    faces = {c: _face_px(rig, c, P) for c in seen}
    largest = max(faces.values(), default=0.0)
    if len(seen) < 2:
        who = f"only camera {seen[0]} sees" if seen else "no camera sees"
        return SeatPrecision(seat, seen, largest, reason=f"{who.capitalize()} this seat.")
    sigma_px = np.array([[max(LEAST_NOSE_SIGMA_PX, NOSE_SIGMA_OF_FACE * faces[c]) for c in (0, 1)]])
    found = triangulate(rig, pixels[0][None], pixels[1][None], sigma_px)
    if not found.ok.all():
        return SeatPrecision(seat, seen, largest, reason="The cameras' views of this seat are too alike.")
    R_WC = rig.T_WC.R
    cov_P = R_WC @ found.cov_C_m2[0] @ R_WC.T
    aim = np.array([board.width_m / 2, board.height_m / 2])
    middle = _at(rig, P, aim, cov_P, sigma_deg, cov_T_WC)
    rates = tuple((z.name, _hit_rate(rig, P, z, cov_P, sigma_deg, cov_T_WC)) for z in zones)
    cov = middle.cov_m2[0]
    axes, _ = ellipse_axes(cov)
    parts = [float(np.sqrt(np.trace(c[0]))) for c in (middle.cov_position_m2, middle.cov_pose_m2, middle.cov_frame_m2)]
    return SeatPrecision(
        seat,
        seen,
        largest,
        float(np.sqrt(cov[0, 0])),
        float(np.sqrt(cov[1, 1])),
        parts[0],
        parts[1],
        parts[2],
        float(np.sqrt(np.trace(cov_P) / 3.0)),
        (float(axes[0]), float(axes[1])),
        rates,
        _reason(P, zones, rates, parts, largest),
    )


def _face_px(rig: StereoRig, camera: int, P: Array) -> float:
    z = float(rig.world_from_camera(camera).inverse().apply(P)[2])
    return FACE_M * float(rig.cameras[camera].matrix[0, 0]) / max(z, 0.1)


def _at(rig: StereoRig, P: Array, aim: Array, cov_P: Array, sigma_deg: Array, cov_T_WC: Array | None) -> GazePoints:
    """The gaze point of an upright head at P that faces ``aim``, with its covariance."""
    R_WS = looking_rotation(P, np.array([aim[0], aim[1], 0.0]))
    estimates, covariances = [], []
    for c in (0, 1):
        T_WCc = rig.world_from_camera(c)
        to_world = T_WCc.R @ ray_rotation(T_WCc.inverse().apply(P))
        yaw, pitch, _ = angles_deg_from_rotation(to_world.T @ R_WS)
        J = to_world @ angle_jacobian(yaw, pitch) * np.radians(sigma_deg)
        estimates.append(R_WS)
        covariances.append(J @ J.T)
    _, cov_R = fuse_rotations(np.stack(estimates), np.stack(covariances))
    origin = np.zeros(3) if rig.T_WC is None else rig.T_WC.t
    return gaze_points(P[None], R_WS[None], cov_P[None], cov_R[None], cov_T_WC, frame_origin_W_m=origin)


def looking_rotation(P_W: Array, aim_W: Array) -> Array:
    """R_WS ``(3, 3)`` of an upright head at ``P_W`` whose nose points to ``aim_W``."""
    z = aim_W - P_W
    z = z / np.linalg.norm(z)
    # X_S is the student's left: for a head that faces the board squarely that is +X_W.
    x = np.cross(np.array([0.0, -1.0, 0.0]), z)
    x = x / np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=1)


def _hit_rate(rig: StereoRig, P: Array, zone: Zone, cov_P: Array, sigma_deg: Array, cov_T_WC: Array | None) -> float:
    """Mean over nine looks spread evenly over the zone of the probability that they are found in it."""
    shares = (1 / 6, 1 / 2, 5 / 6)
    total = 0.0
    for a in shares:
        for b in shares:
            aim = np.array([zone.x0_m + a * (zone.x1_m - zone.x0_m), zone.y0_m + b * (zone.y1_m - zone.y0_m)])
            cov = _at(rig, P, aim, cov_P, sigma_deg, cov_T_WC).cov_m2[0]
            normal = multivariate_normal(aim, cov + 1e-12 * np.eye(2))
            total += float(normal.cdf([zone.x1_m, zone.y1_m], lower_limit=[zone.x0_m, zone.y0_m]))
    return float(np.clip(total / 9.0, 0.0, 1.0))


def _reason(
    P: Array, zones: Sequence[Zone], rates: tuple[tuple[str, float], ...], parts: list[float], face_px: float
) -> str:
    """Why zones are too fine for a seat: the largest part of the error, in words."""
    worst = min(rates, key=lambda item: item[1])
    if worst[1] >= HIT_LIMIT:
        return ""
    if face_px < SMALLEST_FACE_PX:
        return f"A face here is only {face_px:.0f} px wide: use a higher resolution or a narrower lens."
    zone = next(z for z in zones if z.name == worst[0])
    position, pose, frame = parts
    size = f"{min(zone.x1_m - zone.x0_m, zone.y1_m - zone.y0_m):.1f} m"
    if frame >= max(position, pose):
        return f"The calibration alone shifts points by {100 * frame:.0f} cm here; measure more with the tape."
    if position >= pose:
        return f"The distance of this seat is uncertain ({100 * position:.0f} cm on the board): move the cameras apart."
    return (
        f"At {P[2]:.1f} m from the board the head's direction is good to {100 * pose:.0f} cm; zone {zone.name} is only "
        f"{size} in its smaller direction."
    )
