"""``report.pdf``: the same report on paper, A4, the teacher's page first. Fonts are embedded.

Letters come from DejaVu Sans, and where it lacks one from whatever installed font has it. A letter no font has is
printed as □, and the last line says so; writing that runs from right to left is not joined, which is said too.
"""

import io
import unicodedata
from typing import Any

from gazeclass.report.blocks import Facts, Grid, Paragraph, Picture, Report
from gazeclass.report.pictures import bold_font, fallback_fonts, missing_letters, png_of, regular_font

_MARGIN_MM = 14.0
_INK, _SOFT, _LINE, _SLATE, _CHALK = (31, 41, 51), (82, 96, 109), (195, 202, 209), (38, 52, 58), (241, 239, 230)
#: Heights that let the teacher's page stay one page.
_FIRST_PICTURE_MM, _PICTURE_MM = 45.0, 120.0
_SUBSTITUTE = "□"


def render_pdf(report: Report) -> bytes:
    """A report as PDF."""
    fonts = fallback_fonts(report.words)
    lost = missing_letters(report.words, [path for _, path in fonts])
    sheet = _Sheet(report, fonts, lost)
    sheet.first_page()
    sheet.appendix()
    return sheet.bytes()


class _Sheet:
    """The paper and where we are on it."""

    def __init__(self, report: Report, fonts: list[tuple[str, Any]], lost: str) -> None:
        from fpdf import FPDF

        self._report, self._lost = report, lost
        footer = self._printable(report.footer)

        class Paper(FPDF):
            def footer(paper) -> None:  # noqa: N805
                paper.set_y(-11)
                paper.set_font("text", size=6.5)
                paper.set_text_color(*_SOFT)
                paper.cell(0, 4, f"{paper.page_no()} / {{nb}}", align="R")
                paper.set_x(_MARGIN_MM)
                paper.cell(150, 4, footer)

        pdf: Any = Paper(format="A4", unit="mm")
        pdf.add_font("text", "", str(regular_font()))
        pdf.add_font("text", "B", str(bold_font()))
        for number, (_, path) in enumerate(fonts):
            pdf.add_font(f"more{number}", "", str(path))
        if fonts:
            pdf.set_fallback_fonts([f"more{number}" for number in range(len(fonts))], exact_match=False)
        pdf.set_margins(_MARGIN_MM, 12, _MARGIN_MM)
        pdf.set_auto_page_break(True, 14)
        pdf.set_title(self._printable(report.title))
        pdf.set_creator("gazeclass")
        pdf.set_lang("en")
        pdf.add_page()
        self._pdf = pdf
        self._width = pdf.epw

    def bytes(self) -> bytes:
        """The file."""
        return bytes(self._pdf.output())

    def first_page(self) -> None:
        """The teacher's page."""
        report = self._report
        self._text(report.title, 16, bold=True)
        self._text(report.when, 9, colour=_SOFT)
        self._pdf.ln(1)
        self._text(f"What it is: {report.is_text}", 7.5)
        self._text(f"What it is not: {report.is_not_text}", 7.5)
        if report.warning:
            self._block(Paragraph(report.warning, "warn"), _FIRST_PICTURE_MM)
        self._pdf.ln(1)
        self._cards()
        for section in report.first:
            self._heading(section.heading)
            for block in section.blocks:
                self._block(block, _FIRST_PICTURE_MM)

    def appendix(self) -> None:
        """All the rest."""
        self._pdf.add_page()
        for section in self._report.appendix:
            self._heading(section.heading)
            for block in section.blocks:
                self._block(block, _PICTURE_MM)
        for sentence in self._substitutions():
            self._text(sentence, 7.5, colour=_SOFT)

    def _substitutions(self) -> list[str]:
        out = []
        if self._lost:
            out.append(
                f"{len(set(self._lost))} letters that no installed font has are printed as {_SUBSTITUTE}; "
                f"report.html shows "
                "them where your browser has a font for them."
            )
        if any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in self._report.words):
            out.append(
                "Writing that runs from right to left is not joined in this file; report.html shows it as it is "
                "written."
            )
        return out

    def _printable(self, text: str) -> str:
        return "".join(_SUBSTITUTE if letter in self._lost else letter for letter in text)

    def _text(self, text: str, size: float, *, bold: bool = False, colour: tuple[int, int, int] = _INK) -> None:
        pdf = self._pdf
        pdf.set_font("text", "B" if bold else "", size)
        pdf.set_text_color(*colour)
        pdf.set_x(_MARGIN_MM)
        pdf.multi_cell(self._width, size * 0.46, self._printable(text), align="L", new_x="LMARGIN", new_y="NEXT")

    def _heading(self, text: str) -> None:
        if self._pdf.will_page_break(22):
            self._pdf.add_page()
        self._pdf.ln(1.5)
        self._text(text, 11, bold=True)
        self._pdf.ln(0.8)

    def _cards(self) -> None:
        pdf, cards = self._pdf, self._report.cards
        if not cards:
            return
        gap, height = 3.0, 17.0
        width = (self._width - gap * (len(cards) - 1)) / len(cards)
        top = pdf.get_y()
        for number, (figure, said) in enumerate(cards):
            left = _MARGIN_MM + number * (width + gap)
            pdf.set_draw_color(*(_INK if number == 0 else _LINE))
            pdf.set_line_width(0.6 if number == 0 else 0.2)
            pdf.rect(left, top, width, height)
            pdf.set_xy(left + 2, top + 1.2)
            pdf.set_font("text", "B", 13)
            pdf.set_text_color(*_INK)
            pdf.cell(width - 4, 6, self._printable(figure))
            pdf.set_xy(left + 2, top + 7.4)
            pdf.set_font("text", "", 6.8)
            pdf.set_text_color(*_SOFT)
            pdf.multi_cell(width - 4, 3.0, self._printable(said), align="L")
        pdf.set_line_width(0.2)
        pdf.set_y(top + height + 1)

    def _block(self, block: Any, picture_mm: float) -> None:
        if isinstance(block, Paragraph):
            self._text(block.text, 8.5, colour=_SOFT if block.kind == "soft" else _INK, bold=block.kind == "warn")
            self._pdf.ln(1)
        elif isinstance(block, Facts):
            self._facts(block)
        elif isinstance(block, Grid):
            self._grid(block)
        elif isinstance(block, Picture):
            self._picture(block, picture_mm)

    def _facts(self, facts: Facts) -> None:
        pdf, term = self._pdf, 48.0
        for name, value in facts.items:
            pdf.set_font("text", "", 8)
            name, value = self._printable(name), self._printable(value)
            lines = max(
                len(pdf.multi_cell(term - 2, 3.8, name, dry_run=True, output="LINES")),
                len(pdf.multi_cell(self._width - term, 3.8, value, dry_run=True, output="LINES")),
            )
            if pdf.will_page_break(3.8 * lines):
                pdf.add_page()
            top = pdf.get_y()
            pdf.set_text_color(*_SOFT)
            pdf.multi_cell(term - 2, 3.8, name, align="L")
            pdf.set_xy(_MARGIN_MM + term, top)
            pdf.set_text_color(*_INK)
            pdf.multi_cell(self._width - term, 3.8, value, align="L")
            pdf.set_xy(_MARGIN_MM, top + 3.8 * lines + 0.4)
        pdf.ln(1)

    def _grid(self, grid: Grid) -> None:
        pdf = self._pdf
        pdf.set_font("text", "", 7.5)
        wanted = []
        for k, heading in enumerate(grid.columns):
            cells = [self._printable(row[k]) for row in grid.rows]
            longest = max((pdf.get_string_width(cell) for cell in cells), default=0.0)
            word = max((pdf.get_string_width(part) for part in heading.split()), default=0.0)
            wanted.append(max(longest, word * 1.1) + 5.0)
        scale = min(1.0, self._width / sum(wanted))
        pdf.set_draw_color(*_LINE)
        pdf.set_text_color(*_INK)
        from fpdf.fonts import FontFace

        align = tuple("RIGHT" if numeric else "LEFT" for numeric in grid.numeric)
        with pdf.table(
            col_widths=tuple(width * scale for width in wanted),
            width=sum(wanted) * scale,
            align="LEFT",
            text_align=align,
            line_height=4.2,
            borders_layout="HORIZONTAL_LINES",
            headings_style=FontFace(emphasis="BOLD", color=_SOFT),
            padding=(0.3, 1.2),
        ) as table:
            table.row([self._printable(name) for name in grid.columns])
            for number, row in enumerate(grid.rows):
                style = FontFace(color=_SOFT) if grid.is_greyed(number) else None
                table.row([self._printable(cell) for cell in row], style=style)
        if grid.note:
            self._text(grid.note, 7.5, colour=_SOFT)
        pdf.ln(1)

    def _picture(self, picture: Picture, most_mm: float) -> None:
        from PIL import Image

        data = png_of(picture.draw(), self._report.words)
        with Image.open(io.BytesIO(data)) as image:
            shape = image.height / image.width
        width = min(self._width * (0.8 if picture.narrow else 1.0), most_mm / shape)
        pdf = self._pdf
        if pdf.will_page_break(width * shape + 8):
            pdf.add_page()
        pdf.image(
            io.BytesIO(data), x=_MARGIN_MM + (self._width - width) / 2, w=width, alt_text=self._printable(picture.alt)
        )
        self._text(picture.caption, 6.8, colour=_SOFT)
        pdf.ln(0.8)
