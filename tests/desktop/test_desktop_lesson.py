"""The lesson place: from the form to a stored lesson, with every key, every loss and every refusal in between."""

import sys
import threading
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from desktop_steps import PATIENT_MS, on_screen
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

sys.path.append(str(Path(__file__).resolve().parents[1] / "lesson"))

from live_double import PlayedPairs

from gazeclass.calibration.classroom import load_classroom
from gazeclass.capture.health import CameraState
from gazeclass.capture.pairs import FramePair
from gazeclass.desktop.classrooms.shelf import add_sample
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.lesson.choice import (
    CLASS,
    NUMBERS,
    PORTRAITS,
    SEATS,
    Choice,
    new_lesson_path,
    remember,
    remembered,
    wishes_for,
)
from gazeclass.desktop.lesson.live_presenter import LivePresenter
from gazeclass.desktop.lesson.live_words import StatusTeller
from gazeclass.desktop.lesson.marks import SteadyMarks, seat_state
from gazeclass.desktop.lesson.place import LessonPlace, create
from gazeclass.desktop.lesson.scale import CalmScale, round_up
from gazeclass.desktop.widgets.room_plan import Mark
from gazeclass.errors import InputError
from gazeclass.geometry.frames import Board
from gazeclass.lesson.analysis import lesson_meta
from gazeclass.lesson.live import LiveLesson
from gazeclass.lesson.live_assembly import build_live
from gazeclass.lesson.live_picture import safe_picture
from gazeclass.lesson.live_start import LiveWishes
from gazeclass.lesson.observation import Observation
from gazeclass.lesson.reader import read_lesson
from gazeclass.progress import Progress


def room_pairs(count: int = 100_000):
    picture = np.full((1080, 1920, 3), 90, np.uint8)
    for k in range(count):
        yield FramePair(0.1 * k, (picture, picture), 0.0, k)


class Engine:
    """Starts lessons whose cameras are played, with students scripted on top of an empty room."""

    def __init__(self) -> None:
        self.source: PlayedPairs | None = None
        self.wishes: LiveWishes | None = None
        self.failure: InputError | None = None
        self.look = {"S01": (1.0, 0.4), "S02": (3.0, 0.6)}

    def begin(self, wishes: LiveWishes, progress: Progress) -> LiveLesson:
        self.wishes = wishes
        progress.start("cameras")
        if self.failure is not None:
            raise self.failure
        classroom = wishes.classroom
        meta = lesson_meta(classroom, period_s=0.1, models=())  # type: ignore[arg-type]
        tools = build_live(classroom, headpose="landmarks", zones=meta.zones, threads=1, search_beside=False)  # type: ignore[arg-type]
        inner = tools.pipeline.look

        def look(pair: FramePair):
            found = inner(pair)
            for k, (name, xy) in enumerate(sorted(self.look.items())):
                found.observations.append(
                    Observation(
                        pair.t_s, name, "ok", position_W_m=[1.0 + k, 1.0, 3.0], board_xy_m=xy,
                        cov_board_m2=np.eye(2) * 0.01, cameras="01", zone="", zone_probability=0.5,
                    )
                )  # fmt: skip
            return found

        tools.pipeline.look = look  # type: ignore[method-assign]
        self.source = PlayedPairs(paced(room_pairs()), hold_at_end=True)
        return LiveLesson(self.source, tools, wishes.output, meta)


def paced(pairs):
    for pair in pairs:
        time.sleep(0.01)  # the worker must leave the window a share of one core
        yield pair


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def place(qtbot, context: AppContext, engine: Engine):
    add_sample(context.classrooms_dir)
    made = create(context)
    made.start_presenter.begin = engine.begin
    on_screen(qtbot, made, 1160, 700)
    qtbot.waitUntil(lambda: bool(made.start_presenter.facts.rooms), timeout=PATIENT_MS)
    yield made
    made.end_now()


def start(qtbot, place: LessonPlace) -> LivePresenter:
    place.start_view.left.set_address("/videos/left.mp4")
    place.start_view.right.set_address("/videos/right.mp4")
    place.start_view._tell()
    assert place.start_view.start.isEnabled()
    QTest.mouseClick(place.start_view.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: place.presenter is not None and place.presenter.lesson.moment is not None, timeout=PATIENT_MS
    )
    assert place.presenter is not None
    assert place.live is not None
    assert place.stack.currentWidget() is place.live
    return place.presenter


