"""A running lesson for the window: asks the engine a dozen times a second and says what to draw. No widgets.

The lesson itself (:class:`gazeclass.lesson.live.LiveLesson`) runs on threads of its own and never waits for the window.
This object lives in the GUI thread; every tick it takes the latest moment and the figures, which are small, and emits.
"""

import sys
import time
from collections import deque
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from gazeclass.desktop.lesson.gaze_points import GazePoints
from gazeclass.desktop.lesson.live_words import StatusTeller, lost_cameras
from gazeclass.desktop.lesson.marks import SteadyMarks, seat_state
from gazeclass.desktop.lesson.previews import Previews
from gazeclass.desktop.lesson.scale import CalmScale
from gazeclass.desktop.widgets.room_plan import PlanSeat, SeatState
from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array
from gazeclass.lesson.live import LiveLesson
from gazeclass.lesson.live_status import LiveState, Moment
from gazeclass.lesson.zones import Zone
from gazeclass.report.words import clock, percent

TICK_MS, STATUS_MS = 80, 500
#: While a lesson runs Python changes threads so often. Measured with 1.4 to 1.5 cores given: the interface's heartbeat
#: is 27 to 33 ms at the 99th percentile instead of 45 to 50 with Python's own 5 ms; the pipeline is no slower.
_SWITCH_S = 0.001
#: What the heat may be of; None: since the start.
WINDOWS_S: tuple[float | None, ...] = (30.0, 120.0, 600.0, None)


@dataclass(frozen=True, eq=False)
class BoardPicture:
    """What to draw on the board.

    Attributes:
        heat: ``(ny, nx)`` seconds per dm²; None before the first moment.
        x_edges_m, y_edges_m: of its cells.
        top: end of its scale.
        notes: one for each zone, its share now.
        xy_m, cov_m2: gaze points ``(n, 2)`` and their covariances.
        labels: one each.
    """

    heat: Array | None
    x_edges_m: Array
    y_edges_m: Array
    top: float
    notes: tuple[str, ...]
    xy_m: Array
    cov_m2: Array
    labels: tuple[str, ...]


