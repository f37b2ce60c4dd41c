"""Rolling figures agree with the report's own over the same observations, and forget what lies before the window."""

import numpy as np
import pytest

from gazeclass.geometry.frames import Board
from gazeclass.lesson.columns import LessonMeta
from gazeclass.lesson.observation import Observation
from gazeclass.lesson.reader import read_lesson
from gazeclass.lesson.recent import RecentFigures
from gazeclass.lesson.store import LessonWriter
from gazeclass.lesson.zones import Zone, grid
from gazeclass.report.heatmap import lesson_heatmap
from gazeclass.report.metrics import LessonTimes

BOARD = Board(4.0, 1.2)
ZONES = grid(BOARD, 3, 1)
ROWS = {"S01": 1, "S02": 1, "S03": 2}


def point(t_s: float, student: str, xy: tuple[float, float], sd: float = 0.2) -> Observation:
    cov = np.array([[sd**2, 0.3 * sd**2], [0.3 * sd**2, sd**2]])
    return Observation(
        t_s, student, "ok", position_W_m=[1, 1, 3], board_xy_m=xy, cov_board_m2=cov, zone="", cameras="01"
    )


def moments(count: int, step_s: float = 0.25, seed: int = 0) -> list[list[Observation]]:
    rng = np.random.default_rng(seed)
    out = []
    for k in range(count):
        t = k * step_s
        row = [point(t, name, tuple(rng.uniform([-0.5, -0.3], [4.5, 1.5]))) for name in ("S01", "S02")]
        row.append(Observation(t, "S03", "away" if k % 3 else "not_seen"))
        out.append(row)
    return out


def fed(all_moments: list[list[Observation]], **more: object) -> RecentFigures:
    figures = RecentFigures(BOARD, ZONES, **more)  # type: ignore[arg-type]
    for row in all_moments:
        figures.add(row[0].t_s, row, ROWS)
    return figures


def test_the_whole_lesson_agrees_with_the_report(tmp_path):
    rows = moments(80)
    figures = fed(rows, cell_m=0.1)
    with LessonWriter(tmp_path / "x.gaze", LessonMeta("R", BOARD, period_s=0.25, zones=ZONES)) as writer:
        for row in rows[1:]:  # live, the first moment has no time before it; in the report the last has one after it
            writer.add(row)
    times = LessonTimes(read_lesson(tmp_path / "x.gaze"))
    heat = lesson_heatmap(times, cell_m=0.1)
    np.testing.assert_allclose(figures.heat().seconds_per_dm2, heat.seconds_per_dm2, rtol=1e-5, atol=1e-9)
    live, report = figures.shares(), times.share_on_board()
    assert (live.board.value, live.board.doubt) == pytest.approx((report.value, report.doubt), rel=1e-6)
    for k, share in enumerate(live.zones):
        wanted = times.share_in_zone(k)
        assert (share.name, share.value, share.doubt) == (
            ZONES[k].name,
            *map(pytest.approx, (wanted.value, wanted.doubt)),
        )
    assert live.measured_s == pytest.approx(times.measured_s())


def test_a_window_holds_the_last_seconds_only():
    early = [[point(0.25 * k, "S01", (0.4, 0.3))] for k in range(40)]
    late = [[point(10 + 0.25 * k, "S01", (3.5, 0.9))] for k in range(40)]
    figures = fed(early + late)
    heat = figures.heat(5.0).seconds_per_dm2
    assert np.unravel_index(heat.argmax(), heat.shape)[1] > 30  # of 40 columns: x about 3.5 m
    assert heat[:, :15].sum() < 1e-6
    assert figures.heat().seconds_per_dm2[:, :15].sum() > 1.0
    # 5 s of one student, spread over the board's 100 dm² a square metre
    area_dm2 = 1.0
    assert heat.sum() * area_dm2 == pytest.approx(5.0, abs=0.6)
    left = {share.name: share.value for share in figures.shares(5.0).zones}
    assert max(left, key=lambda name: left[name]) == ZONES[0].name  # the class's left is x = width


def test_one_row_of_seats_alone():
    figures = fed(moments(40))
    both, first, second = (figures.heat(None, row).seconds_per_dm2.sum() for row in (None, 1, 2))
    assert first == pytest.approx(both)
    assert second == 0.0


def test_new_zones_count_from_now_on_and_the_board_goes_on():
    rows = moments(60)
    figures = fed(rows[:40])
    before = figures.shares().board
    figures.replace_zones([Zone("poem", 0.0, 0.0, 4.0, 1.2)])
    assert np.isnan(figures.shares().zones[0].value)
    assert figures.shares().board == before
    for row in rows[40:]:
        figures.add(row[0].t_s, row, ROWS)
    shares = figures.shares()
    # The new zone is the whole board: over the time it is there it has the board's share.
    alone = fed(rows[39:])
    assert shares.zones[0].value == pytest.approx(alone.shares().board.value, rel=1e-6)
    assert shares.zones_from_s == rows[39][0].t_s


def test_memory_does_not_grow_with_the_lesson():
    figures = RecentFigures(BOARD, ZONES, longest_s=20.0)
    for k in range(2000):
        figures.add(0.5 * k, [point(0.5 * k, "S01", (1.0, 0.5))])
    assert len(figures._bins) <= 21
    assert len(figures._line) == 200


def test_timeline_and_gaps():
    rows = [[point(0.5 * k, "S01", (2.0, 0.6), 0.01)] for k in range(20)]
    away = [[Observation(60 + 0.5 * k, "S01", "away")] for k in range(20)]
    figures = fed(rows + away)
    line = figures.timeline()
    assert line.share[0] == pytest.approx(1.0, abs=1e-6)
    assert line.share[-1] == 0.0
    assert np.isnan(line.share[6])  # nobody measured anything in between
    # 19 steps of half a second, the gap for no more than a second, 19 steps
    assert figures.shares().measured_s == pytest.approx(19 * 0.5 + 1.0 + 19 * 0.5)


def test_nothing_yet():
    figures = RecentFigures(BOARD, ZONES)
    assert np.isnan(figures.shares(30.0).board.value)
    assert figures.heat().seconds_per_dm2.sum() == 0.0
    assert len(figures.timeline().start_s) == 0
    figures.add(0.0, [])
    assert np.isnan(figures.shares().board.value)
