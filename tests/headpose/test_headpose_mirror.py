"""Mirrored faces: cut exactly, answered exactly, looked at in turn; and shipped methods on the sample portraits."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from gazeclass.cli.headpose import mtcnn
from gazeclass.geometry.rotation import geodesic_deg, wrap_deg
from gazeclass.headpose.crop import CropRule, crop_square
from gazeclass.headpose.estimator import load_estimator
from gazeclass.headpose.mirror import ANGLE_SIGNS, MirrorTurns, estimate_as_shown, mirrored, mirrored_face
from gazeclass.headpose.poses import HeadPoses
from gazeclass.lesson.assembly import headpose_in_turn
from gazeclass.sample import sample_folder

PORTRAITS = sorted((sample_folder() / "enroll").glob("*.png"))
PICTURE = cv2.GaussianBlur(np.random.default_rng(5).integers(0, 255, (120, 160, 3), np.uint8), (0, 0), 1.5)
RULE = CropRule(input_px=32, margin=1.6)


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
    method = load_estimator(name, threads=1, mirror=True)
    straight = method.estimate(*faces)
    back = method.estimate(*zip(*map(mirrored_face, *faces), strict=True))
    # Half a degree is left to the rounding of the resampled pictures.
    np.testing.assert_allclose(back.angles_deg * ANGLE_SIGNS, straight.angles_deg, atol=0.5)
    np.testing.assert_allclose(back.sigma_deg, straight.sigma_deg, rtol=0.05)


@given(st.floats(-30, 170), st.floats(-30, 130), st.floats(8, 70), st.floats(0.6, 1.6))
def test_a_crop_of_the_mirrored_face_is_the_mirrored_crop(x: float, y: float, width: float, ratio: float) -> None:
    """Also beside the picture's edge, which a crop repeats."""
    box = np.array([x - width / 2, y - ratio * width / 2, x + width / 2, y + ratio * width / 2])
    marks = np.column_stack([np.linspace(x - 5, x + 5, 5), np.full(5, y)])
    cutting, there, there_marks = mirrored_face(PICTURE, box, marks)
    # OpenCV's warp knows 32 places between two pixels.
    expected, shown = crop_square(PICTURE, box, RULE)[:, ::-1], crop_square(cutting, there, RULE)
    assert np.abs(expected.astype(int) - shown).max() <= 12
    assert np.abs(expected.astype(int) - shown).mean() < 2
    np.testing.assert_allclose((there[:2] + there[2:]) / 2 - there_marks[2], 0, atol=1e-9)
    assert there_marks[0, 0] < there_marks[1, 0]


def test_of_a_large_picture_only_what_is_round_the_face_is_copied() -> None:
    picture = np.zeros((1080, 1920, 3), np.uint8)
    cutting, _, _ = mirrored_face(picture, [900, 500, 940, 550], np.full((5, 2), 920.0))
    assert max(cutting.shape) <= 2 * 50 + 3


class Lopsided:
    """Tells of each picture how bright its left is, as yaw, and the whole, as pitch: 5° too far right."""

    name = "lopsided"

    def estimate(
        self, images: Sequence[np.ndarray], boxes: Sequence[ArrayLike], landmarks: Sequence[ArrayLike] | None = None
    ) -> HeadPoses:
        angles = []
        for image, box in zip(images, boxes, strict=True):
            crop = crop_square(image, box, RULE).astype(float)
            half = RULE.input_px // 2
            angles.append([crop[:, :half].mean() - crop[:, half:].mean() + 5.0, crop.mean() / 4 - 30, 0.0])
        return HeadPoses.from_angles(np.array(angles).reshape(-1, 3), np.ones((len(images), 3)))


def test_answers_are_for_the_faces_as_they_are() -> None:
    boxes = [np.array([20.0, 30, 70, 80]), np.array([90.0, 20, 150, 90])]
    marks = [np.full((5, 2), 50.0)] * 2
    method = Lopsided()
    straight = method.estimate([PICTURE] * 2, boxes, marks)
    for in_mirror in ([False, False], [True, False], [False, True], [True, True]):
        poses = estimate_as_shown(method, [PICTURE] * 2, boxes, marks, in_mirror)
        for k, turned in enumerate(in_mirror):
            expected = straight.angles_deg[k] - ([10.0, 0, 0] if turned else [0.0, 0, 0])
            np.testing.assert_allclose(poses.angles_deg[k], expected, atol=0.2)
        np.testing.assert_allclose(
            poses.R_crop, HeadPoses.from_angles(poses.angles_deg, poses.sigma_deg).R_crop, atol=1e-9
        )
    assert len(estimate_as_shown(method, [], [], [], [])) == 0


def test_what_a_method_cannot_tell_stays_unknown() -> None:
    class Silent(Lopsided):
        def estimate(self, images: Sequence, boxes: Sequence, landmarks: Sequence | None = None) -> HeadPoses:
            return HeadPoses.from_angles(np.full((len(images), 3), np.nan), np.full((len(images), 3), np.nan))

    poses = estimate_as_shown(Silent(), [PICTURE], [np.array([20.0, 30, 70, 80])], [np.zeros((5, 2))], [True])
    assert np.isnan(poses.angles_deg).all()
    assert np.isnan(poses.R_crop).all()


