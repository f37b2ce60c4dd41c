"""The window of a running lesson: the board large, the room and the pictures beside it, the class over time below."""

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from gazeclass.desktop.lesson.class_line import ClassLine
from gazeclass.desktop.lesson.live_bar import LiveBar
from gazeclass.desktop.lesson.live_presenter import BoardPicture, LivePresenter
from gazeclass.desktop.lesson.live_words import StatusWords
from gazeclass.desktop.lesson.projector import Projector
from gazeclass.desktop.reports.zone_board import ZoneBoard
from gazeclass.desktop.widgets.board_view import strength_of
from gazeclass.desktop.widgets.controls import ElidedLabel, button, card, label, set_kind
from gazeclass.desktop.widgets.picture_view import Box, PictureView
from gazeclass.desktop.widgets.room_plan import RoomPlan
from gazeclass.lesson.recent import TimelineNow

_NOTICE_MS = 4000
#: Opacity of the surest gaze point.
_LOUDEST = 0.95
_SIDE_PX = 320
_PICTURE_PX = 168


class LiveView(QWidget):
    """Shows what a :class:`LivePresenter` says.

    Signals:
        stop_asked: the user wants to end the lesson.
    """

    stop_asked = Signal()

    def __init__(self, presenter: LivePresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.presenter = presenter
        self._mark_s = 0.0
        self._heat: object = None
        self._rows_told: object = None
        self._shown: list[object] = [None, None]
        self.projector: Projector | None = None
        self.bar = LiveBar()
        self.notice = QFrame()
        self.notice_text = label("", wrap=True)
        notice_row = QHBoxLayout(self.notice)
        notice_row.setContentsMargins(12, 6, 12, 6)
        notice_row.addWidget(self.notice_text, 1)
        self.try_again = button(self.tr("Try again"), icon="refresh", tip=self.tr("Try the lost camera now"))
        self.try_again.hide()
        notice_row.addWidget(self.try_again)
        self.notice.hide()
        self.board = ZoneBoard()
        self.board.set_board(presenter.lesson.meta.board)
        self.board.set_zones(presenter.zones)
        self.board.set_message(self.tr("Looking for faces …"))
        self.zone_name = QLineEdit()
        self.zone_name.setPlaceholderText(self.tr("Name of the new zone"))
        self.zone_name.setAccessibleName(self.tr("Name of the new zone"))
        self.zones_back = button(self.tr("Zones as before"), icon="undo", role="flat")
        self.line = ClassLine()
        self.plan = RoomPlan()
        self.plan.set_board(presenter.lesson.meta.board)
        self.pictures = (PictureView(self.tr("Left camera")), PictureView(self.tr("Right camera")))
        self.status = ElidedLabel()
        self.status.setProperty("role", "muted")
        self._lay_out()
        self._connect()
        self._notice_timer = QTimer(self, singleShot=True, interval=_NOTICE_MS)
        self._notice_timer.timeout.connect(self._after_notice)
        # A camera that stutters must not make the line come and go, and the board jump with it.
        self._lingering = QTimer(self, singleShot=True, interval=_NOTICE_MS)
        self._lingering.timeout.connect(self._after_notice)
        self._standing = self._trouble = ""

    def _lay_out(self) -> None:
        zone_row = QHBoxLayout()
        zone_row.addWidget(self.zone_name, 1)
        zone_row.addWidget(self.zones_back)
        self._zone_tools = QWidget()
        self._zone_tools.setLayout(zone_row)
        zone_row.setContentsMargins(0, 0, 0, 0)
        self._zone_tools.hide()
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self._zone_tools)
        left.addWidget(self.board, 1)
        left.addWidget(label(self.tr("Class facing the board"), role="muted"))
        left.addWidget(self.line)
        beside = QHBoxLayout()
        beside.setSpacing(8)
        for picture in self.pictures:
            picture.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            picture.setFixedHeight(_PICTURE_PX)
            picture.hide()
            beside.addWidget(picture)
        left.addLayout(beside)
        side = card()
        side.setFixedWidth(_SIDE_PX)
        side_layout = QVBoxLayout(side)
        side_layout.setContentsMargins(8, 8, 8, 8)
        side_layout.setSpacing(8)
        side_layout.addWidget(self.plan, 1)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addLayout(left, 1)
        middle.addWidget(side)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setSpacing(8)
        layout.addWidget(self.bar)
        layout.addWidget(self.notice)
        layout.addLayout(middle, 1)
        layout.addWidget(self.status)

    def _connect(self) -> None:
        presenter, bar = self.presenter, self.bar
        presenter.board_changed.connect(self._on_board)
        presenter.seats_changed.connect(self._on_seats)
        presenter.timeline_changed.connect(self._on_timeline)
        presenter.pictures_changed.connect(self._on_pictures)
        presenter.status_changed.connect(self._on_status)
        presenter.zones_changed.connect(self._on_zones)
        presenter.noted.connect(self.say)
        bar.pause_asked.connect(presenter.toggle_pause)
        bar.stop_asked.connect(self.stop_asked)
        bar.mark_begun.connect(self._on_mark_begun)
        bar.mark_done.connect(self._on_mark_done)
        bar.window_chosen.connect(presenter.choose_window)
        bar.row_chosen.connect(presenter.choose_row)
        bar.drawing_asked.connect(self._on_drawing)
        bar.pictures_asked.connect(self._show_pictures)
        bar.projector_asked.connect(self.open_projector)
        self.board.rectangle_drawn.connect(self._on_rectangle)
        self.zones_back.clicked.connect(presenter.restore_zones)
        self.try_again.clicked.connect(presenter.try_again)
        for key, slot in (
            (Qt.Key.Key_Space, presenter.toggle_pause),
            (Qt.Key.Key_M, bar.begin_mark),
            (Qt.Key.Key_Z, bar.zone.toggle),
            (Qt.Key.Key_C, bar.pictures.toggle),
            (Qt.Key.Key_P, self.open_projector),
        ):
            shortcut = QShortcut(QKeySequence(key), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)

    def showEvent(self, event: QShowEvent) -> None:
        """Pictures are made only while they are seen; keys work at once."""
        super().showEvent(event)
        self.presenter.previews.want(self.bar.pictures.isChecked())
        if not self.bar.note.isVisible():
            self.board.setFocus()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks."""
        super().hideEvent(event)
        self.presenter.previews.want(False)

    @Slot()
    def open_projector(self) -> None:
        """The second window."""
        if self.projector is None:
            self.projector = Projector(self.presenter)
            self.projector.closed.connect(self._on_projector_closed)
        self.projector.open()

    def close_projector(self) -> None:
        """Close the second window, if it is there."""
        if self.projector is not None:
            self.projector.close()

    @Slot()
    def _on_projector_closed(self) -> None:
        projector, self.projector = self.projector, None
        if projector is not None:
            projector.deleteLater()

    @Slot(str)
    def say(self, text: str) -> None:
        """A line above the board for a few seconds."""
        set_kind(self.notice, "good")
        self.notice_text.setText(text)
        self.notice.show()
        self._notice_timer.start()

    @Slot()
    def _after_notice(self) -> None:
        if self._notice_timer.isActive():
            return
        self.notice.setVisible(bool(self._standing))
        if self._standing:
            set_kind(self.notice, "warn")
            self.notice_text.setText(self._standing)

    @Slot(object)
    def _on_board(self, picture: BoardPicture) -> None:
        if not self.isVisible():
            return
        if picture.heat is not None and picture.heat is not self._heat:
            self._heat = picture.heat
            self.board.set_heat(
                picture.heat, picture.x_edges_m, picture.y_edges_m, picture.top, self.tr("seconds per dm²")
            )
            self.board.set_zones(self.presenter.zones, picture.notes)
            if len(picture.xy_m) or picture.heat.any():
                self.board.set_message("")
        # Thirty ellipses on one board: what is unsure stands back further than on a drawing of a few points.
        strength = _LOUDEST * strength_of(picture.cov_m2) ** 2
        self.board.set_points(picture.xy_m, picture.cov_m2, labels=picture.labels, opacity=strength)

    @Slot(object, object)
    def _on_seats(self, seats: list, states: dict) -> None:
        # Usual places wander by centimetres: the plan follows only what can be seen.
        if [seat.name for seat in seats] != [seat.name for seat in self.plan.seats] or any(
            abs(a.x_m - b.x_m) + abs(a.z_m - b.z_m) > 0.25 for a, b in zip(seats, self.plan.seats, strict=True)
        ):
            self.plan.set_seats(seats)
        self.plan.set_states(states)
        self._tell_rows()

    def _tell_rows(self) -> None:
        rows = self.presenter.rows()
        hidden = {row for row in rows if self.presenter.row_hidden(row)}
        if (rows, hidden) == self._rows_told:
            return
        self._rows_told = rows, hidden
        reason = self.tr("fewer than {0} students: shown only where the lesson allows single students").format(
            self.presenter.lesson.meta.min_group
        )
        self.bar.set_rows(rows, hidden, reason)

    @Slot(object)
    def _on_timeline(self, line: TimelineNow) -> None:
        self.line.set_line(line)

    @Slot()
    def _on_pictures(self) -> None:
        if not self.bar.pictures.isChecked() or not self.isVisible():
            return
        moment = self.presenter.lesson.moment
        for camera, view in enumerate(self.pictures):
            made = self.presenter.previews.picture(camera)
            if made is None or made is self._shown[camera]:
                continue
            self._shown[camera] = made
            view.set_picture(made)
            width, _ = self.presenter.lesson.source.sizes_px[camera]
            factor = made.shape[1] / max(width, 1)
            boxes = []
            for face in moment.faces[camera].values() if moment is not None else ():
                x0, y0, x1, y1 = (float(v) * factor for v in face.box_px)
                boxes.append(Box((x0, y0, x1 - x0, y1 - y0), "", "#ffd54a"))
            view.set_overlays(boxes)

    @Slot(object)
    def _on_status(self, words: StatusWords) -> None:
        self.bar.clock.setText(words.clock)
        self.bar.set_paused(words.paused)
        self.bar.recording.setVisible(words.recording)
        self.status.setText(words.line)
        self.status.setToolTip(words.detail)
        paused = self.tr("Paused. Nobody is observed until you go on (Space).") if words.paused else ""
        self.try_again.setVisible(bool(words.lost))
        trouble = " ".join(part for part in (words.missing, words.warning) if part)
        standing = " ".join(part for part in (paused, trouble) if part)
        if standing != self._standing:
            over, self._standing = self._trouble and not trouble, standing
            if over and not standing:
                self._lingering.start()
            elif not self._notice_timer.isActive():
                self._lingering.stop()
                self._after_notice()
        self._trouble = trouble
        for camera, view in enumerate(self.pictures):
            view.set_caption(self.presenter.lesson.source.names[camera])

    @Slot(object)
    def _on_zones(self, zones: tuple) -> None:
        self.board.set_zones(zones)

    @Slot()
    def _on_mark_begun(self) -> None:
        self._mark_s = self.presenter.lesson.now_s()

    @Slot(str)
    def _on_mark_done(self, note: str) -> None:
        self.board.setFocus()
        self.presenter.mark(note, self._mark_s)

    @Slot(bool)
    def _on_drawing(self, on: bool) -> None:
        self.board.set_drawing(on)
        self._zone_tools.setVisible(on)
        if on:
            self.say(self.tr("Drag a rectangle on the board. Zones it touches give way to it."))

    @Slot(float, float, float, float)
    def _on_rectangle(self, x0: float, y0: float, x1: float, y1: float) -> None:
        zone = self.presenter.add_zone(x0, y0, x1, y1, self.zone_name.text())
        self.zone_name.clear()
        self.say(self.tr("“{0}” is counted from now on, and in the report for the whole lesson.").format(zone.name))

    @Slot(bool)
    def _show_pictures(self, on: bool) -> None:
        for view in self.pictures:
            view.setVisible(on)
        self.presenter.previews.want(on and self.isVisible())
