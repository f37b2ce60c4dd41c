"""How long lessons made in a classroom are kept: a field on its card, where the menu's line was chosen."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSpinBox, QVBoxLayout

from gazeclass.desktop.widgets.controls import button, label

#: The longest that can be chosen; whoever wants more keeps them without an end.
LONGEST_DAYS = 3650


class KeepingRow(QFrame):
    """Days, or no end, with what that means.

    Signals:
        chosen: days, None for no end.
        left: leave it as it was.
    """

    chosen = Signal(object)
    left = Signal()

    def __init__(self, days: int | None, classroom: str) -> None:
        super().__init__()
        self.days = QSpinBox()
        self.days.setRange(0, LONGEST_DAYS)
        self.days.setSpecialValueText(self.tr("as long as you like"))
        self.days.setSuffix(self.tr(" days"))
        self.days.setValue(days or 0)
        self.days.setAccessibleName(self.tr("Keep lessons of {0} for").format(classroom))
        self.save = button(self.tr("Save"), role="primary", name=self.tr("Save how long lessons are kept"))
        self.save.clicked.connect(self._on_save)
        self.cancel = button(self.tr("Cancel"), name=self.tr("Keep lessons as long as before"))
        self.cancel.clicked.connect(self.left)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label(self.tr("Keep lessons for")))
        row.addWidget(self.days, 1)
        row.addWidget(self.cancel)
        row.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(
            label(
                self.tr(
                    "Lessons made here from now on are deleted when their days are over, the next time the program "
                    "starts. Each leaves a receipt that says what was deleted and when. 0 sets no end; lessons that "
                    "are there already keep their own day."
                ),
                role="muted",
                wrap=True,
            )
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter saves, Esc leaves."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on_save()
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _on_save(self) -> None:
        self.days.interpretText()
        self.chosen.emit(self.days.value() or None)
        self.left.emit()
