"""One camera's lens: close views of the board in all parts of the picture, tilted to all sides."""

from typing import Any

from gazeclass.calibration.bent import Bow, measure_bow
from gazeclass.calibration.figures import LensFigures
from gazeclass.calibration.picture_folder import LENS
from gazeclass.calibration.step_facts import part_views
from gazeclass.calibration.steps import Status, Step
from gazeclass.calibration.variety import Variety
from gazeclass.desktop.wizard.capture_step import CaptureStep, Looker
from gazeclass.desktop.wizard.kept_views import KeptView, ShownView, load_view, worst_first
from gazeclass.desktop.wizard.looking import LensLooker
from gazeclass.desktop.wizard.session import Session
from gazeclass.desktop.wizard.sources import LENSES
from gazeclass.desktop.wizard.step import Notice


class LensPresenter(CaptureStep):
    """For the left (0) or the right (1) camera."""

    part = LENS

    def __init__(self, session: Session, camera: int) -> None:
        self.camera = camera
        self.step = (Step.LENS0, Step.LENS1)[camera]
        super().__init__(session)
        self.bow: Bow | None = None
        self._bow_key = ""

    @property
    def title(self) -> str:
        """What the strip calls it."""
        return self.tr("Right lens") if self.camera else self.tr("Left lens")

    @property
    def figures(self) -> LensFigures | None:
        """What was computed last, stale or not."""
        overview = self.session.overview
        return None if overview is None else overview.figures.lens[self.camera]

    @property
    def variety(self) -> Variety | None:
        """What the views cover."""
        return self.looker.variety if isinstance(self.looker, LensLooker) else None

    @property
    def coverage(self) -> tuple[tuple[int, ...], ...] | None:
        """Corners in each of 5×5 parts of the picture; None while there are none."""
        if self.variety is not None:
            return tuple(tuple(int(n) for n in row) for row in self.variety.coverage)
        figures = self.figures
        return figures.coverage if figures is not None and figures.coverage else None

    def source_part(self) -> str:
        """This camera's."""
        return LENSES[self.camera]

    def make_looker(self) -> Looker:
        """Keeps views of this camera."""
        source = self.session.source
        stills = source is not None and source.stills
        return LensLooker(self.session.project, self.camera, self.session.target(), stills=stills)

    def views(self) -> tuple[KeptView, ...]:
        """Worst first."""
        names = tuple(self.session.project.pictures(LENS, self.camera))
        figures = self.figures
        if figures is None:
            return worst_first(names, {}, ())
        return worst_first(names, figures.view_rms_px, figures.rejected)

    def load(self, name: str) -> tuple[ShownView | None, ShownView | None]:
        """One picture, in its camera's place."""
        target = self.session.target()
        shown = load_view(self.session.project, LENS, self.camera, name, target, self.figures)
        return (None, shown) if self.camera else (shown, None)

    def drop_camera(self) -> int | None:
        """This camera only."""
        return self.camera

    def notices(self) -> tuple[Notice, ...]:
        """A board that is bent shows as a pattern in the residuals."""
        said = super().notices()
        return (*said, Notice(self.bow.sentence, "danger")) if self.bow is not None and self.bow.bent else said

    def _on_overview(self) -> None:
        super()._on_overview()
        figures, state = self.figures, self.state
        if not self.shown or figures is None or state is None or figures.failure is not None:
            return
        if figures.key == state.key != self._bow_key and figures.matrix:
            self._bow_key = figures.key
            project, target, camera = self.session.project, self.session.target(), self.camera

            def measure() -> Bow | None:
                found = part_views(project, target, LENS, camera).found
                used = {name: d for name, d in found.items() if name not in figures.rejected}
                return measure_bow(target, figures.camera(), used)

            self.session.worker.run(f"bow {camera}", measure)

    def _on_job(self, name: str, result: Any) -> None:
        super()._on_job(name, result)
        if name == f"bow {self.camera}":
            self.bow = result
            self.changed.emit()

    def instruction(self) -> str:
        """What to do next: the collector's most useful wish."""
        state = self.state
        if state is None or not self.live:
            if state is not None and state.status is Status.TODO:
                return self.tr("Hold the board before the {0}.").format(self.session.camera_name(self.camera))
            return ""
        if said := self.through_files():
            return said
        wishes = self.variety.wishes if self.variety is not None and self.variety.views else ()
        if wishes:
            return self.tr(wishes[0])
        if self.variety is not None and self.variety.views and self.variety.enough:
            return self.tr("That is enough: go on, or take some more.")
        return self.tr(
            "Hold the board close before the {0}, so that it fills a third of the picture, and hold it still."
        ).format(self.session.camera_name(self.camera))
