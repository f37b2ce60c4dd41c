"""A field for a length in the unit of the room; it understands other units when they are written."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from gazeclass.desktop.wizard.units import METRE, Unit, parse_length
from gazeclass.errors import InputError


class LengthEdit(QLineEdit):
    """Shows metres in a unit.

    Signals:
        measured: a new length in metres was written and the field left, or Enter pressed.
        refused: what was written is no length (an InputError).
    """

    measured = Signal(float)
    refused = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._unit: Unit = METRE
        self._length_m: float | None = None
        self.editingFinished.connect(self._on_finished)

    @property
    def length_m(self) -> float | None:
        """The last good length in metres; None while the field is empty."""
        return self._length_m

    def show_length(self, length_m: float | None, unit: Unit) -> None:
        """Show ``length_m`` in ``unit``, unless somebody is typing."""
        if self.hasFocus() and self.isModified() and unit == self._unit:
            return
        self._unit, self._length_m = unit, length_m
        self.setPlaceholderText(unit.symbol)
        self.setText("" if length_m is None else unit.text(length_m))
        self.setModified(False)

    def _on_finished(self) -> None:
        if not self.isModified() or not self.text().strip():
            return
        try:
            length = parse_length(self.text(), self._unit)
        except InputError as error:
            self.setModified(False)
            self.refused.emit(error)
            return
        self.setModified(False)
        self._length_m = length
        self.setText(self._unit.text(length))
        self.setModified(False)
        self.measured.emit(length)
