"""The library's classrooms on disk: list, rename, delete, import. No Qt here; everything is computed from the files."""

import json
import math
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from gazeclass.atomic import write_text
from gazeclass.calibration.classroom import Classroom, load_classroom
from gazeclass.calibration.given import change_classroom, change_room
from gazeclass.calibration.health import RoomCheck
from gazeclass.calibration.library import room_slug, unfinished
from gazeclass.calibration.project import CLASSROOM, MATERIAL, NOTES, ROOM, create_project
from gazeclass.calibration.quality import GOOD_BOARD_SIGMA_M, GOOD_RMS_PX, POOR_RMS_PX, Level
from gazeclass.calibration.room import read_room
from gazeclass.calibration.target import Target
from gazeclass.errors import InputError
from gazeclass.progress import SILENT, Progress

HEALTH = "health.json"
#: What a calibration folder must have one of, to be taken for one.
_PARTS = ("intrinsics", "intrinsic", "stereo", "extrinsic", "auxiliary", ROOM, "tape.csv")


class Kind(Enum):
    """How far a classroom is."""

    READY = "ready"
    CAMERAS_ONLY = "cameras only"
    UNFINISHED = "unfinished"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class LastCheck:
    """What the last comparison of the cameras found."""

    made_utc: datetime
    steady: bool
    spoiled: bool
    sentence: str


@dataclass(frozen=True)
class Entry:
    """One classroom as its card shows it.

    Attributes:
        folder: in the library.
        name: of the room.
        kind: how far it is.
        level: of its quality; None where there is none yet.
        made_utc: when it was calibrated.
        classroom: the file's contents; None while unfinished or damaged.
        problem: why it cannot be used, for a damaged one.
        check: the last comparison of its cameras, if there was one.
        resumable: there is calibration material for the wizard.
    """

    folder: Path
    name: str
    kind: Kind
    level: Level | None = None
    made_utc: datetime | None = None
    classroom: Classroom | None = None
    problem: str = ""
    check: LastCheck | None = None
    resumable: bool = False


def read_shelf(classrooms: Path, progress: Progress = SILENT) -> tuple[Entry, ...]:
    """All classrooms of the library: finished ones by name, then unfinished ones, newest first."""
    folders = sorted(
        path
        for path in (classrooms.iterdir() if classrooms.is_dir() else ())
        if path.is_dir() and not path.name.startswith(".")
    )
    progress.start("reading classrooms", len(folders))
    entries = []
    for folder in folders:
        if (folder / CLASSROOM).is_file():
            entries.append(read_entry(folder))
        progress.advance()
    entries.sort(key=lambda entry: entry.name.casefold())
    left = [Entry(u.folder.parent, u.name, Kind.UNFINISHED, resumable=True) for u in unfinished(classrooms)]
    return (*entries, *left)


def read_entry(folder: Path) -> Entry:
    """One classroom that has a ``classroom.toml``, readable or not."""
    resumable = (folder / MATERIAL).is_dir()
    try:
        classroom = load_classroom(folder / CLASSROOM)
    except InputError as error:
        return Entry(folder, folder.name, Kind.DAMAGED, problem=str(error), resumable=resumable)
    return Entry(
        folder,
        classroom.name,
        Kind.READY if classroom.complete else Kind.CAMERAS_ONLY,
        level_of(classroom),
        classroom.made_utc,
        classroom,
        check=read_check(folder),
        resumable=resumable,
    )


def level_of(classroom: Classroom) -> Level:
    """Quality of a calibration in one word, from what its file says; the thresholds are the calibration's own."""
    worst_px = max(classroom.stereo.rms_px, *(camera.rms_px for camera in classroom.cameras))
    if worst_px > POOR_RMS_PX or any(reading.rejected for reading in classroom.tape):
        return Level.WARNING
    board_m = classroom.world.board_sigma_m if classroom.world else math.inf
    return Level.GOOD if worst_px <= GOOD_RMS_PX and board_m <= GOOD_BOARD_SIGMA_M else Level.ADVICE


def age_days(made_utc: datetime, now_utc: datetime) -> int:
    """Whole days since; 0 for clocks that were set back."""
    return max(0, (now_utc - made_utc).days)


def rename(folder: Path, name: str) -> None:
    """Give a classroom another name; its folder keeps its own.

    Raises:
        InputError: an empty name, a classroom that cannot be read, a disk that is full.
    """
    name = " ".join(name.split())
    if not name:
        raise InputError("a classroom needs a name", todo="Type one.")
    if (folder / CLASSROOM).is_file():
        change_classroom(folder, name=name)
    else:
        change_room(folder, name=name)


def keep_lessons(folder: Path, days: int | None) -> None:
    """Say how long lessons made in a classroom from now on are kept; calibrated again, it still says so.

    Args:
        folder: of the classroom.
        days: at least 1; None for as long as the user likes.

    Raises:
        InputError: a classroom that cannot be read, a disk that is full.
    """
    change_classroom(folder, keep_lessons_days=days)


def delete(folder: Path) -> None:
    """Delete a classroom with its calibration pictures. It is out of the list at once, whatever happens after.

    Raises:
        InputError: it may not be deleted.
    """
    gone = folder.with_name(f".deleted-{folder.name}-{datetime.now(UTC):%Y%m%d%H%M%S%f}")
    try:
        folder.rename(gone)
    except OSError as error:
        raise InputError(
            f"cannot be deleted ({error.strerror or error})",
            where=folder,
            todo="Close programs that use it and try again.",
        ) from error
    shutil.rmtree(gone, ignore_errors=True)


