"""Least squares for the survey: where ACS lies in WCS, given tape readings, the board's size and a spirit level."""

from dataclasses import dataclass

import numpy as np

from gazeclass.calibration.tape import CAMERAS, Points, Reading, compile_distances
from gazeclass.geometry.frames import IDEAL_R_WA, Transform
from gazeclass.geometry.rotation import Array, exp_so3, nearest_rotation

#: How level a chessboard lies that was laid with a spirit level or a phone (each of two directions).
LEVEL_SIGMA_DEG = 0.2
#: Names of the two readings that room.toml itself makes.
WIDTH, HEIGHT = "the board's width in room.toml", "the board's height in room.toml"


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be explained.

    Attributes:
        points: what the names stand for.
        readings: the tape's.
        width_m, height_m: the board's size as room.toml says, good to ``size_sigma_m``.
        level_sigma_deg: how level the chessboard lies (each of two directions); None when nothing is known.
    """

    points: Points
    readings: tuple[Reading, ...]
    width_m: float
    height_m: float
    level_sigma_deg: float | None = LEVEL_SIGMA_DEG
    size_sigma_m: float = 0.003

    @property
    def names(self) -> list[str]:
        """Every reading's name, those of room.toml last."""
        return [reading.name for reading in self.readings] + [WIDTH, HEIGHT]


@dataclass(frozen=True, eq=False)
class Fit:
    """A solution.

    Attributes:
        T_WA: ACS to WCS.
        width_m, height_m: the board's size that fits best.
        scale: of the chessboard and of everything measured with it; 1 unless it was free.
        chi2: sum of the squared residuals over their variance.
        freedom: readings and priors minus unknowns.
        residuals_m: model minus reading for every name of the problem, left-out ones too.
        sigmas_m: standard deviation of each.
        design: ``(n_names, n_unknowns)`` derivative of each residual over its sigma.
        rank: of the whole system, priors included; less than the unknowns leaves something free.
        cov: ``(n_unknowns, n_unknowns)``; rotation vector in WCS (rad), translation, width, height[, scale].
    """

    T_WA: Transform
    width_m: float
    height_m: float
    scale: float
    chi2: float
    freedom: int
    residuals_m: Array
    sigmas_m: Array
    design: Array
    rank: int
    cov: Array


def solve(
    problem: Problem,
    *,
    leave_out: frozenset[int] = frozenset(),
    start: Transform | None = None,
    free_scale: bool = False,
) -> Fit:
    """Best fit; without ``start`` from many placements, robustly at first so that one bad reading does not decide.

    Args:
        problem: readings and priors.
        leave_out: indices into ``problem.names`` that do not count.
        start: where to begin; must be near.
        free_scale: let the chessboard's size move (1 ± anything).
    """
    if start is not None:
        return _descend(problem, leave_out, start, free_scale, robust=False)
    best: Fit | None = None
    for T_WA in _placements(problem):
        rough = _descend(problem, leave_out, T_WA, False, robust=True)
        fit = _descend(problem, leave_out, rough.T_WA, free_scale, robust=False)
        if fit.T_WA.t[2] > 0 and (best is None or fit.chi2 < best.chi2 * (1 - 1e-9)):
            best = fit
    return best if best is not None else fit


def _placements(problem: Problem) -> list[Transform]:
    """Chessboards that lie level before the middle of the board at four yaws."""
    starts = []
    for yaw_deg in (0, 90, 180, 270):
        R = exp_so3([0.0, np.radians(yaw_deg), 0.0]) @ IDEAL_R_WA
        starts.append(Transform(R, np.array([problem.width_m / 2, problem.height_m + 0.2, 2.0])))
    return starts


def _descend(problem: Problem, leave_out: frozenset[int], start: Transform, free_scale: bool, *, robust: bool) -> Fit:
    """Levenberg–Marquardt about the current rotation; ``robust`` weights as soft-L1 does."""
    system = _System(problem, leave_out, free_scale)
    state = (start, problem.width_m, problem.height_m, 1.0)
    r, J = system.whitened(*state)
    damping = 1e-3
    for _ in range(60):
        weight = 1.0 / np.sqrt(1.0 + r**2) if robust else np.ones(len(r))
        H, g = J.T @ (J * weight[:, None]), J.T @ (weight * r)
        improved = False
        for _ in range(8):
            # Lengths of about a metre and angles of about a radian: the unit matrix is a fair scale for both.
            step = -np.asarray(np.linalg.solve(H + damping * (np.diag(np.diag(H)) + np.eye(len(H))), g), float)
            candidate = _moved(state, step)
            new_r, new_J = system.whitened(*candidate)
            if _cost(new_r, robust) < _cost(r, robust):
                improved = True
                break
            damping *= 10.0
        if not improved:
            break
        gain = _cost(r, robust) - _cost(new_r, robust)
        state, r, J = candidate, new_r, new_J
        damping = max(damping / 10.0, 1e-12)
        if gain < 1e-9:
            break
    return system.fit(state, r, J)


