"""A calibration project: its folder, the state of its steps, left and resumed, saved into the library."""

import errno
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from gazeclass.calibration import library, picture_folder, stages
from gazeclass.calibration.classroom import load_classroom
from gazeclass.calibration.folder import calibrate_folder
from gazeclass.calibration.given import change_classroom, hand_on
from gazeclass.calibration.library import project_in_library, room_slug
from gazeclass.calibration.notes import CameraSpec
from gazeclass.calibration.picture_folder import LENS, LYING, PAIR
from gazeclass.calibration.project import Project, create_project, open_project
from gazeclass.calibration.room import Room
from gazeclass.calibration.room_parts import Seat, Zone
from gazeclass.calibration.solve import Options
from gazeclass.calibration.step_state import Status, Step
from gazeclass.calibration.steps import look
from gazeclass.calibration.target import chessboard
from gazeclass.errors import InputError

TARGET = chessboard("9x6", 0.08)


@pytest.fixture(scope="session")
def solved_folder(picture_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project from the rendered folder, every step computed; read-only, see ``project``."""
    folder = tmp_path_factory.mktemp("project") / "calibration"
    shutil.copytree(picture_folder, folder)
    made = create_project(folder)
    made.choose_target(TARGET)
    made.measure_ruler(100.0)
    assert stages.solve_all(made) is not None
    return folder


@pytest.fixture
def project(solved_folder: Path, tmp_path: Path) -> Project:
    return open_project(Path(shutil.copytree(solved_folder, tmp_path / "room 7" / "calibration")))


@pytest.fixture
def empty(tmp_path: Path) -> Project:
    return create_project(tmp_path / "library" / "room" / "calibration")


def board(**more: object) -> Room:
    return Room.model_validate({"name": "Room 7", "board": {"width_m": 4.0, "height_m": 1.2}, **more})


def states(project: Project) -> dict[str, str]:
    return {step.value: state.status.value for step, state in look(project).states.items()}


def assert_equal(a: object, b: object, where: str = "") -> None:
    """Equal but for the last digits, which OpenCV's threads do not always sum in one order."""
    if isinstance(a, dict):
        assert isinstance(b, dict)
        assert a.keys() == b.keys()
        for key in a:
            assert_equal(a[key], b[key], f"{where}.{key}")
    elif isinstance(a, tuple | list):
        assert isinstance(b, tuple | list)
        assert len(a) == len(b), where
        for k, (x, y) in enumerate(zip(a, b, strict=True)):
            assert_equal(x, y, f"{where}[{k}]")
    elif isinstance(a, float):
        assert a == pytest.approx(b, rel=1e-7, abs=1e-9), where
    else:
        assert a == b, where


class TestSteps:
    def test_an_empty_project_has_everything_to_do(self, empty):
        seen = look(empty)
        assert {s.status for s in seen.states.values()} == {Status.TODO}
        assert seen.first_open is Step.ROOM
        assert not seen.complete

    def test_each_step_is_told_by_what_lies_on_disk(self, empty):
        empty.save_room(board())
        assert states(empty)["room"] == "done"
        spec = CameraSpec(name="left", width_px=1280, height_px=720)
        empty.set_cameras((spec, spec.model_copy(update={"name": "right"})), skew_ms=4.0)
        assert [c.name for c in empty.room().cameras] == ["left", "right"]
        empty.choose_target(TARGET)
        assert states(empty)["target"] == "partial"
        empty.measure_ruler(98.0)
        assert states(empty)["target"] == "done"
        assert empty.target().square_m == pytest.approx(0.0784)
        assert look(empty).first_open is Step.LENS0

    def test_a_solved_project_waits_only_for_the_check(self, project):
        seen = look(project)
        assert seen[Step.PAIR].status is Status.DONE
        assert seen[Step.AUXILIARY].status is Status.DONE
        assert seen[Step.TAPE].status is Status.DONE
        assert seen.first_open is Step.CHECK
        project.skip("check")
        seen = look(project)
        assert seen[Step.CHECK].skipped
        assert seen.complete

    def test_lenses_may_come_from_the_common_views(self, project):
        assert look(project)[Step.LENS0].may_go_on
        assert "common views" in look(project)[Step.LENS0].sentence

    def test_looking_opens_no_picture(self, project, monkeypatch):
        look(project)

        def refuse(*_: object) -> None:
            raise AssertionError("a picture was read")

        monkeypatch.setattr("gazeclass.calibration.views.read_picture", refuse)
        monkeypatch.setattr("gazeclass.calibration.detection.detect", refuse)
        assert look(open_project(project.folder))[Step.PAIR].status is Status.DONE

    def test_without_the_cache_pictures_are_searched_again(self, project):
        shutil.rmtree(project.folder / ".cache")
        seen = look(open_project(project.folder))
        assert seen[Step.PAIR].needs_search
        assert not seen[Step.PAIR].may_go_on

    def test_a_damaged_cache_is_no_error(self, project):
        for path in (project.folder / ".cache").rglob("*"):
            if path.is_file():
                path.write_bytes(b"PK\x03\x04 broken")
        seen = look(open_project(project.folder))
        assert seen[Step.PAIR].needs_search

    def test_a_new_square_makes_later_steps_stale(self, project):
        project.measure_ruler(99.0)
        seen = look(project)
        assert seen[Step.PAIR].stale
        assert seen[Step.PAIR].needs_solve
        assert seen[Step.AUXILIARY].stale
        assert seen[Step.TAPE].stale
        assert seen[Step.SUMMARY].stale

    def test_a_changed_tape_leaves_the_cameras_alone(self, project):
        project.save_tape(project.tape()[:-1])
        seen = look(project)
        assert not seen[Step.PAIR].stale
        assert not seen[Step.AUXILIARY].stale
        assert seen[Step.TAPE].stale

    def test_a_seat_more_does_not_undo_the_check(self, project):
        before = look(project)[Step.CHECK].key
        seat = Seat(name="1-1", position_m=(1.0, 1.0, 3.0), row=1)
        project.save_room(project.room().model_copy(update={"seats": (seat,)}))
        seen = look(project)
        assert seen[Step.CHECK].key == before
        assert seen[Step.TAPE].stale  # the classroom holds the seats: it is to be written again

    def test_a_moved_chessboard_asks_for_the_tape_again(self, project):
        project.save_tape(project.tape(), lying_key=look(project)[Step.AUXILIARY].key)
        assert look(project)[Step.TAPE].status is Status.DONE
        for c in (0, 1):
            picture = np.full((720, 1280), 90, np.uint8)
            project.add_view(LYING, c, picture)
        seen = look(project)
        assert seen[Step.TAPE].stale
        assert "if it was moved, measure again" in seen[Step.TAPE].sentence

    def test_board_out_of_view_is_a_problem_of_the_auxiliary_step(self, project):
        project.add_view(LYING, 1, np.full((720, 1280), 90, np.uint8))
        stages.search(project, LYING)
        state = look(project)[Step.AUXILIARY]
        assert state.status is Status.PROBLEM
        assert "camera 1" in state.sentence

    def test_too_few_common_views_say_how_many(self, project):
        for name in list(project.pairs())[2:]:
            project.drop(PAIR, name)
        state = look(project)[Step.PAIR]
        assert state.status is Status.PARTIAL
        assert not state.may_go_on
        assert "at 2 of 2 moments" in state.sentence

    def test_pictures_of_another_resolution(self, project):
        spec = CameraSpec(name="left", width_px=1920, height_px=1080)
        project.set_cameras((spec, spec.model_copy(update={"name": "right"})), skew_ms=None)
        state = look(project)[Step.CAMERAS]
        assert state.status is Status.PROBLEM
        assert "1280×720" in state.sentence

    def test_what_is_wrong_with_a_file_is_its_step_s_problem(self, project):
        (project.folder / "room.toml").write_text("[board]\nwidth_m = 400\nheight_m = 120\n", "utf-8")
        (project.folder / "tape.csv").write_text("point_a,point_b,distance_m\nC00,B_TL,334.3\n", "utf-8")
        seen = look(project)
        assert seen[Step.ROOM].status is Status.PROBLEM
        assert "not plausible" in seen[Step.ROOM].sentence
        assert seen[Step.TAPE].status is Status.PROBLEM
        assert "centimetres" in seen[Step.TAPE].sentence

    @pytest.mark.parametrize(("text", "words"), [("version = 9", "version"), ("version = 1\nunti = 3", "made_utc")])
    def test_damaged_notes_are_refused(self, tmp_path, text, words):
        (tmp_path / "project.toml").write_text(text, "utf-8")
        with pytest.raises(InputError, match=words):
            open_project(tmp_path)


class TestWrongMoves:
    def test_swapped_cameras_are_recognised_and_exchanged(self, project):
        project.exchange_cameras()
        stages.search(project, PAIR)
        figures = stages.solve_pair(project)
        assert figures.failure is not None
        state = look(project)[Step.PAIR]
        assert state.status is Status.PROBLEM
        assert "swapped" in state.sentence
        project.exchange_cameras()
        assert stages.solve_pair(project).failure is None
        assert look(project)[Step.PAIR].may_go_on

    def test_exchanging_takes_notes_room_and_tape_along(self, project):
        left = CameraSpec(name="left", width_px=1280, height_px=720)
        project.set_cameras((left, left.model_copy(update={"name": "right"})), skew_ms=None)
        from gazeclass.calibration.tape import Reading

        project.save_tape((Reading("CAM0", "B_TR", 0.3),))
        project.exchange_cameras()
        assert [c.name for c in project.notes().cameras] == ["right", "left"]
        assert [c.name for c in project.room().cameras] == ["right", "left"]
        assert project.tape()[0].point_a == "CAM1"

    def test_a_wrong_square_shows_against_the_taped_baseline(self, project):
        true = look(project).figures.pair.baseline_m
        project.change(baseline_m=round(true, 3))
        assert look(project)[Step.PAIR].status is Status.DONE
        project.choose_target(chessboard("9x6", 0.06))
        stages.solve_pair(project)
        state = look(project)[Step.PAIR]
        assert state.status is Status.PROBLEM
        assert "the squares are 80.0 mm, not 60.0 mm" in state.sentence

    def test_a_baseline_in_centimetres(self, project):
        project.change(baseline_m=100 * look(project).figures.pair.baseline_m)
        assert "looks like centimetres" in look(project)[Step.PAIR].sentence

    def test_a_wrong_square_shows_in_the_tape(self, project):
        project.choose_target(chessboard("9x6", 0.06))
        stages.solve_all(project)
        state = look(project)[Step.TAPE]
        assert state.status is Status.PROBLEM
        assert "the square is given as 60.0 mm, but the tape fits squares of 80" in state.sentence

    def test_a_misread_reading_is_named(self, project):
        from dataclasses import replace

        readings = project.tape()
        project.save_tape(
            (*readings[:3], replace(readings[3], distance_m=readings[3].distance_m + 0.11), *readings[4:])
        )
        stages.solve_room(project)
        state = look(project)[Step.TAPE]
        assert state.status is Status.PROBLEM
        assert state.sentence.startswith(f"{readings[3].name} disagrees by 11")

    def test_a_ruler_in_the_wrong_unit(self, empty):
        empty.choose_target(TARGET)
        with pytest.raises(InputError, match="write millimetres"):
            empty.measure_ruler(9.8)
        assert empty.target() == TARGET

    def test_a_ruler_before_a_board_was_chosen(self, empty):
        with pytest.raises(InputError, match="no board was chosen"):
            empty.measure_ruler(98.0)

    def test_a_room_that_cannot_be_leaves_the_old_one(self, empty):
        empty.save_room(board())
        with pytest.raises(InputError, match="not plausible"):
            empty.save_room(
                board(name="x").model_copy(update={"board": board().board.model_copy(update={"width_m": 400})})
            )
        assert empty.room().name == "Room 7"


class TestViews:
    def test_dropped_views_leave_the_folder_and_come_back(self, project):
        names = list(project.pairs())
        project.drop(PAIR, names[1])
        assert names[1] not in project.pairs()
        assert project.dropped(PAIR) == ((0, names[1]), (1, names[1]))
        assert look(project)[Step.PAIR].stale
        project.undo_drop(PAIR, names[1])
        assert list(project.pairs()) == names
        assert not look(project)[Step.PAIR].stale

    def test_a_name_is_never_used_twice(self, empty):
        picture = np.zeros((4, 6), np.uint8)
        assert [empty.add_pair(PAIR, (picture, picture)) for _ in range(2)] == ["000", "001"]
        empty.drop(PAIR, "001")
        assert empty.next_name(PAIR) == "002"

    def test_clearing_a_part_leaves_no_empty_folder(self, project):
        project.clear(PAIR)
        assert not (project.folder / "stereo").exists()
        assert look(project)[Step.PAIR].status is Status.TODO

    def test_half_a_pair_is_not_kept(self, empty, monkeypatch):
        picture = np.zeros((4, 6), np.uint8)
        save = picture_folder._save_png

        def full(path: Path, image: np.ndarray) -> None:
            if "cam1" in str(path):
                raise InputError("cannot be written (No space left on device)", where=path)
            save(path, image)

        monkeypatch.setattr(picture_folder, "_save_png", full)
        with pytest.raises(InputError, match="No space"):
            empty.add_pair(PAIR, (picture, picture))
        assert empty.pictures(PAIR, 0) == {}

    def test_a_second_auxiliary_picture_replaces_the_first(self, empty):
        (empty.folder / LYING).mkdir()
        (empty.folder / LYING / "cam0.jpg").write_bytes(b"old")
        empty.add_view(LYING, 0, np.zeros((4, 6), np.uint8))
        assert [p.name for p in (empty.folder / LYING).iterdir()] == ["cam0.png"]


class TestResult:
    def test_the_project_equals_calibrate_folder(self, project):
        ours = load_classroom(project.folder / "classroom.toml")
        plain = calibrate_folder(project.folder, TARGET, options=Options()).classroom
        assert_equal(ours.model_dump(exclude={"made_utc"}), plain.model_dump(exclude={"made_utc"}))

    def test_left_half_way_and_resumed(self, project):
        """Closed after the pair, opened by another program: nothing is searched again, the rest goes on."""
        kept = {name: (project.folder / name).read_bytes() for name in ("tape.csv", "room.toml")}
        for name in ("tape.csv", "classroom.toml"):
            (project.folder / name).unlink()
        project.clear(LYING)
        resumed = open_project(project.folder)
        seen = look(resumed)
        assert seen[Step.PAIR].status is Status.DONE
        assert seen.first_open is Step.AUXILIARY
        for c in (0, 1):
            resumed.undo_drop(LYING, f"cam{c}", c)
        (resumed.folder / "tape.csv").write_bytes(kept["tape.csv"])
        assert stages.solve_lying(resumed).failure is None
        assert stages.solve_room(resumed) is not None
        assert look(resumed).first_open is Step.CHECK

    def test_a_failure_is_told_again_after_a_restart(self, project):
        project.save_tape(project.tape()[:5] + project.tape()[:0])
        stages.solve_room(project)
        again = json.loads((project.folder / ".cache" / "figures.json").read_text("utf-8"))
        assert "5 tape readings" in again["room"]["failure"]["what"]
        assert not look(open_project(project.folder))[Step.TAPE].may_go_on


def saved_in_library(solved_folder, root):
    """A calibrated project as "Room 7" of the library at ``root``, with its classroom's folder."""
    place = project_in_library(root, "Room 7")
    shutil.copytree(solved_folder, place)
    inside = open_project(place)
    inside.skip("check")
    return inside, library.save_to_library(inside, root)


class TestLibrary:
    def test_a_project_inside_the_library_gets_its_classroom_beside_it(self, solved_folder, tmp_path):
        _, home = saved_in_library(solved_folder, tmp_path)
        assert home == tmp_path / "room-7"
        assert load_classroom(home / "classroom.toml").complete
        assert project_in_library(tmp_path, "Room 7") == tmp_path / "room-7-2" / "calibration"

    def test_calibrated_again_a_classroom_keeps_zones_and_days(self, solved_folder, tmp_path):
        inside, home = saved_in_library(solved_folder, tmp_path)
        whole = Zone(name="all of it", x0_m=0.0, y0_m=0.0, x1_m=4.0, y1_m=1.2)
        change_classroom(home, zones=(whole,), keep_lessons_days=30)
        # As with a classroom saved before both were written to the room too.
        inside.save_room(inside.room().model_copy(update={"zones": (), "keep_lessons_days": None}))
        hand_on(inside)
        stages.solve_room(inside)
        library.save_to_library(inside, tmp_path)
        kept = load_classroom(home / "classroom.toml")
        assert (kept.zones, kept.keep_lessons_days) == ((whole,), 30)

    def test_zones_made_while_the_wizard_is_open_stay_too(self, project, tmp_path):
        project.skip("check")
        home = library.save_to_library(project, tmp_path / "library")
        whole = Zone(name="all of it", x0_m=0.0, y0_m=0.0, x1_m=4.0, y1_m=1.2)
        change_classroom(home, zones=(whole,))
        library.save_to_library(project, tmp_path / "library")
        assert load_classroom(home / "classroom.toml").zones == (whole,)
        assert load_classroom(project.folder / "classroom.toml").zones == (whole,)

    def test_a_project_elsewhere_is_copied(self, project, tmp_path):
        project.skip("check")
        shelf = tmp_path / "library"
        home = library.save_to_library(project, shelf)
        assert home == shelf / "room-7"
        assert sorted(p.name for p in home.iterdir()) == ["calibration", "classroom.toml"]
        assert look(open_project(home / "calibration"))[Step.TAPE].status is not Status.PROBLEM
        assert [p.name for p in shelf.iterdir()] == ["room-7"]

    def test_disk_full_at_save_loses_nothing(self, project, tmp_path, monkeypatch):
        project.skip("check")
        shelf = tmp_path / "library"
        home = library.save_to_library(project, shelf)
        before = {p.relative_to(shelf): p.read_bytes() for p in shelf.rglob("*") if p.is_file()}
        mine = {p: p.read_bytes() for p in project.folder.rglob("*") if p.is_file()}
        copied = 0

        def full(source: Path, destination: Path) -> None:
            nonlocal copied
            copied += 1
            if copied > 3:
                raise OSError(errno.ENOSPC, "No space left on device")
            shutil.copyfile(source, destination)

        monkeypatch.setattr(library.shutil, "copy2", full)
        with pytest.raises(InputError, match=r"No space left.*nothing of the calibration is lost"):
            library.save_to_library(project, shelf)
        assert {p.relative_to(shelf): p.read_bytes() for p in shelf.rglob("*") if p.is_file()} == before
        assert {p: p.read_bytes() for p in project.folder.rglob("*") if p.is_file()} == mine
        assert [p.name for p in shelf.iterdir()] == [home.name]

    def test_disk_full_while_the_classroom_is_written(self, project, monkeypatch):
        before = (project.folder / "classroom.toml").read_bytes()

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("gazeclass.atomic.os.fsync", full)
        with pytest.raises(InputError, match="No space left"):
            stages.solve_room(project)
        assert (project.folder / "classroom.toml").read_bytes() == before
        assert not list(project.folder.glob(".classroom*"))

    def test_an_unfinished_classroom_is_not_saved(self, project, tmp_path):
        with pytest.raises(InputError, match="not computed yet"):
            library.save_to_library(project, tmp_path / "library")

    def test_unfinished_projects_are_found(self, empty, tmp_path):
        empty.save_room(board())
        shelf = tmp_path / "library"
        assert [u.name for u in library.unfinished(shelf)] == ["Room 7"]
        (empty.folder / "room.toml").write_text("not toml [", "utf-8")
        assert [u.name for u in library.unfinished(shelf)] == ["room"]
        assert library.unfinished(tmp_path / "nowhere") == ()

    @pytest.mark.parametrize(
        ("name", "slug"),
        [("Room 7", "room-7"), ("三年二班", "三年二班"), ("a/b\\c:d", "a-b-c-d"), ("///", "classroom")],
    )
    def test_folder_names(self, name, slug):
        assert room_slug(name) == slug


def test_lens_pictures_count_for_one_camera_only(empty):
    empty.choose_target(TARGET)
    empty.add_view(LENS, 1, np.zeros((720, 1280), np.uint8))
    seen = look(empty)
    assert seen[Step.LENS0].status is Status.TODO
    assert seen[Step.LENS1].needs_search


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("source", ["sample", pytest.param("lesson_a", marks=pytest.mark.shared)])
def test_the_wizard_s_result_is_that_of_calibrate(source, tmp_path, request):
    """Built up as the wizard does, view by view, from pictures fed as a camera would give them."""
    from gazeclass.calibration.views import read_picture
    from gazeclass.sample import sample_folder

    folder = request.getfixturevalue("lesson_a") if source == "lesson_a" else sample_folder()
    origin = folder / "calibration"
    printed = chessboard("9x6", 0.060)
    made = create_project(tmp_path / "calibration")
    made.choose_target(printed)
    for name in ("room.toml", "tape.csv"):
        shutil.copy2(origin / name, made.folder / name)
    for part in (LENS, PAIR):
        for c in (0, 1):
            for path in sorted((origin / part / f"cam{c}").iterdir()):
                made.add_view(part, c, read_picture(path), path.stem)
    for c in (0, 1):
        made.add_view(LYING, c, read_picture(origin / "auxiliary" / f"cam{c}.jpg"))
    result = stages.solve_all(made)
    assert result is not None
    plain = calibrate_folder(origin, printed)
    # The folder's name names the room where room.toml does not.
    skip = {"made_utc", "name"}
    assert_equal(result.classroom.model_dump(exclude=skip), plain.classroom.model_dump(exclude=skip))
    seen = look(made)
    assert seen.first_open is Step.CHECK
    assert all(seen[step].status in (Status.DONE, Status.PARTIAL) for step in list(Step)[:-2])


def test_a_board_that_looks_the_same_turned_asks_for_its_origin(solved_folder, tmp_path):
    """An even and an even count: nothing in the pictures tells which corner is C00; a click does."""
    from gazeclass.calibration.figures import LyingFigures
    from gazeclass.calibration.stages import _keep
    from gazeclass.calibration.step_facts import keys

    made = open_project(Path(shutil.copytree(solved_folder, tmp_path / "calibration")))
    lying = look(made).figures.lying
    assert isinstance(lying, LyingFigures)
    _keep(made, lying=lying.model_copy(update={"half_turn_known": False}))
    state = look(made)[Step.AUXILIARY]
    assert state.status is Status.PARTIAL
    assert state.missing == ("the origin corner",)
    assert not state.may_go_on
    made.change(half_turn=False)
    assert look(made)[Step.AUXILIARY].needs_solve
    _keep(made, lying=lying.model_copy(update={"half_turn_known": False, "key": keys(made).lying}))
    assert look(made)[Step.AUXILIARY].status is Status.DONE


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.shared
def test_a_recording_in_place_of_pictures(shared_data, tmp_path):
    """``two_webcams``: a ChArUco board in two videos, the left camera named second."""
    from gazeclass.calibration.target import charuco

    made = create_project(tmp_path / "calibration")
    (made.folder / "stereo").symlink_to(shared_data / "two_webcams" / "calibration" / "extrinsic")
    made.choose_target(charuco("4x5", 0.054, "DICT_4X4_1000", inverted=True))
    seen = look(made)
    assert seen[Step.CAMERAS].may_go_on
    assert seen[Step.LENS0].may_go_on
    assert seen[Step.PAIR].needs_solve
    assert stages.solve_pair(made).failure is not None
    assert "swapped" in look(made)[Step.PAIR].sentence
    with pytest.raises(InputError, match="videos"):
        made.exchange_cameras()
    made.change(any_order=True)
    assert look(made)[Step.PAIR].stale
    figures = stages.solve_pair(made)
    assert figures.baseline_m == pytest.approx(1.132, rel=0.05)  # Caliscope's
    assert look(made)[Step.PAIR].may_go_on
