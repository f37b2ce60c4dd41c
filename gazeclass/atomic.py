"""Write a whole file or nothing: temporary file, fsync, rename."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gazeclass.errors import InputError


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path beside ``path`` that replaces it when the block ends well, and vanishes when not.

    Use it for writers that want a file name (matplotlib, PyAV, fpdf2). The temporary file keeps the suffix.

    Raises:
        InputError: the folder does not exist, is read-only or the disk is full.
    """
    path = Path(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise _refusal(path, error) from error
    temporary = Path(name)
    try:
        yield temporary
        with open(temporary, "rb+") as written:
            os.fsync(written.fileno())
        _take_default_mode(temporary)
        os.replace(temporary, path)
    except OSError as error:
        raise _refusal(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, that may be there already.

    Raises:
        InputError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot be made ({error.strerror or error})", where=path, todo="Choose a folder you may write to."
        ) from error


def require_writable(path: str | os.PathLike[str]) -> None:
    """Refuse a file that cannot be written, before the long work whose result it is to hold.

    Raises:
        InputError: it is a folder, or its folder does not exist or may not be written to.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError("this is a folder", where=path, todo="Give the name of a file in it.")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise _refusal(path, error) from error
    os.close(handle)
    os.unlink(name)


def require_new(path: str | os.PathLike[str]) -> None:
    """Refuse a file that is there already, or cannot be written.

    Raises:
        InputError: as said.
    """
    path = Path(path)
    if path.is_file():
        raise InputError(
            "there is a file of that name already", where=path, todo="Choose another name or move it away."
        )
    require_writable(path)


def write_text(path: str | os.PathLike[str], text: str, *, encoding: str = "utf-8", newline: str = "\n") -> None:
    """Write ``text`` to ``path``, whole or not at all."""
    with atomic_path(path) as temporary, open(temporary, "w", encoding=encoding, newline=newline) as file:
        file.write(text)


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write ``data`` to ``path``, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def _take_default_mode(path: Path) -> None:
    """mkstemp makes files private (0600); give what ``open`` would have given."""
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(path, 0o666 & ~mask)


def _refusal(path: Path, error: OSError) -> InputError:
    reason = error.strerror or str(error)
    return InputError(
        f"cannot be written ({reason})",
        where=path,
        todo="Check that the folder exists, may be written to and has room.",
    )
