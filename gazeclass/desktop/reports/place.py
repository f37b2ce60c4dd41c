"""The Reports place: the list of lessons, and the review of one."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from gazeclass.desktop.context import AppContext
from gazeclass.desktop.reports.lessons_view import LessonsView
from gazeclass.desktop.reports.review_presenter import ReviewPresenter
from gazeclass.desktop.reports.review_view import ReviewView
from gazeclass.desktop.tasks import Task
from gazeclass.desktop.widgets.question import ask
from gazeclass.desktop.widgets.states import LoadingState
from gazeclass.errors import InputError
from gazeclass.lesson.documents import list_lessons


def create(context: AppContext) -> QWidget:
    """The place's widget."""
    return ReportsPlace(context)


class ReportsPlace(QWidget):
    """List, loading, review; :meth:`open` shows a lesson at once. The review is made when the first one is opened."""

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._listing: Task | None = None
        self._list_again = False
        self.presenter = ReviewPresenter(context, self)
        self.lessons = LessonsView(context)
        self.loading = LoadingState()
        self._review: ReviewView | None = None
        self._pages = QStackedWidget()
        for page in (self.lessons, self.loading):
            self._pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)
        self.lessons.chosen.connect(self._on_chosen)
        self.presenter.opening.connect(self._on_opening)
        self.presenter.opened.connect(lambda: self._pages.setCurrentWidget(self.review))
        context.library_changed.connect(self.refresh)

    @property
    def review(self) -> ReviewView:
        """The page of an open lesson."""
        if self._review is None:
            self._review = ReviewView(self.presenter, self._context)
            self._review.back.connect(self._on_back)
            self._pages.addWidget(self._review)
        return self._review

    def open(self, path: Path | str | None = None, **_: object) -> None:
        """Show a lesson, or the list."""
        if path is not None and self.may_leave():
            self.presenter.open(Path(path))

    def may_close(self) -> bool:
        """Asked before the window closes."""
        return self.may_leave()

    def may_leave(self) -> bool:
        """Zones that were computed and not saved would be lost: ask."""
        if not self.presenter.zones_unsaved:
            return True
        return ask(
            self,
            self.tr("Zones not saved"),
            self.tr("The new zones are not saved in the lesson. Leave without saving them?"),
            self.tr("Leave without saving"),
            self.tr("Stay"),
        )

    def showEvent(self, event: QShowEvent) -> None:
        """The list may have changed meanwhile."""
        super().showEvent(event)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Read the library's list again; what changes while it is being read is read afterwards."""
        if self._listing is not None:
            self._list_again = True
            return
        try:
            folder = self._context.lessons_dir
        except InputError as error:
            self._context.show_error(error)
            return
        self._listing = self._context.tasks.run(
            lambda progress: list_lessons(folder), title=self.tr("Reading the list of lessons")
        )
        self._listing.done.connect(self.lessons.show_lessons)
        self._listing.failed.connect(self._context.show_error)
        self._listing.finished.connect(self._on_listed)

    @Slot()
    def _on_listed(self) -> None:
        self._listing = None
        if self._list_again:
            self._list_again = False
            self.refresh()

    @Slot(object)
    def _on_chosen(self, path: Path) -> None:
        self.presenter.open(path)

    @Slot(object)
    def _on_opening(self, task: Task) -> None:
        review = self.review  # made now, while the lesson is read
        before = review if self.presenter.review is not None else self.lessons
        self.loading.watch(task)
        self._pages.setCurrentWidget(self.loading)

        def ended() -> None:
            if self._pages.currentWidget() is self.loading:
                self._pages.setCurrentWidget(review if self.presenter.review is not None else before)

        task.finished.connect(ended)

    @Slot()
    def _on_back(self) -> None:
        if self.may_leave():
            self.presenter.close()
            self.refresh()
            self._pages.setCurrentWidget(self.lessons)


def screenshots(context: AppContext) -> Iterable[tuple[str, QWidget]]:
    """Pictures to look at: no lesson yet, a list with a damaged one, a lesson with a gap, two halves compared."""
    from gazeclass.desktop.reports.pictures import scenes

    return scenes(context)
