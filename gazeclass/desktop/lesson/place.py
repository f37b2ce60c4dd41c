"""The lesson place: the form before, the opening, the lesson itself, and what came of it."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gazeclass.desktop.context import AppContext
from gazeclass.desktop.lesson.choice import NUMBERS
from gazeclass.desktop.lesson.live_presenter import LivePresenter
from gazeclass.desktop.lesson.live_view import LiveView
from gazeclass.desktop.lesson.start_presenter import StartPresenter
from gazeclass.desktop.lesson.start_view import StartView
from gazeclass.desktop.tasks import Task
from gazeclass.desktop.widgets.controls import button, label, page
from gazeclass.desktop.widgets.question import ask
from gazeclass.desktop.widgets.states import LoadingState
from gazeclass.lesson.live import LiveLesson
from gazeclass.lesson.live_status import LiveState
from gazeclass.report.words import clock, count, percent


def create(context: AppContext) -> "LessonPlace":
    """The place's widget."""
    return LessonPlace(context)


class DonePage(QWidget):
    """What came of the lesson that has just ended."""

    def __init__(self) -> None:
        super().__init__()
        self.title = label("", role="title", wrap=True)
        self.text = label("", wrap=True)
        for line in (self.title, self.text):
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.report = button(self.tr("Open the report"), icon="chart-box-outline", role="primary")
        self.again = button(self.tr("Another lesson"), icon="plus")
        inner, layout = page()
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.report)
        row.addWidget(self.again)
        row.addStretch(1)
        layout.addStretch(2)
        layout.addWidget(self.title)
        layout.addWidget(self.text)
        layout.addLayout(row)
        layout.addStretch(3)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(inner)


class LessonPlace(QWidget):
    """The pages in their order; owns the running lesson's presenter and view."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.setObjectName("page")
        self.context = context
        self.start_presenter = StartPresenter(context, self)
        self.start_view = StartView(self.start_presenter)
        self.loading = LoadingState()
        self.done = DonePage()
        self.live: LiveView | None = None
        self.presenter: LivePresenter | None = None
        self._ending: Task | None = None
        self._ended: Path | None = None
        self.stack = QStackedWidget()
        for widget in (self.start_view, self.loading, self.done):
            self.stack.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)
        self.start_view.calibrate_asked.connect(lambda: context.go("classrooms"))
        self.start_presenter.starting.connect(self._on_starting)
        self.start_presenter.started.connect(self._on_started)
        self.done.again.clicked.connect(self.show_start)
        self.done.report.clicked.connect(lambda: context.go("reports", path=self._ended))
        # However the program ends by itself, the lesson's file is closed.
        application = QApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.end_now)

    def open(self, classroom: Path | str | None = None, **_: object) -> None:
        """Show the form with a classroom chosen, unless a lesson is running."""
        if self.presenter is None:
            self.show_start()
            if classroom is not None:
                self.start_presenter.choose_room(Path(classroom))

    def may_close(self) -> bool:
        """Asked before the window closes: a running lesson is ended then."""
        if self.presenter is None:
            return True
        agreed = ask(
            self,
            self.tr("A lesson is running"),
            self.tr("Closing the window ends the lesson. Everything observed so far is kept."),
            self.tr("End the lesson and close"),
            self.tr("Go on with the lesson"),
        )
        if agreed:
            self.end_now()
        return agreed

    @Slot()
    def show_start(self) -> None:
        """The form."""
        self.stack.setCurrentWidget(self.start_view)

    @Slot()
    def end_now(self) -> None:
        """End a running lesson and wait for its file; for the program's own end."""
        presenter, self.presenter = self.presenter, None
        if presenter is not None:
            presenter.stop_watching()
            if self.live is not None:
                self.live.close_projector()
            presenter.lesson.stop()

    @Slot(object)
    def _on_starting(self, task: Task) -> None:
        self.loading.watch(task)
        self.stack.setCurrentWidget(self.loading)
        task.failed.connect(self.show_start)
        task.cancelled.connect(self.show_start)

    @Slot(object)
    def _on_started(self, lesson: LiveLesson) -> None:
        consented = self.start_presenter.choice.who != NUMBERS
        self.presenter = LivePresenter(lesson, consented=consented, parent=self)
        self.live = LiveView(self.presenter)
        self.presenter.over.connect(self._on_over)
        self.live.stop_asked.connect(self.stop)
        self.stack.addWidget(self.live)
        self.stack.setCurrentWidget(self.live)

    @Slot()
    def stop(self) -> None:
        """End the lesson without holding up the window."""
        presenter = self.presenter
        if presenter is None or self._ending is not None:
            return
        self._ending = self.context.tasks.run(
            lambda progress: presenter.lesson.stop(), title=self.tr("Ending the lesson")
        )
        self.loading.watch(self._ending)
        self.loading.cancel.setVisible(False)
        self.stack.setCurrentWidget(self.loading)

    @Slot()
    def _on_over(self) -> None:
        presenter, live = self.presenter, self.live
        self.presenter, self.live, self._ending = None, None, None
        self.loading.cancel.setVisible(True)
        if presenter is None or live is None:
            return
        live.close_projector()
        self.stack.removeWidget(live)
        live.deleteLater()
        self.context.library_changed.emit()
        lesson = presenter.lesson
        if lesson.failure is not None and not lesson.path.exists():
            self.start_view.banner.show_error(lesson.failure, retry=True)
            self.show_start()
        else:
            self._show_done(lesson)
        QTimer.singleShot(0, presenter.deleteLater)

    def _show_done(self, lesson: LiveLesson) -> None:
        failed = lesson.state is LiveState.FAILED
        self.done.title.setText(self.tr("The lesson has ended early") if failed else self.tr("The lesson is stored"))
        share = lesson.figures.shares().board
        lines = [str(lesson.failure)] if failed else []
        lines.append(
            self.tr("{0}, {1}").format(
                clock(lesson.status().lesson_s),
                count(len(lesson.seating.places()), self.tr("student seen"), self.tr("students seen")),
            )
        )
        lines.append(self.tr("{0} of the time seen: facing the board").format(percent(share.value, share.doubt)))
        self.done.text.setText("\n".join(lines))
        self._ended = lesson.path
        self.stack.setCurrentWidget(self.done)


def screenshots(context: AppContext) -> Iterable[tuple[str, QWidget]]:
    """Pictures for the guide: before there is a classroom, the form, the form filled in."""
    from gazeclass.desktop.lesson.pictures import scenes

    return scenes(context)
