"""How good a head-pose method is: errors, slope, correlation, by range of yaw and face size; how honest its sigma is.

Measured on pictures with known angles, whoever made the boxes: nothing here trains or chooses.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array, geodesic_deg, rotation_from_angles_deg, wrap_deg
from gazeclass.headpose.labelled import ANGLES, LabelledFaces
from gazeclass.headpose.poses import HeadPoseEstimator, HeadPoses

#: 68 and 95 % of a normal distribution lie within so many standard deviations.
SIGMAS_OF_68, SIGMAS_OF_95 = 0.994458, 1.959964
#: Groups of the tables: |yaw| in degrees, face size in pixels.
YAW_RANGES_DEG = ((0, 30), (30, 60), (60, 100))
SIZE_RANGES_PX = ((0, 20), (20, 40), (40, 80), (80, 160), (160, None))


@dataclass(frozen=True)
class AngleFigures:
    """One angle over n faces.

    Attributes:
        mae_deg: mean absolute error.
        bias_deg: mean error.
        slope: of the least-squares line estimate = slope · truth + offset: the gain.
        correlation: Pearson's r.
        mae_after_line_deg: mean absolute error after the estimate went through the best line (truth from estimate).
        inside_68, inside_95: share of the errors within the 68 % and 95 % interval of the predicted sigma; NaN for a
            method that predicts none.
        sigma_factor: what the sigma would have to be multiplied by for 68 % of the errors to lie within it.
    """

    mae_deg: float
    bias_deg: float
    slope: float
    correlation: float
    mae_after_line_deg: float
    inside_68: float
    inside_95: float
    sigma_factor: float


@dataclass(frozen=True)
class Figures:
    """A method on a data set, or a part of it. Angles without truth are left out of ``angles``."""

    method: str
    data: str
    group: str
    count: int
    angles: dict[str, AngleFigures]
    euler_mae_deg: float
    geodesic_deg: float
    maev_deg: float


@dataclass(frozen=True, eq=False)
class Measured:
    """One method on one data set.

    Attributes:
        method: its name.
        checkpoint: in words: the model's file and hash, recipe and samples, or that there is none.
        faces: those looked at, all with a box.
        poses: what the method said of each.
        rows: all faces, then by range of |yaw|, then by face size.
        ms_per_face: wall clock of one face, its crop included: the best of the batches of thirty.
    """

    method: str
    checkpoint: str
    faces: LabelledFaces
    poses: HeadPoses
    rows: list[Figures]
    ms_per_face: float


def figures(method: str, data: str, group: str, poses: HeadPoses, truth_deg: Array) -> Figures:
    """Compare poses with true angles ``(n, 3)``.

    The geodesic error and the mean absolute error of vectors (MAEV, Cao et al. 2021: the mean angle between the true
    and the estimated axis, over the three axes) need all three angles; they are NaN where one is unknown.
    """
    known = np.isfinite(poses.angles_deg).all(axis=1)
    estimate, truth, sigma = poses.angles_deg[known], truth_deg[known], poses.sigma_deg[known]
    per_angle = {}
    for i, angle in enumerate(ANGLES):
        if known.any() and np.isfinite(truth[:, i]).all():
            per_angle[angle] = _one_angle(estimate[:, i], truth[:, i], sigma[:, i])
    whole = known.any() and np.isfinite(truth).all()
    geodesic = maev = float("nan")
    if whole:
        R, T = poses.R_crop[known], rotation_from_angles_deg(*truth.T)
        geodesic = float(geodesic_deg(R, T).mean())
        between = np.clip(np.einsum("nij,nij->nj", R, T), -1, 1)
        maev = float(np.degrees(np.arccos(between)).mean())
    mae = [f.mae_deg for f in per_angle.values()]
    return Figures(
        method, data, group, int(known.sum()), per_angle, float(np.mean(mae)) if mae else float("nan"), geodesic, maev
    )


def _one_angle(estimate: Array, truth: Array, sigma: Array) -> AngleFigures:
    error = wrap_deg(estimate - truth)
    unwrapped = truth + error
    varied = truth.std() > 1e-9 and unwrapped.std() > 1e-9
    slope = float(np.polyfit(truth, unwrapped, 1)[0]) if varied else float("nan")
    line = np.polyval(np.polyfit(unwrapped, truth, 1), unwrapped) if varied else np.full_like(truth, np.nan)
    sure = bool(np.isfinite(sigma).all())
    return AngleFigures(
        mae_deg=float(np.abs(error).mean()),
        bias_deg=float(error.mean()),
        slope=slope,
        correlation=float(np.corrcoef(truth, unwrapped)[0, 1]) if varied else float("nan"),
        mae_after_line_deg=float(np.abs(line - truth).mean()),
        inside_68=float((np.abs(error) <= SIGMAS_OF_68 * sigma).mean()) if sure else float("nan"),
        inside_95=float((np.abs(error) <= SIGMAS_OF_95 * sigma).mean()) if sure else float("nan"),
        sigma_factor=float(honest_factor(error[:, None], sigma[:, None])[0]) if sure else float("nan"),
    )


def honest_factor(error_deg: Array, sigma_deg: Array) -> Array:
    """What sigmas ``(n, k)`` must be multiplied by so that 68 % of the errors ``(n, k)`` lie within one: ``(k,)``."""
    return np.asarray(np.quantile(np.abs(error_deg) / sigma_deg, 0.68, axis=0) / SIGMAS_OF_68)


def measure(estimator: HeadPoseEstimator, faces: LabelledFaces, *, batch: int = 30) -> Measured:
    """All faces found, then by range of |yaw| and by face size.

    Raises:
        InputError: no face of the data set was found, or the method could tell the pose of none.
    """
    faces = faces.only_found()
    parts, ms = [], float("inf")
    for start in range(0, len(faces.images), batch):
        rows = slice(start, start + batch)
        images, boxes, marks = faces.images[rows], list(faces.boxes_px[rows]), list(faces.landmarks_px[rows])
        started = time.perf_counter()
        parts.append(estimator.estimate(images, boxes, marks))
        ms = min(ms, 1000 * (time.perf_counter() - started) / len(images))
    poses = HeadPoses.joined(parts)
    if not np.isfinite(poses.angles_deg).all(axis=1).any():
        raise InputError(
            f"the method '{estimator.name}' could tell the pose of no face",
            where=faces.name,
            todo="A method that lives by landmarks needs the detector's boxes; else leave it out.",
        )
    table = [
        figures(estimator.name, faces.name, label, poses[mask], faces.angles_deg[mask])
        for label, mask in groups(faces)
        if mask.any()
    ]
    return Measured(estimator.name, checkpoint_of(estimator), faces, poses, table, ms)


def groups(faces: LabelledFaces) -> list[tuple[str, np.ndarray]]:
    """Names and masks ``(n,)`` of the groups a table shows."""
    yaw, size = np.abs(faces.angles_deg[:, 0]), faces.size_px
    out: list[tuple[str, np.ndarray]] = [("all", np.ones(len(yaw), bool))]
    out += [(f"|yaw| {low}–{high}°", (yaw >= low) & (yaw < high)) for low, high in YAW_RANGES_DEG]
    for small, large in SIZE_RANGES_PX:
        label = f"face over {small} px" if large is None else f"face {small}–{large} px"
        out.append((label, (size >= small) & (size < (np.inf if large is None else large))))
    return out


def checkpoint_of(estimator: HeadPoseEstimator) -> str:
    """What exactly was measured: file, hash, recipe and samples of each model behind a method."""
    parts = [getattr(estimator, name) for name in ("network", "points") if hasattr(estimator, name)]
    if parts:
        return " + ".join(checkpoint_of(part) for part in parts)
    card = getattr(estimator, "card", None)
    if card is None:
        return getattr(estimator, "source", "no model file")
    training = card.meta.get("training", {})
    made = ", ".join(
        f"{word} {training[key]}" for key, word in (("recipe", "recipe"), ("samples", "samples")) if key in training
    )
    mirror = getattr(estimator, "mirror", False)
    factor = card.meta.get("sigma_factor_mirrored" if mirror else "sigma_factor")
    told = f"; sigma × {', '.join(f'{f:.2f}' for f in factor)}" if factor else ""
    return f"{card.path.name} sha256 {card.sha256[:12]}{f', {made}' if made else ''}{told}"


def milliseconds(method: HeadPoseEstimator, faces: LabelledFaces, *, batch: int = 30, rounds: int = 5) -> float:
    """Best wall clock of one face among several rounds over one batch, crops included."""
    some = faces.only_found()
    count = min(batch, len(some.images))
    parts = some.images[:count], list(some.boxes_px[:count]), list(some.landmarks_px[:count])
    best = np.inf
    for _ in range(rounds):
        start = time.perf_counter()
        method.estimate(*parts)
        best = min(best, time.perf_counter() - start)
    return 1000 * best / count


def errors_deg(measured: Measured, what: str) -> Array:
    """Absolute errors ``(n,)`` of "yaw", "pitch", "roll" or the whole turn ("geodesic"); 180° where none was told."""
    truth = measured.faces.angles_deg
    if what == "geodesic":
        error = geodesic_deg(np.nan_to_num(measured.poses.R_crop), rotation_from_angles_deg(*truth.T))
    else:
        i = ANGLES.index(what)
        error = np.abs(wrap_deg(measured.poses.angles_deg[:, i] - truth[:, i]))
    return np.asarray(np.where(np.isfinite(measured.poses.angles_deg).all(axis=1), error, 180.0))


def cumulative(error_deg: Array, limits_deg: Sequence[float] | Array) -> Array:
    """Share of the errors ``(n,)`` at or below each limit."""
    return np.asarray((np.abs(error_deg)[:, None] <= np.asarray(limits_deg, float)).mean(axis=0))
