"""What this computer's cameras can do, measured: the findings of ``gazeclass doctor`` and of the camera screen."""

import time
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from gazeclass.capture.devices import CameraDevice, shared_hub
from gazeclass.capture.health import CameraState, EventKind, LiveCameraHealth, LiveHealth
from gazeclass.capture.live import LivePairs
from gazeclass.capture.usb import choose_format

#: Pictures are measured from here on: automatic exposure and buffers settle first.
SETTLE_S = 1.0
#: Fewer pairs a second than this and head movements are missed.
FEWEST_PAIRS_PER_S = 4.0
#: Heads turn by up to about 200 degrees a second: this much apart is 10 degrees.
LARGEST_SKEW_S = 0.05


class Verdict(StrEnum):
    """How a finding is meant."""

    OK = "ok"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """One line of the table.

    Attributes:
        subject: what was looked at.
        text: what was found.
        verdict: how good that is.
        todo: what to do about it, "" where there is nothing to do.
    """

    subject: str
    text: str
    verdict: Verdict = Verdict.OK
    todo: str = ""


def device_findings(devices: list[CameraDevice]) -> list[Finding]:
    """One line a camera, and a warning for each two that share a hub."""
    out = []
    for number, device in enumerate(devices):
        subject = f"usb:{number} {device.name}"
        best = choose_format(device.formats, None)
        if best is None:
            out.append(Finding(subject, "formats not known on this system"))
        elif best.codec != "MJPG":
            out.append(
                Finding(
                    subject,
                    f"best is {best}, uncompressed",
                    Verdict.NOTE,
                    "Two such cameras need a USB port of the computer each.",
                )
            )
        else:
            out.append(Finding(subject, f"best is {best}"))
        out.append(_lock_finding(subject, device))
        out += [
            Finding("USB", warning, Verdict.NOTE, "Plug one into another port of the computer, not of the hub.")
            for other in devices[number + 1 :]
            if (warning := shared_hub(device, other))
        ]
    return out


def measure(live: LivePairs, seconds: float) -> LiveHealth:
    """Take pairs for ``seconds`` once the cameras have settled, and tell how it went."""
    end = time.monotonic() + SETTLE_S + seconds
    while time.monotonic() < end and not live.ended:
        live.next_pair(min(0.5, seconds))
    return live.health()


def measured_findings(live: LivePairs, health: LiveHealth) -> list[Finding]:
    """What the measurement says: a line a camera, one for both."""
    out = [_camera_finding(camera) for camera in health.cameras]
    notes = [event for event in live.events() if event.kind in (EventKind.SETTING, EventKind.SHARED_BUS)]
    out += [Finding("setting", event.text, Verdict.NOTE) for event in notes]
    skew = health.skew
    if not health.pairs:
        out.append(
            Finding("both", "no frame pair at all", Verdict.BAD, "Check that both cameras deliver at the same time.")
        )
        return out
    text = (
        f"{health.pairs_per_s:.1f} pairs/s, skew {1000 * skew.median_s:+.0f} ms (95 % within "
        f"{1000 * skew.p95_abs_s:.0f} ms), delay to the program {1000 * health.latency_s:.0f} ms"
    )
    if health.pairs_per_s < FEWEST_PAIRS_PER_S:
        out.append(Finding("both", text, Verdict.BAD, "More light, a smaller picture or another USB port."))
    elif skew.p95_abs_s > LARGEST_SKEW_S:
        out.append(Finding("both", text, Verdict.NOTE, "Quick head turns will be less exact; a higher rate helps."))
    else:
        out.append(Finding("both", text))
    return out


def _lock_finding(subject: str, device: CameraDevice) -> Finding:
    words = {True: "fixed", False: "automatic, is fixed when a lesson starts", None: "no control (often a fixed lens)"}
    return Finding(subject, f"focus: {words[device.locks.focus]}; exposure: {words[device.locks.exposure]}")


def _camera_finding(camera: LiveCameraHealth) -> Finding:
    text = f"{camera.size_px[0]}×{camera.size_px[1]} {camera.format}, {camera.rate_hz:.1f} pictures/s"
    if np.isfinite(camera.asked_rate_hz):
        text += f" of {camera.asked_rate_hz:.0f}"
    text += f", {camera.dropped} missing, {camera.damaged} damaged"
    if camera.state not in (CameraState.LIVE, CameraState.ENDED):
        return Finding(camera.name, camera.problem or "no picture comes", Verdict.BAD, "Check cable and power.")
    if np.isfinite(camera.asked_rate_hz) and camera.rate_hz < 0.7 * camera.asked_rate_hz:
        return Finding(
            camera.name, text, Verdict.NOTE, "More light, or a USB port of its own; a fixed exposure time also helps."
        )
    share = (camera.dropped + camera.damaged) / max(camera.frames, 1)
    if share > 0.05:
        return Finding(camera.name, text, Verdict.NOTE, "Another cable or port, or TCP instead of UDP.")
    return Finding(camera.name, text)
