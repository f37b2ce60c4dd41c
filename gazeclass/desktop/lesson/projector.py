"""A calm second window for a projector or second screen: the board, its heat, one share, nothing of single students."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gazeclass.desktop.lesson.live_presenter import BoardPicture, LivePresenter
from gazeclass.desktop.widgets.board_view import BoardView
from gazeclass.desktop.widgets.controls import label
from gazeclass.report.words import percent


class Projector(QWidget):
    """The board alone, as large as the screen.

    Signals:
        closed: the window was closed.
    """

    closed = Signal()

    def __init__(self, presenter: LivePresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("page")
        self.setWindowTitle(self.tr("Board – gazeclass"))
        self._presenter = presenter
        self.board = BoardView()
        self.board.set_board(presenter.lesson.meta.board)
        self.share = label("", role="title")
        self.share.setAlignment(Qt.AlignmentFlag.AlignCenter)
        hint = label(self.tr("Esc leaves full screen"), role="muted")
        hint.setAlignment(Qt.AlignmentFlag.AlignRight)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(32, 24, 32, 16)
        layout.addWidget(self.board, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.share, 2)
        row.addWidget(hint, 1)
        layout.addLayout(row)
        self.resize(1280, 720)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self).activated.connect(self.leave_full_screen)
        QShortcut(QKeySequence("F11"), self).activated.connect(self.toggle_full_screen)
        presenter.board_changed.connect(self._on_board)

    def open(self) -> None:
        """On the second screen where there is one, filling it; else as a window."""
        screens = QGuiApplication.screens()
        here = QGuiApplication.primaryScreen()
        other = next((screen for screen in screens if screen is not here), None)
        self.show()
        if other is not None:
            self.setGeometry(other.availableGeometry())
            self.showFullScreen()

    @Slot()
    def leave_full_screen(self) -> None:
        """Esc: to a window; from a window: close."""
        if self.isFullScreen():
            self.showNormal()
        else:
            self.close()

    @Slot()
    def toggle_full_screen(self) -> None:
        """F11."""
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell the window that opened it."""
        super().closeEvent(event)
        self.closed.emit()

    @Slot(object)
    def _on_board(self, picture: BoardPicture) -> None:
        if not self.isVisible():
            return
        self.board.set_zones(self._presenter.zones, picture.notes)
        if picture.heat is not None:
            self.board.set_heat(
                picture.heat, picture.x_edges_m, picture.y_edges_m, picture.top, self.tr("seconds per dm²")
            )
        share = self._presenter.lesson.figures.shares(self._presenter.window_s).board
        self.share.setText(self.tr("{0} of the time seen: facing the board").format(percent(share.value, share.doubt)))
