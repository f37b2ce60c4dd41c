"""The CC0 MakeHuman packs: hair, brows, lashes, eyes, teeth and clothes that fit any body (.mhclo)."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeclass.errors import InputError
from gazeclass.simulation.mesh import Floats, Ints, NormalOperator, ObjMesh, read_obj

#: Kinds of assets by the folder they lie in.
KINDS = ("hair", "eyebrows", "eyelashes", "eyes", "teeth", "clothes")


@dataclass(frozen=True, eq=False)
class Fitting:
    """How an asset's vertices hang on the body (MakeHuman's .mhclo).

    A vertex is ``Σ_k weights_k · body[refs_k] + scale · offset``, the scale being the distance of two body vertices
    along an axis over a reference length.

    Attributes:
        refs: ``(n, 3)`` body vertices.  weights: ``(n, 3)``.  offsets: ``(n, 3)`` in MakeHuman's axes (x, up, forward).
        scales: per axis x, up, forward: (vertex a, vertex b, reference length).
        hidden: body vertices that the asset covers and that must not be drawn.
    """

    refs: Ints
    weights: Floats
    offsets: Floats
    scales: tuple[tuple[int, int, float], ...]
    hidden: Ints

    def place(self, body: Floats) -> Floats:
        """Vertices ``(n, 3)`` on a body ``(V, 3)`` in Anny's axes (x left, y back, z up; metres)."""
        base = np.einsum("nk,nkd->nd", self.weights, body[self.refs])
        axes = (0, 2, 1)
        sx, su, sf = (
            abs(body[a, axis] - body[b, axis]) / length for (a, b, length), axis in zip(self.scales, axes, strict=True)
        )
        x, up, forward = self.offsets.T
        return base + np.stack([sx * x, -sf * forward, su * up], axis=1).astype(np.float32)


def read_mhclo(path: Path) -> tuple[Fitting, str, str]:
    """Parse a .mhclo file.

    The ``verts`` block may be interrupted by ``material`` or similar lines and may hold single-index rows.

    Returns:
        The fitting, the OBJ's file name and the material's file name.

    Raises:
        InputError: a file that is no .mhclo.
    """
    rows: list[tuple[list[int], list[float], list[float]]] = []
    scales: dict[str, tuple[int, int, float]] = {}
    hidden: list[int] = []
    obj = material = ""
    block = ""
    try:
        lines = path.read_text("utf-8", errors="replace").splitlines()
        for line in lines:
            words = line.split("#")[0].split()
            if not words:
                continue
            head = words[0]
            if head[0].isalpha():
                if head in ("verts", "delete_verts"):
                    block = head
                elif head == "obj_file":
                    obj = words[1]
                elif head == "material":
                    material = words[1]
                elif head in ("x_scale", "y_scale", "z_scale"):
                    scales[head] = (int(words[1]), int(words[2]), float(words[3]))
            elif block == "verts":
                if len(words) >= 9:
                    numbers = [float(w) for w in words[3:9]]
                    rows.append(([int(w) for w in words[:3]], numbers[:3], numbers[3:]))
                else:
                    rows.append(([int(words[0])] * 3, [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]))
            elif block == "delete_verts":
                hidden += _ranges(words)
    except (OSError, ValueError, IndexError) as error:
        raise InputError(f"cannot be read as .mhclo ({error})", where=path) from error
    if not rows or not obj or len(scales) != 3:
        raise InputError("is no complete .mhclo (verts, obj_file or scales are missing)", where=path)
    refs, weights, offsets = (np.array(column) for column in zip(*rows, strict=True))
    fitting = Fitting(
        refs.astype(np.int32),
        weights.astype(np.float32),
        offsets.astype(np.float32),
        (scales["x_scale"], scales["y_scale"], scales["z_scale"]),
        np.array(hidden, np.int32),
    )
    return fitting, obj, material


