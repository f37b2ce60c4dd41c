"""The first step: name, board and seats, kept in ``room.toml``."""

from PySide6.QtCore import QTimer

from gazeclass.calibration.room import LARGEST_M, SMALLEST_M, Room
from gazeclass.calibration.room_parts import BoardSize, Seat
from gazeclass.calibration.steps import Step
from gazeclass.desktop.wizard.seats import Rows, lifted, make_seats, moved, rows_of
from gazeclass.desktop.wizard.session import Session
from gazeclass.desktop.wizard.step import Guidance, Notice, StepPresenter
from gazeclass.desktop.wizard.units import Unit
from gazeclass.errors import InputError

#: A dragged seat is written to disk when the hand has rested this long.
REST_MS = 300
DEFAULT_BOARD = BoardSize(width_m=4.0, height_m=1.2)


class RoomPresenter(StepPresenter):
    """Holds the room as it is being edited and writes every change that makes sense.

    Nothing is written while the board's size was not confirmed: a room nobody measured must not look measured.
    """

    step = Step.ROOM

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.name = ""
        self.width_m: float | None = None
        self.height_m: float | None = None
        self.edge_m: float | None = None
        self.seats: tuple[Seat, ...] = ()
        self.rows = Rows()
        self._room: Room | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.save)

    @property
    def title(self) -> str:
        """What the strip calls it."""
        return self.tr("Room")

    @property
    def board(self) -> BoardSize:
        """The board as measured, and as boards are where it was not measured yet."""
        return BoardSize(
            width_m=self.width_m or DEFAULT_BOARD.width_m,
            height_m=self.height_m or DEFAULT_BOARD.height_m,
            lower_edge_above_floor_m=self.edge_m,
        )

    @property
    def measured(self) -> bool:
        """Whether the board was measured."""
        return self.width_m is not None and self.height_m is not None

    def enter(self) -> None:
        """Read the room from disk."""
        try:
            self._room = room = self.session.project.room()
        except InputError as error:
            self.fail(error)
            room = None
        if room is not None:
            self.name, self.seats, self.rows = room.name, room.seats, rows_of(room.seats)
            self.width_m, self.height_m = room.board.width_m, room.board.height_m
            self.edge_m = room.board.lower_edge_above_floor_m
        elif not self.seats:
            self.seats = make_seats(self.rows, self.board)
        super().enter()
        self.changed.emit()

    def leave(self) -> None:
        """Write what is still waiting."""
        if self._rest.isActive():
            self._rest.stop()
            self.save()
        super().leave()

    def set_name(self, name: str) -> None:
        """What the room is called."""
        if name.strip() != self.name:
            self.name = name.strip()
            self.save()

    def set_board(self, width_m: float | None, height_m: float | None, edge_m: float | None) -> None:
        """The blackboard's size and its lower edge above the floor, as far as they were measured."""
        if (width_m, height_m, edge_m) == (self.width_m, self.height_m, self.edge_m):
            return
        problem = self._problem(width_m, height_m)
        if problem is not None:
            self.fail(problem)
            return
        before = self.board
        self.width_m, self.height_m, self.edge_m = width_m, height_m, edge_m
        shift = (self.board.width_m - before.width_m) / 2
        self.seats = tuple(
            moved(s, s.position_m[0] + shift, s.position_m[2]) for s in lifted(self.seats, before, self.board)
        )
        self.save()

    def set_rows(self, rows: Rows) -> None:
        """Seats anew, in rows; what was moved by hand is forgotten."""
        if rows != self.rows:
            self.rows = rows
            self.seats = make_seats(rows, self.board)
            self.save()

    def move_seat(self, index: int, x_m: float, z_m: float) -> None:
        """A seat was dragged."""
        seats = list(self.seats)
        seats[index] = moved(seats[index], x_m, z_m)
        self.seats = tuple(seats)
        self._rest.start()
        self.changed.emit()

    def remove_seat(self, index: int) -> None:
        """There is no seat here."""
        self.seats = self.seats[:index] + self.seats[index + 1 :]
        self.save()

    def add_seat(self) -> None:
        """One more seat, in the last row."""
        rows = [s.row or 1 for s in self.seats]
        row = max(rows, default=1)
        names = {s.name for s in self.seats}
        place = next(k for k in range(1, 1000) if f"{row}-{k}" not in names)
        last = next((s for s in reversed(self.seats) if (s.row or 1) == row), None)
        x, y, z = last.position_m if last else make_seats(Rows(1, 1), self.board)[0].position_m
        new = Seat(name=f"{row}-{place}", row=row, position_m=(round(x - self.rows.seat_step_m, 3), y, z))
        self.seats = (*self.seats, new)
        self.save()

    def set_unit(self, unit: Unit) -> None:
        """Show lengths otherwise."""
        self.session.set_unit(unit)
        self.changed.emit()

    def save(self) -> None:
        """Write ``room.toml``, once the board was measured."""
        if self.measured:
            old = self._room or Room(board=self.board)
            zones = self.session.zones_on(self.board).zones
            room = old.model_copy(update={"name": self.name, "board": self.board, "seats": self.seats, "zones": zones})
            try:
                self.session.project.save_room(room)
            except InputError as error:
                self.fail(error)
                return
            self._room = room
            self.fine()
            self.session.refresh()
        self.changed.emit()

    def guidance(self) -> Guidance:
        """What is still to be filled in."""
        missing = []
        if not self.name:
            missing.append(self.tr("a name for the room"))
        if not self.measured:
            missing.append(self.tr("the board's width and height, measured along its writing surface"))
        blocking = missing[:1]
        if self.edge_m is None:
            missing.append(self.tr("the board's lower edge above the floor (it gives the seats their height)"))
        if not self.seats:
            missing.append(self.tr("where students sit (without seats the report has no seat map)"))
        waiting = self.session.state(self.step)
        blocked = self.tr("Still missing: {0}").format(blocking[0]) if blocking else ""
        if not blocked and (waiting is None or not waiting.may_go_on):
            blocked = self.tr("one moment")
        return Guidance(
            self.tr("Write the room's name, measure the board with the tape, and put the seats where they stand."),
            tuple(missing),
            self.error_notices() or self._doubts(),
            blocked,
        )

    def _doubts(self) -> tuple[Notice, ...]:
        lost = self.session.zones_on(self.board).sentence if self.measured else ""
        if lost:
            return (Notice(lost),)
        if self.measured and self.board.height_m > self.board.width_m:
            return (Notice(self.tr("The board is higher than it is wide. Are width and height exchanged?")),)
        near = [s.name for s in self.seats if s.position_m[2] < 1.0]
        if near:
            return (Notice(self.tr("Nearer than 1 m to the board: {0}. Is that right?").format(", ".join(near[:5]))),)
        return ()

    def _problem(self, width_m: float | None, height_m: float | None) -> InputError | None:
        unit = self.session.unit
        for word, value in ((self.tr("wide"), width_m), (self.tr("high"), height_m)):
            if value is not None and not SMALLEST_M <= value <= LARGEST_M:
                return InputError(
                    self.tr("a board {0} {1} is not plausible").format(unit.text(value), word),
                    todo=self.tr("Boards are {0} to {1}. Is the unit right?").format(
                        unit.text(SMALLEST_M), unit.text(LARGEST_M)
                    ),
                )
        return None
