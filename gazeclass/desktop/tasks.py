"""Long work in threads, told to the window as signals; nothing here blocks the event loop.

Work is a function that takes a :class:`gazeclass.progress.Progress` and returns its result. What it reports is gathered
and delivered in the GUI thread at most :data:`DELIVERIES_PER_S` times a second, so that work that reports ten thousand
steps a second does not hold up the window.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from gazeclass.errors import Cancelled, InputError
from gazeclass.progress import Progress

T = TypeVar("T")
DELIVERIES_PER_S = 30
_log = logging.getLogger(__name__)


class Task(QObject):
    """One piece of work under way. Made by :meth:`TaskRunner.run`; lives in the GUI thread.

    Signals, all emitted in the GUI thread:
        stage: a new stage begins: its name, and how many steps it has (-1: cannot be known).
        advanced: how many steps of the stage are done by now.
        noted: a line worth reading.
        done: the result. After it nothing but ``finished`` comes.
        failed: the exception, an InputError or what should not have happened (that is in the log too).
        cancelled: the user asked to stop and the work has stopped.
        finished: after exactly one of the three above.
    """

    stage = Signal(str, int)
    advanced = Signal(int)
    noted = Signal(str)
    done = Signal(object)
    failed = Signal(object)
    cancelled = Signal()
    finished = Signal()
    _wake = Signal()

    def __init__(self, title: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.stage_name = ""
        self.total = -1
        self.steps = 0
        self.is_finished = False
        self._stage_started_s = time.monotonic()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._pending: list[tuple[str, Any]] = []
        self._timer = QTimer(self, singleShot=True, interval=1000 // DELIVERIES_PER_S)
        self._timer.timeout.connect(self._deliver)
        self._wake.connect(self._on_wake, Qt.ConnectionType.QueuedConnection)

    def cancel(self) -> None:
        """Ask the work to stop; it does at its next report of progress."""
        self._stop.set()

    @property
    def cancel_asked(self) -> bool:
        """Whether :meth:`cancel` was called."""
        return self._stop.is_set()

    def time_left_s(self) -> float | None:
        """Seconds the stage still needs at its speed so far; None while that cannot be said."""
        elapsed = time.monotonic() - self._stage_started_s
        if self.total <= 0 or self.steps <= 0 or elapsed < 0.5:
            return None
        return elapsed * max(0, self.total - self.steps) / self.steps

    def post(self, kind: str, value: Any = None) -> None:
        """Report from the working thread; delivered as a signal later."""
        with self._lock:
            if kind == "advance" and self._pending and self._pending[-1][0] == "advance":
                self._pending[-1] = ("advance", self._pending[-1][1] + value)
                return
            self._pending.append((kind, value))
            first = len(self._pending) == 1
        if first:
            self._wake.emit()

    @Slot()
    def _on_wake(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _deliver(self) -> None:
        with self._lock:
            pending, self._pending = self._pending, []
        for kind, value in pending:
            if kind == "stage":
                self.stage_name, self.total = value
                self.steps = 0
                self._stage_started_s = time.monotonic()
                self.stage.emit(self.stage_name, self.total)
            elif kind == "advance":
                self.steps += value
                self.advanced.emit(self.steps)
            elif kind == "note":
                self.noted.emit(value)
            else:
                self.is_finished = True
                if kind == "done":
                    self.done.emit(value)
                elif kind == "failed":
                    self.failed.emit(value)
                else:
                    self.cancelled.emit()
                self.finished.emit()


class _TaskProgress:
    """The :class:`gazeclass.progress.Progress` that work of a task reports to, in its own thread."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def start(self, stage: str, total: int | None = None) -> None:
        """A new stage. Raises Cancelled when the user asked to stop."""
        self._check()
        self._task.post("stage", (stage, -1 if total is None else total))

    def advance(self, steps: int = 1) -> None:
        """Steps done. Raises Cancelled when the user asked to stop."""
        self._check()
        self._task.post("advance", steps)

    def note(self, text: str) -> None:
        """A line worth reading."""
        self._task.post("note", text)

    def _check(self) -> None:
        if self._task.cancel_asked:
            raise Cancelled


class TaskRunner(QObject):
    """Runs work in threads of its own and keeps count of what is under way.

    Signals:
        started: a task, when it begins.
        idle: the last one has ended.
    """

    started = Signal(object)
    idle = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._running: dict[Task, threading.Thread] = {}
        self._ended: list[tuple[Task, threading.Thread]] = []

    def run(self, work: Callable[[Progress], T], *, title: str) -> Task:
        """Start ``work`` in a thread.

        Args:
            work: gets the progress to report to; it must call ``advance`` often enough to be cancelled soon.
            title: what is being done, for the user ("Calibrating Room 12").

        Returns:
            The task; connect its signals before returning to the event loop, none comes earlier.
        """
        # Forgotten here, in the GUI thread: a QObject must not die in the thread that worked for it.
        self._ended = [(ended, thread) for ended, thread in self._ended if thread.is_alive()]
        task = Task(title)
        thread = threading.Thread(target=_work, args=(task, work), name=f"task: {title}", daemon=True)
        self._running[task] = thread
        task.finished.connect(self._on_finished)
        thread.start()
        self.started.emit(task)
        return task

    @property
    def running(self) -> tuple[Task, ...]:
        """Tasks under way, oldest first."""
        return tuple(self._running)

    def cancel_all(self) -> None:
        """Ask every task to stop."""
        for task in self._running:
            task.cancel()

    def wait(self, timeout_s: float) -> bool:
        """Block until every thread has ended, at the program's end only. False when some still run."""
        until = time.monotonic() + timeout_s
        for thread in list(self._running.values()):
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._running.values())

    @Slot()
    def _on_finished(self) -> None:
        task = self.sender()
        if isinstance(task, Task) and task in self._running:
            self._ended.append((task, self._running.pop(task)))
        if not self._running:
            self.idle.emit()


def _work(task: Task, work: Callable[[Progress], Any]) -> None:
    """The thread: whatever happens, exactly one end is reported."""
    try:
        result = work(_TaskProgress(task))
    except Cancelled:
        task.post("cancelled")
    except InputError as error:
        _log.info("%s: refused: %s", task.title, type(error).__name__)
        task.post("failed", error)
    except BaseException as error:
        _log.exception("a task failed")
        task.post("failed", error)
    else:
        task.post("done", result)
