"""The wizard's parts without cameras: lengths, seats, sources, feed, worker, room and target."""

import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from wizard_robot import PATIENT_MS, Robot

import gazeclass.sample
from gazeclass.calibration.pair_checks import Order
from gazeclass.calibration.project import create_project
from gazeclass.calibration.room import read_room
from gazeclass.calibration.room_parts import BoardSize
from gazeclass.calibration.steps import Step
from gazeclass.calibration.target import charuco, chessboard
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.wizard.feed import SHOWN_PX, Feed, reduced
from gazeclass.desktop.wizard.looking import PairLooker
from gazeclass.desktop.wizard.measuring import Watch
from gazeclass.desktop.wizard.opening import Asked
from gazeclass.desktop.wizard.seats import HEAD_ABOVE_FLOOR_M, Rows, head_height_m, make_seats, moved, rows_of
from gazeclass.desktop.wizard.sources import AUXILIARY, LENS0, LENS1, PAIR, PREVIEW, VIDEO_STEP_S, Shot, open_files
from gazeclass.desktop.wizard.step import Guidance, Notice
from gazeclass.desktop.wizard.units import CENTIMETRE, INCH, METRE, parse_length, unit_of
from gazeclass.desktop.wizard.words import for_people
from gazeclass.desktop.worker import Worker
from gazeclass.errors import InputError

SAMPLE = Path(gazeclass.sample.__file__).parent
BOARD = BoardSize(width_m=4.0, height_m=1.2, lower_edge_above_floor_m=0.9)


@pytest.mark.parametrize(
    ("text", "unit", "metres"),
    [
        ("3.343", METRE, 3.343),
        ("334.3", CENTIMETRE, 3.343),
        ("3,343", METRE, 3.343),
        ("3343 mm", METRE, 3.343),
        ("334.3cm", METRE, 3.343),
        ("10 in", METRE, 0.254),
        ("10", INCH, 0.254),
    ],
)
def test_lengths_are_understood_in_any_unit(text: str, unit: Any, metres: float) -> None:
    assert parse_length(text, unit) == pytest.approx(metres)


