"""A thread that keeps a few items ready: two files decode while the pipeline works on the pair before."""

import queue
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")

_END = object()


class Prefetch(Generic[T]):
    """Iterate ``items`` on a thread of its own, at most ``ahead`` items ahead.

    Use it as a context manager: leaving the block stops the thread, also in the middle. What ``items`` raises is raised
    where it is read.
    """

    def __init__(self, items: Iterable[T], ahead: int = 3) -> None:
        self._items = items
        self._queue: queue.Queue[object] = queue.Queue(ahead)
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="gazeclass-prefetch", daemon=True)

    def __enter__(self) -> "Prefetch[T]":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def __iter__(self) -> Iterator[T]:
        """The items, in order."""
        while (item := self._queue.get()) is not _END:
            yield item  # type: ignore[misc]
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    return
        except BaseException as error:
            self._error = error
        finally:
            close = getattr(self._items, "close", None)  # a generator releases its file here, on its own thread
            if close is not None:
                close()
            self._put(_END)

    def _put(self, item: object) -> bool:
        """Wait for room; False when the reader has left."""
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False
