"""What the program remembers from one start to the next: window, last folder, last classroom.

An INI file in the user's settings folder. What cannot be read is forgotten, never an error.
"""

from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QByteArray, QSettings

T = TypeVar("T")


class State:
    """Remembered values by name ("window/geometry"). Values are text, numbers, truth values or QByteArray."""

    def __init__(self, path: Path) -> None:
        self._store = QSettings(str(path), QSettings.Format.IniFormat)

    def get(self, name: str, default: T) -> T:
        """The remembered value, or ``default`` when there is none of the default's type."""
        raw: Any = self._store.value(name)
        if raw is None:
            return default
        try:
            if isinstance(default, bool):
                return str(raw).lower() == "true"  # type: ignore[return-value]
            if isinstance(default, int | float):
                return type(default)(raw)
            if isinstance(default, str):
                return str(raw) if not isinstance(raw, list) else ", ".join(raw)  # type: ignore[return-value]
            if isinstance(default, QByteArray):
                return raw if isinstance(raw, QByteArray) else default  # type: ignore[return-value]
            if isinstance(default, list):
                return [str(item) for item in raw] if isinstance(raw, list) else [str(raw)]  # type: ignore[return-value]
        except (TypeError, ValueError):
            return default
        return default

    def set(self, name: str, value: Any) -> None:
        """Remember ``value``."""
        self._store.setValue(name, value)

    def sync(self) -> None:
        """Write to disk now."""
        self._store.sync()

    def last_folder(self) -> Path:
        """The folder the user was in last, or home."""
        folder = Path(self.get("files/last_folder", str(Path.home())))
        return folder if folder.is_dir() else Path.home()

    def set_last_folder(self, folder: Path) -> None:
        """Remember where the user was; a file stands for its folder."""
        self.set("files/last_folder", str(folder if folder.is_dir() else folder.parent))
