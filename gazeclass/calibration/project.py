"""A calibration project: a folder as ``gazeclass calibrate`` reads it, plus ``project.toml``.

Nothing about a step is remembered: :mod:`gazeclass.calibration.steps` computes it from this folder each time. Views
that were dropped are moved to ``dropped/``, so that the folder itself is always exactly what is calibrated; undo moves
them back. ``.cache/`` may be deleted at any time.
"""

import os
import shutil
import unicodedata
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from pydantic import ValidationError

from gazeclass.atomic import write_bytes, write_text
from gazeclass.calibration.classroom import Part, first_problem, toml_text
from gazeclass.calibration.folder import AUXILIARY, INTRINSICS, STEREO
from gazeclass.calibration.memory import DetectionMemory
from gazeclass.calibration.notes import CameraSpec, Notes, TargetChoice, new_notes, read_notes, write_notes
from gazeclass.calibration.room import CameraNote, Room, read_room
from gazeclass.calibration.solve import Options
from gazeclass.calibration.tape import Reading, read_tape
from gazeclass.calibration.target import Target
from gazeclass.calibration.views import find_pictures, find_video
from gazeclass.errors import InputError

LENS, PAIR, LYING = "intrinsics", "stereo", "auxiliary"
_PARTS = {LENS: INTRINSICS, PAIR: STEREO, LYING: AUXILIARY}
NOTES, ROOM, TAPE, CLASSROOM, SUMMARY = "project.toml", "room.toml", "tape.csv", "classroom.toml", "summary.pdf"
DROPPED, CACHE = "dropped", ".cache"
#: Inside a classroom's folder in the library: the project it is calibrated from.
MATERIAL = "calibration"


