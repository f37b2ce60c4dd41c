"""What can be checked of a window's looks without eyes: text cut off, controls without a name or too small."""

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QWidget,
)

from gazeclass.desktop.widgets.controls import ElidedLabel

CONTROLS = (QAbstractButton, QComboBox, QLineEdit, QAbstractSpinBox)


def visible(window: QWidget, kind: type | tuple[type, ...]) -> list[QWidget]:
    """Widgets of a kind that can be seen; Qt's own buttons inside a field are the field's affair."""
    return [
        w
        for w in window.findChildren(QWidget)
        if isinstance(w, kind) and w.isVisibleTo(window) and not isinstance(w.parentWidget(), QLineEdit)
    ]


def cut_off(window: QWidget) -> list[str]:
    """Labels and buttons whose text has less room than it needs, or that reach beyond the window."""
    found = []
    for widget in visible(window, (QLabel, QAbstractButton)):
        text = widget.text()  # type: ignore[attr-defined]
        if not text or isinstance(widget, ElidedLabel) or "…" in widget.toolTip():
            continue
        if isinstance(widget, QLabel) and widget.wordWrap():
            needed = widget.heightForWidth(widget.width())
            if needed > widget.height() + 1:
                found.append(f"{text[:40]!r}: {widget.height()} px high, needs {needed}")
        elif widget.width() + 1 < widget.minimumSizeHint().width() or widget.height() + 1 < min(
            widget.minimumSizeHint().height(), widget.fontMetrics().height()
        ):
            found.append(f"{text[:40]!r}: {widget.width()} px wide, needs {widget.minimumSizeHint().width()}")
        if not in_scroll_area(widget):
            place = QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())
            if not window.rect().contains(place):
                found.append(f"{text[:40]!r}: beyond the window, {place}")
    return found


def in_scroll_area(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            return True
        parent = parent.parentWidget()
    return False


def nameless(window: QWidget) -> list[str]:
    """Controls that a screen reader could not tell apart."""
    found = []
    for widget in visible(window, CONTROLS):
        name = widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")
        if not name and not widget.objectName().startswith("qt_"):
            found.append(f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}")
    return found


def too_small(window: QWidget, least_px: int = 32) -> list[str]:
    """Controls lower than a finger or a shaky mouse needs."""
    return [
        f"{type(w).__name__} {w.accessibleName()!r}: {w.height()} px"
        for w in visible(window, CONTROLS)
        if w.height() < least_px and not w.objectName().startswith("qt_")
    ]


def tab_order(window: QWidget) -> list[QWidget]:
    """What Tab goes through, from the first to the last, by pressing it."""
    from PySide6.QtTest import QTest

    order: list[QWidget] = []
    for _ in range(300):
        QTest.keyClick(window, Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        if focused is None or (order and focused is order[0]):
            break
        order.append(focused)
    return order
