"""An exception as a user reads it: one sentence, what to do, and details to copy for whoever can help."""

import platform
import traceback
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from gazeclass import __version__
from gazeclass.errors import InputError


@dataclass(frozen=True)
class Explanation:
    """What is shown of an error.

    Attributes:
        sentence: what happened.
        todo: what to do about it; may be empty.
        details: for "copy details".
        expected: an InputError, not a mistake of the program.
    """

    sentence: str
    todo: str
    details: str
    expected: bool


def explain(error: BaseException) -> Explanation:
    """Put an exception into words."""
    if isinstance(error, InputError):
        sentence = f"{error.where}: {error.what}" if error.where else error.what
        return Explanation(_as_sentence(sentence), error.todo, _details(error), True)
    if isinstance(error, MemoryError):
        return Explanation(
            _tr("The computer has run out of memory."),
            _tr("Close other programs and try again."),
            _details(error),
            True,
        )
    return Explanation(
        _tr("Something went wrong inside gazeclass. Your saved work is not touched."),
        _tr("Try again. If it comes back, copy the details and send them to whoever looks after the program."),
        _details(error),
        False,
    )


def said_of_list(error: InputError) -> str:
    """What is wrong with the roster, in the window's words and without its path: there is but one list of students."""
    text = f"{_as_sentence(error.what)} {error.todo}".strip()
    for roster, words in (("this roster", "this list"), ("roster", "list of students")):
        text = text.replace(roster, words)
    return text


def _as_sentence(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        return text
    # A path, or a file's name, keeps its first letter as it is.
    begins = text.split(" ")[0].rstrip(".:")
    first = text if set(begins) & set("/\\.") else text[0].upper() + text[1:]
    return first if first[-1] in ".!?…" else f"{first}."


def _details(error: BaseException) -> str:
    from gazeclass.desktop.log import without_names

    trace = "".join(traceback.format_exception(error))
    return without_names(f"gazeclass {__version__}, Python {platform.python_version()}, {platform.platform()}\n{trace}")


def _tr(text: str) -> str:
    return QCoreApplication.translate("explain", text)
