import base64
import json
import stat
from dataclasses import replace
from datetime import date

import keyring
import keyring.backend
import keyring.errors
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeclass.errors import InputError
from gazeclass.lesson import roster_keys
from gazeclass.lesson.roster import Consent, Portrait, Roster, clean_name, draw_pseudonym
from gazeclass.lesson.roster_file import MAGIC, RosterFile, backup_of, lock_of, restore_backup
from gazeclass.lesson.roster_json import from_json, to_json
from gazeclass.lesson.roster_keys import new_keyring_key, new_passphrase_key
from gazeclass.lesson.roster_removal import forget_class, forget_student, set_consent

DAY = date(2026, 3, 2)
NAMES = ("Ada Lovelace", "=HYPERLINK(1)", "王小明", "محمد بن سلمان", "x" * 200, "Ada Lovelace")
PASSPHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch):
    """Scrypt's cost is what it is for; a test has no time for it."""
    monkeypatch.setattr(roster_keys, "_SCRYPT", {"n": 2**4, "r": 8, "p": 1})


def portrait(seed, model="identity", picture=b""):
    vector = np.random.default_rng(seed).normal(size=16)
    return Portrait(vector / np.linalg.norm(vector), 0.8, model, DAY, picture)


@pytest.fixture
def roster():
    return Roster().add_class("7b", classroom="room-3").add_students("7b", NAMES)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "roster.gzr"


@pytest.fixture
def opened(path, roster):
    return RosterFile.create(path, new_passphrase_key(PASSPHRASE), roster)


# --- the value ---


def test_students_begin_with_a_pseudonym_and_without_consent(roster):
    students = roster.group("7b").students
    assert [s.name for s in students] == list(NAMES)
    assert len({s.pseudonym for s in students}) == len(NAMES)
    assert all(len(s.pseudonym) == 4 and s.pseudonym.isalnum() for s in students)
    assert roster.group("7b").consenting(DAY) == ()
    assert roster.group("7b").withheld(DAY) == students


def test_pseudonyms_are_drawn_anew_for_the_same_names():
    drawn = {Roster().add_class("c").add_students("c", ["Ada"]).group("c").students[0].pseudonym for _ in range(40)}
    assert len(drawn) > 30


def test_a_pseudonym_that_is_taken_is_not_given_again():
    signs = iter("BB22" + "BB22" + "BC22")
    assert draw_pseudonym({"BB22"}, lambda _: next(signs)) == "BC22"
    everybody = {f"{k}" for k in range(25_600)}
    with pytest.raises(InputError, match="every pseudonym is taken"):
        draw_pseudonym(everybody)


@pytest.mark.parametrize(
    ("consent", "valid"),
    [
        (Consent(), False),
        (Consent(True), True),
        (Consent(True, DAY), True),
        (Consent(True, date(2026, 3, 1)), False),
        (Consent(False, date(2030, 1, 1)), False),
    ],
)
def test_consent_ends_after_its_last_day(consent, valid):
    assert consent.valid_on(DAY) is valid


def test_enrolment_is_of_those_with_consent_and_portrait_under_pseudonyms(roster):
    group = roster.group("7b")
    yes, over, no, bare, other, _ = (s.pseudonym for s in group.students)
    group = group.change(yes, consent=Consent(True), portraits=(portrait(1), portrait(2)))
    group = group.change(over, consent=Consent(True, date(2026, 3, 1)), portraits=(portrait(3),))
    group = group.change(no, portraits=(portrait(4),))
    group = group.change(bare, consent=Consent(True))
    group = group.change(other, consent=Consent(True), portraits=(portrait(5, "another"),))
    roster = roster.replace_class("7b", group)
    enrolment = roster.enrolment("7b", DAY)
    assert enrolment.names == (yes,)
    mean = portrait(1).embedding + portrait(2).embedding
    np.testing.assert_allclose(enrolment.embeddings, [mean / np.linalg.norm(mean)])
    assert sorted(enrolment.warnings[-1].split(":")[0].removeprefix("There is no portrait of ").split(", ")) == sorted(
        [bare, other]
    )
    assert "Ada" not in repr(enrolment)
    assert roster.enrolment("7b", date(2026, 3, 1)).names == tuple(sorted((yes, over)))


def test_a_class_without_portraits_has_an_empty_enrolment(roster):
    enrolment = roster.enrolment("7b", DAY)
    assert (enrolment.names, enrolment.embeddings.shape) == ((), (0, 0))


