"""From a class in the roster and a classroom to what a lesson needs: who may be observed, by face or by seat."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from gazeclass.calibration.classroom import Classroom
from gazeclass.errors import InputError
from gazeclass.faces.enrolment import Enrolment
from gazeclass.faces.seats import SeatPlan
from gazeclass.lesson.columns import Student
from gazeclass.lesson.roster import Roster


@dataclass(frozen=True, eq=False)
class ClassPlan:
    """Who may be observed in a lesson, and how they are told apart. Pseudonyms only.

    Attributes:
        enrolment: embeddings; None where seats tell who is who.
        seats: None where faces do.
        students: with their seats and rows as the roster knows them.
        warnings: sentences for whoever starts the lesson.
    """

    enrolment: Enrolment | None
    seats: SeatPlan | None
    students: tuple[Student, ...]
    warnings: tuple[str, ...] = ()


def plan_class(
    roster: Roster, name: str, classroom: Classroom, day: date, *, by_seat: bool = False, model: str = "identity"
) -> ClassPlan:
    """Who may be observed on a day.

    Args:
        roster: open.
        name: of the class.
        classroom: where the lesson is.
        day: of the lesson.
        by_seat: tell students by their seats though the class allows faces to be compared.
        model: the embedding model in use.

    Raises:
        InputError: nobody of the class may be observed, or can be told.
    """
    group = roster.group(name)
    consenting = group.consenting(day)
    if not consenting:
        raise InputError(
            f"nobody of the class '{name}' may be observed today", todo="Enter who has consented in the roster."
        )
    rows = {seat.name: seat.row for seat in classroom.seats}
    students = tuple(Student(s.pseudonym, s.seat if s.seat in rows else "", rows.get(s.seat)) for s in consenting)
    if not by_seat and group.biometrics:
        enrolment = roster.enrolment(name, day, model)
        if not enrolment.names:
            raise InputError(
                f"no student of the class '{name}' has both consent and a portrait",
                todo="Add portraits, or tell the students by their seats.",
            )
        known = tuple(student for student in students if student.name in enrolment.names)
        return ClassPlan(enrolment, None, known, enrolment.warnings)
    homeless = [s.pseudonym for s in consenting if s.seat not in rows]
    warnings = (
        (f"{', '.join(homeless)} have no seat of this classroom: nobody will be recognised as them.",)
        if homeless
        else ()
    )
    at = {student.seat: student.pseudonym for student in consenting}
    seated = tuple(student for student in students if student.seat)
    return ClassPlan(None, seat_plan(classroom, at), seated, warnings)


def seat_plan(classroom: Classroom, students: dict[str, str] | None = None) -> SeatPlan:
    """The seats of a classroom with who sits there.

    Args:
        classroom: with seats.
        students: seat → pseudonym of those who may be observed; None: whoever sits at a seat is called like it (or by
            the student the classroom itself names).

    Raises:
        InputError: the classroom has no seats, or nobody has one of them.
    """
    if not classroom.seats:
        raise InputError(
            "the classroom has no seats, so nobody can be told by the seat",
            where=classroom.name,
            todo="Add [[seats]] to its room.toml (name, row, position_m of the head) and calibrate again.",
        )
    names, observed = [], []
    for seat in classroom.seats:
        student = (seat.student or seat.name) if students is None else students.get(seat.name, "")
        names.append(student or f"seat {seat.name}")
        if student:
            observed.append(student)
    return SeatPlan(tuple(names), np.array([seat.position_m for seat in classroom.seats], float), tuple(observed))


def seats_asked_for(classroom: Classroom, plan: ClassPlan | None, *, by_seat: bool) -> SeatPlan | None:
    """The seats that tell who is who: a class's, or without a class those of the room; None where faces do, or nobody.

    Raises:
        InputError: see :func:`seat_plan`.
    """
    if plan is not None:
        return plan.seats
    return seat_plan(classroom) if by_seat else None
