"""How good a head-pose method is: errors, slope, correlation, by range of yaw and face size; how honest its sigma is.

Measured on pictures with known angles, whoever made the boxes: nothing here trains or chooses.
"""

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array, geodesic_deg, rotation_from_angles_deg, wrap_deg
from gazeclass.headpose.estimator import HeadPoseEstimator, HeadPoses

ANGLES = ("yaw", "pitch", "roll")

#: Finds faces in a picture: a list of (box ``(4,)``, landmarks ``(5, 2)``, score).
Detect = Callable[[np.ndarray], Sequence[tuple[Array, Array, float]]]


@dataclass(frozen=True, eq=False)
class LabelledFaces:
    """Pictures of one face each, with known angles.

    Attributes:
        name: of the data set.
        images: n pictures BGR.
        boxes_px: ``(n, 4)``; NaN where no face was found.
        landmarks_px: ``(n, 5, 2)``; NaN where unknown.
        angles_deg: ``(n, 3)`` yaw, pitch, roll in the convention of method §2; NaN where a data set has none.
        crop_rule: in words, whose boxes these are.
    """

    name: str
    images: list[np.ndarray]
    boxes_px: Array
    landmarks_px: Array
    angles_deg: Array
    crop_rule: str

    @property
    def found(self) -> np.ndarray:
        """``(n,)`` whether there is a box."""
        return np.asarray(np.isfinite(self.boxes_px).all(axis=1))


@dataclass(frozen=True)
class AngleFigures:
    """One angle over n faces.

    Attributes:
        mae_deg: mean absolute error.
        bias_deg: mean error.
        slope: of the least-squares line estimate = slope · truth + offset: the gain.
        correlation: Pearson's r.
        mae_after_line_deg: mean absolute error after the estimate went through the best line (truth from estimate).
        inside_68, inside_95: share of the errors within the 68 % and 95 % interval of the predicted sigma.
    """

    mae_deg: float
    bias_deg: float
    slope: float
    correlation: float
    mae_after_line_deg: float
    inside_68: float
    inside_95: float


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
    return AngleFigures(
        mae_deg=float(np.abs(error).mean()),
        bias_deg=float(error.mean()),
        slope=slope,
        correlation=float(np.corrcoef(truth, unwrapped)[0, 1]) if varied else float("nan"),
        mae_after_line_deg=float(np.abs(line - truth).mean()),
        inside_68=float((np.abs(error) <= 0.994458 * sigma).mean()),
        inside_95=float((np.abs(error) <= 1.959964 * sigma).mean()),
    )


def evaluate(estimator: HeadPoseEstimator, faces: LabelledFaces, *, batch: int = 64) -> list[Figures]:
    """All faces found, then by range of |yaw| and by face size.

    Raises:
        InputError: no face of the data set was found.
    """
    rows = np.flatnonzero(faces.found)
    if not len(rows):
        raise InputError("no face was found in any of the pictures", where=faces.name)
    parts = [_estimate(estimator, faces, rows[k : k + batch]) for k in range(0, len(rows), batch)]
    poses = HeadPoses.joined(parts)
    truth = faces.angles_deg[rows]
    size = (faces.boxes_px[rows, 2:] - faces.boxes_px[rows, :2]).max(axis=1)
    groups: list[tuple[str, np.ndarray]] = [("all", np.ones(len(rows), bool))]
    for low, high in ((0, 30), (30, 60), (60, 100)):
        groups.append((f"|yaw| {low}–{high}°", (np.abs(truth[:, 0]) >= low) & (np.abs(truth[:, 0]) < high)))
    for small, large in ((0, 40), (40, 80), (80, 10_000)):
        label = f"face {small}–{large} px" if large < 10_000 else f"face over {small} px"
        groups.append((label, (size >= small) & (size < large)))
    out = []
    for label, mask in groups:
        if mask.any():
            part = HeadPoses(poses.angles_deg[mask], poses.R_crop[mask], poses.sigma_deg[mask])
            out.append(figures(estimator.name, faces.name, label, part, truth[mask]))
    return out


def _estimate(estimator: HeadPoseEstimator, faces: LabelledFaces, rows: np.ndarray) -> HeadPoses:
    images = [faces.images[k] for k in rows]
    return estimator.estimate(images, list(faces.boxes_px[rows]), list(faces.landmarks_px[rows]))


_HPID = re.compile(r"person(\d\d)(\d)(\d\d)([+-]\d+)([+-]\d+)\.jpg")


def read_hpid(folder: Path, detect: Detect, *, max_pan_deg: float = 60, max_tilt_deg: float = 30) -> LabelledFaces:
    """Pointing'04 / HPID (Gourier et al. 2004): nominal pan and tilt as yaw and pitch, no roll.

    Real photographs: for measuring only. Tilt labels are overstated about 1.8 times, so judge pitch by correlation
    and by the error after one line.

    Args:
        folder: with person01 … folders or the pictures themselves.
        detect: face detector; the largest face is taken.
        max_pan_deg, max_tilt_deg: poses beyond are left out.

    Raises:
        InputError: no HPID pictures in the folder.
    """
    named = [(path, m) for path in sorted(folder.rglob("person*.jpg")) if (m := _HPID.fullmatch(path.name))]
    named = [(p, m) for p, m in named if abs(int(m[4])) <= max_tilt_deg and abs(int(m[5])) <= max_pan_deg]
    if not named:
        raise InputError("there are no HPID pictures (person01146-30+15.jpg, …)", where=folder)
    images = [_picture(path) for path, _ in named]
    boxes, marks = _largest_faces(images, detect)
    angles = np.array([[int(m[5]), int(m[4]), np.nan] for _, m in named], float)
    return LabelledFaces("HPID", images, boxes, marks, angles, "the detector's own box, largest face")


def read_table(path: Path, detect: Detect) -> LabelledFaces:
    """Pictures listed in a CSV with columns path, yaw_deg, pitch_deg, roll_deg (and x0, y0, x1, y1 for their boxes).

    Paths are relative to the table. Where a row has no box the detector's largest face is taken.

    Raises:
        InputError: unreadable table or picture.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
        angles = np.array([[float(r[f"{a}_deg"] or "nan") for a in ANGLES] for r in rows]).reshape(-1, 3)
        own = np.array([[float(r.get(k) or "nan") for k in ("x0", "y0", "x1", "y1")] for r in rows]).reshape(-1, 4)
        images = [_picture(path.parent / r["path"]) for r in rows]
    except (OSError, KeyError, ValueError, csv.Error) as error:
        raise InputError(f"the table of faces cannot be read ({error})", where=path) from error
    boxes, marks = _largest_faces(images, detect)
    given = np.isfinite(own).all(axis=1)
    boxes[given] = own[given]
    return LabelledFaces(path.stem, images, boxes, marks, angles, "boxes of the table, else the detector's")


def _largest_faces(images: list[np.ndarray], detect: Detect) -> tuple[Array, Array]:
    boxes, marks = np.full((len(images), 4), np.nan), np.full((len(images), 5, 2), np.nan)
    for k, image in enumerate(images):
        found = detect(image)
        if found:
            box, points, _ = max(found, key=lambda f: (f[0][2] - f[0][0]) * (f[0][3] - f[0][1]))
            boxes[k], marks[k] = box, points
    return boxes, marks


def _picture(path: Path) -> np.ndarray:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise InputError("the picture cannot be read", where=path)
    return np.asarray(image)
