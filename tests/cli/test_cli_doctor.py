"""``gazeclass doctor``: a plain table, a verdict, an exit code."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gazeclass import models
from gazeclass.capture import checkup, devices
from gazeclass.capture.checkup import Verdict
from gazeclass.capture.devices import CameraDevice
from gazeclass.capture.health import CameraState, LiveCameraHealth, LiveHealth
from gazeclass.capture.pairs import Skew
from gazeclass.capture.v4l2 import Locks, VideoFormat
from gazeclass.cli import doctor as doctor_module
from gazeclass.cli.main import app
from gazeclass.errors import InputError
from gazeclass.sample import sample_folder

CAMERA = CameraDevice(
    "/dev/video0",
    "HD Pro Webcam",
    "usb-1",
    "1-1.2",
    480,
    (VideoFormat("MJPG", 1920, 1080, 30.0),),
    Locks(focus=False, exposure=True),
)
GOOD = LiveCameraHealth(
    100, 98, 0, 0, 0, 1 / 30, name="left", state=CameraState.LIVE, size_px=(1920, 1080), format="mjpeg",
    asked_rate_hz=30.0, rate_hz=29.8,
)  # fmt: skip


class Live:
    """Of a live pair, what the findings look at."""

    @staticmethod
    def events() -> tuple[object, ...]:
        return ()


def health(
    left: LiveCameraHealth = GOOD, *, skew_s: float = 0.004, pairs_per_s: float = 29.0, pairs: int = 98
) -> LiveHealth:
    return LiveHealth(
        cameras=(left, GOOD), skew=Skew(skew_s, skew_s, skew_s), pairs=pairs, common_clock=True, offset_s=0.0,
        pairs_per_s=pairs_per_s, latency_s=0.012,
    )  # fmt: skip


def verdicts(measured: LiveHealth) -> list[Verdict]:
    return [finding.verdict for finding in checkup.measured_findings(Live(), measured)]  # type: ignore[arg-type]


def test_the_table_and_its_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "list_devices", lambda: [])
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 0, result.output
    assert "processor cores" in result.output
    assert "all as their cards say" in result.output
    assert "no USB cameras plugged in" in result.output
    assert "Nothing is broken; " in result.output  # no camera is no fault, and no readiness either
    assert max(len(line) for line in result.output.splitlines()) < 200


@pytest.mark.slow
def test_two_cameras_are_measured() -> None:
    folder = sample_folder()
    cameras = [str(folder / "cam0.mp4"), str(folder / "cam1.mp4")]
    result = CliRunner().invoke(app, ["doctor", "--seconds", "2", *cameras])
    assert result.exit_code in (0, 1), result.output  # a busy machine may come by too few pictures
    assert "1920×1080 file" in result.output
    assert "pairs/s, skew" in result.output


def test_a_camera_that_is_not_there_is_bad(tmp_path: Path) -> None:
    missing = [str(tmp_path / "a.mp4"), str(tmp_path / "b.mp4")]
    result = CliRunner().invoke(app, ["doctor", *missing])
    assert result.exit_code == 1
    assert "BAD" in result.output
    assert "there is no such file" in result.output
    assert "must be put right before a lesson" in result.output


def test_one_camera_alone_is_no_lesson() -> None:
    with pytest.raises(InputError, match="Give both"):
        doctor_module.camera_findings("usb:0", None, 1.0)


def test_two_cameras_on_a_hub_and_what_is_fixed() -> None:
    found = checkup.device_findings([CAMERA, replace(CAMERA, address="/dev/video2", port="1-1.4")])
    texts = [finding.text for finding in found]
    assert "best is MJPG 1920×1080 30/s" in texts
    assert "focus: automatic, is fixed when a lesson starts; exposure: fixed" in texts
    (hub,) = [finding for finding in found if finding.subject == "USB"]
    assert hub.verdict is Verdict.NOTE
    raw = replace(CAMERA, formats=(VideoFormat("YUYV", 1280, 720, 30.0),))
    assert checkup.device_findings([raw])[0].verdict is Verdict.NOTE
    assert "not known" in checkup.device_findings([replace(CAMERA, formats=())])[0].text


def test_what_the_measurement_says() -> None:
    assert verdicts(health()) == [Verdict.OK] * 3
    assert verdicts(health(replace(GOOD, rate_hz=12.0))) == [Verdict.NOTE, Verdict.OK, Verdict.OK]
    assert verdicts(health(replace(GOOD, damaged=20)))[0] is Verdict.NOTE
    assert verdicts(health(replace(GOOD, state=CameraState.LOST, problem="gone")))[0] is Verdict.BAD
    assert verdicts(health(skew_s=0.08))[-1] is Verdict.NOTE
    assert verdicts(health(pairs_per_s=2.0))[-1] is Verdict.BAD
    assert verdicts(health(pairs=0))[-1] is Verdict.BAD


def test_a_damaged_model_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(card: models.ModelCard) -> None:
        raise InputError("damaged", where=card.path, todo="Install gazeclass or the model again.")

    monkeypatch.setattr(models, "verify", damaged)
    assert {finding.verdict for finding in doctor_module.model_findings()} == {Verdict.BAD}
    monkeypatch.setattr(models, "list_cards", lambda: [])
    assert doctor_module.model_findings()[0].verdict is Verdict.BAD


def test_a_provider_that_is_not_there_and_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    class Settings:
        providers = ("CUDAExecutionProvider",)

    monkeypatch.setattr("gazeclass.settings.settings", Settings)
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10**8}))
    found = {finding.subject: finding for finding in doctor_module.computer_findings()}
    assert found["models run on"].verdict is Verdict.BAD
    assert "not there: CUDA" in found["models run on"].text
    assert found["disk"].verdict is Verdict.BAD
