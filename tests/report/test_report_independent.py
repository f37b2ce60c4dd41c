"""Dwell, visits and transitions once more in SQL over the lesson file, and from the script: equal to the last digit."""

import sqlite3
from dataclasses import fields, replace

import numpy as np
import pytest

from gazeclass.lesson.columns import Observations
from gazeclass.lesson.reader import read_lesson
from gazeclass.report.metrics import AWAY, LessonTimes, class_timeline, synchrony
from gazeclass.report.scripted_class import DOUBTFUL, HIDDEN, TURNED, scripted_class, write_class

_MOMENTS = """
CREATE TEMP VIEW moment AS SELECT DISTINCT CAST(round(t_s * 1e6) AS INTEGER) AS us FROM observation;
CREATE TEMP VIEW gap AS SELECT us, lead(us) OVER (ORDER BY us) - us AS gap FROM moment;
CREATE TEMP TABLE period AS SELECT gap AS t FROM gap WHERE gap IS NOT NULL ORDER BY gap
    LIMIT 1 OFFSET (SELECT (count(gap) - 1) / 2 FROM gap);
CREATE TEMP TABLE weight AS SELECT us, min(ifnull(gap, t), 3 * t / 2) AS w FROM gap, period;
CREATE TEMP TABLE seen AS
    SELECT s.name AS who, weight.us AS us, weight.w AS w,
           CASE WHEN o.status = 3 THEN '(away)' ELSE ifnull(z.name, '(elsewhere)') END AS state
    FROM observation o JOIN student s ON s.id = o.student LEFT JOIN zone z ON z.id = o.zone
         JOIN weight ON weight.us = CAST(round(o.t_s * 1e6) AS INTEGER)
    WHERE o.status IN (0, 1, 3);
CREATE TEMP TABLE mark AS
    SELECT *, CASE WHEN lag(state) OVER one IS NOT state OR us - lag(us + w) OVER one > 500000 THEN 1 ELSE 0 END AS new
    FROM seen WINDOW one AS (PARTITION BY who ORDER BY us);
CREATE TEMP TABLE run AS
    SELECT *, sum(new) OVER (PARTITION BY who ORDER BY us) AS number FROM mark;
CREATE TEMP TABLE stay AS
    SELECT who, state, min(us) AS start, max(us + w) AS finish, sum(w) AS dwell FROM run GROUP BY who, number
    HAVING sum(w) >= 200000;
"""


@pytest.fixture(scope="module")
def noisy(tmp_path_factory):
    """A lesson full of flickers, gaps and pauses, as a file."""
    made = scripted_class(students=8, seconds=180, sigma_m=0.15, spread_m=0.12, seed=5)
    rng = np.random.default_rng(7)
    o = made.lesson.observations
    keep = (rng.random(len(o)) > 0.1) & ~((o.t_s > 60) & (o.t_s < 63))
    kept = Observations(**{f.name: getattr(o, f.name)[keep] for f in fields(Observations)})
    lesson = replace(made.lesson, observations=kept)
    return write_class(replace(made, lesson=lesson), tmp_path_factory.mktemp("sql") / "noisy.gaze")


@pytest.fixture(scope="module")
def both(noisy):
    db = sqlite3.connect(noisy)
    db.executescript(_MOMENTS)
    yield db, LessonTimes(read_lesson(noisy))
    db.close()


def test_dwell_is_what_sql_says(both):
    db, times = both
    found = dict(
        ((who, state), us) for who, state, us in db.execute("SELECT who, state, sum(w) FROM seen GROUP BY 1, 2")
    )
    ours = {}
    for k, student in enumerate(times.lesson.students):
        for state in range(AWAY, len(times.lesson.zones)):
            us = int(times.all_totals.state_us[k, state + 4])
            name = times.state_name(state)
            if us:
                ours[student.name, name if state >= 0 else f"({name})"] = us
    assert ours == found
    assert times.lesson_s == db.execute("SELECT sum(w) FROM weight").fetchone()[0] / 1e6
    assert len(found) > 40


