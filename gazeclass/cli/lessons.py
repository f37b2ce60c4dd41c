"""``gazeclass lessons``: what is in a folder of lessons, and what can be done with one afterwards."""

from datetime import date, datetime
from pathlib import Path

import typer

from gazeclass.cli.console import complain, progress_bars, say

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Lessons: list, show, change, check, delete.",
)

#: Columns or rows of a grid of zones; ten on a board of four metres are smaller than any gaze ellipse.
MOST = 10
LESSON = typer.Argument(..., help="LESSON.gaze.")
YES = typer.Option(False, "--yes", help="Do not ask.")


def _folder(folder: Path | None) -> Path:
    from gazeclass.settings import settings

    return settings().library_dir / "lessons" if folder is None else folder


def _day(text: str) -> date:
    from gazeclass.errors import InputError

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"'{text}' is no day", todo="Write it like 2026-12-31.") from None


def _sure(question: str, yes: bool) -> None:
    if not yes and not typer.confirm(question):
        raise typer.Exit(1)


@app.command("list")
def list_(folder: Path | None = typer.Argument(None, help="Folder of lessons; the library's when left out.")) -> None:
    """Every lesson of a folder, newest first."""
    from gazeclass.lesson.documents import list_lessons

    place = _folder(folder)
    # The library's own folder is made with its first lesson.
    found = list_lessons(place) if folder is not None or place.is_dir() else []
    for entry in found:
        if entry.problem:
            say(f"{entry.path.name:32} {entry.problem}")
            continue
        minutes = f"{int(entry.seconds // 60):02d}:{int(entry.seconds % 60):02d}"
        state = "" if entry.complete else "  not finished"
        state += f"  keep until {entry.keep_until}" if entry.keep_until else ""
        say(f"{entry.path.name:32} {minutes}  {entry.students:3d} students  {entry.title} ({entry.classroom}){state}")
    if not found:
        say(f"There is no lesson in {place}.")


@app.command()
def show(lesson: Path = LESSON) -> None:
    """What a lesson says of itself, and what was done with it."""
    from gazeclass.lesson.documents import card
    from gazeclass.lesson.documents_removal import recording_of, recording_until
    from gazeclass.lesson.reader import read_lesson

    entry, whole = card(lesson), read_lesson(lesson)
    say(entry.title)
    say(f"  classroom     {entry.classroom}")
    say(f"  started       {entry.started_utc or 'not known'}")
    say(f"  length        {entry.seconds:.1f} s, {entry.observations} observations")
    say(f"  students      {', '.join(student.name for student in whole.students) or 'none'}")
    say(f"  zones         {', '.join(zone.name for zone in whole.zones) or 'none'}")
    say(f"  finished      {'yes' if entry.complete else 'no'}")
    say(f"  keep until    {entry.keep_until or 'no end set'}")
    until = recording_until(recording_of(lesson))
    say("  recording     " + ("none" if until is None else f"kept until {until.isoformat()}"))
    if entry.note:
        say(f"  note          {entry.note}")
    for t_s, kind, text in whole.events:
        say(f"  {t_s:8.1f} s  {kind}  {text}")
    for at_utc, action, text in whole.audit:
        say(f"  {at_utc}  {action}: {text}")


@app.command()
def rename(lesson: Path = LESSON, title: str = typer.Argument(..., help="The new title.")) -> None:
    """Give a lesson a title; the file keeps its name."""
    from gazeclass.lesson import documents

    documents.rename(lesson, title)


@app.command()
def note(lesson: Path = LESSON, text: str = typer.Argument(..., help="The note; it replaces the old one.")) -> None:
    """Write a note about a lesson."""
    from gazeclass.lesson.documents import annotate

    annotate(lesson, text)


@app.command()
def mark(
    lesson: Path = LESSON,
    t_s: float = typer.Argument(..., help="Seconds on the lesson's clock."),
    text: str = typer.Argument(..., help="What happened then."),
) -> None:
    """Set a flag on a lesson's time line."""
    from gazeclass.lesson.documents import add_mark

    add_mark(lesson, t_s, text)


@app.command()
def keep(lesson: Path = LESSON, until: str = typer.Argument(..., help="A day like 2026-12-31, or 'always'.")) -> None:
    """Say how long a lesson is kept; `purge` deletes it after that."""
    from gazeclass.lesson.documents import keep_until

    keep_until(lesson, None if until == "always" else _day(until))


@app.command()
def cut(
    lesson: Path = LESSON,
    from_s: float = typer.Option(
        float("-inf"), "--from", show_default="its beginning", help="Seconds on the lesson's clock."
    ),
    to_s: float = typer.Option(float("inf"), "--to", show_default="its end", help="Seconds on the lesson's clock."),
    output: Path | None = typer.Option(None, "-o", "--output", help="Write here and leave the lesson as it is."),
    yes: bool = YES,
) -> None:
    """Cut off a lesson's ends."""
    from gazeclass.lesson import documents_parts

    if output is None:
        _sure(f"What lies outside {from_s:g} to {to_s:g} s is gone from {lesson.name} afterwards. Cut it?", yes)
    documents_parts.cut(lesson, from_s, to_s, output)


