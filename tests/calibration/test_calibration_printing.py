import re

import numpy as np
import pytest

from gazeclass.calibration.detection import detect
from gazeclass.calibration.survey_sheet import recommended_readings, write_survey_sheet
from gazeclass.calibration.tape import Points, Reading
from gazeclass.calibration.target import charuco, chessboard
from gazeclass.calibration.targets_pdf import (
    board_size_mm,
    largest_square_mm,
    one_page,
    rectangles,
    write_target,
    write_tiles,
)
from gazeclass.errors import InputError


def raster(target, pixels_per_mm: float) -> np.ndarray:
    """The rectangles as a picture, with a white border of one square."""
    width, height = board_size_mm(target)
    border = target.square_m * 1000
    picture = np.full([round((s + 2 * border) * pixels_per_mm) for s in (height, width)], 255, np.uint8)
    for x, y, w, h, black in rectangles(target):
        x0, y0, x1, y1 = (round((v + border) * pixels_per_mm) for v in (x, y, x + w, y + h))
        picture[y0:y1, x0:x1] = 0 if black else 255
    return picture


@pytest.mark.parametrize("size", [(8, 6), (5, 4), (6, 5)])
def test_the_charuco_print_is_opencvs_own_board(size):
    target = charuco(f"{size[0]}x{size[1]}", 0.032, "DICT_4X4_100")
    per_square = 48  # marker 36 px, six cells of 6 px: whole numbers
    ours = raster(target, per_square / 32.0)[per_square:-per_square, per_square:-per_square]
    theirs = target.charuco_board().generateImage((size[0] * per_square, size[1] * per_square))
    assert (ours != theirs).mean() == 0


def test_the_chessboard_print_reads_back_in_the_right_order():
    target = chessboard("9x6", 0.030)
    found = detect(target, raster(target, 1.0))
    assert found is not None
    # C00 upper right, C80 upper left, C05 lower right (the picture's pixel centres are half a pixel in).
    for name, (x, y) in {"C00": (300, 60), "C80": (60, 60), "C05": (300, 210)}.items():
        np.testing.assert_allclose(found.corners_px[target.corner_index(name)], (x - 0.5, y - 0.5), atol=0.2)


def media_boxes_mm(path) -> list[tuple[float, float]]:
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", path.read_bytes())
    return [(float(w) / 72 * 25.4, float(h) / 72 * 25.4) for w, h in boxes]


def test_the_page_is_just_as_large_as_the_board_needs(tmp_path):
    target = chessboard("9x6", 0.060)
    write_target(target, tmp_path / "a.pdf")
    (width, height), *_ = media_boxes_mm(tmp_path / "a.pdf")
    assert width == pytest.approx(600 + 2 * 30, abs=0.1)
    assert height == pytest.approx(420 + 2 * 30 + 22, abs=0.1)


def test_squares_are_drawn_in_true_size(tmp_path):
    write_target(chessboard("4x3", 0.040), tmp_path / "a.pdf")
    import zlib

    stream = re.search(rb"stream\r?\n(.*?)\r?\nendstream", (tmp_path / "a.pdf").read_bytes(), re.DOTALL)
    assert stream is not None
    sizes = {
        tuple(round(abs(float(v)) / 72 * 25.4, 2) for v in m)
        for m in re.findall(rb"[\d.]+ [\d.]+ ([\d.]+) (-?[\d.]+) re f", zlib.decompress(stream[1]))
    }
    assert (40.0, 40.0) in sizes


@pytest.mark.parametrize(
    "write",
    [
        lambda path: write_target(charuco("8x6", 0.026, "DICT_4X4_100"), path, "A4"),
        lambda path: write_tiles(chessboard("9x6", 0.06), path, "A4"),
        lambda path: write_survey_sheet(chessboard("9x6", 0.06), path),
        lambda path: write_survey_sheet(charuco("8x6", 0.026, "DICT_4X4_100", inverted=True), path),
    ],
)
def test_the_same_print_has_the_same_bytes(tmp_path, write):
    write(tmp_path / "a.pdf")
    write(tmp_path / "b.pdf")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_a_board_that_does_not_fit_says_what_would():
    target = chessboard("9x6", 0.060)
    with pytest.raises(InputError, match="Use squares of 23 mm"):
        one_page(target, "A4")
    assert largest_square_mm(target, "A4") == 23
    one_page(chessboard("9x6", 0.023), "A4")
    with pytest.raises(InputError, match="no paper 'letter'"):
        one_page(target, "letter")


def test_tiles_cover_the_whole_board(tmp_path):
    sheets = write_tiles(chessboard("9x6", 0.060), tmp_path / "t.pdf", "A4")
    pages = re.findall(rb"/Type /Page\b", (tmp_path / "t.pdf").read_bytes())
    assert len(pages) == sheets + 1
    # Twelve sheets of 273 × 164 mm less 10 mm overlap each way: 799 × 626 mm for the board's 660 × 480 mm.
    assert sheets == 12


@pytest.mark.parametrize("target", [chessboard("9x6", 0.06), charuco("12x9", 0.03, "DICT_4X4_100")])
def test_every_recommended_reading_is_one_the_survey_takes(target):
    for a, b in recommended_readings(target):
        Points(target, np.zeros((2, 3)), 0.0, 0.9).check(Reading(a, b, 1.0), "sheet")
