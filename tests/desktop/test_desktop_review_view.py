"""The Reports place in a window: list, keyboard, time line, zones panel, recording."""

import time

import numpy as np
import pytest
from desktop_steps import PATIENT_MS, put_lesson, window_at
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog

from gazeclass.desktop.reports import place as reports
from gazeclass.desktop.reports.lesson_words import began_here
from gazeclass.desktop.reports.timeline import Flag, TimelineView
from gazeclass.desktop.reports.zone_board import ZoneBoard
from gazeclass.desktop.reports.zones_panel import ZonesPanel
from gazeclass.geometry.frames import Board
from gazeclass.lesson.documents_removal import recording_of
from gazeclass.lesson.zones import grid
from gazeclass.report.review import Review
from gazeclass.report.scripted_class import scripted_class
from gazeclass.report.span_index import Span

BOARD = Board(4.0, 1.2)


@pytest.fixture(scope="module")
def made():
    return scripted_class(students=7, seconds=60, sigma_m=0.15, seed=6)


@pytest.fixture
def lesson(context, made):
    return put_lesson(context, made, 20.0)


@pytest.fixture
def window(qtbot, context, lesson):
    return window_at(qtbot, context, "reports")


@pytest.fixture
def place(window):
    return window.widget_of("reports")


@pytest.fixture
def opened(qtbot, place, lesson):
    with qtbot.waitSignal(place.presenter.opened, timeout=PATIENT_MS):
        place.open(lesson)
    return place


def test_a_lesson_that_comes_while_the_list_is_read_is_in_it(qtbot, place, context, made):
    """Both at once: the list is being read, and another lesson is stored."""
    place.refresh()
    put_lesson(context, made, name="biology.gaze")
    place.refresh()
    qtbot.waitUntil(lambda: place.lessons.table.rowCount() == 2, timeout=PATIENT_MS)


def test_the_chosen_lesson_stays_chosen_and_a_damaged_one_is_told(qtbot, place, context, made):
    put_lesson(context, made, name="biology.gaze")
    (context.lessons_dir / "damaged.gaze").write_text("no lesson")
    place.refresh()
    table = place.lessons.table
    qtbot.waitUntil(lambda: table.rowCount() == 3, timeout=PATIENT_MS)
    last = max(row for row in range(3) if table.columnSpan(row, 0) == 1)
    table.selectRow(last)
    chosen = table.item(last, 0).toolTip()
    place.refresh()
    qtbot.waitUntil(lambda: place._listing is None, timeout=PATIENT_MS)
    assert table.item(table.currentRow(), 0).toolTip() == chosen
    damaged = next(row for row in range(3) if table.columnSpan(row, 0) > 1)
    assert table.item(damaged, 0).text().startswith("damaged: ")


