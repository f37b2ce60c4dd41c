"""What the settings place does: offers choices, saves them, tells the program. No widget here."""

import os
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from gazeclass.desktop.context import AppContext
from gazeclass.desktop.settings_file import overruled, save_settings
from gazeclass.errors import InputError
from gazeclass.models import available_providers
from gazeclass.progress import Progress
from gazeclass.settings import Settings

#: Languages the window speaks, by code, in their own words. Add one when its translation lies in ``translations/``.
LANGUAGES = {"": "", "en": "English"}
FIELDS = ("theme", "language", "library_dir", "cpu_threads", "providers")


class SettingsPresenter(QObject):
    """The settings. Each change is saved at once; there is no "Apply" to forget.

    Signals:
        changed: the settings are others now, from here or from elsewhere.
        saved: a change was written.
        providers_known: names of what ONNX Runtime can compute with, the best first.
    """

    changed = Signal()
    saved = Signal()
    providers_known = Signal(object)

    def __init__(self, context: AppContext, file: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self._file = file
        context.settings_changed.connect(self.changed)

    @property
    def settings(self) -> Settings:
        """As they are."""
        return self.context.settings

    @property
    def cores(self) -> int:
        """Of this computer."""
        return os.cpu_count() or 1

    @property
    def locked(self) -> tuple[str, ...]:
        """Fields that an environment variable decides."""
        return overruled(FIELDS)

    def ask_providers(self) -> None:
        """Find out what ONNX Runtime can compute with here; ``providers_known`` follows. Importing it takes a while."""

        def ask(progress: Progress) -> tuple[str, ...]:
            progress.start(self.tr("looking at this computer"))
            return tuple(available_providers())

        task = self.context.tasks.run(ask, title=self.tr("Settings"))
        task.done.connect(self.providers_known)
        task.failed.connect(self.context.show_error)

    def change(self, **values: Any) -> bool:
        """Save values of :class:`gazeclass.settings.Settings`; True when they were saved."""
        if all(getattr(self.settings, name) == value for name, value in values.items()):
            return True
        try:
            saved = save_settings(values, self._file)
        except InputError as error:
            self.context.show_error(error)
            self.changed.emit()
            return False
        # What a test or the command line set for this run only stays as it is.
        fields = {name: getattr(saved, name) for name in values}
        self.context.replace_settings(self.settings.model_copy(update=fields))
        self.saved.emit()
        return True

    def move_library(self, folder: Path) -> None:
        """Use another folder for classrooms, lessons and roster. What lies in the old one stays there."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / ".gazeclass-probe"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            self.context.show_error(
                InputError(
                    f"the folder cannot be written to ({error.strerror or error})",
                    where=folder,
                    todo="Choose another one.",
                )
            )
            return
        if self.change(library_dir=folder):
            self.context.state.set_last_folder(folder)
            self.context.library_changed.emit()
