"""What a person gave a classroom stays when it is calibrated again; zones that do not fit a new board are named."""

import shutil
from pathlib import Path

import pytest

from gazeclass.calibration.classroom import Classroom, load_classroom, save_classroom
from gazeclass.calibration.given import change_classroom, fit_zones, given_zones, hand_on, with_given
from gazeclass.calibration.project import Project, create_project, open_project
from gazeclass.calibration.room import read_room
from gazeclass.calibration.room_parts import BoardSize, Zone
from gazeclass.errors import InputError
from gazeclass.sample import sample_folder

SAVED = load_classroom(Path(__file__).resolve().parents[2] / "calibration" / "classroom.toml")
BOARD = SAVED.board_size
WIDTH_M, HEIGHT_M = BOARD.width_m, BOARD.height_m
HALF_M = WIDTH_M / 2
LEFT = Zone(name="left", x0_m=HALF_M, y0_m=0.0, x1_m=WIDTH_M, y1_m=HEIGHT_M)
RIGHT = Zone(name="right", x0_m=0.0, y0_m=0.0, x1_m=HALF_M, y1_m=HEIGHT_M)


@pytest.fixture
def saved() -> Classroom:
    return SAVED.model_copy(update={"zones": (LEFT, RIGHT), "keep_lessons_days": 30})


@pytest.fixture
def home(saved: Classroom, tmp_path: Path) -> Path:
    """The sample room in a library, with zones and an end of its lessons that only the classroom knows."""
    home = tmp_path / "classrooms" / "room"
    (home / "calibration").mkdir(parents=True)
    shutil.copy(sample_folder() / "calibration" / "room.toml", home / "calibration")
    save_classroom(saved, home / "classroom.toml")
    return home


def project_of(home: Path) -> Project:
    return create_project(home / "calibration")


def test_zones_that_fit_stay_as_they_are() -> None:
    fitted = fit_zones((LEFT, RIGHT), BOARD)
    assert fitted.zones == (LEFT, RIGHT)
    assert fitted.sentence == ""


def test_a_board_a_little_smaller_cuts_zones_off_and_says_so() -> None:
    fitted = fit_zones((LEFT, RIGHT), BoardSize(width_m=WIDTH_M - 0.1, height_m=HEIGHT_M))
    assert [(z.name, z.x1_m) for z in fitted.zones] == [("left", WIDTH_M - 0.1), ("right", HALF_M)]
    assert fitted.sentence == "Cut off at the board's edge: zone “left”."


@pytest.mark.parametrize("more_m", [0.5, -0.1])
def test_a_zone_beside_the_board_is_left_out_by_name(more_m: float) -> None:
    fitted = fit_zones((LEFT, RIGHT), BoardSize(width_m=HALF_M + more_m, height_m=HEIGHT_M))
    assert fitted.left_out == ("left",)
    assert "zone “left”" in fitted.sentence
    assert [z.name for z in fitted.zones] == ["right"]


def test_no_zone_fits_a_board_that_ends_above_them() -> None:
    low = Zone(name="low", x0_m=0.0, y0_m=HEIGHT_M - 0.4, x1_m=WIDTH_M, y1_m=HEIGHT_M)
    assert fit_zones((low, LEFT), BoardSize(width_m=WIDTH_M, height_m=HEIGHT_M - 0.5)).left_out == ("low", "left")


def test_a_room_calibrated_again_takes_zones_and_days_from_its_classroom(home: Path) -> None:
    project = project_of(home)
    assert project.room().zones == ()
    hand_on(project)
    room = project.room()
    assert room.zones == (LEFT, RIGHT)
    assert room.keep_lessons_days == 30
    assert room.name == "Sample classroom", "whose room.toml has none of its own"
    assert room.seats == read_room(sample_folder() / "calibration" / "room.toml").seats


def test_on_a_smaller_board_only_what_fits_goes_into_the_room(home: Path) -> None:
    project = project_of(home)
    project.save_room(project.room().model_copy(update={"board": BoardSize(width_m=HALF_M + 0.2, height_m=HEIGHT_M)}))
    hand_on(project)
    assert [z.name for z in project.room().zones] == ["right"]
    assert given_zones(project) == (LEFT, RIGHT)


def test_a_classroom_without_its_pictures_gives_board_and_seats_too(home: Path, saved: Classroom) -> None:
    shutil.rmtree(home / "calibration")
    project = project_of(home)
    hand_on(project)
    room = project.room()
    assert (room.name, room.board, room.seats, room.zones) == (saved.name, saved.board_size, saved.seats, (LEFT, RIGHT))
    assert [c.name for c in room.cameras] == [c.name for c in saved.cameras]


def test_a_new_room_is_given_nothing(tmp_path: Path) -> None:
    project = create_project(tmp_path / "classrooms" / "room" / "calibration")
    hand_on(project)
    assert project.room() is None
    assert given_zones(project) == ()


def test_a_damaged_classroom_gives_nothing(home: Path) -> None:
    (home / "classroom.toml").write_text("version = 99\n")
    project = project_of(home)
    before = project.room()
    hand_on(project)
    assert project.room() == before


def test_a_change_is_written_to_classroom_and_room(home: Path) -> None:
    change_classroom(home, zones=(RIGHT,), name="Hall")
    assert load_classroom(home / "classroom.toml").zones == (RIGHT,)
    room = open_project(home / "calibration").room()
    assert (room.zones, room.name) == ((RIGHT,), "Hall")


def test_zones_of_the_old_board_do_not_spoil_a_room_that_is_being_measured_anew(home: Path) -> None:
    project = project_of(home)
    project.save_room(project.room().model_copy(update={"board": BoardSize(width_m=HALF_M + 0.2, height_m=HEIGHT_M)}))
    change_classroom(home, zones=(LEFT, RIGHT))
    assert [z.name for z in project.room().zones] == ["right"]
    assert given_zones(project) == (LEFT, RIGHT)


def test_a_room_that_cannot_be_read_is_told(home: Path) -> None:
    (home / "calibration" / "room.toml").write_text("[board\n")
    with pytest.raises(InputError, match="not valid TOML"):
        hand_on(project_of(home))


def test_a_classroom_calibrated_anew_keeps_what_the_one_before_was_given(saved: Classroom) -> None:
    anew = saved.model_copy(update={"zones": (), "keep_lessons_days": None, "name": "Room 8"})
    kept = with_given(anew, saved)
    assert (kept.zones, kept.keep_lessons_days, kept.name) == ((LEFT, RIGHT), 30, "Room 8")
    assert with_given(saved, anew) == saved
