"""How every step looks: its picture at the left, at the right what to do now, what is missing and what stands out."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gazeclass.desktop.icons import set_icon
from gazeclass.desktop.widgets.controls import label, scrolled
from gazeclass.desktop.wizard.step import Notice, StepPresenter

#: Width of the right side: a sentence of look.md's size needs no more, and at 1280 px the picture keeps the rest.
SIDE_PX = 360

_ICONS = {"good": "check-circle-outline", "warn": "alert-outline", "danger": "alert-circle-outline"}


class StepView(QWidget):
    """One step. ``main`` takes the picture and what belongs to it, ``controls`` the fields and buttons at the right.

    Sub-classes fill the two and write :meth:`show_state`; they hold no logic.
    """

    def __init__(self, presenter: StepPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.presenter = presenter
        self.main = QVBoxLayout()
        self.main.setSpacing(8)
        self.controls = QVBoxLayout()
        self.controls.setSpacing(8)
        self.sentence = label("", role="subtitle", wrap=True)
        self._missing_title = label(self.tr("Still missing"), role="muted")
        self._missing = QVBoxLayout()
        self._missing.setSpacing(4)
        self._notices = QVBoxLayout()
        self._notices.setSpacing(8)
        side = QWidget()
        side.setObjectName("page")
        inside = QVBoxLayout(side)
        inside.setContentsMargins(8, 0, 12, 0)
        inside.setSpacing(12)
        for part in (self.sentence, self._notices, self._missing_title, self._missing, self.controls):
            if isinstance(part, QWidget):
                inside.addWidget(part)
            else:
                inside.addLayout(part)
        inside.addStretch(1)
        area = scrolled(side)
        area.setFixedWidth(SIDE_PX)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        layout.addLayout(self.main, 1)
        layout.addWidget(area)
        self._said: object = None
        presenter.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show what the presenter says now."""
        guidance = self.presenter.guidance()
        if guidance != self._said:
            self._said = guidance
            self.sentence.setText(guidance.sentence)
            clear_layout(self._missing)
            for line in guidance.missing:
                self._missing.addWidget(_bullet(line))
            self._missing_title.setVisible(bool(guidance.missing))
            clear_layout(self._notices)
            for notice in guidance.notices:
                self._notices.addWidget(notice_frame(notice))
        self.show_state()

    def show_state(self) -> None:
        """Show the rest of what the presenter holds; for sub-classes."""

    def first_focus(self) -> QWidget | None:
        """What the keyboard should be at when the step opens; None leaves it at Next."""
        return None


def notice_frame(notice: Notice) -> QFrame:
    """A sentence on a ground of its weight, with an icon that says the same."""
    frame = QFrame()
    frame.setProperty("kind", notice.weight)
    frame.setAccessibleName(notice.text)
    row = QHBoxLayout(frame)
    row.setContentsMargins(8, 8, 8, 8)
    sign = QLabel()
    sign.setProperty("kind", notice.weight)
    set_icon(sign, _ICONS[notice.weight])
    text = label(notice.text, wrap=True, selectable=True)
    row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(text, 1)
    return frame


def _bullet(text: str) -> QWidget:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    sign = QLabel()
    set_icon(sign, "circle-small")
    row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
    words = label(text, wrap=True)
    row.addWidget(words, 1)
    line.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return line


def clear_layout(layout: QVBoxLayout) -> None:
    """Take everything out of a layout."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.setParent(None)
            widget.deleteLater()
