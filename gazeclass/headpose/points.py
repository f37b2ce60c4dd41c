"""Head pose from the detector's five points: a small learned regression, and its union with a network.

How five points lie to each other says little about pitch but much about yaw, at a cost of microseconds; a network that
sees the pixels errs in other ways. Their mean of least variance is better than either, or as good as the better one.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gazeclass import models
from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array, wrap_deg
from gazeclass.headpose.meanface import MIRROR_5
from gazeclass.headpose.mirror import mirror_mean
from gazeclass.headpose.poses import FaceEstimator, HeadPoseEstimator, HeadPoses

#: Length of a feature vector.
FEATURES = 10


def point_features(landmarks_px: ArrayLike) -> Array:
    """What the regression sees: the five points about their own centre, in units of their own spread.

    The box has no part in it, so that a box drawn differently changes nothing.

    Args:
        landmarks_px: ``(n, 5, 2)`` in MTCNN's order.

    Returns:
        ``(n, 10)``: x, y of each point; NaN where a point is unknown or all lie in one place.
    """
    marks = np.asarray(landmarks_px, float).reshape(-1, 5, 2)
    # Mid-height between eyes and mouth; the nose, whose place depends on yaw most, does not count.
    middle = (marks[:, :2].mean(axis=1) + marks[:, 3:].mean(axis=1)) / 2
    placed = marks - middle[:, None]
    spread = np.sqrt((placed[:, [0, 1, 3, 4]] ** 2).sum(axis=2).mean(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((placed / np.where(spread > 1e-6, spread, np.nan)[:, None, None]).reshape(-1, FEATURES))


def mirrored_features(features: Array) -> Array:
    """The features of the mirrored picture."""
    points = features.reshape(-1, 5, 2)[:, MIRROR_5] * [-1.0, 1.0]
    return np.asarray(points.reshape(-1, FEATURES))


class PointsEstimator(FaceEstimator):
    """The regression as exported by :mod:`gazeclass.headpose.points_training`; answers mirror with the picture.

    Pictures and boxes are not looked at.

    Args:
        card: of the model.
        sigma_factor: ``(3,)`` what the spread is multiplied by; None for the card's own.

    Raises:
        InputError: the model was made for other features.
    """

    needs_landmarks = True

    def __init__(self, card: models.ModelCard, *, sigma_factor: ArrayLike | None = None) -> None:
        self.name = card.name
        self.card = card
        factor = card.meta.get("sigma_factor", [1.0, 1.0, 1.0]) if sigma_factor is None else sigma_factor
        self._factor = np.asarray(factor, float)
        self._session: Any = models.open_session(card, threads=1)
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or inputs[0].shape[1:] != [FEATURES]:
            raise InputError(
                f"a five-point model has one input of {FEATURES} numbers a face",
                where=card.path,
                todo="Train it again with `gazeclass headpose train-points`.",
            )

    def _poses(self, images: Sequence[np.ndarray], boxes: Sequence[ArrayLike], landmarks: Array | None) -> HeadPoses:
        assert landmarks is not None
        return self.estimate_features(point_features(landmarks))

    def estimate_features(self, features: Array) -> HeadPoses:
        """Poses from ``(n, 10)`` features; NaN where a feature is."""
        angles, spread = mirror_mean(self._run(features), self._run(mirrored_features(features)))
        return HeadPoses.from_angles(angles, self._factor * spread)

    def _run(self, features: Array) -> tuple[Array, Array]:
        out = self._session.run(["angles_deg", "spread_deg"], {"features": features.astype(np.float32)})
        return np.asarray(out[0], float), np.asarray(out[1], float)


class UnitedEstimator:
    """A network and the five points, united angle by angle: the linear mean of least variance.

    Both err alike to a degree (a turned-away face is hard for both), so their correlation has a say in the weights: a
    network twice as sure as the points, with errors that correlate by a half, stands alone. Correlation and the united
    sigma's factor are fitted, like every sigma, on rendered people never seen in training.

    Args:
        network: sees the pixels.
        points: sees the five points.
        sigma_factor: ``(3,)`` for yaw, pitch, roll.
        correlation: ``(3,)`` of their errors.
    """

    def __init__(
        self,
        network: HeadPoseEstimator,
        points: HeadPoseEstimator,
        sigma_factor: ArrayLike = (1.0, 1.0, 1.0),
        correlation: ArrayLike = (0.0, 0.0, 0.0),
    ) -> None:
        self.name = f"{network.name} + {points.name}"
        self.network, self.points = network, points
        self._factor, self._correlation = np.asarray(sigma_factor, float), np.asarray(correlation, float)

    def estimate(
        self,
        images: Sequence[np.ndarray],
        boxes: Sequence[ArrayLike],
        landmarks: Sequence[ArrayLike] | None = None,
    ) -> HeadPoses:
        """See :class:`gazeclass.headpose.estimator.HeadPoseEstimator`; without landmarks the network answers alone."""
        seen = self.network.estimate(images, boxes, landmarks)
        if landmarks is None:
            return seen
        return unite(seen, self.points.estimate(images, boxes, landmarks), self._factor, self._correlation)


def unite(
    a: HeadPoses,
    b: HeadPoses,
    sigma_factor: ArrayLike = (1.0, 1.0, 1.0),
    correlation: ArrayLike = (0.0, 0.0, 0.0),
) -> HeadPoses:
    """The mean of two methods' angles that has the least variance; where one could not tell, the other stands alone.

    With sigmas s, t and correlation r of the errors the weight of the first is (t² − r s t) / (s² + t² − 2 r s t), held
    within 0 and 1: no estimate is stepped away from (Bar-Shalom, Campo 1986, for one number).

    Args:
        a, b: of the same n faces.
        sigma_factor: ``(3,)`` the united sigma is multiplied by.
        correlation: ``(3,)`` of the errors of yaw, pitch, roll, below 1.
    """
    r = np.asarray(correlation, float)
    s, t = a.sigma_deg, b.sigma_deg
    both = s * t * r
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = np.clip((t**2 - both) / (s**2 + t**2 - 2 * both), 0.0, 1.0)
        variance = weight**2 * s**2 + (1 - weight) ** 2 * t**2 + 2 * weight * (1 - weight) * both
        angles = b.angles_deg + weight * wrap_deg(a.angles_deg - b.angles_deg)
        sigma = np.asarray(sigma_factor, float) * np.sqrt(variance)
    knows_a, knows_b = (np.isfinite(p.angles_deg).all(axis=1, keepdims=True) for p in (a, b))
    angles = np.where(knows_a & knows_b, angles, np.where(knows_a, a.angles_deg, b.angles_deg))
    sigma = np.where(knows_a & knows_b, sigma, np.where(knows_a, s, t))
    return HeadPoses.from_angles(angles, sigma)
