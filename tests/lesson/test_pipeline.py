"""The pipeline with scripted heads: exact input gives exact gaze points, and every absence gets its status."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from gazeclass.capture.pairs import FramePair
from gazeclass.errors import InputError
from gazeclass.faces.types import Face, Sighting
from gazeclass.geometry.camera import CameraModel, ray_rotation
from gazeclass.geometry.frames import Board, Transform
from gazeclass.geometry.rotation import exp_so3, rotation_from_angles_deg
from gazeclass.geometry.stereo import StereoRig
from gazeclass.headpose.estimator import HeadPoses
from gazeclass.headpose.mirror import ANGLE_SIGNS, MirrorTurns
from gazeclass.lesson.observation import ObservationStatus
from gazeclass.lesson.pipeline import Pipeline
from gazeclass.lesson.zones import grid

PICTURE = np.zeros((1080, 1920, 3), np.uint8)
BOARD = Board(4.0, 1.2)


def make_rig() -> StereoRig:
    K = np.array([[1480.0, 0, 960], [0, 1480, 540], [0, 0, 1]])
    cam = CameraModel(1920, 1080, K, np.array([-0.1, 0.05, 0, 0, 0]))
    T_W0 = Transform(exp_so3([0, np.radians(18), 0]), [-0.2, 0, 0.1])
    T_W1 = Transform(exp_so3([0, -np.radians(18), 0]), [4.2, 0, 0.1])
    return StereoRig((cam, cam), T_W1.inverse() @ T_W0, T_W0)


RIG = make_rig()
CLASSROOM = SimpleNamespace(
    name="Room 1", rig=lambda: RIG, board=lambda: BOARD, camera_frame_covariance=lambda: np.zeros((6, 6))
)


def looking_at(head: np.ndarray, target: np.ndarray) -> np.ndarray:
    """R_WS of an upright head at ``head`` that faces ``target``."""
    Z = (target - head) / np.linalg.norm(target - head)
    X = np.cross([0.0, -1.0, 0.0], Z)
    X /= np.linalg.norm(X)
    return np.column_stack([X, np.cross(Z, X), Z])


class Script:
    """Plays trackers, matcher and estimator: who is where, turned how, seen by which cameras."""

    def __init__(self) -> None:
        self.heads: dict[str, tuple[np.ndarray, np.ndarray, str]] = {}
        self.sigma_deg = 4.0

    def update(self, t_s: float, *_: object) -> list:
        if len(_) == 1:  # as a tracker: (t_s, image)
            return []
        sightings = []
        for name, (P, _R, cameras) in self.heads.items():
            faces = {}
            for camera in (int(c) for c in cameras):
                nose = RIG.project_world(camera, P)
                half = 25.0
                faces[camera] = Face(camera, np.array([*(nose - half), *(nose + half)]), np.tile(nose, (5, 1)), 1.0)
            sightings.append(Sighting(name, faces, 1.0))
        return [s for s in sightings if s.faces]

    def estimate(self, images: list, boxes: list, landmarks: list | None = None) -> HeadPoses:
        R = []
        for _name, (P, R_WS, cameras) in self.heads.items():
            for camera in (int(c) for c in cameras):
                T = RIG.world_from_camera(camera)
                ray = RIG.cameras[camera].rays(RIG.project_world(camera, P))
                R.append(ray_rotation(ray).T @ T.R.T @ R_WS)
        R = np.array(R).reshape(-1, 3, 3)[: len(images)]
        from gazeclass.geometry.rotation import long_yaw_angles_deg

        return HeadPoses(long_yaw_angles_deg(R), R, np.full((len(R), 3), self.sigma_deg))


@pytest.fixture
def script() -> Script:
    return Script()


def pipeline(script: Script, **more: object) -> Pipeline:
    return Pipeline(CLASSROOM, (script, script), script, script, zones=grid(BOARD, 3, 3), **more)  # type: ignore[arg-type]


def pair(t_s: float) -> FramePair:
    return FramePair(t_s, (PICTURE, PICTURE), 0.01, round(t_s * 10))


@pytest.mark.parametrize("target", [(0.7, 0.2), (2.0, 0.6), (3.3, 1.0)])
@pytest.mark.parametrize("cameras", ["01", "0", "1"])
def test_exact_input_gives_the_point_faced(script: Script, target: tuple, cameras: str) -> None:
    P = np.array([1.5, 0.9, 4.5])
    R = looking_at(P, np.array([*target, 0.0]))
    p = pipeline(script)
    script.heads = {"S01": (P, R, "01")}
    p.process(pair(0.0))
    script.heads = {"S01": (P, R, cameras)}
    (seen,) = p.process(pair(0.1))
    assert seen.status == (ObservationStatus.OK if cameras == "01" else ObservationStatus.ONE_CAMERA)
    np.testing.assert_allclose(seen.board_xy_m, target, atol=0.002)
    np.testing.assert_allclose(seen.position_W_m, P, atol=0.002)
    assert seen.cameras == cameras
    assert seen.face_px == pytest.approx(50)
    assert seen.skew_s == 0.01
    assert 0.2 < np.sqrt(seen.cov_board_m2[0, 0]) < 0.6  # 4° at 4.5 m
    assert np.trace(seen.cov_board_pose_m2) > 0.9 * np.trace(seen.cov_board_m2)


def test_head_pose_gets_the_points_as_detected(script: Script) -> None:
    """Triangulation takes the corrected nose, head pose the nose as the detector saw it."""
    nose = np.array([640.0, 360.0])
    seen: list = []

    class Listens:
        name = "listens"

        def estimate(self, images: list, boxes: list, landmarks: list | None = None) -> HeadPoses:
            seen.extend(landmarks or [])
            return HeadPoses.from_angles(np.zeros((len(images), 3)), np.ones((len(images), 3)))

    box = np.array([*(nose - 25), *(nose + 25)])
    face = Face(0, box, np.tile(nose, (5, 1)), 1.0, found_nose_px=nose + [4.0, 0.0])
    script.update = lambda t_s, *rest: [] if len(rest) == 1 else [Sighting("S01", {0: face}, 1.0)]  # type: ignore[method-assign]
    Pipeline(CLASSROOM, (script, script), script, Listens()).process(pair(0.0))  # type: ignore[arg-type]
    offset = seen[0][2] - seen[0][:2].mean(axis=0)
    assert offset[0] > 2
    np.testing.assert_allclose(seen[0][0], seen[0][1])


def test_faces_are_shown_mirrored_in_turn_and_answered_as_they_are() -> None:
    """A method that sees every head 10° too far to one side of the picture: what both cameras say takes it away."""
    nose_to_the_right = np.array([[-9.0, -5], [9, -5], [6, 0], [-7, 9], [7, 9]])
    shown: list[bool] = []

    class Lopsided(Script):
        def update(self, t_s: float, *rest: object) -> list:
            sightings = super().update(t_s, *rest)
            for sighting in sightings:
                for camera, face in sighting.faces.items():
                    sighting.faces[camera] = replace(face, landmarks_px=face.landmarks_px + nose_to_the_right)
            return sightings

        def estimate(self, images: list, boxes: list, landmarks: list | None = None) -> HeadPoses:
            true = super().estimate(images, boxes, landmarks)
            mirror = np.array([marks[2, 0] < marks[:2, 0].mean() for marks in landmarks or []])
            shown.extend(mirror)
            angles = np.where(mirror[:, None], true.angles_deg * ANGLE_SIGNS, true.angles_deg)
            return HeadPoses.from_angles(angles + [10.0, 0, 0], true.sigma_deg)

    script = Lopsided()
    P = np.array([1.5, 0.9, 4.5])
    script.heads = {"S01": (P, looking_at(P, np.array([2.0, 0.6, 0.0])), "01")}
    off_m = []
    for turns in (None, MirrorTurns()):
        p = pipeline(script, turns=turns)
        for t in range(4):
            (seen,) = p.process(pair(0.1 * t))
        off_m.append(abs(seen.board_xy_m[0] - 2.0))
    assert shown == [False] * 8 + [False, True, True, False] * 2
    assert off_m[0] > 0.5
    assert off_m[1] < 0.1


def test_zone_of_the_point(script: Script) -> None:
    script.sigma_deg = 1.0
    P = np.array([2.0, 0.9, 3.0])
    script.heads = {"S01": (P, looking_at(P, np.array([3.33, 0.6, 0.0])), "01")}
    (seen,) = pipeline(script).process(pair(0.0))
    assert seen.zone == "middle left"
    assert seen.zone_probability > 0.9


def test_away_not_seen_and_low_confidence(script: Script) -> None:
    P = np.array([2.0, 0.9, 3.0])
    p = pipeline(script, students=["S01", "S02"])
    script.heads = {"S01": (P, rotation_from_angles_deg(170, 0, 0), "01")}
    first = {o.student: o for o in p.process(pair(0.0))}
    assert first["S01"].status == ObservationStatus.AWAY
    assert np.isnan(first["S01"].board_xy_m).all()
    assert np.isfinite(first["S01"].position_W_m).all()
    assert first["S02"].status == ObservationStatus.NOT_SEEN
    assert not first["S02"].seen
    script.sigma_deg = 40.0
    script.heads = {"S01": (P, looking_at(P, np.array([2.0, 0.5, 0.0])), "01")}
    assert p.process(pair(3.0))[0].status == ObservationStatus.LOW_CONFIDENCE
    script.heads = {}
    assert [o.status for o in p.process(pair(3.1))] == [ObservationStatus.NOT_SEEN] * 2


def test_someone_seen_once_is_expected_from_then_on(script: Script) -> None:
    P = np.array([2.0, 0.9, 3.0])
    p = pipeline(script)
    assert p.process(pair(0.0)) == []
    script.heads = {"P01": (P, looking_at(P, np.array([2.0, 0.5, 0.0])), "01")}
    p.process(pair(0.1))
    script.heads = {}
    (gone,) = p.process(pair(0.2))
    assert (gone.student, gone.status) == ("P01", ObservationStatus.NOT_SEEN)


def test_a_face_only_one_camera_ever_saw(script: Script) -> None:
    P = np.array([2.0, 0.9, 5.0])
    script.heads = {"P01": (P, looking_at(P, np.array([2.0, 0.5, 0.0])), "1")}
    (seen,) = pipeline(script).process(pair(0.0))
    assert seen.status == ObservationStatus.ONE_CAMERA
    along = np.sqrt(np.linalg.eigvalsh(seen.cov_position_m2)[-1])
    assert along > 0.5  # its depth is a guess, and says so
    assert abs(np.linalg.norm(seen.position_W_m - P)) < 3 * along


def test_a_pose_that_is_not_a_number_never_reaches_the_board(script: Script) -> None:
    P = np.array([2.0, 0.9, 3.0])
    script.heads = {"P01": (P, np.full((3, 3), np.nan), "01")}
    (seen,) = pipeline(script).process(pair(0.0))
    assert seen.status == ObservationStatus.LOW_CONFIDENCE
    assert np.isnan(seen.board_xy_m).all()
    np.testing.assert_allclose(seen.position_W_m, P, atol=1e-3)


def test_wrong_picture_size_names_both(script: Script) -> None:
    small = np.zeros((720, 1280, 3), np.uint8)
    with pytest.raises(InputError, match="cam1: the picture is 1280×720, the calibration 1920×1080"):
        pipeline(script).process(FramePair(0.0, (PICTURE, small), 0.0, 0))


def test_classroom_without_a_world_is_refused(script: Script) -> None:
    bare = SimpleNamespace(
        name="Room 1",
        rig=lambda: StereoRig(RIG.cameras, RIG.T_10),
        board=lambda: BOARD,
        camera_frame_covariance=lambda: np.zeros((6, 6)),
    )
    with pytest.raises(InputError, match=r"Add auxiliary/ and tape\.csv"):
        Pipeline(bare, (script, script), script, script)  # type: ignore[arg-type]


def test_times_are_kept(script: Script) -> None:
    p = pipeline(script)
    list(p.run([pair(0.0), pair(0.1)]))
    assert p.times.pairs == 2
    assert set(p.times.seconds) == {"detect and track", "match", "head pose", "gaze"}
