"""The summary of a calibration: one A4 page with verdict, figures, the room to scale and the error at every seat."""

from collections.abc import Callable
from pathlib import Path

from fpdf import FPDF

from gazeclass.calibration.check import CheckResult
from gazeclass.calibration.room import Room
from gazeclass.calibration.room_drawing import Drawing, classroom_scene, from_above, from_side
from gazeclass.calibration.targets_pdf import PAPERS, new_pdf, save
from gazeclass.calibration.verdict import Report
from gazeclass.errors import InputError

_LEFT, _RIGHT, _BOTTOM = 15.0, 195.0, 287.0
_FONT = "gazeclass"
#: Fill and text of the verdict's box: light enough for a black-and-white printer.
_BOX = {"good": (222, 239, 226), "usable": (250, 240, 208), "repeat": (250, 220, 216)}
_INK = {
    "board": (30, 50, 40),
    "chessboard": (150, 70, 0),
    "camera": (20, 60, 140),
    "sight": (150, 170, 205),
    "seat": (70, 70, 70),
    "floor": (120, 120, 120),
    "reading": (214, 190, 160),
}


def write_summary(report: Report, path: Path) -> None:
    """Write the page.

    Raises:
        InputError: the file cannot be written.
    """
    pdf = new_pdf(PAPERS["A4"])
    _add_fonts(pdf)
    pdf.add_page()
    y = _head(pdf, report)
    y = _figures(pdf, report, y)
    y = _drawings(pdf, report, y)
    y = _seats(pdf, report, y)
    _remarks(pdf, report, y)
    save(pdf, path)


def _add_fonts(pdf: FPDF) -> None:
    """DejaVu, which travels with matplotlib: the built-in PDF fonts know no ×, ± or Greek."""
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    try:
        pdf.add_font(_FONT, "", str(folder / "DejaVuSans.ttf"))
        pdf.add_font(_FONT, "B", str(folder / "DejaVuSans-Bold.ttf"))
    except (OSError, RuntimeError) as error:
        raise InputError(f"the font DejaVu is missing ({error})", todo="Install matplotlib again.") from error


def _text(pdf: FPDF, x: float, y: float, text: str, size: float = 9.0, bold: bool = False) -> None:
    pdf.set_font(_FONT, style="B" if bold else "", size=size)
    pdf.text(x, y, _writable(pdf, text))


def _right(pdf: FPDF, y: float, text: str, size: float, inset: float = 0.0) -> None:
    pdf.set_font(_FONT, size=size)
    _text(pdf, _RIGHT - inset - pdf.get_string_width(_writable(pdf, text)), y, text, size)


def _writable(pdf: FPDF, text: str) -> str:
    """What the font has no glyph for becomes a question mark."""
    known = pdf.current_font.cmap
    return "".join(ch if ord(ch) in known else "?" for ch in text)


def _fitted(pdf: FPDF, text: str, width: float, size: float, bold: bool = False) -> str:
    """Shortened to ``width`` mm."""
    pdf.set_font(_FONT, style="B" if bold else "", size=size)
    text = _writable(pdf, text)
    while text and pdf.get_string_width(text) > width:
        text = text[:-2].rstrip() + "…"
    return text


def _wrapped(pdf: FPDF, x: float, y: float, text: str, width: float, size: float = 8.5, most: int = 3) -> float:
    """Lines of at most ``width`` mm; returns the y below the last."""
    pdf.set_font(_FONT, size=size)
    lines: list[str] = [""]
    for word in _writable(pdf, text).split():
        longer = f"{lines[-1]} {word}".strip()
        if pdf.get_string_width(longer) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    if len(lines) > most:
        lines = [*lines[: most - 1], _fitted(pdf, " ".join(lines[most - 1 :]), width, size)]
    for line in lines:
        _text(pdf, x, y, line, size)
        y += 0.5 * size
    return y


