"""A pretended detector and pretended tracks, for tests of tracking and matching."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from gazeclass.faces.boxes import overlap
from gazeclass.faces.types import Face, Track
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import exp_so3
from gazeclass.geometry.stereo import StereoRig


def standard_rig() -> StereoRig:
    """Two 1080p cameras 4.4 m apart at a board's upper corners, looking into the class and inwards."""
    K0 = np.array([[1480.6, 0, 966.4], [0, 1479.1, 533.8], [0, 0, 1]])
    K1 = np.array([[1472.0, 0, 955.0], [0, 1473.5, 545.0], [0, 0, 1]])
    cam0 = CameraModel(1920, 1080, K0, np.array([-0.128, 0.071, 0.0006, -0.0004, -0.012]))
    cam1 = CameraModel(1920, 1080, K1, np.array([-0.11, 0.06, -0.0003, 0.0005, -0.01]))
    T_W0 = Transform(exp_so3([0, np.radians(20), 0]) @ exp_so3([-np.radians(14), 0, 0]), [-0.18, -0.08, 0.12])
    T_W1 = Transform(exp_so3([0, -np.radians(20), 0]) @ exp_so3([-np.radians(14), 0, 0]), [4.23, -0.13, 0.06])
    return StereoRig((cam0, cam1), T_W1.inverse() @ T_W0, T_W0)


def make_face(
    centre: Sequence[float], size: float = 60.0, score: float = 0.99, camera: int = 0, turn: float = 0.0
) -> Face:
    """A face about a centre; ``turn`` moves the nose from the middle of the eyes, 0.5 is a profile."""
    x, y = centre
    box = np.array([x - 0.4 * size, y - 0.5 * size, x + 0.4 * size, y + 0.5 * size])
    relative = np.array([[-0.2, -0.12], [0.2, -0.12], [0.4 * turn, 0.08], [-0.15, 0.28], [0.15, 0.28]])
    return Face(camera, box, np.array([x, y]) + relative * size, score)


def unit(index: int, dimension: int = 8) -> np.ndarray:
    """The look of person ``index``: everybody equally unlike."""
    vector = np.full(dimension, 0.6)
    vector[index] += 2.0
    return vector / np.linalg.norm(vector)


@dataclass
class World:
    """People's faces in one camera's pictures. A picture's first pixel is its number.

    Attributes:
        people: by person, by picture: the face, None where hidden. A person in front comes first.
        decoys: what looks a little like a face and is none, in every picture.
    """

    people: list[list[Face | None]]
    decoys: list[Face] = field(default_factory=list)
    searches: int = 0
    search_score: float = 0.7

    def picture(self, index: int) -> np.ndarray:
        return np.full((1, 1, 3), index, np.uint8)

    def visible(self, image: np.ndarray) -> list[tuple[int, Face]]:
        """What can be seen: a face that another one in front covers by half cannot."""
        out: list[tuple[int, Face]] = []
        for person, faces in enumerate(self.people):
            face = faces[int(image[0, 0, 0])]
            if face is not None and not any(
                overlap(face.box_px[None], other.box_px[None], of_smaller=True)[0, 0] > 0.5 for _, other in out
            ):
                out.append((person, face))
        return out + [(-1, face) for face in self.decoys]

    def detect(self, image: np.ndarray, camera: int = 0, *, region: np.ndarray | None = None) -> list[Face]:
        self.searches += region is None
        faces = [face for _, face in self.visible(image) if face.score > self.search_score]
        if region is not None:
            faces = [f for f in faces if (f.centre_px > region[:2]).all() and (f.centre_px < region[2:]).all()]
        return faces

    def refine(
        self, image: np.ndarray, boxes: np.ndarray, camera: int = 0, *, threshold: float = 0.3, looks: int = 8
    ) -> list[Face | None]:
        faces = [face for _, face in self.visible(image) if face.score > threshold]
        if not faces or not len(boxes):
            return [None] * len(boxes)
        fits = overlap(np.asarray(boxes), np.array([face.box_px for face in faces]))
        return [faces[int(row.argmax())] if row.max() > 0.25 else None for row in fits]

    def embed(self, image: np.ndarray, faces: Sequence[Face]) -> np.ndarray:
        """The look of whoever's face is there."""
        seen = self.visible(image)
        out = []
        for face in faces:
            fits = [overlap(face.box_px[None], other.box_px[None])[0, 0] for _, other in seen]
            person = seen[int(np.argmax(fits))][0]
            out.append(unit(person) if person >= 0 else -unit(0))
        return np.array(out).reshape(-1, 8)


def make_track(
    rig: StereoRig,
    camera: int,
    track_id: int,
    nose_C_m: Sequence[float],
    *,
    look: np.ndarray | None = None,
    weight: float = 3.0,
    since_s: float = 0.0,
    off_px: Sequence[float] = (0.0, 0.0),
    score: float = 0.99,
) -> Track:
    """The track of a head whose nose tip is at a place in CCS."""
    nose = np.asarray(nose_C_m, dtype=float)
    pixel = rig.project(camera, nose) + np.asarray(off_px)
    depth = float(rig.camera_from_reference(camera).apply(nose)[2])
    size = rig.cameras[camera].matrix[0, 0] * 0.17 / depth
    face = make_face(pixel - np.array([0, 0.08 * size]), size, score, camera)
    return Track(camera, track_id, face, since_s, 10, look, weight if look is not None else 0.0)
