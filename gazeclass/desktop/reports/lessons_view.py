"""The list of the library's lessons."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gazeclass.desktop.context import AppContext
from gazeclass.desktop.reports.lesson_words import began_here
from gazeclass.desktop.widgets.controls import button, label
from gazeclass.desktop.widgets.states import EmptyState
from gazeclass.lesson.documents import LessonCard
from gazeclass.report.words import clock


class LessonsView(QWidget):
    """Lessons, newest first.

    Signals:
        chosen: path of a lesson to open.
    """

    chosen = Signal(object)

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._context = context
        self._cards: tuple[LessonCard, ...] = ()
        self.open_file = button(self.tr("Open a file …"), icon="folder-open-outline")
        self.open_chosen = button(self.tr("Open"), icon="chart-box-outline", role="primary")
        self.empty = EmptyState(
            "chart-box-outline",
            self.tr("No lessons yet"),
            self.tr(
                "A lesson that was recorded or analysed appears here, to be looked at, cut into zones and reported."
            ),
            self.tr("Open a lesson file …"),
        )
        self.table = QTableWidget(0, 5)
        self.table.setAccessibleName(self.tr("Lessons"))
        self.table.setHorizontalHeaderLabels(
            [self.tr(w) for w in ("Lesson", "Classroom", "Began", "Length", "Students")]
        )
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._pages = QStackedWidget()
        whole = QWidget()
        inside = QVBoxLayout(whole)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(16)
        inside.addWidget(label(self.tr("Lessons"), role="title"))
        inside.addWidget(self.table, 1)
        below = QHBoxLayout()
        below.addWidget(self.open_file)
        below.addStretch(1)
        below.addWidget(self.open_chosen)
        inside.addLayout(below)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(whole)
        waiting = label(self.tr("Looking for lessons …"), role="muted")
        waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages.addWidget(waiting)
        self._pages.setCurrentWidget(waiting)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 24, 16)
        layout.addWidget(self._pages)
        self.empty.activated.connect(self.ask_file)
        self.open_file.clicked.connect(self.ask_file)
        self.open_chosen.clicked.connect(self._on_open)
        self.table.itemActivated.connect(self._on_open)
        self.table.itemSelectionChanged.connect(self._on_selection)

    def show_lessons(self, cards: Sequence[LessonCard]) -> None:
        """Replace the list; the lesson that was chosen stays so."""
        chosen = next((self._cards[index.row()].path for index in self.table.selectedIndexes()), None)
        self._cards = tuple(cards)
        self._pages.setCurrentIndex(1 if cards else 0)
        self.table.clearSpans()
        self.table.setRowCount(len(cards))
        for row, card in enumerate(self._cards):
            title = card.title if card.complete or card.problem else self.tr("{0} (not finished)").format(card.title)
            if card.problem:
                self.table.setSpan(row, 0, 1, self.table.columnCount())
            cells = (
                (f"{title}: {card.problem}", "", "", "", "")
                if card.problem
                else (
                    title,
                    card.classroom,
                    began_here(card.started_utc),
                    clock(card.seconds),
                    str(card.students),
                )
            )
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(card.problem or card.note or str(card.path))
                if column > 2:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if card.problem:
                    item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
                self.table.setItem(row, column, item)
        usable = [row for row, card in enumerate(self._cards) if not card.problem]
        first = next((row for row in usable if self._cards[row].path == chosen), usable[0] if usable else None)
        if first is not None:
            self.table.selectRow(first)
        self._on_selection()

    @Slot()
    def ask_file(self) -> None:
        """A lesson from anywhere."""
        start = str(self._context.state.last_folder())
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Open a lesson"), start, self.tr("Lessons (*.gaze)"))
        if name:
            self._context.state.set_last_folder(Path(name))
            self.chosen.emit(Path(name))

    @Slot()
    def _on_selection(self) -> None:
        self.open_chosen.setEnabled(bool(self.table.selectedItems()))

    @Slot()
    def _on_open(self) -> None:
        rows = {index.row() for index in self.table.selectedIndexes()}
        for row in rows:
            if not self._cards[row].problem:
                self.chosen.emit(self._cards[row].path)
                return
