"""Who sits where: the room from above; choosing a seat gives it to the student the table is at."""

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from gazeclass.desktop.students.presenter import StudentsPresenter
from gazeclass.desktop.students.rooms import SeatedRoom, seated_rooms
from gazeclass.desktop.widgets.controls import ElidedLabel, button, label
from gazeclass.desktop.widgets.room_plan import Mark, PlanSeat, RoomPlan, SeatState


class SeatsPanel(QWidget):
    """Arrow keys go from seat to seat, Enter gives it to the student named above, and takes it back again."""

    def __init__(self, presenter: StudentsPresenter) -> None:
        super().__init__()
        self.presenter = presenter
        self.pseudonym = ""
        self.rooms: tuple[SeatedRoom, ...] = ()
        self.room = QComboBox()
        self.room.setAccessibleName(self.tr("Classroom"))
        self.room.activated.connect(self._on_room)
        self.who = ElidedLabel()
        self.who.setProperty("role", "subtitle")
        self.state = label("", wrap=True)
        self.plan = RoomPlan()
        self.plan.set_legend_visible(False)
        self.plan.seat_chosen.connect(self._on_seat)
        self.stand_up = button(self.tr("No seat"), role="flat", tip=self.tr("Take the student's seat back"))
        self.stand_up.clicked.connect(lambda: self.presenter.set_student(self.pseudonym, seat=""))
        top = QHBoxLayout()
        top.addWidget(label(self.tr("Classroom")))
        top.addWidget(self.room, 1)
        line = QHBoxLayout()
        line.addWidget(self.who, 1)
        line.addWidget(self.stand_up)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addLayout(line)
        layout.addWidget(self.state)
        layout.addWidget(self.plan, 1)
        self._filler = QWidget()
        layout.addWidget(self._filler, 1)
        self.legend = label(self.tr("Filled: this student. Ring: taken. Empty: free."), role="muted", wrap=True)
        layout.addWidget(self.legend)
        presenter.students_changed.connect(self.refresh)
        presenter.classes_changed.connect(self._show_room)
        presenter.context.library_changed.connect(self.read_rooms)
        self._show_room()

    def read_rooms(self) -> None:
        """Read the library's classrooms, in a thread."""
        task = self.presenter.context.tasks.run(
            lambda _: seated_rooms(self.presenter.context.library / "classrooms"), title=self.tr("Reading classrooms")
        )
        task.done.connect(self._on_rooms)

    def show_student(self, pseudonym: str) -> None:
        """Be about another student."""
        self.pseudonym = pseudonym
        self.refresh()

    def refresh(self) -> None:
        """Say who has which seat."""
        student = self.presenter.student(self.pseudonym)
        room = self._current()
        self.who.setText(student.name if student is not None else "")
        self.stand_up.setEnabled(student is not None and bool(student.seat))
        seats = {seat.name for seat in room.seats} if room is not None else set()
        if room is None and not self.rooms:
            said = self.tr("There is no calibrated classroom yet. Make one in Classrooms.")
        elif room is None:
            said = self.tr("Choose the classroom this class is taught in.")
        elif not seats:
            said = self.tr("This classroom has no seats yet. Draw them in Classrooms, in the step Room.")
        elif student is None:
            said = self.tr("Choose a student in the table.")
        elif student.seat and student.seat not in seats:
            said = self.tr("Seat {0} is not in this classroom. Choose another.").format(student.seat)
        elif student.seat:
            said = self.tr("Sits at {0}. Choose another seat to move.").format(student.seat)
        else:
            said = self.tr("Choose a seat in the plan.")
        self.state.setText(said)
        states = {}
        for one in self.presenter.students:
            if one.seat in seats:
                own = one.pseudonym == self.pseudonym
                states[one.seat] = SeatState(Mark.BOARD if own else Mark.ZONE, tip=f"{one.name} ({one.pseudonym})")
        self.plan.set_states(states)
        self.plan.setEnabled(student is not None and bool(seats))

    def _current(self) -> SeatedRoom | None:
        group = self.presenter.group
        return next((room for room in self.rooms if group is not None and room.folder == group.classroom), None)

    def _on_rooms(self, rooms: tuple[SeatedRoom, ...]) -> None:
        self.rooms = rooms
        self._show_room()

    def _show_room(self) -> None:
        room = self._current()
        self.room.clear()
        self.room.addItem(self.tr("none"), "")
        for one in self.rooms:
            self.room.addItem(one.name, one.folder)
        self.room.setCurrentIndex(0 if room is None else 1 + self.rooms.index(room))
        self.room.setEnabled(bool(self.rooms))
        self.plan.setVisible(room is not None)
        self._filler.setVisible(room is None)
        self.legend.setVisible(room is not None)
        if room is not None:
            self.plan.set_board(room.board)
            self.plan.set_seats([PlanSeat(s.name, s.position_m[0], s.position_m[2]) for s in room.seats])
        self.refresh()

    def _on_room(self, index: int) -> None:
        self.presenter.set_class(classroom=str(self.room.itemData(index)))

    def _on_seat(self, name: str) -> None:
        student = self.presenter.student(self.pseudonym)
        if student is not None:
            self.presenter.set_student(student.pseudonym, seat="" if student.seat == name else name)
