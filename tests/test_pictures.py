import cv2
import numpy as np
import pytest

from gazeclass.errors import InputError
from gazeclass.pictures import pictures_of, read_picture


@pytest.fixture
def scene() -> np.ndarray:
    out = np.zeros((80, 120, 3), np.uint8)
    out[10:40, 20:90] = (200, 120, 60)
    return out


def encoded(picture: np.ndarray, suffix: str) -> bytes:
    return cv2.imencode(suffix, picture)[1].tobytes()


def test_every_depth_and_kind_becomes_eight_bit_colour_or_grey(tmp_path, scene):
    grey = cv2.cvtColor(scene, cv2.COLOR_BGR2GRAY)
    for name, picture in {
        "Größe ☃.png": scene,
        "16.png": scene.astype(np.uint16) * 257,
        "alpha.png": np.dstack([scene, np.full(scene.shape[:2], 255, np.uint8)]),
        "grey.png": grey,
        "grey16.png": grey.astype(np.uint16) * 257,
    }.items():
        (tmp_path / name).write_bytes(encoded(picture, ".png"))
        found = read_picture(tmp_path / name)
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, np.dstack([grey] * 3) if "grey" in name else scene)
        assert read_picture(tmp_path / name, grey=True).shape == (80, 120)


def test_a_telephones_turn_is_made_or_left(tmp_path, scene):
    data = encoded(scene, ".jpg")
    # APP1 with one EXIF entry: orientation 6, turned clockwise by a quarter.
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    path = tmp_path / "phone.jpg"
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:])
    assert read_picture(path).shape == (120, 80, 3)
    assert read_picture(path, as_the_sensor=True).shape == (80, 120, 3)


def test_what_is_damaged_or_none_is_refused(tmp_path, scene):
    jpeg, png = encoded(scene, ".jpg"), encoded(scene, ".png")
    for name, data in {
        "empty.png": b"",
        "text.png": b"hello",
        "cut.jpg": jpeg[: len(jpeg) * 2 // 3],
        "cut.png": png[: len(png) // 2],
    }.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match="not a picture or is damaged"):
            read_picture(tmp_path / name)
    with pytest.raises(InputError, match="No such file"):
        read_picture(tmp_path / "absent.png")
    with pytest.raises(InputError, match="this is a folder"):
        read_picture(tmp_path)
    (tmp_path / "more.jpg").write_bytes(jpeg + b"\0" * 100)
    assert read_picture(tmp_path / "more.jpg").shape == (80, 120, 3)


def test_a_folder_stands_for_the_pictures_in_it(tmp_path):
    for name in ("b.PNG", "a.jpg", ".a.jpg", "notes.txt"):
        (tmp_path / name).touch()
    single = tmp_path / "notes.txt"
    assert [p.name for p in pictures_of([single, tmp_path])] == ["notes.txt", "a.jpg", "b.PNG"]
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="no picture in the folder"):
        pictures_of([tmp_path / "none"])
