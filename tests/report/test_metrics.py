import numpy as np
import pytest

from gazeclass.report.metrics import AWAY, DOUBTFUL, ELSEWHERE, NOT_SEEN, LessonTimes, class_timeline, round_bin_s

TL, TR, BL, BR = range(4)


def approx(value):
    return pytest.approx(value, abs=1e-9)


SCRIPT = {
    "S01": [(4.0, "top left"), (2.0, "bottom right"), (2.0, "away"), (2.0, "not_seen")],
    "S02": [(5.0, "top left"), (1.0, "elsewhere"), (4.0, "doubtful")],
    "S03": [(10.0, "absent")],
}


@pytest.fixture
def times(lesson_of):
    return LessonTimes(lesson_of(SCRIPT))


def test_times_are_those_of_the_script(times):
    assert times.lesson_s == approx(10.0)
    assert times.period_s == approx(0.1)
    one, two, three = (times.of_student(k) for k in range(3))
    assert times.state_s(TL, one) == approx(4.0)
    assert times.state_s(BR, one) == approx(2.0)
    assert times.state_s(AWAY, one) == approx(2.0)
    assert times.state_s(TL, two) == approx(5.0)
    assert times.state_s(ELSEWHERE, two) == approx(1.0)
    assert times.state_s(DOUBTFUL, two) == approx(4.0)
    assert times.state_s(NOT_SEEN, one) == approx(2.0)
    assert times.not_seen_s([0]) == approx(2.0)
    assert times.not_seen_s([2]) == approx(10.0)  # no row at all is not seen too
    assert times.not_seen_s([0, 1, 2]) == approx(12.0)
    assert times.measured_s() == approx(14.0)
    assert times.measured_s(three) == 0.0
    assert times.measured_s(times.of_students([0, 1])) == approx(14.0)


def test_not_seen_and_doubtful_never_count_as_not_facing(times):
    share = times.share_on_board(times.of_student(0))
    assert share.value == approx(6.0 / 8.0)  # of the 8 s measured, not of 10
    assert share.measured_s == approx(8.0)
    assert times.share_on_board(times.of_student(1)).value == approx(5.0 / 6.0)
    assert times.share_on_board().value == approx(11.0 / 14.0)
    assert times.share_in_zone(TL).value == approx(9.0 / 14.0)
    assert times.share_in_zone(TR).value == approx(0.0)
    nobody = times.share_on_board(times.of_student(2))
    assert np.isnan(nobody.value)
    assert nobody.measured_s == 0


def test_doubt_is_common_within_a_student_and_independent_between(lesson_of):
    # sigma so large that each gaze point's ellipse lies on the board with p well between 0 and 1
    wide = LessonTimes(lesson_of({"S01": [(2.0, "top left")], "S02": [(2.0, "top left")]}, sigma_m=0.6))
    p = wide.p_board[0]
    assert 0.3 < p < 0.7
    alone = wide.share_on_board(wide.of_student(0))
    assert alone.value == pytest.approx(p, abs=1e-6)
    assert alone.doubt == pytest.approx(np.sqrt(p * (1 - p)), abs=1e-6)
    assert wide.share_on_board().doubt == pytest.approx(np.sqrt(p * (1 - p) / 2), abs=1e-6)


def test_visits_and_transitions_are_those_of_the_script(times):
    visits = [(v.student, v.state, v.start_s, v.end_s, v.dwell_s) for v in times.visits()]
    assert visits == [
        (0, TL, 0.0, approx(4.0), approx(4.0)),
        (0, BR, approx(4.0), approx(6.0), approx(2.0)),
        (1, TL, 0.0, approx(5.0), approx(5.0)),
    ]
    assert times.transitions() == {(TL, BR): 1, (BR, AWAY): 1, (TL, ELSEWHERE): 1}
    assert times.state_name(TL) == "top left"
    assert times.state_name(AWAY) == "away"


