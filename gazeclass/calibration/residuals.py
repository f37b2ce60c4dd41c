"""How far each corner of a view is from where the calibration expects it: the worst views and their overlay."""

from dataclasses import dataclass

import numpy as np

from gazeclass.calibration.detection import Detection
from gazeclass.calibration.figures import LensFigures
from gazeclass.calibration.pnp import plane_poses
from gazeclass.calibration.target import Target
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.rotation import Array


@dataclass(frozen=True, eq=False)
class ViewResiduals:
    """One view: corners as found ``(n, 2)``, found minus expected ``(n, 2)``, both in pixels."""

    corners_px: Array
    errors_px: Array

    @property
    def rms_px(self) -> float:
        """Root mean square length."""
        return float(np.sqrt((self.errors_px**2).sum(axis=1).mean()))


def view_residuals(target: Target, camera: CameraModel, detection: Detection) -> ViewResiduals | None:
    """Residuals of one view with the lens as it is; None where its corners are degenerate."""
    points = target.points_A[detection.ids]
    poses = plane_poses(camera, points, detection.corners_px)
    if not poses:
        return None
    expected = camera.project(poses[0].T_CB.apply(points))
    return ViewResiduals(detection.corners_px, detection.corners_px - expected)


def worst_views(figures: LensFigures, count: int = 5) -> tuple[tuple[str, float, bool], ...]:
    """Name, RMS in pixels and whether it was left out already, of the views that fit worst."""
    ranked = sorted(figures.view_rms_px.items(), key=lambda item: -item[1])
    return tuple((name, rms, name in figures.rejected) for name, rms in ranked[:count])
