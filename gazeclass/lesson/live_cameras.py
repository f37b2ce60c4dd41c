"""What a live lesson asks of its cameras and of whoever records them."""

from typing import Protocol

from gazeclass.capture.health import LiveEvent, LiveHealth
from gazeclass.capture.pairs import FramePair
from gazeclass.capture.stream import LiveFrame
from gazeclass.errors import InputError


class LivePairSource(Protocol):
    """What a live lesson asks of its cameras; :class:`gazeclass.capture.live.LivePairs` is one."""

    @property
    def names(self) -> tuple[str, str]:
        """Both cameras'."""

    @property
    def sizes_px(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Width and height of their pictures."""

    @property
    def ended(self) -> bool:
        """Whether no pair will come any more."""

    def now_s(self) -> float:
        """The lesson clock now."""

    def next_pair(self, timeout_s: float | None = 1.0) -> FramePair | None:
        """The latest pair that was not taken yet; None when there was none in time."""

    def latest(self, camera: int) -> LiveFrame | None:
        """The camera's newest frame."""

    def events_since(self, count: int) -> tuple[tuple[LiveEvent, ...], int]:
        """What has happened since."""

    def retry_now(self, camera: int) -> None:
        """Try a lost camera again at once."""

    def health(self) -> LiveHealth:
        """How both cameras do."""

    def close(self) -> None:
        """Let the cameras go."""


class Recording(Protocol):
    """What a live lesson asks of whoever writes its videos."""

    @property
    def running(self) -> bool:
        """Whether pictures are being written."""

    def close(self) -> None:
        """End the files."""


def check_sizes(source: LivePairSource, calibrated_px: tuple[tuple[int, int], tuple[int, int]]) -> None:
    """Refuse cameras whose pictures are not of the calibrated size.

    Raises:
        InputError: naming camera and both sizes.
    """
    for name, found, wanted in zip(source.names, source.sizes_px, calibrated_px, strict=True):
        if found != wanted:
            raise InputError(
                f"its pictures are {found[0]}×{found[1]}, the classroom was calibrated at {wanted[0]}×{wanted[1]}",
                where=name,
                todo="Set the camera to that size, or calibrate the classroom at this one.",
            )
