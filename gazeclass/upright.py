"""The turn that a video file asks for (a telephone held upright or upside down), applied to its pictures."""

from typing import Any, TypeVar

import numpy as np

Picture = TypeVar("Picture", bound=np.ndarray)


def rotation_of(frame: Any) -> int:
    """The display turn of a decoded PyAV frame in whole quarter turns, counter-clockwise: 0, 90, 180 or -90 degrees."""
    quarter = round(float(getattr(frame, "rotation", 0) or 0) / 90.0) % 4
    return (0, 90, 180, -90)[quarter]


def upright(picture: Picture, rotation_deg: int) -> Picture:
    """A picture turned counter-clockwise by quarter turns."""
    if rotation_deg == 0:
        return picture
    return np.ascontiguousarray(np.rot90(picture, rotation_deg // 90))  # type: ignore[return-value]
