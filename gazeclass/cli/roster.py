"""``gazeclass roster``: classes, students, consent, seats and portraits, in one encrypted file."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gazeclass.cli.console import complain, progress_bars, say

if TYPE_CHECKING:
    from gazeclass.lesson.roster import RosterClass, RosterStudent
    from gazeclass.lesson.roster_file import RosterFile

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Classes, pseudonyms, consent and portraits.",
)

#: Where the passphrase comes from in a script; on a terminal it is asked for.
VARIABLE = "GAZECLASS_ROSTER_PASSPHRASE"
FILE = typer.Option(None, "--file", help="The roster; the library's when left out.")
CLASS = typer.Argument(..., metavar="CLASS", help="Name of the class.")
STUDENT = typer.Argument(..., help="Pseudonym, or the name where only one has it.")
YES = typer.Option(False, "--yes", help="Do not ask.")


def roster_path(path: Path | None) -> Path:
    """The roster that is meant."""
    from gazeclass.settings import settings

    return settings().library_dir / "roster.gzr" if path is None else path


def open_roster(path: Path | None) -> "RosterFile":
    """Open a roster; its passphrase comes from the environment or the terminal.

    Raises:
        InputError: it cannot be opened.
    """
    from gazeclass.lesson.roster_file import RosterFile, lock_of

    path = roster_path(path)
    passphrase = _passphrase("Passphrase of the roster") if lock_of(path) == "passphrase" else None
    return RosterFile.open(path, passphrase)


def _passphrase(prompt: str, *, twice: bool = False) -> str:
    from gazeclass.errors import InputError

    if (given := os.environ.get(VARIABLE)) is not None:
        return given
    if not sys.stdin.isatty():
        raise InputError("the passphrase cannot be asked for here", todo=f"Set {VARIABLE}.")
    return str(typer.prompt(prompt, hide_input=True, confirmation_prompt=twice))


def _today() -> date:
    return datetime.now().astimezone().date()


def _change_class(file: Path | None, name: str, change: "Callable[[RosterClass], RosterClass]") -> "RosterClass":
    opened = open_roster(file)
    opened.save(opened.roster.replace_class(name, change(opened.roster.group(name))))
    return opened.roster.group(name)


def _line(student: "RosterStudent") -> str:
    consent = student.consent
    words = "no consent" if not consent.given else "consent" if consent.until is None else f"consent to {consent.until}"
    if consent.given and not consent.valid_on(_today()):
        words += " (over)"
    portraits = f"{len(student.portraits)} portraits" if student.portraits else "no portrait"
    return f"  {student.pseudonym}  {student.seat or '-':8}  {words:24}  {portraits:13}  {student.name}"


@app.command()
def create(
    file: Path | None = FILE,
    passphrase: bool = typer.Option(False, "--passphrase", help="Lock it with a passphrase though there is a keyring."),
) -> None:
    """Make a new, empty roster. Its key lies in this computer's keyring, or is made from a passphrase."""
    from gazeclass.atomic import make_folder
    from gazeclass.lesson.roster_file import RosterFile
    from gazeclass.lesson.roster_keys import keyring_works, new_keyring_key, new_passphrase_key

    path = roster_path(file)
    if file is None:
        make_folder(path.parent)
    if passphrase or not keyring_works():
        key = new_passphrase_key(_passphrase("A passphrase for the roster", twice=True))
    else:
        key = new_keyring_key()
    made = RosterFile.create(path, key)
    say(f"made {path}, locked with the {made.lock}")


@app.command()
def show(name: str = typer.Argument("", metavar="CLASS", help="One class only."), file: Path | None = FILE) -> None:
    """Classes with their students, seats and consent."""
    roster = open_roster(file).roster
    for one in roster.classes if not name else (roster.group(name),):
        room = f", classroom {one.classroom}" if one.classroom else ""
        say(f"{one.name}: {len(one.students)} students{room}, told by {'faces' if one.biometrics else 'seats'}")
        for student in one.students:
            say(_line(student))
    if not roster.classes:
        say("There is no class yet: `gazeclass roster add-class NAME`.")


