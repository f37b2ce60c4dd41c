"""Portraits: is there one usable face in a picture, and what does the network make of it. The picture is let go of."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import cv2
import numpy as np

from gazeclass.errors import InputError
from gazeclass.faces.appearance import EmbeddingModel, quality
from gazeclass.faces.enrolment import only_face, read_picture
from gazeclass.faces.tracking import FaceDetector
from gazeclass.faces.types import Face
from gazeclass.lesson.roster import Portrait

#: Below this a portrait is from the side, small or blurred; it is taken, and said so.
WEAK = 0.4
_MARGIN = 0.35  # around the face in a kept picture
_KEPT_PX = 192


@dataclass(frozen=True, eq=False)
class PortraitLook:
    """What was found in a picture.

    Attributes:
        image: the picture, BGR, for a preview; None where it cannot be read.
        face: the one face; None where the picture is not usable.
        problem: why it is not, in a sentence; "" for a usable one.
        remark: what would make a usable one better, "" for nothing.
    """

    image: np.ndarray | None
    face: Face | None = None
    problem: str = ""
    remark: str = ""

    @property
    def usable(self) -> bool:
        """Whether it can become a portrait."""
        return self.face is not None


def look_at_file(path: Path, detector: FaceDetector) -> PortraitLook:
    """Look at a picture on disk; nothing is raised: what is wrong with it is part of the answer."""
    try:
        image = read_picture(Path(path))
    except InputError as error:
        return PortraitLook(None, problem=error.what)
    return look_at(image, detector)


def look_at(image: np.ndarray, detector: FaceDetector) -> PortraitLook:
    """Look at a picture, from a file or straight from a camera.

    Args:
        image: BGR uint8.
        detector: finds the face.
    """
    try:
        face = only_face(detector.detect(image))
    except InputError as error:
        return PortraitLook(image, problem=error.what)
    remark = "" if quality(face) >= WEAK else "small or turned away: one from the front would tell more"
    return PortraitLook(image, face, remark=remark)


def portrait_of(
    look: PortraitLook, embedder: EmbeddingModel, day: date, *, keep: bool = False, model: str = "identity"
) -> Portrait:
    """The portrait a usable look becomes.

    Args:
        look: usable.
        embedder: tells people apart.
        day: today.
        keep: keep the face's part of the picture too, in the encrypted roster.
        model: name of the embedder.
    """
    if look.image is None or look.face is None:
        raise ValueError("this picture is not usable")
    vector = embedder.embed(look.image, [look.face])[0]
    picture = _png(look.image, look.face) if keep else b""
    return Portrait(vector / np.linalg.norm(vector), quality(look.face), model, day, picture)


def _png(image: np.ndarray, face: Face) -> bytes:
    x0, y0, x1, y1 = face.box_px
    margin = _MARGIN * max(x1 - x0, y1 - y0)
    height, width = image.shape[:2]
    left, top = max(int(x0 - margin), 0), max(int(y0 - margin), 0)
    part = image[top : min(int(y1 + margin), height), left : min(int(x1 + margin), width)]
    scale = _KEPT_PX / max(part.shape[:2])
    if scale < 1:
        part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".png", part)[1])