class LivePresenter(QObject):
    """A running lesson.

    Signals, all in the GUI thread:
        board_changed: a :class:`BoardPicture`, at most every :data:`TICK_MS`.
        seats_changed: list of PlanSeat and dict of SeatState.
        timeline_changed: a :class:`gazeclass.lesson.recent.TimelineNow`.
        pictures_changed: previews are there to be taken from :attr:`previews`.
        status_changed: :class:`gazeclass.desktop.lesson.live_words.StatusWords`, twice a second.
        zones_changed: the zones are others.
        noted: something to say once, for a few seconds.
        over: the lesson has ended or failed; see :attr:`lesson`.
    """

    board_changed = Signal(object)
    seats_changed = Signal(object, object)
    timeline_changed = Signal(object)
    pictures_changed = Signal()
    status_changed = Signal(object)
    zones_changed = Signal(object)
    noted = Signal(str)
    over = Signal()

    def __init__(self, lesson: LiveLesson, *, consented: bool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lesson = lesson
        self.window_s: float | None = WINDOWS_S[0]
        self.row: int | None = None
        self.previews = Previews(lesson.source.latest, lambda: lesson.moment, consented=consented)
        self._marks = SteadyMarks(lesson.meta.board)
        self._scale = CalmScale()
        self._points = GazePoints()
        self._words = StatusTeller(self)
        self._number = 0
        self._heat: tuple[Array, float, tuple[str, ...]] | None = None
        self._ticked_s = time.monotonic()
        self._said_over = False
        #: Frame to drawn point, seconds, of the last moments; for the benchmark.
        self.drawn_s: deque[float] = deque(maxlen=10_000)
        self.ticks = 0
        # The window's thread waits its turn among the workers' up to so long, again and again within one redraw.
        self._switch_s = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_S)
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._slow = QTimer(self, interval=STATUS_MS)
        self._slow.timeout.connect(self._tell_status)
        self._timer.start()
        self._slow.start()

    @property
    def zones(self) -> tuple[Zone, ...]:
        """Of the board, as they are counted."""
        return self.lesson.figures.zones

    def rows(self) -> list[int]:
        """Rows of seats that somebody sits in."""
        return sorted({s.row for s in self.lesson.seating.students().values() if s.row is not None})

    def row_hidden(self, row: int) -> bool:
        """Whether a row is too small to be shown alone (privacy)."""
        size = sum(student.row == row for student in self.lesson.seating.students().values())
        return size < self.lesson.meta.min_group and not self.lesson.meta.show_students

    @Slot()
    def toggle_pause(self) -> None:
        """Pause, or go on."""
        try:
            if self.lesson.state is LiveState.PAUSED:
                self.lesson.resume()
            else:
                self.lesson.pause()
        except InputError as error:
            self.noted.emit(str(error))
        self._tell_status()

    def mark(self, note: str, t_s: float) -> None:
        """Remember a moment."""
        try:
            self.lesson.mark(note, t_s)
        except InputError as error:
            self.noted.emit(str(error))
            return
        self.noted.emit(self.tr("Marked at {0}").format(clock(max(0.0, self._lesson_s(t_s)))))

    def choose_window(self, window_s: float | None) -> None:
        """What the heat is of."""
        self.window_s = window_s
        self._number = 0

    def choose_row(self, row: int | None) -> None:
        """Heat of one row, or of the class."""
        self.row = row
        self._number = 0

    def add_zone(self, x0_m: float, y0_m: float, x1_m: float, y1_m: float, name: str = "") -> Zone:
        """A zone drawn on the board; those it touches give way to it. Returns it."""
        kept = [z for z in self.zones if not (z.x0_m < x1_m and x0_m < z.x1_m and z.y0_m < y1_m and y0_m < z.y1_m)]
        name = name.strip() or self._free_name([zone.name for zone in kept])
        zone = Zone(name, x0_m, y0_m, x1_m, y1_m)
        self._replace_zones((*(z for z in kept if z.name != name), zone))
        return zone

    def restore_zones(self) -> None:
        """The zones the lesson began with."""
        self._replace_zones(self.lesson.meta.zones)

    def rename_zone(self, old: str, new: str) -> None:
        """Another name, unless it is taken or empty."""
        new = new.strip()
        if not new or any(zone.name == new for zone in self.zones):
            return
        self._replace_zones(
            tuple(Zone(new, z.x0_m, z.y0_m, z.x1_m, z.y1_m) if z.name == old else z for z in self.zones)
        )

    @Slot()
    def try_again(self) -> None:
        """Try the cameras that are lost at once."""
        status = self.lesson.status()
        lost = lost_cameras(status)
        for camera in lost:
            self.lesson.source.retry_now(camera)
        if lost:
            names = self.tr("” and “").join(status.camera_names[camera] for camera in lost)
            self.noted.emit(self.tr("Trying “{0}” again …").format(names))

    def stop_watching(self) -> None:
        """Draw nothing any more; the lesson itself is not touched."""
        self._timer.stop()
        self._slow.stop()
        sys.setswitchinterval(self._switch_s)
        self.previews.close()

    def _replace_zones(self, zones: tuple[Zone, ...]) -> None:
        self.lesson.replace_zones(zones)
        # Counted from the next pair on; drawn at once.
        self.zones_changed.emit(zones)

    def _free_name(self, taken: list[str]) -> str:
        number = 1
        while self.tr("zone {0}").format(number) in taken:
            number += 1
        return self.tr("zone {0}").format(number)

    def _lesson_s(self, t_s: float) -> float:
        return t_s - (self.lesson.now_s() - self.lesson.status().lesson_s)

    @Slot()
    def _tick(self) -> None:
        now = time.monotonic()
        elapsed, self._ticked_s = now - self._ticked_s, now
        self.ticks += 1
        moment = self.lesson.moment
        if moment is not None and moment.number != self._number:
            self._take(moment)
        self._points.glide(elapsed, self.lesson.now_s())
        self.board_changed.emit(self._picture())
        self.pictures_changed.emit()
        if self.lesson.over and not self._said_over:
            self._said_over = True
            self._tell_status()
            self.stop_watching()
            self.over.emit()

    def _take(self, moment: Moment) -> None:
        first = self._number == 0
        self._number = moment.number
        self._marks.add(moment.t_s, moment.observations)
        self._points.take(moment)
        figures = self.lesson.figures
        heat = figures.heat(self.window_s, self.row)
        shares = figures.shares(self.window_s)
        notes = tuple(percent(share.value, share.doubt) for share in shares.zones)
        self._heat = heat.seconds_per_dm2, self._scale.of(float(heat.seconds_per_dm2.max())), notes
        self.drawn_s.append(self.lesson.now_s() - moment.t_s)
        if first or moment.number % 5 == 0:
            self.timeline_changed.emit(figures.timeline())
        self._tell_seats()

    def _picture(self) -> BoardPicture:
        names, xy, cov = self._points.drawn()
        figures = self.lesson.figures
        heat, top, notes = self._heat or (None, 1.0, ())
        return BoardPicture(
            heat,
            figures.x_edges_m,
            figures.y_edges_m,
            top,
            notes if len(notes) == len(self.zones) else (),
            xy,
            cov,
            names,
        )

    def _tell_seats(self) -> None:
        words = {
            "board": self.tr("faces the board"),
            "zone": self.tr("faces the zone “{0}”"),
            "beside": self.tr("faces the wall beside the board"),
            "away": self.tr("away from the board"),
            "doubtful": self.tr("seen, but too unsure to say where"),
            "unseen": self.tr("not seen"),
        }
        places, students = self.lesson.seating.places(), self.lesson.seating.students()
        zones = tuple(zone.name for zone in self.zones)
        seats: list[PlanSeat] = []
        states: dict[str, SeatState] = {}
        for name in sorted({*places, *students}):
            place = places.get(name)
            if place is None:
                continue  # expected, and never seen so far: nobody knows where
            seats.append(PlanSeat(name, float(place[0]), float(place[2])))
            states[name] = seat_state(self._marks.of(name), name, zones, words)
        self.seats_changed.emit(seats, states)

    @Slot()
    def _tell_status(self) -> None:
        self.status_changed.emit(self._words.of(self.lesson.status()))
