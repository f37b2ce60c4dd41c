"""What two cameras really give, watched for some seconds: sizes, rates, skew; and what is wrong with it."""

from dataclasses import dataclass

import numpy as np

from gazeclass.desktop.wizard.sources import Shot

#: Below this rate a class's heads are seen too seldom; above this skew a turning head is seen at two moments.
SLOW_HZ, SKEWED_S = 8.0, 0.040
#: Smaller pictures show the back rows too small (a face of 35 px at 6 m needs 1920).
SMALL_PX = 1280

Size = tuple[int, int]


@dataclass(frozen=True)
class Measured:
    """Of both cameras, as far as it was seen.

    Attributes:
        sizes_px: of the left and the right camera's pictures; None where none came.
        rate_hz: of the pairs; None for pictures in a folder and for less than a second of watching.
        skew_s: 95th percentile of the time between the two pictures of a pair; None as above.
        seconds: how long was watched.
        live: real cameras, not files.
    """

    sizes_px: tuple[Size | None, Size | None]
    rate_hz: float | None
    skew_s: float | None
    seconds: float
    live: bool


class Watch:
    """Gathers shots and says what they were worth."""

    def __init__(self, live: bool) -> None:
        self._live = live
        self._times: list[float] = []
        self._skews: list[float] = []
        self._sizes: list[Size | None] = [None, None]
        self._chosen = False

    def add(self, shot: Shot) -> None:
        """One more moment."""
        self._times.append(shot.t_s)
        self._chosen |= shot.chosen
        if all(image is not None for image in shot.images):
            self._skews.append(abs(shot.skew_s))
        for camera, image in enumerate(shot.images):
            if image is not None:
                self._sizes[camera] = (int(image.shape[1]), int(image.shape[0]))

    @property
    def seconds(self) -> float:
        """From the first moment to the last."""
        return self._times[-1] - self._times[0] if len(self._times) > 1 else 0.0

    def result(self) -> Measured:
        """What was seen."""
        timed = not self._chosen and self.seconds >= 1.0
        rate = (len(self._times) - 1) / self.seconds if timed else None
        skew = float(np.percentile(self._skews, 95)) if timed and self._skews else None
        return Measured((self._sizes[0], self._sizes[1]), rate, skew, self.seconds, self._live)


def size_text(size: Size | None) -> str:
    """``1920×1080``."""
    return "–" if size is None else f"{size[0]}×{size[1]}"
