"""People into a picture: drawn as square tiles at the right perspective, bent through the lens, pasted by depth."""

from dataclasses import dataclass

import cv2
import numpy as np

from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import Array
from gazeclass.simulation.body import load_body
from gazeclass.simulation.drawing import Drawing, Lighting, Part, Window
from gazeclass.simulation.mesh import Floats
from gazeclass.simulation.posing import skinned
from gazeclass.simulation.renderer import Renderer
from gazeclass.simulation.room_drawing import AMBIENT, LIGHT_DIRECTIONS, LIGHT_STRENGTHS, Layer, lens_map

#: Two surfaces nearer to each other than this are one: what moves was drawn into what is still, a ring wide.
_SAME_M = 0.004
#: What someone drawn may reach before and behind the middle of what is drawn, along the optical axis.
_DEPTH_M = 1.2


@dataclass(frozen=True, eq=False)
class View:
    """One camera and what drawing for it needs.

    Attributes:
        T_CW: WCS to its axes.  lens: normalised image coordinates ``(H, W, 2)`` of its pixels.
        lighting: the room's light in its axes.
        limits: ``(2, 2)`` smallest and largest normalised coordinates in its picture.
    """

    camera: CameraModel
    T_CW: Transform
    lens: Floats
    lighting: Lighting
    limits: Array


def make_view(camera: CameraModel, T_WC: Transform) -> View:
    """A view of a camera that stands at ``T_WC``."""
    lens = lens_map(camera)
    limits = np.stack([lens.min(axis=(0, 1)), lens.max(axis=(0, 1))]).astype(float)
    return View(camera, T_WC.inverse(), lens, light_of(T_WC.R.T), limits)


def light_of(R_CW: Array) -> Lighting:
    """The room's light in camera axes, slightly warm from the windows."""
    directions = LIGHT_DIRECTIONS / np.linalg.norm(LIGHT_DIRECTIONS, axis=1, keepdims=True)
    colours = LIGHT_STRENGTHS[:, None] * np.array([[1.04, 1.0, 0.95], [1.0, 1.0, 1.0], [1.0, 1.0, 1.02]])
    return Lighting(
        directions=directions @ R_CW.T,
        colours=colours,
        sky=np.full(3, 1.15 * AMBIENT),
        ground=np.full(3, 0.75 * AMBIENT),
        up=R_CW @ np.array([0.0, -1.0, 0.0]),
    )


def drawing_of(parts: list[Part], groups_W: Array, view: View) -> Drawing | None:
    """What to draw of someone; None where that is out of the picture."""
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = view.T_CW.R, view.T_CW.t
    groups = T @ groups_W
    # Every third vertex bounds the window well enough with a margin; a body has tens of thousands.
    points = np.concatenate([skinned(p.vertices[::3], _seven(p.weights[::3]), groups) for p in parts])
    if points[:, 2].min() < 0.3:
        return None
    n = points[:, :2] / points[:, 2:]
    low, high = n.min(axis=0), n.max(axis=0)
    half = float((high - low).max()) / 2.0 * 1.03 + 0.002
    centre = (low + high) / 2.0
    nearest = np.clip(centre, *view.limits)
    if np.abs(nearest - centre).max() > half:
        return None
    window = Window((float(centre[0]), float(centre[1])), half)
    middle = float(points[:, 2].min() + points[:, 2].max()) / 2.0
    return Drawing(parts, groups, window, view.lighting, middle, _DEPTH_M)


def _seven(weights: Floats) -> Floats:
    return weights[:, : len(load_body().weights[0])]


def draw_people(renderer: Renderer, drawings: list[Drawing], layer: Layer, view: View) -> None:
    """Draw people into a layer in place, the farthest first."""
    order = sorted(drawings, key=lambda d: -d.distance_m)
    for start in range(0, len(order), renderer.capacity):
        batch = order[start : start + renderer.capacity]
        pictures, depths = renderer.draw_with_depth(batch)
        for drawing, picture, depth in zip(batch, pictures, depths, strict=True):
            paste(layer, picture, depth, drawing.window, view)


def paste(layer: Layer, picture: Floats, depth_m: Floats, window: Window, view: View) -> None:
    """Put a tile ``(s, s, 4)`` with depth ``(s, s)`` into a layer in place where nothing is nearer."""
    part = _covered(window, view)
    if part is None:
        return
    n = view.lens[part]
    # Shrink first where the tile has more pixels than the picture: sampling it would alias.
    across = 2.0 * window.half * float(view.camera.matrix[0, 0])
    wanted = max(8, round(1.3 * across))
    if wanted < picture.shape[0]:
        side = (wanted, wanted)
        picture = np.asarray(cv2.resize(picture, side, interpolation=cv2.INTER_AREA), np.float32)
        depth_m = np.asarray(cv2.resize(depth_m, side, interpolation=cv2.INTER_NEAREST_EXACT), np.float32)
    # Hair's soft edges have no depth of their own: they take their neighbour's.
    depth_m = np.where(np.isfinite(depth_m), depth_m, cv2.erode(depth_m, np.ones((5, 5), np.uint8)))
    size = picture.shape[0]
    at = ((n - np.array(window.centre, np.float32) + window.half) / (2.0 * window.half) * size - 0.5).astype(np.float32)
    u, v = np.ascontiguousarray(at[..., 0]), np.ascontiguousarray(at[..., 1])
    drawn = cv2.remap(picture, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    z = cv2.remap(depth_m, u, v, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=[float("inf")] * 4)
    shown = (z < layer.depth_m[part] + _SAME_M) & (drawn[..., 3] > 0.0)
    alpha = np.where(shown, drawn[..., 3], 0.0)[..., None]
    layer.colour[part] = layer.colour[part] * (1.0 - alpha) + np.where(shown[..., None], drawn[..., :3], 0.0)
    layer.depth_m[part] = np.where(
        shown & (drawn[..., 3] > 0.5), np.minimum(z, layer.depth_m[part]), layer.depth_m[part]
    )


def _covered(window: Window, view: View) -> tuple[slice, slice] | None:
    """The part of the picture that a window covers."""
    t = np.linspace(-1.0, 1.0, 9) * window.half
    ends = np.full_like(t, window.half)
    edge = np.concatenate([np.stack(p, axis=1) for p in ((t, ends), (t, -ends), (ends, t), (-ends, t))])
    # Far outside the picture the lens polynomial folds back; nothing there is ever seen.
    pixels = view.camera.distort(np.clip(edge + np.array(window.centre), -0.9, 0.9))
    w, h = view.camera.size_px
    x0, y0 = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - 2, 0)
    x1, y1 = np.ceil(pixels.max(axis=0)).astype(int) + 3
    x1, y1 = min(x1, w), min(y1, h)
    return (slice(y0, y1), slice(x0, x1)) if x0 < x1 and y0 < y1 else None
