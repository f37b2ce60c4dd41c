"""Readers of the public data sets on tiny files of the right form, with their traps."""

import sqlite3
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import geodesic_deg, rotation_from_angles_deg
from gazeclass.headpose.dataset_readers import COFW_FIVE, WFLW_68, biwi_rotation, person_of_300w_lp, widened
from gazeclass.headpose.datasets import PROTOCOLS, kind_of, load_faces, read_dataset, with_boxes
from gazeclass.headpose.landmark_pose import pose_from_landmarks
from gazeclass.headpose.meanface import MEAN_FACE_68, five_points


def picture(path: Path, size: int = 100) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 255, (size, size, 3), dtype=np.uint8))


def seen(R: np.ndarray, scale: float = 300.0, at: tuple[float, float] = (50.0, 50.0)) -> np.ndarray:
    """The 68 landmarks of the mean face in the picture."""
    return (MEAN_FACE_68 @ R.T)[:, :2] * scale + at


def mat_68(path: Path, yaw: float, pitch: float, roll: float, *, aflw2000: bool = False) -> np.ndarray:
    points = seen(rotation_from_angles_deg(yaw, pitch, roll))
    pose = np.radians([[pitch, yaw, roll, 0, 0, 0, 0]])
    columns = {"Pose_Para": pose, "pt2d": points.T}
    if aflw2000:
        columns = {"Pose_Para": pose, "pt2d": np.full((2, 21), -1.0), "pt3d_68": np.vstack([points.T, np.zeros(68)])}
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, columns)
    picture(path.with_suffix(".jpg"))
    return points


@pytest.mark.parametrize("angles", [(0, 0, 0), (50, -20, 10), (-75, 15, -30)])
def test_pose_from_68_landmarks_is_exact_on_the_mean_face(angles):
    R = rotation_from_angles_deg(*angles)
    assert geodesic_deg(pose_from_landmarks(seen(R), MEAN_FACE_68), R) < 1e-5


def test_pose_from_landmarks_refuses_what_it_cannot_use():
    with pytest.raises(ValueError, match="n ≥ 4"):
        pose_from_landmarks(np.zeros((3, 2)), np.zeros((3, 3)))
    with pytest.raises(ValueError, match="flat"):
        pose_from_landmarks(np.zeros((5, 2)), np.random.default_rng(0).normal(size=(5, 3)) * [1, 1, 0])


def test_aflw2000_takes_the_68_points_and_drops_impossible_angles(tmp_path):
    points = mat_68(tmp_path / "image00002.mat", 30, -10, 5, aflw2000=True)
    mat_68(tmp_path / "image00004.mat", 10, 120, 0, aflw2000=True)
    (face,) = read_dataset("aflw2000", tmp_path)
    np.testing.assert_allclose(face.angles_deg, [30, -10, 5], atol=1e-4)
    tight = np.concatenate([points.min(0), points.max(0)])
    np.testing.assert_allclose(face.box_px, widened(tight, 0.2), atol=1e-3)
    np.testing.assert_allclose(face.landmarks_px, five_points(points), atol=1e-3)
    assert len(read_dataset("aflw2000", tmp_path, within_classes=False)) == 2


def test_300w_lp_skips_the_landmarks_folder_and_knows_its_photographs(tmp_path):
    mat_68(tmp_path / "AFW" / "AFW_134212_1_3.mat", -60, 5, 2)
    savemat((tmp_path / "AFW" / "x.mat").with_name("AFW_134212_1_3_pts.mat").with_suffix(".txt"), {"other": [1]})
    (tmp_path / "landmarks" / "AFW").mkdir(parents=True)
    savemat(tmp_path / "landmarks" / "AFW" / "AFW_134212_1_3_pts.mat", {"pts_2d": np.zeros((68, 2))})
    (face,) = read_dataset("300w-lp", tmp_path)
    np.testing.assert_allclose(face.angles_deg, [-60, 5, 2], atol=1e-4)
    assert person_of_300w_lp(face.path) == "AFW_134212_1"


