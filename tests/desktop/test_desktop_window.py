"""The window: places, rail, errors, memory."""

from gazeclass.desktop.context import AppContext
from gazeclass.desktop.main_window import MainWindow


def test_opens_at_first_place(qtbot, context: AppContext) -> None:
    window = MainWindow(context)
    qtbot.addWidget(window)
    window.show()
    window.start()
    assert window.current_place in window.places
