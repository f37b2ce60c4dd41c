"""A held or lying chessboard seen through the exact lens model, 36 rays a pixel; and where it is held."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gazeclass.errors import InputError
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import FACING, Array, exp_so3
from gazeclass.simulation.mesh import Floats
from gazeclass.simulation.room import Room
from gazeclass.simulation.room_drawing import Layer, shade, sub_samples

#: Inner corners along the long and the short side, side of a square, white border.
COLUMNS, ROWS, SQUARE_M, BORDER_M = 9, 6, 0.06, 0.06
#: Corner C_ij lies at (-i s, -j s, 0) of the board.
LOW: Array = np.array([-COLUMNS * SQUARE_M - BORDER_M, -ROWS * SQUARE_M - BORDER_M])
HIGH: Array = np.array([SQUARE_M + BORDER_M, SQUARE_M + BORDER_M])
CENTRE: Array = np.append((LOW + HIGH) / 2.0, 0.0)
_BLACK, _WHITE = 0.1, 0.86
_SAMPLES = 6
#: A board turned further from a camera than this is not found well.
_STEEPEST_DEG = 58.0


@dataclass(frozen=True, eq=False)
class Held:
    """One pose of the board: ``T_WB`` maps the board's corners to WCS; ``camera`` None for a view of both."""

    name: str
    T_WB: Transform
    camera: int | None = None


def inner_corners() -> dict[str, Array]:
    """The four outermost inner corners on the board, metres."""
    i, j = COLUMNS - 1, ROWS - 1
    points = {"C00": (0, 0), f"C{i}0": (i, 0), f"C0{j}": (0, j), f"C{i}{j}": (i, j)}
    return {name: np.array([-a * SQUARE_M, -b * SQUARE_M, 0.0]) for name, (a, b) in points.items()}


def outline(samples: int = 9) -> Array:
    """Points ``(n, 3)`` along the paper's edge."""
    t = np.linspace(0.0, 1.0, samples)
    x, y = LOW[0] + t * (HIGH - LOW)[0], LOW[1] + t * (HIGH - LOW)[1]
    edges = [(x, np.full_like(x, LOW[1])), (x, np.full_like(x, HIGH[1]))]
    edges += [(np.full_like(y, LOW[0]), y), (np.full_like(y, HIGH[0]), y)]
    return np.concatenate([np.stack([a, b, np.zeros_like(a)], axis=1) for a, b in edges])


def add_board(layer: Layer, T_WB: Transform, camera: CameraModel, T_WC: Transform, lens: Floats) -> Layer:
    """The layer with the board in it; what is nearer than the board hides it."""
    T_CB = T_WC.inverse() @ T_WB
    pixels = camera.project(T_CB.apply(outline()))
    if not np.isfinite(pixels).all():
        return layer
    x0, y0 = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - 2, 0)
    x1, y1 = np.ceil(pixels.max(axis=0)).astype(int) + 3
    x1, y1 = min(x1, camera.width_px), min(y1, camera.height_px)
    if x0 >= x1 or y0 >= y1:
        return layer
    part = (slice(y0, y1), slice(x0, x1))
    # Rays to board coordinates: with the normal r3 and the origin t, depth = r3·t / r3·n, and p_B = Rᵀ (depth n - t).
    R, t = T_CB.R, T_CB.t
    toward = -np.sign(R[:, 2] @ t) * T_WB.R[:, 2]
    light = shade(toward)
    ink = np.zeros(lens[part].shape[:2], np.float32)
    paper, depth_sum = np.zeros_like(ink), np.zeros_like(ink)
    for n in sub_samples(lens[part], _SAMPLES):
        x, y = n[..., 0], n[..., 1]
        depth = (R[:, 2] @ t) / (R[0, 2] * x + R[1, 2] * y + R[2, 2])
        a, b = (depth * (R[0, k] * x + R[1, k] * y + R[2, k]) - R[:, k] @ t for k in (0, 1))
        on = (a > LOW[0]) & (a < HIGH[0]) & (b > LOW[1]) & (b < HIGH[1]) & (depth > 0) & (depth < layer.depth_m[part])
        i, j = np.floor(-a / SQUARE_M).astype(int) + 1, np.floor(-b / SQUARE_M).astype(int) + 1
        dark = (i >= 0) & (i <= COLUMNS) & (j >= 0) & (j <= ROWS) & ((i + j) % 2 == 0)
        ink += on * np.where(dark, _BLACK, _WHITE)
        paper += on
        depth_sum += np.where(on, depth, 0.0)
    colour, depth_m = layer.colour.copy(), layer.depth_m.copy()
    share = paper / _SAMPLES**2
    colour[part] = colour[part] * (1.0 - share[..., None]) + (light * ink / _SAMPLES**2)[..., None]
    with np.errstate(invalid="ignore"):
        depth_m[part] = np.where(paper > 0, np.minimum(depth_sum / paper, depth_m[part]), depth_m[part])
    return Layer(np.clip(colour, 0.0, 1.0), depth_m)


