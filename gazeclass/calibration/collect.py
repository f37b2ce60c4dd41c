"""Collect views of the target from live pictures: decide by itself when one is worth keeping, and keep it on disk.

``feed`` is called for every picture in the thread that reads the camera (some 20 ms each); it never computes a lens.
A view is kept as full-size PNG with the corners of the reduced picture; :func:`refine` then searches it properly, in a
worker, and throws it away where that finds nothing.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from gazeclass.calibration.detection import Detection
from gazeclass.calibration.live import LiveBoard, LiveSearch
from gazeclass.calibration.picture_folder import LENS, PAIR
from gazeclass.calibration.project import Project
from gazeclass.calibration.quality import coverage
from gazeclass.calibration.step_facts import part_views
from gazeclass.calibration.target import Target
from gazeclass.calibration.variety import Variety, twin, variety
from gazeclass.calibration.views import search_pictures
from gazeclass.geometry.camera import CameraModel
from gazeclass.progress import SILENT, Progress

#: No more views than this are kept of themselves.
MAX_VIEWS = 40
#: Pictures of a pair taken further apart than this are not the same moment while the board moves.
MAX_SKEW_S = 0.05
#: After a view was kept, none is kept for so long: time to hear the click and move on.
PAUSE_S = 1.0


class Verdict(Enum):
    """What the collector thinks of the present picture; the value is the sentence to show."""

    NOT_SEEN = "The board is not seen: all of its squares must be in the picture."
    ONE_CAMERA = "Only one camera sees the board."
    MOVING = "Hold it still."
    BLURRED = "The board is blurred: hold it still, nearer, or correct the focus."
    DUPLICATE = "There is a view like this already: move or tilt the board."
    SKEWED = "The two pictures were not taken at the same moment."
    PAUSE = "Kept. Move the board."
    KEPT = "Kept."
    ENOUGH = "Enough views."


@dataclass(frozen=True, eq=False)
class Look:
    """What one picture, or one pair of them, showed.

    Attributes:
        boards: per camera, None where the board is not seen; one entry in a collection of one camera.
        verdict: what is to be said.
        kept: name of the view that was kept just now, else empty.
        like: name of the kept view that this one repeats, else empty.
    """

    boards: tuple[LiveBoard | None, ...]
    verdict: Verdict
    kept: str = ""
    like: str = ""


class LensCollector:
    """Views of one camera for its lens.

    Args:
        project: where they are kept; those that lie there already count.
        camera: 0 or 1.
        target: the board.
        stills: the source shows single pictures, not a stream.
        automatic: keep views without being asked.
    """

    def __init__(
        self, project: Project, camera: int, target: Target, *, stills: bool = False, automatic: bool = True
    ) -> None:
        self.automatic = automatic
        self._project, self._camera, self._target, self._stills = project, camera, target, stills
        self._search = LiveSearch(target, stills=stills)
        self._kept: dict[str, Detection] = {}
        self._kept_at_s = -np.inf
        self.reload()

    @property
    def kept(self) -> dict[str, Detection]:
        """The views kept so far, by name."""
        return dict(self._kept)

    def reload(self) -> None:
        """Take the views from the disk again, after one was dropped, brought back or refined."""
        found = part_views(self._project, self._target, LENS, self._camera)
        waiting = {name: self._kept[name] for name in found.unsearched if name in self._kept}
        self._kept = found.found | waiting

    def variety(self, camera: CameraModel | None = None) -> Variety:
        """What the kept views cover, and what is missing."""
        return variety(self._target, list(self._kept.values()), camera)

    def feed(self, t_s: float, picture: np.ndarray, *, force: bool = False) -> Look:
        """Look at one picture and keep it if it is worth it.

        Args:
            t_s: its time, on one clock.
            picture: BGR or grey, full size.
            force: keep it if the board is seen at all (the user pressed the key).

        Raises:
            InputError: the view cannot be written; nothing of the collection is lost.
        """
        board = self._search.feed(t_s, picture)
        if board is None:
            return Look((None,), Verdict.NOT_SEEN)
        like = twin(board.detection, self._kept) or ""
        verdict = _judge((board,), like, t_s - self._kept_at_s, len(self._kept), self._stills)
        if not force and not (self.automatic and verdict is Verdict.KEPT):
            return Look((board,), verdict, like=like)
        name = self._project.next_name(LENS)
        self._project.add_view(LENS, self._camera, picture, name)
        self._kept[name] = board.detection
        self._kept_at_s = t_s
        return Look((board,), Verdict.KEPT, kept=name)


class PairCollector:
    """Views of both cameras at the same moments."""

    def __init__(self, project: Project, target: Target, *, stills: bool = False, automatic: bool = True) -> None:
        self.automatic = automatic
        self._project, self._target, self._stills = project, target, stills
        self._searches = (LiveSearch(target, stills=stills), LiveSearch(target, stills=stills))
        self._kept: dict[str, tuple[Detection, Detection]] = {}
        self._kept_at_s = -np.inf
        self.reload()

    @property
    def kept(self) -> dict[str, tuple[Detection, Detection]]:
        """The common views kept so far, by name."""
        return dict(self._kept)

    def reload(self) -> None:
        """Take the views from the disk again."""
        parts = [part_views(self._project, self._target, PAIR, c) for c in (0, 1)]
        common = {n: (parts[0].found[n], parts[1].found[n]) for n in parts[0].found if n in parts[1].found}
        unsearched = {*parts[0].unsearched, *parts[1].unsearched}
        self._kept = common | {n: pair for n, pair in self._kept.items() if n in unsearched}

    def coverage(self) -> tuple[np.ndarray, np.ndarray]:
        """Where in both pictures the common views lie: two maps ``(5, 5)`` of corner counts."""
        views = list(self._kept.values())
        return coverage([a for a, _ in views]), coverage([b for _, b in views])

    def feed(
        self, t_s: float, pictures: tuple[np.ndarray, np.ndarray], skew_s: float = 0.0, *, force: bool = False
    ) -> Look:
        """Look at both pictures of a moment and keep them if they are worth it, both or neither.

        Args:
            t_s: time of camera 0's picture.
            pictures: of camera 0 and 1, BGR or grey, full size.
            skew_s: how much later camera 1's was taken.
            force: keep them if both see the board.

        Raises:
            InputError: they cannot be written; nothing of the collection is lost.
        """
        boards = (
            self._searches[0].feed(t_s, pictures[0]),
            self._searches[1].feed(t_s + skew_s, pictures[1]),
        )
        first, second = boards
        if first is None or second is None:
            seen = first is not None or second is not None
            return Look(boards, Verdict.ONE_CAMERA if seen else Verdict.NOT_SEEN)
        like = self._twin(first.detection, second.detection)
        verdict = _judge((first, second), like, t_s - self._kept_at_s, len(self._kept), self._stills)
        if abs(skew_s) > MAX_SKEW_S and verdict is Verdict.KEPT:
            verdict = Verdict.SKEWED
        if not force and not (self.automatic and verdict is Verdict.KEPT):
            return Look(boards, verdict, like=like)
        name = self._project.add_pair(PAIR, pictures)
        self._kept[name] = (first.detection, second.detection)
        self._kept_at_s = t_s
        return Look(boards, Verdict.KEPT, kept=name)

    def _twin(self, first: Detection, second: Detection) -> str:
        """A kept pair that shows the same in both pictures."""
        for name, (a, b) in self._kept.items():
            if twin(first, {name: a}) and twin(second, {name: b}):
                return name
        return ""


def _judge(boards: tuple[LiveBoard, ...], like: str, since_kept_s: float, count: int, stills: bool) -> Verdict:
    """KEPT where nothing speaks against it."""
    if 0 <= since_kept_s < PAUSE_S and not stills:
        return Verdict.PAUSE
    if not all(board.still for board in boards):
        return Verdict.MOVING
    if not all(board.sharp for board in boards):
        return Verdict.BLURRED
    if like:
        return Verdict.DUPLICATE
    return Verdict.ENOUGH if count >= MAX_VIEWS else Verdict.KEPT


def refine(project: Project, part: str, name: str, target: Target, progress: Progress = SILENT) -> bool:
    """Search a kept view at full size, for a worker; a view in which nothing is found is dropped.

    Returns:
        Whether the board was found in every picture of that view.

    Raises:
        InputError: a picture cannot be read.
    """
    found = True
    for c in (0, 1):
        path = project.pictures(part, c).get(name)
        if path is not None:
            seen = search_pictures(target, {name: path}, progress, f"{part}/cam{c}/{path.name}", project.memory)
            found &= seen.detections[name] is not None
    if not found:
        project.drop(part, name)
    return found