@dataclass(frozen=True, eq=False)
class Project:
    """One room being calibrated. Holds no state but its folder; every method reads or writes the disk.

    Attributes:
        folder: as ``gazeclass calibrate`` reads it.
        memory: what was found in its pictures.
    """

    folder: Path
    memory: DetectionMemory = field(repr=False)

    # --- what was decided -------------------------------------------------------------------------------------------
    def notes(self) -> Notes:
        """``project.toml``; empty notes where there is none yet.

        Raises:
            InputError: the file cannot be understood.
        """
        path = self.folder / NOTES
        return read_notes(path) if path.is_file() else new_notes()

    def change(self, **values: object) -> Notes:
        """Write ``project.toml`` with some fields of :class:`Notes` replaced.

        Raises:
            InputError: a value that cannot be true; nothing was written then.
        """
        try:
            notes = Notes.model_validate(self.notes().model_dump() | {k: _plain(v) for k, v in values.items()})
        except ValidationError as error:
            raise InputError(first_problem(error)) from error
        write_notes(notes, self.folder / NOTES)
        return notes

    def target(self) -> Target | None:
        """The printed board, its squares corrected by the ruler; None while none was chosen."""
        choice = self.notes().target
        return None if choice is None else choice.target()

    def choose_target(self, target: Target) -> None:
        """Choose the board to print; what was measured on an older print is forgotten."""
        self.change(target=TargetChoice.of(target))

    def measure_ruler(self, ruler_mm: float | None) -> Target:
        """Note what the printed 100 mm line measures, and return the corrected board.

        Raises:
            InputError: no board was chosen, or not a plausible length.
        """
        return self._change_target(ruler_mm=ruler_mm, square_measured_m=None)

    def measure_square(self, square_m: float | None) -> Target:
        """Note the side of a square as measured on the print; it goes before the ruler."""
        return self._change_target(square_measured_m=square_m)

    def _change_target(self, **values: object) -> Target:
        choice = self.notes().target
        if choice is None:
            raise InputError("no board was chosen yet", todo="Choose and print one first.")
        try:
            choice = TargetChoice.model_validate(choice.model_dump() | values)
        except ValidationError as error:
            raise InputError(first_problem(error).removeprefix("ruler_mm: ")) from error
        target = choice.target()
        self.change(target=choice)
        return target

    def options(self) -> Options:
        """What ``gazeclass calibrate`` would be told."""
        notes = self.notes()
        return Options(
            level_sigma_deg=notes.level_sigma_deg if notes.levelled else None,
            any_order=notes.any_order,
            half_turn=notes.half_turn,
        )

    def skip(self, step: str, skipped: bool = True) -> None:
        """Note that a step is left out on purpose, or no longer."""
        self.change(skipped=tuple(sorted(set(self.notes().skipped) - {step} | ({step} if skipped else set()))))

    # --- room and tape ----------------------------------------------------------------------------------------------
    def room(self) -> Room | None:
        """``room.toml``, None where it is missing.

        Raises:
            InputError: it cannot be used.
        """
        path = self.folder / ROOM
        return read_room(path) if path.is_file() else None

    def save_room(self, room: Room) -> None:
        """Write ``room.toml``, with the cameras as the notes know them.

        Raises:
            InputError: a room that cannot be (nothing is written then), or a disk that is full.
        """
        cameras = tuple(
            CameraNote(name=c.name, device=c.address, focus_locked=c.focus_locked, exposure_locked=c.exposure_locked)
            for c in self.notes().cameras
        )
        text = toml_text(room.model_copy(update={"cameras": cameras or room.cameras}), "The room, lengths in metres.")
        trial = self.folder / f".trial-{ROOM}"
        try:
            write_text(trial, text)
            read_room(trial)
            os.replace(trial, self.folder / ROOM)
        except InputError as error:
            raise InputError(error.what, where=ROOM, todo=error.todo) from error
        finally:
            trial.unlink(missing_ok=True)

    def set_cameras(
        self, cameras: tuple[CameraSpec, CameraSpec], *, skew_ms: float | None, warnings: tuple[str, ...] = ()
    ) -> None:
        """Note both cameras as they were found; ``room.toml`` takes their names too."""
        self.change(cameras=cameras, skew_ms=skew_ms, camera_warnings=warnings)
        room = self.room()
        if room is not None:
            self.save_room(room)

    def tape(self) -> tuple[Reading, ...]:
        """The readings of ``tape.csv``; none where it is missing.

        Raises:
            InputError: it cannot be used.
        """
        path = self.folder / TAPE
        return tuple(read_tape(path)) if path.is_file() else ()

    def save_tape(self, readings: tuple[Reading, ...], *, lying_key: str | None = None) -> None:
        """Write ``tape.csv``; ``lying_key`` is that of the auxiliary pictures the readings belong to."""
        lines = ["point_a,point_b,distance_m,tolerance_m"]
        lines += [f"{r.point_a},{r.point_b},{r.distance_m:.4f},{r.tolerance_m:g}" for r in readings]
        if readings:
            write_text(self.folder / TAPE, "\n".join(lines) + "\n")
        else:
            (self.folder / TAPE).unlink(missing_ok=True)
        if lying_key is not None:
            self.change(tape_for=lying_key)

    # --- pictures ---------------------------------------------------------------------------------------------------
    def part(self, part: str) -> Path:
        """Folder of a part (:data:`LENS`, :data:`PAIR`, :data:`LYING`), as it is named here."""
        return next((self.folder / n for n in _PARTS[part] if (self.folder / n).is_dir()), self.folder / part)

    def pictures(self, part: str, camera: int) -> dict[str, Path]:
        """Pictures of one camera by view name; for :data:`LYING` at most one, called ``cam0`` or ``cam1``.

        Raises:
            InputError: two pictures of one name.
        """
        folder = self.part(part)
        if part == LYING:
            found = find_pictures(folder) if folder.is_dir() else {}
            return {n: p for n, p in found.items() if n == f"cam{camera}"}
        folder = folder / f"cam{camera}"
        return find_pictures(folder) if folder.is_dir() else {}

    def pairs(self) -> dict[str, tuple[Path, Path]]:
        """Stereo pictures that have a partner, by view name."""
        first, second = self.pictures(PAIR, 0), self.pictures(PAIR, 1)
        return {name: (first[name], second[name]) for name in first if name in second}

    def video(self, part: str, camera: int) -> Path | None:
        """A video in place of pictures."""
        folder = self.part(part)
        return find_video(folder, f"cam{camera}") if folder.is_dir() else None

    def next_name(self, part: str) -> str:
        """A view name not used yet, by any camera, dropped views included: ``"000"``, ``"001"``, …"""
        used = [
            path.stem
            for root in (self.part(part), self.folder / DROPPED / part)
            for path in root.glob("cam*/*")
            if path.stem.isdigit()
        ]
        return f"{max(map(int, used), default=-1) + 1:03d}"

    def add_view(self, part: str, camera: int, picture: np.ndarray, name: str = "") -> Path:
        """Keep one camera's picture ``(h, w[, 3])`` as PNG.

        Raises:
            InputError: the disk is full or read-only; nothing is half-written.
        """
        if part == LYING:
            path = self.part(part) / f"cam{camera}.png"
            for old in self.pictures(part, camera).values():
                if old != path:
                    self._drop_file(old)
        else:
            path = self.part(part) / f"cam{camera}" / f"{name or self.next_name(part)}.png"
        _save_png(path, picture)
        return path

    def add_pair(self, part: str, pictures: tuple[np.ndarray, np.ndarray], name: str = "") -> str:
        """Keep both cameras' pictures of one moment under one name, both or neither."""
        name = name or self.next_name(part)
        written: list[Path] = []
        try:
            for camera in (0, 1):
                written.append(self.add_view(part, camera, pictures[camera], name))
        except InputError:
            if part != LYING:
                for path in written:
                    path.unlink(missing_ok=True)
            raise
        return name

    def drop(self, part: str, name: str, camera: int | None = None) -> None:
        """Leave a view out; ``camera`` None drops it in both. It can be brought back."""
        for c in (0, 1) if camera is None else (camera,):
            path = self.pictures(part, c).get(name)
            if path is not None:
                self._drop_file(path)

    def dropped(self, part: str) -> tuple[tuple[int, str], ...]:
        """Camera and name of the views left out, the latest last."""
        root = self.folder / DROPPED / part
        paths = sorted(root.glob("cam*/*"), key=lambda p: (p.stat().st_ctime_ns, p.name))
        return tuple((int(p.parent.name[-1]), p.stem) for p in paths)

    def undo_drop(self, part: str, name: str, camera: int | None = None) -> None:
        """Bring a dropped view back."""
        for c in (0, 1) if camera is None else (camera,):
            for path in (self.folder / DROPPED / part / f"cam{c}").glob("*"):
                if path.stem == name:
                    place = self.part(part) if part == LYING else self.part(part) / f"cam{c}"
                    _move(path, place / path.name)

    def clear(self, part: str, camera: int | None = None) -> None:
        """Begin a part again: all its views are dropped."""
        for c in (0, 1) if camera is None else (camera,):
            for path in self.pictures(part, c).values():
                self._drop_file(path)

    def exchange_cameras(self) -> None:
        """Make camera 0 camera 1 and the other way round, in pictures, notes, room and tape.

        Raises:
            InputError: videos lie in the place of pictures (their time stamps name the cameras), or the disk refuses.
        """
        if any(self.video(part, c) is not None for part in (LENS, PAIR) for c in (0, 1)):
            raise InputError("the pictures are videos here", where=self.folder, todo="Exchange the videos' names.")
        roots = [self.part(part) for part in (LENS, PAIR, LYING)]
        roots += [self.folder / DROPPED / part for part in (LENS, PAIR, LYING)]
        try:
            for root in roots:
                _exchange_names(root)
        except OSError as error:
            raise InputError(f"cannot be renamed ({error.strerror or error})", where=self.folder) from error
        tape = self.tape()
        if tape:
            other = {"CAM0": "CAM1", "CAM1": "CAM0"}
            self.save_tape(
                tuple(
                    replace(r, point_a=other.get(r.point_a, r.point_a), point_b=other.get(r.point_b, r.point_b))
                    for r in tape
                )
            )
        self.change(cameras=self.notes().cameras[::-1])
        room = self.room()
        if room is not None:
            self.save_room(room.model_copy(update={"cameras": room.cameras[::-1]}))

    def _drop_file(self, path: Path) -> None:
        inside = path.relative_to(self.folder)
        part = next((p for p, names in _PARTS.items() if inside.parts[0] in names), inside.parts[0])
        place = self.folder / DROPPED / part / (path.parent.name if len(inside.parts) > 2 else path.stem)
        _move(path, place / path.name)


