import csv
import io

import numpy as np
import pytest

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import long_yaw_angles_deg
from gazeclass.lesson.columns import Student
from gazeclass.lesson.reader import read_lesson
from gazeclass.report.csv_set import SAMPLES_HEADER, harmless, write_csv, write_csv_set
from gazeclass.report.metrics import LessonTimes, class_timeline
from gazeclass.report.tables import reals, small_table, texts

SCRIPT = {
    "S01": [(4.0, "top left"), (2.0, "bottom right"), (2.0, "away"), (2.0, "not_seen")],
    "S02": [(5.0, "top left"), (1.0, "elsewhere"), (4.0, "doubtful")],
}
DESIGN = (
    "t_s,student,seat,status,head_x_m,head_y_m,head_z_m,yaw_deg,pitch_deg,roll_deg,board_x_m,board_y_m,sigma_x_m,"
    "sigma_y_m,corr_xy,on_board,zone,zone_probability,face_px,cameras,skew_s"
)


def read(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def written(lesson_of, tmp_path):
    lesson = lesson_of(SCRIPT)
    times = LessonTimes(lesson)
    folder = tmp_path / "out"
    folder.mkdir()
    paths = write_csv_set(times, class_timeline(times, 2.5), folder)
    assert sorted(p.name for p in paths) == sorted(p.name for p in folder.iterdir())
    return lesson, folder


def test_it_is_the_designs_six_files_with_a_bom(written):
    _, folder = written
    assert {p.name for p in folder.iterdir()} == {
        "lesson.csv",
        "gaze_samples.csv",
        "zone_visits.csv",
        "zone_summary.csv",
        "transitions.csv",
        "class_timeline.csv",
    }
    for path in folder.iterdir():
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert ",".join(SAMPLES_HEADER) == DESIGN
    assert (folder / "gaze_samples.csv").read_text("utf-8-sig").splitlines()[0] == DESIGN


def test_samples_read_back_are_the_observations(written):
    lesson, folder = written
    rows = read(folder / "gaze_samples.csv")
    o = lesson.observations
    assert len(rows) == len(o) == 200

    def column(name):
        return np.array([float(r[name]) if r[name] else np.nan for r in rows])

    np.testing.assert_allclose(column("t_s"), o.t_s, atol=1e-4)
    assert [r["student"] for r in rows] == [lesson.students[k].name for k in o.student]
    assert {(r["student"], r["seat"]) for r in rows} == {("S01", "A1"), ("S02", "A2")}
    position = np.stack([column(f"head_{axis}_m") for axis in "xyz"], axis=1)
    np.testing.assert_allclose(position, o.position_W_m, atol=6e-5)
    angles = np.stack([column(f"{name}_deg") for name in ("yaw", "pitch", "roll")], axis=1)
    known = np.isfinite(o.R_WS).all(axis=(1, 2))
    np.testing.assert_allclose(angles[known], long_yaw_angles_deg(o.R_WS[known]), atol=0.006)
    assert np.isnan(angles[~known]).all()
    np.testing.assert_allclose(column("board_x_m"), o.board_xy_m[:, 0], atol=6e-5)
    np.testing.assert_allclose(column("sigma_x_m") ** 2, o.cov_board_m2[:, 0, 0], rtol=1e-4)
    sxy = column("corr_xy") * column("sigma_x_m") * column("sigma_y_m")
    np.testing.assert_allclose(sxy, o.cov_board_m2[:, 0, 1], rtol=0.02)
    away = [r for r in rows if r["status"] == "away"]
    assert {(r["board_x_m"], r["on_board"], r["zone"], r["head_z_m"]) for r in away} == {("", "", "", "2.5")}
    unseen = [r for r in rows if r["status"] == "not_seen"]
    assert {(r["head_x_m"], r["yaw_deg"], r["cameras"]) for r in unseen} == {("", "", "")}
    assert {r["on_board"] for r in rows if r["zone"] == "top left"} == {"1"}
    assert {r["on_board"] for r in rows if r["status"] == "ok" and not r["zone"]} == {"0"}
    assert {r["cameras"] for r in rows if r["status"] == "ok"} == {"01"}


def test_a_head_facing_the_board_squarely_has_zero_angles_there():
    # The board as the viewer: method.md section 2 with FACING.
    np.testing.assert_allclose(long_yaw_angles_deg(np.diag([1.0, -1.0, -1.0])), 0.0, atol=1e-12)


def test_tables_state_the_scripts_figures(written):
    _, folder = written
    (lesson,) = read(folder / "lesson.csv")
    assert lesson["classroom"] == "Room 3"
    assert float(lesson["length_s"]) == 10.0
    assert float(lesson["measured_s"]) == 14.0
    assert float(lesson["doubtful_s"]) == 4.0
    assert float(lesson["not_seen_s"]) == 2.0
    assert float(lesson["facing_board_fraction"]) == pytest.approx(11 / 14, abs=1e-4)
    sure = {"unreliable": "0"}
    assert read(folder / "zone_visits.csv") == [
        {"student": "S01", "zone": "top left", "start_s": "0.0", "end_s": "4.0", "dwell_s": "4.0"} | sure,
        {"student": "S01", "zone": "bottom right", "start_s": "4.0", "end_s": "6.0", "dwell_s": "2.0"} | sure,
        {"student": "S02", "zone": "top left", "start_s": "0.0", "end_s": "5.0", "dwell_s": "5.0"} | sure,
    ]
    summary = {(r["group"], r["zone"]): r for r in read(folder / "zone_summary.csv")}
    assert float(summary["class", "top left"]["dwell_s"]) == 9.0
    assert float(summary["class", "top left"]["dwell_fraction"]) == pytest.approx(9 / 14, abs=1e-4)
    assert float(summary["row 1", "(away)"]["dwell_s"]) == 2.0
    assert float(summary["S02", "(elsewhere)"]["dwell_fraction"]) == pytest.approx(1 / 6, abs=1e-4)
    assert float(summary["S01", "(whole board)"]["faced_fraction"]) == 0.75
    assert summary["S01", "top left"]["visits_count"] == "1"
    assert summary["S01", "top right"]["median_visit_s"] == ""
    transitions = {(r["from"], r["to"]): (r["count"], r["from_fraction"]) for r in read(folder / "transitions.csv")}
    assert transitions == {
        ("top left", "bottom right"): ("1", "0.5"),
        ("top left", "elsewhere"): ("1", "0.5"),
        ("bottom right", "away"): ("1", "1.0"),
    }
    line = read(folder / "class_timeline.csv")
    assert [float(r["zone_top_left_s"]) for r in line] == [5.0, 4.0, 0.0, 0.0]
    assert [float(r["not_seen_s"]) for r in line] == [0.0, 0.0, 0.0, 2.0]


def test_pandas_reads_the_same(written):
    pandas = pytest.importorskip("pandas", reason="pandas is not needed to run gazeclass")
    lesson, folder = written
    table = pandas.read_csv(folder / "gaze_samples.csv", dtype={"cameras": str})
    assert ",".join(table.columns) == DESIGN
    np.testing.assert_allclose(table["board_y_m"], lesson.observations.board_xy_m[:, 1], atol=6e-5)
    assert table["cameras"].dropna().unique().tolist() == ["01"]


def test_formulas_are_neutralised_and_numbers_are_not(lesson_of, tmp_path):
    times = LessonTimes(lesson_of({"=HYPERLINK(1)": [(1.0, "top left")]}, classroom="@SUM(A1)"))
    write_csv_set(times, class_timeline(times), tmp_path)
    assert read(tmp_path / "gaze_samples.csv")[0]["student"] == "'=HYPERLINK(1)"
    assert read(tmp_path / "lesson.csv")[0]["classroom"] == "'@SUM(A1)"
    assert read(tmp_path / "zone_visits.csv")[0]["student"] == "'=HYPERLINK(1)"
    assert any(r["group"] == "'=HYPERLINK(1)" for r in read(tmp_path / "zone_summary.csv"))
    table = small_table("t", {"-a_m": reals([-1.5, None, np.nan], 4), "b": texts(["-1.5", "+x", 'a,"b"\nc'])})
    path = write_csv(table, tmp_path / "t.csv")
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
    assert rows == [["'-a_m", "b"], ["-1.5", "'-1.5"], ["", "'+x"], ["", 'a,"b"\nc']]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1"])
def test_what_starts_a_formula_is_quoted(text):
    assert harmless(text) == "'" + text
    assert harmless("a" + text) == "a" + text


def test_an_empty_lesson_gives_empty_tables(lesson_of, tmp_path):
    times = LessonTimes(lesson_of({}))
    write_csv_set(times, class_timeline(times), tmp_path)
    assert read(tmp_path / "gaze_samples.csv") == []
    assert read(tmp_path / "lesson.csv")[0]["facing_board_fraction"] == ""


def test_a_student_with_a_name_from_everywhere_survives(lesson_file, tmp_path):
    lesson = read_lesson(lesson_file({"学生 7, »Ö«": [(1.0, "away")]}))
    assert lesson.students[0] == Student("学生 7, »Ö«", "A1", 1)
    times = LessonTimes(lesson)
    write_csv_set(times, class_timeline(times), tmp_path)
    assert read(tmp_path / "gaze_samples.csv")[0]["student"] == "学生 7, »Ö«"


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        write_csv(small_table("a", {}), tmp_path / "absent" / "a.csv")
