"""The review without a window: opening, spans, groups, comparison, replay, zones, notes, export."""

import time

import numpy as np
import pytest
from desktop_steps import PATIENT_MS, put_classroom, put_lesson

from gazeclass.desktop.reports.review_presenter import ReviewPresenter
from gazeclass.lesson.reader import read_lesson
from gazeclass.lesson.zones import Zone, grid
from gazeclass.report.scripted_class import scripted_class, write_class


@pytest.fixture(scope="module")
def made():
    return scripted_class(students=8, seconds=90, sigma_m=0.12, sigma_per_row_m=0.3, seed=4)


@pytest.fixture
def lesson(context, made):
    return put_lesson(context, made)


@pytest.fixture
def presenter(qtbot, context, lesson):
    made = ReviewPresenter(context)
    with qtbot.waitSignal(made.opened, timeout=PATIENT_MS):
        made.open(lesson)
    return made


def sides_after(qtbot, presenter, act):
    with qtbot.waitSignal(presenter.sides_changed, timeout=PATIENT_MS) as caught:
        act()
    return caught.args[0]


def test_opening_shows_all_of_the_class(qtbot, presenter):
    (side,) = sides_after(qtbot, presenter, presenter.refresh)
    assert side.glance.group.name == "the class"
    assert side.glance.span == presenter.review.whole
    assert side.glance.heat.seconds_per_dm2.max() == side.top > 0
    assert len(side.notes) == 9
    assert all("%" in note for note in side.notes)


def test_a_file_that_is_no_lesson_is_an_error_and_nothing_opens(qtbot, context, tmp_path):
    (tmp_path / "x.gaze").write_text("no")
    made = ReviewPresenter(context)
    with qtbot.waitSignal(context.error_raised, timeout=PATIENT_MS):
        made.open(tmp_path / "x.gaze")
    assert made.review is None


def test_a_span_is_kept_within_the_lesson(qtbot, presenter):
    (side,) = sides_after(qtbot, presenter, lambda: presenter.set_span(30.0, 60.0))
    assert (side.glance.span.start_s, side.glance.span.end_s) == (30.0, 60.0)
    inside = presenter.review.times.moments_s
    which = (inside >= 30) & (inside < 60)
    assert side.glance.coverage == pytest.approx(side.glance.totals.measured_s / (8 * 0.1 * which.sum()))
    presenter.set_span(500.0, -10.0)
    assert presenter.spans[0].start_s == 0.0
    assert presenter.spans[0].end_s == presenter.review.whole.end_s
    presenter.set_span(40.0, 40.0)
    assert presenter.spans[0].end_s - presenter.spans[0].start_s == 1.0


def test_small_groups_are_hidden_until_the_teacher_wishes_it(qtbot, presenter):
    names = [group.name for group in presenter.groups]
    assert names[:3] == ["the class", "row 1", "row 2"]
    may = {g.name: presenter.may_show(g) for g in presenter.groups}
    assert may["row 1"]
    assert not may["row 2"]  # two students
    assert not may["S01"]
    (side,) = sides_after(qtbot, presenter, lambda: presenter.set_group(names.index("row 2")))
    assert side.glance.hidden
    assert side.glance.heat.seconds_per_dm2.max() == 0
    assert side.notes == ("",) * 9
    assert len(presenter.review.moment(20.0, presenter.group).student) == 0
    (side,) = sides_after(qtbot, presenter, lambda: presenter.set_show_students(True))
    assert not side.glance.hidden
    assert side.glance.heat.seconds_per_dm2.max() > 0
    (side,) = sides_after(qtbot, presenter, lambda: presenter.set_show_students(False))
    assert side.glance.group.name == "the class"


def test_zones_too_small_for_a_row_are_greyed_with_the_reason(qtbot, presenter):
    presenter.set_show_students(True)
    (near,) = sides_after(qtbot, presenter, lambda: presenter.set_group(1))
    (far,) = sides_after(qtbot, presenter, lambda: presenter.set_group(2))
    assert near.greyed == {}
    assert len(far.greyed) == 9
    assert all(reason.startswith("unreliable: only") for reason in far.greyed.values())


def test_two_spans_are_compared_on_one_scale(qtbot, presenter):
    a, b = sides_after(qtbot, presenter, lambda: presenter.set_comparing(True))
    assert a.glance.span.end_s == b.glance.span.start_s == pytest.approx(45.0)
    assert a.compared
    assert a.top == b.top == pytest.approx(max(a.glance.permille_per_dm2.max(), b.glance.permille_per_dm2.max()))
    whole = a.glance.permille_per_dm2.sum() * 4.0 * 1.2 * 100 / a.glance.permille_per_dm2.size
    assert whole == pytest.approx(1000 * a.glance.heat.seconds_on_board / a.glance.totals.measured_s)
    presenter.set_active(1)
    a2, b2 = sides_after(qtbot, presenter, lambda: presenter.set_span(50.0, 70.0))
    assert a2.glance.span == a.glance.span
    assert b2.glance.span.start_s == 50.0
    (alone,) = sides_after(qtbot, presenter, lambda: presenter.set_comparing(False))
    assert not alone.compared
    assert presenter.active == 0


def test_after_a_comparison_of_halves_the_whole_lesson_is_shown_again(qtbot, presenter):
    sides_after(qtbot, presenter, lambda: presenter.set_comparing(True))
    (side,) = sides_after(qtbot, presenter, lambda: presenter.set_comparing(False))
    assert side.glance.span == presenter.review.whole


def test_two_lessons_are_compared(qtbot, presenter, tmp_path):
    other = write_class(scripted_class(students=6, seconds=30, seed=9), tmp_path / "other.gaze", title="Other")
    a, b = sides_after(qtbot, presenter, lambda: presenter.compare_with(other))
    assert (a.review.title, b.review.title) == ("Maths", "Other")
    assert b.glance.span == b.review.whole
    assert a.top == b.top


