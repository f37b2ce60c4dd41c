"""Shipped methods on the sample portraits: mirrored pictures give mirrored angles, moved boxes nearly the same."""

import cv2
import numpy as np
import pytest

from gazeclass.cli.headpose import mtcnn
from gazeclass.geometry.rotation import geodesic_deg
from gazeclass.headpose.estimator import load_estimator
from gazeclass.headpose.meanface import MIRROR_5
from gazeclass.sample import sample_folder

PORTRAITS = sorted((sample_folder() / "enroll").glob("*.png"))


@pytest.fixture(scope="module")
def faces() -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    detect = mtcnn(threads=1)
    images, boxes, marks = [], [], []
    for path in PORTRAITS:
        image = cv2.imread(str(path))
        found = detect(image)
        if found:
            images.append(image)
            boxes.append(np.asarray(found[0][0], float))
            marks.append(np.asarray(found[0][1], float))
    assert len(images) >= 4
    return images, boxes, marks


@pytest.mark.parametrize("name", ["default", "headpose-points", "landmarks"])
def test_mirrored_pictures_give_mirrored_angles(name: str, faces: tuple[list, list, list]) -> None:
    images, boxes, marks = faces
    method = load_estimator(name, threads=1, mirror=True)
    last = [image.shape[1] - 1.0 for image in images]
    there = [np.ascontiguousarray(image[:, ::-1]) for image in images]
    there_boxes = [np.array([w - b[2], b[1], w - b[0], b[3]]) for w, b in zip(last, boxes, strict=True)]
    there_marks = [m[MIRROR_5] * [-1, 1] + [w, 0] for w, m in zip(last, marks, strict=True)]
    straight = method.estimate(images, boxes, marks)
    back = method.estimate(there, there_boxes, there_marks)
    # Half a degree is left to the rounding of the resampled pictures.
    np.testing.assert_allclose(back.angles_deg * [-1, 1, -1], straight.angles_deg, atol=0.5)
    np.testing.assert_allclose(back.sigma_deg, straight.sigma_deg, rtol=0.05)


def test_without_the_mirrored_look_a_network_costs_half_and_is_not_symmetric(faces: tuple[list, list, list]) -> None:
    images, boxes, marks = faces
    one, two = (load_estimator("headpose-sdam-fast", threads=1, mirror=m) for m in (False, True))
    first, second = one.estimate(images, boxes, marks), two.estimate(images, boxes, marks)
    assert np.abs(first.angles_deg - second.angles_deg).max() > 0.01
    assert np.median(geodesic_deg(first.R_crop, second.R_crop)) < 10


def test_the_points_do_not_mind_another_box(faces: tuple[list, list, list]) -> None:
    images, boxes, marks = faces
    method = load_estimator("headpose-points")
    moved = [box + 0.15 * (box[2] - box[0]) for box in boxes]
    np.testing.assert_array_equal(
        method.estimate(images, moved, marks).angles_deg, method.estimate(images, boxes, marks).angles_deg
    )
