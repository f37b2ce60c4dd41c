"""Whose head pose is measured at this moment, when there is no time to measure everybody's.

The head-pose network is the dearest part of a pair that can be left out for one student and done for another. So when
a machine is too slow the poses take turns: the longer ago a student's last one is, and the more the face has changed
since (place, size, where the five points lie within it), the sooner the next. Nobody waits for ever, and who turns the
head is looked at first.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gazeclass.faces.types import Face
from gazeclass.geometry.rotation import Array

#: Change of the five points, as a share of the face, that doubles the urgency of a look. Measured on the sample lesson:
#: the largest change is 0.035 in the median for a head that holds still (trembling), 0.10 to 0.14 after a turn of 10°.
_CHANGE_OF_FACE = 0.1
#: A change counts for at most so many times the age: nobody who fidgets starves the others.
_MOST_URGENT = 4.0
_RATE_GAIN = 0.2


@dataclass
class _Last:
    t_s: float
    views: dict[int, Array]


class PoseSchedule:
    """Turns among students.

    Args:
        pair_s: what a pair should take, all in all; poses fill what the rest of the pair leaves of it.
        least: students whose pose is measured at every pair, however long it takes.
    """

    def __init__(self, pair_s: float = 0.25, least: int = 2) -> None:
        self.pair_s, self.least = pair_s, least
        self._last: dict[str, _Last] = {}
        self._face_s = 0.0
        self._other_s = 0.0

    @property
    def faces_within(self) -> int:
        """How many faces' poses fit into a pair at the speed measured so far.

        Where all the rest takes most of a pair already, leaving out poses would win little time and lose much: they
        may take as long as the rest.
        """
        if self._face_s <= 0:
            return 1_000_000
        return max(0, int(max(self.pair_s - self._other_s, self._other_s) / self._face_s))

    def choose(self, t_s: float, faces: Mapping[str, Mapping[int, Face]]) -> set[str]:
        """Students whose turn it is.

        Args:
            t_s: lesson time.
            faces: of everybody seen now, by student and camera.
        """
        room = self.faces_within
        chosen: set[str] = set()
        for name in sorted(faces, key=lambda name: (-self.urgency(t_s, name, faces[name]), name)):
            if len(chosen) >= self.least and room < len(faces[name]):
                break
            chosen.add(name)
            room -= len(faces[name])
        for name in chosen:
            self._last[name] = _Last(t_s, {camera: _view(face) for camera, face in faces[name].items()})
        return chosen

    def urgency(self, t_s: float, student: str, faces: Mapping[int, Face]) -> float:
        """Seconds since the last pose, times what the face's change makes of them; infinite for somebody new."""
        last = self._last.get(student)
        if last is None:
            return float("inf")
        changes = [
            float(np.abs(_view(face) - last.views[camera]).max()) / _CHANGE_OF_FACE
            for camera, face in faces.items()
            if camera in last.views
        ]
        # A camera that did not see the face last time makes it new to that camera.
        change = max(changes) if len(changes) == len(faces) else _MOST_URGENT
        return (t_s - last.t_s) * min(1.0 + change, _MOST_URGENT)

    def took(self, faces: int, poses_s: float, other_s: float) -> None:
        """Tell what a pair took: ``poses_s`` for so many faces, ``other_s`` for all the rest."""
        if faces:
            self._face_s = _follow(self._face_s, poses_s / faces)
        self._other_s = _follow(self._other_s, other_s)


def _follow(old: float, new: float) -> float:
    return new if old <= 0 else old + _RATE_GAIN * (new - old)


def _view(face: Face) -> Array:
    """``(6, 2)`` in units of the face's size: the five points within the box, and the box's place."""
    size = max(face.size_px, 1e-6)
    # The place counts a fifth: a head that shifts by half its size without turning is one tenth of a change.
    return np.vstack([(face.landmarks_px - face.centre_px) / size, 0.2 * face.centre_px / size])
