"""A heat scale that does not jump: its end is a round number that grows at once and shrinks late."""

import math


class CalmScale:
    """The end of a scale. ``of`` gives a round number of the series 1, 2, 5 that is at least the peak."""

    def __init__(self) -> None:
        self._top = 0.0

    def of(self, peak: float) -> float:
        """The scale's end for this peak."""
        if not peak > 0:
            return self._top or 1.0
        if peak > self._top or peak < self._top / 4:
            self._top = round_up(peak)
        return self._top


def round_up(value: float) -> float:
    """The next of …, 0.1, 0.2, 0.5, 1, 2, 5, … that is not below ``value``."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= value * (1 - 1e-9))
