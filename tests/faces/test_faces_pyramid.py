"""Crops are where they should be, to a fraction of a pixel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeclass.errors import InputError
from gazeclass.faces.pyramid import Pyramid, as_bgr


def ramp(width: int, height: int) -> np.ndarray:
    """Blue is half of x, green half of y."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    return np.dstack([x // 2, y // 2, np.zeros_like(x)]).astype(np.uint8)


@given(st.floats(90, 210), st.floats(90, 210), st.floats(-0.15, 0.15), st.floats(30, 110), st.sampled_from([24, 48]))
def test_a_spot_comes_out_where_the_square_has_it(bx: float, by: float, off: float, side: float, size: int) -> None:
    x, y = np.meshgrid(np.arange(300), np.arange(300))
    spot = 200 * np.exp(-((x - bx) ** 2 + (y - by) ** 2) / (2 * (side / 12) ** 2))
    image = np.repeat(spot.astype(np.uint8)[..., None], 3, axis=2)
    x0, y0 = bx - side * (0.5 + off), by - side * (0.5 - off)
    crop = Pyramid(image).crops(np.array([[x0, y0, x0 + side, y0 + side]]), size)[0, ..., 0].astype(float)
    crop[crop == 127] = 0  # beyond the picture's edge
    v, u = np.mgrid[:size, :size]
    found = np.array([(u * crop).sum(), (v * crop).sum()]) / crop.sum()
    expected = (np.array([bx - x0, by - y0]) / side) * size - 0.5
    np.testing.assert_allclose(found / size * side, expected / size * side, atol=0.02 * side)


def test_outside_the_picture_is_grey() -> None:
    crop = Pyramid(np.zeros((50, 50, 3), np.uint8)).crops(np.array([[-100.0, -100, -60, -60]]), 24)[0]
    assert (crop == 127).all()


def test_thousands_of_crops_at_once() -> None:
    squares = np.tile([[5.0, 5, 45, 45]], (3000, 1))
    crops = Pyramid(ramp(60, 60)).crops(squares, 24)
    assert crops.shape == (3000, 24, 24, 3)
    assert (crops == crops[0]).all()


def test_octaves_are_exact_means() -> None:
    image = np.random.default_rng(0).integers(0, 256, (9, 12, 3)).astype(np.uint8)
    half = Pyramid(image).octave(1)
    assert half.shape == (4, 6, 3)
    mean = image[:8, :12].reshape(4, 2, 6, 2, 3).mean((1, 3))
    np.testing.assert_allclose(half, mean, atol=0.51)


def test_scaled_sizes() -> None:
    assert Pyramid(np.zeros((100, 200, 3), np.uint8)).scaled(0.3).shape == (31, 61, 3)


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 3), (4, 5, 4)])
def test_grey_colour_and_alpha_are_taken(shape: tuple[int, ...]) -> None:
    out = as_bgr(np.full(shape, 80, np.uint8))
    assert out.shape == (4, 5, 3)
    assert (out == 80).all()


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((4, 5, 2), np.uint8),
        np.zeros((4, 5, 3), np.float32),
        np.zeros((0, 5, 3), np.uint8),
        np.zeros(7, np.uint8),
        None,
    ],
)
def test_what_is_no_picture_is_refused(bad: object) -> None:
    with pytest.raises(InputError, match="picture"):
        as_bgr(bad)  # type: ignore[arg-type]
