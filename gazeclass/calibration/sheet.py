"""Text on our PDF pages: any language the font has, fitted and wrapped to a width."""

from pathlib import Path

from fpdf import FPDF

from gazeclass.errors import InputError

#: The printed part of an A4 page, mm.
LEFT, RIGHT, BOTTOM = 15.0, 195.0, 287.0
_FONT = "gazeclass"


def add_fonts(pdf: FPDF) -> None:
    """DejaVu, which travels with matplotlib: the built-in PDF fonts know no ×, ± or Greek."""
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    try:
        pdf.add_font(_FONT, "", str(folder / "DejaVuSans.ttf"))
        pdf.add_font(_FONT, "B", str(folder / "DejaVuSans-Bold.ttf"))
    except (OSError, RuntimeError) as error:
        raise InputError(f"the font DejaVu is missing ({error})", todo="Install matplotlib again.") from error


def put(pdf: FPDF, x: float, y: float, text: str, size: float = 9.0, bold: bool = False) -> None:
    """Text that begins at ``x`` with its base line at ``y``, mm."""
    pdf.set_font(_FONT, style="B" if bold else "", size=size)
    pdf.text(x, y, _writable(pdf, text))


def put_right(pdf: FPDF, y: float, text: str, size: float, inset: float = 0.0) -> None:
    """Text that ends ``inset`` mm before the right margin."""
    pdf.set_font(_FONT, size=size)
    put(pdf, RIGHT - inset - pdf.get_string_width(_writable(pdf, text)), y, text, size)


def _writable(pdf: FPDF, text: str) -> str:
    """What the font has no glyph for becomes a question mark."""
    known = pdf.current_font.cmap
    return "".join(ch if ord(ch) in known else "?" for ch in text)


def fitted(pdf: FPDF, text: str, width: float, size: float, bold: bool = False) -> str:
    """Shortened to ``width`` mm."""
    pdf.set_font(_FONT, style="B" if bold else "", size=size)
    text = _writable(pdf, text)
    while text and pdf.get_string_width(text) > width:
        text = text[:-2].rstrip() + "…"
    return text


def wrapped(pdf: FPDF, x: float, y: float, text: str, width: float, size: float = 8.5, most: int = 3) -> float:
    """Lines of at most ``width`` mm; returns the y below the last."""
    pdf.set_font(_FONT, size=size)
    lines: list[str] = [""]
    for word in _writable(pdf, text).split():
        longer = f"{lines[-1]} {word}".strip()
        if pdf.get_string_width(longer) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    if len(lines) > most:
        lines = [*lines[: most - 1], fitted(pdf, " ".join(lines[most - 1 :]), width, size)]
    for line in lines:
        put(pdf, x, y, line, size)
        y += 0.5 * size
    return y
