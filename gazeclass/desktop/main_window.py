"""The one window: a rail of places at the left, the chosen place at the right, errors in a strip above it."""

import inspect
import logging
from typing import Any

from PySide6.QtCore import QByteArray, Qt, Slot
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from gazeclass.desktop.context import AppContext
from gazeclass.desktop.places import Place, available
from gazeclass.desktop.rail import Rail
from gazeclass.desktop.widgets.states import ErrorBanner, LoadingState
from gazeclass.progress import Progress

_log = logging.getLogger(__name__)
SMALLEST_PX = (1024, 640)
FIRST_PX = (1280, 800)


def _takes_nothing(opener: Any) -> bool:
    try:
        inspect.signature(opener).bind()
    except TypeError:
        return False
    return True


class MainWindow(QMainWindow):
    """The frame around the places.

    It owns the places' widgets, makes each when it is first shown, passes ``context.go`` on to a place's ``open`` and
    asks each place's ``may_close`` before it closes. What is in a place is none of its business.
    """

    def __init__(self, context: AppContext, places: tuple[Place, ...] | None = None) -> None:
        super().__init__()
        self.context = context
        self.places = {place.name: place for place in (available() if places is None else places)}
        self._made: dict[str, QWidget] = {}
        self.setWindowTitle("gazeclass")
        self.setMinimumSize(*SMALLEST_PX)
        self.rail = Rail(tuple(self.places.values()))
        self.rail.chosen.connect(self.show_place)
        self.banner = ErrorBanner()
        self.stack = QStackedWidget()
        self.opening = LoadingState()
        self.opening.cancel.hide()
        self.stack.addWidget(self.opening)
        self._wanted = ""
        self._shown: QWidget | None = None
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        holder = QHBoxLayout()
        holder.setContentsMargins(16, 8, 16, 0)
        holder.addWidget(self.banner)
        right.addLayout(holder)
        right.addWidget(self.stack, 1)
        whole = QWidget()
        whole.setObjectName("page")
        layout = QHBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.rail)
        layout.addLayout(right, 1)
        self.setCentralWidget(whole)
        context.error_raised.connect(self._on_error)
        context.place_wanted.connect(self.show_place)
        self._shortcuts()
        self._restore()

    @property
    def current_place(self) -> str:
        """Name of the place that is shown; empty when there is none."""
        return self.rail.current

    def widget_of(self, name: str) -> QWidget | None:
        """The widget of a place, made if need be; None when it cannot be made (the error is shown)."""
        if name not in self._made:
            place = self.places[name]
            try:
                widget = place.load().create(self.context)
            except Exception as error:
                _log.exception("place %s cannot be made", name)
                self._on_error(error)
                return None
            self._made[name] = widget
            self.stack.addWidget(widget)
        return self._made[name]

    @Slot(str)
    @Slot(str, object)
    def show_place(self, name: str, arguments: object = None) -> None:
        """Show a place, and hand it ``arguments`` (a dict) if there are any.

        A place that was not imported yet is imported in a thread first, behind a sign that it is being opened.
        """
        if name not in self.places:
            _log.warning("there is no place %s", name)
            return
        self._wanted = name
        if name in self._made or self.places[name].loaded:
            self._show_now(name, arguments)
        else:
            self._load_then_show(self.places[name], arguments)

    def _load_then_show(self, place: Place, arguments: object) -> None:
        def load(progress: Progress) -> None:
            progress.start(self.tr("opening"))
            place.load()

        task = self.context.tasks.run(load, title=place.title)
        task.done.connect(lambda _: self._on_loaded(place.name, arguments))
        task.failed.connect(self._on_not_loaded)
        self.opening.watch(task)
        self.stack.setCurrentWidget(self.opening)
        self.rail.set_current(place.name)

    def _on_loaded(self, name: str, arguments: object) -> None:
        if self._wanted == name:  # meanwhile the user may have gone elsewhere
            self._show_now(name, arguments)

    def _on_not_loaded(self, error: Exception) -> None:
        self._on_error(error)
        shown = next((n for n, widget in self._made.items() if widget is self._shown), "")
        if shown:
            self._show_now(shown, None)

    def _show_now(self, name: str, arguments: object) -> None:
        widget = self.widget_of(name)
        if widget is None:
            self.rail.set_current(next((n for n, w in self._made.items() if w is self._shown), ""))
            return
        self._shown = widget
        self.stack.setCurrentWidget(widget)
        self.rail.set_current(name)
        self.setWindowTitle(f"{self.places[name].title} – gazeclass")
        self.context.state.set("window/place", name)
        opener: Any = getattr(widget, "open", None)
        # A press on the rail (no arguments at all) leaves a place as it was.
        if isinstance(arguments, dict) and callable(opener) and (arguments or _takes_nothing(opener)):
            try:
                opener(**arguments)
            except Exception as error:
                self.context.show_error(error)

    def start(self) -> None:
        """Show the place that was shown last, or the first."""
        if not self.places:
            return
        remembered = self.context.state.get("window/place", "")
        usable = [name for name, place in self.places.items() if not place.bottom] or list(self.places)
        self.show_place(remembered if remembered in usable else usable[0])

    @Slot(object)
    def _on_error(self, error: BaseException) -> None:
        self.banner.show_error(error)

    def _shortcuts(self) -> None:
        upper = [place for place in self.places.values() if not place.bottom]
        for number, place in enumerate(upper, start=1):
            self._shortcut(f"Ctrl+{number}", place.name)
        self._shortcut("Ctrl+,", "settings")
        self._shortcut("F1", "help")
        QShortcut(QKeySequence("F11"), self).activated.connect(self.toggle_full_screen)
        QShortcut(QKeySequence("Ctrl+Q"), self).activated.connect(self.close)

    def _shortcut(self, keys: str, name: str) -> None:
        if name in self.places:
            QShortcut(QKeySequence(keys), self).activated.connect(lambda: self.show_place(name))

    @Slot()
    def toggle_full_screen(self) -> None:
        """Fill the screen, or stop it."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _restore(self) -> None:
        self.resize(*FIRST_PX)
        geometry = self.context.state.get("window/geometry", QByteArray())
        if not geometry.isEmpty():
            self.restoreGeometry(geometry)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask the places, remember the window, stop what runs."""
        for name, widget in self._made.items():
            may_close: Any = getattr(widget, "may_close", None)
            if callable(may_close) and not may_close():
                self.show_place(name)
                event.ignore()
                return
        self.context.state.set("window/geometry", self.saveGeometry())
        self.context.state.sync()
        self.context.tasks.cancel_all()
        event.accept()
