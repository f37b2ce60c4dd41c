"""By how much do the clocks of two recordings differ? Whoever moves, moves in both pictures at once.

Two recorders that were started by hand share no clock. But the *amount* of movement in the picture, from frame to
frame, rises and falls alike in both: heads turn, somebody gets up, the board is carried to its next place. Its slow
part (how many are in the picture, how near) differs between the views and is taken off; the lag at which the rest
agrees best is the clocks' offset. How sure that is shows in the same curve: by Bartlett's formula chance correlations
of two series with autocorrelations rho0, rho1 have the variance sum(rho0 rho1) / n, and the true lag must stand out
clearly from the best wrong one.

Measured: on ``lesson_a`` (10 frames a second, 12 s) 2 ms off; on a real recording of two webcams (6 a second, 18 s) 40
ms by the epipolar distance of a moving board, its own timestamps 70 ms. Made-up scenes of 8 to 60 s: the right lag is
accepted in 98 of 100, a wrong one in one of 810 (of 8 s).
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Frames nearer in time than this are passed over: at 30 pictures a second a head hardly moves from one to the next.
LEAST_STEP_S = 0.08
#: Pictures are made this narrow before they are compared.
WIDTH_PX = 320
#: A change of a pixel by less is noise.
NOISE = 6
#: Both curves are laid on this grid, seconds.
STEP_S = 0.02
#: The part slower than this is taken off.
SLOW_S = 1.0
#: Lags with less in common are not looked at.
LEAST_OVERLAP_S = 4.0
#: Lags within this of the best one are the same peak.
PEAK_S = 0.4
#: A lag is believed when it stands this many times further out of chance than any other …
AHEAD = 1.4
#: … and so many deviations out of it: the first where the curves correlate by the first, less the more alike they are.
ALIKE, SURE = (0.6, 0.85), (4.5, 2.5)
#: The best of the wrong lags is hardly ever less than this.
_ORDINARY = 1.8


@dataclass
class MovementMeter:
    """Collects how much moves in one camera's pictures, which come in order of time."""

    times_s: list[float] = field(default_factory=list)
    amounts: list[float] = field(default_factory=list)
    _last: tuple[float, np.ndarray] | None = None

    def wants(self, t_s: float) -> bool:
        """Whether a picture of this time is looked at; others come too soon after the last."""
        return self._last is None or t_s - self._last[0] >= LEAST_STEP_S

    def feed(self, t_s: float, grey: np.ndarray) -> None:
        """Take in a picture ``(h, w)`` uint8 of any size."""
        if not self.wants(t_s):
            return
        height, width = grey.shape
        if width > WIDTH_PX:
            size = (WIDTH_PX, max(1, round(height * WIDTH_PX / width)))
            grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        if self._last is not None:
            change = cv2.absdiff(grey, self._last[1])
            # After a dropped frame more has changed, though less than twice as much in twice the time.
            longer = np.sqrt((t_s - self._last[0]) / LEAST_STEP_S)
            self.amounts.append(float(change[change > NOISE].sum(dtype=np.int64)) / change.size / float(longer))
            self.times_s.append((t_s + self._last[0]) / 2)
        self._last = (t_s, grey)


@dataclass(frozen=True)
class ClockOffset:
    """Camera 1's time minus camera 0's at one moment, as movement shows it.

    Attributes:
        offset_s: the best lag.
        correlation: of the two curves there, -1 to 1.
        strength: in standard deviations of chance.
        rival: the same for the best lag elsewhere.
    """

    offset_s: float
    correlation: float
    strength: float
    rival: float

    @property
    def certain(self) -> bool:
        """Whether it may be used."""
        sure = float(np.interp(self.correlation, ALIKE, SURE))
        return self.strength >= sure and self.strength >= AHEAD * max(self.rival, _ORDINARY)


def clock_offset(
    first: MovementMeter, second: MovementMeter, *, around_s: float = 0.0, reach_s: float = 30.0
) -> ClockOffset | None:
    """The lag at which both cameras' movement agrees best.

    Args:
        first, second: camera 0's and camera 1's.
        around_s: offsets are looked for around this one …
        reach_s: … and no further away than this.

    Returns:
        The best offset, to be used only where it is certain; None where too little was seen, or nothing moves.
    """
    curves = _curve(first), _curve(second)
    if curves[0] is None or curves[1] is None:
        return None
    (start0, a), (start1, b) = curves[0], curves[1]
    least = round(LEAST_OVERLAP_S / STEP_S)
    spread = _spread(a, b)
    # Camera 1's sample i - k lies beside camera 0's sample i.
    middle = (start1 - start0 - around_s) / STEP_S
    reach = reach_s / STEP_S
    lags, found = [], []
    for k in range(max(int(np.ceil(middle - reach)), least - len(b)), min(int(middle + reach), len(a) - least) + 1):
        low, high = max(k, 0), min(len(a), len(b) + k)
        if high - low >= least:
            r = _correlation(a[low:high], b[low - k : high - k])
            lags.append(k)
            found.append((r * np.sqrt((high - low) / spread), r))
    if not found:
        return None
    strength = np.array([z for z, _ in found])
    best = int(np.argmax(strength))
    far = strength[np.abs(np.array(lags) - lags[best]) > PEAK_S / STEP_S]
    return ClockOffset(
        offset_s=start1 - start0 - (lags[best] + _between(strength, best)) * STEP_S,
        correlation=float(found[best][1]),
        strength=float(strength[best]),
        rival=float(far.max()) if len(far) else 0.0,
    )


def _curve(meter: MovementMeter) -> tuple[float, Array] | None:
    """Start of the grid and the quick part of the movement on it; None where there is too little."""
    if len(meter.times_s) < 3 or meter.times_s[-1] - meter.times_s[0] < LEAST_OVERLAP_S:
        return None
    amount = np.array(meter.amounts)
    usual = float(np.median(amount)) or float(amount.mean())
    if usual <= 0:
        return None
    grid = np.arange(meter.times_s[0], meter.times_s[-1], STEP_S)
    # A near student moves ten times as many pixels as a far one: the logarithm makes them count alike.
    values = np.interp(grid, meter.times_s, np.log(amount + 0.3 * usual))
    window = np.ones(round(SLOW_S / STEP_S) | 1)
    slow = np.convolve(values, window, "same") / np.convolve(np.ones_like(values), window, "same")
    quick = values - slow
    return (float(grid[0]), quick) if float(quick.std()) > 1e-6 else None


def _spread(a: Array, b: Array) -> float:
    """How many samples carry as much as one independent one (Bartlett)."""
    reach = min(len(a), len(b), round(3.0 / STEP_S))

    def own(x: Array) -> Array:
        x = x - x.mean()
        size = 1 << (2 * len(x)).bit_length()
        power = np.abs(np.fft.rfft(x, size)) ** 2
        lagged = np.asarray(np.fft.irfft(power, size)[:reach], float)
        out: Array = lagged / float(lagged[0])
        return out

    return max(1.0, float(1.0 + 2.0 * (own(a)[1:] * own(b)[1:]).sum()))


def _correlation(x: Array, y: Array) -> float:
    x, y = x - x.mean(), y - y.mean()
    return float(x @ y) / max(float(np.sqrt((x @ x) * (y @ y))), 1e-12)


def _between(values: Array, at: int) -> float:
    """Where between the samples the peak lies: the vertex of a parabola through it and its neighbours."""
    if not 0 < at < len(values) - 1:
        return 0.0
    left, top, right = values[at - 1 : at + 2]
    bend = left - 2 * top + right
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0
