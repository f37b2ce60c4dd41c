"""Which track of camera 0 and which of camera 1 are one head: evidence from geometry, size and looks.

Every piece of evidence is a log-likelihood ratio, "the same head" against "two heads", so that pieces add up.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gazeclass.faces.types import Face, Track
from gazeclass.geometry.stereo import StereoRig, epipolar_distance_px
from gazeclass.geometry.triangulation import triangulate

#: Standard deviation of a nose tip where the detector gives none, as a fraction of the box, and its floor in pixels.
NOSE_SIGMA_FRACTION, NOSE_SIGMA_PX = 0.05, 1.0
_CHANCE_PX = 300.0  # epipolar distances of different heads are spread about so widely
_OUTLIER = 0.005  # a nose tip that is not one: a hand before the face
_GATE_SIGMA, _GATE_PX = 6.0, 4.0  # farther than this from the epipolar line two pixels are not one nose tip
#: Box side of a head; adults and children, front and side, within a standard deviation of HEAD_LOG_SD.
HEAD_M = 0.17
HEAD_LOG_SD = 0.25
_RATIO_LOG_SD = 0.22  # of the two cameras' sizes: one sees the face from the side
_NEAREST_M, _FARTHEST_M = 0.6, 20.0


@dataclass(frozen=True)
class LooksModel:
    """How similar the embeddings of one person and of two people are.

    Attributes:
        same, different: mean cosine.
        spread: standard deviation of both.
    """

    same: float
    different: float
    spread: float

    def log_ratio(self, cosine: np.ndarray) -> np.ndarray:
        """Log-likelihood ratio of two normal distributions of one spread: linear in the cosine."""
        middle = (self.same + self.different) / 2
        return (self.same - self.different) / self.spread**2 * (cosine - middle)


def nose_sigma_px(face: Face) -> float:
    """The face's own figure, or the fall-back."""
    own = face.nose_sigma_px
    return own if np.isfinite(own) else max(NOSE_SIGMA_FRACTION * face.size_px, NOSE_SIGMA_PX)


