"""The log file: rotating, in the platform's folder for logs, and without names of students or of the user.

Whoever opens the roster tells :func:`hide_names` the names in it; from then on they are replaced in every line, in
tracebacks too. Pictures, observations and arguments of functions are never logged.
"""

import logging
import re
import sys
import threading
from collections.abc import Callable, Iterable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

import platformdirs
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

FILE_NAME = "gazeclass.log"
MAX_BYTES, BACKUPS = 1_000_000, 4
HIDDEN = "•••"

_names: set[str] = set()
_pattern: re.Pattern[str] | None = None


def log_dir() -> Path:
    """Where the log file lies."""
    return Path(platformdirs.user_log_dir("gazeclass", appauthor=False))


def hide_names(names: Iterable[str]) -> None:
    """Never write these words again: names of students, as the roster knows them. Adds to those known already."""
    global _pattern
    _names.update(name.strip() for name in names if len(name.strip()) >= 2)
    longest_first = sorted(_names, key=len, reverse=True)
    joined = "|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in longest_first)
    _pattern = re.compile(joined, re.IGNORECASE) if joined else None


def without_names(text: str) -> str:
    """``text`` with hidden names, and the user's home folder (which tells who they are), left out."""
    text = text.replace(str(Path.home()), "~")
    return _pattern.sub(HIDDEN, text) if _pattern else text


class _Formatter(logging.Formatter):
    """Formats a record whole, traceback included, then takes the names out."""

    def format(self, record: logging.LogRecord) -> str:
        return without_names(super().format(record))


def start_log(folder: Path | None = None) -> Path | None:
    """Write the package's log to a file from now on.

    Returns:
        The file; None where the folder cannot be written to (the program runs all the same).
    """
    path = (folder or log_dir()) / FILE_NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8", delay=False)
    except OSError:
        return None
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s [%(threadName)s] %(message)s"))
    logger = logging.getLogger("gazeclass")
    stop_log()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    return path


def stop_log() -> None:
    """Close the log file, if one is open."""
    logger = logging.getLogger("gazeclass")
    for handler in [h for h in logger.handlers if isinstance(h, RotatingFileHandler)]:
        logger.removeHandler(handler)
        handler.close()


def log_qt() -> None:
    """Send Qt's own messages to the log instead of a terminal nobody sees."""
    levels = {
        QtMsgType.QtDebugMsg: logging.DEBUG,
        QtMsgType.QtInfoMsg: logging.INFO,
        QtMsgType.QtWarningMsg: logging.WARNING,
        QtMsgType.QtCriticalMsg: logging.ERROR,
        QtMsgType.QtFatalMsg: logging.CRITICAL,
    }
    logger = logging.getLogger("gazeclass.qt")

    def handle(kind: QtMsgType, context: QMessageLogContext, message: str | None) -> None:
        logger.log(levels.get(kind, logging.INFO), "%s", message)

    qInstallMessageHandler(handle)


def catch_uncaught(show: Callable[[BaseException], None]) -> None:
    """An exception nobody caught goes to the log and to ``show``, in the GUI thread or not, and ends nothing.

    Args:
        show: called in the thread of the exception; a signal's ``emit`` serves.
    """
    logger = logging.getLogger("gazeclass.uncaught")

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        logger.critical("uncaught", exc_info=(kind, error, trace))
        show(error)

    def thread_hook(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            hook(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    sys.excepthook = hook
    threading.excepthook = thread_hook
