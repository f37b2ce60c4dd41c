"""The cascade on rendered portraits, and on what is no face."""

import cv2
import numpy as np
import pytest

from gazeclass.errors import InputError
from gazeclass.faces.boxes import overlap
from gazeclass.faces.mtcnn import MtcnnDetector
from gazeclass.faces.types import Face


def test_a_portrait_has_one_face_with_its_parts_in_order(detector: MtcnnDetector, portrait: np.ndarray) -> None:
    (face,) = detector.detect(portrait, camera=1)
    left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks_px
    assert face.camera == 1
    assert face.score > 0.95
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < nose[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])
    x0, y0, x1, y1 = face.box_px
    assert 60 < x1 - x0 < 200
    assert (face.landmarks_px > [x0, y0]).all()
    assert (face.landmarks_px < [x1, y1]).all()


def test_it_is_found_wherever_it_is_pasted(detector: MtcnnDetector, portrait: np.ndarray) -> None:
    reference = detector.detect(portrait)[0]
    scene = np.full((500, 800, 3), 150, np.uint8)
    scene[200:456, 400:656] = portrait
    faces = detector.detect(scene)
    assert len(faces) == 1
    np.testing.assert_allclose(faces[0].nose_px, reference.nose_px + [400, 200], atol=6)
    inside = detector.detect(scene, region=np.array([380.0, 150, 720, 500]))
    np.testing.assert_allclose(inside[0].nose_px, reference.nose_px + [400, 200], atol=6)
    assert detector.detect(scene, region=np.array([0.0, 0, 300, 500])) == []
    assert detector.detect(scene, region=np.array([900.0, 0, 1300, 500])) == []


def test_the_mirror_image_has_the_mirrored_face(detector: MtcnnDetector, portrait: np.ndarray) -> None:
    face = detector.detect(portrait)[0]
    box = face.box_px
    straight = detector.refine(portrait, box[None])[0]
    mirrored_box = np.array([255 - box[2], box[1], 255 - box[0], box[3]])
    mirrored = detector.refine(np.ascontiguousarray(portrait[:, ::-1]), mirrored_box[None])[0]
    assert straight is not None
    assert mirrored is not None
    expected = straight.landmarks_px[[1, 0, 2, 4, 3]] * [-1, 1] + [255, 0]
    np.testing.assert_allclose(mirrored.landmarks_px, expected, atol=0.1)
    expected = straight.found_landmarks_px[[1, 0, 2, 4, 3]] * [-1, 1] + [255, 0]
    np.testing.assert_allclose(mirrored.found_landmarks_px, expected, atol=0.1)


def test_head_pose_sees_the_nose_as_onet_does(detector: MtcnnDetector, portrait: np.ndarray) -> None:
    for face in (detector.detect(portrait)[0], detector.refine(portrait, detector.detect(portrait)[0].box_px[None])[0]):
        assert face is not None
        assert face.found_nose_px is not None
        np.testing.assert_array_equal(face.found_landmarks_px[2], face.found_nose_px)
        kept = [0, 1, 3, 4]
        np.testing.assert_array_equal(face.found_landmarks_px[kept], face.landmarks_px[kept])
        moved = np.linalg.norm(face.found_nose_px - face.nose_px) / face.size_px
        assert 0 < moved < 0.1  # the correction of a portrait is small, but it is one
        np.testing.assert_array_equal(face.landmarks_px[2], face.nose_px)
    plain = Face(0, np.zeros(4), np.ones((5, 2)), 1.0)
    np.testing.assert_array_equal(plain.found_landmarks_px, plain.landmarks_px)


def test_refine_holds_a_face_from_a_box_that_is_off(detector: MtcnnDetector, portrait: np.ndarray) -> None:
    face = detector.detect(portrait)[0]
    size = face.size_px
    boxes = face.box_px + size * np.array(
        [[0, 0, 0, 0], [0.1, 0, 0.1, 0], [0, -0.1, 0, -0.1], [-0.05, -0.05, 0.05, 0.05]]
    )
    found = detector.refine(portrait, boxes)
    assert all(f is not None and f.score > 0.9 for f in found)
    noses = np.array([f.nose_px for f in found if f is not None])
    assert np.abs(noses - noses.mean(axis=0)).max() < 0.05 * size


def test_refine_refuses_what_is_no_face(detector: MtcnnDetector, portrait: np.ndarray) -> None:
    background = np.array([[0.0, 190, 60, 250], [-80, -80, -20, -20]])
    face = detector.detect(portrait)[0].box_px
    found = detector.refine(portrait, np.vstack([background, face]))
    assert found[:2] == [None, None]
    assert found[2] is not None
    assert overlap(found[2].box_px[None], face[None])[0, 0] > 0.6
    assert detector.refine(portrait, np.empty((0, 4))) == []


@pytest.mark.parametrize("image", [np.zeros((200, 300, 3), np.uint8), np.full((200, 300, 3), 255, np.uint8)])
def test_no_face_in_an_even_picture(detector: MtcnnDetector, image: np.ndarray) -> None:
    assert detector.detect(image) == []


def test_a_picture_smaller_than_a_face_has_none(detector: MtcnnDetector) -> None:
    assert detector.detect(np.zeros((11, 11, 3), np.uint8)) == []
    assert detector.detect(np.zeros((1, 1, 3), np.uint8)) == []


def test_noise_has_no_face(detector: MtcnnDetector) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3)).astype(np.uint8)
    assert detector.detect(noise) == []


def test_grey_and_transparent_pictures_have_the_same_face(detector: MtcnnDetector, portrait: np.ndarray) -> None:
    colour = detector.detect(portrait)[0]
    grey = detector.detect(cv2.cvtColor(portrait, cv2.COLOR_BGR2GRAY))[0]
    alpha = detector.detect(cv2.cvtColor(portrait, cv2.COLOR_BGR2BGRA))[0]
    assert overlap(grey.box_px[None], colour.box_px[None])[0, 0] > 0.8
    np.testing.assert_array_equal(alpha.landmarks_px, colour.landmarks_px)


@pytest.mark.parametrize("bad", [np.zeros((20, 20, 3)), np.zeros((20, 20, 5), np.uint8), "picture.png"])
def test_what_is_no_picture_is_refused(detector: MtcnnDetector, bad: object) -> None:
    with pytest.raises(InputError, match=r"picture|channels"):
        detector.detect(bad)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"picture|channels"):
        detector.refine(bad, np.ones((1, 4)))  # type: ignore[arg-type]
