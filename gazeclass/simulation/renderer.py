"""OpenGL without a window: many heads into one large frame buffer, one read-back for all of them."""

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array
from gazeclass.simulation.body import GROUPS
from gazeclass.simulation.mesh import Floats, Ints

if TYPE_CHECKING:
    import moderngl

_GROUP_COUNT = 8  # the shader's, GROUPS padded

_VERTEX = """
#version 330
in vec3 in_position; in vec3 in_normal; in vec2 in_uv; in vec3 in_colour; in vec4 in_w0; in vec4 in_w1;
uniform mat4 groups[8];
uniform mat4 projection;
out vec3 p; out vec3 n; out vec2 uv; out vec3 colour; out vec3 rest;
void main() {
    mat4 M = groups[0]*in_w0.x + groups[1]*in_w0.y + groups[2]*in_w0.z + groups[3]*in_w0.w
           + groups[4]*in_w1.x + groups[5]*in_w1.y + groups[6]*in_w1.z + groups[7]*in_w1.w;
    vec4 q = M * vec4(in_position, 1.0);
    p = q.xyz; n = mat3(M) * in_normal; uv = in_uv; colour = in_colour; rest = in_position;
    gl_Position = projection * q;
}
"""

_FRAGMENT = """
#version 330
in vec3 p; in vec3 n; in vec2 uv; in vec3 colour; in vec3 rest;
uniform sampler2D picture; uniform bool textured; uniform vec3 tint; uniform float tint_mix;
uniform vec3 light_direction[3]; uniform vec3 light_colour[3];
uniform vec3 sky; uniform vec3 ground; uniform vec3 up;
uniform float wrap; uniform float shine; uniform float gloss; uniform float grain; uniform float grain_scale;
uniform int alpha_pass; uniform float cut;
uniform sampler2DShadow shadows; uniform mat4 to_shadow; uniform float shadow_depth; uniform vec2 shadow_corner;
uniform float shadow_side;
out vec4 result;
float hash(vec3 q) { q = fract(q * 0.3183099 + 0.1); q *= 17.0; return fract(q.x * q.y * q.z * (q.x + q.y + q.z)); }
float noise(vec3 q) {
    vec3 i = floor(q), f = fract(q); f = f * f * (3.0 - 2.0 * f);
    return mix(mix(mix(hash(i), hash(i + vec3(1,0,0)), f.x), mix(hash(i + vec3(0,1,0)), hash(i + vec3(1,1,0)), f.x), f.y),
               mix(mix(hash(i + vec3(0,0,1)), hash(i + vec3(1,0,1)), f.x), mix(hash(i + vec3(0,1,1)), hash(i + vec3(1,1,1)), f.x), f.y), f.z);
}
float lit() {
    if (shadow_depth == 0.0) return 1.0;
    vec3 q = (to_shadow * vec4(p, 1.0)).xyz * 0.5 + 0.5;
    if (any(lessThan(q.xy, vec2(0.01))) || any(greaterThan(q.xy, vec2(0.99)))) return 1.0;
    float step_uv = 0.004, sum = 0.0;
    for (int i = -1; i <= 1; i++) for (int j = -1; j <= 1; j++)
        sum += texture(shadows, vec3(shadow_corner + shadow_side * (q.xy + step_uv * vec2(i, j)), q.z - 0.008));
    return 1.0 - shadow_depth * (1.0 - sum / 9.0);
}
void main() {
    vec4 base = vec4(colour, 1.0);
    if (textured) {
        base = texture(picture, uv);
        float lum = dot(base.rgb, vec3(0.3, 0.59, 0.11));
        base.rgb = mix(base.rgb * colour, tint * (0.35 + 1.6 * lum), tint_mix);
    }
    if (alpha_pass == 1 && base.a < cut) discard;
    if (alpha_pass == 2 && (base.a >= cut || base.a < 0.03)) discard;
    if (grain > 0.0) {
        float g = noise(rest * grain_scale) + 0.5 * noise(rest * grain_scale * 2.7) - 0.75;
        base.rgb *= 1.0 + grain * g;
    }
    vec3 N = normalize(n); vec3 V = normalize(-p);
    if (dot(N, V) < 0.0) N = -N;
    vec3 light = mix(ground, sky, 0.5 + 0.5 * dot(N, up));
    vec3 glint = vec3(0.0);
    float key = lit();
    for (int k = 0; k < 3; k++) {
        float reach = k == 0 ? key : 1.0;
        float d = (dot(N, light_direction[k]) + wrap) / (1.0 + wrap);
        light += reach * max(d, 0.0) * light_colour[k];
        vec3 H = normalize(light_direction[k] + V);
        glint += reach * step(0.0, d) * pow(max(dot(N, H), 0.0), gloss) * shine * light_colour[k];
    }
    vec3 c = base.rgb * base.rgb * light + glint;    // colours are stored with a square-root transfer
    result = vec4(sqrt(clamp(c, 0.0, 1.0)), alpha_pass == 2 ? base.a : 1.0);
}
"""

