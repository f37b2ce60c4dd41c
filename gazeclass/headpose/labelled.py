"""Pictures of faces with known head pose, and the readers of HPID, of a table and of rendered heads."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gazeclass import reading
from gazeclass.errors import InputError
from gazeclass.geometry.boxes import best_overlap
from gazeclass.geometry.rotation import Array, long_yaw_angles_deg
from gazeclass.headpose.shards import Detect, no_boxes, no_heads, read_shard, rotations_against_box, shard_paths
from gazeclass.pictures import read_picture

ANGLES = ("yaw", "pitch", "roll")


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

    def only_found(self) -> "LabelledFaces":
        """The faces that have a box.

        Raises:
            InputError: none has.
        """
        rows = np.flatnonzero(self.found)
        if not len(rows):
            raise InputError("no face was found in any of the pictures", where=self.name)
        return LabelledFaces(
            self.name,
            [self.images[k] for k in rows],
            self.boxes_px[rows],
            self.landmarks_px[rows],
            self.angles_deg[rows],
            self.crop_rule,
        )

    @property
    def size_px(self) -> Array:
        """``(n,)`` longer side of each box."""
        return np.asarray((self.boxes_px[:, 2:] - self.boxes_px[:, :2]).max(axis=1))


_HPID = re.compile(r"person(\d\d)(\d)(\d\d)([+-]\d+)([+-]\d+)\.jpg", re.IGNORECASE)
HPID_PICTURES = "[Pp][Ee][Rr][Ss][Oo][Nn]*.[Jj][Pp][Gg]"


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
    named = [(path, m) for path in sorted(folder.rglob(HPID_PICTURES)) if (m := _HPID.fullmatch(path.name))]
    named = [(p, m) for p, m in named if abs(int(m[4])) <= max_tilt_deg and abs(int(m[5])) <= max_pan_deg]
    if not named:
        raise InputError("there are no HPID pictures (person01146-30+15.jpg, …)", where=folder)
    images = [read_picture(path) for path, _ in named]
    boxes, marks = _faces(images, detect, np.full((len(images), 4), np.nan))
    angles = np.array([[int(m[5]), int(m[4]), np.nan] for _, m in named], float)
    return LabelledFaces("HPID", images, boxes, marks, angles, "the detector's own box, largest face")


def read_table(path: Path, detect: Detect) -> LabelledFaces:
    """Pictures listed in a CSV with columns path, yaw_deg, pitch_deg, roll_deg (and x0, y0, x1, y1 for their boxes).

    Paths are relative to the table. Where a row has no box the detector's largest face is taken; where it has one, the
    landmarks are those of the face that the detector finds there.

    Raises:
        InputError: unreadable table or picture, an angle told of some pictures only, or an empty box.
    """
    table = reading.read_table(path)
    rows = [row.cells for row in table.rows]
    try:
        angles = np.array([[table.number(r[f"{a}_deg"] or "nan") for a in ANGLES] for r in rows]).reshape(-1, 3)
        sides = ("x0", "y0", "x1", "y1")
        own = np.array([[table.number(r.get(k) or "nan") for k in sides] for r in rows]).reshape(-1, 4)
        images = [read_picture(path.parent / r["path"]) for r in rows]
    except (KeyError, ValueError) as error:
        raise InputError(
            f"the table of faces cannot be read ({error})",
            where=path,
            todo="Give the columns path, yaw_deg, pitch_deg, roll_deg.",
        ) from error
    if not rows:
        raise InputError("the table of faces has no rows", where=path, todo="Give a line for each picture.")
    known = np.isfinite(angles)
    if not known.any() or (known.any(axis=0) != known.all(axis=0)).any():
        raise InputError(
            "yaw_deg, pitch_deg and roll_deg are each told of every picture or of none, and one at least is told",
            where=path,
            todo="Fill in what is missing.",
        )
    empty = np.flatnonzero((own[:, 2:] <= own[:, :2]).any(axis=1))
    if len(empty):
        raise InputError(f"the box in line {table.rows[empty[0]].line} does not have x0 < x1 and y0 < y1", where=path)
    boxes, marks = _faces(images, detect, own)
    return LabelledFaces(path.stem, images, boxes, marks, angles, "boxes of the table, else the detector's")


def read_rendered(folder: Path, *, max_angle_deg: float = 99.0) -> LabelledFaces:
    """Rendered heads whose shards have a detector's boxes, against the ray through the box.

    Args:
        folder: of shards (``gazeclass simulate heads``, then ``gazeclass headpose boxes``).
        max_angle_deg: heads turned further have no class and are left out.

    Raises:
        InputError: no shards, or none with boxes.
    """
    shards = [read_shard(path) for path in shard_paths(folder)]
    if not shards:
        raise no_heads(folder)
    if not any(heads.found.any() for heads in shards):
        raise no_boxes(folder)
    angles = np.concatenate([long_yaw_angles_deg(rotations_against_box(heads)) for heads in shards])
    keep = np.flatnonzero(np.abs(angles).max(axis=1) <= max_angle_deg)
    images = [image for heads in shards for image in heads.images]
    boxes = np.concatenate([heads.detector_box_px for heads in shards])
    marks = np.concatenate([heads.detector_landmarks_px for heads in shards])
    return LabelledFaces(
        f"rendered heads {folder.name}",
        [images[k] for k in keep],
        boxes[keep],
        marks[keep],
        angles[keep],
        "the detector's box; faces it missed are left out",
    )


def _faces(images: list[np.ndarray], detect: Detect, own: Array) -> tuple[Array, Array]:
    """The largest face of each picture, or the one in its own box ``(n, 4)`` where that is not NaN."""
    boxes, marks = own.copy(), np.full((len(images), 5, 2), np.nan)
    for k, image in enumerate(images):
        found = detect(image)
        if np.isfinite(own[k]).all():
            there = best_overlap([f[0] for f in found], own[k], 0.35)
            if there is not None:
                marks[k] = found[there][1]
        elif found:
            boxes[k], marks[k], _ = max(found, key=lambda f: (f[0][2] - f[0][0]) * (f[0][3] - f[0][1]))
    return boxes, marks
