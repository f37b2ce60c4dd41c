"""``gazeclass calibrate`` and ``gazeclass targets``: a room's calibration, and the boards to print for it."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gazeclass.cli.console import progress_bars, say

if TYPE_CHECKING:
    from rich.console import Console

    from gazeclass.calibration.solve import CalibrationResult
    from gazeclass.calibration.target import Target

_PATTERN = "Inner corners of the chessboard (9x6); for ChArUco the squares (5x4)."
_SQUARE = "Side of one square in metres, measured on the print."
_CHARUCO = "ChArUco board of this dictionary, for example DICT_4X4_100."
_MARKER = "ChArUco: marker side over square side."


def calibrate(
    folder: Path = typer.Argument(
        ..., help="Folder with stereo/, intrinsics/, auxiliary/, tape.csv, room.toml; see the guide."
    ),
    pattern: str = typer.Option("9x6", help=_PATTERN),
    square: float = typer.Option(0.060, help=_SQUARE),
    output: Path = typer.Option(Path("classroom.toml"), "-o", "--output", help="The classroom to write."),
    charuco: str = typer.Option("", help=_CHARUCO),
    marker: float = typer.Option(0.75, help=_MARKER),
    inverted: bool = typer.Option(False, "--inverted", help="ChArUco: printed white on black."),
    legacy: bool = typer.Option(False, "--legacy", help="ChArUco: the board was made with OpenCV before 4.6."),
    name: str = typer.Option("", help="Name of the room; room.toml's or the folder's when left out."),
    level: float = typer.Option(0.2, help="How level the lying chessboard is, degrees; 0 when it was not levelled."),
    any_order: bool = typer.Option(
        False,
        "--any-order",
        help="Accept cam0 on the right of cam1 (the left camera, as the cameras look, should be cam0).",
    ),
    half_turn: bool | None = typer.Option(
        None,
        "--half-turn/--no-half-turn",
        help="The lying chessboard is half a turn off the survey sheet, or is not; left out, it is found out.",
    ),
) -> None:
    """Calibrate a classroom: cameras, their place in the room, and how sure that is."""
    from gazeclass.atomic import require_writable
    from gazeclass.calibration.classroom import save_classroom
    from gazeclass.calibration.folder import calibrate_folder
    from gazeclass.calibration.solve import Options

    require_writable(output)
    target = _target(pattern, square, charuco, marker, inverted, legacy)
    options = Options(name=name, level_sigma_deg=level if level > 0 else None, any_order=any_order, half_turn=half_turn)
    with progress_bars() as bars:
        result = calibrate_folder(folder, target, bars, options)
    lost = _zones_of(output) - {zone.name for zone in result.classroom.zones}
    save_classroom(result.classroom, output)
    print_result(result)
    say(f"written to {output}")
    if lost:
        names = ", ".join(f"'{name}'" for name in sorted(lost))
        say(f"the file before had zones that room.toml has not: {names}; write them into room.toml to keep them")


def _zones_of(path: Path) -> set[str]:
    """Names of the zones of the classroom that stands there now, if one does."""
    from gazeclass.calibration.classroom import load_classroom
    from gazeclass.errors import InputError

    try:
        return {zone.name for zone in load_classroom(path).zones} if path.is_file() else set()
    except InputError:
        return set()


def targets(
    output: Path = typer.Option(Path(), "-o", "--output", help="Folder for the PDF files."),
    pattern: str = typer.Option("9x6", help=_PATTERN),
    square: float = typer.Option(0.060, help=_SQUARE),
    paper: str = typer.Option("", help="A4, A3, A2 or A1; a page of just the board's size when left out."),
    tiles: str = typer.Option("", help="Also cut the board into sheets of this paper to glue together."),
    charuco: str = typer.Option("", help=_CHARUCO),
    marker: float = typer.Option(0.75, help=_MARKER),
    inverted: bool = typer.Option(False, "--inverted", help="ChArUco: white on black."),
) -> None:
    """Write the printable board and the survey sheet as PDF, in exact size, with a ruler to check the print."""
    from gazeclass.atomic import make_folder
    from gazeclass.calibration.survey_sheet import write_survey_sheet
    from gazeclass.calibration.targets_pdf import write_target, write_tiles

    target = _target(pattern, square, charuco, marker, inverted, False)
    make_folder(output)
    stem = f"{target.kind}-{pattern.lower()}-{square * 1000:g}mm"
    path = output / f"{stem}{'-' + paper.upper() if paper else ''}.pdf"
    write_target(target, path, paper)
    say(f"{path}")
    if tiles:
        path = output / f"{stem}-{tiles.upper()}-tiles.pdf"
        sheets = write_tiles(target, path, tiles)
        say(f"{path} ({sheets} sheets)")
    path = output / f"survey-sheet-{stem}.pdf"
    write_survey_sheet(target, path)
    say(f"{path}")


def _target(
    pattern: str, square: float, charuco_dictionary: str, marker: float, inverted: bool, legacy: bool
) -> "Target":
    from gazeclass.calibration.target import charuco, chessboard, require_sides
    from gazeclass.errors import InputError

    if charuco_dictionary:
        return charuco(pattern, square, charuco_dictionary, marker_ratio=marker, inverted=inverted, legacy=legacy)
    if inverted or legacy:
        raise InputError("--inverted and --legacy are for ChArUco boards", todo="Give --charuco DICTIONARY too.")
    target = chessboard(pattern, square)
    require_sides(target)
    return target


def print_result(result: "CalibrationResult", console: "Console | None" = None) -> None:
    """The figures as tables, the verdict as sentences, what is missing last."""
    from rich.console import Console

    from gazeclass.calibration.quality import Level

    out = console or Console()
    out.print(_cameras_table(result))
    if result.survey is not None:
        out.print(_tape_table(result))
    marks = {Level.GOOD: "[green]good[/]   ", Level.ADVICE: "[yellow]advice[/] ", Level.WARNING: "[red]warning[/]"}
    for finding in result.findings:
        out.print(f"{marks[finding.level]} ", end="")
        out.print(finding.text, markup=False, highlight=False, soft_wrap=True)
    if result.missing:
        out.print("Cameras calibrated. For gaze points on the board these are still missing:", soft_wrap=True)
        for text in result.missing:
            out.print(f"  {text}", markup=False, highlight=False, soft_wrap=True)
    else:
        warnings = sum(finding.level is Level.WARNING for finding in result.findings)
        verdict = "Ready for lessons." if not warnings else f"Usable, with {warnings} warning(s): see above."
        out.print(verdict, markup=False, highlight=False)


def _cameras_table(result: "CalibrationResult"):  # type: ignore[no-untyped-def]  # rich is imported when this runs
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"{escape(result.classroom.name)}: cameras {result.stereo.baseline_m:.3f} m apart")
    for column in ("", "picture", "focal px", "±", "RMS px", "views", "out", "covered", "tilts"):
        table.add_column(column, justify="left" if not column else "right")
    for entry, quality in zip(result.classroom.cameras, result.cameras, strict=True):
        table.add_row(
            escape(entry.name),
            f"{entry.width_px}×{entry.height_px}",
            f"{entry.matrix[0][0]:.1f}",
            f"{quality.focal_std_px:.1f}",
            f"{quality.rms_px:.2f}",
            str(quality.views),
            str(len(quality.rejected)),
            f"{quality.covered:.0%}",
            str(quality.tilt_directions),
        )
    table.add_row(
        "both",
        "",
        "",
        "",
        f"{result.stereo.rms_px:.2f}",
        str(len(result.stereo.used)),
        str(len(result.stereo.rejected)),
    )
    return table


def _tape_table(result: "CalibrationResult"):  # type: ignore[no-untyped-def]
    from rich.table import Table

    assert result.survey is not None
    table = Table(title="tape readings")
    for column in ("from", "to", "read m", "off by mm", "in σ", "would notice", ""):
        table.add_column(column, justify="left" if column in ("from", "to", "") else "right")
    for reading in result.survey.readings:
        table.add_row(
            reading.reading.point_a,
            reading.reading.point_b,
            f"{reading.reading.distance_m:.3f}",
            f"{1000 * reading.residual_m:+.0f}",
            f"{abs(reading.sigmas):.1f}",
            f"{1000 * reading.noticed_m:.0f} mm",
            "[red]left out[/]" if reading.rejected else ("[yellow]unchecked[/]" if reading.unchecked else ""),
        )
    return table
