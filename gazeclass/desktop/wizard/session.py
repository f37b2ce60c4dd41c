"""What the steps share: the project on disk and how its steps stand, the cameras and the feed of their pictures."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from gazeclass.calibration import stages
from gazeclass.calibration.given import FittedZones, fit_zones, given_zones, hand_on
from gazeclass.calibration.picture_folder import LENS, LYING, PAIR
from gazeclass.calibration.project import MATERIAL, Project, create_project
from gazeclass.calibration.room_parts import BoardSize, Zone
from gazeclass.calibration.steps import Overview, Step, StepState, look
from gazeclass.calibration.target import Target
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.wizard.feed import Feed
from gazeclass.desktop.wizard.opening import Asked, open_source
from gazeclass.desktop.wizard.sources import Shot, Source
from gazeclass.desktop.wizard.units import Unit, unit_of
from gazeclass.desktop.worker import Worker
from gazeclass.errors import InputError

_PART_OF = {Step.LENS0: LENS, Step.LENS1: LENS, Step.PAIR: PAIR, Step.AUXILIARY: LYING}


class Session(QObject):
    """One classroom being calibrated. Lives in the GUI thread.

    Attributes:
        context: of the program.
        folder: of the classroom; the project lies in its sub-folder ``calibration``.
        project: on disk.
        overview: how every step stands, as last looked at; None until the first look is done.
        source: the cameras, or files in their place; None until they are chosen.
        feed: its pictures.

    Signals:
        overviewed: ``overview`` is new.
        failed: a computation could not be done: the exception.
    """

    overviewed = Signal()
    failed = Signal(object)

    def __init__(self, context: AppContext, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.folder = folder
        self.project: Project = create_project(folder / MATERIAL)
        #: The zones that lessons here have, before the board was measured anew.
        self.zones: tuple[Zone, ...] = ()
        self._take_given()
        self.overview: Overview | None = None
        self.source: Source | None = None
        self.feed = Feed(self)
        self.worker = Worker(self)
        self.worker.done.connect(self._on_done)
        self.worker.failed.connect(self._on_failed)
        #: Cameras are being opened.
        self.opening = False
        self._tried: set[tuple[str, str]] = set()

    def _take_given(self) -> None:
        """What was given to the classroom goes into the room that is calibrated again."""
        try:
            self.zones = given_zones(self.project)
            hand_on(self.project)
        except InputError:
            return  # a room that cannot be read: the first step tells

    def zones_on(self, board: BoardSize) -> FittedZones:
        """The lessons' zones on a board of this size."""
        return fit_zones(self.zones, board)

    @property
    def unit(self) -> Unit:
        """The unit that lengths are shown in."""
        return unit_of(self.context.state.get("wizard/unit", "m"))

    def set_unit(self, unit: Unit) -> None:
        """Show lengths in ``unit`` from now on."""
        self.context.state.set("wizard/unit", unit.key)

    def target(self) -> Target:
        """The printed board; the one the program offers first while none was chosen."""
        return self.project.target() or Target(9, 6, 0.060)

    def camera_name(self, camera: int) -> str:
        """What to call a camera."""
        return self.tr("right camera") if camera else self.tr("left camera")

    def state(self, step: Step) -> StepState | None:
        """How a step stands, None until the first look."""
        return None if self.overview is None else self.overview[step]

    def refresh(self) -> None:
        """Look at the disk again, soon; ``overviewed`` follows."""
        self.worker.run("look", lambda: look(self.project))

    def compute(self, step: Step) -> bool:
        """Search or compute what a step still needs; True while that is under way.

        Each need is tried once: what fails is told and not tried again until the step's material changes.
        """
        state = self.state(step)
        if state is None or not (state.needs_search or state.needs_solve):
            return False
        kind = "search" if state.needs_search else "solve"
        attempt = (kind, f"{step.value}/{state.key}/{state.sentence}")
        if attempt in self._tried:
            return self.worker.busy
        self._tried.add(attempt)
        job = self._search_job(step) if state.needs_search else self._solve_job(step)
        if job is not None:
            self.worker.run(f"{kind} {step.value}", job)
        return job is not None

    def _search_job(self, step: Step) -> Callable[[], Any] | None:
        part = _PART_OF.get(step)
        return None if part is None else lambda: stages.search(self.project, part)

    def _solve_job(self, step: Step) -> Callable[[], Any] | None:
        project = self.project
        jobs: dict[Step, Callable[[], Any]] = {
            Step.LENS0: lambda: stages.solve_lens(project, 0),
            Step.LENS1: lambda: stages.solve_lens(project, 1),
            Step.PAIR: lambda: stages.solve_pair(project),
            Step.AUXILIARY: lambda: stages.solve_lying(project),
            Step.TAPE: lambda: stages.solve_room(project),
        }
        return jobs.get(step)

    def play(self, part: str, look_at: Callable[[Shot], Any] | None = None) -> bool:
        """Start the feed with a part of the calibration; False while there are no cameras."""
        source = self.source
        if source is None:
            return False

        def shots() -> Iterator[Shot]:
            return source.shots(part)

        self.feed.start(shots, look_at, waits=source.waits)
        return True

    def reopen(self) -> None:
        """Open the cameras that the project knows, in the worker; nothing where it knows none."""
        asked = Asked.of(self.project.notes().cameras)
        if asked is not None and self.source is None and not self.opening:
            self.open(asked)

    def open(self, asked: Asked) -> None:
        """Open what was asked for in place of what is open, in the worker: a camera may take 20 s."""
        self.feed.stop()
        former, self.source = self.source, None
        self.opening = True

        def job() -> Source:
            if former is not None:
                former.close()
            return open_source(asked)

        self.worker.run("open", job)

    def close(self) -> None:
        """Stop the cameras and the computing; nothing is lost, everything is on disk."""
        self.feed.stop()
        self.worker.stop()
        if self.source is not None and not self.source.waits:
            threading.Thread(target=self.source.close, name="wizard closing", daemon=True).start()
        self.project.memory.flush()

    def _on_done(self, name: str, result: object) -> None:
        if name == "look":
            assert isinstance(result, Overview)
            self.overview = result
            self.overviewed.emit()
        elif name == "open":
            self.opening = False
            self.source = result  # type: ignore[assignment]  # what open_source gave
        elif name.startswith(("search", "solve", "refine", "keep")):
            self.refresh()

    def _on_failed(self, name: str, error: Exception) -> None:
        if name == "open":
            self.opening = False
        self.failed.emit(error)
        if name.startswith(("search", "solve", "refine", "keep")):
            self.refresh()