@pytest.mark.parametrize("text", ["", "three", "-1", "0", "nan", "inf", "1 2"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not a length"):
        parse_length(text, METRE)


def test_unknown_unit_is_metres() -> None:
    assert unit_of("furlong") is METRE


def test_seats_stand_as_the_class_counts_them() -> None:
    seats = make_seats(Rows(2, 3, 2.5, 1.5, 0.8), BOARD)
    assert [s.name for s in seats] == ["1-1", "1-2", "1-3", "2-1", "2-2", "2-3"]
    # x runs to the left of who faces the board: the first seat of a row, at the class's left, has the largest x.
    assert [s.position_m[0] for s in seats[:3]] == pytest.approx([2.8, 2.0, 1.2])
    assert {s.position_m[2] for s in seats} == {2.5, 4.0}
    floor = BOARD.height_m + 0.9
    assert floor - seats[0].position_m[1] == pytest.approx(HEAD_ABOVE_FLOOR_M)
    assert rows_of(seats) == Rows(2, 3, 2.5, 1.5, 0.8)


def test_a_seat_cannot_be_dragged_into_the_wall() -> None:
    seat = make_seats(Rows(1, 1), BOARD)[0]
    assert moved(seat, 1.0, -3.0).position_m[2] == 0.3


def test_a_board_without_an_edge_still_gives_seats_their_height() -> None:
    assert head_height_m(BoardSize(width_m=4.0, height_m=1.2)) == pytest.approx(1.2 + 0.9 - HEAD_ABOVE_FLOOR_M)


def picture_folder(root: Path, names: list[str], size: tuple[int, int] = (64, 48)) -> Path:
    root.mkdir(parents=True)
    for k, name in enumerate(names):
        cv2.imwrite(str(root / name), np.full((size[1], size[0], 3), 20 * k + 10, np.uint8))
    return root


def test_two_folders_are_paired_by_name(tmp_path: Path) -> None:
    left = picture_folder(tmp_path / "l", ["1.png", "2.png", "3.png"])
    right = picture_folder(tmp_path / "r", ["2.png", "3.png", "4.png"])
    source = open_files(left, right)
    assert [s.name for s in source.shots(PAIR)] == ["2", "3"]
    assert len(list(source.shots(LENS0))) == 3
    assert all(shot.images[0] is None and shot.images[1] is not None for shot in source.shots(LENS1))


def test_folders_without_a_common_name_are_no_pairs(tmp_path: Path) -> None:
    left, right = picture_folder(tmp_path / "l", ["1.png"]), picture_folder(tmp_path / "r", ["2.png"])
    with pytest.raises(InputError, match="no two pictures have the same name"):
        list(open_files(left, right).shots(PAIR))


@pytest.mark.parametrize("case", ["missing", "twice", "mixed", "no stereo"])
def test_files_that_are_no_cameras_are_refused(tmp_path: Path, case: str) -> None:
    left = picture_folder(tmp_path / "l", ["1.png"])
    video = tmp_path / "a.mp4"
    video.write_bytes(b"")
    arguments = {
        "missing": (tmp_path / "x", None),
        "twice": (left, left),
        "mixed": (left, video),
        "no stereo": (left, None),
    }
    with pytest.raises(InputError):
        open_files(*arguments[case])


def test_a_calibration_folder_plays_each_of_its_parts(tmp_path: Path) -> None:
    for part in ("stereo", "intrinsics"):
        for camera in ("cam0", "cam1"):
            picture_folder(tmp_path / "c" / part / camera, ["a.png", "b.png"])
    picture_folder(tmp_path / "c" / "auxiliary", ["cam0.png", "cam1.png"])
    source = open_files(tmp_path / "c")
    assert [len(list(source.shots(part))) for part in (PREVIEW, LENS0, LENS1, PAIR, AUXILIARY)] == [1, 2, 2, 2, 1]
    (shot,) = source.shots(AUXILIARY)
    assert all(image is not None for image in shot.images)


def test_an_exchanged_folder_stays_exchanged_when_it_is_opened_again(tmp_path: Path) -> None:
    from gazeclass.calibration.notes import CameraSpec
    from gazeclass.desktop.wizard.opening import open_source

    for camera, value in (("cam0", 0), ("cam1", 200)):
        folder = tmp_path / "c" / "stereo" / camera
        folder.mkdir(parents=True)
        cv2.imwrite(str(folder / "a.png"), np.full((8, 8, 3), value, np.uint8))
    source = open_source(Asked("folder", (str(tmp_path / "c"), "")).swapped())
    (shot,) = source.shots(PAIR)
    assert int(np.asarray(shot.images[0]).max()) == 200
    specs = tuple(
        CameraSpec(name=n, kind="files", address=str(tmp_path / "c"), width_px=8, height_px=8) for n in source.names
    )
    again = Asked.of(specs)
    assert again is not None
    assert again.exchanged


def first(shots: Iterator[Shot], count: int) -> list[Shot]:
    found = list(islice(shots, count))
    shots.close()  # type: ignore[attr-defined]  # a generator, which holds the files open
    return found


def test_two_videos_are_played_in_steps_and_previewed_whole() -> None:
    source = open_files(SAMPLE / "cam0.mp4", SAMPLE / "cam1.mp4")
    assert source.waits
    assert source.stills, "nobody can be asked to hold still in a recording"
    assert source.names == ("cam0.mp4", "cam1.mp4")
    previewed = first(source.shots(PREVIEW), 4)
    assert np.diff([s.t_s for s in previewed]) == pytest.approx(0.1), "the recording's own rate is to be measured"
    pairs = first(source.shots(PAIR), 3)
    assert np.diff([s.t_s for s in pairs]) == pytest.approx(VIDEO_STEP_S)
    assert all(not s.chosen and s.images[0] is not None and s.images[1] is not None for s in pairs)
    lens = first(source.shots(LENS1), 3)
    assert np.diff([s.t_s for s in lens]) == pytest.approx(VIDEO_STEP_S)
    assert all(s.images[0] is None and s.images[1] is not None for s in lens)
    assert np.array_equal(np.asarray(lens[1].images[1]), np.asarray(pairs[1].images[1]))


def test_a_slow_recording_is_played_frame_by_frame(tmp_path: Path) -> None:
    for camera in (0, 1):
        small_video(tmp_path / f"cam{camera}.mp4", [10 * k for k in range(6)], rate=3)
    source = open_files(tmp_path / "cam0.mp4", tmp_path / "cam1.mp4")
    assert [len(list(source.shots(part))) for part in (LENS0, PAIR)] == [6, 6], "no frame of 3 a second is passed over"


def small_video(path: Path, greys: list[int], rate: int) -> None:
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for grey in greys:
            picture = np.full((48, 64, 3), grey, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())


def test_exchanged_videos_keep_their_own_time_stamps(tmp_path: Path) -> None:
    """The file of times names the cameras: exchanging left and right must not give either the other's times."""
    small_video(tmp_path / "cam0.mp4", [0, 20, 40, 60, 80], rate=5)
    small_video(tmp_path / "cam1.mp4", [140, 160, 180, 200, 220], rate=5)
    rows = [f"cam0,{k},{10 + 0.2 * k:.3f}" for k in range(5)]  # camera 1 began two frames earlier
    rows += [f"cam1,{k},{9.61 + 0.2 * k:.3f}" for k in range(5)]
    (tmp_path / "timestamps.csv").write_text("\n".join(["camera,frame,t_s", *rows]) + "\n", "utf-8")

    def greys(left: str, right: str) -> list[tuple[int, int]]:
        source = open_files(tmp_path / left, tmp_path / right)
        pairs = [tuple(round(float(np.mean(i)), -1) for i in s.images if i is not None) for s in source.shots(PAIR)]
        return [(int(a), int(b)) for a, b in pairs]

    straight = greys("cam0.mp4", "cam1.mp4")
    assert straight == [(0, 180), (20, 200), (40, 220)]
    assert greys("cam1.mp4", "cam0.mp4") == [(b, a) for a, b in straight]
    (shot, *_) = open_files(tmp_path / "cam1.mp4", tmp_path / "cam0.mp4").shots(PAIR)
    assert shot.skew_s == pytest.approx(-0.01), "the right camera's picture was taken first"


def test_exchanged_cameras_are_told_from_the_views_alone(tmp_path: Path) -> None:
    pictures = []
    for name in ("00.jpg", "03.jpg", "06.jpg"):
        both = [cv2.imread(str(SAMPLE / "calibration" / "stereo" / f"cam{c}" / name)) for c in (0, 1)]
        pictures.append((both[0], both[1]))
    for order, turn in ((Order.RIGHT, 1), (Order.SWAPPED, -1)):
        project = create_project(tmp_path / order.name)
        looker = PairLooker(project, chessboard("9x6", 0.060), stills=True)
        assert looker.order is Order.UNKNOWN
        for k, pair in enumerate(pictures):
            looker(Shot(float(k), pair[::turn]))
        assert len(project.pairs()) == 3
        assert looker.order is order


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Hold the board before camera 0, close.", "Hold the board before the left camera, close."),
        ("(cam0 at 3, cam1 at 4); 5 are needed.", "(the left camera at 3, the right camera at 4); 5 are needed."),
        ("Camera 1 took pictures of 2 sizes.", "The right camera took pictures of 2 sizes."),
        ("cam1: the views do not determine it. cam0 does", "The right camera: the views do not determine it. The left "
         "camera does"),
        ("stereo/cam1: the pictures of cam1 are mirrored.", "The right camera: the pictures of the right camera are "
         "mirrored."),
        ("auxiliary: there is no picture cam0.", "auxiliary: there is no picture of the left camera."),
        ("Only camera 1 sees this seat.", "Only the right camera sees this seat."),
        ("calibration/cam0 1920×1080, calibration/cam1 1920×1080.", ""),
        ("/home/me/stereo/cam0/03.png: is damaged", ""),
        ("cam1.mp4 gives 640×480 now; webcam 1 and cam12 too", ""),
        ("CAM0 to C00 is 3.0 cm longer", ""),
    ],
)  # fmt: skip
def test_cameras_are_called_left_and_right(said: str, shown: str) -> None:
    assert for_people(said) == (shown or said)