def _cost(r: Array, robust: bool) -> float:
    return float((2.0 * (np.sqrt(1.0 + r**2) - 1.0)).sum() if robust else r @ r)


def _moved(state: tuple[Transform, float, float, float], step: Array) -> tuple[Transform, float, float, float]:
    T_WA, width, height, scale = state
    T_WA = Transform(nearest_rotation(exp_so3(step[:3]) @ T_WA.R), T_WA.t + step[3:6])
    # A first step from far off may pass zero; lengths stay lengths.
    scale = max(scale + step[8], 0.05) if len(step) > 8 else scale
    return T_WA, max(width + step[6], 0.05), max(height + step[7], 0.05), scale


class _System:
    """The residuals of a problem, those that count, and their derivatives."""

    def __init__(self, problem: Problem, leave_out: frozenset[int], free_scale: bool) -> None:
        self.problem = problem
        self.distances = compile_distances(problem.points, problem.readings)
        self.measured = np.array([reading.distance_m for reading in problem.readings])
        self.sigmas = reading_sigmas(problem)
        self.counted = np.array([k not in leave_out for k in range(len(self.sigmas))])
        self.unknowns = 9 if free_scale else 8

    def residuals(self, T_WA: Transform, width: float, height: float, scale: float) -> tuple[Array, Array]:
        """Model minus reading ``(n_names,)`` in metres and its derivative."""
        model, J = self.distances.evaluate(T_WA, width, height, scale)
        size = np.zeros((2, 9))
        size[0, 6] = size[1, 7] = 1.0
        offsets = [width - self.problem.width_m, height - self.problem.height_m]
        return np.concatenate([model - self.measured, offsets]), np.concatenate([J, size])[:, : self.unknowns]

    def whitened(self, T_WA: Transform, width: float, height: float, scale: float) -> tuple[Array, Array]:
        """What counts, over its standard deviation, priors included."""
        r, J = self.residuals(T_WA, width, height, scale)
        r, J = (r / self.sigmas)[self.counted], (J / self.sigmas[:, None])[self.counted]
        level, by_rotation = level_residual(T_WA, self.problem.level_sigma_deg)
        J_level = np.zeros((len(level), self.unknowns))
        J_level[:, :3] = by_rotation
        return np.concatenate([r, level]), np.concatenate([J, J_level])

    def fit(self, state: tuple[Transform, float, float, float], r: Array, J: Array) -> Fit:
        """The result at ``state``."""
        residual, design = self.residuals(*state)
        return Fit(
            T_WA=state[0],
            width_m=float(state[1]),
            height_m=float(state[2]),
            scale=float(state[3]),
            chi2=float(r @ r),
            freedom=len(r) - self.unknowns,
            residuals_m=residual,
            sigmas_m=self.sigmas,
            design=design / self.sigmas[:, None],
            rank=int(np.linalg.matrix_rank(J, tol=1e-6 * float(np.linalg.norm(J)))),
            cov=np.asarray(np.linalg.pinv(J.T @ J, hermitian=True), float),
        )


def reading_sigmas(problem: Problem) -> Array:
    """Standard deviation of every name: the tape's, for a camera also that of its position."""
    sigmas = []
    for reading in problem.readings:
        cameras = sum(name in CAMERAS for name in (reading.point_a, reading.point_b))
        sigmas.append(np.hypot(reading.tolerance_m, np.sqrt(cameras) * problem.points.camera_sigma_m))
    return np.array([*sigmas, problem.size_sigma_m, problem.size_sigma_m])


def level_residual(T_WA: Transform, level_sigma_deg: float | None) -> tuple[Array, Array]:
    """How far Z_A is from vertical, in standard deviations ``(2,)``, and its derivative by the rotation ``(2, 3)``.

    Z_A should point up, (0, -1, 0) in WCS. The rotation that brings it there is ``θ · z × up / |z × up|``, whose x and
    z components are the two tilts; θ runs to 180°, so that an upside-down board is no second solution.
    """
    if level_sigma_deg is None:
        return np.zeros(0), np.zeros((0, 3))
    sigma = np.radians(level_sigma_deg)
    x, y, z = T_WA.R[:, 2]
    sine = float(np.hypot(x, z))
    factor = np.arctan2(sine, -y) / sine if sine > 1e-9 else (1.0 if y < 0 else np.pi / 1e-9)
    # z × up = (z, 0, -x); turning by +φ changes (x, z) by (φ × Z_A) = (φy z - φz y, φx y - φy x).
    by_rotation = np.array([[0.0, z, -y], [y, -x, 0.0]])
    return np.array([x, z]) * factor / sigma, by_rotation * factor / sigma
