"""What goes between detection, tracking, matching and the rooms that use them: four frozen records.

All of them are compared by identity (``eq=False``): they hold arrays, whose ``==`` is no truth value.
"""

from dataclasses import dataclass, field

import numpy as np

#: Index of the nose tip among the five landmarks.
NOSE = 2


@dataclass(frozen=True, eq=False)
class Face:
    """One face in one picture.

    Attributes:
        camera: 0 (reference) or 1.
        box_px: (4,) x0, y0, x1, y1 of the face; it may reach past the picture's edge.
        landmarks_px: (5, 2) in MTCNN's order: eye on the picture's left, eye on its right, nose tip, mouth corner on
            the picture's left, mouth corner on its right; distorted picture coordinates, pixel centres whole numbers.
        score: the detector's belief that this is a face, 0 to 1.
        nose_sigma_px: one standard deviation of the nose tip in each direction, as measured for this detector at this
            face size; NaN where the detector cannot tell.
        found_nose_px: (2,) the nose tip before the detector's correction of it; None where there was none.
    """

    camera: int
    box_px: np.ndarray
    landmarks_px: np.ndarray
    score: float
    nose_sigma_px: float = float("nan")
    found_nose_px: np.ndarray | None = None

    @property
    def nose_px(self) -> np.ndarray:
        """(2,) nose tip."""
        return self.landmarks_px[NOSE]

    @property
    def found_landmarks_px(self) -> np.ndarray:
        """(5, 2) the landmarks with the nose as the detector first saw it.

        The correction knows where noses are on rendered heads of each pose, so it holds a guess of the pose already;
        head pose wants what was seen.
        """
        if self.found_nose_px is None:
            return self.landmarks_px
        points = self.landmarks_px.copy()
        points[NOSE] = self.found_nose_px
        return points

    @property
    def size_px(self) -> float:
        """Longer side of the box."""
        return float(max(self.box_px[2] - self.box_px[0], self.box_px[3] - self.box_px[1]))

    @property
    def centre_px(self) -> np.ndarray:
        """(2,) centre of the box."""
        return (self.box_px[:2] + self.box_px[2:]) / 2


@dataclass(frozen=True, eq=False)
class Track:
    """One face followed over time in one camera, as it is now.

    Attributes:
        camera: 0 or 1.
        track_id: never used twice within one camera.
        face: where it is in the present picture.
        since_s: lesson time of its first picture.
        hits: pictures in which it was found.
        embedding: (d,) unit vector, the weighted mean over the track's faces so far; None before the first.
        embedding_weight: sum of the weights in ``embedding``; 1 is one sharp frontal face.
    """

    camera: int
    track_id: int
    face: Face
    since_s: float
    hits: int
    embedding: np.ndarray | None = None
    embedding_weight: float = 0.0


@dataclass(frozen=True, eq=False)
class Sighting:
    """One student at one moment, in one or both cameras.

    Attributes:
        student: the enrolled name; ``P01``, ``P02``, … without an enrolment, ``unknown-01``, … for someone who is in
            none of the portraits.
        faces: by camera index.
        confidence: belief in the identity, 0 to 1.
        track_ids: by camera index, the tracks the faces come from.
    """

    student: str
    faces: dict[int, Face]
    confidence: float
    track_ids: dict[int, int] = field(default_factory=dict)
