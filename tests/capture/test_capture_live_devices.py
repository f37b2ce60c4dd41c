"""Cameras by name, identity and place on the USB; formats, focus and exposure by ioctl. No camera is needed."""

import errno
import struct
from pathlib import Path

import pytest

from gazeclass.capture import devices as devices_module
from gazeclass.capture import usb, v4l2
from gazeclass.capture.devices import CameraDevice, find_device, list_devices, shared_hub
from gazeclass.capture.identity import check_devices
from gazeclass.capture.v4l2 import Locks, V4L2Device, VideoFormat
from gazeclass.errors import InputError

LEFT = CameraDevice("/dev/video0", "HD Pro Webcam C920", "usb-046d:082d-A1", "1-1.2", 480)
RIGHT = CameraDevice("/dev/video2", "HD Pro Webcam C930", "usb-046d:0843-B2", "1-1.4", 480)


def fourcc(text: str) -> int:
    return int.from_bytes(text.encode(), "little")


class FakeKernel:
    """Answers ioctls as a UVC driver does, from the kernel's own structure layouts."""

    def __init__(self) -> None:
        self.modes = {
            "YUYV": [(640, 480, [30]), (1920, 1080, [5])],
            "MJPG": [(1280, 720, [30, 60]), (1920, 1080, [30])],
        }
        self.controls = {
            v4l2.FOCUS_AUTO: 1,
            v4l2.FOCUS_ABSOLUTE: 35,
            v4l2.EXPOSURE_AUTO: 3,
            v4l2.EXPOSURE_ABSOLUTE: 250,
            v4l2.EXPOSURE_AUTO_PRIORITY: 1,
        }
        self.read_only: set[int] = set()
        self.capture = True

    def __call__(self, _descriptor: int, number: int, buffer: bytearray) -> None:
        answer = {
            0x80685600: self.querycap,
            0xC0405602: self.enum_fmt,
            0xC008561B: self.g_ctrl,
            0xC008561C: self.s_ctrl,
            0xC0445624: self.queryctrl,
            0xC02C564A: self.sizes,
            0xC034564B: self.intervals,
        }[number]
        answer(buffer)

    def querycap(self, buffer: bytearray) -> None:
        buffer[16:48] = b"HD Pro Webcam C920".ljust(32, b"\0")
        struct.pack_into("II", buffer, 84, 0x84A00001, 0x04200001 if self.capture else 0x04A00000)

    def enum_fmt(self, buffer: bytearray) -> None:
        index = struct.unpack_from("I", buffer)[0]
        if index >= len(self.modes):
            raise OSError(errno.EINVAL, "")
        struct.pack_into("I", buffer, 44, fourcc(list(self.modes)[index]))

    def sizes(self, buffer: bytearray) -> None:
        index, code = struct.unpack_from("II", buffer)
        modes = self.modes[code.to_bytes(4, "little").decode()]
        if index >= len(modes):
            raise OSError(errno.EINVAL, "")
        struct.pack_into("III", buffer, 8, 1, *modes[index][:2])

    def intervals(self, buffer: bytearray) -> None:
        index, code, width, height = struct.unpack_from("IIII", buffer)
        rates = next(m[2] for m in self.modes[code.to_bytes(4, "little").decode()] if m[:2] == (width, height))
        if index >= len(rates):
            raise OSError(errno.EINVAL, "")
        struct.pack_into("III", buffer, 16, 1, 1, rates[index])

    def queryctrl(self, buffer: bytearray) -> None:
        if struct.unpack_from("I", buffer)[0] not in self.controls:
            raise OSError(errno.EINVAL, "")

    def g_ctrl(self, buffer: bytearray) -> None:
        struct.pack_into("i", buffer, 4, self.controls[struct.unpack_from("I", buffer)[0]])

    def s_ctrl(self, buffer: bytearray) -> None:
        control, value = struct.unpack("Ii", buffer)
        if control in self.read_only:
            raise OSError(errno.EACCES, "")
        self.controls[control] = value


def test_ioctl_numbers_are_the_kernels() -> None:
    """As printed by a C program with linux/videodev2.h: size and direction are in them."""
    assert (v4l2.QUERYCAP, v4l2.ENUM_FMT, v4l2.G_CTRL, v4l2.S_CTRL) == (2154321408, 3225441794, 3221771803, 3221771804)
    assert (v4l2.QUERYCTRL, v4l2.ENUM_FRAMESIZES, v4l2.ENUM_FRAMEINTERVALS) == (3225703972, 3224131146, 3224655435)


