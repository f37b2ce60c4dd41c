"""The classes at the left, a line to add one, and the lock at the bottom."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from gazeclass.desktop.students.presenter import StudentsPresenter
from gazeclass.desktop.widgets.controls import button, label
from gazeclass.lesson.roster import LONGEST_NAME


class ClassList(QWidget):
    """Up and down choose a class, Enter in the line below adds one.

    Signals:
        key_wanted: the user wants another passphrase.
    """

    key_wanted = Signal()

    def __init__(self, presenter: StudentsPresenter) -> None:
        super().__init__()
        self.presenter = presenter
        self.setFixedWidth(168)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Classes"))
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentTextChanged.connect(self._on_current)
        self.new = QLineEdit()
        self.new.setPlaceholderText(self.tr("New class"))
        self.new.setAccessibleName(self.tr("Name of the new class"))
        self.new.setMaxLength(LONGEST_NAME)
        self.new.returnPressed.connect(self._add)
        self.add = button("", icon="plus", name=self.tr("Add the class"))
        self.add.setFixedWidth(36)
        self.add.setStyleSheet("padding: 0")
        self.add.clicked.connect(self._add)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.new, 1)
        row.addWidget(self.add)
        self.key = button(self.tr("Change the lock"), icon="key-outline", role="flat")
        self.key.clicked.connect(self.key_wanted)
        self.lock = button(self.tr("Lock"), icon="lock-outline", role="flat", tip=self.tr("Close the list (Ctrl+L)"))
        self.lock.clicked.connect(presenter.lock)
        QShortcut(QKeySequence("Ctrl+L"), self, presenter.lock)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(label(self.tr("Classes"), role="title"))
        layout.addWidget(self.list, 1)
        layout.addLayout(row)
        layout.addWidget(self.key, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.lock, 0, Qt.AlignmentFlag.AlignLeft)
        presenter.classes_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the classes as they are."""
        self.list.blockSignals(True)
        self.list.clear()
        for one in self.presenter.roster.classes:
            item = QListWidgetItem(one.name)
            item.setToolTip(one.name)
            self.list.addItem(item)
            if one.name == self.presenter.shown:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)

    def _on_current(self, name: str) -> None:
        if name:
            self.presenter.show(name)

    def _add(self) -> None:
        if self.new.text().strip() and self.presenter.add_class(self.new.text()):
            self.new.clear()
