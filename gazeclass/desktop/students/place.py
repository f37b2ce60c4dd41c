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


class Desk(QWidget):
    """The open list of students: classes at the left, their students, and seats or portraits of the chosen one."""

    def __init__(self, presenter: StudentsPresenter) -> None:
        super().__init__()
        self.presenter = presenter
        self.classes = ClassList(presenter)
        self.table = StudentsView(presenter)
        self.portraits = PortraitsPanel(presenter)
        self.seats = SeatsPanel(presenter)
        self.lock = LockPanel(presenter)
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
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addWidget(self.classes)
        layout.addLayout(column, 1)
        self.table.current_changed.connect(self._on_current)
        self.classes.key_wanted.connect(lambda: self._show_lock(True))
        self.lock.closed.connect(lambda: self._show_lock(False))
        presenter.classes_changed.connect(self.show_classes)
        presenter.receipt.connect(self._on_receipt)
        self._on_current(self.table.current)

    def show_classes(self) -> None:
        """The class that is shown, or that there is none yet."""
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
            self.show_classes()

    def _on_receipt(self, path: Path) -> None:
        self.receipt.setText(self.tr("Deleted. The receipt is {0}").format(path))
        self.receipt.show()


class StudentsPlace(QWidget):
    """Door or desk. The desk is made when the door opens for the first time: a visitor without a list waits less."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.setObjectName("page")
        self.presenter = StudentsPresenter(context, self)
        self.door = DoorView(self.presenter)
        self._desk: Desk | None = None
        self.stack = QStackedWidget()
        self.stack.addWidget(self.door)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)
        self.presenter.door_changed.connect(self._on_door)
        self.presenter.look()

    @property
    def desk(self) -> Desk:
        """What is behind the door."""
        if self._desk is None:
            self._desk = Desk(self.presenter)
            self.stack.addWidget(self._desk)
        return self._desk

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
        if self.presenter.door is Door.OPEN:
            self.stack.setCurrentWidget(self.desk)
            self.desk.seats.read_rooms()
            self.desk.show_classes()
        else:
            self.stack.setCurrentWidget(self.door)
            if self._desk is not None:
                self._desk.receipt.hide()


def screenshots(context: AppContext) -> Iterable[tuple[str, QWidget]]:
    """Pictures for the guide: the door, a class with its seats, portraits looked at."""
    from gazeclass.desktop.students.pictures import scenes

    return scenes(context)
