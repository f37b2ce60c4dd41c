"""What is said of one step of the wizard, and of all of them."""

from dataclasses import dataclass
from enum import Enum

from gazeclass.calibration.figures import Figures


class Step(Enum):
    """The steps, in order."""

    ROOM = "room"
    CAMERAS = "cameras"
    TARGET = "target"
    LENS0 = "lens0"
    LENS1 = "lens1"
    PAIR = "pair"
    AUXILIARY = "auxiliary"
    TAPE = "tape"
    CHECK = "check"
    SUMMARY = "summary"


class Status(Enum):
    """How far a step is."""

    TODO = "todo"
    PARTIAL = "partial"
    DONE = "done"
    PROBLEM = "problem"


@dataclass(frozen=True)
class StepState:
    """One step, as the strip and the right-hand side show it.

    Attributes:
        step: which.
        status: how far.
        sentence: what to do now, or what is wrong, or that it is done; one sentence.
        missing: what is still missing, each a short clause.
        may_go_on: whether Next is offered; if not, ``sentence`` is the reason.
        can_skip: whether Skip is offered.
        skipped: it was left out on purpose.
        stale: something that came before changed after this step was done.
        needs_search: pictures not searched yet: call :func:`stages.search`.
        needs_solve: enough is there, but nothing computed from it: call the stage's function.
        key: of all that this step's result depends on.
    """

    step: Step
    status: Status
    sentence: str
    missing: tuple[str, ...] = ()
    may_go_on: bool = False
    can_skip: bool = False
    skipped: bool = False
    stale: bool = False
    needs_search: bool = False
    needs_solve: bool = False
    key: str = ""


@dataclass(frozen=True)
class Overview:
    """All steps at one moment."""

    states: dict[Step, StepState]
    figures: Figures

    def __getitem__(self, step: Step) -> StepState:
        return self.states[step]

    @property
    def first_open(self) -> Step:
        """Where to go on: the first step that does not let one pass, else the first stale one, else the summary."""
        for step in Step:
            if not self.states[step].may_go_on:
                return step
        return next((step for step in Step if self.states[step].stale), Step.SUMMARY)

    @property
    def complete(self) -> bool:
        """Whether the project's classroom is computed from just what lies here."""
        return self.states[Step.SUMMARY].status is Status.DONE
