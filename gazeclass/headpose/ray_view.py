"""Faces as a camera would see them that looks straight at each: beyond R_ray, which only turns the answer.

A plane picture stretches what lies off its axis, by 1.2 at 35°, and more at the outer cheek than at the inner one: that
looks like a turn of the head. The view of a camera at the same place, turned to the face, is a plane map of the same
pixels; a head-pose method sees there what it was trained on.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike

from gazeclass.geometry.camera import CameraModel, ray_rotation
from gazeclass.geometry.rotation import Array

#: Nearer the axis a face is left as it is: the stretch is below 1 %.
LEAST_DEG = 6.0
#: Side of a view over the longer side of the box: more than any crop takes.
_REACH = 1.6
#: Views of small faces are drawn larger, or they would be blurred by being resampled twice.
_CLEAR_PX = 72.0
#: Places of the view that its plane map is fitted on, in half sides of the box.
_GRID = np.stack(np.meshgrid([-1.1, 0.0, 1.1], [-1.1, 0.0, 1.1]), axis=-1).reshape(-1, 2)


def along_rays(
    images: Sequence[np.ndarray],
    boxes_px: Sequence[ArrayLike],
    landmarks_px: Sequence[ArrayLike],
    cameras: Sequence[CameraModel],
) -> tuple[list[np.ndarray], list[Array], list[Array]]:
    """Pictures, boxes and landmarks of n faces, each seen along the ray through its box's centre.

    The poses that come of them are still against that ray: ``R_CS = R_ray · R_crop``.

    Args:
        images: H×W×3 uint8, one for each face.
        boxes_px: ``(4,)`` each.
        landmarks_px: ``(5, 2)`` each.
        cameras: that took each picture.
    """
    views = list(images)
    boxes = [np.asarray(box, float) for box in boxes_px]
    marks = [np.asarray(points, float) for points in landmarks_px]
    for camera in {id(c): c for c in cameras}.values():
        rows = [k for k, c in enumerate(cameras) if c is camera]
        shown = _Views(camera, np.stack([boxes[k] for k in rows]), np.stack([marks[k] for k in rows]))
        for k, row in enumerate(rows):
            if shown.needed[k]:
                views[row], boxes[row], marks[row] = shown.view(k, images[row])
    return views, boxes, marks


class _Views:
    """The views of n faces in one camera's picture; the lens is asked once for all of them.

    Attributes:
        needed: ``(n,)`` whether a face is far enough from the axis, and its box sound.
    """

    def __init__(self, camera: CameraModel, boxes: Array, points: Array) -> None:
        centre, size = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
        steps = np.array([[0.0, 0], [-0.5, 0], [0.5, 0], [0, -0.5], [0, 0.5]])
        with np.errstate(invalid="ignore", divide="ignore"):
            rays = camera.rays(np.concatenate([centre[:, None] + size[:, None] * steps, points], axis=1))
            aside = rays[:, 0, 2] < np.cos(np.radians(LEAST_DEG))
            self.needed = aside & np.isfinite(rays[:, :5]).all(axis=(1, 2)) & (size > 0).all(axis=1)
            R = ray_rotation(np.where(self.needed[:, None], rays[:, 0], [0.0, 0.0, 1.0]))
            turned = rays @ R
            plane = turned[..., :2] / turned[..., 2:]
            size_n = np.stack([plane[:, 2, 0] - plane[:, 1, 0], plane[:, 4, 1] - plane[:, 3, 1]], axis=1)
            # A box wider than any face: nothing that a plane can show.
            self.needed &= (turned[:, :5, 2] > 0.2).all(axis=1) & (size_n > 0).all(axis=1)
            gain = np.clip(_CLEAR_PX / size.max(axis=1), 1.0, 1.5)
            self._focal = gain * np.sqrt(size.prod(axis=1) / size_n.prod(axis=1))
            self._half = self._focal[:, None] * size_n / 2
            reach = self._half.max(axis=1)
            sight = np.ones((len(boxes), len(_GRID), 3))
            sight[..., :2] = (reach / self._focal)[:, None, None] * _GRID
            self._there = camera.project(np.where(self.needed[:, None, None], sight @ np.swapaxes(R, 1, 2), 1.0))
        self.needed &= np.isfinite(self._there).all(axis=(1, 2))
        self._points = self._focal[:, None, None] * plane[:, 5:]

    def view(self, k: int, image: np.ndarray) -> tuple[np.ndarray, Array, Array]:
        """Picture, box and points of one face."""
        reach = float(self._half[k].max())
        side = int(np.ceil(_REACH * 2 * reach)) | 1
        middle = (side - 1) / 2
        # Within one face the lens's distortion is a plane map too, to a small part of a pixel.
        onto, _ = cv2.findHomography(middle + reach * _GRID, self._there[k])
        view = cv2.warpPerspective(
            image, onto, (side, side), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
        )
        box = np.concatenate([middle - self._half[k], middle + self._half[k]])
        return np.asarray(view), box, self._points[k] + middle
