"""The place "Students": the door, the classes, the table, seats and portraits, all by keyboard and signals."""

from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from desktop_steps import PATIENT_MS, on_screen, put_classroom
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QLineEdit

from gazeclass.calibration.classroom import load_classroom
from gazeclass.calibration.room import read_room
from gazeclass.desktop.students import students_view, table_model
from gazeclass.desktop.students.place import StudentsPlace
from gazeclass.desktop.students.presenter import Door
from gazeclass.errors import InputError
from gazeclass.geometry.frames import Board
from gazeclass.lesson import roster_keys
from gazeclass.lesson.columns import LessonMeta, Student
from gazeclass.lesson.reader import read_lesson
from gazeclass.lesson.roster import Consent, Portrait, Roster
from gazeclass.lesson.roster_file import RosterFile, backup_of
from gazeclass.lesson.roster_keys import new_passphrase_key
from gazeclass.lesson.store import LessonWriter
from gazeclass.sample import sample_folder

PASSPHRASE = "three or four words"
LONG = "Hubert Blaine " + "Wolfeschlegelsteinhausenbergerdorff " * 5
NAMES = ("Ada Lovelace", "=SUM(A1)", "王小明", "محمد", LONG[:200].strip())


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch):
    monkeypatch.setattr(roster_keys, "_SCRYPT", {"n": 2**4, "r": 8, "p": 1})


@pytest.fixture
def errors(context):
    said = []
    context.error_raised.connect(said.append)
    return said


def portrait():
    return Portrait(np.eye(1, 8)[0], 1.0, "identity", date(2026, 1, 1))


@pytest.fixture
def furnished(context):
    roster = Roster().add_class("7b").add_students("7b", NAMES).add_class("8a")
    group = roster.group("7b")
    group = group.change(group.students[0].pseudonym, consent=Consent(True), portraits=(portrait(),), seat="1-1")
    path = context.library / "roster.gzr"
    path.parent.mkdir(parents=True, exist_ok=True)
    RosterFile.create(path, new_passphrase_key(PASSPHRASE), roster.replace_class("7b", group))
    return path


@pytest.fixture
def place(context, furnished, qtbot):
    made = on_screen(qtbot, StudentsPlace(context))
    made.door.unlock.passphrase.setText(PASSPHRASE)
    made.door.unlock.open.click()
    qtbot.waitUntil(lambda: made.presenter.door is Door.OPEN, timeout=PATIENT_MS)
    return made


def settled(qtbot, place):
    qtbot.waitUntil(lambda: place.presenter.saved and not place.presenter.context.tasks.running, timeout=PATIENT_MS)


def stored(path):
    return RosterFile.open(path, PASSPHRASE).roster


def cell(place, row, column):
    return place.desk.table.model.index(row, column)


def text(place, row, column):
    return place.desk.table.model.data(cell(place, row, column))


def answer(monkeypatch, said):
    """What is said to every yes/no question; the questions asked."""
    asked = []

    def ask(_parent, title, *_):
        asked.append(title)
        return said

    monkeypatch.setattr(students_view, "ask", ask)
    return asked


# --- the door ---


def test_a_list_is_made_with_a_passphrase(context, qtbot):
    place = on_screen(qtbot, StudentsPlace(context))
    make = place.door.make
    qtbot.waitUntil(lambda: make.isVisibleTo(place), timeout=PATIENT_MS)
    make.first.setText("one thing")
    make.second.setText("another")
    make.with_passphrase.click()
    assert "differ" in make.wrong.text()
    for field in (make.first, make.second):
        field.setText("short")
    make.with_passphrase.click()
    qtbot.waitUntil(lambda: "three or four words" in make.wrong.text(), timeout=PATIENT_MS)
    for field in (make.first, make.second):
        field.setText(PASSPHRASE)
    qtbot.keyClick(make.second, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: place.presenter.door is Door.OPEN, timeout=PATIENT_MS)
    assert place.desk.middle.currentWidget() is place.desk.no_class
    place.desk.classes.new.setText("7b")
    qtbot.keyClick(place.desk.classes.new, Qt.Key.Key_Return)
    assert place.presenter.shown == "7b"
    settled(qtbot, place)
    assert [c.name for c in stored(context.library / "roster.gzr").classes] == ["7b"]


