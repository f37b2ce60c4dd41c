"""The plan of a room as one A4 page."""

from pathlib import Path

from fpdf import FPDF

from gazeclass.calibration.plan import Plan
from gazeclass.calibration.sheet import BOTTOM, LEFT, RIGHT, add_fonts, fitted, put, put_right, wrapped
from gazeclass.calibration.sheet_room import room_drawings, seat_table
from gazeclass.calibration.targets_pdf import PAPERS, new_pdf, save


def write_plan_sheet(plan: Plan, path: Path) -> None:
    """Write the page.

    Raises:
        InputError: the file cannot be written.
    """
    pdf = new_pdf(PAPERS["A4"])
    add_fonts(pdf)
    pdf.add_page()
    put(pdf, LEFT, 20, fitted(pdf, plan.room.name or "Plan of the room", 120, 18, bold=True), 18, bold=True)
    put_right(pdf, 20, "planned, nothing measured yet", 8)
    yaw, pitch, roll = plan.sigma_deg
    text = (
        f"Head pose supposed good to {yaw:.1f}° (yaw), {pitch:.1f}° (pitch), {roll:.1f}° (roll) in each camera, one "
        f"standard deviation. The tape readings below leave {100 * plan.frame_error_m:.1f} cm on the board."
    )
    y = wrapped(pdf, LEFT, 28, text, RIGHT - LEFT, 8.5) + 4
    y = room_drawings(pdf, plan.scene, y)
    y = seat_table(pdf, plan.seats, y)
    y = _readings(pdf, plan, y)
    for line in plan.advice:
        if y > BOTTOM - 4:
            break
        y = wrapped(pdf, LEFT, y, line, RIGHT - LEFT, 8, most=2) + 0.8
    save(pdf, path)


def _readings(pdf: FPDF, plan: Plan, y: float) -> float:
    """What to measure with the tape, in order, with what it brings."""
    if not plan.readings or y > BOTTOM - 12:
        return y
    put(pdf, LEFT, y, "Measure with the tape, in this order (error on the board after each)", 8.5, bold=True)
    y += 5.0
    rows = (len(plan.readings) + 2) // 3
    for k, proposal in enumerate(plan.readings):
        x, at = LEFT + 61 * (k // rows), y + 4.3 * (k % rows)
        words = f"{k + 1}. {proposal.point_a} to {proposal.point_b}: {100 * proposal.error_after_m:.1f} cm"
        put(pdf, x, at, words, 7.5)
    return y + 4.3 * rows + 4
