"""The lesson file while the lesson runs: what is stored of it, in which order, and how it ends."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from gazeclass.capture.health import EventKind, LiveEvent, LiveHealth
from gazeclass.errors import InputError
from gazeclass.lesson.columns import LessonMeta, Student
from gazeclass.lesson.consistency import ExchangedCamerasError
from gazeclass.lesson.observation import Observation
from gazeclass.lesson.store import LessonWriter
from gazeclass.lesson.zones import Zone


class LiveFile:
    """Writes a running lesson; any thread may tell it of an event.

    Args:
        path: of the file to make.
        meta: of the lesson.
        students: who is known beforehand.

    Attributes:
        unwritable: why nothing can be stored any more, whoever's event it was that found out; None while it can.

    Raises:
        InputError: the file cannot be made.
    """

    def __init__(self, path: Path, meta: LessonMeta, students: Iterable[Student]) -> None:
        students = tuple(students)
        self.path = path
        self.writer = LessonWriter(path, meta, students)
        self.unwritable: InputError | None = None
        self._zones: tuple[Zone, ...] | None = None
        self._students: dict[str, Student] = {student.name: student for student in students}

    def add(self, observations: Sequence[Observation]) -> None:
        """Store what was observed; without zones once these were replaced: the end counts them all anew."""
        self.writer.add(observations if self._zones is None else [_without_zone(o) for o in observations])

    def event(self, t_s: float, kind: str, text: str = "") -> None:
        """Something happened.

        Raises:
            InputError: the file cannot be written; the lesson has to end.
        """
        try:
            self.writer.event(t_s, kind, text)
        except InputError as error:
            self.unwritable = error
            raise

    def camera_events(self, events: Iterable[LiveEvent]) -> None:
        """What the cameras told."""
        for event in events:
            text = event.text if event.kind is not EventKind.GAP else f"{event.text} (until {event.until_s:.1f} s)"
            self.writer.event(event.t_s, str(event.kind), text)

    def zones(self, t_s: float, zones: Sequence[Zone]) -> None:
        """Other zones from now on: in the file at once, so that a lesson cut short can be finished with them."""
        self._zones = tuple(zones)
        self.event(t_s, "zones", json.dumps([asdict(zone) for zone in zones], ensure_ascii=False))

    def health(self, t_s: float, health: LiveHealth) -> None:
        """How both cameras do."""
        for camera in (0, 1):
            self.writer.health(t_s, camera, **camera_figures(health, camera))

    def students(self, students: dict[str, Student]) -> None:
        """What is known of the students now, seats above all."""
        for name, student in students.items():
            if self._students.get(name) != student:
                self._students[name] = student
                self.writer.student(student)

    def finish(self, **details: Any) -> None:
        """The lesson has come to its end: what is known of it as a whole, and the file closed."""
        self.writer.details(**details)
        self.writer.close()
        if self._zones is not None:
            from gazeclass.lesson.documents import store_zones
            from gazeclass.lesson.reader import read_lesson
            from gazeclass.lesson.zoning import rezoned

            store_zones(self.path, rezoned(read_lesson(self.path), self._zones))

    def fail(self, t_s: float, error: InputError) -> None:
        """The lesson ends early: why, as far as that can still be stored; no file where every position is wrong."""
        exchanged = isinstance(error, ExchangedCamerasError)
        try:
            if not exchanged:
                self.event(t_s, "failure", str(error))
                self.writer.details(notes=[str(error)])
        except InputError:
            pass  # it is the file that failed
        try:
            self.writer.close()
            if exchanged:
                self.path.unlink()
        except (InputError, OSError):
            pass  # what was stored before is safe, and can be finished later


def camera_figures(health: LiveHealth, camera: int) -> dict[str, float | int | str | None]:
    """One camera's health as the lesson file keeps it."""
    live = health.cameras[camera]
    return {
        "name": live.name,
        "state": str(live.state),
        "frames": live.frames,
        "paired": live.paired,
        "dropped": live.dropped,
        "late": live.late,
        "damaged": live.damaged,
        "period_s": live.period_s,
        "rate_hz": round(live.rate_hz, 2),
        "gap_s": round(live.gap_s, 2),
        "connects": live.connects,
        "clock_jumps": live.clock_jumps,
    }


def _without_zone(observation: Observation) -> Observation:
    return replace(observation, zone="", zone_probability=float("nan"))
