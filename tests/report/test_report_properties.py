"""Properties that every figure has, whatever the lesson."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gazeclass.geometry.frames import Board
from gazeclass.lesson.columns import Lesson, LessonMeta, Observations, Student
from gazeclass.lesson.zones import Zone, expected_hit_rate, grid, rectangle_probability, zone_probabilities
from gazeclass.report.heatmap import cell_seconds
from gazeclass.report.merging import merge_points
from gazeclass.report.metrics import LessonTimes, area_of_half, class_timeline, stretches_below, synchrony
from gazeclass.report.metrics.timeline import band
from gazeclass.report.span_index import Span, SpanIndex

BOARD = Board(4.0, 1.2)
ZONES = grid(BOARD, 2, 1)
_XY = np.array([[3.0, 0.6], [1.0, 0.6], [6.0, 0.6]])


def lesson_of_states(table, times_s, sigma_m=0.02):
    """``table (moments, students)``: 0, 1 zones, 2 elsewhere, 3 away, 4 doubtful, 5 not seen, 6 no row."""
    moments, students = np.nonzero(table < 6)
    what = table[moments, students]
    n = len(what)
    xy = np.where((what < 3)[:, None], _XY[np.minimum(what, 2)], np.nan)
    cov = np.full((n, 18), np.nan, np.float32)
    cov[what < 3, 12:15] = np.array([1.0, 0.0, 1.0]) * sigma_m**2
    zeros = np.full(n, np.nan)
    return Lesson(
        LessonMeta("x", BOARD, period_s=0.1, zones=ZONES),
        tuple(Student(f"S{k}", row=1 + k // 2) for k in range(table.shape[1])),
        Observations(
            t_s=np.asarray(times_s, float)[moments],
            student=students.astype(np.int64),
            status=np.array([0, 0, 1, 3, 2, 4])[what],
            position_W_m=np.full((n, 3), np.nan),
            rotvec_WS_rad=np.full((n, 3), np.nan),
            board_xy_m=xy,
            zone=np.where(what < 2, what, -1),
            zone_probability=zeros,
            face_px=zeros,
            cameras=np.zeros(n, np.int64),
            skew_s=zeros,
            packed_cov=cov,
        ),
    )


@st.composite
def lessons(draw):
    moments, students = draw(st.integers(1, 25)), draw(st.integers(1, 4))
    cells = draw(st.lists(st.integers(0, 6), min_size=moments * students, max_size=moments * students))
    table = np.array(cells).reshape(moments, students)
    steps = draw(st.lists(st.sampled_from([1, 1, 1, 1, 2, 4, 6, 30]), min_size=moments, max_size=moments))
    return table, np.cumsum(steps) / 10


@given(lessons())
@settings(deadline=None)
def test_times_add_up_and_shares_are_shares(made):
    table, t = made
    times = LessonTimes(lesson_of_states(table, t))
    everyone = list(range(table.shape[1]))
    totals = times.all_totals
    measured = totals.measured_s
    whole = measured + times.state_s(-3) + times.not_seen_s(everyone)
    assert whole == pytest.approx(times.lesson_s * len(everyone), abs=1e-9)
    assert 0 <= totals.coverage(times.lesson_s) <= 1 or not times.lesson_s
    if measured:
        shares = [totals.share_in_zone(k).value for k in range(2)]
        board = totals.share_on_board().value
        assert 0 <= board <= 1
        assert sum(shares) == pytest.approx(board, abs=1e-5)
        assert board * measured + totals.elsewhere_s + times.state_s(-2) == pytest.approx(measured, abs=1e-4)
    line = class_timeline(times, 1.0)
    assert line.measured_s.sum() == pytest.approx(measured, abs=1e-9)
    assert (line.measured_s + line.doubtful_s + line.not_seen_s).sum() == pytest.approx(whole, abs=1e-9)
    known = line.measured_s > 0
    assert (line.low[known] <= line.share_on_board[known] + 1e-12).all()
    assert (line.high[known] >= line.share_on_board[known] - 1e-12).all()
    assert np.isnan(line.share_on_board[~known]).all()
    low_share = totals.share_on_board().value
    for start, end, share in stretches_below(line, low_share if measured else 0.0):
        assert share < low_share
        assert times.start_s <= start < end <= times.end_s + 1e-9


@given(lessons())
@settings(deadline=None)
def test_stays_are_those_that_a_simple_loop_finds(made):
    table, t = made
    times = LessonTimes(lesson_of_states(table, t))
    w = dict(zip(np.rint(times.moments_s * 1e6).astype(int).tolist(), times.moment_weight_us.tolist(), strict=True))
    expected = []
    for student in range(table.shape[1]):
        runs = []
        for moment, when in enumerate(t):
            code = table[moment, student]
            if code > 3:
                continue
            state, us = {2: -1, 3: -2}.get(int(code), int(code)), round(when * 1e6)
            if runs and runs[-1][0] == state and us - runs[-1][2] <= 500_000:
                runs[-1][2], runs[-1][3] = us + w[us], runs[-1][3] + w[us]
            else:
                runs.append([state, us, us + w[us], w[us]])
        expected += [(student, *run) for run in runs if run[3] >= 200_000]
    s = times.stays
    found = list(zip(*(x.tolist() for x in (s.student, s.state, s.start_us, s.end_us, s.dwell_us)), strict=True))
    assert found == expected
    counts = {}
    for a, b in pairwise(expected):
        if a[0] == b[0] and a[1] != b[1] and b[2] - a[3] <= 500_000:
            counts[a[1], b[1]] = counts.get((a[1], b[1]), 0) + 1
    assert times.transitions() == counts
    everyone = range(table.shape[1])
    for zone in range(2):
        visits = [e for e in expected if e[1] == zone]
        assert times.zone_visits.visits(zone, everyone) == len(visits)
        who = {e[0] for e in visits}
        assert times.zone_visits.revisits(zone, everyone) == len(visits) - len(who)


@given(lessons())
@settings(deadline=None)
def test_synchrony_is_the_share_of_pairs_that_agree(made):
    table, t = made
    times = LessonTimes(lesson_of_states(table, t))
    w = dict(zip(times.moments_s.tolist(), times.moment_weight_us.tolist(), strict=True))
    agree = pairs = 0
    for moment, when in enumerate(t):
        seen = [code for code in table[moment] if code <= 3]
        for i, a in enumerate(seen):
            for j, b in enumerate(seen):
                if i != j:
                    pairs += w[when]
                    agree += w[when] * (a == b)
    found = synchrony(times)
    if not pairs:
        assert np.isnan(found.agreement)
        return
    assert found.agreement == pytest.approx(agree / pairs, abs=1e-12)
    assert 0 <= found.expected <= 1
    assert np.isnan(found.kappa) or found.kappa <= 1 + 1e-12


@given(lessons(), st.floats(0, 80), st.floats(0, 80))
@settings(deadline=None, max_examples=40)
def test_any_span_is_the_sum_of_its_observations(made, a, b):
    table, t = made
    times = LessonTimes(lesson_of_states(table, t, sigma_m=0.2))
    index = SpanIndex(times, cell_m=0.4)
    span = Span(min(a, b), max(a, b))
    which = index.observations(span)
    inside = (times.lesson.observations.t_s >= span.start_s - 1e-9) & (
        times.lesson.observations.t_s < span.end_s - 1e-9
    )
    assert which.stop - which.start == inside.sum()
    exact = times.totals(inside)
    found = index.totals(span)
    assert (found.state_us == exact.state_us).all()
    np.testing.assert_allclose(found.faced_us, exact.faced_us, atol=1)
    heat = index.heat(span, [0])
    mine = inside & times.of_student(0) & (times.state >= -1)
    assert heat.seconds_measured == pytest.approx(times.weight_s[mine].sum(), abs=1e-6)


def test_a_fully_alike_class_is_alike_and_a_fixed_mix_is_no_more_than_its_mix():
    t = np.arange(10) / 10
    alike = LessonTimes(lesson_of_states(np.array([[k % 2] * 4 for k in range(10)]), t))
    assert synchrony(alike).agreement == 1.0
    assert synchrony(alike).kappa == pytest.approx(1.0)
    alone = LessonTimes(lesson_of_states(np.zeros((5, 1), int), t[:5]))
    assert np.isnan(synchrony(alone).agreement)


def test_the_band_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(4)
    inside = 0
    for _ in range(400):
        facing = rng.random(20) < 0.7  # each student keeps to it for the whole minute
        low, high = band(np.array([facing.mean()]), np.array([20.0]), np.array([0.0]))
        inside += low[0] <= 0.7 <= high[0]
    assert 0.92 <= inside / 400 <= 0.99


@given(st.floats(0, 1), st.floats(1, 60), st.floats(0, 0.3))
def test_the_band_grows_with_doubt_and_shrinks_with_students(p, n, sd):
    def width(trials, doubt):
        low, high = band(np.array([p]), np.array([trials]), np.array([doubt]))
        assert 0 <= low[0] <= p + 1e-12
        assert p - 1e-12 <= high[0] <= 1
        return high[0] - low[0]

    assert width(n, sd) >= width(n, 0.0) - 1e-12
    assert width(n, 0.0) >= width(2 * n, 0.0) - 1e-12


def covariance(sx, sy, rho):
    return np.array([[sx * sx, rho * sx * sy], [rho * sx * sy, sy * sy]])


@given(st.floats(0.01, 1.5), st.floats(0.01, 1.5), st.floats(-0.95, 0.95))
@settings(deadline=None, max_examples=25)
def test_the_hit_rate_is_what_counting_gives(sx, sy, rho):
    zone = Zone("z", 1.0, 0.2, 2.3, 0.6)
    rng = np.random.default_rng(1)
    true = rng.uniform([1.0, 0.2], [2.3, 0.6], (40_000, 2))
    seen = true + rng.multivariate_normal([0, 0], covariance(sx, sy, rho), len(true))
    counted = ((seen > [1.0, 0.2]) & (seen < [2.3, 0.6])).all(axis=1).mean()
    assert expected_hit_rate(zone, [covariance(sx, sy, rho)])[0] == pytest.approx(counted, abs=0.012)


def test_the_hit_rate_has_its_limits():
    zone = Zone("z", 0.0, 0.0, 1.0, 1.0)
    assert expected_hit_rate(zone, [np.zeros((2, 2))])[0] == pytest.approx(1.0, abs=1e-4)
    assert expected_hit_rate(zone, [covariance(50, 50, 0)])[0] < 1e-3
    assert np.isnan(expected_hit_rate(zone, [np.full((2, 2), np.nan)])[0])
    sizes = [expected_hit_rate(Zone("z", 0, 0, s, s), [covariance(0.3, 0.3, 0)])[0] for s in (0.1, 0.3, 0.9, 2.7)]
    assert sizes == sorted(sizes)


@given(st.floats(-1, 5), st.floats(-1, 2), st.floats(0.02, 1.5), st.floats(0.02, 1.5), st.floats(-0.99, 0.99))
def test_many_zones_at_once_are_each_zone_alone(x, y, sx, sy, rho):
    zones = [*grid(BOARD, 3, 2), Zone("own", 0.3, 0.1, 1.9, 1.05)]
    cov = covariance(sx, sy, rho)
    found = zone_probabilities(zones, [[x, y]], [cov])[0]
    exact = [rectangle_probability([[x, y]], [cov], z.x0_m, z.y0_m, z.x1_m, z.y1_m)[0] for z in zones]
    np.testing.assert_allclose(found, exact, atol=1e-10)


def test_joined_points_keep_weight_mean_and_spread_and_give_the_same_heat():
    rng = np.random.default_rng(3)
    n = 30_000
    xy = rng.normal([2.0, 0.6], [0.8, 0.3], (n, 2))
    cov = np.array(
        [covariance(*s, r) for s, r in zip(rng.uniform(0.25, 0.35, (n, 2)), rng.uniform(-0.2, 0.2, n), strict=True)]
    )
    w = rng.uniform(0.05, 0.15, n)
    group = rng.integers(0, 3, n)
    xy2, cov2, w2, group2 = merge_points(xy, cov, w, group)
    assert len(w2) < n / 2
    assert (np.diff(group2) >= 0).all()
    np.testing.assert_allclose(np.bincount(group2, w2), np.bincount(group, w))
    np.testing.assert_allclose(w2 @ xy2, w @ xy)
    second = (w[:, None, None] * (cov + xy[:, :, None] * xy[:, None])).sum(axis=0)
    np.testing.assert_allclose((w2[:, None, None] * (cov2 + xy2[:, :, None] * xy2[:, None])).sum(axis=0), second)
    x_edges, y_edges = np.linspace(0, 4, 41), np.linspace(0, 1.2, 13)
    exact = cell_seconds(x_edges, y_edges, xy, cov, w)
    joined = cell_seconds(x_edges, y_edges, xy2, cov2, w2)
    assert np.abs(joined - exact).max() < 0.005 * exact.max()


def test_joining_nothing_and_what_weighs_nothing():
    xy, cov, w, group = merge_points(np.zeros((0, 2)), np.zeros((0, 2, 2)), [])
    assert len(xy) == len(cov) == len(w) == len(group) == 0
    xy, _, w, _ = merge_points([[1.0, 1.0], [1.0, 1.0], [1e9, 0.0]], [np.eye(2)] * 3, [0.0, 0.0, 1.0])
    assert len(xy) == len(w) == 1


def test_half_of_the_time_on_an_even_board_takes_half_of_it():
    from gazeclass.report.heatmap import Heatmap

    assert area_of_half(Heatmap(BOARD, np.ones((10, 10)), 1.0, 1.0)) == pytest.approx(0.5)
    one = np.zeros((10, 10))
    one[3, 3] = 7.0
    assert area_of_half(Heatmap(BOARD, one, 1.0, 1.0)) == pytest.approx(0.005)
    assert np.isnan(area_of_half(Heatmap(BOARD, np.zeros((2, 2)), 0.0, 0.0)))
