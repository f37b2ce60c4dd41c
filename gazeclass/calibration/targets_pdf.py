"""Printable targets: exact size in millimetres, with a ruler to check the print, the same bytes every time."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from fpdf import FPDF, ViewerPreferences

from gazeclass.atomic import write_bytes
from gazeclass.calibration.target import CHARUCO, Target
from gazeclass.errors import InputError

#: Paper sizes in millimetres, portrait.
PAPERS = {"A4": (210.0, 297.0), "A3": (297.0, 420.0), "A2": (420.0, 594.0), "A1": (594.0, 841.0)}
#: What a desktop printer cannot reach.
MARGIN_MM = 8.0
#: White around the outermost squares that detection needs, as part of a square.
BORDER = 0.5
#: Room for the ruler and the line of text under the board.
FOOT_MM = 22.0
RULER_MM = 100.0
#: PDF files carry a date; a fixed one makes them the same each time.
DATE = datetime(2026, 1, 1, tzinfo=UTC)

Rectangle = tuple[float, float, float, float, bool]


@dataclass(frozen=True)
class Layout:
    """Where the board goes: page size, and the board's upper left corner on it, all in millimetres."""

    page_mm: tuple[float, float]
    origin_mm: tuple[float, float]


def board_size_mm(target: Target) -> tuple[float, float]:
    """Width and height of all squares, without the white border."""
    s = target.square_m * 1000.0
    return (target.columns + 1) * s, (target.rows + 1) * s


def rectangles(target: Target) -> list[Rectangle]:
    """The print as rectangles ``x, y, width, height, black`` in mm from its upper left, to be drawn in order."""
    s = target.square_m * 1000.0
    columns, rows = target.columns + 1, target.rows + 1
    if target.kind != CHARUCO:
        # The outermost square beyond C00, at the upper right, is black.
        return [
            (x * s, y * s, s, s, True) for y in range(rows) for x in range(columns) if (columns - 1 - x + y) % 2 == 0
        ]
    board = target.charuco_board()
    dictionary = board.getDictionary()
    cells = dictionary.markerSize + 2
    white: dict[tuple[int, int], int] = {}
    for marker, corners in zip(np.asarray(board.getIds()).ravel(), board.getObjPoints(), strict=True):
        centre = np.asarray(corners, float)[:, :2].mean(axis=0) / target.square_m
        white[int(centre[0]), int(centre[1])] = int(marker)
    drawn: list[Rectangle] = []
    side = s * target.marker_ratio
    for y in range(rows):
        for x in range(columns):
            if (x, y) not in white:
                drawn.append((x * s, y * s, s, s, True))
                continue
            left, top = x * s + (s - side) / 2, y * s + (s - side) / 2
            drawn.append((left, top, side, side, True))
            bits = cv2.aruco.generateImageMarker(dictionary, white[x, y], cells, borderBits=1)
            step = side / cells
            for row, column in np.argwhere(bits > 127):
                drawn.append((left + column * step, top + row * step, step, step, False))
    return drawn


def one_page(target: Target, paper: str = "") -> Layout:
    """The board on one sheet, of a named paper (turned as fits) or of just the size it needs.

    Raises:
        InputError: an unknown paper, or one that is too small.
    """
    width, height = board_size_mm(target)
    border = BORDER * target.square_m * 1000.0
    need = (width + 2 * max(border, MARGIN_MM), height + 2 * max(border, MARGIN_MM) + FOOT_MM)
    if not paper:
        page = need
    else:
        short, long = _paper(paper)
        fitting = [p for p in ((long, short), (short, long)) if p[0] >= need[0] and p[1] >= need[1]]
        if not fitting:
            largest = largest_square_mm(target, paper)
            raise InputError(
                f"the {target.name} needs {need[0]:.0f} × {need[1]:.0f} mm, which {paper} is not",
                todo=f"Use squares of {largest:g} mm, a larger paper, or --tiles to glue it together.",
            )
        page = fitting[0]
    return Layout(page, ((page[0] - width) / 2, max(border, MARGIN_MM)))


def largest_square_mm(target: Target, paper: str) -> float:
    """The largest whole millimetres a square may have on ``paper``."""
    short, long = _paper(paper)
    best = 0
    for mm in range(5, 200):
        border = max(BORDER * mm, MARGIN_MM)
        need = ((target.columns + 1) * mm + 2 * border, (target.rows + 1) * mm + 2 * border + FOOT_MM)
        if any(p[0] >= need[0] and p[1] >= need[1] for p in ((long, short), (short, long))):
            best = mm
    return float(best)


def write_target(target: Target, path: Path, paper: str = "") -> None:
    """One page with the board, its name and the ruler."""
    layout = one_page(target, paper)
    pdf = new_pdf(layout.page_mm)
    pdf.add_page()
    _draw(pdf, target, layout.origin_mm, layout.page_mm)
    height = board_size_mm(target)[1]
    foot = layout.origin_mm[1] + height + max(BORDER * target.square_m * 1000.0, MARGIN_MM)
    _foot(pdf, target, max(layout.origin_mm[0], MARGIN_MM), foot, layout.page_mm[0])
    save(pdf, path)


