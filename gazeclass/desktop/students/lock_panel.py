"""Another passphrase, or the keyring in its place."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from gazeclass.desktop.students.presenter import StudentsPresenter
from gazeclass.desktop.widgets.controls import button, card, label
from gazeclass.lesson.roster_keys import SHORTEST_PASSPHRASE


class LockPanel(QWidget):
    """In the place of the table while the lock is changed.

    Signals:
        closed: back to the students.
    """

    closed = Signal()

    def __init__(self, presenter: StudentsPresenter) -> None:
        super().__init__()
        self.presenter = presenter
        self.state = label("", wrap=True)
        self.first, self.second = QLineEdit(), QLineEdit()
        form = QFormLayout()
        for field, words in ((self.first, self.tr("New passphrase")), (self.second, self.tr("Again"))):
            field.setEchoMode(QLineEdit.EchoMode.Password)
            field.setAccessibleName(words)
            form.addRow(words, field)
        self.wrong = label("", kind="danger", wrap=True)
        self.change = button(self.tr("Change"), role="primary")
        self.change.clicked.connect(self._change)
        self.second.returnPressed.connect(self._change)
        self.keyring = button(self.tr("Let this computer keep the key"))
        self.keyring.clicked.connect(self._to_keyring)
        leave = button(self.tr("Leave it as it is"))
        leave.clicked.connect(self.closed)
        row = QHBoxLayout()
        row.addWidget(self.keyring)
        row.addStretch(1)
        row.addWidget(leave)
        row.addWidget(self.change)
        sheet = card()
        inner = QVBoxLayout(sheet)
        inner.setContentsMargins(24, 24, 24, 24)
        inner.setSpacing(16)
        inner.addWidget(label(self.tr("Change the lock"), role="title"))
        inner.addWidget(self.state)
        inner.addLayout(form)
        inner.addWidget(self.wrong)
        inner.addLayout(row)
        layout = QVBoxLayout(self)
        layout.addWidget(sheet, 0, Qt.AlignmentFlag.AlignTop)
        layout.addStretch(1)

    def refresh(self) -> None:
        """Say how it is locked now."""
        by_ring = self.presenter.lock_kind == "keyring"
        self.state.setText(
            self.tr("This computer keeps the key now. With a passphrase the list can be carried to another one.")
            if by_ring
            else self.tr("A passphrase opens the list now. After the change the old one opens nothing any more.")
        )
        self.keyring.setVisible(not by_ring and bool(self.presenter.has_keyring))
        self.wrong.setText("")
        self.first.clear()
        self.second.clear()

    def _change(self) -> None:
        if len(self.first.text()) < SHORTEST_PASSPHRASE:
            self.wrong.setText(
                self.tr("Take {0} characters or more; three or four words are easy to remember.").format(
                    SHORTEST_PASSPHRASE
                )
            )
        elif self.first.text() != self.second.text():
            self.wrong.setText(self.tr("The two passphrases differ. Type the same one twice."))
        else:
            self.presenter.change_passphrase(self.first.text())
            self.closed.emit()

    def _to_keyring(self) -> None:
        self.presenter.change_passphrase(None)
        self.closed.emit()
