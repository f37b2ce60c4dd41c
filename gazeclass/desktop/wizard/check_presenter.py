"""The check: someone at a known place looks at marked points of the board; how far off is the program, and why."""

from typing import Any

from gazeclass.calibration.check import BoardPoint, CheckResult, Place, check_result, marked_points, planned_places
from gazeclass.calibration.notes import Check, CheckReading
from gazeclass.calibration.project import CLASSROOM
from gazeclass.calibration.steps import Step, keys
from gazeclass.desktop.wizard.looks import PICTURES, LookMeter, LookProgress
from gazeclass.desktop.wizard.session import Session
from gazeclass.desktop.wizard.sources import PREVIEW, Shot
from gazeclass.desktop.wizard.step import Notice, StepPresenter
from gazeclass.errors import InputError


class CheckPresenter(StepPresenter):
    """Goes through places and points; a look takes some seconds."""

    step = Step.CHECK

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.places: tuple[Place, ...] = ()
        self.points: tuple[BoardPoint, ...] = ()
        self.place = 0
        self.point = 0
        self.measuring = False
        self.progress: LookProgress | None = None
        self.make: Any = None
        session.feed.pictured.connect(self._on_pictured)
        session.feed.looked.connect(self._on_looked)
        session.feed.ended.connect(self._on_ended)
        session.feed.failed.connect(self._on_lost)
        session.worker.done.connect(self._on_job)

    @property
    def title(self) -> str:
        """What the strip calls it."""
        return self.tr("Check")

    @property
    def readings(self) -> tuple[CheckReading, ...]:
        """The looks measured so far."""
        check = self.session.project.notes().check
        return () if check is None else check.readings

    @property
    def result(self) -> CheckResult | None:
        """What they say."""
        return check_result(self.readings) if self.readings else None

    @property
    def may_measure(self) -> bool:
        """Whether there is a place, a point and a camera."""
        return bool(self.places and self.points and self.session.source is not None and not self.measuring)

    def enter(self) -> None:
        """Plan the places; show the cameras."""
        super().enter()
        self.measuring, self.progress = False, None
        try:
            room = self.session.project.room()
            if room is not None:
                self.points = marked_points(room.board)
                self.places = planned_places(room)
        except InputError as error:
            self.places = ()
            self.fail(error)
        self._to_next()
        if self.session.source is None:
            self.session.reopen()
        else:
            self.session.play(PREVIEW)
        self.changed.emit()

    def leave(self) -> None:
        """Stop the cameras."""
        self.session.feed.stop()
        self.measuring = False
        super().leave()

    def choose(self, place: int, point: int) -> None:
        """Another place or point."""
        self.place, self.point = place, point
        self.changed.emit()

    def measure(self) -> None:
        """Measure a look: the person looks at the point for some seconds."""
        if not self.may_measure:
            return
        self.fine()
        path = self.session.project.folder / CLASSROOM
        meter = LookMeter(path, self.places[self.place], self.points[self.point], self.make)
        self.measuring = self.session.play(PREVIEW, meter)
        self.progress = None
        self.changed.emit()

    def remove(self, index: int) -> None:
        """Forget a look."""
        readings = self.readings
        self._write(readings[:index] + readings[index + 1 :])

    def skip(self) -> None:
        """Go on without; the classroom says so."""
        self.session.feed.stop()
        super().skip()

    def instruction(self) -> str:
        """Where to sit and where to look."""
        if not self.places:
            return ""
        place, point = self.places[self.place].name, self.points[self.point].name
        if self.measuring:
            return self.tr("Keep facing the point “{0}” …").format(point)
        return self.tr("Someone sits at seat {0} and faces the point “{1}” of the board; then press Measure.").format(
            place, point
        )

    def notices(self) -> tuple[Notice, ...]:
        """Progress, then the result."""
        if self.measuring:
            seen = 0 if self.progress is None else self.progress.seen
            return (Notice(self.tr("{0} of {1} pictures").format(seen, PICTURES), "good"),)
        result = self.result
        if result is None:
            return ()
        return (Notice(result.sentence, "good" if result.verdict == "good" else "warn"),)

    def _to_next(self) -> None:
        """The first place and point not measured yet."""
        done = {(r.place, r.point) for r in self.readings}
        for i, place in enumerate(self.places):
            for j, point in enumerate(self.points):
                if (place.name, point.name) not in done:
                    self.place, self.point = i, j
                    return

    def _write(self, readings: tuple[CheckReading, ...]) -> None:
        project = self.session.project
        check = Check(world_key=keys(project).world, readings=readings) if readings else None
        try:
            project.change(check=check)
            project.skip(self.step.value, False)
        except InputError as error:
            self.fail(error)
            return
        self.session.refresh()
        self._to_next()
        self.changed.emit()

    def _on_looked(self, progress: Any, shot: Shot) -> None:
        if not (self.shown and self.measuring) or progress is None:
            return
        self.progress = progress
        if progress.reading is not None:
            self.measuring = False
            new = progress.reading
            kept = tuple(r for r in self.readings if (r.place, r.point) != (new.place, new.point))
            self._write((*kept, new))
            self.session.play(PREVIEW)
        self.changed.emit()

    def _on_pictured(self) -> None:
        if self.shown:
            self.changed.emit()

    def _on_ended(self) -> None:
        if self.shown and self.measuring:
            self.measuring = False
            self.fail(InputError("the pictures ended before the look was measured", todo="Measure again."))

    def _on_lost(self, error: Exception) -> None:
        if self.shown:
            self.measuring = False
            self.fail(error)
            if self.session.source is not None and not self.session.source.waits:
                self.session.play(PREVIEW)

    def _on_job(self, name: str, result: Any) -> None:
        if name == "open" and self.shown:
            self.session.play(PREVIEW)
            self.changed.emit()