def test_the_button_says_what_is_missing(place: LessonPlace) -> None:
    view = place.start_view
    assert view.room.currentText() == "Sample classroom"
    for left, right, words in (
        ("", "", "left camera"),
        ("usb:0", "", "right camera"),
        ("usb:0", "usb:0", "both sides"),
        ("rtsp://me:pw@10.0.0.5/1", "rtsp://10.0.0.5/1", "both sides"),
    ):
        view.left.set_address(left)
        view.right.set_address(right)
        view._tell()
        assert words in view.lacking.text()
        assert not view.start.isEnabled()
    view.right.set_address("usb:1")
    view._tell()
    assert view.start.isEnabled()
    assert view.lacking.text() == ""


def test_without_a_classroom_there_is_one_thing_to_do(qtbot, context: AppContext) -> None:
    asked = []
    context.place_wanted.connect(lambda name, _: asked.append(name))
    made = create(context)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made.start_view.empty.isVisible(), timeout=PATIENT_MS)
    assert not made.start_view.start.isVisible()
    assert made.start_view.lone_sample.isVisible(), "a newcomer may look around first"
    assert not made.start_view.looking.isVisible()
    made.start_view.empty.button.click()
    assert asked == ["classrooms"]


def test_from_start_to_the_stored_lesson(qtbot, place: LessonPlace, engine: Engine, context: AppContext) -> None:
    presenter = start(qtbot, place)
    assert engine.wishes is not None
    assert engine.wishes.cameras == ("/videos/left.mp4", "/videos/right.mp4")
    live = place.live
    assert live is not None
    qtbot.waitUntil(lambda: len(live.plan.seats) == 2, timeout=PATIENT_MS)
    qtbot.waitUntil(lambda: "S01" in (live.board._points.labels if live.board._points else ()), timeout=PATIENT_MS)
    assert live.board._heat is not None
    assert live.board._heat.unit == "seconds per dm²"
    qtbot.waitUntil(lambda: "student" in live.status.full_text() if hasattr(live.status, "full_text") else True)
    path = presenter.lesson.path
    live.bar.stop.click()
    qtbot.waitUntil(lambda: place.stack.currentWidget() is place.done, timeout=PATIENT_MS)
    assert place.presenter is None
    stored = read_lesson(path)
    assert stored.complete
    assert {student.name for student in stored.students} == {"S01", "S02"}
    wanted = []
    context.place_wanted.connect(lambda name, arguments: wanted.append((name, arguments)))
    place.done.report.click()
    assert wanted == [("reports", {"path": path})]
    place.done.again.click()
    assert place.stack.currentWidget() is place.start_view


def test_keys(qtbot, place: LessonPlace) -> None:
    presenter = start(qtbot, place)
    live = place.live
    assert live is not None
    place.activateWindow()
    live.board.setFocus()
    qtbot.waitUntil(lambda: live.board.hasFocus(), timeout=PATIENT_MS)
    QTest.keyClick(live.board, Qt.Key.Key_Space)
    assert presenter.lesson.state == "paused"
    assert live.bar.pause.text() == "Go on"
    QTest.keyClick(live.board, Qt.Key.Key_Space)
    assert presenter.lesson.state == "running"
    QTest.keyClick(live.board, Qt.Key.Key_M)
    assert live.bar.note.isVisible()
    QTest.keyClicks(live.bar.note, "poem: read")
    assert live.bar.note.text() == "poem: read"  # neither M nor Space does anything while writing
    assert presenter.lesson.state == "running"
    QTest.keyClick(live.bar.note, Qt.Key.Key_Return)
    assert not live.bar.note.isVisible()
    QTest.keyClick(live.board, Qt.Key.Key_M)
    QTest.keyClick(live.bar.note, Qt.Key.Key_Escape)
    assert not live.bar.note.isVisible()
    QTest.keyClick(live.board, Qt.Key.Key_Z)
    assert live.bar.zone.isChecked()
    path = presenter.lesson.path
    place.end_now()
    marks = [text for _, kind, text in read_lesson(path).events if kind == "mark"]
    assert marks == ["poem: read"]


