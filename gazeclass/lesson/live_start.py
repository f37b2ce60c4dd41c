"""From what a user wishes to a running lesson: classroom, cameras, models, file, each checked before the next."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from gazeclass.calibration.classroom import Classroom, load_classroom
from gazeclass.capture.live import LiveOptions, LivePairs, open_live
from gazeclass.errors import InputError
from gazeclass.lesson.analysis import lesson_meta
from gazeclass.lesson.columns import LessonMeta
from gazeclass.lesson.live import LiveLesson
from gazeclass.lesson.live_assembly import LiveTools, build_live
from gazeclass.lesson.roster_plan import ClassPlan, seats_asked_for
from gazeclass.lesson.seating import Seating
from gazeclass.progress import SILENT, Progress


@dataclass(frozen=True, eq=False)
class LiveWishes:
    """What a live lesson is to be.

    Attributes:
        cameras: left and right, as :func:`gazeclass.capture.spec.parse_spec` reads them.
        classroom: calibrated, or where it is stored.
        output: the lesson file to make.
        portraits: who may be observed, as a folder of portraits; None without a plan numbers whoever is seen.
        plan: who may be observed and how they are told apart, from the roster; it wins over ``portraits``.
        by_seat: with neither: whoever sits at a seat of the classroom is called like it, and no face is compared.
        headpose: model.
        record: folder for both videos; None keeps no picture.
        keep_days: after which the recording expires.
        threads: of the networks; None takes the setting.
        loop: files are played again and again.
        show_students: single students and small groups may be shown (the report states it).
    """

    cameras: tuple[str, str]
    classroom: Classroom | Path
    output: Path
    portraits: Path | None = None
    plan: ClassPlan | None = None
    by_seat: bool = False
    headpose: str = "default"
    record: Path | None = None
    keep_days: float = 14.0
    threads: int | None = None
    loop: bool = False
    show_students: bool = False


def start_live(wishes: LiveWishes, progress: Progress = SILENT) -> LiveLesson:
    """Open everything and begin.

    Args:
        wishes: what.
        progress: told of the stages; cancelling closes whatever is open.

    Raises:
        InputError: what cannot be used: classroom, camera, picture size, model, portrait, file.
    """
    progress.start("classroom")
    classroom = wishes.classroom if isinstance(wishes.classroom, Classroom) else load_classroom(wishes.classroom)
    if not classroom.complete:
        raise InputError(
            "the classroom's cameras are calibrated, but not their place in the room",
            where=classroom.name,
            todo="Finish its calibration first.",
        )
    if wishes.output.exists():
        raise InputError(
            "there is a file of that name already", where=wishes.output, todo="Choose another name or move it away."
        )
    with ExitStack() as undo:
        progress.start("models and portraits")
        meta = lesson_meta(classroom, period_s=float("nan"), models=())
        tools = build_live(
            classroom,
            enrolment=wishes.plan.enrolment if wishes.plan is not None else wishes.portraits,
            seats=seats_asked_for(classroom, wishes.plan, by_seat=wishes.by_seat),
            students=wishes.plan.students if wishes.plan is not None else (),
            headpose=wishes.headpose,
            zones=meta.zones,
            threads=wishes.threads,
            progress=progress,
        )
        undo.callback(tools.close)
        progress.advance(0)
        progress.start("cameras")
        source = open_cameras(wishes.cameras, tools, loop=wishes.loop)
        undo.callback(source.close)
        progress.advance(0)
        meta = _with(meta, tools, wishes)
        seating = Seating(classroom.seats, tools.students)
        recorder = _Recording(source, wishes, classroom.name) if wishes.record is not None else None
        if recorder is not None:
            undo.callback(recorder.close)
        lesson = LiveLesson(source, tools, wishes.output, meta, seating=seating, recorder=recorder)
        undo.pop_all()
        return lesson


def open_cameras(cameras: tuple[str, str], tools: LiveTools, *, loop: bool = False) -> LivePairs:
    """Both cameras, asked for the calibrated size, newest pair first.

    Raises:
        InputError: one cannot be used.
    """
    return open_live(*cameras, options=LiveOptions(sizes_px=tools.pipeline.picture_sizes_px, queue_pairs=1, loop=loop))


def _with(meta: LessonMeta, tools: LiveTools, wishes: LiveWishes) -> LessonMeta:
    details = meta.details | {"models": list(tools.models)}
    return replace(meta, details=details, show_students=wishes.show_students)


class _Recording:
    """A recorder as the lesson sees it."""

    def __init__(self, source: LivePairs, wishes: LiveWishes, room: str) -> None:
        from gazeclass.capture.expiry import label_for
        from gazeclass.capture.recorder import Recorder

        assert wishes.record is not None
        label = label_for(f"{room}, {wishes.output.stem}", wishes.keep_days, source.names)
        self._recorder = Recorder(source, wishes.record, label)

    @property
    def running(self) -> bool:
        """Whether pictures are being written."""
        return self._recorder.figures().running

    def close(self) -> None:
        """End the files."""
        self._recorder.close()
