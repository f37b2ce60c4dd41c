"""Faces far beside the axis, seen along their ray: exact points of a mean face, and pixels where they should be."""

import cv2
import numpy as np
import pytest

from gazeclass.geometry.camera import CameraModel, ray_rotation
from gazeclass.geometry.rotation import geodesic_deg, rotation_from_angles_deg
from gazeclass.headpose.landmark_pose import pose_from_landmarks
from gazeclass.headpose.meanface import MEAN_FACE_68, five_points
from gazeclass.headpose.ray_view import along_rays

K = np.array([[900.0, 0, 640], [0, 900, 360], [0, 0, 1]])
PLAIN = CameraModel(1280, 720, K, np.zeros(5))
BENT = CameraModel(1280, 720, K, np.array([-0.25, 0.08, 0.001, -0.0005, 0.0]))
FIVE = five_points(MEAN_FACE_68)


def face_in(camera: CameraModel, aside_deg: float, R_crop: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Box, five points and R_ray of a head at 3 m, turned by R_crop against its ray."""
    a = np.radians(aside_deg)
    ray = np.array([np.sin(a), 0.1, np.cos(a)])
    R_ray = ray_rotation(ray)
    head = 3 * ray / np.linalg.norm(ray)
    outline = camera.project(MEAN_FACE_68 @ (R_ray @ R_crop).T + head)
    box = np.concatenate([outline.min(axis=0), outline.max(axis=0)])
    return box, camera.project(FIVE @ (R_ray @ R_crop).T + head), R_ray


def shape_of(points: np.ndarray) -> np.ndarray:
    """Points about their mean in units of their spread."""
    centred = points - points.mean(axis=0)
    return centred / np.sqrt((centred**2).sum(axis=1).mean())


@pytest.mark.parametrize("camera", [PLAIN, BENT], ids=["plain", "bent"])
@pytest.mark.parametrize("aside_deg", [20.0, 34.0, -34.0])
@pytest.mark.parametrize("yaw_deg", [0.0, 30.0])
def test_a_face_beside_the_axis_looks_as_it_does_on_the_axis(
    camera: CameraModel, aside_deg: float, yaw_deg: float
) -> None:
    R_crop = rotation_from_angles_deg(yaw_deg, 5.0, -4.0)
    box, points, R_ray = face_in(camera, aside_deg, R_crop)
    picture = np.zeros((720, 1280, 3), np.uint8)
    ((view,), (seen_box,), (seen,)) = along_rays([picture], [box], [points], [camera])
    middle = (view.shape[0] - 1) / 2
    np.testing.assert_allclose((seen_box[:2] + seen_box[2:]) / 2, middle, atol=1e-9)
    # The view's axis goes through the box's centre, not the nose: the head as seen from there.
    R_box = ray_rotation(camera.rays([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]))
    on_axis = (FIVE @ (R_box.T @ R_ray @ R_crop).T) + R_box.T @ R_ray @ [0, 0, 3.0]
    expected = shape_of(on_axis[:, :2] / on_axis[:, 2:])
    np.testing.assert_allclose(shape_of(seen), expected, atol=1e-4)
    if camera is PLAIN:
        assert np.abs(shape_of(points) - expected).max() > (0.01 if abs(aside_deg) < 30 else 0.04)
    # Against the view's ray the points give the pose, to what a mean face's weak perspective leaves.
    assert geodesic_deg(R_box @ pose_from_landmarks(seen, FIVE), R_ray @ R_crop) < 1.5


def test_pixels_move_with_the_points() -> None:
    box, points, _ = face_in(BENT, 33.0, rotation_from_angles_deg(0.0, 0.0, 0.0))
    picture = np.zeros((720, 1280, 3), np.uint8)
    for x, y in points:
        cv2.circle(picture, (round(x * 16), round(y * 16)), 40, (255, 255, 255), -1, cv2.LINE_AA, 4)
    ((view,), (seen_box,), (seen,)) = along_rays([picture], [box], [points], [BENT])
    blobs = cv2.connectedComponentsWithStats((view[..., 0] > 127).astype(np.uint8))[3][1:]
    assert len(blobs) == 5
    nearest = np.linalg.norm(seen[:, None] - blobs[None], axis=2).min(axis=1)
    assert nearest.max() < 0.7
    assert (seen > seen_box[:2]).all()
    assert (seen < seen_box[2:]).all()
    assert view.shape[0] > 1.5 * (seen_box[2] - seen_box[0])  # room for the widest crop


def test_faces_near_the_axis_and_impossible_boxes_stay_as_they_are() -> None:
    picture = np.zeros((720, 1280, 3), np.uint8)
    near = np.array([620.0, 340, 660, 390])
    flat = np.array([1200.0, 300, 1200, 300])
    unknown = np.full(4, np.nan)
    points = np.zeros((5, 2))
    views, boxes, marks = along_rays([picture] * 3, [near, flat, unknown], [points] * 3, [PLAIN] * 3)
    assert all(view is picture for view in views)
    np.testing.assert_array_equal(np.stack(boxes), np.stack([near, flat, unknown]))
    assert len(marks) == 3
    assert along_rays([], [], [], []) == ([], [], [])