def new_folder(classrooms: Path, name: str) -> Path:
    """A folder in the library that is not taken, named after the room; it is not made."""
    slug = room_slug(name)
    return next(
        path for k in range(1, 100_000) if not (path := classrooms / (slug if k == 1 else f"{slug}-{k}")).exists()
    )


def import_path(path: Path, classrooms: Path, progress: Progress = SILENT) -> Path:
    """Take a ``classroom.toml`` or a calibration folder into the library; what was given is only read.

    Returns:
        The new classroom's folder. It has a ``classroom.toml`` when one was given or lies in the folder; without one
        the wizard goes on from the pictures.

    Raises:
        InputError: neither of the two, a classroom that cannot be read, a disk that is full.
        Cancelled: from ``progress``; nothing is left then.
    """
    if path.is_file():
        classroom = load_classroom(path)
        return _import(classrooms, classroom.name, [(path, Path(CLASSROOM))], progress)
    if not path.is_dir():
        raise InputError("there is no such file or folder", where=path)
    # A whole classroom's folder of another library has its material one level down.
    material = path / MATERIAL if (path / MATERIAL).is_dir() and not _is_material(path) else path
    if not _is_material(material):
        raise InputError(
            "is neither a classroom.toml nor a calibration folder",
            where=path,
            todo="Choose the folder that holds intrinsics, stereo, auxiliary, tape.csv and room.toml.",
        )
    files = [
        (file, MATERIAL / file.relative_to(material))
        for file in sorted(material.rglob("*"))
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(material).parts)
    ]
    name = path.name if path.name != MATERIAL else path.parent.name
    finished = next((p for p in (path / CLASSROOM, material / CLASSROOM) if p.is_file()), None)
    if finished is not None:
        name = load_classroom(finished).name
        files.append((finished, Path(CLASSROOM)))
    elif (material / ROOM).is_file():
        name = read_room(material / ROOM).name or name
    return _import(classrooms, name, files, progress)


def _note_target(folder: Path) -> None:
    """A finished classroom knows its printed board; the wizard that goes on from its pictures shall know it too."""
    material = folder / MATERIAL
    if not (material.is_dir() and (folder / CLASSROOM).is_file()) or (material / NOTES).exists():
        return
    printed = load_classroom(folder / CLASSROOM).target
    project = create_project(material)
    project.choose_target(
        Target(
            printed.columns,
            printed.rows,
            printed.square_m,
            printed.kind,
            printed.dictionary,
            printed.marker_ratio or 0.75,
            printed.inverted,
            printed.legacy,
        )
    )
    project.measure_square(printed.square_m)


def sample_classroom() -> Path:
    """The ``classroom.toml`` of the sample lesson, in a checkout or an installed wheel."""
    import gazeclass

    package = Path(gazeclass.__file__).resolve().parent
    places = (package / "_bundled" / "calibration" / CLASSROOM, package.parent / "calibration" / CLASSROOM)
    return next((path for path in places if path.is_file()), places[0])


def add_sample(classrooms: Path, progress: Progress = SILENT) -> Path:
    """Put the sample classroom into the library, with what it was calibrated from."""
    from gazeclass.sample import sample_folder

    material = sample_folder() / MATERIAL
    files = [(p, MATERIAL / p.relative_to(material)) for p in sorted(material.rglob("*")) if p.is_file()]
    path = sample_classroom()
    return _import(classrooms, load_classroom(path).name, [*files, (path, Path(CLASSROOM))], progress)


def _is_material(folder: Path) -> bool:
    return sum((folder / part).exists() for part in _PARTS) >= 1


def _import(classrooms: Path, name: str, files: Sequence[tuple[Path, Path]], progress: Progress) -> Path:
    """Copy beside the destination, then rename: a copy broken off leaves nothing."""
    progress.start("copying", len(files))
    fresh: Path | None = None
    try:
        classrooms.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=classrooms))
        for source, place in files:
            (fresh / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, fresh / place)
            progress.advance()
        fresh.chmod(0o755)
        _note_target(fresh)
        home = new_folder(classrooms, name)
        fresh.rename(home)
    except OSError as error:
        raise InputError(
            f"cannot be copied into the library ({error.strerror or error})",
            where=error.filename or classrooms,
            todo="Check that the disk has room and the library's folder may be written to.",
        ) from error
    finally:
        if fresh is not None:
            shutil.rmtree(fresh, ignore_errors=True)
    return home


def keep_check(folder: Path, check: RoomCheck, now_utc: datetime) -> None:
    """Note what a comparison of the cameras found, for the card."""
    fields = {
        "made_utc": now_utc.isoformat(),
        "steady": check.steady,
        "spoiled": check.spoiled,
        "sentence": check.sentence,
    }
    write_text(folder / HEALTH, json.dumps(fields, ensure_ascii=False, indent=1) + "\n")


def read_check(folder: Path) -> LastCheck | None:
    """The last comparison; None where there was none or the note is damaged (it can be made again)."""
    try:
        raw = json.loads((folder / HEALTH).read_text(encoding="utf-8"))
        made = datetime.fromisoformat(raw["made_utc"])
        return LastCheck(made.astimezone(UTC), bool(raw["steady"]), bool(raw["spoiled"]), str(raw["sentence"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
