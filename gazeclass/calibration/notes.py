"""``project.toml``: what whoever sets up the room decided or measured and no picture tells."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError

from gazeclass.atomic import write_text
from gazeclass.calibration.adjustment import LEVEL_SIGMA_DEG
from gazeclass.calibration.room_parts import NotNegative, Part, Positive, Row3
from gazeclass.calibration.target import CHESSBOARD, Target
from gazeclass.calibration.targets_pdf import RULER_MM
from gazeclass.calibration.toml_file import first_problem, read_toml, toml_text
from gazeclass.errors import InputError

NOTES_VERSION = 1
#: A printed ruler shorter or longer than this share is no print of this page but a mistaken reading.
RULER_RANGE = (0.5, 2.0)


def _ruler(value: float) -> float:
    low, high = RULER_RANGE[0] * RULER_MM, RULER_RANGE[1] * RULER_MM
    if not low <= value <= high:
        raise ValueError(f"a ruler of {value:g} mm is not plausible: write millimetres, about {RULER_MM:g}")
    return value


class TargetChoice(Part):
    """The board that was chosen and printed.

    ``square_m`` is the side as the PDF wants it; ``ruler_mm`` what the printed 100 mm line measured;
    ``square_measured_m`` the side as measured on the print itself (ten squares, say), which goes before the ruler.
    """

    kind: str = CHESSBOARD
    columns: int = 9
    rows: int = 6
    square_m: Positive = 0.060
    dictionary: str = ""
    marker_ratio: Positive = 0.75
    inverted: bool = False
    legacy: bool = False
    ruler_mm: Annotated[float, AfterValidator(_ruler)] | None = None
    square_measured_m: Positive | None = None

    @staticmethod
    def of(target: Target) -> "TargetChoice":
        """The choice of a target as it is to be printed."""
        return TargetChoice(**asdict(target))

    @property
    def checked(self) -> bool:
        """Whether the print's size was measured in either way."""
        return self.ruler_mm is not None or self.square_measured_m is not None

    def nominal(self) -> Target:
        """The board as the PDF draws it.

        Raises:
            InputError: no such board can be made.
        """
        return self._of_square(self.square_m)

    def target(self) -> Target:
        """The board as it was printed, its squares corrected by what was measured."""
        if self.square_measured_m is not None:
            return self._of_square(self.square_measured_m)
        return self._of_square(self.square_m * (self.ruler_mm or RULER_MM) / RULER_MM)

    def _of_square(self, square_m: float) -> Target:
        return Target(
            self.columns,
            self.rows,
            round(square_m, 6),
            self.kind,
            self.dictionary,
            self.marker_ratio,
            self.inverted,
            self.legacy,
        )


class CameraSpec(Part):
    """One camera as it was set up: what was asked for, what came.

    ``kind`` "usb" | "rtsp" | "files"; ``address`` index, path or URL (without a password).
    """

    name: str
    kind: Literal["usb", "rtsp", "files"] = "usb"
    address: str = ""
    asked_width_px: int | None = None
    asked_height_px: int | None = None
    asked_fps: float | None = None
    width_px: int = Field(gt=0)
    height_px: int = Field(gt=0)
    pixel_format: str = ""
    fps: NotNegative | None = None
    focus_locked: bool | None = None
    exposure_locked: bool | None = None


class CheckReading(Part):
    """One look of someone at a known place: what was measured, beside what was true. All in WCS."""

    place: str
    point: str
    place_m: Row3
    point_m: tuple[float, float]
    position_m: Row3
    R_WS: tuple[Row3, Row3, Row3]
    sigma_position_m: NotNegative = 0.0
    sigma_rotation_deg: NotNegative = 0.0


class Check(Part):
    """What the Check step measured, and the world frame (its key) it was measured with."""

    world_key: str
    readings: tuple[CheckReading, ...] = ()


class Notes(Part):
    """The contents of ``project.toml``."""

    version: int = NOTES_VERSION
    made_utc: datetime
    unit: Literal["m", "cm"] = "m"
    target: TargetChoice | None = None
    cameras: tuple[CameraSpec, ...] = Field((), max_length=2)
    skew_ms: NotNegative | None = None
    camera_warnings: tuple[str, ...] = ()
    baseline_m: Positive | None = None
    level_sigma_deg: Positive | None = LEVEL_SIGMA_DEG
    levelled: bool = True
    half_turn: bool | None = None
    any_order: bool = False
    tape_for: str = ""
    check: Check | None = None
    skipped: tuple[str, ...] = ()


def new_notes() -> Notes:
    """Notes of a project that begins."""
    return Notes(made_utc=datetime.now(UTC).replace(microsecond=0))


def read_notes(path: Path) -> Notes:
    """Read ``project.toml``.

    Raises:
        InputError: not TOML, of another version, or a value that cannot be true.
    """
    raw = read_toml(path)
    if raw.get("version") != NOTES_VERSION:
        raise InputError(
            f"has version {raw.get('version')!r}, this program reads version {NOTES_VERSION}",
            where=path,
            todo="Use the gazeclass that wrote it, or delete the file and choose target and cameras again.",
        )
    try:
        return Notes.model_validate(raw)
    except ValidationError as error:
        raise InputError(
            first_problem(error), where=path, todo="Correct it, or delete the file and choose target and cameras again."
        ) from error


def write_notes(notes: Notes, path: Path) -> None:
    """Write ``project.toml``, whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    write_text(path, toml_text(notes, "A calibration project of gazeclass: what the pictures beside it do not tell."))
