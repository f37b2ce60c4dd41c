"""The CSV set, and the same as Parquet: six tables for whoever wants to compute further.

CSV is UTF-8 with BOM, a unit in every column that has one (``_fraction`` is of one). Empty means unknown. Cells that a
spreadsheet would take for a formula get an apostrophe in front. Parquet holds the same numbers, rounded alike, as typed
columns: float64, int64, dictionaries of texts; empty is null.
"""

from pathlib import Path
from typing import Any

import numpy as np

from gazeclass.errors import InputError
from gazeclass.progress import SILENT, Progress
from gazeclass.report.contents import SAMPLES_HEADER, all_tables
from gazeclass.report.csv_text import CsvStyle, header_bytes, rows_bytes
from gazeclass.report.metrics import LessonTimes, Timeline
from gazeclass.report.tables import Cells, Label, Real, Table, harmless

__all__ = ["SAMPLES_HEADER", "harmless", "write_csv", "write_csv_set", "write_parquet", "write_parquet_set"]

_BOM = b"\xef\xbb\xbf"


def write_csv_set(
    times: LessonTimes,
    timeline: Timeline,
    folder: Path,
    progress: Progress = SILENT,
    style: CsvStyle = CsvStyle(),  # noqa: B008 - frozen
) -> list[Path]:
    """Write all six tables into an existing folder.

    Args:
        times: of the lesson.
        timeline: of the class.
        folder: where to.
        progress: told of every run of observations.
        style: separator and decimal mark.

    Raises:
        InputError: the folder cannot be written to.
    """
    return [write_csv(table, folder / f"{table.name}.csv", style) for table in all_tables(times, timeline, progress)]


def write_parquet_set(times: LessonTimes, timeline: Timeline, folder: Path, progress: Progress = SILENT) -> list[Path]:
    """As :func:`write_csv_set`, as Parquet.

    Raises:
        InputError: pyarrow is not installed, or the folder cannot be written to.
    """
    return [write_parquet(table, folder / f"{table.name}.parquet") for table in all_tables(times, timeline, progress)]


def write_csv(table: Table, path: Path, style: CsvStyle = CsvStyle()) -> Path:  # noqa: B008 - frozen
    """Write one table.

    Raises:
        InputError: it cannot be written.
    """
    try:
        with open(path, "wb") as file:
            file.write(_BOM + header_bytes(table.header, style))
            for columns in table.runs():
                file.write(rows_bytes(columns, style))
    except OSError as error:
        raise _refusal(path, error) from error
    return path


def write_parquet(table: Table, path: Path) -> Path:
    """Write one table.

    Raises:
        InputError: pyarrow is not installed, or the file cannot be written.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise InputError(
            "Parquet needs the package pyarrow, which is not installed",
            todo="Install it with: python -m pip install pyarrow. The CSV set holds the same numbers.",
        ) from error
    try:
        writer: Any = None
        for columns in table.runs():
            arrays = {name: _arrow(cells) for name, cells in columns.items()}
            batch = pyarrow.table(arrays)
            if writer is None:
                writer = parquet.ParquetWriter(str(path), batch.schema)
            writer.write_table(batch)
        if writer is not None:
            writer.close()
    except OSError as error:
        raise _refusal(path, error) from error
    return path


def _arrow(cells: Cells) -> Any:
    import pyarrow

    if isinstance(cells, Label):
        names = [*cells.safe_names, ""]
        codes = np.where(cells.codes < 0, len(names) - 1, cells.codes).astype(np.int32)
        empty = np.array([not name for name in names], bool)[codes]
        indices = pyarrow.array(codes, mask=empty)
        return pyarrow.DictionaryArray.from_arrays(indices, pyarrow.array(names, pyarrow.string()))
    if isinstance(cells, Real):
        return pyarrow.array(cells.rounded, pyarrow.float64(), from_pandas=True)
    return pyarrow.array(cells.values.astype(np.int64), mask=None if cells.known is None else ~cells.known)


def _refusal(path: Path, error: OSError) -> InputError:
    return InputError(
        f"cannot be written ({error.strerror or error})",
        where=path,
        todo="Check that the folder exists, may be written to and has room.",
    )
