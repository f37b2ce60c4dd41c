"""Icons of one set (Material Design Icons, through qtawesome), in the colours of the theme.

An icon that was put on a button with :func:`set_icon` follows the theme when it changes.
"""

from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel

from gazeclass.desktop import theme

_NAME, _SIZE = "iconName", "iconPx"


def icon(name: str, colour: str = "", on_colour: str = "") -> QIcon:
    """An icon by its Material Design name ("play", "cog-outline"), in the theme's colours.

    Args:
        name: without the set's prefix.
        colour: of the icon; the text's when empty.
        on_colour: while the button is checked; writing on the accent when empty.
    """
    import qtawesome

    palette = theme.current()
    made: QIcon = qtawesome.icon(
        f"mdi6.{name}",
        color=colour or palette.text,
        color_on=on_colour or palette.on_accent,
        color_disabled=palette.muted,
    )
    return made


def set_icon(target: QAbstractButton | QLabel, name: str, size_px: int = 20) -> None:
    """Give a button or label an icon that follows the theme."""
    target.setProperty(_NAME, name)
    target.setProperty(_SIZE, size_px)
    _paint(target)


def refresh(application: QApplication) -> None:
    """Paint every icon again, after the theme changed."""
    for widget in application.allWidgets():
        if isinstance(widget, QAbstractButton | QLabel) and widget.property(_NAME):
            _paint(widget)


def _paint(target: QAbstractButton | QLabel) -> None:
    name, size = str(target.property(_NAME)), int(target.property(_SIZE))
    palette = theme.current()
    primary = target.property("role") == "primary"
    if isinstance(target, QLabel):
        kind = str(target.property("kind") or "")
        colour = getattr(palette, kind) if kind in ("good", "warn", "danger") else palette.muted
        target.setPixmap(icon(name, colour).pixmap(QSize(size, size), target.devicePixelRatioF()))
    else:
        target.setIcon(icon(name, palette.on_accent if primary else ""))
        target.setIconSize(QSize(size, size))
