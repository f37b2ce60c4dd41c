"""One shot of a head: which way it faces, where the camera is, how it is lit."""

from dataclasses import dataclass

import numpy as np

from gazeclass.geometry.camera import ray_rotation
from gazeclass.geometry.rotation import Array, exp_so3, log_so3, rotation_from_angles_deg
from gazeclass.simulation.body import load_body
from gazeclass.simulation.drawing import Lighting, Window
from gazeclass.simulation.mesh import Floats
from gazeclass.simulation.posing import REST_AXES, group_transforms, skinned
from gazeclass.simulation.truth import LANDMARK_VERTICES, NOSE_VERTEX, face_vertices

#: The largest turn of a head against its torso, degrees.
_NECK_LIMIT_DEG = 70.0


@dataclass(frozen=True, eq=False)
class Shot:
    """Everything about a picture but the person.

    Attributes:
        R_crop: ``(3, 3)`` wanted head rotation against the ray through the head (the truth is computed, not this).
        R_torso: ``(3, 3)`` torso against the same ray, head-frame axes.
        direction: ray to the head in camera axes.  distance_m: along it.
        eyes_deg: (right, up) gaze against the head.
        expression: ``(52,)``.
        margin: canvas side over face box side.  shift: canvas centre off the box centre, in box sides.
        hand_seed: of a hand held before the face, -1 for none.
    """

    R_crop: Array
    R_torso: Array
    direction: Array
    distance_m: float
    eyes_deg: Array
    expression: Array
    margin: float
    shift: Array
    lighting: Lighting
    hand_seed: int = -1


@dataclass(frozen=True, eq=False)
class Placed:
    """A shot worked out for one person's shape: transforms to camera axes, window and truth.

    ``R_crop`` is the rotation of the face, ``R_rig`` that of the head bone (lesson_a's truth), both against the ray
    through the canvas's centre.
    """

    groups: Array
    window: Window
    R_crop: Array
    R_rig: Array
    landmarks_px: Array
    box_px: Array
    nose_px: Array
    distance_m: float


def sample_shot(rng: np.random.Generator) -> Shot:
    """A shot; yaw is uniform over ±99°, pitch and roll mostly small but reaching ±50° and ±35°."""
    yaw = rng.uniform(-99.0, 99.0)
    pitch = float(np.clip(rng.normal(-2.0, 17.0), -50, 50)) if rng.random() < 0.7 else rng.uniform(-50.0, 50.0)
    roll = float(np.clip(rng.normal(0.0, 9.0), -35, 35)) if rng.random() < 0.7 else rng.uniform(-35.0, 35.0)
    turn = float(np.clip(rng.normal(0.0, 26.0), -60.0, 60.0))
    R_head = rotation_from_angles_deg(yaw, pitch, roll)
    R_torso = rotation_from_angles_deg(
        yaw - turn, pitch * rng.uniform(0.0, 0.7) + rng.normal(0.0, 6.0), roll * rng.uniform(0.0, 0.7)
    )
    distance = 0.55 * (7.0 / 0.55) ** rng.random()
    angles = np.radians([rng.uniform(-34.0, 34.0), rng.uniform(-22.0, 22.0)])
    if rng.random() < 0.3:
        angles *= 0.2
    direction = np.array([np.tan(angles[0]), np.tan(angles[1]), 1.0])
    return Shot(
        R_crop=R_head,
        R_torso=R_torso,
        direction=direction / np.linalg.norm(direction),
        distance_m=distance,
        eyes_deg=np.clip(rng.normal(0.0, [9.0, 6.0]) if rng.random() < 0.6 else np.zeros(2), [-28, -18], [28, 18]),
        expression=sample_expression(rng),
        margin=float(rng.uniform(1.9, 2.15)),
        shift=rng.normal(0.0, 0.03, 2),
        lighting=sample_lighting(rng),
        hand_seed=int(rng.integers(2**31)) if rng.random() < 0.06 else -1,
    )


def sample_expression(rng: np.random.Generator) -> Array:
    """Facial actions in [0, 1]: often neutral, else a smile, talk, raised brows, squint or closed eyes."""
    names = load_body().expressions
    value = dict.fromkeys(names, 0.0)

    def both(name: str, amount: float) -> None:
        for side in ("Left", "Right"):
            value[name + side] = float(np.clip(amount + rng.normal(0.0, 0.05), 0.0, 1.0)) if amount > 0 else 0.0

    both("eyeBlink", float(np.clip(rng.normal(0.08, 0.1), 0.0, 0.4)))
    if rng.random() < 0.08:
        both("eyeBlink", rng.uniform(0.6, 1.0))
    if rng.random() < 0.35:
        both("mouthSmile", rng.uniform(0.1, 0.9))
        both("cheekSquint", rng.uniform(0.0, 0.5))
    if rng.random() < 0.3:
        value["jawOpen"] = float(rng.beta(1.2, 3.0)) * 0.7
    for name, odds, top in (
        ("browDown", 0.15, 0.7),
        ("browOuterUp", 0.15, 0.7),
        ("eyeSquint", 0.15, 0.6),
        ("eyeWide", 0.08, 0.6),
        ("mouthFrown", 0.12, 0.7),
        ("mouthPress", 0.1, 0.6),
        ("mouthStretch", 0.06, 0.5),
        ("mouthUpperUp", 0.06, 0.5),
        ("noseSneer", 0.06, 0.4),
    ):
        if rng.random() < odds:
            both(name, rng.uniform(0.1, top))
    for name, odds, top in (
        ("browInnerUp", 0.2, 0.7),
        ("mouthPucker", 0.06, 0.7),
        ("mouthFunnel", 0.05, 0.5),
        ("mouthLeft", 0.05, 0.4),
        ("mouthRight", 0.05, 0.4),
        ("cheekPuff", 0.03, 0.6),
    ):
        if rng.random() < odds:
            value[name] = float(rng.uniform(0.1, top))
    return np.array([value[name] for name in names])


