"""Taking things out of the roster for good, from the copy beside it too: a withdrawn consent, a student, a class."""

from datetime import UTC, date, datetime
from pathlib import Path

from gazeclass.lesson.documents_removal import RECEIPTS, Receipt, write_receipt
from gazeclass.lesson.roster import Consent
from gazeclass.lesson.roster_file import RosterFile

_NOTE = "Taken out of the roster and of the copy beside it. Copies elsewhere are out of this program's reach."


def set_consent(opened: RosterFile, group: str, pseudonym: str, *, given: bool, until: date | None = None) -> None:
    """Enter a student's answer; after a no the portraits are deleted at once.

    Raises:
        InputError: no such student, or the roster cannot be written.
    """
    old = opened.roster.group(group)
    fields: dict[str, object] = {"consent": Consent(given, until if given else None)}
    if not given:
        fields["portraits"] = ()
    opened.save(opened.roster.replace_class(group, old.change(pseudonym, **fields)), forget=not given)


def forget_student(opened: RosterFile, group: str, pseudonym: str, *, why: str = "asked for") -> Path:
    """Delete a student.

    Returns:
        The receipt, in ``receipts`` beside the roster; it holds the pseudonym, not the name.

    Raises:
        InputError: no such student, or the roster cannot be written.
    """
    roster = opened.roster
    opened.save(roster.replace_class(group, roster.group(group).without(pseudonym)), forget=True)
    return _receipt(opened, "student", pseudonym, why)


def forget_class(opened: RosterFile, group: str, *, why: str = "asked for") -> Path:
    """Delete a class with its students.

    Returns:
        The receipt; it says how many went, and their pseudonyms.

    Raises:
        InputError: no such class, or the roster cannot be written.
    """
    gone = " ".join(sorted(student.pseudonym for student in opened.roster.group(group).students))
    opened.save(opened.roster.remove_class(group), forget=True)
    return _receipt(opened, "class", gone or "empty", why)


def _receipt(opened: RosterFile, what: str, name: str, why: str) -> Path:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    receipt = Receipt(now, what, why, name, lesson=opened.path.name, note=_NOTE)
    return write_receipt(receipt, opened.path.parent / RECEIPTS)
