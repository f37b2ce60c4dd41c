"""Rendered portraits, the models, and a rig."""

import cv2
import numpy as np
import pytest
from faces_support import standard_rig

from gazeclass.faces.embedding import Embedder
from gazeclass.faces.mtcnn import MtcnnDetector
from gazeclass.geometry.stereo import StereoRig
from gazeclass.sample import sample_folder

ENROLL = sample_folder() / "enroll"


@pytest.fixture(scope="session")
def detector() -> MtcnnDetector:
    return MtcnnDetector(threads=1)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return Embedder(threads=1)


@pytest.fixture(scope="session")
def portrait() -> np.ndarray:
    return cv2.imread(str(ENROLL / "S09.png"))


@pytest.fixture(scope="session")
def other_portrait() -> np.ndarray:
    return cv2.imread(str(ENROLL / "S03.png"))


@pytest.fixture(scope="session")
def rig() -> StereoRig:
    return standard_rig()