def test_visits_are_what_sql_says(both):
    db, times = both
    query = "SELECT who, state, start, finish, dwell FROM stay ORDER BY who, start"
    names = [s.name for s in times.lesson.students]
    states = {
        k: times.state_name(k) if k >= 0 else f"({times.state_name(k)})" for k in range(AWAY, len(times.lesson.zones))
    }
    s = times.stays
    ours = [
        (names[a], states[b], c, d, e)
        for a, b, c, d, e in zip(
            *(x.tolist() for x in (s.student, s.state, s.start_us, s.end_us, s.dwell_us)), strict=True
        )
    ]
    assert ours == list(db.execute(query))
    assert len(ours) > 200
    query = "SELECT count(*), min(start), max(dwell), sum(dwell) FROM stay WHERE who = ? AND state = ?"
    for k, name in enumerate(names):
        for z, zone in enumerate(times.lesson.zones):
            count, first, longest, total = db.execute(query, (name, zone.name)).fetchone()
            assert times.zone_visits.visits(z, [k]) == count
            assert times.zone_visits.revisits(z, [k]) == max(count - 1, 0)
            if count:
                start = round(times.start_s * 1e6)
                assert times.zone_visits.first_entry_s(z, [k]) == (first - start) / 1e6
                assert times.zone_visits.longest_s(z, [k]) == longest / 1e6
                assert times.zone_visits.mean_s(z, [k]) == total / 1e6 / count
            else:
                assert np.isnan(times.zone_visits.first_entry_s(z, [k]))
                assert np.isnan(times.zone_visits.mean_s(z, [k]))


def test_transitions_are_what_sql_says(both):
    db, times = both
    query = """
        SELECT state, next, count(*) FROM (
            SELECT state, finish, lead(state) OVER one AS next, lead(start) OVER one AS begins FROM stay
            WINDOW one AS (PARTITION BY who ORDER BY start)
        ) WHERE next IS NOT NULL AND next <> state AND begins - finish <= 500000 GROUP BY 1, 2
    """
    name = {
        k: times.state_name(k) if k >= 0 else f"({times.state_name(k)})" for k in range(AWAY, len(times.lesson.zones))
    }
    ours = {(name[a], name[b]): n for (a, b), n in times.transitions().items()}
    assert ours == {(a, b): n for a, b, n in db.execute(query)}
    assert sum(ours.values()) > 50


@pytest.fixture(scope="module")
def scripted():
    made = scripted_class(students=14, seconds=600, sigma_m=0.01, seed=2)
    return made, LessonTimes(made.lesson)


def test_every_figure_is_the_scripts(scripted):
    made, times = scripted
    for student in range(14):
        mine = made.student == student
        for zone in range(9):
            parts = np.flatnonzero(mine & (made.what == zone))
            lengths = made.steps[parts] * made.period_s
            visits = lengths[lengths >= 0.2 - 1e-9]
            totals, found = times.all_totals.of([student]), times.zone_visits
            assert totals.state_s(zone) == pytest.approx(lengths.sum(), abs=1e-9)
            assert found.visits(zone, [student]) == len(visits)
            if len(visits):
                assert found.longest_s(zone, [student]) == pytest.approx(visits.max(), abs=1e-9)
                assert found.mean_s(zone, [student]) == pytest.approx(visits.mean(), abs=1e-9)
                first = made.start_step[parts].min() * made.period_s
                assert found.first_entry_s(zone, [student]) == pytest.approx(first, abs=1e-9)
        spent = {code: made.steps[mine & (made.what == code)].sum() * made.period_s for code in range(HIDDEN, 9)}
        measured = sum(s for code, s in spent.items() if code >= TURNED)
        facing = sum(s for code, s in spent.items() if code >= 0)
        share = times.share_on_board(times.of_student(student))
        assert share.value == pytest.approx(facing / measured, abs=1e-6)
        assert share.measured_s == pytest.approx(measured, abs=1e-9)
        assert times.not_seen_s([student]) == pytest.approx(spent[HIDDEN], abs=1e-9)
        assert times.state_s(DOUBTFUL, times.of_student(student)) == pytest.approx(spent[DOUBTFUL], abs=1e-9)


def test_the_class_by_the_minute_is_the_scripts(scripted):
    made, times = scripted
    doing = np.empty((14, 6000), int)
    for student, start, steps, what in zip(made.student, made.start_step, made.steps, made.what, strict=True):
        doing[student, start : start + steps] = what
    line = class_timeline(times, 60.0)
    for minute in range(10):
        now = doing[:, 600 * minute : 600 * (minute + 1)]
        assert line.measured_s[minute] == pytest.approx(0.1 * (now >= TURNED).sum(), abs=1e-6)
        assert line.share_on_board[minute] == pytest.approx((now >= 0).sum() / (now >= TURNED).sum(), abs=1e-6)
        assert line.low[minute] <= line.share_on_board[minute] <= line.high[minute]
    agree = pairs = 0
    for a in range(14):
        for b in range(14):
            both = (doing[a] >= TURNED) & (doing[b] >= TURNED)
            if a != b:
                pairs += both.sum()
                agree += (both & (doing[a] == doing[b])).sum()
    assert synchrony(times).agreement == pytest.approx(agree / pairs, abs=1e-12)
