"""Head shapes of scanned people (ICT FaceKit, MIT) carried over to the body: a second source of variety."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.interpolate import RBFInterpolator
from scipy.spatial import cKDTree

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array
from gazeclass.simulation.body import load_body
from gazeclass.simulation.mesh import Floats, Ints
from gazeclass.simulation.truth import LANDMARK_VERTICES

#: The FaceKit's own 68 points (its documentation, Multi-PIE order).
ICT_LANDMARKS: Ints = np.array(
    [1225, 1888, 1052, 367, 1719, 1722, 2199, 1447, 966, 3661, 4390, 3927, 3924, 2608, 3272, 4088, 3443]
    + [268, 493, 1914, 2044, 1401, 3615, 4240, 4114, 2734, 2509, 978, 4527, 4942, 4857, 1140, 2075, 1147, 4269, 3360]
    + [1507, 1542, 1537, 1528, 1518, 1511, 3742, 3751, 3756, 3721, 3725, 3732]
    + [5708, 5695, 2081, 0, 4275, 6200, 6213, 6346, 6461, 5518, 5957, 5841]
    + [5702, 5711, 5533, 6216, 6207, 6470, 5517, 5966],
    np.int32,
)
_SKIN_VERTICES = 11248  # face, then head and neck
_EYES = ((14598, 14669), (14670, 14741))


class ScanShapes:
    """Identity shapes of the FaceKit as offsets of the body's vertices.

    The mean scan is laid over the mean body by an affine map of the 68 landmarks and a thin-plate spline of what that
    leaves; each body vertex then takes the offsets of the scan vertices nearest to it, fading out where there are none.

    Attributes:
        count: shapes; a scan's coefficients are independent standard normal values.
    """

    def __init__(self, path: Path) -> None:
        try:
            with np.load(path) as file:
                base = file["base"].astype(float)
                shapes = file["ident"]
        except (OSError, KeyError, ValueError) as error:
            raise InputError(f"holds no identity shapes ({error})", where=path) from error
        body = load_body()
        self.count = len(shapes)
        points = _to_body_axes(base[:_SKIN_VERTICES])
        source, target = _to_body_axes(base[ICT_LANDMARKS]), body.mean[LANDMARK_VERTICES].astype(float)
        design = np.column_stack([source, np.ones(len(source))])
        affine = np.linalg.lstsq(design, target, rcond=None)[0]
        rest = RBFInterpolator(design @ affine, target - design @ affine, smoothing=1e-5)
        laid = np.column_stack([points, np.ones(len(points))]) @ affine
        laid = laid + rest(laid)
        self._vertices, self._offsets = _carry(laid, shapes, affine[:3])

    def offsets(self, coefficients: Array) -> tuple[Ints, Floats]:
        """Vertices that move ``(m,)`` and by how much ``(m, 3)``, for coefficients ``(count,)``."""
        moved = np.tensordot(coefficients.astype(np.float32), self._offsets, axes=1)
        return self._vertices, moved


def _to_body_axes(points_cm: Array) -> Array:
    """The FaceKit's centimetres (x left, y up, z forward) to metres in the body's axes."""
    return np.stack([points_cm[..., 0], -points_cm[..., 2], points_cm[..., 1]], axis=-1) / 100.0


def _carry(laid: Array, shapes: np.ndarray, linear: Array) -> tuple[Ints, Floats]:
    body = load_body()
    tree = cKDTree(laid)
    near_head = np.flatnonzero(body.weights[:, 4:].sum(axis=1) > 0.3)
    distance, index = tree.query(body.mean[near_head], k=6)
    fade = np.clip((0.022 - distance[:, 0]) / 0.014, 0.0, 1.0) * body.weights[near_head, 4]
    share = 1.0 / (distance + 5e-4)
    share /= share.sum(axis=1, keepdims=True)
    kept = fade > 0.0
    moved_vertices = near_head[kept]
    out = np.empty((len(shapes), int(kept.sum()), 3), np.float32)
    for k, shape in enumerate(shapes):
        offset = (_to_body_axes(shape[:_SKIN_VERTICES].astype(float)) @ linear).astype(np.float32)
        blended = np.einsum("nk,nkd->nd", share[kept], offset[index[kept]])
        out[k] = blended * fade[kept, None]
    # Each eyeball moves as one: by the mean offset of its lids.
    eyes_v, eyes_o = [], []
    for marks, (first, last) in zip((range(42, 48), range(36, 42)), _EYES, strict=True):
        lids = LANDMARK_VERTICES[list(marks)]
        where = np.flatnonzero(np.isin(moved_vertices, lids))
        eyes_v.append(np.arange(first, last + 1))
        eyes_o.append(np.repeat(out[:, where].mean(axis=1, keepdims=True), last - first + 1, axis=1))
    ball = np.isin(moved_vertices, np.concatenate(eyes_v))
    vertices = np.concatenate([moved_vertices[~ball], *eyes_v]).astype(np.int32)
    return vertices, np.concatenate([out[:, ~ball], *eyes_o], axis=1)


@lru_cache(maxsize=2)
def load_scans(path: Path) -> ScanShapes:
    """The shapes of a file, read and carried over once."""
    return ScanShapes(path)
