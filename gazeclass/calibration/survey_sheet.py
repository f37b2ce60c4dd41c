"""The survey sheet: one page with the drawing, the steps, and the tape readings to fill in."""

from pathlib import Path

from fpdf import FPDF

from gazeclass.calibration.target import CHARUCO, Target
from gazeclass.calibration.targets_pdf import PAPERS, board_size_mm, draw_ruler, new_pdf, rectangles, save


def recommended_readings(target: Target) -> list[tuple[str, str]]:
    """Pairs worth measuring: each outer chessboard corner to three board corners, the cameras, the edges."""
    origin, along, across, opposite = target.outer_corner_names()
    return [
        (origin, "B_TL"),
        (origin, "B_TR"),
        (origin, "B_BR"),
        (along, "B_TL"),
        (along, "B_TR"),
        (along, "B_BL"),
        (across, "B_TL"),
        (across, "B_TR"),
        (across, "B_BR"),
        (opposite, "B_TL"),
        (opposite, "B_TR"),
        (opposite, "B_BL"),
        ("CAM0", "B_TR"),
        ("CAM0", "B_BR"),
        ("CAM1", "B_TL"),
        ("CAM1", "B_BL"),
        ("CAM0", "CAM1"),
        ("B_TL", "B_TR"),
        ("B_TR", "B_BR"),
    ]


STEPS = (
    "1. Lay the chessboard flat on a table in front of the blackboard, long side along it{way_round}.",
    "2. Level it with a spirit level in both directions. Photograph it with both cameras: auxiliary/cam0 and cam1.",
    "3. Measure the distances below, tape taut and straight, in metres to the millimetre, without moving anything.",
    "    C.. are inner corners, where four squares meet; CAM0, CAM1 the middle of the lenses.",
    "4. Type them into tape.csv (point_a,point_b,distance_m,tolerance_m) and the board's size into room.toml.",
)


def write_survey_sheet(target: Target, path: Path) -> None:
    """Write the sheet for ``target`` as an A4 page."""
    pdf = new_pdf(PAPERS["A4"])
    pdf.add_page()
    pdf.set_font("helvetica", style="B", size=15)
    pdf.text(15, 18, "Survey sheet")
    pdf.set_font("helvetica", size=9)
    pdf.text(55, 18, f"room ____________________   date ______________   board: {target.name}")
    _drawing(pdf, target, top=24)
    pdf.set_font("helvetica", size=9)
    for k, line in enumerate(STEPS):
        pdf.text(15, 132 + 5 * k, line.format(way_round=_way_round(target)))
    _table(pdf, recommended_readings(target), top=160)
    draw_ruler(pdf, 15, 285)
    save(pdf, path)


def _way_round(target: Target) -> str:
    """How to tell which end is which."""
    if target.kind == CHARUCO:
        return ", markers upright for who faces it"
    return ", black outer squares at the right" if target.colours_tell_order else ""


def _drawing(pdf: FPDF, target: Target, top: float) -> None:
    """The blackboard as the class sees it, the table in front of it, the cameras at its ends."""
    pdf.set_draw_color(0)
    pdf.set_line_width(0.4)
    left, right, upper, lower = 45.0, 165.0, top + 14, top + 50
    pdf.set_fill_color(225, 235, 228)
    pdf.rect(left, upper, right - left, lower - upper, style="DF")
    pdf.set_font("helvetica", size=8)
    pdf.text(84, (upper + lower) / 2, "blackboard, seen facing it")
    for name, x, y, dx, dy in (
        ("B_TL", left, upper, 2, 5),
        ("B_TR", right, upper, -11, 5),
        ("B_BL", left, lower, 2, -2.5),
        ("B_BR", right, lower, -11, -2.5),
    ):
        _dot(pdf, x, y)
        pdf.text(x + dx, y + dy, name)
    for name, x in (("CAM1", left - 12), ("CAM0", right + 12)):
        pdf.set_fill_color(60)
        pdf.ellipse(x - 3, upper - 5, 6, 6, style="F")
        pdf.text(x - 5, upper - 7, name)
    pdf.text(
        left - 32,
        upper - 14,
        "cameras look at the class; CAM0 is the left one as they look, so it stands at your right",
    )
    # The table in perspective: far edge towards the blackboard.
    far, near, middle = lower + 13, lower + 46, (left + right) / 2
    half_far, half_near = 30.0, 44.0
    columns, rows = target.columns + 1, target.rows + 1

    def place(u: float, v: float) -> tuple[float, float]:
        """Board coordinates, u from right to left and v from far to near in 0…1, to the page."""
        half = half_far + (half_near - half_far) * v
        return middle + half * (1 - 2 * u), far + (near - far) * v

    width, height = board_size_mm(target)
    for x, y, w, h, black in rectangles(target):
        pdf.set_fill_color(30 if black != target.inverted else 255)
        ends = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
        pdf.polygon([place(1 - left / width, down / height) for left, down in ends], style="F")
    pdf.polygon([place(u, v) for u, v in ((0, 0), (1, 0), (1, 1), (0, 1))], style="D")
    origin, along, across, opposite = target.outer_corner_names()
    for name, u, v, dx, dy in (
        (origin, 1, 1, 12, -4),
        (along, columns - 1, 1, -18, -4),
        (across, 1, rows - 1, 14, 6),
        (opposite, columns - 1, rows - 1, -20, 6),
    ):
        x, y = place(u / columns, v / rows)
        pdf.set_draw_color(200, 0, 0)
        pdf.set_fill_color(200, 0, 0)
        _dot(pdf, x, y)
        pdf.line(x, y, x + dx, y + dy)
        pdf.set_text_color(200, 0, 0)
        pdf.text(x + dx + (1 if dx > 0 else -7), y + dy + 1, name)
    pdf.set_text_color(0)
    pdf.set_draw_color(0)
    pdf.text(middle - 42, near + 6, "chessboard, flat and level; this edge towards the class (you stand here)")


def _dot(pdf: FPDF, x: float, y: float) -> None:
    pdf.set_fill_color(200, 0, 0)
    pdf.ellipse(x - 0.9, y - 0.9, 1.8, 1.8, style="F")


def _table(pdf: FPDF, readings: list[tuple[str, str]], top: float) -> None:
    """Readings in two columns with room to write."""
    lines: list[tuple[str, str]] = [*readings, ("board's width", ""), ("board's height", ""), ("lower edge", "FLOOR")]
    half = (len(lines) + 1) // 2
    pdf.set_line_width(0.15)
    pdf.set_font("helvetica", style="B", size=9)
    for column in (0, 1):
        x = 15 + 92 * column
        for text, at in (("point_a", 0), ("point_b", 26), ("distance (m)", 48)):
            pdf.text(x + at, top, text)
    pdf.set_font("helvetica", size=10)
    for k, (a, b) in enumerate(lines):
        x, y = 15 + 92 * (k // half), top + 8.8 * (k % half + 1)
        pdf.text(x, y, a)
        pdf.text(x + 26, y, b)
        pdf.line(x + 48, y + 1, x + 84, y + 1)
