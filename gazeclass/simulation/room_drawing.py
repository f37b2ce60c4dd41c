"""The empty room as a camera sees it: every sample's ray is cast through the exact lens model onto boxes and walls."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from scipy.interpolate import RectBivariateSpline

from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import Array
from gazeclass.simulation.mesh import Floats
from gazeclass.simulation.room import Box, Room

#: Light of the room, WCS: directions towards the light, linear strength, and what comes from everywhere.
LIGHT_DIRECTIONS: Array = np.array([[-0.55, -0.7, -0.45], [0.6, -0.55, -0.58], [0.0, -0.45, -0.89]])
LIGHT_STRENGTHS: Array = np.array([0.5, 0.28, 0.2])
AMBIENT = 0.34


@dataclass(frozen=True, eq=False)
class Layer:
    """A picture with depth: colour ``(H, W, 3)`` B, G, R in [0, 1], depth ``(H, W)`` metres along the optical axis."""

    colour: Floats
    depth_m: Floats


def lens_map(camera: CameraModel) -> Floats:
    """Normalised image coordinates ``(H, W, 2)`` of every pixel's centre.

    Exact at every eighth pixel, cubic splines between (they are good to 1e-5 pixels, the lens being smooth).
    """
    w, h = camera.size_px
    x, y = np.linspace(-1.0, w, w // 8 + 2), np.linspace(-1.0, h, h // 8 + 2)
    nodes = camera.undistort(np.stack(np.meshgrid(x, y), axis=-1))
    splines = [RectBivariateSpline(y, x, nodes[..., k], s=0) for k in (0, 1)]
    return np.stack([spline(np.arange(h), np.arange(w)) for spline in splines], axis=-1).astype(np.float32)


def sub_samples(lens: Floats, per_side: int) -> Iterable[Floats]:
    """Normalised coordinates of ``per_side²`` samples spread over every pixel, one map ``(H, W, 2)`` at a time.

    Within a pixel the lens map is taken as linear; what that leaves out is below 1e-4 pixels.
    """
    dv, du = np.gradient(lens, axis=(0, 1))
    steps = (np.arange(per_side) + 0.5) / per_side - 0.5
    for a in steps:
        for b in steps:
            yield (lens + a * du + b * dv).astype(np.float32)


def draw_room(
    room: Room, boxes: Iterable[Box], camera: CameraModel, T_WC: Transform, lens: Floats, per_side: int = 2
) -> Layer:
    """The room's walls and the given boxes, ``per_side²`` samples a pixel."""
    boxes = list(boxes)
    total = np.zeros((*lens.shape[:2], 3), np.float32)
    nearest = np.full(lens.shape[:2], np.inf, np.float32)
    windows = [_window(box, camera, T_WC) for box in boxes]
    for n in sub_samples(lens, per_side):
        rays = (np.concatenate([n, np.ones_like(n[..., :1])], axis=-1) @ T_WC.R.T.astype(np.float32)).astype(np.float32)
        colour, depth = _walls(room, rays, T_WC.t)
        for box, window in zip(boxes, windows, strict=True):
            if window is not None:
                _add_box(box, rays[window], T_WC.t, colour[window], depth[window])
        total += colour
        np.minimum(nearest, depth, out=nearest)
    return Layer(np.clip(total / per_side**2, 0.0, 1.0), nearest)


def shade(normal: Array) -> float:
    """Brightness, in the square-root coding of the pictures, of a matt white surface."""
    lit = np.clip(LIGHT_DIRECTIONS @ normal, 0.0, None) / np.linalg.norm(LIGHT_DIRECTIONS, axis=1)
    return float(np.sqrt(AMBIENT + LIGHT_STRENGTHS @ lit))


