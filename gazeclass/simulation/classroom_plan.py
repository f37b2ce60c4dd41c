"""What classroom to render."""

from dataclasses import dataclass
from pathlib import Path

from gazeclass.errors import InputError


@dataclass(frozen=True)
class ClassroomPlan:
    """A lesson to be rendered; equal plans give equal lessons.

    Attributes:
        students, rows: how many, in how many rows.  seconds, fps: of the videos.  seed: of room, people and script.
        occlude: someone walks between the cameras and the class.
        assets: folder of the MakeHuman packs or None for plain people.
        width_px: of the pictures, which are 16:9.
        pairs, singles: calibration pictures of both cameras, and close ones of each.
    """

    students: int = 12
    rows: int = 3
    seconds: float = 12.0
    seed: int = 0
    fps: int = 10
    occlude: bool = False
    assets: Path | None = None
    width_px: int = 1920
    pairs: int = 16
    singles: int = 6

    def __post_init__(self) -> None:
        if not 1 <= self.rows <= 8:
            raise InputError(f"a class in {self.rows} rows is not supported", todo="Give 1 to 8 rows.")
        if not self.rows <= self.students <= 60:
            raise InputError(
                f"{self.students} students cannot sit in {self.rows} rows",
                todo="Give at least one student a row and at most 60.",
            )
        if not 0.0 < self.seconds <= 3600.0:
            raise InputError(f"a lesson of {self.seconds:g} s is not supported", todo="Give up to 3600 s.")
        if not 1 <= self.fps <= 30:
            raise InputError(f"{self.fps} frames a second are not supported", todo="Give 1 to 30.")
        if not 2 <= self.pairs <= 99:
            raise InputError(
                f"{self.pairs} views of the chessboard by both cameras are not supported",
                todo="Give 2 to 99; a good calibration needs 8 or more.",
            )
        if self.seed < 0:
            raise InputError(f"the seed {self.seed} is negative", todo="Give 0 or more.")
        if self.width_px % 32 or not 320 <= self.width_px <= 3840:
            raise InputError(
                f"pictures {self.width_px} pixels wide are not supported", todo="Give a multiple of 32, 320 to 3840."
            )

    @property
    def frames(self) -> int:
        """Frames of each video, one at least."""
        return max(1, round(self.seconds * self.fps))

    @property
    def height_px(self) -> int:
        """Height of the pictures."""
        return self.width_px * 9 // 16
