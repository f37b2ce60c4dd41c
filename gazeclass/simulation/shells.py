"""Cloth and hair that lie on the skin: masks, scarves, caps and beards as taut envelopes of a region of the body."""

from functools import lru_cache

import numpy as np
from scipy import sparse

from gazeclass.simulation.body import load_body, skin_masks
from gazeclass.simulation.mesh import Floats, Ints, NormalOperator
from gazeclass.simulation.regions import region


class Shell:
    """An envelope over part of the body's surface.

    Args:
        inside: ``(V,)`` booleans; triangles whose corners are all inside belong to the shell.
    """

    def __init__(self, inside: np.ndarray) -> None:
        body = load_body()
        triangles = body.skin_triangles[inside[body.skin_triangles].all(axis=1)]
        self.vertices, local = np.unique(triangles, return_inverse=True)
        self.triangles: Ints = local.reshape(-1, 3).astype(np.int32)
        n = len(self.vertices)
        self.normals = NormalOperator(self.triangles, np.arange(n, dtype=np.int32))
        edges = np.concatenate([self.triangles[:, [0, 1]], self.triangles[:, [1, 2]], self.triangles[:, [2, 0]]])
        ones = np.ones(2 * len(edges), np.float32)
        rows, columns = np.concatenate([edges, edges[:, ::-1]]).T
        adjacency = sparse.csr_matrix((ones, (rows, columns)), shape=(n, n))
        self._mean = sparse.diags(1.0 / np.maximum(adjacency.sum(axis=1).A1, 1.0)) @ adjacency
        # Cloth bridges the ears: they neither shape it nor show through it.
        self._firm = skin_masks()["ears"][self.vertices] < 0.2
        self.weights = body.weights[self.vertices]

    def drape(self, skin: Floats, lift_m: float | Floats, tautness: int) -> Floats:
        """Positions ``(n, 3)`` of the shell over ``skin`` ``(V, 3)``.

        Smoothing pulls the surface taut across hollows; each step then pushes it out again wherever the skin lifted
        by ``lift_m`` would show.

        Args:
            skin: vertices of the body.
            lift_m: height over the skin, a number or one for each of the shell's vertices.
            tautness: smoothing steps.
        """
        lift = np.broadcast_to(np.asarray(lift_m, np.float32), (len(self.vertices),))[:, None]
        under = skin[self.vertices]
        floor = under + self.normals(under) * lift
        out = floor
        for _ in range(tautness):
            out = np.asarray(self._mean @ out, np.float32)
            outward = self.normals(out)
            short = np.einsum("nd,nd->n", floor - out, outward)
            out = out + outward * np.where(self._firm, np.maximum(short, 0.0), 0.0)[:, None]
        return out


@lru_cache(maxsize=64)
def shell(name: str, variant: int) -> Shell:
    """The shell over a named region (``regions.region``), made once."""
    return Shell(region(name, variant))
