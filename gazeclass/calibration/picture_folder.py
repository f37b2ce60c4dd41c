"""The pictures of a calibration project on disk: taken, counted, dropped and brought back.

Views that were dropped are moved to ``dropped/``, so that the folder itself is always exactly what is calibrated; undo
moves them back.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from gazeclass.atomic import make_folder, write_bytes
from gazeclass.calibration.folder import AUXILIARY, INTRINSICS, STEREO
from gazeclass.calibration.views import find_pictures, find_video
from gazeclass.errors import InputError

LENS, PAIR, LYING = "intrinsics", "stereo", "auxiliary"
_PARTS = {LENS: INTRINSICS, PAIR: STEREO, LYING: AUXILIARY}
DROPPED = "dropped"


@dataclass(frozen=True, eq=False)
class PictureFolder:
    """Pictures of both cameras, by part and view. Holds no state but its folder; every method reads or writes the disk.

    Attributes:
        folder: as ``gazeclass calibrate`` reads it.
    """

    folder: Path

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

    def exchange_pictures(self) -> None:
        """Make camera 0 camera 1 and the other way round, in the pictures and the dropped ones.

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

    def _drop_file(self, path: Path) -> None:
        inside = path.relative_to(self.folder)
        part = next((p for p, names in _PARTS.items() if inside.parts[0] in names), inside.parts[0])
        place = self.folder / DROPPED / part / (path.parent.name if len(inside.parts) > 2 else path.stem)
        _move(path, place / path.name)


def _exchange_names(root: Path) -> None:
    """cam0 and cam1 (folders, or pictures with whatever ending) in ``root`` take each other's names."""
    both = [[p for p in root.glob(f"cam{c}*") if p.stem == f"cam{c}"] for c in (0, 1)]
    parked = [(p, p.rename(root / f".parked-{p.name}")) for p in both[0]]
    for path in both[1]:
        path.rename(root / path.name.replace("cam1", "cam0", 1))
    for path, place in parked:
        place.rename(root / path.name.replace("cam0", "cam1", 1))


def _save_png(path: Path, picture: np.ndarray) -> None:
    ok, data = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not ok:
        raise InputError("the picture cannot be written as PNG", where=path)
    make_folder(path.parent)
    write_bytes(path, data.tobytes())


def _move(source: Path, destination: Path) -> None:
    make_folder(destination.parent)
    try:
        shutil.move(str(source), str(destination))
        # An empty folder would read as pictures that got lost.
        if not any(source.parent.iterdir()):
            source.parent.rmdir()
            if not any(source.parent.parent.iterdir()):
                source.parent.parent.rmdir()
    except OSError as error:
        raise InputError(f"cannot be moved ({error.strerror or error})", where=source) from error
