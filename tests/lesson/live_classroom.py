"""The sample's classroom, calibrated once for all tests of one run."""

from pathlib import Path

from gazeclass.calibration.classroom import save_classroom
from gazeclass.calibration.folder import calibrate_folder
from gazeclass.calibration.target import chessboard
from gazeclass.sample import sample_folder


def sample_classroom(folder: Path) -> Path:
    """``classroom.toml`` of the sample in ``folder``."""
    path = folder / "classroom.toml"
    save_classroom(calibrate_folder(sample_folder() / "calibration", chessboard("9x6", 0.060)).classroom, path)
    return path
