"""The room from above, the board at the top: a rounded square for each seat, a mark for what its student does.

Marks differ by shape, not by colour alone: filled = faces the board, ring = faces a zone, hollow = away, dotted = not
seen. What is unreliable is greyed, with the reason in its tooltip.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gazeclass.desktop import theme
from gazeclass.desktop.widgets.plan_drawing import PlanFrame, draw_legend, draw_room, draw_seat
from gazeclass.geometry.frames import Board


class Mark(Enum):
    """What is known of who sits there. Each is drawn in a shape of its own."""

    NONE = "none"
    BOARD = "board"
    ZONE = "zone"
    AWAY = "away"
    UNSEEN = "unseen"


@dataclass(frozen=True)
class PlanSeat:
    """A seat in WCS metres: x along the board (to the class's left), z away from it."""

    name: str
    x_m: float
    z_m: float


@dataclass(frozen=True)
class SeatState:
    """What is drawn at a seat.

    Attributes:
        mark: the shape.
        colour: of the ring of a zone; the accent when empty.
        text: a short second line under the seat's name.
        tip: a whole sentence, as tooltip and for screen readers.
        unreliable: greyed.
    """

    mark: Mark = Mark.NONE
    colour: str = ""
    text: str = ""
    tip: str = ""
    unreliable: bool = False


@dataclass(frozen=True)
class PlanCamera:
    """A camera: where it stands and where it looks, in WCS metres on the floor plan."""

    name: str
    x_m: float
    z_m: float
    dx: float
    dz: float


class RoomPlan(QWidget):
    """The room from above. Arrow keys go from seat to seat, Enter chooses one; editable ones can be dragged.

    Signals:
        seat_chosen: the name of a seat clicked or entered.
        seat_moved: name and new x, z in metres, while editable; also for Shift and arrow keys (10 cm).
    """

    seat_chosen = Signal(str)
    seat_moved = Signal(str, float, float)
    STEP_M = 0.10

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._board = Board(4.0, 1.2)
        self._seats: dict[str, PlanSeat] = {}
        self._states: dict[str, SeatState] = {}
        self._cameras: tuple[PlanCamera, ...] = ()
        self._editable = False
        self._legend = True
        self._dragged = ""
        self.current = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Room from above"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 180)

    def sizeHint(self) -> QSize:
        """A quarter of a small screen."""
        return QSize(480, 420)

    def set_board(self, board: Board) -> None:
        """The board at the room's upper end."""
        self._board = board
        self.update()

    def set_seats(self, seats: Sequence[PlanSeat]) -> None:
        """Replace the seats; states of seats that stay are kept."""
        self._seats = {seat.name: seat for seat in seats}
        self._states = {name: state for name, state in self._states.items() if name in self._seats}
        if self.current not in self._seats:
            self.current = ""
        self.update()

    def set_states(self, states: Mapping[str, SeatState]) -> None:
        """What is known of each seat; seats left out have no mark."""
        self._states = dict(states)
        self._describe()
        self.update()

    def set_cameras(self, cameras: Sequence[PlanCamera]) -> None:
        """Draw the cameras."""
        self._cameras = tuple(cameras)
        self.update()

    def set_legend_visible(self, visible: bool) -> None:
        """Whether the meaning of the marks is written below."""
        self._legend = visible
        self.update()

    def set_editable(self, editable: bool) -> None:
        """Whether seats can be moved."""
        self._editable = editable
        self.setCursor(Qt.CursorShape.ArrowCursor)

    @property
    def seats(self) -> tuple[PlanSeat, ...]:
        """The seats as they stand now."""
        return tuple(self._seats.values())

    def frame(self) -> PlanFrame:
        """Where metres lie in the widget now."""
        legend = 56.0 if self._legend else 8.0
        return PlanFrame.fit(
            self._board, self.seats, self._cameras, QRectF(8, 8, self.width() - 16, self.height() - 8 - legend)
        )

    def seat_at(self, x: float, y: float) -> str:
        """Name of the seat at a point of the widget; empty when none."""
        frame = self.frame()
        for seat in reversed(self.seats):
            if frame.seat_rect(seat).contains(QPointF(x, y)):
                return seat.name
        return ""

    def paintEvent(self, event: QPaintEvent) -> None:
        """The room, the seats, the legend."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = painter.font()
        font.setPixelSize(theme.BASE_FONT_PX - 1)
        painter.setFont(font)
        frame = self.frame()
        palette = theme.current()
        draw_room(painter, frame, self._cameras, palette, self.tr("board"))
        for seat in self.seats:
            state = self._states.get(seat.name, SeatState())
            focused = seat.name == self.current and self.hasFocus()
            draw_seat(painter, frame, seat, state, palette, focused=focused)
        if self._legend:
            place = QRectF(8, self.height() - 52, self.width() - 16, 48)
            words = {
                Mark.BOARD: self.tr("faces the board"),
                Mark.ZONE: self.tr("faces a zone"),
                Mark.AWAY: self.tr("away"),
                Mark.UNSEEN: self.tr("not seen"),
            }
            draw_legend(painter, place, words, palette)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a seat, and begin to drag it."""
        name = self.seat_at(event.position().x(), event.position().y())
        if name and event.button() == Qt.MouseButton.LeftButton:
            self._select(name)
            self._dragged = name if self._editable else ""
            self.seat_chosen.emit(name)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag."""
        if self._dragged:
            x, z = self.frame().to_m(event.position().x(), event.position().y())
            self._move(self._dragged, round(x / 0.05) * 0.05, round(z / 0.05) * 0.05)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._dragged = ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go to the next seat, with Shift they move it; Enter chooses."""
        steps = {
            Qt.Key.Key_Left: (1, 0),
            Qt.Key.Key_Right: (-1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.current:
            self.seat_chosen.emit(self.current)
        elif key in steps and self._seats:
            dx, dz = steps[key]
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and self._editable and self.current:
                seat = self._seats[self.current]
                self._move(seat.name, seat.x_m + dx * self.STEP_M, seat.z_m + dz * self.STEP_M)
            else:
                self._select(self._next(dx, dz))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Begin at the first seat."""
        if not self.current and self._seats:
            self._select(next(iter(self._seats)))
        super().focusInEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tooltips, one for each seat."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            name = self.seat_at(event.pos().x(), event.pos().y())
            if name:
                QToolTip.showText(event.globalPos(), self.said_of(name), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def said_of(self, name: str) -> str:
        """The tooltip of a seat, which a screen reader reads too."""
        state = self._states.get(name, SeatState())
        words = {
            Mark.NONE: "",
            Mark.BOARD: self.tr("faces the board"),
            Mark.ZONE: self.tr("faces a zone"),
            Mark.AWAY: self.tr("away"),
            Mark.UNSEEN: self.tr("not seen"),
        }
        said = state.tip or " ".join(part for part in (words[state.mark], state.text) if part)
        return f"{name}: {said}" if said else name

    def _select(self, name: str) -> None:
        self.current = name
        self._describe()
        self.update()

    def _describe(self) -> None:
        self.setAccessibleDescription(self.said_of(self.current) if self.current in self._seats else "")

    def _move(self, name: str, x_m: float, z_m: float) -> None:
        z_m = max(0.3, z_m)
        self._seats[name] = PlanSeat(name, x_m, z_m)
        self.seat_moved.emit(name, x_m, z_m)
        self.update()

    def _next(self, dx: int, dz: int) -> str:
        """The nearest seat in a direction; the one we are at when there is none."""
        here = self._seats.get(self.current)
        if here is None:
            return next(iter(self._seats))

        def cost(seat: PlanSeat) -> float:
            along = (seat.x_m - here.x_m) * dx + (seat.z_m - here.z_m) * dz
            across = abs((seat.x_m - here.x_m) * dz) + abs((seat.z_m - here.z_m) * dx)
            return along + 3.0 * across if along > 0.05 and along >= across * 0.5 else float("inf")

        best = min(self._seats.values(), key=cost)
        return best.name if cost(best) < float("inf") else here.name
