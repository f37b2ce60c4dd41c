"""What is behind a head: crops of light maps, or rooms, boards, stripes and blotches made up on the spot."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]


def sample_background(rng: np.random.Generator, size_px: int, light_maps: list[Path]) -> Pixels:
    """A square picture ``(size, size, 3)`` BGR in [0, 1]."""
    picture: np.ndarray
    if light_maps and rng.random() < 0.45:
        picture = _map_crop(rng, size_px, light_maps)
    else:
        maker = (_room, _gradient, _blotches, _stripes)[rng.choice(4, p=[0.55, 0.2, 0.19, 0.06])]
        picture = maker(rng, size_px)
    if rng.random() < 0.6:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 4.0))
    return np.clip(picture, 0.0, 1.0).astype(np.float32)


@lru_cache(maxsize=16)
def load_light_map(path: Path) -> Pixels:
    """An equirectangular light map ``(512, 1024, 3)`` BGR, linear, read through FFmpeg (OpenCV's builds lack EXR)."""
    import av

    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        picture = np.ascontiguousarray(frame.to_ndarray()[:, :, ::-1], np.float32)
    return cv2.resize(picture, (1024, 512), interpolation=cv2.INTER_AREA).astype(np.float32)


def _map_crop(rng: np.random.Generator, size: int, maps: list[Path]) -> Pixels:
    picture = load_light_map(maps[int(rng.integers(len(maps)))])
    h, w = picture.shape[:2]
    side = int(rng.uniform(40, 260))
    x, y = int(rng.integers(w)), int(np.clip(rng.normal(0.5, 0.12) * h - side / 2, 0, h - side))
    columns = (np.arange(side) + x) % w
    crop = picture[y : y + side][:, columns]
    exposure = rng.uniform(0.25, 0.7) / (np.median(crop) + 0.02)
    coded = np.sqrt(np.clip(crop * exposure, 0.0, 1.0))
    return cv2.resize(coded, (size, size), interpolation=cv2.INTER_LINEAR).astype(np.float32)


def _colour(rng: np.random.Generator) -> NDArray[np.float64]:
    grey = rng.uniform(0.05, 0.95)
    return np.clip(grey + rng.normal(0.0, 0.08 if rng.random() < 0.8 else 0.2, 3), 0.0, 1.0)


def _gradient(rng: np.random.Generator, size: int) -> Pixels:
    angle = rng.uniform(0.0, 2 * np.pi)
    y, x = np.mgrid[0:size, 0:size] / size - 0.5
    t = np.clip(x * np.cos(angle) + y * np.sin(angle) + 0.5, 0.0, 1.0)[..., None]
    return (_colour(rng) * (1 - t) + _colour(rng) * t).astype(np.float32)


def _blotches(rng: np.random.Generator, size: int) -> Pixels:
    out = np.zeros((size, size, 3), np.float32) + _colour(rng)
    for octave in (3, 6, 12, 30):
        grid = rng.normal(0.0, 0.2 / octave**0.3, (octave, octave, 1)) + rng.normal(0.0, 0.03, (octave, octave, 3))
        grid = grid.astype(np.float32)
        out += cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC)
    return out.astype(np.float32)


def _stripes(rng: np.random.Generator, size: int) -> Pixels:
    angle = rng.uniform(0.0, np.pi)
    y, x = np.mgrid[0:size, 0:size] / size
    wave = np.sin(2 * np.pi * rng.uniform(1.0, 14.0) * (x * np.cos(angle) + y * np.sin(angle)) + rng.uniform(0, 6.3))
    t = np.clip(wave * rng.uniform(0.5, 6.0) * 0.5 + 0.5, 0.0, 1.0)[..., None]
    return (_colour(rng) * (1 - t) + _colour(rng) * t).astype(np.float32)


def _room(rng: np.random.Generator, size: int) -> Pixels:
    """A wall and what stands or hangs there: windows, posters, desks, other people's shapes, all out of focus."""
    out = _gradient(rng, size) * 0.5 + _colour(rng).astype(np.float32) * 0.5
    out = np.ascontiguousarray(out, np.float32)
    for _ in range(int(rng.integers(3, 16))):
        colour = tuple(float(c) for c in _colour(rng))
        x, y = rng.uniform(-0.2, 1.1, 2) * size
        w, h = size * np.exp(rng.normal(-1.6, 0.7, 2))
        if rng.random() < 0.65:
            tilt = rng.normal(0.0, 0.06)
            corners = np.array([[0, 0], [w, tilt * w], [w, h + tilt * w], [0, h]]) + [x, y]
            cv2.fillPoly(out, [corners.astype(np.int32)], colour)
        else:
            cv2.ellipse(out, ((float(x), float(y)), (float(w), float(h * 1.3)), float(rng.uniform(0, 30))), colour, -1)
    grain: np.ndarray = cv2.resize(rng.normal(0.0, 0.04, (size // 4, size // 4, 3)).astype(np.float32), (size, size))
    return (out + grain).astype(np.float32)
