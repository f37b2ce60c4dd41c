"""Sigmas made honest on rendered people never seen in training: of the five points, and of their union."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit

from gazeclass import models
from gazeclass.atomic import write_text
from gazeclass.errors import InputError
from gazeclass.geometry.rotation import wrap_deg
from gazeclass.headpose.evaluation import SIGMAS_OF_68, SIGMAS_OF_95, figures, honest_factor
from gazeclass.headpose.labelled import LabelledFaces, read_rendered
from gazeclass.headpose.points import PointsEstimator, unite
from gazeclass.headpose.poses import HeadPoseEstimator, HeadPoses, estimate_in_batches


def fit_points_card(path: Path, validation: Path, networks: Sequence[HeadPoseEstimator]) -> models.ModelCard:
    """Write into the card of a five-point model how sure it is, alone and united with each of ``networks``.

    The factors are fitted on one half of the faces; the figures beside them are those of the other half. To be done
    again whenever a network is exchanged. What the card says of other networks stays.

    Args:
        path: of the card (TOML) or of the model beside it.
        validation: folder of rendered people never seen, with boxes.
        networks: to be united with.

    Raises:
        InputError: no five-point model, or no face found on the rendered people.
    """
    card_path = path.with_suffix(".toml")
    card = models.read_card(card_path)
    if card.meta.get("input") != "points":
        raise InputError("this is no five-point model", where=card.path)
    content = tomlkit.parse(card_path.read_text(encoding="utf-8"))
    faces = read_rendered(validation).only_found()
    half = np.arange(len(faces.images)) % 2 == 0
    raw = PointsEstimator(card, sigma_factor=(1.0, 1.0, 1.0))
    alone = _answers(raw, faces)
    factor, told = honest(alone, faces, half)
    content["sigma_factor"] = factor
    points = HeadPoses(alone.angles_deg, alone.R_crop, alone.sigma_deg * factor)
    united: dict[str, dict[str, Any]] = {
        key: dict(card.meta.get(key, {})) for key in ("united_sigma_factor", "united_correlation")
    }
    told["united"] = dict(card.meta.get("figures", {}).get("united", {}))
    for network in networks:
        seen = _answers(network, faces)
        alike = correlation(seen, points, faces, half)
        united["united_correlation"][network.name] = alike
        united["united_sigma_factor"][network.name], told["united"][network.name] = honest(
            unite(seen, points, correlation=alike), faces, half
        )
        # What the default goes by: a network that is much better than the points is better left alone.
        told["united"][network.name]["alone_geodesic_deg"] = honest(seen, faces, half)[1]["geodesic_deg"]
    for key, value in (("figures", told), *united.items()):
        content.pop(key, None)
        content[key] = value
    write_text(card_path, tomlkit.dumps(content))
    return models.read_card(card_path)


def _answers(estimator: HeadPoseEstimator, faces: LabelledFaces) -> HeadPoses:
    return estimate_in_batches(estimator, faces.images, list(faces.boxes_px), list(faces.landmarks_px))


def correlation(a: HeadPoses, b: HeadPoses, faces: LabelledFaces, half: np.ndarray) -> list[float]:
    """Of the errors of yaw, pitch, roll in units of their sigmas, from one half of the faces; blunders held back."""
    errors = [np.clip(wrap_deg(p.angles_deg - faces.angles_deg)[half] / p.sigma_deg[half], -3, 3) for p in (a, b)]
    known = np.isfinite(errors[0]).all(axis=1) & np.isfinite(errors[1]).all(axis=1)
    found = [np.corrcoef(errors[0][known, i], errors[1][known, i])[0, 1] for i in range(3)]
    return [round(float(np.clip(np.nan_to_num(r), 0.0, 0.95)), 4) for r in found]


def honest(poses: HeadPoses, faces: LabelledFaces, half: np.ndarray) -> tuple[list[float], dict[str, Any]]:
    """The sigma factor of yaw, pitch, roll from one half of the faces, and the figures of the other."""
    error = wrap_deg(poses.angles_deg - faces.angles_deg)
    factor = honest_factor(error[half], poses.sigma_deg[half])
    sure = np.abs(error[~half]) / (poses.sigma_deg[~half] * factor)
    row = figures("", faces.name, "", poses[~half], faces.angles_deg[~half])
    return [round(float(f), 4) for f in factor], {
        "on": "rendered people never seen in training, faces that MTCNN finds",
        "count": row.count,
        **{f"{angle}_mae_deg": round(found.mae_deg, 2) for angle, found in row.angles.items()},
        "geodesic_deg": round(row.geodesic_deg, 2),
        "inside_68": [round(float(v), 3) for v in (sure <= SIGMAS_OF_68).mean(axis=0)],
        "inside_95": [round(float(v), 3) for v in (sure <= SIGMAS_OF_95).mean(axis=0)],
    }