def test_a_zone_drawn_during_the_lesson_is_the_whole_lessons(qtbot, place: LessonPlace) -> None:
    presenter = start(qtbot, place)
    live = place.live
    assert live is not None
    live.bar.zone.click()
    live.zone_name.setText("poem")
    frame = live.board.frame()
    assert frame is not None
    (x0, y0), (x1, y1) = frame.to_px([[3.5, 0.2], [2.5, 1.0]])
    from PySide6.QtCore import QPoint

    QTest.mousePress(live.board, Qt.MouseButton.LeftButton, pos=QPoint(round(x0), round(y0)))
    QTest.mouseMove(live.board, QPoint(round(x1), round(y1)))
    QTest.mouseRelease(live.board, Qt.MouseButton.LeftButton, pos=QPoint(round(x1), round(y1)))
    qtbot.waitUntil(lambda: any(zone.name == "poem" for zone in presenter.zones), timeout=PATIENT_MS)
    names = [zone.name for zone in presenter.zones]
    assert "left" not in names  # it was in the way
    assert "right" in names
    path = presenter.lesson.path
    place.end_now()
    stored = read_lesson(path)
    poem = [zone.name for zone in stored.zones].index("poem")
    second = [student.name for student in stored.students].index("S02")
    assert set(stored.observations.zone[stored.observations.student == second].tolist()) == {poem}


def test_a_lost_camera_is_named_until_it_is_back(qtbot, place: LessonPlace, engine: Engine) -> None:
    start(qtbot, place)
    live = place.live
    assert live is not None
    assert engine.source is not None
    engine.source.states[1] = CameraState.LOST
    qtbot.waitUntil(lambda: "Camera “right” is not there" in live.notice_text.text(), timeout=PATIENT_MS)
    assert live.notice.isVisible()
    assert live.try_again.isVisible()
    qtbot.mouseClick(live.try_again, Qt.MouseButton.LeftButton)
    assert engine.source.retried == [1]
    assert live.notice_text.text() == "Trying “right” again …"
    engine.source.states = [CameraState.LOST, CameraState.WRONG_SIZE]
    qtbot.waitUntil(lambda: "“left” is not there" in StatusTeller().of(live.presenter.lesson.status()).missing)
    live.presenter.try_again()
    assert engine.source.retried == [1, 0, 1]
    engine.source.states = [CameraState.SILENT, CameraState.LIVE]  # it is connected: there is nothing to try
    qtbot.waitUntil(lambda: "no picture comes" in live.notice_text.text(), timeout=PATIENT_MS)
    assert not live.try_again.isVisible()
    engine.source.states[0] = CameraState.LIVE
    qtbot.waitUntil(lambda: not live.notice.isVisible(), timeout=PATIENT_MS)


def test_a_camera_that_stutters_does_not_make_the_board_jump(qtbot, place: LessonPlace, engine: Engine) -> None:
    start(qtbot, place)
    live = place.live
    assert live is not None
    assert engine.source is not None
    engine.source.states[0] = CameraState.SILENT
    qtbot.waitUntil(live.notice.isVisible, timeout=PATIENT_MS)
    for state in (CameraState.LIVE, CameraState.SILENT, CameraState.LIVE):
        engine.source.states[0] = state
        live.presenter._tell_status()
        assert live.notice.isVisible()
        assert live._lingering.isActive() == (state is CameraState.LIVE)


def test_a_failed_start_is_a_sentence_and_can_be_tried_again(qtbot, place: LessonPlace, engine: Engine) -> None:
    engine.failure = InputError("another program uses it", where="HD Webcam", todo="Close the other program.")
    view = place.start_view
    view.left.set_address("usb:0")
    view.right.set_address("usb:1")
    view._tell()
    view.start.click()
    qtbot.waitUntil(view.banner.isVisible, timeout=PATIENT_MS)
    assert view.banner.sentence.text() == "HD Webcam: another program uses it."
    assert view.banner.todo.text() == "Close the other program."
    qtbot.waitUntil(lambda: place.stack.currentWidget() is view, timeout=PATIENT_MS)
    engine.failure = None
    view.banner.again.click()
    qtbot.waitUntil(lambda: place.presenter is not None, timeout=PATIENT_MS)