def test_name_and_formats_of_a_camera() -> None:
    device = V4L2Device(0, FakeKernel())
    assert device.capture_name() == "HD Pro Webcam C920"
    assert VideoFormat("MJPG", 1280, 720, 60.0) in device.formats()
    assert len(device.formats()) == 4
    assert str(device.formats()[0]) == "YUYV 640×480 30/s"


def test_a_node_of_metadata_is_no_camera() -> None:
    kernel = FakeKernel()
    kernel.capture = False
    assert V4L2Device(0, kernel).capture_name() is None


def test_focus_and_exposure_are_fixed_where_they_are() -> None:
    kernel = FakeKernel()
    device = V4L2Device(0, kernel)
    assert device.locks() == Locks(focus=False, exposure=False)
    device.lock_focus()
    device.lock_exposure()
    assert device.locks() == Locks(focus=True, exposure=True)
    assert kernel.controls[v4l2.FOCUS_ABSOLUTE] == 35
    assert kernel.controls[v4l2.EXPOSURE_ABSOLUTE] == 250
    assert kernel.controls[v4l2.EXPOSURE_AUTO_PRIORITY] == 0


def test_a_camera_without_such_controls_or_that_refuses() -> None:
    kernel = FakeKernel()
    kernel.controls.clear()
    device = V4L2Device(0, kernel)
    device.lock_focus()
    device.lock_exposure()
    assert device.locks() == Locks(None, None)
    stubborn = FakeKernel()
    stubborn.read_only = {v4l2.FOCUS_AUTO}
    device = V4L2Device(0, stubborn)
    device.lock_focus()
    assert device.locks().focus is False


FORMATS = (
    VideoFormat("YUYV", 1920, 1080, 5.0),
    VideoFormat("MJPG", 1920, 1080, 30.0),
    VideoFormat("MJPG", 3840, 2160, 30.0),
    VideoFormat("YUYV", 1280, 720, 30.0),
    VideoFormat("MJPG", 1280, 720, 60.0),
    VideoFormat("H264", 1920, 1080, 60.0),
)


def test_the_best_format() -> None:
    assert usb.choose_format(FORMATS, None) == VideoFormat("MJPG", 1920, 1080, 30.0)
    assert usb.choose_format(FORMATS, (1280, 720)) == VideoFormat("MJPG", 1280, 720, 60.0)
    assert usb.choose_format(FORMATS, (800, 600)) is None
    assert usb.choose_format((), None) is None
    # Fast enough goes before large: 5 pictures a second miss what heads do.
    raw = tuple(f for f in FORMATS if f.codec == "YUYV")
    assert usb.choose_format(raw, None) == VideoFormat("YUYV", 1280, 720, 30.0)


@pytest.fixture
def sysfs(tmp_path: Path) -> Path:
    """A tree like /sys with two cameras of two nodes each, of one kind and one serial number, behind one hub."""
    for number, port in ((0, "1-1.2"), (2, "1-1.4")):
        usb_folder = tmp_path / "devices" / "usb1" / "1-1" / port
        (usb_folder / f"{port}:1.0").mkdir(parents=True)
        for name, content in (("idVendor", "046d"), ("idProduct", "082d"), ("serial", "200901"), ("speed", "480")):
            (usb_folder / name).write_text(content + "\n")
        for index in (0, 1):
            node = tmp_path / "class" / f"video{number + index}"
            node.mkdir(parents=True)
            (node / "name").write_text("HD Pro Webcam C920\n")
            (node / "index").write_text(f"{index}\n")
            (node / "device").symlink_to(usb_folder / f"{port}:1.0")
    return tmp_path / "class"


@pytest.mark.skipif("sys.platform != 'linux'", reason="sysfs is Linux'")
def test_cameras_are_listed_once_and_told_apart_by_their_port(sysfs: Path, tmp_path: Path) -> None:
    found = list_devices(sysfs, tmp_path / "no_dev")
    assert [device.address for device in found] == [str(tmp_path / "no_dev" / f"video{n}") for n in (0, 2)]
    assert [device.identity for device in found] == ["usb-046d:082d-200901@1-1.2", "usb-046d:082d-200901@1-1.4"]
    assert "share one USB 2 hub (port 1-1)" in shared_hub(*found)