def open_project(folder: Path) -> Project:
    """A project in a folder that exists, finished, half-way or empty.

    Raises:
        InputError: there is no such folder, or its notes cannot be understood.
    """
    if not folder.is_dir():
        raise InputError("there is no such folder", where=folder)
    project = Project(folder, DetectionMemory(folder / CACHE / "pictures"))
    project.notes()
    return project


def create_project(folder: Path) -> Project:
    """A new project; the folder is made, a project that is there already is opened.

    Raises:
        InputError: the folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot be made ({error.strerror or error})", where=folder, todo="Choose a folder you may write to."
        ) from error
    project = open_project(folder)
    if not (folder / NOTES).is_file():
        write_notes(new_notes(), folder / NOTES)
    return project


def project_in_library(classrooms: Path, name: str) -> Path:
    """Where a new classroom of this name goes in the library's ``classrooms``: ``<slug>/calibration``, unused."""
    slug = room_slug(name)
    taken = {p.name for p in classrooms.iterdir()} if classrooms.is_dir() else set()
    free = next(s for k in range(1, 10_000) if (s := slug if k == 1 else f"{slug}-{k}") not in taken)
    return classrooms / free / "calibration"


def room_slug(name: str) -> str:
    """A folder name that every file system takes."""
    text = unicodedata.normalize("NFKC", name).strip().lower()
    kept = "".join(ch if ch.isalnum() else "-" for ch in text)
    return "-".join(part for part in kept.split("-") if part)[:60] or "classroom"


