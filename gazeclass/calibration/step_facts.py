"""What lies on disk for each step, and the keys that tell whether a figure is older than its material."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from gazeclass.calibration.detection import Detection
from gazeclass.calibration.picture_folder import LENS, LYING, PAIR
from gazeclass.calibration.project import CACHE, ROOM, TAPE, Project
from gazeclass.calibration.target import Target
from gazeclass.errors import InputError

#: In the project's cache.
FIGURES = "figures.json"


@dataclass(frozen=True)
class PartViews:
    """What the memory knows of one camera's pictures in a part: found, empty, not searched, their sizes."""

    found: dict[str, Detection]
    empty: tuple[str, ...]
    unsearched: tuple[str, ...]
    sizes: tuple[tuple[int, int], ...]
    video: bool

    @property
    def count(self) -> int:
        """Pictures in all."""
        return len(self.found) + len(self.empty) + len(self.unsearched)


def part_views(project: Project, target: Target | None, part: str, camera: int) -> PartViews:
    """The pictures of one camera in a part, as far as they were searched for ``target``."""
    found: dict[str, Detection] = {}
    empty, unsearched = [], []
    sizes: set[tuple[int, int]] = set()
    for name, path in project.pictures(part, camera).items():
        seen = None if target is None else project.memory.recall(target, path)
        if seen is None:
            unsearched.append(name)
            continue
        sizes.add(seen.size_px)
        if seen.detection is None:
            empty.append(name)
        else:
            found[name] = seen.detection
    video = project.video(part, camera) is not None
    return PartViews(found, tuple(empty), tuple(unsearched), tuple(sorted(sizes)), video)


@dataclass(frozen=True)
class Keys:
    """Keys of what each step's result depends on, each holding those before it."""

    lens: tuple[str, str]
    pair: str
    lying: str
    world: str
    room: str


def keys(project: Project) -> Keys:
    """The present keys of a project."""
    notes, target = project.notes(), project.target()
    printed = "" if target is None else target.hash
    lens = (
        _key(printed, *_files(project, LENS, 0)),
        _key(printed, *_files(project, LENS, 1)),
    )
    pair = _key(*lens, *_files(project, PAIR, 0), *_files(project, PAIR, 1), str(notes.any_order))
    lying = _key(pair, *_files(project, LYING, 0), *_files(project, LYING, 1), str(notes.half_turn))
    level = notes.level_sigma_deg if notes.levelled else None
    try:
        room = project.room()
    except InputError:
        room = None
    try:
        tape = str(project.tape())
    except InputError:
        tape = _text(project, TAPE)
    board = "" if room is None else str(room.board)
    world = _key(lying, str(level), board, tape)
    return Keys(lens, pair, lying, world, _key(world, _text(project, ROOM) if room is None else str(room)))


def _files(project: Project, part: str, camera: int) -> list[str]:
    files = [f"{name}={project.memory.file_key(path)}" for name, path in project.pictures(part, camera).items()]
    video = project.video(part, camera)
    if video is not None:
        stat = video.stat()
        files.append(f"{video.name}={stat.st_size},{stat.st_mtime_ns}")
    return [f"{part}{camera}", *files]


def _text(project: Project, name: str) -> str:
    path = project.folder / name
    return path.read_text(encoding="utf-8-sig", errors="replace") if path.is_file() else ""


def _key(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def figures_path(project: Project) -> Path:
    """Where the figures lie."""
    return project.folder / CACHE / FIGURES
