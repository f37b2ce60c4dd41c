"""The Check step: someone at a known place faces marked points of the board; how far off is the program, and why.

The error of a look on the board is split in two: what the measured *position* alone causes (with the true direction)
and what the measured *pose* alone causes (at the true place). Over several looks, what all share is bias (a turned
frame, a head that is held askew), the rest is scatter.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gazeclass.calibration.notes import CheckReading
from gazeclass.calibration.room import Room
from gazeclass.calibration.room_parts import BoardSize
from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array, log_so3, nearest_rotation

#: Looks whose median error is below this are good, below the second usable.
GOOD_M, USABLE_M = 0.35, 0.70
#: Fewest pictures of a look that say something.
MIN_PICTURES = 3
#: A bias is named when it is this many standard errors from nothing, and at least so large.
BIAS_SIGMAS, BIAS_DEG = 3.0, 1.5


@dataclass(frozen=True)
class Place:
    """Where to sit or stand: the nose tip in WCS."""

    name: str
    position_m: tuple[float, float, float]


@dataclass(frozen=True)
class BoardPoint:
    """A marked point of the board, WCS x, y."""

    name: str
    xy_m: tuple[float, float]


def planned_places(room: Room, count: int = 4) -> tuple[Place, ...]:
    """Seats that tell most: the ones farthest apart, the middle of the first row first.

    Raises:
        InputError: the room has no seats.
    """
    if not room.seats:
        raise InputError("the room has no seats yet", todo="Draw the seats in the step Room.")
    positions = np.array([seat.position_m for seat in room.seats])
    aim = np.array([room.board.width_m / 2, room.board.height_m / 2, 0.0])
    chosen = [int(np.argmin(np.linalg.norm(positions - aim, axis=1)))]
    while len(chosen) < min(count, len(positions)):
        apart = np.linalg.norm(positions[:, None] - positions[chosen], axis=2).min(axis=1)
        chosen.append(int(np.argmax(apart)))
    return tuple(Place(room.seats[k].name, room.seats[k].position_m) for k in chosen)


def marked_points(board: BoardSize) -> tuple[BoardPoint, ...]:
    """Five points to mark on the board: its middle and the middles of its outer ninths, as the class sees them."""
    w, h = board.width_m, board.height_m
    return (
        BoardPoint("centre", (w / 2, h / 2)),
        BoardPoint("top left", (w * 5 / 6, h / 6)),
        BoardPoint("top right", (w / 6, h / 6)),
        BoardPoint("bottom left", (w * 5 / 6, h * 5 / 6)),
        BoardPoint("bottom right", (w / 6, h * 5 / 6)),
    )


def measure_look(place: Place, point: BoardPoint, positions_m: ArrayLike, R_WS: ArrayLike) -> CheckReading:
    """One look from the observations of some seconds, the middle of them robustly.

    Args:
        place, point: where the person was and looked.
        positions_m: ``(n, 3)`` nose tips in WCS; NaN where it was not seen.
        R_WS: ``(n, 3, 3)`` head rotations.

    Raises:
        InputError: the person was hardly seen.
    """
    P = np.asarray(positions_m, float).reshape(-1, 3)
    R = np.asarray(R_WS, float).reshape(-1, 3, 3)
    good = np.isfinite(P).all(axis=1) & np.isfinite(R).all(axis=(1, 2))
    if int(good.sum()) < MIN_PICTURES:
        raise InputError(
            f"the head was seen in {int(good.sum())} pictures only",
            where=f"{place.name}, {point.name}",
            todo="Sit where both cameras see the face and look at the point for two seconds.",
        )
    P, R = P[good], R[good]
    middle = nearest_rotation(np.median(R, axis=0))
    turns = log_so3(R @ middle.T)
    position = np.median(P, axis=0)
    spread = np.median(np.abs(P - position), axis=0) * 1.4826
    turn_spread = np.median(np.abs(turns - np.median(turns, axis=0)), axis=0) * 1.4826
    return CheckReading(
        place=place.name,
        point=point.name,
        place_m=place.position_m,
        point_m=point.xy_m,
        position_m=_three(position),
        R_WS=(_three(middle[0]), _three(middle[1]), _three(middle[2])),
        sigma_position_m=float(np.sqrt((spread**2).mean())),
        sigma_rotation_deg=float(np.degrees(np.sqrt((turn_spread**2).mean()))),
    )


@dataclass(frozen=True, eq=False)
class LookError:
    """One look against the truth.

    Attributes:
        reading: as measured.
        error_xy_m: ``(2,)`` found minus marked point on the board, WCS; NaN where the ray misses the board's plane.
        position_xy_m: ``(2,)`` the part that the measured position causes.
        pose_xy_m: ``(2,)`` the part that the measured direction causes.
        error_deg: angle between the measured direction and the true one.
        yaw_deg, pitch_deg: that angle apart; positive: too far to the board's right (seen by the class), too high.
        place_off_m: distance of the measured nose tip from the stated place.
    """

    reading: CheckReading
    error_xy_m: Array
    position_xy_m: Array
    pose_xy_m: Array
    error_deg: float
    yaw_deg: float
    pitch_deg: float
    place_off_m: float

    @property
    def error_m(self) -> float:
        """Distance on the board; infinite where the measured ray misses it."""
        length = float(np.linalg.norm(self.error_xy_m))
        return length if np.isfinite(length) else float("inf")


def look_error(reading: CheckReading) -> LookError:
    """Compare a look with what is known to be true."""
    place, found = np.array(reading.place_m), np.array(reading.position_m)
    point = np.array([*reading.point_m, 0.0])
    measured = np.array(reading.R_WS)[:, 2]
    true = (point - place) / np.linalg.norm(point - place)
    yaw, pitch = _angles(measured) - _angles(true)
    cosine = float(np.clip(measured @ true, -1.0, 1.0))
    return LookError(
        reading,
        _meets(found, measured) - point[:2],
        _meets(found, true) - point[:2],
        _meets(place, measured) - point[:2],
        float(np.degrees(np.arctan2(np.linalg.norm(np.cross(measured, true)), cosine))),
        float(yaw),
        float(pitch),
        float(np.linalg.norm(found - place)),
    )


def _meets(P: Array, d: Array) -> Array:
    """Where a ray meets the board's plane ``(2,)``; NaN where it does not."""
    if d[2] > -1e-3 or P[2] <= 0:
        return np.full(2, np.nan)
    return np.asarray(P[:2] - d[:2] * P[2] / d[2])


