"""``gazeclass plan``: a room before anything is mounted."""

import csv
from pathlib import Path

import pytest

from gazeclass.calibration.plan import PlannedCameras, plan_room, planned_rig, write_plan
from gazeclass.calibration.room import read_room
from gazeclass.calibration.target import chessboard
from gazeclass.cli.plan import plan
from gazeclass.errors import InputError
from gazeclass.sample import sample_folder

ROOM = sample_folder() / "calibration" / "room.toml"
TARGET = chessboard("9x6", 0.060)
SIGMA = (5.0, 5.0, 5.0)


def made(**more: object):
    return plan_room(read_room(ROOM), TARGET, PlannedCameras(**more), SIGMA, readings=6)  # type: ignore[arg-type]


@pytest.fixture
def room_file(tmp_path: Path) -> Path:
    path = tmp_path / "room.toml"
    path.write_text(
        '[board]\nwidth_m = 4.0\nheight_m = 1.2\n[[seats]]\nname = "=1+1"\nposition_m = [2.0, 1.0, 4.0]\n'
        '[[seats]]\nname = "[/under] it"\nposition_m = [2.0, 1.0, 0.2]\n',
        "utf-8",
    )
    return path


def test_the_command_prints_and_writes(room_file, tmp_path, capsys):
    plan(room_file, tmp_path / "plan.csv", "1920x1080", 66.0, "", "", "9x6", 0.060, 6)
    printed = capsys.readouterr().out
    assert "1. measure" in printed
    assert "Not seen by both cameras: [/under] it" in printed
    rows = list(csv.DictReader((tmp_path / "plan.csv").read_text("utf-8-sig").splitlines()))
    assert rows[0]["seat"] == "'=1+1"
    assert float(rows[0]["sigma_x_m"]) > 0.1
    assert rows[1]["sigma_x_m"] == ""
    assert "sees this seat" in rows[1]["reason"]


def test_a_page(tmp_path):
    write_plan(made(), tmp_path / "plan.pdf")
    assert (tmp_path / "plan.pdf").read_bytes().startswith(b"%PDF")


def test_it_foretells_the_sample_s_calibration():
    """Seats of the sample, cameras as planned: pose and position as with the real calibration of that room."""
    import numpy as np

    from gazeclass.calibration.seat_precision import seat_precision
    from gazeclass.geometry.frames import Transform
    from gazeclass.geometry.stereo import StereoRig

    room = read_room(ROOM)
    ours = made().seats
    rig = planned_rig(room, PlannedCameras())
    nudged = StereoRig(rig.cameras, rig.T_10, Transform(rig.T_WC.R, rig.T_WC.t + np.array([-0.03, -0.1, 0.0])))
    for a, b in zip(ours, seat_precision(nudged, room.board, room.seats, sigma_deg=SIGMA), strict=True):
        assert a.error_m == pytest.approx(b.error_m, rel=0.1)


def test_better_cameras_and_more_readings_help():
    fine, coarse = made(), made(width_px=192, height_px=108)
    for a, b in zip(fine.seats, coarse.seats, strict=True):
        assert a.face_px > 9 * b.face_px
        assert a.position_m < b.position_m
    assert "face here is only" in coarse.seats[-1].reason
    near = fine
    errors = [p.error_after_m for p in near.readings]
    assert errors == sorted(errors, reverse=True)


def test_cameras_close_together_are_worse():
    wide = made()
    close = made(positions_m=((1.9, 0.0, 0.1), (2.1, 0.0, 0.1)))
    assert all(a.position_m < b.position_m for a, b in zip(wide.seats, close.seats, strict=True))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"view_deg": 200.0}, "angle of view"),
        ({"positions_m": ((1.0, 0.0, 0.1), (1.0, 0.0, 0.1))}, "at one place"),
        ({"positions_m": ((1.0, 0.0, 9.0), (3.0, 0.0, 9.0))}, "instead of the class"),
    ],
)
def test_cameras_that_cannot_be(arguments, words):
    with pytest.raises(InputError, match=words):
        made(**arguments)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"size": "10x10"}, "cannot be planned"),
        ({"size": "huge"}, "not a pattern"),
        ({"cam0": "1,2", "cam1": "0,0,0"}, "is no place"),
        ({"cam0": "1,2,x", "cam1": "0,0,0"}, "is no place"),
        ({"cam0": "1,2,nan", "cam1": "0,0,0"}, "is no place"),
        ({"cam0": "0,0,0.1"}, "only one camera"),
    ],
)
def test_wrong_options(room_file, changed, words):
    options = {
        "size": "1920x1080",
        "view": 66.0,
        "cam0": "",
        "cam1": "",
        "pattern": "9x6",
        "square": 0.06,
        "readings": 3,
    } | changed
    with pytest.raises(InputError, match=words):
        plan(room_file, None, **options)


def test_a_room_without_seats(tmp_path):
    path = tmp_path / "room.toml"
    path.write_text("[board]\nwidth_m = 4.0\nheight_m = 1.2\n", "utf-8")
    with pytest.raises(InputError, match="no seats"):
        plan(path, None, "1920x1080", 66.0, "", "", "9x6", 0.06, 3)


def test_an_ending_that_is_none_of_ours(tmp_path):
    with pytest.raises(InputError, match=r"\.pdf or \.csv"):
        write_plan(made(), tmp_path / "plan.docx")
