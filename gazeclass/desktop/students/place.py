"""The place "Students": the door while the roster is closed; classes, table and panels while it is open."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from gazeclass.desktop.context import AppContext
from gazeclass.desktop.students.class_list import ClassList
from gazeclass.desktop.students.door_view import DoorView
from gazeclass.desktop.students.lock_panel import LockPanel
from gazeclass.desktop.students.portraits_panel import PortraitsPanel
from gazeclass.desktop.students.presenter import Door, StudentsPresenter
from gazeclass.desktop.students.seats_panel import SeatsPanel
from gazeclass.desktop.students.students_view import StudentsView
from gazeclass.desktop.widgets.controls import label
from gazeclass.desktop.widgets.question import ask
from gazeclass.desktop.widgets.states import EmptyState


def create(context: AppContext) -> "StudentsPlace":
    """The place's widget."""
    return StudentsPlace(context)


class StudentsPlace(QWidget):
    """Door or desk."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.setObjectName("page")
        self.presenter = StudentsPresenter(context, self)
        self.door = DoorView(self.presenter)
        self.classes = ClassList(self.presenter)
        self.table = StudentsView(self.presenter)
        self.portraits = PortraitsPanel(self.presenter)
        self.seats = SeatsPanel(self.presenter)
        self.lock = LockPanel(self.presenter)
        self.tabs = QTabWidget()
        self.tabs.addTab(self.seats, self.tr("Seats"))
        self.tabs.addTab(self.portraits, self.tr("Portraits"))
        self.tabs.setFixedWidth(276)
        self.no_class = EmptyState(
            "account-group-outline",
            self.tr("No class yet"),
            self.tr("Write the name of your first class into the line at the left and press Enter."),
        )
        self.receipt = label("", kind="good", wrap=True, selectable=True)
        self.receipt.hide()
        group = QWidget()
        across = QHBoxLayout(group)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(16)
        across.addWidget(self.table, 1)
        across.addWidget(self.tabs)
        self.middle = QStackedWidget()
        self.middle.addWidget(group)
        self.middle.addWidget(self.no_class)
        self.middle.addWidget(self.lock)
        column = QVBoxLayout()
        column.addWidget(self.middle, 1)
        column.addWidget(self.receipt)
        desk = QWidget()
        layout = QHBoxLayout(desk)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addWidget(self.classes)
        layout.addLayout(column, 1)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.door)
        self.stack.addWidget(desk)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)
        self._desk = desk
        self.table.current_changed.connect(self._on_current)
        self.classes.key_wanted.connect(lambda: self._show_lock(True))
        self.lock.closed.connect(lambda: self._show_lock(False))
        self.presenter.door_changed.connect(self._on_door)
        self.presenter.classes_changed.connect(self._on_classes)
        self.presenter.receipt.connect(self._on_receipt)
        self.presenter.look()

    def open(self, classroom: str = "") -> None:
        """Look again at what is on disk."""
        self.presenter.look()

    def may_close(self) -> bool:
        """Ask only while something is not on disk yet."""
        return self.presenter.saved or ask(
            self,
            self.tr("Still saving"),
            self.tr("The last change to the list of students is not on disk yet. Close all the same?"),
            self.tr("Close"),
            self.tr("Wait"),
        )

    def _on_door(self) -> None:
        is_open = self.presenter.door is Door.OPEN
        self.stack.setCurrentWidget(self._desk if is_open else self.door)
        if is_open:
            self.seats.read_rooms()
            self._on_classes()
        else:
            self.receipt.hide()

    def _on_classes(self) -> None:
        self.middle.setCurrentIndex(0 if self.presenter.group is not None else 1)
        if self.presenter.door is Door.OPEN and self.presenter.group is None:
            self.classes.new.setFocus()

    def _on_current(self, pseudonym: str) -> None:
        self.portraits.show_student(pseudonym)
        self.seats.show_student(pseudonym)

    def _show_lock(self, on: bool) -> None:
        if on:
            self.lock.refresh()
            self.middle.setCurrentWidget(self.lock)
            self.lock.first.setFocus()
        else:
            self._on_classes()

    def _on_receipt(self, path: Path) -> None:
        self.receipt.setText(self.tr("Deleted. The receipt is {0}").format(path))
        self.receipt.show()


def screenshots(context: AppContext) -> Iterable[tuple[str, QWidget]]:
    """Pictures for the guide: the door, a class with its seats, portraits looked at."""
    from gazeclass.desktop.students.pictures import scenes

    return scenes(context)