@app.command("add-class")
def add_class(
    name: str = CLASS,
    classroom: str = typer.Option("", help="Folder of its classroom in the library."),
    by_seat: bool = typer.Option(False, "--by-seat", help="Switch the comparing of faces off for this class."),
    file: Path | None = FILE,
) -> None:
    """Add an empty class."""
    opened = open_roster(file)
    opened.save(opened.roster.add_class(name, classroom=classroom, biometrics=not by_seat))


@app.command("remove-class")
def remove_class(name: str = CLASS, yes: bool = YES, file: Path | None = FILE) -> None:
    """Delete a class with all its students, with a receipt."""
    from gazeclass.lesson.roster_removal import forget_class

    opened = open_roster(file)
    count = len(opened.roster.group(name).students)
    if not yes and not typer.confirm(f"Delete the class with its {count} students? It cannot be brought back."):
        raise typer.Exit(1)
    say(f"deleted; receipt: {forget_class(opened, name)}")


@app.command()
def biometrics(
    name: str = CLASS, state: str = typer.Argument(..., help="on or off."), file: Path | None = FILE
) -> None:
    """Whether faces of this class may be compared; off: students are told by their seats."""
    on = _one_of(state, {"on": True, "off": False})
    _change_class(file, name, lambda group: replace(group, biometrics=on))


@app.command()
def add(
    name: str = CLASS,
    students: list[str] = typer.Argument(None, help="Names; '-' or none reads one a line from standard input."),
    file: Path | None = FILE,
) -> None:
    """Add students, each under a new pseudonym and without consent."""
    given = (
        [line for line in sys.stdin.read().splitlines() if line.strip()] if students in (None, [], ["-"]) else students
    )
    opened = open_roster(file)
    before = len(opened.roster.group(name).students)
    opened.save(opened.roster.add_students(name, given))
    for student in opened.roster.group(name).students[before:]:
        say(_line(student))


@app.command()
def rename(
    name: str = CLASS,
    student: str = STUDENT,
    new: str = typer.Argument(..., help="New name."),
    file: Path | None = FILE,
) -> None:
    """Correct a student's name; the pseudonym stays."""
    _change_class(file, name, lambda group: group.change(group.student(student).pseudonym, name=new))


@app.command()
def seat(
    name: str = CLASS,
    student: str = STUDENT,
    place: str = typer.Argument(..., metavar="SEAT", help="Name of the seat in the classroom; '' for none."),
    file: Path | None = FILE,
) -> None:
    """Give a student a seat."""
    _change_class(file, name, lambda group: group.change(group.student(student).pseudonym, seat=place))


@app.command()
def consent(
    name: str = CLASS,
    student: str = STUDENT,
    answer: str = typer.Argument(..., help="yes, no, or the last day of a yes like 2026-12-31."),
    file: Path | None = FILE,
) -> None:
    """Enter whether a student may be observed. After a no the portraits are deleted."""
    from gazeclass.lesson.roster_removal import set_consent

    opened = open_roster(file)
    pseudonym = opened.roster.group(name).student(student).pseudonym
    until = None if answer in ("yes", "no") else _day(answer)
    set_consent(opened, name, pseudonym, given=answer != "no", until=until)
    say(_line(opened.roster.group(name).student(pseudonym)))