def test_short_gaps_are_bridged_long_ones_are_not(lesson_of):
    times = LessonTimes(
        lesson_of(
            {
                "S01": [(1.0, "top left"), (0.5, "not_seen"), (1.0, "top left")],
                "S02": [(1.0, "top left"), (0.6, "doubtful"), (0.9, "top left")],
                "S03": [(1.0, "top left"), (0.6, "not_seen"), (0.9, "top right")],
                "S04": [(1.0, "top left"), (0.1, "away"), (1.4, "top left")],
            }
        )
    )
    found = [(v.student, v.state, v.start_s, v.end_s, v.dwell_s) for v in times.stays]
    assert found == [
        (0, TL, 0.0, approx(2.5), approx(2.0)),
        (1, TL, 0.0, approx(1.0), approx(1.0)),
        (1, TL, approx(1.6), approx(2.5), approx(0.9)),
        (2, TL, 0.0, approx(1.0), approx(1.0)),
        (2, TR, approx(1.6), approx(2.5), approx(0.9)),
        (3, TL, 0.0, approx(1.0), approx(1.0)),  # the flicker of 0.1 s is no stay of its own
        (3, TL, approx(1.1), approx(2.5), approx(1.4)),
    ]
    assert times.transitions() == {}  # unseen in between, or a mere flicker


def test_a_pause_of_the_recording_is_nobodys_time(lesson_of):
    times = LessonTimes(lesson_of({"S01": [(1.0, "top left"), (30.0, "absent"), (1.0, "top left")]}))
    assert times.lesson_s == approx(2.05)  # the last frame before the pause stands for 1.5 periods
    assert len(times.visits()) == 2


def test_timeline_adds_up_to_the_lesson(times):
    line = class_timeline(times, 2.5)
    np.testing.assert_allclose(line.start_s, [0, 2.5, 5.0, 7.5])
    np.testing.assert_allclose(line.end_s, [2.5, 5.0, 7.5, 10.0])
    np.testing.assert_allclose(line.expected_s, 7.5)
    np.testing.assert_allclose(line.board_s, [5.0, 5.0, 1.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(line.zones_s[:, TL], [5.0, 4.0, 0.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(line.away_s, [0, 0, 1.5, 0.5], atol=1e-9)
    np.testing.assert_allclose(line.measured_s, [5.0, 5.0, 3.5, 0.5], atol=1e-9)
    np.testing.assert_allclose(line.doubtful_s, [0, 0, 1.5, 2.5], atol=1e-9)
    np.testing.assert_allclose(line.not_seen_s, [2.5, 2.5, 2.5, 4.5], atol=1e-9)
    np.testing.assert_allclose(line.share_on_board, [1.0, 1.0, 1.0 / 3.5, 0.0], atol=1e-9)
    np.testing.assert_allclose(line.doubt, 0.0, atol=1e-4)
    np.testing.assert_allclose(line.measured_s + line.doubtful_s + line.not_seen_s, line.expected_s)


def test_an_empty_lesson_has_no_figures_and_no_accident(lesson_of):
    times = LessonTimes(lesson_of({}))
    assert times.lesson_s == 0
    assert np.isnan(times.share_on_board().value)
    assert len(times.stays) == 0
    assert times.transitions() == {}
    line = class_timeline(times)
    assert len(line.start_s) == 0 == len(line.share_on_board)
    assert line.zones_s.shape == (0, 4)


def test_nobody_measured_in_a_bin_is_unknown_not_zero(lesson_of):
    line = class_timeline(LessonTimes(lesson_of({"S01": [(1.0, "top left"), (1.0, "not_seen")]})), 1.0)
    assert line.share_on_board[0] == approx(1.0)
    assert np.isnan(line.share_on_board[1])


def test_a_point_without_an_ellipse_is_doubtful(lesson_of):
    from dataclasses import replace

    lesson = lesson_of({"S01": [(1.0, "top left")]})
    blind = replace(lesson.observations, packed_cov=np.full_like(lesson.observations.packed_cov, np.nan))
    times = LessonTimes(replace(lesson, observations=blind))
    assert times.state_s(DOUBTFUL) == approx(1.0)
    assert times.measured_s() == 0


def test_the_period_is_found_where_nobody_stated_it(lesson_of):
    assert LessonTimes(lesson_of({"S01": [(1.0, "away")]}, period_s=float("nan"))).period_s == approx(0.1)


@pytest.mark.parametrize(("seconds", "bin_s"), [(12, 0.5), (61, 2), (2700, 60), (3000, 60), (90000, 300)])
def test_bins_are_round(seconds, bin_s):
    assert round_bin_s(seconds) == bin_s
