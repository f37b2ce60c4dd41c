"""Start the program with its window."""

import logging
import os
import sys
from datetime import date
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QLibraryInfo, QLocale, QObject, Qt, QTimer, QTranslator, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from gazeclass import __version__
from gazeclass.desktop import log, theme
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.main_window import MainWindow
from gazeclass.desktop.state import State
from gazeclass.desktop.tasks import Task
from gazeclass.errors import InputError
from gazeclass.progress import Progress
from gazeclass.settings import CONFIG_DIR, settings

_log = logging.getLogger(__name__)
#: How long the program waits at its end for work that was asked to stop.
PATIENCE_S = 5.0
#: Where ``gazeclass_<code>.qm`` lie, one for each language besides English.
TRANSLATIONS = Path(__file__).resolve().parent / "translations"


class _Relay(QObject):
    """Brings an exception from any thread to the GUI thread."""

    raised = Signal(object)


def make_application() -> QApplication:
    """The one QApplication of this process, named and ready to be dressed."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    application = QApplication(sys.argv[:1])
    application.setApplicationName("gazeclass")
    application.setApplicationDisplayName("gazeclass")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("gazeclass")
    return application


def make_context(state_file: Path | None = None) -> AppContext:
    """Settings, memory and tasks of this user."""
    return AppContext(settings(), State(state_file or CONFIG_DIR / "desktop.ini"))


def need_screen() -> None:
    """Say in a sentence what Qt would end the program for.

    Raises:
        InputError: a Linux machine without a screen.
    """
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in screens):
        raise InputError(
            "there is no screen to open a window on",
            todo="Use a command instead (`gazeclass --help`), or start it from a desktop.",
        )


def speak(application: QApplication, language: str, folder: Path = TRANSLATIONS) -> list[QTranslator]:
    """Load the translations there are for a language; what has none stays English.

    Args:
        application: that speaks.
        language: a code such as "zh_CN"; empty for the system's.
        folder: of ``gazeclass_<code>.qm``.

    Returns:
        What was installed; keep it as long as the program runs.
    """
    locale = QLocale(language) if language else QLocale.system()
    QLocale.setDefault(locale)
    qt = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    installed = []
    for name, where in (("qtbase", qt), ("gazeclass", str(folder))):
        translator = QTranslator(application)
        if translator.load(locale, name, "_", where):
            application.installTranslator(translator)
            installed.append(translator)
    return installed


def run() -> int:
    """Open the window and stay until it closes.

    Returns:
        The program's exit code.

    Raises:
        InputError: there is no screen.
    """
    need_screen()
    path = log.start_log()
    log.log_qt()
    application = make_application()
    context = make_context()
    relay = _Relay()
    relay.raised.connect(context.error_raised, Qt.ConnectionType.QueuedConnection)
    log.catch_uncaught(relay.raised.emit)
    _log.info("gazeclass %s starts; log %s", __version__, path)
    speak(application, context.settings.language)
    theme.apply(application, context.settings.theme)
    follow_system(application, context)
    window = MainWindow(context)
    window.show()
    # The window stands before the first place is imported: something to look at at once.
    QTimer.singleShot(0, window.start)
    forget_expired(context)
    code = application.exec()
    discard(window)
    context.tasks.cancel_all()
    if not context.tasks.wait(PATIENCE_S):
        _log.warning("work did not stop within %s s", PATIENCE_S)
        log.stop_log()
        os._exit(code)
    log.stop_log()
    return code


def forget_expired(context: AppContext) -> Task:
    """Delete the lessons and recordings that were to be kept no longer than yesterday; each leaves a receipt."""
    from gazeclass.lesson.documents_removal import purge_expired

    def work(progress: Progress) -> tuple[Path, ...]:
        return purge_expired(context.lessons_dir, date.today(), progress=progress)

    def told(receipts: tuple[Path, ...]) -> None:
        for receipt in receipts:
            _log.info("kept long enough and deleted: %s", receipt.name)
        if receipts:
            context.library_changed.emit()

    task = context.tasks.run(work, title=QCoreApplication.translate("app", "Looking for what has expired"))
    task.done.connect(told)
    task.failed.connect(context.show_error)
    return task


def discard(*widgets: QWidget) -> None:
    """Delete widgets now. What outlives the QApplication may crash it at its end."""
    for widget in widgets:
        widget.hide()
        widget.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QApplication.processEvents()


def follow_system(application: QApplication, context: AppContext) -> None:
    """Change between light and dark with the system, and at once when the setting changes."""

    def dress() -> None:
        if theme.chosen(context.settings.theme) != theme.current():
            theme.apply(application, context.settings.theme)

    QGuiApplication.styleHints().colorSchemeChanged.connect(dress)
    context.settings_changed.connect(dress)
