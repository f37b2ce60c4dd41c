"""What was already found in pictures that lie on disk, so that a project is looked at in milliseconds, not minutes.

A picture is known by the sha256 of its file, a target by everything that changes what is found (not the square's size).
Losing the memory costs time, never truth: every entry can be computed again.
"""

import hashlib
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gazeclass.atomic import write_bytes, write_text
from gazeclass.calibration.detection import Detection
from gazeclass.calibration.target import Target
from gazeclass.errors import InputError


@dataclass(frozen=True, eq=False)
class Seen:
    """What one picture shows: its size, and the target or None."""

    size_px: tuple[int, int]
    detection: Detection | None


def pattern_key(target: Target) -> str:
    """Short name of everything about a target that changes what is found in a picture."""
    parts = (target.kind, target.columns, target.rows, target.dictionary, target.marker_ratio)
    text = "|".join(map(str, (*parts, target.inverted, target.legacy)))
    return hashlib.sha256(text.encode()).hexdigest()[:10]


class DetectionMemory:
    """Detections by picture and pattern in one folder; safe to read from one thread while another searches.

    Args:
        folder: where the entries lie; made when first written to.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[tuple[str, str], Seen] = {}
        self._hashes: dict[str, tuple[int, int, str]] | None = None
        self._new_hashes = 0

    def file_key(self, path: Path) -> str:
        """First 20 hex digits of the file's sha256; read again only when its size or time changed.

        Raises:
            InputError: the file cannot be read.
        """
        if self._hashes is None:
            self._hashes = self._read_hashes()
        try:
            stat = path.stat()
            known = self._hashes.get(str(path))
            if known is not None and known[:2] == (stat.st_size, stat.st_mtime_ns):
                return known[2]
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:20]
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror or error})", where=path) from error
        self._hashes[str(path)] = (stat.st_size, stat.st_mtime_ns, digest)
        self._new_hashes += 1
        return digest

    def recall(self, target: Target, path: Path) -> Seen | None:
        """What this picture showed when it was searched for this pattern; None when it was not."""
        key = (self.file_key(path), pattern_key(target))
        if key not in self._known:
            seen = self._read(self._entry(key))
            if seen is None:
                return None
            self._known[key] = seen
        return self._known[key]

    def remember(self, target: Target, path: Path, seen: Seen) -> None:
        """Keep what was found; a disk that is full only makes the next look slower."""
        key = (self.file_key(path), pattern_key(target))
        self._known[key] = seen
        d = seen.detection
        buffer = io.BytesIO()
        np.savez(
            buffer,
            size_px=np.array(seen.size_px),
            found=np.array(d is not None),
            ids=np.zeros(0, int) if d is None else d.ids,
            corners_px=np.zeros((0, 2)) if d is None else d.corners_px,
            half_turn_known=np.array(d is None or d.half_turn_known),
        )
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_bytes(self._entry(key), buffer.getvalue())
        except (OSError, InputError):
            return

    def flush(self) -> None:
        """Write the table of file times, so that the next start need not read every picture to know it."""
        if not self._new_hashes or self._hashes is None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            there = {name: entry for name, entry in list(self._hashes.items()) if os.path.exists(name)}
            write_text(self._folder / "files.json", json.dumps(there))
            self._new_hashes = 0
        except (OSError, InputError):
            return

    def _entry(self, key: tuple[str, str]) -> Path:
        return self._folder / f"{key[0]}-{key[1]}.npz"

    def _read_hashes(self) -> dict[str, tuple[int, int, str]]:
        try:
            raw = json.loads((self._folder / "files.json").read_text(encoding="utf-8"))
            return {str(name): (int(e[0]), int(e[1]), str(e[2])) for name, e in raw.items()}
        except (OSError, ValueError, AttributeError, IndexError, TypeError):
            return {}

    @staticmethod
    def _read(path: Path) -> Seen | None:
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as data:
                size = (int(data["size_px"][0]), int(data["size_px"][1]))
                if not data["found"]:
                    return Seen(size, None)
                known = bool(data["half_turn_known"])
                return Seen(size, Detection(data["ids"], data["corners_px"], size, known))
        except (OSError, ValueError, KeyError, EOFError):
            return None
        except Exception as error:  # zipfile.BadZipFile and zlib.error of a damaged entry: searched again
            if type(error).__module__ in ("zipfile", "zlib"):
                return None
            raise
