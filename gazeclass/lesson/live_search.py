"""The search of whole pictures, beside the pipeline instead of in it.

To search a 1080p picture for new faces takes ten times as long as to follow the known ones. Done within a pair it would
make every other pair late, so it is done on a thread of its own, one camera after the other, and what it finds is told
to the trackers as places to look at (they look closely and decide themselves). At first, and while there is somebody
whom nobody follows, it searches all the time; in a settled class it rests longer than it works.
"""

import threading
import time
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from gazeclass.capture.pairs import Image
from gazeclass.faces.boxes import overlap
from gazeclass.faces.matching import Expectant
from gazeclass.faces.types import Face, Track

#: What is found is looked at for so long, in lesson time.
_WORTH_S = 1.0
#: Rest after a search, as a multiple of what it took: while there is news, and in a settled class.
_REST = (0.5, 4.0)
_SAME = 0.3
#: What was told and has become no face is no news for so long (a hand, a picture on the wall), in lesson time.
_OLD_S = 20.0


class Searching(Protocol):
    """What is asked of a detector."""

    def detect(self, image: Image, camera: int = 0) -> list[Face]:
        """Faces anywhere in the picture."""
        ...


class Search(Protocol):
    """What a live lesson asks of a search."""

    def show(self, images: tuple[Image, Image]) -> None:
        """The latest pictures."""
        ...

    def deliver(self, t_s: float, tracks: Sequence[Sequence[Track]]) -> None:
        """Tell the trackers what was found."""
        ...

    def close(self) -> None:
        """Stop."""
        ...


class NoSearch:
    """None: the trackers search themselves."""

    def show(self, images: tuple[Image, Image]) -> None:
        """Nothing to do."""

    def deliver(self, t_s: float, tracks: Sequence[Sequence[Track]]) -> None:
        """Nothing to tell."""

    def close(self) -> None:
        """Nothing to stop."""


class BackgroundSearch:
    """Searches the latest pictures of both cameras in turn.

    Args:
        detector: may be the trackers' own; it is used on another thread.
        trackers: of camera 0 and 1; told what was found by :meth:`deliver` only.
    """

    def __init__(self, detector: Searching, trackers: Sequence[Expectant]) -> None:
        self._detector, self._trackers = detector, tuple(trackers)
        self._condition = threading.Condition()
        self._images: tuple[Image, Image] | None = None
        self._found: list[tuple[int, list[Face]]] = []
        self._told: tuple[list[tuple[float, np.ndarray]], list[tuple[float, np.ndarray]]] = ([], [])
        self._stop = False
        self._news = True
        self._failure: BaseException | None = None
        self.searches = 0
        self.seconds = 0.0
        self._thread = threading.Thread(target=self._run, name="gazeclass-search", daemon=True)
        self._thread.start()

    def show(self, images: tuple[Image, Image]) -> None:
        """The latest pictures; older ones that were not searched are forgotten."""
        with self._condition:
            if self._failure is not None:
                raise self._failure
            self._images = images
            self._condition.notify_all()

    def deliver(self, t_s: float, tracks: Sequence[Sequence[Track]]) -> None:
        """Tell the trackers what was found since the last call. Call it where the trackers are called.

        Args:
            t_s: lesson time.
            tracks: of camera 0 and 1 now; finds on none of them are news.
        """
        with self._condition:
            found, self._found = self._found, []
        for camera, faces in found:
            boxes = np.array([face.box_px for face in faces]).reshape(-1, 4)
            fresh = _apart(boxes, np.array([track.face.box_px for track in tracks[camera]]).reshape(-1, 4))
            told = [(told_s, box) for told_s, box in self._told[camera] if told_s > t_s - _OLD_S]
            self._news = bool(len(_apart(fresh, np.array([box for _, box in told]).reshape(-1, 4))))
            self._told[camera][:] = told + [(t_s, box) for box in fresh]
            if len(fresh):
                self._trackers[camera].expect(fresh, t_s + _WORTH_S)

    def close(self) -> None:
        """Stop; a search under way is waited for."""
        with self._condition:
            self._stop = True
            self._condition.notify_all()
        self._thread.join()

    def _run(self) -> None:
        camera = 0
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._stop or self._images is not None)
                if self._stop:
                    return
                assert self._images is not None
                image = self._images[camera]
                self._images = None
            start = time.monotonic()
            try:
                faces = self._detector.detect(image, camera)
            except BaseException as error:  # told to whoever shows the next pictures
                self._failure = error
                return
            took = time.monotonic() - start
            with self._condition:
                self._found.append((camera, faces))
                self.searches += 1
                self.seconds += took
                rest = took * (_REST[0] if self._news else _REST[1])
                self._condition.wait_for(lambda: self._stop, rest)
            camera = 1 - camera


def _apart(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Those of ``boxes`` ``(n, 4)`` that lie on none of ``others`` ``(m, 4)``."""
    if not len(boxes) or not len(others):
        return boxes
    return boxes[overlap(boxes, others).max(axis=1) < _SAME]
