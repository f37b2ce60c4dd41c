"""``gazeclass doctor``: what this computer and its cameras can do, with a verdict and what to do about it."""

import os
import platform
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gazeclass.cli.console import say
from gazeclass.errors import InputError

if TYPE_CHECKING:
    from gazeclass.capture.checkup import Finding

#: Both cameras at 30 pictures a second; 30 kB a picture were measured on the sample lesson at 1080p.
_RECORDING_GB_PER_HOUR = 6.5
_MARKS = {"ok": "  ok ", "note": " note", "bad": "  BAD"}


def doctor(
    cam0: str | None = typer.Argument(None, help="The left camera: usb:0, rtsp://…, http://… or a video file."),
    cam1: str | None = typer.Argument(None, help="The right camera."),
    seconds: float = typer.Option(5.0, min=1.0, max=600.0, help="How long the two cameras are measured."),
) -> None:
    """What this computer and its cameras can do, and what to do where that is not enough."""
    findings = [*computer_findings(), *model_findings(), *camera_findings(cam0, cam1, seconds)]
    width = min(max(len(f.subject) for f in findings), 34)
    for finding in findings:
        say(f"{_MARKS[finding.verdict]}  {finding.subject[:34]:{width}}  {finding.text}")
        if finding.todo:
            say(f"{'':5}  {'':{width}}  → {finding.todo}")
    bad = sum(f.verdict == "bad" for f in findings)
    notes = sum(f.verdict == "note" for f in findings)
    if bad:
        say(f"\n{bad} thing{'s' * (bad > 1)} must be put right before a lesson.")
        raise typer.Exit(1)
    say(f"\nNothing is broken; {notes} note{'s' * (notes > 1)} above." if notes else "\nReady for a lesson.")


def computer_findings() -> "list[Finding]":
    """Processor, providers, disk, window."""
    from gazeclass.capture.checkup import Finding, Verdict
    from gazeclass.settings import DATA_DIR

    cores = os.cpu_count() or 1
    slow = cores < 4
    out = [
        Finding(
            "computer",
            f"{cores} processor cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}",
            Verdict.NOTE if slow else Verdict.OK,
            "Four cores or more keep 30 students at a higher rate." if slow else "",
        ),
        _providers(),
    ]
    folder = next(f for f in (DATA_DIR, *DATA_DIR.parents) if f.is_dir())
    free_gb = shutil.disk_usage(folder).free / 1e9
    verdict = Verdict.BAD if free_gb < 1 else Verdict.NOTE if free_gb < 2 * _RECORDING_GB_PER_HOUR else Verdict.OK
    todo = "Make room: a lesson file needs some megabytes, a recording 6 GB an hour and more."
    out.append(Finding("disk", f"{free_gb:.0f} GB free at {folder}", verdict, "" if verdict is Verdict.OK else todo))
    out.append(_window())
    return out


def model_findings() -> "list[Finding]":
    """Whether the models are there and are what their cards say."""
    from gazeclass import models
    from gazeclass.capture.checkup import Finding, Verdict

    cards = models.list_cards()
    if not cards:
        return [Finding("models", "none found", Verdict.BAD, "Install gazeclass again.")]
    out = []
    for card in cards:
        try:
            models.verify(card)
        except InputError as error:
            out.append(Finding("models", f"{card.name}: {error.what}", Verdict.BAD, error.todo))
    return out or [Finding("models", f"{len(cards)} there, all as their cards say")]


def camera_findings(cam0: str | None, cam1: str | None, seconds: float) -> "list[Finding]":
    """Every camera that is plugged in, and the two that are asked for (or the first two), measured."""
    from gazeclass.capture import checkup
    from gazeclass.capture.checkup import Finding, Verdict
    from gazeclass.capture.devices import list_devices
    from gazeclass.capture.live import open_live

    if (cam0 is None) != (cam1 is None):
        raise InputError("one camera is given", todo="Give both, or none to look at what is plugged in.")
    devices = list_devices()
    out = checkup.device_findings(devices)
    if cam0 is None or cam1 is None:
        if len(devices) < 2:
            text = f"{len(devices) or 'no'} USB camera{'s' * (len(devices) != 1)} plugged in"
            todo = "A lesson needs two: plug them in, or name network cameras: gazeclass doctor rtsp://… rtsp://…"
            return [*out, Finding("cameras", text, Verdict.NOTE, todo)]
        cam0, cam1 = "usb:0", "usb:1"
    try:
        with open_live(cam0, cam1) as live:
            out += checkup.measured_findings(live, checkup.measure(live, seconds))
    except InputError as error:
        out.append(Finding(error.where or "cameras", error.what, Verdict.BAD, error.todo))
    return out


def _providers() -> "Finding":
    import onnxruntime

    from gazeclass.capture.checkup import Finding, Verdict
    from gazeclass.models import available_providers
    from gazeclass.settings import settings

    there = [name.removesuffix("ExecutionProvider") for name in available_providers()]
    asked = [name.removesuffix("ExecutionProvider") for name in settings().providers]
    text = f"ONNX Runtime {onnxruntime.__version__} can use {', '.join(there)}; chosen: {', '.join(asked) or 'CPU'}"
    missing = [name for name in asked if name not in there]
    if missing:
        todo = "Correct `providers` in the settings, or install the onnxruntime package that has it."
        return Finding("models run on", f"{text}; not there: {', '.join(missing)}", Verdict.BAD, todo)
    return Finding("models run on", text)


def _window() -> "Finding":
    """Whether a window can open here; nothing of Qt is loaded for that."""
    from gazeclass.capture.checkup import Finding, Verdict

    if find_spec("PySide6") is None:
        return Finding("window", "PySide6 is not installed", Verdict.NOTE, "Only the command line can be used.")
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    if sys.platform.startswith("linux") and not chosen:
        display = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
        if not display:
            return Finding("window", "no screen here", Verdict.NOTE, "Only the command line can be used.")
        graphics = "with graphics hardware" if Path("/dev/dri").is_dir() else "drawn by the processor"
        return Finding("window", f"screen {display}, {graphics}")
    return Finding("window", f"Qt platform {chosen or 'of the system'}")
