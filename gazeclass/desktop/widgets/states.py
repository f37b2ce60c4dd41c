"""The states a view may be in besides "done": empty, loading, error. Each says what it is and offers the next step."""

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gazeclass.desktop.explain import Explanation, explain
from gazeclass.desktop.icons import set_icon
from gazeclass.desktop.tasks import Task
from gazeclass.desktop.widgets.controls import button, label
from gazeclass.report.words import clock


class EmptyState(QWidget):
    """What this view is for, and the one button that starts it.

    Signals:
        activated: the button was pressed.
    """

    activated = Signal()

    def __init__(self, icon: str, title: str, text: str, action: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._icon.setProperty("role", "muted")
        set_icon(self._icon, icon, 64)
        self._title = label(title, role="title", wrap=True)
        self._text = label(text, role="muted", wrap=True)
        for line in (self._title, self._text):
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
            line.setMaximumWidth(560)
        self.button = button(action, role="primary")
        if not action:  # showing it before it has a parent would open a window of its own
            self.button.hide()
        self.button.clicked.connect(self.activated)
        layout = QVBoxLayout(self)
        layout.setSpacing(16)
        layout.addStretch(2)
        layout.addWidget(self._icon)
        for line in (self._title, self._text):
            row = QHBoxLayout()
            row.addStretch(1)
            row.addWidget(line, 4)
            row.addStretch(1)
            layout.addLayout(row)
        layout.addWidget(self.button, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)

    def set_text(self, title: str, text: str, action: str = "") -> None:
        """Say something else."""
        self._title.setText(title)
        self._text.setText(text)
        self.button.setText(action)
        self.button.setAccessibleName(action)
        self.button.setVisible(bool(action))


class LoadingState(QWidget):
    """What is being done, how far it is, how long it will take, and a way to stop it.

    Signals:
        cancel_asked: the button was pressed. A watched task is cancelled without further ado.
    """

    cancel_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._task: Task | None = None
        self.title = label("", role="subtitle", wrap=True)
        self.stage = label("", role="muted", wrap=True)
        for line in (self.title, self.stage):
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.bar = QProgressBar()
        self.bar.setAccessibleName(self.tr("Progress"))
        self.bar.setTextVisible(False)
        self.bar.setMaximumWidth(480)
        self.cancel = button(self.tr("Cancel"), icon="close")
        self.cancel.clicked.connect(self._on_cancel)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addStretch(2)
        layout.addWidget(self.title)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.bar, 4)
        row.addStretch(1)
        layout.addLayout(row)
        layout.addWidget(self.stage)
        layout.addWidget(self.cancel, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        self._second = QTimer(self, interval=500)
        self._second.timeout.connect(self._say)

    def watch(self, task: Task) -> None:
        """Show a task until it ends. Showing something else afterwards is up to the caller."""
        self._task = task
        self.title.setText(task.title)
        self.cancel.setEnabled(True)
        self.cancel.setText(self.tr("Cancel"))
        self._on_stage(task.stage_name, task.total)
        task.stage.connect(self._on_stage)
        task.advanced.connect(self._on_advanced)
        task.finished.connect(self._on_finished)
        self._second.start()

    @Slot(str, int)
    def _on_stage(self, name: str, total: int) -> None:
        self.bar.setRange(0, max(total, 0))  # 0..0 is Qt's busy bar
        self.bar.setValue(0)
        self._say()

    @Slot(int)
    def _on_advanced(self, steps: int) -> None:
        if self.bar.maximum() > 0:
            self.bar.setValue(min(steps, self.bar.maximum()))

    @Slot()
    def _on_finished(self) -> None:
        self._second.stop()
        self._task = None

    @Slot()
    def _on_cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self.cancel.setEnabled(False)
            self.cancel.setText(self.tr("Stopping …"))
        self.cancel_asked.emit()

    @Slot()
    def _say(self) -> None:
        if self._task is None:
            return
        parts = [self._task.stage_name] if self._task.stage_name else []
        if self._task.total > 0:
            parts.append(self.tr("{0} of {1}").format(min(self._task.steps, self._task.total), self._task.total))
        left = self._task.time_left_s()
        if left is not None:
            parts.append(self.tr("about {0} left").format(clock(left)))
        self.stage.setText(" · ".join(parts))


class ErrorBanner(QFrame):
    """What happened, what to do, and details to copy, in a strip above a view; hidden while there is nothing to say.

    Signals:
        retry: the "Try again" button was pressed (only there when asked for).
    """

    retry = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "danger")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._explanation: Explanation | None = None
        icon = QLabel()
        icon.setProperty("kind", "danger")
        set_icon(icon, "alert-circle-outline", 24)
        self.sentence = label("", wrap=True, selectable=True)
        self.todo = label("", wrap=True, selectable=True)
        self.again = button(self.tr("Try again"), icon="refresh")
        self.again.clicked.connect(self._on_retry)
        self.copy = button(self.tr("Copy details"), icon="content-copy")
        self.copy.clicked.connect(self._on_copy)
        self.close_button: QPushButton = button("", icon="close", role="flat", name=self.tr("Close this message"))
        self.close_button.setToolTip(self.tr("Close this message"))
        self.close_button.clicked.connect(self.clear)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.sentence)
        words.addWidget(self.todo)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 8, 8)
        layout.setSpacing(12)
        layout.addWidget(icon)
        layout.addLayout(words, 1)
        for one in (self.again, self.copy, self.close_button):
            layout.addWidget(one)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self.clear)
        self._copied = QTimer(self, singleShot=True, interval=2000)
        self._copied.timeout.connect(lambda: self.copy.setText(self.tr("Copy details")))
        self.hide()

    def show_error(self, error: BaseException, *, retry: bool = False) -> None:
        """Say an error; ``retry`` offers to try again."""
        self._explanation = explain(error)
        self.sentence.setText(self._explanation.sentence)
        self.todo.setText(self._explanation.todo)
        self.todo.setVisible(bool(self._explanation.todo))
        self.again.setVisible(retry)
        self.copy.setText(self.tr("Copy details"))
        self.setAccessibleName(self.tr("Error: {0}").format(self._explanation.sentence))
        self.show()

    def say(self, sentence: str, todo: str = "", *, retry: bool = False) -> None:
        """Say a sentence that is no exception's."""
        from gazeclass.errors import InputError

        self.show_error(InputError(sentence, todo=todo), retry=retry)

    @property
    def details(self) -> str:
        """What "copy details" copies."""
        return self._explanation.details if self._explanation else ""

    @Slot()
    def clear(self) -> None:
        """Nothing to say any more."""
        self._explanation = None
        self.hide()

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.details)
        self.copy.setText(self.tr("Copied"))
        self._copied.start()

    @Slot()
    def _on_retry(self) -> None:
        self.clear()
        self.retry.emit()