def _mottle(a: Floats, b: Floats) -> Floats:
    """Smooth noise with mean 0 over a surface's own coordinates, metres."""
    picture = _noise_picture()
    side = picture.shape[0] - 1
    # In rows of a thousand: OpenCV's remap takes no picture wider than 32767.
    count = -(-len(a) // 1024) * 1024
    uv = np.zeros((2, count), np.float32)
    uv[0, : len(a)], uv[1, : len(a)] = np.mod(a * 60.0, side), np.mod(b * 60.0, side)
    out = np.empty(count, np.float32)
    for k in range(0, count, 1024 * 16384):
        u, v = uv[:, k : k + 1024 * 16384].reshape(2, -1, 1024)
        out[k : k + 1024 * 16384] = cv2.remap(picture, u, v, cv2.INTER_LINEAR).reshape(-1)
    return out[: len(a)]


@lru_cache(maxsize=1)
def _noise_picture() -> Floats:
    rng = np.random.default_rng(7)
    fine = rng.standard_normal((256, 256)).astype(np.float32)
    coarse = cv2.resize(rng.standard_normal((32, 32)).astype(np.float32), (256, 256), interpolation=cv2.INTER_CUBIC)
    return 0.5 * fine + 0.7 * coarse


def _walls(room: Room, rays: Floats, eye: Array) -> tuple[Floats, Floats]:
    """Colour and depth of the inside of the room."""
    low, high = room.inside
    with np.errstate(divide="ignore", invalid="ignore"):
        leave = np.where(rays > 0, (high - eye) / rays, (low - eye) / rays).astype(np.float32)
    leave[rays == 0] = np.inf  # along a wall, never through it
    axis = leave.argmin(axis=-1)
    depth = np.take_along_axis(leave, axis[..., None], axis=-1)[..., 0]
    hit = eye.astype(np.float32) + depth[..., None] * rays
    colour = np.empty_like(rays)
    for k, (a, b) in enumerate(((1, 2), (0, 2), (0, 1))):
        for sign in (-1, 1):
            on = (axis == k) & ((rays[..., k] > 0) == (sign > 0))
            if not on.any():
                continue
            normal = np.zeros(3)
            normal[k] = -sign
            p = hit[on]
            base = np.array(_WALL_COLOURS[(k, sign)], np.float32) * shade(normal)
            value = 1.0 + 0.008 * _mottle(p[:, a], p[:, b])
            if (k, sign) == (1, 1):  # tiles of the floor
                lines = (np.mod(p[:, 0], 0.6) < 0.012) | (np.mod(p[:, 2], 0.6) < 0.012)
                value = value * np.where(lines, 0.8, 1.0)
            colour[on] = base * value[:, None]
    return colour, depth


_WALL_COLOURS = {
    (0, -1): (0.82, 0.8, 0.79),
    (0, 1): (0.84, 0.8, 0.77),
    (1, -1): (0.9, 0.9, 0.9),
    (1, 1): (0.45, 0.5, 0.54),
    (2, -1): (0.7, 0.72, 0.72),
    (2, 1): (0.76, 0.8, 0.81),
}


def _window(box: Box, camera: CameraModel, T_WC: Transform) -> tuple[slice, slice] | None:
    """The part of the picture that a box can cover; None where it is out of sight."""
    low, high = np.array(box.low), np.array(box.high)
    corners = np.array(
        [[(low, high)[i][0], (low, high)[j][1], (low, high)[k][2]] for i in (0, 1) for j in (0, 1) for k in (0, 1)]
    )
    points = T_WC.inverse().apply(corners)
    if points[:, 2].max() < 0.1:
        return None
    n = points[:, :2] / np.maximum(points[:, 2:], 0.1)
    # Far outside the picture the lens polynomial means nothing: stay within what it was made for.
    pixels = camera.distort(np.clip(n, -0.9, 0.9))
    margin = 4 + int(0.004 * camera.width_px)
    x0, y0 = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - margin, 0)
    x1, y1 = np.ceil(pixels.max(axis=0)).astype(int) + margin
    x1, y1 = min(x1, camera.width_px), min(y1, camera.height_px)
    return (slice(y0, y1), slice(x0, x1)) if x0 < x1 and y0 < y1 else None


def _add_box(box: Box, rays: Floats, eye: Array, colour: Floats, depth: Floats) -> None:
    """Draw a box over colour and depth in place (slab method)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        a = (np.array(box.low) - eye).astype(np.float32) / rays
        b = (np.array(box.high) - eye).astype(np.float32) / rays
    enter = np.minimum(a, b)
    near, far = enter.max(axis=-1), np.maximum(a, b).min(axis=-1)
    hit = (near <= far) & (near > 0.05) & (near < depth)
    if not hit.any():
        return
    t, r = near[hit], rays[hit]
    axis = enter[hit].argmax(axis=-1)
    p = eye.astype(np.float32) + t[:, None] * r
    out = np.empty_like(r)
    for k, (u, v) in enumerate(((1, 2), (0, 2), (0, 1))):
        for sign in (-1, 1):
            on = (axis == k) & ((r[:, k] < 0) == (sign > 0))
            if on.any():
                normal = np.zeros(3)
                normal[k] = sign
                value = shade(normal) * (1.0 + box.grain * _mottle(p[on][:, u], p[on][:, v]))
                out[on] = np.array(box.colour, np.float32) * value[:, None]
    colour[hit] = out
    depth[hit] = t
