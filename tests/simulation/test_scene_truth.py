"""The truth of a posed head against OpenCV, rigid registration and the conventions of method.md."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gazeclass.geometry.camera import ray_rotation
from gazeclass.geometry.rotation import (
    FACING,
    angles_deg_from_rotation,
    exp_so3,
    geodesic_deg,
    nearest_rotation,
    rotation_from_angles_deg,
)
from gazeclass.simulation.drawing import Window
from gazeclass.simulation.posing import REST_AXES, group_transforms, skinned

pytestmark = pytest.mark.usefixtures("body")
SIZE = 160
#: Where each of the 68 landmarks lies in the mirrored face.
MIRRORED = np.array(
    [*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31]
    + [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40]
    + [54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65]
)


def _shot(yaw=0.0, pitch=0.0, roll=0.0, *, direction=(0.0, 0.0, 1.0), distance=2.0, torso=None):
    from gazeclass.simulation.scene import sample_shot

    d = np.asarray(direction, float)
    return replace(
        sample_shot(np.random.default_rng(0)),
        R_crop=rotation_from_angles_deg(yaw, pitch, roll),
        R_torso=rotation_from_angles_deg(*(torso or (0.4 * yaw, 0.3 * pitch, 0.2 * roll))),
        direction=d / np.linalg.norm(d),
        distance_m=distance,
        eyes_deg=np.zeros(2),
        margin=2.0,
        shift=np.zeros(2),
    )


def _placed(shot, neutral=None):
    from gazeclass.simulation.body import load_body
    from gazeclass.simulation.scene import place
    from gazeclass.simulation.truth import face_axes

    body = load_body()
    shape, joints = body.shape(np.full((1, len(body.phenotypes)), 0.5), None, None)
    return place(shot, shape[0], joints[0], face_axes(shape[0]), SIZE), shape[0]


POSES = st.tuples(st.floats(-95, 95), st.floats(-45, 45), st.floats(-30, 30))
RAYS = st.tuples(st.floats(-0.65, 0.65), st.floats(-0.4, 0.4))


@hypothesis_settings(max_examples=20)
@given(pose=POSES, ray=RAYS, distance=st.floats(0.6, 8.0))
def test_landmarks_agree_with_opencv(pose, ray, distance):
    from gazeclass.simulation.body import load_body
    from gazeclass.simulation.truth import LANDMARK_VERTICES

    placed, shape = _placed(_shot(*pose, direction=(*ray, 1.0), distance=distance))
    points = skinned(shape[LANDMARK_VERTICES], load_body().weights[LANDMARK_VERTICES], placed.groups)
    u, v = placed.window.centre
    f = SIZE / (2 * placed.window.half)
    K = np.array([[f, 0, SIZE / 2 - 0.5 - f * u], [0, f, SIZE / 2 - 0.5 - f * v], [0, 0, 1]])
    wanted, _ = cv2.projectPoints(points[:, None], np.zeros(3), np.zeros(3), K, np.zeros(5))
    np.testing.assert_allclose(placed.landmarks_px, np.asarray(wanted).reshape(-1, 2), atol=1e-6)


@hypothesis_settings(max_examples=20)
@given(pose=POSES, ray=RAYS)
def test_rotation_agrees_with_registration_of_the_landmarks(pose, ray):
    """Kabsch on the posed against the unposed rigid landmarks knows nothing of bones, rays or angles."""
    from gazeclass.simulation.body import load_body
    from gazeclass.simulation.truth import LANDMARK_VERTICES, zero_pose

    placed, shape = _placed(_shot(*pose, direction=(*ray, 1.0)))
    inner = LANDMARK_VERTICES[17:]
    posed = skinned(shape[inner], load_body().weights[inner], placed.groups)
    rest = shape[inner].astype(float)
    R_CA = nearest_rotation((posed - posed.mean(0)).T @ (rest - rest.mean(0)))
    R_ray = ray_rotation([*placed.window.centre, 1.0])
    assert geodesic_deg(R_ray @ placed.R_crop, R_CA @ REST_AXES @ zero_pose()) < 0.2
    assert geodesic_deg(R_ray @ placed.R_rig, R_CA @ REST_AXES) < 0.2


@hypothesis_settings(max_examples=20)
@given(pose=POSES, ray=RAYS)
def test_wanted_pose_is_reached(pose, ray):
    """What is asked for differs from the truth only by the angle between the ray to the face and to the canvas."""
    placed, _ = _placed(_shot(*pose, direction=(*ray, 1.0), distance=3.0))
    assert geodesic_deg(placed.R_crop, rotation_from_angles_deg(*pose)) < 2.0


def test_signs_are_those_of_the_method():
    straight = _placed(_shot())[0]
    centre = (straight.box_px[:2] + straight.box_px[2:]) / 2
    # Positive yaw: nose to the picture's left; positive pitch: nose up; positive roll: top of the head to the right.
    assert _placed(_shot(yaw=30))[0].nose_px[0] < centre[0] - 10
    assert _placed(_shot(pitch=30))[0].nose_px[1] < straight.nose_px[1] - 5
    brow, chin = (_placed(_shot(roll=20))[0].landmarks_px[k, 0] for k in (27, 8))
    assert brow > chin + 10
    assert straight.landmarks_px[36, 0] < straight.landmarks_px[45, 0]  # landmark 36 is on the picture's left
    np.testing.assert_allclose(angles_deg_from_rotation(straight.R_crop)[[0, 2]], 0.0, atol=1e-6)


@pytest.mark.parametrize("pose", [(40, 10, 15), (-75, -20, 8), (0, 25, -20)])
def test_mirrored_shot_gives_mirrored_truth(pose):
    yaw, pitch, roll = pose
    one = _placed(_shot(yaw, pitch, roll, direction=(0.4, 0.2, 1.0)))[0]
    two = _placed(_shot(-yaw, pitch, -roll, direction=(-0.4, 0.2, 1.0)))[0]
    D = np.diag([-1.0, 1.0, 1.0])
    assert geodesic_deg(D @ one.R_crop @ D, two.R_crop) < 0.3
    flipped = one.landmarks_px[MIRRORED].copy()
    flipped[:, 0] = SIZE - 1 - flipped[:, 0]
    # The landmarks' vertices are mirror images of each other within a few millimetres.
    assert np.abs(flipped - two.landmarks_px).max() < 3.0


def test_box_holds_the_face_and_half_of_the_canvas():
    placed = _placed(_shot())[0]
    x0, y0, x1, y1 = placed.box_px
    inside = (placed.landmarks_px >= [x0 - 2, y0 - 2]) & (placed.landmarks_px <= [x1 + 2, y1 + 2])
    assert inside.all()
    assert max(x1 - x0, y1 - y0) == pytest.approx(SIZE / 2, abs=1.0)


def test_neck_is_not_turned_past_its_limit_but_the_head_still_faces_as_asked():
    placed, _ = _placed(_shot(yaw=90, torso=(-90.0, 0.0, 0.0)))
    relative = placed.groups[0, :3, :3].T @ placed.groups[4, :3, :3]
    assert geodesic_deg(relative, np.eye(3)) == pytest.approx(70.0, abs=0.1)
    assert geodesic_deg(placed.R_crop, rotation_from_angles_deg(90, 0, 0)) < 2.0


def test_fov_is_the_angle_between_the_canvas_edges():
    window = Window((0.0, 0.0), np.tan(np.radians(10)))
    assert window.fov_deg() == pytest.approx(20.0)
    assert Window((0.6, 0.0), 0.1).fov_deg() < 2 * np.degrees(np.arctan(0.1))  # smaller off the axis


def test_eyes_turn_alone():
    from gazeclass.simulation.body import load_body

    _, joints = load_body().shape(np.full((1, 11), 0.5), None, None)
    groups = group_transforms(joints[0], exp_so3([0.0, 0.0, 0.3]), np.array([20.0, 10.0]))
    relative = groups[4, :3, :3].T @ groups[5, :3, :3]
    gaze = relative @ [0.0, -1.0, 0.0]  # straight ahead in the body's axes
    assert gaze[0] < -0.3  # to the person's right
    assert gaze[2] > 0.1  # up
    np.testing.assert_allclose(groups[5] @ [*joints[0][4], 1.0], groups[4] @ [*joints[0][4], 1.0])


def test_face_axes_of_the_mean_are_the_zero_pose(body):
    from gazeclass.simulation.truth import ZERO_PITCH_DEG, face_axes

    axes = face_axes(body.mean)
    # Unposed and upright before a camera, the mean head has the pitch that zero_pose was fixed to.
    upright = FACING @ REST_AXES.T
    np.testing.assert_allclose(angles_deg_from_rotation(upright @ axes), [0.0, ZERO_PITCH_DEG, 0.0], atol=1e-3)


def test_face_axes_turn_with_the_face(body):
    from gazeclass.simulation.truth import face_axes

    R = exp_so3([0.2, -0.1, 0.05])
    turned = (body.mean @ R.T).astype(np.float32)
    assert geodesic_deg(face_axes(turned), R @ face_axes(body.mean)) < 0.01


@pytest.mark.shared
def test_zero_pose_agrees_with_the_mean_scan(shared_data, body):
    """Rigid registration of the body's landmarks with the FaceKit's frontal mean face, whose files we only read."""
    from gazeclass.simulation.scans import ICT_LANDMARKS
    from gazeclass.simulation.truth import LANDMARK_VERTICES, ZERO_PITCH_DEG

    with np.load(shared_data / "assets" / "ict-facekit" / "ict.npz") as file:
        scan = file["base"][ICT_LANDMARKS].astype(float)
    head = body.mean[LANDMARK_VERTICES].astype(float) @ REST_AXES
    pitches = []
    for part in (slice(0, 68), slice(17, 68)):
        a, b = head[part], scan[part]
        R = nearest_rotation((a - a.mean(0)).T @ (b - b.mean(0)))  # from the scan's axes to the head's
        pitches.append(angles_deg_from_rotation(FACING @ R)[1])
    assert np.mean(pitches) == pytest.approx(ZERO_PITCH_DEG, abs=0.1)
