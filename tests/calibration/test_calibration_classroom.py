import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeclass.calibration.classroom import Classroom, load_classroom, save_classroom
from gazeclass.calibration.room import read_room
from gazeclass.calibration.room_parts import Seat, Zone
from gazeclass.errors import InputError
from gazeclass.geometry.frames import Board
from gazeclass.geometry.rotation import exp_so3


@pytest.fixture(scope="module")
def classroom(solved) -> Classroom:
    changes = {
        "seats": (Seat(name="1A", position_m=(1.0, 1.1, 2.5), row=1, student="S01"),),
        "zones": (Zone(name="left half", x0_m=2.0, y0_m=0.0, x1_m=4.0, y1_m=1.2),),
    }
    return solved.classroom.model_copy(update=changes)


def test_saving_and_loading_changes_nothing(classroom, tmp_path):
    path = tmp_path / "classroom.toml"
    save_classroom(classroom, path)
    assert load_classroom(path) == classroom
    assert list(tmp_path.iterdir()) == [path]


def test_an_unfinished_classroom_is_saved_too(classroom, tmp_path):
    part = classroom.model_copy(update={"world": None, "auxiliary": None, "board_size": None, "tape": ()})
    save_classroom(part, tmp_path / "c.toml")
    again = load_classroom(tmp_path / "c.toml")
    assert again == part
    assert not again.complete
    assert again.rig().T_WC is None
    assert not again.frame_covariance().any()
    with pytest.raises(InputError, match="does not know its board's size"):
        again.board()


def test_what_others_ask_a_classroom_for(classroom, solved):
    rig = classroom.rig()
    np.testing.assert_array_equal(rig.T_10.t, solved.stereo.T_10.t)
    np.testing.assert_allclose(rig.T_WC.t, (solved.survey.T_WA @ solved.auxiliary.T_AC).t, atol=1e-9)
    assert classroom.board() == Board(4.0, 1.2)
    np.testing.assert_allclose(classroom.frame_covariance(), solved.survey.cov_T_WA, atol=1e-18)
    assert classroom.complete
    assert classroom.seats[0].name == "1A"


def test_the_covariance_of_the_camera_pose_is_carried_over_correctly(classroom, solved):
    """Against sampling: perturb T_WA by its covariance, see how camera 0 moves."""
    rng = np.random.default_rng(0)
    cov = classroom.frame_covariance()
    draws = rng.multivariate_normal(np.zeros(6), cov, 4000)
    arm = solved.survey.T_WA.R @ solved.auxiliary.T_AC.t
    moved = exp_so3(draws[:, :3]) @ arm - arm + draws[:, 3:]
    from_tape = np.cov(moved.T)
    total = classroom.camera_frame_covariance()[3:, 3:]
    # What is more than the tape's share is the auxiliary frame's, small here.
    np.testing.assert_allclose(np.sqrt(np.diag(total)), np.sqrt(np.diag(from_tape)), rtol=0.15)


@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3), st.floats(1e-9, 1e6))
def test_numbers_survive_to_the_last_digit(position, rms):
    import tomllib

    import tomlkit

    from gazeclass.calibration.toml_file import _toml

    document = tomlkit.document()
    document.add("p", _toml(tuple(position)))
    document.add("r", rms)
    assert tomllib.loads(tomlkit.dumps(document)) == {"p": position, "r": rms}


def spoil(text: str, pattern: str, replacement: str) -> str:
    changed, count = re.subn(pattern, replacement, text, count=1, flags=re.MULTILINE)
    assert count == 1, pattern
    return changed


