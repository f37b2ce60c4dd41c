"""A recording in which a camera shows nobody is told."""

import numpy as np
import pytest

from gazeclass.capture.pairs import FramePair
from gazeclass.errors import InputError
from gazeclass.lesson.face_tally import FaceTally
from gazeclass.lesson.pipeline import Look

#: Its lower half is bright: so a picture tells which way up it is.
PICTURE = np.zeros((20, 30, 3), np.uint8)
PICTURE[10:] = 200


def tally(faces0: int, faces1: int, *, upright: int, turned: int) -> FaceTally:
    def count(picture: np.ndarray) -> int:
        return upright if picture[-1, 0, 0] else turned

    found = FaceTally(count_faces=count)
    for k in range(10):
        tracks = ([object()] * faces0, [object()] * faces1)
        found.add(FramePair(k / 10, (PICTURE, PICTURE), 0.0, k), Look([], [], tracks, frozenset()))  # type: ignore
    return found


def test_all_is_well_where_both_cameras_show_the_class():
    assert tally(10, 8, upright=10, turned=0).warning(9) == ""
    assert tally(1, 1, upright=1, turned=0).warning(1) == ""


def test_a_recording_without_one_face_is_refused():
    with pytest.raises(InputError, match="not one face was found in 10 pictures of either camera"):
        tally(0, 0, upright=0, turned=1).warning(0)


def test_what_the_other_camera_saw_is_kept():
    assert "cam1 shows 0.0 faces in a picture, the other camera 4.0" in tally(4, 0, upright=0, turned=0).warning(4)


def test_an_upside_down_camera_is_named():
    with pytest.raises(InputError, match="cam0: the pictures are upside down"):
        tally(1, 9, upright=1, turned=8).warning(2)


def test_far_fewer_faces_in_one_camera_and_nobody_recognised_are_warned_of():
    assert "cam1 shows 2.0 faces in a picture, the other camera 9.0" in tally(9, 2, upright=2, turned=0).warning(2)
    assert "nobody was recognised" in tally(9, 8, upright=9, turned=0).warning(0)
