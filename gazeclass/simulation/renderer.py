"""OpenGL without a window: many heads into one large frame buffer, one read-back for all of them."""

import os
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array
from gazeclass.simulation.body import load_body
from gazeclass.simulation.drawing import Drawing, Material, Part
from gazeclass.simulation.mesh import Floats
from gazeclass.simulation.shaders import FRAGMENT, SHADOW_FRAGMENT, SHADOW_VERTEX, VERTEX

_GROUP_COUNT = 8  # the shader's; a body's seven groups are padded
#: Side of one head's shadow map.
_SHADOW_PX = 256


@dataclass
class Renderer:
    """An off-screen OpenGL context with a frame buffer of ``tiles × tiles`` heads.

    Attributes:
        size_px: side of a finished canvas; it is drawn with 2 × 2 samples a pixel.
        tiles: heads in a row of the frame buffer.
    """

    size_px: int = 160
    tiles: int = 8
    _textures: dict[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        # Mesa's drivers bring LLVM, and so does the triton of a torch built for GPUs, which crashes when loaded second.
        load_body()
        # One process, one core: llvmpipe would otherwise start a thread a core for each process.
        os.environ.setdefault("LP_NUM_THREADS", "0")
        try:
            import moderngl

            options: dict[str, Any] = {"backend": "egl"}
            self._gl: Any = moderngl
            self._context: Any = moderngl.create_context(standalone=True, **options)
        except ImportError as error:
            raise InputError(
                f"rendering needs the package {error.name}",
                todo="Install the extra 'simulation': the README says how.",
            ) from error
        except Exception as error:
            raise InputError(
                f"no OpenGL without a window here ({error})",
                todo="On Debian: apt-get install libegl1 libgl1-mesa-dri",
            ) from error
        side = 2 * self.size_px * self.tiles
        self._program: Any = self._context.program(vertex_shader=VERTEX, fragment_shader=FRAGMENT)
        self._target = self._context.framebuffer(
            [self._context.texture((side, side), 4)], self._context.depth_renderbuffer((side, side))
        )
        shadow_side = _SHADOW_PX * self.tiles
        self._shadow_program: Any = self._context.program(vertex_shader=SHADOW_VERTEX, fragment_shader=SHADOW_FRAGMENT)
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
        # Another renderer of this process may have been used in between: OpenGL has one current context a thread.
        with self._context:
            raw, side, rows = self._draw_all(drawings)
        return self._tiles(raw, side, rows, len(drawings))

    def draw_with_depth(self, drawings: list[Drawing]) -> tuple[Floats, Floats]:
        """As :meth:`draw`, and how far each pixel is.

        Returns:
            The pictures, and ``(n, size, size)`` float32 metres along the optical axis: the nearest of a pixel's four
            samples, infinite where nothing solid was drawn.
        """
        with self._context:
            raw, side, rows = self._draw_all(drawings)
            buffer = self._target.read(viewport=(0, 0, side, rows), attachment=-1, components=1, dtype="f4")
        depth = np.frombuffer(buffer, np.float32).reshape(rows // 2, 2, side // 2, 2).min(axis=(1, 3))
        out = np.empty((len(drawings), self.size_px, self.size_px), np.float32)
        s = self.size_px
        for k, drawing in enumerate(drawings):
            row, column = divmod(k, self.tiles)
            d = depth[row * s : row * s + s, column * s : column * s + s]
            near, far = drawing.reach()
            z = 2.0 * far * near / (far + near - (2.0 * d - 1.0) * (far - near))
            out[k] = np.where(d < 1.0, z, np.inf)
        return self._tiles(raw, side, rows, len(drawings)), out

    def _tiles(self, raw: bytes, side: int, rows: int, count: int) -> Floats:
        """The frame buffer's rows averaged over 2 × 2 samples and cut into heads."""
        picture = np.frombuffer(raw, np.uint8).reshape(rows, side, 4)
        small = cv2.resize(picture, (side // 2, rows // 2), interpolation=cv2.INTER_AREA)
        out = np.empty((count, self.size_px, self.size_px, 4), np.float32)
        for k in range(count):
            row, column = divmod(k, self.tiles)
            s = self.size_px
            out[k] = small[row * s : row * s + s, column * s : column * s + s, [2, 1, 0, 3]]
        return out / 255.0

    def _draw_all(self, drawings: list[Drawing]) -> tuple[bytes, int, int]:
        """The frame buffer's rows that hold heads, RGBA, its width and their number."""
        ctx = self._context
        ctx.enable(self._gl.DEPTH_TEST)
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
        raw: bytes = self._target.read(viewport=(0, 0, side, rows), components=4)
        return raw, side, rows

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
        gl, ctx = self._gl, self._context
        program: Any = self._program
        drawing = scene.drawing
        program["groups"].write(_padded(drawing.groups))
        program["to_shadow"].write(_columns_first(drawing.to_shadow()))
        program["shadow_depth"] = drawing.lighting.shadow
        program["projection"].write(_columns_first(drawing.window.projection(*drawing.reach())))
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

    def _texture(self, material: Material) -> Any:
        if material.texture is None:
            return self._white
        if material.key not in self._textures:
            self._textures[material.key] = self._upload(material.texture)
        return self._textures[material.key]

    def _upload(self, picture: NDArray[np.uint8]) -> Any:
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
        shadow = ctx.vertex_array(self._shadow_program, [(vertices, "3f 12x 2f 12x 4f 4f", *shadow_names)], index)
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

    drawn: Any
    shadow: Any
    vertices: Any
    index: Any

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
