"""From what a calibration found out to the :class:`Classroom` that is saved."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np

from gazeclass.calibration.adjustment import HEIGHT, WIDTH
from gazeclass.calibration.auxiliary import Auxiliary
from gazeclass.calibration.classroom import (
    AuxiliaryEntry,
    CameraEntry,
    Classroom,
    StereoEntry,
    TapeEntry,
    TargetEntry,
    WorldEntry,
)
from gazeclass.calibration.intrinsics import Intrinsics
from gazeclass.calibration.quality import CameraQuality
from gazeclass.calibration.room import CameraNote, Room
from gazeclass.calibration.room_parts import BoardSize
from gazeclass.calibration.stereo import StereoCalibration
from gazeclass.calibration.survey import Survey
from gazeclass.calibration.tape import Reading
from gazeclass.calibration.target import CHARUCO, Target
from gazeclass.geometry.rotation import Array, nearest_rotation


def camera_pose_covariance(found: Survey, auxiliary: Auxiliary) -> Array:
    """Covariance ``(6, 6)`` of T_WC = T_WA T_AC: rotation vector in WCS, translation; left perturbation."""
    R, arm = found.T_WA.R, found.T_WA.R @ auxiliary.T_AC.t
    cross = np.array([[0.0, -arm[2], arm[1]], [arm[2], 0.0, -arm[0]], [-arm[1], arm[0], 0.0]])
    by_tape = np.eye(6)
    by_tape[3:, :3] = -cross
    by_auxiliary = np.kron(np.eye(2), R)
    return by_tape @ found.cov_T_WA @ by_tape.T + by_auxiliary @ auxiliary.cov_T_AC @ by_auxiliary.T


def as_classroom(
    name: str,
    target: Target,
    room: Room | None,
    tape: tuple[Reading, ...],
    lenses: list[Intrinsics],
    qualities: tuple[CameraQuality, ...],
    stereo: StereoCalibration,
    auxiliary: Auxiliary | None,
    found: Survey | None,
    level_sigma_deg: float | None,
) -> Classroom:
    """The classroom as it is saved, from everything that was found; parts that were not are left out.

    Args:
        name: of the room.
        target: the board in the pictures.
        room: size of the blackboard, seats, zones; None where unknown.
        tape: the readings.
        lenses, qualities: of camera 0 and 1.
        stereo: their relative pose, with the lenses as refined.
        auxiliary: the lying board, None where missing.
        found: the survey, None where missing.
        level_sigma_deg: how level the lying board was taken to be.
    """
    notes = list(room.cameras) if room else []
    notes += [CameraNote()] * (2 - len(notes))
    cameras = tuple(
        CameraEntry(
            name=notes[c].name or f"cam{c}",
            device=notes[c].device,
            width_px=stereo.cameras[c].width_px,
            height_px=stereo.cameras[c].height_px,
            matrix=_rows(stereo.cameras[c].matrix),
            distortion=tuple(map(float, stereo.cameras[c].distortion)),
            focus_locked=notes[c].focus_locked,
            exposure_locked=notes[c].exposure_locked,
            rms_px=lenses[c].rms_px,
            views=qualities[c].views,
        )
        for c in (0, 1)
    )
    world = None
    if found is not None and auxiliary is not None:
        world = WorldEntry(
            R_WA=_rotation_rows(found.T_WA.R),
            t_WA_m=_row(found.T_WA.t),
            covariance=_rows(_symmetric(found.cov_T_WA)),
            covariance_T_WC=_rows(_symmetric(camera_pose_covariance(found, auxiliary))),
            level_sigma_deg=level_sigma_deg,
            chi2=found.chi2,
            freedom=found.freedom,
            board_sigma_m=found.board_sigma_m,
        )
    return Classroom(
        made_utc=datetime.now(UTC).replace(microsecond=0),
        name=name,
        board_size=_board_size(room, found),
        target=_target_entry(target),
        cameras=(cameras[0], cameras[1]),
        stereo=StereoEntry(
            R_10=_rotation_rows(stereo.T_10.R),
            t_10_m=_row(stereo.T_10.t),
            rms_px=stereo.rms_px,
            baseline_m=stereo.baseline_m,
            views=len(stereo.used),
        ),
        auxiliary=None
        if auxiliary is None
        else AuxiliaryEntry(
            R_AC=_rotation_rows(auxiliary.T_AC.R), t_AC_m=_row(auxiliary.T_AC.t), rms_px=auxiliary.rms_px
        ),
        world=world,
        tape=_tape_entries(tape, found),
        seats=room.seats if room else (),
        zones=room.zones if room else (),
        keep_lessons_days=room.keep_lessons_days if room else None,
    )


def _board_size(room: Room | None, found: Survey | None) -> BoardSize | None:
    """The blackboard's size as room.toml says, but for what the tape contradicts: that was left out of the survey."""
    if room is None or found is None:
        return room.board if room else None
    fits = {"width_m": (WIDTH, found.width_m), "height_m": (HEIGHT, found.height_m)}
    taped = {key: round(size_m, 3) for key, (name, size_m) in fits.items() if name in found.rejected_size}
    return room.board.model_copy(update=taped)


def _tape_entries(tape: tuple[Reading, ...], found: Survey | None) -> tuple[TapeEntry, ...]:
    if found is None:
        return tuple(
            TapeEntry(point_a=r.point_a, point_b=r.point_b, distance_m=r.distance_m, tolerance_m=r.tolerance_m)
            for r in tape
        )
    return tuple(
        TapeEntry(
            point_a=r.reading.point_a,
            point_b=r.reading.point_b,
            distance_m=r.reading.distance_m,
            tolerance_m=r.reading.tolerance_m,
            residual_m=r.residual_m,
            rejected=r.rejected,
        )
        for r in found.readings
    )


def _target_entry(target: Target) -> TargetEntry:
    ratio = target.marker_ratio if target.kind == CHARUCO else None
    return TargetEntry(**(asdict(target) | {"marker_ratio": ratio, "hash": target.hash}))


def _rotation_rows(R: Array) -> Any:
    return _rows(nearest_rotation(R))


def _symmetric(C: Array) -> Array:
    return (C + C.T) / 2.0


def _row(v: Array) -> Any:
    return tuple(map(float, v))


def _rows(M: Array) -> Any:
    return tuple(_row(row) for row in M)
