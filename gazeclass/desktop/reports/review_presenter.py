"""What the review shows and what happens when something is asked of it; no widget here.

Owns the open lesson (side A), what it is compared with (side B: another span of it, or another lesson), the spans, the
group, the playhead and the zones being tried out. The view paints what the signals bring and calls the methods.

States: nothing open, opening, open. Opening, recomputing zones and exporting are tasks; everything else answers at
once, gathered so that a mouse that is dragged asks for no more than one picture at a time.
"""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from gazeclass.desktop.context import AppContext
from gazeclass.desktop.reports.room_zones import put_zones
from gazeclass.desktop.reports.roster_names import Access, RosterNames
from gazeclass.desktop.reports.sides import sides, span_within
from gazeclass.desktop.tasks import Task
from gazeclass.errors import InputError
from gazeclass.lesson.zones import Zone
from gazeclass.progress import Progress
from gazeclass.report.review import Group, Review
from gazeclass.report.span_index import Span

SPEEDS = (1, 4, 16)
_TICK_MS = 100


class ReviewPresenter(QObject):
    """Presenter of the review.

    Signals (all in the GUI thread):
        opening: a task that reads a lesson has begun.
        opened: a lesson is open; everything about it is new.
        closed: none is.
        sides_changed: tuple of one or two :class:`gazeclass.desktop.reports.sides.Side`.
        moment_changed: the playhead's :class:`Moment`, and the playhead's time.
        playing_changed: whether the replay runs.
        spans_changed: spans or the active side changed.
        events_changed: notes came or went.
        zones_changed: zones were computed anew; bool: whether they differ from those in the file.
        working: a task (zones, export) has begun.
        said: one line about what was done.
    """

    opening = Signal(object)
    opened = Signal()
    closed = Signal()
    sides_changed = Signal(object)
    moment_changed = Signal(object, float)
    playing_changed = Signal(bool)
    spans_changed = Signal()
    events_changed = Signal()
    zones_changed = Signal(bool)
    working = Signal(object)
    said = Signal(str)

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.review: Review | None = None
        self.other: Review | None = None
        self.comparing = False
        self.active = 0
        self.spans = [Span(0.0, 1.0), Span(0.0, 1.0)]
        self.groups: list[Group] = []
        self.group: Group | None = None
        self.show_students = False
        self.playhead_s = 0.0
        self.speed = SPEEDS[0]
        self.zones_unsaved = False
        self.names = RosterNames(context, self)
        context.library_changed.connect(self.names.look)
        self._task: Task | None = None
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self.refresh)
        self._clock = QTimer(self, interval=_TICK_MS)
        self._clock.timeout.connect(self._tick)

    @property
    def playing(self) -> bool:
        """Whether the replay runs."""
        return self._clock.isActive()

    def open(self, path: Path) -> Task:
        """Read a lesson; ``opened`` follows, or an error is shown."""
        return self._open(path, self._on_opened)

    def compare_with(self, path: Path) -> Task:
        """Show another lesson beside this one, all of it."""
        return self._open(path, self._on_other)

    def _open(self, path: Path, then: object) -> Task:
        self.pause()

        def work(progress: Progress) -> Review:
            return Review.open(path, progress)

        task = self.context.tasks.run(work, title=self.tr("Opening {0}").format(path.name))
        task.done.connect(then)
        task.failed.connect(self.context.show_error)
        self.opening.emit(task)
        return task

    def close(self) -> None:
        """Let go of the lesson."""
        self.pause()
        self.review = self.other = None
        self.comparing, self.active, self.zones_unsaved = False, 0, False
        self.names.want(False)
        self.closed.emit()

    @Slot(object)
    def _on_opened(self, review: Review) -> None:
        self.review, self.other = review, None
        self.comparing, self.active, self.zones_unsaved = False, 0, False
        self.spans = [review.whole, review.whole]
        self.groups = review.groups()
        self.group = self.groups[0]
        self.show_students = review.lesson.meta.show_students
        self.playhead_s = review.whole.start_s
        self.opened.emit()
        self.names.look()
        self.refresh()

    @Slot(object)
    def _on_other(self, review: Review) -> None:
        self.other = review
        self.comparing = True
        self.spans[1] = review.whole
        self.spans_changed.emit()
        self.refresh()

    def set_comparing(self, on: bool) -> None:
        """Show a second span of the same lesson beside the first, or no longer any."""
        if self.review is None:
            return
        self.comparing, self.other = on, None
        whole = self.review.whole
        middle = (whole.start_s + whole.end_s) / 2
        halves = [Span(whole.start_s, middle), Span(middle, whole.end_s)]
        if on and self.spans[0] == whole:  # the two halves are the first thing one wants to see
            self.spans = halves
        elif on:
            self.spans[1] = whole
        elif self.spans[0] == halves[0]:  # nobody chose that half: it came with the comparison
            self.spans = [whole, whole]
        self.active = 0
        self.spans_changed.emit()
        self.refresh()

    def set_active(self, side: int) -> None:
        """Which side the time line's span belongs to."""
        self.active = side if self.comparing else 0
        self.spans_changed.emit()

    def review_of(self, side: int) -> Review | None:
        """The lesson of a side."""
        return self.other if side == 1 and self.other is not None else self.review

    def set_span(self, start_s: float, end_s: float) -> None:
        """Choose the active side's span."""
        review = self.review_of(self.active)
        if review is None:
            return
        self.spans[self.active] = span_within(review.whole, start_s, end_s)
        self.spans_changed.emit()
        self._later.start()

    def whole_span(self) -> None:
        """All of the lesson."""
        if (review := self.review_of(self.active)) is not None:
            self.set_span(review.whole.start_s, review.whole.end_s)

    def may_show(self, group: Group) -> bool:
        """Whether the group-size rule lets one look at a group."""
        return self.review is not None and self.review.visible(self.show_students).shows(len(group.members))

    def set_group(self, index: int) -> None:
        """Look at another group."""
        if 0 <= index < len(self.groups):
            self.group = self.groups[index]
            self._later.start()
            self.set_playhead(self.playhead_s)

    def set_show_students(self, on: bool) -> None:
        """The teacher's wish to see single students; the report says so too."""
        self.show_students = on
        if self.group is not None and not self.may_show(self.group):
            self.group = self.groups[0]
        self._later.start()
        self.set_playhead(self.playhead_s)

    def set_playhead(self, t_s: float) -> None:
        """Show another moment."""
        if self.review is None or self.group is None:
            return
        whole = self.review.whole
        self.playhead_s = min(max(t_s, whole.start_s), whole.end_s)
        self.moment_changed.emit(self.review.moment(self.playhead_s, self.group, self.show_students), self.playhead_s)

    def toggle_playing(self) -> None:
        """Start or pause the replay; at the end it begins again."""
        if self.playing:
            self.pause()
        elif self.review is not None:
            if self.playhead_s >= self.review.whole.end_s - 1e-6:
                self.set_playhead(self.review.whole.start_s)
            self._clock.start()
            self.playing_changed.emit(True)

    def pause(self) -> None:
        """Stop the replay."""
        if self.playing:
            self._clock.stop()
            self.playing_changed.emit(False)

    @Slot()
    def _tick(self) -> None:
        if self.review is None:
            return
        self.set_playhead(self.playhead_s + self.speed * _TICK_MS / 1000)
        if self.playhead_s >= self.review.whole.end_s - 1e-6:
            self.pause()

    @Slot()
    def refresh(self) -> None:
        """Compute what is shown, now."""
        if self.review is None or self.group is None:
            return
        shown = [(self.review, self.spans[0], self.group)]
        if self.comparing:
            other = self.other or self.review
            shown.append((other, self.spans[1], self.group if other is self.review else other.groups()[0]))
        self.sides_changed.emit(sides(shown, self.show_students))

    def try_zones(self, zones: Sequence[Zone]) -> Task | None:
        """Compute everything anew with other zones, in memory."""
        review = self.review
        if review is None:
            return None
        task = self._run(lambda progress: review.with_zones(zones, progress), self.tr("Computing the zones"))
        task.done.connect(self._on_rezoned)
        return task

    @Slot(object)
    def _on_rezoned(self, review: Review) -> None:
        self.review = review
        self.zones_unsaved = True
        self.zones_changed.emit(True)
        self.refresh()

    def save_zones(self) -> Task | None:
        """Put the zones into the lesson's file."""
        from gazeclass.lesson.documents import store_zones

        review = self.review
        if review is None:
            return None

        def work(progress: Progress) -> None:
            progress.start("write the lesson")
            store_zones(review.path, review.lesson)

        task = self._run(work, self.tr("Saving the zones"))
        task.done.connect(self._on_zones_saved)
        return task

    @Slot(object)
    def _on_zones_saved(self, _: object) -> None:
        self.zones_unsaved = False
        self.zones_changed.emit(False)
        self.said.emit(self.tr("The zones are saved in the lesson."))

    def save_zones_in_classroom(self) -> None:
        """Put the zones into the classroom of the same name, for lessons to come."""
        if self.review is None:
            return
        name = self.review.lesson.meta.classroom
        try:
            put_zones(self.context.classrooms_dir, name, self.review.lesson.zones)
        except InputError as error:
            self.context.show_error(error)
            return
        self.context.library_changed.emit()
        self.said.emit(self.tr("Lessons in {0} will have these zones from now on.").format(name))

    def add_note(self, text: str) -> None:
        """Put a flag on the time line where the playhead is."""
        from gazeclass.lesson.documents import add_mark

        if self.review is None:
            return
        try:
            add_mark(self.review.path, self.playhead_s, text)
        except InputError as error:
            self.context.show_error(error)
            return
        self.review.with_events([*self.review.lesson.events, (self.playhead_s, "mark", text)])
        self.events_changed.emit()

    @property
    def named(self) -> int:
        """How many of the lesson's students have a name in the open roster."""
        students = self.review.lesson.students if self.review is not None else ()
        return sum(student.name in self.names.names for student in students)

    def export(self, folder: Path, kinds: tuple[str, ...], separator: str, *, with_names: bool = False) -> Task | None:
        """Write tables and reports of the lesson as it is shown, zones included.

        With names the roster must be open; it is forgotten when the export ends, whether it succeeded or not.
        """
        from gazeclass.report.csv_text import style_named
        from gazeclass.report.export import ExportOptions, export_open_lesson

        review = self.review
        if review is None:
            return None
        if with_names and self.names.access is not Access.OPEN:
            self.context.show_error(InputError("the list of students is not open", todo="Type its passphrase first."))
            return None
        names = dict(self.names.names) if with_names else {}
        options = ExportOptions(kinds, self.show_students, style_named(separator), names)

        def work(progress: Progress) -> list[Path]:
            return export_open_lesson(review.lesson, folder, progress, options, noted_in=review.path)

        task = self._run(work, self.tr("Exporting {0}").format(review.title))
        task.done.connect(self._on_exported)
        task.finished.connect(lambda: self.names.want(False))
        return task

    @Slot(object)
    def _on_exported(self, written: list[Path]) -> None:
        where = written[0].parent if written else ""
        self.said.emit(self.tr("{0} files written to {1}").format(len(written), where))

    def _run(self, work: object, title: str) -> Task:
        self._task = self.context.tasks.run(work, title=title)  # type: ignore[arg-type]
        self._task.failed.connect(self.context.show_error)
        self.working.emit(self._task)
        return self._task
