"""The roster on disk: encrypted and authenticated, written whole or not at all, the last good one kept beside.

``GZROSTER`` · length of the header (4 bytes, little-endian) · header (JSON: version, how the key is found, nonce) ·
AES-256-GCM of the roster, with everything before it authenticated · SHA-256 of all of that. The checksum needs no key:
it tells a damaged file from a wrong passphrase. The text is padded, so that its length tells no number of students.
"""

import base64
import contextlib
import hashlib
import json
import os
import struct
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gazeclass.atomic import write_bytes
from gazeclass.errors import InputError
from gazeclass.lesson import roster_json
from gazeclass.lesson.roster import Roster
from gazeclass.lesson.roster_keys import Key, find_key, forget_key

MAGIC = b"GZROSTER"
VERSION = 1
_PAD = 4096
_NOT_ONE = "this is not a roster"


class RosterFile:
    """An open roster: the value, its file and its key. Make one with :meth:`create` or :meth:`open`.

    Attributes:
        path: of the file.
        roster: as it is on disk.
    """

    def __init__(self, path: Path, roster: Roster, key: Key, digest: bytes) -> None:
        self.path, self.roster = path, roster
        self._key, self._digest = key, digest

    @classmethod
    def create(cls, path: Path, key: Key, roster: Roster | None = None) -> "RosterFile":
        """A new file.

        Raises:
            InputError: there is one already, or it cannot be written.
        """
        path = Path(path)
        if path.exists():
            raise InputError("there is a roster already", where=path, todo="Open it, or move it away.")
        made = cls(path, roster or Roster(), key, b"")
        made._write(made.roster)
        return made

    @classmethod
    def open(cls, path: Path, passphrase: str | None = None) -> "RosterFile":
        """An existing file.

        Raises:
            InputError: none there, not a roster, damaged, of a newer gazeclass, or the wrong key.
        """
        path = Path(path)
        header, associated, sealed, digest = _parse(path)
        try:
            key = find_key(header["key"], passphrase)
            nonce = base64.b64decode(header["nonce"])
            text = AESGCM(key.secret).decrypt(nonce, sealed, associated)
            return cls(path, roster_json.from_json(text), key, digest)
        except InvalidTag:
            raise _wrong_key(path, header) from None
        except InputError as error:
            raise InputError(error.what, where=path, todo=error.todo) from error
        except (ValueError, KeyError, TypeError) as error:
            raise _damaged(path) from error

    @property
    def lock(self) -> str:
        """How it is locked: "keyring" or "passphrase"."""
        return str(self._key.header["kind"])

    def save(self, roster: Roster, *, forget: bool = False) -> None:
        """Write another roster, if nobody else has written the file since it was opened.

        Args:
            roster: the new one.
            forget: what is no longer in it shall be in the copy beside it no longer either.

        Raises:
            InputError: changed by another program, or it cannot be written; the old one is whole.
        """
        if not self.path.exists():
            raise InputError("the roster was moved or deleted while it was open", where=self.path, todo="Put it back.")
        old = self.path.read_bytes()
        if old[-32:] != self._digest:
            raise InputError(
                "another program has changed the roster meanwhile", where=self.path, todo="Open it again; then change."
            )
        if not forget:
            _write_private(backup_of(self.path), old)
        self._write(roster)
        if forget:
            _write_private(backup_of(self.path), self.path.read_bytes())

    def change_key(self, key: Key) -> None:
        """Lock the roster, and the copy beside it, with another key; the old one opens neither any more.

        Raises:
            InputError: as :meth:`save`.
        """
        before, self._key = self._key, key
        try:
            self.save(self.roster, forget=True)
        except BaseException:
            self._key = before
            raise
        forget_key(before.header)

    def _write(self, roster: Roster) -> None:
        nonce = os.urandom(12)
        header = json.dumps(
            {"version": VERSION, "key": self._key.header, "nonce": base64.b64encode(nonce).decode()}
        ).encode()
        associated = MAGIC + struct.pack("<I", len(header)) + header
        text = roster_json.to_json(roster)
        text += b" " * (-len(text) % _PAD)
        data = associated + AESGCM(self._key.secret).encrypt(nonce, text, associated)
        digest = hashlib.sha256(data).digest()
        _write_private(self.path, data + digest)
        self.roster, self._digest = roster, digest


def lock_of(path: Path) -> str:
    """How a roster is locked, "keyring" or "passphrase", without opening it.

    Raises:
        InputError: none there, not a roster, damaged, or of a newer gazeclass.
    """
    header, *_ = _parse(Path(path))
    try:
        return str(header["key"]["kind"])
    except (KeyError, TypeError) as error:
        raise _damaged(Path(path)) from error


def backup_of(path: Path) -> Path:
    """Where the last good copy of a roster lies."""
    return path.with_name(path.name + ".bak")


def restore_backup(path: Path) -> Path:
    """Put the last good copy in the place of a damaged roster.

    Returns:
        Where the damaged one was put.

    Raises:
        InputError: there is no good copy, or the roster is not damaged.
    """
    path = Path(path)
    try:
        _parse(path)
    except InputError:
        pass
    else:
        raise InputError("the roster is not damaged", where=path, todo="Open it.")
    backup = backup_of(path)
    _parse(backup)
    aside = path.with_name(path.name + ".damaged")
    with contextlib.suppress(FileNotFoundError):
        path.replace(aside)
    _write_private(path, backup.read_bytes())
    return aside


def _parse(path: Path) -> tuple[dict[str, Any], bytes, bytes, bytes]:
    """Header, what is authenticated, what is encrypted, checksum.

    Raises:
        InputError: see :func:`lock_of`.
    """
    if not path.is_file():
        raise InputError("there is no roster here", where=path, todo="Make one first.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"the roster cannot be read ({error.strerror or error})", where=path) from error
    start = len(MAGIC) + 4
    if len(data) < start + 32 and data[: len(MAGIC)] == MAGIC[: len(data)]:
        raise _damaged(path)
    if data[: len(MAGIC)] != MAGIC:
        # One flipped bit in the first eight bytes is damage, not another kind of file.
        raise _damaged(path) if _sound(MAGIC + data[len(MAGIC) :]) else InputError(_NOT_ONE, where=path)
    if not _sound(data):
        raise _damaged(path)
    (length,) = struct.unpack("<I", data[len(MAGIC) : start])
    try:
        header = json.loads(data[start : start + length])
        version = header["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path) from error
    if not isinstance(version, int) or version > VERSION:
        raise InputError(
            f"the roster was made by a newer gazeclass (format {version})", where=path, todo="Update gazeclass."
        )
    return header, data[: start + length], data[start + length : -32], data[-32:]


def _sound(data: bytes) -> bool:
    return hashlib.sha256(data[:-32]).digest() == data[-32:]


def _damaged(path: Path) -> InputError:
    backup = backup_of(path)
    there = backup.is_file() and path != backup
    todo = f"The last good copy is {backup.name}: `gazeclass roster restore`." if there else "Take it from a copy."
    return InputError("the roster is damaged or cut off", where=path, todo=todo)


def _wrong_key(path: Path, header: dict[str, Any]) -> InputError:
    if header["key"]["kind"] == "passphrase":
        return InputError(
            "this is not the passphrase of this roster", where=path, todo="Try again; mind capitals and the keyboard."
        )
    return InputError("the key in this computer's keyring does not open this roster", where=path)


def _write_private(path: Path, data: bytes) -> None:
    """Whole or not at all, readable by its owner only."""
    write_bytes(path, data)
    with contextlib.suppress(OSError):
        path.chmod(0o600)
