"""A small classroom, rendered: the folder's form, the truth against the pictures, stopping, repeating."""

import csv
import json

import cv2
import numpy as np
import pytest

from gazeclass.calibration.room import read_room
from gazeclass.capture.files import open_recording
from gazeclass.cli.main import main
from gazeclass.errors import Cancelled, InputError
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import geodesic_deg
from gazeclass.progress import Silent
from gazeclass.simulation.assets import AssetLibrary
from gazeclass.simulation.classroom import lesson_times, simulate_classroom
from gazeclass.simulation.classroom_cast import make_class, make_walker, walked_m
from gazeclass.simulation.classroom_plan import ClassroomPlan
from gazeclass.simulation.drawing import Material, Part
from gazeclass.simulation.layering import draw_people, drawing_of, make_view
from gazeclass.simulation.lesson_frames import Stage, frame
from gazeclass.simulation.lesson_script import facing
from gazeclass.simulation.lesson_truth import COLUMNS
from gazeclass.simulation.posing import skinned
from gazeclass.simulation.room import sample_room
from gazeclass.simulation.room_drawing import draw_room

PLAN = ClassroomPlan(students=2, rows=1, seconds=0.2, seed=4, width_px=480, pairs=2, singles=1)


@pytest.fixture(scope="module")
def lesson(tmp_path_factory, renderer):
    out = tmp_path_factory.mktemp("simulated") / "lesson"
    simulate_classroom(out, PLAN)
    return out


