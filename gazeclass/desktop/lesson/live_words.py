"""The status of a running lesson in words: the line under the board, its tooltip, what is said of a missing camera."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject

from gazeclass.capture.health import CameraState
from gazeclass.lesson.live_status import LiveState, LiveStatus
from gazeclass.report.words import clock, count


@dataclass(frozen=True)
class StatusWords:
    """The lines of the window's status.

    Attributes:
        clock: of the lesson.
        line: numbers.
        detail: the same in whole sentences, as tooltip.
        missing: a sentence about a camera that is not there, "" for none.
        lost: cameras that are tried again from time to time, and can be at once.
        paused: whether it is.
        recording: whether pictures are written.
        warning: a sentence, "" for none.
    """

    clock: str
    line: str
    detail: str
    missing: str
    lost: tuple[int, ...]
    paused: bool
    recording: bool
    warning: str


class StatusTeller(QObject):
    """Says a :class:`gazeclass.lesson.live_status.LiveStatus`; a QObject for its translations only."""

    def of(self, status: LiveStatus) -> StatusWords:
        """The status as the window says it."""
        seen = sum(rate > 0 for rate in status.updates_per_s.values())
        parts = [count(seen, self.tr("student seen"), self.tr("students seen"))]
        if np.isfinite(status.updates_median):
            parts.append(self.tr("{0:.1f} looks a second each").format(status.updates_median))
        if np.isfinite(status.latency_s):
            parts.append(self.tr("{0:.1f} s behind").format(status.latency_s))
        if np.isfinite(status.skew_s):
            parts.append(self.tr("cameras {0:.0f} ms apart").format(1000 * status.skew_s))
        parts.append(self.tr("{0} pictures skipped").format(status.skipped))
        parts.append(self.tr("{0}, {1}").format(status.provider, count(status.threads, self.tr("thread"))))
        rates = [
            self.tr("{0}: {1:.1f} pictures a second").format(name, rate)
            for name, rate in zip(status.camera_names, status.camera_rates_hz, strict=True)
        ]
        slowest = sorted((rate, name) for name, rate in status.updates_per_s.items() if rate > 0)[:3]
        detail = [
            *rates,
            self.tr("{0:.1f} pairs of pictures looked at a second").format(status.pairs_per_s),
            *(self.tr("{0}: {1:.1f} looks a second").format(name, rate) for rate, name in slowest),
        ]
        return StatusWords(
            clock(status.lesson_s),
            " · ".join(parts),
            "\n".join(detail),
            self._missing(status),
            lost_cameras(status),
            status.state is LiveState.PAUSED,
            status.recording,
            status.warning,
        )

    def _missing(self, status: LiveStatus) -> str:
        words = {
            CameraState.CONNECTING: self.tr("is being connected"),
            CameraState.SILENT: self.tr("is connected, but no picture comes"),
            CameraState.LOST: self.tr("is not there. Plug it in again; it is tried again by itself"),
            CameraState.WRONG_SIZE: self.tr("is back with pictures of another size. Set it as it was"),
            CameraState.ENDED: self.tr("has come to its end"),
        }
        if status.state not in (LiveState.RUNNING, LiveState.PAUSED):
            return ""
        return " ".join(
            self.tr("Camera “{0}” {1}.").format(status.camera_names[k], words[status.cameras[k]])
            for k in status.missing
        )


def lost_cameras(status: LiveStatus) -> tuple[int, ...]:
    """Cameras that are away and are tried again, while the lesson goes on."""
    if status.state not in (LiveState.RUNNING, LiveState.PAUSED):
        return ()
    gone = (CameraState.LOST, CameraState.WRONG_SIZE)
    return tuple(camera for camera in status.missing if status.cameras[camera] in gone)
