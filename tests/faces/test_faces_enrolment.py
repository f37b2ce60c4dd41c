"""A folder of portraits, good and bad."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from faces_support import make_face, unit

from gazeclass.errors import InputError
from gazeclass.faces.embedding import Embedder
from gazeclass.faces.enrolment import alike, enrol, read_picture, student_of
from gazeclass.faces.mtcnn import MtcnnDetector
from gazeclass.faces.types import Face
from gazeclass.progress import Silent
from gazeclass.sample import sample_folder

ENROLL = sample_folder() / "enroll"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("S03", "S09"):
        shutil.copy(ENROLL / f"{name}.png", tmp_path / f"{name}.png")
    return tmp_path


class Notes(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []
        self.steps = 0

    def note(self, text: str) -> None:
        self.notes.append(text)

    def advance(self, steps: int = 1) -> None:
        self.steps += steps


def test_each_file_is_a_student(folder: Path, detector: MtcnnDetector, embedder: Embedder) -> None:
    (folder / "readme.txt").write_text("not a portrait")
    (folder / "older").mkdir()
    progress = Notes()
    enrolment = enrol(folder, detector, embedder, progress=progress)
    assert enrolment.names == ("S03", "S09")
    np.testing.assert_allclose(np.linalg.norm(enrolment.embeddings, axis=1), 1)
    assert enrolment.embeddings[0] @ enrolment.embeddings[1] < 0.97
    assert progress.steps == 2


def test_several_portraits_of_one_student_become_one(
    folder: Path, detector: MtcnnDetector, embedder: Embedder, portrait: np.ndarray
) -> None:
    cv2.imwrite(str(folder / "S03_2.png"), cv2.convertScaleAbs(portrait, alpha=0.6))
    enrolment = enrol(folder, detector, embedder)
    assert enrolment.names == ("S03", "S09")


def test_a_large_grey_or_transparent_portrait_will_do(
    tmp_path: Path, detector: MtcnnDetector, embedder: Embedder, portrait: np.ndarray
) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), cv2.cvtColor(portrait, cv2.COLOR_BGR2GRAY))
    cv2.imwrite(str(tmp_path / "alpha.png"), cv2.cvtColor(portrait, cv2.COLOR_BGR2BGRA))
    cv2.imwrite(str(tmp_path / "Große.png"), cv2.resize(portrait, None, fx=8, fy=8))
    assert read_picture(tmp_path / "Große.png").shape == (1280, 1280, 3)
    enrolment = enrol(tmp_path, detector, embedder)
    assert enrolment.names == ("Große", "alpha", "grey")
    assert enrolment.embeddings[0] @ enrolment.embeddings[1] > 0.97
    assert len(enrolment.warnings) == 3  # it is the same person three times
    assert "Große and alpha" in enrolment.warnings[0]


def test_no_folder(tmp_path: Path, detector: MtcnnDetector, embedder: Embedder) -> None:
    with pytest.raises(InputError, match="no such folder"):
        enrol(tmp_path / "nowhere", detector, embedder)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="no such folder"):
        enrol(tmp_path / "file", detector, embedder)


def test_an_empty_folder(tmp_path: Path, detector: MtcnnDetector, embedder: Embedder) -> None:
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(InputError, match="no portrait") as caught:
        enrol(tmp_path, detector, embedder)
    assert "S01.png" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"this is no picture", b"\x89PNG\r\n\x1a\n broken off"])
def test_an_unreadable_portrait(folder: Path, detector: MtcnnDetector, embedder: Embedder, content: bytes) -> None:
    (folder / "S05.png").write_bytes(content)
    with pytest.raises(InputError, match=r"S05\.png.*(not a picture|damaged)"):
        enrol(folder, detector, embedder)


def test_hidden_files_are_none_and_a_telephones_format_is_told(
    folder: Path, detector: MtcnnDetector, embedder: Embedder
) -> None:
    (folder / "._S01.png").write_bytes(b"what macOS leaves beside a file")
    (folder / "Thumbs.db").write_bytes(b"what Windows leaves")
    before = enrol(folder, detector, embedder).names
    assert all(name.startswith("S") for name in before)
    (folder / "S09.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    with pytest.raises(InputError, match=r"S09\.HEIC: a portrait as \.HEIC cannot be read. Save it as \.jpg"):
        enrol(folder, detector, embedder)


def test_a_portrait_without_a_face(folder: Path, detector: MtcnnDetector, embedder: Embedder) -> None:
    cv2.imwrite(str(folder / "S09.png"), np.full((200, 200, 3), 120, np.uint8))
    with pytest.raises(InputError, match=r"S09\.png.*no face"):
        enrol(folder, detector, embedder)


def test_a_portrait_with_two_faces(
    tmp_path: Path,
    detector: MtcnnDetector,
    embedder: Embedder,
    portrait: np.ndarray,
    other_portrait: np.ndarray,
) -> None:
    cv2.imwrite(str(tmp_path / "S03.png"), np.hstack([portrait, other_portrait]))
    with pytest.raises(InputError, match=r"S03\.png.*2 faces"):
        enrol(tmp_path, detector, embedder)


def test_a_portrait_with_too_small_a_face(
    tmp_path: Path, detector: MtcnnDetector, embedder: Embedder, portrait: np.ndarray
) -> None:
    cv2.imwrite(str(tmp_path / "S03.png"), cv2.resize(portrait, (64, 64), interpolation=cv2.INTER_AREA))
    with pytest.raises(InputError, match=r"S03\.png.*only \d+ pixels"):
        enrol(tmp_path, detector, embedder)


def test_small_faces_in_the_background_do_not_count(tmp_path: Path, portrait: np.ndarray) -> None:
    class Two:
        def detect(self, image: np.ndarray, camera: int = 0, *, region: np.ndarray | None = None) -> list[Face]:
            return [make_face((30, 30), 45), make_face((120, 120), 120)]

        def embed(self, image: np.ndarray, faces: list[Face]) -> np.ndarray:
            assert faces[0].size_px == 120
            return np.array([unit(0)])

    cv2.imwrite(str(tmp_path / "S03.png"), portrait)
    assert enrol(tmp_path, Two(), Two()).names == ("S03",)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("file", "student"),
    [("S01.png", "S01"), ("S01_2.jpg", "S01"), ("Anna B_10.png", "Anna B"), ("S_a.png", "S_a"), ("7.png", "7")],
)
def test_the_student_is_in_the_file_s_name(file: str, student: str) -> None:
    assert student_of(Path(file)) == student


def test_portraits_that_are_too_alike_are_named() -> None:
    embeddings = np.array([unit(k) for k in range(5)] + [unit(4) + 0.05 * unit(0)])
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    names = tuple("ABCDEF")
    (warning,) = alike(names, embeddings)
    assert "E and F" in warning
    assert alike(names[:5], embeddings[:5]) == ()
    assert alike(names[:1], embeddings[:1]) == ()


def test_one_face_found_twice_is_one_face(tmp_path: Path, portrait: np.ndarray) -> None:
    """MTCNN gives a face with a fringe in two boxes that overlap by less than its own suppression asks."""

    class Twice:
        def detect(self, image: np.ndarray, camera: int = 0, *, region: np.ndarray | None = None) -> list[Face]:
            return [make_face((100, 100), 71, 0.998), make_face((116, 103), 64, 0.887)]

        def embed(self, image: np.ndarray, faces: list[Face]) -> np.ndarray:
            assert faces[0].score == 0.998
            return np.array([unit(0)])

    cv2.imwrite(str(tmp_path / "S03.png"), portrait)
    assert enrol(tmp_path, Twice(), Twice()).names == ("S03",)  # type: ignore[arg-type]