def test_a_wrong_passphrase_is_told_at_the_door(context, furnished, qtbot):
    place = StudentsPlace(context)
    qtbot.addWidget(place)
    unlock = place.door.unlock
    unlock.passphrase.setText("wrong")
    unlock.open.click()
    qtbot.waitUntil(lambda: "not the passphrase" in unlock.wrong.text(), timeout=PATIENT_MS)
    assert unlock.passphrase.text() == ""
    assert place.presenter.door is Door.LOCKED


def test_a_damaged_list_is_replaced_by_its_last_good_copy(context, furnished, qtbot):
    opened = RosterFile.open(furnished, PASSPHRASE)
    opened.save(opened.roster.add_class("9c"))
    furnished.write_bytes(furnished.read_bytes()[:-7])
    place = StudentsPlace(context)
    qtbot.addWidget(place)
    assert place.presenter.door is Door.DAMAGED
    assert "damaged or cut off" in place.door.damaged.problem.text()
    place.door.damaged.restore.click()
    assert place.presenter.door is Door.LOCKED
    assert [c.name for c in stored(furnished).classes] == ["7b", "8a"]


def test_locking_forgets_everything(place, qtbot):
    qtbot.keyClick(place.desk.classes, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: place.presenter.door is Door.LOCKED, timeout=PATIENT_MS)
    assert place.presenter.roster == Roster()
    assert place.desk.table.model.rowCount() == 0
    assert place.door.unlock.isVisibleTo(place)


def test_the_lock_is_changed(place, furnished, qtbot):
    place.desk.classes.key.click()
    assert place.desk.middle.currentWidget() is place.desk.lock
    place.desk.lock.first.setText("short")
    place.desk.lock.change.click()
    assert "8 characters or more" in place.desk.lock.wrong.text()
    place.desk.lock.first.setText("another long one")
    place.desk.lock.change.click()
    assert "differ" in place.desk.lock.wrong.text()
    place.desk.lock.second.setText("another long one")
    place.desk.lock.change.click()
    settled(qtbot, place)
    for file in (furnished, backup_of(furnished)):
        assert len(RosterFile.open(file, "another long one").roster.classes) == 2


# --- the table ---


def test_names_of_every_kind_are_shown(place):
    assert [text(place, row, table_model.NAME) for row in range(5)] == list(NAMES)
    tip = place.desk.table.model.data(cell(place, 4, table_model.NAME), Qt.ItemDataRole.ToolTipRole)
    assert tip == NAMES[4]
    assert text(place, 0, table_model.LESSON) == "by face"
    assert text(place, 1, table_model.LESSON) == "blurred"
    assert place.desk.table.model.data(cell(place, 0, table_model.PSEUDONYM)) == place.presenter.students[0].pseudonym


def test_a_cell_is_edited_in_place_by_keyboard(place, furnished, qtbot):
    table = place.desk.table.table
    table.setCurrentIndex(cell(place, 1, table_model.NAME))
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_F2)
    editor = table.findChild(QLineEdit)
    assert editor is not None
    editor.setText("  Bobby  Tables ")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: text(place, 1, table_model.NAME) == "Bobby Tables", timeout=PATIENT_MS)
    settled(qtbot, place)
    assert stored(furnished).group("7b").students[1].name == "Bobby Tables"


def test_space_ticks_the_consent(place, furnished, qtbot):
    table = place.desk.table.table
    table.setCurrentIndex(cell(place, 2, table_model.CONSENT))
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Space)
    settled(qtbot, place)
    assert stored(furnished).group("7b").students[2].consent == Consent(True)
    assert text(place, 2, table_model.LESSON) == "not told"
    assert "2 may be observed" in place.desk.table.count.text()


