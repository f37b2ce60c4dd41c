"""Read a picture file, whole or not at all, whatever its path is called.

``cv2.imread`` opens no path beyond ASCII on Windows, complains on stderr by itself, and shows a JPEG that was cut off
as one that is grey below.
"""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from gazeclass.errors import InputError

#: Endings of what is taken for a picture in a folder.
PICTURES = (".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".tif", ".tiff", ".webp", ".gif")


def read_picture(path: Path, *, grey: bool = False, as_the_sensor: bool = False) -> np.ndarray:
    """A picture from disk.

    Args:
        path: of the file; of a moving picture the first is taken.
        grey: ``(h, w)`` instead of ``(h, w, 3)`` BGR.
        as_the_sensor: do not turn it as its EXIF data ask for.

    Returns:
        uint8, 16-bit pictures brought down to 8.

    Raises:
        InputError: no such file, no picture, or one that is cut off.
    """
    todo = "Take it again or leave it out."
    try:
        # One call instead of read_bytes: the array is the only copy.
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        what = "this is a folder" if Path(path).is_dir() else f"cannot be read ({error.strerror or error})"
        raise InputError(what, where=path, todo=todo) from error
    flags = cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR
    if as_the_sensor:
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
    image = None
    if data.size and not _cut_off(data):
        try:
            image = cv2.imdecode(data, flags)
        except cv2.error:  # a header that promises what no memory holds
            image = None
    if image is None:
        raise InputError("is not a picture or is damaged", where=path, todo=todo)
    return np.asarray(image, np.uint8)


def pictures_of(paths: Iterable[Path]) -> list[Path]:
    """The paths, each folder replaced by the pictures in it, by name; hidden files are none.

    Raises:
        InputError: a folder without a picture.
    """
    out: list[Path] = []
    for path in paths:
        if not path.is_dir():
            out.append(path)
            continue
        inside = sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURES and not p.name.startswith("."))
        if not inside:
            raise InputError(
                "there is no picture in the folder", where=path, todo="Give pictures, or a folder of them."
            )
        out += inside
    return out


def _cut_off(data: np.ndarray) -> bool:
    """Whether this is a JPEG without its end; some cameras write a little after it."""
    return bytes(data[:2]) == b"\xff\xd8" and b"\xff\xd9" not in bytes(data[-65536:])
