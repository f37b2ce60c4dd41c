"""Over time: filters that steady a head's position and rotation without lagging behind a turn.

Both are Kalman filters of a state that stays where it is but for process noise. A real movement shows as an innovation
larger than the noise allows; the state's covariance is then raised until the innovation is as expected (an adaptive
fading filter, Xia et al. 1994), so the estimate follows within a frame or two instead of averaging the turn away.

A head pose network errs the same way for one face as long as it holds still. That persistent part of its error does not
average out over frames: it is kept out of the filter's gain and added to the covariance that is reported.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.stats import chi2

from gazeclass.geometry.rotation import Array, exp_so3, log_so3, nearest_rotation
from gazeclass.geometry.stereo import StereoRig
from gazeclass.geometry.triangulation import project_with_jacobian
from gazeclass.lesson.fusion import Position3, Rotation3

#: A 3-D innovation beyond this squared Mahalanobis distance is a movement, not noise (95 %).
_MOVED_3D = float(chi2.ppf(0.95, 3))
#: Beyond this it is taken for a mistake (a wrong partner in the other picture) unless it repeats.
_OUTLIER_3D = float(chi2.ppf(1 - 1e-9, 3))


@dataclass(frozen=True)
class SmoothingOptions:
    """How heads move and how networks err.

    Attributes:
        position_walk_m: standard deviation of a seated head's wander in one second.
        rotation_walk_deg: the same for its rotation while it looks steadily.
        persistent_share: share of the pose error's variance that stays the same from frame to frame and is reported
            whatever the filter does; the least measured over three rendered rooms and three axes (docs/decisions/001).
        noise_share: share that the filter takes for noise between frames; more than the rest, because real cameras are
            noisier than rendered ones.
        reset_after_s: a student not seen for this long starts afresh.
        turn_walk_deg: how far a head turns in one second, root mean square for each axis over a whole lesson, turns and
            all; it grows with the square root of time (5.3° in 0.2 s, 10.0° in 0.5 s, 15.0° in 1 s on lesson_a). For
            rotations that are held.
    """

    position_walk_m: float = 0.10
    rotation_walk_deg: float = 6.0
    persistent_share: float = 0.95
    noise_share: float = 0.3
    reset_after_s: float = 2.0
    turn_walk_deg: float = 15.0


@dataclass
class PositionFilter:
    """Position of one head in WCS. ``state`` is None until something was measured."""

    options: SmoothingOptions
    state: Position3 | None = None
    t_s: float = -np.inf
    _rejected: int = field(default=0, repr=False)

    def predict(self, t_s: float) -> None:
        """Let the uncertainty grow until ``t_s``."""
        if self.state is None:
            return
        dt = t_s - self.t_s
        if dt > self.options.reset_after_s:
            self.state = None
        elif dt > 0:
            grown = self.state.cov_m2 + np.eye(3) * self.options.position_walk_m**2 * dt
            self.state = Position3(self.state.P_W_m, grown)
        self.t_s = t_s

    def measure(self, t_s: float, seen: Position3) -> Position3:
        """Take in a position measured by both cameras; returns the new state."""
        self.predict(t_s)
        self.t_s = t_s
        if self.state is None:
            self.state = seen
            return seen
        innovation = seen.P_W_m - self.state.P_W_m
        S = self.state.cov_m2 + seen.cov_m2
        distance2 = float(innovation @ np.linalg.solve(S, innovation))
        if distance2 > _OUTLIER_3D and self._rejected < 2:
            self._rejected += 1
            return self.state
        self._rejected = 0
        cov = self.state.cov_m2
        if distance2 > _MOVED_3D:
            cov = cov + np.outer(innovation, innovation)
        gain = cov @ np.linalg.inv(cov + seen.cov_m2)
        self.state = Position3(self.state.P_W_m + gain @ innovation, _symmetric((np.eye(3) - gain) @ cov))
        return self.state

    def measure_ray(self, t_s: float, rig: StereoRig, camera: int, nose_px: Array, sigma_px: float) -> Position3 | None:
        """Take in the nose's pixel in one camera: an extended Kalman step across the ray; depth keeps its doubt.

        Returns:
            The new state, or None where nothing was known before (start from
            :func:`gazeclass.lesson.fusion.position_from_face_size`).
        """
        self.predict(t_s)
        if self.state is None:
            return None
        pixels, J = project_with_jacobian(
            rig.cameras[camera], rig.world_from_camera(camera).inverse(), self.state.P_W_m[None]
        )
        if not np.isfinite(pixels).all():
            return self.state
        P, H = self.state.cov_m2, J[0]
        innovation = nose_px - pixels[0]
        noise = np.eye(2) * sigma_px**2
        if float(innovation @ np.linalg.solve(H @ P @ H.T + noise, innovation)) > float(chi2.ppf(0.95, 2)):
            # The head moved: open the state across the ray by what was seen, at the depth it had.
            step = np.linalg.pinv(H) @ innovation
            P = P + np.outer(step, step)
        gain = P @ H.T @ np.linalg.inv(H @ P @ H.T + noise)
        self.state = Position3(self.state.P_W_m + gain @ innovation, _symmetric((np.eye(3) - gain @ H) @ P))
        return self.state


@dataclass
class RotationFilter:
    """Rotation of one head in WCS."""

    options: SmoothingOptions
    R_WS: Array | None = None
    t_s: float = -np.inf
    _cov: Array = field(default_factory=lambda: np.eye(3), repr=False)
    _persistent: Array = field(default_factory=lambda: np.zeros((3, 3)), repr=False)

    def measure(self, t_s: float, seen: Rotation3) -> Rotation3:
        """Take in a rotation; returns the steadied one with the covariance of its whole error."""
        share = self.options.persistent_share
        noise = seen.cov_rad2 * self.options.noise_share
        dt = t_s - self.t_s
        self.t_s = t_s
        if self.R_WS is None or dt > self.options.reset_after_s:
            self.R_WS, self._cov, self._persistent = seen.R_WS, noise, seen.cov_rad2 * share
            return Rotation3(self.R_WS, self._whole())
        cov = self._cov + np.eye(3) * np.radians(self.options.rotation_walk_deg) ** 2 * max(dt, 0.0)
        innovation = log_so3(seen.R_WS @ self.R_WS.T)
        distance2 = float(innovation @ np.linalg.solve(cov + noise, innovation))
        if distance2 > _MOVED_3D:
            cov = cov + np.outer(innovation, innovation)
        gain = cov @ np.linalg.inv(cov + noise)
        self.R_WS = nearest_rotation(exp_so3(gain @ innovation) @ self.R_WS)
        self._cov = _symmetric((np.eye(3) - gain) @ cov)
        # The persistent part is blended as the state is: after a turn it is that of the new view.
        weight = float(np.trace(gain)) / 3.0
        self._persistent = (1.0 - weight) * self._persistent + weight * seen.cov_rad2 * share
        return Rotation3(self.R_WS, self._whole())

    def held(self, t_s: float, longest_s: float) -> Rotation3 | None:
        """The rotation as it was last measured, with the doubt that has grown since; the state is not touched.

        Nobody looked whether the head turned, so the doubt grows as fast as heads turn in a whole lesson, not as
        slowly as for one that is seen to look steadily.

        Args:
            t_s: now.
            longest_s: None is returned for a rotation older than this, or where there is none.
        """
        age = t_s - self.t_s
        if self.R_WS is None or age > longest_s:
            return None
        grown = np.radians(self.options.turn_walk_deg) ** 2 * max(age, 0.0)
        return Rotation3(self.R_WS, self._whole() + np.eye(3) * grown)

    def _whole(self) -> Array:
        """Covariance of the whole error: what stays, and what the filter leaves of the noise that there is.

        The filter's own covariance is that of the noise it expects; it counts in proportion, so that a first look has
        exactly the network's covariance.
        """
        there_is = (1.0 - self.options.persistent_share) / self.options.noise_share
        return self._persistent + self._cov * there_is


def _symmetric(M: Array) -> Array:
    return 0.5 * (M + M.T)
