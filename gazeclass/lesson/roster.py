"""Who may be observed: classes of students with pseudonym, seat, consent and what their faces look like to the network.

Everything here is a value: a change gives a new roster, which :mod:`gazeclass.lesson.roster_file` writes encrypted.
Names never leave this room but for the screen and an export that was asked for; lessons know pseudonyms.
"""

import secrets
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np

from gazeclass.errors import InputError
from gazeclass.faces.enrolment import Enrolment, alike

LONGEST_NAME = 200
#: Neither vowels, so that no word comes about, nor what is mistaken for another sign.
_LETTERS, _DIGITS = "BCDFGHJKLMNPQRSTVWXZ", "23456789"
#: Directions written into a text would turn what stands beside it on the screen.
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


@dataclass(frozen=True)
class Consent:
    """Whether a student may be observed.

    Attributes:
        given: yes or no; nobody asked is a no.
        until: last day of a yes; None for no end.
    """

    given: bool = False
    until: date | None = None

    def valid_on(self, day: date) -> bool:
        """Whether the student may be observed on a day."""
        return self.given and (self.until is None or day <= self.until)


@dataclass(frozen=True, eq=False)
class Portrait:
    """What the network made of one picture of a student.

    Attributes:
        embedding: ``(d,)`` unit vector.
        weight: how much it tells, 0 to 1.
        model: that made it; embeddings of another model cannot be compared.
        added: when.
        picture: the picture as PNG, b"" where it was not asked to be kept.
    """

    embedding: np.ndarray
    weight: float
    model: str
    added: date
    picture: bytes = b""


@dataclass(frozen=True)
class RosterStudent:
    """A student.

    Attributes:
        name: as it stands in the register.
        pseudonym: drawn by lot; what every lesson, report and CSV says instead of the name.
        seat: name of the seat in the classroom, "" for none.
        consent: see :class:`Consent`.
        portraits: none for a student who is told by the seat alone.
    """

    name: str
    pseudonym: str
    seat: str = ""
    consent: Consent = field(default_factory=Consent)
    portraits: tuple[Portrait, ...] = ()

    def embedding(self, model: str) -> np.ndarray | None:
        """``(d,)`` unit vector, the weighted mean of the portraits this model made; None without any."""
        own = [p.weight * p.embedding for p in self.portraits if p.model == model]
        if not own:
            return None
        total = np.sum(own, axis=0)
        return np.asarray(total / max(float(np.linalg.norm(total)), 1e-12))


@dataclass(frozen=True)
class RosterClass:
    """A class.

    Attributes:
        name: as the teacher calls it.
        students: in the order of the list.
        classroom: the folder of its classroom in the library, "" for none.
        biometrics: False: nobody's face is compared, students are told apart by their seats alone.
    """

    name: str
    students: tuple[RosterStudent, ...] = ()
    classroom: str = ""
    biometrics: bool = True

    def student(self, wanted: str) -> RosterStudent:
        """A student by pseudonym, or by name where only one has it.

        Raises:
            InputError: nobody, or several.
        """
        found = [s for s in self.students if s.pseudonym == wanted] or [s for s in self.students if s.name == wanted]
        if len(found) == 1:
            return found[0]
        if found:
            these = ", ".join(student.pseudonym for student in found)
            raise InputError(f"{len(found)} students of the class are called '{wanted}'", todo=f"Say which: {these}.")
        raise InputError(f"there is no student '{wanted}' in the class '{self.name}'")

    def change(self, pseudonym: str, **fields: Any) -> "RosterClass":
        """The class with other fields of one student; a seat that was another's is taken from that one.

        Raises:
            InputError: no such student, or an impossible name.
        """
        own = self.student(pseudonym)
        if "name" in fields:
            fields["name"] = clean_name(fields["name"])
        if "seat" in fields:
            fields["seat"] = fields["seat"].strip()
        seat = fields.get("seat", "")

        def changed(student: RosterStudent) -> RosterStudent:
            if student is own:
                return replace(student, **fields)
            return replace(student, seat="") if seat and student.seat == seat else student

        return replace(self, students=tuple(changed(student) for student in self.students))

    def without(self, pseudonym: str) -> "RosterClass":
        """The class without a student."""
        gone = self.student(pseudonym)
        return replace(self, students=tuple(student for student in self.students if student is not gone))

    def consenting(self, day: date) -> tuple[RosterStudent, ...]:
        """Students who may be observed on a day."""
        return tuple(student for student in self.students if student.consent.valid_on(day))

    def withheld(self, day: date) -> tuple[RosterStudent, ...]:
        """Students who may not: they are blurred and never become observations."""
        return tuple(student for student in self.students if not student.consent.valid_on(day))

    def names(self) -> dict[str, str]:
        """Pseudonym → name, for an export with names that was asked for."""
        return {student.pseudonym: student.name for student in self.students}