def test_a_seat_has_one_student(roster):
    first, second = roster.group("7b").students[:2]
    group = roster.group("7b").change(first.pseudonym, seat="A1").change(second.pseudonym, seat=" A1 ")
    assert [s.seat for s in group.students] == ["", "A1", "", "", "", ""]
    group = group.change(second.pseudonym, seat="A1").change(first.pseudonym, seat="")
    assert [s.seat for s in group.students[:2]] == ["", "A1"]


def test_students_are_found_by_pseudonym_or_by_a_name_that_is_theirs_alone(roster):
    group = roster.group("7b")
    assert group.student("王小明") is group.students[2]
    assert group.student(group.students[0].pseudonym) is group.students[0]
    with pytest.raises(InputError, match=r"2 students of the class are called 'Ada Lovelace'\. Say which: "):
        group.student("Ada Lovelace")
    with pytest.raises(InputError, match="no student 'Bob'"):
        group.student("Bob")
    assert len(group.without(group.students[0].pseudonym).students) == 5
    assert group.names()[group.students[3].pseudonym] == "محمد بن سلمان"


def test_classes_have_names_of_their_own(roster):
    with pytest.raises(InputError, match="there is a class '7b' already"):
        roster.add_class(" 7b ")
    two = roster.add_class("8a")
    with pytest.raises(InputError, match="there is a class '8a' already"):
        two.replace_class("7b", replace(two.group("7b"), name="8a"))
    assert [c.name for c in two.remove_class("7b").classes] == ["8a"]
    with pytest.raises(InputError, match=r"no class '9c' in the roster\. There is: '7b', '8a'"):
        two.group("9c")
    with pytest.raises(InputError, match="no class yet"):
        Roster().group("x")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ada \t Lovelace\n", "Ada Lovelace"),
        ("=1+1", "=1+1"),
        ("Zoe\u0308", "Zoë"),
        ("evil\u202egnirts", "evilgnirts"),
        ("נועה", "נועה"),
        ("a\x00b", "a b"),
    ],
)
def test_names_are_kept_as_they_are_but_for_what_cannot_be_seen(typed, kept):
    assert clean_name(typed) == kept


@pytest.mark.parametrize(("typed", "said"), [("  ", "needs a name"), ("x" * 201, "201 characters.*200 or fewer")])
def test_impossible_names_are_refused(roster, typed, said):
    with pytest.raises(InputError, match=said):
        roster.add_students("7b", [typed])


# --- the text ---


@given(st.lists(st.text(min_size=1, max_size=40).filter(lambda t: clean(t)), max_size=6))
def test_every_roster_comes_back_from_its_text(names):
    roster = Roster().add_class("c", biometrics=False).add_students("c", names)
    group = roster.group("c")
    for k, student in enumerate(group.students):
        until = None if k % 2 else date(2026, 12, 31)
        group = group.change(
            student.pseudonym, seat=f"A{k}", consent=Consent(k % 3 == 0, until), portraits=(portrait(k, picture=b"p"),)
        )
    back = from_json(to_json(roster.replace_class("c", group))).group("c")
    for a, b in zip(group.students, back.students, strict=True):
        assert (a.name, a.pseudonym, a.seat, a.consent) == (b.name, b.pseudonym, b.seat, b.consent)
        np.testing.assert_allclose(a.portraits[0].embedding, b.portraits[0].embedding, atol=1e-7)
        assert a.portraits[0].picture == b.portraits[0].picture
    assert not back.biometrics


def clean(text):
    try:
        return clean_name(text)
    except InputError:
        return ""


# --- the file ---


def test_a_roster_is_opened_with_its_passphrase_only(path, opened):
    assert lock_of(path) == opened.lock == "passphrase"
    read = RosterFile.open(path, PASSPHRASE).roster
    assert [s.name for s in read.group("7b").students] == list(NAMES)
    with pytest.raises(InputError, match=r"not the passphrase of this roster\. Try again"):
        RosterFile.open(path, "Correct horse battery")
    with pytest.raises(InputError, match="locked with a passphrase"):
        RosterFile.open(path)


