"""How far off a lesson is, against known truth: position, rotation, gaze point, identity, coverage, by row.

The gaze point's error is that to the point of the board that the student faces, over steady looks only. It is taken
apart: with the true rotation put in, what remains is due to position (and calibration); with the true position put in,
to pose.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gazeclass.errors import InputError
from gazeclass.geometry.gaze import gaze_points
from gazeclass.geometry.rotation import Array, geodesic_deg, log_so3
from gazeclass.lesson.observation import Observation
from gazeclass.report.truth import Truth

#: An observation further than this from every true nose tip is nobody's.
NOBODY_M = 0.5


@dataclass(frozen=True)
class Errors:
    """Errors over one group of truth rows (a row of seats, or all). NaN where nothing could be compared.

    Attributes:
        group: "row 1", …, or "all".
        truth_rows: rows of the truth table that both cameras can see.
        coverage: share of them that became an observation of that student, in the right place.
        identity: share of the observations that carry the name of the student who is there.
        position_cm_median, position_cm_p90: nose tip, 3-D.
        rotation_deg_median, rotation_deg_p90: geodesic.
        yaw_bias_deg, pitch_bias_deg, roll_bias_deg: mean rotation of the estimate against the truth, about the head's
            own axes Y, X and Z (the sign of the angles).
        looks: observations of steady looks at the board.
        gaze_cm_median, gaze_cm_p90: distance of the gaze point from the point faced.
        gaze_deg_median, gaze_deg_p90: the same as an angle at the nose tip.
        gaze_bias_x_cm, gaze_bias_y_cm: median error along the board's axes.
        from_position_cm_median: with the true rotation put in.
        from_pose_cm_median: with the true position put in.
        inside_68, inside_95: share of looks whose true point lies in the 68 % and 95 % ellipse.
    """

    group: str
    truth_rows: int
    coverage: float
    identity: float
    position_cm_median: float
    position_cm_p90: float
    rotation_deg_median: float
    rotation_deg_p90: float
    yaw_bias_deg: float
    pitch_bias_deg: float
    roll_bias_deg: float
    looks: int
    gaze_cm_median: float
    gaze_cm_p90: float
    gaze_deg_median: float
    gaze_deg_p90: float
    gaze_bias_x_cm: float
    gaze_bias_y_cm: float
    from_position_cm_median: float
    from_pose_cm_median: float
    inside_68: float
    inside_95: float

    def as_dict(self) -> dict[str, float | int | str]:
        """Column name to value."""
        return asdict(self)


def evaluate(observations: Iterable[Observation], truth: Truth) -> list[Errors]:
    """The error table: one entry for each row of seats, and one for all.

    An observation belongs to the truth of its moment (within half the truth's period) whose nose tip is nearest; its
    errors are counted there, whatever name it carries.

    Args:
        observations: of the whole lesson, any order.
        truth: of the same lesson, on the same clock.

    Raises:
        InputError: no observation falls into the truth's time.
    """
    seen = [o for o in observations if o.seen and np.isfinite(o.position_W_m).all()]
    place = places_of(seen, truth)
    if not seen or (place < 0).all():
        raise InputError(
            "no observation of the lesson is anywhere near the truth in time and place",
            todo="Check that the truth belongs to this lesson and that both use the same clock.",
        )
    kept = np.flatnonzero(place >= 0)
    right = np.array([seen[i].student == truth.student[place[i]] for i in kept], bool)
    compared = _Compared([seen[i] for i in kept], place[kept], right, truth)
    groups = [("all", np.ones(len(truth), bool))]
    rows = sorted(set(truth.row.tolist()) - {0})
    groups = [(f"row {row}", truth.row == row) for row in rows] + groups
    return [compared.errors(name, mask) for name, mask in groups]


def places_of(observations: list[Observation], truth: Truth) -> np.ndarray:
    """Which row of the truth each observation is about ``(n,)``; -1 where there is none."""
    return _Places(truth).of(observations)


class _Places:
    """Which row of the truth an observation is about."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._moments, index = np.unique(truth.t_s, return_inverse=True)
        self._rows = [np.flatnonzero(index == k) for k in range(len(self._moments))]
        steps = np.diff(self._moments)
        self._half = 0.5 * float(np.median(steps)) if len(steps) else 0.05

    def of(self, observations: list[Observation]) -> np.ndarray:
        """Row of the truth for each observation, -1 where there is none."""
        place = np.full(len(observations), -1)
        for i, o in enumerate(observations):
            k = int(np.clip(np.searchsorted(self._moments, o.t_s), 1, max(len(self._moments) - 1, 1)))
            k = min(k, len(self._moments) - 1)
            if k and abs(self._moments[k - 1] - o.t_s) <= abs(self._moments[k] - o.t_s):
                k -= 1
            if abs(self._moments[k] - o.t_s) > self._half:
                continue
            rows = self._rows[k]
            distance = np.linalg.norm(self._truth.P_W_m[rows] - o.position_W_m, axis=1)
            if distance.min() <= NOBODY_M:
                place[i] = rows[int(np.argmin(distance))]
        return place


class _Compared:
    """Observations beside their truth, and the error table over any part of it."""

    def __init__(self, observations: list[Observation], place: np.ndarray, right: np.ndarray, truth: Truth) -> None:
        self._place, self._right, self._truth = place, right, truth
        self._P = np.array([o.position_W_m for o in observations])
        self._R = np.array([o.R_WS for o in observations])
        self._xy = np.array([o.board_xy_m for o in observations])
        self._cov = np.array([o.cov_board_m2 for o in observations])

    def errors(self, group: str, mask: np.ndarray) -> Errors:
        """The errors over the truth rows of ``mask``."""
        t, place = self._truth, self._place
        both = mask & t.visible.all(axis=1)
        covered = np.zeros(len(t), bool)
        covered[place[self._right]] = True
        here = mask[place]
        posed = here & np.isfinite(self._R).all(axis=(1, 2))
        position = 100 * np.linalg.norm(self._P[here] - t.P_W_m[place[here]], axis=1)
        rotation = geodesic_deg(self._R[posed], t.R_WS[place[posed]])
        # The estimate's turn about the head's own axes; positive angles turn about -X, -Y, -Z (method §2).
        turn = np.degrees(log_so3(np.swapaxes(t.R_WS[place[posed]], 1, 2) @ self._R[posed]))
        bias = -turn.mean(axis=0) if posed.any() else np.full(3, np.nan)
        look = here & t.steady_on_board[place] & np.isfinite(self._xy).all(axis=1)
        return Errors(
            group=group,
            truth_rows=int(both.sum()),
            coverage=_share(covered[both]),
            identity=_share(self._right[here]),
            position_cm_median=_q(position, 50),
            position_cm_p90=_q(position, 90),
            rotation_deg_median=_q(rotation, 50),
            rotation_deg_p90=_q(rotation, 90),
            yaw_bias_deg=float(bias[1]),
            pitch_bias_deg=float(bias[0]),
            roll_bias_deg=float(bias[2]),
            **self._gaze(look),
        )

    def _gaze(self, look: np.ndarray) -> dict[str, Any]:
        t, place = self._truth, self._place[look]
        P, R, xy, goal = self._P[look], self._R[look], self._xy[look], t.target_xy_m[place]
        error = xy - goal
        distance = 100 * np.linalg.norm(error, axis=1)
        plane = np.zeros((len(xy), 1))
        angle = _angle_deg(np.hstack([xy, plane]) - P, np.hstack([goal, plane]) - t.P_W_m[place])
        true_R = gaze_points(P, t.R_WS[place]).xy_m - goal
        true_P = gaze_points(t.P_W_m[place], R).xy_m - goal
        d2 = np.einsum("ni,nij,nj->n", error, np.linalg.inv(self._cov[look]), error) if look.any() else np.zeros(0)
        return {
            "looks": int(look.sum()),
            "gaze_cm_median": _q(distance, 50),
            "gaze_cm_p90": _q(distance, 90),
            "gaze_deg_median": _q(angle, 50),
            "gaze_deg_p90": _q(angle, 90),
            "gaze_bias_x_cm": _q(100 * error[:, 0], 50),
            "gaze_bias_y_cm": _q(100 * error[:, 1], 50),
            "from_position_cm_median": _q(100 * np.linalg.norm(true_R, axis=1), 50),
            "from_pose_cm_median": _q(100 * np.linalg.norm(true_P, axis=1), 50),
            "inside_68": _share(d2 <= -2 * np.log(1 - 0.68)),
            "inside_95": _share(d2 <= -2 * np.log(1 - 0.95)),
        }


def _angle_deg(a: Array, b: Array) -> Array:
    cross = np.linalg.norm(np.cross(a, b), axis=-1)
    return np.degrees(np.arctan2(cross, np.sum(a * b, axis=-1)))


def _q(values: Array, percent: float) -> float:
    values = values[np.isfinite(values)]
    return float(np.percentile(values, percent)) if len(values) else float("nan")


def _share(mask: np.ndarray) -> float:
    return float(np.mean(mask)) if len(mask) else float("nan")
