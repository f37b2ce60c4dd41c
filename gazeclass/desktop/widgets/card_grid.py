"""Cards in as many equal columns as there is room for."""

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget


class CardGrid(QWidget):
    """Lays cards out from left to right, top to bottom; Tab goes through them in that order."""

    def __init__(self, least_width_px: int = 380, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._least = least_width_px
        self._cards: list[QWidget] = []
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(16)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    def set_cards(self, cards: Sequence[QWidget]) -> None:
        """Replace all cards; the old ones are thrown away."""
        for old in self._cards:
            self._grid.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._cards = list(cards)
        self._columns = 0
        self._lay_out()

    @property
    def cards(self) -> tuple[QWidget, ...]:
        """The cards, in order."""
        return tuple(self._cards)

    def minimumSizeHint(self) -> QSize:
        """One card wide, however many columns there are now."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), self._least), hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the columns."""
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        columns = max(1, (self.width() + 16) // (self._least + 16))
        if columns == self._columns or not self._cards:
            return
        for column in range(max(self._columns, columns)):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        rows = -(-len(self._cards) // columns)
        for row in range(self._grid.rowCount() + 1):
            self._grid.setRowStretch(row, 0)
        self._grid.setRowStretch(rows, 1)  # what is left over lies below the cards
        self._columns = columns
        for number, made in enumerate(self._cards):
            self._grid.addWidget(made, number // columns, number % columns)
        for first, second in zip(self._cards, self._cards[1:], strict=False):
            QWidget.setTabOrder(first, second)