def _head(pdf: FPDF, report: Report) -> float:
    room, verdict = report.classroom, report.verdict
    _text(pdf, _LEFT, 20, _fitted(pdf, room.name, 120, 18, bold=True), 18, bold=True)
    _right(pdf, 20, f"calibrated {room.made_utc:%Y-%m-%d %H:%M} UTC", 8)
    pdf.set_fill_color(*_BOX[verdict.word])
    pdf.rect(_LEFT, 25, _RIGHT - _LEFT, 21, style="F")
    _text(pdf, _LEFT + 4, 32, verdict.title, 13, bold=True)
    _wrapped(pdf, _LEFT + 4, 37.5, verdict.sentence, _RIGHT - _LEFT - 8, 8.5, most=2)
    if not verdict.checked:
        _right(pdf, 32, "Not checked with a person.", 8.5, inset=4.0)
    return 53.0


def _figures(pdf: FPDF, report: Report, y: float) -> float:
    """What each step found, a line a fact."""
    room, figures, notes = report.classroom, report.overview.figures, report.notes
    lines: list[tuple[str, str]] = []
    if room.board_size is not None:
        size = f"{room.board_size.width_m:g} × {room.board_size.height_m:g} m"
        edge = room.board_size.lower_edge_above_floor_m
        lines.append(("Board", size + (f", lower edge {edge:g} m above the floor" if edge is not None else "")))
    target = notes.target.target() if notes.target is not None else None
    if target is not None:
        lines.append(("Target", target.name + (" (print measured)" if notes.target and notes.target.checked else "")))
    for c, camera in enumerate(room.cameras):
        lens = figures.lens[c]
        covered = ""
        if lens is not None and lens.coverage:
            cells = [n > 0 for row in lens.coverage for n in row]
            covered = f", close views over {sum(cells) / len(cells):.0%} of the picture"
        lines.append(
            (
                camera.name,
                f"{camera.width_px}×{camera.height_px}, lens known to {camera.rms_px:.2f} px from {camera.views} views"
                f"{covered}",
            )
        )
    taped = f" (tape: {notes.baseline_m:.3f} m)" if notes.baseline_m is not None else ""
    stereo = room.stereo
    lines.append(
        ("Pair", f"{stereo.baseline_m:.3f} m apart{taped}, {stereo.views} common views to {stereo.rms_px:.2f} px")
    )
    lying = figures.lying
    if lying is not None and lying.failure is None:
        agree = ""
        if lying.disagreement_mm is not None and lying.disagreement_deg is not None:
            agree = f", cameras agree to {lying.disagreement_mm:.0f} mm and {lying.disagreement_deg:.2f}°"
        lines.append(("Chessboard", f"seen to {lying.rms_px:.2f} px{agree}"))
    if room.world is not None:
        used = [t.residual_m for t in room.tape if not t.rejected and t.residual_m is not None]
        off = 1000 * (sum(r * r for r in used) / max(len(used), 1)) ** 0.5
        shift = f"what remains shifts points on the board by {100 * room.world.board_sigma_m:.1f} cm"
        lines.append(("Tape", f"{len(used)} readings agree to {off:.1f} mm; {shift}"))
    lines.append(("Check", _check_line(report.check)))
    for name, text in lines:
        _text(pdf, _LEFT, y, _fitted(pdf, name, 28, 8.5, bold=True), 8.5, bold=True)
        _text(pdf, _LEFT + 30, y, _fitted(pdf, text, _RIGHT - _LEFT - 30, 8.5), 8.5)
        y += 5.0
    return y + 3.0


def _check_line(check: CheckResult | None) -> str:
    if check is None:
        return "skipped: nobody looked at marked points"
    return (
        f"{len(check.looks)} looks, middle error {100 * check.median_m:.0f} cm ({check.median_deg:.1f}°), position "
        f"part {100 * check.total.position_m:.0f} cm, pose part {100 * check.total.pose_m:.0f} cm"
    )