@pytest.mark.parametrize(("days", "word"), [(1, "by face"), (0, "by face"), (-1, "blurred")])
def test_a_consent_has_a_last_day(place, days, word):
    until = place.presenter.today() + timedelta(days=days)
    assert place.desk.table.model.setData(cell(place, 0, table_model.UNTIL), until.isoformat())
    assert text(place, 0, table_model.LESSON) == word


def test_what_is_no_day_is_refused(place, errors):
    assert not place.desk.table.model.setData(cell(place, 0, table_model.UNTIL), "next summer")
    assert "next summer" in errors[0].what
    assert text(place, 0, table_model.UNTIL) == ""


@pytest.mark.parametrize("agreed", [True, False])
def test_withdrawing_a_consent_asks_when_portraits_go(place, furnished, qtbot, monkeypatch, agreed):
    asked = answer(monkeypatch, agreed)
    index = cell(place, 0, table_model.CONSENT)
    place.desk.table.model.setData(index, Qt.CheckState.Unchecked.value, Qt.ItemDataRole.CheckStateRole)
    settled(qtbot, place)
    assert asked == ["Withdraw the consent?"]
    for file in (furnished, backup_of(furnished))[: 1 + agreed]:
        student = stored(file).group("7b").students[0]
        assert (student.consent.given, len(student.portraits)) == ((False, 0) if agreed else (True, 1))


def test_an_impossible_name_changes_nothing(place, errors):
    assert not place.desk.table.model.setData(cell(place, 0, table_model.NAME), "   ")
    assert "needs a name" in errors[0].what
    assert text(place, 0, table_model.NAME) == "Ada Lovelace"


def test_many_students_are_added_from_a_list(place, furnished, qtbot):
    place.desk.table.add.setChecked(True)
    assert place.desk.table.adding.isVisibleTo(place)
    place.desk.table.names.setPlainText("Émile\n\n  נועה \n")
    place.desk.table._add()
    assert [s.name for s in place.presenter.students][5:] == ["Émile", "נועה"]
    assert not place.desk.table.adding.isVisibleTo(place)
    settled(qtbot, place)
    assert len(stored(furnished).group("7b").students) == 7


@pytest.mark.parametrize("agreed", [True, False])
def test_a_student_is_deleted_with_a_receipt(place, furnished, qtbot, monkeypatch, agreed):
    answer(monkeypatch, agreed)
    table = place.desk.table.table
    table.setCurrentIndex(cell(place, 1, table_model.NAME))
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    settled(qtbot, place)
    assert len(stored(furnished).group("7b").students) == 5 - agreed
    assert place.desk.receipt.isVisibleTo(place) is agreed
    assert agreed is (furnished.parent / "receipts").exists()


@pytest.mark.parametrize("agreed", [True, False])
def test_a_deleted_student_is_taken_out_of_the_lessons_too(context, place, qtbot, monkeypatch, agreed):
    student = place.presenter.students[1]
    for name, pseudonym in (("a", student.pseudonym), ("b", "ZZ99")):
        meta = LessonMeta("Room 3", Board(4.0, 1.2))
        with LessonWriter(context.lessons_dir / f"{name}.gaze", meta, [Student(pseudonym), Student("YY88")]):
            pass
    asked = []

    def ask(_parent, title, words, *_):
        asked.append((title, words))
        return len(asked) == 1 or agreed

    monkeypatch.setattr(students_view, "ask", ask)
    place.desk.table.table.setCurrentIndex(cell(place, 1, table_model.NAME))
    place.desk.table.delete.click()
    qtbot.waitUntil(lambda: len(asked) == 2, timeout=PATIENT_MS)
    settled(qtbot, place)
    assert f"{student.pseudonym} is in 1 lessons" in asked[1][1]
    left = [s.name for s in read_lesson(context.lessons_dir / "a.gaze").students]
    assert (student.pseudonym in left) is not agreed
    assert (context.lessons_dir / "receipts").exists() is agreed


