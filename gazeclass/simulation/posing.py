"""Turning a head on its neck: rigid groups, joint by joint."""

import numpy as np

from gazeclass.geometry.rotation import Array, exp_so3, log_so3
from gazeclass.simulation.body import GROUPS
from gazeclass.simulation.mesh import Floats

#: How a head's turn is shared out along neck01, neck02, neck03 and head.
NECK_SHARES = (0.15, 0.2, 0.25, 0.4)
#: The unposed head's own axes X_S (left), Y_S (up), Z_S (out of the face) as columns in Anny's axes.
REST_AXES: Array = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


def group_transforms(joints: Floats, R_turn: Array, eyes_deg: Array) -> Array:
    """Transforms of the rigid groups in the torso's frame.

    Args:
        joints: ``(6, 3)`` positions of GROUPS[1:], metres.
        R_turn: ``(3, 3)`` the head's turn against the torso, Anny's axes.
        eyes_deg: (right, up) turn of both eyes in the head, seen from the person.

    Returns:
        ``(7, 4, 4)`` in the order of GROUPS.
    """
    out = np.tile(np.eye(4), (len(GROUPS), 1, 1))
    turn = log_so3(R_turn)
    current = np.eye(4)
    for group, share in enumerate(NECK_SHARES, start=1):
        current = current @ _about(joints[group - 1], exp_so3(share * turn))
        out[group] = current
    # z is up and x the person's left: to look to the right is to turn clockwise seen from above.
    right, up = np.radians(eyes_deg)
    R_eyes = exp_so3([0.0, 0.0, -right]) @ exp_so3([-up, 0.0, 0.0])
    for group in (5, 6):
        out[group] = current @ _about(joints[group - 1], R_eyes)
    return out


def _about(joint: Floats, R: Array) -> Array:
    T = np.eye(4)
    T[:3, :3] = R
    T[:3, 3] = joint - R @ joint
    return T


def skinned(vertices: Floats, weights: Floats, transforms: Array) -> Array:
    """Linear blend skinning: ``(n, 3)`` vertices, ``(n, 7)`` weights, ``(7, 4, 4)`` transforms to ``(n, 3)``."""
    blended = np.einsum("ng,gij->nij", weights, transforms)
    return np.einsum("nij,nj->ni", blended[:, :3, :3], vertices) + blended[:, :3, 3]
