"""A room before anything is mounted: where the cameras would stand, what to measure, what to expect at every seat."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gazeclass.atomic import write_text
from gazeclass.calibration.gaze_precision import seat_positions
from gazeclass.calibration.room import Room
from gazeclass.calibration.room_drawing import Scene
from gazeclass.calibration.seat_precision import SeatPrecision, seat_precision
from gazeclass.calibration.tape import Points, Reading
from gazeclass.calibration.tape_planner import CAMERA_FORWARD_M, CAMERA_OUT_M, Proposal, TapePlanner
from gazeclass.calibration.target import Target
from gazeclass.errors import InputError
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import IDEAL_R_WA, Transform
from gazeclass.geometry.gaze import cross_matrix
from gazeclass.geometry.rotation import Array
from gazeclass.geometry.stereo import StereoRig

#: Where the chessboard would lie: before the board's middle, this far from it and below its lower edge (m).
LYING_Z_M, LYING_BELOW_M = 2.0, 0.15
#: Position error of the cameras against the lying chessboard, as ``lesson_a``'s auxiliary step has it.
CAMERA_SIGMA_M = 0.002


@dataclass(frozen=True)
class PlannedCameras:
    """Two equal cameras and where they would be mounted.

    Attributes:
        width_px, height_px: of the picture.
        view_deg: horizontal angle of view.
        positions_m: of camera 0 and 1 in WCS; None for the board's upper ends.
        aim_m: what both look at; None for the middle of the class.
    """

    width_px: int = 1920
    height_px: int = 1080
    view_deg: float = 66.0
    positions_m: tuple[tuple[float, float, float], tuple[float, float, float]] | None = None
    aim_m: tuple[float, float, float] | None = None


@dataclass(frozen=True, eq=False)
class Plan:
    """What to expect.

    Attributes:
        room: as given.
        scene: for the drawing.
        seats: expected error at each.
        readings: the distances worth measuring, in order.
        frame_error_m: mean shift on the board that the frame's error leaves after those readings.
        sigma_deg: head pose sigma that was supposed.
    """

    room: Room
    scene: Scene
    seats: tuple[SeatPrecision, ...]
    readings: tuple[Proposal, ...]
    frame_error_m: float
    sigma_deg: tuple[float, float, float]

    @property
    def advice(self) -> tuple[str, ...]:
        """What could be changed before anything is mounted: seats not seen, and why others are coarse."""
        unseen = [s.seat.name for s in self.seats if s.sigma_x_m is None]
        advice = []
        if unseen:
            advice.append(f"Not seen by both cameras: {', '.join(unseen)}. Turn the cameras or choose a wider lens.")
        coarse = [s for s in self.seats if s.sigma_x_m is not None and s.coarse_zones]
        if coarse:
            worst = max(coarse, key=lambda s: s.error_m or 0.0)
            names = ", ".join(s.seat.name for s in coarse[:8]) + (", …" if len(coarse) > 8 else "")
            advice.append(f"Some zones are too fine from {len(coarse)} seats ({names}). {worst.reason}")
        return tuple(advice)


def plan_room(
    room: Room, target: Target, cameras: PlannedCameras, sigma_deg: tuple[float, float, float], readings: int = 10
) -> Plan:
    """Expected error at every seat, with the frame as good as the best ``readings`` tape readings make it.

    Raises:
        InputError: no seats, or cameras that cannot be.
    """
    if not room.seats:
        raise InputError("the room has no seats", todo="Add [[seats]] with name and position_m to room.toml.")
    rig = planned_rig(room, cameras)
    below = room.board.height_m + LYING_BELOW_M
    half = (target.columns - 1) * target.square_m / 2
    T_WA = Transform(IDEAL_R_WA, np.array([room.board.width_m / 2 - half, below, LYING_Z_M]))
    T_AW = T_WA.inverse()
    centres = np.stack([T_AW.apply(rig.world_from_camera(c).t) for c in (0, 1)])
    points = Points(target, centres, CAMERA_SIGMA_M, room.board.lower_edge_above_floor_m)
    planner = TapePlanner(points, room, 0.2)
    proposals: tuple[Proposal, ...] = ()
    taken: tuple[Reading, ...] = ()
    for _ in range(readings):
        best = planner.propose(taken, count=1)[0]
        proposals += (best,)
        # What the tape would read is what is expected: the covariance does not depend on it to first order.
        taken += (Reading(best.point_a, best.point_b, round(best.expected_m, 4), _tolerance(best)),)
    cov = _camera_covariance(planner.estimate(taken).cov[:6, :6], T_WA, rig)
    found = seat_precision(rig, room.board, room.seats, zones=room.zones, sigma_deg=sigma_deg, cov_T_WC=cov)
    half_view = cameras.view_deg / 2
    upright = float(np.degrees(np.arctan(np.tan(np.radians(half_view)) * cameras.height_px / cameras.width_px)))
    views = ((half_view, upright), (half_view, upright))
    scene = Scene(room, target, T_WA, (rig.world_from_camera(0), rig.world_from_camera(1)), views)
    error = proposals[-1].error_after_m if proposals else float("nan")
    return Plan(room, scene, found, proposals, error, sigma_deg)


def _tolerance(proposal: Proposal) -> float:
    return 0.010 if "CAM" in proposal.point_a + proposal.point_b else 0.003


def _camera_covariance(cov_T_WA: Array, T_WA: Transform, rig: StereoRig) -> Array:
    """The frame's covariance moved from the chessboard's origin to camera 0."""
    assert rig.T_WC is not None
    J = np.eye(6)
    J[3:, :3] = -cross_matrix(rig.T_WC.t - T_WA.t)
    return np.asarray(J @ cov_T_WA @ J.T)


def planned_rig(room: Room, cameras: PlannedCameras) -> StereoRig:
    """Two upright cameras without distortion that look at the middle of the class.

    Raises:
        InputError: an angle of view or a place that cannot be.
    """
    if not 10.0 <= cameras.view_deg <= 140.0:
        raise InputError(f"an angle of view of {cameras.view_deg:g}° cannot be planned", todo="Give 10 to 140 degrees.")
    focal = cameras.width_px / 2 / np.tan(np.radians(cameras.view_deg / 2))
    K = np.array([[focal, 0, (cameras.width_px - 1) / 2], [0, focal, (cameras.height_px - 1) / 2], [0, 0, 1.0]])
    lens = CameraModel(cameras.width_px, cameras.height_px, K, np.zeros(5))
    places = cameras.positions_m or (
        (-CAMERA_OUT_M, 0.0, CAMERA_FORWARD_M),
        (room.board.width_m + CAMERA_OUT_M, 0.0, CAMERA_FORWARD_M),
    )
    aim = np.array(cameras.aim_m) if cameras.aim_m is not None else seat_positions(room).mean(axis=0)
    T = [_looking(np.array(place), aim) for place in places]
    if np.linalg.norm(T[0].t - T[1].t) < 0.05:
        raise InputError("both cameras would be at one place", todo="Put them at both ends of the board.")
    return StereoRig((lens, lens), T[1].inverse() @ T[0], T[0])


def _looking(eye: Array, aim: Array) -> Transform:
    """Camera to world of an upright camera; WCS has Y down, as the camera has."""
    z = aim - eye
    if np.linalg.norm(z) < 0.1 or z[2] <= 0:
        raise InputError("a camera would look at the board instead of the class", todo="Check its place and aim.")
    z = z / np.linalg.norm(z)
    x = np.cross([0.0, 1.0, 0.0], z)
    x = x / np.linalg.norm(x)
    return Transform(np.stack([x, np.cross(z, x), z], axis=1), eye)


def write_plan(plan: Plan, path: Path) -> None:
    """Write the plan as ``.csv`` (a line a seat) or ``.pdf`` (one page).

    Raises:
        InputError: another ending, or the file cannot be written.
    """
    if path.suffix.lower() == ".csv":
        write_text(path, plan_csv(plan), encoding="utf-8-sig", newline="")
    elif path.suffix.lower() == ".pdf":
        from gazeclass.calibration.plan_sheet import write_plan_sheet

        write_plan_sheet(plan, path)
    else:
        raise InputError("a plan is written as .pdf or .csv", where=path, todo="Give a name that ends in one of these.")


def plan_csv(plan: Plan) -> str:
    """One line a seat; empty cells where nothing can be measured."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    parts = ["position_m", "pose_m", "frame_m"]
    head = [
        "seat",
        "x_m",
        "y_m",
        "z_m",
        "cameras",
        "face_px",
        "sigma_x_m",
        "sigma_y_m",
        *parts,
        "too_fine_zones",
        "reason",
    ]
    table.writerow(head)
    for s in plan.seats:
        known = s.sigma_x_m is not None and s.sigma_y_m is not None
        numbers = [s.sigma_x_m, s.sigma_y_m, s.position_m, s.pose_m, s.frame_m] if known else [None] * 5
        # A cell that begins like a formula is no formula.
        name = f"'{s.seat.name}" if s.seat.name[:1] in ("=", "+", "-", "@") else s.seat.name
        row = [name, *(f"{v:g}" for v in s.seat.position_m), " ".join(map(str, s.cameras)), f"{s.face_px:.0f}"]
        row += ["" if v is None else f"{v:.4f}" for v in numbers]
        table.writerow([*row, " ".join(s.coarse_zones) if known else "", s.reason])
    return out.getvalue()
