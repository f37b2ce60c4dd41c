"""Where a face will be in the next picture, and its box without the detector's trembling."""

import numpy as np

_LONGEST_GUESS_S = 0.5  # a head does not keep its velocity longer than this
_VELOCITY_GAIN = 0.35


class BoxMotion:
    """Constant-velocity motion of a box, and a low-pass that opens when the box moves.

    The low-pass is the 1€ filter (Casiez, Roussel, Vogel 2012): its cut-off frequency rises with speed, measured in box
    sizes a second, so that a still head's box is calm and a moving one's does not lag.

    Args:
        t_s: lesson time of the first box.
        box_px: (4,).
        still_hz: cut-off frequency at rest.
        opening_hz: what is added to it at one box size a second.
    """

    def __init__(self, t_s: float, box_px: np.ndarray, *, still_hz: float = 1.5, opening_hz: float = 5.0) -> None:
        self._t_s = t_s
        self._measured = _centre_size(box_px)
        self._smooth = self._measured.copy()
        self._velocity = np.zeros(4)
        self._still_hz, self._opening_hz = still_hz, opening_hz

    @property
    def size_px(self) -> float:
        """Longer side of the smoothed box."""
        return float(self._smooth[2:].max())

    def predict(self, t_s: float) -> np.ndarray:
        """(4,) box expected at a later time; its size stays. After a longer absence, the place where it was."""
        dt = t_s - self._t_s
        dt = dt if dt <= _LONGEST_GUESS_S else 0.0
        state = self._measured.copy()
        state[:2] += dt * self._velocity[:2]
        state[2:] = self._smooth[2:]
        return _box(state)

    def correct(self, t_s: float, box_px: np.ndarray) -> np.ndarray:
        """Take in a measured box; returns the smoothed one, (4,)."""
        state = _centre_size(box_px)
        dt = max(t_s - self._t_s, 1e-3)
        velocity = (state - self._measured) / dt
        self._velocity += _VELOCITY_GAIN * (velocity - self._velocity)
        speed = np.abs(self._velocity) / max(self.size_px, 1.0)
        cutoff_hz = self._still_hz + self._opening_hz * speed
        gain = 1 / (1 + 1 / (2 * np.pi * cutoff_hz * dt))
        self._smooth += gain * (state - self._smooth)
        self._t_s, self._measured = t_s, state
        return _box(self._smooth)


def _centre_size(box: np.ndarray) -> np.ndarray:
    """(4,) centre x, y, width, height."""
    return np.concatenate([(box[:2] + box[2:]) / 2, box[2:] - box[:2]]).astype(float)


def _box(state: np.ndarray) -> np.ndarray:
    return np.concatenate([state[:2] - state[2:] / 2, state[:2] + state[2:] / 2])
