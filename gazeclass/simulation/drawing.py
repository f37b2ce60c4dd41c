"""What the renderer is given: surfaces, their material, light, and the window of a camera."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gazeclass.geometry.rotation import Array
from gazeclass.simulation.mesh import Floats, Ints

#: Half the side of the cube around a head that its shadow map covers.
SHADOW_REACH_M = 0.30


@dataclass(frozen=True, eq=False)
class Material:
    """How a part reflects light.

    Attributes:
        texture: RGBA picture or None; ``key`` names it for caching on the GPU.
        tint, tint_mix: colour that replaces the texture's own in this proportion.
        wrap: how far light reaches round an edge.  shine, gloss: strength and tightness of highlights.
        grain, grain_scale: mottling and its frequency per metre.
        cut: alpha from which the surface counts as solid; the rest is blended.
    """

    texture: NDArray[np.uint8] | None = None
    key: str = ""
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    tint_mix: float = 0.0
    wrap: float = 0.0
    shine: float = 0.0
    gloss: float = 20.0
    grain: float = 0.0
    grain_scale: float = 400.0
    cut: float = 0.5
    blended: bool = False


@dataclass(frozen=True, eq=False)
class Part:
    """One drawn surface, unposed: ``(n, 3)`` vertices and normals, ``(n, 7)`` weights, ``(m, 3)`` triangles."""

    vertices: Floats
    normals: Floats
    weights: Floats
    triangles: Ints
    material: Material
    colours: Floats | None = None
    uv: Floats | None = None


@dataclass(frozen=True, eq=False)
class Lighting:
    """Three directional lights and a hemisphere of ambient light, camera axes, linear colours (RGB).

    ``shadow`` in [0, 1] is how dark the shadows of the first light are; 0 draws none.
    """

    directions: Array
    colours: Array
    sky: Array
    ground: Array
    up: Array
    shadow: float = 0.0


@dataclass(frozen=True, eq=False)
class Window:
    """The square window of a pinhole camera that becomes one canvas, in normalised image coordinates."""

    centre: tuple[float, float]
    half: float

    def projection(self, near_m: float, far_m: float) -> Array:
        """Clip matrix ``(4, 4)``; the picture's first row is the frame buffer's first row, so nothing is flipped."""
        u, v = self.centre
        P = np.zeros((4, 4))
        P[0, 0], P[0, 2] = 1.0 / self.half, -u / self.half
        P[1, 1], P[1, 2] = 1.0 / self.half, -v / self.half
        P[2, 2], P[2, 3] = (far_m + near_m) / (far_m - near_m), -2.0 * far_m * near_m / (far_m - near_m)
        P[3, 2] = 1.0
        return P

    def pixels(self, points_C: Array, size_px: int) -> Array:
        """Canvas pixels ``(..., 2)`` of points ``(..., 3)`` in camera axes."""
        n = points_C[..., :2] / points_C[..., 2:3]
        return (n - np.array(self.centre) + self.half) / (2.0 * self.half) * size_px - 0.5

    def fov_deg(self) -> float:
        """Full horizontal angle between the canvas's left and right edge through its centre."""
        u, v = self.centre
        a, b = np.array([u - self.half, v, 1.0]), np.array([u + self.half, v, 1.0])
        return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)))


@dataclass(frozen=True, eq=False)
class Drawing:
    """One head to draw: its parts, the transforms of its groups to camera axes ``(7, 4, 4)``, window and light.

    What is drawn lies within ``depth_m`` of ``distance_m`` along the optical axis.
    """

    parts: list[Part]
    groups: Array
    window: Window
    lighting: Lighting
    distance_m: float
    depth_m: float = 0.8

    def reach(self) -> tuple[float, float]:
        """Nearest and farthest distance that is drawn, metres along the optical axis."""
        return max(0.05, self.distance_m - self.depth_m), self.distance_m + self.depth_m

    def to_shadow(self) -> Array:
        """Clip matrix ``(4, 4)`` of the first light's orthographic view of the head, from camera axes."""
        away = -np.asarray(self.lighting.directions[0], float)
        side = np.cross([0.3, 0.8, 0.52], away)
        side /= np.linalg.norm(side)
        u, v = self.window.centre
        centre = np.array([u, v, 1.0]) * self.distance_m
        T = np.eye(4)
        T[:3, :3] = np.stack([side, np.cross(away, side), away]) / SHADOW_REACH_M
        T[:3, 3] = -T[:3, :3] @ centre
        return T
