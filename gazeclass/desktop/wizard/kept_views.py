"""Views that were kept: their errors, worst first, and one of them with its corners and where the lens puts them."""

from dataclasses import dataclass

import numpy as np

from gazeclass.calibration.figures import LensFigures
from gazeclass.calibration.pnp import plane_poses
from gazeclass.calibration.project import Project
from gazeclass.calibration.target import Target
from gazeclass.desktop.wizard.feed import Preview, reduced
from gazeclass.desktop.wizard.sources import read_colour
from gazeclass.geometry.rotation import Array


@dataclass(frozen=True)
class KeptView:
    """One line of the list.

    Attributes:
        name: of the view.
        rms_px: how badly it fits; None while not computed.
        rejected: left out as inconsistent.
    """

    name: str
    rms_px: float | None
    rejected: bool = False


@dataclass(frozen=True, eq=False)
class ShownView:
    """A kept view, to be looked at.

    Attributes:
        name: of the view.
        preview: its picture.
        corners_px: ``(n, 2)`` found, in the whole picture; empty where the board was not found.
        off_px: ``(n, 2)`` where the lens puts them, minus where they are; NaN where the lens is not known.
    """

    name: str
    preview: Preview
    corners_px: Array
    off_px: Array


def worst_first(names: tuple[str, ...], errors: dict[str, float], rejected: tuple[str, ...]) -> tuple[KeptView, ...]:
    """The list: rejected ones first, then by error, those not computed last."""
    views = [KeptView(name, errors.get(name), name in rejected) for name in names]
    return tuple(sorted(views, key=lambda v: (not v.rejected, -(v.rms_px if v.rms_px is not None else -1.0), v.name)))


def load_view(
    project: Project, part: str, camera: int, name: str, target: Target, lens: LensFigures | None
) -> ShownView | None:
    """Read a view and compute its residuals; None where it is no longer there. For a worker.

    Raises:
        InputError: the picture cannot be read.
    """
    path = project.pictures(part, camera).get(name)
    if path is None:
        return None
    preview = reduced(read_colour(path))
    seen = project.memory.recall(target, path)
    if seen is None or seen.detection is None:
        return ShownView(name, preview, np.zeros((0, 2)), np.zeros((0, 2)))
    corners = seen.detection.corners_px
    off: Array = np.full(corners.shape, np.nan)
    if lens is not None and lens.failure is None and lens.matrix:
        camera_model = lens.camera()
        points = target.points_A[seen.detection.ids]
        poses = plane_poses(camera_model, points, corners)
        if poses:
            off = camera_model.project(poses[0].T_CB.apply(points)) - corners
    return ShownView(name, preview, corners, off)
