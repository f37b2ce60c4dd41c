"""What a profile does not show is drawn towards 0, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from gazeclass.geometry.rotation import geodesic_deg, rotation_from_angles_deg  # noqa: E402
from gazeclass.headpose.gimbal import shrink_unseen  # noqa: E402
from gazeclass.headpose.network import HeadPoseNet, WithSpread  # noqa: E402

angles = st.tuples(st.floats(-99, 99), st.floats(-50, 50), st.floats(-50, 50))


def shrunk(values: tuple[float, float, float], ratio: float) -> np.ndarray:
    return shrink_unseen(torch.tensor([values], dtype=torch.float64), ratio)[0].numpy()


@given(angles, st.floats(0.001, 0.5))
def test_the_seen_combination_stays_and_the_unseen_one_shrinks(
    values: tuple[float, float, float], ratio: float
) -> None:
    yaw, pitch, roll = shrunk(values, ratio)
    side = 1 if values[0] >= 0 else -1
    assert yaw == values[0]
    assert pitch - side * roll == pytest.approx(values[1] - side * values[2], abs=1e-9)
    assert abs(pitch + side * roll) <= abs(values[1] + side * values[2]) + 1e-9


@given(angles, st.floats(0.001, 0.5))
def test_mirrored_heads_are_answered_mirrored(values: tuple[float, float, float], ratio: float) -> None:
    there = shrunk((-values[0], values[1], -values[2]), ratio)
    # At yaw 0 itself either side is as good as the other, and neither changes anything.
    np.testing.assert_allclose(there * [-1, 1, -1], shrunk(values, ratio), atol=1e-9)


def test_frontal_heads_stay_and_profiles_keep_what_they_show() -> None:
    np.testing.assert_allclose(shrunk((0, 20, 10), 0.01), [0, 20, 10], atol=1e-12)
    np.testing.assert_allclose(shrunk((90, 20, 10), 0.01), [90, 5, -5], atol=1e-9)
    np.testing.assert_allclose(shrunk((-90, 20, 10), 0.01), [-90, 15, 15], atol=1e-9)
    np.testing.assert_allclose(shrunk((80, 20, 10), 0.0), [80, 20, 10])


@given(angles)
def test_the_rotation_hardly_turns(values: tuple[float, float, float]) -> None:
    before, after = rotation_from_angles_deg(*values), rotation_from_angles_deg(*shrunk(values, 0.01))
    # The factor leaves the turn below u √s k/(s + k), which is largest at s = k: a twentieth of the unseen sum.
    unseen = abs(values[1]) + abs(values[2])
    assert float(geodesic_deg(before, after)) <= 0.08 * unseen + 0.05


def test_a_network_that_was_told_so_answers_that_way() -> None:
    torch.manual_seed(0)
    net = HeadPoseNet("resnet10-tiny", attention="none").eval()
    torch.nn.init.normal_(net.heads.weight, std=30.0)
    pictures = torch.randn(6, 3, 32, 32)
    with torch.no_grad():
        plain, spread = WithSpread(net)(pictures)
        net.gimbal = 0.05
        found, same = WithSpread(net)(pictures)
    torch.testing.assert_close(found, shrink_unseen(plain, 0.05))
    torch.testing.assert_close(same, spread)
    assert (found - plain).abs().max() > 0.01
