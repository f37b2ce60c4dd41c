"""Put a finished project into the library's ``classrooms`` folder, whole or not at all, and find unfinished ones.

A classroom there is a folder ``<slug>/`` with ``classroom.toml``, ``summary.pdf`` and ``calibration/`` (the project).
"""

import shutil
import tempfile
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from gazeclass.atomic import write_bytes
from gazeclass.calibration.check_store import record_check
from gazeclass.calibration.classroom import Classroom, load_classroom, save_classroom
from gazeclass.calibration.given import with_given
from gazeclass.calibration.project import CACHE, CLASSROOM, MATERIAL, NOTES, SUMMARY, Project, open_project
from gazeclass.calibration.step_facts import FIGURES
from gazeclass.calibration.steps import Step, look
from gazeclass.errors import InputError
from gazeclass.progress import SILENT, Progress


def save_to_library(project: Project, classrooms: Path, progress: Progress = SILENT) -> Path:
    """Save the project's classroom. In the project, only ``classroom.toml`` is told the outcome of the check.

    What a classroom saved there before was given (zones, how long lessons are kept) stays. A project that already lies
    in the library (``<slug>/calibration``) gets its ``classroom.toml`` beside it; any other is copied there under its
    room's name, in place of a classroom of that name.

    Returns:
        The classroom's folder.

    Raises:
        InputError: the classroom was not computed from what the project holds now, the disk is full, or the folder is
            read-only. What was in the library before is still there then.
    """
    if not look(project)[Step.SUMMARY].may_go_on:
        raise InputError(
            "the classroom is not computed yet, or older than its pictures", todo="Finish the steps that are open."
        )
    record_check(project)
    classroom = load_classroom(project.folder / CLASSROOM)
    home = project.folder.parent
    inside = home.parent == classrooms and project.folder.name == MATERIAL
    if not inside:
        home = classrooms / room_slug(classroom.name)
    given = _as_given_before(classroom, home)
    if given != classroom:
        save_classroom(given, project.folder / CLASSROOM)
    if inside:
        for name in (SUMMARY, CLASSROOM):  # the classroom last: it says that all is there
            if (project.folder / name).is_file():
                write_bytes(home / name, (project.folder / name).read_bytes())
        return home
    return _copy_in(project, classrooms, home, progress)


def _as_given_before(classroom: Classroom, home: Path) -> Classroom:
    """With what the classroom in ``home`` was given, if it is this room's; a damaged one gives nothing."""
    try:
        before = load_classroom(home / CLASSROOM) if (home / CLASSROOM).is_file() else None
    except InputError:
        before = None
    return classroom if before is None else with_given(classroom, before)


def _copy_in(project: Project, classrooms: Path, home: Path, progress: Progress) -> Path:
    """Copy beside the destination, then exchange the folders by renaming."""
    files = [p for p in sorted(project.folder.rglob("*")) if p.is_file() and _belongs(p.relative_to(project.folder))]
    progress.start("saving", len(files))
    fresh: Path | None = None
    try:
        classrooms.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=classrooms))
        for path in files:
            place = fresh / MATERIAL / path.relative_to(project.folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place)
            progress.advance()
        for name in (SUMMARY, CLASSROOM):
            if (project.folder / name).is_file():
                shutil.copy2(project.folder / name, fresh / name)
        fresh.chmod(0o755)
        _exchange(fresh, home)
    except OSError as error:
        raise InputError(
            f"the classroom cannot be saved ({error.strerror or error})",
            where=home,
            todo="Make room on the disk or choose another folder; nothing of the calibration is lost.",
        ) from error
    finally:
        if fresh is not None:
            shutil.rmtree(fresh, ignore_errors=True)
    return home


def _exchange(fresh: Path, home: Path) -> None:
    if not home.exists():
        fresh.rename(home)
        return
    old = home.with_name(f".old-{fresh.name[5:]}")
    home.rename(old)
    try:
        fresh.rename(home)
    except OSError:
        old.rename(home)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _belongs(path: Path) -> bool:
    """The cache stays behind, but for the figures, which are small and cost time."""
    return path.parts[0] != CACHE or path.name == FIGURES


@dataclass(frozen=True)
class Unfinished:
    """A project in the library without a classroom: where it lies, and its name so far."""

    folder: Path
    name: str


def unfinished(classrooms: Path) -> tuple[Unfinished, ...]:
    """Projects that were left half-way, newest first; damaged ones are listed by their folder's name."""
    found = []
    for notes in classrooms.glob(f"*/{MATERIAL}/{NOTES}") if classrooms.is_dir() else ():
        folder = notes.parent
        if folder.parent.name.startswith(".") or (folder.parent / CLASSROOM).is_file():
            continue
        try:
            room = open_project(folder).room()
            name = room.name if room is not None else ""
        except InputError:
            name = ""
        found.append((notes.stat().st_mtime, Unfinished(folder, name or folder.parent.name)))
    return tuple(entry for _, entry in sorted(found, key=lambda item: -item[0]))


def project_in_library(classrooms: Path, name: str) -> Path:
    """Where a new classroom of this name goes in the library's ``classrooms``: ``<slug>/calibration``, unused."""
    slug = room_slug(name)
    taken = {p.name for p in classrooms.iterdir()} if classrooms.is_dir() else set()
    free = next(s for k in range(1, 10_000) if (s := slug if k == 1 else f"{slug}-{k}") not in taken)
    return classrooms / free / MATERIAL


def room_slug(name: str) -> str:
    """A folder name that every file system takes."""
    text = unicodedata.normalize("NFKC", name).strip().lower()
    kept = "".join(ch if ch.isalnum() else "-" for ch in text)
    return "-".join(part for part in kept.split("-") if part)[:60] or "classroom"
