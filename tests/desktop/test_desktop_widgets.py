"""Room plan, picture, step strip, cards: what they show and how they are used by mouse and keyboard."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QLabel

from gazeclass.desktop.widgets.card_grid import CardGrid
from gazeclass.desktop.widgets.controls import ElidedLabel
from gazeclass.desktop.widgets.picture_view import Box, Dots, Line, PictureView, Text
from gazeclass.desktop.widgets.plan_drawing import SMALLER, fitted
from gazeclass.desktop.widgets.room_plan import Mark, PlanCamera, PlanSeat, RoomPlan, SeatState
from gazeclass.desktop.widgets.step_strip import Step, StepState, StepStrip
from gazeclass.geometry.frames import Board

SEATS = [PlanSeat(f"R{r}S{c}", 0.5 + 1.2 * (3 - c), 2.0 + 1.5 * r) for r in range(3) for c in range(4)]


@pytest.fixture
def plan(qtbot, dressed) -> RoomPlan:
    made = RoomPlan()
    qtbot.addWidget(made)
    made.resize(600, 500)
    made.set_board(Board(4.0, 1.2))
    made.set_seats(SEATS)
    made.show()
    return made


def test_plan_has_the_board_at_the_top_and_the_classs_left_at_the_left(plan: RoomPlan) -> None:
    frame = plan.frame()
    first, last = frame.seat_rect(SEATS[0]), frame.seat_rect(SEATS[-1])
    assert frame.to_px(0, 0).y() < first.top() < last.top()
    assert first.left() < last.left()  # seat R0S0 has the larger x
    x, z = frame.to_m(first.center().x(), first.center().y())
    assert (x, z) == pytest.approx((SEATS[0].x_m, SEATS[0].z_m))


def test_all_of_the_room_is_in_the_picture(plan: RoomPlan) -> None:
    plan.set_cameras([PlanCamera("left", 4.6, -0.2, -1, 1), PlanCamera("right", -0.6, -0.2, 1, 1)])
    frame = plan.frame()
    for seat in plan.seats:
        rect = frame.seat_rect(seat).toRect()
        assert plan.rect().contains(rect)
        for other in plan.seats:
            if other is not seat:
                assert not rect.intersects(frame.seat_rect(other).toRect())


def test_marks_differ_without_colour(plan: RoomPlan) -> None:
    """Each mark, reduced to grey, is another drawing."""
    pictures = {}
    for mark in Mark:
        plan.set_states({"R1S1": SeatState(mark)})
        rect = plan.frame().seat_rect(SEATS[5]).toRect().adjusted(-2, -2, 2, 2)
        grey = plan.grab(rect).toImage().convertToFormat(plan.grab(rect).toImage().Format.Format_Grayscale8)
        pictures[mark] = np.frombuffer(grey.constBits(), np.uint8).reshape(grey.height(), -1)[:, : grey.width()].copy()
    marks = list(Mark)
    for i, first in enumerate(marks):
        for second in marks[i + 1 :]:
            difference = np.abs(pictures[first].astype(int) - pictures[second])
            assert (difference > 60).sum() >= 20, (first, second)


def test_a_short_name_is_written_smaller_before_it_is_cut_off(plan: RoomPlan) -> None:
    font = plan.font()
    wide = QFontMetricsF(font).horizontalAdvance("S01")
    assert fitted(font, ["S01"], wide) == (font, "S01")
    smaller, words = fitted(font, ["S01"], 0.85 * wide)
    assert words == "S01"
    assert QFontMetricsF(smaller).horizontalAdvance("S01") <= 0.85 * wide
    smallest, words = fitted(font, ["Konstantinopolitanska"], wide)
    assert words.endswith("…")
    assert QFontMetricsF(smallest).height() >= SMALLER[-1] * QFontMetricsF(font).height() - 1


def test_arrows_walk_through_the_seats(plan: RoomPlan, qtbot) -> None:
    plan.activateWindow()
    plan.setFocus()
    qtbot.waitUntil(lambda: plan.current == "R0S0")
    for key, name in [
        (Qt.Key.Key_Right, "R0S1"),
        (Qt.Key.Key_Down, "R1S1"),
        (Qt.Key.Key_Left, "R1S0"),
        (Qt.Key.Key_Left, "R1S0"),
        (Qt.Key.Key_Up, "R0S0"),
        (Qt.Key.Key_Up, "R0S0"),
    ]:
        qtbot.keyClick(plan, key)
        assert plan.current == name
    with qtbot.waitSignal(plan.seat_chosen) as caught:
        qtbot.keyClick(plan, Qt.Key.Key_Return)
    assert caught.args == ["R0S0"]


def test_a_screen_reader_hears_the_seat(plan: RoomPlan, qtbot) -> None:
    plan.setFocus()
    plan.set_states({"R0S0": SeatState(Mark.AWAY), "R0S1": SeatState(Mark.ZONE, text="top left")})
    plan._select("R0S0")
    assert plan.accessibleDescription() == "R0S0: away"
    qtbot.keyClick(plan, Qt.Key.Key_Right)
    assert plan.accessibleDescription() == "R0S1: faces a zone top left"


def test_seats_move_only_when_editable(plan: RoomPlan, qtbot) -> None:
    plan._select("R0S0")
    moved = []
    plan.seat_moved.connect(lambda *a: moved.append(a))
    qtbot.keyClick(plan, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert moved == []
    plan.set_editable(True)
    plan._select("R0S0")
    qtbot.keyClick(plan, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert moved[-1] == pytest.approx(("R0S0", SEATS[0].x_m, SEATS[0].z_m + 0.1))
    start = plan.frame().seat_rect(SEATS[1]).center().toPoint()
    qtbot.mousePress(plan, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(plan, start + QPoint(30, 0))
    qtbot.mouseRelease(plan, Qt.MouseButton.LeftButton, pos=start + QPoint(30, 0))
    name, x, z = moved[-1]
    assert name == "R0S1"
    assert x < SEATS[1].x_m  # to the drawing's right is towards smaller x
    assert z == pytest.approx(SEATS[1].z_m, abs=0.06)


def test_plan_without_seats_and_with_one(plan: RoomPlan, qtbot) -> None:
    plan.set_seats([])
    qtbot.keyClick(plan, Qt.Key.Key_Right)
    plan.grab()
    plan.set_seats([PlanSeat("only", 2.0, 3.0)])
    plan.grab()
    assert plan.frame().seat_px > 14


def test_picture_is_letterboxed_and_pixels_are_found(qtbot, dressed) -> None:
    view = PictureView("left camera")
    qtbot.addWidget(view)
    view.resize(400, 400)
    assert view.to_picture(200, 200) is None
    picture = np.zeros((90, 160, 3), np.uint8)
    picture[:, 80:] = (0, 0, 255)  # BGR: the right half is red
    view.set_picture(picture)
    rect = view.picture_rect()
    assert rect.width() == pytest.approx(400)
    assert rect.height() == pytest.approx(225)
    shown = view.grab().toImage()
    assert shown.pixelColor(300, 200).red() > 200
    assert shown.pixelColor(100, 200).red() < 30
    assert view.to_picture(5, 5) is None
    x, y = view.to_picture(200, 200)
    np.testing.assert_allclose(view.to_widget(np.array([[x, y]])), [[200, 200]])
    with qtbot.waitSignal(view.clicked) as caught:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    assert caught.args == pytest.approx([79.5, 44.5], abs=0.01)


def test_overlays_follow_the_picture(qtbot, dressed) -> None:
    view = PictureView()
    qtbot.addWidget(view)
    view.resize(320, 180)
    view.set_picture(np.zeros((1080, 1920), np.uint8))
    view.set_overlays(
        [
            Dots(np.array([[960.0, 540.0]]), radius=6, colour="#00ff00"),
            Line(np.array([[0, 0], [1919, 0]]), closed=True, dashed=True),
            Box((100, 200, 300, 300), "P03", filled="#202020"),
            Text("hello", (1500, 900)),
        ]
    )
    view.set_caption("cam0")
    assert view.grab().toImage().pixelColor(160, 90).green() > 200
    view.set_overlays([])
    assert view.grab().toImage().pixelColor(160, 90).green() < 30
    view.set_picture(None)
    view.set_message("camera 2 is not there")
    assert view.accessibleDescription() == "camera 2 is not there"
    view.grab()


def test_step_strip(qtbot, dressed) -> None:
    strip = StepStrip([Step("room", "Room"), Step("cameras", "Cameras"), Step("lens", "Lens")])
    qtbot.addWidget(strip)
    strip.show()
    strip.set_current("room")
    strip.set_states({"room": StepState.DONE, "lens": StepState.BLOCKED}, {"lens": "Choose two cameras first."})
    assert strip.state("cameras") is StepState.TODO
    assert not strip.buttons["lens"].isEnabled()
    assert "Choose two cameras first." in strip.buttons["lens"].toolTip()
    assert strip.buttons["room"].accessibleName() == "Room: done"
    with qtbot.waitSignal(strip.chosen) as caught:
        strip.buttons["cameras"].click()
    assert caught.args == ["cameras"]
    assert strip.buttons["room"].isChecked()  # it moves only when told to
    strip.set_current("cameras")
    assert strip.buttons["cameras"].isChecked()
    strip.activateWindow()
    strip.buttons["room"].setFocus()
    qtbot.waitUntil(strip.buttons["room"].hasFocus)
    qtbot.keyClick(strip.buttons["room"], Qt.Key.Key_Right)
    qtbot.waitUntil(strip.buttons["cameras"].hasFocus)
    qtbot.keyClick(strip.buttons["cameras"], Qt.Key.Key_Right)  # lens is blocked
    assert strip.buttons["cameras"].hasFocus()


def test_cards_take_as_many_columns_as_fit(qtbot, dressed) -> None:
    grid = CardGrid(least_width_px=300)
    qtbot.addWidget(grid)
    cards = [QLabel(str(n)) for n in range(5)]
    grid.set_cards(cards)
    grid.show()
    for width, columns in ((320, 1), (650, 2), (1300, 4)):
        grid.resize(width, 600)
        qtbot.waitUntil(lambda c=columns: len({card.x() for card in cards}) == c)
    grid.set_cards(cards[:0])
    assert grid.cards == ()


def test_long_names_are_elided_with_a_tooltip(qtbot, dressed) -> None:
    made = ElidedLabel("a very long name of a classroom that nobody would think of")
    qtbot.addWidget(made)
    made.resize(100, 20)
    made.show()
    assert made.toolTip().startswith("a very long name")
    made.resize(1000, 20)
    qtbot.waitUntil(lambda: made.toolTip() == "")
