"""The soft labels: order and scale of the paper's σ, and what a Gaussian must be."""

import numpy as np
import pytest

from gazeclass.headpose.labels import (
    CLASSES_DEG,
    PAPER_SIGMA_DEG,
    fit_sigma_deg,
    fit_soft_labels,
    gaussian_label,
    similarity,
)


def test_order_and_scale_of_the_papers_sigma() -> None:
    """method §3: same order (pitch < yaw < roll) and scale, the same at every class."""
    sigma = {fit.angle: fit.sigma_deg[np.isfinite(fit.sigma_deg)] for fit in fit_soft_labels()}
    yaw, pitch, roll = (sigma[a].mean() for a in ("yaw", "pitch", "roll"))
    assert pitch < yaw < roll
    for found, paper in zip((yaw, pitch, roll), PAPER_SIGMA_DEG, strict=True):
        assert 0.5 * paper < found < 2 * paper
    for values in sigma.values():
        inner = values[1:-1]
        assert np.ptp(inner) < 0.02 * inner.mean()


def test_similarity_does_not_depend_on_the_unit_of_length() -> None:
    from gazeclass.headpose.meanface import MEAN_FACE_68

    np.testing.assert_allclose(similarity("yaw", MEAN_FACE_68 * 1000), similarity("yaw"), atol=1e-12)


def test_rows_are_distributions_peaked_at_their_class() -> None:
    s = similarity("roll")
    np.testing.assert_allclose(s.sum(axis=1), 1)
    assert (s.argmax(axis=1) == np.arange(len(CLASSES_DEG))).all()


@pytest.mark.parametrize("sigma", [0.7, 1.25, 3.0])
def test_fit_finds_a_gaussians_own_sigma(sigma: float) -> None:
    assert fit_sigma_deg(gaussian_label(10.0, sigma), 10.0) == pytest.approx(sigma, rel=1e-4)


def test_label_between_classes_and_beyond_the_last() -> None:
    label = gaussian_label([12.5, 150.0], 1.0)
    np.testing.assert_allclose(label.sum(axis=1), 1)
    assert label[0] @ CLASSES_DEG == pytest.approx(12.5, abs=1e-6)
    assert CLASSES_DEG[label[1].argmax()] == 99


def test_wrong_landmarks_are_refused() -> None:
    with pytest.raises(ValueError, match="68 finite landmarks"):
        similarity("yaw", np.zeros((5, 3)))
