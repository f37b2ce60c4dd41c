"""Two live cameras as the wizard's source: always the newest moment, one stream for all steps."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gazeclass.capture.health import CameraState, EventKind
from gazeclass.desktop.wizard.sources import Locks, Shot
from gazeclass.errors import InputError

if TYPE_CHECKING:
    from gazeclass.capture.live import LivePairs

#: Without a pair for this long a camera counts as gone.
PATIENCE_S = 3.0
_LOOK_S = 0.25
#: Events that say something about the set-up and not only of the moment.
_LASTING = (EventKind.SHARED_BUS, EventKind.SETTING, EventKind.DIFFERENT, EventKind.SLOW)


class LiveCameras:
    """An open pair of cameras. They stay open from step to step: opening may take 20 s."""

    waits = False
    stills = False

    def __init__(self, pairs: "LivePairs", locks: tuple[Locks, Locks] = ((None, None), (None, None))) -> None:
        self._pairs, self._locks = pairs, locks
        self.names = pairs.names

    def shots(self, part: str) -> Iterator[Shot]:
        """The newest moments, whatever the part.

        Raises:
            InputError: a camera is gone, or no two pictures are of one moment.
        """
        silent_s = 0.0
        while True:
            pair = self._pairs.next_pair(_LOOK_S)
            if pair is not None:
                silent_s = 0.0
                yield Shot(pair.t_s, pair.images, pair.skew_s)
                continue
            silent_s += _LOOK_S
            if self._pairs.ended:
                raise InputError("the cameras were closed", todo="Open them again in the step Cameras.")
            self._check(silent_s)

    def _check(self, silent_s: float) -> None:
        for camera in self._pairs.health().cameras:
            if camera.state in (CameraState.LOST, CameraState.SILENT, CameraState.ENDED):
                raise InputError(
                    "the camera is gone", where=camera.name, todo="Plug it in again, then press Try again."
                )
            if camera.state is CameraState.WRONG_SIZE:
                text = "the camera is back with pictures of another size"
                raise InputError(text, where=camera.name, todo="Open the cameras again in the step Cameras.")
        if silent_s >= PATIENCE_S:
            raise InputError(
                "no two pictures of one moment have come", todo="Give each camera a USB port of its own and try again."
            )

    def warnings(self) -> tuple[str, ...]:
        """What was asked for and not given, cameras on one hub, cameras of different make."""
        texts = [event.text for event in self._pairs.events() if event.kind in _LASTING]
        return tuple(dict.fromkeys(texts))

    def locks(self) -> tuple[Locks, Locks]:
        """Whether focus and exposure are fixed, as the cameras said when they were opened; None where nobody knows."""
        return self._locks

    def close(self) -> None:
        """Let the cameras go."""
        self._pairs.close()


def open_cameras(addresses: tuple[str, str], size_px: tuple[int, int] | None, rate_hz: float | None) -> LiveCameras:
    """Open two cameras and wait for their first pictures.

    Raises:
        InputError: one cannot be used, or is given twice.
    """
    from gazeclass.capture.live import LiveOptions, open_live

    options = LiveOptions(sizes_px=(size_px, size_px), rate_hz=rate_hz)
    pairs = open_live(addresses[0], addresses[1], options=options)
    return LiveCameras(pairs, (_locks(addresses[0]), _locks(addresses[1])))


def _locks(address: str) -> Locks:
    """Of a USB camera."""
    from gazeclass.capture.devices import find_device, list_devices
    from gazeclass.capture.spec import CameraKind, parse_spec

    spec = parse_spec(address)
    if spec.kind is not CameraKind.USB:
        return None, None
    try:
        locks = find_device(spec.address, list_devices()).locks
    except InputError:
        return None, None
    return locks.focus, locks.exposure
