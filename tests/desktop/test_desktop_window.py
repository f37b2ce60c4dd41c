"""The window: places, rail, keys, errors, memory, looks at every size."""

import sys
import types
from pathlib import Path

import pytest
from looks import cut_off, nameless, tab_order, too_small
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from gazeclass.capture.expiry import label_for, write_label
from gazeclass.desktop import theme
from gazeclass.desktop.app import forget_expired
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.main_window import MainWindow
from gazeclass.desktop.places import PLACES, Place, available
from gazeclass.desktop.state import State
from gazeclass.errors import InputError
from gazeclass.settings import Settings


class Scripted(QWidget):
    """A place that remembers what it was asked."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.context = context
        self.asked: list[dict[str, object]] = []
        self.lets_close = True
        QPushButton("inside", self)

    def open(self, **arguments: object) -> None:
        if arguments.get("wrong"):
            raise InputError("there is no such lesson", todo="Choose another.")
        self.asked.append(arguments)

    def may_close(self) -> bool:
        return self.lets_close


def scripted_places(monkeypatch: pytest.MonkeyPatch, *names: str) -> tuple[Place, ...]:
    made = []
    for name in names:
        package, module = (types.ModuleType(f"gazeclass.desktop.test_{name}{end}") for end in ("", ".place"))
        module.create = Scripted
        monkeypatch.setitem(sys.modules, package.__name__, package)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        made.append(Place(name, f"test_{name}", name.title(), "play", bottom=name in ("settings", "help")))
    return tuple(made)


@pytest.fixture
def window(qtbot, context: AppContext, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    made = MainWindow(context, scripted_places(monkeypatch, "lesson", "classrooms", "settings", "help"))
    qtbot.addWidget(made)
    made.resize(1280, 720)
    made.show()
    made.start()
    return made


def test_first_start_shows_the_first_place(window: MainWindow) -> None:
    assert window.current_place == "lesson"
    assert window.windowTitle() == "Lesson – gazeclass"


def test_places_are_made_when_first_shown(window: MainWindow) -> None:
    assert list(window._made) == ["lesson"]
    window.show_place("classrooms")
    assert list(window._made) == ["lesson", "classrooms"]
    assert window.stack.currentWidget() is window._made["classrooms"]


def test_a_place_is_imported_in_a_thread(qtbot, context: AppContext, monkeypatch) -> None:
    """Until it is there the window says so; going elsewhere meanwhile wins."""
    import threading

    names = scripted_places(monkeypatch, "lesson", "classrooms")
    module, gate = names[1].load(), threading.Event()
    monkeypatch.delitem(sys.modules, "gazeclass.desktop.test_classrooms.place")

    def load(self: Place) -> types.ModuleType:
        if self.name == "classrooms":
            assert threading.current_thread() is not threading.main_thread() or gate.is_set()
            gate.wait(20)
            monkeypatch.setitem(sys.modules, "gazeclass.desktop.test_classrooms.place", module)
        return sys.modules[f"gazeclass.desktop.{self.package}.place"]

    monkeypatch.setattr(Place, "load", load)
    window = MainWindow(context, names)
    qtbot.addWidget(window)
    window.show()
    window.start()
    context.go("classrooms", wizard="x")
    assert window.stack.currentWidget() is window.opening
    window.show_place("lesson")
    gate.set()
    qtbot.waitUntil(lambda: not context.tasks.running, timeout=30000)
    assert window.stack.currentWidget() is window.widget_of("lesson")
    context.go("classrooms", wizard="y")
    place = window.widget_of("classrooms")
    assert isinstance(place, Scripted)
    assert place.asked == [{"wizard": "y"}]


def test_a_place_whose_import_fails_leaves_the_one_before(qtbot, context: AppContext, monkeypatch, caplog) -> None:
    names = scripted_places(monkeypatch, "lesson")
    broken = Place("students", "no_such_place", "Students", "play")
    window = MainWindow(context, (*names, broken))
    qtbot.addWidget(window)
    window.show()
    window.start()
    window.show_place("students")
    qtbot.waitUntil(window.banner.isVisible, timeout=30000)
    assert window.current_place == "lesson"
    assert window.stack.currentWidget() is window.widget_of("lesson")


def test_a_place_that_is_not_installed_is_absent() -> None:
    assert {place.name for place in available()} <= {place.name for place in PLACES}
    assert not Place("x", "no_such_package", "X", "play").exists


def test_go_passes_arguments_on(window: MainWindow, context: AppContext) -> None:
    context.go("classrooms", wizard=Path("x"))
    place = window.widget_of("classrooms")
    assert isinstance(place, Scripted)
    assert place.asked == [{"wizard": Path("x")}]
    context.go("classrooms")
    assert place.asked[-1] == {}


def test_the_rail_leaves_a_place_as_it_was(window: MainWindow, qtbot) -> None:
    qtbot.mouseClick(window.rail.buttons["classrooms"], Qt.MouseButton.LeftButton)
    place = window.widget_of("classrooms")
    assert isinstance(place, Scripted)
    assert place.asked == []


def test_an_error_of_open_becomes_a_sentence(window: MainWindow, context: AppContext) -> None:
    context.go("lesson", wrong=True)
    assert window.banner.isVisible()
    assert window.banner.sentence.text() == "There is no such lesson."
    assert window.banner.todo.text() == "Choose another."


def test_a_place_that_cannot_be_made_leaves_the_one_before(window, monkeypatch, caplog) -> None:
    def broken(context: AppContext) -> QWidget:
        raise RuntimeError("no screen for you")

    monkeypatch.setattr(window.places["classrooms"].load(), "create", broken)
    window.show_place("classrooms")
    assert window.current_place == "lesson"
    assert window.rail.buttons["lesson"].isChecked()
    assert window.banner.isVisible()
    assert "no screen for you" in window.banner.details
    assert "no screen for you" not in window.banner.sentence.text()


def test_unknown_place_changes_nothing(window: MainWindow, context: AppContext) -> None:
    context.go("cinema")
    assert window.current_place == "lesson"


@pytest.mark.parametrize(
    ("key", "place"), [(Qt.Key.Key_2, "classrooms"), (Qt.Key.Key_1, "lesson"), (Qt.Key.Key_Comma, "settings")]
)
def test_keys_go_to_places(window: MainWindow, qtbot, key: Qt.Key, place: str) -> None:
    window.activateWindow()
    qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.current_place == place)


def test_f1_and_f11(window: MainWindow, qtbot) -> None:
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_F1)
    qtbot.waitUntil(lambda: window.current_place == "help")
    qtbot.keyClick(window, Qt.Key.Key_F11)
    qtbot.waitUntil(window.isFullScreen)
    qtbot.keyClick(window, Qt.Key.Key_F11)
    qtbot.waitUntil(lambda: not window.isFullScreen())


def test_tab_goes_down_the_rail_then_into_the_place(window: MainWindow) -> None:
    window.activateWindow()
    order = tab_order(window)
    rail = [w for w in order if w in window.rail.buttons.values()]
    # Exclusive buttons are one stop each in Qt; the order is that of the rail.
    assert [w.accessibleName() for w in rail] == ["Lesson", "Classrooms", "Settings", "Help"][: len(rail)]
    assert any(isinstance(w, QPushButton) and w.text() == "inside" for w in order)


def test_window_and_place_are_remembered(qtbot, context: AppContext, tmp_path: Path, monkeypatch) -> None:
    places = scripted_places(monkeypatch, "lesson", "classrooms")
    first = MainWindow(context, places)
    qtbot.addWidget(first)
    first.resize(1111, 777)
    first.show()
    first.start()
    first.show_place("classrooms")
    left = first.saveGeometry()
    first.close()
    context.state = State(tmp_path / "desktop.ini")  # as the next start reads it
    restored = []
    monkeypatch.setattr(MainWindow, "restoreGeometry", lambda self, geometry: restored.append(geometry))
    second = MainWindow(context, places)
    qtbot.addWidget(second)
    second.show()
    second.start()
    assert restored == [left]  # the offscreen screen is too small to show it
    assert second.current_place == "classrooms"


def test_damaged_memory_is_forgotten(qtbot, context: AppContext, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "damaged.ini"
    path.write_bytes(b"[window]\ngeometry=\x00\xff nonsense\nplace=@Variant(x)\n[files]\nlast_folder=/no/where\n")
    context.state = State(path)
    window = MainWindow(context, scripted_places(monkeypatch, "lesson"))
    qtbot.addWidget(window)
    window.show()
    window.start()
    assert window.current_place == "lesson"
    assert context.state.last_folder() == Path.home()


def test_a_place_may_keep_the_window_open(window: MainWindow) -> None:
    place = window.widget_of("classrooms")
    assert isinstance(place, Scripted)
    place.lets_close = False
    assert not window.close()
    assert window.current_place == "classrooms"  # so that the user sees why
    place.lets_close = True
    assert window.close()


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (3840, 2160)])
@pytest.mark.parametrize("dress", ["light", "dark"])
def test_real_places_hold_at_every_size(qtbot, dressed, context: AppContext, size, dress) -> None:
    theme.apply(dressed, dress)
    places = tuple(place for place in PLACES if place.name in ("classrooms", "settings", "help"))
    window = MainWindow(context, places)
    qtbot.addWidget(window)
    window.resize(*size)
    window.show()
    for place in places:
        window.show_place(place.name)
        qtbot.waitUntil(
            lambda name=place.name: window.windowTitle().startswith(window.places[name].title), timeout=60000
        )
        context.show_error(InputError("the disk is full", where="/home/someone/lesson.gaze", todo="Make room on it."))
        qtbot.wait(1)
        assert (window.width(), window.height()) == size, place.name
        assert cut_off(window) == [], place.name
        assert nameless(window) == [], place.name
        assert too_small(window) == [], place.name
    qtbot.waitUntil(lambda: not context.tasks.running, timeout=30000)
    theme.apply(dressed, "light")


def test_first_run_makes_no_folder_before_it_is_needed(qtbot, context: AppContext, monkeypatch) -> None:
    window = MainWindow(context, scripted_places(monkeypatch, "lesson"))
    qtbot.addWidget(window)
    window.show()
    window.start()
    assert not context.library.exists()
    assert context.lessons_dir.is_dir()


def test_a_library_that_cannot_be_made_is_said(context: AppContext, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    context.replace_settings(Settings(library_dir=blocked))
    with pytest.raises(InputError, match="cannot be made"):
        _ = context.classrooms_dir


def test_labels_are_plain_text(qtbot, dressed) -> None:
    """A student called <b>Bobby</b> stays a text."""
    from gazeclass.desktop.widgets.controls import label

    made = label("<b>Bobby</b>")
    qtbot.addWidget(made)
    assert made.textFormat() == Qt.TextFormat.PlainText
    assert isinstance(made, QLabel)


def test_what_was_kept_long_enough_goes_at_the_start(context: AppContext, qtbot: QtBot) -> None:
    for name, days in (("old", -1), ("young", 1)):
        folder = context.lessons_dir / name
        folder.mkdir(parents=True)
        write_label(folder, label_for(name, days))
        (folder / "cam0.mkv").write_bytes(b"picture")
    with qtbot.waitSignal(context.library_changed, timeout=60_000):
        forget_expired(context)
    assert not (context.lessons_dir / "old" / "cam0.mkv").exists()
    assert (context.lessons_dir / "young" / "cam0.mkv").exists()


def test_no_place_opens_a_window_of_its_own(qtbot: QtBot, context: AppContext) -> None:
    """A control that is shown before it has a parent flashes up as a window and takes the keyboard away."""
    flashed: list[str] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
                flashed.append(f"{type(watched).__name__} {getattr(watched, 'text', str)()!r}")
            return False

    watch, application = Watch(), QApplication.instance()
    window = MainWindow(context)
    qtbot.addWidget(window)
    window.show()
    application.installEventFilter(watch)
    for name in window.places:
        window.show_place(name)
        qtbot.waitUntil(lambda name=name: window.current_place == name and name in window._made, timeout=60_000)
    qtbot.waitUntil(lambda: not context.tasks.running, timeout=60_000)
    application.removeEventFilter(watch)
    assert flashed == []
