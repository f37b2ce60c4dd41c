"""MTCNN: faces and five landmarks in a picture (Zhang, Zhang, Li, Qiao 2016, "Joint face detection and alignment").

Three networks, each smaller in number of candidates and larger in pixels: P-Net slides over the whole picture at many
scales, R-Net looks at 24 × 24 and O-Net at 48 × 48 crops of what is left. The weights are facenet-pytorch's; the
cascade is ours, on whole arrays. ``refine`` needs no P-Net: it is what tracking calls at every frame.

O-Net's nose tip leans inwards as a head turns. A small network learned on rendered heads sets it right and says how
sure it is (packaging/models/make_nose.py).
"""

from dataclasses import dataclass

import numpy as np

from gazeclass import models
from gazeclass.faces.boxes import enlarge, shift, square, suppress
from gazeclass.faces.pyramid import Pyramid, as_bgr
from gazeclass.faces.types import NOSE, Face

_CELL_PX = 12  # what one output of P-Net looks at
_STRIDE_PX = 2
_SD_OF_LAPLACE = 1.414  # of a Laplace distribution of scale 1
_CORRECTION_NOISE = 0.025  # of the crop's side
_SURE = 0.6  # a look that scores this needs no others beside it
_MIRROR_ORDER = [1, 0, 2, 4, 3]  # left and right eyes and mouth corners change places


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
        self._pnet, self._rnet, self._onet, self._nose = (
            models.open_session(models.find(f"mtcnn-{name}"), threads=threads)
            for name in ("pnet", "rnet", "onet", "nose")
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
        boxes, scores, landmarks, noses, sigmas = self._outline(pyramid, square(boxes))
        passed = np.flatnonzero(scores > self.thresholds.onet)
        # "of the smaller": a face found once as a whole and once in part is one face.
        kept = passed[suppress(boxes[passed], scores[passed], 0.7, of_smaller=True)]
        boxes, landmarks, noses = boxes + np.tile(origin, 2), landmarks + origin, noses + origin
        return [Face(camera, boxes[i], landmarks[i], float(scores[i]), float(sigmas[i]), noses[i]) for i in kept]

    def refine(
        self, image: np.ndarray, boxes: np.ndarray, camera: int = 0, *, threshold: float = 0.3, looks: int = 8
    ) -> list[Face | None]:
        """The faces at places where faces are expected.

        O-Net looks at each box as it is and mirrored; where neither looks like a face, also at larger and smaller crops
        and where R-Net would put the box. The answer is the mean of the looks, weighted with their scores. Sending
        every expected box through R-Net first, as the cascade does with P-Net's, loses faces that O-Net alone keeps
        (on lesson_a 1 to 16 in a hundred, most of them turned away).

        Args:
            image: uint8, grey, BGR or BGRA.
            boxes: (n, 4) expected face boxes, as :meth:`detect` gives them.
            camera: goes into each :class:`Face`.
            threshold: O-Net score below which there is no face. Lower than in :meth:`detect`, because that a face is
                there is known already and a profile scores low.
            looks: at most so many at each box: 1 as it is, 2 also mirrored, 8 all.

        Returns:
            One entry for each box, None where there is no face.

        Raises:
            InputError: not a picture.
        """
        squares = square(np.asarray(boxes, dtype=float).reshape(-1, 4))
        image = as_bgr(image)
        if not len(squares):
            return []
        pyramid = Pyramid(image)
        seen = _Looks(len(squares))
        every = np.arange(len(squares))
        seen.add(every, *self._outline(pyramid, squares))
        if looks > 1:
            seen.add(every, *self._outline(pyramid, squares, mirrored=True))
        doubtful = np.flatnonzero(seen.best_score < _SURE)
        if looks > 2 and len(doubtful):
            expected = squares[doubtful]
            _, correction = self._rnet.run(["probability", "box"], {"image": _floats(pyramid.crops(expected, 24))})
            for other in (enlarge(expected, 0.9), enlarge(expected, 1.12), square(shift(expected, correction))):
                seen.add(doubtful, *self._outline(pyramid, other))
                seen.add(doubtful, *self._outline(pyramid, other, mirrored=True))
        found, landmarks, noses, scores, sigmas = seen.mean()
        return [
            Face(camera, found[i], landmarks[i], float(scores[i]), float(sigmas[i]), noses[i])
            if scores[i] > threshold
            else None
            for i in range(len(squares))
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

    def _outline(
        self, pyramid: Pyramid, squares: np.ndarray, *, mirrored: bool = False
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """O-Net: (n, 4) squares to boxes, scores, landmarks, noses as O-Net itself sees them, and sigmas of the nose.

        Shapes: (n, 4), (n,), (n, 5, 2), (n, 2), (n,).

        Args:
            pyramid: the picture.
            squares: where to look.
            mirrored: look at the mirror image; the answer is for the picture as it is.
        """
        crops = pyramid.crops(squares, 48)
        probability, correction, points, features = self._onet.run(
            ["probability", "box", "landmarks", "features"],
            {"image": _floats(crops[:, :, ::-1] if mirrored else crops)},
        )
        nose, log_scale = self._nose.run(["correction", "log_scale"], {"features": features, "landmarks": points})
        correction = correction.astype(float)
        relative = points.reshape(-1, 2, 5).transpose(0, 2, 1).astype(float)
        # A correction no larger than its own noise is none (the limit was chosen on rendered heads).
        length2 = np.sum(nose.astype(float) ** 2, axis=1, keepdims=True)
        seen = relative[:, NOSE].copy()
        relative[:, NOSE] += nose * (length2 / (length2 + _CORRECTION_NOISE**2))
        if mirrored:
            correction = correction[:, [2, 1, 0, 3]] * np.array([-1, 1, -1, 1])
            relative = relative[:, _MIRROR_ORDER] * np.array([-1, 1]) + np.array([1, 0])
            seen = seen * np.array([-1, 1]) + np.array([1, 0])
        side = squares[:, 2] - squares[:, 0]
        landmarks = squares[:, None, :2] + relative * side[:, None, None]
        noses = squares[:, :2] + seen * side[:, None]
        sigma = _SD_OF_LAPLACE * np.exp(log_scale.astype(float)).mean(axis=1) * side
        return shift(squares, correction), probability[:, 1].astype(float), landmarks, noses, sigma


class _Looks:
    """Several looks at the same faces, and their mean.

    Args:
        count: number of faces.
    """

    def __init__(self, count: int) -> None:
        self.best_score = np.zeros(count)
        self._looks: list[tuple[np.ndarray, ...]] = []

    def add(
        self,
        which: np.ndarray,
        boxes: np.ndarray,
        scores: np.ndarray,
        landmarks: np.ndarray,
        noses: np.ndarray,
        sigmas: np.ndarray,
    ) -> None:
        """One look at each of the faces ``which``."""
        self._looks.append((which, boxes, scores, landmarks, noses, sigmas))
        np.maximum.at(self.best_score, which, scores)

    def mean(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Boxes (n, 4), landmarks (n, 5, 2), uncorrected noses (n, 2), best scores (n,) and nose sigmas (n,).

        Looks that score less than half of the best do not count; the others by their score. The looks are at the same
        pixels, so that their mean is hardly surer than one of them: the sigmas are averaged.
        """
        count = len(self.best_score)
        boxes, landmarks = np.zeros((count, 4)), np.zeros((count, 5, 2))
        noses, sigmas, total = np.zeros((count, 2)), np.zeros(count), np.zeros(count)
        for which, box, score, landmark, nose, sigma in self._looks:
            weight = np.where(score >= self.best_score[which] / 2, score, 0) + 1e-9
            boxes[which] += box * weight[:, None]
            landmarks[which] += landmark * weight[:, None, None]
            noses[which] += nose * weight[:, None]
            sigmas[which] += sigma * weight
            total[which] += weight
        landmarks, noses = landmarks / total[:, None, None], noses / total[:, None]
        return boxes / total[:, None], landmarks, noses, self.best_score, sigmas / total


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