def test_when_a_lesson_began_is_told_by_this_computer_s_clock(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        assert began_here("2026-01-12T00:00:00+00:00") == "2026-01-12 08:00"
        assert began_here("") == ""
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_empty_library_says_what_this_is_for(qtbot, context):
    window = window_at(qtbot, context, "reports")
    lessons = window.widget_of("reports").lessons
    qtbot.waitUntil(lessons.empty.isVisible, timeout=PATIENT_MS)
    assert lessons.empty.button.text() == "Open a lesson file …"


def test_the_list_opens_a_lesson_by_keyboard_and_back(qtbot, context, place, lesson):
    (context.lessons_dir / "broken.gaze").write_text("no lesson")
    table = place.lessons.table
    qtbot.waitUntil(lambda: table.rowCount() > 0, timeout=PATIENT_MS)
    place.refresh()
    qtbot.waitUntil(lambda: table.rowCount() == 2, timeout=PATIENT_MS)
    titles = {table.item(row, 0).text(): table.item(row, 1).text() for row in range(table.rowCount())}
    assert titles["Maths"] == "Scripted class"
    assert any(title.startswith("broken: ") and "not a database" in title for title in titles)
    table.setFocus()
    assert place.lessons.open_chosen.isEnabled()
    with qtbot.waitSignal(place.presenter.opened, timeout=PATIENT_MS):
        qtbot.mouseClick(place.lessons.open_chosen, Qt.MouseButton.LeftButton)
    assert place.review.isVisible()
    qtbot.mouseClick(place.review.back_button, Qt.MouseButton.LeftButton)
    assert place.lessons.isVisible()
    assert place.presenter.review is None
    qtbot.waitUntil(lambda: place._listing is None, timeout=PATIENT_MS)


def test_a_lesson_that_cannot_be_read_leaves_the_list(qtbot, context, place, tmp_path):
    (tmp_path / "x.gaze").write_text("no")
    with qtbot.waitSignal(context.error_raised, timeout=PATIENT_MS):
        place.open(tmp_path / "x.gaze")
    qtbot.waitUntil(place.lessons.isVisible, timeout=PATIENT_MS)


def test_nothing_is_cut_off_at_1280_by_720(qtbot, opened):
    view = opened.review
    for tab in range(3):
        view.tabs.setCurrentIndex(tab)
        qtbot.wait(1)
        inside = view.window().rect()
        for widget in (view.play, view.add_note, view.timeline, view.tabs, view.boards[0]):
            corner = widget.mapTo(view.window(), QPoint(widget.width() - 1, widget.height() - 1))
            assert inside.contains(corner)
            assert widget.width() >= widget.minimumSizeHint().width()


def test_space_plays_m_makes_a_note_arrows_move(qtbot, opened):
    view, presenter = opened.review, opened.presenter
    view.timeline.setFocus()
    qtbot.keyClick(view.timeline, Qt.Key.Key_Space)
    assert presenter.playing
    qtbot.keyClick(view.timeline, Qt.Key.Key_Space)
    assert not presenter.playing
    presenter.set_playhead(10.0)
    qtbot.keyClick(view.timeline, Qt.Key.Key_Right)
    qtbot.keyClick(view.timeline, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert presenter.playhead_s == pytest.approx(21.0)
    assert view.time.text() == "00:21"
    qtbot.keyClick(view.timeline, Qt.Key.Key_I)
    assert presenter.spans[0].start_s == pytest.approx(21.0)
    qtbot.keyClick(view.timeline, Qt.Key.Key_A)
    assert presenter.spans[0] == presenter.review.whole
    qtbot.keyClick(view.timeline, Qt.Key.Key_M)
    qtbot.keyClicks(view.note, "exercise")
    qtbot.keyClick(view.note, Qt.Key.Key_Return)
    assert presenter.review.lesson.events[-1][1:] == ("mark", "exercise")
    assert view.note.text() == ""


def test_comparing_shows_two_boards_with_one_scale(qtbot, opened):
    view = opened.review
    with qtbot.waitSignal(opened.presenter.sides_changed, timeout=PATIENT_MS):
        opened.presenter.set_comparing(True)
    a, b = view.boards
    assert a.isVisible()
    assert b.isVisible()
    assert a._heat.top == b._heat.top
    assert "‰" in b._heat.unit
    assert view.side_b.isVisible()
    qtbot.mouseClick(view.side_b, Qt.MouseButton.LeftButton)
    assert opened.presenter.active == 1
    opened.presenter.set_comparing(False)
    assert not b.isVisible()


def test_small_groups_are_greyed_in_the_choice(opened):
    group = opened.review.look.group
    enabled = {group.itemText(k): group.model().item(k).isEnabled() for k in range(group.count())}
    assert enabled["the class (7)"]
    assert enabled["row 1 (6)"]
    assert not enabled["S01"]
    opened.review.look.students.setChecked(True)
    assert group.model().item(group.count() - 1).isEnabled()


def test_zones_by_grid_by_number_and_by_hand(qtbot):
    panel = ZonesPanel()
    qtbot.addWidget(panel)
    panel.set_lesson(BOARD, (), lambda zone: 0.3 if zone.x1_m - zone.x0_m < 1 else 0.9)
    panel.make_grid(4, 2)
    assert len(panel.zones) == 8
    panel.two.click()
    assert panel.zones == grid(BOARD, 2, 2)
    panel.table.item(0, 0).setText("sums")
    panel.table.item(0, 3).setText("150")  # wide
    zone = panel.zones[0]
    assert (zone.name, zone.x0_m, zone.x1_m) == ("sums", 2.5, 4.0)
    panel.table.item(0, 1).setText("abc")
    assert panel.zones[0] == zone
    panel.table.item(0, 3).setText("-5")
    assert panel.zones[0] == zone
    panel.table.item(0, 3).setText("300")  # over the zone beside it
    assert "overlap" in panel.problem.text()
    assert not panel.apply.isEnabled()
    panel.table.selectRow(0)
    panel.remove.click()
    assert len(panel.zones) == 3
    assert panel.apply.isEnabled()
    panel.add_rectangle(2.0, 0.0, 2.5, 0.5)
    assert panel.zones[-1].name == "zone 4"
    assert "!" in panel.table.item(3, 5).text()
    assert "!" not in panel.table.item(0, 5).text()
    assert "Unreliable" in panel.table.item(3, 5).toolTip()


def test_a_rectangle_is_drawn_with_the_mouse_as_the_class_sees_the_board(qtbot):
    board = ZoneBoard()
    qtbot.addWidget(board)
    board.resize(900, 400)
    board.set_board(BOARD)
    board.show()
    frame = board.frame()
    (xa, ya), (xb, yb) = frame.to_px([[3.51, 0.21], [2.49, 0.79]]).round().astype(int)
    drawn = []
    board.rectangle_drawn.connect(lambda *r: drawn.append(r))
    for drawing in (False, True):
        board.set_drawing(drawing)
        qtbot.mousePress(board, Qt.MouseButton.LeftButton, pos=QPoint(xa, ya))
        qtbot.mouseMove(board, QPoint(xb, yb))
        qtbot.mouseRelease(board, Qt.MouseButton.LeftButton, pos=QPoint(xb, yb))
    assert len(drawn) == 1
    np.testing.assert_allclose(drawn[0], (2.5, 0.2, 3.5, 0.8), atol=1e-9)
    assert xa < xb  # the larger x is the class's left


def test_the_zones_tab_computes_and_warns_before_they_are_lost(qtbot, opened, monkeypatch):
    view, presenter = opened.review, opened.presenter
    view.tabs.setCurrentIndex(1)
    view.zones.two.click()
    with qtbot.waitSignal(presenter.zones_changed, timeout=PATIENT_MS):
        qtbot.mouseClick(view.zones.apply, Qt.MouseButton.LeftButton)
    assert len(presenter.review.lesson.zones) == 4
    assert view.zones.save.isEnabled()
    asked = []

    def answer(*_):
        asked.append(1)
        return False

    monkeypatch.setattr(reports, "ask", answer)
    assert not opened.may_close()
    qtbot.mouseClick(view.back_button, Qt.MouseButton.LeftButton)
    assert presenter.review is not None
    assert len(asked) == 2
    with qtbot.waitSignal(presenter.said, timeout=PATIENT_MS):
        presenter.save_zones()
    assert opened.may_close()


def test_the_export_tab_writes_to_the_chosen_folder(qtbot, opened, tmp_path, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    panel = opened.review.export
    for kind, box in panel.kinds.items():
        box.setChecked(kind == "csv")
    with qtbot.waitSignal(opened.presenter.said, timeout=PATIENT_MS) as caught:
        panel.go.click()
    assert "6 files" in caught.args[0]
    assert (tmp_path / "gaze_samples.csv").is_file()
    panel.kinds["csv"].setChecked(False)
    assert not panel.go.isEnabled()


PASSPHRASE = "correct horse battery"


def make_roster(context, lesson, names, passphrase=PASSPHRASE):
    """A roster in the library whose students are the first of the lesson."""
    from dataclasses import replace

    from gazeclass.lesson.reader import read_lesson
    from gazeclass.lesson.roster import Roster
    from gazeclass.lesson.roster_file import RosterFile
    from gazeclass.lesson.roster_keys import new_passphrase_key

    roster = Roster().add_class("7b").add_students("7b", names)
    group = roster.group("7b")
    own = tuple(
        replace(student, pseudonym=observed.name)
        for student, observed in zip(group.students, read_lesson(lesson).students, strict=False)
    )
    roster = roster.replace_class("7b", replace(group, students=own))
    RosterFile.create(context.library / "roster.gzr", new_passphrase_key(passphrase), roster)


def unlock(qtbot, panel, passphrase):
    panel.passphrase.setText(passphrase)
    qtbot.keyClick(panel.passphrase, Qt.Key.Key_Return)


def test_without_a_list_of_students_there_are_no_names_to_export(context, opened):
    panel = opened.review.export
    opened.review.tabs.setCurrentIndex(2)
    assert not panel.names.isEnabled()
    assert "no list of students" in panel.names_note.text()
    assert panel.go.isEnabled()
    (context.library / "roster.gzr").write_bytes(b"GZROSTER" + bytes(200))
    opened.review.tabs.setCurrentIndex(0)
    opened.review.tabs.setCurrentIndex(2)
    assert not panel.names.isEnabled()
    assert "damaged" in panel.names_note.text()


def test_names_are_exported_once_the_list_is_open_and_noted(qtbot, context, opened, lesson, tmp_path, monkeypatch):
    from gazeclass.lesson.reader import read_lesson

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    make_roster(context, lesson, ["Ada Lovelace", "Grace Hopper"])
    panel, names = opened.review.export, opened.presenter.names
    opened.review.tabs.setCurrentIndex(2)
    for kind, box in panel.kinds.items():
        box.setChecked(kind == "csv")
    assert panel.names.isEnabled()
    assert not panel.passphrase.isVisible()
    panel.names.click()
    assert panel.passphrase.isVisible()
    assert not panel.go.isEnabled()
    unlock(qtbot, panel, "not this one")
    qtbot.waitUntil(lambda: "not the passphrase" in panel.names_note.text(), timeout=PATIENT_MS)
    assert not panel.go.isEnabled()
    unlock(qtbot, panel, PASSPHRASE)
    qtbot.waitUntil(panel.go.isEnabled, timeout=PATIENT_MS)
    assert panel.names_note.text().startswith("2 of 7 students")
    with qtbot.waitSignal(opened.presenter.said, timeout=PATIENT_MS):
        panel.go.click()
    assert "Grace Hopper" in (tmp_path / "zone_visits.csv").read_text("utf-8-sig")
    assert read_lesson(lesson).audit[-1][1:] == ("export", "csv; with names")
    qtbot.waitUntil(lambda: not panel.names.isChecked(), timeout=PATIENT_MS)  # asked for each time anew
    assert names.names == {}
    with qtbot.waitSignal(opened.presenter.said, timeout=PATIENT_MS):
        panel.go.click()
    assert "Hopper" not in (tmp_path / "zone_visits.csv").read_text("utf-8-sig")
    assert read_lesson(lesson).audit[-1][1:] == ("export", "csv; pseudonyms")


def test_an_export_with_names_that_cannot_be_noted_writes_nothing(
    qtbot, context, opened, lesson, tmp_path, monkeypatch
):
    folder = tmp_path / "out"
    folder.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    make_roster(context, lesson, ["Ada Lovelace"])
    panel = opened.review.export
    opened.review.tabs.setCurrentIndex(2)
    panel.names.click()
    unlock(qtbot, panel, PASSPHRASE)
    qtbot.waitUntil(panel.go.isEnabled, timeout=PATIENT_MS)
    lesson.unlink()
    with qtbot.waitSignal(context.error_raised, timeout=PATIENT_MS):
        panel.go.click()
    qtbot.waitUntil(lambda: not panel.names.isChecked(), timeout=PATIENT_MS)
    assert list(folder.iterdir()) == []


def test_names_are_forgotten_when_they_are_no_longer_wanted(qtbot, context, opened, lesson):
    make_roster(context, lesson, ["Ada Lovelace"])
    panel, names = opened.review.export, opened.presenter.names
    opened.review.tabs.setCurrentIndex(2)
    panel.names.click()
    unlock(qtbot, panel, PASSPHRASE)
    qtbot.waitUntil(lambda: len(names.names) == 1, timeout=PATIENT_MS)
    panel.names.click()
    assert names.names == {}
    assert panel.go.isEnabled()
    panel.names.click()
    unlock(qtbot, panel, PASSPHRASE)
    panel.names.click()  # before it is open
    qtbot.waitUntil(lambda: context.tasks.wait(0), timeout=PATIENT_MS)
    assert names.names == {}
    opened.presenter.export(context.library, ("csv",), "comma", with_names=True)
    assert not (context.library / "lesson.csv").exists()


def test_the_time_line_is_dragged(qtbot, made, tmp_path):
    review = Review(made.lesson, tmp_path / "x.gaze")
    line = TimelineView()
    qtbot.addWidget(line)
    line.resize(800, 128)
    line.set_lesson(review.timeline, review.whole)
    line.set_span(Span(10.0, 40.0))
    line.set_flags([Flag(20.0, "new topic")])
    line.show()
    asked, spans = [], []
    line.playhead_asked.connect(asked.append)
    line.span_asked.connect(lambda a, b: spans.append((a, b)))

    def x(t):
        return round(line._x(t))

    qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(x(30.0), 70))
    assert asked[-1] == pytest.approx(30.0, abs=0.2)
    qtbot.mousePress(line, Qt.MouseButton.LeftButton, pos=QPoint(x(10.0), 8))
    qtbot.mouseMove(line, QPoint(x(15.0), 8))
    qtbot.mouseRelease(line, Qt.MouseButton.LeftButton, pos=QPoint(x(15.0), 8))
    assert spans[-1] == (pytest.approx(15.0, abs=0.2), 40.0)
    qtbot.mousePress(line, Qt.MouseButton.LeftButton, pos=QPoint(x(50.0), 8))
    qtbot.mouseMove(line, QPoint(x(55.0), 8))
    qtbot.mouseRelease(line, Qt.MouseButton.LeftButton, pos=QPoint(x(55.0), 8))
    assert spans[-1] == (pytest.approx(50.0, abs=0.2), pytest.approx(55.0, abs=0.2))
    assert "new topic" in line.said_at(x(20.0))
    assert "95 % band" in line.said_at(x(35.0))
    line.set_lesson(review.timeline, review.whole, hidden=True)
    assert line.said_at(x(35.0)) == "00:35"


@pytest.fixture
def recorded(lesson):
    """A recording beside the lesson: pictures as bright as their time says."""
    import av

    folder = recording_of(lesson)
    folder.mkdir()
    rows = ["camera,frame,t_s"]
    for camera in range(2):
        with av.open(str(folder / f"cam{camera}.mkv"), "w", format="matroska") as file:
            stream = file.add_stream("mjpeg", rate=10)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
            for k in range(100):
                picture = np.full((48, 64, 3), 2 * k, np.uint8)
                frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuvj420p")
                frame.pts = k
                file.mux(stream.encode(frame))
                rows.append(f"cam{camera},{k},{20.0 + k / 10:.3f}")
            file.mux(stream.encode(None))
    (folder / "timestamps.csv").write_text("\n".join(rows) + "\n")
    return lesson


def test_the_recording_follows_the_playhead(qtbot, place, recorded):
    view = place.review.recording
    with qtbot.waitSignal(place.presenter.opened, timeout=PATIENT_MS):
        place.open(recorded)
    assert view.isVisible()
    for t in (25.0, 26.0, 21.0):
        place.presenter.set_playhead(t)
        bright = 2 * round((t - 20) * 10)
        qtbot.waitUntil(
            lambda bright=bright: (
                view.views[0]._picture is not None and abs(float(view.views[0]._picture.mean()) - bright) < 2.5
            ),
            timeout=PATIENT_MS,
        )
    place.presenter.set_playhead(50.0)
    qtbot.waitUntil(lambda: view.views[0]._picture is None, timeout=PATIENT_MS)


def test_without_a_recording_there_is_no_place_for_one(opened):
    assert not opened.review.recording.isVisible()