_SHADOW_VERTEX = """
#version 330
in vec3 in_position; in vec2 in_uv; in vec4 in_w0; in vec4 in_w1;
uniform mat4 groups[8]; uniform mat4 to_shadow;
out vec2 uv;
void main() {
    mat4 M = groups[0]*in_w0.x + groups[1]*in_w0.y + groups[2]*in_w0.z + groups[3]*in_w0.w
           + groups[4]*in_w1.x + groups[5]*in_w1.y + groups[6]*in_w1.z + groups[7]*in_w1.w;
    uv = in_uv; gl_Position = to_shadow * (M * vec4(in_position, 1.0));
}
"""
_SHADOW_FRAGMENT = """
#version 330
in vec2 uv; uniform sampler2D picture; uniform bool textured; uniform float cut;
void main() { if (textured && texture(picture, uv).a < min(cut, 0.6)) discard; }
"""
#: Side of one head's shadow map, and half the side of the cube it covers.
_SHADOW_PX, _SHADOW_REACH_M = 256, 0.30


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
    """One head to draw: its parts, the transforms of its groups to camera axes ``(7, 4, 4)``, window and light."""

    parts: list[Part]
    groups: Array
    window: Window
    lighting: Lighting
    distance_m: float

    def to_shadow(self) -> Array:
        """Clip matrix ``(4, 4)`` of the first light's orthographic view of the head, from camera axes."""
        away = -np.asarray(self.lighting.directions[0], float)
        side = np.cross([0.3, 0.8, 0.52], away)
        side /= np.linalg.norm(side)
        u, v = self.window.centre
        centre = np.array([u, v, 1.0]) * self.distance_m
        T = np.eye(4)
        T[:3, :3] = np.stack([side, np.cross(away, side), away]) / _SHADOW_REACH_M
        T[:3, 3] = -T[:3, :3] @ centre
        return T


