"""Training pictures from rendered heads: the crop's jitter with its exact label, then what a camera may do to it.

A mirrored picture shows the rotation D·R·D, D = diag(−1, 1, 1); one turned in its plane shows Rz·R; one cut beside the
canvas's centre shows the head against another ray. All three are exact on the matrix; adding angles is not.
"""

from dataclasses import dataclass
from typing import Annotated

import cv2
import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field, NonNegativeFloat, PositiveFloat

from gazeclass.geometry.camera import ray_rotation
from gazeclass.geometry.rotation import Array, exp_so3
from gazeclass.headpose.crop import CropRule, crop_affine, square, warp
from gazeclass.headpose.mirror import mirrored


def turned(R: ArrayLike, turn_deg: float) -> Array:
    """Rotations ``(..., 3, 3)`` of a picture whose content is turned clockwise on the screen about the ray."""
    return np.asarray(exp_so3([0.0, 0.0, np.radians(turn_deg)]) @ np.asarray(R, float))


def against_ray(R_canvas: ArrayLike, offset_px: ArrayLike, canvas_px: int, fov_deg: float) -> Array:
    """The rotation against the ray through a point beside the canvas's centre.

    Args:
        R_canvas: ``(3, 3)`` against the ray through the centre.
        offset_px: ``(2,)`` of the new crop's centre from the canvas's centre.
        canvas_px: side of the canvas.
        fov_deg: full angle the canvas subtends.
    """
    x, y = np.asarray(offset_px, float) * (2.0 * np.tan(np.radians(fov_deg) / 2.0) / canvas_px)
    return np.asarray(ray_rotation([x, y, 1.0]).T @ np.asarray(R_canvas, float))


#: A probability; a recipe's are checked.
Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True)
class Augmentation:
    """How strongly training pictures are varied; zeros leave them as rendered.

    Attributes:
        mirror: probability of a mirror.
        rotate_deg: the paper's ±45°: the turn in the plane is uniform within two times in five, else normal with
            ``lean_deg``.
        lean_deg: see above.
        shift: standard deviation of the crop's shift over the box's longer side.
        shift_max: one time in five the shift is uniform within this instead.
        scale: the crop is scaled by a log-uniform factor within [1/scale, scale].
        face_px: faces are shrunk to a log-uniform size within these sides, then enlarged again; probability ``small``.
        small: see above.
        blur: probability of a Gaussian or motion blur.
        light: standard deviation of brightness (over 255), contrast and gamma (logarithms).
        colour: standard deviation of the channels' gains; ``grey`` is the probability of a grey picture.
        grey: see above.
        noise: largest standard deviation of sensor noise, grey levels.
        jpeg: probability of JPEG artefacts.
        hide: probability of a flat patch over a part of the picture.
        shade: probability of a smooth field of light over the picture: a window's side, a shadow.
    """

    mirror: Share = 0.5
    rotate_deg: NonNegativeFloat = 45.0
    lean_deg: NonNegativeFloat = 8.0
    shift: NonNegativeFloat = 0.06
    shift_max: NonNegativeFloat = 0.18
    scale: Annotated[float, Field(ge=1)] = 1.3
    face_px: tuple[PositiveFloat, PositiveFloat] = (14.0, 64.0)
    small: Share = 0.4
    blur: Share = 0.25
    light: NonNegativeFloat = 0.18
    colour: NonNegativeFloat = 0.05
    grey: Share = 0.1
    noise: NonNegativeFloat = 6.0
    jpeg: Share = 0.2
    hide: Share = 0.1
    shade: Share = 0.0

    def __post_init__(self) -> None:
        if self.face_px[0] > self.face_px[1]:
            raise ValueError("face_px names the smaller side first")


NOTHING = Augmentation(0, 0, 0, 0, 0, 1, (64, 64), 0, 0, 0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, eq=False)
class RenderedHead:
    """One rendered head as the crop needs it.

    Attributes:
        image: ``(S, S, 3)`` uint8 BGR canvas.
        R_crop: ``(3, 3)`` against the ray through the canvas's centre.
        box_px: ``(4,)`` the detector's.
        landmarks_px: ``(5, 2)`` the detector's.
        fov_deg: full angle subtended by the canvas.
    """

    image: np.ndarray
    R_crop: Array
    box_px: Array
    landmarks_px: Array
    fov_deg: float


@dataclass(frozen=True, eq=False)
class TrainingPicture:
    """A varied crop with its exact truth.

    Attributes:
        crop: ``(input_px, input_px, 3)`` uint8.
        R: ``(3, 3)`` the rotation that it shows.
        affine: ``(2, 3)`` canvas pixels to crop pixels.
        mirrored: whether left and right are swapped in it.
    """

    crop: np.ndarray
    R: Array
    affine: Array
    mirrored: bool


