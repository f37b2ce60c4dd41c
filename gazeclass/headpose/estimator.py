"""Head poses of a batch of faces, whatever the method: one small interface, no torch.

Angles are relative to the viewing ray through the crop's centre (method §2): ``R_CS = R_ray · R_crop`` is
the caller's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from gazeclass import models
from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array, long_yaw_angles_deg, rotation_from_angles_deg
from gazeclass.headpose.crop import CropRule, crop_batch
from gazeclass.headpose.twostep import DEFAULT_MODEL, FivePointModel, pose_from_five_points

#: The method that needs no model file.
LANDMARK_METHOD = "landmarks"
#: What ``load_estimator()`` looks for, best first; the landmark method stands in where none is installed.
POINTS_NAME = "headpose-points"
DEFAULT_NAMES = ("headpose-sdam-resnet50", "headpose-sdam-fast")


@dataclass(frozen=True, eq=False)
class HeadPoses:
    """Head poses of n faces against their viewing rays; NaN where a method could not tell.

    Attributes:
        angles_deg: ``(n, 3)`` yaw, pitch, roll of ``R_crop``; yaw runs past ±90° for heads turned away.
        R_crop: ``(n, 3, 3)`` head axes (SCS) to axes of the viewing ray.
        sigma_deg: ``(n, 3)`` standard deviations of yaw, pitch, roll.
    """

    angles_deg: Array
    R_crop: Array
    sigma_deg: Array

    def __len__(self) -> int:
        return len(self.angles_deg)

    @staticmethod
    def joined(parts: "Sequence[HeadPoses]") -> "HeadPoses":
        """Several batches, at least one, as one."""
        return HeadPoses(
            np.concatenate([p.angles_deg for p in parts]),
            np.concatenate([p.R_crop for p in parts]),
            np.concatenate([p.sigma_deg for p in parts]),
        )

    @staticmethod
    def from_angles(angles_deg: ArrayLike, sigma_deg: ArrayLike) -> "HeadPoses":
        """Poses from ``(n, 3)`` angles and sigmas."""
        angles = np.asarray(angles_deg, float).reshape(-1, 3)
        R = np.full((len(angles), 3, 3), np.nan)
        known = np.isfinite(angles).all(axis=1)
        if known.any():
            R[known] = rotation_from_angles_deg(*angles[known].T)
        return HeadPoses(angles, R, np.asarray(sigma_deg, float).reshape(-1, 3))


class HeadPoseEstimator(Protocol):
    """What the pipeline knows of a head-pose method."""

    name: str

    def estimate(
        self,
        images: Sequence[np.ndarray],
        boxes: Sequence[ArrayLike],
        landmarks: Sequence[ArrayLike] | None = None,
    ) -> HeadPoses:
        """Poses of one face per picture, in one batch.

        Args:
            images: n pictures, H×W×3 uint8 BGR (the same picture may come many times).
            boxes: n detector's boxes ``(4,)`` x0, y0, x1, y1, pixels.
            landmarks: n times ``(5, 2)`` in MTCNN's order, or None.
        """
        ...


class LandmarkEstimator:
    """The two-step method: five landmarks, mean face, least squares (:mod:`gazeclass.headpose.twostep`)."""

    name = LANDMARK_METHOD

    def __init__(self, model: FivePointModel = DEFAULT_MODEL) -> None:
        self._model = model

    def estimate(
        self,
        images: Sequence[np.ndarray],
        boxes: Sequence[ArrayLike],
        landmarks: Sequence[ArrayLike] | None = None,
    ) -> HeadPoses:
        """See :class:`HeadPoseEstimator`; pictures and boxes are not looked at.

        Raises:
            InputError: no landmarks were given.
        """
        if landmarks is None:
            raise InputError(
                "the landmark method needs the five landmarks of each face",
                todo="Use a detector that finds landmarks, or a head-pose network.",
            )
        if not len(landmarks):
            return HeadPoses.from_angles(np.zeros((0, 3)), np.zeros((0, 3)))
        points = np.stack([np.asarray(mark, float).reshape(5, 2) for mark in landmarks])
        R, sigma, _ = pose_from_five_points(points, self._model)
        angles = np.full((len(R), 3), np.nan)
        known = np.isfinite(R).all(axis=(1, 2))
        if known.any():
            angles[known] = long_yaw_angles_deg(R[known])
        return HeadPoses(angles, R, sigma)


class NetworkEstimator:
    """A network exported by :mod:`gazeclass.headpose.export`: crops in, angles and their raw spread out.

    The card says how crops are cut and scaled, and holds one factor per angle that makes the spread of the
    class distribution an honest sigma (fitted on rendered people never seen in training).
    """

    def __init__(self, card: models.ModelCard, *, threads: int | None = None, flip: bool = False) -> None:
        self.name = card.name
        self.card = card
        self.flip = flip
        meta = card.meta
        self.rule = crop_rule_of(card)
        self._mean, self._scale = float(meta.get("mean", 127.5)), float(meta.get("scale", 1 / 128))
        self._sigma_factor = np.asarray(meta.get("sigma_factor", [1.0, 1.0, 1.0]), float)
        self._sigma_floor = np.asarray(meta.get("sigma_floor_deg", [0.0, 0.0, 0.0]), float)
        self._session: Any = models.open_session(card, threads=threads)
        inputs, outputs = self._session.get_inputs(), [o.name for o in self._session.get_outputs()]
        if len(inputs) != 1 or outputs[:2] != ["angles_deg", "spread_deg"]:
            raise InputError(
                f"a head-pose model has one input and the outputs angles_deg, spread_deg, not {outputs}",
                where=card.path,
            )
        self._input = inputs[0].name

    def estimate(
        self,
        images: Sequence[np.ndarray],
        boxes: Sequence[ArrayLike],
        landmarks: Sequence[ArrayLike] | None = None,
    ) -> HeadPoses:
        """See :class:`HeadPoseEstimator`."""
        if not len(images):
            return HeadPoses.from_angles(np.zeros((0, 3)), np.zeros((0, 3)))
        return self.estimate_crops(crop_batch(images, boxes, landmarks, self.rule))

    def estimate_crops(self, crops: np.ndarray) -> HeadPoses:
        """Poses of crops ``(n, input_px, input_px, 3)`` uint8 BGR cut by the model's own rule."""
        angles, spread = self._run(crops)
        if self.flip:
            mirrored, spread_m = self._run(crops[:, :, ::-1])
            angles = (angles + mirrored * [-1.0, 1.0, -1.0]) / 2
            spread = (spread + spread_m) / 2
        sigma = np.hypot(spread * self._sigma_factor, self._sigma_floor)
        return HeadPoses.from_angles(angles, sigma)

    def _run(self, crops: np.ndarray) -> tuple[Array, Array]:
        x = np.ascontiguousarray(crops.transpose(0, 3, 1, 2), dtype=np.float32)
        x = (x - np.float32(self._mean)) * np.float32(self._scale)
        angles, spread = self._session.run(["angles_deg", "spread_deg"], {self._input: x})
        return np.asarray(angles, float), np.asarray(spread, float)


