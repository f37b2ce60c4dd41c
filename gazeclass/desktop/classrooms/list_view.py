"""The cards of all classrooms, or what to do when there are none."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from gazeclass.desktop.classrooms.card import ClassroomCard
from gazeclass.desktop.classrooms.presenter import ClassroomsPresenter
from gazeclass.desktop.classrooms.shelf import Entry
from gazeclass.desktop.tasks import Task
from gazeclass.desktop.widgets.card_grid import CardGrid
from gazeclass.desktop.widgets.controls import button, label, scrolled
from gazeclass.desktop.widgets.states import EmptyState, LoadingState


class ClassroomList(QWidget):
    """Cards in a grid below a title with "New classroom" and "Import".

    Signals:
        new, import_file, import_folder: what the user wants.
        lesson, check, wizard, delete, show_folder: of an entry.
    """

    new = Signal()
    import_file = Signal()
    import_folder = Signal()
    dropped = Signal(object)
    lesson = Signal(object)
    check = Signal(object)
    wizard = Signal(object)
    delete = Signal(object)
    show_folder = Signal(object)

    def __init__(self, presenter: ClassroomsPresenter, *, can_start: bool) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAcceptDrops(True)
        self._presenter = presenter
        self._can_start = can_start
        self.new_button = button(self.tr("New classroom"), icon="plus", role="primary")
        self.new_button.clicked.connect(self.new)
        self.import_button = button(self.tr("Import"), icon="import")
        menu = QMenu(self.import_button)
        menu.addAction(self.tr("A classroom.toml …"), self.import_file.emit)
        menu.addAction(self.tr("A folder of calibration pictures …"), self.import_folder.emit)
        menu.addAction(self.tr("The sample classroom"), presenter.add_sample)
        self.import_button.setMenu(menu)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(label(self.tr("Classrooms"), role="title"), 1)
        head.addWidget(self.import_button)
        head.addWidget(self.new_button)
        self.empty = EmptyState(
            "google-classroom",
            self.tr("No classroom yet"),
            self.tr(
                "A classroom is a room whose two cameras and board were measured once. It takes about twenty minutes "
                "with a printed chessboard and a tape measure; you are led through it. To look around first, choose "
                "Import and then the sample classroom."
            ),
            self.tr("New classroom"),
        )
        self.empty.activated.connect(self.new)
        self.loading = LoadingState()
        self.grid = CardGrid()
        self.stack = QStackedWidget()
        for one in (self.loading, self.empty, scrolled(self.grid)):
            self.stack.addWidget(one)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 24, 16)
        layout.setSpacing(16)
        layout.addLayout(head)
        layout.addWidget(self.stack, 1)
        presenter.changed.connect(self.refresh)
        presenter.busy.connect(self.watch)

    def watch(self, task: Task) -> None:
        """Show a long task until it ends."""
        self.loading.watch(task)
        self.stack.setCurrentWidget(self.loading)
        task.finished.connect(self.refresh)

    def refresh(self) -> None:
        """Show the shelf as it is."""
        entries = self._presenter.entries
        self.grid.set_cards([self._card(entry) for entry in entries])
        self.new_button.setVisible(bool(entries))
        self.stack.setCurrentIndex(2 if entries else 1)

    def _card(self, entry: Entry) -> ClassroomCard:
        made = ClassroomCard(entry, can_start=self._can_start)
        made.lesson.connect(lambda: self.lesson.emit(entry))
        made.check.connect(lambda: self.check.emit(entry))
        made.wizard.connect(lambda: self.wizard.emit(entry))
        made.delete.connect(lambda: self.delete.emit(entry))
        made.show_folder.connect(lambda: self.show_folder.emit(entry))
        made.lessons_kept.connect(lambda days: self._presenter.keep_lessons(entry.folder, days))
        made.renamed.connect(lambda name: self._presenter.rename(entry.folder, name))
        return made

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a file or folder that is dragged over."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Import what was dropped."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths[0])
