"""Read what people and their programs write: text in the encodings that occur, tables with the separators that occur.

Excel saves CSV as the country wants it: semicolons and decimal commas in half of Europe, UTF-16 with tabs as "Unicode
text". All of these say what they are, so they are understood. A file in an old code page does not: its umlauts could be
anything, so it is refused.
"""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from gazeclass.errors import InputError

_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


@dataclass(frozen=True)
class Row:
    """One line of a table: its number in the file, and its cells by column name."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Table:
    """A table with a header.

    Attributes:
        path: of the file.
        columns: names in the header, in lower case.
        rows: lines that are neither empty nor begin with ``#``.
        decimal_comma: whether numbers may be written 3,343.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    decimal_comma: bool

    def number(self, text: str) -> float:
        """A number as this table writes it.

        Raises:
            ValueError: it is none.
        """
        return float(text.replace(",", ".") if self.decimal_comma else text)


def read_text(path: Path) -> str:
    """A text file in UTF-8, or in UTF-16 with its mark.

    Raises:
        InputError: it cannot be read, or is in another encoding.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror or error})", where=path, todo="Check the name and the folder."
        ) from error
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            f"cannot be read: line {line} is not {encoding.removesuffix('-sig').upper()} text",
            where=path,
            todo="Save the file as UTF-8.",
        ) from error


def read_table(path: Path) -> Table:
    """A table separated by commas, semicolons or tabs, its first line the names of the columns.

    Spaces around cells go; a line with fewer cells than the header has empty ones at its end.

    Raises:
        InputError: it cannot be read, no line of it is a table's, or numbers stand where the header names nothing (a
            decimal comma makes two cells of one number).
    """
    text = read_text(path)
    header: tuple[str, ...] | None = None
    rows: list[Row] = []
    separator = ","
    try:
        for number, line in _lines(text):
            if header is None:
                if line.lower().startswith("sep=") and len(line) <= 5:  # Excel's own hint
                    continue
                separator = max(",;\t", key=line.count)
            cells = [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]
            if header is None:
                header = tuple(cell.lower() for cell in cells)
            elif separator == "," and any(cell.isdecimal() for cell in cells[len(header) :]):
                raise InputError(
                    f"line {number} has {len(cells)} cells, the first line names {len(header)}",
                    where=path,
                    todo="Write numbers with a point (3.343), or put semicolons between the cells.",
                )
            else:
                rows.append(Row(number, dict.fromkeys(header, "") | dict(zip(header, cells, strict=False))))
    except csv.Error as error:
        raise InputError(f"cannot be read as a table ({error})", where=path, todo="Save it as CSV.") from error
    return Table(Path(path), header or (), tuple(rows), separator != ",")


def _lines(text: str) -> "list[tuple[int, str]]":
    lines = enumerate(io.StringIO(text, newline=None).read().split("\n"), 1)
    return [(number, line) for number, line in lines if line.strip(" ,;\t\ufeff") and not line.lstrip().startswith("#")]
