"""How good a calibration is, in figures and in plain sentences; every threshold of a verdict stands here."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from gazeclass.calibration.adjustment import WIDTH
from gazeclass.calibration.detection import Detection
from gazeclass.calibration.intrinsics import Intrinsics
from gazeclass.calibration.pnp import plane_poses
from gazeclass.calibration.stereo import StereoCalibration
from gazeclass.calibration.survey import Survey
from gazeclass.calibration.target import Target
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.rotation import Array
from gazeclass.geometry.stereo import StereoRig
from gazeclass.geometry.triangulation import triangulate

GRID = 5
TILT_BINS = 8
MIN_TILT_DEG = 10.0
ENOUGH_TILTS = 4
ENOUGH_COVERAGE = 0.6
ENOUGH_VIEWS = 8
GOOD_RMS_PX, POOR_RMS_PX = 0.5, 1.0
GOOD_BASELINE_M = 1.0
DISTANCES_M = (3.0, 5.0, 8.0)
#: A nose tip is found to about this, each coordinate.
PIXEL_NOISE = 1.0
GOOD_DEPTH_ERROR_M = 0.10
GOOD_BOARD_SIGMA_M = 0.05


class Level(Enum):
    """How much a finding matters."""

    GOOD = "good"
    ADVICE = "advice"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One sentence of the verdict."""

    level: Level
    text: str


@dataclass(frozen=True, eq=False)
class CameraQuality:
    """What the views of one camera are worth.

    Attributes:
        rms_px: of the camera's own calibration.
        views: used.
        rejected: names of views left out.
        worst_view, worst_rms_px: of those used.
        coverage: ``(5, 5)`` number of corners in each part of the picture.
        tilt_directions: how many of eight directions the board was tilted to.
        focal_std_px: standard deviation of fx.
        reduced: the views did not carry the full lens.
    """

    rms_px: float
    views: int
    rejected: tuple[str, ...]
    worst_view: str
    worst_rms_px: float
    coverage: np.ndarray
    tilt_directions: int
    focal_std_px: float
    reduced: bool

    @property
    def covered(self) -> float:
        """Share of the picture's parts that hold corners."""
        return float((self.coverage > 0).mean())


@dataclass(frozen=True)
class DepthError:
    """Standard deviation of a student's distance at ``distance_m`` from the middle between the cameras.

    ``sigma_m`` is along the line of sight, None where not both cameras see that point.
    """

    distance_m: float
    sigma_m: float | None


def coverage(detections: "list[Detection]") -> np.ndarray:
    """Corners in each of 5×5 parts of the picture, ``(5, 5)`` integers, rows from the top."""
    counts = np.zeros((GRID, GRID), int)
    for d in detections:
        cell = np.clip((d.corners_px / d.size_px * GRID).astype(int), 0, GRID - 1)
        np.add.at(counts, (cell[:, 1], cell[:, 0]), 1)
    return counts


def tilt_directions(target: Target, camera: CameraModel, detections: "list[Detection]") -> int:
    """In how many of eight directions the board was tilted by 10° or more against the line of sight."""
    return len({tilt_bin(target, camera, d) for d in detections} - {None})