def sample_lighting(rng: np.random.Generator) -> Lighting:
    """A key light from anywhere before or beside the head, two weaker ones, and ambient light from above."""
    directions = rng.normal(size=(3, 3))
    directions[0] = [rng.normal(0.0, 1.0), rng.normal(-0.7, 0.6), rng.normal(-0.9, 0.5)]
    directions[1, 1] -= 0.5
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    warmth = rng.normal(0.0, 0.13, 3)
    colours = np.exp(warmth[:, None] * np.array([1.0, 0.1, -1.0]))
    if rng.random() < 0.08:
        colours[1] = rng.uniform(0.2, 1.2, 3)
    key = rng.uniform(0.3, 1.2)
    colours *= np.array([key, key * rng.uniform(0.0, 0.7), key * rng.uniform(0.0, 0.5)])[:, None]
    ambient = rng.uniform(0.15, 0.55)
    tone = np.exp(rng.normal(0.0, 0.1) * np.array([1.0, 0.0, -1.0]))
    shadow = float(rng.uniform(0.4, 1.0)) if rng.random() < 0.6 else 0.0
    sky = ambient * tone * rng.uniform(0.8, 1.3)
    ground = ambient * tone * rng.uniform(0.3, 0.9)
    return Lighting(directions, colours, sky, ground, np.array([0.0, -1.0, 0.0]), shadow)


def place(shot: Shot, vertices: Floats, joints: Floats, axes: Array, size_px: int) -> Placed:
    """Pose a shape ``(V, 3)`` for a shot; the truth comes out of the transforms that are drawn.

    Args:
        shot: what is wanted.
        vertices, joints: one person's unposed shape and joints.
        axes: ``(3, 3)`` that person's :func:`gazeclass.simulation.truth.face_axes`.
        size_px: side of the canvas.
    """
    body = load_body()
    R_ray = ray_rotation(shot.direction)
    R_CH = R_ray @ shot.R_crop @ axes.T
    R_CT = R_ray @ shot.R_torso @ REST_AXES.T
    turn = log_so3(R_CT.T @ R_CH)
    angle = np.degrees(np.linalg.norm(turn))
    if angle > _NECK_LIMIT_DEG:
        turn *= _NECK_LIMIT_DEG / angle
        R_CT = R_CH @ exp_so3(turn).T
    local = group_transforms(joints, exp_so3(turn), shot.eyes_deg)
    face = face_vertices()
    points = skinned(vertices[face], body.weights[face], local)
    anchor = points.mean(axis=0)
    to_camera = np.eye(4)
    to_camera[:3, :3] = R_CT
    to_camera[:3, 3] = shot.distance_m * shot.direction - R_CT @ anchor
    groups = to_camera @ local
    return _measure(groups, vertices, axes, shot, size_px)


def _measure(groups: Array, vertices: Floats, axes: Array, shot: Shot, size_px: int) -> Placed:
    body = load_body()
    face = face_vertices()
    points_C = skinned(vertices[face], body.weights[face], groups)
    n = points_C[:, :2] / points_C[:, 2:]
    low, high = n.min(axis=0), n.max(axis=0)
    side = float((high - low).max())
    centre = (low + high) / 2.0 + shot.shift * side
    window = Window((float(centre[0]), float(centre[1])), shot.margin * side / 2.0)
    R_back = ray_rotation([*centre, 1.0]).T
    marks = skinned(vertices[LANDMARK_VERTICES], body.weights[LANDMARK_VERTICES], groups)
    nose = skinned(vertices[[NOSE_VERTEX]], body.weights[[NOSE_VERTEX]], groups)
    box = window.pixels(points_C, size_px)
    return Placed(
        groups=groups,
        window=window,
        R_crop=R_back @ groups[4, :3, :3] @ axes,
        R_rig=R_back @ groups[4, :3, :3] @ REST_AXES,
        landmarks_px=window.pixels(marks, size_px),
        box_px=np.concatenate([box.min(axis=0), box.max(axis=0)]),
        nose_px=window.pixels(nose, size_px)[0],
        distance_m=float(points_C[:, 2].mean()),
    )