@pytest.mark.skipif("sys.platform != 'linux'", reason="sysfs is Linux'")
def test_a_single_camera_is_known_by_its_serial_number_wherever_it_is_plugged_in(sysfs: Path, tmp_path: Path) -> None:
    (tmp_path / "devices/usb1/1-1/1-1.4/serial").write_text("B2\n")
    assert [d.identity for d in list_devices(sysfs, tmp_path / "dev")] == ["usb-046d:082d-200901", "usb-046d:082d-B2"]
    (tmp_path / "devices/usb1/1-1/1-1.4/serial").unlink()
    assert list_devices(sysfs, tmp_path / "dev")[1].identity == "usb-046d:082d@1-1.4"


def test_no_camera_at_all(tmp_path: Path) -> None:
    assert devices_module._linux(tmp_path / "nothing", tmp_path) == []


@pytest.mark.parametrize(
    ("ports", "speeds", "shared"),
    [
        (("1-1.2", "1-1.4"), (480, 480), True),
        (("1-1.2", "1-1.3.1"), (480, 480), True),
        (("1-1.2", "1-2.4"), (480, 480), False),
        (("1-1", "1-2"), (480, 480), False),
        (("1-1.2", "2-1.2"), (480, 480), False),
        (("1-1.2", "1-1.4"), (480, 5000), False),
        (("", ""), (0, 0), False),
        (("1-1.2", "1-10.2"), (480, 480), False),
    ],
)
def test_two_cameras_on_one_hub(ports: tuple[str, str], speeds: tuple[int, int], shared: bool) -> None:
    first, second = (CameraDevice("", "c", "", port, speed) for port, speed in zip(ports, speeds, strict=True))
    assert bool(shared_hub(first, second)) is shared
    assert bool(shared_hub(second, first)) is shared


@pytest.mark.parametrize("wanted", ["0", "/dev/video0", "usb-046d:082d-A1", "c920"])
def test_a_camera_is_found_by_whatever_names_it(wanted: str) -> None:
    assert find_device(wanted, [LEFT, RIGHT]) is LEFT


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("7", "usb:7: there is no such camera. There are: usb:0 HD Pro Webcam C920, usb:1 HD Pro Webcam C930"),
        ("HD Pro", "2 cameras have that name"),
        ("Logitech Brio", "there is no camera of that name"),
        ("/dev/video9", "it is not there"),
    ],
)
def test_a_camera_that_cannot_be_found_names_those_there_are(wanted: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        find_device(wanted, [LEFT, RIGHT])
    assert says in str(caught.value)
    assert "usb:1 HD Pro Webcam C930" in str(caught.value)


def test_devices_against_the_classroom() -> None:
    names = ("l", "r")
    assert check_devices(("a", "b"), ("a", "b"), names) == []
    assert check_devices(("", ""), ("a", "b"), names) == []
    assert check_devices(("a", "b"), ("", ""), names) == []
    assert [camera for camera, _ in check_devices(("a", "b"), ("a", "c"), names)] == [1]
    with pytest.raises(InputError, match="exchanged"):
        check_devices(("a", "b"), ("b", "a"), names)
    with pytest.raises(InputError, match="one camera is given for both sides"):
        check_devices(("", ""), ("a", "a"), names)


class Refusals:
    """Stands in for ``av.open``: remembers what was asked for and raises."""

    def __init__(self, *errors: OSError) -> None:
        self.errors, self.asked = list(errors), []

    def __call__(self, file: str, *, format: str, options: dict[str, str], timeout: object) -> object:
        self.asked.append((file, format, options))
        raise self.errors.pop(0)


def test_a_busy_camera_is_said_and_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = Refusals(OSError(errno.EBUSY, "Device or resource busy"))
    monkeypatch.setattr("av.open", refusals)
    with pytest.raises(InputError, match=r"C920: another program uses it"):
        usb.UsbCamera("0", devices=[LEFT])
    assert len(refusals.asked) == 1


@pytest.mark.skipif("sys.platform != 'linux'", reason="names V4L2's options")
def test_wishes_are_taken_back_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = Refusals(*[OSError(errno.EINVAL, "Invalid argument")] * 4)
    monkeypatch.setattr("av.open", refusals)
    with pytest.raises(InputError, match="cannot be used"):
        usb.UsbCamera("0", size_px=(1920, 1080), rate_hz=30, devices=[LEFT])
    size, rate, mjpeg = {"video_size": "1920x1080"}, {"framerate": "30"}, {"input_format": "mjpeg"}
    assert [options for _, _, options in refusals.asked] == [size | rate | mjpeg, size | rate, size, {}]
    assert refusals.asked[0][:2] == ("/dev/video0", "v4l2")