@dataclass(frozen=True)
class Roster:
    """All classes."""

    classes: tuple[RosterClass, ...] = ()

    def group(self, name: str) -> RosterClass:
        """A class by its name.

        Raises:
            InputError: there is none.
        """
        for one in self.classes:
            if one.name == name:
                return one
        known = ", ".join(f"'{one.name}'" for one in self.classes) or "no class yet"
        raise InputError(f"there is no class '{name}' in the roster", todo=f"There is: {known}.")

    def names(self) -> dict[str, str]:
        """Pseudonym → name of everybody, for an export with names that was asked for."""
        return {pseudonym: name for one in self.classes for pseudonym, name in one.names().items()}

    def add_class(self, name: str, *, classroom: str = "", biometrics: bool = True) -> "Roster":
        """With one more, empty class.

        Raises:
            InputError: the name is taken or impossible.
        """
        name = clean_name(name, "class")
        if any(one.name == name for one in self.classes):
            raise InputError(f"there is a class '{name}' already")
        return replace(self, classes=(*self.classes, RosterClass(name, (), classroom, biometrics)))

    def replace_class(self, name: str, new: RosterClass) -> "Roster":
        """With another version of a class.

        Raises:
            InputError: no such class, or its new name is taken.
        """
        old = self.group(name)
        new = replace(new, name=clean_name(new.name, "class"))
        if new.name != name and any(one.name == new.name for one in self.classes):
            raise InputError(f"there is a class '{new.name}' already")
        return replace(self, classes=tuple(new if one is old else one for one in self.classes))

    def remove_class(self, name: str) -> "Roster":
        """Without a class."""
        gone = self.group(name)
        return replace(self, classes=tuple(one for one in self.classes if one is not gone))

    def add_students(self, name: str, students: Iterable[str]) -> "Roster":
        """With more students in a class, each under a new pseudonym and without consent.

        Args:
            name: of the class.
            students: their names; two may have one name.

        Raises:
            InputError: no such class, or an impossible name.
        """
        group = self.group(name)
        taken = {student.pseudonym for one in self.classes for student in one.students}
        new = []
        for student in students:
            pseudonym = draw_pseudonym(taken)
            taken.add(pseudonym)
            new.append(RosterStudent(clean_name(student), pseudonym))
        return self.replace_class(name, replace(group, students=(*group.students, *new)))

    def enrolment(self, name: str, day: date, model: str = "identity") -> Enrolment:
        """What matching needs of a class: those with consent on a day and a portrait, under their pseudonyms.

        Args:
            name: of the class.
            day: of the lesson.
            model: the embedding model in use.

        Returns:
            Sorted by pseudonym; its warnings name pseudonyms only. Students with consent but without a portrait are
            in a warning: they can be told by their seats only.
        """
        consenting = sorted(self.group(name).consenting(day), key=lambda student: student.pseudonym)
        known = [(s.pseudonym, vector) for s in consenting if (vector := s.embedding(model)) is not None]
        names = tuple(pseudonym for pseudonym, _ in known)
        embeddings = np.array([vector for _, vector in known]) if known else np.empty((0, 0))
        unknown = [student.pseudonym for student in consenting if student.pseudonym not in names]
        warnings = alike(names, embeddings)
        if unknown:
            warnings += (f"There is no portrait of {', '.join(unknown)}: nobody will be recognised as them.",)
        return Enrolment(names, embeddings, warnings)


def clean_name(name: str, what: str = "student") -> str:
    """A name as it is kept: composed characters, single spaces, nothing invisible that would turn the text around.

    Names in any script are names, also one that begins with "=" or runs from right to left.

    Raises:
        InputError: empty, or longer than 200 characters.
    """
    text = unicodedata.normalize("NFC", name).translate(_TURNING)
    text = "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in text)
    text = " ".join(text.split())
    if not text:
        raise InputError(f"the {what} needs a name")
    if len(text) > LONGEST_NAME:
        raise InputError(
            f"the name of the {what} has {len(text)} characters", todo=f"Shorten it to {LONGEST_NAME} or fewer."
        )
    return text


def draw_pseudonym(taken: Iterable[str], choice: Callable[[str], str] = secrets.choice) -> str:
    """A pseudonym nobody has, drawn by lot, so that nothing leads from it to the name: two letters and two digits.

    Raises:
        InputError: all 25 600 are taken.
    """
    taken = frozenset(taken)
    if len(taken) >= (len(_LETTERS) * len(_DIGITS)) ** 2:
        raise InputError("every pseudonym is taken", todo="Remove students of former years.")
    while True:
        drawn = choice(_LETTERS) + choice(_LETTERS) + choice(_DIGITS) + choice(_DIGITS)
        if drawn not in taken:
            return drawn