def _angles(d: Array) -> Array:
    """Yaw and pitch (deg) of a direction with the board as the viewer, as method §2 has them."""
    x, y, z = d[0], -d[1], -d[2]
    return np.degrees(np.array([-np.arcsin(np.clip(x, -1.0, 1.0)), np.arctan2(y, z)]))


@dataclass(frozen=True, eq=False)
class Group:
    """Looks that share a place or a point, or all.

    Attributes:
        name: of what they share.
        looks: how many, and of those ``missed`` whose ray missed the board's plane.
        rms_m: RMS error on the board.
        bias_xy_m: ``(2,)`` mean error; ``scatter_m`` RMS of the rest.
        position_m, pose_m: RMS of the two parts.
        error_deg: RMS angle.
    """

    name: str
    looks: int
    missed: int
    rms_m: float
    bias_xy_m: Array
    scatter_m: float
    position_m: float
    pose_m: float
    error_deg: float


@dataclass(frozen=True, eq=False)
class CheckResult:
    """What the check says.

    Attributes:
        looks: every look.
        places, points: grouped.
        total: all together.
        median_m, median_deg: of the looks' errors.
        yaw_bias_deg, pitch_bias_deg: mean turn of all looks, with their standard errors.
    """

    looks: tuple[LookError, ...]
    places: tuple[Group, ...]
    points: tuple[Group, ...]
    total: Group
    median_m: float
    median_deg: float
    yaw_bias_deg: tuple[float, float]
    pitch_bias_deg: tuple[float, float]

    @property
    def sentence(self) -> str:
        """The result in one or two sentences."""
        main = "the head's direction" if self.total.pose_m >= self.total.position_m else "its place"
        text = (
            f"Points on the board are off by {100 * self.median_m:.0f} cm ({self.median_deg:.1f}°) in the middle of "
            f"{len(self.looks)} looks; the larger part is {main} "
            f"(position {100 * self.total.position_m:.0f} cm, pose {100 * self.total.pose_m:.0f} cm)."
        )
        for (bias, error), positive, negative in (
            (self.yaw_bias_deg, "too far to the board's right", "too far to the board's left"),
            (self.pitch_bias_deg, "too high", "too low"),
        ):
            if abs(bias) > max(BIAS_DEG, BIAS_SIGMAS * error):
                text += f" All looks are {abs(bias):.1f}° {positive if bias > 0 else negative}."
        return text

    @property
    def verdict(self) -> str:
        """``"good"``, ``"usable"`` or ``"repeat"``."""
        if self.median_m <= GOOD_M:
            return "good"
        return "usable" if self.median_m <= USABLE_M else "repeat"


def check_result(readings: Sequence[CheckReading]) -> CheckResult:
    """Judge all looks.

    Raises:
        InputError: there are none.
    """
    if not readings:
        raise InputError("nothing was measured yet", todo="Have someone look at a marked point.")
    looks = tuple(look_error(reading) for reading in readings)
    yaw, pitch = (np.array([getattr(look, name) for look in looks]) for name in ("yaw_deg", "pitch_deg"))
    return CheckResult(
        looks,
        _groups(looks, lambda look: look.reading.place),
        _groups(looks, lambda look: look.reading.point),
        _group("all", looks),
        float(np.median([look.error_m for look in looks])),
        float(np.median([look.error_deg for look in looks])),
        _mean(yaw),
        _mean(pitch),
    )


def _mean(values: Array) -> tuple[float, float]:
    """Mean and its standard error; infinite for a single value."""
    if len(values) < 2:
        return float(values.mean()), float("inf")
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def _groups(looks: tuple[LookError, ...], key: Callable[[LookError], str]) -> tuple[Group, ...]:
    names = list(dict.fromkeys(key(look) for look in looks))
    return tuple(_group(name, tuple(look for look in looks if key(look) == name)) for name in names)


def _group(name: str, looks: tuple[LookError, ...]) -> Group:
    errors = np.array([look.error_xy_m for look in looks])
    met = np.isfinite(errors).all(axis=1)
    bias = errors[met].mean(axis=0) if met.any() else np.full(2, np.nan)
    return Group(
        name,
        len(looks),
        int((~met).sum()),
        _rms(errors[met]),
        bias,
        _rms(errors[met] - bias),
        _rms(np.array([look.position_xy_m for look in looks])),
        _rms(np.array([look.pose_xy_m for look in looks])[met]),
        float(np.sqrt(np.mean([look.error_deg**2 for look in looks]))),
    )


def _rms(vectors: Array) -> float:
    return float(np.sqrt((vectors**2).sum(axis=1).mean())) if len(vectors) else float("nan")


def _three(v: Array) -> tuple[float, float, float]:
    return float(v[0]), float(v[1]), float(v[2])