def tilt_bin(target: Target, camera: CameraModel, detection: Detection) -> int | None:
    """Which of eight directions the board's face is turned to against the line of sight; None below 10°.

    Bin k spans 45° k to 45° (k + 1) in the picture, from its right towards its bottom.
    """
    points = target.points_A[detection.ids]
    poses = plane_poses(camera, points, detection.corners_px)
    if not poses:
        return None
    T = poses[0].T_CB
    ray = T.apply(points.mean(axis=0))
    ray = ray / np.linalg.norm(ray)
    normal = T.R[:, 2]
    across = normal - (normal @ ray) * ray
    if np.linalg.norm(across) < np.sin(np.radians(MIN_TILT_DEG)):
        return None
    angle = np.degrees(np.arctan2(across[1], across[0])) % 360.0
    return int(angle // (360.0 / TILT_BINS)) % TILT_BINS


def camera_quality(target: Target, intrinsics: Intrinsics, detections: dict[str, Detection]) -> CameraQuality:
    """Figures of one camera; ``detections`` are those its intrinsics were computed from, rejected ones included."""
    used = {name: d for name, d in detections.items() if name not in intrinsics.rejected}
    worst = max(used, key=lambda name: intrinsics.view_rms_px[name])
    return CameraQuality(
        rms_px=intrinsics.rms_px,
        views=len(used),
        rejected=intrinsics.rejected,
        worst_view=worst,
        worst_rms_px=intrinsics.view_rms_px[worst],
        coverage=coverage(list(used.values())),
        tilt_directions=tilt_directions(target, intrinsics.camera, list(used.values())),
        focal_std_px=float(intrinsics.std[0]),
        reduced=intrinsics.reduced,
    )


def depth_errors(
    rig: StereoRig, pixel_noise: float = PIXEL_NOISE, distances_m: tuple[float, ...] = DISTANCES_M
) -> tuple[DepthError, ...]:
    """Expected error of a student's distance, from the pixel noise through the triangulation.

    For parallel cameras this is the textbook's ``√2 σ z² / (f b)`` (Hartley & Zisserman 2004, §12.6 in essence).

    Args:
        rig: the calibrated cameras.
        pixel_noise: standard deviation of each pixel coordinate of a nose tip.
        distances_m: from the middle between the cameras, along their mean direction.
    """
    T_01 = rig.T_10.inverse()
    middle = T_01.t / 2.0
    forward = np.array([0.0, 0.0, 1.0]) + T_01.R[:, 2]
    forward = forward / np.linalg.norm(forward)
    errors = []
    for distance in distances_m:
        point = (middle + distance * forward)[None]
        pixels = [rig.project(c, point) for c in (0, 1)]
        seen = all(rig.cameras[c].contains(pixels[c]).all() for c in (0, 1))
        sigma = None
        if seen:
            result = triangulate(rig, pixels[0], pixels[1], pixel_noise)
            if result.ok.all():
                sigma = float(np.sqrt(forward @ result.cov_C_m2[0] @ forward))
        errors.append(DepthError(distance, sigma))
    return tuple(errors)


def judge_camera(name: str, quality: CameraQuality) -> list[Finding]:
    """Sentences about one camera."""
    findings = []
    if quality.rms_px <= GOOD_RMS_PX:
        findings.append(
            Finding(Level.GOOD, f"{name}: the lens is known to {quality.rms_px:.2f} px over {quality.views} views.")
        )
    else:
        level = Level.WARNING if quality.rms_px > POOR_RMS_PX else Level.ADVICE
        findings.append(
            Finding(
                level,
                f"{name}: the lens fits only to {quality.rms_px:.2f} px (worst view {quality.worst_view}, "
                f"{quality.worst_rms_px:.2f} px). Is the board flat, the focus locked, are the pictures sharp?",
            )
        )
    if quality.rejected:
        findings.append(Finding(Level.ADVICE, f"{name}: left out as inconsistent: {', '.join(quality.rejected)}."))
    if quality.reduced:
        findings.append(
            Finding(
                Level.ADVICE,
                f"{name}: the views do not determine the whole lens; it was taken as centred, with square pixels. More "
                "views, in all parts of the picture and tilted, would make it better.",
            )
        )
    if quality.views < ENOUGH_VIEWS:
        findings.append(
            Finding(Level.ADVICE, f"{name}: {quality.views} views are few; {ENOUGH_VIEWS} to 20 are better.")
        )
    if quality.covered < ENOUGH_COVERAGE:
        empty = _where_empty(quality.coverage)
        findings.append(
            Finding(
                Level.ADVICE,
                f"{name}: the board was seen in {quality.covered:.0%} of the picture; hold it {empty} too.",
            )
        )
    if quality.tilt_directions < ENOUGH_TILTS:
        findings.append(
            Finding(
                Level.ADVICE,
                f"{name}: the board was tilted to {quality.tilt_directions} of {TILT_BINS} directions; tilt it to "
                f"{ENOUGH_TILTS} at least.",
            )
        )
    return findings


def _where_empty(counts: np.ndarray) -> str:
    """The side of the picture with the fewest corners, in words."""
    half = GRID // 2
    sides: dict[str, Array] = {
        "at the top": counts[:half],
        "at the bottom": counts[-half:],
        "on the left": counts[:, :half],
        "on the right": counts[:, -half:],
    }
    return min(sides, key=lambda side: float((sides[side] > 0).mean()))


def judge_stereo(stereo: StereoCalibration, depth: tuple[DepthError, ...]) -> list[Finding]:
    """Sentences about the pair of cameras."""
    findings = []
    text = (
        f"The cameras stand {stereo.baseline_m:.3f} m apart; {len(stereo.used)} common views agree to "
        f"{stereo.rms_px:.2f} px."
    )
    level = Level.GOOD if stereo.rms_px <= GOOD_RMS_PX else Level.ADVICE
    if stereo.rms_px > POOR_RMS_PX:
        level = Level.WARNING
        text += " That is poor: were all pairs taken at the same moment?"
    findings.append(Finding(level, text))
    if stereo.rejected:
        findings.append(Finding(Level.ADVICE, f"Pairs left out as inconsistent: {', '.join(stereo.rejected)}."))
    if stereo.baseline_m < GOOD_BASELINE_M:
        findings.append(
            Finding(
                Level.ADVICE,
                "The cameras are close together, so distances are uncertain; put them at both ends of the board.",
            )
        )
    known = [d for d in depth if d.sigma_m is not None]
    if known:
        words = ", ".join(f"{100 * d.sigma_m:.1f} cm at {d.distance_m:g} m" for d in known if d.sigma_m is not None)
        worst = max(d.sigma_m for d in known if d.sigma_m is not None)
        findings.append(
            Finding(
                Level.GOOD if worst <= GOOD_DEPTH_ERROR_M else Level.ADVICE,
                f"Expected error of a student's distance: {words} (nose tip good to {PIXEL_NOISE:g} px).",
            )
        )
    return findings


def judge_survey(survey: Survey) -> list[Finding]:
    """Sentences about the tape."""
    findings = []
    for result in survey.misread:
        others = f", or else {' or '.join(result.rivals)} is wrong" if result.rivals else ""
        reads = result.reading.distance_m
        findings.append(
            Finding(
                Level.WARNING,
                f"{result.reading.name} disagrees by {100 * abs(result.residual_m):.1f} cm: it reads {reads:.3f} m, "
                f"the others say {reads - result.residual_m:.3f} m{others}. It was left out; measure it again.",
            )
        )
    for name in survey.rejected_size:
        fits_m = survey.width_m if name == WIDTH else survey.height_m
        text = f"The tape contradicts {name}: {fits_m:.3f} m fits and is used instead. Measure the board again."
        findings.append(Finding(Level.WARNING, text))
    unchecked = [r for r in survey.readings if not r.rejected and r.unchecked]
    if unchecked:
        words = ", ".join(f"{r.reading.name} (below {100 * r.noticed_m:.0f} cm)" for r in unchecked)
        findings.append(Finding(Level.ADVICE, f"No other reading would expose a mistake in {words}."))
    used = [r.residual_m for r in survey.readings if not r.rejected]
    rms_mm = 1000 * float(np.sqrt(np.mean(np.square(used))))
    good = survey.board_sigma_m <= GOOD_BOARD_SIGMA_M
    text = (
        f"{len(used)} tape readings agree to {rms_mm:.1f} mm; what remains shifts gaze points on the board by "
        f"{100 * survey.board_sigma_m:.1f} cm."
    )
    if survey.suggestions:
        best = survey.suggestions[0]
        text += f" Measuring {best.point_a} to {best.point_b} would bring that to {100 * best.board_sigma_m:.1f} cm."
    findings.append(Finding(Level.GOOD if good else Level.ADVICE, text))
    off = survey.scale - 1.0
    if abs(off) > max(3 * survey.scale_sigma, 0.005):
        findings.append(
            Finding(
                Level.WARNING,
                f"The tape makes the chessboard {100 * off:+.1f} ± {100 * survey.scale_sigma:.1f} % larger "
                "than stated: measure the print (many printers scale to fit).",
            )
        )
    return findings
