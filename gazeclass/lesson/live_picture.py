"""Small pictures of the cameras for the screen, in which only those may be recognised who may be observed.

Not the faces that were found are hidden, but everything that is not a face of somebody who has consented: who has just
come in, sits in the background, or was missed by the detector is hidden too.
"""

from collections.abc import Iterable

import cv2
import numpy as np

from gazeclass.capture.pairs import Image
from gazeclass.geometry.rotation import Array

#: Faces are shown with so much around them, as a share of the box.
_AROUND = 0.25
#: A hidden picture has so many cells across: a face at three metres is less than one of them wide in a 1080p picture
#: with a lens of 70°.
_CELLS_ACROSS = 28


def safe_picture(image: Image, shown_boxes_px: Iterable[Array], width_px: int = 480) -> Image:
    """A small picture with everything blurred but the faces that may be seen.

    Args:
        image: BGR uint8, of any size.
        shown_boxes_px: ``(4,)`` boxes in the picture's pixels.
        width_px: of the result.

    Returns:
        ``(height, width_px, 3)`` BGR uint8.
    """
    height, width = image.shape[:2]
    scale = width_px / width
    size = width_px, max(1, round(height * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    cells = _CELLS_ACROSS, max(1, round(_CELLS_ACROSS * size[1] / size[0]))
    coarse = cv2.resize(small, cells, interpolation=cv2.INTER_AREA)
    out = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR)
    for box in shown_boxes_px:
        x0, y0, x1, y1 = _enlarged(box, scale, size)
        if x1 > x0 and y1 > y0:
            out[y0:y1, x0:x1] = small[y0:y1, x0:x1]
    return np.ascontiguousarray(out)


def _enlarged(box_px: Array, scale: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = np.asarray(box_px, float)
    dx, dy = _AROUND * (x1 - x0), _AROUND * (y1 - y0)
    x = np.clip([(x0 - dx) * scale, (x1 + dx) * scale], 0, size[0])
    y = np.clip([(y0 - dy) * scale, (y1 + dy) * scale], 0, size[1])
    return int(x[0]), int(y[0]), int(x[1]), int(y[1])
