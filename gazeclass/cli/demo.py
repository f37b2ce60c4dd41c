"""``gazeclass demo``: the sample lesson through the whole chain, from calibration pictures to report."""

from pathlib import Path

import typer

from gazeclass.cli.analyze import run_analysis
from gazeclass.cli.console import progress_bars, say


def demo(
    output: Path | None = typer.Option(None, "-o", "--output", help="Folder to write to; a new one when left out."),
    headless: bool = typer.Option(False, "--headless", help="Do not open the report, only say where it lies."),
) -> None:
    """Calibrate the sample classroom, analyze its lesson, write the report and the error table."""
    import tempfile
    import webbrowser

    from gazeclass.atomic import make_folder
    from gazeclass.calibration.classroom import save_classroom
    from gazeclass.calibration.folder import calibrate_folder
    from gazeclass.calibration.target import chessboard
    from gazeclass.errors import InputError
    from gazeclass.lesson.reader import read_lesson
    from gazeclass.report.evaluation import evaluate
    from gazeclass.report.evaluation_table import print_table, write_table
    from gazeclass.report.export import ExportOptions, export_lesson
    from gazeclass.report.truth import read_truth
    from gazeclass.sample import sample_folder

    folder = output or Path(tempfile.mkdtemp(prefix="gazeclass-demo-"))
    make_folder(folder)
    if any(folder.iterdir()):
        raise InputError("the folder is not empty", where=folder, todo="Name a new or empty one with -o.")
    sample = sample_folder()

    say("1. Calibration: chessboard pictures, tape readings")
    with progress_bars() as bars:
        result = calibrate_folder(sample / "calibration", chessboard("9x6", 0.060), progress=bars)
    save_classroom(result.classroom, folder / "classroom.toml")
    rig = result.classroom.rig()
    say(f"   cameras {rig.baseline_m:.3f} m apart, stereo error {result.stereo.rms_px:.2f} px")

    say("2. Lesson: twelve students, six seconds")
    lesson = folder / "sample.gaze"
    summary = run_analysis(
        (sample / "cam0.mp4", sample / "cam1.mp4"),
        result.classroom,
        lesson,
        timestamps=sample / "timestamps.csv",
        enroll=sample / "enroll",
    )
    say(f"   {summary.pairs} frame pairs, {sum(summary.ms_per_pair.values()):.0f} ms each")

    say("3. Report")
    with progress_bars() as bars:
        # Rendered people have no privacy to protect: the sample shows what a teacher may switch on.
        export_lesson(lesson, folder / "report", bars, ExportOptions(show_students=True))

    say("4. Against the truth of the rendering")
    table = evaluate(read_lesson(lesson), read_truth(sample / "truth.csv"))
    print_table(table)
    write_table(table, folder / "errors.csv")

    page = folder / "report" / "report.html"
    say(f"All of it lies in {folder}")
    say(f"The report: {page}")
    if not headless:
        webbrowser.open(page.as_uri())
