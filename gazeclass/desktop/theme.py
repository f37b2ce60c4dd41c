"""Colours and form of the window: two palettes, light and dark, and the sheet of styles made from them.

The board is a dark slate in both: it is the same drawing everywhere (look.md). Every pair of text and ground that is
used together stands in :data:`PAIRS`, so that a test can hold each to a contrast of 4.5:1.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

Choice = Literal["system", "light", "dark"]

#: The board's own colours, the same in both themes and in the printed report.
SLATE = "#26343a"
CHALK = "#f1efe6"

#: Everything is placed on a grid of this many pixels.
GRID_PX = 8
#: Nothing that can be clicked is smaller.
TARGET_PX = 32
BASE_FONT_PX = 14


@dataclass(frozen=True)
class Palette:
    """Colours by what they are for.

    Attributes:
        dark: whether this is the dark one.
        window, surface, raised: grounds, from the back to the front.
        text, muted: writing; ``muted`` is for what is unreliable or minor, still readable.
        border: of cards and fields; decoration only.
        outline: of controls whose shape must be seen (3:1 against the grounds).
        accent, on_accent: the one thing to press, and writing on it.
        focus: the ring around what the keyboard is at.
        good, warn, danger: writing of a verdict. ``danger`` is red: only for what needs an action now.
        danger_ground, warn_ground, good_ground: behind sentences of that kind.
    """

    dark: bool
    window: str
    surface: str
    raised: str
    text: str
    muted: str
    border: str
    outline: str
    accent: str
    on_accent: str
    focus: str
    good: str
    warn: str
    danger: str
    good_ground: str
    warn_ground: str
    danger_ground: str


LIGHT = Palette(
    dark=False,
    window="#f3f5f6",
    surface="#ffffff",
    raised="#e6eaed",
    text="#1c262c",
    muted="#55626b",
    border="#d3dadf",
    outline="#7b8790",
    accent="#1d5f8a",
    on_accent="#ffffff",
    focus="#b35900",
    good="#1f6b43",
    warn="#7a5200",
    danger="#b3261e",
    good_ground="#e3f2e9",
    warn_ground="#fdf1d6",
    danger_ground="#fce8e6",
)

DARK = Palette(
    dark=True,
    window="#161c20",
    surface="#1f272c",
    raised="#2b353c",
    text="#e8ecee",
    muted="#a9b5bc",
    border="#36424a",
    outline="#7f8d96",
    accent="#7cc0ea",
    on_accent="#0c1a23",
    focus="#ffb454",
    good="#7fd3a3",
    warn="#f0c36a",
    danger="#ff9c94",
    good_ground="#1b3227",
    warn_ground="#392d12",
    danger_ground="#43211f",
)

#: (writing, ground) as they meet in the window; each must reach 4.5:1.
PAIRS: tuple[tuple[str, str], ...] = (
    *((ink, ground) for ink in ("text", "muted") for ground in ("window", "surface", "raised")),
    *((ink, ground) for ink in ("accent", "good", "warn", "danger") for ground in ("window", "surface")),
    ("on_accent", "accent"),
    *((ink, f"{ink}_ground") for ink in ("good", "warn", "danger")),
    *(("text", f"{ink}_ground") for ink in ("good", "warn", "danger")),
)

_current: Palette = LIGHT


def current() -> Palette:
    """The palette the window wears now."""
    return _current


def chosen(choice: Choice) -> Palette:
    """The palette for a choice; "system" asks the platform, and is light where it does not say."""
    if choice == "system":
        return DARK if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT
    return DARK if choice == "dark" else LIGHT


def apply(application: QApplication, choice: Choice) -> Palette:
    """Dress the whole program; widgets hear of it as a change of palette and draw themselves again."""
    from gazeclass.desktop import icons

    global _current
    _current = chosen(choice)
    application.setStyle("Fusion")
    font = application.font()
    font.setPixelSize(BASE_FONT_PX)
    application.setFont(font)
    application.setPalette(qt_palette(_current))
    application.setStyleSheet(style_sheet(_current))
    icons.refresh(application)
    return _current


def contrast(ink: str, ground: str) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    high, low = sorted((_luminance(ink), _luminance(ground)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def qt_palette(p: Palette) -> QPalette:
    """The same colours in Qt's roles, for what the style draws by itself."""
    roles = {
        QPalette.ColorRole.Window: p.window,
        QPalette.ColorRole.WindowText: p.text,
        QPalette.ColorRole.Base: p.surface,
        QPalette.ColorRole.AlternateBase: p.window,
        QPalette.ColorRole.Text: p.text,
        QPalette.ColorRole.PlaceholderText: p.muted,
        QPalette.ColorRole.Button: p.raised,
        QPalette.ColorRole.ButtonText: p.text,
        QPalette.ColorRole.ToolTipBase: p.raised,
        QPalette.ColorRole.ToolTipText: p.text,
        QPalette.ColorRole.Highlight: p.accent,
        QPalette.ColorRole.HighlightedText: p.on_accent,
        QPalette.ColorRole.Link: p.accent,
        QPalette.ColorRole.LinkVisited: p.accent,
        QPalette.ColorRole.Mid: p.border,
        QPalette.ColorRole.Dark: p.outline,
    }
    palette = QPalette()
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(p.muted))
    return palette


def style_sheet(p: Palette) -> str:
    """Form in Qt's style language. Widgets ask for a form by the dynamic properties ``role`` and ``kind``.

    ``role="primary"`` the one button to press · ``role="flat"`` a quiet button · ``role="title"|"subtitle"|"muted"`` of
    labels · ``kind="card"`` a raised sheet · ``kind="danger"|"warn"|"good"`` a sentence of that weight.
    """
    from gazeclass.desktop.theme_sheet import SHEET

    values = {name: getattr(p, name) for name in Palette.__dataclass_fields__}
    # A styled combo or spin box loses the platform's arrow, so ours lie beside this module.
    arrows = (Path(__file__).parent / "arrows").as_posix()
    mode = "dark" if p is DARK else "light"
    return SHEET.substitute(values, target=TARGET_PX - 2, base=BASE_FONT_PX, arrows=arrows, mode=mode)
