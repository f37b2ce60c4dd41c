"""Train and export the regression from five points (:mod:`gazeclass.headpose.points`): a minute on one core."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit
import torch
from torch import Tensor, nn

from gazeclass import models
from gazeclass.atomic import atomic_path, write_text
from gazeclass.geometry.rotation import Array, long_yaw_angles_deg
from gazeclass.headpose.augment import against_ray, turned
from gazeclass.headpose.data import MAX_ANGLE_DEG
from gazeclass.headpose.estimator import HeadPoseEstimator, HeadPoses
from gazeclass.headpose.export import coverage, sigma_factor, write_onnx
from gazeclass.headpose.points import FEATURES, PointsEstimator, mirrored_features, point_features, unite
from gazeclass.headpose.shards import Heads, read_shard, shard_paths
from gazeclass.headpose.training import validation_figures
from gazeclass.progress import SILENT, Progress

#: Predicted sigmas stay above this, degrees.
_LEAST_SIGMA_DEG = 1.0


class PointsNet(nn.Module):
    """Features ``(n, 11)`` to angles and their spread ``(n, 3)``, degrees."""

    def __init__(self, width: int = 128) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(FEATURES, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 6)
        )
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("scale", torch.ones(FEATURES))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Angles and spread."""
        out = self.layers((features - self.mean) / self.scale)
        return 60.0 * out[:, :3], _LEAST_SIGMA_DEG + 10.0 * nn.functional.softplus(out[:, 3:])


def gather(folder: Path) -> tuple[Array, Array]:
    """Features ``(n, 11)`` and true rotations ``(n, 3, 3)``, against the ray through the box, of the faces found."""
    features, rotations = [], []
    for path in shard_paths(folder):
        heads = read_shard(path)
        found = heads.found
        features.append(point_features(heads.detector_box_px[found], heads.detector_landmarks_px[found]))
        rotations.append(_against_box(heads)[found])
    F, R = np.concatenate(features), np.concatenate(rotations)
    keep = np.isfinite(F).all(axis=1) & (np.abs(long_yaw_angles_deg(R)).max(axis=1) <= MAX_ANGLE_DEG)
    return F[keep], R[keep]


def _against_box(heads: Heads) -> Array:
    side = heads.images.shape[1]
    centres = (heads.detector_box_px[:, :2] + heads.detector_box_px[:, 2:]) / 2 - (side - 1) / 2
    return np.stack(
        [
            against_ray(R, np.nan_to_num(c), side, fov)
            for R, c, fov in zip(heads.R_crop, centres, heads.fov_deg, strict=True)
        ]
    )


