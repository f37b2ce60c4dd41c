"""From detections, tape and room to a :class:`Classroom` with its verdict; no files, no pictures."""

from dataclasses import dataclass

import numpy as np

from gazeclass.calibration.adjustment import LEVEL_SIGMA_DEG, Problem
from gazeclass.calibration.as_classroom import as_classroom
from gazeclass.calibration.auxiliary import Auxiliary, locate_auxiliary
from gazeclass.calibration.classroom import Classroom
from gazeclass.calibration.detection import Detection
from gazeclass.calibration.intrinsics import Intrinsics, calibrate_camera
from gazeclass.calibration.quality import (
    CameraQuality,
    DepthError,
    Finding,
    Level,
    camera_quality,
    depth_errors,
    judge_camera,
    judge_stereo,
    judge_survey,
)
from gazeclass.calibration.room import Room
from gazeclass.calibration.stereo import Pair, StereoCalibration, calibrate_stereo
from gazeclass.calibration.survey import Survey, survey
from gazeclass.calibration.tape import Points, Reading
from gazeclass.calibration.target import Target
from gazeclass.errors import InputError
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.stereo import StereoRig


@dataclass(frozen=True, eq=False)
class Material:
    """What a calibration starts from.

    Attributes:
        pairs: detections of each moment in camera 0 and 1.
        single: further views of one camera each.
        auxiliary: the lying board in both pictures; None where it was not photographed.
        room: board size, seats, zones; None where room.toml is missing.
        tape: readings; None where tape.csv is missing.
    """

    pairs: dict[str, Pair]
    single: tuple[dict[str, Detection], dict[str, Detection]] = ({}, {})
    auxiliary: Pair | None = None
    room: Room | None = None
    tape: tuple[Reading, ...] | None = None


@dataclass(frozen=True)
class Options:
    """What the user may say beyond the folder.

    Attributes:
        name: of the room; empty: room.toml's or the folder's.
        level_sigma_deg: how level the lying chessboard is; None when it was not levelled.
        any_order: camera 0 may stand on the right.
        half_turn: the lying chessboard is turned by half a turn against the survey sheet; None: find out.
    """

    name: str = ""
    level_sigma_deg: float | None = LEVEL_SIGMA_DEG
    any_order: bool = False
    half_turn: bool | None = None


@dataclass(frozen=True, eq=False)
class CalibrationResult:
    """The classroom and what is to be said about it.

    Attributes:
        classroom: to be saved; without a world frame where something is missing.
        cameras: figures per camera.
        stereo: the pair.
        auxiliary: the lying board, None where missing.
        survey: the tape, None where missing.
        depth: expected error of distances.
        findings: the verdict, one sentence each.
        missing: what is still needed for gaze points, as sentences.
    """

    classroom: Classroom
    cameras: tuple[CameraQuality, CameraQuality]
    stereo: StereoCalibration
    auxiliary: Auxiliary | None
    survey: Survey | None
    depth: tuple[DepthError, ...]
    findings: tuple[Finding, ...]
    missing: tuple[str, ...]


def calibrate_material(
    target: Target, material: Material, options: Options, *, name: str = "classroom"
) -> CalibrationResult:
    """Calibrate as far as the material goes.

    Raises:
        InputError: something contradicts itself; says what, where and what to do.
    """
    lenses, views, stereo = solve_cameras(target, material, options)
    rig = StereoRig(stereo.cameras, stereo.T_10)
    qualities = tuple(camera_quality(target, lenses[c], views[c]) for c in (0, 1))
    depth = depth_errors(rig)
    findings = [f for c in (0, 1) for f in judge_camera(f"cam{c}", qualities[c])] + judge_stereo(stereo, depth)
    missing = _missing(material)

    auxiliary = found = None
    if material.auxiliary is not None and any(d is not None for d in material.auxiliary):
        auxiliary = locate_auxiliary(target, stereo, material.auxiliary)
        findings.append(Finding(Level.GOOD, f"The lying chessboard fits both cameras to {auxiliary.rms_px:.2f} px."))
    if auxiliary is not None and material.tape is not None and material.room is not None:
        auxiliary, found, notes = _world(target, material, stereo, auxiliary, options)
        findings += notes + judge_survey(found)
    classroom = as_classroom(
        name,
        target,
        material.room,
        material.tape or (),
        lenses,
        qualities,
        stereo,
        auxiliary,
        found,
        options.level_sigma_deg,
    )
    return CalibrationResult(
        classroom,
        (qualities[0], qualities[1]),
        stereo,
        auxiliary,
        found,
        depth,
        tuple(findings),
        tuple(missing),
    )


