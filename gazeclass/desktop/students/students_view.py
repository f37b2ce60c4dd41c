"""The shown class: its name and switches, the table of students, and a way to add many at once."""

from PySide6.QtCore import QItemSelection, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gazeclass.desktop.students.presenter import StudentsPresenter
from gazeclass.desktop.students.table_model import (
    CONSENT,
    LESSON,
    NAME,
    PORTRAITS,
    PSEUDONYM,
    SEAT,
    UNTIL,
    StudentsModel,
)
from gazeclass.desktop.widgets.controls import button, card, label
from gazeclass.desktop.widgets.question import ask
from gazeclass.desktop.widgets.states import EmptyState

_WIDTHS = {PSEUDONYM: 98, SEAT: 50, CONSENT: 74, UNTIL: 96, PORTRAITS: 80, LESSON: 88}


class StudentsView(QWidget):
    """Enter or F2 edits a cell, Space ticks the consent, Delete asks whether to delete.

    Signals:
        current_changed: the pseudonym of the student the table is at, "" for nobody.
    """

    current_changed = Signal(str)

    def __init__(self, presenter: StudentsPresenter) -> None:
        super().__init__()
        self.presenter = presenter
        self.model = StudentsModel(presenter)
        self.name = QLineEdit()
        self.name.setAccessibleName(self.tr("Name of the class"))
        self.name.setMinimumWidth(200)
        self.name.setMaximumWidth(360)
        self.name.editingFinished.connect(self._rename)
        self.faces = QCheckBox(self.tr("Compare faces"))
        self.faces.setToolTip(self.tr("Off: no face is compared with another; students are told by their seats alone."))
        self.faces.toggled.connect(lambda on: self.presenter.set_class(biometrics=on))
        self.add = button(self.tr("Add students"), icon="account-plus-outline", role="primary")
        self.add.setCheckable(True)
        self.add.toggled.connect(self._show_adding)
        self.more = button(self.tr("Delete class"), role="flat")
        self.more.clicked.connect(self._delete_class)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.name, 1)
        head.addWidget(self.faces)
        head.addStretch(1)
        head.addWidget(self.more)
        head.addWidget(self.add)
        self.adding = self._adding_sheet()
        self.table = self._table()
        self.empty = EmptyState(
            "account-group-outline",
            self.tr("No student in this class yet"),
            self.tr("Add them with a list of names, one on each line. Each gets a pseudonym drawn by lot."),
            self.tr("Add students"),
        )
        self.empty.activated.connect(lambda: self.add.setChecked(True))
        self.stack = QStackedWidget()
        self.stack.addWidget(self.table)
        self.stack.addWidget(self.empty)
        self.count = label("", role="muted")
        self.delete = button(self.tr("Delete student"), icon="delete-outline", role="flat")
        self.delete.clicked.connect(self._delete_student)
        foot = QHBoxLayout()
        foot.addWidget(self.count, 1)
        foot.addWidget(self.delete)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.adding)
        layout.addWidget(self.stack, 1)
        layout.addLayout(foot)
        only_here = Qt.ShortcutContext.WidgetShortcut
        QShortcut(QKeySequence.StandardKey.Delete, self.table, self._delete_student, context=only_here)
        self.model.consent_withdrawn.connect(self._withdraw)
        presenter.in_lessons.found.connect(self._offer_lessons)
        presenter.classes_changed.connect(self.refresh)
        presenter.students_changed.connect(self.refresh)
        self.refresh()

    @property
    def current(self) -> str:
        """The pseudonym of the student the table is at."""
        index = self.table.currentIndex()
        return self.model.pseudonym(index.row()) if index.isValid() else ""

    def refresh(self) -> None:
        """Show the class as it is."""
        group = self.presenter.group
        if group is None:
            return
        if not self.name.hasFocus():
            self.name.setText(group.name)
            self.name.setCursorPosition(0)
        self.faces.blockSignals(True)
        self.faces.setChecked(group.biometrics)
        self.faces.blockSignals(False)
        self.stack.setCurrentWidget(self.table if group.students else self.empty)
        may = len(group.consenting(self.presenter.today()))
        said = self.tr("{0} students, {1} may be observed today").format(len(group.students), may)
        self.count.setText(said if group.students else "")
        self.delete.setEnabled(bool(self.current))
        if group.students and not self.current:
            self.table.setCurrentIndex(self.model.index(0, NAME))

    def _table(self) -> QTableView:
        table = QTableView()
        table.setModel(self.model)
        table.setAccessibleName(self.tr("Students"))
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setTabKeyNavigation(False)
        table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(32)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setMinimumSectionSize(48)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column, width in _WIDTHS.items():
            table.setColumnWidth(column, width)
        table.selectionModel().selectionChanged.connect(self._on_selection)
        self.model.modelReset.connect(lambda: self.current_changed.emit(self.current))
        return table

    def _adding_sheet(self) -> QWidget:
        sheet = card()
        self.names = QPlainTextEdit()
        self.names.setAccessibleName(self.tr("Names, one on each line"))
        self.names.setPlaceholderText(self.tr("One name on each line; a list can be pasted here"))
        self.names.setTabChangesFocus(True)
        self.names.setFixedHeight(112)
        confirm = button(self.tr("Add"), role="primary")
        confirm.clicked.connect(self._add)
        leave = button(self.tr("Close"))
        leave.clicked.connect(lambda: self.add.setChecked(False))
        row = QHBoxLayout()
        row.addWidget(label(self.tr("They begin without consent: tick it when you have it."), role="muted"), 1)
        row.addWidget(leave)
        row.addWidget(confirm)
        layout = QVBoxLayout(sheet)
        layout.addWidget(self.names)
        layout.addLayout(row)
        sheet.hide()
        return sheet

    def _show_adding(self, on: bool) -> None:
        self.adding.setVisible(on)
        (self.names if on else self.table).setFocus()

    def _add(self) -> None:
        if self.presenter.add_students(self.names.toPlainText()):
            self.names.clear()
            self.add.setChecked(False)

    def _rename(self) -> None:
        group = self.presenter.group
        if group is not None and self.name.text() != group.name and not self.presenter.set_class(name=self.name.text()):
            self.name.setText(group.name)

    def _on_selection(self, selected: QItemSelection, gone: QItemSelection) -> None:
        self.delete.setEnabled(bool(self.current))
        self.current_changed.emit(self.current)

    def _delete_student(self) -> None:
        student = self.presenter.student(self.current)
        if student is not None and ask(
            self,
            self.tr("Delete student?"),
            self.tr("Delete “{0}” ({1}) from the list, with consent and portraits? This cannot be undone.").format(
                student.name, student.pseudonym
            ),
            self.tr("Delete"),
            self.tr("Keep"),
        ):
            self.presenter.remove_student(student.pseudonym)
            self.presenter.in_lessons.look(student.pseudonym)

    def _offer_lessons(self, pseudonym: str, count: int) -> None:
        """Afterwards nobody can say any more who the pseudonym was: ask now."""
        if count and ask(
            self,
            self.tr("In lessons too?"),
            self.tr(
                "{0} is in {1} lessons of the library. Take the student out of them too? This cannot be undone."
            ).format(pseudonym, count),
            self.tr("Take out"),
            self.tr("Leave in"),
        ):
            self.presenter.in_lessons.remove(pseudonym)

    def _delete_class(self) -> None:
        group = self.presenter.group
        if group is not None and ask(
            self,
            self.tr("Delete class?"),
            self.tr("Delete “{0}” with its {1} students? This cannot be undone. Lessons are kept.").format(
                group.name, len(group.students)
            ),
            self.tr("Delete"),
            self.tr("Keep"),
        ):
            self.presenter.remove_class()

    def _withdraw(self, pseudonym: str) -> None:
        student = self.presenter.student(pseudonym)
        if student is not None and ask(
            self,
            self.tr("Withdraw the consent?"),
            self.tr("“{0}” will not be observed any more, and the portraits are deleted now.").format(student.name),
            self.tr("Withdraw"),
            self.tr("Keep"),
        ):
            self.presenter.set_consent(pseudonym, given=False)