def test_annotation_without_picture_or_of_another_form_is_named(tmp_path):
    mat_68(tmp_path / "image00002.mat", 0, 0, 0, aflw2000=True)
    (tmp_path / "image00002.jpg").unlink()
    with pytest.raises(InputError, match=r"image00002\.mat: the annotation has no picture"):
        read_dataset("aflw2000", tmp_path)
    (tmp_path / "image00002.mat").write_bytes(b"no matlab file at all")
    with pytest.raises(InputError, match="annotation cannot be read"):
        read_dataset("aflw2000", tmp_path)
    savemat(tmp_path / "image00002.mat", {"Pose_Para": np.zeros((1, 7)), "pt3d_68": np.zeros((3, 21))})
    with pytest.raises(InputError, match="another form"):
        read_dataset("aflw2000", tmp_path)


def test_biwi_gives_the_angles_of_the_literatures_formulas(tmp_path):
    R = biwi_rotation(np.eye(3))
    np.testing.assert_allclose(R, np.diag([1, -1, -1]), atol=1e-12)
    biwi = np.diag([-1.0, 1, 1]) @ (np.diag([1.0, -1, -1]) @ rotation_from_angles_deg(35, -12, 8)) @ np.diag([-1, 1, 1])
    # Hopenet's reader, of the transposed matrix T: pitch = atan2(T21, T22), yaw = -atan2(-T20, …),
    # roll = -atan2(T10, T00).
    T = biwi.T
    pitch, yaw = np.arctan2(T[2, 1], T[2, 2]), -np.arctan2(-T[2, 0], np.hypot(T[2, 1], T[2, 2]))
    roll = -np.arctan2(T[1, 0], T[0, 0])
    folder = tmp_path / "01"
    picture(folder / "frame_00003_rgb.png")
    rows = "\n".join(" ".join(str(v) for v in row) for row in biwi)
    (folder / "frame_00003_pose.txt").write_text(f"{rows}\n\n10 -20 1000\n")
    calibration = "500 0 320\n0 500 240\n0 0 1\n\n0 0 0 0\n\n1 0 0\n0 1 0\n0 0 1\n\n25 0 0\n\n640 480\n"
    (folder / "rgb.cal").write_text(calibration)
    (face,) = read_dataset("biwi", tmp_path)
    np.testing.assert_allclose(face.angles_deg, np.degrees([yaw, pitch, roll]), atol=1e-6)
    np.testing.assert_allclose(face.centre_px, [320 + 500 * 0.035, 240 - 500 * 0.02])
    assert np.isnan(face.box_px).all()
    (folder / "frame_00003_pose.txt").write_text("1 2 3")
    with pytest.raises(InputError, match="12 numbers, not 3"):
        read_dataset("biwi", tmp_path)


def test_aflw_reads_its_database_in_radians_with_the_roll_negated(tmp_path):
    picture(tmp_path / "data" / "flickr" / "0" / "image1.jpg")
    with closing(sqlite3.connect(tmp_path / "aflw.sqlite")) as base:
        base.executescript(
            "CREATE TABLE Faces(face_id, file_id); CREATE TABLE FaceImages(file_id, filepath);"
            "CREATE TABLE FacePose(face_id, roll, pitch, yaw); CREATE TABLE FaceRect(face_id, x, y, w, h);"
            "INSERT INTO Faces VALUES(7, 'a'); INSERT INTO FaceImages VALUES('a', '0/image1.jpg');"
            "INSERT INTO FacePose VALUES(7, 0.1, 0.2, -0.3); INSERT INTO FaceRect VALUES(7, 10, 20, 30, 40);"
        )
        base.commit()
    (face,) = read_dataset("aflw", tmp_path)
    np.testing.assert_allclose(face.angles_deg, np.degrees([-0.3, 0.2, -0.1]))
    np.testing.assert_allclose(face.box_px, [10, 20, 40, 60])
    (tmp_path / "data" / "flickr" / "0" / "image1.jpg").unlink()
    with pytest.raises(InputError, match=r"image1\.jpg of the database is missing"):
        read_dataset("aflw", tmp_path)
    (tmp_path / "aflw.sqlite").write_bytes(b"this is not a database, not at all")
    with pytest.raises(InputError, match="database cannot be read"):
        read_dataset("aflw", tmp_path)


