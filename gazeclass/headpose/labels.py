"""Soft labels from the shift of landmarks (SLCS, method §3): how alike a face looks at two neighbouring angles.

Classes are whole degrees −99 … 99 for each of yaw, pitch, roll. Two classes are as similar as the landmarks of a 3-D
face move little between them; a Gaussian fitted to that similarity gives one σ per angle, and the Gaussian, sampled at
all classes and normalised, is the label.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import least_squares

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array, rotation_from_angles_deg
from gazeclass.headpose.meanface import MEAN_FACE_68, OUTER_EYE_CORNERS
from gazeclass.reading import read_table

#: ψ_i, degrees.
CLASSES_DEG: Array = np.arange(-99.0, 100.0)
#: The paper's own σ of yaw, pitch, roll (Basel face), which training uses.
PAPER_SIGMA_DEG: tuple[float, float, float] = (0.997, 0.939, 1.25)
ANGLES = ("yaw", "pitch", "roll")


@dataclass(frozen=True, eq=False)
class SoftLabelFit:
    """What the construction gives for one angle.

    Attributes:
        angle: "yaw", "pitch" or "roll".
        similarity: ``(K, K)``, rows s(j, ·) normalised to sum 1.
        sigma_deg: ``(K,)`` σ of the Gaussian fitted to each row.
    """

    angle: str
    similarity: Array
    sigma_deg: Array


def read_face(path: Path) -> Array:
    """``(68, 3)`` landmarks from a table with the columns x, y, z and a line for each, in 300-W's order, in any unit.

    Raises:
        InputError: unreadable, not 68 lines of three numbers, or a face whose outer eye corners are one point.
    """
    table = read_table(path)
    if len(table.rows) != 68 or not {"x", "y", "z"} <= set(table.columns):
        raise InputError(
            f"holds {len(table.rows)} lines with the columns {', '.join(table.columns)}, not 68 with x, y, z",
            where=path,
            todo="Give 3-D landmarks in the order of 300-W, a line each.",
        )
    try:
        points = np.array([[table.number(row.cells[name]) for name in "xyz"] for row in table.rows])
    except ValueError as error:
        raise InputError(f"holds a cell that is no number ({error})", where=path, todo="Correct it.") from error
    a, b = points[list(OUTER_EYE_CORNERS)]
    if not np.isfinite(points).all() or (a == b).all():
        raise InputError(
            "is no face: a landmark is not finite, or the outer corners of both eyes are one point",
            where=path,
            todo="Check landmarks 37 and 46 of 68 and those that are nan.",
        )
    return points


def turning_centre(landmarks_68_m: ArrayLike) -> Array:
    """The point ``(3,)`` a head turns about: between the ears, where the jaw line begins (landmarks 0 and 16)."""
    p = np.asarray(landmarks_68_m, float)
    return np.asarray((p[0] + p[16]) / 2)


def similarity(angle: str, landmarks_68_m: ArrayLike = MEAN_FACE_68, centre_m: ArrayLike | None = None) -> Array:
    """s(j, i) = exp(−Σ_k ‖p_k(ψ_j) − p_k(ψ_i)‖ / dist), each row normalised to sum 1 (method §3).

    Args:
        angle: "yaw", "pitch" or "roll": the one that varies, the others are zero.
        landmarks_68_m: ``(68, 3)`` of any face, in any unit of length.
        centre_m: ``(3,)`` the point turned about; None for :func:`turning_centre`. The paper does not name its own.

    Returns:
        ``(K, K)``.
    """
    p = np.asarray(landmarks_68_m, float)
    if p.shape != (68, 3) or not np.isfinite(p).all():
        raise ValueError(f"68 finite landmarks (68, 3), not {p.shape}")
    p = p - (turning_centre(p) if centre_m is None else np.asarray(centre_m, float))
    angles = {name: np.zeros_like(CLASSES_DEG) for name in ANGLES}
    angles[angle] = CLASSES_DEG
    R = rotation_from_angles_deg(angles["yaw"], angles["pitch"], angles["roll"])
    moved = p @ np.swapaxes(R, 1, 2)
    eyes = np.linalg.norm(p[OUTER_EYE_CORNERS[0]] - p[OUTER_EYE_CORNERS[1]])
    shift = np.stack([np.linalg.norm(moved - row, axis=2).sum(axis=1) for row in moved])
    s = np.exp(-shift / eyes)
    return np.asarray(s / s.sum(axis=1, keepdims=True))


def fit_sigma_deg(row: ArrayLike, mean_deg: float) -> float:
    """σ of the normal density with mean ``mean_deg`` that fits ``row (K,)`` best in least squares."""
    target = np.asarray(row, float)

    def misfit(log_sigma: Array) -> Array:
        return np.asarray(gaussian_label(mean_deg, float(np.exp(log_sigma[0]))) - target)

    return float(np.exp(least_squares(misfit, [0.0], method="lm").x[0]))


def gaussian_label(mean_deg: ArrayLike, sigma_deg: float) -> Array:
    """Soft labels: a Gaussian sampled at all classes, normalised to sum 1.

    Args:
        mean_deg: ``(...)`` the true angle, not only whole degrees; beyond ±99° it is taken at ±99°.
        sigma_deg: its σ.

    Returns:
        ``(..., K)``.
    """
    mean = np.clip(np.asarray(mean_deg, float), CLASSES_DEG[0], CLASSES_DEG[-1])[..., None]
    exponent = -0.5 * ((CLASSES_DEG - mean) / sigma_deg) ** 2
    label = np.exp(exponent - exponent.max(axis=-1, keepdims=True))
    return np.asarray(label / label.sum(axis=-1, keepdims=True))


def fit_soft_labels(
    landmarks_68_m: ArrayLike = MEAN_FACE_68, centre_m: ArrayLike | None = None, *, every: int = 11
) -> tuple[SoftLabelFit, ...]:
    """The whole construction for yaw, pitch and roll.

    Args:
        landmarks_68_m: ``(68, 3)``.
        centre_m: as in :func:`similarity`.
        every: fit σ at every n-th class only; the others are NaN (σ hardly depends on the class).
    """
    fits = []
    for angle in ANGLES:
        s = similarity(angle, landmarks_68_m, centre_m)
        sigma = np.full(len(CLASSES_DEG), np.nan)
        for j in range(0, len(CLASSES_DEG), every):
            sigma[j] = fit_sigma_deg(s[j], CLASSES_DEG[j])
        fits.append(SoftLabelFit(angle, s, sigma))
    return tuple(fits)
