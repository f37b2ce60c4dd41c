"""The bar above a running lesson: its clock, pause, stop, mark with a note, what the heat is of."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from gazeclass.desktop.icons import set_icon
from gazeclass.desktop.lesson.live_presenter import WINDOWS_S
from gazeclass.desktop.widgets.controls import button, label


class LiveBar(QWidget):
    """Controls of a running lesson.

    Signals:
        pause_asked: pause or go on.
        stop_asked: end the lesson.
        mark_begun: M was pressed; the moment to be marked is now.
        mark_done: the note, "" for none.
        window_chosen: seconds, None since the start.
        row_chosen: row, None for the class.
        drawing_asked: whether a zone shall be drawn.
        pictures_asked: whether the cameras' pictures shall be shown.
        projector_asked: the second window.
    """

    pause_asked = Signal()
    stop_asked = Signal()
    mark_begun = Signal()
    mark_done = Signal(str)
    window_chosen = Signal(object)
    row_chosen = Signal(object)
    drawing_asked = Signal(bool)
    pictures_asked = Signal(bool)
    projector_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.clock = label("00:00", role="title")
        self.clock.setMinimumWidth(self.clock.fontMetrics().horizontalAdvance("0:00:00") + 24)
        self.clock.setAccessibleName(self.tr("Length of the lesson"))
        self.recording = QLabel()
        self.recording.setProperty("kind", "danger")
        set_icon(self.recording, "record-circle-outline", 20)
        self.recording.setToolTip(self.tr("The cameras' pictures are being recorded"))
        self.recording.hide()
        self.pause = button(self.tr("Pause"), icon="pause", tip=self.tr("Pause (Space)"))
        self.stop = button(self.tr("Stop"), icon="stop", tip=self.tr("End the lesson"))
        self.mark = button(self.tr("Mark"), icon="flag-outline", tip=self.tr("Mark this moment (M)"))
        self.note = QLineEdit()
        self.note.setPlaceholderText(self.tr("What happens now? Enter keeps the mark, Esc drops it"))
        self.note.setAccessibleName(self.tr("Note for the marked moment"))
        self.note.hide()
        self.zone = button(self.tr("Zone"), icon="vector-square", tip=self.tr("Draw a zone on the board (Z)"))
        self.zone.setCheckable(True)
        self.pictures = button("", icon="camera-outline", name=self.tr("Show the cameras' pictures (C)"))
        self.pictures.setCheckable(True)
        self.projector = button("", icon="projector-screen-outline", name=self.tr("Second window for a projector (P)"))
        self.window_box = QComboBox()
        self.window_box.setAccessibleName(self.tr("What the heat is of"))
        names = (self.tr("last 30 s"), self.tr("last 2 min"), self.tr("last 10 min"), self.tr("since the start"))
        for name, window in zip(names, WINDOWS_S, strict=True):
            self.window_box.addItem(name, window)
        self.row_box = QComboBox()
        self.row_box.setAccessibleName(self.tr("Whose gaze the heat shows"))
        self.row_box.addItem(self.tr("whole class"), None)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        layout = QHBoxLayout()
        layout.setSpacing(8)
        whole.addLayout(layout)
        whole.addWidget(self.note)
        for widget in (self.clock, self.recording, self.pause, self.stop, self.mark):
            layout.addWidget(widget)
        layout.addStretch(1)
        for choice in (self.window_box, self.row_box):
            layout.addWidget(choice)
        for tool in (self.zone, self.pictures, self.projector):
            layout.addWidget(tool)
        self._connect()

    def _connect(self) -> None:
        self.pause.clicked.connect(self.pause_asked)
        self.stop.clicked.connect(self.stop_asked)
        self.mark.clicked.connect(self.begin_mark)
        self.note.returnPressed.connect(self._on_note)
        self.zone.toggled.connect(self.drawing_asked)
        self.pictures.toggled.connect(self.pictures_asked)
        self.projector.clicked.connect(self.projector_asked)
        self.window_box.activated.connect(lambda k: self.window_chosen.emit(self.window_box.itemData(k)))
        self.row_box.activated.connect(lambda k: self.row_chosen.emit(self.row_box.itemData(k)))
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self.note, context=Qt.ShortcutContext.WidgetShortcut)
        escape.activated.connect(self.drop_mark)

    def set_paused(self, paused: bool) -> None:
        """Whether the lesson is paused."""
        text = self.tr("Go on") if paused else self.tr("Pause")
        if self.pause.text() == text:
            return
        self.pause.setText(text)
        self.pause.setAccessibleName(text)
        self.pause.setToolTip(self.tr("Go on (Space)") if paused else self.tr("Pause (Space)"))
        set_icon(self.pause, "play" if paused else "pause")

    def set_rows(self, rows: list[int], hidden: set[int], reason: str) -> None:
        """The rows there are; hidden ones cannot be chosen, and say why."""
        wanted = [None, *rows]
        if [self.row_box.itemData(k) for k in range(self.row_box.count())] != wanted:
            chosen = self.row_box.currentData()
            with QSignalBlocker(self.row_box):
                self.row_box.clear()
                for row in wanted:
                    self.row_box.addItem(self.tr("whole class") if row is None else self.tr("row {0}").format(row), row)
                self.row_box.setCurrentIndex(max(0, self.row_box.findData(chosen)))
        model = self.row_box.model()
        for k, row in enumerate(wanted):
            allowed = row not in hidden
            item = model.index(k, 0)
            model.setData(item, None if allowed else reason, Qt.ItemDataRole.ToolTipRole)
            standard = getattr(model, "item", None)
            if callable(standard):
                standard(k).setEnabled(allowed)

    @Slot()
    def begin_mark(self) -> None:
        """M: the moment is taken at once, the note may follow."""
        self.mark_begun.emit()
        self.note.clear()
        self.note.show()
        self.note.setFocus()

    @Slot()
    def drop_mark(self) -> None:
        """Esc: no mark after all."""
        self.note.hide()

    @Slot()
    def _on_note(self) -> None:
        self.note.hide()
        self.mark_done.emit(self.note.text().strip())