def test_swapped_cameras_are_told_in_the_rooms_words() -> None:
    said = str(
        InputError(
            "the cameras are swapped: cam0 stands on the right of cam1 as the cameras look (or both are mirrored)",
            todo="Name the left camera, as seen from behind the cameras, cam0 and the right one cam1.",
        )
    )
    shown = for_people(said)
    assert shown.startswith("The cameras are swapped: the one called left stands on the right")
    assert shown.endswith("Exchange left and right.")


def test_whatever_a_step_says_calls_them_so() -> None:
    said = Guidance("camera 0", ("a picture of camera 1",), (Notice("cam0 is blind"),), "cam1 first")
    assert said.sentence == "The left camera"
    assert said.missing == ("a picture of the right camera",)
    assert said.notices[0].text == "The left camera is blind"
    assert said.blocked == "The right camera first"


def test_a_password_is_not_written_down() -> None:
    asked = Asked("cameras", ("rtsp://me:secret@10.0.0.5/stream", "usb:0"))
    assert "secret" not in asked.public_address(0)
    assert (asked.spec_kind(0), asked.spec_kind(1)) == ("rtsp", "usb")


def test_a_reduced_picture_maps_back_to_the_whole_one() -> None:
    preview = reduced(np.zeros((1080, 1920, 3), np.uint8), (400, 200, 1200, 675))
    assert max(preview.image.shape[:2]) == SHOWN_PX
    point = np.array([[1000.0, 500.0]])
    assert preview.to_whole(*preview.to_shown(point)[0]) == pytest.approx((1000.0, 500.0))
    assert preview.to_shown(np.array([399.5, 199.5])) == pytest.approx([-0.5, -0.5])


