from dataclasses import replace

import numpy as np
import pytest
from conftest import TrueRoom

from gazeclass.calibration.bundle import BoardView, adjust
from gazeclass.calibration.pnp import plane_poses
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import exp_so3, geodesic_deg


def views_of(room: TrueRoom, count: int, noise_px: float, seed: int = 0) -> list[BoardView]:
    rng = np.random.default_rng(seed)
    views = []
    for k, T_WB in enumerate(room.board_poses(count)):
        pixels = tuple(room.pixels(c, T_WB) + rng.normal(0, noise_px, (54, 2)) for c in (0, 1))
        T_0B = room.world_from_camera(0).inverse() @ T_WB
        views.append(BoardView(str(k), (room.target.points_A,) * 2, (pixels[0], pixels[1]), T_0B))
    return views


def moved(T: Transform, angle: float, shift: float) -> Transform:
    return Transform(exp_so3([angle, -angle, angle]) @ T.R, T.t + shift)


def test_exact_corners_give_the_exact_rig_from_a_start_that_is_off(room):
    views = [replace(v, T_0B=moved(v.T_0B, 0.02, 0.03)) for v in views_of(room, 5, 0.0)]
    result = adjust(room.rig.cameras, moved(room.rig.T_10, 0.03, 0.05), views, refine_intrinsics=False)
    assert result.rms_px < 1e-6
    assert geodesic_deg(result.T_10.R, room.rig.T_10.R) < 1e-6
    np.testing.assert_allclose(result.T_10.t, room.rig.T_10.t, atol=1e-7)


def test_the_covariance_of_the_rig_is_what_repetition_scatters(room):
    scatter, cov = [], None
    for seed in range(60):
        result = adjust(room.rig.cameras, room.rig.T_10, views_of(room, 4, 0.3, seed), refine_intrinsics=False)
        scatter.append(result.T_10.t - room.rig.T_10.t)
        cov = result.cov_T_10
    ratio = np.std(scatter, axis=0) / np.sqrt(np.diag(cov))[3:]
    assert (ratio > 0.7).all()
    assert (ratio < 1.4).all()


def test_one_bad_corner_hardly_matters(room):
    views = views_of(room, 5, 0.1)
    bad = views[0].corners_px[0].copy()
    bad[10] += (40.0, -30.0)
    views[0] = replace(views[0], corners_px=(bad, views[0].corners_px[1]))
    result = adjust(room.rig.cameras, room.rig.T_10, views, refine_intrinsics=False)
    assert np.linalg.norm(result.T_10.t - room.rig.T_10.t) < 0.004


def test_intrinsics_move_to_where_the_corners_want_them(room):
    off = tuple(
        CameraModel(c.width_px, c.height_px, c.matrix * [[1.02, 1, 1], [1, 1.02, 1], [1, 1, 1]], c.distortion)
        for c in room.rig.cameras
    )
    result = adjust((off[0], off[1]), room.rig.T_10, views_of(room, 12, 0.05), refine_intrinsics=True, noise_px=0.05)
    for c in (0, 1):
        assert abs(result.cameras[c].matrix[0, 0] - room.rig.cameras[c].matrix[0, 0]) < 4.0
    assert abs(result.T_10.t[0] - room.rig.T_10.t[0]) < 0.02


def test_a_reduced_lens_stays_square_and_centred(room):
    width, height = room.rig.cameras[0].size_px
    K = np.array([[900.0, 0, (width - 1) / 2], [0, 900.0, (height - 1) / 2], [0, 0, 1]])
    start = CameraModel(width, height, K, np.zeros(5))
    result = adjust(
        (start, start), room.rig.T_10, views_of(room, 8, 0.1), refine_intrinsics=True, reduced=(True, False)
    )
    held, free = result.cameras
    np.testing.assert_allclose(held.matrix[:2, 2], K[:2, 2], atol=0.2)
    assert abs(held.matrix[0, 0] / held.matrix[1, 1] - 1) < 1e-4
    assert abs(free.matrix[0, 2] - room.rig.cameras[1].matrix[0, 2]) < abs(K[0, 2] - room.rig.cameras[1].matrix[0, 2])


def test_a_distant_plane_has_two_poses_and_the_true_one_is_among_them(room):
    T_WB = room.board_poses(1)[0]
    poses = plane_poses(room.rig.cameras[0], room.target.points_A, room.pixels(0, T_WB))
    true = room.world_from_camera(0).inverse() @ T_WB
    assert poses[0].rms_px < 1e-3
    assert min(geodesic_deg(p.T_CB.R, true.R) for p in poses) < 1e-3
    assert [p.rms_px for p in poses] == sorted(p.rms_px for p in poses)


@pytest.mark.parametrize("count", [0, 3])
def test_too_few_corners_have_no_pose(room, count):
    points = room.target.points_A[:count]
    assert plane_poses(room.rig.cameras[0], points, np.zeros((count, 2))) == []
