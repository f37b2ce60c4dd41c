"""A lesson as it happens: two live cameras, the pipeline on a thread of its own, the lesson file, figures for a screen.

One thread takes the latest frame pair, analyses and stores it; the cameras read on threads of theirs
(:mod:`gazeclass.capture.live`), and a screen asks for the latest moment, the figures and the status whenever it likes.
Nothing here waits for the screen, and the screen waits for nothing here. A slow machine analyses fewer pairs; those
that nobody had time for give way to later ones and are counted.
"""

import json
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from gazeclass.capture.health import EventKind, LiveEvent, LiveHealth
from gazeclass.capture.pairs import FramePair
from gazeclass.capture.stream import LiveFrame
from gazeclass.errors import InputError
from gazeclass.faces.types import Face
from gazeclass.lesson.columns import LessonMeta, Student
from gazeclass.lesson.consistency import ExchangedCamerasError
from gazeclass.lesson.live_assembly import LiveTools
from gazeclass.lesson.live_status import OVER_S, LiveState, LiveStatus, Moment, RateMeter, camera_figures
from gazeclass.lesson.observation import Observation
from gazeclass.lesson.pipeline import Look
from gazeclass.lesson.recent import RecentFigures
from gazeclass.lesson.seating import Seating
from gazeclass.lesson.store import LessonWriter
from gazeclass.lesson.zones import Zone

#: Camera health and seats go into the file so often, seconds.
HEALTH_EVERY_S = 10.0
#: How long the worker waits for a pair before it looks at everything else.
_WAIT_S = 0.2
_MONOTONE_S = 1e-6


