"""Colours of heat: cividis out of transparency, the same as in the report, so that no heat leaves the slate as it is.

Cividis (Nuñez, Anderton, Renslow 2018) grows evenly in lightness and reads the same with and without colour vision. It
is kept here as twenty anchors, within 1.2/255 of matplotlib's table (a test compares them): importing matplotlib for it
would hold the window's first heatmap for a third of a second.
"""

from functools import lru_cache

import numpy as np
from PySide6.QtGui import QImage

_AT = (0, 19, 21, 23, 28, 34, 43, 52, 66, 84, 107, 126, 147, 179, 205, 219, 232, 243, 251, 255)
_HEX = (
    "00224e 00306f 003170 013271 123570 1e3a6f 2b406d 36466c 45506c 565c6d 6b6d72 7b7a78 8f8a78 aea371 c9b965 d9c55c "
    "e7d150 f3db42 fde334 fee838"
)


@lru_cache(maxsize=1)
def heat_table() -> np.ndarray:
    """``(256, 4)`` red, green, blue, alpha in 0–255, from no heat to most."""
    anchors = np.array([[int(word[i : i + 2], 16) for i in (0, 2, 4)] for word in _HEX.split()], float)
    rgb = np.stack([np.interp(np.arange(256), _AT, anchors[:, c]) for c in range(3)], axis=1)
    alpha = 255.0 * np.sqrt(np.linspace(0.0, 1.0, 256))
    table = np.rint(np.concatenate([rgb, alpha[:, None]], axis=1)).astype(np.uint8)
    table.flags.writeable = False
    return table


def heat_colour(share: float) -> str:
    """The colour at ``share`` (0–1) of the scale, opaque, as "#rrggbb"."""
    r, g, b, _ = heat_table()[int(np.clip(round(255 * share), 0, 255))]
    return f"#{r:02x}{g:02x}{b:02x}"


def heat_image(values: np.ndarray, top: float) -> QImage:
    """Values ``(rows, columns)`` as a picture, one pixel each; what is not finite is transparent.

    Args:
        values: from the top row down, from the drawing's left to its right.
        top: the value at the scale's end; not positive: everything is transparent.
    """
    if top > 0:
        scaled = np.clip(np.nan_to_num(np.asarray(values, float) / top, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)
    else:
        scaled = np.zeros(np.shape(values))
    rgba = np.ascontiguousarray(heat_table()[np.rint(255 * scaled).astype(np.uint8)])
    height, width = rgba.shape[:2]
    image = QImage(rgba.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    # Premultiplied, so that enlarging does not mix in the colour of transparent neighbours; the copy owns its memory.
    return image.convertToFormat(QImage.Format.Format_RGBA8888_Premultiplied).copy()