def shots(count: int, step_s: float = 0.1) -> Iterator[Shot]:
    for k in range(count):
        image = np.full((8, 8, 3), k, np.uint8)
        yield Shot(k * step_s, (image, image), 0.005)


def test_files_are_searched_without_missing_one(qtbot: Any) -> None:
    feed, seen = Feed(), []
    feed.looked.connect(lambda result, shot: seen.append(result))
    with qtbot.waitSignal(feed.ended, timeout=PATIENT_MS):
        feed.start(lambda: shots(20), lambda shot: round(shot.t_s * 10), waits=True)
    assert seen == list(range(20))
    assert feed.wait(10)


def test_a_slow_search_of_live_pictures_takes_the_newest(qtbot: Any) -> None:
    feed, seen = Feed(), []
    gate = threading.Event()

    def many() -> Iterator[Shot]:
        yield from shots(50)
        gate.set()

    def slow(shot: Shot) -> int:
        gate.wait(30)
        return round(shot.t_s * 10)

    feed.looked.connect(lambda result, shot: seen.append(result))
    with qtbot.waitSignal(feed.ended, timeout=PATIENT_MS):
        feed.start(many, slow)
    # The first it got hold of, and the newest after that; those between were never queued.
    assert seen[-1] == 49
    assert len(seen) <= 3
    assert feed.wait(10)