def _drawings(pdf: FPDF, report: Report, y: float) -> float:
    """The room from above and from the side, both to one scale."""
    room = report.classroom
    if room.board_size is None or report.notes.target is None:
        return y
    facts = Room(name=room.name, board=room.board_size, seats=room.seats, zones=room.zones)
    scene = classroom_scene(room, facts, report.notes.target.target())
    above, side = from_above(scene), from_side(scene)
    widths = [d.box[2] - d.box[0] + 0.6 for d in (above, side)]
    heights = [d.box[3] - d.box[1] + 0.6 for d in (above, side)]
    scale = min((_RIGHT - _LEFT - 8) / sum(widths), 88.0 / max(heights))
    _text(pdf, _LEFT, y, "From above", 8.5, bold=True)
    second = _LEFT + widths[0] * scale + 8
    _text(pdf, second, y, "From the side", 8.5, bold=True)
    y += 3.0
    _draw(pdf, above, lambda u, v: (_LEFT + (u - above.box[0] + 0.3) * scale, y + (v - above.box[1] + 0.3) * scale))
    _draw(pdf, side, lambda u, v: (second + (u - side.box[0] + 0.3) * scale, y + (side.box[3] - v + 0.3) * scale))
    bottom = y + max(heights) * scale
    pdf.set_draw_color(0)
    pdf.set_line_width(0.3)
    pdf.line(_RIGHT - scale, bottom, _RIGHT, bottom)
    for x in (_RIGHT - scale, _RIGHT):
        pdf.line(x, bottom - 1, x, bottom + 1)
    _text(pdf, _RIGHT - scale, bottom + 4, "1 m", 7)
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
                _text(pdf, x - 4, y - 2.2, mark.label, 6)
                named.append((x, y))
        elif mark.kind == "seat":
            pdf.set_draw_color(*_INK["seat"])
            pdf.set_line_width(0.25)
            pdf.rect(x - 1.4, y - 1.4, 2.8, 2.8, style="D", round_corners=True, corner_radius=0.6)
            if all(abs(x - a) > 6 or abs(y - b) > 4 for a, b in named):
                _text(pdf, x + 2, y + 0.8, _fitted(pdf, mark.label, 10, 5.5), 5.5)
                named.append((x, y))
        pdf.set_text_color(0)


def _seats(pdf: FPDF, report: Report, y: float) -> float:
    """Expected error at every seat, in two columns."""
    if not report.seats:
        return y
    _text(
        pdf,
        _LEFT,
        y,
        "Expected error of one look on the board, one standard deviation (cm across × up)",
        8.5,
        bold=True,
    )
    y += 5.0
    room_left = int((_BOTTOM - 24 - y) // 4.3)
    rows = max(1, min(room_left, (len(report.seats) + 2) // 3))
    shown = report.seats[: 3 * rows]
    for k, seat in enumerate(shown):
        x, at = _LEFT + 61 * (k // rows), y + 4.3 * (k % rows)
        if seat.sigma_x_m is None or seat.sigma_y_m is None:
            words = _fitted(pdf, seat.reason, 40, 7.5)
        else:
            words = f"{100 * seat.sigma_x_m:.0f} × {100 * seat.sigma_y_m:.0f}"
            if seat.coarse_zones:
                names = "all zones" if seat.coarse else ", ".join(seat.coarse_zones)
                words += f"   too fine: {names}"
            words = _fitted(pdf, words, 42, 7.5)
        _text(pdf, x, at, _fitted(pdf, seat.seat.name, 14, 7.5, bold=True), 7.5, bold=True)
        _text(pdf, x + 15, at, words, 7.5)
    y += 4.3 * rows + 2
    if len(shown) < len(report.seats):
        _text(pdf, _LEFT, y, f"and {len(report.seats) - len(shown)} more seats", 7.5)
        y += 4.0
    return y + 2.0


def _remarks(pdf: FPDF, report: Report, y: float) -> None:
    """Warnings and advice, as many as the page holds."""
    room = report.overview.figures.room
    remarks = [] if room is None else [(level, text) for level, text in room.findings if level != "good"]
    if not remarks or y > _BOTTOM - 8:
        return
    _text(pdf, _LEFT, y, "Remarks", 8.5, bold=True)
    y += 5.0
    for level, text in sorted(remarks, key=lambda item: item[0] != "warning"):
        if y > _BOTTOM - 4:
            return
        y = _wrapped(pdf, _LEFT, y, f"{'Warning: ' if level == 'warning' else ''}{text}", _RIGHT - _LEFT, 8, most=2)
        y += 0.8
