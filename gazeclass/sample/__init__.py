"""The sample lesson that comes with gazeclass: see README.md in this folder."""

from pathlib import Path


def sample_folder() -> Path:
    """Folder of the sample lesson: calibration/, enroll/, cam0.mp4, cam1.mp4, timestamps.csv, truth.csv, truth.json."""
    return Path(__file__).resolve().parent
