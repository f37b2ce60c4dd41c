"""The public head-pose data sets, for whoever has them: none comes with gazeclass, none trained its models.

Faces with boxes and known angles, in the order of the files (:mod:`gazeclass.headpose.dataset_readers`), with the
protocol traps of each set handled and named in :data:`PROTOCOLS`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array
from gazeclass.headpose.dataset_readers import READERS, LabelledPicture
from gazeclass.headpose.labelled import HPID_PICTURES, LabelledFaces, read_hpid, read_rendered, read_table
from gazeclass.headpose.shards import Detect
from gazeclass.pictures import read_picture

#: Faces beyond have no class; leaving them out is the protocol everybody follows (1969 of AFLW2000's 2000 remain).
MAX_ANGLE_DEG = 99.0

#: What to know before a number is compared with a published one.
PROTOCOLS = {
    "hpid": "nominal pan and tilt of people who looked at markers, no roll; |pan| ≤ 60°, |tilt| ≤ 30°; tilt is "
    "overstated about 1.8 times: judge pitch by r and after one line",
    "300w-lp": "made by warping photographs: neighbours and _Flip copies are the same person; training only",
    "aflw2000": "box of the 68 projected points widened by 0.2; |angle| ≤ 99° leaves 1969 of 2000",
    "aflw": "pose by POSIT on visible points, coarse; roll has the other sign than 300W-LP",
    "biwi": "pose of the sensor, against the optical axis, not the ray; no boxes: the detector's nearest the true head",
    "wflw": "landmarks only: pose by least squares of a mean 68-point face",
    "cofw": "landmarks only: pose by least squares of five points of a mean face",
}
#: What :func:`load_faces` reads: those with readers of their own, and the public sets.
OURS = ("hpid", "table", "rendered")
KINDS = (*OURS, *READERS)


def read_dataset(kind: str, folder: Path, *, within_classes: bool = True) -> list[LabelledPicture]:
    """Read a public data set.

    Args:
        kind: a key of :data:`READERS`.
        folder: its root, as it comes out of its archive.
        within_classes: leave out faces with an angle beyond ±99°.

    Raises:
        InputError: unknown kind, or the folder does not hold that set.
    """
    if kind not in READERS:
        raise InputError(f"data set '{kind}' is none of {', '.join(KINDS)}")
    if not folder.is_dir():
        raise InputError("there is no such folder", where=folder)
    pictures = list(READERS[kind](folder))
    if not pictures:
        raise InputError(f"holds no annotated picture of {kind}", where=folder)
    if within_classes:
        pictures = [p for p in pictures if np.abs(p.angles_deg).max() <= MAX_ANGLE_DEG]
        if not pictures:
            raise InputError(f"every head of {kind} is turned beyond ±{MAX_ANGLE_DEG:.0f}°", where=folder)
    return pictures


def load_faces(kind: str, path: Path, detect: Detect, *, own_boxes: bool = False) -> LabelledFaces:
    """Faces with known angles of any kind, with boxes.

    Args:
        kind: one of :data:`KINDS`.
        path: folder of the set; for "table" a CSV file.
        detect: face detector; not used for rendered heads, whose boxes lie beside them.
        own_boxes: use the boxes that a public set brings, not the detector's.

    Raises:
        InputError: unknown kind, the path does not hold it, or it brings no boxes.
    """
    if own_boxes and kind in OURS:
        raise InputError(f"--own-boxes has no part in '{kind}'", where=path, todo="Leave it out.")
    if kind == "hpid":
        return read_hpid(path, detect)
    if kind == "table":
        return read_table(path, detect)
    if kind == "rendered":
        return read_rendered(path)
    pictures = read_dataset(kind, path)
    if own_boxes and not np.isfinite([p.box_px for p in pictures]).any():
        raise InputError(f"{kind} brings no boxes", where=path, todo="Leave --own-boxes out.")
    return with_boxes(kind, pictures, None if own_boxes else detect)


def kind_of(path: Path) -> str:
    """What a path holds, from its form: a table, rendered heads, or HPID.

    Raises:
        InputError: it is none of them.
    """
    if path.suffix.lower() == ".csv":
        return "table"
    if path.is_dir() and next(path.glob("heads_*.npz"), None) is not None:
        return "rendered"
    if path.is_dir() and next(path.rglob(HPID_PICTURES), None) is not None:
        return "hpid"
    raise InputError("the kind of data set cannot be told", where=path, todo=f"Give --kind: {', '.join(KINDS)}.")


def with_boxes(
    name: str, pictures: Sequence[LabelledPicture], detect: Detect | None = None, *, keep: float = 2.0
) -> LabelledFaces:
    """Load the pictures, cut generously round each face so that thousands fit in memory.

    Args:
        name: of the set.
        pictures: from :func:`read_dataset`.
        detect: its face nearest the annotated head is taken, so that the crop is the one of use; None keeps the set's
            own boxes.
        keep: side of what is kept of a picture over the box's longer side.
    """
    images, boxes, marks = [], np.full((len(pictures), 4), np.nan), np.full((len(pictures), 5, 2), np.nan)
    for k, one in enumerate(pictures):
        image = one.pixels if one.pixels is not None else read_picture(one.path)
        box, points = one.box_px, one.landmarks_px
        if detect is not None:
            box, points = _nearest(detect(image), one)
        if np.isfinite(box).all():
            half = keep * max(box[2] - box[0], box[3] - box[1]) / 2
            x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            left, top = max(int(x - half), 0), max(int(y - half), 0)
            image = image[top : int(y + half) + 1, left : int(x + half) + 1].copy()
            boxes[k] = box - np.array([left, top, left, top])
            marks[k] = points - np.array([left, top])
        images.append(image)
    rule = "the set's own boxes" if detect is None else "the detector's box nearest the annotated head"
    return LabelledFaces(name, images, boxes, marks, np.stack([p.angles_deg for p in pictures]), rule)


def _nearest(found: Sequence[tuple[Array, Array, float]], one: LabelledPicture) -> tuple[Array, Array]:
    """The face whose box centre lies nearest the annotated head, if it lies within that face's own box."""
    centre = one.centre_px
    best, chosen = np.inf, (np.full(4, np.nan), np.full((5, 2), np.nan))
    for box, points, _ in found:
        middle = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
        distance = float(np.linalg.norm(middle - centre)) / max(box[2] - box[0], box[3] - box[1])
        if distance < min(best, 0.6):
            best, chosen = distance, (np.asarray(box, float), np.asarray(points, float))
    return chosen
