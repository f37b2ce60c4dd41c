"""A rig as it hangs in a classroom, written out."""

import numpy as np
import pytest

from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import exp_so3
from gazeclass.geometry.stereo import StereoRig


@pytest.fixture(scope="session")
def rig() -> StereoRig:
    """Two 1080p cameras 4.4 m apart at a board's upper corners, looking into the class and inwards."""
    K0 = np.array([[1480.0, 0, 965.0], [0, 1479.0, 535.0], [0, 0, 1]])
    K1 = np.array([[1470.0, 0, 955.0], [0, 1472.0, 545.0], [0, 0, 1]])
    cam0 = CameraModel(1920, 1080, K0, np.array([-0.125, 0.07, 0.0006, -0.0004, -0.01]))
    cam1 = CameraModel(1920, 1080, K1, np.array([-0.11, 0.06, -0.0003, 0.0005, -0.01]))
    # Camera axes in WCS: z into the class, down by 14°, inwards by 20°.
    base = np.eye(3)  # camera x = WCS x, y down, z out of the board
    T_W0 = Transform(base @ exp_so3([0, np.radians(20), 0]) @ exp_so3([-np.radians(14), 0, 0]), [-0.2, -0.1, 0.1])
    T_W1 = Transform(base @ exp_so3([0, -np.radians(20), 0]) @ exp_so3([-np.radians(14), 0, 0]), [4.2, -0.15, 0.05])
    return StereoRig((cam0, cam1), T_W1.inverse() @ T_W0, T_W0)
