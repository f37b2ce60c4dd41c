"""``gazeclass live``: two cameras become a lesson as it happens, without a window."""

import sys
import time
from pathlib import Path
from typing import Any

import typer

from gazeclass.cli.console import complain, say
from gazeclass.cli.observed import BySeat, ClassName, Enroll, RosterPath, class_plan


def live(
    cam0: str = typer.Argument(..., help="Left camera, seen as the cameras look: usb:0, rtsp://…, or a video file."),
    cam1: str = typer.Argument(..., help="Right camera."),
    classroom: Path = typer.Option(..., help="classroom.toml of the room, from `gazeclass calibrate`."),
    output: Path = typer.Option(..., "-o", "--output", help="The lesson to write, LESSON.gaze."),
    seconds: float = typer.Option(0.0, min=0.0, help="Stop after so long; 0: at Ctrl-C or when a file has ended."),
    enroll: Enroll = None,
    roster: RosterPath = None,
    class_: ClassName = "",
    by_seat: BySeat = False,
    headpose: str = typer.Option("default", help="Head-pose model of `gazeclass models list`, or landmarks."),
    record: Path | None = typer.Option(
        None, help="New folder for both videos, labelled to be kept for 14 days. Without it no picture is kept."
    ),
    cpu_threads: int | None = typer.Option(
        None, min=0, help="Threads the networks may use; 0: all cores; left out: as set."
    ),
    loop: bool = typer.Option(False, help="Play video files again and again."),
) -> None:
    """Observe a lesson while it happens: who faces what, when, and how sure that is."""
    from gazeclass.calibration.classroom import load_classroom
    from gazeclass.lesson.live_start import LiveWishes, start_live

    room = load_classroom(classroom)
    plan = class_plan(room, enroll=enroll, roster=roster, class_name=class_, by_seat=by_seat)
    complain("opening the cameras and loading the models …")
    lesson = start_live(
        LiveWishes(
            cameras=(cam0, cam1),
            classroom=room,
            output=output,
            portraits=enroll,
            plan=plan,
            by_seat=by_seat,
            headpose=headpose,
            record=record,
            threads=cpu_threads,
            loop=loop,
        )
    )
    stopped = False
    began = time.monotonic()
    seen = 0
    try:
        while not lesson.over and not (seconds and time.monotonic() - began >= seconds):
            time.sleep(min(0.5, max(0.0, seconds - (time.monotonic() - began))) if seconds else 0.5)
            events, seen = lesson.source.events_since(seen)
            for event in events:
                _line("")
                complain(event.text)
            _line(status_line(lesson.status()))
    except KeyboardInterrupt:
        stopped = True
    _line("")
    lesson.stop()
    if lesson.failure is not None:
        raise lesson.failure
    status = lesson.status()
    say(f"{status.lesson_s:.1f} s, {len(lesson.seating.places())} students seen" + (", stopped" if stopped else ""))
    share = lesson.figures.shares().board
    if share.value == share.value:
        say(f"  {share.value:.0%} ± {share.doubt * 100:.0f} of the time seen: facing the board")
    rates = sorted(lesson.mean_rates().values())
    if rates:
        say(f"  {rates[len(rates) // 2]:.1f} gaze updates a second and student (least {rates[0]:.1f})")
    say(f"written to {output}")


def status_line(status: Any) -> str:
    """One line: time, rates, latency, skew, what is lost, what the networks run on."""
    minutes, seconds = divmod(int(status.lesson_s), 60)
    parts = [f"{minutes:02d}:{seconds:02d}", f"{status.pairs_per_s:.1f} pairs/s"]
    if status.updates_median == status.updates_median:
        parts.append(
            f"{status.updates_median:.1f} updates/s each of {sum(r > 0 for r in status.updates_per_s.values())}"
        )
    if status.latency_s == status.latency_s:
        parts.append(f"latency {status.latency_s:.2f} s")
    if status.skew_s == status.skew_s:
        parts.append(f"skew {1000 * status.skew_s:.0f} ms")
    parts.append(f"{status.skipped} skipped")
    parts.append(f"{status.provider} × {status.threads}")
    for camera in status.missing:
        parts.append(f"{status.camera_names[camera]}: {status.cameras[camera]}")
    if status.warning:
        parts.append(status.warning)
    return " · ".join(parts)


def _line(text: str) -> None:
    """The one line that is written over and over on a terminal; silence in a log."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[2K" + text)
        sys.stderr.flush()
