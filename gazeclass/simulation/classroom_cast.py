"""The class: who sits where and faces what, and who walks between them and the cameras."""

from dataclasses import dataclass, replace

import numpy as np

from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import Array, exp_so3
from gazeclass.simulation.assets import AssetLibrary
from gazeclass.simulation.body import load_body
from gazeclass.simulation.lesson_script import Look, Target, at, between, facing, sample_looks
from gazeclass.simulation.people import Person, sample_person
from gazeclass.simulation.pupils import R_WB_FACING, Pupil, make_pupil
from gazeclass.simulation.room import DESK_TOP_M, SEAT_M, Room
from gazeclass.simulation.room_seating import Seat

WALKING_M_PER_S = 1.2
#: Whoever walks about goes for this long and then stands as long, so that some noses are hidden for seconds.
_STRIDE_S = 1.5
#: A neighbour is looked at a little ahead of the nose, as one leans over; who would need a larger turn is no neighbour.
_NEIGHBOUR_AHEAD_M, _LARGEST_TURN_DEG = 0.25, 80.0


@dataclass(frozen=True, eq=False)
class Student:
    """One student of the lesson: name, seat, the person, the looks and the rotation R_WS of each."""

    name: str
    seat: Seat
    pupil: Pupil
    looks: list[Look]
    R_WS: list[Array]

    def rotation_at(self, t_s: float) -> Array:
        """R_WS at a time."""
        moment = at(self.looks, t_s)
        return between(self.R_WS[moment.first], self.R_WS[moment.second], moment.share)

    def target_at(self, t_s: float) -> tuple[str, Array | None]:
        """The target's name and place; ``turn:from>to`` and None on the way."""
        moment = at(self.looks, t_s)
        first, second = self.looks[moment.first].target, self.looks[moment.second].target
        if moment.first == moment.second:
            return first.name, first.point_W_m
        return f"turn:{first.name}>{second.name}", None


@dataclass(frozen=True, eq=False)
class Walker:
    """Someone who walks to and fro along a path ``(n, 2)`` of floor points x, z."""

    pupil: Pupil
    path: Array

    def at(self, t_s: float) -> tuple[Pupil, Array]:
        """The person where they are at a time, and the face's rotation: straight ahead."""
        steps = np.linalg.norm(np.diff(self.path, axis=0), axis=1)
        reached = np.concatenate([[0.0], np.cumsum(steps)])
        way = walked_m(t_s) % (2.0 * reached[-1])
        back = way > reached[-1]
        way = 2.0 * reached[-1] - way if back else way
        leg = int(np.clip(np.searchsorted(reached, way, side="right") - 1, 0, len(steps) - 1))
        place = self.path[leg] + (way - reached[leg]) / steps[leg] * (self.path[leg + 1] - self.path[leg])
        dx, dz = (self.path[leg + 1] - self.path[leg]) / steps[leg] * (-1.0 if back else 1.0)
        R_WB = exp_so3([0.0, np.arctan2(-dx, -dz), 0.0]) @ R_WB_FACING
        T_WB = Transform(R_WB, np.array([place[0], self.pupil.T_WB.t[1], place[1]]))
        return replace(self.pupil, T_WB=T_WB), facing(np.array([dx, 0.05, dz]), 0.0)


def walked_m(t_s: float) -> float:
    """How far someone has walked who stands still half of the time."""
    cycles, rest = divmod(t_s, 2.0 * _STRIDE_S)
    return float(WALKING_M_PER_S * (cycles * _STRIDE_S + min(rest, _STRIDE_S)))


def make_class(room: Room, seed: int, seconds: float, library: AssetLibrary) -> list[Student]:
    """The students S01, S02, …; each depends on the seed, the room and their number."""
    pupils = []
    for k, seat in enumerate(room.seats):
        rng = np.random.default_rng([seed, 2, k])
        person = sample_person(rng, library)
        pupils.append(make_pupil(_bare_nose(person), rng, library, room.floor_y_m, seat.x_m, seat.z_m, SEAT_M))
    rest = [p.nose_W(p.groups_W(facing(np.array([0.0, 0.0, -1.0]), 0.0))) for p in pupils]
    board = [Target(name, point) for name, point in room.board_points().items()]
    students = []
    for k, (seat, pupil) in enumerate(zip(room.seats, pupils, strict=True)):
        rng = np.random.default_rng([seed, 3, k])
        desk = Target(
            "desk", np.array([seat.x_m + rng.normal(0.0, 0.04), room.floor_y_m - DESK_TOP_M, seat.z_m - 0.42])
        )
        looks = sample_looks(rng, board, desk, _neighbours(k, room.seats, rest), seconds)
        rotations = [pupil.aim(look.target.point_W_m, look.roll_deg) for look in looks]
        students.append(Student(f"S{k + 1:02d}", seat, pupil, looks, rotations))
    return students


def make_walker(room: Room, seed: int, library: AssetLibrary) -> Walker:
    """An adult who crosses before the first row, and behind it where there is a second."""
    rng = np.random.default_rng([seed, 4])
    body = load_body()
    age = body.phenotypes.index("age")
    person = sample_person(rng, library)
    while person.phenotype[age] < 0.6:
        person = sample_person(rng, library)
    x = [-0.7, room.board.width_m + 0.7]
    first, rows = min(s.z_m for s in room.seats), room.seats[-1].row
    path = [[x[0], first - 1.0], [x[1], first - 1.0]]
    if rows > 1:
        path += [[x[1], first + 0.62], [x[0], first + 0.62]]
    return Walker(make_pupil(person, rng, library, room.floor_y_m, x[0], first - 1.0, 0.0), np.array(path))


def _bare_nose(person: Person) -> Person:
    """Without a mask: it would hide the nose tip, which the truth calls hidden, all lesson long."""
    return replace(person, mask=False)


def _neighbours(k: int, seats: tuple[Seat, ...], rest: list[Array]) -> list[Target]:
    """Those in the same row beside one, as far as a head turns."""
    out = []
    for j, seat in enumerate(seats):
        if j == k or seat.row != seats[k].row or abs(seat.column - seats[k].column) != 1:
            continue
        point = rest[j] - np.array([0.0, 0.0, _NEIGHBOUR_AHEAD_M])
        way = point - rest[k]
        if np.degrees(np.arctan2(abs(way[0]), -way[2])) < _LARGEST_TURN_DEG:
            out.append(Target(f"neighbour:S{j + 1:02d}", point))
    return out
