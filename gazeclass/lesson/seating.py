"""Who sits where, learned while the lesson runs: the usual place of each head, its seat, its row.

A seat that was given (roster, classroom) stays; else the classroom's nearest seat is taken; in a classroom without
seats the rows are told apart by their distance from the board.
"""

import threading
from collections.abc import Iterable, Sequence

import numpy as np

from gazeclass.calibration.classroom import Seat
from gazeclass.geometry.rotation import Array
from gazeclass.lesson.analysis import SEAT_REACH_M
from gazeclass.lesson.columns import Student
from gazeclass.lesson.observation import Observation

#: Two heads belong to two rows when nobody sits in between and they are further apart than this, metres.
ROW_GAP_M = 0.6
#: Usual places follow with this time constant, seconds.
_SETTLE_S = 20.0


class Seating:
    """Usual places. Methods may be called from any thread.

    Args:
        seats: of the classroom.
        students: whose seat or row is known beforehand.
    """

    def __init__(self, seats: Sequence[Seat] = (), students: Iterable[Student] = ()) -> None:
        self._seats = tuple(seats)
        self._given = {student.name: student for student in students if student.seat or student.row is not None}
        self._places: dict[str, Array] = {}
        self._seen_s: dict[str, float] = {}
        self._lock = threading.Lock()

    def learn(self, observations: Iterable[Observation]) -> None:
        """Take in one moment."""
        with self._lock:
            for o in observations:
                if not (o.seen and np.isfinite(o.position_W_m).all()):
                    continue
                old = self._places.get(o.student)
                if old is None:
                    self._places[o.student] = o.position_W_m
                else:
                    gain = 1.0 - np.exp(-min(o.t_s - self._seen_s[o.student], _SETTLE_S) / _SETTLE_S)
                    self._places[o.student] = old + gain * (o.position_W_m - old)
                self._seen_s[o.student] = o.t_s

    def places(self) -> dict[str, Array]:
        """Usual place ``(3,)`` of each student seen so far, WCS metres."""
        with self._lock:
            return dict(self._places)

    def students(self) -> dict[str, Student]:
        """Everybody seen so far or given, with seat and row as far as they are known."""
        places = self.places()
        out = dict(self._given)
        unseated = {}
        for name, place in places.items():
            if name in out:
                continue
            seat = self._nearest(place)
            if seat is not None:
                out[name] = Student(name, seat.name, seat.row)
            else:
                unseated[name] = place
        rows = rows_by_distance(unseated) if not self._seats else {}
        for name in unseated:
            out[name] = Student(name, "", rows.get(name))
        return out

    def _nearest(self, place: Array) -> Seat | None:
        if not self._seats:
            return None
        distance = [float(np.linalg.norm(np.array(seat.position_m) - place)) for seat in self._seats]
        best = int(np.argmin(distance))
        return self._seats[best] if distance[best] <= SEAT_REACH_M else None


def rows_by_distance(places: dict[str, Array]) -> dict[str, int]:
    """Rows, 1 nearest the board, from where the heads are: a new row begins after a gap without anybody."""
    out: dict[str, int] = {}
    row, last = 0, -np.inf
    for name in sorted(places, key=lambda name: float(places[name][2])):
        depth = float(places[name][2])
        row += depth - last > ROW_GAP_M
        out[name], last = row, depth
    return out
