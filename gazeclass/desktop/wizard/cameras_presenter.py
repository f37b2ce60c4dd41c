"""The second step: which two cameras, what was asked of them and what they give."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QTimer, Signal

from gazeclass.calibration.notes import CameraSpec
from gazeclass.calibration.pair_checks import same_picture, size_sentence
from gazeclass.calibration.steps import Step
from gazeclass.desktop.plugged_in import PluggedIn
from gazeclass.desktop.wizard.measuring import SKEWED_S, SLOW_HZ, SMALL_PX, Measured, Watch, size_text
from gazeclass.desktop.wizard.opening import Asked, plugged_in
from gazeclass.desktop.wizard.session import Session
from gazeclass.desktop.wizard.sources import PREVIEW, Shot, Source
from gazeclass.desktop.wizard.step import Guidance, Notice, StepPresenter
from gazeclass.errors import InputError

_log = logging.getLogger(__name__)
#: Real cameras are watched this long before one goes on.
WATCH_S = 4.0


@dataclass(frozen=True)
class Seen:
    """What one camera is shown with."""

    name: str
    asked: str
    got: str


class CamerasPresenter(StepPresenter):
    """Lists cameras, opens two (or files), watches them and writes what they give to the project.

    Signals:
        devices_changed: the list of cameras is new.
    """

    step = Step.CAMERAS
    devices_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.devices: tuple[PluggedIn, ...] = ()
        self.asked: Asked | None = None
        self.measured: Measured | None = None
        self.phase = "idle"
        self.same = self._compared = False
        self._watch = Watch(live=False)
        self._timer = QTimer(self, singleShot=True, interval=int(WATCH_S * 1000))
        self._timer.timeout.connect(self._on_watched)
        session.feed.pictured.connect(self._on_pictured)
        session.feed.ended.connect(self._on_ended)
        session.feed.failed.connect(self._on_lost)
        session.worker.done.connect(self._on_job)
        session.worker.failed.connect(self._on_job_failed)

    @property
    def title(self) -> str:
        """What the strip calls it."""
        return self.tr("Cameras")

    def enter(self) -> None:
        """List the cameras; show those that were chosen."""
        super().enter()
        self.find_devices()
        if self.asked is None:
            self.asked = Asked.of(self.session.project.notes().cameras)
        if self.session.source is not None:
            self._preview()
        elif self.asked is not None:
            self.open(self.asked)
        self.changed.emit()

    def leave(self) -> None:
        """Stop watching."""
        self._timer.stop()
        self.session.feed.stop()
        super().leave()

    def find_devices(self) -> None:
        """List the cameras that are plugged in, in the worker: some systems take seconds."""
        self.session.worker.run("devices", plugged_in)

    def choose_folder(self, folder: Path) -> None:
        """A calibration folder in place of cameras."""
        self.open(Asked("folder", (str(folder), "")))

    def choose_two(self, left: Path, right: Path) -> None:
        """Two folders of pictures or two videos in place of cameras."""
        self.open(Asked("two", (str(left), str(right))))

    def choose_cameras(self, left: str, right: str, size_px: tuple[int, int], rate_hz: float) -> None:
        """Two cameras by device or address."""
        self.open(Asked("cameras", (left, right), size_px, rate_hz))

    def open(self, asked: Asked) -> None:
        """Open what was asked for, in the worker: a camera may take 20 s."""
        self._timer.stop()
        self.asked, self.measured, self.phase = asked, None, "opening"
        self.fine()
        self.session.open(asked)
        self.changed.emit()

    def swap(self) -> None:
        """Left and right are the other way round."""
        asked = self.asked
        if asked is not None:
            self.open(asked.swapped())

    def seen(self) -> tuple[Seen, Seen]:
        """What stands under each picture."""
        sizes = self.measured.sizes_px if self.measured is not None else (None, None)
        source = self.session.source
        names = source.names if source is not None else ("", "")
        asked = size_text(self.asked.size_px) if self.asked is not None and self.asked.kind == "cameras" else ""
        left, right = (Seen(names[c] or self.session.camera_name(c), asked, size_text(sizes[c])) for c in (0, 1))
        return left, right

    def warnings(self) -> tuple[str, ...]:
        """What is doubtful about what the cameras give."""
        m, source = self.measured, self.session.source
        if m is None or source is None:
            return ()
        found = list(source.warnings())
        found += [
            self.tr("The {0} changes its {1} by itself: switch that off, or the calibration will not hold.").format(
                self.session.camera_name(camera), word
            )
            for camera, locks in enumerate(source.locks())
            for word, locked in zip((self.tr("focus"), self.tr("exposure")), locks, strict=True)
            if locked is False
        ]
        if self.same:
            found.append(self.tr("Both pictures are the same: is one camera chosen twice?"))
        left, right = m.sizes_px
        if left is not None and right is not None and (text := size_sentence(left, right)):
            found.append(text)
        if m.live and self.asked is not None:
            for camera, size in enumerate(m.sizes_px):
                if size is not None and self.asked.size_px and size != self.asked.size_px:
                    wanted = self.tr("The {0} was asked for {1} and gives {2}.")
                    name = self.session.camera_name(camera)
                    found.append(wanted.format(name, size_text(self.asked.size_px), size_text(size)))
        widest = min((size[0] for size in m.sizes_px if size is not None), default=SMALL_PX)
        if widest < SMALL_PX:
            found.append(self.tr("{0} pixels across are few: faces in the back rows will be small.").format(widest))
        if m.rate_hz is not None and m.live and m.rate_hz < SLOW_HZ:
            slow = self.tr(
                "Only {0:.1f} pairs a second come. Use a USB port of its own for each camera, or more light."
            )
            found.append(slow.format(m.rate_hz))
        if m.skew_s is not None and m.skew_s > SKEWED_S:
            found.append(self.tr("The two pictures are up to {0:.0f} ms apart.").format(1000 * m.skew_s))
        return tuple(found)

    def instruction(self) -> str:
        """What to do now."""
        if self.phase == "opening":
            return self.tr("Opening … (some cameras take 20 seconds)")
        if self.phase == "watching":
            return self.tr("Watching both cameras for some seconds …")
        if self.measured is not None:
            return self.tr("Is the left picture the left camera's, as seen from behind the cameras? Then go on.")
        return self.tr("Choose the two cameras beside the board, or folders or videos in their place.")

    def notices(self) -> tuple[Notice, ...]:
        """Rate and skew, once measured."""
        m = self.measured
        if m is None or m.rate_hz is None or m.skew_s is None:
            return ()
        text = self.tr("{0:.1f} pairs a second, {1:.0f} ms apart at most.").format(m.rate_hz, 1000 * m.skew_s)
        return (Notice(text, "good" if m.rate_hz >= SLOW_HZ and m.skew_s <= SKEWED_S else "warn"),)

    def guidance(self) -> Guidance:
        """What the disk knows, and the warnings of this moment each as a notice."""
        state = self.state
        if state is None:
            return super().guidance()
        weights = tuple(Notice(text) for text in (self.warnings() or state.missing if state.may_go_on else ()))
        blocked = ""
        if self.phase != "idle":
            blocked = self.instruction()
        elif not state.may_go_on:
            blocked = self.tr("Still missing: {0}").format(self.tr("two cameras"))
        problem = (Notice(state.sentence, "danger"),) if state.status.value == "problem" else ()
        notices = self.error_notices() + problem + self.notices() + weights
        missing = () if state.may_go_on or problem else (self.tr("two cameras that give pictures"),)
        return Guidance(self.instruction(), missing, notices, blocked, self.phase != "idle")

    def _preview(self) -> None:
        source = self.session.source
        assert source is not None
        self._watch = Watch(live=not source.waits)
        self.same = self._compared = False
        self.phase = "watching"
        # In the searching thread: the window draws the newest picture and may miss others.
        self.session.play(PREVIEW, self._watch.add)
        if not source.waits:
            self._timer.start()

    def _on_pictured(self) -> None:
        shot: Shot | None = self.session.feed.shot
        if self.shown and shot is not None and self.phase == "watching":
            self.measured = self._watch.result()
            if (
                self.session.source is not None
                and self.session.source.waits
                and self._watch.seconds >= WATCH_S
                and not self._compared
            ):
                self._on_watched()
        if self.shown:
            self.changed.emit()

    def _on_ended(self) -> None:
        if self.shown and self.phase == "watching" and not self._compared:
            self._on_watched()

    def _on_watched(self) -> None:
        source, asked = self.session.source, self.asked
        if source is None or asked is None or self.phase != "watching":
            return
        m = self.measured = self._watch.result()
        shot = self.session.feed.shot
        if shot is not None and all(image is not None for image in shot.images) and not self._compared:
            # Holding two pictures against each other takes the worker some milliseconds; go on when it has.
            first, second = (np.asarray(image) for image in shot.images)
            self._compared = True
            self.session.worker.run("compare", lambda: same_picture(first, second))
            return
        self.phase = "idle"
        if None in m.sizes_px:
            lost = [self.session.camera_name(c) for c in (0, 1) if m.sizes_px[c] is None]
            self.fail(InputError(self.tr("no picture came"), where=", ".join(lost), todo=self.tr("Choose it again.")))
            return
        specs = self._specs(source, asked, m)
        skew = None if m.skew_s is None else round(1000 * m.skew_s, 1)
        try:
            self.session.project.set_cameras(specs, skew_ms=skew, warnings=self.warnings())
        except InputError as error:
            self.fail(error)
            return
        self.session.refresh()
        self.changed.emit()

    def _specs(self, source: Source, asked: Asked, m: Measured) -> tuple[CameraSpec, CameraSpec]:
        locks = source.locks()
        left, right = (
            CameraSpec(
                name=source.names[c],
                kind=asked.spec_kind(c),
                address=asked.public_address(c),
                asked_width_px=asked.size_px[0] if asked.size_px else None,
                asked_height_px=asked.size_px[1] if asked.size_px else None,
                asked_fps=asked.rate_hz,
                width_px=m.sizes_px[c][0] if m.sizes_px[c] else 1,  # type: ignore[index]
                height_px=m.sizes_px[c][1] if m.sizes_px[c] else 1,  # type: ignore[index]
                fps=None if m.rate_hz is None else round(m.rate_hz, 2),
                focus_locked=locks[c][0],
                exposure_locked=locks[c][1],
            )
            for c in (0, 1)
        )
        return left, right

    def _on_job(self, name: str, result: Any) -> None:
        if name == "devices":
            self.devices = result
            self.devices_changed.emit()
        elif name == "compare":
            self.same = bool(result)
            self._on_watched()
        elif name == "open":
            if self.shown:
                self._preview()
            else:
                self.phase = "idle"
            self.changed.emit()

    def _on_job_failed(self, name: str, error: Exception) -> None:
        if name == "open":
            self.phase = "idle"
            self.fail(error)

    def _on_lost(self, error: Exception) -> None:
        if self.shown:
            self._timer.stop()
            self.phase = "idle"
            self.fail(error)
