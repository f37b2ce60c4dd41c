import pytest

from gazeclass.calibration.tape import Points, Reading, read_tape
from gazeclass.calibration.target import chessboard
from gazeclass.errors import InputError

HEADER = "point_a,point_b,distance_m,tolerance_m\n"


def write(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "tape.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_a_tape_is_read_with_comments_blank_lines_and_a_byte_order_mark(tmp_path):
    text = HEADER + "# the long ones\n\nC00,b_tl,3.343,0.005\n c80 , B_TR ,3.370,\nCAM0,B_TR,0.25,\n"
    assert read_tape(write(tmp_path, text, "utf-8-sig")) == [
        Reading("C00", "B_TL", 3.343, 0.005),
        Reading("C80", "B_TR", 3.370, 0.003),
        Reading("CAM0", "B_TR", 0.25, 0.010),
    ]


def test_a_spreadsheet_of_another_country(tmp_path):
    text = "point_a;point_b;distance_m\nC00;B_TL;3,343\n"
    assert read_tape(write(tmp_path, text)) == [Reading("C00", "B_TL", 3.343)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("# nothing\n", "is empty"),
        ("from,to,metres\nC00,B_TL,3.3\n", "lacks the column point_a, point_b, distance_m"),
        (HEADER + "C00,B_TL,three,\n", "line 2: distance_m 'three' is not a length"),
        (HEADER + "C00,B_TL,,\n", "is not a length"),
        (HEADER + "C00,B_TL,-1.0,\n", "is not a length"),
        (HEADER + "C00,B_TL,nan,\n", "is not a length"),
        (HEADER + "C00,B_TL,334.3,\n", "centimetres or millimetres"),
        (HEADER + "C00,B_TL,3343,\n", "centimetres or millimetres"),
        (HEADER + "C00,B_TL,3.343,3\n", "tolerance of 3 m"),
        (HEADER + "C00,,3.343,\n", "a point is missing"),
        (HEADER + "C00,B_TL,3.343,\nB_TL,C00,3.344,\n", "is there twice"),
    ],
)
def test_what_is_wrong_in_a_tape_is_said(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_tape(write(tmp_path, text))


def test_a_tape_that_is_no_text(tmp_path):
    path = tmp_path / "tape.csv"
    path.write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        read_tape(path)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ("C99", "B_TL", "'C99' is no point"),
        ("C00", "B_LT", "'B_LT' is no point"),
        ("C00", "C00", "both points are C00"),
        ("C00", "FLOOR", "height above it"),
        ("E_TOP", "E_LEFT", "tells nothing"),
        ("B_TL", "BOARD", "tells nothing"),
    ],
)
def test_points_that_cannot_be_measured_between(a, b, message):
    with pytest.raises(InputError, match=message):
        Points(chessboard("9x6", 0.06)).check(Reading(a, b, 1.0), "tape.csv")
