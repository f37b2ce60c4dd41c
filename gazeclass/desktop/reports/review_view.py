"""The review as one sees it: one board or two, the panels beside them, the time line below."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from gazeclass.desktop.context import AppContext
from gazeclass.desktop.icons import set_icon
from gazeclass.desktop.reports.export_panel import ExportPanel
from gazeclass.desktop.reports.lesson_words import about_lesson
from gazeclass.desktop.reports.look_panel import ALONE, OTHER_LESSON, SAME_LESSON, LookPanel
from gazeclass.desktop.reports.recording_view import RecordingView
from gazeclass.desktop.reports.review_presenter import SPEEDS, ReviewPresenter
from gazeclass.desktop.reports.sides import Side
from gazeclass.desktop.reports.timeline import Flag, TimelineView
from gazeclass.desktop.reports.zone_board import ZoneBoard
from gazeclass.desktop.reports.zones_panel import ZonesPanel
from gazeclass.desktop.tasks import Task
from gazeclass.desktop.widgets.controls import ElidedLabel, button, label, scrolled
from gazeclass.desktop.widgets.states import LoadingState
from gazeclass.report.review import Moment
from gazeclass.report.words import clock

_PANEL_PX = 372


class ReviewView(QWidget):
    """Widgets only; what they mean is in :class:`ReviewPresenter`.

    Signals:
        back: to the list of lessons.
    """

    back = Signal()

    def __init__(self, presenter: ReviewPresenter, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._presenter, self._context = presenter, context
        self.back_button = button("", icon="arrow-left", role="flat", name=self.tr("Back to the lessons"))
        self.title = ElidedLabel()
        self.title.setProperty("role", "subtitle")
        self.about = label("", role="muted")
        self.said = ElidedLabel()
        self.said.setProperty("role", "muted")
        self.said.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.boards = (ZoneBoard(), ZoneBoard())
        self.captions = (ElidedLabel(), ElidedLabel())
        self._holders = (QWidget(), QWidget())
        self.recording = RecordingView(context)
        self.look, self.zones, self.export = LookPanel(), ZonesPanel(), ExportPanel()
        self.tabs = QTabWidget()
        self.tabs.setFixedWidth(_PANEL_PX)
        self.timeline = TimelineView()
        self.play = button("", icon="play", name=self.tr("Play"), tip=self.tr("Play or pause (Space)"))
        self.speed = button("1×", name=self.tr("Speed"), tip=self.tr("Speed of the replay"))
        self.time = label("00:00")
        self.time.setMinimumWidth(64)
        self.side_a = button(self.tr("Span A"), tip=self.tr("The time line chooses the left board's span"))
        self.side_b = button(self.tr("Span B"), tip=self.tr("The time line chooses the right board's span"))
        self.whole = button(self.tr("Whole lesson"), tip=self.tr("Take all of the lesson (A)"))
        self.note = QLineEdit()
        self.note.setPlaceholderText(self.tr("Note at this moment"))
        self.note.setAccessibleName(self.tr("Note at this moment"))
        self.add_note = button(self.tr("Flag"), icon="flag-outline", tip=self.tr("Put a flag on the time line (M)"))
        self.busy = LoadingState()
        self._middle = QStackedWidget()
        self._lay_out()
        self._connect()

    def set_title(self) -> None:
        """Of the open lesson."""
        review = self._presenter.review
        if review is None:
            return
        self.title.setText(review.title)
        self.about.setText(about_lesson(review))

    @Slot()
    def on_opened(self) -> None:
        """Everything is new."""
        presenter, review = self._presenter, self._presenter.review
        if review is None:
            return
        self.set_title()
        self._say("" if review.lesson.complete else self.tr("The recording did not come to its end."))
        for board in self.boards:
            board.set_points(None)
        self.recording.set_lesson(review.path)
        self.look.set_comparison(ALONE)
        self._show_groups()
        self._show_zones()
        self._on_spans()
        self._on_events()
        presenter.set_playhead(presenter.playhead_s)
        self._middle.setCurrentIndex(0)
        self.timeline.setFocus()

    @Slot(str)
    def _say(self, text: str) -> None:
        """One line beside the title, which has all of the room while there is none."""
        self.said.setText(text)
        self.said.setVisible(bool(text))

    def _show_groups(self) -> None:
        presenter, review = self._presenter, self._presenter.review
        if review is None or presenter.group is None:
            return
        allowed = [presenter.may_show(group) for group in presenter.groups]
        current = presenter.groups.index(presenter.group)
        self.look.set_groups(presenter.groups, allowed, current, review.lesson.meta.min_group)
        self.look.set_students(presenter.show_students)
        hidden = not presenter.may_show(presenter.groups[0])
        self.timeline.set_lesson(review.timeline, review.whole, hidden=hidden)

    def _show_zones(self) -> None:
        review = self._presenter.review
        if review is not None:
            self.zones.set_lesson(review.lesson.meta.board, review.lesson.zones, review.hit_rate)
            self.zones.set_unsaved(self._presenter.zones_unsaved)

    @Slot(object)
    def _on_sides(self, sides: tuple[Side, ...]) -> None:
        self.look.show_sides(sides)
        unit = self.tr("‰ of the time, per dm²") if len(sides) > 1 else self.tr("seconds facing, per dm²")
        for number, board in enumerate(self.boards):
            self._holders[number].setVisible(number < len(sides))
            self.captions[number].setVisible(len(sides) > 1)
            if number >= len(sides):
                continue
            side = sides[number]
            board.set_board(side.review.lesson.meta.board)
            glance = side.glance
            values = glance.permille_per_dm2 if side.compared else glance.heat.seconds_per_dm2
            board.set_heat(values, top=side.top, unit=unit)
            board.set_zones(side.review.lesson.zones, side.notes)
            board.set_greyed_zones(side.greyed)
            board.set_message(self.tr("Too few students: not shown.") if glance.hidden else "")
            # Of one lesson only the spans differ; its title stands above.
            what = side.when if side.review is self._presenter.review else f"{side.review.title}, {side.when}"
            self.captions[number].setText(f"{'AB'[number]}: {what}")
        for one in (self.side_a, self.side_b):
            one.setVisible(len(sides) > 1)

    @Slot(object, float)
    def _on_moment(self, moment: Moment, t_s: float) -> None:
        review = self._presenter.review
        if review is None:
            return
        self.time.setText(clock(t_s - review.whole.start_s))
        self.timeline.set_playhead(t_s)
        names = [review.lesson.students[k].name for k in moment.student] if self._presenter.show_students else []
        self.boards[0].set_points(moment.xy_m, moment.cov_m2, labels=names)
        self.recording.show_time(t_s)

    @Slot()
    def _on_spans(self) -> None:
        presenter = self._presenter
        review = presenter.review_of(presenter.active)
        if review is None or presenter.review is None:
            return
        same = presenter.comparing and presenter.other is None
        hidden = not presenter.may_show(presenter.groups[0])
        self.timeline.set_lesson(review.timeline, review.whole, hidden=hidden)
        self.timeline.set_span(
            presenter.spans[presenter.active], presenter.spans[1 - presenter.active] if same else None
        )
        self.side_a.setChecked(presenter.active == 0)
        self.side_b.setChecked(presenter.active == 1)
        self.look.set_comparison(OTHER_LESSON if presenter.other else SAME_LESSON if presenter.comparing else ALONE)

    @Slot()
    def _on_events(self) -> None:
        review = self._presenter.review
        if review is not None:
            self.timeline.set_flags([Flag(t, text or kind, kind != "mark") for t, kind, text in review.lesson.events])

    @Slot(bool)
    def _on_playing(self, playing: bool) -> None:
        set_icon(self.play, "pause" if playing else "play")
        self.play.setAccessibleName(self.tr("Pause") if playing else self.tr("Play"))

    @Slot()
    def _on_speed(self) -> None:
        presenter = self._presenter
        presenter.speed = SPEEDS[(SPEEDS.index(presenter.speed) + 1) % len(SPEEDS)]
        self.speed.setText(f"{presenter.speed}×")

    @Slot(bool)
    def _on_students(self, on: bool) -> None:
        self._presenter.set_show_students(on)
        self._show_groups()

    @Slot(int)
    def _on_comparison(self, what: int) -> None:
        if what == OTHER_LESSON:
            path = self._ask_lesson()
            if path is not None:
                self._presenter.compare_with(path)
            else:
                self._on_spans()
        else:
            self._presenter.set_comparing(what == SAME_LESSON)

    def _ask_lesson(self) -> Path | None:
        start = str(self._context.lessons_dir)
        name, _ = QFileDialog.getOpenFileName(
            self, self.tr("Compare with a lesson"), start, self.tr("Lessons (*.gaze)")
        )
        return Path(name) if name else None

    @Slot(object, str, bool)
    def _on_export(self, kinds: tuple[str, ...], separator: str, with_names: bool) -> None:
        start = str(self._context.state.last_folder())
        name = QFileDialog.getExistingDirectory(self, self.tr("Export to this folder"), start)
        if name:
            self._context.state.set_last_folder(Path(name))
            self._presenter.export(Path(name), kinds, separator, with_names=with_names)

    @Slot()
    def _on_names(self) -> None:
        presenter, review = self._presenter, self._presenter.review
        students = len(review.lesson.students) if review is not None else 0
        self.export.show_names(presenter.names.access, presenter.names.problem, presenter.named, students)

    @Slot(object)
    def _on_working(self, task: Task) -> None:
        self.busy.watch(task)
        self._middle.setCurrentIndex(1)
        task.finished.connect(lambda: self._middle.setCurrentIndex(0))

    @Slot(bool)
    def _on_zones(self, unsaved: bool) -> None:
        self._show_zones()

    @Slot()
    def _on_note(self) -> None:
        text = self.note.text().strip()
        if text:
            self._presenter.add_note(text)
            self.note.clear()
            self.timeline.setFocus()
        else:
            self.note.setFocus()

    def _connect(self) -> None:
        presenter = self._presenter
        presenter.opened.connect(self.on_opened)
        presenter.sides_changed.connect(self._on_sides)
        presenter.moment_changed.connect(self._on_moment)
        presenter.playing_changed.connect(self._on_playing)
        presenter.spans_changed.connect(self._on_spans)
        presenter.events_changed.connect(self._on_events)
        presenter.zones_changed.connect(self._on_zones)
        presenter.working.connect(self._on_working)
        presenter.said.connect(self._say)
        self.back_button.clicked.connect(self.back)
        self.timeline.playhead_asked.connect(presenter.set_playhead)
        self.timeline.span_asked.connect(presenter.set_span)
        self.timeline.whole_asked.connect(presenter.whole_span)
        self.play.clicked.connect(presenter.toggle_playing)
        self.speed.clicked.connect(self._on_speed)
        self.whole.clicked.connect(presenter.whole_span)
        self.side_a.clicked.connect(lambda: presenter.set_active(0))
        self.side_b.clicked.connect(lambda: presenter.set_active(1))
        self.add_note.clicked.connect(self._on_note)
        self.note.returnPressed.connect(self._on_note)
        self.look.group_chosen.connect(presenter.set_group)
        self.look.students_toggled.connect(self._on_students)
        self.look.comparison_chosen.connect(self._on_comparison)
        self.zones.drawing_changed.connect(self.boards[0].set_drawing)
        self.zones.draft_changed.connect(self.boards[0].set_zones)
        self.boards[0].rectangle_drawn.connect(self.zones.add_rectangle)
        self.zones.try_asked.connect(presenter.try_zones)
        self.zones.save_asked.connect(presenter.save_zones)
        self.zones.save_for_classroom_asked.connect(presenter.save_zones_in_classroom)
        self.export.export_asked.connect(self._on_export)
        self.export.names_toggled.connect(presenter.names.want)
        self.export.passphrase_given.connect(presenter.names.unlock)
        presenter.names.changed.connect(self._on_names)
        self.tabs.currentChanged.connect(self._on_tab)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space plays or pauses, M goes to the note, wherever the focus is but in a field that writes them."""
        if event.key() == Qt.Key.Key_Space:
            self._presenter.toggle_playing()
        elif event.key() == Qt.Key.Key_M:
            self._on_note()
        else:
            super().keyPressEvent(event)

    @Slot(int)
    def _on_tab(self, number: int) -> None:
        if self.tabs.widget(number) is not self.zones:
            self.zones.draw.setChecked(False)
        if number == self.tabs.count() - 1:  # the list of students may have come meanwhile
            self._presenter.names.refresh()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.back_button)
        top.addWidget(self.title, 3)
        top.addWidget(self.about)
        top.addWidget(self.said, 2)
        boards = QHBoxLayout()
        boards.setSpacing(8)
        for holder, board, caption in zip(self._holders, self.boards, self.captions, strict=True):
            column = QVBoxLayout(holder)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(0)
            column.addWidget(caption)
            column.addWidget(board, 1)
            boards.addWidget(holder, 1)
        pictures = QVBoxLayout()
        pictures.addLayout(boards, 3)
        pictures.addWidget(self.recording, 2)
        left = QWidget()
        left.setLayout(pictures)
        pictures.setContentsMargins(0, 0, 0, 0)
        self._middle.addWidget(left)
        self._middle.addWidget(self.busy)
        self.tabs.addTab(scrolled(self.look), self.tr("Look"))
        self.tabs.addTab(self.zones, self.tr("Zones"))
        self.tabs.addTab(scrolled(self.export), self.tr("Export"))
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addWidget(self._middle, 1)
        middle.addWidget(self.tabs)
        controls = QHBoxLayout()
        controls.setSpacing(8)
        for widget in (self.play, self.speed, self.time, self.side_a, self.side_b, self.whole):
            controls.addWidget(widget)
        controls.addStretch(1)
        self.note.setMaximumWidth(280)
        controls.addWidget(self.note, 2)
        controls.addWidget(self.add_note)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 12)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addLayout(middle, 1)
        layout.addWidget(self.timeline)
        layout.addLayout(controls)
        self.side_a.setCheckable(True)
        self.side_b.setCheckable(True)
        self._holders[1].hide()
        self.recording.hide()