def _exchange_names(root: Path) -> None:
    """cam0 and cam1 (folders, or pictures with whatever ending) in ``root`` take each other's names."""
    both = [[p for p in root.glob(f"cam{c}*") if p.stem == f"cam{c}"] for c in (0, 1)]
    parked = [(p, p.rename(root / f".parked-{p.name}")) for p in both[0]]
    for path in both[1]:
        path.rename(root / path.name.replace("cam1", "cam0", 1))
    for path, place in parked:
        place.rename(root / path.name.replace("cam0", "cam1", 1))


def _plain(value: object) -> object:
    if isinstance(value, Part):
        return value.model_dump()
    if isinstance(value, tuple):
        return tuple(_plain(v) for v in value)
    return value


def _save_png(path: Path, picture: np.ndarray) -> None:
    ok, data = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not ok:
        raise InputError("the picture cannot be written as PNG", where=path)
    _make_folder(path.parent)
    write_bytes(path, data.tobytes())


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot be made ({error.strerror or error})", where=folder) from error


def _move(source: Path, destination: Path) -> None:
    _make_folder(destination.parent)
    try:
        shutil.move(str(source), str(destination))
        # An empty folder would read as pictures that got lost.
        if not any(source.parent.iterdir()):
            source.parent.rmdir()
            if not any(source.parent.parent.iterdir()):
                source.parent.parent.rmdir()
    except OSError as error:
        raise InputError(f"cannot be moved ({error.strerror or error})", where=source) from error
