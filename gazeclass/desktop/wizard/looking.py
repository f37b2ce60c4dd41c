"""What the searching thread does with each moment in the steps Lens and Pair: find the board, decide, keep.

Pictures from a folder were chosen by somebody: they are all kept, moved or not, also where the quick search overlooks
the board; the proper search that follows drops those in which there is none.
"""

import threading
from dataclasses import dataclass

import numpy as np

from gazeclass.calibration.collect import LensCollector, Look, PairCollector, Verdict
from gazeclass.calibration.detection import Detection
from gazeclass.calibration.pair_checks import Order, order_of
from gazeclass.calibration.picture_folder import LENS, PAIR
from gazeclass.calibration.project import Project
from gazeclass.calibration.target import Target
from gazeclass.calibration.variety import Variety, usual_camera, variety
from gazeclass.desktop.wizard.sources import Shot
from gazeclass.geometry.camera import CameraModel

#: Chosen pictures have no clock of their own that matters: they are taken to be so far apart.
_CHOSEN_STEP_S = 10.0
#: So many of the latest common views tell which camera is the left one.
_ORDER_VIEWS = 12

Lenses = tuple[CameraModel | None, CameraModel | None]


@dataclass(frozen=True, eq=False)
class Glance:
    """What a moment showed, for the window.

    Attributes:
        found: corners per camera (left, right), None where the board is not seen or the camera not looked at.
        verdict: what is to be said.
        kept: name of the view kept just now, else empty.
        like: name of the kept view that this one repeats, else empty.
        variety: of what was kept so far, per camera looked at.
    """

    found: tuple[Detection | None, Detection | None]
    verdict: Verdict
    kept: str = ""
    like: str = ""
    variety: tuple[Variety, ...] = ()


class _Looker:
    """Wishes of the GUI thread to the searching one."""

    def __init__(self) -> None:
        self._take = threading.Event()
        self._reload = threading.Event()

    def take_next(self) -> None:
        """Keep the next moment in which the board is seen, whatever else is said of it."""
        self._take.set()

    def reload(self) -> None:
        """Views were dropped, brought back or searched: read the disk again before the next moment."""
        self._reload.set()


class LensLooker(_Looker):
    """For one camera's lens."""

    def __init__(self, project: Project, camera: int, target: Target, *, stills: bool) -> None:
        super().__init__()
        self._project, self._camera, self._target = project, camera, target
        self.collector = LensCollector(project, camera, target, stills=stills)
        self.variety = self.collector.variety()

    def __call__(self, shot: Shot) -> Glance | None:
        """Look at a moment; None where this camera gave no picture."""
        picture = shot.images[self._camera]
        if picture is None:
            return None
        if self._reload.is_set():
            self._reload.clear()
            self.collector.reload()
            self.variety = self.collector.variety()
        if shot.chosen:
            self.collector.automatic = False
        look = self.collector.feed(_time(shot), picture, force=self._take.is_set() and not shot.chosen)
        board = look.boards[0]
        detection = None if board is None else board.detection
        if shot.chosen and shot.name not in self._project.pictures(LENS, self._camera):
            self._project.add_view(LENS, self._camera, np.asarray(picture), shot.name)
            look = Look(look.boards, Verdict.KEPT if board is not None else look.verdict, kept=shot.name)
            self.reload()
        if look.kept:
            self._take.clear()
            self.variety = self.collector.variety()
        found = (detection, None) if self._camera == 0 else (None, detection)
        return Glance(found, look.verdict, look.kept, look.like, (self.variety,))


class PairLooker(_Looker):
    """For both cameras together.

    Attributes:
        order: which camera the views kept show on the left, known before the pair is computed.
    """

    def __init__(self, project: Project, target: Target, *, stills: bool, lenses: Lenses = (None, None)) -> None:
        super().__init__()
        self._project, self._target, self._lenses = project, target, lenses
        self.order = Order.UNKNOWN
        self.collector = PairCollector(project, target, stills=stills)
        self.variety = self._varieties()

    def __call__(self, shot: Shot) -> Glance | None:
        """Look at a moment; None where a camera gave no picture."""
        first, second = shot.images
        if first is None or second is None:
            return None
        if self._reload.is_set():
            self._reload.clear()
            self.collector.reload()
            self.variety = self._varieties()
        if shot.chosen:
            self.collector.automatic = False
        force = self._take.is_set() and not shot.chosen
        look = self.collector.feed(_time(shot), (first, second), shot.skew_s, force=force)
        found = tuple(None if board is None else board.detection for board in look.boards)
        if shot.chosen and shot.name not in self._project.pairs():
            self._project.add_pair(PAIR, (np.asarray(first), np.asarray(second)), shot.name)
            both = all(board is not None for board in look.boards)
            look = Look(look.boards, Verdict.KEPT if both else look.verdict, kept=shot.name)
            self.reload()
        if look.kept:
            self._take.clear()
            self.variety = self._varieties()
            self.order = self._order()
        return Glance((found[0], found[1]), look.verdict, look.kept, look.like, self.variety)

    def _varieties(self) -> tuple[Variety, Variety]:
        views = list(self.collector.kept.values())
        return variety(self._target, [a for a, _ in views]), variety(self._target, [b for _, b in views])

    def _order(self) -> Order:
        views = dict(list(self.collector.kept.items())[-_ORDER_VIEWS:])
        if not views:
            return Order.UNKNOWN
        pair = next(iter(views.values()))
        first, second = (lens or usual_camera(d.size_px) for lens, d in zip(self._lenses, pair, strict=True))
        return order_of(self._target, (first, second), views)


def _time(shot: Shot) -> float:
    return shot.t_s * _CHOSEN_STEP_S if shot.chosen else shot.t_s
