"""What a real camera and a video file add: exposure, blur, few pixels, noise, compression."""

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]


def degrade(picture: Pixels, face_px: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A camera's picture of the scene.

    Exposure is set by the whole picture's brightness, as cameras do, and only then varied: no picture goes black.

    Args:
        picture: ``(s, s, 3)`` BGR in [0, 1], square-root coded.
        face_px: side of the face in it, pixels.
        rng: where the choices come from.

    Returns:
        ``(s, s, 3)`` uint8.
    """
    size = picture.shape[0]
    out: np.ndarray = expose(picture, rng)
    if rng.random() < 0.25:
        out = cv2.filter2D(out, -1, motion_kernel(rng.uniform(2.0, 9.0), rng.uniform(0.0, np.pi)))
    target = 20.0 * (face_px * 1.25 / 20.0) ** rng.random() if rng.random() < 0.6 else face_px
    factor = min(1.0, target / face_px)
    small_size = max(16, round(size * factor))
    if small_size < size:
        out = cv2.resize(out, (small_size, small_size), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.25, 0.9 + 0.6 * factor))
    out = out + noise(out, rng)
    coded: np.ndarray = np.clip(out * 255.0 + 0.5, 0, 255).astype(np.uint8)
    if rng.random() < 0.55:
        quality = int(rng.uniform(35, 96))
        coded = through_jpeg(coded, quality)
    if small_size < size:
        method = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)[int(rng.random() < 0.5)]
        coded = cv2.resize(coded, (size, size), interpolation=method)
    return coded


def through_jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    """The picture after JPEG compression at a quality from 0 to 100."""
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))


def expose(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Automatic exposure with its errors, white balance, contrast and saturation."""
    linear = picture**2
    level = float(linear.mean()) + 1e-4
    wanted = rng.uniform(0.12, 0.36)
    gain = np.clip(wanted / level, 0.55, 2.5)
    balance = np.exp(rng.normal(0.0, 0.07, 3))
    out = np.sqrt(np.clip(linear * gain * balance, 0.0, 1.4))
    if rng.random() < 0.12:
        out = np.repeat(out.mean(axis=2, keepdims=True), 3, axis=2)
    else:
        grey = out.mean(axis=2, keepdims=True)
        out = grey + (out - grey) * rng.uniform(0.6, 1.3)
    contrast = rng.uniform(0.8, 1.25)
    return np.clip((out - 0.5) * contrast + 0.5 + rng.normal(0.0, 0.03), 0.0, 1.0).astype(np.float32)


def motion_kernel(length_px: float, angle_rad: float) -> Pixels:
    """A line of ``length_px`` through the middle of a small square, summing to 1."""
    half = int(np.ceil(length_px / 2)) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    along = np.linspace(-length_px / 2, length_px / 2, 8 * len(kernel) + 1)
    x, y = half + along * np.cos(angle_rad), half + along * np.sin(angle_rad)
    i, j = np.floor(x).astype(int), np.floor(y).astype(int)
    # Each point of the line is shared among its four pixels, so that the kernel's centre of mass is its middle.
    for di, dj in ((0, 0), (1, 0), (0, 1), (1, 1)):
        share = np.abs(1 - di - (x - i)) * np.abs(1 - dj - (y - j))
        np.add.at(kernel, (j + dj, i + di), share)
    return kernel / kernel.sum()


def noise(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Read and shot noise, sometimes in larger grains and with coloured speckle, as after a camera's own denoising."""
    sigma = 0.003 + 0.035 * rng.random() ** 3
    shape = picture.shape
    grain: np.ndarray = rng.standard_normal(shape, np.float32)
    if rng.random() < 0.5:
        grain = 0.8 * grain.mean(axis=2, keepdims=True) * 1.7 + 0.35 * grain
    if rng.random() < 0.3:
        grain = cv2.GaussianBlur(grain, (0, 0), 0.7) * 1.8
    return (sigma * grain * (0.6 + 0.8 * np.sqrt(np.clip(picture, 0.0, 1.0)))).astype(np.float32)