def test_wflw_computes_the_pose_from_its_98_points(tmp_path):
    R = rotation_from_angles_deg(-40, 10, 12)
    points = np.zeros((98, 2))
    points[WFLW_68] = seen(R)
    words = [*points.reshape(-1), 10, 20, 80, 90, 0, 0, 0, 0, 0, 0]
    (tmp_path / "list_98pt_rect_attr_test.txt").write_text(" ".join(map(str, words)) + " 9--Press/a.jpg\n")
    picture(tmp_path / "WFLW_images" / "9--Press" / "a.jpg")
    (face,) = read_dataset("wflw", tmp_path)
    np.testing.assert_allclose(face.angles_deg, [-40, 10, 12], atol=1e-4)
    np.testing.assert_allclose(face.box_px, [10, 20, 80, 90])
    assert face.path.is_file()
    (tmp_path / "list_98pt_rect_attr_test.txt").write_text("1 2 3\n")
    with pytest.raises(InputError, match="line 1 has 3 words"):
        read_dataset("wflw", tmp_path)
    (tmp_path / "list_98pt_rect_attr_test.txt").write_text("x " * 207 + "\n")
    with pytest.raises(InputError, match="line 1 cannot be read"):
        read_dataset("wflw", tmp_path)
    (tmp_path / "list_98pt_rect_attr_test.txt").write_bytes(b"\xe4\n")
    with pytest.raises(InputError, match="not UTF-8"):
        read_dataset("wflw", tmp_path)


def test_cofw_unpacks_matlab_order(tmp_path):
    h5py = pytest.importorskip("h5py")
    five = five_points(seen(rotation_from_angles_deg(20, 0, 0)))
    marks = np.zeros((29, 2))
    marks[COFW_FIVE] = five + 1  # MATLAB counts from 1
    image = np.zeros((40, 60, 3), np.uint8)
    image[5, 50] = [255, 0, 0]  # red at row 5, column 50
    with h5py.File(tmp_path / "COFW_test_color.mat", "w") as file:
        stored = file.create_dataset("pixels", data=image.transpose(2, 1, 0))
        references = file.create_dataset("IsT", (1, 1), dtype=h5py.ref_dtype)
        references[0, 0] = stored.ref
        file["bboxesT"] = np.array([[11.0], [21.0], [30.0], [40.0]])
        file["phisT"] = np.concatenate([marks.T.reshape(-1), np.zeros(29)])[:, None]
    (face,) = read_dataset("cofw", tmp_path)
    assert face.pixels is not None
    assert face.pixels.shape == (40, 60, 3)
    np.testing.assert_array_equal(face.pixels[5, 50], [0, 0, 255])
    np.testing.assert_allclose(face.landmarks_px, five)
    np.testing.assert_allclose(face.box_px, [10, 20, 40, 60])
    assert face.angles_deg[0] == pytest.approx(20, abs=3)
    with h5py.File(tmp_path / "COFW_test_color.mat", "a") as file:
        del file["phisT"]
        file["phisT"] = np.zeros((87, 0))
    with pytest.raises(InputError, match="set cannot be read"):
        read_dataset("cofw", tmp_path)
    (tmp_path / "COFW_test_color.mat").write_bytes(b"nothing")
    with pytest.raises(InputError, match="set cannot be read"):
        read_dataset("cofw", tmp_path)