def test_the_file_gives_nothing_away(path, opened):
    group = opened.roster.group("7b")
    opened.save(
        opened.roster.replace_class(
            "7b", group.change(group.students[0].pseudonym, seat="A1", portraits=(portrait(1, picture=b"\x89PNG\r\n"),))
        )
    )
    for file in (path, backup_of(path)):
        data = file.read_bytes()
        for text in (*NAMES, "Ada", "7b", "room-3", *(s.pseudonym for s in group.students)):
            for coded in (text.encode(), text.encode("utf-16-le"), base64.b64encode(text.encode()).rstrip(b"=")[:-1]):
                assert len(coded) < 3 or coded not in data
        assert portrait(1).embedding.astype("<f4").tobytes() not in data
        assert b"\x89PNG" not in data
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_one_student_more_does_not_show_in_the_length(path, opened):
    size = path.stat().st_size
    opened.save(opened.roster.add_students("7b", ["Bob"]))
    assert path.stat().st_size == size


def test_no_two_files_are_alike(path, opened):
    before = path.read_bytes()
    opened.save(opened.roster)
    after = path.read_bytes()
    same = sum(a == b for a, b in zip(before[300:], after[300:], strict=False))
    assert same < 0.05 * len(after)


def test_every_flipped_bit_is_noticed(path, opened):
    data = path.read_bytes()
    rng = np.random.default_rng(3)
    for place in [*range(0, 8 * 12), *rng.integers(0, 8 * len(data), 200)]:
        flipped = bytearray(data)
        flipped[place // 8] ^= 1 << (place % 8)
        path.write_bytes(flipped)
        with pytest.raises(InputError, match="damaged or cut off"):
            RosterFile.open(path, PASSPHRASE)
    path.write_bytes(data)
    RosterFile.open(path, PASSPHRASE)


@pytest.mark.parametrize("length", [1, 7, 8, 20, 43, 44, 500, -1])
def test_a_truncated_roster_is_refused(path, opened, length):
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(InputError, match="damaged or cut off"):
        RosterFile.open(path, PASSPHRASE)


def test_files_that_are_no_roster(path):
    with pytest.raises(InputError, match="there is no roster here"):
        RosterFile.open(path, PASSPHRASE)
    for data in (b"a letter to my mother, long enough to be anything at all", b"PK\x03\x04"):
        path.write_bytes(data)
        with pytest.raises(InputError, match="not a roster"):
            RosterFile.open(path, PASSPHRASE)


def resigned(data):
    import hashlib

    return data + hashlib.sha256(data).digest()


def test_a_newer_roster_is_refused(path, opened):
    data = path.read_bytes()[:-32].replace(b'"version": 1', b'"version": 9')
    path.write_bytes(resigned(data))
    with pytest.raises(InputError, match=r"newer gazeclass.*Update"):
        RosterFile.open(path, PASSPHRASE)


def test_an_authenticated_header_cannot_be_exchanged(path, opened):
    """Whoever can write the file, but has no key, cannot make it open with other costs or another version."""
    data = path.read_bytes()[:-32].replace(b'"version": 1', b'"version": 0')
    path.write_bytes(resigned(data))
    with pytest.raises(InputError, match="not the passphrase"):
        RosterFile.open(path, PASSPHRASE)


def test_a_forged_header_does_not_eat_the_memory(path, opened):
    data = path.read_bytes()[:-32]
    header = data[12 : 12 + int.from_bytes(data[8:12], "little")]
    forged = json.loads(header)
    forged["key"]["n"] = 2**30
    new = json.dumps(forged).encode()
    path.write_bytes(resigned(MAGIC + len(new).to_bytes(4, "little") + new + data[12 + len(header) :]))
    with pytest.raises(InputError, match="damaged"):
        RosterFile.open(path, PASSPHRASE)


def test_the_last_good_copy_is_kept_and_can_be_put_back(path, opened):
    opened.save(opened.roster.add_class("8a"))
    path.write_bytes(b"GZROSTER" + bytes(100))
    with pytest.raises(InputError, match=r"last good copy is roster\.gzr\.bak"):
        RosterFile.open(path, PASSPHRASE)
    aside = restore_backup(path)
    assert aside.read_bytes() == b"GZROSTER" + bytes(100)
    assert [c.name for c in RosterFile.open(path, PASSPHRASE).roster.classes] == ["7b"]
    with pytest.raises(InputError, match="not damaged"):
        restore_backup(path)


def test_two_programs_do_not_overwrite_each_other(path, opened):
    other = RosterFile.open(path, PASSPHRASE)
    other.save(other.roster.add_class("8a"))
    with pytest.raises(InputError, match="another program has changed the roster"):
        opened.save(opened.roster.add_class("9c"))
    assert [c.name for c in RosterFile.open(path, PASSPHRASE).roster.classes] == ["7b", "8a"]
    path.unlink()
    with pytest.raises(InputError, match="moved or deleted"):
        other.save(other.roster)


def test_a_roster_is_not_overwritten_by_a_new_one(path, opened):
    with pytest.raises(InputError, match="there is a roster already"):
        RosterFile.create(path, new_passphrase_key(PASSPHRASE))


def test_a_failed_write_leaves_the_old_one(path, opened, monkeypatch):
    import os

    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left"):
        opened.save(opened.roster.add_class("8a"))
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [c.name for c in opened.roster.classes] == ["7b"]


def test_after_a_change_of_passphrase_the_old_one_opens_nothing(path, opened):
    opened.save(opened.roster.add_class("8a"))
    opened.change_key(new_passphrase_key("another one entirely"))
    for file in (path, backup_of(path)):
        with pytest.raises(InputError, match="not the passphrase"):
            RosterFile.open(file, PASSPHRASE)
        assert len(RosterFile.open(file, "another one entirely").roster.classes) == 2


@pytest.mark.parametrize("short", ["", "1234567"])
def test_short_passphrases_are_refused(short):
    with pytest.raises(InputError, match="three or four words"):
        new_passphrase_key(short)


def test_one_passphrase_however_it_is_typed(path):
    RosterFile.create(path, new_passphrase_key("Zoe\u0308s Passwort"))
    RosterFile.open(path, "Zoës Passwort")


class MemoryKeyring(keyring.backend.KeyringBackend):
    priority = 1

    def __init__(self):
        super().__init__()
        self.kept = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        if (service, username) not in self.kept:
            raise keyring.errors.PasswordDeleteError("absent")
        del self.kept[service, username]


@pytest.fixture
def ring():
    before = keyring.get_keyring()
    own = MemoryKeyring()
    keyring.set_keyring(own)
    yield own
    keyring.set_keyring(before)


def test_the_keyring_opens_the_roster_unasked(path, roster, ring):
    assert roster_keys.keyring_works()
    RosterFile.create(path, new_keyring_key(), roster)
    assert lock_of(path) == "keyring"
    opened = RosterFile.open(path)
    assert len(opened.roster.group("7b").students) == 6
    opened.change_key(new_passphrase_key(PASSPHRASE))
    assert ring.kept == {}
    assert RosterFile.open(path, PASSPHRASE).lock == "passphrase"


def test_a_roster_carried_to_another_computer_stays_closed(path, roster, ring):
    RosterFile.create(path, new_keyring_key(), roster)
    kept = dict(ring.kept)
    ring.kept.clear()
    with pytest.raises(InputError, match=r"key is not in this computer's keyring\. Open it on the computer"):
        RosterFile.open(path)
    ring.kept.update(dict.fromkeys(kept, base64.b64encode(bytes(32)).decode()))
    with pytest.raises(InputError, match="does not open this roster"):
        RosterFile.open(path)


def test_a_computer_without_a_keyring_says_so():
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    try:
        assert not roster_keys.keyring_works()
        with pytest.raises(InputError, match="Use a passphrase instead"):
            new_keyring_key()
    finally:
        keyring.set_keyring(before)


# --- removing ---


def test_a_no_deletes_the_portraits_from_the_copy_too(path, opened):
    group = opened.roster.group("7b")
    first = group.students[0].pseudonym
    opened.save(opened.roster.replace_class("7b", group.change(first, portraits=(portrait(1),))))
    set_consent(opened, "7b", first, given=True, until=DAY)
    assert len(opened.roster.group("7b").student(first).portraits) == 1
    set_consent(opened, "7b", first, given=False)
    for file in (path, backup_of(path)):
        student = RosterFile.open(file, PASSPHRASE).roster.group("7b").student(first)
        assert (student.portraits, student.consent) == ((), Consent())


def test_a_deleted_student_is_in_no_copy(path, opened):
    gone = opened.roster.group("7b").students[2]
    receipt = json.loads(forget_student(opened, "7b", gone.pseudonym).read_text(encoding="utf-8"))
    assert receipt["name"] == gone.pseudonym
    assert gone.name not in json.dumps(receipt, ensure_ascii=False)
    for file in (path, backup_of(path)):
        assert len(RosterFile.open(file, PASSPHRASE).roster.group("7b").students) == 5


def test_a_deleted_class_is_in_no_copy(path, opened):
    receipt = json.loads(forget_class(opened, "7b").read_text())
    assert len(receipt["name"].split()) == 6
    for file in (path, backup_of(path)):
        assert RosterFile.open(file, PASSPHRASE).roster == Roster()
