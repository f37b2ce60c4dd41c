"""What can keep a point from being measured. A status beside each value, instead of an exception or a silent NaN."""

from enum import IntEnum


class Status(IntEnum):
    """Outcome of one triangulation or gaze ray. Where it is not OK, the values beside it are NaN: there are none."""

    OK = 0
    NO_INPUT = 1  #: an input coordinate was NaN or infinite
    PARALLEL_RAYS = 2  #: the two viewing rays do not meet within the range that can be measured
    BEHIND_CAMERA = 3  #: the rays meet behind a camera
    AWAY = 4  #: the face is turned away from the board's side, so the ray never meets the board's plane
    BEHIND_BOARD = 5  #: the head lies behind the board's plane
