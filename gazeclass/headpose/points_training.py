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
from gazeclass.atomic import atomic_path, make_folder, write_text
from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array, exp_so3, long_yaw_angles_deg
from gazeclass.headpose.data import MAX_ANGLE_DEG
from gazeclass.headpose.export import write_onnx
from gazeclass.headpose.honest import fit_points_card
from gazeclass.headpose.mirror import mirrored
from gazeclass.headpose.points import FEATURES, mirrored_features, point_features
from gazeclass.headpose.poses import HeadPoseEstimator
from gazeclass.headpose.shards import read_shard, rotations_against_box, shard_paths
from gazeclass.progress import SILENT, Progress

#: Predicted sigmas stay above this, degrees.
_LEAST_SIGMA_DEG = 1.0
#: Errors beyond count with their length, not its square (pseudo-Huber), degrees.
_ROBUST_DEG = 8.0
#: Degrees of freedom of the t distribution that the spread is fitted with: a few points lie far off.
_FREEDOM = 4.0
#: Scatter put on the points, in units of their spread: uniform between these, a face.
_NOISE = (0.0, 0.05)
#: Standard deviation of the turn in the plane, degrees. Small, because the detector is no other when a head leans.
_TURN_DEG = 6.0


class PointsNet(nn.Module):
    """Features ``(n, 10)`` to angles and their spread ``(n, 3)``, degrees; one half of it for each."""

    def __init__(self, width: int = 128) -> None:
        super().__init__()
        self.angles, self.spread = _layers(width), _layers(width)
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("scale", torch.ones(FEATURES))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Angles and spread."""
        x = (features - self.mean) / self.scale
        return 60.0 * self.angles(x), _LEAST_SIGMA_DEG + 10.0 * nn.functional.softplus(self.spread(x))


def _layers(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(FEATURES, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 3))


def gather(folder: Path) -> tuple[Array, Array]:
    """Features ``(n, 10)`` and true rotations ``(n, 3, 3)``, against the ray through the box, of the faces found."""
    features, rotations = [], []
    for path in shard_paths(folder):
        heads = read_shard(path)
        found = heads.found
        features.append(point_features(heads.detector_landmarks_px[found]))
        rotations.append(rotations_against_box(heads)[found])
    if not features:
        raise InputError("there are no rendered heads", where=folder, todo="Make some with `gazeclass simulate heads`.")
    F, R = np.concatenate(features), np.concatenate(rotations)
    keep = np.isfinite(F).all(axis=1) & (np.abs(long_yaw_angles_deg(R)).max(axis=1) <= MAX_ANGLE_DEG)
    if not keep.any():
        raise InputError(
            "no face has a detector's points yet", where=folder, todo="Run `gazeclass headpose boxes` on it."
        )
    return F[keep], R[keep]


def train(
    features: Array, R: Array, *, seed: int = 0, steps: int = 6000, batch: int = 512, progress: Progress = SILENT
) -> PointsNet:
    """Fit angles and their spread, every batch mirrored, turned in the plane and jittered anew.

    Args:
        features: ``(n, 10)``.
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
        truth = torch.from_numpy(angles.astype(np.float32))
        error = mean - truth
        length2 = turn_length2(error, truth[:, 0])
        off = torch.sqrt(_ROBUST_DEG**2 + length2).mean()
        # The spread is fitted to the errors as they are: it may not pull at the angles.
        misfit = 1 + (error.detach() / spread) ** 2 / _FREEDOM
        surprise = (torch.log(spread) + (_FREEDOM + 1) / 2 * torch.log(misfit)).mean()
        optimiser.zero_grad()
        (off + surprise).backward()
        optimiser.step()
        schedule.step()
        progress.advance()
    return net.eval()


def turn_length2(difference_deg: Tensor, yaw_deg: Tensor) -> Tensor:
    """Squared angle ``(n,)`` of the rotation between two poses, from small differences of their angles.

    |d|² = dp² + dy² + dr² − 2 sin(yaw) dp dr: at the profile pitch and roll turn about one axis, and errors of both
    that cancel are none.

    Args:
        difference_deg: ``(n, 3)`` of yaw, pitch, roll.
        yaw_deg: ``(n,)``.
    """
    yaw, pitch, roll = difference_deg.unbind(dim=1)
    return yaw**2 + pitch**2 + roll**2 - 2 * torch.sin(torch.deg2rad(yaw_deg)) * pitch * roll


def _varied(features: Array, R: Array, rng: np.random.Generator, batch: int) -> tuple[Array, Array]:
    rows = rng.integers(len(features), size=batch)
    x, rotation = features[rows].copy(), R[rows].copy()
    mirror = rng.random(batch) < 0.5
    x[mirror] = mirrored_features(x[mirror])
    rotation[mirror] = mirrored(rotation[mirror])
    turn = rng.normal(0, _TURN_DEG, batch)
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    spin = np.stack([np.stack([c, s], -1), np.stack([-s, c], -1)], -2)
    points = x.reshape(-1, 5, 2) @ spin
    zero = np.zeros(batch)
    rotation = exp_so3(np.stack([zero, zero, np.radians(turn)], axis=-1)) @ rotation
    points = points + rng.normal(0, 1, points.shape) * rng.uniform(*_NOISE, (batch, 1, 1))
    return point_features(points), long_yaw_angles_deg(rotation)


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
    make_folder(folder)
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
    return fit_points_card(target, validation, networks)
