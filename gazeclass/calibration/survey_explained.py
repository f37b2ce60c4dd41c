"""What may be wrong with a survey as a whole: the square's size, the corners' names, the unit of the tape."""

from dataclasses import replace

import numpy as np
from scipy.stats import chi2 as chi2_distribution

from gazeclass.calibration.adjustment import Fit, Problem, solve
from gazeclass.calibration.units import FACTORS
from gazeclass.errors import InputError
from gazeclass.geometry.frames import IDEAL_R_WA
from gazeclass.geometry.rotation import geodesic_deg

#: A survey that fits with less probability than this is wrong as a whole.
IMPLAUSIBLE = 1e-4


def plausible(fit: Fit) -> bool:
    """Whether the readings agree as well as their tolerances promise."""
    return bool(chi2_distribution.sf(fit.chi2, max(fit.freedom, 1)) > IMPLAUSIBLE)


def wrong_square(problem: Problem, scaled: Fit) -> InputError | None:
    """What to say of a fit with the chessboard's size left free, where that size is clearly another."""
    sigma = float(np.sqrt(scaled.cov[8, 8]))
    if not plausible(scaled) or abs(scaled.scale - 1.0) <= max(4 * sigma, 0.01):
        return None
    square = problem.points.target.square_m
    return InputError(
        f"the square is given as {square * 1000:.1f} mm, but the tape fits squares of "
        f"{scaled.scale * square * 1000:.1f} ± {sigma * square * 1000:.1f} mm",
        where="tape.csv",
        todo="Measure ten squares of the print and give --square accordingly.",
    )


def exchanged_corners(problem: Problem) -> InputError | None:
    """What to say where the readings fit once the chessboard's corners are named the other way round."""
    target = problem.points.target
    origin, along, across, opposite = target.outer_corner_names()
    explanations: list[tuple[float, str]] = []
    for words, exchange in (
        ("front and back rows", {origin: across, along: opposite}),
        ("right and left ends", {origin: along, across: opposite}),
    ):
        swap = exchange | {b: a for a, b in exchange.items()}
        renamed = tuple(
            replace(r, point_a=swap.get(r.point_a, r.point_a), point_b=swap.get(r.point_b, r.point_b))
            for r in problem.readings
        )
        fit = solve(replace(problem, readings=renamed))
        if plausible(fit):
            explanations.append((float(geodesic_deg(fit.T_WA.R, IDEAL_R_WA)), words))
    if not explanations:
        return None
    # Both fit, half a turn apart: the one that leaves the board as the sheet shows it is meant.
    return InputError(
        f"the chessboard's {min(explanations)[1]} are exchanged in the tape readings",
        where="tape.csv",
        todo="Name the corners as on the survey sheet.",
    )


def other_unit(problem: Problem) -> InputError | None:
    """What to say where all readings fit in another unit, or with the decimal point elsewhere."""
    for factor, words in FACTORS:
        metres = tuple(replace(r, distance_m=r.distance_m / factor) for r in problem.readings)
        if plausible(solve(replace(problem, readings=metres))):
            typed = problem.readings[0]
            return InputError(
                f"the tape readings fit in another unit: {typed.name} is {typed.distance_m:g}, and "
                + words.format(metres[0].distance_m),
                where="tape.csv",
                todo="Write all readings in metres.",
            )
    return None
