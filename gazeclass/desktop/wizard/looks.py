"""Somebody at a known place looks at a marked point: gather what the program sees of them, picture by picture."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gazeclass.calibration.check import BoardPoint, Place, measure_look
from gazeclass.calibration.classroom import load_classroom
from gazeclass.calibration.notes import CheckReading
from gazeclass.capture.pairs import FramePair
from gazeclass.desktop.wizard.sources import Shot
from gazeclass.geometry.rotation import Array

#: So many pictures make a look; after so many without a face it is given up.
PICTURES, PATIENCE = 12, 60
#: Whoever is farther from the place than this is somebody else.
NEAR_M = 0.8


@dataclass(frozen=True, eq=False)
class LookProgress:
    """How far a look is.

    Attributes:
        seen: pictures in which the head was measured.
        looked: pictures in all.
        reading: the finished look, None before.
    """

    seen: int
    looked: int
    reading: CheckReading | None = None


@dataclass
class LookMeter:
    """Called with every moment, in the searching thread.

    Attributes:
        classroom: file of the classroom.
        place, point: where the person is and looks.
        make: makes the pipeline from the classroom; slow, so only at the first picture.
    """

    classroom: Path
    place: Place
    point: BoardPoint
    make: Callable[[Any], Any] | None = None
    _pipeline: Any = None
    _positions: list[Array] = field(default_factory=list)
    _rotations: list[Array] = field(default_factory=list)
    _looked: int = 0
    _done: bool = False

    def __call__(self, shot: Shot) -> LookProgress | None:
        """One more moment; None where a camera gave no picture or the look is done.

        Raises:
            InputError: the head was hardly seen, or the pictures do not fit the classroom.
        """
        first, second = shot.images
        if first is None or second is None or self._done:
            return None
        if self._pipeline is None:
            self._pipeline = self._build()
        pair = FramePair(shot.t_s, (first, second), shot.skew_s, self._looked)
        place = np.array(self.place.position_m)
        seen = [o for o in self._pipeline.process(pair) if np.isfinite(o.position_W_m).all() and o.cameras]
        near = min(seen, key=lambda o: float(np.linalg.norm(o.position_W_m - place)), default=None)
        self._looked += 1
        if near is not None and float(np.linalg.norm(near.position_W_m - place)) < NEAR_M:
            self._positions.append(near.position_W_m)
            self._rotations.append(near.R_WS)
        reading = None
        if len(self._positions) >= PICTURES or self._looked >= PATIENCE:
            self._done = True
            reading = measure_look(self.place, self.point, self._positions, self._rotations)
        return LookProgress(len(self._positions), self._looked, reading)

    def _build(self) -> Any:
        classroom = load_classroom(self.classroom)
        if self.make is not None:
            return self.make(classroom)
        from gazeclass.lesson.assembly import build_pipeline

        return build_pipeline(classroom)
