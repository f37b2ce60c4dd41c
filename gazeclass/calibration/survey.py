"""The tape survey: fit, find a misread reading, name it, refit, and say what the result is worth (method §7)."""

from dataclasses import dataclass

import numpy as np

from gazeclass.calibration.adjustment import HEIGHT, WIDTH, Fit, Problem, solve
from gazeclass.calibration.survey_explained import exchanged_corners, other_unit, plausible, wrong_square
from gazeclass.calibration.tape import (
    BOARD_CORNERS,
    CAMERA_TOLERANCE_M,
    CAMERAS,
    FLOOR,
    TOLERANCE_M,
    Reading,
    compile_distances,
)
from gazeclass.errors import InputError
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import Array, exp_so3

#: A reading that disagrees with all others by more standard deviations than this is misread (Baarda's w-test).
MISREAD_SIGMAS = 3.5
#: An explanation is rivalled by another whose chi² is less than this much worse.
RIVAL_CHI2 = 6.0
#: Least error of a reading that would be noticed with 80 % power (non-centrality 17.07 at 3.5 sigma is 4.34²).
NOTICED_SIGMAS = 4.34
#: A reading in which only a larger error than this would be noticed is called unchecked.
UNCHECKED_M = 0.05
MIN_READINGS = 6


@dataclass(frozen=True)
class ReadingResult:
    """A reading after the fit.

    Attributes:
        reading: as measured.
        residual_m: reading minus what the accepted result says.
        tolerance_m: its standard deviation as counted.
        sigmas: disagreement with what all *other* readings say, in standard deviations.
        noticed_m: least error of this reading that the others would expose.
        rejected: left out as misread.
        rivals: readings that might be the wrong one instead.
    """

    reading: Reading
    residual_m: float
    tolerance_m: float
    sigmas: float
    noticed_m: float
    rejected: bool
    rivals: tuple[str, ...] = ()

    @property
    def unchecked(self) -> bool:
        """Whether an error of :data:`UNCHECKED_M` in this reading could stay unnoticed."""
        return self.noticed_m > UNCHECKED_M


@dataclass(frozen=True)
class Suggestion:
    """A reading not yet taken and the board error (RMS, metres) that would remain with it."""

    point_a: str
    point_b: str
    board_sigma_m: float


@dataclass(frozen=True, eq=False)
class Survey:
    """Where the auxiliary frame lies in the world.

    Attributes:
        T_WA: ACS to WCS.
        cov_T_WA: ``(6, 6)``: rotation vector in WCS (rad), translation (m); left perturbation.
        readings: results in the order of the tape.
        rejected_size: WIDTH or HEIGHT of room.toml that the tape contradicts.
        chi2, freedom: of the accepted fit.
        level_deg: angle between the chessboard's normal and the vertical in the result.
        scale, scale_sigma: chessboard size that the tape alone would give, over the nominal one.
        board_sigma_m: RMS shift of a gaze point on the board that the remaining frame error causes.
        suggestions: best further readings first.
        width_m, height_m: the board's size that fits best.
    """

    T_WA: Transform
    cov_T_WA: Array
    readings: tuple[ReadingResult, ...]
    rejected_size: tuple[str, ...]
    chi2: float
    freedom: int
    level_deg: float
    scale: float
    scale_sigma: float
    board_sigma_m: float
    suggestions: tuple[Suggestion, ...]
    width_m: float
    height_m: float

    @property
    def misread(self) -> tuple[ReadingResult, ...]:
        """Readings that were left out."""
        return tuple(result for result in self.readings if result.rejected)


def require_enough(count: int) -> None:
    """Refuse so few tape readings that they cannot fix the room."""
    if count < MIN_READINGS:
        raise InputError(
            f"{count} tape readings do not fix the room; {MIN_READINGS} are needed, 13 are good",
            where="tape.csv",
            todo="Measure from each outer chessboard corner to the board's corners.",
        )


