"""Which distance to measure next, and what a reading says the moment it is typed.

The criterion: of all distances that can be measured, the one after which the mean over the seats of the gaze point's
RMS error, as far as the world frame causes it, is smallest. Its expectation follows from the survey's Jacobian at the
present estimate (linear update of the covariance), before the tape is in the hand. While nothing is measured, the
estimate comes from the cameras: they stand at the board's upper ends, and the chessboard lies level.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from gazeclass.calibration.adjustment import Problem, reading_sigmas, solve
from gazeclass.calibration.gaze_precision import frame_jacobian, mean_gaze_error_m, seat_positions
from gazeclass.calibration.room import Room
from gazeclass.calibration.survey import MIN_READINGS, NOTICED_SIGMAS
from gazeclass.calibration.tape import (
    BOARD_CORNERS,
    CAMERA_TOLERANCE_M,
    CAMERAS,
    FLOOR,
    TOLERANCE_M,
    Points,
    Reading,
    compile_distances,
)
from gazeclass.calibration.units import metres, unit_mistake
from gazeclass.geometry.frames import IDEAL_R_WA, Transform
from gazeclass.geometry.rotation import Array, exp_so3

#: What is known before the first reading: turn about the vertical (deg), tilt where not levelled (deg), place (m).
PRIOR_TURN_DEG, PRIOR_TILT_DEG, PRIOR_PLACE_M = 12.0, 6.0, 0.6
#: A camera stands about so far outside the board's upper corner, and so far out from the wall.
CAMERA_OUT_M, CAMERA_FORWARD_M = 0.15, 0.1
#: Readings that sharpen the gaze by less than this share and length are not worth the walk.
WORTH_SHARE, WORTH_M = 0.05, 0.001
#: A mistake larger than this in any reading should be exposed by the others; a check must lower it to this share.
EXPOSED_M, CHECK_GAIN = 0.10, 0.8
#: A typed reading further off than this many standard deviations is looked at again.
DOUBT_SIGMAS = 3.5
#: Before readings decide, a typed length must at least be this near to what is expected, as a share.
ROUGHLY = 0.35


#: Error with it (m), both points, expected reading and its sigma (m), covariance with it.
_Ranked = tuple[float, str, str, float, float, Array]


@dataclass(frozen=True)
class Proposal:
    """A distance worth measuring.

    Attributes:
        point_a, point_b: between which points.
        expected_m: what the tape will read, about.
        expected_sigma_m: how uncertain that is.
        error_before_m, error_after_m: mean gaze error over the seats that the frame causes, now and with it.
        reason: why this one, in a sentence.
        checks: the reading whose misreading it would expose; empty where it is for precision.
    """

    point_a: str
    point_b: str
    expected_m: float
    expected_sigma_m: float
    error_before_m: float
    error_after_m: float
    reason: str
    checks: str = ""

    @property
    def worth_it(self) -> bool:
        """Whether it still makes a difference, in precision or as a check."""
        if self.checks:
            return True
        gain = self.error_before_m - self.error_after_m
        return gain > max(WORTH_M, WORTH_SHARE * self.error_before_m)


@dataclass(frozen=True)
class Entry:
    """What is to be said of a reading that was just typed.

    Attributes:
        reading: as typed.
        expected_m, sigma_m: what the other readings (or the first guess) say, and how sure they are, tape included.
        residual_m: reading minus that.
        doubtful: it is off by more than can be.
        sentence: what to show; empty while nothing can be said.
        suggestion_m: the length meant, when a wrong unit explains it.
    """

    reading: Reading
    expected_m: float
    sigma_m: float
    residual_m: float
    doubtful: bool
    sentence: str
    suggestion_m: float | None = None


@dataclass(frozen=True, eq=False)
class Estimate:
    """Where the chessboard lies by what is known now: T_WA, board size, covariance ``(8, 8)`` of all."""

    T_WA: Transform
    width_m: float
    height_m: float
    cov: Array


class TapePlanner:
    """Plans and judges readings of one room.

    Args:
        points: what the names stand for; the cameras' places must be known.
        room: board and seats.
        level_sigma_deg: how level the chessboard lies; None when it was not levelled.
    """

    def __init__(self, points: Points, room: Room, level_sigma_deg: float | None) -> None:
        self._points, self._room, self._level = points, room, level_sigma_deg
        self._heads = seat_positions(room)

    def problem(self, readings: Iterable[Reading]) -> Problem:
        """The survey's problem for these readings."""
        board = self._room.board
        return Problem(self._points, tuple(readings), board.width_m, board.height_m, self._level)

    def candidates(self) -> list[tuple[str, str]]:
        """Every distance that can be measured, as pairs of points."""
        corners = self._points.target.outer_corner_names()
        starts = [*corners, *(CAMERAS if self._points.cameras_A is not None else ())]
        ends = [*BOARD_CORNERS, *([FLOOR] if self._points.floor_below_edge_m is not None else [])]
        pairs = [(a, b) for a in starts for b in ends]
        right, left = ("B_TR", "B_BR"), ("B_TL", "B_BL")
        return [*pairs, ("B_TL", "B_TR"), ("B_BL", "B_BR"), right, left, ("B_TL", "B_BR"), ("B_TR", "B_BL")]

    def estimate(self, readings: tuple[Reading, ...], doubted: frozenset[int] = frozenset()) -> Estimate:
        """The present estimate; readings whose index is in ``doubted`` do not count."""
        used = tuple(r for k, r in enumerate(readings) if k not in doubted)
        problem, start = self.problem(used), self._guess()
        T_WA, width, height = self._descend(problem, start), problem.width_m, problem.height_m
        if len(used) >= MIN_READINGS:
            fit = solve(problem, start=T_WA)
            if fit.rank >= 8 and _near(fit.T_WA, start):
                T_WA, width, height = fit.T_WA, fit.width_m, fit.height_m
        cov = np.asarray(np.linalg.inv(self._information(problem, T_WA, width, height)), float)
        return Estimate(T_WA, width, height, cov)

    def propose(
        self, readings: tuple[Reading, ...], count: int = 3, doubted: frozenset[int] = frozenset()
    ) -> tuple[Proposal, ...]:
        """The best distances not taken yet, best first; the first is what to measure now.

        When precision is reached, a reading that no other one checks comes first: a misread one must be found out.
        """
        now = self.estimate(readings, doubted)
        taken = {frozenset((r.point_a, r.point_b)) for k, r in enumerate(readings) if k not in doubted}
        aim = [now.width_m / 2, now.height_m / 2, 0.0]
        jacobian = frame_jacobian(self._heads, aim, now.T_WA.t)
        before = mean_gaze_error_m(jacobian, now.cov[:6, :6])
        ranked: list[_Ranked] = []
        for a, b in self.candidates():
            if frozenset((a, b)) in taken:
                continue
            expected, row, sigma = self._predict(now, a, b)
            spread = float(row @ now.cov @ row)
            step = now.cov @ row
            cov = now.cov - np.outer(step, step) / (sigma**2 + spread)
            after = mean_gaze_error_m(jacobian, cov[:6, :6])
            ranked.append((after, a, b, expected, float(np.sqrt(spread + sigma**2)), cov))
        ranked.sort(key=lambda item: item[0])
        proposals = tuple(
            Proposal(a, b, expected, sigma, before, after, _reason(now, cov, before, after))
            for after, a, b, expected, sigma, cov in ranked[:count]
        )
        if proposals and not proposals[0].worth_it:
            check = self._check(now, tuple(r for k, r in enumerate(readings) if k not in doubted), before, ranked)
            return (check, *proposals[: count - 1]) if check is not None else proposals
        return proposals

    def _check(
        self, now: Estimate, readings: tuple[Reading, ...], before: float, ranked: list[_Ranked]
    ) -> Proposal | None:
        """The distance that exposes a mistake in the reading which is checked least; None where all are checked."""
        if not readings:
            return None
        rows = compile_distances(self._points, readings).evaluate(now.T_WA, now.width_m, now.height_m)[1][:, :8]
        sigmas = np.array([self._sigma(r) for r in readings])
        noticed = _noticed_m(rows, sigmas, now.cov)
        weakest = int(np.argmax(noticed))
        if noticed[weakest] <= EXPOSED_M:
            return None
        row, sigma = rows[weakest : weakest + 1], sigmas[weakest : weakest + 1]
        then = [float(_noticed_m(row, sigma, item[5])[0]) for item in ranked]
        best = int(np.argmin(then))
        if then[best] > CHECK_GAIN * noticed[weakest]:
            return None
        after, a, b, expected, expected_sigma, _ = ranked[best]
        name = readings[weakest].name
        reason = (
            f"No other reading would expose a mistake in {name} below {100 * noticed[weakest]:.0f} cm; with this one "
            f"{100 * then[best]:.0f} cm would show."
        )
        return Proposal(a, b, expected, expected_sigma, before, after, reason, name)

    def judge(self, readings: tuple[Reading, ...], reading: Reading, doubted: frozenset[int] = frozenset()) -> Entry:
        """Compare one reading with what all others say.

        Args:
            readings: those taken so far; ``reading`` may be among them.
            reading: the one typed now.
            doubted: indices of readings that are known to be misread.
        """
        pair = {reading.point_a, reading.point_b}
        others = tuple(r for k, r in enumerate(readings) if k not in doubted and {r.point_a, r.point_b} != pair)
        now = self.estimate(others)
        expected, row, _ = self._predict(now, reading.point_a, reading.point_b)
        sigma = float(np.sqrt(row @ now.cov @ row + self._sigma(reading) ** 2))
        residual = reading.distance_m - expected
        roughly = ROUGHLY if sigma > 0.05 * expected else 0.04
        unit = unit_mistake(reading.distance_m, expected, roughly) if abs(residual) > DOUBT_SIGMAS * sigma else ""
        if unit:
            sentence = f"{reading.name}: {reading.distance_m:g} m cannot be, about {expected:.2f} m is expected; {unit}"
            return Entry(
                reading, expected, sigma, residual, True, sentence, metres(reading.distance_m, expected, roughly)
            )
        if abs(residual) > DOUBT_SIGMAS * sigma:
            sentence = (
                f"{reading.name} is {100 * abs(residual):.1f} cm {'longer' if residual > 0 else 'shorter'} than the "
                f"other readings say ({expected:.3f} m): measure it again."
            )
            return Entry(reading, expected, sigma, residual, True, sentence)
        if len(others) < MIN_READINGS - 1 or sigma > 0.05:
            return Entry(reading, expected, sigma, residual, False, "")
        return Entry(reading, expected, sigma, residual, False, f"Agrees to {1000 * abs(residual):.0f} mm.")

    def _guess(self) -> Transform:
        """ACS in the world if the cameras stand at the board's upper ends and the chessboard lies level."""
        board = self._room.board
        cameras = self._points.cameras_A
        if cameras is None:
            return Transform(IDEAL_R_WA, np.array([board.width_m / 2, board.height_m + 0.2, 2.0]))
        ends = np.array(
            [
                [-CAMERA_OUT_M, 0.0, CAMERA_FORWARD_M],
                [board.width_m + CAMERA_OUT_M, 0.0, CAMERA_FORWARD_M],
            ]
        )
        flat_A, flat_W = (cameras[1] - cameras[0])[:2], (ends[1] - ends[0])[[0, 2]]
        # Ideal: X_A is -X_W, Y_A is -Z_W; turned about the vertical so that the row of cameras fits.
        angle = np.arctan2(flat_W[1], flat_W[0]) - np.arctan2(-flat_A[1], -flat_A[0])
        R = exp_so3([0.0, -angle, 0.0]) @ IDEAL_R_WA
        return Transform(R, ends.mean(axis=0) - R @ cameras.mean(axis=0))

    def _information(self, problem: Problem, T_WA: Transform, width: float, height: float) -> Array:
        """Of readings and what is known beforehand, ``(8, 8)``."""
        tilt = PRIOR_TILT_DEG if self._level is None else self._level
        sigmas = np.array(
            [*np.radians([tilt, PRIOR_TURN_DEG, tilt]), *[PRIOR_PLACE_M] * 3, *[problem.size_sigma_m] * 2]
        )
        information = np.diag(1.0 / sigmas**2)
        if problem.readings:
            J = compile_distances(self._points, problem.readings).evaluate(T_WA, width, height)[1][:, :8]
            J = J / reading_sigmas(problem)[: len(J), None]
            information = information + J.T @ J
        return np.asarray(information, float)

    def _descend(self, problem: Problem, start: Transform) -> Transform:
        """The guess moved by the readings, held by what is known beforehand; robust against one misread."""
        T, prior = start, np.zeros(6)
        if not problem.readings:
            return T
        distances = compile_distances(self._points, problem.readings)
        measured = np.array([r.distance_m for r in problem.readings])
        sigmas = reading_sigmas(problem)[: len(measured)]
        held = np.diag(self._information(replace(problem, readings=()), T, 1.0, 1.0))[:6]
        for _ in range(25):
            model, J = distances.evaluate(T, problem.width_m, problem.height_m)
            r = (model - measured) / sigmas
            # While the place is only guessed, all residuals are large; only those far beyond the others are discounted.
            scale = max(1.0, 3.0 * float(np.median(np.abs(r))))
            weight = 1.0 / np.sqrt(1.0 + (r / scale) ** 2)
            A = J[:, :6] / sigmas[:, None]
            H = A.T @ (A * weight[:, None]) + np.diag(held)
            step = -np.linalg.solve(H, A.T @ (weight * r) + held * prior)
            step *= min(1.0, 0.5 / max(float(np.abs(step).max()), 1e-9))
            T = Transform(exp_so3(step[:3]) @ T.R, T.t + step[3:])
            prior = prior + step
            if float(np.abs(step).max()) < 1e-6:
                break
        return T

    def _predict(self, now: Estimate, a: str, b: str) -> tuple[float, Array, float]:
        """Expected reading, its derivative ``(8,)`` by the unknowns, and the tape's own standard deviation."""
        reading = Reading(a, b, 1.0, CAMERA_TOLERANCE_M if {a, b} & set(CAMERAS) else TOLERANCE_M)
        model, J = compile_distances(self._points, [reading]).evaluate(now.T_WA, now.width_m, now.height_m)
        return float(model[0]), J[0, :8], self._sigma(reading)

    def _sigma(self, reading: Reading) -> float:
        cameras = sum(name in CAMERAS for name in (reading.point_a, reading.point_b))
        return float(np.hypot(reading.tolerance_m, np.sqrt(cameras) * self._points.camera_sigma_m))


