"""Glasses, masks, caps, head scarves, beards and hands: meshes of our own on any head."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gazeclass.geometry.rotation import Array, exp_so3
from gazeclass.simulation.body import GROUPS, load_body
from gazeclass.simulation.drawing import Material, Part
from gazeclass.simulation.mesh import Floats, Ints, NormalOperator
from gazeclass.simulation.people import Person
from gazeclass.simulation.regions import VARIANTS
from gazeclass.simulation.shells import shell
from gazeclass.simulation.truth import LANDMARK_VERTICES

_HEAD_GROUP = GROUPS.index("head")


def wear(person: Person, vertices: Floats, joints: Floats) -> list[Part]:
    """Everything a person wears on the head, on one unposed shape ``(V, 3)`` with joints ``(6, 3)``."""
    rng = np.random.default_rng(person.wear_seed)
    parts: list[Part] = []
    if person.beard:
        lift = rng.uniform(0.002, 0.011)
        parts.append(_draped("beard", rng, vertices, lift, int(rng.integers(0, 3)), person.hair, 0.55))
    if person.headwear in ("beanie", "cap"):
        colour = _cloth_colour(rng)
        parts.append(_draped("beanie", rng, vertices, rng.uniform(0.008, 0.022), 6, colour, 0.15))
        if person.headwear == "cap":
            parts.append(_visor(rng, vertices, colour))
    elif person.headwear in ("scarf", "hood"):
        lift = rng.uniform(0.006, 0.012) if person.headwear == "scarf" else rng.uniform(0.012, 0.03)
        parts.append(_draped(person.headwear, rng, vertices, lift, 14, _cloth_colour(rng), 0.12))
    if person.mask:
        white = rng.random() < 0.6
        colour = np.array([0.78, 0.87, 0.93]) * rng.uniform(0.8, 1.05) if white else _cloth_colour(rng)
        parts.append(_draped("mask", rng, vertices, rng.uniform(0.003, 0.007), 12, np.clip(colour, 0, 1), 0.06))
        parts += _mask_loops(vertices)
    if person.glasses:
        parts += _glasses(rng, vertices, joints)
    return parts


def _cloth_colour(rng: np.random.Generator) -> Array:
    grey = rng.uniform(0.04, 0.95)
    return np.clip(grey + rng.normal(0.0, 0.18, 3), 0.02, 1.0)


def _draped(
    name: str, rng: np.random.Generator, vertices: Floats, lift: float, taut: int, colour: Array, grain: float
) -> Part:
    form = shell(name, int(rng.integers(VARIANTS)))
    placed = form.drape(vertices, lift, taut)
    colours = np.tile(np.asarray(colour, np.float32), (len(placed), 1))
    material = Material(wrap=0.15, shine=0.02, gloss=8.0, grain=grain, grain_scale=900.0)
    return Part(placed, form.normals(placed), form.weights, form.triangles, material, colours)


def _rigid(vertices: Array, triangles: Ints, colour: Array, material: Material, group: int = _HEAD_GROUP) -> Part:
    v = np.asarray(vertices, np.float32)
    weights = np.zeros((len(v), len(GROUPS)), np.float32)
    weights[:, group] = 1.0
    normals = NormalOperator(triangles, np.arange(len(v), dtype=np.int32))(v)
    return Part(v, normals, weights, triangles, material, np.tile(np.asarray(colour, np.float32), (len(v), 1)))


def tube(line: Array, radius_m: float, *, closed: bool = False, sides: int = 6) -> tuple[Array, Ints]:
    """A round bar along a polyline ``(n, 3)``: vertices ``(n·sides, 3)`` and triangles."""
    n = len(line)
    ahead = np.roll(line, -1, axis=0) - np.roll(line, 1, axis=0)
    if not closed:
        ahead[0], ahead[-1] = line[1] - line[0], line[-1] - line[-2]
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True) + 1e-12
    helper = np.where(np.abs(ahead[:, 1:2]) < 0.9, [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]])
    a = np.cross(ahead, helper)
    a /= np.linalg.norm(a, axis=1, keepdims=True) + 1e-12
    b = np.cross(ahead, a)
    turn = np.linspace(0.0, 2 * np.pi, sides, endpoint=False)
    ring = a[:, None] * np.cos(turn)[None, :, None] + b[:, None] * np.sin(turn)[None, :, None]
    vertices = (line[:, None] + radius_m * ring).reshape(-1, 3)
    i = np.arange(n if closed else n - 1)[:, None]
    k = np.arange(sides)[None]
    j, k1 = (i + 1) % n, (k + 1) % sides
    p, q, r, s = (
        w.reshape(-1) for w in np.broadcast_arrays(i * sides + k, j * sides + k, j * sides + k1, i * sides + k1)
    )
    triangles = np.concatenate([np.stack([p, q, r], 1), np.stack([p, r, s], 1)])
    return vertices, triangles.astype(np.int32)


def _glasses(rng: np.random.Generator, vertices: Floats, joints: Floats) -> list[Part]:
    marks = vertices[LANDMARK_VERTICES].astype(float)
    eyes = joints[[5 - 1, 6 - 1]].astype(float)  # eye.L, eye.R
    spread = abs(eyes[0, 0] - eyes[1, 0])
    rx, power = spread * rng.uniform(0.36, 0.46), rng.uniform(2.0, 4.5)
    ry = rx * rng.uniform(0.6, 1.0)
    radius = rng.choice([0.0007, 0.0012, 0.002, 0.003])
    front = min(marks[17:27, 1].min(), marks[27, 1]) - rng.uniform(0.001, 0.007)
    drop = rng.uniform(0.0, 0.006)
    colour = _cloth_colour(rng) * (0.25 if rng.random() < 0.6 else 1.0)
    frame = Material(shine=0.3, gloss=40.0)
    sun = rng.random() < 0.15
    glass = np.array([[[20, 20, 25, int(rng.uniform(170, 235)) if sun else int(rng.uniform(8, 40))]]], np.uint8)
    lens = Material(texture=glass, key=f"lens{glass[0, 0, 3]}", shine=0.7, gloss=120.0, blended=True, cut=1.1)
    parts = []
    angle = np.linspace(0.0, 2 * np.pi, 28, endpoint=False)
    c, s = np.cos(angle), np.sin(angle)
    outline = np.stack([np.sign(c) * np.abs(c) ** (2 / power) * rx, np.sign(s) * np.abs(s) ** (2 / power) * ry], axis=1)
    for eye, side in ((eyes[0], 1.0), (eyes[1], -1.0)):
        ring = np.stack(
            [
                eye[0] + outline[:, 0],
                front + 0.25 * np.maximum(side * outline[:, 0], 0.0),
                eye[2] - drop + outline[:, 1],
            ],
            1,
        )
        parts.append(_rigid(*tube(ring, radius, closed=True), colour, frame))
        disc = np.concatenate([ring.mean(axis=0, keepdims=True), ring])
        n = len(ring)
        fan = np.stack([np.zeros(n), 1 + np.arange(n), 1 + (np.arange(n) + 1) % n], axis=1).astype(np.int32)
        parts.append(_rigid(disc, fan, np.ones(3), lens))
        outer = np.array([eye[0] + side * rx, front + 0.25 * rx, eye[2] - drop + 0.3 * ry])
        ear = np.array([marks[0 if side < 0 else 16, 0] + side * 0.004, marks[0, 1] + 0.012, eye[2] + 0.002])
        hook = ear + [-side * 0.002, 0.016, -0.018]
        parts.append(
            _rigid(*tube(np.stack([outer, (outer + ear) / 2 + [side * 0.003, 0, 0], ear, hook]), radius), colour, frame)
        )
    bridge = np.stack(
        [[x, front - 0.002, eyes[0, 2] - drop + 0.25 * ry] for x in np.linspace(-1, 1, 5) * (spread / 2 - rx)]
    )
    bridge[1:-1, 2] += 0.003
    parts.append(_rigid(*tube(bridge, radius), colour, frame))
    return parts


def _mask_loops(vertices: Floats) -> list[Part]:
    marks = vertices[LANDMARK_VERTICES].astype(float)
    parts = []
    for cheek, jaw, ear, side in ((2, 4, 0, -1.0), (14, 12, 16, 1.0)):
        back = marks[ear] + [side * 0.004, 0.022, -0.01]
        for start in (marks[cheek], marks[jaw]):
            line = np.stack([start + [side * 0.003, 0, 0], (start + back) / 2 + [side * 0.005, 0, 0], back])
            parts.append(_rigid(*tube(line, 0.0011), np.array([0.9, 0.9, 0.9]), Material()))
    return parts


def _visor(rng: np.random.Generator, vertices: Floats, colour: Array) -> Part:
    marks = vertices[LANDMARK_VERTICES].astype(float)
    centre = np.array([0.0, marks[0, 1] - 0.01, marks[17:27, 2].mean() + rng.uniform(0.022, 0.034)])
    depth = abs(marks[27, 1] - centre[1]) + 0.012
    width = abs(marks[16, 0]) * 1.02
    reach, sink = rng.uniform(0.045, 0.075), rng.uniform(0.0, 0.03)
    angle = np.linspace(np.radians(-62), np.radians(62), 17)
    back = rng.random() < 0.12  # worn the wrong way round
    rows = []
    for t in np.linspace(0.0, 1.0, 4):
        grow = 1.0 + t * reach / depth * np.cos(angle) ** 0.7
        x, y = width * np.sin(angle) * (1 + 0.1 * t), -depth * np.cos(angle) * grow
        z = -sink * t * np.cos(angle) - 0.012 * np.sin(angle) ** 2
        rows.append(np.stack([x, y * (-1.15 if back else 1.0), z], axis=1))
    grid = np.concatenate(rows) + centre
    m = len(angle)
    i = (np.arange(3)[:, None] * m + np.arange(m - 1)[None]).reshape(-1)
    triangles = np.concatenate([np.stack([i, i + 1, i + m + 1], 1), np.stack([i, i + m + 1, i + m], 1)]).astype(
        np.int32
    )
    return _rigid(grid, triangles, colour, Material(grain=0.1, grain_scale=900.0))


@lru_cache(maxsize=1)
def _hand() -> tuple[Ints, Ints, dict[str, Ints]]:
    """Vertices and triangles of the left hand, and body vertices around four of its joints."""
    body = load_body()
    vertices, local = np.unique(body.hand_triangles, return_inverse=True)
    return vertices, local.reshape(-1, 3).astype(np.int32), body.hand_joints


def hand(seed: int, person: Person, vertices: Floats) -> Part:
    """A hand before or beside the face, as when someone props the chin, rubs an eye or covers the mouth."""
    rng = np.random.default_rng(seed)
    index, triangles, joints = _hand()
    at = {name: vertices[v].mean(axis=0).astype(float) for name, v in joints.items()}
    shape = vertices[index].astype(float)
    fingers = _unit(at["middle"] - at["wrist"])
    across = _unit(at["index"] - at["little"])
    across = _unit(across - (across @ fingers) * fingers)
    palm = np.cross(fingers, across)  # left hand, fingers up, thumb to the person's right: out of the palm
    own = np.stack([fingers, across, palm], axis=1)
    mirror = rng.random() < 0.5
    tilt = np.radians(rng.normal(20.0, 25.0))
    side = 1.0
    up = np.array([-side * np.sin(tilt), 0.0, np.cos(tilt)])
    to_face = _unit(np.array([rng.normal(0.0, 0.3), 1.0, rng.normal(0.0, 0.25)]))
    up = _unit(up - (up @ to_face) * to_face)
    wanted = np.stack([up, np.cross(to_face, up), to_face], axis=1)
    R = wanted @ own.T @ exp_so3(rng.normal(0.0, 0.1, 3))
    centre = (at["wrist"] + at["middle"]) / 2
    marks = vertices[LANDMARK_VERTICES].astype(float)
    spots = (marks[8], marks[57], (marks[12] + marks[54]) / 2, marks[42:48].mean(axis=0), marks[14], marks[33])
    spot = spots[rng.choice(len(spots), p=[0.3, 0.2, 0.2, 0.1, 0.15, 0.05])]
    target = spot + [rng.normal(0.0, 0.012), 0.0, rng.normal(-0.015, 0.015)]
    target[1] = min(target[1], spot[1]) - rng.uniform(0.02, 0.045)
    placed = (shape - centre) @ R.T + target
    if mirror:
        placed[:, 0] *= -1.0
    material = Material(wrap=0.25, shine=person.shine, gloss=18.0, grain=0.08, grain_scale=450.0)
    return _rigid(placed, triangles, np.clip(person.skin, 0.03, 1.0), material)


def _unit(v: NDArray[np.float64]) -> Array:
    return v / np.linalg.norm(v)
