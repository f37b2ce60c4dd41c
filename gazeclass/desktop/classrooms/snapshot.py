"""One fresh picture of each camera: from a camera, a video or a picture file. Nothing is written."""

from pathlib import Path

import numpy as np

from gazeclass.errors import InputError
from gazeclass.pictures import PICTURES, read_picture
from gazeclass.progress import SILENT, Progress

#: A camera that was just opened needs some pictures to find its exposure.
SETTLING_PICTURES = 15


def take_pictures(
    addresses: tuple[str, str],
    sizes_px: tuple[tuple[int, int], tuple[int, int]],
    progress: Progress = SILENT,
) -> tuple[np.ndarray, np.ndarray]:
    """A picture of each camera, one after the other.

    Args:
        addresses: as :func:`gazeclass.capture.spec.parse_spec` reads them, or a picture file.
        sizes_px: width and height asked of cameras.
        progress: told which camera is being looked at.

    Raises:
        InputError: a camera or file that gives no picture.
        Cancelled: from ``progress``.
    """
    first = _take(addresses[0], sizes_px[0], 0, progress)
    return first, _take(addresses[1], sizes_px[1], 1, progress)


def _take(address: str, size_px: tuple[int, int], camera: int, progress: Progress) -> np.ndarray:
    from gazeclass.capture.failures import explain
    from gazeclass.capture.spec import CameraKind, parse_spec

    if not address.strip():
        raise InputError(f"camera {camera} has no address", todo="Type its device, or choose a picture or video of it.")
    path = Path(address.strip()).expanduser()
    if path.suffix.lower() in PICTURES:
        progress.start(path.name, 1)
        picture = read_picture(path)
        progress.advance()
        return picture
    spec = parse_spec(address)
    progress.start(spec.name, 1 if spec.kind is CameraKind.FILE else SETTLING_PICTURES)
    try:
        if spec.kind is CameraKind.FILE:
            return _first_of_video(Path(spec.address), progress)
        return _from_camera(address, size_px, progress)
    except InputError:
        raise
    except (OSError, ArithmeticError, ValueError) as error:  # PyAV's errors are OSError or ValueError, some both
        raise explain(error, spec.name, network=spec.kind is CameraKind.NETWORK) from error


def _first_of_video(path: Path, progress: Progress) -> np.ndarray:
    from gazeclass.capture.video import open_video

    for frame in open_video(path):
        progress.advance()
        return np.ascontiguousarray(frame.image)
    raise InputError("has no picture", where=path)


def _from_camera(address: str, size_px: tuple[int, int], progress: Progress) -> np.ndarray:
    from gazeclass.capture.opening import LiveOptions, openers_for
    from gazeclass.capture.spec import parse_spec

    spec = parse_spec(address)
    open_source, _ = openers_for((spec, spec), LiveOptions(sizes_px=(size_px, size_px)))
    source = open_source()
    try:
        picture: np.ndarray | None = None
        for number, frame in enumerate(source, start=1):
            progress.advance()
            if number >= SETTLING_PICTURES:
                picture = np.ascontiguousarray(frame.image)
                break
        if picture is None:
            raise InputError(f"{spec.name} sent no picture", todo="Is it plugged in, and used by no other program?")
        return picture
    finally:
        source.close()
