"""The soft labels: order and scale of the paper's σ, and what a Gaussian must be."""

from pathlib import Path

import numpy as np
import pytest

from gazeclass.errors import InputError
from gazeclass.headpose.labels import (
    CLASSES_DEG,
    PAPER_SIGMA_DEG,
    fit_sigma_deg,
    fit_soft_labels,
    gaussian_label,
    read_face,
    similarity,
)
from gazeclass.headpose.meanface import MEAN_FACE_68


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


def _table(points: object) -> str:
    return "\n".join(["x,y,z", *(",".join(map(str, p)) for p in np.asarray(points))]) + "\n"


def test_a_face_is_read_from_a_table(tmp_path: Path) -> None:
    path = tmp_path / "face.csv"
    path.write_text(_table(MEAN_FACE_68 * 1000))
    np.testing.assert_allclose(read_face(path), MEAN_FACE_68 * 1000)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds 0 lines"),
        (_table(MEAN_FACE_68[:60]), "holds 60 lines"),
        (_table(MEAN_FACE_68).replace("x,y,z", "u,v,w"), "columns u, v, w, not 68 with x, y, z"),
        (_table(MEAN_FACE_68).replace("0.0,0.0,0.0", "0.0,nose,0.0"), "no number.*nose"),
        (_table(MEAN_FACE_68).replace("0.0,0.0,0.0", "0.0,,0.0"), "no number"),
        (_table(MEAN_FACE_68).replace("0.0,0.0,0.0", "nan,0.0,0.0"), "is no face"),
        (_table(np.ones((68, 3))), "is no face"),
    ],
)
def test_a_table_that_is_no_face_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "face.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_face(path)
