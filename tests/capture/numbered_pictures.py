"""Pictures that say their own number."""

import numpy as np

BITS = 8


def number_picture(number: int, size: tuple[int, int] = (160, 96)) -> np.ndarray:
    """A picture that carries ``number`` in eight vertical bars, grey above black."""
    width, height = size
    image = np.full((height, width, 3), 90, np.uint8)
    for bit in range(BITS):
        if number >> bit & 1:
            image[height // 2 :, bit * width // BITS : (bit + 1) * width // BITS] = 255
        else:
            image[height // 2 :, bit * width // BITS : (bit + 1) * width // BITS] = 0
    return image


def read_number(image: np.ndarray) -> int:
    """The number a picture carries."""
    height, width = image.shape[:2]
    row = image[3 * height // 4].mean(axis=1)
    return sum(1 << bit for bit in range(BITS) if row[(2 * bit + 1) * width // (2 * BITS)] > 128)
