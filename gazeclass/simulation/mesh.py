"""Triangle meshes: reading Wavefront OBJ, vertex normals, and what a drawn part of a person consists of."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from gazeclass.errors import InputError

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class ObjMesh:
    """An OBJ file with one texture coordinate per vertex (vertices are split at texture seams).

    Attributes:
        source: ``(n,)`` index of the file's vertex that each vertex copies.
        uv: ``(n, 2)`` texture coordinates, v running downwards as pictures are stored.
        triangles: ``(m, 3)``.
    """

    source: Ints
    uv: Floats
    triangles: Ints


def read_obj(path: Path) -> ObjMesh:
    """Read faces and texture coordinates of an OBJ file; polygons become fans of triangles.

    Raises:
        InputError: the file cannot be read or holds no faces.
    """
    coordinates: list[tuple[float, float]] = []
    corners: dict[tuple[int, int], int] = {}
    triangles: list[tuple[int, int, int]] = []
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("vt "):
                    u, v = line.split()[1:3]
                    coordinates.append((float(u), 1.0 - float(v)))
                elif line.startswith("f "):
                    polygon = [_corner(word) for word in line.split()[1:]]
                    index = [corners.setdefault(c, len(corners)) for c in polygon]
                    triangles += [(index[0], index[i], index[i + 1]) for i in range(1, len(index) - 1)]
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read as a mesh ({error})", where=path) from error
    if not triangles:
        raise InputError("holds no faces", where=path, todo="Give a Wavefront OBJ file.")
    table = np.array(coordinates or [(0.0, 0.0)], np.float32)
    keys = np.array(list(corners), np.int32)
    uv = table[np.clip(keys[:, 1], 0, len(table) - 1)]
    return ObjMesh(keys[:, 0], uv, np.array(triangles, np.int32))


def _corner(word: str) -> tuple[int, int]:
    """``v``, ``v/vt`` or ``v/vt/vn`` to zero-based (vertex, texture) indices; texture 0 when absent."""
    fields = word.split("/")
    return int(fields[0]) - 1, int(fields[1]) - 1 if len(fields) > 1 and fields[1] else 0


class NormalOperator:
    """Vertex normals of a fixed topology, fast for many shapes.

    Args:
        triangles: ``(m, 3)``.
        weld: ``(n,)`` group of each vertex; vertices of one group (copies at a texture seam) share their normal.
    """

    def __init__(self, triangles: Ints, weld: Ints) -> None:
        self._triangles = triangles
        self._weld = weld
        rows = weld[triangles].reshape(-1)
        columns = np.repeat(np.arange(len(triangles)), 3)
        ones = np.ones(len(rows), np.float32)
        self._gather = sparse.csr_matrix((ones, (rows, columns)), shape=(int(weld.max()) + 1, len(triangles)))

    def __call__(self, vertices: Floats) -> Floats:
        """Area-weighted unit normals ``(n, 3)`` of ``vertices`` ``(n, 3)``."""
        a, b, c = (vertices[self._triangles[:, k]] for k in range(3))
        total = self._gather @ np.cross(b - a, c - a)
        total /= np.linalg.norm(total, axis=1, keepdims=True) + 1e-12
        return total[self._weld].astype(np.float32)


def fan(quads: Ints) -> Ints:
    """Quads ``(m, 4)`` to triangles ``(2m, 3)``."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
