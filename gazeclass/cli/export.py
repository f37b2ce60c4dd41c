"""``gazeclass export``: a lesson becomes its CSV set, heatmap and report."""

from pathlib import Path

import typer

from gazeclass.cli.console import progress_bars, say


def export(
    lesson: Path = typer.Argument(..., help="LESSON.gaze."),
    folder: Path = typer.Argument(..., help="Folder to write to; made when it is not there."),
    show_students: bool = typer.Option(
        False, "--show-students", help="Show single students and groups smaller than the lesson's setting allows."
    ),
    parquet: bool = typer.Option(False, "--parquet", help="The same tables as Parquet too (needs pyarrow)."),
    separator: str = typer.Option(
        "comma",
        "--separator",
        help="comma, tab, or semicolon (with decimal commas, as Excel wants it in many languages).",
    ),
    names: bool = typer.Option(
        False, "--names", help="Names from the roster in place of pseudonyms; noted in the lesson's log."
    ),
    roster: Path | None = typer.Option(None, "--roster", help="The roster for --names; the library's when left out."),
) -> None:
    """Write the CSV set, the heatmap as PNG, report.html and report.pdf."""
    from gazeclass.report.csv_text import style_named
    from gazeclass.report.export import ExportOptions, export_lesson

    kinds = ("csv", "parquet", "png", "html", "pdf") if parquet else ("csv", "png", "html", "pdf")
    style = style_named(separator)
    known = _names(roster) if names else {}
    options = ExportOptions(kinds, True if show_students else None, style, known)
    with progress_bars() as bars:
        written = export_lesson(lesson, folder, bars, options)
    for path in written:
        say(str(path))


def _names(path: Path | None) -> dict[str, str]:
    """Pseudonym → name of everybody in the roster."""
    from gazeclass.cli.roster import open_roster
    from gazeclass.errors import InputError

    found = open_roster(path).roster.names()
    if not found:
        raise InputError("the roster has no students, so there are no names to write", todo="Leave --names away.")
    return found
