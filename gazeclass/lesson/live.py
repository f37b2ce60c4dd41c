"""A lesson as it happens: two live cameras, the pipeline on a thread of its own, the lesson file, figures for a screen.

One thread takes the latest frame pair, analyses and stores it; the cameras read on threads of theirs
(:mod:`gazeclass.capture.live`), and a screen asks for the latest moment, the figures and the status whenever it likes.
Nothing here waits for the screen, and the screen waits for nothing here. A slow machine analyses fewer pairs; those
that nobody had time for give way to later ones and are counted.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gazeclass.capture.pairs import FramePair
from gazeclass.errors import InputError
from gazeclass.faces.types import Face
from gazeclass.lesson.columns import LessonMeta
from gazeclass.lesson.live_assembly import LiveTools
from gazeclass.lesson.live_cameras import LivePairSource, Recording, check_sizes
from gazeclass.lesson.live_file import LiveFile
from gazeclass.lesson.live_status import LiveState, LiveStatus, Moment
from gazeclass.lesson.live_tally import LiveTally
from gazeclass.lesson.pipeline import Look
from gazeclass.lesson.recent import RecentFigures
from gazeclass.lesson.seating import Seating
from gazeclass.lesson.zones import Zone

#: Camera health and seats go into the file so often, seconds.
HEALTH_EVERY_S = 10.0
#: How long the worker waits for a pair before it looks at everything else.
_WAIT_S = 0.2
_MONOTONE_S = 1e-6


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
            check_sizes(source, tools.pipeline.picture_sizes_px)
            self._file = LiveFile(self.path, meta, tools.students)
        except BaseException:
            self._let_go()
            raise
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._state = LiveState.RUNNING
        self._failure: InputError | None = None
        self._moment: Moment | None = None
        self._zones_wanted: tuple[Zone, ...] | None = None
        self._tally = LiveTally()
        self._events_seen = 0
        self._health_s = -np.inf
        self._rows: dict[str, int | None] = {}
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
                self._tally.pause(self.source.now_s())
                self._event("pause")

    def resume(self) -> None:
        """Go on."""
        with self._lock:
            if self._state is LiveState.PAUSED:
                self._tally.resume(self.source.now_s())
                self._state = LiveState.RUNNING
                self._event("resume")

    def mark(self, note: str = "", t_s: float | None = None) -> float:
        """Remember a moment; returns its time on the lesson clock.

        Args:
            note: what it was.
            t_s: when, where the note was written afterwards; None is now.

        Raises:
            InputError: the file cannot be written.
        """
        t_s = self.source.now_s() if t_s is None else t_s
        self._file.event(t_s, "mark", note)
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
        now, health, tally = self.source.now_s(), self.source.health(), self._tally
        seconds = dict(self._tools.pipeline.times.seconds)
        total = sum(seconds.values()) or 1.0
        return LiveStatus(
            state=self._state,
            t_s=now,
            lesson_s=tally.lesson_s(now),
            pairs_per_s=tally.pairs_per_s(now),
            updates_per_s=tally.updates_per_s(now),
            latency_s=tally.latency_s(now),
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
            shares={name: s / total for name, s in seconds.items()},
        )

    def mean_rates(self) -> dict[str, float]:
        """Poses measured a second of each student, over the lesson so far."""
        return self._tally.mean_updates_per_s(self.source.now_s())

    def _run(self) -> None:
        try:
            self._event("start")
            while not self._stop.is_set():
                self._once()
                if self.source.ended:
                    break
            if self._file.unwritable is not None:
                raise self._file.unwritable
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
        if self._file.unwritable is not None:
            raise self._file.unwritable
        pair = self.source.next_pair(_WAIT_S)
        self._take_events()
        with self._lock:
            wanted, self._zones_wanted = self._zones_wanted, None
        if wanted is not None:
            self._tools.pipeline.zones = wanted
            self.figures.replace_zones(wanted)
            self._file.zones(self.source.now_s(), wanted)
        if pair is None or self._state is LiveState.PAUSED:
            return
        if pair.t_s <= self._tally.last_s + _MONOTONE_S:
            return  # a clock that was set back; the cameras' reader has told of it
        self._analyse(pair)
        if pair.t_s - self._health_s >= HEALTH_EVERY_S:
            self._health_s = pair.t_s
            self._store_health(pair.t_s)

    def _analyse(self, pair: FramePair) -> None:
        self._tools.search.show(pair.images)
        look = self._tools.pipeline.look(pair)
        self._tools.search.deliver(pair.t_s, look.tracks)
        self.seating.learn(look.observations)
        self._file.add(look.observations)
        self.figures.add(pair.t_s, look.observations, self._rows)
        self._tally.add(pair.t_s, self.source.now_s(), look.posed)
        self._moment = _moment_of(pair, look, self._tally.pairs)
        if self._tally.pairs == 1:
            self._store_seats()
        self._warning = self._tools.pipeline.consistency.warning

    def _take_events(self) -> None:
        events, self._events_seen = self.source.events_since(self._events_seen)
        self._file.camera_events(events)

    def _store_health(self, t_s: float) -> None:
        self._file.health(t_s, self.source.health())
        self._store_seats()

    def _store_seats(self) -> None:
        students = self.seating.students()
        self._rows = {name: student.row for name, student in students.items()}
        self._file.students(students)

    def _event(self, kind: str, text: str = "") -> None:
        self._file.event(self.source.now_s(), kind, text)

    def _finish(self) -> None:
        now = self.source.now_s()
        self._take_events()
        if warning := self._tools.pipeline.consistency.warning:
            self._event("warning", warning)
        self._store_health(now)
        self._event("stop")
        self._file.finish(**self._figures_of_all(now))

    def _figures_of_all(self, now_s: float) -> dict[str, Any]:
        """What the file keeps of the lesson as a whole."""
        health, tally = self.source.health(), self._tally
        return {
            "live": {
                "pairs": tally.pairs,
                "seconds": round(tally.lesson_s(now_s), 2),
                "updates_per_s": {name: round(rate, 2) for name, rate in tally.mean_updates_per_s(now_s).items()},
                "latency_median_s": tally.latency_of_all_s(),
                "skipped": health.skipped,
                "provider": self._tools.provider,
                "threads": self._tools.threads,
            },
            "recording": {
                "pairs": tally.pairs,
                "skew_median_s": health.skew.median_s,
                "skew_p95_s": health.skew.p95_abs_s,
                "common_clock": health.common_clock,
                "offset_s": health.offset_s,
            },
        }

    def _fail(self, error: InputError) -> None:
        self._failure = error
        self._file.fail(self.source.now_s(), error)
        self._state = LiveState.FAILED


def _moment_of(pair: FramePair, look: Look, number: int) -> Moment:
    faces: tuple[dict[str, Face], dict[str, Face]] = ({}, {})
    for sighting in look.sightings:
        for camera, face in sighting.faces.items():
            faces[camera][sighting.student] = face
    others = len(look.tracks[0]) - len(faces[0]), len(look.tracks[1]) - len(faces[1])
    return Moment(pair.t_s, tuple(look.observations), faces, others, look.posed, number)