def test_a_class_is_renamed_shown_and_deleted(place, furnished, qtbot, monkeypatch, errors):
    place.desk.table.name.setText("8a")
    place.desk.table.name.editingFinished.emit()
    assert "already" in errors[0].what
    assert place.desk.table.name.text() == "7b"
    place.desk.table.name.setText("7b, new")
    place.desk.table.name.editingFinished.emit()
    assert place.presenter.shown == "7b, new"
    place.desk.classes.list.setCurrentRow(1)
    assert place.presenter.shown == "8a"
    assert place.desk.table.stack.currentWidget() is place.desk.table.empty
    answer(monkeypatch, True)
    place.desk.table.more.click()
    settled(qtbot, place)
    assert [c.name for c in stored(furnished).classes] == ["7b, new"]


def test_faces_are_not_compared_once_switched_off(place, furnished, qtbot):
    place.desk.table.faces.click()
    assert text(place, 0, table_model.LESSON) == "by seat"
    settled(qtbot, place)
    assert not stored(furnished).group("7b").biometrics


def test_another_program_that_wrote_the_list_is_not_overwritten(place, furnished, qtbot, errors):
    other = RosterFile.open(furnished, PASSPHRASE)
    other.save(other.roster.add_class("from elsewhere"))
    place.presenter.add_class("9c")
    qtbot.waitUntil(lambda: bool(errors), timeout=PATIENT_MS)
    settled(qtbot, place)
    assert isinstance(errors[0], InputError)
    assert "another program" in errors[0].what
    assert [c.name for c in stored(furnished).classes] == ["7b", "8a", "from elsewhere"]
    assert [c.name for c in place.presenter.roster.classes] == ["7b", "8a"]


def test_a_quick_row_of_changes_is_all_written(place, furnished, qtbot):
    for k in range(12):
        place.desk.table.model.setData(cell(place, k % 5, table_model.SEAT), f"A{k}")
    settled(qtbot, place)
    assert [s.seat for s in stored(furnished).group("7b").students] == ["A10", "A11", "A7", "A8", "A9"]


# --- seats ---


@pytest.fixture
def room(context):
    seats = read_room(sample_folder() / "calibration" / "room.toml").seats
    made = load_classroom(
        put_classroom(context.classrooms_dir, "room-12", seats=seats, name="Room 12") / "classroom.toml"
    )
    (context.classrooms_dir / "broken").mkdir()
    (context.classrooms_dir / "broken" / "classroom.toml").write_text("nonsense")
    return made


def test_a_seat_is_given_in_the_plan(room, place, furnished, qtbot):
    seats = place.desk.seats
    qtbot.waitUntil(lambda: len(seats.rooms) == 1, timeout=PATIENT_MS)
    assert "Choose the classroom" in seats.state.text()
    seats.room.setCurrentIndex(1)
    seats.room.activated.emit(1)
    assert place.presenter.group.classroom == "room-12"
    assert len(seats.plan.seats) == len(room.seats)
    place.desk.table.table.setCurrentIndex(cell(place, 1, table_model.NAME))
    seats.plan.setFocus()
    seats.plan.seat_chosen.emit("2-1")
    assert text(place, 1, table_model.SEAT) == "2-1"
    assert "Sits at 2-1" in seats.state.text()
    seats.plan.seat_chosen.emit("1-1")  # taken from Ada
    assert [text(place, row, table_model.SEAT) for row in (0, 1)] == ["", "1-1"]
    seats.plan.seat_chosen.emit("1-1")  # and given back
    assert text(place, 1, table_model.SEAT) == ""
    settled(qtbot, place)
    assert stored(furnished).group("7b").classroom == "room-12"


# --- portraits ---


