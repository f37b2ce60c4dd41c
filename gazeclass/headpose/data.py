"""Rendered heads as training batches: shards are picked up as they appear, crops are made on the fly."""

from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array, long_yaw_angles_deg
from gazeclass.headpose.augment import NOTHING, Augmentation, RenderedHead, training_picture
from gazeclass.headpose.crop import CropRule
from gazeclass.headpose.meanface import MIRROR_68
from gazeclass.headpose.shards import Heads, MissedBoxes, boxes_path, no_boxes, read_shard, shard_paths

#: Heads turned further than this have no class to go to.
MAX_ANGLE_DEG = 99.0
#: Crop, angles, landmarks of one head, and whether it is mirrored.
Example: TypeAlias = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]
#: Shards whose heads are mixed with each other within an epoch.
_MIXED = 8


class HeadStream(IterableDataset[Example]):
    """One epoch per iteration: every usable head of the folder, in a new order and newly augmented.

    Shards count once their boxes lie beside them (``gazeclass headpose boxes``) or within them. With several loader
    processes and several machines each takes its own part of the shards.

    Args:
        folder: of the shards.
        rule: the crop rule.
        augmentation: what is varied.
        seed: of the order and the augmentation.
        missed: which share of the heads that the detector missed takes part, drawn anew each epoch. They are the
            hardest and, with a box predicted, not what the network will be shown in use.
        twice: whether each head comes twice in succession, varied differently.
        rank, world: this process among those that train together.
        cache_gb: decoded shards kept in memory by each loader process.
    """

    def __init__(
        self,
        folder: Path,
        rule: CropRule,
        augmentation: Augmentation,
        seed: int,
        *,
        missed: float = 1.0,
        twice: bool = False,
        rank: int = 0,
        world: int = 1,
        cache_gb: float = 4.0,
    ) -> None:
        self.folder, self.rule, self.augmentation = folder, rule, augmentation
        self.seed, self.rank, self.world = seed, rank, world
        self.missed, self.twice = missed, twice
        self.epoch = 0
        self._cache: OrderedDict[Path, Heads] = OrderedDict()
        self._cache_bytes = cache_gb * 1e9
        self._boxes: MissedBoxes | None = None

    def usable(self) -> list[Path]:
        """Shards that have boxes by now.

        Raises:
            InputError: none has.
        """
        paths = [path for path in shard_paths(self.folder) if path in self._cache or _has_boxes(path)]
        if not paths:
            raise no_boxes(self.folder)
        return paths

    def __iter__(self) -> Iterator[Example]:
        """Of one epoch: crops ``(3, S, S)`` uint8, angles ``(3,)`` in degrees, landmarks ``(68, 2)``, mirrored ``()``.

        Landmarks are in units of half the crop, from its middle.
        """
        worker = get_worker_info()
        part = self.rank * (worker.num_workers if worker else 1) + (worker.id if worker else 0)
        parts = self.world * (worker.num_workers if worker else 1)
        rng = np.random.default_rng([self.seed, self.epoch, part])
        self.epoch += 1
        paths = self.usable()
        own = paths[part::parts] or paths
        if self._boxes is None or self.epoch <= 3:
            self._boxes = MissedBoxes([self._load(path) for path in own[:_MIXED]])
        order = rng.permutation(len(own))
        for start in range(0, len(own), _MIXED):
            group = [self._load(own[i]) for i in order[start : start + _MIXED]]
            taken = [h.found | (rng.random(len(h)) < self.missed) for h in group]
            where = np.concatenate([[(g, k) for k in np.flatnonzero(take)] for g, take in enumerate(taken)])
            group = [self._boxes.complete(h, rng) for h in group]
            for g, k in where[rng.permutation(len(where))].astype(int):
                made = [self._example(group[g], k, rng) for _ in range(1 + self.twice)]
                # A pair stays a pair: both or neither.
                if len(examples := [example for example in made if example is not None]) == len(made):
                    yield from examples

    def _example(self, heads: Heads, k: int, rng: np.random.Generator) -> Example | None:
        picture = training_picture(head_at(heads, k), self.rule, self.augmentation, rng)
        angles = long_yaw_angles_deg(picture.R)
        if np.abs(angles).max() > MAX_ANGLE_DEG:
            return None
        points = heads.landmarks68[k] @ picture.affine[:, :2].T + picture.affine[:, 2]
        if picture.mirrored:
            points = points[MIRROR_68]
        points = (points - (self.rule.input_px - 1) / 2) / (self.rule.input_px / 2)
        told, seen = (torch.from_numpy(x.astype(np.float32)) for x in (angles, points))
        return _tensor(picture.crop), told, seen, torch.tensor(picture.mirrored)

    def _load(self, path: Path) -> Heads:
        if path in self._cache:
            self._cache.move_to_end(path)
            return self._cache[path]
        heads = read_shard(path)
        self._cache[path] = heads
        while len(self._cache) > 1 and sum(h.images.nbytes for h in self._cache.values()) > self._cache_bytes:
            self._cache.popitem(last=False)
        return heads


def _has_boxes(path: Path) -> bool:
    if boxes_path(path).is_file():
        return True
    try:
        return bool(read_shard(path).found.any())
    except InputError:
        return False  # being written by an older renderer, or damaged: `boxes` names it


def head_at(heads: Heads, k: int) -> RenderedHead:
    """One head of a shard."""
    return RenderedHead(
        heads.images[k],
        heads.R_crop[k],
        heads.detector_box_px[k],
        heads.detector_landmarks_px[k],
        float(heads.fov_deg[k]),
    )


def _tensor(crop: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(crop.transpose(2, 0, 1)))


def normalise(crops: torch.Tensor) -> torch.Tensor:
    """uint8 pictures ``(n, 3, S, S)`` to what the network sees: (x − 127.5) / 128."""
    return (crops.float() - 127.5) / 128.0


def validation_crops(
    folder: Path, rule: CropRule, count: int, *, seed: int = 0
) -> tuple[np.ndarray, Array, Array, np.ndarray]:
    """Fixed, unvaried crops of rendered people for validation.

    Returns:
        crops ``(n, S, S, 3)`` uint8, the rotations ``(n, 3, 3)`` they show, face sides ``(n,)`` in canvas pixels, and
        whether the detector found each ``(n,)``. Heads beyond ±99° are left out.

    Raises:
        InputError: no shards, none with boxes, or a detector that found none of the faces.
    """
    rng = np.random.default_rng(seed)
    shards = [read_shard(path) for path in shard_paths(folder) if _has_boxes(path)]
    if not shards:
        raise no_boxes(folder)
    missed = MissedBoxes(shards)
    crops, R_all, sides, found = [], [], [], []
    for heads in shards:
        whole = missed.complete(heads, rng)
        for k in range(len(whole)):
            picture = training_picture(head_at(whole, k), rule, NOTHING, rng)
            if np.abs(long_yaw_angles_deg(picture.R)).max() > MAX_ANGLE_DEG:
                continue
            crops.append(picture.crop)
            R_all.append(picture.R)
            sides.append(max(heads.box_px[k, 2] - heads.box_px[k, 0], heads.box_px[k, 3] - heads.box_px[k, 1]))
            found.append(bool(heads.found[k]))
    keep = np.sort(rng.permutation(len(crops))[:count])
    if not np.array(found, bool)[keep].any():
        raise InputError(
            f"the detector found none of the {len(keep)} faces looked at", where=folder, todo="Take more of them."
        )
    return np.stack(crops)[keep], np.stack(R_all)[keep], np.array(sides)[keep], np.array(found)[keep]
