"""A key that does something wherever the keyboard is within a widget."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget


def on_key(widget: QWidget, key: Qt.Key | str, action: Callable[[], object]) -> QShortcut:
    """Call ``action`` when ``key`` is pressed in ``widget`` or anything in it."""
    shortcut = QShortcut(QKeySequence(key), widget)
    shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    shortcut.activated.connect(action)
    return shortcut