def training_picture(
    head: RenderedHead, rule: CropRule, augmentation: Augmentation, rng: np.random.Generator
) -> TrainingPicture:
    """One crop of a rendered head, varied as ``augmentation`` says."""
    a = augmentation
    canvas = head.image.shape[0]
    centre, side = square(head.box_px, rule, head.landmarks_px)
    longer = side / rule.margin
    if a.shift_max and rng.random() < 0.2:
        centre = centre + rng.uniform(-a.shift_max, a.shift_max, 2) * longer
    elif a.shift:
        centre = centre + rng.normal(0, a.shift, 2) * longer
    side *= float(np.exp(rng.uniform(-1, 1) * np.log(a.scale)))
    R = against_ray(head.R_crop, centre - (canvas - 1) / 2, canvas, head.fov_deg)
    turn = _turn_deg(R, a, rng)
    mirror = bool(rng.random() < a.mirror)
    R = turned(R, turn)
    R = mirrored(R) if mirror else R
    out = rule.input_px
    affine = crop_affine(centre, side, out, rotate_deg=turn, mirror=mirror)
    if rng.random() < a.small:
        # A face of few pixels, as from the back row, enlarged to the network's input.
        low, high = np.log(a.face_px[0]), np.log(a.face_px[1])
        few = int(np.clip(np.exp(rng.uniform(low, high)) * side / longer, 8, out))
        small = warp(head.image, crop_affine(centre, side, few, rotate_deg=turn, mirror=mirror), few)
        crop = _camera(small, a, rng) if rng.random() < 0.5 else small
        how = (cv2.INTER_LINEAR, cv2.INTER_LINEAR, cv2.INTER_CUBIC)[int(rng.integers(3))]
        crop = np.asarray(cv2.resize(crop, (out, out), interpolation=how))
    else:
        crop = warp(head.image, affine, out)
        crop = _camera(crop, a, rng)
    return TrainingPicture(_hide(crop, a, rng), R, affine, mirror)


def _turn_deg(R: Array, a: Augmentation, rng: np.random.Generator) -> float:
    """The turn in the plane: less near the profile, where it would become pitch, not roll."""
    wide = rng.uniform(-a.rotate_deg, a.rotate_deg)
    turn = wide if rng.random() < 0.4 else float(np.clip(rng.normal(0, a.lean_deg), -a.rotate_deg, a.rotate_deg))
    # -R[2, 2] is the cosine between the face's forward axis and the direction to the camera.
    return float(turn * np.clip(0.2 - R[2, 2], 0.2, 1.0))


def _camera(crop: np.ndarray, a: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """Blur, light, colour, noise and compression."""
    if rng.random() < a.blur:
        crop = _blurred(crop, rng)
    x = crop.astype(np.float32)
    if a.light:
        gain, gamma = np.exp(rng.normal(0, a.light)), float(np.exp(rng.normal(0, a.light)))
        gains = (gain * np.exp(rng.normal(0, a.colour, 3))).astype(np.float32)
        mean = x.mean()
        if abs(gamma - 1) > 0.05:
            x = 255.0 * np.power(x / 255.0, np.float32(gamma))
        x = (x - mean) * np.float32(np.exp(rng.normal(0, a.light))) + mean
        x = x * gains + np.float32(rng.normal(0, 255 * a.light / 3))
    if a.shade and rng.random() < a.shade:
        x = _shaded(x, rng)
    if rng.random() < a.grey:
        x = np.repeat((x @ np.array([0.114, 0.587, 0.299], np.float32))[..., None], 3, axis=2)
    if a.noise and rng.random() < 0.5:
        x = x + rng.standard_normal(x.shape, np.float32) * np.float32(rng.uniform(0, a.noise))
    out = np.clip(x, 0, 255).astype(np.uint8)
    if rng.random() < a.jpeg:
        _, code = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        out = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR))
    return out


def _shaded(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Light that differs over the picture, from a few random values between which it changes smoothly."""
    n = int(rng.integers(2, 5))
    field = np.exp(rng.normal(0, 0.45, (n, n))).astype(np.float32)
    whole = cv2.resize(field, (x.shape[1], x.shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(x * whole.clip(0.2, 3.0)[..., None])


def _blurred(crop: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    side = crop.shape[0]
    if rng.random() < 0.6:
        return np.asarray(cv2.GaussianBlur(crop, (0, 0), float(rng.uniform(0.4, 0.02 * side + 0.4))))
    length = int(rng.integers(2, max(3, side // 10)))
    kernel = np.zeros((2 * length + 1, 2 * length + 1), np.float32)
    angle = rng.uniform(0, np.pi)
    end = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    a, b = tuple(np.rint(length - end).astype(int).tolist()), tuple(np.rint(length + end).astype(int).tolist())
    cv2.line(kernel, a, b, 1.0, 1)
    return np.asarray(cv2.filter2D(crop, -1, kernel / kernel.sum()))


def _hide(crop: np.ndarray, a: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """A flat patch over up to a third of the side: a neighbour's shoulder, a hand, the edge of the picture."""
    if rng.random() < a.hide:
        out = crop.shape[0]
        w, h = rng.uniform(0.1, 0.4, 2) * out
        x, y = rng.uniform(0, out, 2) - np.array([w, h]) / 2
        x0, y0 = max(int(x), 0), max(int(y), 0)
        crop = crop.copy()
        crop[y0 : int(y + h), x0 : int(x + w)] = rng.integers(0, 255, 3)
    return crop
