"""The classrooms place."""

from PySide6.QtWidgets import QWidget

from gazeclass.desktop.context import AppContext
from gazeclass.desktop.widgets.states import EmptyState


def create(context: AppContext) -> QWidget:
    """The place's widget."""
    return EmptyState("google-classroom", "No classroom yet", "A classroom is a room with its cameras measured.", "New")