def _ranges(words: list[str]) -> list[int]:
    """``3 5 - 8 11`` to 3, 5, 6, 7, 8, 11."""
    out: list[int] = []
    k = 0
    while k < len(words):
        if words[k] == "-":
            out += range(out[-1] + 1, int(words[k + 1]) + 1)
            k += 1
        else:
            out.append(int(words[k]))
        k += 1
    return out


@dataclass(frozen=True, eq=False)
class Asset:
    """One asset, loaded when first used."""

    name: str
    kind: str
    path: Path
    texture_path: Path | None = None

    @cached_property
    def _parts(self) -> tuple[Fitting, ObjMesh]:
        fitting, obj, _ = read_mhclo(self.path)
        mesh = read_obj(self.path.parent / obj)
        if mesh.source.max() >= len(fitting.refs):
            raise InputError("mesh and .mhclo do not belong together", where=self.path)
        return fitting, mesh

    @property
    def fitting(self) -> Fitting:
        """How it hangs on the body."""
        return self._parts[0]

    @property
    def mesh(self) -> ObjMesh:
        """Faces and texture coordinates."""
        return self._parts[1]

    @cached_property
    def normals(self) -> NormalOperator:
        """Normals of its shape on a body."""
        return NormalOperator(self.mesh.triangles, self.mesh.source)

    @cached_property
    def texture(self) -> NDArray[np.uint8] | None:
        """RGBA picture, at most 512 pixels a side, or None when the asset has none."""
        if self.texture_path is None:
            return None
        picture = cv2.imread(str(self.texture_path), cv2.IMREAD_UNCHANGED)
        if picture is None:
            raise InputError("cannot be read as a picture", where=self.texture_path)
        if picture.ndim == 2:
            picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGRA)
        elif picture.shape[2] == 3:
            picture = cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA)
        factor = 512 / max(picture.shape[:2])
        if factor < 1.0:
            picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(picture[:, :, [2, 1, 0, 3]])


class AssetLibrary:
    """All assets of a folder; empty when there is none, and people are then drawn plainer.

    Args:
        folder: a folder somewhere below which ``hair``, ``eyes``, … lie as in MakeHuman's base pack, or None.

    Raises:
        InputError: the folder does not exist or holds no .mhclo file.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.by_kind: dict[str, list[Asset]] = {kind: [] for kind in KINDS}
        self.light_maps: list[Path] = []
        self.eye_textures: list[Path] = []
        self.face_shapes: Path | None = None
        if folder is None:
            return
        if not folder.is_dir():
            raise InputError("is no folder", where=folder, todo="Give the folder of the MakeHuman assets.")
        for path in sorted(folder.rglob("*.mhclo")):
            kind = next((p for p in path.relative_to(folder).parts if p in KINDS), None)
            if kind is not None:
                self.by_kind[kind].append(Asset(path.stem, kind, path, _texture_of(path)))
        if not any(self.by_kind.values()):
            raise InputError("holds no .mhclo assets", where=folder, todo="Unpack the MakeHuman packs there.")
        self.face_shapes = next(iter(sorted(folder.rglob("ict.npz"))), None)
        self.light_maps = sorted(folder.rglob("*.exr"))
        self.eye_textures = sorted(
            p for eyes in self.by_kind["eyes"] for p in eyes.path.parent.parent.glob("materials/*_eye.png")
        )

    def named(self, kind: str, name: str) -> Asset:
        """The asset of a kind with a name."""
        return next(a for a in self.by_kind[kind] if a.name == name)


def _texture_of(path: Path) -> Path | None:
    """The diffuse texture beside an asset, by MakeHuman's naming, where it exists."""
    folder = path.parent
    candidates = [
        *sorted(folder.glob("*_diffuse.png")),
        folder / f"{path.stem}.png",
        *sorted((folder.parent / "materials").glob("teeth.png" if "teeth" in path.stem else "brown_eye.png")),
    ]
    return next((c for c in candidates if c.is_file()), None)
