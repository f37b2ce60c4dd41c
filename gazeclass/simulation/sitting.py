"""Sitting down and letting the arms hang: the unposed body bent at shoulders, elbows, hips and knees.

Only what hangs on arms and legs moves, so that head, neck and their joints stay where the body model put them. Clothes
follow because they are fitted to the bent body.
"""

import numpy as np

from gazeclass.geometry.rotation import Array, exp_so3
from gazeclass.simulation.body import Body
from gazeclass.simulation.mesh import Floats

#: Turns about the body's axes (x left, y back, z up), degrees: first the whole limb, then its lower half. For the left
#: side; the right one is its mirror image. The rest pose holds the arms 45° out and the forearms 45° forward.
SITTING = {"arm": (-14.0, 31.0, 0.0), "forearm": (-32.0, 0.0, -8.0), "leg": (-86.0, 0.0, 0.0), "shin": (84.0, 0.0, 0.0)}
STANDING = {"arm": (8.0, 38.0, 0.0), "forearm": (10.0, 0.0, 0.0), "leg": (0.0, 0.0, 0.0), "shin": (0.0, 0.0, 0.0)}
_LOWER = {"arm": "forearm", "leg": "shin"}


def bent(body: Body, vertices: Floats, pose: dict[str, tuple[float, float, float]]) -> Floats:
    """Vertices ``(V, 3)`` of one person in a pose (linear blend skinning of arms and legs)."""
    out = np.asarray(vertices, float).copy()
    for side, mirror in (("L", np.ones(3)), ("R", np.array([1.0, -1.0, -1.0]))):
        for upper, lower in _LOWER.items():
            first, second = (f"{part}.{side}" for part in (upper, lower))
            # Mirrored in x, a turn about y or z changes its sense and one about x does not.
            T_first = _turn(vertices[body.limb_joints[first]].mean(axis=0), np.radians(pose[upper]) * mirror)
            T_second = T_first @ _turn(
                vertices[body.limb_joints[second]].mean(axis=0), np.radians(pose[lower]) * mirror
            )
            w_first, w_second = body.limb_weights[first][:, None], body.limb_weights[second][:, None]
            moved_first = vertices @ T_first[:3, :3].T + T_first[:3, 3]
            moved_second = vertices @ T_second[:3, :3].T + T_second[:3, 3]
            out += (w_first - w_second) * (moved_first - vertices) + w_second * (moved_second - vertices)
    return out.astype(np.float32)


def _turn(joint: Floats, rotation: Array) -> Array:
    """The transform ``(4, 4)`` that turns about a joint; about x first, then y, then z."""
    x, y, z = rotation
    R = exp_so3([0.0, 0.0, z]) @ exp_so3([0.0, y, 0.0]) @ exp_so3([x, 0.0, 0.0])
    T = np.eye(4)
    T[:3, :3] = R
    T[:3, 3] = joint - R @ joint
    return T
