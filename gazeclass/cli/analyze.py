"""``gazeclass analyze``: two recordings and a classroom become a lesson."""

from pathlib import Path

import typer

from gazeclass.cli.console import progress_bars, say
from gazeclass.cli.observed import BySeat, ClassName, Enroll, RosterPath, class_plan


def analyze(
    cam0: Path = typer.Argument(..., help="Recording of the left camera, seen as the cameras look."),
    cam1: Path = typer.Argument(..., help="Recording of the right camera."),
    classroom: Path = typer.Option(..., help="classroom.toml of the room, from `gazeclass calibrate`."),
    output: Path = typer.Option(..., "-o", "--output", help="The lesson to write, LESSON.gaze."),
    timestamps: Path | None = typer.Option(None, help="Times of the frames of both: camera,frame,t_s."),
    enroll: Enroll = None,
    roster: RosterPath = None,
    class_: ClassName = "",
    by_seat: BySeat = False,
    headpose: str = typer.Option("default", help="Head-pose model of `gazeclass models list`, or landmarks."),
    offset: float | None = typer.Option(
        None,
        help="Without timestamps: seconds by which cam1's recording began before cam0's, negative if after. Left out, "
        "the movement in both tells.",
    ),
    allow_scaling: bool = typer.Option(
        False, "--allow-scaling", help="The recording is the calibrated picture scaled exactly."
    ),
) -> None:
    """Analyze two recordings of one lesson: who faces what, when, and how sure that is."""
    from gazeclass.calibration.classroom import load_classroom
    from gazeclass.lesson.roster_plan import seats_asked_for

    room = load_classroom(classroom)
    plan = class_plan(room, enroll=enroll, roster=roster, class_name=class_, by_seat=by_seat)
    summary = run_analysis(
        (cam0, cam1),
        room,
        output,
        timestamps=timestamps,
        offset_s=offset,
        enroll=plan.enrolment if plan is not None else enroll,
        seats=seats_asked_for(room, plan, by_seat=by_seat),
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
    offset_s: float | None = None,
    enroll,
    seats=None,
    headpose: str = "default",
    allow_scaling: bool = False,
):
    """What ``analyze`` and ``demo`` share: open, check, run with progress bars."""
    from gazeclass.atomic import require_new
    from gazeclass.capture.files import check_size, open_recording, synchronised
    from gazeclass.lesson.analysis import analyze as run
    from gazeclass.lesson.analysis import zones_of
    from gazeclass.lesson.assembly import build_pipeline, headpose_in_turn

    require_new(output)
    recording = open_recording(*videos, timestamps, offset_s=offset_s)
    cameras = check_size(recording, classroom.rig().cameras, allow_scaling)
    estimator = headpose_in_turn(headpose)
    with progress_bars() as bars:
        recording = synchronised(recording, bars)
        bars.start("models and portraits")
        pipeline = build_pipeline(
            classroom,
            enroll=enroll,
            seats=seats,
            headpose=estimator,
            zones=zones_of(classroom),
            cameras=cameras,
            progress=bars,
        )
        compared = seats is None and enroll is not None
        summary = run(
            recording,
            pipeline,
            classroom,
            output,
            models=["mtcnn", *(["identity"] if compared else []), estimator.name],
            progress=bars,
        )
        for note in recording.notes:
            bars.note(note)
    return summary
