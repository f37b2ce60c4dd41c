"""A face and its mirror image: the same head, told with yaw and roll negated.

A network errs a little otherwise on the mirror image of a face, so the mean of both answers is nearer the truth than
either. Where a head is looked at again and again the mean costs nothing: every other look sees the mirror image.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike

from gazeclass.geometry.rotation import Array, wrap_deg
from gazeclass.headpose.meanface import MIRROR_5
from gazeclass.headpose.poses import HeadPoseEstimator, HeadPoses

#: What a mirror does to yaw, pitch, roll.
ANGLE_SIGNS: Array = np.array([-1.0, 1.0, -1.0])
_D = np.diag([-1.0, 1.0, 1.0])
#: How far round a box's centre a mirrored face is cut out, in longer sides of the box: more than any crop takes.
_REACH = 1.0
#: Two looks further apart in time, or in any angle, are not of the same pose.
_SAME_LOOK_S, _TURNED_DEG = 1.0, 6.0


def mirrored(R: ArrayLike) -> Array:
    """Rotations ``(..., 3, 3)`` as a mirror left to right shows them: D·R·D with D = diag(−1, 1, 1)."""
    return np.asarray(_D @ np.asarray(R, float) @ _D)


def mirror_mean(answers: tuple[Array, Array], to_mirrored: tuple[Array, Array]) -> tuple[Array, Array]:
    """Mean of the angles ``(n, 3)`` and spreads ``(n, 3)`` that were told of faces and of their mirror images."""
    return (answers[0] + to_mirrored[0] * ANGLE_SIGNS) / 2, (answers[1] + to_mirrored[1]) / 2


def mirrored_face(image: np.ndarray, box_px: ArrayLike, landmarks_px: ArrayLike) -> tuple[np.ndarray, Array, Array]:
    """One face and what is round it, mirrored left to right.

    Args:
        image: H×W×3 uint8, far larger than the face or not.
        box_px: ``(4,)`` x0, y0, x1, y1.
        landmarks_px: ``(5, 2)`` in MTCNN's order.

    Returns:
        The mirrored cutting, and box and landmarks in it, left and right exchanged. A crop round the box shows the
        mirror image of what it shows in the picture, the repeated edge included.
    """
    box, marks = np.asarray(box_px, float).reshape(4), np.asarray(landmarks_px, float).reshape(5, 2)
    height, width = image.shape[:2]
    centre, reach = (box[:2] + box[2:]) / 2, _REACH * float((box[2:] - box[:2]).max())
    # Of a box beside the picture a line of pixels is left, which a crop repeats as it would have the picture's edge.
    low = np.clip(np.floor(centre - reach), 0, [width - 1, height - 1]).astype(int)
    high = np.clip(np.ceil(centre + reach).astype(int) + 1, low + 1, [width, height])
    last = float(high[0] - low[0] - 1)  # pixel centres are whole numbers
    box, marks = box - np.tile(low, 2), (marks - low)[MIRROR_5]
    marks[:, 0] = last - marks[:, 0]
    cutting = np.asarray(cv2.flip(image[low[1] : high[1], low[0] : high[0]], 1))
    return cutting, np.array([last - box[2], box[1], last - box[0], box[3]]), marks


def estimate_as_shown(
    method: HeadPoseEstimator,
    images: Sequence[np.ndarray],
    boxes: Sequence[ArrayLike],
    landmarks: Sequence[ArrayLike],
    in_mirror: Sequence[bool],
) -> HeadPoses:
    """Poses of n faces, of which the method is shown some mirrored; the answers are for the faces as they are.

    Args:
        method: any.
        images, boxes, landmarks: see :class:`HeadPoseEstimator`.
        in_mirror: n times whether it is shown the mirror image.
    """
    shown = [
        mirrored_face(image, box, marks) if turn else (image, box, marks)
        for image, box, marks, turn in zip(images, boxes, landmarks, in_mirror, strict=True)
    ]
    poses = method.estimate([s[0] for s in shown], [s[1] for s in shown], [s[2] for s in shown])
    turned = np.asarray(in_mirror, bool)
    angles = np.where(turned[:, None], poses.angles_deg * ANGLE_SIGNS, poses.angles_deg)
    return HeadPoses.from_angles(angles, poses.sigma_deg)


@dataclass(frozen=True, eq=False)
class _Look:
    """What was last told of one face in one camera."""

    t_s: float
    in_mirror: bool
    angles_deg: Array


class MirrorTurns:
    """Every face is looked at as it is and mirrored in turn, and what is told is the mean of its last two looks.

    One camera begins with the face as it is, the other with its mirror image. A head that has turned since its last
    look, or was not looked at for a while, is told by the new one alone.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[Hashable, int], _Look] = {}

    def estimate(
        self,
        method: HeadPoseEstimator,
        t_s: float,
        faces: Sequence[tuple[Hashable, int]],
        images: Sequence[np.ndarray],
        boxes: Sequence[ArrayLike],
        landmarks: Sequence[ArrayLike],
    ) -> HeadPoses:
        """Poses of n faces at one moment.

        Args:
            method: any.
            t_s: lesson time.
            faces: whose each is, by student and camera (0 or 1).
            images, boxes, landmarks: see :class:`HeadPoseEstimator`.
        """
        before = [self._last.get(face) for face in faces]
        in_mirror = [
            face[1] == 1 if last is None else not last.in_mirror for face, last in zip(faces, before, strict=True)
        ]
        poses = estimate_as_shown(method, images, boxes, landmarks, in_mirror)
        angles = poses.angles_deg.copy()
        for k, (face, last) in enumerate(zip(faces, before, strict=True)):
            self._last[face] = _Look(t_s, in_mirror[k], poses.angles_deg[k])
            if last is not None and t_s - last.t_s < _SAME_LOOK_S:
                step = wrap_deg(poses.angles_deg[k] - last.angles_deg)
                if (np.abs(step) < _TURNED_DEG).all():
                    angles[k] -= step / 2
        return HeadPoses.from_angles(angles, poses.sigma_deg)
