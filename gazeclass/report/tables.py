"""Tables as typed columns: what the CSV set and its Parquet twin are both written from."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gazeclass.geometry.rotation import Array

#: A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV injection"), full-width forms included.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, eq=False)
class Real:
    """Numbers ``(n,)``, rounded to ``digits`` behind the dot; NaN is an empty cell."""

    values: Array
    digits: int

    @property
    def rounded(self) -> Array:
        """As written; never -0."""
        return np.round(self.values, self.digits) + 0.0

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, eq=False)
class Whole:
    """Whole numbers ``(n,)``; empty cells where ``known`` is False (None: all are known)."""

    values: NDArray[np.int64]
    known: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, eq=False)
class Label:
    """Texts: ``codes (n,)`` into ``names``, -1 for an empty cell. No spreadsheet takes one for a formula."""

    codes: NDArray[np.int64]
    names: Sequence[str]

    @property
    def safe_names(self) -> list[str]:
        """As written."""
        return [harmless(name) for name in self.names]

    def __len__(self) -> int:
        return len(self.codes)


Cells = Real | Whole | Label
Columns = dict[str, Cells]


@dataclass(frozen=True)
class Table:
    """A table, given in runs of rows so that a million of them need not lie in memory as text.

    Attributes:
        name: of its file, without ending.
        header: column names.
        rows: how many.
        runs: gives the columns of one run of rows after the other; at least one run.
    """

    name: str
    header: tuple[str, ...]
    rows: int
    runs: Callable[[], Iterator[Columns]]


def small_table(name: str, columns: Columns) -> Table:
    """A table of one run."""
    rows = {len(cells) for cells in columns.values()}
    if len(rows) > 1:
        raise ValueError(f"columns of {name} differ in length")
    return Table(name, tuple(columns), rows.pop() if rows else 0, lambda: iter([columns]))


def reals(values: ArrayLike, digits: int) -> Real:
    """A column of numbers from anything; None is unknown."""
    return Real(np.array(values, dtype=float).reshape(-1), digits)


def wholes(values: Sequence[int | None]) -> Whole:
    """A column of whole numbers; None is unknown."""
    known = np.array([value is not None for value in values], bool)
    return Whole(np.array([value or 0 for value in values], np.int64), known)


def texts(values: Sequence[str]) -> Label:
    """A column of texts."""
    names = list(dict.fromkeys(values))
    place = {name: k for k, name in enumerate(names)}
    return Label(np.array([place[value] for value in values], np.int64), names)


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
