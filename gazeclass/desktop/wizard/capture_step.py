"""What the steps Lens and Pair share: play the cameras, keep views by themselves, list them, drop and bring back."""

from typing import Any

from PySide6.QtCore import Signal

from gazeclass.calibration.collect import Verdict, refine
from gazeclass.desktop.wizard.kept_views import KeptView, ShownView
from gazeclass.desktop.wizard.looking import Glance, LensLooker, PairLooker
from gazeclass.desktop.wizard.session import Session
from gazeclass.desktop.wizard.sources import Shot
from gazeclass.desktop.wizard.step import Notice, StepPresenter
from gazeclass.errors import InputError

Looker = LensLooker | PairLooker

#: What of the collector's verdicts is worth saying out loud in the window.
_SPOKEN = {Verdict.NOT_SEEN, Verdict.ONE_CAMERA, Verdict.MOVING, Verdict.BLURRED, Verdict.DUPLICATE, Verdict.SKEWED}


class CaptureStep(StepPresenter):
    """Views of the board from the cameras.

    Signals:
        kept: a view was kept: a sound, a flash.
        pictured: only the picture is new; what the disk tells need not be looked at again.
    """

    part: str
    kept = Signal(str)
    pictured = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.live = False
        self.ended = False
        self.lost = False
        self.glance: Glance | None = None
        self.viewed: tuple[ShownView | None, ShownView | None] = (None, None)
        self.looker: Looker | None = None
        self._automatic = True
        self._viewing = ""
        feed = session.feed
        feed.pictured.connect(self._on_pictured)
        feed.looked.connect(self._on_looked)
        feed.ended.connect(self._on_ended)
        feed.failed.connect(self._on_lost)
        session.worker.done.connect(self._on_job)
        session.worker.failed.connect(self._on_job_failed)

    # --- for sub-classes --------------------------------------------------------------------------------------------
    def source_part(self) -> str:
        """Which part of the source is played."""
        raise AttributeError("no part")

    def make_looker(self) -> Looker:
        """What searches the pictures."""
        raise AttributeError("no looker")

    def views(self) -> tuple[KeptView, ...]:
        """The views kept, worst first."""
        return ()

    def load(self, name: str) -> tuple[ShownView | None, ShownView | None]:
        """A kept view's pictures, in the worker."""
        return (None, None)

    def drop_camera(self) -> int | None:
        """Whose picture is dropped; None for both."""
        return None

    # --- what the view asks for -------------------------------------------------------------------------------------
    @property
    def automatic(self) -> bool:
        """Whether views are kept by themselves."""
        return self._automatic

    def set_automatic(self, automatic: bool) -> None:
        """Keep views by themselves, or only when asked."""
        self._automatic = automatic
        if self.looker is not None:
            self.looker.collector.automatic = automatic
        self.changed.emit()

    def enter(self) -> None:
        """Play the cameras, unless files gave their views already."""
        super().enter()
        source = self.session.source
        if source is None:
            self.session.reopen()
        self._begin()
        self.changed.emit()

    def _begin(self) -> None:
        """Play the cameras; files that gave their views already are not played again unasked."""
        source = self.session.source
        if source is not None and source.waits and self.views():
            self.ended = True
            try:
                self.looker = self.make_looker()  # for what the views cover
            except InputError as error:
                self.fail(error)
            self.show_view(self.views()[0].name)
        else:
            self.look()

    def leave(self) -> None:
        """Stop the cameras."""
        self.session.feed.stop()
        self.live, self.looker = False, None
        super().leave()

    def look(self) -> None:
        """Play the cameras (again)."""
        source = self.session.source
        if source is None:
            return
        self.fine()
        self.lost = self.ended = False
        self.show_view("")
        self.glance = None
        try:
            self.looker = self.make_looker()
        except InputError as error:
            self.fail(error)
            return
        # A recording goes by: nobody can be quick enough to choose from it.
        self.looker.collector.automatic = self._automatic or source.stills
        self.live = self.session.play(self.source_part(), self.looker)
        self.changed.emit()

    def may_compute(self) -> bool:
        """Files are played quickly: compute when they have ended, not after each view."""
        source = self.session.source
        return not (self.live and source is not None and source.stills)

    def through_files(self) -> str:
        """What happens while files are played, in which nobody can be asked to hold anything; empty for cameras."""
        source = self.session.source
        if not self.live or source is None or not source.stills:
            return ""
        return self.tr("Looking through the files for views of the board …")

    def take(self) -> None:
        """Keep the present view, whatever the program thinks of it."""
        if self.looker is not None:
            self.looker.take_next()

    def show_view(self, name: str) -> None:
        """Look at a kept view; empty: back to the cameras."""
        self._viewing = name
        if not name:
            self.viewed = (None, None)
            self.changed.emit()
        else:
            self.session.worker.run("view", lambda: (name, self.load(name)))

    @property
    def viewing(self) -> str:
        """Name of the kept view that is looked at."""
        return self._viewing

    def drop(self, name: str) -> None:
        """Leave a view out."""
        self._change(lambda: self.session.project.drop(self.part, name, self.drop_camera()))

    def undo_drop(self) -> None:
        """Bring the view back that was dropped last."""
        last = self.last_dropped()
        if last is not None:
            camera, name = last
            both = self.drop_camera() is None
            self._change(lambda: self.session.project.undo_drop(self.part, name, None if both else camera))

    def last_dropped(self) -> tuple[int, str] | None:
        """Camera and name of the view dropped last."""
        mine = self.drop_camera()
        dropped = [d for d in self.session.project.dropped(self.part) if mine is None or d[0] == mine]
        return dropped[-1] if dropped else None

    def start_again(self) -> None:
        """Drop all views of this step and play the cameras."""
        self._change(lambda: self.session.project.clear(self.part, self.drop_camera()))
        self.look()

    def notices(self) -> tuple[Notice, ...]:
        """What the program thinks of the present picture."""
        if self.lost:
            return ()
        if self.session.source is None and not self.session.opening:
            return (Notice(self.tr("No cameras are open: choose them in the step Cameras."), "danger"),)
        glance = self.glance
        if not self.live or glance is None or self._viewing or glance.verdict not in _SPOKEN:
            return ()
        return (Notice(self.tr(glance.verdict.value)),)

    def _change(self, change: Any) -> None:
        try:
            change()
        except InputError as error:
            self.fail(error)
            return
        self.show_view("")
        if self.looker is not None:
            self.looker.reload()
        self.session.refresh()

    def _on_pictured(self) -> None:
        if self.shown and self.live and not self._viewing:
            self.pictured.emit()

    def _on_looked(self, glance: Any, shot: Shot) -> None:
        if not (self.shown and self.live) or glance is None:
            return
        self.glance = glance
        if glance.kept:
            self.fine()
            self.kept.emit(glance.kept)
            self._refine(glance.kept)
        self.changed.emit()

    def _refine(self, name: str) -> None:
        session, part = self.session, self.part
        target = session.target()
        session.worker.run(f"refine {part} {name}", lambda: refine(session.project, part, name, target))

    def _on_ended(self) -> None:
        if self.shown and self.live:
            self.live, self.ended = False, True
            self.session.refresh()
            self.changed.emit()

    def _on_lost(self, error: Exception) -> None:
        if self.shown and self.live:
            self.live, self.lost = False, True
            self.fail(error)

    def _on_job(self, name: str, result: Any) -> None:
        if name == "view" and self.shown and result[0] == self._viewing:
            self.viewed = result[1]
            self.changed.emit()
        elif name.startswith("refine") and self.shown and self.looker is not None:
            self.looker.reload()
        elif name == "open" and self.shown and not self.live:
            self._begin()
            self.changed.emit()

    def _on_job_failed(self, name: str, error: Exception) -> None:
        if self.shown and (name == "view" or name.startswith(("refine", "open"))):
            self.fail(error)
