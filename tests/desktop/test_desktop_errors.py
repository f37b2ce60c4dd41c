"""Errors as sentences, details to copy, a log without names, exceptions nobody caught."""

import logging
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication

from gazeclass.desktop import log
from gazeclass.desktop.explain import explain, said_of_list
from gazeclass.desktop.widgets.states import EmptyState, ErrorBanner
from gazeclass.errors import InputError


@pytest.fixture
def log_file(tmp_path: Path):
    path = log.start_log(tmp_path / "logs")
    assert path is not None
    yield path
    log.stop_log()
    log._names.clear()
    log._pattern = None


@pytest.mark.parametrize(
    ("error", "sentence", "todo"),
    [
        (InputError("the disk is full"), "The disk is full.", ""),
        (InputError("cannot be read", where="/a/b.mp4", todo="Try."), "/a/b.mp4: cannot be read.", "Try."),
        (InputError("cannot be read", where="cam0.mp4"), "cam0.mp4: cannot be read.", ""),
        (InputError("is it plugged in?", where="cam1"), "Cam1: is it plugged in?", ""),
        (MemoryError(), "The computer has run out of memory.", "Close other programs and try again."),
    ],
)
def test_expected_errors_say_what_they_know(error: Exception, sentence: str, todo: str) -> None:
    found = explain(error)
    assert (found.sentence, found.todo, found.expected) == (sentence, todo, True)


def test_a_mistake_of_the_program_says_so_in_plain_words() -> None:
    try:
        {}["missing"]
    except KeyError as error:
        found = explain(error)
    assert not found.expected
    assert "KeyError" not in found.sentence + found.todo
    assert "KeyError" in found.details
    assert "gazeclass 0" in found.details


def test_banner_copies_details_and_goes_away(qtbot, dressed) -> None:
    banner = ErrorBanner()
    qtbot.addWidget(banner)
    assert not banner.isVisible()
    banner.show_error(InputError("the video is too short", todo="Record longer."), retry=True)
    assert banner.isVisible()
    assert "too short" in banner.accessibleName()
    banner.copy.click()
    assert "too short" in QGuiApplication.clipboard().text()
    assert banner.copy.text() == "Copied"
    with qtbot.waitSignal(banner.retry):
        banner.again.click()
    assert not banner.isVisible()
    banner.say("Camera 2 is not there.")
    assert not banner.again.isVisible()
    banner.close_button.click()
    assert not banner.isVisible()


def test_empty_state_starts_what_it_is_for(qtbot, dressed) -> None:
    view = EmptyState("play", "No lesson", "Lessons come here.", "Start")
    qtbot.addWidget(view)
    with qtbot.waitSignal(view.activated):
        view.button.click()


def test_log_leaves_names_and_home_out(log_file: Path) -> None:
    log.hide_names(["Zoë Müller", "Ann", " "])
    logger = logging.getLogger("gazeclass.test")
    logger.info("portrait of zoë müller for Ann, not Annex, at %s/x", Path.home())
    try:
        raise ValueError("Zoë Müller twice")
    except ValueError:
        logger.exception("failed")
    text = log_file.read_text(encoding="utf-8")
    assert "Müller" not in text
    assert "müller" not in text
    assert "for •••, not Annex" in text
    assert str(Path.home()) not in text
    assert "Traceback" in text


def test_log_rotates(log_file: Path, monkeypatch) -> None:
    handler = next(h for h in logging.getLogger("gazeclass").handlers if hasattr(h, "maxBytes"))
    monkeypatch.setattr(handler, "maxBytes", 2000)
    for n in range(200):
        logging.getLogger("gazeclass.test").info("line %d of a long lesson", n)
    files = sorted(log_file.parent.glob("gazeclass.log*"))
    assert 2 <= len(files) <= log.BACKUPS + 1


def test_no_log_folder_is_no_reason_not_to_start(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert log.start_log(blocked / "logs") is None


def test_uncaught_exceptions_are_shown_and_logged(log_file: Path, monkeypatch) -> None:
    shown: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    log.catch_uncaught(shown.append)
    try:
        raise RuntimeError("in a slot")
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)

    def work() -> None:
        raise RuntimeError("in a thread")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)
    assert [str(error) for error in shown] == ["in a slot", "in a thread"]
    text = log_file.read_text(encoding="utf-8")
    assert "in a slot" in text
    assert "in a thread" in text


def test_show_error_logs_mistakes_only(context, log_file: Path) -> None:
    seen = []
    context.error_raised.connect(seen.append)
    context.show_error(InputError("the secret lesson of Ann"))
    context.show_error(RuntimeError("a mistake"))
    assert len(seen) == 2
    text = log_file.read_text(encoding="utf-8")
    assert "Ann" not in text
    assert "a mistake" in text


def test_the_roster_is_the_list_of_students_in_the_window() -> None:
    wrong = InputError("this is not the passphrase of this roster", where="/x/roster.gzr", todo="Try again.")
    assert said_of_list(wrong) == "This is not the passphrase of this list. Try again."
    locked = InputError("the roster is locked with a passphrase", where="/x/roster.gzr", todo="Type it.")
    assert said_of_list(locked) == "The list of students is locked with a passphrase. Type it."
