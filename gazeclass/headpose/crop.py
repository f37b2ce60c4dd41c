"""The one crop rule: the square that a head-pose network sees, in training and in use.

A shift of the crop by 15 % of the box costs up to 12° of yaw in a network that is not used to it, so
training and use share this module and start from the same detector's box.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array


@dataclass(frozen=True)
class CropRule:
    """How a square is laid round a detector's box.

    Attributes:
        input_px: side of the picture given to the network.
        margin: side of the square over the longer side of the box.
        landmark_weight: 0 centres the square on the box, 1 on the five landmarks' steady centre (see
            :func:`square`).
    """

    input_px: int = 64
    margin: float = 1.2
    landmark_weight: float = 0.0


def square(box_px: ArrayLike, rule: CropRule, landmarks_px: ArrayLike | None = None) -> tuple[Array, float]:
    """Centre ``(2,)`` and side, both in pixels, of the square for one face.

    Args:
        box_px: ``(4,)`` x0, y0, x1, y1.
        rule: the rule of the model in use.
        landmarks_px: ``(5, 2)`` of MTCNN; only used where the rule gives them weight and they are finite.

    Raises:
        InputError: the box is empty or not finite.
    """
    box = np.asarray(box_px, float).reshape(4)
    width, height = box[2] - box[0], box[3] - box[1]
    if not (np.isfinite(box).all() and width > 0 and height > 0):
        raise InputError(f"a face box needs x0 < x1 and y0 < y1, not {np.round(box, 1).tolist()}")
    centre = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
    if rule.landmark_weight and landmarks_px is not None:
        points = np.asarray(landmarks_px, float).reshape(5, 2)
        if np.isfinite(points).all():
            # Mid-height between eyes and mouth, without the nose, whose place depends on yaw most.
            middle = (points[:2].mean(axis=0) + points[3:].mean(axis=0)) / 2
            centre = (1 - rule.landmark_weight) * centre + rule.landmark_weight * middle
    return centre, rule.margin * float(max(width, height))


def crop_affine(
    centre_px: ArrayLike, side_px: float, out_px: int, *, rotate_deg: float = 0.0, mirror: bool = False
) -> Array:
    """The affine map ``(2, 3)`` from picture to crop pixels.

    Args:
        centre_px: ``(2,)`` the square's centre in the picture.
        side_px: its side in the picture.
        out_px: its side in the crop.
        rotate_deg: turns the crop's content clockwise as seen on the screen (x right, y down).
        mirror: swaps the crop's left and right, after turning.
    """
    c, s = np.cos(np.radians(rotate_deg)), np.sin(np.radians(rotate_deg))
    A = np.array([[c, -s], [s, c]]) * (out_px / side_px)
    if mirror:
        A[0] = -A[0]
    # Pixel centres are whole numbers: the crop's middle is at (out - 1) / 2.
    t = (out_px - 1) / 2 - A @ np.asarray(centre_px, float)
    return np.column_stack([A, t])


def warp(image: np.ndarray, affine: Array, out_px: int) -> np.ndarray:
    """Resample ``image`` with ``affine``; averages over source pixels where it shrinks, repeats the edge
    outside."""
    scale = float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))
    if scale < 0.5:
        # Bilinear sampling skips source pixels here. Crop at whole multiples first, then let INTER_AREA
        # average.
        factor = int(np.ceil(1.0 / scale / 1.5))
        big = affine.copy() * factor
        big[:, 2] += (factor - 1) / 2
        fine = _warp(image, big, out_px * factor)
        return np.asarray(cv2.resize(fine, (out_px, out_px), interpolation=cv2.INTER_AREA))
    return _warp(image, affine, out_px)


def _warp(image: np.ndarray, affine: Array, out_px: int) -> np.ndarray:
    return np.asarray(
        cv2.warpAffine(image, affine, (out_px, out_px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    )


def crop_square(
    image: np.ndarray,
    box_px: ArrayLike,
    rule: CropRule | None = None,
    landmarks_px: ArrayLike | None = None,
) -> np.ndarray:
    """Cut one face out of a picture by the rule.

    Args:
        image: H×W×3 uint8 BGR.
        box_px: ``(4,)`` x0, y0, x1, y1; may reach past the picture.
        rule: the rule of the model in use; None for the default.
        landmarks_px: ``(5, 2)`` or None.

    Returns:
        ``(input_px, input_px, 3)`` uint8.

    Raises:
        InputError: not a colour picture, or an empty box.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        raise InputError(f"a picture is H×W×3 uint8, not {image.shape} {image.dtype}")
    rule = rule or CropRule()
    centre, side = square(box_px, rule, landmarks_px)
    return warp(image, crop_affine(centre, side, rule.input_px), rule.input_px)


def crop_batch(
    images: Sequence[np.ndarray],
    boxes_px: Sequence[ArrayLike],
    landmarks_px: Sequence[ArrayLike | None] | None,
    rule: CropRule,
) -> np.ndarray:
    """Crops ``(n, input_px, input_px, 3)`` uint8 of one face per picture (the same picture may come many
    times)."""
    if len(images) != len(boxes_px) or (landmarks_px is not None and len(landmarks_px) != len(images)):
        raise InputError(
            f"{len(images)} pictures, {len(boxes_px)} boxes and "
            f"{'no' if landmarks_px is None else len(landmarks_px)} landmark sets do not belong together"
        )
    marks = landmarks_px if landmarks_px is not None else [None] * len(images)
    crops = [crop_square(image, box, rule, mark) for image, box, mark in zip(images, boxes_px, marks, strict=True)]
    return np.stack(crops) if crops else np.zeros((0, rule.input_px, rule.input_px, 3), np.uint8)
