"""What stands in the six tables. What the figures mean is said in :mod:`gazeclass.report.metrics`.

``dwell_s`` is time in which the zone was the most probable one, ``faced_s`` the expected time, every gaze point
counted by its probability; ``unreliable`` is 1 where the zone is too small for the error with which it was measured.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

import gazeclass
from gazeclass.geometry.rotation import exp_so3, long_yaw_angles_deg
from gazeclass.lesson.columns import CAMERAS, STATUSES
from gazeclass.progress import SILENT, Progress
from gazeclass.report.metrics import AWAY, DOUBTFUL, ELSEWHERE, LEAST_HIT_RATE, LessonTimes, Timeline, synchrony
from gazeclass.report.tables import Cells, Columns, Label, Real, Table, Whole, reals, small_table, texts, wholes

SAMPLES_HEADER = (
    "t_s", "student", "seat", "status", "head_x_m", "head_y_m", "head_z_m", "yaw_deg", "pitch_deg", "roll_deg",
    "board_x_m", "board_y_m", "sigma_x_m", "sigma_y_m", "corr_xy", "on_board", "zone", "zone_probability", "face_px",
    "cameras", "skew_s",
)  # fmt: skip

_RUN = 50_000


def all_tables(times: LessonTimes, timeline: Timeline, progress: Progress = SILENT) -> list[Table]:
    """The six tables in the order of the design."""
    return [
        lesson_table(times),
        samples_table(times, progress),
        visits_table(times),
        summary_table(times),
        transitions_table(times),
        timeline_table(times, timeline),
    ]


def lesson_table(times: LessonTimes) -> Table:
    """One row about the whole."""
    lesson, everyone = times.lesson, list(range(len(times.lesson.students)))
    share, together = times.share_on_board(), synchrony(times)
    columns: Columns = {
        "classroom": texts([lesson.meta.classroom]),
        "started_utc": texts([lesson.meta.started_utc]),
        "gazeclass_version": texts([gazeclass.__version__]),
        "complete": wholes([int(lesson.complete)]),
        "length_s": reals([times.lesson_s], 3),
        "period_s": reals([times.period_s], 4),
        "board_width_m": reals([lesson.meta.board.width_m], 4),
        "board_height_m": reals([lesson.meta.board.height_m], 4),
        "students_count": wholes([len(everyone)]),
        "observations_count": wholes([len(lesson.observations)]),
        "measured_s": reals([share.measured_s], 3),
        "doubtful_s": reals([times.state_s(DOUBTFUL)], 3),
        "not_seen_s": reals([times.not_seen_s(everyone)], 3),
        "coverage_fraction": reals([times.totals().coverage(times.lesson_s)], 4),
        "facing_board_fraction": reals([share.value], 4),
        "facing_board_doubt_fraction": reals([share.doubt], 4),
        "synchrony_fraction": reals([together.agreement], 4),
        "synchrony_of_mix_fraction": reals([together.expected], 4),
        "synchrony_kappa": reals([together.kappa], 4),
    }
    return small_table("lesson", columns)


def samples_table(times: LessonTimes, progress: Progress = SILENT) -> Table:
    """Every observation."""

    def runs() -> Iterator[Columns]:
        count = len(times.lesson.observations)
        progress.start("gaze samples", count)
        for start in range(0, max(count, 1), _RUN):
            columns = _samples(times, slice(start, start + _RUN))
            yield columns
            progress.advance(len(columns["t_s"]))

    return Table("gaze_samples", SAMPLES_HEADER, len(times.lesson.observations), runs)


def _samples(times: LessonTimes, k: slice) -> Columns:
    lesson, o = times.lesson, times.lesson.observations
    rotvec = o.rotvec_WS_rad[k]
    angles = np.full((len(rotvec), 3), np.nan)
    turned = np.isfinite(rotvec).all(axis=1)
    if turned.any():
        angles[turned] = long_yaw_angles_deg(exp_so3(rotvec[turned]))
    cov = o.packed_cov[k, 12:15].astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        sigma = np.sqrt(cov[:, [0, 2]])
        corr = cov[:, 1] / (sigma[:, 0] * sigma[:, 1])
    xy, head = o.board_xy_m[k], o.position_W_m[k]
    student = o.student[k]
    cells: list[Cells] = [
        Real(o.t_s[k], 4),
        Label(student, [s.name for s in lesson.students]),
        Label(student, [s.seat for s in lesson.students]),
        Label(o.status[k], [str(status) for status in STATUSES]),
        *(Real(head[:, axis], 4) for axis in range(3)),
        *(Real(angles[:, axis], 2) for axis in range(3)),
        *(Real(xy[:, axis], 4) for axis in range(2)),
        *(Real(sigma[:, axis], 4) for axis in range(2)),
        Real(corr, 4),
        Whole(lesson.meta.board.contains(xy).astype(np.int64), np.isfinite(xy[:, 0])),
        Label(o.zone[k], [z.name for z in lesson.zones]),
        Real(o.zone_probability[k], 4),
        Real(o.face_px[k], 1),
        Label(o.cameras[k], CAMERAS),
        Real(o.skew_s[k], 4),
    ]
    return dict(zip(SAMPLES_HEADER, cells, strict=True))


def visits_table(times: LessonTimes) -> Table:
    """Every visit to a zone."""
    v = times.stays.where(times.stays.state >= 0)
    small = (~(times.hit_rates.rate >= LEAST_HIT_RATE)).astype(np.int64)[v.student, v.state]
    columns: Columns = {
        "student": Label(v.student, [s.name for s in times.lesson.students]),
        "zone": Label(v.state, [z.name for z in times.lesson.zones]),
        "start_s": reals(v.start_us / 1e6, 4),
        "end_s": reals(v.end_us / 1e6, 4),
        "dwell_s": reals(v.dwell_us / 1e6, 4),
        "unreliable": Whole(small),
    }
    return small_table("zone_visits", columns)


def groups(times: LessonTimes) -> list[tuple[str, list[int]]]:
    """The class, its rows, its students."""
    students = times.lesson.students
    out = [("class", list(range(len(students))))]
    out += [(f"row {row}", members) for row, members in times.rows().items()]
    return out + [(student.name, [k]) for k, student in enumerate(students)]


_SUMMARY = (
    "group", "zone", "dwell_s", "faced_s", "measured_s", "dwell_fraction", "faced_fraction", "faced_doubt_fraction",
    "visits_count", "revisits_count", "first_entry_s", "mean_visit_s", "median_visit_s", "longest_visit_s",
    "hit_rate_fraction", "unreliable",
)  # fmt: skip


def summary_table(times: LessonTimes) -> Table:
    """Class, rows and students by zone; and the whole board, elsewhere and away."""
    nan = float("nan")
    rows: list[tuple[Any, ...]] = []
    stays, visits = times.stays, times.zone_visits
    for name, members in groups(times):
        totals = times.all_totals.of(members)
        measured = totals.measured_s
        inside = np.isin(stays.student, members)
        for k, zone in enumerate(times.lesson.zones):
            share, dwell = totals.share_in_zone(k), totals.state_s(k)
            lengths = stays.dwell_us[inside & (stays.state == k)] / 1e6
            rows.append(
                (
                    name, zone.name, dwell, share.value * measured if measured else 0.0, measured,
                    dwell / measured if measured else nan, share.value, share.doubt,
                    visits.visits(k, members), visits.revisits(k, members), visits.first_entry_s(k, members),
                    visits.mean_s(k, members), float(np.median(lengths)) if len(lengths) else nan,
                    visits.longest_s(k, members), times.hit_rates.of(k, members),
                    int(times.hit_rates.unreliable(k, members)),
                )
            )  # fmt: skip
        board = totals.share_on_board()
        elsewhere, away = totals.elsewhere_s, totals.state_s(AWAY)
        for zone_name, dwell, faced, doubt in (
            ("(whole board)", nan, board.value * measured if measured else 0.0, board.doubt),
            ("(elsewhere)", totals.state_s(ELSEWHERE), elsewhere, nan),
            ("(away)", away, away, nan),
        ):
            shares = (dwell / measured, faced / measured) if measured else (nan, nan)
            rows.append((name, zone_name, dwell, faced, measured, *shares, doubt, *(None,) * 2, *(nan,) * 5, None))
    columns: Columns = {}
    for k, heading in enumerate(_SUMMARY):
        column = [row[k] for row in rows]
        if heading in ("group", "zone"):
            columns[heading] = texts([str(cell) for cell in column])
        elif heading.endswith("_count") or heading == "unreliable":
            columns[heading] = wholes(column)
        else:
            columns[heading] = reals(column, 4 if heading.endswith("_fraction") else 3)
    return small_table("zone_summary", columns)


def transitions_table(times: LessonTimes) -> Table:
    """How often one state was followed by another, over the class."""
    counts = sorted(times.transitions().items(), key=lambda item: (-item[1], item[0]))
    leaving: dict[int, int] = {}
    for (a, _), n in counts:
        leaving[a] = leaving.get(a, 0) + n
    everyone = list(range(len(times.lesson.students)))
    small = {z: times.hit_rates.unreliable(z, everyone) for z in range(len(times.lesson.zones))}
    columns: Columns = {
        "from": texts([times.state_name(a) for (a, _), _ in counts]),
        "to": texts([times.state_name(b) for (_, b), _ in counts]),
        "count": wholes([n for _, n in counts]),
        "from_fraction": reals([n / leaving[a] for (a, _), n in counts], 4),
        "unreliable": wholes([int(small.get(a, False) or small.get(b, False)) for (a, b), _ in counts]),
    }
    return small_table("transitions", columns)


def timeline_table(times: LessonTimes, line: Timeline) -> Table:
    """The class, bin by bin."""
    columns: Columns = {
        "start_s": Real(line.start_s, 4),
        "end_s": Real(line.end_s, 4),
        "facing_board_fraction": Real(line.share_on_board, 4),
        "facing_board_doubt_fraction": Real(line.doubt, 4),
        "facing_board_low_fraction": Real(line.low, 4),
        "facing_board_high_fraction": Real(line.high, 4),
        "measured_s": Real(line.measured_s, 4),
        "doubtful_s": Real(line.doubtful_s, 4),
        "not_seen_s": Real(line.not_seen_s, 4),
        "expected_s": Real(line.expected_s, 4),
        "board_s": Real(line.board_s, 4),
        "away_s": Real(line.away_s, 4),
    }
    everyone = list(range(len(times.lesson.students)))
    for k, zone in enumerate(times.lesson.zones):
        heading = f"zone_{zone.name.replace(' ', '_')}"
        columns[f"{heading}_s"] = Real(line.zones_s[:, k], 4)
        small = int(times.hit_rates.unreliable(k, everyone))
        columns[f"{heading}_unreliable"] = Whole(np.full(len(line.start_s), small))
    return small_table("class_timeline", columns)
