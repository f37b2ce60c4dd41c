"""Both cameras as seen: their pictures, the board in both, and a line to believe it by."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QWidget

from gazeclass.desktop.widgets.controls import button
from gazeclass.desktop.widgets.picture_view import Dots, Line, Overlay
from gazeclass.desktop.wizard.capture_controls import CaptureControls
from gazeclass.desktop.wizard.coverage_map import CoverageMap
from gazeclass.desktop.wizard.feed import Preview
from gazeclass.desktop.wizard.length_edit import LengthEdit
from gazeclass.desktop.wizard.lens_view import EMPTY, board_marks, view_marks
from gazeclass.desktop.wizard.pair_presenter import PairPresenter
from gazeclass.desktop.wizard.shortcut import on_key
from gazeclass.desktop.wizard.step_view import StepView
from gazeclass.desktop.wizard.two_pictures import TwoPictures

LINE = "#6fb7ff"


class PairView(StepView):
    """Pictures, shared coverage, baseline, views."""

    presenter: PairPresenter

    def __init__(self, presenter: PairPresenter, parent: QWidget | None = None) -> None:
        super().__init__(presenter, parent)
        self.pictures = TwoPictures()
        self.main.addWidget(self.pictures, 1)
        self.swap = button(self.tr("Exchange left and right"), icon="swap-horizontal", role="primary")
        self.controls.addWidget(self.swap)
        self.map = CoverageMap()
        self.controls.addWidget(self.map)
        form = QFormLayout()
        self.baseline = LengthEdit(self.tr("Tape from lens to lens"))
        form.addRow(self.tr("Lens to lens"), self.baseline)
        self.controls.addLayout(form)
        self.capture = CaptureControls(presenter)
        self.controls.addWidget(self.capture)
        self.swap.clicked.connect(presenter.swap)
        self.baseline.measured.connect(presenter.measure_baseline)
        self.baseline.refused.connect(presenter.fail)
        self.pictures.clicked.connect(presenter.click)
        on_key(self, Qt.Key.Key_Space, presenter.take)
        presenter.pictured.connect(self.show_picture)

    def show_state(self) -> None:
        """The pictures, what the views cover, the views."""
        p = self.presenter
        self.show_picture()
        grids = p.coverage
        self.map.set_coverage(grids if len(grids) == 2 else (EMPTY, EMPTY), None)
        self.baseline.show_length(p.taped_m, p.session.unit)
        self.swap.setVisible(p.seems_swapped)
        self.capture.refresh()

    def show_picture(self) -> None:
        """The cameras, or the view that is looked at."""
        p = self.presenter
        viewed = p.viewed if p.viewing else (None, None)
        shown = [v.preview if v is not None else p.session.feed.previews[c] for c, v in enumerate(viewed)]
        if not p.viewing and not (p.live or p.ended or p.lost):
            shown = [None, None]
        waiting = self.tr("opening the cameras …") if p.session.opening else self.tr("no picture yet")
        captions = [self.tr("view {0}").format(p.viewing) if p.viewing else ""] * 2
        self.pictures.show_pictures(shown, captions, waiting)
        for camera, preview in enumerate(shown):
            self.pictures.set_overlays(camera, [] if preview is None else self._marks(camera, preview))

    def _marks(self, camera: int, preview: Preview) -> list[Overlay]:
        p = self.presenter
        marks: list[Overlay] = []
        seen = p.viewed[camera] if p.viewing else None
        if seen is not None:
            marks = view_marks(seen)
        elif p.live and p.glance is not None:
            marks = board_marks(p.glance.found[camera], p.glance.verdict, preview)
        if p.line is not None and p.line.camera == camera:
            marks.append(Dots(preview.to_shown(p.line.point_px[None]), LINE, 5.0))
        elif p.line is not None:
            marks.append(Line(preview.to_shown(p.line.curve_px), LINE, 2.0))
        return marks
