"""The first step as seen: fields at the right, the room from above at the left."""

from PySide6.QtWidgets import QComboBox, QFormLayout, QGridLayout, QHBoxLayout, QLineEdit, QSpinBox, QWidget

from gazeclass.desktop.widgets.controls import button, label
from gazeclass.desktop.wizard.length_edit import LengthEdit
from gazeclass.desktop.wizard.room_presenter import RoomPresenter
from gazeclass.desktop.wizard.seat_plan import SeatPlan
from gazeclass.desktop.wizard.seats import Rows
from gazeclass.desktop.wizard.step_view import StepView
from gazeclass.desktop.wizard.units import UNITS


class RoomView(StepView):
    """Name, unit, board and rows; seats to drag."""

    presenter: RoomPresenter

    def __init__(self, presenter: RoomPresenter, parent: QWidget | None = None) -> None:
        super().__init__(presenter, parent)
        self.plan = SeatPlan()
        self.main.addWidget(self.plan, 1)
        below = QHBoxLayout()
        below.addWidget(label(self.tr("Seats as the class stands before the board; drag them."), role="muted"), 1)
        self.add = button(self.tr("Add seat"), icon="plus")
        self.remove = button(self.tr("Remove seat"), icon="minus")
        below.addWidget(self.add)
        below.addWidget(self.remove)
        self.main.addLayout(below)

        self.name = QLineEdit()
        self.name.setAccessibleName(self.tr("Name"))
        self.name.setPlaceholderText(self.tr("for example Room 12"))
        self.unit = QComboBox()
        self.unit.setAccessibleName(self.tr("Unit of lengths"))
        self.unit.addItems([self.tr("metres"), self.tr("centimetres"), self.tr("inches")])
        self.width_edit = LengthEdit(self.tr("Board's width"))
        self.height_edit = LengthEdit(self.tr("Board's height"))
        self.edge = LengthEdit(self.tr("Board's lower edge above the floor"))
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.addRow(self.tr("Name"), self.name)
        form.addRow(self.tr("Lengths in"), self.unit)
        form.addRow(self.tr("Board's width"), self.width_edit)
        form.addRow(self.tr("Board's height"), self.height_edit)
        form.addRow(self.tr("Edge above floor"), self.edge)
        self.controls.addLayout(form)
        self.controls.addWidget(label(self.tr("Seats in rows"), role="subtitle"))
        self._rows_grid()
        self._connect()

    def _rows_grid(self) -> None:
        self.rows, self.seats = QSpinBox(), QSpinBox()
        self.rows.setRange(0, 20)
        self.seats.setRange(1, 20)
        self.rows.setAccessibleName(self.tr("Rows"))
        self.seats.setAccessibleName(self.tr("Seats in a row"))
        self.first = LengthEdit(self.tr("First row's distance from the board"))
        self.row_step = LengthEdit(self.tr("From row to row"))
        self.seat_step = LengthEdit(self.tr("From seat to seat"))
        grid = QGridLayout()
        grid.setVerticalSpacing(8)
        words = (
            self.tr("Rows"),
            self.tr("Seats"),
            self.tr("First row at"),
            self.tr("Row to row"),
            self.tr("Seat to seat"),
        )
        for k, field in enumerate((self.rows, self.seats, self.first, self.row_step, self.seat_step)):
            row, column = (0, 2 * k) if k < 2 else (k - 1, 0)
            name = label(words[k])
            name.setBuddy(field)
            grid.addWidget(name, row, column)
            grid.addWidget(field, row, column + 1, 1, 1 if k < 2 else 3)
        self.controls.addLayout(grid)

    def _connect(self) -> None:
        p = self.presenter
        self.name.editingFinished.connect(lambda: p.set_name(self.name.text()))
        self.unit.activated.connect(lambda index: p.set_unit(UNITS[index]))
        for field in (self.width_edit, self.height_edit, self.edge):
            field.measured.connect(self._on_board)
            field.refused.connect(p.fail)
        for spin in (self.rows, self.seats):
            spin.valueChanged.connect(self._on_rows)
        for field in (self.first, self.row_step, self.seat_step):
            field.measured.connect(self._on_rows)
            field.refused.connect(p.fail)
        self.plan.moved.connect(p.move_seat)
        self.plan.removed.connect(p.remove_seat)
        self.plan.selected.connect(lambda index: self.remove.setEnabled(index >= 0))
        self.add.clicked.connect(p.add_seat)
        self.remove.clicked.connect(lambda: p.remove_seat(self.plan.chosen))

    def _on_board(self) -> None:
        self.presenter.set_board(self.width_edit.length_m, self.height_edit.length_m, self.edge.length_m)

    def _on_rows(self) -> None:
        r = self.presenter.rows
        self.presenter.set_rows(
            Rows(
                self.rows.value(),
                self.seats.value(),
                self.first.length_m or r.first_m,
                self.row_step.length_m or r.row_step_m,
                self.seat_step.length_m or r.seat_step_m,
            )
        )

    def show_state(self) -> None:
        """Show the room."""
        p, unit = self.presenter, self.presenter.session.unit
        if not (self.name.hasFocus() and self.name.isModified()):
            self.name.setText(p.name)
        self.unit.setCurrentIndex(UNITS.index(unit))
        self.width_edit.show_length(p.width_m, unit)
        self.height_edit.show_length(p.height_m, unit)
        self.edge.show_length(p.edge_m, unit)
        for spin, value in ((self.rows, p.rows.rows), (self.seats, p.rows.seats)):
            spin.blockSignals(True)
            spin.setValue(value)
            spin.blockSignals(False)
        self.first.show_length(p.rows.first_m, unit)
        self.row_step.show_length(p.rows.row_step_m, unit)
        self.seat_step.show_length(p.rows.seat_step_m, unit)
        self.plan.set_room(p.board, p.seats, unit)
        self.remove.setEnabled(self.plan.chosen >= 0)

    def first_focus(self) -> QWidget | None:
        """The name, while there is none."""
        return self.name if not self.presenter.name else None
