import numpy as np
import pytest

from gazeclass.errors import InputError
from gazeclass.timestamps import read_timestamps


def write(tmp_path, text):
    path = tmp_path / "timestamps.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_our_form(tmp_path):
    path = write(tmp_path, "\ufeffcamera,frame,t_s\ncam1,1,0.113\ncam0,0,0.0\ncam1,0,0.013\ncam0,2,0.2\n")
    t0, t1 = read_timestamps(path)
    np.testing.assert_array_equal(t0, [0.0, np.nan, 0.2])
    np.testing.assert_array_equal(t1, [0.013, 0.113])


def test_caliscopes_form_in_which_a_dropped_frame_has_an_empty_time(tmp_path):
    text = "sync_index,cam_id,frame_time\n26,1,123.33\n26,0,123.34\n27,0,\n27,1,123.50\n28,1,123.67\n28,0,123.66\n"
    t0, t1 = read_timestamps(write(tmp_path, text))
    np.testing.assert_array_equal(t0, [123.34, 123.66])
    np.testing.assert_array_equal(t1, [123.33, 123.50, 123.67])


def test_as_a_spreadsheet_saves_it(tmp_path):
    t0, t1 = read_timestamps(write(tmp_path, "Camera;Frame;t_s\r\ncam0;0;0,5\r\ncam1;0;0,513\r\n\r\n"))
    assert (t0[0], t1[0]) == (0.5, 0.513)


@pytest.mark.parametrize(
    ("left", "right"),
    [("cam0", "cam1"), ("0", "1"), ("2", "10"), ("Camera 1", "Camera 2"), ("left", "right"), ("Links", "rechts")],
)
def test_the_left_camera_is_known_by_its_name_whatever_comes_first(tmp_path, left, right):
    t0, t1 = read_timestamps(write(tmp_path, f"camera,frame,t_s\n{right},0,1.5\n{left},0,1.0\n"))
    assert (t0[0], t1[0]) == (1.0, 1.5)


def test_names_that_tell_nothing_are_refused_not_sorted(tmp_path):
    with pytest.raises(InputError, match=r"'window' and 'door'.*Call the left one"):
        read_timestamps(write(tmp_path, "camera,frame,t_s\nwindow,0,1.5\ndoor,0,1.0\n"))


def test_milliseconds_are_noticed_but_a_frame_every_second_or_long_gap_is_none(tmp_path):
    head = "camera,frame,t_s\n"
    with pytest.raises(InputError, match=r"every 100 s: are the times milliseconds\?"):
        read_timestamps(write(tmp_path, head + "cam0,0,0\ncam0,1,100\ncam0,2,200\ncam1,0,0\n"))
    read_timestamps(write(tmp_path, head + "cam0,0,0\ncam0,1,1\ncam1,0,0\n"))
    read_timestamps(write(tmp_path, head + "cam0,0,0\ncam0,600,60\ncam1,0,0\n"))


HEAD = "camera,frame,t_s\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "columns are not known: none"),
        ("a,b\n1,2\n", "columns are not known: a, b"),
        (HEAD, "names 0 cameras"),
        (HEAD + "cam0,0,0\n", "names 1 cameras"),
        (HEAD + "cam0,0,0\ncam1,0,0\ncam2,0,0\n", "names 3 cameras"),
        (HEAD + "cam0,zero,0\n", "line 2"),
        (HEAD + "cam0,0\n", "line 2"),
        (HEAD + "cam0,0,nan\n", "line 2"),
        (HEAD + "cam0,-1,0\n", "frame -1"),
        (HEAD + "cam0,99999999,0\n", "frame 99999999"),
        (HEAD + "cam0,0,0\ncam0,0,1\n", "second time"),
        (HEAD + "cam0,0,0\ncam0,1,0\ncam1,0,0\n", "do not increase"),
    ],
)
def test_bad_tables_are_refused_by_line(tmp_path, text, message):
    path = write(tmp_path, text)
    with pytest.raises(InputError, match=message) as caught:
        read_timestamps(path)
    assert str(path) in str(caught.value)


def test_files_that_are_no_text(tmp_path):
    path = tmp_path / "timestamps.csv"
    path.write_bytes(b"\xff\xfe\x00\x81\x00")
    with pytest.raises(InputError, match="cannot be read"):
        read_timestamps(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_timestamps(tmp_path / "absent.csv")
