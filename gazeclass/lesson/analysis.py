"""From two recordings and a classroom to a lesson file."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from gazeclass.atomic import atomic_path, require_new
from gazeclass.calibration.classroom import Classroom
from gazeclass.capture.pairs import PairSource, RecordingHealth
from gazeclass.errors import InputError
from gazeclass.lesson.columns import LessonMeta, Student
from gazeclass.lesson.face_tally import FaceTally
from gazeclass.lesson.observation import Observation, ObservationStatus
from gazeclass.lesson.pipeline import Pipeline
from gazeclass.lesson.seating import seated
from gazeclass.lesson.store import LessonWriter
from gazeclass.lesson.zones import Zone, grid
from gazeclass.progress import SILENT, Progress, track


@dataclass(frozen=True)
class AnalysisSummary:
    """What came of an analysis.

    Attributes:
        pairs: frame pairs analysed.
        seconds: of the lesson.
        students: who was seen, in the order they were met.
        counts: observations by status.
        ms_per_pair: time spent in each stage, milliseconds per frame pair.
    """

    pairs: int
    seconds: float
    students: tuple[str, ...]
    counts: dict[str, int]
    ms_per_pair: dict[str, float]


def zones_of(classroom: Classroom) -> tuple[Zone, ...]:
    """The classroom's own zones; thirds by thirds of the board where it has none."""
    if classroom.zones:
        return tuple(Zone(z.name, z.x0_m, z.y0_m, z.x1_m, z.y1_m) for z in classroom.zones)
    return grid(classroom.board(), 3, 3)


def lesson_meta(classroom: Classroom, *, period_s: float, models: Iterable[str]) -> LessonMeta:
    """What the lesson file says of the lesson as a whole."""
    calibration = {
        "made": classroom.made_utc.isoformat(timespec="minutes"),
        "baseline_m": round(classroom.rig().baseline_m, 4),
        "stereo_rms_px": round(classroom.stereo.rms_px, 3),
    }
    keep_until = ""
    if classroom.keep_lessons_days is not None:
        last = datetime.now().astimezone().date() + timedelta(days=classroom.keep_lessons_days)
        keep_until = last.isoformat()
    return LessonMeta(
        classroom=classroom.name,
        board=classroom.board(),
        started_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        keep_until=keep_until,
        period_s=period_s,
        zones=zones_of(classroom),
        details={"calibration": calibration, "models": list(models)},
    )


def analyze(
    recording: PairSource,
    pipeline: Pipeline,
    classroom: Classroom,
    path: Path,
    *,
    models: Iterable[str] = (),
    progress: Progress = SILENT,
) -> AnalysisSummary:
    """Run a recording through the pipeline into a lesson file, whole or not at all.

    Args:
        recording: frame pairs.
        pipeline: made for this classroom, with :func:`zones_of` it.
        classroom: where it was recorded.
        path: of the lesson file to make; it must not exist.
        models: names of the models in use, for the record.
        progress: told of every pair.

    Raises:
        InputError: the file exists or cannot be written; the recording holds no pair, or no camera shows a face.
    """
    require_new(path)
    counts = {str(status): 0 for status in ObservationStatus}
    places: dict[str, list[np.ndarray]] = {}
    tally = FaceTally()
    first = last = None
    total = recording.pair_count
    period_s = recording.duration_s / max(total - 1, 1) if total else float("nan")
    meta = lesson_meta(classroom, period_s=period_s, models=models)
    with _whole(path) as temporary, LessonWriter(temporary, meta) as writer:
        for pair in track(recording, progress, "analyze", total):
            look = pipeline.look(pair)
            observations = look.observations
            tally.add(pair, look)
            writer.add(observations)
            first, last = pair.t_s if first is None else first, pair.t_s
            _count(observations, counts, places)
        if first is None or last is None:
            raise InputError("the recording holds no frame pair", where=path)
        for student in _seated(classroom, places):
            writer.student(student)
        _store_health(writer, (first, last), recording.health())
        writer.details(notes=list(recording.notes))
        pipeline.consistency.finish()
        for warning in filter(None, (tally.warning(len(places)), pipeline.consistency.warning)):
            progress.note(warning)
            writer.event(last, "warning", warning)
    seconds = pipeline.times.seconds
    return AnalysisSummary(
        pairs=pipeline.times.pairs,
        seconds=last - first,
        students=tuple(places),
        counts=counts,
        ms_per_pair={name: 1000 * s / pipeline.times.pairs for name, s in seconds.items()},
    )


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """As :func:`gazeclass.atomic.atomic_path`, for a database: what a writer that failed left beside it goes too."""
    with atomic_path(path) as temporary:
        try:
            yield temporary
        except InputError as error:
            if error.where != str(temporary):
                raise
            # The user knows nothing of the temporary file, and nothing of it will be kept.
            raise InputError(
                error.what, where=path, todo="Check that the folder may be written to and has room, and start again."
            ) from error
        finally:
            for suffix in ("-wal", "-shm", "-journal", "-lock", "-lock-journal"):
                with suppress(OSError):
                    temporary.with_name(temporary.name + suffix).unlink()


def _count(observations: list[Observation], counts: dict[str, int], places: dict[str, list[np.ndarray]]) -> None:
    for o in observations:
        counts[str(o.status)] += 1
        if o.seen and np.isfinite(o.position_W_m).all():
            places.setdefault(o.student, []).append(o.position_W_m)


def _seated(classroom: Classroom, places: dict[str, list[np.ndarray]]) -> list[Student]:
    """Each student's seat and row, from where the head was in the median."""
    usual = {name: np.median(np.array(positions), axis=0) for name, positions in places.items()}
    return list(seated(usual, classroom.seats).values())


def _store_health(writer: LessonWriter, span_s: tuple[float, float], health: RecordingHealth) -> None:
    for camera, figures in enumerate(health.cameras):
        writer.health(span_s[1], camera, **asdict(figures))
    writer.details(
        recording={
            "pairs": health.pairs,
            "first_s": span_s[0],
            "last_s": span_s[1],
            "skew_median_s": health.skew.median_s,
            "skew_p95_s": health.skew.p95_abs_s,
            "common_clock": health.common_clock,
            "offset_s": health.offset_s,
        }
    )