@app.command()
def merge(
    first: Path = typer.Argument(..., help="First part."),
    second: Path = typer.Argument(..., help="Second part."),
    output: Path = typer.Option(..., "-o", "--output", help="The whole lesson to write."),
) -> None:
    """Two parts of one lesson become one."""
    from gazeclass.lesson import documents_parts

    with progress_bars() as bars:
        documents_parts.merge(first, second, output, bars)
    say(f"written to {output}")


@app.command()
def zones(
    lesson: Path = LESSON,
    columns_rows: str = typer.Option("", "--grid", metavar="CxR", help="Equal zones, columns x rows: 2x2, 3x1, …"),
    classroom: Path | None = typer.Option(None, "--from", help="A classroom.toml, whose zones to take."),
) -> None:
    """Give a lesson other zones; which one each gaze point is in is computed anew."""
    from gazeclass.calibration.classroom import load_classroom
    from gazeclass.errors import InputError
    from gazeclass.lesson.analysis import zones_of
    from gazeclass.lesson.documents import store_zones
    from gazeclass.lesson.reader import read_lesson
    from gazeclass.lesson.zones import grid
    from gazeclass.lesson.zoning import rezoned

    if bool(columns_rows) == (classroom is not None):
        raise InputError("it is not clear which zones are meant", todo="Give --grid 2x2 or --from classroom.toml.")
    size = _columns_rows(columns_rows) if columns_rows else None
    with progress_bars() as bars:
        before = read_lesson(lesson)
        new = zones_of(load_classroom(classroom)) if classroom is not None else ()
        after = rezoned(before, grid(before.meta.board, *size) if size else new, bars)
        store_zones(lesson, after)
    say(f"{lesson}: {', '.join(zone.name for zone in after.zones)}")


def _columns_rows(text: str) -> tuple[int, int]:
    from gazeclass.errors import InputError

    columns, _, rows = text.lower().partition("x")
    if not (columns.isdecimal() and rows.isdecimal() and 1 <= int(columns) <= MOST and 1 <= int(rows) <= MOST):
        raise InputError(f"'{text}' is no grid", todo=f"Write columns x rows, each 1 to {MOST}, like 2x2.")
    return int(columns), int(rows)


@app.command()
def check(lessons: list[Path] = typer.Argument(..., help="Lessons.")) -> None:
    """Check pages, checksums and rows."""
    from gazeclass.errors import InputError
    from gazeclass.lesson import documents_check

    bad = 0
    for lesson in lessons:
        try:
            remarks = documents_check.check(lesson)
        except InputError as error:
            bad += 1
            complain(f"gazeclass: {error}")
        else:
            say(" ".join([f"{lesson}: ok.", *remarks]))
    if bad:
        raise typer.Exit(1)


@app.command()
def finish(lesson: Path = LESSON) -> None:
    """Make a lesson whole whose recording was cut short by a crash or a power cut."""
    from gazeclass.lesson.unfinished import finish_lesson

    entry = finish_lesson(lesson)
    say(f"{lesson}: whole, {entry.seconds:.1f} s, {entry.observations} observations")


@app.command()
def delete(
    lesson: Path = LESSON,
    why: str = typer.Option("asked for", help="For the receipt."),
    recording: bool = typer.Option(False, "--recording", help="Only the pictures; the observations stay."),
    yes: bool = YES,
) -> None:
    """Delete a lesson, or its recording, with a receipt."""
    from gazeclass.lesson.documents_removal import delete_lesson, delete_recording, recording_of

    _sure(f"Delete {'the recording of ' if recording else ''}{lesson.name}? It cannot be brought back.", yes)
    receipt = delete_recording(recording_of(lesson), why=why) if recording else delete_lesson(lesson, why=why)
    say("there is no recording" if receipt is None else f"deleted; receipt: {receipt}")


@app.command("remove-student")
def remove_student(
    student: str = typer.Argument(..., help="Pseudonym."),
    where: Path | None = typer.Argument(None, help="A lesson, or a folder of lessons; the library's when left out."),
    why: str = typer.Option("asked for", help="For the receipts."),
    yes: bool = YES,
) -> None:
    """Take a student out of one lesson or of all, with receipts."""
    from gazeclass.lesson.documents_removal import purge_everywhere, purge_student

    place = _folder(where)
    _sure(f"Take {student} out of {place}? It cannot be brought back.", yes)
    if place.is_dir():
        with progress_bars() as bars:
            receipts = purge_everywhere(place, student, why=why, progress=bars)
    else:
        receipts = (purge_student(place, student, why=why),)
    for receipt in receipts:
        say(f"removed; receipt: {receipt}")
    if not receipts:
        say(f"{student} is in none of the lessons.")


@app.command()
def purge(
    folder: Path | None = typer.Argument(None, help="Folder of lessons; the library's when left out."),
    today: str = typer.Option("", help="A day like 2026-12-31; today when left out."),
    yes: bool = YES,
) -> None:
    """Delete the lessons and recordings whose time is over, with receipts."""
    from gazeclass.lesson.documents_removal import purge_expired

    day = _day(today) if today else datetime.now().astimezone().date()
    _sure(f"Delete everything in {_folder(folder)} that was to be kept no longer than {day.isoformat()}?", yes)
    with progress_bars() as bars:
        receipts = purge_expired(_folder(folder), day, progress=bars)
    for receipt in receipts:
        say(f"deleted; receipt: {receipt}")
    if not receipts:
        say("Nothing has expired.")
