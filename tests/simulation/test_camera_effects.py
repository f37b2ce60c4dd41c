"""What a camera adds never hides the face altogether, and is the same for the same generator."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeclass.simulation.backgrounds import load_light_map, sample_background
from gazeclass.simulation.camera_effects import degrade, expose, motion_kernel, noise, through_jpeg


def _scene(level: float) -> np.ndarray:
    y, x = np.mgrid[0:96, 0:96] / 96
    disc = ((x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.06).astype(np.float32)
    return (level * (0.4 + 0.6 * disc))[..., None].repeat(3, axis=2).astype(np.float32)


@given(seed=st.integers(0, 2**32 - 1), level=st.floats(0.25, 1.0))
def test_pictures_keep_their_size_and_are_never_black_or_flat(seed, level):
    out = degrade(_scene(level), 48.0, np.random.default_rng(seed))
    assert out.shape == (96, 96, 3)
    assert out.dtype == np.uint8
    assert out.mean() > 20
    assert out[40:56, 40:56].mean() - out[:10].mean() > 8  # the disc is still brighter than what is round it


def test_the_same_generator_gives_the_same_picture():
    a, b = (degrade(_scene(0.6), 48.0, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, degrade(_scene(0.6), 48.0, np.random.default_rng(4)))


@given(length=st.floats(1.0, 15.0), angle=st.floats(0.0, 3.14159))
def test_motion_moves_nothing(length, angle):
    kernel = motion_kernel(length, angle)
    assert kernel.sum() == pytest.approx(1.0, abs=1e-5)
    y, x = np.mgrid[0 : len(kernel), 0 : len(kernel)]
    middle = (len(kernel) - 1) / 2
    # A blur that shifted the face would make the landmarks wrong.
    assert (kernel * x).sum() == pytest.approx(middle, abs=1e-3)
    assert (kernel * y).sum() == pytest.approx(middle, abs=1e-3)


def test_exposure_follows_the_scene():
    dark, bright = (
        np.mean([expose(_scene(v), np.random.default_rng(k)).mean() for k in range(40)]) for v in (0.3, 1.0)
    )
    assert bright / dark < 2.0  # the scenes differ 3.3 times, 11 times in light


def test_noise_has_no_mean():
    total = np.mean([noise(_scene(0.5), np.random.default_rng(k)).mean() for k in range(50)])
    assert abs(total) < 2e-3


def test_jpeg_of_low_quality_differs_more():
    picture = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    low, high = (np.abs(through_jpeg(picture, q).astype(int) - picture).mean() for q in (20, 95))
    assert low > high > 0


@given(seed=st.integers(0, 2**32 - 1))
def test_backgrounds_are_pictures(seed):
    picture = sample_background(np.random.default_rng(seed), 64, [])
    assert picture.shape == (64, 64, 3)
    assert np.isfinite(picture).all()
    assert 0.0 <= picture.min() <= picture.max() <= 1.0


@pytest.mark.shared
def test_light_maps_are_read_through_ffmpeg(shared_data):
    path = next(iter(sorted((shared_data / "assets" / "hdri").glob("*.exr"))))
    picture = load_light_map(path)
    assert picture.shape == (512, 1024, 3)
    assert picture.max() > 1.5  # light sources exceed the display's range
    crop = sample_background(np.random.default_rng(1), 64, [path] * 3)
    assert crop.std() > 0.0
