"""How each public head-pose data set lies on disk: annotation files in, :class:`LabelledPicture` out.

Angles are those of method §2. What a set does not annotate (WFLW, COFW: the pose) is computed from its landmarks.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import FACING, Array, angles_deg_from_rotation, long_yaw_angles_deg
from gazeclass.headpose.landmark_pose import pose_from_landmarks
from gazeclass.headpose.meanface import MEAN_FACE_68, five_points
from gazeclass.headpose.mirror import mirrored
from gazeclass.headpose.twostep import pose_from_five_points
from gazeclass.reading import read_text


@dataclass(frozen=True, eq=False)
class LabelledPicture:
    """One face in one picture file.

    Attributes:
        path: of the picture.
        angles_deg: ``(3,)`` yaw, pitch, roll.
        box_px: ``(4,)`` by the set's own crop rule; NaN where it has none.
        landmarks_px: ``(5, 2)`` in MTCNN's order; NaN where unknown.
        centre_px: ``(2,)`` a point of the head, to tell it from other faces; NaN where unknown.
        pixels: the picture itself where it is no file of its own.
    """

    path: Path
    angles_deg: Array
    box_px: Array
    landmarks_px: Array
    centre_px: Array
    pixels: np.ndarray | None = None


def widened(box: Array, share: float) -> Array:
    """A box widened by ``share`` of its width and height at each side."""
    w, h = share * (box[2] - box[0]), share * (box[3] - box[1])
    return np.asarray(box + np.array([-w, -h, w, h]))


def _points_box(points: Array) -> Array:
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


def _picture_beside(path: Path) -> Path:
    for suffix in (".jpg", ".png", ".JPG", ".PNG"):
        if path.with_suffix(suffix).is_file():
            return path.with_suffix(suffix)
    raise InputError("the annotation has no picture beside it", where=path)


def _mat(path: Path, *names: str) -> list[np.ndarray]:
    from scipy.io import loadmat

    try:
        content = loadmat(path)
        return [np.asarray(content[name], float) for name in names]
    except Exception as error:  # scipy's reader raises whatever a damaged file leads it to
        raise InputError(f"the annotation cannot be read ({error})", where=path) from error


def _read_300w_lp(folder: Path) -> Iterator[LabelledPicture]:
    """300W-LP: ``AFW/…mat`` with Pose_Para (pitch, yaw, roll in radians, …) and pt2d ``(2, 68)``."""
    for path in sorted(folder.rglob("*.mat")):
        if "landmarks" in path.parts or "Code" in path.parts:
            continue  # other annotations of the same pictures
        pose, points = _mat(path, "Pose_Para", "pt2d")
        yield _from_68(path, pose, points[:2].T)


def _read_aflw2000(folder: Path) -> Iterator[LabelledPicture]:
    """AFLW2000-3D: as 300W-LP, but pt2d holds 21 points with −1 for hidden ones; pt3d_68 holds all 68."""
    for path in sorted(folder.rglob("image*.mat")):
        pose, points = _mat(path, "Pose_Para", "pt3d_68")
        yield _from_68(path, pose, points[:2].T)


def _from_68(path: Path, pose: Array, points: Array) -> LabelledPicture:
    if pose.size < 3 or points.shape != (68, 2):
        raise InputError(f"Pose_Para {pose.shape} or landmarks {points.shape} have another form", where=path)
    pitch, yaw, roll = np.degrees(pose.reshape(-1)[:3])
    box = _points_box(points)
    centre = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
    return LabelledPicture(
        _picture_beside(path), np.array([yaw, pitch, roll]), widened(box, 0.2), five_points(points), centre
    )


def _read_aflw(folder: Path) -> Iterator[LabelledPicture]:
    """AFLW: ``aflw.sqlite`` with FacePose (radians) and FaceRect; pictures under ``data/flickr`` or beside.

    The roll is negated, as Hopenet's reader does. We have no picture of AFLW to check the signs on.
    """
    database = next(iter(sorted(folder.rglob("aflw.sqlite"))), None)
    if database is None:
        raise InputError("there is no aflw.sqlite", where=folder)
    query = (
        "SELECT i.filepath, p.yaw, p.pitch, p.roll, r.x, r.y, r.w, r.h FROM Faces f "
        "JOIN FaceImages i ON i.file_id = f.file_id JOIN FacePose p ON p.face_id = f.face_id "
        "JOIN FaceRect r ON r.face_id = f.face_id ORDER BY f.face_id"
    )
    try:
        with sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True) as connection:
            rows = connection.execute(query).fetchall()
        connection.close()
    except sqlite3.Error as error:
        raise InputError(f"the database cannot be read ({error})", where=database) from error
    roots = (folder, folder / "data" / "flickr", folder / "flickr", database.parent, database.parent / "flickr")
    for name, yaw, pitch, roll, x, y, w, h in rows:
        path = next((root / name for root in roots if (root / name).is_file()), None)
        if path is None:
            raise InputError(f"the picture {name} of the database is missing", where=folder)
        box = np.array([x, y, x + w, y + h], float)
        angles = np.degrees(np.array([yaw, pitch, -roll], float))
        yield LabelledPicture(path, angles, box, np.full((5, 2), np.nan), (box[:2] + box[2:]) / 2)


def biwi_rotation(R: Array) -> Array:
    """R_crop from BIWI's matrix: its x axis runs the other way, so D·R·D, D = diag(−1, 1, 1), then into camera axes.

    With it yaw, pitch, roll come out as the formulas that the literature uses for BIWI give them.
    """
    return np.asarray(FACING @ mirrored(R))


def _read_biwi(folder: Path) -> Iterator[LabelledPicture]:
    """BIWI Kinect: ``NN/frame_MMMMM_pose.txt`` (matrix, then millimetres in the depth camera), ``NN/rgb.cal``."""
    for path in sorted(folder.rglob("frame_*_pose.txt")):
        values = _numbers(path)
        if len(values) != 12:
            raise InputError(f"a pose has 12 numbers, not {len(values)}", where=path)
        calibration = _numbers(path.parent / "rgb.cal")
        if len(calibration) < 25:
            raise InputError("the calibration has fewer than 25 numbers", where=path.parent / "rgb.cal")
        K, R_dc, t_dc = calibration[:9].reshape(3, 3), calibration[13:22].reshape(3, 3), calibration[22:25]
        head = K @ (R_dc @ values[9:] + t_dc)
        picture = path.with_name(path.name.replace("_pose.txt", "_rgb.png"))
        if not picture.is_file():
            raise InputError("the annotation has no picture beside it", where=path)
        angles = angles_deg_from_rotation(biwi_rotation(values[:9].reshape(3, 3)))
        none = np.full(4, np.nan)
        yield LabelledPicture(picture, angles, none, np.full((5, 2), np.nan), head[:2] / head[2])


def _numbers(path: Path) -> Array:
    try:
        return np.array(path.read_text(encoding="utf-8").split(), float)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read as numbers ({error})", where=path) from error


#: WFLW's 98 points → the 68 of the mean face.
WFLW_68 = np.array(
    [*range(0, 33, 2), *range(33, 38), *range(42, 47), *range(51, 60), 60, 61, 63, 64, 65, 67, 68, 69, 71, 72, 73, 75]
    + list(range(76, 96))
)


def _read_wflw(folder: Path) -> Iterator[LabelledPicture]:
    """WFLW: lists of 98 points, a box, six attributes and the picture's name below ``WFLW_images``."""
    lists = sorted(folder.rglob("list_98pt_rect_attr_*.txt"))
    images = next(iter(folder.rglob("WFLW_images")), folder)
    for table in lists:
        for number, line in enumerate(read_text(table).splitlines(), 1):
            words = line.split()
            if len(words) != 207:
                raise InputError(f"line {number} has {len(words)} words instead of 207", where=table)
            try:
                points = np.array(words[:196], float).reshape(98, 2)[WFLW_68]
                angles = long_yaw_angles_deg(pose_from_landmarks(points, MEAN_FACE_68))
                box = np.array(words[196:200], float)
            except ValueError as error:
                raise InputError(f"line {number} cannot be read ({error})", where=table) from error
            yield LabelledPicture(images / words[206], angles, box, five_points(points), points.mean(axis=0))


