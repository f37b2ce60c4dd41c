"""The left rail: one button a place, settings and help at the bottom."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QToolButton, QVBoxLayout, QWidget

from gazeclass.desktop.icons import set_icon
from gazeclass.desktop.places import Place


class Rail(QFrame):
    """Buttons for the places; exactly one is pressed once a place is shown.

    Signals:
        chosen: the name of the place whose button was pressed.
    """

    chosen = Signal(str)

    def __init__(self, places: tuple[Place, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "rail")
        self.current = ""
        self._group = QButtonGroup(self, exclusive=True)
        self.buttons: dict[str, QToolButton] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 16, 8, 16)
        layout.setSpacing(8)
        for place in places:
            if not place.bottom:
                layout.addWidget(self._button(place))
        layout.addStretch(1)
        for place in places:
            if place.bottom:
                layout.addWidget(self._button(place))

    def set_current(self, name: str) -> None:
        """Show ``name`` as the place that is open."""
        self.current = name
        if name in self.buttons:
            self.buttons[name].setChecked(True)

    def _button(self, place: Place) -> QToolButton:
        made = QToolButton()
        made.setText(place.title)
        made.setCheckable(True)
        made.setProperty("role", "rail")
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        made.setAccessibleName(place.title)
        set_icon(made, place.icon, 24)
        made.clicked.connect(lambda: self.chosen.emit(place.name))
        self._group.addButton(made)
        self.buttons[place.name] = made
        return made
