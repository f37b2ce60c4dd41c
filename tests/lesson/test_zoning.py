"""Other zones for a lesson: computed from the observations, stored whole, kept for the classroom."""

import numpy as np
import pytest

from gazeclass.errors import Cancelled, InputError
from gazeclass.geometry.frames import Board
from gazeclass.lesson.documents import store_zones
from gazeclass.lesson.reader import read_lesson
from gazeclass.lesson.zones import Zone, grid, most_probable_zones
from gazeclass.lesson.zoning import check_zones, rezoned
from gazeclass.report.scripted_class import scripted_class, write_class

BOARD = Board(4.0, 1.2)


@pytest.fixture(scope="module")
def made():
    return scripted_class(students=3, seconds=20, sigma_m=0.25, spread_m=0.3, seed=8)


def test_every_point_is_in_its_most_probable_zone(made):
    zones = [*grid(BOARD, 2, 1)[:1], Zone("corner", 0.0, 0.0, 0.7, 0.5)]
    lesson = rezoned(made.lesson, zones)
    o = lesson.observations
    assert lesson.zones == tuple(zones)
    for k in range(0, len(o), 7):
        if np.isfinite(o.board_xy_m[k]).all():
            (index,), (p,) = most_probable_zones(zones, o.board_xy_m[k][None], o.cov_board_m2[k][None])
            assert o.zone[k] == index
            assert o.zone_probability[k] == pytest.approx(p, abs=1e-9)
        else:
            assert o.zone[k] == -1
            assert np.isnan(o.zone_probability[k])
    assert o.board_xy_m is made.lesson.observations.board_xy_m  # what was measured is not touched


def test_no_zones_at_all_is_allowed_and_back_again_is_as_before(made):
    none = rezoned(made.lesson, ())
    assert (none.observations.zone == -1).all()
    again = rezoned(none, made.lesson.zones)
    np.testing.assert_array_equal(again.observations.zone, made.lesson.observations.zone)


def test_stored_zones_are_read_back(made, tmp_path):
    path = write_class(made, tmp_path / "a.gaze")
    lesson = rezoned(read_lesson(path), grid(BOARD, 4, 2))
    store_zones(path, lesson)
    read = read_lesson(path)
    assert read.zones == lesson.zones
    np.testing.assert_array_equal(read.observations.zone, lesson.observations.zone)
    np.testing.assert_array_equal(read.observations.zone_probability, lesson.observations.zone_probability)
    assert read.audit[-1][1] == "zones"


def test_stopping_leaves_the_lesson_as_it_was(made):
    class Stopping:
        def start(self, stage, total=None):
            pass

        def advance(self, steps=1):
            raise Cancelled

        def note(self, text):
            pass

    before = made.lesson.observations.zone.copy()
    with pytest.raises(Cancelled):
        rezoned(made.lesson, grid(BOARD, 1, 1), Stopping())
    np.testing.assert_array_equal(made.lesson.observations.zone, before)


@pytest.mark.parametrize(
    ("zones", "said"),
    [
        ([Zone("a", 0, 0, 1, 1), Zone("a", 2, 0, 3, 1)], "two zones named 'a'"),
        ([Zone("a", 0, 0, 1, 1), Zone("b", 0.9, 0.9, 3, 1.2)], "'a' and 'b' overlap"),
        ([Zone("a", -0.1, 0, 1, 1)], "beyond the board"),
        ([Zone("a", 0, 0, 1, 1.3)], "beyond the board"),
    ],
)
def test_zones_that_cannot_be_are_refused(zones, said):
    with pytest.raises(InputError, match=said):
        check_zones(zones, BOARD)


def test_zones_that_touch_do_not_overlap():
    check_zones(grid(BOARD, 7, 5), BOARD)
