"""What is true about a rendered head: landmarks, box, nose tip and rotation against the viewing ray."""

from functools import lru_cache

import numpy as np

from gazeclass.geometry.rotation import Array, nearest_rotation
from gazeclass.simulation.body import load_body
from gazeclass.simulation.mesh import Floats, Ints
from gazeclass.simulation.posing import REST_AXES

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
#: Pitch of Anny's unposed mean head in the 300W-LP convention, degrees. Rigid Procrustes of its 68 landmarks onto the
#: ICT FaceKit's mean face gives -2.4 (all 68) and -3.0 (without the jaw); their mean is used.
ZERO_PITCH_DEG = -2.7


def zero_pose() -> Array:
    """Rotation from head axes in 300W-LP's zero pose to the head axes of Anny's unposed mean head, ``(3, 3)``."""
    a = np.radians(ZERO_PITCH_DEG)
    return np.array([[1, 0, 0], [0, np.cos(a), np.sin(a)], [0, -np.sin(a), np.cos(a)]])


def face_axes(neutral: Floats) -> Array:
    """X_S, Y_S, Z_S of one person's unposed, neutral head as columns ``(3, 3)`` in Anny's axes.

    Faces differ in how they sit on the skull; what a picture shows, and what 300W-LP's labels mean, is the rotation of
    the *face*. So the axes are those of the mean face after the best rotation of its 68 landmarks onto this person's
    (Kabsch 1976). Against the head bone this differs by 3° of pitch (one standard deviation over people).

    Args:
        neutral: ``(V, 3)`` unposed vertices without expression.
    """
    a = load_body().mean[LANDMARK_VERTICES].astype(float)
    b = neutral[LANDMARK_VERTICES].astype(float)
    H = (b - b.mean(axis=0)).T @ (a - a.mean(axis=0))
    return nearest_rotation(H) @ REST_AXES @ zero_pose()


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
