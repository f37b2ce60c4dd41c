"""Small makers of standard controls, so that each has its accessible name, its form and its size."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from gazeclass.desktop.icons import set_icon


def label(text: str, *, role: str = "", kind: str = "", wrap: bool = False, selectable: bool = False) -> QLabel:
    """A label; ``role`` title, subtitle or muted; ``kind`` good, warn or danger."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        made.setProperty("role", role)
    if kind:
        made.setProperty("kind", kind)
    if wrap:
        made.setWordWrap(True)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        made.setSizePolicy(policy)
    if selectable:
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def button(text: str, *, icon: str = "", role: str = "", name: str = "", tip: str = "") -> QPushButton:
    """A push button with an accessible name (its text, or ``name`` for one with an icon only)."""
    made = QPushButton(text)
    if role:
        made.setProperty("role", role)
    made.setAccessibleName(name or text)
    if tip or (name and not text):
        made.setToolTip(tip or name)
    if icon:
        set_icon(made, icon)
    made.setAutoDefault(False)
    return made


def set_kind(widget: QWidget, kind: str) -> None:
    """Change the weight of a sentence or sheet ("", good, warn, danger) and draw it again."""
    widget.setProperty("kind", kind)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def card() -> QFrame:
    """A raised sheet."""
    frame = QFrame()
    frame.setProperty("kind", "card")
    return frame


def scrolled(content: QWidget) -> QScrollArea:
    """``content`` in a frame that scrolls up and down where it is too high, never sideways."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(content)
    return area


def page(*, spacing: int = 16) -> tuple[QWidget, QVBoxLayout]:
    """An empty page of the window with its margins."""
    widget = QWidget()
    widget.setObjectName("page")
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(24, 16, 24, 16)
    layout.setSpacing(spacing)
    return widget, layout


class ElidedLabel(QLabel):
    """One line that ends in "…" where there is no room, with the whole text as its tooltip."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(48)

    def minimumSizeHint(self) -> QSize:
        """As high as a line, as narrow as may be."""
        return QSize(48, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Offer the tooltip only when something is cut."""
        super().resizeEvent(event)
        self._offer_tip()

    def setText(self, text: str) -> None:
        """Show another text."""
        super().setText(text)
        self._offer_tip()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw as much as there is room for."""
        painter = QPainter(self)
        shown = QFontMetrics(self.font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), shown)

    def _offer_tip(self) -> None:
        cut = QFontMetrics(self.font()).horizontalAdvance(self.text()) > self.width()
        self.setToolTip(self.text() if cut else "")
