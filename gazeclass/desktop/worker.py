"""One thread for a place's small jobs (look at the disk, compute a lens): in order, the newest of each kind wins."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from gazeclass.errors import InputError

_log = logging.getLogger(__name__)

Job = Callable[[], Any]


class Worker(QObject):
    """Runs jobs one after another. A job that has not begun is replaced by a newer one of its name.

    Signals, delivered in the GUI thread:
        done: name and result.
        failed: name and exception.
        idle: nothing is left to do.
    """

    done = Signal(str, object)
    failed = Signal(str, object)
    idle = Signal()
    _message = Signal(str, str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._condition = threading.Condition()
        self._waiting: dict[str, Job] = {}
        self._open = 0
        self._stop = False
        self._thread: threading.Thread | None = None
        self._message.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        """Whether a job is under way, waiting, or its result not delivered yet."""
        return self._open > 0

    def run(self, name: str, job: Job) -> None:
        """Do ``job`` as soon as those before it are done."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="gazeclass worker", daemon=True)
            self._thread.start()
        with self._condition:
            if name not in self._waiting:
                self._open += 1
            self._waiting[name] = job
            self._condition.notify()

    def stop(self) -> None:
        """Take no more jobs; the one under way ends by itself and is not heard of any more."""
        with self._condition:
            self._stop = True
            self._waiting.clear()
            self._condition.notify()

    def wait(self, timeout_s: float = 10.0) -> bool:
        """Block until the thread has ended, after :meth:`stop`."""
        if self._thread is not None:
            self._thread.join(timeout_s)
            return not self._thread.is_alive()
        return True

    def _work(self) -> None:
        while True:
            with self._condition:
                while not self._waiting and not self._stop:
                    self._condition.wait()
                if self._stop:
                    return
                name = next(iter(self._waiting))
                job = self._waiting.pop(name)
            try:
                kind, result = "done", job()
            except InputError as error:
                kind, result = "failed", error
            except Exception as error:
                _log.exception("the wizard's job %s failed", name)
                kind, result = "failed", error
            if not self._stop:
                with suppress(RuntimeError):  # the window was closed and this object with it
                    self._message.emit(name, kind, result)

    @Slot(str, str, object)
    def _deliver(self, name: str, kind: str, result: object) -> None:
        if self._stop:
            return
        with self._condition:
            self._open -= 1
        if kind == "done":
            self.done.emit(name, result)
        else:
            self.failed.emit(name, result)
        if not self.busy:
            self.idle.emit()
