"""The classrooms place, used by clicks and keys from the empty shelf to a camera check that finds a bump."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from looks import cut_off, nameless, too_small
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog, QLabel, QMessageBox, QPushButton, QWidget

from gazeclass.calibration.classroom import load_classroom, save_classroom
from gazeclass.calibration.health import State
from gazeclass.calibration.quality import Level
from gazeclass.desktop.classrooms import place as place_module
from gazeclass.desktop.classrooms import shelf
from gazeclass.desktop.classrooms.card import ClassroomCard
from gazeclass.desktop.classrooms.check_view import CheckView
from gazeclass.desktop.classrooms.place import ClassroomsPlace
from gazeclass.desktop.classrooms.presenter import CheckPresenter
from gazeclass.desktop.classrooms.shelf import Entry, Kind
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.widgets.question import ask
from gazeclass.sample import sample_folder

LONG = 60000


@pytest.fixture
def place(qtbot, context: AppContext) -> ClassroomsPlace:
    made = ClassroomsPlace(context)
    qtbot.addWidget(made)
    made.resize(1168, 720)
    made.show()
    qtbot.waitUntil(lambda: made.presenter.loaded, timeout=LONG)
    return made


def cards(place: ClassroomsPlace) -> list[ClassroomCard]:
    return [card for card in place.list.grid.cards if isinstance(card, ClassroomCard)]


def furnish(qtbot, place: ClassroomsPlace) -> ClassroomCard:
    place.presenter.add_sample()
    qtbot.waitUntil(lambda: len(cards(place)) == 1, timeout=LONG)
    return cards(place)[0]


def press(widget: QWidget, text: str) -> None:
    next(b for b in widget.findChildren(QPushButton) if b.text() == text).click()


def test_first_the_shelf_is_empty_and_says_what_to_do(place: ClassroomsPlace, context: AppContext, qtbot) -> None:
    assert place.list.stack.currentWidget() is place.list.empty
    assert not place.list.new_button.isVisible()
    with qtbot.waitSignal(context.place_wanted) as caught:
        place.list.empty.button.click()
    name, arguments = caught.args
    assert name == "classrooms"
    assert arguments["wizard"] == context.library / "classrooms" / "classroom"


def test_a_card_says_quality_date_and_age(place: ClassroomsPlace, qtbot) -> None:
    card = furnish(qtbot, place)
    assert card.verdict()[0] == "Ready for lessons: good"
    said = " ".join(w.text() for w in card.findChildren(QLabel))
    assert "Calibrated" in said
    room = load_classroom(shelf.sample_classroom())
    assert f"Room measured to {100 * room.world.board_sigma_m:.1f} cm; cameras agree to 0.1 px." in said
    board, apart_m = room.board_size, room.stereo.baseline_m
    assert f"Board {board.width_m:.1f} × {board.height_m:.1f} m, cameras {apart_m:.1f} m apart" in said
    assert cut_off(place) == nameless(place) == too_small(place) == []


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "today"), (1, "yesterday"), (9, "9 days ago"), (143, "5 months ago"), (900, "over two years ago")],
)
def test_age_in_words(qtbot, dressed, days: int, words: str) -> None:
    room = load_classroom(shelf.sample_classroom())
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    entry = Entry(Path("x"), "X", Kind.READY, Level.GOOD, now - timedelta(days=days), room)
    card = ClassroomCard(entry, can_start=False, now_utc=now)
    qtbot.addWidget(card)
    assert card.lines(now)[0].endswith(words)


def test_rename_by_keyboard(place: ClassroomsPlace, qtbot) -> None:
    card = furnish(qtbot, place)
    qtbot.keyClick(card, Qt.Key.Key_F2)
    assert card._field.isVisible()
    qtbot.keyClick(card._field, Qt.Key.Key_Escape)
    assert not card._field.isVisible()
    qtbot.keyClick(card, Qt.Key.Key_F2)
    card._field.clear()
    qtbot.keyClicks(card._field, "Room 12")
    qtbot.keyClick(card._field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: [c.entry.name for c in cards(place)] == ["Room 12"], timeout=LONG)


def test_delete_asks_and_keeps_on_no(place: ClassroomsPlace, qtbot, monkeypatch) -> None:
    card = furnish(qtbot, place)
    asked = []
    answers = [False, True]

    def answer(parent: QWidget, title: str, text: str, yes: str, no: str) -> bool:
        asked.append(text)
        return answers.pop(0)

    monkeypatch.setattr(place_module, "ask", answer)
    qtbot.keyClick(card, Qt.Key.Key_Delete)
    assert "Sample classroom" in asked[0]
    assert card.entry.folder.is_dir()
    qtbot.keyClick(card, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: place.list.stack.currentWidget() is place.list.empty, timeout=LONG)
    assert not card.entry.folder.exists()


def test_how_long_lessons_are_kept_is_set_on_the_card(place: ClassroomsPlace, qtbot) -> None:
    from gazeclass.calibration.room import read_room
    from gazeclass.lesson.analysis import lesson_meta

    card = furnish(qtbot, place)
    folder = card.entry.folder
    before = load_classroom(folder / "classroom.toml")
    action = next(a for a in card.menu_button.menu().actions() if a.text() == "Keep lessons for …")
    action.trigger()
    assert card.keeping is not None
    assert card.keeping.days.text() == "as long as you like"
    assert any("receipt" in w.text() for w in card.keeping.findChildren(QLabel))
    qtbot.waitUntil(lambda: cut_off(place) == [], timeout=LONG)
    assert nameless(place) == too_small(place) == []
    qtbot.keyClick(card.keeping.days, Qt.Key.Key_Escape)
    assert card.keeping is None
    action.trigger()
    card.keeping.days.setValue(90)
    qtbot.keyClick(card.keeping.days, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Lessons are kept for 90 days." in " ".join(texts(cards(place)[0])), timeout=LONG)
    after = load_classroom(folder / "classroom.toml")
    assert after == before.model_copy(update={"keep_lessons_days": 90})
    assert read_room(folder / "calibration" / "room.toml").keep_lessons_days == 90
    last = datetime.now().astimezone().date() + timedelta(days=90)
    assert lesson_meta(after, period_s=0.1, models=()).keep_until == last.isoformat()
    card = cards(place)[0]
    card.ask_keeping()
    card.keeping.days.setValue(0)
    card.keeping.save.click()
    qtbot.waitUntil(lambda: "are kept for" not in " ".join(texts(cards(place)[0])), timeout=LONG)
    assert load_classroom(folder / "classroom.toml") == before
    assert read_room(folder / "calibration" / "room.toml").keep_lessons_days is None


def texts(card: ClassroomCard) -> list[str]:
    return [w.text() for w in card.findChildren(QLabel)]


def test_no_is_the_default_answer(qtbot, dressed) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    seen = []

    def answer() -> None:
        box = next(w for w in parent.findChildren(QMessageBox))
        seen.append(box.defaultButton().text())
        qtbot.keyClick(box, Qt.Key.Key_Escape)

    from PySide6.QtCore import QTimer

    QTimer.singleShot(0, answer)
    assert ask(parent, "Delete?", "Really?", "Delete", "Keep") is False
    assert seen == ["Keep"]


def test_import_by_dialog_and_by_dropping(place: ClassroomsPlace, context: AppContext, qtbot, monkeypatch) -> None:
    path = shelf.sample_classroom()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a, **k: (str(path), ""))
    place.list.import_file.emit()
    qtbot.waitUntil(lambda: len(cards(place)) == 1, timeout=LONG)
    assert context.state.last_folder() == path.parent
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    place.list.dropEvent(
        QDropEvent(
            QPointF(5, 5),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )
    qtbot.waitUntil(lambda: len(cards(place)) == 2, timeout=LONG)


def test_import_of_pictures_opens_the_wizard(place: ClassroomsPlace, context: AppContext, qtbot, monkeypatch) -> None:
    source = sample_folder() / "calibration"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *a, **k: str(source))
    with qtbot.waitSignal(context.place_wanted, timeout=LONG) as caught:
        place.list.import_folder.emit()
    assert (caught.args[1]["wizard"] / "calibration" / "tape.csv").is_file()


def test_what_cannot_be_imported_is_said(place: ClassroomsPlace, context: AppContext, qtbot, tmp_path: Path) -> None:
    (tmp_path / "notes.toml").write_text("version = 7")
    with qtbot.waitSignal(context.error_raised, timeout=LONG) as caught:
        place.presenter.import_path(tmp_path / "notes.toml")
    assert "version 7" in str(caught.args[0])
    qtbot.waitUntil(lambda: place.list.stack.currentWidget() is place.list.empty, timeout=LONG)


def test_the_wizard_is_a_page_with_a_way_back(place: ClassroomsPlace, context, qtbot, monkeypatch) -> None:
    import sys
    import types

    made = []

    class Wizard(QLabel):
        def __init__(self, context: AppContext, folder: Path) -> None:
            super().__init__(str(folder))
            self.lets_close = True
            made.append(self)

        def may_close(self) -> bool:
            return self.lets_close

    package, module = types.ModuleType("gazeclass.desktop.wizard"), types.ModuleType("gazeclass.desktop.wizard.place")
    module.create = Wizard
    package.place = module
    monkeypatch.setitem(sys.modules, "gazeclass.desktop.wizard", package)
    monkeypatch.setitem(sys.modules, "gazeclass.desktop.wizard.place", module)
    import gazeclass.desktop

    monkeypatch.setattr(gazeclass.desktop, "wizard", package, raising=False)
    place.open(wizard=Path("x"))
    assert made[0].isVisible()
    made[0].lets_close = False
    place.back.click()
    assert place.page is made[0]
    assert not place.may_close()
    made[0].lets_close = True
    place.back.click()
    assert place.page is None
    assert place.list.isVisible()
    assert place.may_close()


def test_start_lesson_goes_to_the_lesson(qtbot, dressed, context: AppContext) -> None:
    room = load_classroom(shelf.sample_classroom())
    entry = Entry(Path("x"), "X", Kind.READY, Level.GOOD, room.made_utc, room)
    card = ClassroomCard(entry, can_start=True)
    qtbot.addWidget(card)
    with qtbot.waitSignal(card.lesson):
        press(card, "Start lesson")
    without = ClassroomCard(entry, can_start=False)
    qtbot.addWidget(without)
    assert "Start lesson" not in [b.text() for b in without.findChildren(QPushButton)]


@pytest.mark.parametrize(
    ("kind", "texts"),
    [(Kind.UNFINISHED, ["Continue"]), (Kind.DAMAGED, ["Calibrate again"]), (Kind.READY, ["Check cameras"])],
)
def test_what_can_be_done_with_each(qtbot, dressed, kind: Kind, texts: list[str]) -> None:
    room = load_classroom(shelf.sample_classroom()) if kind is Kind.READY else None
    made = room.made_utc if room else None
    entry = Entry(Path("x"), "X", kind, Level.GOOD, made, room, "it is broken", resumable=kind is not Kind.READY)
    card = ClassroomCard(entry, can_start=False)
    qtbot.addWidget(card)
    assert [b.text() for b in card.findChildren(QPushButton)] == texts


@pytest.mark.slow
def test_camera_check_from_empty_to_bumped(place: ClassroomsPlace, qtbot, tmp_path: Path, context, monkeypatch) -> None:
    """The sample's lesson fits; then camera 1's picture is shifted, and the card says so."""
    card = furnish(qtbot, place)
    press(card, "Check cameras")
    view = place.page
    assert isinstance(view, CheckView)
    sample = sample_folder()
    for c in (0, 1):
        view.fields[c].setText(str(sample / f"cam{c}.mp4"))
    presenter = view._presenter
    assert isinstance(presenter, CheckPresenter)
    view.compare.click()
    qtbot.waitUntil(lambda: presenter.result is not None and view.stack.currentIndex() == 0, timeout=LONG)
    assert view.verdict.text() == "Nothing has moved."
    assert presenter.result.steady
    shifted = np.roll(presenter.fresh[1], 40, axis=1)
    path = tmp_path / "now1.png"
    cv2.imwrite(str(path), shifted)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a, **k: (str(path), ""))
    view._browse(1)
    assert view.fields[1].text() == str(path)
    view.compare.click()
    qtbot.waitUntil(lambda: presenter.result.spoiled and view.stack.currentIndex() == 0, timeout=LONG)
    assert presenter.result.cameras[1].state is State.BUMPED
    assert presenter.result.cameras[1].shift_px == pytest.approx(40, abs=2)
    assert view.again_button.isVisible()
    qtbot.waitUntil(lambda: cut_off(place) == [], timeout=LONG)  # the sentence takes a second line first
    assert nameless(place) == too_small(place) == []
    place.back.click()
    # The cards are read again in a task; until then they show the steady check of before.
    qtbot.waitUntil(lambda: (now := cards(place)[0].entry.check) is not None and now.spoiled, timeout=LONG)
    assert CheckPresenter(context, cards(place)[0].entry).addresses == (str(sample / "cam0.mp4"), str(path))


@pytest.mark.slow
def test_reference_pictures_are_kept_only_when_asked(place, qtbot, monkeypatch) -> None:
    from gazeclass.desktop.classrooms import check_view

    card = furnish(qtbot, place)
    place.open(check=card.entry.folder)
    view = place.page
    assert isinstance(view, CheckView)
    assert not view.keep.isEnabled()
    sample = sample_folder()
    for c in (0, 1):
        view.fields[c].setText(str(sample / "calibration" / "auxiliary" / f"cam{c}.jpg"))
    view.compare.click()
    qtbot.waitUntil(lambda: view.keep.isEnabled() and view.stack.currentIndex() == 0, timeout=LONG)
    assert not (card.entry.folder / "reference0.jpg").exists()
    monkeypatch.setattr(check_view, "ask", lambda *a: False)
    view.keep.click()
    qtbot.waitUntil(lambda: not place.context.tasks.running, timeout=LONG)
    assert not (card.entry.folder / "reference0.jpg").exists()
    monkeypatch.setattr(check_view, "ask", lambda *a: True)
    view.keep.click()
    qtbot.waitUntil(lambda: (card.entry.folder / "reference1.jpg").exists(), timeout=LONG)
    qtbot.waitUntil(lambda: not place.context.tasks.running, timeout=LONG)


@pytest.mark.slow
def test_a_bumped_camera_is_put_right_with_the_chessboard(place, qtbot, monkeypatch) -> None:
    """The classroom believes camera 1 is elsewhere; the pictures show the chessboard; afterwards it fits them."""
    from gazeclass.calibration.health import CameraCheck, RoomCheck
    from gazeclass.desktop.classrooms import check_view
    from gazeclass.geometry.rotation import exp_so3

    card = furnish(qtbot, place)
    path = card.entry.folder / "classroom.toml"
    room = load_classroom(path)
    true = np.array(room.stereo.R_10)
    turned = exp_so3(np.radians([0.0, 1.5, 0.0]))
    stereo = room.stereo.model_copy(
        update={
            "R_10": tuple(map(tuple, (turned @ true).tolist())),
            "t_10_m": tuple((turned @ np.array(room.stereo.t_10_m)).tolist()),
        }
    )
    save_classroom(room.model_copy(update={"stereo": stereo}), path)
    place.open(check=card.entry.folder)
    view = place.page
    assert isinstance(view, CheckView)
    presenter = view._presenter
    assert presenter.bumped is None
    steady, bumped = CameraCheck("cam0", State.STEADY, "."), CameraCheck("cam1", State.BUMPED, ".")
    presenter.result = RoomCheck((steady, bumped), "cam1 was turned.")
    presenter.changed.emit()
    assert presenter.bumped == 1
    for c in (0, 1):
        view.fields[c].setText(str(sample_folder() / "calibration" / "auxiliary" / f"cam{c}.jpg"))
    monkeypatch.setattr(check_view, "ask", lambda *a: False)
    press(view, "Put it right with the chessboard …")
    assert not place.context.tasks.running
    monkeypatch.setattr(check_view, "ask", lambda *a: True)
    press(view, "Put it right with the chessboard …")
    qtbot.waitUntil(lambda: "The right camera is known again" in view.verdict.text(), timeout=LONG)
    assert "turned by 1.5°" in view.verdict.text()
    np.testing.assert_allclose(np.array(load_classroom(path).stereo.R_10), true, atol=1e-3)
    assert (card.entry.folder / "reference1.jpg").is_file()
    qtbot.waitUntil(lambda: not place.context.tasks.running, timeout=LONG)


def test_check_without_a_camera_says_so(place, context: AppContext, qtbot) -> None:
    card = furnish(qtbot, place)
    place.open(check=card.entry.folder)
    with qtbot.waitSignal(context.error_raised, timeout=LONG) as caught:
        press(place.page, "Take pictures and compare")
    assert "has no address" in str(caught.args[0])
    qtbot.waitUntil(lambda: place.page.compare.isEnabled(), timeout=LONG)


def test_check_of_a_damaged_classroom_is_refused(place, context: AppContext, qtbot, tmp_path: Path) -> None:
    (tmp_path / "classroom.toml").write_text("version = 3")
    with qtbot.waitSignal(context.error_raised, timeout=LONG):
        place.open(check=tmp_path)
    assert place.page is None
    assert QPoint(0, 0) == place.list.pos()
