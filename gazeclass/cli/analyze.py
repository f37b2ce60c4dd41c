"""``gazeclass analyze``: two recordings and a classroom become a lesson."""

from pathlib import Path

import typer

from gazeclass.cli.console import progress_bars, say


def analyze(
    cam0: Path = typer.Argument(..., help="Recording of the left camera, seen as the cameras look."),
    cam1: Path = typer.Argument(..., help="Recording of the right camera."),
    classroom: Path = typer.Option(..., help="classroom.toml of the room, from `gazeclass calibrate`."),
    output: Path = typer.Option(..., "-o", "--output", help="The lesson to write, LESSON.gaze."),
    timestamps: Path | None = typer.Option(None, help="timestamps.csv of both recordings."),
    enroll: Path | None = typer.Option(None, help="Folder of portraits, file name = student."),
    headpose: str = typer.Option("default", help="Head-pose model, see `gazeclass models list`."),
    allow_scaling: bool = typer.Option(
        False, "--allow-scaling", help="The recording is the calibrated picture scaled exactly."
    ),
) -> None:
    """Analyze two recordings of one lesson: who faces what, when, and how sure that is."""
    from gazeclass.calibration.classroom import load_classroom

    summary = run_analysis(
        (cam0, cam1),
        load_classroom(classroom),
        output,
        timestamps=timestamps,
        enroll=enroll,
        headpose=headpose,
        allow_scaling=allow_scaling,
    )
    say(f"{summary.pairs} frame pairs, {summary.seconds:.1f} s, {len(summary.students)} students seen")
    for status, count in summary.counts.items():
        say(f"  {status:15} {count:7d} observations")
    total = sum(summary.ms_per_pair.values())
    parts = ", ".join(f"{name} {ms:.0f}" for name, ms in summary.ms_per_pair.items())
    say(f"  {total:.0f} ms per pair ({parts})")
    say(f"written to {output}")


def run_analysis(  # type: ignore[no-untyped-def]  # AnalysisSummary is imported only when this runs
    videos: tuple[Path, Path],
    classroom,
    output: Path,
    *,
    timestamps: Path | None,
    enroll: Path | None,
    headpose: str = "default",
    allow_scaling: bool = False,
):
    """What ``analyze`` and ``demo`` share: open, check, run with progress bars."""
    from gazeclass.capture.files import check_size, open_recording
    from gazeclass.headpose.estimator import load_estimator
    from gazeclass.lesson.analysis import analyze as run
    from gazeclass.lesson.analysis import zones_of
    from gazeclass.lesson.assembly import build_pipeline

    recording = open_recording(*videos, timestamps)
    cameras = check_size(recording, classroom.rig().cameras, allow_scaling)
    estimator = load_estimator(headpose)
    with progress_bars() as bars:
        bars.start("models and portraits")
        pipeline = build_pipeline(
            classroom, enroll=enroll, headpose=estimator, zones=zones_of(classroom), cameras=cameras
        )
        summary = run(
            recording,
            pipeline,
            classroom,
            output,
            models=["mtcnn", "identity", estimator.name] if enroll else ["mtcnn", estimator.name],
            progress=bars,
        )
        for note in recording.notes:
            bars.note(note)
    return summary
