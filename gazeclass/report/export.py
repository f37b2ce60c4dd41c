"""A lesson becomes its CSV set, its heatmap and its page."""

import shutil
import tempfile
from pathlib import Path

from gazeclass.errors import InputError
from gazeclass.lesson.reader import read_lesson
from gazeclass.progress import SILENT, Progress
from gazeclass.report.csv_set import write_csv_set
from gazeclass.report.figures import heat_figure
from gazeclass.report.heatmap import lesson_heatmap
from gazeclass.report.metrics import LessonTimes, class_timeline
from gazeclass.report.page import Visibility, render_page


def export_lesson(
    lesson_path: Path, out_dir: Path, progress: Progress = SILENT, *, show_students: bool | None = None
) -> list[Path]:
    """Write the six CSV tables, ``heatmap.png`` and ``report.html`` into a folder.

    All of them are made aside and put in place together at the end, replacing those of an earlier export; stopped
    before, nothing has changed. The heatmap is left out where the report hides it (too small a class, see
    :class:`gazeclass.report.page.Visibility`) or nobody was measured.

    Args:
        lesson_path: LESSON.gaze.
        out_dir: made when it is not there; its parent must be.
        progress: told of each step.
        show_students: show single students and small groups in the page; None keeps the lesson's own setting.

    Returns:
        The files written.

    Raises:
        InputError: the lesson cannot be read, or the folder cannot be written to.
    """
    out_dir = Path(out_dir)
    progress.start("read the lesson", 1)
    times = LessonTimes(read_lesson(lesson_path))
    progress.advance()
    try:
        out_dir.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out_dir, prefix=".export-") as aside:
            written = _write(times, Path(aside), progress, show_students)
            return [Path(shutil.move(path, out_dir / path.name)) for path in written]
    except OSError as error:
        raise InputError(
            f"cannot be written to ({error.strerror or error})",
            where=out_dir,
            todo="Check that it is a folder, may be written to and has room.",
        ) from error


def _write(times: LessonTimes, folder: Path, progress: Progress, show_students: bool | None) -> list[Path]:
    timeline = class_timeline(times)
    written = write_csv_set(times, timeline, folder, progress)
    progress.start("heatmap and report", 3)
    heat = lesson_heatmap(times)
    progress.advance()
    meta = times.lesson.meta
    visible = Visibility(meta.min_group, meta.show_students if show_students is None else show_students)
    if visible.shows(len(times.lesson.students)) and times.measured_s() > 0:
        heat_figure(heat).savefig(folder / "heatmap.png", dpi=160, bbox_inches="tight")
        written.append(folder / "heatmap.png")
    progress.advance()
    page = render_page(times, timeline, heat, show_students)
    (folder / "report.html").write_text(page, encoding="utf-8")
    written.append(folder / "report.html")
    progress.advance()
    return written
