"""The table that a training writes: one row at each look at the validation people."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from gazeclass.geometry.rotation import Array

LOG_COLUMNS = ("samples", "seconds", "lr", "loss", "yaw_mae_deg", "pitch_mae_deg", "roll_mae_deg", "geodesic_deg")


def append_log(path: Path, row: tuple[Any, ...]) -> None:
    """Add one row of :data:`LOG_COLUMNS`; a new file begins with their names."""
    new = not path.exists()
    with open(path, "a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(LOG_COLUMNS)
        writer.writerow(row)


def read_log(path: Path) -> dict[str, Array]:
    """The columns of a run's ``log.csv``."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in LOG_COLUMNS}
