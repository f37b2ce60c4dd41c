"""Portraits straight from a camera: a few pictures a second apart, the usable ones, best first. None is written."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import cv2
import numpy as np

from gazeclass.capture.live_source import LiveSource
from gazeclass.capture.spec import CameraKind, parse_spec
from gazeclass.errors import InputError
from gazeclass.faces.appearance import quality
from gazeclass.faces.tracking import FaceDetector
from gazeclass.lesson.roster_portraits import PortraitLook, look_at
from gazeclass.progress import SILENT, Progress

#: Pictures looked at, and how far apart: time to turn the head a little.
PICTURES, APART_S = 4, 0.8
_LARGEST_SIDE_PX = 1280


def looks_from_camera(camera: str, detector: FaceDetector, *, progress: Progress = SILENT) -> list[PortraitLook]:
    """Take pictures of whoever sits before a camera.

    Args:
        camera: as :func:`gazeclass.capture.spec.parse_spec` reads it.
        detector: finds the face.
        progress: a step for each picture taken, and for each looked at.

    Returns:
        The usable looks, best first; the last look alone where none is usable.

    Raises:
        InputError: the camera cannot be used, or sends no picture.
    """
    pictures = []
    progress.start("pictures", PICTURES)
    with _opened(camera) as source:
        next_s = time.monotonic()
        for frame in source:
            if time.monotonic() < next_s:
                continue
            pictures.append(_reduced(frame.image))
            progress.advance()
            next_s = time.monotonic() + APART_S
            if len(pictures) == PICTURES:
                break
    if not pictures:
        raise InputError("the camera sent no picture", where=parse_spec(camera).name, todo="Plug it in again.")
    looks = []
    progress.start("faces", len(pictures))
    for picture in pictures:
        looks.append(look_at(picture, detector))
        progress.advance()
    usable = [look for look in looks if look.face is not None]
    return sorted(usable, key=lambda look: -quality(look.face) if look.face is not None else 0.0) or looks[-1:]


@contextmanager
def _opened(camera: str) -> Iterator[LiveSource]:
    """One camera, closed at the end.

    Raises:
        InputError: it cannot be used.
    """
    spec = parse_spec(camera)
    source: LiveSource
    if spec.kind is CameraKind.USB:
        from gazeclass.capture.usb import UsbCamera

        source = UsbCamera(spec.address, lock=False)  # a portrait needs no fixed focus
    elif spec.kind is CameraKind.NETWORK:
        from gazeclass.capture.network import NetworkCamera

        source = NetworkCamera(spec.address)
    else:
        from gazeclass.capture.playback import FilePlayback

        source = FilePlayback(Path(spec.address))
    with closing(source):
        yield source


def _reduced(image: np.ndarray) -> np.ndarray:
    """As portraits from files: what is larger than 1280 pixels is made smaller, which is faster and loses nothing."""
    scale = _LARGEST_SIDE_PX / max(image.shape[:2])
    return image if scale >= 1 else cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