def solve_cameras(
    target: Target, material: Material, options: Options
) -> tuple[list[Intrinsics], list[dict[str, Detection]], StereoCalibration]:
    """Both lenses and their relative pose: each camera's intrinsics, the views they come from, the pair."""
    lenses, views = [], []
    for c in (0, 1):
        seen = {f"intrinsics/{n}": d for n, d in material.single[c].items()}
        seen |= {f"stereo/{n}": d for n, pair in material.pairs.items() if (d := pair[c]) is not None}
        views.append(seen)
        lenses.append(calibrate_camera(target, seen, who=f"cam{c}"))
    stereo = calibrate_stereo(
        target,
        (lenses[0].camera, lenses[1].camera),
        material.pairs,
        single=_consistent_singles(material, lenses),
        reduced=(lenses[0].reduced, lenses[1].reduced),
        any_order=options.any_order,
    )
    return lenses, views, stereo


def _consistent_singles(
    material: Material, lenses: list[Intrinsics]
) -> tuple[dict[str, Detection], dict[str, Detection]]:
    """Single views that the lens' own calibration did not reject."""
    kept = [
        {n: d for n, d in material.single[c].items() if f"intrinsics/{n}" not in lenses[c].rejected} for c in (0, 1)
    ]
    return kept[0], kept[1]


def _missing(material: Material) -> list[str]:
    missing = []
    if material.room is None:
        missing.append("room.toml: the board's size ([board] width_m, height_m)")
    if material.auxiliary is None:
        missing.append("auxiliary/cam0 and cam1: pictures of the chessboard lying flat in front of the blackboard")
    elif all(d is None for d in material.auxiliary):
        missing.append("auxiliary: pictures in which the lying chessboard can be found (neither shows it)")
    if material.tape is None:
        missing.append("tape.csv: tape readings from the chessboard's corners to the blackboard's corners")
    return missing


def _world(
    target: Target, material: Material, stereo: StereoCalibration, auxiliary: Auxiliary, options: Options
) -> tuple[Auxiliary, Survey, list[Finding]]:
    """The tape survey, with the lying board the right way round: both cameras must look away from the blackboard."""
    order = [False, True] if options.half_turn is None else [options.half_turn]
    first_error: InputError | None = None
    for turned in order:
        lying = auxiliary.half_turned(target) if turned else auxiliary
        try:
            found = survey(_problem(target, material, stereo, lying, options))
            _check_cameras(found.T_WA @ lying.T_AC, stereo)
        except InputError as error:
            first_error = first_error or error
            continue
        notes = []
        if turned and options.half_turn is None and auxiliary.half_turn_known:
            notes.append(
                Finding(
                    Level.WARNING,
                    "The chessboard lies turned by half a turn against the survey sheet; its corners were renamed so "
                    "that the cameras look at the class. Check that the tape's corner names are those of the sheet.",
                )
            )
        if not auxiliary.half_turn_known:
            text = (
                "This board looks the same after half a turn: the cameras agree on it, and the tape tells which way "
                "it lies."
            )
            notes.append(Finding(Level.GOOD, text))
        return lying, found, notes
    assert first_error is not None
    raise first_error


def _problem(
    target: Target, material: Material, stereo: StereoCalibration, auxiliary: Auxiliary, options: Options
) -> Problem:
    assert material.room is not None
    assert material.tape is not None
    board = material.room.board
    points = survey_points(target, stereo, auxiliary, board.lower_edge_above_floor_m)
    for reading in material.tape:
        points.check(reading, "tape.csv")
    return Problem(points, material.tape, board.width_m, board.height_m, options.level_sigma_deg)


def survey_points(
    target: Target, stereo: StereoCalibration, auxiliary: Auxiliary, lower_edge_above_floor_m: float | None
) -> Points:
    """What the tape's point names stand for, the cameras' places in ACS among them."""
    T_A0 = auxiliary.T_AC
    centres = np.stack([T_A0.t, T_A0.apply(stereo.T_10.inverse().t)])
    sigma = float(np.sqrt(np.trace(auxiliary.cov_T_AC[3:, 3:]) / 3.0))
    return Points(target, centres, sigma, lower_edge_above_floor_m)


def _check_cameras(T_WC: Transform, stereo: StereoCalibration) -> None:
    """Both cameras look into the room, away from the board.

    Raises:
        InputError: they seem to look at the board.
    """
    for camera, T in ((0, T_WC), (1, T_WC @ stereo.T_10.inverse())):
        if T.R[2, 2] <= 0:
            raise InputError(
                f"cam{camera} comes out looking at the blackboard instead of the class",
                where="auxiliary, tape.csv",
                todo="Check that the chessboard lies and its corners are named as on the survey sheet (C00 nearest to "
                "the board's right end).",
            )
