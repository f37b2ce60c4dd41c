"""Rendered heads in miniature: blobs whose place tells the angles, in the form of the real shards."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from gazeclass.geometry.rotation import rotation_from_angles_deg
from gazeclass.headpose.meanface import MEAN_FACE_68

SIDE = 80
WriteHeads = Callable[..., Path]


def fake_heads(count: int, seed: int) -> dict[str, np.ndarray]:
    """A light face with a dark nose that moves with yaw and pitch, and two eyes that turn with roll."""
    rng = np.random.default_rng(seed)
    angles = np.column_stack([rng.uniform(-60, 60, count), rng.uniform(-30, 30, count), rng.uniform(-20, 20, count)])
    R = rotation_from_angles_deg(*angles.T)
    y, x = np.mgrid[:SIDE, :SIDE].astype(float)
    mid = (SIDE - 1) / 2
    images = np.full((count, SIDE, SIDE, 3), 90, np.uint8)
    scale = 16 / np.abs(MEAN_FACE_68[:, :2]).max()
    marks = np.einsum("nij,kj->nki", R, MEAN_FACE_68)[..., :2] * scale + mid
    for k in range(count):
        images[k][(x - mid) ** 2 + (y - mid) ** 2 < 24**2] = 200
        for at, size, level in (
            (marks[k, 30], 4, 40),
            (marks[k, 36:42].mean(0), 3, 10),
            (marks[k, 42:48].mean(0), 3, 10),
        ):
            images[k][(x - at[0]) ** 2 + (y - at[1]) ** 2 < size**2] = level
    box = np.tile([mid - 20, mid - 20, mid + 20, mid + 20], (count, 1))
    five = marks[:, [36, 45, 30, 48, 54]]
    detector = box + rng.normal(0, 1, (count, 4))
    missed = rng.random(count) < 0.2
    detector[missed] = np.nan
    five[missed] = np.nan
    return {
        "images": images,
        "R_crop": R.astype(np.float32),
        "landmarks68": marks.astype(np.float32),
        "box": box.astype(np.float32),
        "detector_box": detector.astype(np.float32),
        "detector_landmarks": five.astype(np.float32),
        "nose": marks[:, 30].astype(np.float32),
        "identity": np.arange(count, dtype=np.int64),
        "seed": np.full(count, seed),
        "canvas_fov_deg": np.full(count, 8.0, np.float32),
    }