@pytest.mark.parametrize(
    ("pattern", "replacement", "message"),
    [
        (r"^version = 1", "version = 99", "version 99, this program reads version 1"),
        (r"^version = 1\n", "", "is no classroom"),
        (r"^width_m = 4.0", "width_m = -4.0", "board.width_m"),
        (r"^width_px = \d+", "width_px = 0", "width_px"),
        (r"(?s)(R_10 = \[\s*\[)[-\d.e]+", r"\g<1>0.5", "is not a rotation"),
        (r"^baseline_m = [\d.]+", "baseline_m = 1.0", "baseline_m is not the length"),
        (r"(?s)(covariance = \[\s*\[)[-\d.e]+", r"\g<1>-1.0", "covariance"),
        (r"^distortion = \[[^\]]*\]", "distortion = [0.1, 0.2]", "4, 5, 8, 12 or 14"),
        (r"^made_utc = .*", "made_utc = 2026-01-01T00:00:00", "time zone"),
        (r"^rms_px = [\d.e-]+", "rms_px = nan", "rms_px"),
        (r"^name = .*", 'nmae = "x"', "nmae|name"),
        (r"^\[board\]", "[board", "is not valid TOML"),
        (r"(?s)\[board\].*?\n\n", "", "needs the auxiliary frame and the board's size"),
    ],
)
def test_a_file_that_cannot_be_true_is_refused(classroom, tmp_path, pattern, replacement, message):
    path = tmp_path / "classroom.toml"
    save_classroom(classroom, path)
    path.write_text(spoil(path.read_text("utf-8"), pattern, replacement), "utf-8")
    with pytest.raises(InputError, match=message) as caught:
        load_classroom(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_file_and_one_that_is_no_text(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        load_classroom(tmp_path / "none.toml")
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="Save the file as UTF-8"):
        load_classroom(tmp_path / "x.toml")


def test_two_zones_of_one_name_and_a_zone_inside_out(classroom):
    zone = {"name": "z", "x0_m": 0, "y0_m": 0, "x1_m": 1, "y1_m": 1}
    raw = classroom.model_dump(by_alias=True)
    with pytest.raises(ValueError, match=r"zones\n.*'z' is there twice"):
        Classroom.model_validate(raw | {"zones": [zone, zone]})
    with pytest.raises(ValueError, match="x0 must be below x1"):
        Zone(name="z", x0_m=1, y0_m=0, x1_m=0, y1_m=1)


BOARD = "[board]\nwidth_m = 4.0\nheight_m = 1.2\n"
SEAT = '[[seats]]\nname = "1A"\nposition_m = [1.0, 1.1, 2.5]\n'
MIDDLE = '[[zones]]\nname = "middle"\nx0_m = 1.0\ny0_m = 0.0\nx1_m = 3.0\ny1_m = 1.2\n'
LEFT = '[[zones]]\nname = "left"\nx0_m = 2.9\ny0_m = 0.0\nx1_m = 4.0\ny1_m = 1.2\n'


def test_a_room_with_all_there_can_be(tmp_path):
    path = tmp_path / "room.toml"
    path.write_text(
        'name = "Room 7"\n[board]\nwidth_m = 4.0\nheight_m = 1.2\n[[cameras]]\nname = "left"\ndevice = "/dev/video0"\n'
        'focus_locked = true\n[[seats]]\nname = "1A"\nposition_m = [1.0, 1.1, 2.5]\nrow = 1\n' + MIDDLE,
        "utf-8",
    )
    room = read_room(path)
    assert room.cameras[0].device == "/dev/video0"
    assert room.seats[0].position_m == (1.0, 1.1, 2.5)
    assert room.zones[0].name == "middle"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("width_m = 4.0", "board: it is missing|width_m: there is no such key"),
        ("[board]\nwidth_m = 4.0\n", "board.height_m: it is missing"),
        ("[board]\nwidth_m = 400\nheight_m = 120\n", "width_m = 400 is not plausible"),
        ("[board]\nwidth_m = 4.0\nheight_m = '1.2 m'\n", "board.height_m"),
        ("[board\nwidth_m = 4.0", "is not valid TOML"),
        (
            "[board]\nwidth_m = 4.0\nheight_m = 1.2\n[[zones]]\nname = 'far'\nx0_m=3.0\ny0_m=0.0\nx1_m=5.0\ny1_m=1.0\n",
            "zone 'far' reaches beyond the board",
        ),
        (BOARD + SEAT + SEAT, "seats: '1A' is there twice"),
        (BOARD + LEFT + LEFT, "zones: 'left' is there twice"),
        (BOARD + LEFT + MIDDLE, "zones: 'left' and 'middle' overlap"),
    ],
)
def test_a_room_that_cannot_be(tmp_path, text, message):
    path = tmp_path / "room.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=message):
        read_room(path)
