"""Where on the body things lie: soft masks and regions drawn from the mean body's landmarks."""

from functools import lru_cache
from typing import cast

import numpy as np

from gazeclass.geometry.rotation import Array
from gazeclass.simulation.body import load_body, skin_masks
from gazeclass.simulation.mesh import Floats
from gazeclass.simulation.truth import LANDMARK_VERTICES

#: Variants of each region (heights of an edge and the like).
VARIANTS = 4


@lru_cache(maxsize=1)
def zones() -> dict[str, Floats]:
    """Soft masks ``(V,)`` in [0, 1]: cheeks, nose, sockets, nostrils, jaw (beard), scalp, brows."""
    p = load_body().mean
    mark = p[LANDMARK_VERTICES]

    def ball(centres: Array, radius: float) -> Floats:
        d = np.linalg.norm(p[:, None] - centres[None], axis=2).min(axis=1)
        return cast(Floats, np.exp(-((d / radius) ** 2)).astype(np.float32))

    front = 1.0 / (1.0 + np.exp((p[:, 1] - mark[0, 1] - 0.005) / 0.006))
    cheeks = np.stack([(mark[2] + mark[31] * 1.3) / 2.3, (mark[14] + mark[35] * 1.3) / 2.3])
    crown = p[:, 2] - (mark[17:27, 2].mean() + 0.055)
    back = p[:, 1] - (mark[0, 1] + 0.02)
    nape = p[:, 2] - (mark[33, 2] - 0.01)
    head = load_body().weights[:, 4] > 0.4
    ears = skin_masks()["ears"] > 0.3
    scalp = np.clip(np.maximum(crown, np.minimum(back, nape)) / 0.008 + 0.5, 0.0, 1.0) * head * ~ears
    below = np.clip((mark[33, 2] - 0.004 - p[:, 2]) / 0.008, 0.0, 1.0)
    above = np.clip((p[:, 2] - mark[8, 2] + 0.02) / 0.02, 0.0, 1.0)
    return {
        "cheeks": ball(cheeks, 0.022),
        "nose": ball(mark[30:31], 0.016),
        "sockets": ball(mark[36:48], 0.009),
        "nostrils": ball(mark[[32, 34]] + [0, 0.004, 0.003], 0.0035),
        "jaw": (below * above * front * head).astype(np.float32),
        "scalp": scalp.astype(np.float32),
        "brows": ball(_brow_line(mark), 0.0055),
    }


def _brow_line(mark: Array) -> Array:
    """Both brows as dense points, a little below the landmarks."""
    out = []
    # Painted brows end a little before the inner landmarks, lest the two grow together.
    for side, (first, last) in zip(mark[17:27].reshape(2, 5, 3), ((0.0, 3.45), (0.55, 4.0)), strict=True):
        t = np.linspace(first, last, 17)
        out.append(np.stack([np.interp(t, range(5), side[:, k]) for k in range(3)], axis=1))
    return np.concatenate(out) - [0.0, 0.0, 0.004]


@lru_cache(maxsize=64)
def region(name: str, variant: int) -> np.ndarray:
    """Booleans ``(V,)`` of a named region: beard, mask, beanie, shirt, scarf, hood.

    Args:
        name: which.
        variant: 0 … VARIANTS-1, from small to large.
    """
    body = load_body()
    p = body.mean
    x, y, z = p.T
    mark = p[LANDMARK_VERTICES]
    t = variant / (VARIANTS - 1)
    head = body.weights[:, 4] > 0.3
    neck = body.weights[:, 1:5].sum(axis=1) > 0.2
    masks = skin_masks()
    inner = masks["mouth"] > 0.3
    joint_z = mark[8, 2] - 0.055  # about the pit of the neck
    ear_y, brow_z = mark[0, 1], mark[17:27, 2].mean()
    if name == "beard":
        lips = masks["lips"] > 0.25
        top = mark[33, 2] - 0.002 if variant % 2 else mark[48, 2] - 0.004
        sideburns = (y > ear_y - 0.03) & (z < mark[1, 2])
        out = ((z < top) | sideburns) & (z > mark[8, 2] - 0.012) & (y < ear_y - 0.002) & ~lips & head
    elif name == "mask":
        top = mark[28, 2] * (1 - t) + mark[29, 2] * t - 0.12 * np.abs(x)
        out = (z < top) & (z > mark[8, 2] - 0.02) & (y < ear_y - 0.018 - 0.01 * t) & head
    elif name == "beanie":
        line = brow_z + 0.036 - 0.022 * t - 0.42 * np.clip(y - mark[27, 1] - 0.02, 0.0, 0.2)
        out = (z > line) & head
    elif name == "shirt":
        collar = joint_z - 0.012 - 0.03 * t
        out = z < collar + 0.25 * np.clip(y - mark[8, 1], -0.1, 0.15) - 0.35 * t * np.maximum(0.04 - np.abs(x), 0.0)
    else:
        oval = (x / (0.058 + 0.008 * (1 - t))) ** 2 + ((z - mark[29, 2] - 0.002) / (0.083 - 0.012 * t)) ** 2 < 1.0
        face = oval & (y < ear_y - 0.004)
        floor = z > p[LANDMARK_VERTICES[8], 2] - (0.16 if name == "scarf" else 0.09)
        chest = (np.abs(x) < 0.16) & floor if name == "scarf" else neck & floor
        out = (head | neck | chest) & ~face & floor
    return out & ~inner
