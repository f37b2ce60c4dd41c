"""Who is expected: one or more portraits of each student, a file each, its name the student's.

``S01.png`` and ``S01_2.jpg`` are both of S01: an underscore and a number at the end tell several portraits of one
student apart.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from gazeclass.errors import InputError
from gazeclass.faces.appearance import EmbeddingModel, quality
from gazeclass.faces.follower import distinct
from gazeclass.faces.tracking import FaceDetector
from gazeclass.faces.types import Face
from gazeclass.pictures import PICTURES
from gazeclass.pictures import read_picture as read_any
from gazeclass.progress import SILENT, Progress, track

#: What telephones also write, and OpenCV cannot read.
_FOREIGN = (".heic", ".heif", ".avif", ".jxl")
_SMALLEST_PX = 40.0
_LARGEST_SIDE_PX = 1280  # a portrait straight from a telephone is made smaller first: faster, nothing is lost
_ALIKE = 0.5  # of the way from the usual similarity between students to identity


@dataclass(frozen=True, eq=False)
class Enrolment:
    """The students that are expected.

    Attributes:
        names: of the students, sorted; one row of ``embeddings`` each.
        embeddings: (n, d) unit vectors, the mean over each one's portraits.
        warnings: sentences about portraits that may lead to mix-ups.
    """

    names: tuple[str, ...]
    embeddings: np.ndarray
    warnings: tuple[str, ...] = field(default=())


def enrol(folder: Path, detector: FaceDetector, embedder: EmbeddingModel, *, progress: Progress = SILENT) -> Enrolment:
    """Read a folder of portraits.

    Args:
        folder: of pictures; files that are none are passed over, hidden ones and folders inside it too.
        detector: finds the face.
        embedder: tells people apart.
        progress: one step a portrait; each warning is a note.

    Raises:
        InputError: no folder, no picture in it, or a picture that cannot be read, shows no face, several, or too
            small a one.
    """
    if not folder.is_dir():
        raise InputError(
            "there is no such folder of portraits", where=folder, todo="Give a folder with one picture of each student."
        )
    files = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    for path in sorted(files):
        if path.suffix.lower() in _FOREIGN:
            raise InputError(
                f"a portrait as {path.suffix} cannot be read", where=path, todo="Save it as .jpg, or take it away."
            )
    paths = sorted(path for path in files if path.suffix.lower() in PICTURES)
    if not paths:
        raise InputError(
            "there is no portrait in the folder",
            where=folder,
            todo="Put one picture of each student into it, named like the student: S01.png.",
        )
    vectors: dict[str, list[np.ndarray]] = {}
    for path in track(paths, progress, "Portraits"):
        image = read_picture(path)
        face = only_face(detector.detect(image), path)
        vectors.setdefault(student_of(path), []).append(quality(face) * embedder.embed(image, [face])[0])
    names = tuple(sorted(vectors))
    sums = np.array([np.sum(vectors[name], axis=0) for name in names])
    embeddings = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
    warnings = alike(names, embeddings)
    for warning in warnings:
        progress.note(warning)
    return Enrolment(names, embeddings, warnings)


def student_of(path: Path) -> str:
    """The student a portrait is of, from its file's name."""
    return re.sub(r"_\d+$", "", path.stem)


def read_picture(path: Path) -> np.ndarray:
    """A picture from disk, BGR uint8, at most 1280 pixels on its longer side.

    Raises:
        InputError: it cannot be read.
    """
    image = read_any(path)
    scale = _LARGEST_SIDE_PX / max(image.shape[:2])
    return image if scale >= 1 else cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def only_face(faces: Sequence[Face], path: Path | str = "") -> Face:
    """The face of a portrait; small ones in the background do not count, nor the same face found a second time.

    Args:
        faces: found in it.
        path: of the picture, for the error.

    Raises:
        InputError: none, too small, or several.
    """
    if not faces:
        raise InputError(
            "no face was found in the portrait", where=path, todo="Take one from the front, in even light."
        )
    largest = max(distinct(faces), key=lambda face: face.size_px)
    if largest.size_px < _SMALLEST_PX:
        raise InputError(
            f"the face in the portrait is only {largest.size_px:.0f} pixels high",
            where=path,
            todo=f"Use a picture in which it has {_SMALLEST_PX:.0f} or more.",
        )
    if rivals := sum(face.size_px > largest.size_px / 2 for face in distinct(faces)) - 1:
        raise InputError(
            f"the portrait shows {rivals + 1} faces", where=path, todo="Cut it so that only the student is in it."
        )
    return largest


def alike(names: Sequence[str], embeddings: np.ndarray) -> tuple[str, ...]:
    """Warnings about students whose portraits are so alike that they may be mixed up.

    "So alike" is measured against this class: closer to identity than half-way from the median similarity of two of
    its students, or from 0.9 in a class of fewer than four.
    """
    if len(names) < 2:
        return ()
    similarity = embeddings @ embeddings.T
    first, second = np.triu_indices(len(names), 1)
    pairs = similarity[first, second]
    usual = float(np.median(pairs)) if len(names) >= 4 else 0.9
    limit = usual + _ALIKE * (1 - usual)
    return tuple(
        f"The portraits of {names[i]} and {names[j]} are very alike (similarity {s:.2f}, usual here {usual:.2f}): "
        "seats will have to tell them apart."
        for i, j, s in zip(first.tolist(), second.tolist(), pairs, strict=True)
        if s > limit
    )
