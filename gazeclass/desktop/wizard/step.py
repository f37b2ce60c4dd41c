"""What every step of the wizard is: a presenter that says what to do now, what is missing and whether one may go on."""

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Signal

from gazeclass.calibration.steps import Status, Step, StepState
from gazeclass.desktop.wizard.session import Session
from gazeclass.desktop.wizard.words import for_people
from gazeclass.errors import InputError

Weight = Literal["good", "warn", "danger"]


@dataclass(frozen=True)
class Notice:
    """A sentence that stands out: something is well, doubtful, or wrong. It calls the cameras left and right."""

    text: str
    weight: Weight = "warn"

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", for_people(self.text))


@dataclass(frozen=True)
class Guidance:
    """What the right side of the wizard says. It calls the cameras left and right.

    Attributes:
        sentence: the one thing to do now.
        missing: what is still missing, one line each.
        notices: what stands out.
        blocked: why one may not go on; empty when one may.
        busy: something is being computed.
    """

    sentence: str
    missing: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    blocked: str = ""
    busy: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "sentence", for_people(self.sentence))
        object.__setattr__(self, "missing", tuple(for_people(line) for line in self.missing))
        object.__setattr__(self, "blocked", for_people(self.blocked))


class StepPresenter(QObject):
    """One step. Lives in the GUI thread, owns no widget.

    How the step stands comes from the disk (``session.overview``); the presenter adds what only the moment tells: the
    live picture, the last failure. What a step needs computed is started whenever the step is the one shown.

    Signals:
        changed: the guidance or anything the view shows has changed.
    """

    step: Step
    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.shown = False
        self._error: InputError | None = None
        session.overviewed.connect(self._on_overview)
        session.failed.connect(self._on_failed)

    @property
    def title(self) -> str:
        """What the strip calls it."""
        raise AttributeError(f"{type(self).__name__} has no title")

    @property
    def state(self) -> StepState | None:
        """How the step stands on disk; None until the first look."""
        return self.session.state(self.step)

    def enter(self) -> None:
        """The step is shown: read what is on disk, start cameras if needed. Extend it."""
        self.shown = True
        self.session.compute(self.step)

    def leave(self) -> None:
        """Another step is shown: stop what runs. Extend it."""
        self.shown = False
        self._error = None

    def skip(self) -> None:
        """Leave the step out on purpose."""
        self.session.project.skip(self.step.value)
        self.session.refresh()

    def instruction(self) -> str:
        """What to do in this step while nothing is wrong; empty to take the sentence the disk tells."""
        return ""

    def notices(self) -> tuple[Notice, ...]:
        """What stands out right now, besides a problem that the disk tells."""
        return ()

    def guidance(self) -> Guidance:
        """What the right side says."""
        state = self.state
        if state is None:
            return Guidance(self.tr("Looking at what is there …"), blocked=self.tr("one moment"), busy=True)
        notices = self.error_notices() + self.notices()
        sentence = self.instruction()
        if not sentence and state.status is Status.PROBLEM:
            may = state.may_go_on
            sentence = self.tr("Look at this before you go on.") if may else self.tr("Put this right first.")
        sentence = sentence or state.sentence
        computing = (state.needs_search or state.needs_solve) and self.session.worker.busy
        if state.status is Status.PROBLEM:
            notices = (Notice(state.sentence, "danger"), *notices)
        elif state.status is Status.DONE and state.sentence != sentence:
            notices = (*notices, Notice(state.sentence, "good"))
        elif state.status is Status.PARTIAL and state.sentence != sentence and not computing:
            notices = (*notices, Notice(state.sentence, "warn"))
        blocked = ""
        if not state.may_go_on:
            blocked = state.missing[0] if state.missing else state.sentence
            blocked = self.tr("Computing …") if computing else self.tr("Still missing: {0}").format(blocked)
            if state.status is Status.PROBLEM:
                blocked = self.tr("First put right what is wrong here")
        return Guidance(sentence, state.missing, notices, blocked, computing)

    def fail(self, error: Exception) -> None:
        """Something could not be done: say it in the step until the next thing works."""
        if isinstance(error, InputError):
            self._error = error
            self.changed.emit()
        else:
            self.session.context.show_error(error)

    def fine(self) -> None:
        """What failed before has worked now."""
        self._error = None

    def error_notices(self) -> tuple[Notice, ...]:
        """The last failure, if it still stands."""
        return (Notice(str(self._error), "danger"),) if self._error is not None else ()

    def may_compute(self) -> bool:
        """Whether what is missing should be computed now."""
        return True

    def _on_overview(self) -> None:
        if self.shown and self.may_compute():
            self.session.compute(self.step)
        self.changed.emit()

    def _on_failed(self, error: Exception) -> None:
        if self.shown:
            self.fail(error)