def crop_rule_of(card: models.ModelCard) -> CropRule:
    """The crop rule that a head-pose model's card names.

    Raises:
        InputError: the card has none, or one of another form.
    """
    try:
        return CropRule(input_px=int(card.meta["input_px"]), **card.meta["crop"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            "the card of a head-pose model names input_px and a [crop] rule",
            where=card.path.with_suffix(".toml"),
        ) from error


def load_estimator(name: str = "default", *, threads: int | None = None) -> HeadPoseEstimator:
    """A head-pose method by name.

    Args:
        name: "default" (the best network installed united with the five-point regression; one of them alone where the
            other is missing; the landmark method where both are), "landmarks", or a model's name.
        threads: for the network; None takes the setting.

    Raises:
        InputError: no such model, or a damaged one.
    """
    if name == LANDMARK_METHOD:
        return LandmarkEstimator()
    if name == "default":
        return _best_installed(threads)
    return _open(models.find(name), threads)


def _best_installed(threads: int | None) -> HeadPoseEstimator:
    from gazeclass.headpose.points import UnitedEstimator

    installed = {card.name: card for card in models.list_cards() if card.kind == "headpose"}
    network = next((installed[n] for n in DEFAULT_NAMES if n in installed), None)
    points = installed.get(POINTS_NAME)
    if network is None:
        return _open(points, threads) if points is not None else LandmarkEstimator()
    if points is None:
        return _open(network, threads)
    factor = points.meta.get("united_sigma_factor", {}).get(network.name, [1.0, 1.0, 1.0])
    return UnitedEstimator(_open(network, threads), _open(points, threads), factor)


def _open(card: models.ModelCard, threads: int | None) -> HeadPoseEstimator:
    from gazeclass.headpose.points import PointsEstimator

    if card.kind != "headpose":
        raise InputError(f"model '{card.name}' is a {card.kind}, not a head-pose model", where=card.path)
    if card.meta.get("input") == "points":
        return PointsEstimator(card)
    return NetworkEstimator(card, threads=threads)
