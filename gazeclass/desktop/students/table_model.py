"""The students of the shown class as a table: name, seat, consent and until when, portraits, what follows."""

from datetime import date
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor

from gazeclass.desktop import theme
from gazeclass.desktop.students.presenter import StudentsPresenter
from gazeclass.errors import InputError
from gazeclass.lesson.roster import RosterStudent

NAME, PSEUDONYM, SEAT, CONSENT, UNTIL, PORTRAITS, LESSON = range(7)
_NOWHERE = QModelIndex()
Index = QModelIndex | QPersistentModelIndex


class StudentsModel(QAbstractTableModel):
    """Follows the presenter; what is typed goes to it.

    Signals:
        consent_withdrawn: a pseudonym whose tick was taken away though there are portraits; the view asks first.
    """

    consent_withdrawn = Signal(str)

    def __init__(self, presenter: StudentsPresenter) -> None:
        super().__init__(presenter)
        self._presenter = presenter
        self._students: tuple[RosterStudent, ...] = presenter.students
        presenter.students_changed.connect(self._on_changed)

    def pseudonym(self, row: int) -> str:
        """Of a row, "" beyond the end."""
        return self._students[row].pseudonym if 0 <= row < len(self._students) else ""

    def row_of(self, pseudonym: str) -> int:
        """Of a student, -1 for nobody."""
        return next((k for k, student in enumerate(self._students) if student.pseudonym == pseudonym), -1)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """One row a student."""
        return 0 if parent.isValid() else len(self._students)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """As the constants of this module."""
        return 0 if parent.isValid() else 7

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Words of the columns; rows have none."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (
                self.tr("Name"),
                self.tr("Pseudonym"),
                self.tr("Seat"),
                self.tr("Consent"),
                self.tr("Until"),
                self.tr("Portraits"),
                self.tr("In lessons"),
            )[section]
        if role == Qt.ItemDataRole.ToolTipRole and section == UNTIL:
            return self.tr("Last day of the consent, like 2026-12-31; empty for no end")
        if role == Qt.ItemDataRole.ToolTipRole and section == PSEUDONYM:
            return self.tr("Drawn by lot. Lessons, reports and files say only this")
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Names, seats and dates can be typed, consent ticked."""
        base = super().flags(index)
        if index.column() in (NAME, SEAT, UNTIL):
            return base | Qt.ItemFlag.ItemIsEditable
        return base | Qt.ItemFlag.ItemIsUserCheckable if index.column() == CONSENT else base

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a cell shows."""
        if not index.isValid() or index.row() >= len(self._students):
            return None
        student, column = self._students[index.row()], index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self._text(student, column)
        if role == Qt.ItemDataRole.CheckStateRole and column == CONSENT:
            return Qt.CheckState.Checked if student.consent.given else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(student, column)
        if role == Qt.ItemDataRole.ForegroundRole and self._is_minor(student, column):
            return QColor(theme.current().muted)
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Take what was typed or ticked."""
        student, column = self._students[index.row()], index.column()
        if role == Qt.ItemDataRole.CheckStateRole and column == CONSENT:
            given = Qt.CheckState(value) == Qt.CheckState.Checked
            if not given and student.portraits:
                self.consent_withdrawn.emit(student.pseudonym)
                return False
            self._presenter.set_consent(student.pseudonym, given, student.consent.until)
            return True
        if role != Qt.ItemDataRole.EditRole or str(value) == self._text(student, column):
            return False
        if column == UNTIL:
            return self._set_until(student, str(value).strip())
        field = {NAME: "name", SEAT: "seat"}.get(column)
        return field is not None and self._presenter.set_student(student.pseudonym, **{field: str(value)})

    def _set_until(self, student: RosterStudent, text: str) -> bool:
        try:
            until = date.fromisoformat(text) if text else None
        except ValueError:
            what = self.tr("“{0}” is no day").format(text)
            todo = self.tr("Write a day like 2026-12-31, or nothing for no end.")
            self._presenter.context.show_error(InputError(what, todo=todo))
            return False
        self._presenter.set_consent(student.pseudonym, True, until)
        return True

    def _text(self, student: RosterStudent, column: int) -> str:
        if column == NAME:
            return student.name
        if column == PSEUDONYM:
            return student.pseudonym
        if column == SEAT:
            return student.seat
        if column == CONSENT:
            return self.tr("yes") if student.consent.given else self.tr("no")
        if column == UNTIL:
            return student.consent.until.isoformat() if student.consent.until else ""
        if column == PORTRAITS:
            return str(len(student.portraits)) if student.portraits else self.tr("none")
        return self._lesson(student)[0]

    def _lesson(self, student: RosterStudent) -> tuple[str, str]:
        """What becomes of a student in a lesson today, and why."""
        if not student.consent.given:
            return self.tr("blurred"), self.tr("No consent: blurred on the screen and never stored.")
        if not student.consent.valid_on(self._presenter.today()):
            return self.tr("blurred"), self.tr("The consent is over: blurred on the screen and never stored.")
        group = self._presenter.group
        if group is not None and not group.biometrics:
            if student.seat:
                return self.tr("by seat"), self.tr("Told by the seat; no face is compared.")
            return self.tr("not told"), self.tr("Has no seat, and faces are not compared in this class.")
        if student.portraits:
            return self.tr("by face"), self.tr("Told by the face.")
        return self.tr("not told"), self.tr("Has no portrait yet: nobody will be recognised as this student.")

    def _tip(self, student: RosterStudent, column: int) -> str:
        if column == LESSON:
            return self._lesson(student)[1]
        return student.name if column == NAME else ""

    def _is_minor(self, student: RosterStudent, column: int) -> bool:
        return column == PSEUDONYM or (column == PORTRAITS and not student.portraits)

    def _on_changed(self) -> None:
        new = self._presenter.students
        same = [s.pseudonym for s in new] == [s.pseudonym for s in self._students]
        if same:  # keeps the selection and an open editor
            self._students = new
            if new:
                self.dataChanged.emit(self.index(0, 0), self.index(len(new) - 1, 6))
            return
        self.beginResetModel()
        self._students = new
        self.endResetModel()
