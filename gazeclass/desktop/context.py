"""What every place of the window is given: settings, library, tasks, memory, a way to say an error or go elsewhere.

No widget here: a place can be driven in a test with a context and without a window.
"""

import logging
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from gazeclass.desktop.state import State
from gazeclass.desktop.tasks import TaskRunner
from gazeclass.errors import InputError
from gazeclass.settings import Settings

_log = logging.getLogger(__name__)


class AppContext(QObject):
    """The program as seen from a place.

    Attributes:
        settings: as read at the start; ``settings_changed`` tells of a new one.
        library: folder of the user's work: ``classrooms/<folder>/classroom.toml``, ``lessons/*.gaze``, ``roster.gzr``.
        tasks: long work.
        state: what is remembered.

    Signals:
        error_raised: an exception to be shown as a sentence.
        place_wanted: name of a place and arguments for its ``open``.
        settings_changed: the user saved other settings.
        library_changed: a classroom, lesson or the roster came, went or changed on disk.
    """

    error_raised = Signal(object)
    place_wanted = Signal(str, object)
    settings_changed = Signal()
    library_changed = Signal()

    def __init__(self, settings: Settings, state: State, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings
        self.state = state
        self.tasks = TaskRunner(self)

    @property
    def library(self) -> Path:
        """Folder of the user's work; made when first asked for a folder in it."""
        return self.settings.library_dir

    @property
    def classrooms_dir(self) -> Path:
        """``library/classrooms``, made if need be."""
        return self._folder("classrooms")

    @property
    def lessons_dir(self) -> Path:
        """``library/lessons``, made if need be."""
        return self._folder("lessons")

    def show_error(self, error: Exception) -> None:
        """Show what went wrong as a sentence in the window. Call it from the GUI thread."""
        if not isinstance(error, InputError):
            _log.error("shown to the user", exc_info=error)
        self.error_raised.emit(error)

    def go(self, place: str, **arguments: Any) -> None:
        """Show another place and hand it ``arguments``."""
        self.place_wanted.emit(place, arguments)

    def replace_settings(self, settings: Settings) -> None:
        """Use other settings from now on."""
        self.settings = settings
        self.settings_changed.emit()

    def _folder(self, name: str) -> Path:
        folder = self.library / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"the library's folder cannot be made ({error.strerror or error})",
                where=folder,
                todo="Choose another library folder in Settings.",
            ) from error
        return folder
