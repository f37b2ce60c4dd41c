"""Rendered portraits, the models, and a rig."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from gazeclass.faces.embedding import Embedder
from gazeclass.faces.mtcnn import MtcnnDetector
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import exp_so3
from gazeclass.geometry.stereo import StereoRig

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def detector() -> MtcnnDetector:
    return MtcnnDetector(threads=1)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return Embedder(threads=1)


@pytest.fixture(scope="session")
def portrait() -> np.ndarray:
    return cv2.imread(str(DATA / "S04.jpg"))


@pytest.fixture(scope="session")
def other_portrait() -> np.ndarray:
    return cv2.imread(str(DATA / "S07.jpg"))


@pytest.fixture(scope="session")
def rig() -> StereoRig:
    """Two 1080p cameras 4.4 m apart at a board's upper corners, looking into the class and inwards."""
    K0 = np.array([[1480.6, 0, 966.4], [0, 1479.1, 533.8], [0, 0, 1]])
    K1 = np.array([[1472.0, 0, 955.0], [0, 1473.5, 545.0], [0, 0, 1]])
    cam0 = CameraModel(1920, 1080, K0, np.array([-0.128, 0.071, 0.0006, -0.0004, -0.012]))
    cam1 = CameraModel(1920, 1080, K1, np.array([-0.11, 0.06, -0.0003, 0.0005, -0.01]))
    T_W0 = Transform(exp_so3([0, np.radians(20), 0]) @ exp_so3([-np.radians(14), 0, 0]), [-0.18, -0.08, 0.12])
    T_W1 = Transform(exp_so3([0, -np.radians(20), 0]) @ exp_so3([-np.radians(14), 0, 0]), [4.23, -0.13, 0.06])
    return StereoRig((cam0, cam1), T_W1.inverse() @ T_W0, T_W0)
