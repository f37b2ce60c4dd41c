import numpy as np
import pytest

from gazeclass.capture.timestamps import read_timestamps
from gazeclass.errors import InputError


def test_our_form(tmp_path):
    path = tmp_path / "timestamps.csv"
    path.write_text("\ufeffcamera,frame,t_s\ncam1,1,0.113\ncam0,0,0.0\ncam1,0,0.013\ncam0,2,0.2\n", encoding="utf-8")
    t0, t1 = read_timestamps(path)
    np.testing.assert_array_equal(t0, [0.0, np.nan, 0.2])
    np.testing.assert_array_equal(t1, [0.013, 0.113])


def test_caliscopes_form(tmp_path):
    path = tmp_path / "timestamps.csv"
    path.write_text("sync_index,cam_id,frame_time\n26,1,123.33\n26,0,123.34\n27,1,123.50\n28,1,123.67\n28,0,123.66\n")
    t0, t1 = read_timestamps(path)
    np.testing.assert_array_equal(t0, [123.34, 123.66])
    np.testing.assert_array_equal(t1, [123.33, 123.50, 123.67])


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
    path = tmp_path / "timestamps.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_timestamps(path)
    assert str(path) in str(caught.value)


def test_files_that_are_no_text(tmp_path):
    path = tmp_path / "timestamps.csv"
    path.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(InputError, match="cannot be read"):
        read_timestamps(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_timestamps(tmp_path / "absent.csv")
