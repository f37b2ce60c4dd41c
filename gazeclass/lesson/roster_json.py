"""The roster as the text that is encrypted: JSON, with a version of its own."""

import base64
import binascii
import json
from datetime import date
from typing import Any

import numpy as np

from gazeclass.lesson.roster import Consent, Portrait, Roster, RosterClass, RosterStudent, clean_name


def to_json(roster: Roster) -> bytes:
    """The roster as UTF-8 text."""
    return json.dumps({"classes": [_class(one) for one in roster.classes]}, ensure_ascii=False).encode()


def from_json(text: bytes) -> Roster:
    """The roster from its text.

    Raises:
        ValueError, KeyError, TypeError: no gazeclass has written it.
        InputError: an impossible name.
    """
    roster = Roster(tuple(_read_class(one) for one in json.loads(text)["classes"]))
    pseudonyms = [student.pseudonym for one in roster.classes for student in one.students]
    if len(set(pseudonyms)) < len(pseudonyms):
        raise ValueError("a pseudonym is there twice")
    return roster


def _class(one: RosterClass) -> dict[str, Any]:
    return {
        "name": one.name,
        "classroom": one.classroom,
        "biometrics": one.biometrics,
        "students": [_student(student) for student in one.students],
    }


def _student(student: RosterStudent) -> dict[str, Any]:
    return {
        "name": student.name,
        "pseudonym": student.pseudonym,
        "seat": student.seat,
        "consent": student.consent.given,
        "consent_until": None if student.consent.until is None else student.consent.until.isoformat(),
        "portraits": [_portrait(portrait) for portrait in student.portraits],
    }


def _portrait(portrait: Portrait) -> dict[str, Any]:
    return {
        "embedding": base64.b64encode(portrait.embedding.astype("<f4").tobytes()).decode(),
        "weight": portrait.weight,
        "model": portrait.model,
        "added": portrait.added.isoformat(),
        "picture": base64.b64encode(portrait.picture).decode(),
    }


def _read_class(raw: dict[str, Any]) -> RosterClass:
    students = tuple(_read_student(student) for student in raw["students"])
    return RosterClass(clean_name(raw["name"], "class"), students, str(raw["classroom"]), bool(raw["biometrics"]))


def _read_student(raw: dict[str, Any]) -> RosterStudent:
    until = raw["consent_until"]
    return RosterStudent(
        name=clean_name(raw["name"]),
        pseudonym=str(raw["pseudonym"]),
        seat=str(raw["seat"]),
        consent=Consent(bool(raw["consent"]), None if until is None else date.fromisoformat(until)),
        portraits=tuple(_read_portrait(portrait) for portrait in raw["portraits"]),
    )


def _read_portrait(raw: dict[str, Any]) -> Portrait:
    try:
        vector = np.frombuffer(base64.b64decode(raw["embedding"], validate=True), "<f4").astype(float)
        picture = base64.b64decode(raw["picture"], validate=True)
    except binascii.Error as error:
        raise ValueError(f"a portrait cannot be decoded ({error})") from error
    length = float(np.linalg.norm(vector))
    if not vector.size or not np.isfinite(length) or length < 1e-6:
        raise ValueError("a portrait is not a direction")
    return Portrait(vector / length, float(raw["weight"]), str(raw["model"]), date.fromisoformat(raw["added"]), picture)
