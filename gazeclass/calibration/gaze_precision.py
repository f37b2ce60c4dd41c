"""How far the calibration's own error shifts gaze points, seat by seat: the one criterion of the tape planner."""

import numpy as np
from numpy.typing import ArrayLike

from gazeclass.calibration.room import Room
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import Array

#: Where heads are supposed while no seat is known: shares of the board's width, distances from the board (m).
USUAL_X, USUAL_Z = (0.1, 0.9), (2.5, 4.0, 5.5, 7.0)
#: Heads of seated people are about this far below the board's top edge when its height above the floor is not known.
USUAL_HEAD_BELOW_TOP_M = 1.0
#: Height of a seated person's nose above the floor.
SEATED_NOSE_M = 1.15


def seat_positions(room: Room) -> Array:
    """Heads ``(n, 3)`` in WCS: the room's seats, or eight usual places."""
    if room.seats:
        return np.array([seat.position_m for seat in room.seats])
    y = USUAL_HEAD_BELOW_TOP_M
    if room.board.lower_edge_above_floor_m is not None:
        y = room.board.height_m + room.board.lower_edge_above_floor_m - SEATED_NOSE_M
    return np.array([[x * room.board.width_m, y, z] for x in USUAL_X for z in USUAL_Z])


def frame_jacobian(heads_W_m: ArrayLike, aim_W_m: ArrayLike, origin_W_m: ArrayLike) -> Array:
    """How an error of the world frame moves the gaze points of heads that look at one point of the board.

    The error turns by φ about ``origin_W_m`` and shifts by τ: ``p' = p + φ × (p - o) + τ``, ``d' = d + φ × d``.

    Args:
        heads_W_m: ``(n, 3)``.
        aim_W_m: ``(3,)`` on the board, z = 0.
        origin_W_m: ``(3,)``.

    Returns:
        ``(n, 2, 6)``, d(x, y)/d(φ, τ).
    """
    P, aim = np.asarray(heads_W_m, float).reshape(-1, 3), np.asarray(aim_W_m, float)
    d = aim - P
    n = len(P)
    # x = p - d p_z / d_z with d_z = -p_z: moving p by δp and d by δd gives δp + δd + (δp_z + δd_z) · d / p_z.
    project: Array = np.zeros((n, 2, 3))
    project[:, 0, 0] = project[:, 1, 1] = 1.0
    project[:, :, 2] = (d / P[:, 2:])[:, :2]
    # φ × (p - o) + φ × d = φ × (aim - o), the same for every head.
    arm = aim - np.asarray(origin_W_m, float)
    by_turn = np.array([[0.0, arm[2], -arm[1]], [-arm[2], 0.0, arm[0]], [arm[1], -arm[0], 0.0]])
    return np.concatenate([project @ by_turn, project], axis=2)


def mean_gaze_error_m(jacobian: Array, cov_frame: Array) -> float:
    """Mean over the seats of the RMS length of the shift, metres.

    Args:
        jacobian: of :func:`frame_jacobian`.
        cov_frame: ``(6, 6)`` rotation (rad) and translation (m).
    """
    cov = jacobian @ cov_frame @ np.swapaxes(jacobian, 1, 2)
    return float(np.sqrt(np.trace(cov, axis1=1, axis2=2)).mean())


def frame_error_m(room: Room, T_WA: Transform, cov_T_WA: Array) -> float:
    """Mean shift of gaze points at the board's middle, over the room's seats, that the frame's error causes."""
    aim = [room.board.width_m / 2, room.board.height_m / 2, 0.0]
    return mean_gaze_error_m(frame_jacobian(seat_positions(room), aim, T_WA.t), cov_T_WA)
