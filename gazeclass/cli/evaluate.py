"""``gazeclass evaluate``: error of a lesson against known truth, by row."""

from pathlib import Path

import typer

from gazeclass.cli.console import say


def evaluate(
    lesson: Path = typer.Argument(..., help="LESSON.gaze."),
    truth: Path = typer.Option(..., help="truth.csv of the same lesson."),
    output: Path | None = typer.Option(None, "-o", "--output", help="Also write the table, .csv or .json."),
) -> None:
    """Compare a lesson with known truth: position, rotation, gaze point, identity, coverage, by row.

    Students without names are put beside those of the truth; of a part of a lesson only that part is compared.
    """
    from gazeclass.lesson.reader import read_lesson
    from gazeclass.report.alignment import name_after, within_lesson
    from gazeclass.report.evaluation import evaluate as errors_of
    from gazeclass.report.evaluation_table import check_ending, print_table, write_table
    from gazeclass.report.truth import read_truth

    if output is not None:
        check_ending(output)
    whole = read_truth(truth)
    read = read_lesson(lesson)
    observations, names = name_after(list(read), whole)
    known = within_lesson(whole, observations, read.meta.details.get("recording", {}))
    if names:
        pairs = ", ".join(f"{ours} = {theirs}" for ours, theirs in names.items())
        say(f"No student of the lesson is named as in the truth; by where they sit: {pairs}")
    if len(known) < len(whole):
        span = f"{known.t_s.min():.1f} to {known.t_s.max():.1f} s"
        say(f"The lesson covers {span} of the truth: {len(known)} of its {len(whole)} rows are compared")
    table = errors_of(observations, known)
    print_table(table)
    if output is not None:
        write_table(table, output)
        say(f"written to {output}")
