"""A mean 3-D face: its 68 landmarks, and the five points that MTCNN finds on it.

Axes are those of the head frame SCS (method §1): X the person's own left, Y up, Z out of the face, origin
the nose tip, metres. The landmark order is the one of 300-W (jaw 0–16, brows 17–26, nose 27–35, eyes 36–47,
mouth 48–67).
"""

import numpy as np

from gazeclass.geometry.rotation import Array

#: ``(68, 3)`` metres. The mean face of ICT-FaceKit (USC Institute for Creative Technologies, MIT licence),
#: made symmetric, at its 68 documented landmarks, rounded to 0.1 mm.
MEAN_FACE_68: Array = (
    np.array(
        [
            (-73.6, 32.7, -94.1),
            (-72.8, 10.9, -91.4),
            (-69.4, -8.7, -85.4),
            (-65.6, -27.6, -79.0),
            (-57.2, -48.9, -69.4),
            (-43.0, -66.1, -57.2),
            (-30.5, -73.2, -43.0),
            (-15.4, -76.6, -28.0),
            (0.0, -79.7, -26.4),
            (15.4, -76.6, -28.0),
            (30.5, -73.2, -43.0),
            (43.0, -66.1, -57.2),
            (57.2, -48.9, -69.4),
            (65.6, -27.6, -79.0),
            (69.4, -8.7, -85.4),
            (72.8, 10.9, -91.4),
            (73.6, 32.7, -94.1),
            (-58.2, 47.9, -51.6),
            (-49.3, 55.7, -40.8),
            (-37.9, 58.5, -32.4),
            (-24.1, 57.9, -25.9),
            (-11.7, 55.0, -23.4),
            (11.7, 55.0, -23.4),
            (24.1, 57.9, -25.9),
            (37.9, 58.5, -32.4),
            (49.3, 55.7, -40.8),
            (58.2, 47.9, -51.6),
            (0.0, 33.4, -23.3),
            (0.0, 22.3, -15.5),
            (0.0, 12.1, -7.6),
            (0.0, 0.0, 0.0),
            (-12.5, -15.5, -22.0),
            (-6.0, -15.4, -16.5),
            (0.0, -16.1, -15.0),
            (6.0, -15.4, -16.5),
            (12.5, -15.5, -22.0),
            (-44.6, 30.3, -44.7),
            (-38.7, 34.7, -37.1),
            (-27.8, 35.3, -35.4),
            (-18.4, 28.5, -38.7),
            (-27.3, 26.8, -36.6),
            (-38.6, 26.7, -38.4),
            (18.4, 28.5, -38.7),
            (27.8, 35.3, -35.4),
            (38.7, 34.7, -37.1),
            (44.6, 30.3, -44.7),
            (38.6, 26.7, -38.4),
            (27.3, 26.8, -36.6),
            (-25.3, -39.3, -28.8),
            (-17.0, -31.8, -18.5),
            (-7.3, -28.3, -13.4),
            (0.0, -28.9, -12.3),
            (7.3, -28.3, -13.4),
            (17.0, -31.8, -18.5),
            (25.3, -39.3, -28.8),
            (18.0, -44.6, -21.7),
            (10.3, -47.1, -16.8),
            (0.0, -47.8, -15.2),
            (-10.3, -47.1, -16.8),
            (-18.0, -44.6, -21.7),
            (-22.1, -39.0, -29.4),
            (-10.0, -37.0, -19.8),
            (0.0, -37.3, -17.9),
            (10.0, -37.0, -19.8),
            (22.1, -39.0, -29.4),
            (10.7, -37.9, -20.3),
            (0.0, -38.1, -18.2),
            (-10.7, -37.9, -20.3),
        ]
    )
    / 1000.0
)

#: Landmark i is landmark ``MIRROR_68[i]`` of the mirrored face.
MIRROR_68: np.ndarray = np.array(
    [
        *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, *range(35, 30, -1),
        45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
        *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), *range(67, 64, -1),
    ]
)  # fmt: skip

#: The same for MTCNN's five points: eyes and mouth corners change places, the nose stays.
MIRROR_5: np.ndarray = np.array([1, 0, 2, 4, 3])

OUTER_EYE_CORNERS = (36, 45)


def five_points(landmarks_68: Array) -> Array:
    """MTCNN's five points from 68 landmarks: eye centres, nose tip, mouth corners, in MTCNN's order.

    Args:
        landmarks_68: ``(..., 68, d)`` in 2-D or 3-D.

    Returns:
        ``(..., 5, d)``: eye on the picture's left, eye on its right, nose tip, mouth corner left, mouth
        corner right.
    """
    p = np.asarray(landmarks_68, float)
    return np.stack(
        [
            p[..., 36:42, :].mean(axis=-2),
            p[..., 42:48, :].mean(axis=-2),
            p[..., 30, :],
            p[..., 48, :],
            p[..., 54, :],
        ],
        axis=-2,
    )
