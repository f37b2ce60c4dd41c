"""The settings place."""

from PySide6.QtWidgets import QWidget

from gazeclass.desktop.context import AppContext
from gazeclass.desktop.widgets.controls import label, page


def create(context: AppContext) -> QWidget:
    """The place's widget."""
    widget, layout = page()
    layout.addWidget(label(widget.tr("Settings"), role="title"))
    layout.addStretch(1)
    return widget
