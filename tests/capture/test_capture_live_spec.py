"""What a user writes for a camera; passwords never come out again."""

from pathlib import Path

import pytest

from gazeclass.capture.failures import explain
from gazeclass.capture.live import LiveOptions, open_live
from gazeclass.capture.network import NetworkCamera
from gazeclass.capture.spec import CameraKind, parse_spec, public_url
from gazeclass.errors import InputError


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("usb:0", CameraKind.USB, "usb:0"),
        ("usb:", CameraKind.USB, "usb:0"),
        ("1", CameraKind.USB, "usb:1"),
        ("usb:HD Pro Webcam C920", CameraKind.USB, "HD Pro Webcam C920"),
        ("/dev/video2", CameraKind.USB, "/dev/video2"),
        ("HD Pro Webcam", CameraKind.USB, "HD Pro Webcam"),
        ("rtsp://10.0.0.5/stream1", CameraKind.NETWORK, "rtsp://10.0.0.5/stream1"),
        ("HTTP://10.0.0.5:8080/video", CameraKind.NETWORK, "http://10.0.0.5:8080/video"),
        ("lessons/cam0.mp4", CameraKind.FILE, "cam0.mp4"),
    ],
)
def test_what_is_meant(text: str, kind: CameraKind, name: str) -> None:
    spec = parse_spec(text)
    assert (spec.kind, spec.name) == (kind, name)


def test_nothing_is_no_camera() -> None:
    with pytest.raises(InputError, match="no camera is given"):
        parse_spec("  ")


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://admin:geheim@10.0.0.5:554/live",
        "rtsp://admin:ge@geheim/x@10.0.0.5/live",
        "rtsp://10.0.0.5/user=admin&password=geheim&channel=1.sdp",
        "http://10.0.0.5/video.cgi?user=a&pwd=geheim",
        "rtsp://10.0.0.5/live?token=geheim#geheim",
    ],
)
def test_no_password_is_ever_shown(url: str) -> None:
    spec = parse_spec(url)
    assert "geheim" not in spec.name
    assert "geheim" not in repr(spec)
    assert "geheim" not in public_url(url)
    assert "10.0.0.5" in spec.name


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_no_password_in_an_error_nor_in_its_causes(scheme: str, free_port: int) -> None:
    with pytest.raises(InputError) as caught:
        NetworkCamera(f"{scheme}://admin:geheim@127.0.0.1:{free_port}/live", timeout_s=2.0)
    error: BaseException | None = caught.value
    assert "refuses the connection" in str(error)
    assert "geheim" not in str(error)
    assert error is not None
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_one_camera_for_both_sides_is_refused_however_it_is_written(tmp_path: Path) -> None:
    video = tmp_path / "a.mp4"
    video.write_bytes(b"")
    (tmp_path / "b.mp4").symlink_to(video)
    for first, second in (
        ("rtsp://a:b@10.0.0.5/x", "rtsp://10.0.0.5/x"),
        (str(video), str(tmp_path / "b.mp4")),
        ("usb:0", "0"),
    ):
        with pytest.raises(InputError, match="one camera is given for both sides"):
            open_live(first, second)


def test_two_channels_of_one_recorder_are_two_cameras() -> None:
    assert not parse_spec("rtsp://10.0.0.5/ch1").same_as(parse_spec("rtsp://10.0.0.5/ch2"))


def test_a_file_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        open_live(str(tmp_path / "a.mp4"), str(tmp_path / "b.mp4"), options=LiveOptions(open_timeout_s=60))


def test_an_unknown_transport_is_refused() -> None:
    with pytest.raises(InputError, match="no way to carry RTSP"):
        NetworkCamera("rtsp://127.0.0.1/x", transport="pigeon")


@pytest.mark.parametrize(
    ("number", "network", "sentence"),
    [
        (16, False, "another program uses it"),
        (19, False, "it is not there"),
        (13, False, "it may not be opened"),
        (110, True, "does not answer"),
        (110, False, "no picture comes"),
        (111, True, "refuses the connection"),
        (113, True, "cannot be reached"),
        (2, True, "no such stream"),
        (104, True, "the connection failed"),
        (22, False, "cannot be used"),
    ],
)
def test_what_the_system_says_becomes_a_sentence(number: int, network: bool, sentence: str) -> None:
    error = explain(OSError(number, "rtsp://admin:geheim@host"), "left", network=network)
    assert sentence in str(error)
    assert str(error).startswith("left")
    assert "geheim" not in str(error)
