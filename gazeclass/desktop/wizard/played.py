"""Cameras that are not there: a list of moments played as two live cameras. For tests, benchmarks and the guide."""

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from gazeclass.desktop.wizard.sources import Shot
from gazeclass.errors import InputError

Moment = tuple[np.ndarray, np.ndarray]


class PlayedCameras:
    """Plays moments again and again, as a :class:`gazeclass.desktop.wizard.sources.Source`.

    Args:
        moments: pictures of both cameras.
        step_s: time between two pictures, as they state it.
        pace_s: time between two pictures, as they come; None: as stated.
        hold: how many times in a row each moment is given.
        lost_after: the left camera is gone after so many pictures, the first time they are played.
        names: of the cameras.
        waits: wait for the search, as a patient camera: on a loaded machine live pictures would pass unseen.
        locks: whether focus and exposure can be locked, of each camera; None where that is not known.
    """

    stills = False

    def __init__(
        self,
        moments: Sequence[Moment],
        *,
        step_s: float = 0.2,
        pace_s: float | None = None,
        hold: int = 1,
        lost_after: int | None = None,
        names: tuple[str, str] = ("A", "B"),
        waits: bool = False,
        locks: tuple[tuple[bool | None, bool | None], tuple[bool | None, bool | None]] = ((None, None), (None, None)),
    ) -> None:
        self.names, self.waits = names, waits
        self._moments, self._hold, self._lost_after, self._locks = moments, hold, lost_after, locks
        self._step_s, self._pace_s = step_s, step_s if pace_s is None else pace_s
        self._clock = threading.Event()
        #: How often playing was begun, and how many pictures were given.
        self.plays = self.given = 0

    def shots(self, part: str) -> Iterator[Shot]:
        """Whatever ``part`` is asked for. A camera gives new arrays each time."""
        self.plays += 1
        start = time.monotonic()
        k = 0
        while True:
            if self._lost_after is not None and k >= self._lost_after and self.plays == 1:
                raise InputError(
                    "the camera is gone", where=self.names[0], todo="Plug it in again, then press Try again."
                )
            self._clock.wait(max(0.0, start + k * self._pace_s - time.monotonic()))
            left, right = self._moments[(k // self._hold) % len(self._moments)]
            yield Shot(k * self._step_s, (left.copy(), right.copy()), 0.0)
            k += 1
            self.given += 1

    def warnings(self) -> tuple[str, ...]:
        """Nothing is wrong with them."""
        return ()

    def locks(self) -> Any:
        """What was said of focus and exposure."""
        return self._locks

    def close(self) -> None:
        """There is nothing to close."""