def sample_pairs(rng: np.random.Generator, room: Room, count: int) -> list[Held]:
    """Boards that both cameras see whole, spread over what they share, tilted every way."""
    wide = room.board.width_m

    def one(k: int) -> Transform:
        third = k % 3
        middle = [
            wide * (0.28 + 0.22 * third) + rng.uniform(-0.25, 0.25),
            room.floor_y_m - rng.uniform(0.75, 2.0),
            rng.uniform(2.2, 3.3),
        ]
        return _held(rng, np.array(middle), FACING, 20.0, 16.0, 14.0)

    return [_accepted(one, k, room, (0, 1), f"pair_{k:02d}") for k in range(count)]


def sample_singles(rng: np.random.Generator, room: Room, camera: int, count: int) -> list[Held]:
    """Close views of one camera: the four corners of its picture, then its middle."""
    places = [(-0.30, -0.15), (0.30, -0.15), (0.30, 0.15), (-0.30, 0.15), (0.0, 0.0), (0.05, -0.03)]
    T_WC = room.T_WC[camera]

    def one(k: int) -> Transform:
        u, v = np.array(places[k % len(places)]) + rng.uniform(-0.05, 0.05, 2)
        depth = rng.uniform(1.25, 1.75) if k % len(places) < 4 else rng.uniform(0.85, 1.1)
        middle = T_WC.apply(np.array([u, v, 1.0]) * depth)
        return _held(rng, middle, T_WC.R @ FACING, 22.0, 22.0, 12.0)

    return [_accepted(one, k, room, (camera,), f"single_cam{camera}_{k}") for k in range(count)]


def _held(
    rng: np.random.Generator, middle: Array, R_upright: Array, tilt_x: float, tilt_y: float, roll: float
) -> Transform:
    """A board about a point in WCS, turned from upright; every board is tilted by some degrees at least."""
    angles = rng.uniform(0.35, 1.0, 2) * rng.choice([-1.0, 1.0], 2) * np.radians([tilt_x, tilt_y])
    turn = exp_so3([angles[0], angles[1], 0.0]) @ exp_so3([0.0, 0.0, np.radians(rng.uniform(-roll, roll))])
    R_WB = R_upright @ turn
    return Transform(R_WB, middle - R_WB @ CENTRE)


def _accepted(one: Callable[[int], Transform], k: int, room: Room, cameras: tuple[int, ...], name: str) -> Held:
    """The first of the drawn poses that all the cameras see whole and not too steeply."""
    for _ in range(2000):
        T_WB = one(k)
        if all(_seen(T_WB, room.cameras[c], room.T_WC[c]) for c in cameras):
            return Held(name, T_WB, cameras[0] if len(cameras) == 1 else None)
    raise InputError("no place was found where the cameras see a whole chessboard", todo="Try another seed.")


def _seen(T_WB: Transform, camera: CameraModel, T_WC: Transform) -> bool:
    T_CB = T_WC.inverse() @ T_WB
    edge = T_CB.apply(outline())
    # Beyond this the lens polynomial folds back.
    if edge[:, 2].min() < 0.3 or np.abs(edge[:, :2] / edge[:, 2:]).max() > 0.9:
        return False
    pixels = camera.project(edge)
    margin = 0.005 * camera.width_px
    inside = (pixels > margin).all() and (pixels < np.array(camera.size_px) - 1 - margin).all()
    middle = T_CB.apply(CENTRE)
    cosine = -(T_CB.R[:, 2] @ middle) / np.linalg.norm(middle)
    return bool(inside and cosine > np.cos(np.radians(_STEEPEST_DEG)))
