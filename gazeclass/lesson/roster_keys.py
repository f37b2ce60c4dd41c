"""The key of a roster: a random one in the operating system's keyring, or one made from a passphrase by scrypt."""

import base64
import os
import unicodedata
import uuid
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from gazeclass.errors import InputError

SERVICE = "gazeclass roster"
SHORTEST_PASSPHRASE = 8
#: Cost of guessing one passphrase: 32 MB of memory (RFC 7914; OWASP's second choice).
_SCRYPT = {"n": 2**15, "r": 8, "p": 3}
_MOST_MEMORY = 2**30  # what a forged header may ask for


@dataclass(frozen=True)
class Key:
    """A key and how it is found again.

    Attributes:
        secret: 32 bytes; not shown.
        header: what the file says of it, without the secret.
    """

    secret: bytes = field(repr=False)
    header: dict[str, Any]


def keyring_works() -> bool:
    """Whether this computer has a keyring that keeps things."""
    import keyring
    import keyring.errors

    try:
        return keyring.get_keyring().priority > 0  # the ones that fail or forget have 0 or less
    except (keyring.errors.KeyringError, RuntimeError):
        return False


def new_keyring_key() -> Key:
    """A random key, stored in the keyring.

    Raises:
        InputError: the keyring refuses.
    """
    import keyring
    import keyring.errors

    secret, account = os.urandom(32), str(uuid.uuid4())
    try:
        keyring.set_password(SERVICE, account, base64.b64encode(secret).decode())
    except (keyring.errors.KeyringError, RuntimeError, OSError) as error:
        raise InputError(
            f"the key cannot be put into this computer's keyring ({error})", todo="Use a passphrase instead."
        ) from error
    return Key(secret, {"kind": "keyring", "account": account})


def new_passphrase_key(passphrase: str) -> Key:
    """A key from a passphrase, with a salt of its own.

    Raises:
        InputError: too short a passphrase.
    """
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise InputError(
            f"the passphrase has {len(passphrase)} characters",
            todo=f"Take {SHORTEST_PASSPHRASE} or more; three or four words are easy to remember.",
        )
    header: dict[str, Any] = {"kind": "passphrase", "salt": base64.b64encode(os.urandom(16)).decode(), **_SCRYPT}
    return Key(_derive(passphrase, header), header)


def find_key(header: dict[str, Any], passphrase: str | None) -> Key:
    """The key that a file's header asks for.

    Args:
        header: as :attr:`Key.header`.
        passphrase: what the user typed, None for nothing.

    Raises:
        InputError: the keyring does not have it, or a passphrase is needed.
        ValueError, KeyError, TypeError: no gazeclass has written the header.
    """
    if header["kind"] == "passphrase":
        if passphrase is None:
            raise InputError("the roster is locked with a passphrase", todo="Type it to open the roster.")
        return Key(_derive(passphrase, header), header)
    if header["kind"] != "keyring":
        raise ValueError(f"unknown kind of key '{header['kind']}'")
    import keyring
    import keyring.errors

    try:
        found = keyring.get_password(SERVICE, str(header["account"]))
    except (keyring.errors.KeyringError, RuntimeError) as error:
        raise InputError(
            f"this computer's keyring cannot be read ({error})", todo="Log in to the desktop session, or unlock it."
        ) from error
    if found is None:
        raise InputError(
            "the roster's key is not in this computer's keyring",
            todo="Open it on the computer and account it was made on, and lock it with a passphrase to carry it over.",
        )
    return Key(base64.b64decode(found), header)


def forget_key(header: dict[str, Any]) -> None:
    """Take a key out of the keyring that nothing is locked with any more."""
    if header.get("kind") != "keyring":
        return
    import contextlib

    import keyring
    import keyring.errors

    with contextlib.suppress(keyring.errors.KeyringError, RuntimeError):
        keyring.delete_password(SERVICE, str(header["account"]))


def _derive(passphrase: str, header: dict[str, Any]) -> bytes:
    n, r, p = (int(header[name]) for name in ("n", "r", "p"))
    if 128 * n * r * max(p, 1) > _MOST_MEMORY or min(n, r, p) < 1:
        raise ValueError("the key asks for more memory than is sensible")
    text = unicodedata.normalize("NFKC", passphrase).encode()  # the same passphrase from every keyboard
    return Scrypt(salt=base64.b64decode(header["salt"]), length=32, n=n, r=r, p=p).derive(text)
