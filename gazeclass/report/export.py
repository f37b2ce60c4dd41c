"""A lesson becomes its CSV set, its heatmap, its report; as Parquet too where asked for."""

import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from gazeclass.errors import InputError
from gazeclass.lesson.columns import Lesson
from gazeclass.lesson.documents import log_export
from gazeclass.lesson.reader import read_lesson
from gazeclass.progress import SILENT, Progress
from gazeclass.report.content import build_report, visibility
from gazeclass.report.csv_set import write_csv_set, write_parquet_set
from gazeclass.report.csv_text import CsvStyle
from gazeclass.report.figures import heat_figure
from gazeclass.report.heatmap import lesson_heatmap
from gazeclass.report.metrics import LessonTimes, class_timeline
from gazeclass.report.page import render
from gazeclass.report.pdf import render_pdf
from gazeclass.report.pictures import png_of

#: What can be written, in the order it is.
KINDS = ("csv", "parquet", "png", "html", "pdf")
_HEATMAP = "heatmap.png"


@dataclass(frozen=True)
class ExportOptions:
    """What to write and how.

    Attributes:
        kinds: of :data:`KINDS`; Parquet only when asked for.
        show_students: show single students and small groups in report and heatmap; None keeps the lesson's setting.
        style: of the CSV files.
        names: pseudonym → name to write in its place; empty for pseudonyms. Only for who asked for names.
    """

    kinds: tuple[str, ...] = ("csv", "png", "html", "pdf")
    show_students: bool | None = None
    style: CsvStyle = field(default_factory=CsvStyle)
    names: Mapping[str, str] = field(default_factory=dict)


def export_lesson(
    lesson_path: Path,
    out_dir: Path,
    progress: Progress = SILENT,
    options: ExportOptions | None = None,
) -> list[Path]:
    """Write a lesson's tables, ``heatmap.png``, ``report.html`` and ``report.pdf`` into a folder.

    All of them are made aside and put in place together at the end, replacing those of an earlier export; stopped
    before, nothing has changed. What was exported is noted in the lesson's log: with names that is a must, without
    them a lesson that cannot be written to (a read-only folder) is exported all the same. The heatmap is left out
    where the report hides it (too small a class, see :class:`gazeclass.report.content.Visibility`) or nobody was
    measured.

    Args:
        lesson_path: LESSON.gaze.
        out_dir: made when it is not there; its parent must be.
        progress: told of each step.
        options: what and how.

    Returns:
        The files written.

    Raises:
        InputError: the lesson cannot be read, two students would get one name, an export with names cannot be noted in
            the lesson, or the folder cannot be written to.
    """
    progress.start("read the lesson", 1)
    lesson = read_lesson(lesson_path)
    progress.advance()
    return export_open_lesson(lesson, out_dir, progress, options, noted_in=Path(lesson_path))


def export_open_lesson(
    lesson: Lesson,
    out_dir: Path,
    progress: Progress = SILENT,
    options: ExportOptions | None = None,
    *,
    noted_in: Path,
) -> list[Path]:
    """As :func:`export_lesson`, of a lesson that is read already; ``noted_in`` is its file."""
    options = options or ExportOptions()
    times = LessonTimes(named(lesson, options.names) if options.names else lesson)
    out_dir = Path(out_dir)
    new = not out_dir.exists()
    try:
        out_dir.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out_dir, prefix=".export-") as aside:
            written = _write(times, Path(aside), progress, options)
            _note(noted_in, options, progress)
            if "png" in options.kinds:  # an earlier export may have shown what this one hides
                (out_dir / _HEATMAP).unlink(missing_ok=True)
            return [Path(shutil.move(path, out_dir / path.name)) for path in written]
    except OSError as error:
        raise InputError(
            f"cannot be written to ({error.strerror or error})",
            where=out_dir,
            todo="Check that it is a folder, may be written to and has room.",
        ) from error
    finally:
        if new:
            with suppress(OSError):  # something was written: it stays
                out_dir.rmdir()


def named(lesson: Lesson, names: Mapping[str, str]) -> Lesson:
    """The lesson with names in place of pseudonyms; who has none keeps the pseudonym.

    Raises:
        InputError: two students would get the same name.
    """
    students = tuple(replace(student, name=names.get(student.name) or student.name) for student in lesson.students)
    seen: set[str] = set()
    for student in students:
        if student.name in seen:
            raise InputError(
                f"two students would both be called '{student.name}'",
                todo="Tell them apart in the roster, or export pseudonyms.",
            )
        seen.add(student.name)
    return replace(lesson, students=students)


def _note(path: Path, options: ExportOptions, progress: Progress) -> None:
    """A line in the lesson's log."""
    whom = "with names" if options.names else "pseudonyms"
    try:
        log_export(path, f"{', '.join(options.kinds)}; {whom}")
    except InputError as error:
        if options.names:
            raise
        progress.note(f"The export is not noted in the lesson's log: {error}")


def _write(times: LessonTimes, folder: Path, progress: Progress, options: ExportOptions) -> list[Path]:
    written: list[Path] = []
    timeline = class_timeline(times)
    if "csv" in options.kinds:
        written += write_csv_set(times, timeline, folder, progress, options.style)
    if "parquet" in options.kinds:
        written += write_parquet_set(times, timeline, folder, progress)
    progress.start("heatmap and report", 4)
    heat = lesson_heatmap(times)
    progress.advance()
    visible = visibility(times, options.show_students)
    if "png" in options.kinds and visible.shows(len(times.lesson.students)) and times.measured_s() > 0:
        written.append(_put(folder / _HEATMAP, png_of(heat_figure(heat), dpi=160)))
    progress.advance()
    report = build_report(times, timeline, heat, options.show_students)
    if "html" in options.kinds:
        written.append(_put(folder / "report.html", render(report).encode("utf-8")))
    progress.advance()
    if "pdf" in options.kinds:
        written.append(_put(folder / "report.pdf", render_pdf(report)))
    progress.advance()
    return written


def _put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
