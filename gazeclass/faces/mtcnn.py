"""MTCNN: faces and five landmarks in a picture (Zhang, Zhang, Li, Qiao 2016, "Joint face detection and alignment").

Three networks, each smaller in number of candidates and larger in pixels: P-Net slides over the whole picture at many
scales, R-Net looks at 24 × 24 and O-Net at 48 × 48 crops of what is left. The weights are facenet-pytorch's; the
cascade is ours, on whole arrays. ``refine`` leaves P-Net out: it is what tracking calls at every frame.
"""

from dataclasses import dataclass

import numpy as np

from gazeclass import models
from gazeclass.faces.boxes import shift, square, suppress
from gazeclass.faces.pyramid import Pyramid, as_bgr
from gazeclass.faces.types import Face

_CELL_PX = 12  # what one output of P-Net looks at
_STRIDE_PX = 2


@dataclass(frozen=True)
class Thresholds:
    """Scores from which a candidate passes each network."""

    pnet: float = 0.6
    rnet: float = 0.7
    onet: float = 0.7


class MtcnnDetector:
    """The cascade with its three sessions open.

    Args:
        min_face_px: smallest face looked for, as the side of its square. 20 px is a face at 10 m in a 1080p picture
            with a 70° lens.
        scale_step: ratio of one scale of the pyramid to the next larger one.
        thresholds: for :meth:`detect`.
        threads: of ONNX Runtime; None takes the program's setting.
    """

    def __init__(
        self,
        *,
        min_face_px: float = 20.0,
        scale_step: float = 0.709,
        thresholds: Thresholds | None = None,
        threads: int | None = None,
    ) -> None:
        self.min_face_px = min_face_px
        self.scale_step = scale_step
        self.thresholds = thresholds or Thresholds()
        self._pnet, self._rnet, self._onet = (
            models.open_session(models.find(f"mtcnn-{letter}net"), threads=threads) for letter in "pro"
        )

    def detect(self, image: np.ndarray, camera: int = 0, *, region: np.ndarray | None = None) -> list[Face]:
        """Faces anywhere in the picture, best first.

        Args:
            image: uint8, grey, BGR or BGRA.
            camera: goes into each :class:`Face`.
            region: (4,) box to look in; None is the whole picture.

        Raises:
            InputError: not a picture.
        """
        picture, origin = _part(as_bgr(image), region)
        if not picture.size:
            return []
        pyramid = Pyramid(picture)
        boxes = self._propose(pyramid)
        if not len(boxes):
            return []
        boxes = self._sieve(pyramid, square(boxes), self.thresholds.rnet)
        if not len(boxes):
            return []
        boxes, scores, landmarks = self._outline(pyramid, square(boxes))
        passed = np.flatnonzero(scores > self.thresholds.onet)
        # "of the smaller": a face found once as a whole and once in part is one face.
        kept = passed[suppress(boxes[passed], scores[passed], 0.7, of_smaller=True)]
        boxes, landmarks = boxes + np.tile(origin, 2), landmarks + origin
        return [Face(camera, boxes[i], landmarks[i], float(scores[i])) for i in kept]

    def refine(
        self, image: np.ndarray, boxes: np.ndarray, camera: int = 0, *, threshold: float = 0.3
    ) -> list[Face | None]:
        """The faces at places where faces are expected; R-Net corrects the place, O-Net outlines.

        Args:
            image: uint8, grey, BGR or BGRA.
            boxes: (n, 4) expected face boxes, as :meth:`detect` gives them.
            camera: goes into each :class:`Face`.
            threshold: O-Net score below which there is no face. Lower than in :meth:`detect`, because that a face is
                there is known already and a profile scores low.

        Returns:
            One entry for each box, None where there is no face.

        Raises:
            InputError: not a picture.
        """
        boxes = np.asarray(boxes, dtype=float).reshape(-1, 4)
        image = as_bgr(image)
        if not len(boxes):
            return []
        pyramid = Pyramid(image)
        squares = square(boxes)
        _, correction = self._rnet.run(["probability", "box"], {"image": _floats(pyramid.crops(squares, 24))})
        found, scores, landmarks = self._outline(pyramid, square(shift(squares, correction)))
        return [
            Face(camera, found[i], landmarks[i], float(scores[i])) if scores[i] > threshold else None
            for i in range(len(boxes))
        ]

    def _propose(self, pyramid: Pyramid) -> np.ndarray:
        """P-Net at every scale: (n, 4) boxes."""
        boxes, scores, corrections = [], [], []
        scale = _CELL_PX / self.min_face_px
        while min(pyramid.height_px, pyramid.width_px) * scale >= _CELL_PX:
            picture = _floats(pyramid.scaled(scale)[None])
            probability, box = self._pnet.run(["probability", "box"], {"image": picture})
            rows, columns = np.nonzero(probability[0, 1] >= self.thresholds.pnet)
            if len(rows):
                origin = np.stack([columns, rows, columns, rows], 1) * _STRIDE_PX + np.array([0, 0, _CELL_PX, _CELL_PX])
                found = origin / scale - 0.5
                score = probability[0, 1, rows, columns]
                kept = suppress(found, score, 0.5)
                boxes.append(found[kept])
                scores.append(score[kept])
                corrections.append(box[0, :, rows[kept], columns[kept]])
            scale *= self.scale_step
        if not boxes:
            return np.empty((0, 4))
        every = np.concatenate(boxes)
        kept = suppress(every, np.concatenate(scores), 0.7)
        return shift(every[kept], np.concatenate(corrections)[kept])

    def _sieve(self, pyramid: Pyramid, squares: np.ndarray, threshold: float) -> np.ndarray:
        """R-Net: (n, 4) squares to (m, 4) corrected boxes."""
        probability, correction = self._rnet.run(["probability", "box"], {"image": _floats(pyramid.crops(squares, 24))})
        passed = np.flatnonzero(probability[:, 1] > threshold)
        kept = passed[suppress(squares[passed], probability[passed, 1], 0.7)]
        return shift(squares[kept], correction[kept])

    def _outline(self, pyramid: Pyramid, squares: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """O-Net: (n, 4) squares to (n, 4) boxes, (n,) scores and (n, 5, 2) landmarks."""
        probability, correction, points = self._onet.run(
            ["probability", "box", "landmarks"], {"image": _floats(pyramid.crops(squares, 48))}
        )
        side = (squares[:, 2] - squares[:, 0])[:, None, None]
        relative = points.reshape(-1, 2, 5).transpose(0, 2, 1).astype(float)
        landmarks = squares[:, None, :2] + relative * side
        return shift(squares, correction.astype(float)), probability[:, 1].astype(float), landmarks


def _part(image: np.ndarray, region: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """The part of a picture inside a box, on whole pixels, and its first pixel (2,)."""
    if region is None:
        return image, np.zeros(2)
    height, width = image.shape[:2]
    x0, y0 = np.clip(np.floor(region[:2]), 0, [width, height]).astype(int)
    x1, y1 = np.clip(np.ceil(region[2:]), 0, [width, height]).astype(int)
    return image[y0:y1, x0:x1], np.array([x0, y0], dtype=float)


def _floats(images: np.ndarray) -> np.ndarray:
    """What the sessions take."""
    return images.astype(np.float32)