def test_pictures_are_looked_at_before_they_are_taken(place, furnished, qtbot, tmp_path, monkeypatch):
    panel = place.desk.portraits
    index = cell(place, 1, table_model.CONSENT)
    place.desk.table.table.setCurrentIndex(index)
    assert "Without consent" in panel.state.text()
    assert not panel.choose.isEnabled()
    place.desk.table.model.setData(index, Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
    assert panel.choose.isEnabled()
    blank = tmp_path / "board.png"
    cv2.imwrite(str(blank), np.full((200, 200, 3), 60, np.uint8))
    absent = Path("absent.png")
    panel.look_at([sample_folder() / "enroll" / "S01.png", blank, absent])
    qtbot.waitUntil(lambda: len(panel.looks) == 3, timeout=PATIENT_MS)
    assert [look.usable for _, look in panel.looks] == [True, False, False]
    assert panel.take.text() == "Take 1"
    panel.take.click()
    qtbot.waitUntil(lambda: text(place, 1, table_model.PORTRAITS) == "1", timeout=PATIENT_MS)
    settled(qtbot, place)
    student = stored(furnished).group("7b").students[1]
    assert [portrait.picture for portrait in student.portraits] == [b""]
    assert text(place, 1, table_model.LESSON) == "by face"
    panel.clear.click()
    settled(qtbot, place)
    for file in (furnished, backup_of(furnished)):
        assert stored(file).group("7b").students[1].portraits == ()


def test_nothing_is_cut_off_at_the_smallest_window(place, qtbot):
    place.resize(1168, 720)
    for tab in (place.desk.seats, place.desk.portraits):
        place.desk.tabs.setCurrentWidget(tab)
        place.desk.table.table.setCurrentIndex(cell(place, 4, table_model.NAME))
        hint = place.minimumSizeHint()
        assert hint.width() <= 1168
        assert hint.height() <= 720


def test_everything_is_reached_by_tab(place, qtbot):
    place.desk.table.table.setCurrentIndex(cell(place, 0, table_model.NAME))
    reached, widget = set(), place.desk.classes.list
    for _ in range(400):
        widget = widget.nextInFocusChain()
        if widget.isVisibleTo(place) and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            reached.add(widget)
    wanted = {
        place.desk.table.table,
        place.desk.table.name,
        place.desk.table.faces,
        place.desk.classes.new,
        place.desk.seats.room,
    }
    assert wanted <= reached


def test_an_index_beyond_the_table_is_empty(place):
    assert place.desk.table.model.data(QModelIndex()) is None
    assert place.desk.table.model.pseudonym(99) == ""
    assert place.desk.table.model.row_of("nobody") == -1


def test_portraits_are_taken_with_a_camera(place, furnished, qtbot, tmp_path, monkeypatch, errors):
    from gazeclass.capture import devices
    from gazeclass.lesson import roster_camera

    face = cv2.imread(str(sample_folder() / "enroll" / "S01.png"))
    clip = tmp_path / "camera.avi"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), 10, face.shape[1::-1])
    for _ in range(10):
        writer.write(face)
    writer.release()
    plugged: list = []
    monkeypatch.setattr(devices, "list_devices", lambda: plugged)
    monkeypatch.setattr(roster_camera, "APART_S", 0.15)
    panel = place.desk.portraits
    place.desk.tabs.setCurrentWidget(panel)
    place.desk.table.table.setCurrentIndex(cell(place, 0, table_model.NAME))
    panel.use_camera.click()
    qtbot.waitUntil(lambda: panel.camera.currentText() == "no camera is plugged in", timeout=PATIENT_MS)
    assert not panel.shoot.isEnabled()
    panel.use_camera.click()
    plugged.append(SimpleNamespace(name="Webcam", address=str(clip)))
    panel.use_camera.click()
    qtbot.waitUntil(panel.shoot.isEnabled, timeout=PATIENT_MS)
    panel.shoot.click()
    assert "Look into the camera" in panel.state.text()
    qtbot.waitUntil(lambda: bool(panel.looks) and panel.shoot.isEnabled(), timeout=PATIENT_MS)
    assert all(look.usable for _, look in panel.looks)
    plugged[0].address = str(tmp_path / "pulled out.avi")
    panel.use_camera.click()
    panel.use_camera.click()
    qtbot.waitUntil(panel.shoot.isEnabled, timeout=PATIENT_MS)
    panel.shoot.click()
    qtbot.waitUntil(lambda: bool(errors) and panel.shoot.isEnabled(), timeout=PATIENT_MS)
    assert "pulled out" in str(errors[0])
    settled(qtbot, place)
