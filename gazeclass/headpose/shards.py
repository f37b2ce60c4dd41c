"""Reader of rendered heads: numbered shards that may still be growing, and the detector's boxes beside them.

``heads_00042.npz`` is the renderer's (its columns are listed in :data:`COLUMNS`); ``heads_00042.boxes.npz`` holds what
a face detector found on it. Faces the detector missed are kept: its box is predicted from the true landmarks, because
leaving them out would leave out the extremes.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from zipfile import BadZipFile

import numpy as np

from gazeclass.atomic import atomic_path
from gazeclass.errors import InputError
from gazeclass.geometry.boxes import best_overlap
from gazeclass.geometry.rotation import Array, long_yaw_angles_deg
from gazeclass.headpose.augment import against_ray
from gazeclass.headpose.meanface import five_points
from gazeclass.progress import SILENT, Progress, track

_NAME = re.compile(r"heads_\d{5,}\.npz")
#: Columns a shard must have, with the number of dimensions of each.
COLUMNS = {
    "images": 4,
    "R_crop": 3,
    "landmarks68": 3,
    "box": 2,
    "detector_box": 2,
    "detector_landmarks": 3,
    "identity": 1,
    "canvas_fov_deg": 1,
}

#: Finds faces in a picture: a list of (box ``(4,)``, landmarks ``(5, 2)``, score).
Detect: TypeAlias = Callable[[np.ndarray], Sequence[tuple[Array, Array, float]]]


@dataclass(frozen=True, eq=False)
class Heads:
    """Rendered heads in memory, n of them on canvases of S pixels.

    Attributes:
        images: ``(n, S, S, 3)`` uint8 BGR.
        R_crop: ``(n, 3, 3)`` against the ray through the canvas's centre.
        landmarks68: ``(n, 68, 2)`` true, canvas pixels.
        box_px: ``(n, 4)`` the true face box.
        detector_box_px: ``(n, 4)`` and
        detector_landmarks_px: ``(n, 5, 2)``, NaN where the detector missed the face or was not run.
        identity: ``(n,)``.
        fov_deg: ``(n,)`` full angle of the canvas.
    """

    images: np.ndarray
    R_crop: Array
    landmarks68: Array
    box_px: Array
    detector_box_px: Array
    detector_landmarks_px: Array
    identity: np.ndarray
    fov_deg: Array

    def __len__(self) -> int:
        return len(self.images)

    @property
    def found(self) -> np.ndarray:
        """``(n,)`` whether the detector found the face."""
        return np.asarray(np.isfinite(self.detector_box_px).all(axis=1))


def shard_paths(folder: Path) -> list[Path]:
    """The finished shards of a folder, in order.

    Raises:
        InputError: no such folder.
    """
    if not folder.is_dir():
        raise InputError(
            "there is no such folder of rendered heads", where=folder, todo="Make one with `gazeclass simulate heads`."
        )
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))


def boxes_path(shard: Path) -> Path:
    """Where the detector's boxes of a shard lie."""
    return shard.with_suffix(".boxes.npz")


def no_heads(folder: Path) -> InputError:
    """The refusal of a folder without a shard."""
    return InputError("there are no rendered heads", where=folder, todo="Make some with `gazeclass simulate heads`.")


def no_boxes(folder: Path) -> InputError:
    """The refusal of rendered heads that no detector has looked at."""
    return InputError("no shard has a detector's boxes yet", where=folder, todo="Run `gazeclass headpose boxes` on it.")


def read_shard(path: Path) -> Heads:
    """Read a shard, with the boxes beside it where there are any.

    Raises:
        InputError: unreadable, or not a shard of rendered heads.
    """
    columns = _read_npz(path)
    missing = [name for name, dims in COLUMNS.items() if name not in columns or columns[name].ndim != dims]
    if missing:
        raise InputError(f"not a shard of rendered heads: {', '.join(missing)} missing or misshapen", where=path)
    n = len(columns["images"])
    uneven = [name for name in COLUMNS if len(columns[name]) != n]
    if uneven:
        raise InputError(f"{', '.join(uneven)} do not have {n} rows", where=path)
    boxes, marks = columns["detector_box"], columns["detector_landmarks"]
    if boxes_path(path).is_file():
        beside = _read_npz(boxes_path(path))
        boxes, marks = beside.get("detector_box", boxes[:0]), beside.get("detector_landmarks", marks[:0])
        if boxes.shape != (n, 4) or marks.shape != (n, 5, 2):
            raise InputError(f"these are not the boxes of {path.name}", where=boxes_path(path))
    return Heads(
        images=columns["images"],
        R_crop=columns["R_crop"].astype(float),
        landmarks68=columns["landmarks68"].astype(float),
        box_px=columns["box"].astype(float),
        detector_box_px=boxes.astype(float),
        detector_landmarks_px=marks.astype(float),
        identity=columns["identity"],
        fov_deg=columns["canvas_fov_deg"].astype(float),
    )


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    try:
        # numpy leaves a damaged file open when it fails, so the file is opened, and closed, here.
        with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, BadZipFile, KeyError) as error:
        raise InputError(
            f"the shard cannot be read ({error})",
            where=path,
            todo="Delete it and render again: only what is missing is made.",
        ) from error


