"""Changes of the open roster, written one after the other in a thread: nothing waits for the disk."""

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from gazeclass.desktop.context import AppContext
from gazeclass.lesson.roster_file import RosterFile

Job = Callable[[RosterFile], object]


class SaveQueue(QObject):
    """Jobs on one roster file, of which no two run at one time. Lives in the GUI thread.

    Attributes:
        file: the open roster; None while it is locked.

    Signals:
        done: what a job gave.
        failed: a job could not be done (the exception); those behind it are dropped.
    """

    done = Signal(object)
    failed = Signal(object)

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.file: RosterFile | None = None
        self._context = context
        self._jobs: deque[Job] = deque()
        self._busy = False

    @property
    def saved(self) -> bool:
        """Whether everything is on disk."""
        return not self._busy and not self._jobs

    def add(self, job: Job) -> None:
        """Do a job on the file when those before it are done."""
        self._jobs.append(job)
        self._next()

    def then(self, what: Callable[[], None]) -> None:
        """Do something in the GUI thread when everything is written."""
        if self.saved:
            what()
            return
        task = self._context.tasks.running[-1]
        task.finished.connect(lambda: self.then(what))

    def _next(self) -> None:
        if self._busy or not self._jobs or self.file is None:
            return
        job, file = self._jobs.popleft(), self.file
        self._busy = True
        task = self._context.tasks.run(lambda _: job(file), title=self.tr("Saving the students"))
        task.done.connect(self.done)
        task.failed.connect(self._on_failed)
        task.finished.connect(self._on_finished)

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        self._jobs.clear()
        self.failed.emit(error)

    @Slot()
    def _on_finished(self) -> None:
        self._busy = False
        self._next()
