"""Both cameras together: the board where both see it, their distance against the tape, epipolar lines to believe it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gazeclass.calibration.figures import PairFigures
from gazeclass.calibration.pair_checks import Order
from gazeclass.calibration.picture_folder import PAIR
from gazeclass.calibration.steps import Status, Step
from gazeclass.desktop.wizard.capture_step import CaptureStep, Looker
from gazeclass.desktop.wizard.kept_views import KeptView, ShownView, load_view, worst_first
from gazeclass.desktop.wizard.looking import PairLooker
from gazeclass.desktop.wizard.opening import Asked
from gazeclass.desktop.wizard.sources import PAIR as PAIR_PART
from gazeclass.desktop.wizard.step import Notice
from gazeclass.desktop.wizard.words import exchanged
from gazeclass.errors import InputError
from gazeclass.geometry.epipolar import epipolar_curves_px
from gazeclass.geometry.rotation import Array


@dataclass(frozen=True, eq=False)
class EpipolarLine:
    """A point in one picture and where it can be in the other.

    Attributes:
        camera: of the point.
        point_px: ``(2,)``.
        curve_px: ``(n, 2)`` in the other camera's picture; a lens bends it.
    """

    camera: int
    point_px: Array
    curve_px: Array


class PairPresenter(CaptureStep):
    """Both cameras."""

    part = PAIR
    step = Step.PAIR

    def __init__(self, session: Any) -> None:
        super().__init__(session)
        self.line: EpipolarLine | None = None
        self._play_on = False
        self._asked: Asked | None = None

    @property
    def title(self) -> str:
        """What the strip calls it."""
        return self.tr("Pair")

    @property
    def figures(self) -> PairFigures | None:
        """What was computed last."""
        overview = self.session.overview
        return None if overview is None else overview.figures.pair

    @property
    def coverage(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """Where both pictures hold common views."""
        if isinstance(self.looker, PairLooker):
            both = self.looker.variety
            return tuple(tuple(tuple(int(n) for n in row) for row in v.coverage) for v in both)
        figures = self.figures
        if figures is None or figures.failure is not None:
            return ()
        return tuple(lens.coverage for lens in figures.lenses)

    @property
    def taped_m(self) -> float | None:
        """The tape's distance from lens to lens."""
        return self.session.project.notes().baseline_m

    @property
    def seems_swapped(self) -> bool:
        """Whether what is wrong is that left and right are exchanged."""
        return self._computed_swapped or self._seen_swapped

    @property
    def _computed_swapped(self) -> bool:
        figures = self.figures
        failed = figures is not None and figures.failure is not None and "swapped" in figures.failure.what
        return failed and self.state is not None and self.state.status is Status.PROBLEM

    @property
    def _seen_swapped(self) -> bool:
        """The views say so, before anything is computed; once it is, the computation knows better."""
        looker, state = self.looker, self.state
        if not isinstance(looker, PairLooker) or looker.order is not Order.SWAPPED or state is None:
            return False
        return not state.may_go_on and state.status is not Status.PROBLEM and not self.session.project.notes().any_order

    def source_part(self) -> str:
        """Both pictures of each moment."""
        return PAIR_PART

    def make_looker(self) -> Looker:
        """Keeps views of both cameras."""
        source = self.session.source
        stills = source is not None and source.stills
        overview = self.session.overview
        figures = (None, None) if overview is None else overview.figures.lens
        left, right = (f.camera() if f is not None and f.failure is None and f.matrix else None for f in figures)
        return PairLooker(self.session.project, self.session.target(), stills=stills, lenses=(left, right))

    def views(self) -> tuple[KeptView, ...]:
        """Worst first, by the worse of both cameras."""
        names = tuple(self.session.project.pairs())
        figures = self.figures
        if figures is None or figures.failure is not None:
            return worst_first(names, {}, ())
        errors = {name: max(rms) for name, rms in figures.view_rms_px.items()}
        return worst_first(names, errors, figures.rejected)

    def load(self, name: str) -> tuple[ShownView | None, ShownView | None]:
        """Both pictures."""
        project, target, figures = self.session.project, self.session.target(), self.figures
        lenses = figures.lenses if figures is not None and figures.failure is None else (None, None)
        left, right = (load_view(project, PAIR, c, name, target, lenses[c]) for c in (0, 1))
        return left, right

    def show_view(self, name: str) -> None:
        """Another view, without the line drawn into the last."""
        self.line = None
        super().show_view(name)

    def click(self, camera: int, x_px: float, y_px: float) -> None:
        """Draw where the thing clicked at must be in the other picture."""
        figures = self.figures
        if figures is None or figures.failure is not None or not figures.R_10:
            return
        point = np.array([x_px, y_px])
        curve = epipolar_curves_px(figures.rig(), camera, point[None])[0]
        self.line = EpipolarLine(camera, point, curve) if len(curve) > 1 else None
        self.changed.emit()

    def measure_baseline(self, distance_m: float) -> None:
        """The tape from lens to lens."""
        try:
            self.session.project.change(baseline_m=round(distance_m, 4))
        except InputError as error:
            self.fail(error)
            return
        self.fine()
        self.session.refresh()

    def swap(self) -> None:
        """Left and right are the wrong way round: exchange what was taken and the cameras themselves."""
        session = self.session
        session.feed.stop()
        self._play_on = self.live
        self.live, self.looker = False, None
        self._asked = Asked.of(session.project.notes().cameras)

        def exchange() -> None:
            session.feed.wait()  # a view that is just being kept still goes where it was seen
            session.project.exchange_cameras()

        session.worker.run("keep exchanged", exchange)
        self.changed.emit()

    def notices(self) -> tuple[Notice, ...]:
        """That left and right are exchanged, as soon as the views show it."""
        said = super().notices()
        return (Notice(exchanged(), "danger"), *said) if self._seen_swapped else said

    def _begin(self) -> None:
        """After an exchange in the middle of files, their rest is still to be seen."""
        play_on, self._play_on = self._play_on, False
        if play_on:
            self.look()
        else:
            super()._begin()

    def _on_job(self, name: str, result: Any) -> None:
        super()._on_job(name, result)
        if name == "keep exchanged" and self._asked is not None:
            self.session.open(self._asked.swapped())
            self.changed.emit()

    def leave(self) -> None:
        """Stop the cameras."""
        self._play_on = False
        super().leave()

    def instruction(self) -> str:
        """What to do now."""
        state = self.state
        if state is None:
            return ""
        if self.live and state.status is not Status.PROBLEM:
            if said := self.through_files():
                return said
            if state.may_go_on:
                return self.tr("Enough common views. Take some more at other places, or go on.")
            return self.tr(
                "Hold the board among the seats where both cameras see all of it, still for a moment each time."
            )
        if state.status is Status.DONE:
            return self.tr("Click at something in one picture: the line in the other must go through the same thing.")
        return ""
