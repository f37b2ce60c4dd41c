"""A student in the lessons of the library: in how many, and out of all of them. No widget here."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from gazeclass.desktop.context import AppContext
from gazeclass.lesson.documents_removal import lessons_with, purge_everywhere


class InLessons(QObject):
    """Looks through the lessons, and takes students out of them, in tasks. Lives in the GUI thread.

    Signals:
        found: a pseudonym, and in how many lessons it is.
        receipt: path of the last receipt of what was deleted.
    """

    found = Signal(str, int)
    receipt = Signal(object)

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context

    def look(self, pseudonym: str) -> None:
        """Look in how many lessons of the library a student is; :attr:`found` tells."""
        folder = self._context.lessons_dir
        task = self._context.tasks.run(
            lambda _: lessons_with(folder, pseudonym), title=self.tr("Looking through the lessons")
        )
        task.done.connect(lambda paths: self.found.emit(pseudonym, len(paths)))
        task.failed.connect(self._context.show_error)

    def remove(self, pseudonym: str) -> None:
        """Take a student out of every lesson of the library, with a receipt for each."""
        folder = self._context.lessons_dir
        task = self._context.tasks.run(
            lambda progress: purge_everywhere(folder, pseudonym, progress=progress),
            title=self.tr("Taking a student out of the lessons"),
        )
        task.done.connect(self._on_removed)
        task.failed.connect(self._context.show_error)

    def _on_removed(self, receipts: tuple[Path, ...]) -> None:
        if receipts:
            self.receipt.emit(receipts[-1])
        self._context.library_changed.emit()
