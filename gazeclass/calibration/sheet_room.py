"""The room to scale and the error at every seat, on a PDF page."""

from collections.abc import Callable, Sequence

from fpdf import FPDF

from gazeclass.calibration.room_drawing import Drawing, Scene, from_above, from_side
from gazeclass.calibration.seat_precision import SeatPrecision
from gazeclass.calibration.sheet import BOTTOM, LEFT, RIGHT, fitted, put

_INK = {
    "board": (30, 50, 40),
    "chessboard": (150, 70, 0),
    "camera": (20, 60, 140),
    "sight": (150, 170, 205),
    "seat": (70, 70, 70),
    "floor": (120, 120, 120),
    "reading": (214, 190, 160),
}


#: The tape's names for the cameras, as people call them.
_CAMERAS = {"CAM0": "left camera", "CAM1": "right camera"}


def room_drawings(pdf: FPDF, scene: Scene, y: float, height_mm: float = 88.0) -> float:
    """The room from above and from the side, both to one scale; returns the y below."""
    above, side = from_above(scene), from_side(scene)
    widths = [d.box[2] - d.box[0] + 0.6 for d in (above, side)]
    heights = [d.box[3] - d.box[1] + 0.6 for d in (above, side)]
    scale = min((RIGHT - LEFT - 8) / sum(widths), height_mm / max(heights))
    put(pdf, LEFT, y, "From above", 8.5, bold=True)
    second = LEFT + widths[0] * scale + 8
    put(pdf, second, y, "From the side", 8.5, bold=True)
    y += 3.0
    _draw(pdf, above, lambda u, v: (LEFT + (u - above.box[0] + 0.3) * scale, y + (v - above.box[1] + 0.3) * scale))
    _draw(pdf, side, lambda u, v: (second + (u - side.box[0] + 0.3) * scale, y + (side.box[3] - v + 0.3) * scale))
    bottom = y + max(heights) * scale
    put(pdf, LEFT, bottom + 4, "Left and right as the cameras look at the class.", 7)
    pdf.set_draw_color(0)
    pdf.set_line_width(0.3)
    pdf.line(RIGHT - scale, bottom, RIGHT, bottom)
    for x in (RIGHT - scale, RIGHT):
        pdf.line(x, bottom - 1, x, bottom + 1)
    put(pdf, RIGHT - scale, bottom + 4, "1 m", 7)
    return bottom + 9.0


def _draw(pdf: FPDF, drawing: Drawing, place: Callable[[float, float], tuple[float, float]]) -> None:
    order = ("reading", "sight", "floor", "board", "chessboard")
    for line in sorted(drawing.lines, key=lambda item: order.index(item.kind)):
        pdf.set_draw_color(*_INK[line.kind])
        pdf.set_line_width({"board": 1.2, "reading": 0.15, "sight": 0.15}.get(line.kind, 0.3))
        points = [place(u, v) for u, v in line.points]
        if line.closed:
            pdf.polygon(points, style="D")
        else:
            pdf.polyline(points, style="D")
    named: list[tuple[float, float]] = []
    for mark in drawing.marks:
        x, y = place(*mark.at)
        pdf.set_fill_color(*_INK[mark.kind])
        pdf.set_text_color(*_INK[mark.kind])
        if mark.kind == "camera":
            pdf.rect(x - 1.2, y - 1.2, 2.4, 2.4, style="F")
            # From the side both cameras are often one behind the other: a name is not written over another.
            if all(abs(x - a) > 8 or abs(y - b) > 3 for a, b in named):
                put(pdf, x - 4, y - 2.2, _CAMERAS[mark.label], 6)
                named.append((x, y))
        elif mark.kind == "seat":
            pdf.set_draw_color(*_INK["seat"])
            pdf.set_line_width(0.25)
            pdf.rect(x - 1.4, y - 1.4, 2.8, 2.8, style="D", round_corners=True, corner_radius=0.6)
            if all(abs(x - a) > 6 or abs(y - b) > 4 for a, b in named):
                put(pdf, x + 2, y + 0.8, fitted(pdf, mark.label, 10, 5.5), 5.5)
                named.append((x, y))
        pdf.set_text_color(0)


def seat_table(pdf: FPDF, seats: Sequence[SeatPrecision], y: float) -> float:
    """Expected error at every seat, in three columns; returns the y below."""
    if not seats:
        return y
    put(
        pdf,
        LEFT,
        y,
        "Expected error of one look on the board, one standard deviation (cm across × up)",
        8.5,
        bold=True,
    )
    y += 5.0
    room_left = int((BOTTOM - 24 - y) // 4.3)
    rows = max(1, min(room_left, (len(seats) + 2) // 3))
    shown = seats[: 3 * rows]
    for k, seat in enumerate(shown):
        x, at = LEFT + 61 * (k // rows), y + 4.3 * (k % rows)
        if seat.sigma_x_m is None or seat.sigma_y_m is None:
            words = fitted(pdf, seat.reason, 40, 7.5)
        else:
            words = f"{100 * seat.sigma_x_m:.0f} × {100 * seat.sigma_y_m:.0f}"
            if seat.coarse_zones:
                names = "all zones" if seat.coarse else ", ".join(seat.coarse_zones)
                words += f"   too fine: {names}"
            words = fitted(pdf, words, 42, 7.5)
        put(pdf, x, at, fitted(pdf, seat.seat.name, 14, 7.5, bold=True), 7.5, bold=True)
        put(pdf, x + 15, at, words, 7.5)
    y += 4.3 * rows + 2
    if len(shown) < len(seats):
        put(pdf, LEFT, y, f"and {len(seats) - len(shown)} more seats", 7.5)
        y += 4.0
    if any(seat.coarse_zones for seat in shown):
        put(pdf, LEFT, y, "Too fine: a single look from this seat cannot tell this zone from its neighbours.", 7.5)
        y += 4.0
    return y + 2.0