def survey(problem: Problem) -> Survey:
    """Fit the readings, reject misread ones, explain what cannot be explained so.

    Raises:
        InputError: too few readings, a wrong square size, corners named in another order, readings in another unit, or
            a survey in which too much contradicts to say what is wrong.
    """
    require_enough(len(problem.readings))
    full = solve(problem)
    if full.freedom < 1 or full.rank < 8:
        raise InputError(
            "the readings leave the chessboard free to move",
            where="tape.csv",
            todo="Measure from at least three chessboard corners to at least three corners of the board.",
        )
    fit, left_out, rivals = _reject(problem, full)
    many = not plausible(fit) or len(left_out) > 1
    if many or left_out:
        # Before one reading alone is blamed: a wrong square size touches all of them, the longest most.
        scaled = solve(problem, free_scale=True)
        square = wrong_square(problem, scaled)
        if square is not None and (many or scaled.chi2 + RIVAL_CHI2 < fit.chi2):
            raise square
    if many:
        explained = exchanged_corners(problem) or other_unit(problem)
        if explained is not None:
            raise explained
    if not plausible(fit):
        raise InputError(
            "too many tape readings contradict each other to tell which are wrong: " + _worst(problem, full),
            where="tape.csv",
            todo="Measure these again.",
        )
    return _survey(problem, fit, left_out, rivals)


