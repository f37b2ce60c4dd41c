"""Columns become CSV text, a run of rows at once: digits are computed as arrays, not number by number.

A cell is a fixed number of bytes with zeros where nothing is to be written; rows are put together side by side and the
zeros dropped. Numbers look as Python writes them (2.5, 4.0, -0.0125); those too long for that are written one by one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gazeclass.errors import InputError
from gazeclass.report.tables import Cells, Columns, Label, Real, Whole, harmless

_DIGIT, _MINUS = ord("0"), ord("-")
#: From here on a rounded number has more digits than a float holds.
_TOO_LONG = 1e15

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class CsvStyle:
    """How cells are set apart.

    Attributes:
        separator: between cells.
        decimal: in numbers.
    """

    separator: str = ","
    decimal: str = "."


#: What one may ask for. The semicolon goes with the decimal comma: so Excel opens it right where numbers are so.
STYLES = {"comma": CsvStyle(), "semicolon": CsvStyle(";", ","), "tab": CsvStyle("\t")}


def style_named(name: str) -> CsvStyle:
    """The style of that name.

    Raises:
        InputError: there is none.
    """
    if name not in STYLES:
        raise InputError(f"there is no separator '{name}'", todo=f"Choose one of {', '.join(STYLES)}.")
    return STYLES[name]


def header_bytes(names: tuple[str, ...], style: CsvStyle) -> bytes:
    """The first line."""
    return (style.separator.join(_quoted(harmless(name), style) for name in names) + "\r\n").encode()


def rows_bytes(columns: Columns, style: CsvStyle) -> bytes:
    """All rows of a run."""
    parts: list[Bytes] = []
    count = len(next(iter(columns.values()), ()))
    for cells in columns.values():
        parts += [_cells(cells, style), _constant(style.separator, count)]
    if not parts:
        return b""
    parts[-1] = _constant("\r\n", count)
    whole = np.concatenate(parts, axis=1)
    return whole[whole != 0].tobytes()


def _cells(cells: Cells, style: CsvStyle) -> Bytes:
    if isinstance(cells, Label):
        return _label(cells, style)
    if isinstance(cells, Whole):
        text = _whole(np.abs(cells.values).astype(np.uint64))
        text = np.concatenate([_sign(cells.values < 0), text], axis=1)
        if cells.known is not None:
            text[~cells.known] = 0
        return text
    return _real(cells, style)


def _real(cells: Real, style: CsvStyle) -> Bytes:
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.rint(cells.values * 10.0**cells.digits)
        known = np.isfinite(cells.values)
        long = bool((np.abs(scaled[known]) >= _TOO_LONG).any()) or bool(np.isinf(cells.values).any())
    if long:
        words = ["" if value != value else str(value).replace(".", style.decimal) for value in cells.rounded.tolist()]
        return _label(Label(np.arange(len(words)), words), style, text=False)
    scaled = np.where(known, scaled, 0.0)
    units = np.abs(scaled).astype(np.uint64)
    if int(units.max(initial=0)) < 2**32:
        units = units.astype(np.uint32)  # divides several times faster
    scale = units.dtype.type(10**cells.digits)
    before, behind = units // scale, units % scale
    digits = np.empty((len(units), cells.digits), np.uint8)
    nothing_yet = np.ones(len(units), bool)
    ten = units.dtype.type(10)
    for place in range(cells.digits - 1, -1, -1):
        digit = (behind % ten).astype(np.uint8)
        behind //= ten
        if place > 0:  # zeros at the end are left out, but for the first behind the dot
            nothing_yet &= digit == 0
            digits[:, place] = np.where(nothing_yet, 0, digit + _DIGIT)
        else:
            digits[:, place] = digit + _DIGIT
    text = np.concatenate([_sign(scaled < 0), _whole(before), _constant(style.decimal, len(units)), digits], axis=1)
    text[~known] = 0
    return text


def _whole(values: NDArray[np.unsignedinteger]) -> Bytes:
    """Digits of not negative whole numbers, leading zeros left out."""
    width = len(str(int(values.max(initial=0))))
    out = np.empty((len(values), width), np.uint8)
    left, ten = values.copy(), values.dtype.type(10)
    for place in range(width - 1, -1, -1):
        shown = (left > 0) | (place == width - 1)
        out[:, place] = np.where(shown, (left % ten).astype(np.uint8) + _DIGIT, 0)
        left //= ten
    return out


def _sign(negative: NDArray[np.bool_]) -> Bytes:
    return np.where(negative, _MINUS, 0).astype(np.uint8)[:, None]


def _constant(text: str, count: int) -> Bytes:
    return np.broadcast_to(np.frombuffer(text.encode(), np.uint8), (count, len(text.encode())))


def _label(cells: Label, style: CsvStyle, *, text: bool = True) -> Bytes:
    names = [*(cells.safe_names if text else cells.names), ""]  # -1 is the last one
    words = [_quoted(name, style).replace("\0", "").encode() for name in names]
    width = max(map(len, words))
    table = np.frombuffer(b"".join(word.ljust(width, b"\0") for word in words), np.uint8).reshape(len(words), width)
    return table[cells.codes]


def _quoted(text: str, style: CsvStyle) -> str:
    if any(mark in text for mark in (style.separator, '"', "\r", "\n")):
        return '"' + text.replace('"', '""') + '"'
    return text
