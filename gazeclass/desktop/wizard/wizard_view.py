"""The wizard as seen: the strip of steps, the step, and Back, Skip and Next with the reason beside them."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gazeclass.calibration.steps import Step
from gazeclass.desktop.widgets.controls import ElidedLabel, button, label
from gazeclass.desktop.widgets.step_strip import Step as StripStep
from gazeclass.desktop.widgets.step_strip import StepState, StepStrip
from gazeclass.desktop.wizard.shortcut import on_key
from gazeclass.desktop.wizard.step_view import StepView
from gazeclass.desktop.wizard.wizard_presenter import WizardPresenter


class WizardView(QWidget):
    """All steps of one classroom."""

    def __init__(self, presenter: WizardPresenter, views: dict[Step, StepView], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.presenter = presenter
        self.views = views
        self.strip = StepStrip([StripStep(step.value, presenter.steps[step].title) for step in views])
        self.stack = QStackedWidget()
        for view in views.values():
            self.stack.addWidget(view)
        self.back = button(self.tr("Back"), icon="arrow-left")
        self.skip = button(self.tr("Skip"), icon="skip-next")
        self.next = button(self.tr("Next"), icon="arrow-right", role="primary")
        self.reason = ElidedLabel()
        self.reason.setProperty("role", "muted")
        self.reason.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.busy = label(self.tr("Computing …"), role="muted")
        bottom = QHBoxLayout()
        bottom.setSpacing(12)
        bottom.addWidget(self.back)
        bottom.addWidget(self.busy)
        bottom.addWidget(self.reason, 1)
        bottom.addWidget(self.skip)
        bottom.addWidget(self.next)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 12)
        layout.setSpacing(12)
        layout.addWidget(self.strip)
        layout.addWidget(self.stack, 1)
        layout.addLayout(bottom)
        self.strip.chosen.connect(lambda key: presenter.go(Step(key)))
        self.back.clicked.connect(presenter.back)
        self.skip.clicked.connect(presenter.skip)
        self.next.clicked.connect(presenter.next)
        for keys, action in (("Alt+Left", presenter.back), ("Alt+Right", presenter.next)):
            on_key(self, keys, action)
        self.back.setToolTip(self.tr("Alt+Left"))
        self.next.setToolTip(self.tr("Alt+Right"))
        presenter.left.connect(lambda folder: presenter.session.context.go("classrooms", wizard=None))
        presenter.moved.connect(self._on_moved)
        presenter.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show how everything stands."""
        p = self.presenter
        states = {step.value: StepState(p.status(step)) for step in self.views}
        self.strip.set_states(states, {step.value: p.blocked_by(step) for step in self.views})
        guidance = p.guidance()
        self.next.setEnabled(p.current is not None and not guidance.blocked)
        self.reason.setText(guidance.blocked)
        self.busy.setVisible(guidance.busy)
        last = p.current is Step.SUMMARY
        self.next.setText(self.tr("Finish") if last else self.tr("Next"))
        self.next.setAccessibleName(self.next.text())
        self.skip.setVisible(p.may_skip)
        self.back.setEnabled(p.current is not None and p.current is not next(iter(self.views)))

    def may_close(self) -> bool:
        """Asked before the window closes: everything is on disk already."""
        self.presenter.close()
        return True

    def _on_moved(self) -> None:
        step = self.presenter.current
        if step is None:
            return
        self.strip.set_current(step.value)
        view = self.views[step]
        self.stack.setCurrentWidget(view)
        view.refresh()
        wanted = view.first_focus()
        (wanted or self.next).setFocus(Qt.FocusReason.OtherFocusReason)
