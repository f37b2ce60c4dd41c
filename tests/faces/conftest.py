"""Rendered portraits, the models, and a rig."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from faces_support import standard_rig

from gazeclass.faces.embedding import Embedder
from gazeclass.faces.mtcnn import MtcnnDetector
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
    return standard_rig()
