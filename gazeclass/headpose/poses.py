"""Head poses of several faces, and what a head-pose method is: one small interface.

Angles are relative to the viewing ray through the crop's centre (method §2): ``R_CS = R_ray · R_crop`` is the caller's.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array, long_yaw_angles_deg, rotation_from_angles_deg


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

    def __getitem__(self, rows: np.ndarray | slice) -> "HeadPoses":
        """Some of the faces."""
        return HeadPoses(self.angles_deg[rows], self.R_crop[rows], self.sigma_deg[rows])

    @staticmethod
    def joined(parts: "Sequence[HeadPoses]") -> "HeadPoses":
        """Several batches, at least one, as one."""
        return HeadPoses(
            np.concatenate([p.angles_deg for p in parts]),
            np.concatenate([p.R_crop for p in parts]),
            np.concatenate([p.sigma_deg for p in parts]),
        )

    @staticmethod
    def none() -> "HeadPoses":
        """Of no face at all."""
        return HeadPoses.from_angles(np.zeros((0, 3)), np.zeros((0, 3)))

    @staticmethod
    def from_angles(angles_deg: ArrayLike, sigma_deg: ArrayLike) -> "HeadPoses":
        """Poses from ``(n, 3)`` angles and sigmas."""
        angles = np.asarray(angles_deg, float).reshape(-1, 3)
        R = np.full((len(angles), 3, 3), np.nan)
        known = np.isfinite(angles).all(axis=1)
        if known.any():
            R[known] = rotation_from_angles_deg(*angles[known].T)
        return HeadPoses(angles, R, np.asarray(sigma_deg, float).reshape(-1, 3))

    @staticmethod
    def from_rotations(R_crop: Array, sigma_deg: ArrayLike) -> "HeadPoses":
        """Poses from ``(n, 3, 3)`` rotations, NaN where unknown, and ``(n, 3)`` sigmas."""
        angles = np.full((len(R_crop), 3), np.nan)
        known = np.isfinite(R_crop).all(axis=(1, 2))
        if known.any():
            angles[known] = long_yaw_angles_deg(R_crop[known])
        return HeadPoses(angles, R_crop, np.asarray(sigma_deg, float).reshape(-1, 3))


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
            landmarks: n times ``(5, 2)`` in MTCNN's order, as the detector saw them (no nose corrected), or None.
        """
        ...


class FaceEstimator(ABC):
    """The common half of our methods: no face, no landmarks, and the order of arrays."""

    name: str
    needs_landmarks: ClassVar[bool] = False

    def estimate(
        self,
        images: Sequence[np.ndarray],
        boxes: Sequence[ArrayLike],
        landmarks: Sequence[ArrayLike] | None = None,
    ) -> HeadPoses:
        """See :class:`HeadPoseEstimator`.

        Raises:
            InputError: the method lives by the landmarks and none were given.
        """
        if landmarks is None and self.needs_landmarks:
            raise InputError(
                f"the method '{self.name}' needs the five landmarks of each face",
                todo="Use a detector that finds landmarks, or a head-pose network.",
            )
        if not len(images):
            return HeadPoses.none()
        marks = None if landmarks is None else np.stack([np.asarray(m, float).reshape(5, 2) for m in landmarks])
        return self._poses(images, boxes, marks)

    @abstractmethod
    def _poses(self, images: Sequence[np.ndarray], boxes: Sequence[ArrayLike], landmarks: Array | None) -> HeadPoses:
        """Poses of at least one face; ``landmarks (n, 5, 2)`` are there if the method needs them."""


def estimate_in_batches(
    method: HeadPoseEstimator,
    images: Sequence[np.ndarray],
    boxes: Sequence[ArrayLike],
    landmarks: Sequence[ArrayLike] | None = None,
    *,
    batch: int = 30,
) -> HeadPoses:
    """Many faces, thirty at a time: hundreds at once take gigabytes in the attention."""
    parts = [
        method.estimate(
            images[k : k + batch], boxes[k : k + batch], None if landmarks is None else landmarks[k : k + batch]
        )
        for k in range(0, len(images), batch)
    ]
    return HeadPoses.joined(parts) if parts else HeadPoses.none()