def _reject(problem: Problem, fit: Fit) -> tuple[Fit, frozenset[int], dict[int, tuple[str, ...]]]:
    """Leave out readings one by one while that explains significantly more; refit each time."""
    left_out: frozenset[int] = frozenset()
    rivals: dict[int, tuple[str, ...]] = {}
    most = max(1, len(problem.readings) // 4)
    while len(left_out) < most and fit.freedom > 1:
        trials: dict[int, Fit] = {}
        for k in range(len(problem.names)):
            if k not in left_out and _redundancy(fit)[k] > 1e-3:
                trials[k] = solve(problem, leave_out=left_out | {k}, start=fit.T_WA)
        if not trials:
            break
        best = min(trials, key=lambda k: trials[k].chi2)
        if problem.names[best] in (WIDTH, HEIGHT):
            # Between a tape reading and the room's stated size that explain it equally well, doubt the reading.
            tied = [k for k in trials if trials[k].chi2 - trials[best].chi2 < RIVAL_CHI2 and k < len(problem.readings)]
            best = min(tied, key=lambda k: trials[k].chi2, default=best)
        gain = fit.chi2 - trials[best].chi2
        if gain < MISREAD_SIGMAS**2:
            break
        rivals[best] = tuple(
            problem.names[k] for k in trials if k != best and trials[k].chi2 - trials[best].chi2 < RIVAL_CHI2
        )
        left_out, fit = left_out | {best}, trials[best]
    return fit, left_out, rivals


def _redundancy(fit: Fit) -> Array:
    """Share of each reading's own error that shows in its residual, 0 (unchecked) to 1."""
    return np.clip(1.0 - np.einsum("ij,jk,ik->i", fit.design, fit.cov, fit.design), 0.0, 1.0)


def _worst(problem: Problem, fit: Fit) -> str:
    order = np.argsort(-np.abs(fit.residuals_m / fit.sigmas_m))[:3]
    return ", ".join(f"{problem.names[k]} by {100 * abs(fit.residuals_m[k]):.1f} cm" for k in order)


def _survey(problem: Problem, fit: Fit, left_out: frozenset[int], rivals: dict[int, tuple[str, ...]]) -> Survey:
    # Never more confident than the readings' own scatter allows.
    cov = fit.cov * max(1.0, fit.chi2 / max(fit.freedom, 1))
    redundancy = _redundancy(fit)
    results = []
    for k, reading in enumerate(problem.readings):
        residual, sigma = -float(fit.residuals_m[k]), float(fit.sigmas_m[k])
        predicted = float(fit.design[k] @ fit.cov @ fit.design[k])
        if k in left_out:
            spread = sigma * np.sqrt(1.0 + predicted)
            sigmas, noticed = residual / spread, NOTICED_SIGMAS * spread
        else:
            share = max(redundancy[k], 1e-9)
            sigmas, noticed = residual / (sigma * np.sqrt(share)), NOTICED_SIGMAS * sigma / np.sqrt(share)
        results.append(
            ReadingResult(reading, residual, sigma, float(sigmas), float(noticed), k in left_out, rivals.get(k, ()))
        )
    scaled = solve(problem, leave_out=left_out, start=fit.T_WA, free_scale=True)
    cov6 = cov[:6, :6]
    return Survey(
        T_WA=fit.T_WA,
        cov_T_WA=cov6,
        readings=tuple(results),
        rejected_size=tuple(problem.names[k] for k in sorted(left_out) if problem.names[k] in (WIDTH, HEIGHT)),
        chi2=fit.chi2,
        freedom=fit.freedom,
        level_deg=float(np.degrees(np.arccos(np.clip(-fit.T_WA.R[1, 2], -1.0, 1.0)))),
        scale=scaled.scale,
        scale_sigma=float(np.sqrt(scaled.cov[8, 8])),
        board_sigma_m=board_sigma_m(fit.T_WA, cov6, fit.width_m, fit.height_m),
        suggestions=_suggest(problem, fit, left_out),
        width_m=fit.width_m,
        height_m=fit.height_m,
    )


def board_sigma_m(T_WA: Transform, cov_T_WA: Array, width_m: float, height_m: float) -> float:
    """RMS shift of gaze points on the board caused by the error of the frame alone.

    Over eight heads, 2.5 to 7 m from the board, that look at its middle: the frame's error moves both the head and its
    direction in the world, ``p' = p + φ × (p - t_WA) + τ``, ``d' = d + φ × d``.

    Args:
        T_WA: ACS to WCS.
        cov_T_WA: ``(6, 6)`` as in :class:`Survey`.
        width_m, height_m: of the board.

    Returns:
        Metres, RMS over the heads of the length of the shift.
    """
    centre = np.array([width_m / 2, height_m / 2, 0.0])
    total, count = 0.0, 0
    for x in (0.1, 0.9):
        for z in (2.5, 4.0, 5.5, 7.0):
            head = np.array([x * width_m, height_m / 2 + 0.4, z])
            columns = []
            for k in range(6):
                delta = np.zeros(6)
                delta[k] = 1e-6
                R = exp_so3(delta[:3])
                p = R @ (head - T_WA.t) + T_WA.t + delta[3:]
                d = R @ (centre - head)
                columns.append((p - d * p[2] / d[2] - centre)[:2] / 1e-6)
            J = np.stack(columns, axis=1)
            total += float(np.trace(J @ cov_T_WA @ J.T))
            count += 1
    return float(np.sqrt(total / count))


def _suggest(problem: Problem, fit: Fit, left_out: frozenset[int], count: int = 3) -> tuple[Suggestion, ...]:
    """Readings not taken yet, by how much each would sharpen the gaze points (linear update of the covariance)."""
    taken = {frozenset((r.point_a, r.point_b)) for k, r in enumerate(problem.readings) if k not in left_out}
    starts = list(problem.points.target.outer_corner_names())
    ends = list(BOARD_CORNERS)
    if problem.points.cameras_A is not None:
        starts += CAMERAS
    if problem.points.floor_below_edge_m is not None:
        ends.append(FLOOR)
    suggestions = []
    for a in starts:
        for b in ends:
            if frozenset((a, b)) in taken:
                continue
            sigma = np.hypot(CAMERA_TOLERANCE_M, problem.points.camera_sigma_m) if a in CAMERAS else TOLERANCE_M
            reading = [Reading(a, b, 1.0)]
            row = compile_distances(problem.points, reading).evaluate(fit.T_WA, fit.width_m, fit.height_m)[1][0, :8]
            step = fit.cov @ row
            cov = fit.cov - np.outer(step, step) / (sigma**2 + row @ step)
            suggestions.append(Suggestion(a, b, board_sigma_m(fit.T_WA, cov[:6, :6], fit.width_m, fit.height_m)))
    suggestions.sort(key=lambda suggestion: suggestion.board_sigma_m)
    return tuple(suggestions[:count])