def write_tiles(target: Target, path: Path, paper: str = "A4") -> int:
    """The board cut into sheets with 10 mm overlap and crop marks; the first page says how they go together.

    Returns:
        Number of sheets, the page of instructions not counted.
    """
    page = _paper(paper)[::-1]
    overlap, clear = 10.0, MARGIN_MM + 4.0
    tile = (page[0] - 2 * clear, page[1] - 2 * clear - FOOT_MM)
    border = BORDER * target.square_m * 1000.0
    whole = tuple(size + 2 * border for size in board_size_mm(target))
    counts = [max(1, int(np.ceil((whole[k] - overlap) / (tile[k] - overlap)))) for k in (0, 1)]
    pdf = new_pdf(page)
    pdf.add_page()
    _tile_plan(pdf, target, counts)
    for row in range(counts[1]):
        for column in range(counts[0]):
            pdf.add_page()
            x, y = column * (tile[0] - overlap), row * (tile[1] - overlap)
            with pdf.rect_clip(clear, clear, tile[0], tile[1]):
                _draw(pdf, target, (clear + border - x, clear + border - y), page)
            _crop_marks(pdf, clear, clear, tile)
            pdf.set_font("helvetica", size=9)
            pdf.text(
                clear + 110, page[1] - clear - 8, f"row {row + 1} of {counts[1]}, column {column + 1} of {counts[0]}"
            )
            draw_ruler(pdf, clear, page[1] - clear - 6)
    save(pdf, path)
    return counts[0] * counts[1]


def new_pdf(page_mm: tuple[float, float]) -> FPDF:
    """An empty document in millimetres whose bytes depend on nothing but its contents."""
    pdf = FPDF(unit="mm", format=page_mm)
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.set_creation_date(DATE)
    pdf.set_producer("gazeclass")
    # A printer that obeys prints at 100 %; those that do not are what the ruler is for.
    pdf.viewer_preferences = ViewerPreferences(print_scaling="None")
    return pdf


def save(pdf: FPDF, path: Path) -> None:
    """Write the document, whole or not at all."""
    write_bytes(path, bytes(pdf.output()))


def draw_ruler(pdf: FPDF, x_mm: float, y_mm: float) -> None:
    """A 100 mm line with ticks every 10 mm; ``y_mm`` is the line."""
    pdf.set_draw_color(0)
    pdf.set_line_width(0.2)
    pdf.line(x_mm, y_mm, x_mm + RULER_MM, y_mm)
    for k in range(11):
        pdf.line(x_mm + 10 * k, y_mm, x_mm + 10 * k, y_mm - (4 if k % 5 == 0 else 2.5))
    pdf.set_font("helvetica", size=7)
    pdf.text(x_mm, y_mm + 3.5, "This line is 100 mm long. If yours is not, print again at 100 % (no scaling).")


def _paper(name: str) -> tuple[float, float]:
    if name.upper() not in PAPERS:
        raise InputError(f"there is no paper '{name}' here", todo=f"Choose one of {', '.join(PAPERS)}.")
    return PAPERS[name.upper()]


def _draw(pdf: FPDF, target: Target, origin_mm: tuple[float, float], page_mm: tuple[float, float]) -> None:
    if target.inverted:
        pdf.set_fill_color(0)
        pdf.rect(0, 0, *page_mm, style="F")
    for x, y, width, height, black in rectangles(target):
        pdf.set_fill_color(0 if black != target.inverted else 255)
        pdf.rect(origin_mm[0] + x, origin_mm[1] + y, width, height, style="F")


def _foot(pdf: FPDF, target: Target, x_mm: float, y_mm: float, page_width_mm: float) -> None:
    if target.inverted:
        pdf.set_fill_color(255)
        pdf.rect(0, y_mm, page_width_mm, FOOT_MM + MARGIN_MM, style="F")
    pdf.set_text_color(0)
    pdf.set_font("helvetica", size=9)
    pdf.text(x_mm, y_mm + 4, f"{target.name}  -  gazeclass target {target.hash}")
    draw_ruler(pdf, x_mm, y_mm + 12)


def _tile_plan(pdf: FPDF, target: Target, counts: list[int]) -> None:
    pdf.set_font("helvetica", style="B", size=14)
    pdf.text(20, 25, target.name)
    pdf.set_font("helvetica", size=11)
    lines = [
        f"{counts[0] * counts[1]} sheets follow: {counts[1]} rows of {counts[0]}, row by row from the upper left.",
        "1. Print at 100 % (no 'fit to page'). Check the 100 mm line of every sheet with a ruler.",
        "2. Cut each sheet along the crop marks at its right and lower side.",
        "3. Lay each on its neighbour so that the marks meet (10 mm overlap); glue all on a stiff, flat panel.",
        "4. Measure ten squares of the finished board and give a tenth of it as --square.",
    ]
    for k, line in enumerate(lines):
        pdf.text(20, 38 + 8 * k, line)
    scale = 90.0 / max(board_size_mm(target))
    for x, y, width, height, black in rectangles(target):
        pdf.set_fill_color(0 if black != target.inverted else 255)
        pdf.rect(20 + x * scale, 85 + y * scale, width * scale, height * scale, style="F")


def _crop_marks(pdf: FPDF, x: float, y: float, tile: tuple[float, float]) -> None:
    pdf.set_draw_color(120)
    pdf.set_line_width(0.1)
    for cx in (x, x + tile[0]):
        for cy in (y, y + tile[1]):
            sx, sy = (-1 if cx == x else 1), (-1 if cy == y else 1)
            pdf.line(cx, cy + sy, cx, cy + 4 * sy)
            pdf.line(cx + sx, cy, cx + 4 * sx, cy)
