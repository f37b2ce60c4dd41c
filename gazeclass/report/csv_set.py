"""The CSV set: six tables for whoever wants to compute further.

UTF-8 with BOM, comma, dot decimal, a unit in every column that has one (``_fraction`` is of one). Empty means unknown.
Cells that a spreadsheet would take for a formula get an apostrophe in front. What the figures mean stands in
:mod:`gazeclass.report.metrics`.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

import gazeclass
from gazeclass.errors import InputError
from gazeclass.geometry.rotation import long_yaw_angles_deg
from gazeclass.lesson.columns import CAMERAS, STATUSES
from gazeclass.progress import SILENT, Progress
from gazeclass.report.metrics import AWAY, DOUBTFUL, LessonTimes, Timeline

SAMPLES_HEADER = [
    "t_s",
    "student",
    "seat",
    "status",
    "head_x_m",
    "head_y_m",
    "head_z_m",
    "yaw_deg",
    "pitch_deg",
    "roll_deg",
    "board_x_m",
    "board_y_m",
    "sigma_x_m",
    "sigma_y_m",
    "corr_xy",
    "on_board",
    "zone",
    "zone_probability",
    "face_px",
    "cameras",
    "skew_s",
]

_CHUNK = 20_000

Cell = str | float | int | None


def write_csv_set(times: LessonTimes, timeline: Timeline, folder: Path, progress: Progress = SILENT) -> list[Path]:
    """Write all six tables into an existing folder.

    Args:
        times: of the lesson.
        timeline: of the class.
        folder: where to.
        progress: told of every 20 000 observations.

    Raises:
        InputError: the folder cannot be written to.
    """
    tables: list[tuple[str, Sequence[str], Callable[[], Iterable[Sequence[Cell]]]]] = [
        ("lesson.csv", *_lesson(times)),
        ("gaze_samples.csv", SAMPLES_HEADER, lambda: _samples(times, progress)),
        ("zone_visits.csv", ("student", "zone", "start_s", "end_s", "dwell_s"), lambda: _visits(times)),
        ("zone_summary.csv", _SUMMARY_HEADER, lambda: _summary(times)),
        ("transitions.csv", ("from", "to", "count", "from_fraction"), lambda: _transitions(times)),
        ("class_timeline.csv", *_timeline(times, timeline)),
    ]
    return [write_table(folder / name, header, rows()) for name, header, rows in tables]


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Path:
    """Write one table.

    Raises:
        InputError: it cannot be written.
    """
    try:
        with open(path, "w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([harmless(name) for name in header])
            writer.writerows([_cell(cell) for cell in row] for row in rows)
    except OSError as error:
        raise InputError(
            f"cannot be written ({error.strerror or error})",
            where=path,
            todo="Check that the folder exists, may be written to and has room.",
        ) from error
    return path


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return harmless(value)
    return "" if value != value else str(value)


def _round(value: float, digits: int) -> float:
    """Rounded, and never "-0.0"."""
    return round(float(value), digits) + 0.0


def _lesson(times: LessonTimes) -> tuple[list[str], Callable[[], list[list[Cell]]]]:
    lesson, everyone = times.lesson, list(range(len(times.lesson.students)))
    share = times.share_on_board()
    values: dict[str, Cell] = {
        "classroom": lesson.meta.classroom,
        "started_utc": lesson.meta.started_utc,
        "gazeclass_version": gazeclass.__version__,
        "complete": int(lesson.complete),
        "length_s": _round(times.lesson_s, 3),
        "period_s": _round(times.period_s, 4),
        "board_width_m": lesson.meta.board.width_m,
        "board_height_m": lesson.meta.board.height_m,
        "students_count": len(everyone),
        "observations_count": len(lesson.observations),
        "measured_s": _round(share.measured_s, 3),
        "doubtful_s": _round(times.state_s(DOUBTFUL), 3),
        "not_seen_s": _round(times.not_seen_s(everyone), 3),
        "facing_board_fraction": _round(share.value, 4),
        "facing_board_doubt_fraction": _round(share.doubt, 4),
    }
    return list(values), lambda: [list(values.values())]


def _samples(times: LessonTimes, progress: Progress) -> Iterator[list[Cell]]:
    lesson, o = times.lesson, times.lesson.observations
    progress.start("gaze_samples.csv", len(o))
    names = [harmless(s.name) for s in lesson.students]
    seats = [harmless(s.seat) for s in lesson.students]
    zones = [*(harmless(z.name) for z in lesson.zones), ""]  # -1 is the last one
    on_board = np.array(lesson.meta.board.contains(o.board_xy_m)).tolist()
    for start in range(0, len(o), _CHUNK):
        k = slice(start, start + _CHUNK)
        angles = np.full((len(o.t_s[k]), 3), np.nan)
        known = np.isfinite(o.R_WS[k]).all(axis=(1, 2))
        angles[known] = long_yaw_angles_deg(o.R_WS[k][known])
        cov = o.packed_cov[k, 12:15].astype(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            sigma = np.sqrt(cov[:, [0, 2]])
            corr = cov[:, 1] / (sigma[:, 0] * sigma[:, 1])
        pointed = np.isfinite(o.board_xy_m[k, 0])
        columns: list[list[Cell]] = [
            _digits(o.t_s[k], 4),
            [names[s] for s in o.student[k]],
            [seats[s] for s in o.student[k]],
            [str(STATUSES[s]) for s in o.status[k]],
            *(_digits(o.position_W_m[k, axis], 4) for axis in range(3)),
            *(_digits(angles[:, axis], 2) for axis in range(3)),
            *(_digits(o.board_xy_m[k, axis], 4) for axis in range(2)),
            *(_digits(sigma[:, axis], 4) for axis in range(2)),
            _digits(corr, 4),
            [int(on) if point else None for on, point in zip(on_board[k], pointed.tolist(), strict=True)],
            [zones[z] for z in o.zone[k]],
            _digits(o.zone_probability[k], 4),
            _digits(o.face_px[k], 1),
            [CAMERAS[c] for c in o.cameras[k]],
            _digits(o.skew_s[k], 4),
        ]
        yield from map(list, zip(*columns, strict=True))
        progress.advance(len(columns[0]))


def _digits(values: np.ndarray, digits: int) -> list[Cell]:
    return (np.round(values, digits) + 0.0).tolist()


def _visits(times: LessonTimes) -> Iterator[list[Cell]]:
    for v in times.visits():
        yield [
            times.lesson.students[v.student].name,
            times.state_name(v.state),
            _round(v.start_s, 4),
            _round(v.end_s, 4),
            _round(v.dwell_s, 4),
        ]


_SUMMARY_HEADER = [
    "group",
    "zone",
    "dwell_s",
    "measured_s",
    "dwell_fraction",
    "dwell_doubt_fraction",
    "visits_count",
    "median_visit_s",
]


def _summary(times: LessonTimes) -> Iterator[list[Cell]]:
    """Class, rows and students; zones, and the board, elsewhere and away."""
    students = times.lesson.students
    groups: list[tuple[str, list[int]]] = [("class", list(range(len(students))))]
    rows = sorted({s.row for s in students if s.row is not None})
    groups += [(f"row {row}", [k for k, s in enumerate(students) if s.row == row]) for row in rows]
    groups += [(student.name, [k]) for k, student in enumerate(students)]
    for name, members in groups:
        which = times.of_students(members)
        measured_s = times.measured_s(which)
        inside = [stay for stay in times.stays if stay.student in set(members)]
        for zone in range(len(times.lesson.zones)):
            share = times.share_in_zone(zone, which)
            lengths = [stay.dwell_s for stay in inside if stay.state == zone]
            yield [
                name,
                times.state_name(zone),
                _round(share.value * measured_s if measured_s else 0.0, 3),
                _round(measured_s, 3),
                _round(share.value, 4),
                _round(share.doubt, 4),
                len(lengths),
                _round(float(np.median(lengths)), 3) if lengths else None,
            ]
        board = times.share_on_board(which)
        dwell = board.value * measured_s if measured_s else 0.0
        yield [
            name,
            "(whole board)",
            _round(dwell, 3),
            _round(measured_s, 3),
            *_share(board.value, board.doubt),
            *_NONE,
        ]
        for name_of, seconds in (("elsewhere", times.elsewhere_s(which)), ("away", times.state_s(AWAY, which))):
            share_of = seconds / measured_s if measured_s else float("nan")
            yield [
                name,
                f"({name_of})",
                _round(seconds, 3),
                _round(measured_s, 3),
                *_share(share_of, float("nan")),
                *_NONE,
            ]


_NONE: tuple[Cell, Cell] = (None, None)


def _share(value: float, doubt: float) -> tuple[Cell, Cell]:
    return _round(value, 4), _round(doubt, 4)


def _transitions(times: LessonTimes) -> Iterator[list[Cell]]:
    counts = times.transitions()
    leaving: dict[int, int] = {}
    for (a, _), n in counts.items():
        leaving[a] = leaving.get(a, 0) + n
    for (a, b), n in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield [times.state_name(a), times.state_name(b), n, _round(n / leaving[a], 4)]


def _timeline(times: LessonTimes, line: Timeline) -> tuple[list[str], Callable[[], list[list[Cell]]]]:
    columns: dict[str, np.ndarray] = {
        "start_s": line.start_s,
        "end_s": line.end_s,
        "facing_board_fraction": line.share_on_board,
        "facing_board_doubt_fraction": line.doubt,
        "measured_s": line.measured_s,
        "doubtful_s": line.doubtful_s,
        "not_seen_s": line.not_seen_s,
        "expected_s": line.expected_s,
        "board_s": line.board_s,
        "away_s": line.away_s,
    }
    for zone, described in enumerate(times.lesson.zones):
        columns[f"zone_{described.name.replace(' ', '_')}_s"] = line.zones_s[:, zone]
    return list(columns), lambda: [list(row) for row in zip(*(_digits(c, 4) for c in columns.values()), strict=True)]