def test_mirrored_rotation_is_its_own_inverse() -> None:
    R = HeadPoses.from_angles([[30.0, -10, 5]], [[1.0, 1, 1]]).R_crop
    np.testing.assert_allclose(HeadPoses.from_rotations(mirrored(R), [[1.0, 1, 1]]).angles_deg, [[-30, -10, -5]])
    np.testing.assert_allclose(mirrored(mirrored(R)), R)


class Told:
    """Says what it is told to of every face, and 2° more to the right of the picture; keeps what it was shown."""

    name = "told"

    def __init__(self) -> None:
        self.yaw_deg = 0.0
        self.in_mirror: list[bool] = []

    def estimate(
        self, images: Sequence[np.ndarray], boxes: Sequence[ArrayLike], landmarks: Sequence[ArrayLike] | None = None
    ) -> HeadPoses:
        now = [bool(np.mean(image[:, : image.shape[1] // 2]) < np.mean(image)) for image in images]
        self.in_mirror += now
        yaw = np.where(now, -self.yaw_deg, self.yaw_deg) + 2.0
        return HeadPoses.from_angles(np.column_stack([yaw, 0 * yaw, 0 * yaw]), np.ones((len(yaw), 3)))


LEFT_IS_BRIGHT = np.zeros((80, 80, 3), np.uint8)
LEFT_IS_BRIGHT[:, :40] = 200


def look(turns: MirrorTurns, told: Told, t_s: float, *faces: tuple[str, int]) -> list[float]:
    n = len(faces)
    boxes, marks = [np.array([20.0, 20, 60, 60])] * n, [np.full((5, 2), 40.0)] * n
    return turns.estimate(told, t_s, faces, [LEFT_IS_BRIGHT] * n, boxes, marks).angles_deg[:, 0].tolist()


def test_every_face_is_shown_mirrored_every_other_time_and_never_by_both_cameras_at_once() -> None:
    turns, told = MirrorTurns(), Told()
    ann, bob = [("ann", 0), ("ann", 1)], [("bob", 0), ("bob", 1)]
    look(turns, told, 0.0, *ann)
    look(turns, told, 0.1, *bob, *ann)
    look(turns, told, 0.2, *ann)
    look(turns, told, 0.3, bob[1])
    look(turns, told, 0.4, bob[1], bob[0])
    assert told.in_mirror == [False, True, False, True, True, False, False, True, False, True, True]
    assert look(turns, told, 0.5) == []


def test_a_steady_head_is_told_by_the_mean_of_both_looks() -> None:
    turns, told = MirrorTurns(), Told()
    told.yaw_deg = 20.0
    first, *others = (look(turns, told, 0.2 * k, ("ann", 0))[0] for k in range(6))
    assert first == 22.0
    np.testing.assert_allclose(others, 20.0)


def test_a_head_that_turned_or_was_away_is_told_by_the_new_look_alone() -> None:
    turns, told = MirrorTurns(), Told()
    look(turns, told, 0.0, ("ann", 0))
    told.yaw_deg = 30.0
    np.testing.assert_allclose(look(turns, told, 0.2, ("ann", 0)), 28.0)  # mirrored
    np.testing.assert_allclose(look(turns, told, 0.4, ("ann", 0)), 30.0)
    np.testing.assert_allclose(look(turns, told, 3.0, ("ann", 0)), 28.0)


def test_the_mean_goes_the_short_way_round() -> None:
    turns, told = MirrorTurns(), Told()
    told.yaw_deg = 179.0
    look(turns, told, 0.0, ("ann", 0))
    assert wrap_deg(look(turns, told, 0.2, ("ann", 0))[0] - 179.0) == pytest.approx(0, abs=1e-9)


def test_without_the_mirrored_look_a_network_costs_half_and_is_not_symmetric(faces: tuple[list, list, list]) -> None:
    images, boxes, marks = faces
    one, two = (load_estimator("headpose-sdam-fast", threads=1, mirror=m) for m in (False, True))
    first, second = one.estimate(images, boxes, marks), two.estimate(images, boxes, marks)
    assert np.abs(first.angles_deg - second.angles_deg).max() > 0.01
    assert np.median(geodesic_deg(first.R_crop, second.R_crop)) < 10


def test_the_mean_of_both_turns_is_what_looking_twice_says(faces: tuple[list, list, list]) -> None:
    one, two = (load_estimator("headpose-sdam-fast", threads=1, mirror=m) for m in (False, True))
    n = len(faces[0])
    turns = [estimate_as_shown(one, *faces, [turn] * n).angles_deg for turn in (False, True)]
    np.testing.assert_allclose(np.mean(turns, axis=0), two.estimate(*faces).angles_deg, atol=0.5)


def test_the_shipped_network_looks_at_single_pictures_twice_and_once_each_time_in_a_lesson() -> None:
    assert load_estimator("headpose-sdam-fast", threads=1).name == "headpose-sdam-fast (mirrored face too)"
    assert headpose_in_turn("headpose-sdam-fast", threads=1).name == "headpose-sdam-fast"
    told = Told()
    assert headpose_in_turn(told) is told


def test_the_points_do_not_mind_another_box(faces: tuple[list, list, list]) -> None:
    images, boxes, marks = faces
    method = load_estimator("headpose-points")
    moved = [box + 0.15 * (box[2] - box[0]) for box in boxes]
    np.testing.assert_array_equal(
        method.estimate(images, moved, marks).angles_deg, method.estimate(images, boxes, marks).angles_deg
    )
