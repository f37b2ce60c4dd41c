"""Which step is shown, how all of them stand, and going from one to the next."""

from PySide6.QtCore import QObject, Signal

from gazeclass.calibration.steps import Status, Step
from gazeclass.desktop.wizard.session import Session
from gazeclass.desktop.wizard.step import Guidance, StepPresenter

#: What a step builds on: it can be opened once these let one go on.
NEEDS: dict[Step, tuple[Step, ...]] = {
    Step.ROOM: (),
    Step.CAMERAS: (Step.ROOM,),
    Step.TARGET: (Step.ROOM,),
    Step.LENS0: (Step.CAMERAS, Step.TARGET),
    Step.LENS1: (Step.CAMERAS, Step.TARGET),
    Step.PAIR: (Step.LENS0, Step.LENS1),
    Step.AUXILIARY: (Step.PAIR,),
    Step.TAPE: (Step.AUXILIARY,),
    Step.CHECK: (Step.TAPE,),
    Step.SUMMARY: (Step.TAPE, Step.CHECK),
}


class WizardPresenter(QObject):
    """Goes along the steps. The strip's states are computed from the disk; only *where one is* is remembered here.

    Signals:
        moved: another step is shown.
        changed: the strip or the buttons must be drawn again.
        left: the user is done with the wizard (the folder of the classroom).
    """

    moved = Signal()
    changed = Signal()
    left = Signal(object)

    def __init__(self, session: Session, steps: tuple[StepPresenter, ...], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.steps = {presenter.step: presenter for presenter in steps}
        self.current: Step | None = None
        self._go_when_known: Step | None = None
        session.overviewed.connect(self._on_overview)
        for presenter in steps:
            presenter.changed.connect(self.changed)

    @property
    def presenter(self) -> StepPresenter | None:
        """Of the step shown."""
        return None if self.current is None else self.steps[self.current]

    def start(self) -> None:
        """Look at the disk; the first step that is not done is shown when that is known."""
        self.session.refresh()

    def blocked_by(self, step: Step) -> str:
        """What must be done before a step can be opened; empty when it can."""
        for needed in NEEDS[step]:
            state = self.session.state(needed)
            if state is None or not state.may_go_on:
                return self.tr("First finish “{0}”").format(self.steps[needed].title)
        return ""

    def status(self, step: Step) -> str:
        """How the strip shows a step: todo, done, warning, problem, skipped or blocked."""
        state = self.session.state(step)
        if state is None:
            return "todo"
        if state.skipped:
            return "skipped"
        if state.status is Status.PROBLEM:
            return "problem"
        if state.stale:
            return "warning"
        if state.status is Status.DONE:
            return "done"
        if self.blocked_by(step):
            return "blocked"
        return "warning" if state.may_go_on else "todo"

    def guidance(self) -> Guidance:
        """Of the step shown."""
        return self.presenter.guidance() if self.presenter is not None else Guidance("")

    @property
    def may_skip(self) -> bool:
        """Whether the step shown can be left out."""
        state = None if self.current is None else self.session.state(self.current)
        return state is not None and state.can_skip and not state.skipped

    def go(self, step: Step) -> bool:
        """Show a step; False where it cannot be opened yet."""
        if self.blocked_by(step):
            return False
        self._go_when_known = None
        if self.presenter is not None:
            self.presenter.leave()
        self.current = step
        self.steps[step].enter()
        self.moved.emit()
        self.changed.emit()
        return True

    def back(self) -> None:
        """The step before."""
        order = list(self.steps)
        if self.current is not None and order.index(self.current) > 0:
            self.go(order[order.index(self.current) - 1])

    def next(self) -> None:
        """The step after, where this one lets one go on; after the last, out of the wizard."""
        order = list(self.steps)
        if self.current is None or self.guidance().blocked:
            return
        at = order.index(self.current)
        if at + 1 < len(order):
            self.go(order[at + 1])
        else:
            self.left.emit(self.session.folder)

    def skip(self) -> None:
        """Leave the step out and go on."""
        if self.current is None or not self.may_skip:
            return
        order = list(self.steps)
        step = self.current
        self.steps[step].skip()
        self._go_when_known = order[min(order.index(step) + 1, len(order) - 1)]

    def close(self) -> None:
        """Stop everything; what was done is on disk."""
        if self.presenter is not None:
            self.presenter.leave()
        self.session.close()

    def _on_overview(self) -> None:
        overview = self.session.overview
        if overview is None:
            return
        if self.presenter is None or self.presenter.may_compute():
            # What came before may have changed: every step is brought up to date, in order, whichever is shown.
            for step in self.steps:
                self.session.compute(step)
        if self.current is None:
            first = overview.first_open
            order = list(self.steps)
            # A step that cannot be opened yet waits for one before it.
            at = next((s for s in order[: order.index(first) + 1] if self.blocked_by(s)), first)
            self.go(order[max(0, order.index(at) - 1)] if self.blocked_by(at) else at)
            return
        wanted = self._go_when_known
        # A look that began before the skip was written does not know of it yet: the next one does.
        if wanted is not None and self.go(wanted):
            return
        self.changed.emit()
