"""Head-pose methods by name: the landmark method, our networks, the five points, their union. No torch."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gazeclass import models
from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array
from gazeclass.headpose.crop import CropRule, crop_batch
from gazeclass.headpose.mirror import mirror_mean
from gazeclass.headpose.poses import FaceEstimator, HeadPoseEstimator, HeadPoses
from gazeclass.headpose.twostep import DETECTOR_MODEL, FivePointModel, pose_from_five_points

__all__ = [
    "FACEMESH", "LANDMARK_METHOD", "HeadPoseEstimator", "HeadPoses", "LandmarkEstimator", "NetworkEstimator",
    "load_estimator",
]  # fmt: skip

#: The method that needs no model file.
LANDMARK_METHOD = "landmarks"
#: The 468 landmarks of MediaPipe, where a package that carries them is installed.
FACEMESH = "facemesh"
#: What ``load_estimator()`` looks for, best first; the landmark method stands in where none is installed.
POINTS_NAME = "headpose-points"
DEFAULT_NAMES = ("headpose-sdam-resnet50", "headpose-sdam-fast")


class LandmarkEstimator(FaceEstimator):
    """The two-step method: five landmarks, mean face, least squares (:mod:`gazeclass.headpose.twostep`).

    Pictures and boxes are not looked at.

    Args:
        model: where the detector's points lie on a mean head.
    """

    name = LANDMARK_METHOD
    needs_landmarks = True
    #: Makes 68 % of the errors on rendered people lie within sigma: points err more on turned heads than believed.
    sigma_factor = (1.4, 1.5, 1.45)

    def __init__(self, model: FivePointModel = DETECTOR_MODEL) -> None:
        self._model = model

    def _poses(self, images: Sequence[np.ndarray], boxes: Sequence[ArrayLike], landmarks: Array | None) -> HeadPoses:
        assert landmarks is not None
        R, sigma, _ = pose_from_five_points(landmarks, self._model)
        return HeadPoses.from_rotations(R, sigma * self.sigma_factor)


class NetworkEstimator(FaceEstimator):
    """A network exported by :mod:`gazeclass.headpose.export`: crops in, angles and their raw spread out.

    The card says how crops are cut and scaled, and holds one factor per angle that makes the spread of the
    class distribution an honest sigma (fitted on rendered people never seen in training).

    Args:
        card: of the model.
        threads: of ONNX Runtime; None takes the setting.
        mirror: look at the mirrored crop too and take the mean: twice the time, and answers mirror exactly with the
            picture; None does what the card says.
    """

    def __init__(self, card: models.ModelCard, *, threads: int | None = None, mirror: bool | None = None) -> None:
        meta = card.meta
        self.card = card
        self.mirror = bool(meta.get("mirror", False)) if mirror is None else mirror
        self.name = f"{card.name} (mirrored face too)" if self.mirror else card.name
        self.rule = crop_rule_of(card)
        self._mean, self._scale = float(meta.get("mean", 127.5)), float(meta.get("scale", 1 / 128))
        factor = meta.get("sigma_factor", [1.0, 1.0, 1.0])
        self._sigma_factor = np.asarray(meta.get("sigma_factor_mirrored", factor) if self.mirror else factor, float)
        self._sigma_floor = np.asarray(meta.get("sigma_floor_deg", [0.0, 0.0, 0.0]), float)
        self._session: Any = models.open_session(card, threads=threads)
        inputs, outputs = self._session.get_inputs(), [o.name for o in self._session.get_outputs()]
        if len(inputs) != 1 or outputs[:2] != ["angles_deg", "spread_deg"]:
            raise InputError(
                f"a head-pose model has one input and the outputs angles_deg, spread_deg, not {outputs}",
                where=card.path,
            )
        self._input = inputs[0].name

    def _poses(self, images: Sequence[np.ndarray], boxes: Sequence[ArrayLike], landmarks: Array | None) -> HeadPoses:
        marks = None if landmarks is None else list(landmarks)
        return self.estimate_crops(crop_batch(images, boxes, marks, self.rule))

    def estimate_crops(self, crops: np.ndarray) -> HeadPoses:
        """Poses of crops ``(n, input_px, input_px, 3)`` uint8 BGR cut by the model's own rule."""
        angles, spread = self._run(crops)
        if self.mirror:
            angles, spread = mirror_mean((angles, spread), self._run(crops[:, :, ::-1]))
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


def load_estimator(
    name: str = "default", *, threads: int | None = None, mirror: bool | None = None
) -> HeadPoseEstimator:
    """A head-pose method by name.

    Args:
        name: "default" (the best network installed, united with the five-point regression where that came nearer on
            rendered people never seen; one of them alone where the other is missing; the landmark method where both
            are), "landmarks", "facemesh" where it is installed, or a model's name.
        threads: for the network; None takes the setting.
        mirror: whether a network also looks at the mirrored face; None does what its card says.

    Raises:
        InputError: no such model, or a damaged one.
    """
    if name == LANDMARK_METHOD:
        return LandmarkEstimator()
    if name == "default":
        return _best_installed(threads, mirror)
    if name == FACEMESH:
        from gazeclass.headpose.facemesh import FaceMeshEstimator

        return FaceMeshEstimator(threads=threads)
    return _open(models.find(name), threads, mirror)


def _best_installed(threads: int | None, mirror: bool | None) -> HeadPoseEstimator:
    from gazeclass.headpose.points import UnitedEstimator

    installed = {card.name: card for card in models.list_cards() if card.kind == "headpose"}
    network = next((installed[n] for n in DEFAULT_NAMES if n in installed), None)
    points = installed.get(POINTS_NAME)
    if network is None:
        return _open(points, threads, mirror) if points is not None else LandmarkEstimator()
    if points is None or not _union_helps(points, network.name):
        return _open(network, threads, mirror)
    factor = points.meta.get("united_sigma_factor", {}).get(network.name, [1.0, 1.0, 1.0])
    correlation = points.meta.get("united_correlation", {}).get(network.name, [0.0, 0.0, 0.0])
    return UnitedEstimator(_open(network, threads, mirror), _open(points, threads, mirror), factor, correlation)


def _union_helps(points: models.ModelCard, network: str) -> bool:
    """Whether the points' card says so of this network (`gazeclass headpose unite`); where it says nothing, yes."""
    told = points.meta.get("figures", {}).get("united", {}).get(network, {})
    return bool(told.get("geodesic_deg", 0.0) <= told.get("alone_geodesic_deg", 360.0))


def _open(card: models.ModelCard, threads: int | None, mirror: bool | None) -> HeadPoseEstimator:
    from gazeclass.headpose.points import PointsEstimator

    if card.kind != "headpose":
        raise InputError(f"model '{card.name}' is a {card.kind}, not a head-pose model", where=card.path)
    if card.meta.get("input") == "points":
        return PointsEstimator(card)
    return NetworkEstimator(card, threads=threads, mirror=mirror)
