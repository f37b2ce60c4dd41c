"""What tells people apart: a face turned upright, scaled, and put through the identity network.

The chip is dlib's (``get_face_chip_details``, padding 0.25, 150 px), because the network was trained on such chips. The
five landmarks of MTCNN take the place of dlib's 51: eyes are the mean shape's eye centres, nose point 30, mouth
corners points 48 and 54.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from gazeclass import models
from gazeclass.faces.pyramid import Pyramid, as_bgr
from gazeclass.faces.types import NOSE, Face

#: Means over dlib's average face, in units of the distance of the outer ends of its brows.
_MEAN_FACE = np.array(
    [[0.224152, 0.211947], [0.756101, 0.211947], [0.490127, 0.515625], [0.254149, 0.780233], [0.726104, 0.780233]]
)
_PADDING = 0.25
_BATCH = 16


class Embedder:
    """Faces to unit vectors; the nearer two of them, the more alike the faces.

    Args:
        model: name of an embedding model.
        threads: of ONNX Runtime; None takes the program's setting.
    """

    def __init__(self, model: str = "identity", *, threads: int | None = None) -> None:
        card = models.find(model)
        self._session = models.open_session(card, threads=threads)
        self._input = self._session.get_inputs()[0].name
        self.size_px = int(card.meta["input_px"])
        self.dimension = int(self._session.get_outputs()[0].shape[1])

    def embed(self, image: np.ndarray, faces: Sequence[Face]) -> np.ndarray:
        """Unit vectors of faces in one picture.

        Args:
            image: uint8, grey, BGR or BGRA.
            faces: found in it.

        Returns:
            (n, d) float64, rows of length 1.

        Raises:
            InputError: not a picture.
        """
        if not faces:
            return np.empty((0, self.dimension))
        picture = as_bgr(image)
        chips = np.stack([chip(picture, face.landmarks_px, self.size_px) for face in faces])
        out = np.concatenate(
            [
                self._session.run(None, {self._input: chips[i : i + _BATCH].astype(np.float32)})[0]
                for i in range(0, len(chips), _BATCH)
            ]
        ).astype(float)
        return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)


def chip(image: np.ndarray, landmarks_px: np.ndarray, size_px: int) -> np.ndarray:
    """The face upright and scaled to the network's input.

    Args:
        image: H×W×3 uint8.
        landmarks_px: (5, 2).
        size_px: side of the chip.

    Returns:
        (size, size, 3) uint8.
    """
    target = (_MEAN_FACE + _PADDING) / (1 + 2 * _PADDING) * size_px - 0.5
    matrix = similarity(landmarks_px, target)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if scale < 0.5:  # a large face: bilinear sampling alone would alias
        octaves = int(np.floor(-np.log2(scale)))
        image = Pyramid(image).octave(octaves)
        # x of the picture is (x + 0.5) / 2^n - 0.5 of its n-th octave.
        shift = 2.0 ** (octaves - 1) - 0.5
        matrix = np.column_stack([matrix[:, :2] * 2.0**octaves, matrix[:, 2] + matrix[:, :2] @ [shift, shift]])
    return cv2.warpAffine(image, matrix, (size_px, size_px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Least-squares rotation, scale and shift (Umeyama 1991, in the plane, where it is linear in complex numbers).

    Args:
        source: (n, 2).
        target: (n, 2).

    Returns:
        (2, 3) matrix that maps source to target.
    """
    z, w = source @ [1, 1j], target @ [1, 1j]
    z_mean, w_mean = z.mean(), w.mean()
    spread = np.sum(np.abs(z - z_mean) ** 2)
    turn = np.sum(np.conj(z - z_mean) * (w - w_mean)) / max(spread, 1e-12)
    shift = w_mean - turn * z_mean
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def frontality(landmarks_px: np.ndarray) -> float:
    """1 for a face seen from the front, 0 for a profile, from where the nose lies between the eyes.

    The nose tip stands before the eyes' line by about the distance of the pupils' halves, so that it leaves the middle
    by the tangent of the yaw.

    Args:
        landmarks_px: (5, 2).
    """
    left, right = landmarks_px[0], landmarks_px[1]
    across = right - left
    width = float(np.hypot(*across))
    if width < 1e-6:
        return 0.0
    along = float((landmarks_px[NOSE] - (left + right) / 2) @ across) / width**2
    return float(np.clip(1 - 2 * abs(along), 0, 1))