def test_nothing_of_a_stopped_feed_arrives(qtbot: Any) -> None:
    feed, heard = Feed(), []
    feed.pictured.connect(lambda: heard.append("picture"))
    feed.failed.connect(lambda error: heard.append(error))
    feed.start(lambda: shots(5), lambda shot: None, waits=True)
    feed.stop()
    assert feed.wait(10)
    with qtbot.waitSignal(feed.ended, timeout=PATIENT_MS):  # a second run is heard as if there had been no first
        feed.start(lambda: shots(1))
    assert heard == ["picture"]
    assert feed.wait(10)


def test_a_failing_source_is_told(qtbot: Any) -> None:
    feed = Feed()

    def broken() -> Iterator[Shot]:
        yield next(shots(1))
        raise InputError("the camera is gone")

    with qtbot.waitSignal(feed.failed, timeout=PATIENT_MS) as told:
        feed.start(broken)
    assert "gone" in str(told.args[0])
    assert not feed.running
    assert feed.wait(10)


def test_a_waiting_job_is_replaced_by_a_newer_one_of_its_name(qtbot: Any) -> None:
    worker, gate, done = Worker(), threading.Event(), []
    worker.done.connect(lambda name, result: done.append((name, result)))
    worker.run("first", lambda: gate.wait(30))
    for k in range(5):
        worker.run("look", lambda k=k: k)
    gate.set()
    qtbot.waitUntil(lambda: not worker.busy, timeout=PATIENT_MS)
    assert done[-1] == ("look", 4)
    assert len(done) <= 3
    worker.stop()
    assert worker.wait(10)


def test_what_two_cameras_give_is_measured() -> None:
    watch = Watch(live=True)
    for shot in shots(21):
        watch.add(shot)
    result = watch.result()
    assert result.rate_hz == pytest.approx(10.0)
    assert result.skew_s == pytest.approx(0.005)
    assert result.sizes_px == ((8, 8), (8, 8))
    chosen = Watch(live=False)
    chosen.add(Shot(0.0, (np.zeros((4, 6, 3), np.uint8), None), chosen=True))
    assert chosen.result().rate_hz is None
    assert chosen.result().sizes_px == ((6, 4), None)


