"""A picture at several sizes, and square crops out of it, all at once.

Scaling down by an arbitrary factor is done from the smallest octave (1, 1/2, 1/4, …) that is still large enough: the
octaves are exact means of 2 x 2 pixels, so nothing aliases and the large picture is read only once.
"""

import cv2
import numpy as np

from gazeclass.errors import InputError

#: cv2.remap refuses pictures with a side of 2^15; crops are stacked into columns of at most this many rows.
_MOST_ROWS = 32_000


def as_bgr(image: np.ndarray) -> np.ndarray:
    """The picture as H×W×3 uint8, whatever the camera or file gave.

    Args:
        image: uint8; H×W or H×W×1 grey, H×W×3 BGR, H×W×4 BGRA (alpha is dropped).

    Raises:
        InputError: any other shape or type, or an empty picture.
    """
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim not in (2, 3) or not image.size:
        kind = f"{image.dtype} array of shape {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
        raise InputError(f"a picture must be 8 bits a channel, height × width × channels; this is a {kind}")
    channels = 1 if image.ndim == 2 else image.shape[2]
    if channels == 3:
        return image
    if channels == 1:
        return cv2.cvtColor(image.reshape(image.shape[:2]), cv2.COLOR_GRAY2BGR)
    if channels == 4:
        return cv2.cvtColor(image, cv2.COLOR_BGRA2BGR)
    raise InputError(f"a picture has 1, 3 or 4 channels, this one {channels}")


class Pyramid:
    """Octaves of one picture, made when first asked for.

    Args:
        image: H×W×3 uint8.
    """

    def __init__(self, image: np.ndarray) -> None:
        self._octaves = [image]
        self.height_px, self.width_px = image.shape[:2]

    def octave(self, index: int) -> np.ndarray:
        """The picture reduced ``index`` times by two; an odd last row or column is dropped."""
        while len(self._octaves) <= index:
            last = self._octaves[-1]
            height, width = last.shape[0] // 2, last.shape[1] // 2
            self._octaves.append(
                cv2.resize(last[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
            )
        return self._octaves[index]

    def scaled(self, scale: float) -> np.ndarray:
        """The picture at ``scale`` ≤ 1, its size rounded as facenet-pytorch does."""
        size = int(self.width_px * scale + 1), int(self.height_px * scale + 1)
        source = self.octave(self._octave_for(1 / scale))
        return cv2.resize(source, size, interpolation=cv2.INTER_AREA)

    def crops(self, squares: np.ndarray, size: int) -> np.ndarray:
        """Cut out squares at sub-pixel precision and bring each to ``size`` × ``size``.

        Args:
            squares: (n, 4); x0, y0 and x1, y1 are the outer edges in pixel coordinates (whole numbers are centres), so
                the square's first pixel centre is at x0 + 0.5. What lies outside the picture is grey 127.
            size: side of the result.

        Returns:
            (n, size, size, 3) uint8.
        """
        out = np.empty((len(squares), size, size, 3), np.uint8)
        sides = np.maximum(squares[:, 2] - squares[:, 0], 1.0)
        octaves = np.array([self._octave_for(side / size) for side in sides], dtype=int)
        step = (np.arange(size) + 0.5) / size
        for index in np.unique(octaves):
            source, factor = self.octave(index), 0.5**index
            members = np.flatnonzero(octaves == index)
            for chunk in np.array_split(members, -(-len(members) * size // _MOST_ROWS)):
                # A centre x of octave 0 is the centre (x + 0.5) * factor - 0.5 of this octave.
                u = (squares[chunk, 0:1] + sides[chunk, None] * step + 0.5) * factor - 0.5
                v = (squares[chunk, 1:2] + sides[chunk, None] * step + 0.5) * factor - 0.5
                u_map = np.broadcast_to(u[:, None, :], (len(chunk), size, size)).reshape(-1, size)
                v_map = np.broadcast_to(v[:, :, None], (len(chunk), size, size)).reshape(-1, size)
                cut = cv2.remap(
                    source,
                    u_map.astype(np.float32),
                    v_map.astype(np.float32),
                    cv2.INTER_LINEAR,
                    borderMode=cv2.BORDER_CONSTANT,
                    borderValue=(127, 127, 127),
                )
                out[chunk] = cut.reshape(len(chunk), size, size, 3)
        return out

    def _octave_for(self, reduction: float) -> int:
        """The most reduced octave that a further reduction of at least 1 leads from."""
        deepest = int(np.log2(min(self.height_px, self.width_px)))
        return int(np.clip(np.floor(np.log2(max(reduction, 1.0)) + 1e-9), 0, deepest))
