"""The search of whole pictures, beside the pipeline instead of in it.

To search a 1080p picture for new faces takes ten times as long as to follow the known ones. Done within a pair it would
make every other pair late, so it is done on a thread of its own, one camera after the other, and what it finds is told
to the trackers as faces to try and places to look at (they look closely and decide themselves). At first, and while
there is somebody whom nobody follows, it searches all the time; in a settled class it rests longer than it works.

Somebody who was there and is not seen any more is sought between those searches where that head should be: that is a
small part of the picture, and with it a student whom the networks see only now and then (hair in the face, turned
away) is found again within a second or two, not whenever a search of everything happens to come at the right moment.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
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
#: Rest after a look at a few places, as a multiple of what it took, and how many places those are at most.
_REST_OF_PLACES, _PLACES = 9.0, 3
_SAME = 0.3
#: What was told and has become no face is no news for so long (a hand, a picture on the wall), in lesson time.
_OLD_S = 20.0


class Searching(Protocol):
    """What is asked of a detector."""

    def detect(self, image: Image, camera: int = 0, *, region: np.ndarray | None = None) -> list[Face]:
        """Faces anywhere in the picture, or in a part of it."""
        ...


class Searched(Expectant, Protocol):
    """A tracker that somebody else searches for."""

    def found(self, faces: Sequence[Face]) -> None:
        """All the faces that were found in a picture of a moment ago, or in a part of it."""
        ...


class Roll(Protocol):
    """Who should be there and is not seen; :class:`gazeclass.faces.matching.Matcher` is one."""

    @property
    def sought_anywhere(self) -> bool:
        """Whether somebody expected is in neither picture whose usual place nobody knows yet."""

    def wanted(self, camera: int) -> np.ndarray:
        """``(n, 4)`` boxes where somebody should be in a camera's picture who is not seen in it."""
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


@dataclass(frozen=True, eq=False)
class _Job:
    """A picture to search: all of it, or at places ``(n, 4)``."""

    camera: int
    image: Image
    places: np.ndarray | None


class BackgroundSearch:
    """Searches the latest pictures of both cameras in turn.

    Args:
        detector: may be the trackers' own; it is used on another thread.
        trackers: of camera 0 and 1; told what was found by :meth:`deliver` only.
        roll: who is missing; asked by :meth:`deliver` only. None seeks nobody in particular.
    """

    def __init__(self, detector: Searching, trackers: Sequence[Searched], roll: Roll | None = None) -> None:
        self._detector, self._trackers, self._roll = detector, tuple(trackers), roll
        self._condition = threading.Condition()
        self._images: tuple[Image, Image] | None = None
        self._found: list[tuple[_Job, list[Face]]] = []
        self._told: tuple[list[tuple[float, np.ndarray]], list[tuple[float, np.ndarray]]] = ([], [])
        self._wanted: list[np.ndarray] = [np.empty((0, 4)), np.empty((0, 4))]
        self._stop = False
        self._news = True
        self._failure: BaseException | None = None
        self._camera = {"whole": 0, "places": 0}
        self._due_s = {"whole": -np.inf, "places": -np.inf}
        self._place = 0
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
            if self._roll is not None:
                self._wanted = [self._roll.wanted(camera) for camera in (0, 1)]
        for job, faces in found:
            known = np.array([track.face.box_px for track in tracks[job.camera]]).reshape(-1, 4)
            fresh = [face for face in faces if len(_apart(face.box_px[None], known))]
            boxes = np.array([face.box_px for face in fresh]).reshape(-1, 4)
            told = self._told[job.camera]
            told[:] = [(told_s, box) for told_s, box in told if told_s > t_s - _OLD_S]
            if job.places is None:
                self._news = bool(len(_apart(boxes, np.array([box for _, box in told]).reshape(-1, 4))))
                self._news |= self._roll is not None and self._roll.sought_anywhere
            told += [(t_s, box) for box in boxes]
            self._trackers[job.camera].found(faces)
            if fresh:
                self._trackers[job.camera].expect(boxes, t_s + _WORTH_S)

    def close(self) -> None:
        """Stop; a search under way is waited for."""
        with self._condition:
            self._stop = True
            self._condition.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._condition:
                while (job := self._next(time.monotonic())) is None and not self._stop:
                    self._condition.wait(self._wait_s(time.monotonic()))
                if self._stop or job is None:
                    return
            start = time.monotonic()
            try:
                faces = self._look(job)
            except BaseException as error:  # told to whoever shows the next pictures
                self._failure = error
                return
            with self._condition:
                self._done(job, faces, start, time.monotonic())

    def _next(self, now_s: float) -> _Job | None:
        """What to search now, in the latest pictures; None while it is time to rest."""
        if self._images is None:
            return None
        if now_s >= self._due_s["places"]:  # first: they take little, and rest ten times as long
            for camera in (self._camera["places"], 1 - self._camera["places"]):
                if len(self._wanted[camera]):
                    return _Job(camera, self._images[camera], self._some(self._wanted[camera]))
        if now_s >= self._due_s["whole"]:
            camera = self._camera["whole"]
            return _Job(camera, self._images[camera], None)
        return None

    def _some(self, places: np.ndarray) -> np.ndarray:
        """A few of the places, others at each call."""
        if len(places) <= _PLACES:
            return places
        self._place += _PLACES
        return places[(self._place + np.arange(_PLACES)) % len(places)]

    def _look(self, job: _Job) -> list[Face]:
        if job.places is None:
            return self._detector.detect(job.image, job.camera)
        reach = np.max(job.places[:, 2:] - job.places[:, :2], axis=1)[:, None]
        regions = job.places + reach * np.array([-1.0, -1.0, 1.0, 1.0])
        return [face for region in regions for face in self._detector.detect(job.image, job.camera, region=region)]

    def _done(self, job: _Job, faces: list[Face], start_s: float, end_s: float) -> None:
        took_s = end_s - start_s
        self._found.append((job, faces))
        self._images = None  # the same pictures are not searched twice
        self.searches += 1
        self.seconds += took_s
        if job.places is None:
            self._due_s["whole"] = end_s + took_s * (_REST[0] if self._news else _REST[1])
            self._camera["whole"] = 1 - job.camera
        else:
            self._due_s["places"] = end_s + took_s * _REST_OF_PLACES
            self._camera["places"] = 1 - job.camera

    def _wait_s(self, now_s: float) -> float | None:
        """Until there may be something to do, if nobody shows pictures before."""
        return None if self._images is None else max(min(self._due_s.values()) - now_s, 0.01)


def _apart(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Those of ``boxes`` ``(n, 4)`` that lie on none of ``others`` ``(m, 4)``."""
    if not len(boxes) or not len(others):
        return boxes
    return boxes[overlap(boxes, others).max(axis=1) < _SAME]
