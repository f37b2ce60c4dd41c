"""What a report is made of, before it is a page: paragraphs, facts, tables, figures. HTML and PDF are drawn from it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; ``kind`` is "", "warn" (worth acting on) or "soft" (in passing)."""

    text: str
    kind: str = ""


@dataclass(frozen=True)
class Facts:
    """Terms and what is to be said of each."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        columns: headings.
        rows: cells as text.
        numeric: which columns are set to the right.
        greyed: which rows are unreliable; None for none.
        note: said below.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    greyed: tuple[bool, ...] = ()
    note: str = ""

    def is_greyed(self, row: int) -> bool:
        """Whether a row is unreliable."""
        return row < len(self.greyed) and self.greyed[row]


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure, drawn when it is needed.

    Attributes:
        draw: makes it.
        alt: what it shows, for who cannot see it.
        caption: said below.
        narrow: does not need the page's width.
    """

    draw: "Callable[[], Figure]"
    alt: str
    caption: str
    narrow: bool = False


Block = Paragraph | Facts | Grid | Picture


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """A whole report.

    Attributes:
        title: heading.
        when: date, length, number of students.
        started_utc: ISO 8601, "" if unknown.
        is_text, is_not_text: what it is and what it is not.
        warning: "" or what is wrong with the lesson as a whole.
        cards: large figure and what it says, the most important first.
        first: the teacher's page.
        appendix: method, calibration, accuracy, settings.
        footer: last line.
    """

    title: str
    when: str
    started_utc: str
    is_text: str
    is_not_text: str
    warning: str
    cards: tuple[tuple[str, str], ...]
    first: tuple[Section, ...]
    appendix: tuple[Section, ...]
    footer: str

    @property
    def words(self) -> str:
        """Every text there is, to know which letters are needed."""
        parts = [self.title, self.when, self.is_text, self.is_not_text, self.warning, self.footer]
        parts += [word for card in self.cards for word in card]
        for section in (*self.first, *self.appendix):
            parts.append(section.heading)
            for block in section.blocks:
                if isinstance(block, Paragraph):
                    parts.append(block.text)
                elif isinstance(block, Facts):
                    parts += [word for item in block.items for word in item]
                elif isinstance(block, Grid):
                    parts += [*block.columns, block.note, *(cell for row in block.rows for cell in row)]
                else:
                    parts += [block.alt, block.caption]
        return "".join(parts)
