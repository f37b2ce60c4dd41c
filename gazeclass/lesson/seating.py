"""Who sits where, learned while the lesson runs: the usual place of each head, its seat, its row.

A seat that was given (roster, classroom) stays; else the classroom's nearest seat is taken; in a classroom without
seats the rows are told apart by their distance from the board.
"""

import threading
from collections.abc import Iterable, Sequence

import numpy as np

from gazeclass.calibration.room_parts import Seat
from gazeclass.geometry.rotation import Array
from gazeclass.lesson.columns import Student
from gazeclass.lesson.observation import Observation

#: A student belongs to the nearest seat, if it is no further than this from where the head usually is.
SEAT_REACH_M = 0.7
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
        places = {name: place for name, place in self.places().items() if name not in self._given}
        return self._given | seated(places, self._seats)


def seated(places: dict[str, Array], seats: Sequence[Seat]) -> dict[str, Student]:
    """Seat and row of everybody: the nearest seat's, or by the distance from the board where there are no seats.

    Args:
        places: where each head usually is, ``(3,)`` WCS metres.
        seats: of the classroom.
    """
    rows = {} if seats else rows_by_distance(places)
    nearest = {name: _nearest(place, seats) for name, place in places.items()}
    return {
        name: Student(name, "", rows.get(name)) if seat is None else Student(name, seat.name, seat.row)
        for name, seat in nearest.items()
    }


def _nearest(place: Array, seats: Sequence[Seat]) -> Seat | None:
    distance = [float(np.linalg.norm(np.array(seat.position_m) - place)) for seat in seats]
    best = int(np.argmin(distance)) if distance else -1
    return seats[best] if distance and distance[best] <= SEAT_REACH_M else None


def rows_by_distance(places: dict[str, Array]) -> dict[str, int]:
    """Rows, 1 nearest the board, from where the heads are: a new row begins after a gap without anybody."""
    out: dict[str, int] = {}
    row, last = 0, -np.inf
    for name in sorted(places, key=lambda name: float(places[name][2])):
        depth = float(places[name][2])
        row += depth - last > ROW_GAP_M
        out[name], last = row, depth
    return out