def test_every_set_states_its_protocol_and_refuses_an_empty_folder(tmp_path):
    for kind in PROTOCOLS:
        with pytest.raises(InputError):
            read_dataset(kind, tmp_path)
    with pytest.raises(InputError, match="none of hpid, table, rendered, 300w-lp"):
        read_dataset("imagenet", tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        read_dataset("biwi", tmp_path / "missing")


def test_boxes_of_use_are_the_nearest_detection_and_pictures_are_cut(tmp_path):
    mat_68(tmp_path / "image00002.mat", 0, 0, 0, aflw2000=True)
    pictures = read_dataset("aflw2000", tmp_path)
    own = with_boxes("AFLW2000", pictures)
    assert own.found.all()
    far = (np.array([0.0, 0, 20, 20]), np.zeros((5, 2)), 0.99)
    near = (np.array([30.0, 30, 70, 70]), np.full((5, 2), 50.0), 0.9)
    detected = with_boxes("AFLW2000", pictures, lambda image: [far, near])
    side = detected.images[0].shape[0]
    assert side < 100
    left = 30 - detected.boxes_px[0, 0]
    np.testing.assert_allclose(detected.boxes_px[0, 2:] - detected.boxes_px[0, :2], 40)
    np.testing.assert_allclose(detected.landmarks_px[0], 50 - left)
    assert not with_boxes("AFLW2000", pictures, lambda image: [far]).found.any()
    pictures[0].path.write_bytes(b"no picture")
    with pytest.raises(InputError, match="is not a picture or is damaged"):
        with_boxes("AFLW2000", pictures)


def test_the_form_tells_the_kind(tmp_path: Path) -> None:
    for name, file, kind in (
        ("t", "a.csv", "table"),
        ("h", "heads_00000.npz", "rendered"),
        ("p", "Person01/person01146+0-30.jpg", "hpid"),
    ):
        path = tmp_path / name / file
        path.parent.mkdir(parents=True)
        path.write_bytes(b"")
        assert kind_of(path if kind == "table" else tmp_path / name) == kind
    (tmp_path / "t" / "a.csv").unlink()
    for folder in (tmp_path / "none", tmp_path / "t"):
        with pytest.raises(InputError, match="cannot be told"):
            kind_of(folder)


def test_pictures_in_capitals_are_found(tmp_path: Path) -> None:
    mat_68(tmp_path / "image00002.mat", 5, 0, 0, aflw2000=True)
    (tmp_path / "image00002.jpg").rename(tmp_path / "image00002.JPG")
    assert with_boxes("AFLW2000", read_dataset("aflw2000", tmp_path)).found.all()
    (tmp_path / "PERSON01146+0-30.JPG").touch()
    assert kind_of(tmp_path) == "hpid"


@pytest.mark.parametrize("kind", ["hpid", "table", "rendered"])
def test_boxes_of_its_own_are_not_asked_of_what_has_none(tmp_path: Path, kind: str) -> None:
    with pytest.raises(InputError, match=f"--own-boxes has no part in '{kind}'"):
        load_faces(kind, tmp_path, lambda image: [], own_boxes=True)


def test_a_set_without_boxes_needs_the_detector(tmp_path: Path) -> None:
    folder = tmp_path / "01"
    picture(folder / "frame_00003_rgb.png")
    pose = folder / "frame_00003_pose.txt"
    pose.write_text("-1 0 0\n0 1 0\n0 0 -1\n\n10 -20 1000\n")
    (folder / "rgb.cal").write_text("500 0 320\n0 500 240\n0 0 1\n0 0 0 0\n1 0 0\n0 1 0\n0 0 1\n25 0 0\n640 480\n")
    with pytest.raises(InputError, match="every head of biwi is turned beyond"):
        load_faces("biwi", tmp_path, lambda image: [])
    pose.write_text("1 0 0\n0 1 0\n0 0 1\n\n10 -20 1000\n")
    with pytest.raises(InputError, match="brings no boxes"):
        load_faces("biwi", tmp_path, lambda image: [], own_boxes=True)
    faces = load_faces("biwi", tmp_path, lambda image: [])
    assert not faces.found.any()
    assert "detector" in faces.crop_rule