def train(
    features: Array, R: Array, *, seed: int = 0, steps: int = 6000, batch: int = 512, progress: Progress = SILENT
) -> PointsNet:
    """Fit by the Gaussian likelihood of the angles, every batch mirrored, turned in the plane and jittered anew.

    Args:
        features: ``(n, 11)``.
        R: ``(n, 3, 3)``.
        seed: of everything random.
        steps: of Adam, cosine schedule.
        batch: faces a step.
        progress: told of each step.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = PointsNet()
    net.mean.copy_(torch.from_numpy(features.mean(axis=0)))
    net.scale.copy_(torch.from_numpy(features.std(axis=0) + 1e-3))
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps, 1e-5)
    progress.start("five points", steps)
    for _ in range(steps):
        x, angles = _varied(features, R, rng, batch)
        mean, spread = net(torch.from_numpy(x.astype(np.float32)))
        error = torch.from_numpy(angles.astype(np.float32)) - mean
        # Weighted by the variance to a half (β-NLL, Seitzer et al. 2022), or hard faces would hardly count.
        loss = ((0.5 * (error / spread) ** 2 + torch.log(spread)) * spread.detach()).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        progress.advance()
    return net.eval()


def _varied(features: Array, R: Array, rng: np.random.Generator, batch: int) -> tuple[Array, Array]:
    rows = rng.integers(len(features), size=batch)
    x, rotation = features[rows].copy(), R[rows].copy()
    mirror = rng.random(batch) < 0.5
    x[mirror] = mirrored_features(x[mirror])
    D = np.diag([-1.0, 1.0, 1.0])
    rotation[mirror] = D @ rotation[mirror] @ D
    # A small turn in the plane: the detector's box stays upright, so only small ones are true to life.
    turn = rng.normal(0, 6.0, batch)
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    points = x[:, :10].reshape(-1, 5, 2)
    middle = points.mean(axis=1, keepdims=True)
    spin = np.stack([np.stack([c, s], -1), np.stack([-s, c], -1)], -2)
    x[:, :10] = ((points - middle) @ spin + middle).reshape(batch, 10)
    rotation = np.stack([turned(r, t) for r, t in zip(rotation, turn, strict=True)])
    x[:, :10] += rng.normal(0, 0.008, (batch, 10))
    shift = rng.normal(0, 0.02, (batch, 1, 2))
    x[:, :10] = ((x[:, :10].reshape(-1, 5, 2) + shift) * np.exp(rng.normal(0, 0.04, (batch, 1, 1)))).reshape(batch, 10)
    return x, long_yaw_angles_deg(rotation)


def export_points(
    net: PointsNet,
    validation: Path,
    folder: Path,
    *,
    name: str = "headpose-points",
    data: str = "",
    networks: Sequence[HeadPoseEstimator] = (),
) -> models.ModelCard:
    """Write the regression as ONNX with its card.

    Its sigma, and that of its union with each of ``networks``, is made honest on one half of the validation people; the
    figures in the card are those of the other half.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}.onnx"
    with atomic_path(target) as temporary:
        write_onnx(net, torch.zeros(2, FEATURES), temporary, input_name="features")
    card: dict[str, Any] = {
        "kind": "headpose",
        "sha256": models.sha256_of(target),
        "licence": "CC0-1.0 (ours)",
        "source": "trained by gazeclass on rendered people only; no picture of a real person",
        "made_utc": datetime.now(UTC).isoformat(timespec="minutes"),
        "input": "points",
        "parameters": sum(p.numel() for p in net.parameters()),
        "limits": "Yaw is good, pitch is weak: five points hardly tell it. Depends on MTCNN's points.",
        "training": {"data": data},
    }
    write_text(target.with_suffix(".toml"), tomlkit.dumps(card))
    shards = [read_shard(path) for path in shard_paths(validation)]
    R = np.concatenate([_against_box(heads)[heads.found] for heads in shards])
    half = np.arange(len(R)) % 2 == 0
    alone = _answers(PointsEstimator(models.read_card(target.with_suffix(".toml"))), shards)
    factor, card["figures"] = _honest(alone, R, half)
    card["sigma_factor"] = factor
    points = HeadPoses(alone.angles_deg, alone.R_crop, alone.sigma_deg * factor)
    for network in networks:
        united, figures = _honest(unite(_answers(network, shards), points), R, half)
        card.setdefault("united_sigma_factor", {})[network.name] = united
        card["figures"].setdefault("united", {})[network.name] = figures
    write_text(target.with_suffix(".toml"), tomlkit.dumps(card))
    return models.read_card(target.with_suffix(".toml"))


def _answers(estimator: HeadPoseEstimator, shards: Sequence[Heads]) -> HeadPoses:
    """What a method says of every face the detector found."""
    parts = []
    for heads in shards:
        rows = np.flatnonzero(heads.found)
        boxes, marks = list(heads.detector_box_px[rows]), list(heads.detector_landmarks_px[rows])
        parts.append(estimator.estimate([heads.images[k] for k in rows], boxes, marks))
    return HeadPoses.joined(parts)


def _honest(poses: HeadPoses, R: Array, half: np.ndarray) -> tuple[list[float], dict[str, Any]]:
    """The sigma factor from one half of the faces, and the figures of the other."""
    factor = sigma_factor(poses.angles_deg[half], poses.sigma_deg[half], R[half])
    inside = coverage(poses.angles_deg[~half], poses.sigma_deg[~half] * factor, R[~half])
    figures = {
        "on": "rendered people never seen in training, faces that MTCNN finds",
        "count": int((~half).sum()),
        **{key: round(v, 2) for key, v in validation_figures(poses.angles_deg[~half], R[~half]).items()},
        "inside_68": [round(float(v), 3) for v in inside],
    }
    return [round(float(f), 4) for f in factor], figures
