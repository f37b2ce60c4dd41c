"""A rendered classroom in the folder form of ``lesson_a``: calibration, two videos, portraits and the exact truth."""

import csv
import io
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gazeclass.atomic import write_text
from gazeclass.errors import InputError
from gazeclass.progress import SILENT, Progress
from gazeclass.simulation.assets import AssetLibrary
from gazeclass.simulation.classroom_calibration import write_calibration, write_picture
from gazeclass.simulation.classroom_cast import Student, make_class, make_walker
from gazeclass.simulation.classroom_papers import check_picture, readme, truth_json
from gazeclass.simulation.classroom_plan import ClassroomPlan
from gazeclass.simulation.layering import View, make_view
from gazeclass.simulation.lesson_frames import Stage, frame, portraits, still_layer
from gazeclass.simulation.lesson_truth import COLUMNS, Seen, truth_row
from gazeclass.simulation.lesson_video import Sensor, VideoWriter
from gazeclass.simulation.room import Room, sample_room

#: cam1 is triggered this much after cam0, give or take (limited to three standard deviations).
CAM1_OFFSET_S, CAM1_JITTER_S = 0.013, 0.004
NOISE_LEVELS = 0.7


@dataclass
class Counts:
    """How often a nose was inside a picture, and hidden there, per camera."""

    inside: list[int] = field(default_factory=lambda: [0, 0])
    hidden: list[int] = field(default_factory=lambda: [0, 0])

    def add(self, camera: int, seen: Seen | None) -> None:
        """Count one student in one picture."""
        if seen is not None:
            self.inside[camera] += 1
            self.hidden[camera] += not seen.visible


def simulate_classroom(out: Path, plan: ClassroomPlan, progress: Progress = SILENT) -> Counts:
    """Render a classroom into the new folder ``out``; it appears whole or not at all.

    Raises:
        InputError: ``out`` exists and is not empty, cannot be made, or what rendering needs is missing.
        Cancelled: from ``progress``.
    """
    out = Path(out).resolve()  # a link to an empty folder, or "." in one, is as good as the folder
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("is there already and not empty", where=out, todo="Give a new folder.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise InputError(
            f"cannot be made ({error.strerror})", where=out, todo="Choose a folder you may write to."
        ) from error
    try:
        counts = _render(work, plan, progress)
        work.chmod(0o755)
        if out.exists():
            out.rmdir()
        work.replace(out)
    except OSError as error:
        raise InputError(
            f"cannot be written ({error.strerror or error})", where=out, todo="Check that the disk has room."
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return counts


def lesson_times(plan: ClassroomPlan) -> tuple[list[float], list[float]]:
    """When each frame of cam0 and cam1 is taken, seconds, as written to the files."""
    rng = np.random.default_rng([plan.seed, 8])
    jitter = np.clip(rng.normal(0.0, CAM1_JITTER_S, plan.frames), -3 * CAM1_JITTER_S, 3 * CAM1_JITTER_S)
    first = [round(k / plan.fps, 4) for k in range(plan.frames)]
    return first, [round(t + CAM1_OFFSET_S + float(j), 4) for t, j in zip(first, jitter, strict=True)]


def _render(folder: Path, plan: ClassroomPlan, progress: Progress) -> Counts:
    progress.start("people and room", None)
    room = sample_room(np.random.default_rng([plan.seed, 0]), plan.students, plan.rows, plan.width_px)
    library = AssetLibrary(plan.assets)
    stage = Stage.of(plan.width_px, plan.students)
    try:
        students = make_class(room, plan.seed, plan.seconds, library)
        first, second = (make_view(room.cameras[c], room.T_WC[c]) for c in (0, 1))
        views = (first, second)
        (folder / "calibration").mkdir()
        boards, readings = write_calibration(folder / "calibration", room, views, students, plan, progress)
        _write_portraits(folder / "enroll", students, progress)
        times = lesson_times(plan)
        seen, counts = _write_videos(folder, plan, room, views, students, times, library, stage, progress)
    finally:
        stage.release()
    _write_tables(folder, room, views, students, times, seen)
    write_text(folder / "truth.json", truth_json(plan, room, students, boards, readings))
    write_text(folder / "README.md", readme(plan, room, counts.hidden))
    return counts


def _write_portraits(folder: Path, students: list[Student], progress: Progress) -> None:
    progress.start("portraits", len(students))
    for student, picture in zip(students, portraits(students), strict=True):
        coded = np.clip(picture * 255.0 + 0.5, 0, 255).astype(np.uint8)
        write_picture(folder / f"{student.name}.png", coded)
        progress.advance()


def _write_videos(
    folder: Path,
    plan: ClassroomPlan,
    room: Room,
    views: tuple[View, View],
    students: list[Student],
    times: tuple[list[float], list[float]],
    library: AssetLibrary,
    stage: Stage,
    progress: Progress,
) -> tuple[list[list[list[Seen | None]]], Counts]:
    """Both videos and a check picture of each; what is seen by camera, frame and student."""
    walker = make_walker(room, plan.seed, library) if plan.occlude else None
    seen: list[list[list[Seen | None]]] = [[], []]
    counts = Counts()
    progress.start("frames", 2 * plan.frames)
    for c, view in enumerate(views):
        still = still_layer(room, view, students, stage)
        sensor = Sensor(np.random.default_rng([plan.seed, 9, c]), plan.height_px, plan.width_px, NOISE_LEVELS)
        with VideoWriter(folder / f"cam{c}.mp4", plan.width_px, plan.height_px, plan.fps) as video:
            for k, t_s in enumerate(times[c]):
                layer, found = frame(still, view, students, walker, t_s, stage)
                picture = sensor.expose(layer.colour)
                video.add(picture)
                seen[c].append(found)
                for one in found:
                    counts.add(c, one)
                if k == plan.frames // 2:
                    drawn = check_picture(picture, view, students, found, t_s)
                    write_picture(folder / f"check_cam{c}.png", drawn)
                progress.advance()
    return seen, counts


def _write_tables(
    folder: Path,
    room: Room,
    views: tuple[View, View],
    students: list[Student],
    times: tuple[list[float], list[float]],
    seen: list[list[list[Seen | None]]],
) -> None:
    """``timestamps.csv`` and ``truth.csv``."""
    lines = [f"cam{c},{k},{t:.4f}" for c in (0, 1) for k, t in enumerate(times[c])]
    write_text(folder / "timestamps.csv", "\n".join(["camera,frame,t_s", *lines]) + "\n")
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    for k, pair in enumerate(zip(*times, strict=True)):
        for s, student in enumerate(students):
            writer.writerow(truth_row(k, pair, student, (seen[0][k][s], seen[1][k][s]), views, room.board))
    write_text(folder / "truth.csv", table.getvalue())