class LivePairSource(Protocol):
    """What a live lesson asks of its cameras; :class:`gazeclass.capture.live.LivePairs` is one."""

    @property
    def names(self) -> tuple[str, str]:
        """Both cameras'."""

    @property
    def sizes_px(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Width and height of their pictures."""

    @property
    def ended(self) -> bool:
        """Whether no pair will come any more."""

    def now_s(self) -> float:
        """The lesson clock now."""

    def next_pair(self, timeout_s: float | None = 1.0) -> FramePair | None:
        """The latest pair that was not taken yet; None when there was none in time."""

    def latest(self, camera: int) -> LiveFrame | None:
        """The camera's newest frame."""

    def events_since(self, count: int) -> tuple[tuple[LiveEvent, ...], int]:
        """What has happened since."""

    def retry_now(self, camera: int) -> None:
        """Try a lost camera again at once."""

    def health(self) -> LiveHealth:
        """How both cameras do."""

    def close(self) -> None:
        """Let the cameras go."""


class Recording(Protocol):
    """What a live lesson asks of whoever writes its videos."""

    @property
    def running(self) -> bool:
        """Whether pictures are being written."""

    def close(self) -> None:
        """End the files."""


class LiveLesson:
    """A running lesson. It begins when it is made and ends with :meth:`stop`, the cameras' end, or a failure.

    All methods may be called from any thread.

    Args:
        source: open cameras; closed at the end.
        tools: from :func:`gazeclass.lesson.live_assembly.build_live`; closed at the end.
        path: of the lesson file to make.
        meta: of the lesson; its zones are those of the pipeline.
        seating: who sits where.
        recorder: writes both videos; closed at the end.

    Raises:
        InputError: the pictures are not of the calibrated size, or the file cannot be made. Cameras and tools are
            closed then, too.
    """

    def __init__(
        self,
        source: LivePairSource,
        tools: LiveTools,
        path: Path,
        meta: LessonMeta,
        *,
        seating: Seating | None = None,
        recorder: Recording | None = None,
    ) -> None:
        self.source, self.path, self.meta = source, Path(path), meta
        self._tools, self._recorder = tools, recorder
        self.seating = seating or Seating(students=tools.students)
        self.figures = RecentFigures(meta.board, meta.zones)
        try:
            check_sizes(source, tools)
            self._writer = LessonWriter(self.path, meta, tools.students)
        except BaseException:
            self._let_go()
            raise
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._state = LiveState.RUNNING
        self._failure: InputError | None = None
        self._unwritable: InputError | None = None
        self._moment: Moment | None = None
        self._zones_wanted: tuple[Zone, ...] | None = None
        self._zones_changed = False
        self._rates = RateMeter()
        self._analysed: deque[tuple[float, float]] = deque()
        self._latencies = deque[float](maxlen=100_000)
        self._events_seen = 0
        self._last_s = self._first_s = float("nan")
        self._paused_s, self._paused_from_s = 0.0, float("nan")
        self._health_s = -np.inf
        self._number = 0
        self._rows: dict[str, int | None] = {}
        self._stored_students: dict[str, Student] = {student.name: student for student in tools.students}
        self._warning = ""
        self._thread = threading.Thread(target=self._run, name="gazeclass-lesson", daemon=True)
        self._thread.start()

    @property
    def state(self) -> LiveState:
        """Running, paused, ended or failed."""
        return self._state

    @property
    def failure(self) -> InputError | None:
        """Why the lesson has failed."""
        return self._failure

    @property
    def moment(self) -> Moment | None:
        """The latest analysed pair."""
        return self._moment

    @property
    def over(self) -> bool:
        """Whether the file is closed and the cameras are let go."""
        return not self._thread.is_alive()

    def pause(self) -> None:
        """Observe nobody until :meth:`resume`; the cameras stay open."""
        with self._lock:
            if self._state is LiveState.RUNNING:
                self._state = LiveState.PAUSED
                self._paused_from_s = self.source.now_s()
                self._event("pause", "")

    def resume(self) -> None:
        """Go on."""
        with self._lock:
            if self._state is LiveState.PAUSED:
                now = self.source.now_s()
                self._paused_s += now - self._paused_from_s
                self._state = LiveState.RUNNING
                self._event("resume", "")

    def mark(self, note: str = "", t_s: float | None = None) -> float:
        """Remember a moment; returns its time on the lesson clock.

        Args:
            note: what it was.
            t_s: when, where the note was written afterwards; None is now.

        Raises:
            InputError: the file cannot be written.
        """
        t_s = self.source.now_s() if t_s is None else t_s
        self._store_event(t_s, "mark", note)
        return t_s

    def replace_zones(self, zones: Sequence[Zone]) -> None:
        """Other zones from the next pair on; the whole lesson is counted in them when it ends."""
        with self._lock:
            self._zones_wanted = tuple(zones)

    def stop(self, patience_s: float = 30.0) -> bool:
        """End the lesson: the file is whole afterwards. False where that takes longer than the patience."""
        self._stop.set()
        self._thread.join(patience_s)
        return self.over

    def now_s(self) -> float:
        """The lesson clock."""
        return self.source.now_s()

    def status(self) -> LiveStatus:
        """How the lesson does."""
        now, health = self.source.now_s(), self.source.health()
        with self._lock:
            rates = self._rates.rates(self._last_s if np.isfinite(self._last_s) else now)
            recent = [(t, latency) for t, latency in self._analysed if t > now - OVER_S]
            paused = self._paused_s + (now - self._paused_from_s if self._state is LiveState.PAUSED else 0.0)
            begun = now - self._first_s if np.isfinite(self._first_s) else 0.0
            span = max(min(OVER_S, begun), 0.5)
        if now - self._last_s > OVER_S:
            rates = dict.fromkeys(rates, 0.0)
        total = sum(self._tools.pipeline.times.seconds.values()) or 1.0
        return LiveStatus(
            state=self._state,
            t_s=now,
            lesson_s=max(begun - paused, 0.0),
            pairs_per_s=len(recent) / span,
            updates_per_s=rates,
            latency_s=float(np.median([latency for _, latency in recent])) if recent else float("nan"),
            skew_s=health.skew.p95_abs_s,
            skipped=health.skipped,
            cameras=(health.cameras[0].state, health.cameras[1].state),
            camera_names=self.source.names,
            camera_rates_hz=(health.cameras[0].rate_hz, health.cameras[1].rate_hz),
            provider=self._tools.provider,
            threads=self._tools.threads,
            failure=self._failure,
            warning=self._warning,
            recording=self._recorder is not None and self._recorder.running,
            shares={name: s / total for name, s in list(self._tools.pipeline.times.seconds.items())},
        )

    def mean_rates(self) -> dict[str, float]:
        """Poses measured a second of each student, over the lesson so far."""
        lesson_s = max(self.status().lesson_s, 1e-3)
        with self._lock:
            return {name: count / lesson_s for name, count in self._rates.counts.items()}

    def _run(self) -> None:
        try:
            self._event("start", "")
            while not self._stop.is_set():
                self._once()
                if self.source.ended:
                    break
            if self._unwritable is not None:
                raise self._unwritable
            self._finish()
            self._state = LiveState.ENDED
        except InputError as error:
            self._fail(error)
        except BaseException as error:  # the screen must hear of it, whatever it is
            self._fail(InputError(f"the lesson stopped because of a mistake in the program ({error!r})"))
            raise
        finally:
            self._let_go()

    def _let_go(self) -> None:
        if self._recorder is not None:
            self._recorder.close()
        self.source.close()
        self._tools.close()

    def _once(self) -> None:
        if self._unwritable is not None:
            raise self._unwritable
        pair = self.source.next_pair(_WAIT_S)
        self._take_events()
        with self._lock:
            wanted, self._zones_wanted = self._zones_wanted, None
        if wanted is not None:
            self._take_zones(wanted)
        if pair is None or self._state is LiveState.PAUSED:
            return
        if pair.t_s <= self._last_s + _MONOTONE_S:
            return  # a clock that was set back; the cameras' reader has told of it
        self._analyse(pair)
        if pair.t_s - self._health_s >= HEALTH_EVERY_S:
            self._health_s = pair.t_s
            self._store_health(pair.t_s)

    def _analyse(self, pair: FramePair) -> None:
        self._tools.search.show(pair.images)
        look = self._tools.pipeline.look(pair)
        self._tools.search.deliver(pair.t_s, look.tracks)
        observations = look.observations
        self.seating.learn(observations)
        self._writer.add(observations if not self._zones_changed else [_without_zone(o) for o in observations])
        self.figures.add(pair.t_s, observations, self._rows)
        self._number += 1
        now = self.source.now_s()
        with self._lock:
            if not np.isfinite(self._first_s):
                self._first_s = pair.t_s
            self._last_s = pair.t_s
            for name in look.posed:
                self._rates.add(pair.t_s, name)
            self._analysed.append((now, now - pair.t_s))
            while self._analysed and self._analysed[0][0] < now - OVER_S:
                self._analysed.popleft()
            self._latencies.append(now - pair.t_s)
            self._moment = _moment_of(pair, look, self._number)
        if self._number == 1:
            self._store_seats()
        self._warning = self._tools.pipeline.consistency.warning

    def _take_events(self) -> None:
        events, self._events_seen = self.source.events_since(self._events_seen)
        for event in events:
            text = event.text if event.kind is not EventKind.GAP else f"{event.text} (until {event.until_s:.1f} s)"
            self._writer.event(event.t_s, str(event.kind), text)

    def _take_zones(self, zones: tuple[Zone, ...]) -> None:
        self._tools.pipeline.zones = zones
        self.figures.replace_zones(zones)
        self._zones_changed = True
        # In the file at once, so that a lesson cut short can be finished with them.
        self._event("zones", json.dumps([asdict(zone) for zone in zones], ensure_ascii=False))

    def _store_health(self, t_s: float) -> None:
        health = self.source.health()
        for camera in (0, 1):
            self._writer.health(t_s, camera, **camera_figures(health, camera))
        self._store_seats()

    def _store_seats(self) -> None:
        students = self.seating.students()
        self._rows = {name: student.row for name, student in students.items()}
        for name, student in students.items():
            if self._stored_students.get(name) != student:
                self._stored_students[name] = student
                self._writer.student(student)

    def _event(self, kind: str, text: str) -> None:
        self._store_event(self.source.now_s(), kind, text)

    def _store_event(self, t_s: float, kind: str, text: str) -> None:
        try:
            self._writer.event(t_s, kind, text)
        except InputError as error:
            self._unwritable = error  # the lesson ends, whoever's event it was
            raise

    def _finish(self) -> None:
        """The lesson has come to its end: what is known of it as a whole, and the file closed."""
        status = self.status()
        now = status.t_s
        self._take_events()
        if warning := self._tools.pipeline.consistency.warning:
            self._event("warning", warning)
        self._store_health(now)
        self._event("stop", "")
        health = self.source.health()
        rates = {name: round(rate, 2) for name, rate in self.mean_rates().items()}
        self._writer.details(
            live={
                "pairs": self._number,
                "seconds": round(status.lesson_s, 2),
                "updates_per_s": rates,
                "latency_median_s": float(np.median(self._latencies)) if self._latencies else None,
                "skipped": health.skipped,
                "provider": status.provider,
                "threads": status.threads,
            },
            recording={
                "pairs": self._number,
                "skew_median_s": health.skew.median_s,
                "skew_p95_s": health.skew.p95_abs_s,
                "common_clock": health.common_clock,
                "offset_s": health.offset_s,
            },
        )
        self._writer.close()
        if self._zones_changed:
            self._rezone()

    def _rezone(self) -> None:
        from gazeclass.lesson.documents import store_zones
        from gazeclass.lesson.reader import read_lesson
        from gazeclass.lesson.zoning import rezoned

        store_zones(self.path, rezoned(read_lesson(self.path), self._tools.pipeline.zones))

    def _fail(self, error: InputError) -> None:
        self._failure = error
        try:
            if not isinstance(error, ExchangedCamerasError):
                self._event("failure", str(error))
                self._writer.details(notes=[str(error)])
        except InputError:
            pass  # it is the file that failed
        try:
            self._writer.close()
            if isinstance(error, ExchangedCamerasError):
                self.path.unlink()  # every position in it is wrong
        except (InputError, OSError):
            pass  # what was stored before is safe, and can be finished later
        self._state = LiveState.FAILED


def check_sizes(source: LivePairSource, tools: LiveTools) -> None:
    """Refuse cameras whose pictures are not of the calibrated size.

    Raises:
        InputError: naming camera and both sizes.
    """
    for name, found, wanted in zip(source.names, source.sizes_px, tools.pipeline.picture_sizes_px, strict=True):
        if found != wanted:
            raise InputError(
                f"its pictures are {found[0]}×{found[1]}, the classroom was calibrated at {wanted[0]}×{wanted[1]}",
                where=name,
                todo="Set the camera to that size, or calibrate the classroom at this one.",
            )


def _moment_of(pair: FramePair, look: Look, number: int) -> Moment:
    faces: tuple[dict[str, Face], dict[str, Face]] = ({}, {})
    for sighting in look.sightings:
        for camera, face in sighting.faces.items():
            faces[camera][sighting.student] = face
    others = len(look.tracks[0]) - len(faces[0]), len(look.tracks[1]) - len(faces[1])
    return Moment(pair.t_s, tuple(look.observations), faces, others, look.posed, number)


def _without_zone(observation: Observation) -> Observation:
    return replace(observation, zone="", zone_probability=float("nan"))


def wait_until_over(lesson: LiveLesson, poll_s: float = 0.1) -> None:
    """Block until the lesson has ended by itself."""
    while not lesson.over:
        time.sleep(poll_s)