def test_the_room_is_written_by_keys_and_mouse(qtbot: Any, context: AppContext, tmp_path: Path) -> None:
    robot = Robot(qtbot, context, tmp_path / "library" / "classrooms" / "r")
    page = robot.page
    assert robot.presenter.current is Step.ROOM
    assert not robot.view.next.isEnabled()
    assert "a name for the room" in robot.view.reason.text()
    robot.type(page.name, "Room 12")
    robot.type(page.width_edit, "400 cm")
    path = robot.session.project.folder / "room.toml"
    assert not path.exists(), "a board that was measured in one direction only is no board"
    robot.type(page.height_edit, "1,2")
    robot.type(page.edge, "0.9")
    robot.until(lambda: robot.view.next.isEnabled())
    room = read_room(path)
    assert (room.name, room.board.width_m, room.board.height_m) == ("Room 12", 4.0, 1.2)
    assert len(room.seats) == 24
    at = page.plan.place_of(0).toPoint()
    QTest.mousePress(page.plan, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseMove(page.plan, at + at.__class__(-40, 30))
    QTest.mouseRelease(page.plan, Qt.MouseButton.LeftButton, pos=at + at.__class__(-40, 30))
    robot.until(lambda: read_room(path).seats[0].position_m != room.seats[0].position_m)
    dragged = read_room(path).seats[0].position_m
    assert dragged[0] > room.seats[0].position_m[0], "to the drawing's left is larger x"
    assert dragged[2] > room.seats[0].position_m[2]
    robot.press(page.plan, Qt.Key.Key_Delete)
    robot.until(lambda: len(read_room(path).seats) == 23)
    robot.close()


def test_an_implausible_board_is_named(qtbot: Any, context: AppContext, tmp_path: Path) -> None:
    robot = Robot(qtbot, context, tmp_path / "library" / "classrooms" / "r")
    robot.type(robot.page.width_edit, "400")
    assert "400.000 m wide is not plausible" in robot.words
    robot.type(robot.page.width_edit, "abc")
    assert "'abc' is not a length" in robot.words
    robot.close()


def corner_square(sheet: Any) -> QPoint:
    """The middle of the board's upper left square, which is black (white on black: white)."""
    width, height = 600.0, 420.0
    scale = min((sheet.width() - 32) / (width + 60), (sheet.height() - 32) / (height + 60 + 22))
    left, top = (sheet.width() - scale * (width + 60)) / 2, (sheet.height() - scale * (height + 82)) / 2
    return QPoint(int(left + scale * 60), int(top + scale * 60))


def test_a_charuco_board_of_ones_own(qtbot: Any, context: AppContext, tmp_path: Path) -> None:
    robot = Robot(qtbot, context, tmp_path / "library" / "classrooms" / "r")
    robot.room()
    robot.go(Step.TARGET)
    page = robot.page
    assert not page.dictionary.isVisible(), "a chessboard has no markers"
    page.kind.setCurrentIndex(1)
    page.kind.activated.emit(1)
    assert robot.session.target() == charuco("10x7", 0.060, "DICT_4X4_100")
    page.dictionary.setCurrentText("5X5_250")
    page.dictionary.activated.emit(0)
    middle_of_black = page.sheet.grab().toImage().pixelColor(corner_square(page.sheet))
    robot.click(page.inverted)
    assert robot.session.target() == charuco("10x7", 0.060, "DICT_5X5_250", inverted=True)
    image = page.sheet.grab().toImage()
    assert middle_of_black.lightness() == 0
    assert image.pixelColor(corner_square(page.sheet)).lightness() == 255
    ground = corner_square(page.sheet) - QPoint(corner_square(page.sheet).x() - 20, 0)
    assert image.pixelColor(ground).lightness() == 0, "the paper around it is black too"
    robot.type(page.ruler, "99")
    robot.idle()
    page.dictionary.setCurrentText("4X4_50")
    page.dictionary.activated.emit(0)
    assert not page.presenter.choice.checked, "another print is to be measured again"
    robot.close()


def test_a_square_chessboard_is_not_gone_on_with(qtbot: Any, context: AppContext, tmp_path: Path) -> None:
    robot = Robot(qtbot, context, tmp_path / "library" / "classrooms" / "r")
    robot.room()
    robot.go(Step.TARGET)
    page = robot.page
    page.rows.setValue(8)
    robot.idle()
    assert "you will be asked where its origin lies" in robot.words, "10 × 8 squares: 9×7 corners, both odd"
    page.columns.setValue(8)
    robot.until(lambda: "quarter turn" in robot.words)
    robot.idle()
    assert "10 × 7 squares" in robot.words
    assert not robot.view.next.isEnabled()
    page.rows.setValue(7)
    robot.until(lambda: "quarter turn" not in robot.words)
    robot.close()


def test_the_print_is_measured(qtbot: Any, context: AppContext, tmp_path: Path) -> None:
    robot = Robot(qtbot, context, tmp_path / "library" / "classrooms" / "r")
    robot.room()
    robot.go(Step.TARGET)
    page = robot.page
    robot.type(page.ruler, "98")
    robot.idle()
    assert robot.session.target().square_m == pytest.approx(0.0588)
    assert "58.80 mm" in robot.words
    robot.type(page.ruler, "9.8")
    assert "not plausible" in robot.words, "a ruler read in centimetres"
    robot.type(page.measured_square, "59.5")
    robot.idle()
    assert robot.session.target().square_m == pytest.approx(0.0595)
    page.paper.setCurrentText("A4")
    page.paper.activated.emit(page.paper.currentIndex())
    assert "too small" in robot.words
    robot.step.set_paper("")
    robot.step.save_pdf(tmp_path / "board.pdf")
    robot.until(lambda: robot.step.saved is not None)
    assert (tmp_path / "board.pdf").read_bytes().startswith(b"%PDF")
    robot.close()
