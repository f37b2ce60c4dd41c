"""The steps of a wizard in a strip: which there are, how each stands, where one is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from gazeclass.desktop.icons import set_icon


class StepState(Enum):
    """How a step stands. Each has a shape of its own."""

    TODO = "todo"
    DONE = "done"
    WARNING = "warning"
    PROBLEM = "problem"
    SKIPPED = "skipped"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Step:
    """One step: a key for the program, a short label for the user."""

    key: str
    label: str


_ICONS = {
    StepState.TODO: "circle-outline",
    StepState.DONE: "check-circle",
    StepState.WARNING: "alert",
    StepState.PROBLEM: "alert-octagon",
    StepState.SKIPPED: "skip-next-circle-outline",
    StepState.BLOCKED: "lock-outline",
}


class StepStrip(QWidget):
    """Steps from left to right; a click or Enter goes to one, arrow keys move along.

    Signals:
        chosen: the key of the step the user wants. The strip does not move by itself: call :meth:`set_current`.
    """

    chosen = Signal(str)

    def __init__(self, steps: Sequence[Step] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self._group = QButtonGroup(self, exclusive=True)
        self._steps: tuple[Step, ...] = ()
        self._states: dict[str, StepState] = {}
        self.buttons: dict[str, QToolButton] = {}
        self.current = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Steps"))
        self.set_steps(steps)

    def set_steps(self, steps: Sequence[Step]) -> None:
        """Replace all steps; every one begins as TODO."""
        for old in self.buttons.values():
            self._group.removeButton(old)
            self._layout.removeWidget(old)
            old.deleteLater()
        self._steps = tuple(steps)
        self.buttons = {}
        for number, step in enumerate(self._steps, start=1):
            made = QToolButton()
            made.setText(f"{number} {step.label}")
            made.setCheckable(True)
            made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            made.setProperty("role", "step")
            made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            made.clicked.connect(lambda _=False, key=step.key: self._on_clicked(key))
            self._group.addButton(made)
            self._layout.addWidget(made)
            self.buttons[step.key] = made
        self.set_states(dict.fromkeys(self.buttons, StepState.TODO))

    def set_states(self, states: Mapping[str, StepState], reasons: Mapping[str, str] | None = None) -> None:
        """How the steps stand.

        Args:
            states: by key; steps left out keep theirs.
            reasons: shown as tooltips ("needs the Pair step first").
        """
        words = {
            StepState.TODO: self.tr("to do"),
            StepState.DONE: self.tr("done"),
            StepState.WARNING: self.tr("done, with a warning"),
            StepState.PROBLEM: self.tr("needs to be done again"),
            StepState.SKIPPED: self.tr("skipped"),
            StepState.BLOCKED: self.tr("not yet possible"),
        }
        for step in self._steps:
            state = states.get(step.key, self._states.get(step.key, StepState.TODO))
            self._states[step.key] = state
            made = self.buttons[step.key]
            set_icon(made, _ICONS[state], 18)
            made.setEnabled(state is not StepState.BLOCKED)
            reason = (reasons or {}).get(step.key, "")
            said = f"{step.label}: {words[state]}"
            made.setToolTip(f"{said}. {reason}" if reason else said)
            made.setAccessibleName(said)
            made.setAccessibleDescription(reason)

    def state(self, key: str) -> StepState:
        """How a step stands."""
        return self._states[key]

    def set_current(self, key: str) -> None:
        """Mark where one is."""
        self.current = key
        self.buttons[key].setChecked(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right move the focus along the steps that can be gone to."""
        keys = [step.key for step in self._steps if self.buttons[step.key].isEnabled()]
        focused = next((key for key in keys if self.buttons[key].hasFocus()), None)
        direction = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if focused is None or not direction:
            super().keyPressEvent(event)
            return
        at = max(0, min(len(keys) - 1, keys.index(focused) + direction))
        self.buttons[keys[at]].setFocus(Qt.FocusReason.TabFocusReason)

    def _on_clicked(self, key: str) -> None:
        # The click has pressed the button; it stays pressed only when whoever listens agrees.
        if self.current:
            self.buttons[self.current].setChecked(True)
        self.chosen.emit(key)
