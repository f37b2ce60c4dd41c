"""Colours: contrast of every pair that meets, icons that follow, heat that reads without colour."""

import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QPushButton

from gazeclass.desktop import theme
from gazeclass.desktop.icons import set_icon
from gazeclass.desktop.widgets.heat_colours import heat_colour, heat_image, heat_table


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("pair", theme.PAIRS, ids="/".join)
def test_writing_can_be_read(palette: theme.Palette, pair: tuple[str, str]) -> None:
    ink, ground = (getattr(palette, name) for name in pair)
    assert theme.contrast(ink, ground) >= 4.5


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("line", ["outline", "focus"])
@pytest.mark.parametrize("ground", ["window", "surface"])
def test_outlines_and_focus_can_be_seen(palette: theme.Palette, line: str, ground: str) -> None:
    assert theme.contrast(getattr(palette, line), getattr(palette, ground)) >= 3.0


def test_contrast_is_wcags() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert theme.contrast(theme.CHALK, theme.SLATE) > 7


def test_theme_changes_palette_and_icons(dressed, qtbot) -> None:
    made = QPushButton("play")
    qtbot.addWidget(made)
    set_icon(made, "play")

    def ink() -> int:
        image = made.icon().pixmap(20, 20).toImage()
        return max(
            (image.pixelColor(x, y) for x in range(20) for y in range(20)), key=lambda colour: colour.alpha()
        ).lightness()

    light = ink()
    theme.apply(dressed, "dark")
    try:
        assert theme.current() is theme.DARK
        assert light < 100 < 180 < ink()
    finally:
        theme.apply(dressed, "light")


def test_heat_is_cividis_as_in_the_report() -> None:
    ours = heat_table()[:, :3].astype(float)
    theirs = 255 * matplotlib.colormaps["cividis"](np.linspace(0, 1, 256))[:, :3]
    assert np.abs(ours - theirs).max() < 2.0


def test_heat_grows_in_lightness_over_the_slate() -> None:
    """On the slate, colour or not: more heat is never darker, and the top is far from the bottom."""
    table = heat_table().astype(float) / 255
    slate = np.array([int(theme.SLATE[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    shown = table[:, 3:] * table[:, :3] + (1 - table[:, 3:]) * slate
    linear = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    assert luminance[-1] > 10 * luminance[0]
    # Dark blue over slate dips a little at first; from a fifth of the scale on it only rises.
    assert (np.diff(luminance[52:]) > -1e-4).all()


def test_heat_image_of_strange_values() -> None:
    image = heat_image(np.array([[0.0, np.nan, np.inf, 2.0, -1.0]]), 1.0)
    alphas = [image.pixelColor(x, 0).alpha() for x in range(5)]
    assert alphas == [0, 0, 255, 255, 0]
    assert heat_image(np.ones((2, 3)), 0.0).pixelColor(1, 1).alpha() == 0
    assert heat_colour(1.0) == "#fee838"


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_every_picture_of_the_sheet_is_there(palette: theme.Palette) -> None:
    pictures = re.findall(r'url\("([^"]+)"\)', theme.style_sheet(palette))
    assert len(pictures) >= 6
    assert [name for name in pictures if not Path(name).is_file()] == []


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_a_tick_is_seen_in_a_chosen_row_too(qtbot, qapp, choice: theme.Choice) -> None:
    """Ticked and not ticked must look different where the row has the accent's colour."""
    theme.apply(qapp, choice)
    rows = QListWidget()
    qtbot.addWidget(rows)
    inks = []
    for state in (Qt.CheckState.Checked, Qt.CheckState.Unchecked):
        rows.clear()
        item = QListWidgetItem("consent")
        item.setCheckState(state)
        rows.addItem(item)
        rows.setCurrentItem(item)
        image = rows.grab().toImage()
        box = rows.visualItemRect(item)
        pixels = [image.pixelColor(x, y).name() for x in range(4, 24) for y in range(box.top() + 2, box.bottom())]
        inks.append(pixels)
    accent = theme.current().accent
    assert max(theme.contrast(ink, accent) for ink in set(inks[0])) > 3.0
    assert sum(a != b for a, b in zip(*inks, strict=True)) > 40
    theme.apply(qapp, "light")
