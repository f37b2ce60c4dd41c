"""Transforms and the stereo rig's frames."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeclass.geometry.frames import IDEAL_R_WA, Transform
from gazeclass.geometry.rotation import exp_so3
from gazeclass.geometry.stereo import StereoRig

vector = st.tuples(*[st.floats(-3, 3)] * 3)


@given(vector, vector, vector, vector, vector)
def test_composition_and_inverse(a: tuple, ta: tuple, b: tuple, tb: tuple, p: tuple) -> None:
    T_XY, T_YZ = Transform(exp_so3(a), ta), Transform(exp_so3(b), tb)
    np.testing.assert_allclose((T_XY @ T_YZ).apply(p), T_XY.apply(T_YZ.apply(p)), atol=1e-9)
    np.testing.assert_allclose(T_XY.inverse().apply(T_XY.apply(p)), p, atol=1e-9)


def test_transform_is_frozen_and_checked() -> None:
    T = Transform.identity()
    with pytest.raises(ValueError, match="read-only"):
        T.R[0, 0] = 2
    with pytest.raises(ValueError, match=r"R \(3, 3\)"):
        Transform(np.eye(2), np.zeros(3))


def test_ideal_auxiliary_frame_is_a_rotation() -> None:
    np.testing.assert_allclose(IDEAL_R_WA @ IDEAL_R_WA.T, np.eye(3))
    assert np.linalg.det(IDEAL_R_WA) == pytest.approx(1)


def test_rig_frames_agree(rig: StereoRig) -> None:
    assert rig.baseline_m == pytest.approx(np.linalg.norm([4.4, -0.05, -0.05]), abs=1e-9)
    P_W = np.array([[2.0, 1.0, 4.0]])
    for camera in (0, 1):
        P_C = rig.T_WC.inverse().apply(P_W)
        np.testing.assert_allclose(rig.project_world(camera, P_W), rig.project(camera, P_C), atol=1e-9)
    np.testing.assert_allclose(rig.world_from_camera(1).t, [4.2, -0.15, 0.05], atol=1e-12)
    with pytest.raises(ValueError, match="no world frame"):
        StereoRig(rig.cameras, rig.T_10).world_from_camera(0)
