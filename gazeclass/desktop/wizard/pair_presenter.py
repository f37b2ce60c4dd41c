"""Both cameras together: the board where both see it, their distance against the tape, epipolar lines to believe it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gazeclass.calibration.figures import PairFigures
from gazeclass.calibration.project import PAIR
from gazeclass.calibration.steps import Status, Step
from gazeclass.desktop.wizard.capture_step import CaptureStep, Looker
from gazeclass.desktop.wizard.kept_views import KeptView, ShownView, load_view, worst_first
from gazeclass.desktop.wizard.looking import PairLooker
from gazeclass.desktop.wizard.opening import Asked
from gazeclass.desktop.wizard.sources import PAIR as PAIR_PART
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
        figures = self.figures
        failed = figures is not None and figures.failure is not None and "swapped" in figures.failure.what
        return failed and self.state is not None and self.state.status is Status.PROBLEM

    def source_part(self) -> str:
        """Both pictures of each moment."""
        return PAIR_PART

    def make_looker(self) -> Looker:
        """Keeps views of both cameras."""
        source = self.session.source
        stills = source is not None and source.stills
        return PairLooker(self.session.project, self.session.target(), stills=stills)

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
        self.live, self.looker = False, None
        asked = Asked.of(session.project.notes().cameras)

        def exchange() -> None:
            exchange_cameras(session.project)

        session.worker.run("keep exchanged", exchange)
        if asked is not None:
            session.open(asked.swapped())
        self.changed.emit()

    def instruction(self) -> str:
        """What to do now."""
        state = self.state
        if state is None:
            return ""
        if self.live and state.status is not Status.PROBLEM:
            if state.may_go_on:
                return self.tr("Enough common views. Take some more at other places, or go on.")
            return self.tr(
                "Hold the board among the seats where both cameras see all of it, still for a moment each time."
            )
        if state.status is Status.DONE:
            return self.tr("Click at something in one picture: the line in the other must go through the same thing.")
        return ""


def exchange_cameras(project: Any) -> None:
    """Every picture of the left camera becomes the right one's and the other way round; also what is noted of them.

    Raises:
        InputError: a file cannot be moved; what was moved stays readable.
    """
    from gazeclass.calibration.project import LENS, LYING

    for part in (LENS, PAIR):
        folder = project.part(part)
        left, right, between = folder / "cam0", folder / "cam1", folder / ".exchanging"
        _rename(left, between)
        _rename(right, left)
        _rename(between, right)
    lying = project.part(LYING)
    found = {c: list(project.pictures(LYING, c).values()) for c in (0, 1)}
    for path in found[0]:
        _rename(path, lying / f".exchanging{path.suffix}")
    for path in found[1]:
        _rename(path, lying / f"cam0{path.suffix}")
    for path in found[0]:
        _rename(lying / f".exchanging{path.suffix}", lying / f"cam1{path.suffix}")
    cameras = project.notes().cameras
    if len(cameras) == 2:
        project.change(cameras=(cameras[1], cameras[0]))


def _rename(source: Any, destination: Any) -> None:
    if not source.exists():
        return
    try:
        source.rename(destination)
    except OSError as error:
        raise InputError(f"cannot be renamed ({error.strerror or error})", where=source) from error
