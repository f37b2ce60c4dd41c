"""The lying chessboard as seen by both cameras, with its axes, and the buttons to take the pictures."""

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gazeclass.calibration.lying import LyingOverlay
from gazeclass.desktop.widgets.controls import button, label
from gazeclass.desktop.widgets.picture_view import Dots, Line, Overlay, Text
from gazeclass.desktop.wizard.auxiliary_presenter import AuxiliaryPresenter
from gazeclass.desktop.wizard.feed import Preview
from gazeclass.desktop.wizard.step_view import StepView
from gazeclass.desktop.wizard.two_pictures import TwoPictures

#: Red, green and blue as everywhere for X, Y and Z, light enough to be seen on a floor; each has its letter too.
AXIS_COLOURS = ("#ff6b5e", "#58d68d", "#6fb7ff")
CORNER_COLOUR = "#ffd54a"
#: About how wide a corner's name is, on a picture 600 pixels wide.
NAME_PX = 40


class AuxiliaryView(StepView):
    """Both pictures; take, take again, click the origin."""

    presenter: AuxiliaryPresenter

    def __init__(self, presenter: AuxiliaryPresenter, parent: QWidget | None = None) -> None:
        super().__init__(presenter, parent)
        self.pictures = TwoPictures()
        self.main.addWidget(self.pictures, 1)
        self.take = button(self.tr("Take both pictures"), icon="camera", role="primary")
        self.again = button(self.tr("Take again"), icon="camera-retake-outline")
        row = QHBoxLayout()
        row.addWidget(self.take, 1)
        row.addWidget(self.again)
        self.controls.addLayout(row)
        self.key = label(
            self.tr(
                "X runs along the blackboard, Y (green) towards it, Z (blue) up. If they are the wrong way round, "
                "click the corner that is the origin: nearest the blackboard, at the right of who faces it."
            ),
            role="muted",
            wrap=True,
        )
        self.controls.addWidget(self.key)
        self.take.clicked.connect(presenter.take)
        self.again.clicked.connect(presenter.look)
        self.pictures.clicked.connect(presenter.click)

    def show_state(self) -> None:
        """Show pictures and axes."""
        p = self.presenter
        waiting = self.tr("opening the cameras …") if p.session.opening else self.tr("no picture yet")
        self.pictures.show_pictures(p.previews, message=waiting)
        for camera, preview in enumerate(p.previews):
            marks: list[Overlay] = []
            detection = p.found[camera] if p.live else None
            frame = p.frame(camera)
            if detection is not None and preview is not None:
                marks.append(Dots(preview.to_shown(detection.corners_px), CORNER_COLOUR, 2.5))
            if frame is not None and preview is not None:
                marks += frame_marks(frame, preview)
            self.pictures.set_overlays(camera, marks)
        self.take.setVisible(p.live)
        self.take.setEnabled(p.may_take)
        self.again.setVisible(not p.live)
        self.key.setVisible(not p.live)

    def first_focus(self) -> QWidget | None:
        """The button that takes."""
        return self.take if self.presenter.live else None


def frame_marks(frame: LyingOverlay, preview: Preview) -> list[Overlay]:
    """Axes with letters, and the outer corners' names, in shown pixels."""
    marks: list[Overlay] = []
    corners = {name: preview.to_shown(at) for name, at in frame.corners_px.items()}
    middle = np.mean(list(corners.values()), axis=0)
    for name, at in corners.items():
        marks.append(Dots(at[None], CORNER_COLOUR, 4.0))
        outwards = at - middle
        x = at[0] + (10 if outwards[0] > 0 else -10 - NAME_PX * preview.image.shape[1] / 600)
        marks.append(Text(name, (float(x), float(at[1] + (4 if outwards[1] > 0 else -24))), CORNER_COLOUR))
    for (name, line), colour in zip(frame.axes_px.items(), AXIS_COLOURS, strict=True):
        shown = preview.to_shown(line)
        if len(shown) > 1:
            marks.append(Line(shown, colour, 3.5))
            marks.append(Text(name, (float(shown[-1, 0] + 4), float(shown[-1, 1] - 10)), colour))
    return marks