def pair_evidence(
    rig: StereoRig, tracks0: Sequence[Track], tracks1: Sequence[Track], looks: LooksModel
) -> tuple[np.ndarray, np.ndarray]:
    """Evidence of this moment for every pair of tracks.

    Args:
        rig: the cameras.
        tracks0, tracks1: of camera 0 and 1, seen now.
        looks: see :class:`LooksModel`.

    Returns:
        (n0, n1) log-likelihood ratios and (n0, n1, 3) positions in CCS, NaN where a pair is impossible (its ratio is
        then -inf).
    """
    n0, n1 = len(tracks0), len(tracks1)
    positions = np.full((n0, n1, 3), np.nan)
    if not n0 or not n1:
        return np.zeros((n0, n1)), positions
    p0, s0, size0 = _columns(tracks0)
    p1, s1, size1 = _columns(tracks1)
    sigma = np.hypot(s0[:, None], s1[None, :]) / np.sqrt(2)
    distance = epipolar_distance_px(rig, p0, p1)
    near = np.exp(-0.5 * (distance / sigma) ** 2) / (sigma * np.sqrt(np.pi / 2))
    evidence = np.log((1 - _OUTLIER) * near * _CHANCE_PX + _OUTLIER)

    # Only pairs near each other's epipolar line can be one head: the others need no place in space.
    i, j = np.nonzero(distance <= _GATE_SIGMA * sigma + _GATE_PX)
    points = triangulate(rig, p0[i], p1[j], np.column_stack([s0[i], s1[j]]), iterations=2)
    depth0 = points.position_C_m[:, 2]
    depth1 = rig.T_10.apply(points.position_C_m)[:, 2]
    possible = points.ok & (np.minimum(depth0, depth1) > _NEAREST_M) & (np.maximum(depth0, depth1) < _FARTHEST_M)
    metres0 = size0[i] * depth0 / rig.cameras[0].matrix[0, 0]
    metres1 = size1[j] * depth1 / rig.cameras[1].matrix[0, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.log(metres0 / metres1) / _RATIO_LOG_SD
        absolute = np.log(np.sqrt(metres0 * metres1) / HEAD_M) / HEAD_LOG_SD
    # Heads of a wrong pair have about any size; both terms together are worth at most +2 and at least -8.
    size = np.full((n0, n1), -np.inf)
    size[i[possible], j[possible]] = np.clip(2.0 - 0.5 * (ratio**2 + absolute**2), -8.0, 2.0)[possible]
    evidence += size
    positions[i[possible], j[possible]] = points.position_C_m[possible]
    return evidence + _looks_alike(tracks0, tracks1, looks), positions


def _columns(tracks: Sequence[Track]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nose tips (n, 2), their sigmas (n,) and box sizes (n,)."""
    nose = np.array([track.face.nose_px for track in tracks], dtype=float)
    sigma = np.array([nose_sigma_px(track.face) for track in tracks])
    return nose, sigma, np.array([track.face.size_px for track in tracks])


def _looks_alike(tracks0: Sequence[Track], tracks1: Sequence[Track], looks: LooksModel) -> np.ndarray:
    """(n0, n1) evidence from embeddings, as far as there are any; at most ±2, for two views of one head differ."""
    out = np.zeros((len(tracks0), len(tracks1)))
    i, j = ([k for k, track in enumerate(tracks) if track.embedding is not None] for tracks in (tracks0, tracks1))
    if not i or not j:
        return out
    weight = np.minimum.outer([tracks0[k].embedding_weight for k in i], [tracks1[k].embedding_weight for k in j])
    cosines = np.array([tracks0[k].embedding for k in i]) @ np.array([tracks1[k].embedding for k in j]).T
    out[np.ix_(i, j)] = np.clip(weight / (weight + 0.5) * looks.log_ratio(cosines), -2, 2)
    return out


def boxes_in_other_camera(rig: StereoRig, face: Face, *, most: int = 60) -> np.ndarray:
    """Where the other camera should see a face: along its epipolar line, at the depths its size allows.

    Args:
        rig: the cameras.
        face: seen by one camera.
        most: boxes at most; as many as it takes for neighbours to overlap by about two thirds.

    Returns:
        (n, 4) boxes in the other camera's picture.
    """
    own = rig.cameras[face.camera]
    ray = own.rays(face.nose_px[None])[0]
    usual_m = own.matrix[0, 0] * HEAD_M / face.size_px
    depths_m = usual_m * np.exp(np.linspace(-2, 2, 400) * HEAD_LOG_SD)
    T_own = rig.camera_from_reference(face.camera)
    boxes = head_boxes(rig, 1 - face.camera, T_own.inverse().apply(ray / ray[2] * depths_m[:, None]))
    if not len(boxes):
        return boxes
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    step = np.hypot(*np.diff(centre, axis=0).T) / (0.2 * (boxes[1:, 3] - boxes[1:, 1]))
    along = np.concatenate([[0.0], np.cumsum(step)])
    wanted = np.linspace(0, along[-1], min(int(along[-1]) + 1, most))
    return boxes[np.unique(np.searchsorted(along, wanted).clip(0, len(boxes) - 1))]


def boxes_near_seat(rig: StereoRig, face: Face, seat_C_m: np.ndarray) -> np.ndarray:
    """Where the other camera should see a face whose owner's seat is known: on its ray, at about the seat's distance.

    Args:
        rig: the cameras.
        face: seen by one camera.
        seat_C_m: (3,) usual place of the nose tip.

    Returns:
        (n, 4) boxes in the other camera's picture.
    """
    T_own = rig.camera_from_reference(face.camera)
    ray = rig.cameras[face.camera].rays(face.nose_px[None])[0]
    nearest_m = float(ray @ T_own.apply(seat_C_m))
    distances_m = nearest_m + np.array([-0.12, 0.0, 0.12])
    return head_boxes(rig, 1 - face.camera, T_own.inverse().apply(ray * distances_m[:, None]))


def head_boxes(rig: StereoRig, camera: int, noses_C_m: np.ndarray) -> np.ndarray:
    """(m, 4) boxes of heads whose nose tips are at (n, 3) in CCS, without those outside the camera's picture."""
    model = rig.cameras[camera]
    pixels = rig.project(camera, noses_C_m)
    depth_m = rig.camera_from_reference(camera).apply(noses_C_m)[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        size = model.matrix[0, 0] * HEAD_M / depth_m
    inside = np.isfinite(pixels).all(axis=1) & (depth_m > _NEAREST_M) & model.contains(pixels)
    # The nose tip lies in the middle across and a little below it.
    reach = np.column_stack([0.4 * size, 0.55 * size, 0.4 * size, 0.45 * size])
    return (np.hstack([pixels, pixels]) + reach * np.array([-1, -1, 1, 1]))[inside]
