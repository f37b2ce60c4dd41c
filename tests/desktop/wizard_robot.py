"""A pair of hands for the wizard's tests: clicks and keys only, waits for conditions, never for a time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from desktop_steps import PATIENT_MS
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QWidget

from gazeclass.calibration.steps import Step
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.widgets.picture_view import PictureView
from gazeclass.desktop.wizard.place import create


class Robot:
    """Opens the wizard on a classroom's folder and works it as a person does."""

    def __init__(self, qtbot: Any, context: AppContext, folder: Path, source: Any = None) -> None:
        self.qtbot = qtbot
        self.view = create(context, folder)
        qtbot.addWidget(self.view)
        self.presenter = self.view.presenter
        self.session = self.presenter.session
        if source is not None:
            self.session.source = source
        self.view.resize(1172, 720)
        self.view.show()
        self.until(lambda: self.presenter.current is not None)

    @property
    def step(self) -> Any:
        """The presenter of the step shown."""
        return self.presenter.presenter

    @property
    def page(self) -> Any:
        """The view of the step shown."""
        return self.view.views[self.presenter.current]

    @property
    def words(self) -> str:
        """Everything that the right side says."""
        g = self.presenter.guidance()
        return " | ".join([g.sentence, *g.missing, *(n.text for n in g.notices), g.blocked])

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for it."""
        try:
            self.qtbot.waitUntil(condition, timeout=PATIENT_MS)
        except self.qtbot.TimeoutError as error:
            raise AssertionError(f"never happened; {self.presenter.current} says: {self.words}") from error

    def idle(self) -> None:
        """Wait until nothing is computed any more."""
        self.until(lambda: not self.session.worker.busy and not self.presenter.guidance().busy)

    def click(self, button: QAbstractButton) -> None:
        """Press a button that can be pressed."""
        assert button.isVisible(), f"'{button.text()}' is not there"
        assert button.isEnabled(), f"'{button.text()}' cannot be pressed: {self.words}"
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def type(self, field: QLineEdit, text: str) -> None:
        """Click into a field, write, press Enter."""
        assert field.isVisible()
        assert field.isEnabled()
        QTest.mouseClick(field, Qt.MouseButton.LeftButton)
        field.selectAll()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return)

    def press(self, widget: QWidget, key: Qt.Key) -> None:
        """Press a key where the keyboard is."""
        widget.setFocus()
        QTest.keyClick(widget, key)

    def click_picture(self, view: PictureView, x_px: float, y_px: float) -> None:
        """Click at a pixel of the picture shown."""
        at = view.to_widget(np.array([[x_px, y_px]]))[0]
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(round(at[0]), round(at[1])))

    def room(self, name: str = "R", width: str = "4.0", height: str = "1.2", edge: str = "") -> None:
        """Fill in the first step."""
        self.type(self.page.name, name)
        self.type(self.page.width_edit, width)
        self.type(self.page.height_edit, height)
        if edge:
            self.type(self.page.edge, edge)

    def next(self, step: Step) -> None:
        """Press Next and arrive at ``step``."""
        self.until(lambda: self.view.next.isEnabled())
        self.click(self.view.next)
        assert self.presenter.current is step, self.words

    def go(self, step: Step) -> None:
        """Press a step in the strip, unless it is shown already."""
        if self.presenter.current is step:
            return
        self.until(lambda: not self.presenter.blocked_by(step))
        self.view.refresh()
        self.click(self.view.strip.buttons[step.value])
        assert self.presenter.current is step

    def close(self) -> None:
        """Close the wizard as the window does, and wait for its threads."""
        assert self.view.may_close()
        assert self.session.feed.wait(PATIENT_MS / 1000)
        # It may be in the middle of a whole calibration, which is not broken off.
        assert self.session.worker.wait(3 * PATIENT_MS / 1000)
