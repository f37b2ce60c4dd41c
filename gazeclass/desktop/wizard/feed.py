"""Pictures on their way to the window: one thread reads them, one searches them, the newest wins.

The reader hands the window a reduced picture and the searcher the whole one. A searcher that is slower than the camera
misses pictures, never piles them up; with files (``source.waits``) the reader waits for it, so that none is missed.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from PySide6.QtCore import QObject, Qt, Signal, Slot

from gazeclass.capture.pairs import Image
from gazeclass.desktop.wizard.sources import Shot
from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array

_log = logging.getLogger(__name__)

#: The window shows pictures no larger than this; what is searched and kept is always the whole one.
SHOWN_PX = 960


@dataclass(frozen=True, eq=False)
class Preview:
    """A picture, or a part of one, reduced for the window.

    Attributes:
        image: BGR uint8, at most :data:`SHOWN_PX` on its longer side.
        size_px: width and height of the whole picture.
        origin_px: of the part that is shown, in the whole picture.
        factor: pixels of the whole picture for one that is shown.
    """

    image: Image
    size_px: tuple[int, int]
    origin_px: tuple[int, int] = (0, 0)
    factor: float = 1.0

    def to_shown(self, points_px: Array) -> Array:
        """Pixels ``(..., 2)`` of the whole picture in the shown one (a pixel's centre has whole coordinates)."""
        return (np.asarray(points_px, float) - self.origin_px + 0.5) / self.factor - 0.5

    def to_whole(self, x: float, y: float) -> tuple[float, float]:
        """A shown pixel in the whole picture."""
        f, (x0, y0) = self.factor, self.origin_px
        return (x + 0.5) * f - 0.5 + x0, (y + 0.5) * f - 0.5 + y0


def reduced(image: Image, part: tuple[int, int, int, int] | None = None) -> Preview:
    """``image`` made small enough to be drawn quickly; ``part`` (x, y, width, height) shows only that of it."""
    whole = (image.shape[1], image.shape[0])
    x, y, width, height = part or (0, 0, *whole)
    image = image[y : y + height, x : x + width]
    factor = max(1.0, max(width, height) / SHOWN_PX)
    if factor == 1.0:
        return Preview(np.ascontiguousarray(image), whole, (x, y))
    small = cv2.resize(image, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    return Preview(np.asarray(small, np.uint8), whole, (x, y), width / small.shape[1])


class _Run:
    """One start of a feed: its threads and what goes between them."""

    def __init__(self, before: "_Run | None") -> None:
        self.before = before
        self.stop = threading.Event()
        self.condition = threading.Condition()
        self.waiting: Shot | None = None
        self.searching = False
        self.read_all = False
        #: The newest moment that the window has not taken yet.
        self.newest: tuple[Shot, tuple[Preview | None, Preview | None]] | None = None
        self.threads: list[threading.Thread] = []

    def alive(self) -> bool:
        return any(thread.is_alive() for thread in self.threads)

    def halt(self) -> None:
        self.stop.set()
        with self.condition:
            self.condition.notify_all()


class Feed(QObject):
    """Reads a source and searches its pictures. Lives in the GUI thread.

    Signals, all delivered in the GUI thread:
        pictured: new pictures are there, see :attr:`previews`.
        looked: what the search function returned for a picture, with the :class:`Shot`.
        ended: the files came to their end and everything was searched.
        failed: an exception; the feed has stopped. An InputError when a camera was lost.
    """

    pictured = Signal()
    looked = Signal(object, object)
    ended = Signal()
    failed = Signal(object)
    _message = Signal(object, str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.previews: tuple[Preview | None, Preview | None] = (None, None)
        self.shot: Shot | None = None
        self._run: _Run | None = None
        self._message.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @property
    def running(self) -> bool:
        """Whether pictures are being read."""
        return self._run is not None and not self._run.stop.is_set()

    def start(
        self, shots: Callable[[], Iterator[Shot]], look: Callable[[Shot], Any] | None = None, *, waits: bool = False
    ) -> None:
        """Read ``shots()`` from now on; a former run is stopped, and its camera released first.

        Args:
            shots: called in the reading thread.
            look: searches a picture, in the searching thread; None to show pictures only.
            waits: wait with the next picture until the last was searched.
        """
        before = self._run
        if before is not None:
            before.halt()
        run = _Run(before)
        self._run = run
        # A picture of what was played before must not be taken for one of this.
        self.shot, self.previews = None, (None, None)
        reader = threading.Thread(target=self._read, args=(run, shots, look, waits), name="wizard reader", daemon=True)
        run.threads.append(reader)
        if look is not None:
            searcher = threading.Thread(target=self._search, args=(run, look), name="wizard searcher", daemon=True)
            run.threads.append(searcher)
        for thread in run.threads:
            thread.start()

    def stop(self) -> None:
        """Stop; returns at once, the threads end by themselves and nothing of theirs arrives any more."""
        if self._run is not None:
            self._run.halt()

    def wait(self, timeout_s: float = 10.0) -> bool:
        """Block until the threads have ended (at the program's end, in tests)."""
        run = self._run
        while run is not None:
            for thread in run.threads:
                thread.join(timeout_s)
            run = run.before
        return not (self._run is not None and self._run.alive())

    def _read(
        self, run: _Run, shots: Callable[[], Iterator[Shot]], look: Callable[[Shot], Any] | None, waits: bool
    ) -> None:
        self._after(run)
        moments: Iterator[Shot] | None = None
        try:
            moments = shots()
            for shot in moments:
                if run.stop.is_set():
                    return
                first, second = (None if image is None else reduced(image) for image in shot.images)
                with run.condition:
                    told, run.newest = run.newest is not None, (shot, (first, second))
                if not told:  # else the window has been told and has not looked yet: it will find this one
                    self._post(run, "picture", ())
                if look is not None:
                    with run.condition:
                        run.waiting = shot
                        run.condition.notify_all()
                        while waits and (run.waiting is not None or run.searching) and not run.stop.is_set():
                            run.condition.wait(0.5)
            with run.condition:
                while look is not None and (run.waiting is not None or run.searching) and not run.stop.is_set():
                    run.condition.wait(0.5)
            self._post(run, "ended", ())
        except Exception as error:
            if not isinstance(error, InputError):
                _log.exception("reading pictures failed")
            self._post(run, "failed", error)
        finally:
            close = getattr(moments, "close", None)  # a generator releases its camera here, in its own thread
            if close is not None:
                close()
            with run.condition:
                run.read_all = True
                run.condition.notify_all()

    def _search(self, run: _Run, look: Callable[[Shot], Any]) -> None:
        while not run.stop.is_set():
            with run.condition:
                while run.waiting is None and not run.read_all and not run.stop.is_set():
                    run.condition.wait(0.5)
                shot, run.waiting = run.waiting, None
                if shot is None:
                    if run.read_all:
                        return
                    continue
                run.searching = True
            try:
                result = look(shot)
                self._post(run, "looked", (result, shot))
            except Exception as error:
                if not isinstance(error, InputError):
                    _log.exception("searching a picture failed")
                self._post(run, "failed", error)
                run.halt()
            finally:
                with run.condition:
                    run.searching = False
                    run.condition.notify_all()

    def _after(self, run: _Run) -> None:
        """Wait for the former run: its camera must be free before it is opened again."""
        before, run.before = run.before, None
        if before is not None:
            for thread in before.threads:
                thread.join()

    def _post(self, run: _Run, kind: str, value: object) -> None:
        if not run.stop.is_set():
            with suppress(RuntimeError):  # the window was closed and this object with it
                self._message.emit(run, kind, value)

    @Slot(object, str, object)
    def _deliver(self, run: _Run, kind: str, value: Any) -> None:
        if run is not self._run or (run.stop.is_set() and kind != "failed"):
            return
        if kind == "picture":
            with run.condition:
                newest, run.newest = run.newest, None
            if newest is not None:
                self.shot, self.previews = newest
                self.pictured.emit()
        elif kind == "looked":
            self.looked.emit(*value)
        elif kind == "ended":
            run.halt()
            self.ended.emit()
        else:
            run.halt()
            self.failed.emit(value)