def test_closing_the_window_ends_the_lesson_when_agreed(qtbot, place: LessonPlace, monkeypatch) -> None:
    import gazeclass.desktop.lesson.place as module

    assert place.may_close()
    presenter = start(qtbot, place)
    answers = iter([False, True])
    monkeypatch.setattr(module, "ask", lambda *_: next(answers))
    assert not place.may_close()
    assert not presenter.lesson.over
    assert place.may_close()
    assert presenter.lesson.over
    assert read_lesson(presenter.lesson.path).complete


def test_a_failure_in_mid_lesson_is_said_and_what_was_stored_is_offered(
    qtbot, place: LessonPlace, engine: Engine
) -> None:
    presenter = start(qtbot, place)
    presenter.lesson._file.unwritable = InputError("the lesson cannot be written (database or disk is full)")
    qtbot.waitUntil(lambda: place.stack.currentWidget() is place.done, timeout=PATIENT_MS)
    assert place.done.title.text() == "The lesson has ended early"
    assert "disk is full" in place.done.text.text()


def test_a_lesson_cut_short_is_offered_and_finished(qtbot, place: LessonPlace, context: AppContext) -> None:
    from gazeclass.lesson.store import LessonWriter

    path = context.lessons_dir / "cut.gaze"
    room = load_classroom(place.start_presenter.facts.rooms[0].folder / "classroom.toml")
    writer = LessonWriter(path, lesson_meta(room, period_s=0.1, models=()))
    writer.add([Observation(1.0, "S01", "away")])
    writer.flush()
    writer._stop.set()  # as a killed program leaves it: never closed
    writer._thread.join()
    writer._release()
    place.start_presenter.refresh()
    qtbot.waitUntil(lambda: len(place.start_presenter.facts.cut_short) == 1, timeout=PATIENT_MS)
    with qtbot.waitSignal(place.start_presenter.finished, timeout=PATIENT_MS):
        place.start_presenter.finish(path)
    qtbot.waitUntil(lambda: place.start_presenter.facts.cut_short == (), timeout=PATIENT_MS)
    assert read_lesson(path).complete


def test_the_projector_shows_no_student(qtbot, place: LessonPlace) -> None:
    presenter = start(qtbot, place)
    live = place.live
    assert live is not None
    live.open_projector()
    projector = live.projector
    assert projector is not None
    qtbot.waitUntil(lambda: "facing the board" in projector.share.text(), timeout=PATIENT_MS)
    assert projector.board._points is None
    assert projector.board._heat is not None
    projector.showFullScreen()
    QTest.keyClick(projector, Qt.Key.Key_Escape)
    assert not projector.isFullScreen()
    assert projector.isVisible()
    QTest.keyClick(projector, Qt.Key.Key_Escape)
    assert not projector.isVisible()
    assert live.projector is None
    assert not presenter.lesson.over


def test_small_rows_are_not_shown_alone(qtbot, place: LessonPlace) -> None:
    presenter = start(qtbot, place)
    qtbot.waitUntil(lambda: presenter.rows() == [1], timeout=PATIENT_MS)
    assert presenter.row_hidden(1)
    live = place.live
    assert live is not None
    qtbot.waitUntil(lambda: live.bar.row_box.count() == 2, timeout=PATIENT_MS)
    assert not live.bar.row_box.model().item(1).isEnabled()  # type: ignore[attr-defined]


def test_the_window_is_never_held_up(qtbot, place: LessonPlace) -> None:
    """Ten redraws a second while the pipeline runs; what a tick costs is far below what would be felt."""
    presenter = start(qtbot, place)
    costs = []
    inner = presenter._tick

    def timed() -> None:
        begin = time.thread_time()
        inner()
        costs.append(time.thread_time() - begin)

    presenter._timer.timeout.disconnect()
    presenter._timer.timeout.connect(timed)
    qtbot.waitUntil(lambda: len(costs) >= 30, timeout=PATIENT_MS)
    assert float(np.median(costs)) < 0.03  # of this thread's own time