@dataclass
class Renderer:
    """An off-screen OpenGL context with a frame buffer of ``tiles × tiles`` heads.

    Attributes:
        size_px: side of a finished canvas; it is drawn with 2 × 2 samples a pixel.
        tiles: heads in a row of the frame buffer.
    """

    size_px: int = 160
    tiles: int = 8
    _textures: "dict[str, moderngl.Texture]" = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        # One process, one core: llvmpipe would otherwise start a thread a core for each process.
        os.environ.setdefault("LP_NUM_THREADS", "0")
        try:
            import moderngl

            self._gl = moderngl
            self._context = moderngl.create_context(standalone=True, backend="egl")
        except ImportError as error:
            raise InputError(
                f"rendering needs the package {error.name}",
                todo="Install it with: pip install 'gazeclass[simulation]'",
            ) from error
        except Exception as error:
            raise InputError(
                f"no OpenGL without a window here ({error})",
                todo="On Debian: apt-get install libegl1 libgl1-mesa-dri",
            ) from error
        side = 2 * self.size_px * self.tiles
        self._program = self._context.program(vertex_shader=_VERTEX, fragment_shader=_FRAGMENT)
        self._target = self._context.framebuffer(
            [self._context.texture((side, side), 4)], self._context.depth_renderbuffer((side, side))
        )
        shadow_side = _SHADOW_PX * self.tiles
        self._shadow_program = self._context.program(
            vertex_shader=_SHADOW_VERTEX, fragment_shader=_SHADOW_FRAGMENT
        )
        self._shadow_map = self._context.depth_texture((shadow_side, shadow_side))
        self._shadow_map.compare_func = "<="
        self._shadow_target = self._context.framebuffer([], self._shadow_map)
        self._program["shadows"] = 1
        self._program["picture"] = 0
        self._white = self._upload(np.full((1, 1, 4), 255, np.uint8))

    @property
    def capacity(self) -> int:
        """Heads in one call of :meth:`draw`."""
        return self.tiles * self.tiles

    def draw(self, drawings: list[Drawing]) -> Floats:
        """Draw up to ``capacity`` heads on nothing.

        Returns:
            ``(n, size, size, 4)`` float32 in [0, 1]: B, G, R multiplied by alpha, and alpha.
        """
        import cv2

        gl, ctx = self._gl, self._context
        ctx.enable(gl.DEPTH_TEST)
        scenes = [_Scene(d, [self._array(p) for p in d.parts]) for d in drawings]
        self._draw_shadows(scenes)
        self._target.use()
        ctx.viewport = (0, 0, *self._target.size)
        ctx.clear(0.0, 0.0, 0.0, 0.0)
        self._shadow_map.use(1)
        tile = 2 * self.size_px
        for k, scene in enumerate(scenes):
            row, column = divmod(k, self.tiles)
            ctx.viewport = (column * tile, row * tile, tile, tile)
            self._program["shadow_corner"] = (column / self.tiles, row / self.tiles)
            self._program["shadow_side"] = 1.0 / self.tiles
            self._draw_one(scene)
        for scene in scenes:
            scene.release()
        side = self._target.size[0]
        rows = (len(drawings) + self.tiles - 1) // self.tiles * tile
        raw = self._target.read(viewport=(0, 0, side, rows), components=4)
        picture = np.frombuffer(raw, np.uint8).reshape(rows, side, 4)
        small = cv2.resize(picture, (side // 2, rows // 2), interpolation=cv2.INTER_AREA)
        out = np.empty((len(drawings), self.size_px, self.size_px, 4), np.float32)
        for k in range(len(drawings)):
            row, column = divmod(k, self.tiles)
            s = self.size_px
            out[k] = small[row * s : row * s + s, column * s : column * s + s, [2, 1, 0, 3]]
        return out / 255.0

    def _draw_shadows(self, scenes: list["_Scene"]) -> None:
        """Depth of every head that casts shadows, seen from its first light."""
        program, ctx = self._shadow_program, self._context
        self._shadow_target.use()
        ctx.viewport = (0, 0, *self._shadow_target.size)
        self._shadow_target.clear(depth=1.0)
        ctx.disable(self._gl.BLEND)
        for k, scene in enumerate(scenes):
            if scene.drawing.lighting.shadow == 0.0:
                continue
            row, column = divmod(k, self.tiles)
            ctx.viewport = (column * _SHADOW_PX, row * _SHADOW_PX, _SHADOW_PX, _SHADOW_PX)
            program["groups"].write(_padded(scene.drawing.groups))
            program["to_shadow"].write(_columns_first(scene.drawing.to_shadow()))
            for part, arrays in zip(scene.drawing.parts, scene.arrays, strict=True):
                if part.material.key.startswith("lens"):
                    continue
                program["textured"] = part.material.texture is not None
                program["cut"] = part.material.cut
                self._texture(part.material).use(0)
                arrays.render_shadow()

    def _draw_one(self, scene: "_Scene") -> None:
        gl, ctx, program = self._gl, self._context, self._program
        drawing = scene.drawing
        program["groups"].write(_padded(drawing.groups))
        program["to_shadow"].write(_columns_first(drawing.to_shadow()))
        program["shadow_depth"] = drawing.lighting.shadow
        near = max(0.05, drawing.distance_m - 0.8)
        program["projection"].write(_columns_first(drawing.window.projection(near, drawing.distance_m + 0.8)))
        light = drawing.lighting
        for name, value in (
            ("light_direction", light.directions),
            ("light_colour", light.colours),
            ("sky", light.sky),
            ("ground", light.ground),
            ("up", light.up),
        ):
            program[name].write(np.ascontiguousarray(value, np.float32).tobytes())
        pairs = list(zip(drawing.parts, scene.arrays, strict=True))
        blended = [pair for pair in pairs if pair[0].material.blended]
        # Solid surfaces first, then the solid strands of hair, then what is left of it, blended over both.
        ctx.disable(gl.BLEND)
        for part, array in [pair for pair in pairs if not pair[0].material.blended] + blended:
            self._set(part.material, 1)
            array.render()
        ctx.enable(gl.BLEND)
        ctx.blend_func = (gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA, gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
        self._target.depth_mask = False
        for part, array in blended:
            self._set(part.material, 2)
            array.render()
        self._target.depth_mask = True

    def _set(self, material: Material, alpha_pass: int) -> None:
        program = self._program
        program["textured"] = material.texture is not None
        program["tint"] = material.tint
        program["tint_mix"] = material.tint_mix
        program["wrap"] = material.wrap
        program["shine"] = material.shine
        program["gloss"] = material.gloss
        program["grain"] = material.grain
        program["grain_scale"] = material.grain_scale
        program["alpha_pass"] = alpha_pass
        program["cut"] = material.cut
        self._texture(material).use(0)

    def _texture(self, material: Material) -> "moderngl.Texture":
        if material.texture is None:
            return self._white
        if material.key not in self._textures:
            self._textures[material.key] = self._upload(material.texture)
        return self._textures[material.key]

    def _upload(self, picture: NDArray[np.uint8]) -> "moderngl.Texture":
        h, w = picture.shape[:2]
        texture = self._context.texture((w, h), 4, np.ascontiguousarray(picture).tobytes())
        texture.build_mipmaps()
        texture.filter = (self._gl.LINEAR_MIPMAP_LINEAR, self._gl.LINEAR)
        return texture

    def _array(self, part: Part) -> "_Arrays":
        ctx = self._context
        n = len(part.vertices)
        data = np.zeros((n, 19), np.float32)
        data[:, 0:3] = part.vertices
        data[:, 3:6] = part.normals
        if part.uv is not None:
            data[:, 6:8] = part.uv
        data[:, 8:11] = 1.0 if part.colours is None else part.colours
        data[:, 11 : 11 + part.weights.shape[1]] = part.weights
        vertices = ctx.buffer(data.tobytes())
        index = ctx.buffer(np.ascontiguousarray(part.triangles, np.int32).tobytes())
        names = ("in_position", "in_normal", "in_uv", "in_colour", "in_w0", "in_w1")
        drawn = ctx.vertex_array(self._program, [(vertices, "3f 3f 2f 3f 4f 4f", *names)], index)
        shadow_names = ("in_position", "in_uv", "in_w0", "in_w1")
        shadow = ctx.vertex_array(
            self._shadow_program, [(vertices, "3f 12x 2f 12x 4f 4f", *shadow_names)], index
        )
        return _Arrays(drawn, shadow, vertices, index)

    def release(self) -> None:
        """Give the context back."""
        self._context.release()


def _padded(groups: Array) -> bytes:
    """Group transforms as the shader wants them: eight of them, column by column."""
    out = np.tile(np.eye(4, dtype=np.float32), (_GROUP_COUNT, 1, 1))
    out[: len(groups)] = groups
    return np.ascontiguousarray(out.transpose(0, 2, 1)).tobytes()


def _columns_first(matrix: Array) -> bytes:
    return np.ascontiguousarray(matrix.T, np.float32).tobytes()


@dataclass(frozen=True, eq=False)
class _Arrays:
    """What of a part lies on the GPU, released together."""

    drawn: "moderngl.VertexArray"
    shadow: "moderngl.VertexArray"
    vertices: "moderngl.Buffer"
    index: "moderngl.Buffer"

    def render(self) -> None:
        self.drawn.render()

    def render_shadow(self) -> None:
        self.shadow.render()

    def release(self) -> None:
        for thing in (self.drawn, self.shadow, self.vertices, self.index):
            thing.release()


@dataclass(frozen=True, eq=False)
class _Scene:
    drawing: Drawing
    arrays: list[_Arrays]

    def release(self) -> None:
        for arrays in self.arrays:
            arrays.release()