def fill_boxes(folder: Path, detect: Detect, *, progress: Progress = SILENT) -> tuple[int, int]:
    """Run a detector over the shards that have no boxes yet and write them beside.

    Of several faces on a canvas the one that overlaps the true box most is taken, if it overlaps at all well.

    Returns:
        How many heads were looked at, and on how many the face was found.

    Raises:
        InputError: no shards, or a damaged one.
    """
    if not (paths := shard_paths(folder)):
        raise no_heads(folder)
    todo = [path for path in paths if not boxes_path(path).exists()]
    looked = found = 0
    for path in track(todo, progress, "boxes of rendered heads"):
        heads = read_shard(path)
        boxes, marks = np.full((len(heads), 4), np.nan), np.full((len(heads), 5, 2), np.nan)
        for k, image in enumerate(heads.images):
            found_here = detect(image)
            best = best_overlap([f[0] for f in found_here], heads.box_px[k], 0.35)
            if best is not None:
                boxes[k], marks[k], _ = found_here[best]
        looked += len(heads)
        found += int(np.isfinite(boxes[:, 0]).sum())
        with atomic_path(boxes_path(path)) as temporary, open(temporary, "wb") as file:
            np.savez(file, detector_box=boxes.astype(np.float32), detector_landmarks=marks.astype(np.float32))
    return looked, found


def rotations_against_box(heads: Heads) -> Array:
    """True rotations ``(n, 3, 3)`` against the ray through the detector's box, or the canvas where there is none."""
    side = heads.images.shape[1]
    centres = (heads.detector_box_px[:, :2] + heads.detector_box_px[:, 2:]) / 2 - (side - 1) / 2
    return np.stack(
        [
            against_ray(R, np.nan_to_num(c), side, fov)
            for R, c, fov in zip(heads.R_crop, centres, heads.fov_deg, strict=True)
        ]
    )


class MissedBoxes:
    """Predicts the detector's box and landmarks where it missed the face, from the true landmarks and pose.

    A ridge regression in units of the true box, fitted on the faces that were found; what it cannot explain is put back
    as a draw from its own residuals, so that predicted boxes scatter like found ones.
    """

    def __init__(self, heads: Sequence[Heads], *, ridge: float = 1e-2) -> None:
        features = [_features(h)[h.found] for h in heads]
        targets = [_targets(h)[h.found] for h in heads]
        X, Y = np.concatenate(features), np.concatenate(targets)
        if len(X) < 4 * X.shape[1]:
            raise InputError(
                f"the detector found only {len(X)} faces, too few to tell how its boxes lie",
                todo="Run `gazeclass headpose boxes` on the folder, with more heads.",
            )
        gram = X.T @ X + ridge * len(X) * np.diag(np.r_[0.0, np.ones(X.shape[1] - 1)])
        self._weights = np.linalg.solve(gram, X.T @ Y)
        self._residuals = Y - X @ self._weights

    @property
    def residual_sd(self) -> Array:
        """``(14,)`` what is left unexplained: box centre, log sides, then the landmarks, in units of the true box."""
        return np.asarray(self._residuals.std(axis=0))

    def complete(self, heads: Heads, rng: np.random.Generator) -> Heads:
        """The same heads with no NaN among the detector's boxes and landmarks."""
        missed = ~heads.found
        if not missed.any():
            return heads
        y = (_features(heads) @ self._weights)[missed]
        y = y + self._residuals[rng.integers(len(self._residuals), size=len(y))]
        centre, side = _frame(heads.box_px[missed])
        c = centre + y[:, :2] * side
        half = np.exp(y[:, 2:4]) * side / 2
        boxes, marks = heads.detector_box_px.copy(), heads.detector_landmarks_px.copy()
        boxes[missed] = np.concatenate([c - half, c + half], axis=1)
        marks[missed] = centre[:, None] + y[:, 4:].reshape(-1, 5, 2) * side[:, None]
        return Heads(**{**vars(heads), "detector_box_px": boxes, "detector_landmarks_px": marks})


def _frame(box: Array) -> tuple[Array, Array]:
    """Centre ``(n, 2)`` and geometric mean side ``(n, 1)``."""
    sides = box[:, 2:] - box[:, :2]
    return (box[:, :2] + box[:, 2:]) / 2, np.sqrt(np.maximum(sides.prod(axis=1, keepdims=True), 1e-6))


def _features(heads: Heads) -> Array:
    """``(n, m)``: one, landmarks in the box's frame, and smooth functions of the pose."""
    centre, side = _frame(heads.box_px)
    steady = heads.landmarks68[:, [0, 8, 16, 19, 24, 30, 33, 36, 39, 42, 45, 48, 51, 54, 57]]
    points = ((steady - centre[:, None]) / side[:, None]).reshape(len(heads), -1)
    yaw, pitch, roll = np.radians(long_yaw_angles_deg(heads.R_crop)).T
    aspect = np.log((heads.box_px[:, 2] - heads.box_px[:, 0]) / (heads.box_px[:, 3] - heads.box_px[:, 1]))
    pose = [np.sin(yaw), np.cos(yaw), np.sin(2 * yaw), np.cos(2 * yaw), np.sin(pitch), np.sin(roll)]
    pose += [np.sin(yaw) * np.sin(roll), np.cos(yaw) * np.sin(pitch), aspect]
    return np.column_stack([np.ones(len(heads)), points, *pose])


def _targets(heads: Heads) -> Array:
    """``(n, 14)`` of the detector's answer in the true box's frame."""
    centre, side = _frame(heads.box_px)
    box = heads.detector_box_px
    with np.errstate(invalid="ignore"):
        offset = ((box[:, :2] + box[:, 2:]) / 2 - centre) / side
        sides = np.log((box[:, 2:] - box[:, :2]) / side)
    marks = (heads.detector_landmarks_px - centre[:, None]) / side[:, None]
    return np.concatenate([offset, sides, marks.reshape(len(heads), 10)], axis=1)


def true_five_points(heads: Heads) -> Array:
    """``(n, 5, 2)`` where MTCNN's five points truly lie."""
    return five_points(heads.landmarks68)
