"""Do the faces agree with the calibration? Cameras that were swapped, moved or belong to another room show here.

Faces of both pictures are paired as well as the epipolar distance allows, once as they came and once with the cameras
exchanged. With the right calibration most pairs meet within a fraction of a face, in front of both cameras and of the
board; with a wrong one few do.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from gazeclass.errors import InputError
from gazeclass.faces.types import Face
from gazeclass.geometry.rotation import Array
from gazeclass.geometry.stereo import StereoRig, epipolar_distance_px
from gazeclass.geometry.triangulation import triangulate
from gazeclass.lesson.fusion import FACE_HEIGHT_M

#: A pair of noses agrees when it misses its epipolar line by less than this share of the smaller face.
AGREES_WITHIN_FACE = 0.15
#: … and its distance is what the faces' sizes say, within this factor.
SIZE_FACTOR = 2.0
#: A recording that ends before enough faces were seen is judged by this many.
LEAST_FACES = 20
#: Heads are looked for within this range from the board's plane, metres.
ROOM_DEPTH_M = (0.3, 20.0)
#: Nobody's head is higher above or lower below the board's top edge than this, metres (y points down).
ROOM_HEIGHT_M = (-1.5, 3.0)


def agreement(rig: StereoRig, noses: tuple[Array, Array], sizes_px: tuple[Array, Array]) -> float:
    """Share of the faces that find a partner the calibration agrees with, 0 to 1.

    Args:
        rig: with its world frame.
        noses: ``(n, 2)`` and ``(m, 2)`` pixels of camera 0 and 1, n and m at least 1.
        sizes_px: ``(n,)`` and ``(m,)`` face sizes.
    """
    assert rig.T_WC is not None
    distance = epipolar_distance_px(rig, *noses)
    allowed = AGREES_WITHIN_FACE * np.minimum(sizes_px[0][:, None], sizes_px[1][None, :])
    i, j = np.indices(distance.shape).reshape(2, -1)
    found = triangulate(rig, noses[0][i], noses[1][j])
    P_W = rig.T_WC.apply(found.position_C_m)
    with np.errstate(invalid="ignore"):
        inside = (P_W[:, 2] > ROOM_DEPTH_M[0]) & (P_W[:, 2] < ROOM_DEPTH_M[1])
        inside &= (P_W[:, 1] > ROOM_HEIGHT_M[0]) & (P_W[:, 1] < ROOM_HEIGHT_M[1])
    for camera, index in ((0, i), (1, j)):
        expected_px = rig.cameras[camera].matrix[1, 1] * FACE_HEIGHT_M
        ratio = sizes_px[camera][index] * np.linalg.norm(P_W - rig.world_from_camera(camera).t, axis=1) / expected_px
        with np.errstate(invalid="ignore"):
            inside &= (ratio > 1 / SIZE_FACTOR) & (ratio < SIZE_FACTOR)
    good = (found.ok & inside).reshape(distance.shape) & (distance < allowed)
    # Maximise the number of agreeing pairs.
    rows, columns = linear_sum_assignment(-good.astype(float))
    return float(good[rows, columns].sum()) / min(distance.shape)


class ExchangedCamerasError(InputError):
    """The faces fit the calibration only the other way round."""


@dataclass
class CameraConsistency:
    """Watches the first faces of a lesson and refuses cameras that were exchanged.

    Attributes:
        rig: as calibrated.
        enough_faces: pairs of faces to look at before judging.
        fit: share of the faces that fit the calibration; NaN until enough were seen.
    """

    rig: StereoRig
    enough_faces: int = 60
    fit: float = float("nan")
    _as_given: list[tuple[float, int]] = field(default_factory=list)
    _exchanged: list[tuple[float, int]] = field(default_factory=list)

    def look(self, faces0: list[Face], faces1: list[Face]) -> None:
        """Take in one moment.

        Raises:
            ExchangedCamerasError: enough faces were seen, they contradict the calibration, and would fit with the
                recordings exchanged.
        """
        count = min(len(faces0), len(faces1))
        # A single face in each picture fits almost any calibration: too little to judge by.
        if np.isfinite(self.fit) or count < 2:
            return
        noses = tuple(np.array([f.nose_px for f in faces]) for faces in (faces0, faces1))
        sizes = tuple(np.array([f.size_px for f in faces]) for faces in (faces0, faces1))
        self._as_given.append((agreement(self.rig, (noses[0], noses[1]), (sizes[0], sizes[1])), count))
        self._exchanged.append((agreement(self.rig, (noses[1], noses[0]), (sizes[1], sizes[0])), count))
        if sum(n for _, n in self._as_given) >= self.enough_faces:
            self._judge()

    def finish(self) -> None:
        """Judge a recording too short for :attr:`enough_faces` by those it showed.

        Raises:
            ExchangedCamerasError: as :meth:`look`.
        """
        if not np.isfinite(self.fit) and sum(n for _, n in self._as_given) >= LEAST_FACES:
            self._judge()

    def _judge(self) -> None:
        given, exchanged = (
            sum(share * n for share, n in s) / sum(n for _, n in s) for s in (self._as_given, self._exchanged)
        )
        if exchanged > given + 0.25:
            raise ExchangedCamerasError(
                f"the two cameras are exchanged: {given:.0%} of the faces fit the calibration, the other way round "
                f"{exchanged:.0%}",
                where="cam0, cam1",
                todo="Name the recordings (or plug the cameras) the other way round.",
            )
        self.fit = given

    @property
    def warning(self) -> str:
        """What to tell the user, "" while all is well."""
        if np.isfinite(self.fit) and self.fit < 0.5:
            return (
                f"only {self.fit:.0%} of the faces fit the calibration: a camera may have been moved, or this is "
                "another classroom; calibrate again"
            )
        return ""