def _noticed_m(rows: Array, sigmas: Array, cov: Array) -> Array:
    """Least error of each reading that the others expose, as the survey counts it."""
    share = 1.0 - np.einsum("ij,jk,ik->i", rows, cov, rows) / sigmas**2
    return np.asarray(NOTICED_SIGMAS * sigmas / np.sqrt(np.maximum(share, 1e-6)))


def _near(T: Transform, guess: Transform) -> bool:
    """A fit on the wrong side of the board, or upside down, is no estimate to plan with."""
    return bool(np.linalg.norm(T.t - guess.t) < 3 * PRIOR_PLACE_M and T.R[:, 2] @ guess.R[:, 2] > 0.5)


#: What each unknown is called, and how to write its standard deviation.
_UNKNOWNS = (
    ("how the chessboard is tilted towards the board", "deg"),
    ("how the chessboard is turned", "deg"),
    ("how the chessboard is tilted along the board", "deg"),
    ("where the chessboard lies along the board", "m"),
    ("how far the chessboard lies below the board's top edge", "m"),
    ("how far the chessboard lies from the board", "m"),
    ("the board's width", "m"),
    ("the board's height", "m"),
)


def _reason(now: Estimate, after: Array, error_before: float, error_after: float) -> str:
    """Which unknown this reading settles most, and what that does to the gaze."""
    before_sigma, after_sigma = np.sqrt(np.diag(now.cov)), np.sqrt(np.maximum(np.diag(after), 0.0))
    k = int(np.argmax((before_sigma - after_sigma) / before_sigma))
    words, unit = _UNKNOWNS[k]

    def write(sigma: float) -> str:
        if unit == "deg":
            return f"{np.degrees(sigma):.2g}°"
        return f"{100 * sigma:.0f} cm" if sigma >= 0.02 else f"{1000 * sigma:.0f} mm"

    return (
        f"It tells {words} ({write(float(before_sigma[k]))} → {write(float(after_sigma[k]))}) and brings the expected "
        f"error on the board from {100 * error_before:.1f} to {100 * error_after:.1f} cm."
    )