@pytest.fixture(scope="module")
def rows(lesson):
    with open(lesson / "truth.csv", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def room_class(body):
    room = sample_room(np.random.default_rng([4, 0]), 2, 1, 480)
    return room, make_class(room, 4, 2.0, AssetLibrary(None))


def numbers(row, *names):
    return np.array([float(row[name]) for name in names])


def rig(lesson):
    truth = json.loads((lesson / "truth.json").read_text())
    cameras = [truth[f"cam{c}"] for c in (0, 1)]
    models = [CameraModel(k["width"], k["height"], np.array(k["K"]), np.array(k["dist"])) for k in cameras]
    return truth, models, [Transform(np.array(k["R_CW"]), np.array(k["t_CW"])) for k in cameras]


def test_the_folder_has_the_form_of_lesson_a(lesson):
    names = {str(p.relative_to(lesson)) for p in lesson.rglob("*") if p.is_file()}
    stereo = {f"calibration/stereo/cam{c}/{k:02d}.jpg" for c in (0, 1) for k in (0, 1)}
    single = {f"calibration/intrinsics/cam{c}/0.jpg" for c in (0, 1)}
    assert names == stereo | single | {
        *("calibration/auxiliary/cam0.jpg", "calibration/auxiliary/cam1.jpg"),
        *("calibration/tape.csv", "calibration/room.toml", "cam0.mp4", "cam1.mp4", "timestamps.csv"),
        *("enroll/S01.png", "enroll/S02.png", "truth.csv", "truth.json", "README.md"),
        *("check_cam0.png", "check_cam1.png"),
    }
    assert cv2.imread(str(lesson / "enroll/S01.png")).shape == (256, 256, 3)
    assert [p.name for p in lesson.parent.iterdir()] == ["lesson"]


def test_the_room_file_lists_the_seats_as_the_truth_has_them(lesson, rows):
    room = read_room(lesson / "calibration/room.toml")
    truth = json.loads((lesson / "truth.json").read_text())
    first = [r for r in rows if r["frame"] == "0"]
    assert [s.name for s in room.seats] == [f"{r['row']}-{r['col']}" for r in first]
    assert [s.row for s in room.seats] == [int(r["row"]) for r in first]
    for seat, student, row in zip(room.seats, truth["students"], first, strict=True):
        assert student["id"] == row["student"]
        assert seat.position_m == pytest.approx(student["seat_nose_W"], abs=0.026)
        assert np.asarray(seat.position_m) * 20 == pytest.approx(np.round(np.asarray(seat.position_m) * 20))
    assert room.board.width_m == truth["board"]["width_m"]


@pytest.mark.shared
def test_columns_and_keys_are_those_of_lesson_a(lesson, rows, shared_data):
    theirs = shared_data / "lesson_a"
    assert list(rows[0]) == list(COLUMNS) == (theirs / "truth.csv").read_text().split("\n", 1)[0].split(",")
    ours, known = (json.loads((p / "truth.json").read_text()) for p in (lesson, theirs))
    assert list(ours) == list(known)
    for key in ("board", "cam0", "cam1_from_cam0", "chessboard", "tape", "lesson"):
        assert set(known[key]) <= set(ours[key])
    assert set(known["students"][0]) <= set(ours["students"][0])
    for name in ("timestamps.csv", "calibration/tape.csv"):
        first, second = ((p / name).read_text().split("\n", 1)[0] for p in (lesson, theirs))
        assert first == second


def test_both_videos_play_at_the_times_written(lesson, rows):
    recording = open_recording(lesson / "cam0.mp4", lesson / "cam1.mp4", lesson / "timestamps.csv")
    pairs = list(recording)
    assert [p.t_s for p in pairs] == [0.0, 0.1]
    assert all(image.shape == (270, 480, 3) for p in pairs for image in p.images)
    first, second = lesson_times(PLAN)
    assert [p.skew_s for p in pairs] == pytest.approx([b - a for a, b in zip(first, second, strict=True)])
    assert {float(r["cam1_t_s"]) for r in rows} == set(second)


def test_the_nose_pixels_are_the_projected_noses(lesson, rows):
    _, models, T_CW = rig(lesson)
    for row in rows:
        nose = numbers(row, "nose_x", "nose_y", "nose_z")
        for name, c in (("cam0", 0), ("cam1_sync", 1)):
            pixel = models[c].project(T_CW[c].apply(nose))
            assert numbers(row, f"{name}_u", f"{name}_v") == pytest.approx(pixel, abs=2e-3)
        x0, y0, x1, y1 = numbers(row, *(f"cam0_box_{k}" for k in ("x0", "y0", "x1", "y1")))
        u, v = numbers(row, "cam0_u", "cam0_v")
        assert x0 - 1 <= u <= x1 + 1
        assert y0 - 1 <= v <= y1 + 1


def test_who_looks_at_a_point_of_the_board_hits_it(rows):
    steady = [r for r in rows if r["target"].startswith("P_")]
    assert steady
    for row in steady:
        assert numbers(row, "gaze_x", "gaze_y") == pytest.approx(numbers(row, "target_x", "target_y"), abs=1e-5)
        R = numbers(row, *(f"R{i}{j}" for i in (1, 2, 3) for j in (1, 2, 3))).reshape(3, 3)
        nose = numbers(row, "nose_x", "nose_y", "nose_z")
        to = numbers(row, "target_x", "target_y", "target_z") - nose
        assert np.degrees(np.linalg.norm(np.cross(R[:, 2], to / np.linalg.norm(to)))) < 1e-4
        assert R[:, 2] @ to > 0


def test_the_drawn_nose_is_where_the_truth_says(room_class, renderer):
    """A person whose only drawn surface is the tip of the nose darkens the pixel that the truth names."""
    room, students = room_class
    stage = Stage.of(480, 2)
    try:
        for c in (0, 1):
            view = make_view(room.cameras[c], room.T_WC[c])
            for student in students:
                skin = student.pupil.parts[0]
                tip = np.linalg.norm(skin.vertices - student.pupil.vertices[297], axis=1) < 0.012
                used, inverse = np.unique(skin.triangles[tip[skin.triangles].all(axis=1)], return_inverse=True)
                part = Part(
                    skin.vertices[used],
                    skin.normals[used],
                    skin.weights[used],
                    inverse.reshape(-1, 3).astype(np.int32),
                    Material(),
                    np.full((len(used), 3), 0.02, np.float32),
                )
                groups = student.pupil.groups_W(student.R_WS[0])
                layer = draw_room(room, [], view.camera, room.T_WC[c], view.lens, 1)
                before = layer.colour.copy()
                draw_people(stage.heads, [drawing_of([part], groups, view)], layer, view)
                changed = np.abs(layer.colour - before).max(axis=2)
                v, u = np.unravel_index(np.argmax(changed), changed.shape)
                middle = skinned(part.vertices, part.weights, groups).mean(axis=0)
                assert np.hypot(*(view.camera.project(view.T_CW.apply(middle)) - [u, v])) < 1.5
                nose_C = view.T_CW.apply(student.pupil.nose_W(groups))
                assert np.nanmin(np.where(changed > 0.1, layer.depth_m, np.nan)) == pytest.approx(nose_C[2], abs=0.02)
    finally:
        stage.release()


def test_someone_walking_by_hides_noses_from_one_camera(room_class, renderer):
    room, students = room_class
    walker = make_walker(room, 4, AssetLibrary(None))
    stage = Stage.of(480, 2)
    try:
        view = make_view(room.cameras[0], room.T_WC[0])
        still = draw_room(room, [], view.camera, room.T_WC[0], view.lens, 1)
        for with_walker, expected in ((None, [True]), (walker, [True, False])):
            visible = set()
            for t_s in np.arange(0.0, 4.0, 0.4):
                visible |= {s.visible for s in frame(still, view, students, with_walker, t_s, stage)[1] if s}
            assert sorted(visible, reverse=True) == expected
    finally:
        stage.release()


def test_whoever_walks_stops_now_and_then():
    assert [walked_m(t) for t in (0.0, 1.0, 1.5, 2.9, 3.5)] == pytest.approx([0.0, 1.2, 1.8, 1.8, 2.4])


def test_heads_turn_to_the_rotation_asked_for(room_class):
    _, students = room_class
    pupil = students[0].pupil
    R_WS = facing(np.array([0.4, 0.2, -1.0]), 6.0)
    groups = pupil.groups_W(R_WS)
    assert geodesic_deg(groups[4, :3, :3] @ pupil.axes, R_WS) < 1e-6
    # The nose moves about the neck, the torso stays.
    assert np.linalg.norm(pupil.nose_W(groups) - pupil.nose_W(pupil.groups_W(students[0].R_WS[0]))) > 0.005
    assert groups[0, :3, 3] == pytest.approx(pupil.T_WB.t)


def test_students_sit_on_their_chairs(room_class):
    room, students = room_class
    for student in students:
        pupil = student.pupil
        still = np.concatenate([p.vertices for p in pupil.still]) @ pupil.T_WB.R.T + pupil.T_WB.t
        heights = room.floor_y_m - still[:, 1]
        # Shins hang or stand; nothing is far below the floor, the head is above the desk.
        assert heights.min() > -0.25
        nose = room.floor_y_m - pupil.nose_W(pupil.groups_W(student.R_WS[0]))[1]
        assert 0.75 < nose < 1.45


def test_the_same_seed_gives_the_same_lesson(lesson, tmp_path, renderer):
    again = tmp_path / "again"
    simulate_classroom(again, PLAN)
    for name in ("truth.csv", "truth.json", "timestamps.csv", "calibration/tape.csv", "cam0.mp4", "enroll/S02.png"):
        assert (again / name).read_bytes() == (lesson / name).read_bytes(), name


class Stop(Silent):
    """Cancels after a number of steps."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def advance(self, steps: int = 1) -> None:
        self.left -= steps
        if self.left < 0:
            raise Cancelled


@pytest.mark.parametrize("steps", [2, 11])
def test_stopping_leaves_nothing(tmp_path, renderer, steps):
    with pytest.raises(Cancelled):
        simulate_classroom(tmp_path / "lesson", PLAN, Stop(steps))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(InputError, match="not empty"):
        simulate_classroom(tmp_path, PLAN)
    assert (tmp_path / "mine.txt").read_text() == "x"


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, renderer, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gazeclass.simulation.classroom.write_picture", full)
    with pytest.raises(InputError, match=r"lesson: cannot be written \(No space left"):
        simulate_classroom(tmp_path / "lesson", PLAN)
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_an_empty_folder_is_filled(tmp_path, monkeypatch):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    monkeypatch.setattr("gazeclass.simulation.classroom._render", lambda folder, *_: (folder / "cam0.mp4").touch())
    simulate_classroom(tmp_path / "link", PLAN)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["disk", "link"]
    assert [p.name for p in (tmp_path / "disk").iterdir()] == ["cam0.mp4"]


def test_the_command_without_its_name(tmp_path, renderer, monkeypatch, capsys):
    out = tmp_path / "room"
    words = ["simulate", str(out), "--students", "1", "--rows", "1", "--seconds", "0.1", "--width", "320"]
    words += ["--views", "3"]
    monkeypatch.setattr("sys.argv", ["gazeclass", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert not stopped.value.code
    assert "1 frames of each camera, 1 students" in capsys.readouterr().out
    assert (out / "truth.csv").is_file()
    assert len(list((out / "calibration/stereo/cam1").iterdir())) == 3


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [("--rows", "0", "a class in 0 rows"), ("--views", "1", "1 views of the chessboard by both cameras")],
)
def test_a_wrong_option_is_one_line(tmp_path, monkeypatch, capsys, option, value, message):
    monkeypatch.setattr("sys.argv", ["gazeclass", "simulate", str(tmp_path / "x"), option, value])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    assert message in capsys.readouterr().err
