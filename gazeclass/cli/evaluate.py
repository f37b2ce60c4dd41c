"""``gazeclass evaluate``: error of a lesson against known truth, by row."""

from pathlib import Path

import typer

from gazeclass.cli.console import say


def evaluate(
    lesson: Path = typer.Argument(..., help="LESSON.gaze."),
    truth: Path = typer.Option(..., help="truth.csv of the same lesson."),
    output: Path | None = typer.Option(None, "-o", "--output", help="Also write the table, .csv or .json."),
) -> None:
    """Compare a lesson with known truth: position, rotation, gaze point, identity, coverage, by row."""
    from gazeclass.lesson.reader import read_lesson
    from gazeclass.report.evaluation import evaluate as errors_of
    from gazeclass.report.evaluation_table import print_table, write_table
    from gazeclass.report.truth import read_truth

    table = errors_of(read_lesson(lesson), read_truth(truth))
    print_table(table)
    if output is not None:
        write_table(table, output)
        say(f"written to {output}")
