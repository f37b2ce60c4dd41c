"""The lying chessboard: photographed by both cameras, its axes drawn, its origin corrected by a click."""

from typing import Any

import numpy as np

from gazeclass.calibration.detection import Detection, detect
from gazeclass.calibration.lying import LyingOverlay, clicked_half_turn, overlays
from gazeclass.calibration.picture_folder import LYING
from gazeclass.calibration.steps import Status, Step
from gazeclass.desktop.wizard.feed import Preview, reduced
from gazeclass.desktop.wizard.session import Session
from gazeclass.desktop.wizard.sources import AUXILIARY, Shot, read_colour
from gazeclass.desktop.wizard.step import Guidance, Notice, StepPresenter
from gazeclass.errors import InputError

#: The part of a picture that is shown is so many times as large as the board and its axes.
AROUND = 2.0

Found = tuple[Detection | None, Detection | None]


class AuxiliaryPresenter(StepPresenter):
    """Shows the cameras until both pictures are taken, then the pictures with the axes in them."""

    step = Step.AUXILIARY

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.live = False
        self.found: Found = (None, None)
        self.kept: tuple[Preview | None, Preview | None] = (None, None)
        self._hint = ""
        self._frames: tuple[LyingOverlay, LyingOverlay] | None = None
        session.feed.pictured.connect(self._on_pictured)
        session.feed.looked.connect(self._on_looked)
        session.feed.failed.connect(self._on_lost)
        session.worker.done.connect(self._on_job)
        session.worker.failed.connect(self._on_job_failed)

    @property
    def title(self) -> str:
        """What the strip calls it."""
        return self.tr("Floor")

    @property
    def taken(self) -> bool:
        """Whether both pictures are on disk."""
        return all(self.session.project.pictures(LYING, c) for c in (0, 1))

    @property
    def previews(self) -> tuple[Preview | None, Preview | None]:
        """What is shown: the cameras, or the pictures that were taken."""
        return self.session.feed.previews if self.live else self.kept

    @property
    def may_take(self) -> bool:
        """Whether there are two pictures to take."""
        shot = self.session.feed.shot
        return self.live and shot is not None and all(image is not None for image in shot.images)

    def enter(self) -> None:
        """Show the pictures taken, or the cameras."""
        super().enter()
        self._hint = ""
        if self.session.source is None:
            self.session.reopen()
        if self.taken:
            self._load()
        elif not self.session.opening:
            self.look()
        self.changed.emit()

    def leave(self) -> None:
        """Stop the cameras."""
        self.session.feed.stop()
        self.live = False
        super().leave()

    def look(self) -> None:
        """Show the cameras, and search the board in both pictures."""
        target = self.session.target()

        def search(shot: Shot) -> Found:
            first, second = (None if image is None else detect(target, image) for image in shot.images)
            return first, second

        self.fine()
        self._hint = ""
        self.found = (None, None)
        self.live = self.session.play(AUXILIARY, search)
        if not self.live:
            self.fail(_no_cameras())
        self.changed.emit()

    def take(self) -> None:
        """Keep both pictures as they are now."""
        shot = self.session.feed.shot
        if shot is None or not self.may_take:
            return
        project = self.session.project
        pictures = tuple(np.asarray(image) for image in shot.images)
        self.session.worker.run("keep lying", lambda: project.add_pair(LYING, (pictures[0], pictures[1])))

    def click(self, camera: int, x_px: float, y_px: float) -> None:
        """Somebody showed where the origin is: the corner far right of who stands before the blackboard."""
        frame = self.frame(camera)
        if self.live or frame is None:
            return
        turned = bool(self.session.project.notes().half_turn)
        wanted = clicked_half_turn(frame, (x_px, y_px), turned)
        if wanted is None:
            text = self.tr("The origin can only be {0} or {1}: lay the board with its long side along the blackboard.")
            self._hint = text.format(frame.origin, frame.other_origin)
            self.changed.emit()
            return
        self._hint = ""
        try:
            self.session.project.change(half_turn=wanted)
        except InputError as error:
            self.fail(error)
            return
        self.session.refresh()

    def frame(self, camera: int) -> LyingOverlay | None:
        """The axes in a camera's picture; None while they are not known."""
        return None if self.live or self._frames is None else self._frames[camera]

    def instruction(self) -> str:
        """What to do now."""
        state = self.state
        if self.session.opening:
            return self.tr("Opening the cameras …")
        if self.live:
            both = all(d is not None for d in self.found)
            if both:
                return self.tr("Both cameras see the chessboard. Is it level? Then take both pictures.")
            return self.tr("Lay the chessboard flat and level in front of the board, where both cameras see all of it.")
        if state is not None and state.status is Status.DONE:
            return self.tr("Do the green arrows point to the blackboard, the blue ones up? Then go on.")
        return ""

    def notices(self) -> tuple[Notice, ...]:
        """Which camera does not see the board; what a click cannot do."""
        if self._hint:
            return (Notice(self._hint),)
        if not self.live or self.session.feed.shot is None:
            return ()
        blind = [self.session.camera_name(c) for c in (0, 1) if self.found[c] is None]
        if len(blind) == 1:
            return (Notice(self.tr("The {0} does not see the whole chessboard.").format(blind[0])),)
        return ()

    def guidance(self) -> Guidance:
        """As the disk tells; while the cameras are shown nothing of older pictures."""
        said = super().guidance()
        if self.live and self.taken:
            return Guidance(
                said.sentence, (), self.error_notices() + self.notices(), self.tr("Take both pictures first")
            )
        return said

    def _load(self) -> None:
        """Read the pictures taken, and where the axes lie in them; show the part around the board."""
        project, overview = self.session.project, self.session.overview
        figures = None if overview is None else overview.figures
        target = self.session.target()

        def load() -> tuple[tuple[Preview, Preview], tuple[LyingOverlay, LyingOverlay] | None]:
            frames = None
            if figures is not None and figures.pair is not None and figures.lying is not None:
                good = figures.pair.failure is None and figures.lying.failure is None
                if good and figures.pair.R_10 and figures.lying.R_AC:
                    frames = overlays(target, figures.pair.rig(), figures.lying.T_AC())
            pictures = [read_colour(next(iter(project.pictures(LYING, c).values()))) for c in (0, 1)]
            parts = [None if frames is None else part_around(frames[c], pictures[c]) for c in (0, 1)]
            return (reduced(pictures[0], parts[0]), reduced(pictures[1], parts[1])), frames

        if self.taken:
            self.session.worker.run("load lying", load)

    def _on_overview(self) -> None:
        super()._on_overview()
        if self.shown and not self.live:
            self._load()

    def _on_pictured(self) -> None:
        if self.shown and self.live:
            self.changed.emit()

    def _on_looked(self, found: Any, shot: Shot) -> None:
        if self.shown and self.live:
            self.found = found
            self.changed.emit()

    def _on_job(self, name: str, result: Any) -> None:
        if name == "open" and self.shown and not self.taken:
            self.look()
        elif name == "load lying":
            self.kept, self._frames = result
            self.changed.emit()
        elif name == "keep lying":
            self.session.feed.stop()
            self.live = False
            self.fine()
            self._load()
            self.changed.emit()

    def _on_job_failed(self, name: str, error: Exception) -> None:
        if name in ("keep lying", "load lying") and self.shown:
            self.fail(error)

    def _on_lost(self, error: Exception) -> None:
        if self.shown:
            self.fail(error)


def part_around(frame: LyingOverlay, picture: np.ndarray) -> tuple[int, int, int, int]:
    """The part of a picture, of its own shape, that shows the lying board and its axes well."""
    height, width = picture.shape[:2]
    points = np.concatenate([*frame.axes_px.values(), *(p[None] for p in frame.corners_px.values())])
    low, high = points.min(axis=0), points.max(axis=0)
    middle = (low + high) / 2
    share = float(np.clip(max((high - low) / [width, height]) * AROUND, 0.1, 1.0))
    w, h = int(share * width), int(share * height)
    x, y = int(np.clip(middle[0] - w / 2, 0, width - w)), int(np.clip(middle[1] - h / 2, 0, height - h))
    return x, y, w, h


def _no_cameras() -> InputError:
    return InputError("no cameras are open", todo="Choose them in the step Cameras.")
