"""Chips are where they should be, embeddings tell people apart."""

import cv2
import numpy as np
import pytest
from faces_support import make_face
from hypothesis import given
from hypothesis import strategies as st

from gazeclass.errors import InputError
from gazeclass.faces.embedding import Embedder, chip, frontality, similarity
from gazeclass.faces.mtcnn import MtcnnDetector

coordinate = st.floats(-50, 50)


@given(st.floats(0.2, 5), st.floats(-3, 3), coordinate, coordinate)
def test_similarity_finds_the_one_that_was_applied(scale: float, angle: float, x: float, y: float) -> None:
    source = np.array([[0.0, 0], [10, 1], [4, 7], [1, 12], [9, 12]])
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    matrix = np.array([[c, -s, x], [s, c, y]])
    target = source @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(similarity(source, target), matrix, atol=1e-9)


def test_similarity_is_the_least_squares_one() -> None:
    rng = np.random.default_rng(1)
    source, target = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    matrix = similarity(source, target)

    def error(m: np.ndarray) -> float:
        return float(np.sum((source @ m[:, :2].T + m[:, 2] - target) ** 2))

    for _ in range(50):
        a, b, x, y = rng.normal(scale=0.05, size=4)
        assert error(matrix + np.array([[a, -b, x], [b, a, y]])) >= error(matrix)


@pytest.mark.parametrize("size", [40, 150, 500, 900])
def test_the_chip_shows_the_face_at_its_place_whatever_its_size(size: int) -> None:
    """A dot on the nose tip comes out where dlib's mean face has it."""
    face = make_face((size, size), size)
    image = np.zeros((2 * size, 2 * size, 3), np.uint8)
    nose = face.landmarks_px[2]
    cv2.circle(
        image, (int(nose[0] * 16), int(nose[1] * 16)), int(size * 0.04 * 16), (255, 255, 255), -1, cv2.LINE_AA, 4
    )
    out = chip(image, face.landmarks_px, 150)[..., 0].astype(float)
    y, x = np.mgrid[:150, :150]
    centre = np.array([(x * out).sum(), (y * out).sum()]) / out.sum()
    target = (np.array([[0.224152, 0.211947], [0.756101, 0.211947], [0.490127, 0.515625]]) + 0.25) / 1.5 * 150 - 0.5
    eyes = target[:2].mean(axis=0)
    assert abs(centre[0] - eyes[0]) < 2
    assert eyes[1] + 20 < centre[1] < target[2][1] + 10


def test_two_pictures_of_one_person_are_more_alike_than_two_people(
    detector: MtcnnDetector, embedder: Embedder, portrait: np.ndarray, other_portrait: np.ndarray
) -> None:
    small = cv2.resize(portrait, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    darker = cv2.convertScaleAbs(cv2.GaussianBlur(portrait, (0, 0), 2), alpha=0.7)
    vectors = [
        embedder.embed(image, detector.detect(image)[:1])[0] for image in (portrait, small, darker, other_portrait)
    ]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1)
    assert min(vectors[0] @ vectors[1], vectors[0] @ vectors[2]) > vectors[0] @ vectors[3] + 0.02


def test_many_faces_in_one_call_are_as_one_by_one(
    detector: MtcnnDetector, embedder: Embedder, portrait: np.ndarray, other_portrait: np.ndarray
) -> None:
    face, other = detector.detect(portrait)[0], detector.detect(other_portrait)[0]
    together = embedder.embed(portrait, [face, other] * 9)
    np.testing.assert_allclose(together[16], embedder.embed(portrait, [face])[0], atol=1e-5)
    assert together.shape == (18, embedder.dimension)


def test_no_faces_no_vectors_and_no_picture_is_refused(embedder: Embedder, portrait: np.ndarray) -> None:
    assert embedder.embed(portrait, []).shape == (0, 128)
    with pytest.raises(InputError, match="picture"):
        embedder.embed(portrait.astype(float), [make_face((100, 100))])


def test_frontality() -> None:
    assert frontality(make_face((0, 0)).landmarks_px) == pytest.approx(1)
    assert frontality(make_face((0, 0), turn=0.25).landmarks_px) == pytest.approx(0.5)
    assert frontality(make_face((0, 0), turn=0.6).landmarks_px) == 0
    assert frontality(np.zeros((5, 2))) == 0