def test_the_replay_runs_and_ends(qtbot, presenter):
    seen = []
    presenter.moment_changed.connect(lambda moment, t: seen.append((t, len(moment.student))))
    presenter.speed = 16
    presenter.set_playhead(84.0)
    presenter.toggle_playing()
    assert presenter.playing
    qtbot.waitUntil(lambda: not presenter.playing, timeout=PATIENT_MS)
    assert seen[-1][0] == presenter.review.whole.end_s
    presenter.toggle_playing()  # begins again
    assert presenter.playhead_s == 0.0
    presenter.toggle_playing()
    assert not presenter.playing


def test_a_moment_has_the_points_of_that_moment(presenter, made):
    moment = presenter.review.moment(20.04, presenter.groups[0])
    o = made.lesson.observations
    then = np.isclose(o.t_s, 20.0) & np.isin(o.status, (0, 1))
    assert moment.t_s == pytest.approx(20.0)
    assert moment.student.tolist() == o.student[then].tolist()
    np.testing.assert_allclose(moment.xy_m, o.board_xy_m[then])
    assert len(moment.student) + moment.away + moment.unseen == 8
    assert len(presenter.review.moment(500.0, presenter.groups[0]).student) == 0


def test_zones_are_tried_saved_and_written_to_the_classroom(qtbot, context, presenter, lesson):
    board = presenter.review.lesson.meta.board
    before = presenter.review
    with qtbot.waitSignal(presenter.zones_changed, timeout=PATIENT_MS):
        presenter.try_zones(grid(board, 2, 1))
    assert presenter.zones_unsaved
    assert [z.name for z in presenter.review.lesson.zones] == ["left", "right"]
    assert len(read_lesson(lesson).zones) == 9  # not in the file yet
    old, new = before.times.all_totals, presenter.review.times.all_totals
    assert new.measured_us.tolist() == old.measured_us.tolist()
    assert new.share_on_board().value == pytest.approx(old.share_on_board().value, abs=1e-6)
    with qtbot.waitSignal(presenter.said, timeout=PATIENT_MS):
        presenter.save_zones()
    stored = read_lesson(lesson)
    assert stored.zones == presenter.review.lesson.zones
    np.testing.assert_array_equal(stored.observations.zone, presenter.review.lesson.observations.zone)
    assert not presenter.zones_unsaved
    with qtbot.waitSignal(context.error_raised, timeout=PATIENT_MS) as caught:
        presenter.save_zones_in_classroom()
    assert "no classroom named" in str(caught.args[0])


def test_zones_that_overlap_are_refused(qtbot, context, presenter):
    zones = [Zone("a", 0, 0, 2, 1), Zone("b", 1, 0, 3, 1)]
    with qtbot.waitSignal(context.error_raised, timeout=PATIENT_MS) as caught:
        presenter.try_zones(zones)
    assert "overlap" in str(caught.args[0])
    assert len(presenter.review.lesson.zones) == 9


def test_a_note_becomes_a_flag_in_the_file(qtbot, presenter, lesson):
    presenter.set_playhead(33.3)
    with qtbot.waitSignal(presenter.events_changed, timeout=PATIENT_MS):
        presenter.add_note("group work")
    assert read_lesson(lesson).events == ((10.0, "mark", "new topic"), (33.3, "mark", "group work"))
    assert presenter.review.lesson.events[1][2] == "group work"


def test_an_export_writes_what_was_chosen_and_notes_it(qtbot, presenter, lesson, tmp_path):
    with qtbot.waitSignal(presenter.said, timeout=PATIENT_MS):
        presenter.export(tmp_path / "out", ("csv", "html"), "semicolon")
    assert {p.suffix for p in (tmp_path / "out").iterdir()} == {".csv", ".html"}
    assert ";" in (tmp_path / "out" / "zone_visits.csv").read_text("utf-8-sig").splitlines()[0]
    assert read_lesson(lesson).audit[-1][1:] == ("export", "csv, html; pseudonyms")


def test_an_export_can_be_stopped_and_leaves_nothing(qtbot, presenter, tmp_path):
    task = presenter.export(tmp_path / "out", ("csv", "pdf"), "comma")
    task.cancel()
    with qtbot.waitSignal(task.finished, timeout=PATIENT_MS):
        pass
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


def test_scrubbing_answers_within_a_tenth_of_a_second(presenter):
    """On a small lesson; benchmarks/report.py measures a lesson of full size."""
    review, group = presenter.review, presenter.groups[0]
    from gazeclass.report.span_index import Span

    worst = []
    for k in range(20):
        start = time.process_time()
        review.glance(Span(1.7 * k, 1.7 * k + 41.3), group)
        worst.append(time.process_time() - start)
    assert sorted(worst)[10] < 0.1


def test_zones_go_into_the_classroom_of_that_name(qtbot, context, presenter):
    from dataclasses import replace

    from gazeclass.calibration.classroom import load_classroom

    folder = put_classroom(context.classrooms_dir, "room", name="Scripted class")
    room = load_classroom(folder / "classroom.toml")
    review = presenter.review
    review.lesson = replace(review.lesson, meta=replace(review.lesson.meta, zones=grid(room.board(), 3, 1)))
    with qtbot.waitSignals([presenter.said, context.library_changed], timeout=PATIENT_MS):
        presenter.save_zones_in_classroom()
    stored = load_classroom(folder / "classroom.toml")
    assert [z.name for z in stored.zones] == ["left", "centre", "right"]
    assert stored.model_copy(update={"zones": room.zones}) == room
