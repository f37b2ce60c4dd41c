"""The rotation error is the turn between two rotations, and the landmarks survive every variation of a crop."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from heads_in_miniature import WriteHeads  # noqa: E402

from gazeclass.geometry.rotation import (  # noqa: E402
    exp_so3,
    geodesic_deg,
    long_yaw_angles_deg,
    rotation_from_angles_deg,
)
from gazeclass.headpose.augment import Augmentation, turned  # noqa: E402
from gazeclass.headpose.crop import CropRule  # noqa: E402
from gazeclass.headpose.data import HeadStream  # noqa: E402
from gazeclass.headpose.labels import CLASSES_DEG  # noqa: E402
from gazeclass.headpose.loss import (  # noqa: E402
    SoftLabelLoss,
    agreement_loss,
    landmark_loss,
    rotations,
    soft_labels,
)
from gazeclass.headpose.meanface import MEAN_FACE_68, MIRROR_68  # noqa: E402
from gazeclass.headpose.mirror import mirrored  # noqa: E402
from gazeclass.headpose.network import HeadPoseNet, WithLandmarks  # noqa: E402

CLASSES = torch.tensor(np.array(CLASSES_DEG), dtype=torch.float32)


def error_part(true: np.ndarray, found: np.ndarray, **how: object) -> float:
    """The loss' error alone: logits that are the label of ``found``, two weights whose difference cancels the KL."""
    logits = soft_labels(torch.tensor(found[None], dtype=torch.float32), CLASSES, (2.0, 2.0, 2.0)).clamp(1e-30).log()
    target = torch.tensor(true[None], dtype=torch.float32)
    one, two = (SoftLabelLoss(a, error="rotation", **how)(logits, target, CLASSES) for a in (1.0, 2.0))  # type: ignore[arg-type]
    return float(two - one)


@given(
    st.tuples(st.floats(-89, 89), st.floats(-60, 60), st.floats(-60, 60)),
    st.tuples(st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2)),
)
def test_rotation_error_is_the_squared_turn(true: tuple[float, ...], off: tuple[float, ...]) -> None:
    angles = np.array(true)
    turn = float(geodesic_deg(rotation_from_angles_deg(*angles), rotation_from_angles_deg(*(angles + off))))
    # To first order: for errors of 2° the metric itself turns by 2°.
    assert error_part(angles, angles + off) == pytest.approx(turn**2, abs=0.09 * np.square(off).sum() + 0.02)


def test_pitch_and_roll_of_a_profile_may_be_exchanged() -> None:
    profile = np.array([89.0, 10.0, 5.0])
    assert error_part(profile, profile + [0, 8, 8]) < 0.1
    assert error_part(profile, profile + [0, 8, -8]) == pytest.approx(256, rel=0.01)


def test_far_errors_count_linearly() -> None:
    level = np.zeros(3)
    near, far, further = (error_part(level, np.array([e, 0.0, 0.0]), huber_deg=10.0) for e in (1.0, 50.0, 90.0))
    assert near == pytest.approx(1.0, rel=0.01)
    assert far < 900
    assert (further - far) / 40 == pytest.approx(20, rel=0.03)


def test_mirror_of_the_landmarks() -> None:
    np.testing.assert_array_equal(MIRROR_68[MIRROR_68], np.arange(68))
    mirrored = (MEAN_FACE_68 * [-1, 1, 1])[MIRROR_68]
    # The mean face is as good as symmetric: mirrored and renamed it lies on itself.
    np.testing.assert_allclose(mirrored, MEAN_FACE_68, atol=0.03 * np.ptp(MEAN_FACE_68[:, 0]))


def test_landmarks_follow_the_crop(tmp_path: Path, write_heads: WriteHeads) -> None:
    """The miniature's nose is a dark disc at landmark 30: it must be dark there however the crop was varied."""
    varied = Augmentation(small=0, blur=0, light=0, colour=0, grey=0, noise=0, jpeg=0, hide=0)
    folder = write_heads(tmp_path, shards=1, count=400)
    dark = []
    for crop, _, points, _ in HeadStream(folder, CropRule(64, 1.35), varied, seed=2):
        x, y = (points[30].numpy() * 32 + 31.5).round().astype(int)
        if 0 <= x < 64 and 0 <= y < 64:
            dark.append(float(crop[:, y, x].float().mean()))
    assert len(dark) > 300
    assert np.mean(np.array(dark) < 90) > 0.95


def test_missed_heads_take_part_as_told(tmp_path: Path, write_heads: WriteHeads) -> None:
    folder = write_heads(tmp_path, shards=2, count=400)
    rule = CropRule(32, 1.3)
    counts = [sum(1 for _ in HeadStream(folder, rule, Augmentation(), 1, missed=m)) for m in (0.0, 0.5, 1.0)]
    assert counts[2] == 800
    assert counts[0] == pytest.approx(640, abs=40)  # one head in five is missed
    assert counts[1] == pytest.approx((counts[0] + counts[2]) / 2, abs=40)


def test_landmarks_are_a_second_task_of_the_same_features() -> None:
    net = WithLandmarks(HeadPoseNet("resnet10-tiny"))
    logits, points = net(torch.randn(2, 3, 32, 32))
    assert logits.shape == (2, 3, 199)
    assert points.shape == (2, 68, 2)
    landmark_loss(points, torch.ones(2, 68, 2)).backward()
    assert net.net.backbone.stem[0].weight.grad.abs().sum() > 0
    assert WithLandmarks(HeadPoseNet("resnet10-tiny"), 0)(torch.zeros(2, 3, 32, 32))[1] is None


def test_agreement_is_the_difference_of_errors_in_the_heads_own_axes() -> None:
    rng = np.random.default_rng(3)
    found, true, flags = [], [], []
    for _ in range(12):
        R, E = rotation_from_angles_deg(*rng.uniform(-50, 50, 3)), exp_so3(rng.normal(0, 0.05, 3))
        turn = rng.uniform(-40, 40)
        for mirror in (False, True):
            shown = [mirrored(turned(M, turn)) if mirror else M for M in (R, R @ E)]
            true.append(long_yaw_angles_deg(shown[0]))
            found.append(long_yaw_angles_deg(shown[1]))
            flags.append(mirror)
    f, t, m = (torch.tensor(np.array(x)) for x in (found, true, flags))
    np.testing.assert_allclose(rotations(f).numpy(), rotation_from_angles_deg(*f.numpy().T), atol=1e-12)
    assert float(agreement_loss(f, t, m)) == pytest.approx(0.0, abs=1e-9)
    # Yaw of one picture off by 1°: half a squared degree of difference from nobody else.
    other = t.clone()
    other[0, 0] += 1.0
    assert float(agreement_loss(other, t, m)) == pytest.approx(1 / 12, rel=0.02)
    assert float(agreement_loss(f, t, torch.zeros_like(m))) > 1.0
