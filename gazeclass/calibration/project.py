"""A calibration project: a folder as ``gazeclass calibrate`` reads it, plus ``project.toml``.

Nothing about a step is remembered: :mod:`gazeclass.calibration.steps` computes it from this folder each time.
``.cache/`` may be deleted at any time. The pictures are :mod:`gazeclass.calibration.picture_folder`'s.
"""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import ValidationError

from gazeclass.atomic import make_folder, write_text
from gazeclass.calibration.memory import DetectionMemory
from gazeclass.calibration.notes import CameraSpec, Notes, TargetChoice, new_notes, read_notes, write_notes
from gazeclass.calibration.picture_folder import PictureFolder
from gazeclass.calibration.room import CameraNote, Room, read_room
from gazeclass.calibration.room_parts import Part
from gazeclass.calibration.solve import Options
from gazeclass.calibration.tape import Reading, read_tape
from gazeclass.calibration.target import Target
from gazeclass.calibration.toml_file import first_problem, toml_text
from gazeclass.errors import InputError

NOTES, ROOM, TAPE, CLASSROOM, SUMMARY = "project.toml", "room.toml", "tape.csv", "classroom.toml", "summary.pdf"
CACHE = ".cache"
#: Inside a classroom's folder in the library: the project it is calibrated from.
MATERIAL = "calibration"


@dataclass(frozen=True, eq=False)
class Project(PictureFolder):
    """One room being calibrated. Holds no state but its folder; every method reads or writes the disk.

    Attributes:
        folder: as ``gazeclass calibrate`` reads it.
        memory: what was found in its pictures.
    """

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

    # --- both ---
    def exchange_cameras(self) -> None:
        """Make camera 0 camera 1 and the other way round, in pictures, notes, room and tape.

        Raises:
            InputError: videos lie in the place of pictures (their time stamps name the cameras), or the disk refuses.
        """
        self.exchange_pictures()
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
    make_folder(folder)
    project = open_project(folder)
    if not (folder / NOTES).is_file():
        write_notes(new_notes(), folder / NOTES)
    return project


def _plain(value: object) -> object:
    if isinstance(value, Part):
        return value.model_dump()
    if isinstance(value, tuple):
        return tuple(_plain(v) for v in value)
    return value
