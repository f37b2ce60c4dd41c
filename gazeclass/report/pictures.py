"""Figures become files: SVG for the page, PNG for the PDF and the folder, in fonts that have the letters."""

import io
import warnings
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Fonts with many scripts, tried in this order where the page's own lacks a letter; none of them comes with us.
_FALLBACKS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Microsoft YaHei", "SimHei",
    "PingFang SC", "Hiragino Sans GB", "Arial Unicode MS", "Noto Naskh Arabic", "Noto Sans Arabic", "Noto Sans",
    "Arial",
)  # fmt: skip
#: Fonts that lend no letter: our own, mathematics, and "Last Resort", which has a box for every letter there is.
_NO_HELP = ("DejaVu", "STIX", "cm", "Last Resort")


def regular_font() -> Path:
    """DejaVu Sans, which travels with matplotlib: Latin, Greek, Cyrillic, Arabic and more."""
    return _font_folder() / "DejaVuSans.ttf"


def bold_font() -> Path:
    """Its bold cut."""
    return _font_folder() / "DejaVuSans-Bold.ttf"


def _font_folder() -> Path:
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@cache
def letters_of(font: Path) -> frozenset[int]:
    """Code points a font has glyphs for."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    with TTFont(font, fontNumber=0, lazy=True) as opened:
        return frozenset(opened.getBestCmap() or ())


def missing_letters(words: str, fonts: Iterable[Path] = ()) -> str:
    """Letters that neither DejaVu Sans nor ``fonts`` have, each once."""
    have = letters_of(regular_font()).union(*(letters_of(font) for font in fonts))
    return "".join(sorted({letter for letter in words if ord(letter) >= 32 and ord(letter) not in have}))


def fallback_fonts(words: str) -> list[tuple[str, Path]]:
    """Family and file of installed fonts that have letters DejaVu Sans lacks; as few as are needed."""
    missing = set(missing_letters(words))
    if not missing:
        return []
    from matplotlib import font_manager

    installed = {entry.name: Path(entry.fname) for entry in reversed(font_manager.fontManager.ttflist)}
    order = [name for name in _FALLBACKS if name in installed]
    order += sorted(name for name in installed if name not in _FALLBACKS and not name.startswith(_NO_HELP))
    found = []
    for name in order:
        if not missing:
            break
        try:
            covered = {letter for letter in missing if ord(letter) in letters_of(installed[name])}
        except Exception:
            continue
        if covered:
            found.append((name, installed[name]))
            missing -= covered
    return found


def svg_of(figure: "Figure", words: str = "") -> bytes:
    """A figure as SVG. Letters are drawn as outlines, or left to the browser where we have no font for them."""
    buffer = io.BytesIO()
    kind = "none" if missing_letters(words) else "path"
    options = {"svg.hashsalt": "gazeclass", "svg.fonttype": kind}
    _save(figure, buffer, words, options, format="svg", metadata={"Date": None, "Creator": "gazeclass"})
    return buffer.getvalue()


def png_of(figure: "Figure", words: str = "", dpi: int = 200) -> bytes:
    """A figure as PNG."""
    buffer = io.BytesIO()
    _save(figure, buffer, words, {}, format="png", dpi=dpi)
    return buffer.getvalue()


def _save(figure: "Figure", file: io.BytesIO, words: str, options: dict[str, str], **how: Any) -> None:
    import matplotlib
    from matplotlib.text import Text

    extra = [name for name, _ in fallback_fonts(words)]
    for text in figure.findobj(Text):
        text.set_parse_math(False)  # a name may hold dollars
        if extra:
            text.set_fontfamily(["DejaVu Sans", *extra])
    with matplotlib.rc_context(options), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(file, bbox_inches="tight", pad_inches=0.05, **how)
