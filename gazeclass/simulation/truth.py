"""What is true about a rendered head: landmarks, box, nose tip and rotation against the viewing ray."""

from functools import lru_cache

import numpy as np

from gazeclass.geometry.rotation import Array
from gazeclass.simulation.body import load_body
from gazeclass.simulation.mesh import Ints

#: Body vertices of the 68 landmarks (iBUG order, 0 the jaw on the picture's left). Found by fitting the ICT FaceKit's
#: mean face with its documented 68 points onto the mean body (affine ICP) and taking the nearest vertices.
LANDMARK_VERTICES: Ints = np.array(
    [870, 269, 270, 736, 737, 3698, 5224, 5213, 5162, 11823, 11834, 10366, 7457, 7456, 7039, 7038, 7575]
    + [262, 232, 222, 223, 228, 7001, 6997, 6996, 7005, 7031, 132, 131, 201, 297, 360, 314, 317, 7077, 7121]
    + [1064, 6762, 6763, 72, 1070, 1067, 6856, 13359, 13358, 7756, 7759, 7762]
    + [5339, 410, 456, 455, 7215, 7170, 11942, 7233, 7239, 496, 484, 478]
    + [434, 470, 474, 7226, 7194, 7265, 474, 518],
    np.int32,
)
NOSE_VERTEX = 297
#: Pitch of Anny's unposed head in the 300W-LP convention, degrees (docs in :func:`zero_pose`).
ZERO_PITCH_DEG = -2.7


def zero_pose() -> Array:
    """Rotation from the head frame with 300W-LP's zero pose to Anny's unposed head axes, ``(3, 3)``."""
    a = np.radians(ZERO_PITCH_DEG)
    return np.array([[1, 0, 0], [0, np.cos(a), np.sin(a)], [0, -np.sin(a), np.cos(a)]])


@lru_cache(maxsize=1)
def face_vertices() -> Ints:
    """Vertices whose projection bounds the face: chin to lower forehead, ear to ear, front half of the head."""
    body = load_body()
    p = body.mean
    brow = p[LANDMARK_VERTICES[17:27], 2].max()
    chin = p[LANDMARK_VERTICES[8], 2]
    ear = p[LANDMARK_VERTICES[[0, 16]], 1].mean()
    surface = np.unique(body.skin_triangles)
    x, y, z = p[surface].T
    inside = (z > chin - 0.003) & (z < brow + 0.025) & (y < ear + 0.012) & (body.weights[surface, 4] > 0.5)
    return surface[inside & (np.abs(x) < 0.075)]