def test_previews_are_made_only_while_looked_at_and_hide_everybody_without_consent(qtbot, place: LessonPlace) -> None:
    presenter = start(qtbot, place)
    live = place.live
    assert live is not None
    assert presenter.previews.made == 0
    live.bar.pictures.click()
    qtbot.waitUntil(lambda: presenter.previews.picture(1) is not None, timeout=PATIENT_MS)
    live.bar.pictures.click()
    assert not live.pictures[0].isVisible()


def test_only_consented_faces_are_sharp() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (540, 960, 3), np.uint8)
    box = np.array([400.0, 200, 480, 300])
    made = safe_picture(image, [box], 480)
    assert made.shape == (270, 480, 3)
    detail = np.abs(np.diff(made.astype(float), axis=1)).mean(axis=2)
    inside, outside = detail[105:145, 205:235].mean(), detail[:80].mean()
    assert inside > 10 * outside
    hidden = safe_picture(image, [], 480)
    assert np.abs(np.diff(hidden.astype(float), axis=1)).mean() < 2.0
    beyond = safe_picture(image, [np.array([-50.0, -50, 20, 20]), np.array([2000.0, 0, 2100, 50])], 480)
    assert beyond.shape == (270, 480, 3)


def test_passwords_are_not_remembered(context: AppContext) -> None:
    remember(Choice(cameras=("rtsp://me:secret@10.0.0.5/1", "usb:1")), context.state)
    context.state.sync()
    for path in Path(context.state._store.fileName()).parent.glob("*.ini"):
        assert "secret" not in path.read_text()
    assert remembered(context.state).cameras == ("rtsp://10.0.0.5/1", "usb:1")


def test_wishes_follow_the_choice(place: LessonPlace, tmp_path: Path) -> None:
    room = place.start_presenter.facts.rooms[0].folder
    out = tmp_path / "x.gaze"
    base = Choice(room=room, cameras=("usb:0", "usb:1"), portraits=tmp_path, record=True, keep_days=3)
    numbers = wishes_for(base, out, None, 2)
    assert (numbers.portraits, numbers.plan, numbers.by_seat, numbers.threads) == (None, None, False, 2)
    assert numbers.record == tmp_path / "x.recording"
    assert wishes_for(replace(base, who=PORTRAITS), out, None, 0).portraits == tmp_path
    assert wishes_for(replace(base, who=SEATS, record=False), out, None, 0).by_seat
    with pytest.raises(InputError, match="roster is not open"):
        wishes_for(replace(base, who=CLASS, class_name="7b"), out, None, 0)
    assert replace(base, who=PORTRAITS, portraits=None).lacks == "portraits"
    assert replace(base, who=CLASS).lacks == "class"
    assert replace(base, room=None).lacks == "room"
    assert base.who == NUMBERS
    assert base.lacks == ""


def test_the_sample_is_one_press_away(qtbot, place: LessonPlace, engine: Engine) -> None:
    place.start_view.sample.click()
    qtbot.waitUntil(lambda: place.presenter is not None, timeout=PATIENT_MS)
    assert engine.wishes is not None
    assert [Path(camera).name for camera in engine.wishes.cameras] == ["cam0.mp4", "cam1.mp4"]
    assert engine.wishes.portraits is not None
    assert engine.wishes.portraits.name == "enroll"
    assert engine.wishes.loop