#: COFW's 29 points: pupils, nose tip, mouth corners.
COFW_FIVE = np.array([16, 17, 20, 22, 23])


def _read_cofw(folder: Path) -> Iterator[LabelledPicture]:
    """COFW colour: ``COFW_test_color.mat`` (HDF5): IsT pictures, bboxesT, phisT of 29 points (x…, y…, hidden…)."""
    try:
        import h5py
    except ImportError as error:
        raise InputError("COFW's files are HDF5", todo="Install the package h5py.") from error
    for path in sorted(folder.rglob("COFW_*_color.mat")):
        suffix = "T" if "test" in path.name else "Tr"
        try:
            with h5py.File(path, "r") as file:
                yield from _cofw_faces(path, file, suffix)
        except (OSError, KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"the set cannot be read ({error})", where=path) from error


def _cofw_faces(path: Path, file: Any, suffix: str) -> Iterator[LabelledPicture]:
    boxes, marks = np.asarray(file[f"bboxes{suffix}"], float), np.asarray(file[f"phis{suffix}"], float)
    for k, reference in enumerate(np.asarray(file[f"Is{suffix}"]).reshape(-1)):
        # MATLAB keeps columns first: the array comes transposed, channels first, RGB.
        image = np.asarray(file[reference], np.uint8).transpose(*((2, 1, 0) if file[reference].ndim == 3 else (1, 0)))
        bgr = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR if image.ndim == 2 else cv2.COLOR_RGB2BGR)
        points = marks[:58, k].reshape(2, 29).T - 1.0  # MATLAB counts from 1
        x, y, w, h = boxes[:, k]
        box = np.array([x - 1, y - 1, x + w - 1, y + h - 1])
        five = points[COFW_FIVE]
        R, _, _ = pose_from_five_points(five[None])
        angles = long_yaw_angles_deg(R[0])
        yield LabelledPicture(path, angles, box, five, five.mean(axis=0), np.asarray(bgr))


def person_of_300w_lp(path: Path) -> str:
    """The photograph a picture of 300W-LP was warped from: split by it, or validation sees its training pictures."""
    return re.sub(r"_\d+$", "", path.stem)


#: One reader a set: its root folder to its pictures, in the order of the files.
READERS: dict[str, Callable[[Path], Iterator[LabelledPicture]]] = {
    "300w-lp": _read_300w_lp,
    "aflw2000": _read_aflw2000,
    "aflw": _read_aflw,
    "biwi": _read_biwi,
    "wflw": _read_wflw,
    "cofw": _read_cofw,
}
