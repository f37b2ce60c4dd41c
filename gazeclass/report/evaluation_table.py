"""The error table on the screen, as CSV and as JSON."""

import csv
import io
import json
import math
from pathlib import Path

from gazeclass.atomic import write_text
from gazeclass.errors import InputError
from gazeclass.report.evaluation import Errors

#: What is printed, one line each: words, column, factor, format, unit.
_LINES = (
    ("rows both cameras can see", "truth_rows", 1, "{:.0f}", ""),
    ("became an observation", "coverage", 100, "{:.1f}", "%"),
    ("carry the right student", "identity", 100, "{:.1f}", "%"),
    ("nose tip, median", "position_cm_median", 1, "{:.1f}", "cm"),
    ("nose tip, 90th percentile", "position_cm_p90", 1, "{:.1f}", "cm"),
    ("head rotation, median", "rotation_deg_median", 1, "{:.1f}", "°"),
    ("head rotation, 90th percentile", "rotation_deg_p90", 1, "{:.1f}", "°"),
    ("mean turn to the head's right", "yaw_bias_deg", 1, "{:+.1f}", "°"),
    ("mean lift", "pitch_bias_deg", 1, "{:+.1f}", "°"),
    ("mean lean", "roll_bias_deg", 1, "{:+.1f}", "°"),
    ("steady looks at the board", "looks", 1, "{:.0f}", ""),
    ("gaze point, median", "gaze_cm_median", 1, "{:.1f}", "cm"),
    ("gaze point, 90th percentile", "gaze_cm_p90", 1, "{:.1f}", "cm"),
    ("gaze point, median", "gaze_deg_median", 1, "{:.1f}", "°"),
    ("gaze point, 90th percentile", "gaze_deg_p90", 1, "{:.1f}", "°"),
    ("… due to position alone, median", "from_position_cm_median", 1, "{:.1f}", "cm"),
    ("… due to pose alone, median", "from_pose_cm_median", 1, "{:.1f}", "cm"),
    ("true point in the 68 % ellipse", "inside_68", 100, "{:.0f}", "%"),
    ("true point in the 95 % ellipse", "inside_95", 100, "{:.0f}", "%"),
)


def print_table(table: list[Errors]) -> None:
    """Print the table, one column a group."""
    from rich.console import Console
    from rich.table import Table

    out = Table(title="Error against truth", title_justify="left")
    out.add_column("")
    for errors in table:
        out.add_column(errors.group, justify="right")
    for words, name, factor, form, unit in _LINES:
        cells = []
        for errors in table:
            value = factor * float(getattr(errors, name))
            cells.append("–" if math.isnan(value) else f"{form.format(value)} {unit}".rstrip())
        out.add_row(words, *cells)
    Console().print(out)


def check_ending(path: Path) -> None:
    """Refuse a name that ends in neither .csv nor .json, before anything is computed."""
    if path.suffix.lower() not in (".csv", ".json"):
        raise InputError(
            "an error table is written as .csv or .json", where=path, todo="Let the name end in one of them."
        )


def write_table(table: list[Errors], path: Path) -> None:
    """Write the table as CSV or, where the name ends in .json, as JSON; whole or not at all.

    Raises:
        InputError: another ending, or the file cannot be written.
    """
    check_ending(path)
    rows = [errors.as_dict() for errors in table]
    if path.suffix.lower() == ".json":
        clean = [{k: None if isinstance(v, float) and math.isnan(v) else v for k, v in row.items()} for row in rows]
        write_text(path, json.dumps(clean, indent=1) + "\n")
        return
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: "" if isinstance(v, float) and math.isnan(v) else v for k, v in row.items()})
    write_text(path, text.getvalue(), encoding="utf-8-sig")