def test_a_class_of_the_roster_gives_those_who_have_consented(place: LessonPlace, tmp_path: Path) -> None:
    from gazeclass.calibration.classroom import save_classroom
    from gazeclass.calibration.room_parts import Seat
    from gazeclass.lesson.roster import Consent, Roster

    folder = tmp_path / "room"
    folder.mkdir()
    seats = (Seat(name="A1", position_m=(1.0, 1.0, 2.5), row=1), Seat(name="A2", position_m=(2.0, 1.0, 2.5), row=1))
    room = load_classroom(place.start_presenter.facts.rooms[0].folder / "classroom.toml")
    save_classroom(room.model_copy(update={"seats": seats}), folder / "classroom.toml")
    roster = Roster().add_class("7b").add_students("7b", ["Ada", "Bo"])
    ada, bo = roster.group("7b").students
    group = roster.group("7b").change(ada.pseudonym, consent=Consent(given=True), seat="A1")
    roster = roster.replace_class("7b", group.change(bo.pseudonym, seat="A2"))
    choice = Choice(room=folder, cameras=("usb:0", "usb:1"), who=CLASS, class_name="7b", by_seat=True)
    wishes = wishes_for(choice, tmp_path / "x.gaze", roster, 0)
    assert wishes.plan is not None
    assert wishes.plan.seats is not None
    assert wishes.plan.seats.observed == (ada.pseudonym,)
    (student,) = wishes.plan.students
    assert (student.name, student.seat, student.row) == (ada.pseudonym, "A1", 1)
    tools = build_live(
        wishes.classroom,  # type: ignore[arg-type]
        seats=wishes.plan.seats,
        students=wishes.plan.students,
        headpose="landmarks",
        threads=1,
        search_beside=False,
    )
    try:
        assert [one.name for one in tools.students] == [ada.pseudonym]
        assert "identity" not in tools.models
    finally:
        tools.close()
    nobody = roster.replace_class("7b", roster.group("7b").change(ada.pseudonym, consent=Consent()))
    with pytest.raises(InputError, match="nobody of the class '7b' may be observed"):
        wishes_for(choice, tmp_path / "x.gaze", nobody, 0)


def test_file_names_sort_by_time_and_are_free(tmp_path: Path) -> None:
    now = datetime(2026, 11, 21, 14, 2)
    first = new_lesson_path(tmp_path, "Room 12/b: east", now)
    assert first.name == "2026-11-21 1402 Room 12b east.gaze"
    first.touch()
    assert new_lesson_path(tmp_path, "Room 12/b: east", now).name == "2026-11-21 1402 Room 12b east 2.gaze"
    assert new_lesson_path(tmp_path, "///", now).name == "2026-11-21 1402 lesson.gaze"


def test_marks_do_not_flicker() -> None:
    marks = SteadyMarks(Board(4.0, 1.2))
    facing = [Observation(0.2 * k, "S01", "ok", board_xy_m=[2.0, 0.5]) for k in range(10)]
    for o in facing:
        marks.add(o.t_s, (o,))
    assert marks.of("S01") == "board"
    marks.add(2.1, (Observation(2.1, "S01", "away"),))
    assert marks.of("S01") == "board"
    for k in range(12):
        marks.add(2.2 + 0.2 * k, (Observation(2.2 + 0.2 * k, "S01", "not_seen"),))
    assert marks.of("S01") == "unseen"
    marks.add(6.0, (Observation(6.0, "S02", "ok", board_xy_m=[9.0, 0.5]),))
    assert marks.of("S02") == "beside"
    marks.add(6.0, (Observation(6.0, "S03", "ok", board_xy_m=[1.0, 0.5], zone="a", zone_probability=0.8),))
    assert marks.of("S03") == "zone:a"
    words = {"zone": "faces {0}", "board": "b", "away": "a", "beside": "w", "doubtful": "d", "unseen": "u"}
    assert seat_state("zone:a", "S03", ("a",), words).tip == "S03: faces a"
    assert seat_state("doubtful", "S03", (), words).unreliable
    assert seat_state("unseen", "S03", (), words).mark is Mark.UNSEEN


def test_the_scale_grows_at_once_and_shrinks_late() -> None:
    scale = CalmScale()
    assert scale.of(0.0) == 1.0
    assert scale.of(0.13) == pytest.approx(0.2)
    assert scale.of(0.06) == pytest.approx(0.2)
    assert scale.of(0.21) == pytest.approx(0.5)
    assert scale.of(0.1) == pytest.approx(0.1)
    assert [round_up(v) for v in (1.0, 1.1, 4.9, 7.0)] == [1.0, 2.0, 5.0, 10.0]


def test_nothing_is_left_running(place: LessonPlace, qtbot) -> None:
    before = {thread.name for thread in threading.enumerate()}
    start(qtbot, place)
    place.end_now()
    left = {thread.name for thread in threading.enumerate()} - before
    assert not {name for name in left if name.startswith("gazeclass")}
