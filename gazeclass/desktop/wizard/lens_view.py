"""One camera's lens as seen: the camera's picture with the corners found, and what the views cover."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from gazeclass.calibration.collect import Verdict
from gazeclass.calibration.detection import Detection
from gazeclass.calibration.variety import TILTS
from gazeclass.desktop.widgets.picture_view import Dots, Line, Overlay, PictureView
from gazeclass.desktop.wizard.capture_controls import CaptureControls
from gazeclass.desktop.wizard.coverage_map import CoverageMap
from gazeclass.desktop.wizard.feed import Preview
from gazeclass.desktop.wizard.kept_views import ShownView
from gazeclass.desktop.wizard.lens_presenter import LensPresenter
from gazeclass.desktop.wizard.shortcut import on_key
from gazeclass.desktop.wizard.step_view import StepView

SEEN, GOOD, BAD = "#ffd54a", "#58d68d", "#ff6b5e"
#: Residuals are drawn so many times larger than they are.
MAGNIFIED = 30.0
EMPTY = tuple((0,) * 5 for _ in range(5))


class LensView(StepView):
    """Picture, coverage, views."""

    presenter: LensPresenter

    def __init__(self, presenter: LensPresenter, parent: QWidget | None = None) -> None:
        super().__init__(presenter, parent)
        self.picture = PictureView(presenter.title)
        self.main.addWidget(self.picture, 1)
        self.map = CoverageMap()
        self.controls.addWidget(self.map)
        self.capture = CaptureControls(presenter)
        self.controls.addWidget(self.capture)
        on_key(self, Qt.Key.Key_Space, presenter.take)
        presenter.pictured.connect(self.show_picture)

    def show_state(self) -> None:
        """The picture, what the views cover, the views."""
        p = self.presenter
        self.show_picture()
        preview = p.session.feed.previews[p.camera]
        aspect = 16 / 9 if preview is None else preview.size_px[0] / preview.size_px[1]
        variety = p.variety
        missing = set(TILTS) if variety is None else set(variety.missing_tilts)
        self.map.set_coverage((p.coverage or EMPTY,), frozenset(set(TILTS) - missing), aspect)
        self.capture.refresh()

    def show_picture(self) -> None:
        """The camera, or the view that is looked at."""
        p = self.presenter
        viewed = p.viewed[p.camera]
        preview = viewed.preview if viewed is not None else p.session.feed.previews[p.camera]
        if viewed is None and not (p.live or p.ended or p.lost):
            preview = None
        self.picture.set_picture(None if preview is None else preview.image)
        waiting = self.tr("opening the cameras …") if p.session.opening else self.tr("no picture yet")
        self.picture.set_message("" if preview is not None else waiting)
        marks: list[Overlay] = []
        if viewed is not None:
            marks = view_marks(viewed)
        elif p.live and p.glance is not None and preview is not None:
            marks = board_marks(p.glance.found[p.camera], p.glance.verdict, preview)
        self.picture.set_overlays(marks)
        self.picture.set_caption(self._caption(viewed))

    def _caption(self, viewed: ShownView | None) -> str:
        p = self.presenter
        name = p.session.camera_name(p.camera)
        if viewed is not None:
            return self.tr("{0} · view {1} · errors drawn {2:.0f} times larger").format(name, viewed.name, MAGNIFIED)
        figures = p.figures
        state = p.state
        stale = figures is None or state is None or figures.key != state.key
        if stale or figures is None or figures.failure is not None or not figures.rms_px:
            return name
        return self.tr("{0} · lens known to {1:.2f} px").format(name, figures.rms_px)

    def first_focus(self) -> QWidget | None:
        """So that Space takes a view at once."""
        return self.picture if self.presenter.live else None


def board_marks(detection: Detection | None, verdict: Verdict, preview: Preview) -> list[Overlay]:
    """The corners as found: green when the view was kept, yellow else."""
    if detection is None:
        return []
    colour = GOOD if verdict is Verdict.KEPT else SEEN
    return [Dots(preview.to_shown(detection.corners_px), colour, 3.0)]


def view_marks(view: ShownView) -> list[Overlay]:
    """Corners, and from each a line to where the lens puts it, magnified."""
    marks: list[Overlay] = [Dots(view.preview.to_shown(view.corners_px), SEEN, 2.5)]
    for corner, off in zip(view.corners_px, view.off_px, strict=True):
        if np.isfinite(off).all():
            marks.append(Line(view.preview.to_shown(np.stack([corner, corner + MAGNIFIED * off])), BAD, 1.5))
    return marks
