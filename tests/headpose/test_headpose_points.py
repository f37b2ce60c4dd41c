"""The regression from five points, and its union with another method."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from heads_in_miniature import WriteHeads

from gazeclass import models
from gazeclass.errors import InputError
from gazeclass.geometry.rotation import geodesic_deg, rotation_from_angles_deg
from gazeclass.headpose.estimator import HeadPoses, load_estimator
from gazeclass.headpose.honest import fit_points_card
from gazeclass.headpose.labelled import read_rendered
from gazeclass.headpose.points import (
    PointsEstimator,
    UnitedEstimator,
    mirrored_features,
    point_features,
    unite,
)

BOX = np.array([10.0, 20, 50, 70])
MARKS = np.array([[20.0, 35], [40, 35], [32, 45], [22, 60], [39, 60]])


def test_features_do_not_depend_on_place_and_size() -> None:
    plain = point_features(MARKS)
    np.testing.assert_allclose(point_features(MARKS * 3 + 100), plain)
    assert plain.shape == (1, 10)


def test_points_in_one_place_and_unknown_ones_have_no_features() -> None:
    features = point_features(np.stack([np.full((5, 2), 7.0), np.full((5, 2), np.nan), MARKS]))
    assert np.isnan(features[:2]).all()
    assert np.isfinite(features[2]).all()


def test_mirrored_features_are_those_of_the_mirrored_picture() -> None:
    marks = MARKS[[1, 0, 2, 4, 3]].copy()
    marks[:, 0] = 100 - marks[:, 0]
    np.testing.assert_allclose(mirrored_features(point_features(MARKS)), point_features(marks))


@pytest.mark.parametrize("yaw", [-80.0, 0, 35, 89])
def test_length_of_a_small_turn_is_that_of_the_matrices(yaw: float) -> None:
    torch = pytest.importorskip("torch")
    from gazeclass.headpose.points_training import turn_length2

    difference = np.array([[0.3, -0.2, 0.4], [0, 0.5, 0.5], [0, 0.5, -0.5]])
    angles = np.array([yaw, 12.0, -7.0])
    turn = geodesic_deg(rotation_from_angles_deg(*(angles + difference).T), rotation_from_angles_deg(*angles))
    length2 = turn_length2(torch.from_numpy(difference), torch.full((3,), yaw, dtype=torch.float64))
    np.testing.assert_allclose(np.sqrt(length2.numpy()), turn, rtol=0.02, atol=0.01)


def poses(angles: list, sigma: list) -> HeadPoses:
    return HeadPoses.from_angles(np.array(angles, float), np.array(sigma, float))


def test_union_weighs_by_certainty_and_survives_one_that_cannot_tell() -> None:
    a = poses([[10, 0, 0], [10, 0, 0], [np.nan] * 3], [[1, 2, 2], [1, 1, 1], [1, 1, 1]])
    b = poses([[20, 4, 0], [np.nan] * 3, [np.nan] * 3], [[2, 2, 1], [1, 1, 1], [1, 1, 1]])
    found = unite(a, b, [1.0, 2.0, 1.0])
    np.testing.assert_allclose(found.angles_deg[0], [12, 2, 0])
    np.testing.assert_allclose(found.sigma_deg[0], [np.sqrt(0.8), 2 * np.sqrt(2), np.sqrt(0.8)])
    np.testing.assert_allclose(found.angles_deg[1], [10, 0, 0])
    assert np.isnan(found.angles_deg[2]).all()
    assert np.isnan(found.R_crop[2]).all()
    np.testing.assert_allclose(found.sigma_deg[1], 1)  # what stands alone keeps its own sigma


def test_union_of_what_errs_alike() -> None:
    """A method twice as sure, errors that correlate by a half: the other adds nothing. By none: the usual weights."""
    a, b = poses([[10, 10, -179]], [[1, 1, 1]]), poses([[20, 20, 179]], [[2, 2, 1]])
    found = unite(a, b, correlation=[0.5, 0.8, 0.3])
    np.testing.assert_allclose(found.angles_deg[0], [10, 10, 180])
    np.testing.assert_allclose(found.sigma_deg[0], [1, 1, np.sqrt(0.65)])
    rng = np.random.default_rng(3)
    common, own = rng.normal(size=20_000), rng.normal(size=(2, 20_000))
    errors = np.stack([1.0, 1.5])[:, None] * (np.sqrt(0.4) * common + np.sqrt(0.6) * own)
    many = [poses(np.column_stack([e] * 3), np.full((20_000, 3), s)) for e, s in zip(errors, (1.0, 1.5), strict=True)]
    best = unite(*many, correlation=[0.4] * 3)
    plain = unite(*many)
    assert best.angles_deg[:, 0].std() < plain.angles_deg[:, 0].std() < 1.0
    assert best.sigma_deg[0, 0] == pytest.approx(best.angles_deg[:, 0].std(), rel=0.02)
    assert plain.sigma_deg[0, 0] < 0.9 * plain.angles_deg[:, 0].std()


class Fixed:
    name = "fixed"

    def __init__(self, angles: list) -> None:
        self._angles = angles

    def estimate(self, images: list, boxes: list, landmarks: list | None = None) -> HeadPoses:
        return poses([self._angles] * len(images), [[2, 2, 2]] * len(images))


def test_united_estimator_without_landmarks_is_the_network() -> None:
    united = UnitedEstimator(Fixed([10, 0, 0]), Fixed([20, 0, 0]))
    picture = np.zeros((80, 80, 3), np.uint8)
    assert united.estimate([picture], [BOX]).angles_deg[0, 0] == 10
    assert united.estimate([picture], [BOX], [MARKS]).angles_deg[0, 0] == 15
    assert united.name == "fixed + fixed"


@pytest.mark.slow
def test_training_from_points(tmp_path: Path, write_heads: WriteHeads) -> None:
    pytest.importorskip("onnxscript")
    from gazeclass.headpose.points_training import export_points, gather, train

    features, R = gather(write_heads(tmp_path / "train", shards=3, count=300))
    assert 0.6 * 900 < len(features) < 0.95 * 900  # a fifth was missed by the detector
    net = train(features, R, steps=400)
    validation = write_heads(tmp_path / "val", count=400, seed=50)
    card = export_points(net, validation, tmp_path / "models", data="blobs", networks=[Fixed([0, 0, 0])])
    assert card.meta["figures"]["yaw_mae_deg"] < 4  # predicting zero: 30
    assert len(card.meta["united_sigma_factor"]["fixed"]) == 3
    assert len(card.meta["figures"]["inside_95"]) == 3
    other = Fixed([0, 0, 0])
    other.name = "another"
    again = fit_points_card(card.path, validation, [other])
    assert set(again.meta["united_sigma_factor"]) == {"fixed", "another"}
    assert all(0 <= r < 1 for r in again.meta["united_correlation"]["another"])
    assert again.meta["sigma_factor"] == card.meta["sigma_factor"]
    assert again.meta["training"] == card.meta["training"]
    models.verify(again)
    estimator = PointsEstimator(card)
    faces = read_rendered(validation).only_found()
    plain = estimator.estimate(faces.images, list(faces.boxes_px), list(faces.landmarks_px))
    shifted = estimator.estimate(faces.images, list(faces.boxes_px * 1.3 + 6), list(faces.landmarks_px))
    np.testing.assert_array_equal(shifted.angles_deg, plain.angles_deg)  # the box has no part in it
    one = estimator.estimate_features(features[:5])
    mirrored = estimator.estimate_features(mirrored_features(features[:5]))
    np.testing.assert_allclose(mirrored.angles_deg, one.angles_deg * [-1, 1, -1], atol=1e-3)
    with pytest.raises(InputError, match="needs the five landmarks"):
        estimator.estimate([np.zeros((8, 8, 3), np.uint8)], [BOX])
    assert len(estimator.estimate([], [], [])) == 0


@pytest.mark.parametrize(("united", "alone", "helps"), [(4.9, 5.0, True), (5.2, 5.0, False)])
def test_default_unites_only_where_that_came_nearer(
    monkeypatch: pytest.MonkeyPatch, united: float, alone: float, helps: bool
) -> None:
    network, points = models.find("headpose-sdam-fast"), models.find("headpose-points")
    told = {"united": {network.name: {"geodesic_deg": united, "alone_geodesic_deg": alone}}}
    points = dataclasses.replace(points, meta={**points.meta, "figures": told})
    monkeypatch.setattr(models, "list_cards", lambda: [network, points])
    assert isinstance(load_estimator("default", threads=1), UnitedEstimator) == helps
