"""The long work behind each step: search pictures, compute, keep the figures. To be called from a worker.

Each function reads the project's folder, reports to a ``Progress``, keeps its figures with the key of what they were
computed from, and returns them. What the user caused is kept as a figure too (``failure``), so that a resumed project
says the same, and is not raised.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gazeclass.calibration.auxiliary import Auxiliary, locate_auxiliary
from gazeclass.calibration.bent import measure_bow
from gazeclass.calibration.check_store import check_entry
from gazeclass.calibration.classroom import save_classroom
from gazeclass.calibration.detection import Detection
from gazeclass.calibration.figures import (
    Failure,
    Figures,
    LensFigures,
    LyingFigures,
    PairFigures,
    RoomFigures,
    read_figures,
    write_figures,
)
from gazeclass.calibration.folder import material_name, read_folder, read_views
from gazeclass.calibration.intrinsics import Intrinsics, calibrate_camera
from gazeclass.calibration.lying import turn_deg
from gazeclass.calibration.picture_folder import LENS, LYING, PAIR
from gazeclass.calibration.project import CLASSROOM, Project
from gazeclass.calibration.quality import camera_quality, judge_survey
from gazeclass.calibration.solve import CalibrationResult, Material, calibrate_material, solve_cameras, survey_points
from gazeclass.calibration.step_facts import figures_path, keys, part_views
from gazeclass.calibration.stereo import StereoCalibration
from gazeclass.calibration.tape_planner import TapePlanner
from gazeclass.calibration.target import Target
from gazeclass.calibration.video import choose, distinct, frames_at, scan
from gazeclass.calibration.views import detect_all, search_pictures
from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array, geodesic_deg
from gazeclass.progress import SILENT, Progress


def search(project: Project, part: str, progress: Progress = SILENT) -> None:
    """Search every picture of a part that was not searched yet.

    Raises:
        InputError: no board chosen, an unreadable picture.
        Cancelled: from ``progress``; what was found so far is remembered.
    """
    target = _target(project)
    for c in (0, 1):
        pictures = project.pictures(part, c)
        new = {n: p for n, p in pictures.items() if project.memory.recall(target, p) is None}
        for name, path in new.items():
            search_pictures(target, {name: path}, progress, f"{part}/cam{c}/{path.name}", project.memory)
    project.memory.flush()


def solve_lens(project: Project, camera: int, progress: Progress = SILENT) -> LensFigures:
    """One lens from its own close views."""
    target, key = _target(project), keys(project).lens[camera]
    try:
        views = _lens_views(project, target, camera, progress)
        progress.start("computing", None)
        lens = calibrate_camera(target, views, who=f"cam{camera}")
        figures = lens_figures(target, lens, views, key)
        kept = {name: d for name, d in views.items() if name not in lens.rejected}
        bow = measure_bow(target, lens.camera, kept)
        if bow is not None:
            sizes = (bow.along_mm, bow.across_mm, bow.twist_mm)
            figures = figures.model_copy(update={"bow_mm": sizes, "bow": bow.sentence})
    except InputError as error:
        figures = LensFigures(key=key, failure=Failure.of(error))
    both = list(_figures(project).lens)
    both[camera] = figures
    _keep(project, lens=(both[0], both[1]))
    return figures


def _lens_views(project: Project, target: Target, camera: int, progress: Progress) -> dict[str, Detection]:
    video = project.video(LENS, camera)
    pictures = project.pictures(LENS, camera)
    if pictures or video is None:
        if pictures:
            search_pictures(target, pictures, progress, f"{LENS}/cam{camera}", project.memory)
        return part_views(project, target, LENS, camera).found
    chosen = choose(scan(video, progress).sharpness)
    images = ((f"frame {number}", grey) for number, grey in frames_at(video, chosen))
    seen = detect_all(target, images, progress, video.name, len(chosen))
    kept = distinct({name: (d, None) for name, d in seen.detections.items()})
    return {name: pair[0] for name, pair in kept.items() if pair[0] is not None}


def lens_figures(target: Target, lens: Intrinsics, views: dict[str, Detection], key: str) -> LensFigures:
    """What is shown and kept of a lens."""
    quality = camera_quality(target, lens, views)
    camera = lens.camera
    return LensFigures(
        key=key,
        width_px=camera.width_px,
        height_px=camera.height_px,
        matrix=_rows(camera.matrix),
        distortion=_row(camera.distortion),
        rms_px=lens.rms_px,
        view_rms_px=lens.view_rms_px,
        rejected=lens.rejected,
        coverage=tuple(tuple(int(n) for n in row) for row in quality.coverage),
        tilt_directions=quality.tilt_directions,
        focal_std_px=float(quality.focal_std_px),
        reduced=lens.reduced,
    )


@dataclass(frozen=True, eq=False)
class Cameras:
    """Both cameras for computing with, from all pictures: what the later steps stand on."""

    target: Target
    material: Material
    stereo: StereoCalibration


def cameras(project: Project, progress: Progress = SILENT) -> Cameras:
    """Both lenses and their relative pose, from all close and common views.

    Raises:
        InputError: they cannot be had; says why.
    """
    target = _target(project)
    material = read_views(project.folder, target, progress, project.memory)
    progress.start("computing", None)
    return Cameras(target, material, solve_cameras(target, material, project.options())[2])


def solve_pair(project: Project, progress: Progress = SILENT) -> PairFigures:
    """Both cameras together; lenses are refined with all views, as the final calibration does."""
    key = keys(project).pair
    try:
        target = _target(project)
        # The lying pictures are another step's business: they must not stop this one.
        material = read_views(project.folder, target, progress, project.memory, lying=False)
        progress.start("computing", None)
        lenses, views, stereo = solve_cameras(target, material, project.options())
        figures = _pair_figures(target, lenses, views, stereo, key)
    except InputError as error:
        figures = PairFigures(key=key, failure=Failure.of(error))
    _keep(project, pair=figures)
    return figures


def _pair_figures(
    target: Target, lenses: list[Intrinsics], views: list[dict[str, Detection]], stereo: StereoCalibration, key: str
) -> PairFigures:
    kept = []
    for c in (0, 1):
        own = lens_figures(target, lenses[c], views[c], key)
        refined = stereo.cameras[c]
        kept.append(own.model_copy(update={"matrix": _rows(refined.matrix), "distortion": _row(refined.distortion)}))
    direction = stereo.T_10.t / stereo.baseline_m
    return PairFigures(
        key=key,
        lenses=tuple(kept),
        R_10=_rows(stereo.T_10.R),
        t_10_m=_row(stereo.T_10.t),
        rms_px=stereo.rms_px,
        baseline_m=stereo.baseline_m,
        baseline_sigma_m=float(np.sqrt(direction @ stereo.cov_T_10[3:, 3:] @ direction)),
        view_rms_px=stereo.view_rms_px,
        used=stereo.used,
        rejected=stereo.rejected,
    )


@dataclass(frozen=True, eq=False)
class Lying:
    """The lying chessboard for computing with: what the tape planner and the drawn axes stand on."""

    cameras: Cameras
    auxiliary: Auxiliary


def locate_lying(project: Project, progress: Progress = SILENT) -> Lying:
    """Where the lying chessboard is, turned as the notes say.

    Raises:
        InputError: the cameras, or the board in their pictures, cannot be had.
    """
    both = cameras(project, progress)
    pair = both.material.auxiliary
    if pair is None:
        raise InputError("the lying chessboard was not photographed yet", todo="Take the auxiliary pictures first.")
    auxiliary = locate_auxiliary(both.target, both.stereo, pair)
    if project.notes().half_turn:
        auxiliary = auxiliary.half_turned(both.target)
    return Lying(both, auxiliary)


def solve_lying(project: Project, progress: Progress = SILENT) -> LyingFigures:
    """The lying chessboard, and how well both cameras agree on it."""
    key = keys(project).lying
    try:
        lying = locate_lying(project, progress)
        off = disagreement(lying)
        rms = lying.auxiliary.camera_rms_px
        figures = LyingFigures(
            key=key,
            R_AC=_rows(lying.auxiliary.T_AC.R),
            t_AC_m=_row(lying.auxiliary.T_AC.t),
            rms_px=lying.auxiliary.rms_px,
            camera_rms_px=(_number(rms[0]), _number(rms[1])),
            half_turn_known=lying.auxiliary.half_turn_known,
            disagreement_mm=None if off is None else off[0],
            disagreement_deg=None if off is None else off[1],
            turn_deg=turn_deg(lying.auxiliary.T_AC, lying.cameras.stereo.T_10),
        )
    except InputError as error:
        figures = LyingFigures(key=key, failure=Failure.of(error))
    _keep(project, lying=figures)
    return figures


def disagreement(lying: Lying) -> tuple[float, float] | None:
    """How far apart the two cameras' own ideas of the lying board are: its middle in mm, its tilt and turn in degrees.

    None where only one camera sees it.
    """
    target, stereo, pair = lying.cameras.target, lying.cameras.stereo, lying.cameras.material.auxiliary
    assert pair is not None
    if pair[0] is None or pair[1] is None:
        return None
    alone = [locate_auxiliary(target, stereo, (pair[0], None)), locate_auxiliary(target, stereo, (None, pair[1]))]
    best: tuple[float, float] | None = None
    # A half turn that neither picture tells is no disagreement.
    for second in (alone[1], alone[1].half_turned(target)):
        T_0, T_1 = alone[0].T_AC.inverse(), second.T_AC.inverse()
        middle = target.points_A.mean(axis=0)
        off = (
            1000.0 * float(np.linalg.norm(T_0.apply(middle) - T_1.apply(middle))),
            float(geodesic_deg(T_0.R, T_1.R)),
        )
        if best is None or off[1] < best[1]:
            best = off
        if alone[1].half_turn_known and alone[0].half_turn_known:
            break
    return best


def tape_planner(project: Project, lying: Lying) -> TapePlanner:
    """What plans and judges the tape readings of this room.

    Raises:
        InputError: the board's size is not known yet.
    """
    room = project.room()
    if room is None:
        raise InputError("the board's size is not known yet", todo="Finish the step Room first.")
    both, edge = lying.cameras, room.board.lower_edge_above_floor_m
    points = survey_points(both.target, both.stereo, lying.auxiliary, edge)
    return TapePlanner(points, room, project.options().level_sigma_deg)


def solve_room(project: Project, progress: Progress = SILENT) -> CalibrationResult | None:
    """The whole calibration, exactly as ``gazeclass calibrate`` computes it; writes ``classroom.toml``.

    Returns:
        The result; None where it failed (the figures say why).

    Raises:
        InputError: ``classroom.toml`` cannot be written (disk full): all else is kept.
    """
    key = keys(project).room
    result: CalibrationResult | None = None
    try:
        target = _target(project)
        material = read_folder(project.folder, target, progress, project.memory)
        progress.start("computing", None)
        result = calibrate_material(target, material, project.options(), name=material_name(project.folder, material))
        survey = result.survey
        figures = RoomFigures(
            key=key,
            complete=result.classroom.complete,
            board_sigma_m=None if survey is None else survey.board_sigma_m,
            misread=() if survey is None else _misread(result),
            findings=tuple((f.level.value, f.text) for f in result.findings),
            missing=result.missing,
        )
    except InputError as error:
        figures = RoomFigures(key=key, failure=Failure.of(error))
    if result is not None:
        classroom = result.classroom.model_copy(update={"check": check_entry(project)})
        save_classroom(classroom, project.folder / CLASSROOM)
    _keep(project, room=figures)
    return result


def _misread(result: CalibrationResult) -> tuple[str, ...]:
    assert result.survey is not None
    count = len(result.survey.misread) + len(result.survey.rejected_size)
    return tuple(f.text for f in judge_survey(result.survey)[:count])


def solve_all(project: Project, progress: Progress = SILENT) -> CalibrationResult | None:
    """Every step's figures in order: for a folder that was imported, or after a change early on."""
    for part in (LENS, PAIR, LYING):
        search(project, part, progress)
    for c in (0, 1):
        if project.pictures(LENS, c) or project.video(LENS, c) is not None:
            solve_lens(project, c, progress)
    solve_pair(project, progress)
    if all(project.pictures(LYING, c) for c in (0, 1)):
        solve_lying(project, progress)
    return solve_room(project, progress)


def _target(project: Project) -> Target:
    target = project.target()
    if target is None:
        raise InputError("no board was chosen yet", todo="Choose the board that is printed first.")
    return target


def _figures(project: Project) -> Figures:
    return read_figures(figures_path(project))


def _keep(project: Project, **values: Any) -> None:
    keep: Callable[..., Figures] = _figures(project).model_copy
    write_figures(keep(update=values), figures_path(project))


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _row(values: Array) -> tuple[float, ...]:
    return tuple(float(v) for v in values)


def _rows(matrix: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(_row(row) for row in matrix)
