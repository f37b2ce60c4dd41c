"""The summary of a calibration: one A4 page with verdict, figures, the room to scale and the error at every seat."""

from pathlib import Path

from fpdf import FPDF

from gazeclass.calibration.check import CheckResult
from gazeclass.calibration.room import Room
from gazeclass.calibration.room_drawing import classroom_scene
from gazeclass.calibration.sheet import BOTTOM, LEFT, RIGHT, add_fonts, fitted, put, put_right, wrapped
from gazeclass.calibration.sheet_room import room_drawings, seat_table
from gazeclass.calibration.targets_pdf import PAPERS, new_pdf, save
from gazeclass.calibration.verdict import Report
from gazeclass.calibration.words import for_people

#: Fill and text of the verdict's box: light enough for a black-and-white printer.
_BOX = {"good": (222, 239, 226), "usable": (250, 240, 208), "repeat": (250, 220, 216)}


def write_summary(report: Report, path: Path) -> None:
    """Write the page.

    Raises:
        InputError: the file cannot be written.
    """
    pdf = new_pdf(PAPERS["A4"])
    add_fonts(pdf)
    pdf.add_page()
    y = _head(pdf, report)
    y = _figures(pdf, report, y)
    y = _drawings(pdf, report, y)
    y = seat_table(pdf, report.seats, y)
    _remarks(pdf, report, y)
    save(pdf, path)


def _head(pdf: FPDF, report: Report) -> float:
    room, verdict = report.classroom, report.verdict
    put(pdf, LEFT, 20, fitted(pdf, room.name, 120, 18, bold=True), 18, bold=True)
    put_right(pdf, 20, f"calibrated {room.made_utc:%Y-%m-%d %H:%M} UTC", 8)
    pdf.set_fill_color(*_BOX[verdict.word])
    pdf.rect(LEFT, 25, RIGHT - LEFT, 21, style="F")
    put(pdf, LEFT + 4, 32, verdict.title, 13, bold=True)
    wrapped(pdf, LEFT + 4, 37.5, for_people(verdict.sentence), RIGHT - LEFT - 8, 8.5, most=2)
    if not verdict.checked:
        put_right(pdf, 32, "Not checked with a person.", 8.5, inset=4.0)
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
                ("Left camera", "Right camera")[c],
                f"{_own_name(camera.name)}{camera.width_px}×{camera.height_px}, lens known to {camera.rms_px:.2f} px "
                f"from {camera.views} views"
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
        lines.append(("Floor", f"chessboard seen to {lying.rms_px:.2f} px{agree}"))
    if room.world is not None:
        used = [t.residual_m for t in room.tape if not t.rejected and t.residual_m is not None]
        off = 1000 * (sum(r * r for r in used) / max(len(used), 1)) ** 0.5
        shift = f"what remains shifts points on the board by {100 * room.world.board_sigma_m:.1f} cm"
        lines.append(("Tape", f"{len(used)} readings agree to {off:.1f} mm; {shift}"))
    lines.append(("Check", _check_line(report.check)))
    for name, text in lines:
        put(pdf, LEFT, y, fitted(pdf, name, 28, 8.5, bold=True), 8.5, bold=True)
        put(pdf, LEFT + 30, y, fitted(pdf, text, RIGHT - LEFT - 30, 8.5), 8.5)
        y += 5.0
    return y + 3.0


def _own_name(name: str) -> str:
    """What the camera calls itself; a folder's cam0 is no name."""
    return "" if name.casefold() in ("", "cam0", "cam1") else f"{name}: "


def _check_line(check: CheckResult | None) -> str:
    if check is None:
        return "skipped: nobody looked at marked points"
    return (
        f"{len(check.looks)} looks, middle error {100 * check.median_m:.0f} cm ({check.median_deg:.1f}°), position "
        f"part {100 * check.total.position_m:.0f} cm, pose part {100 * check.total.pose_m:.0f} cm"
    )


def _drawings(pdf: FPDF, report: Report, y: float) -> float:
    room = report.classroom
    if room.board_size is None or report.notes.target is None:
        return y
    facts = Room(name=room.name, board=room.board_size, seats=room.seats, zones=room.zones)
    return room_drawings(pdf, classroom_scene(room, facts, report.notes.target.target()), y)


def _remarks(pdf: FPDF, report: Report, y: float) -> None:
    """Warnings and advice, as many as the page holds."""
    room = report.overview.figures.room
    remarks = [] if room is None else [(level, text) for level, text in room.findings if level != "good"]
    if not remarks or y > BOTTOM - 8:
        return
    put(pdf, LEFT, y, "Remarks", 8.5, bold=True)
    y += 5.0
    for level, text in sorted(remarks, key=lambda item: item[0] != "warning"):
        if y > BOTTOM - 4:
            return
        y = wrapped(
            pdf, LEFT, y, f"{'Warning: ' if level == 'warning' else ''}{for_people(text)}", RIGHT - LEFT, 8, most=2
        )
        y += 0.8