@app.command()
def portrait(
    name: str = CLASS,
    student: str = STUDENT,
    pictures: list[Path] = typer.Argument(None, help="Pictures with the student's face."),
    camera: str = typer.Option("", help="Take the pictures with a camera: usb:0, a device's path, rtsp://…"),
    keep: bool = typer.Option(False, "--keep", help="Keep the face's picture too, encrypted."),
    clear: bool = typer.Option(False, "--replace", help="In the place of the portraits there are."),
    file: Path | None = FILE,
) -> None:
    """Learn a student's face from pictures; the pictures themselves are not kept unless asked."""
    from gazeclass.errors import InputError
    from gazeclass.faces.embedding import Embedder
    from gazeclass.faces.mtcnn import MtcnnDetector
    from gazeclass.lesson.roster_camera import looks_from_camera
    from gazeclass.lesson.roster_portraits import look_at_file, portrait_of
    from gazeclass.progress import track

    if not pictures and not camera:
        raise InputError("there is no picture to learn from", todo="Name picture files, or a --camera.")
    opened = open_roster(file)
    own = opened.roster.group(name).student(student)
    new, bad = [], 0
    with progress_bars() as bars:
        detector, embedder = MtcnnDetector(), Embedder()
        looks = [(str(path), look_at_file(path, detector)) for path in track(pictures or (), bars, "portraits")]
        if camera:
            looks += [("camera", look) for look in looks_from_camera(camera, detector, progress=bars)]
        for where, look in looks:
            if look.usable:
                new.append(portrait_of(look, embedder, _today(), keep=keep))
            bad += not look.usable
            if look.problem or look.remark:
                bars.note(f"{where}: {look.problem or look.remark}")
    if new:
        group = opened.roster.group(name)
        portraits = (() if clear else own.portraits) + tuple(new)
        opened.save(opened.roster.replace_class(name, group.change(own.pseudonym, portraits=portraits)))
    say(f"{len(new)} of {len(looks)} pictures were usable")
    if bad:
        raise typer.Exit(1)


@app.command()
def remove(
    name: str = CLASS,
    student: str = STUDENT,
    lessons: Path | None = typer.Option(None, help="Also take the student out of every lesson in this folder."),
    yes: bool = YES,
    file: Path | None = FILE,
) -> None:
    """Delete a student, with a receipt."""
    from gazeclass.lesson.documents_removal import purge_everywhere
    from gazeclass.lesson.roster_removal import forget_student

    opened = open_roster(file)
    pseudonym = opened.roster.group(name).student(student).pseudonym
    if not yes and not typer.confirm(f"Delete {pseudonym}? It cannot be brought back."):
        raise typer.Exit(1)
    if lessons is not None:  # first: without the roster nobody knows any more whose pseudonym it was
        for receipt in purge_everywhere(lessons, pseudonym):
            say(f"removed from a lesson; receipt: {receipt}")
    say(f"deleted; receipt: {forget_student(opened, name, pseudonym)}")


@app.command()
def lock(
    kind: str = typer.Argument(..., help="keyring or passphrase."),
    file: Path | None = FILE,
) -> None:
    """Lock the roster with another key or passphrase, which is asked for, or GAZECLASS_ROSTER_NEW_PASSPHRASE."""
    from gazeclass.lesson.roster_keys import new_keyring_key, new_passphrase_key

    to_keyring = _one_of(kind, {"keyring": True, "passphrase": False})
    opened = open_roster(file)
    if to_keyring:
        opened.change_key(new_keyring_key())
    else:
        new = os.environ.get("GAZECLASS_ROSTER_NEW_PASSPHRASE")
        new = typer.prompt("New passphrase", hide_input=True, confirmation_prompt=True) if new is None else new
        opened.change_key(new_passphrase_key(new))
    say(f"locked with the {opened.lock}; nothing opens it with the old one any more")


@app.command()
def restore(file: Path | None = FILE) -> None:
    """Put the last good copy in the place of a damaged roster."""
    from gazeclass.lesson.roster_file import restore_backup

    aside = restore_backup(roster_path(file))
    say(f"the last good copy is in place; the damaged one is {aside}")
    if not aside.exists():
        complain("(there was no damaged one left)")


def _day(text: str) -> date:
    from gazeclass.errors import InputError

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"'{text}' is neither yes nor no nor a day", todo="Write a day like 2026-12-31.") from None


def _one_of(text: str, known: dict[str, bool]) -> bool:
    from gazeclass.errors import InputError

    if text not in known:
        raise InputError(f"'{text}' is not {' or '.join(known)}")
    return known[text]
