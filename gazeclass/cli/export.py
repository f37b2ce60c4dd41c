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
) -> None:
    """Write the CSV set, the heatmap as PNG and report.html."""
    from gazeclass.report.export import export_lesson

    with progress_bars() as bars:
        written = export_lesson(lesson, folder, bars, show_students=True if show_students else None)
    for path in written:
        say(str(path))
