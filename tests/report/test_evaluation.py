"""The error table against errors put in on purpose."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from gazeclass.errors import InputError
from gazeclass.geometry.gaze import gaze_points
from gazeclass.geometry.rotation import exp_so3, rotation_from_angles_deg
from gazeclass.lesson.observation import Observation
from gazeclass.report.evaluation import Errors, evaluate
from gazeclass.report.evaluation_table import print_table, write_table
from gazeclass.report.truth import Truth, read_truth

COLUMNS = ["t_s", "student", "row", "target", "target_x", "target_y", "target_z", "nose_x", "nose_y", "nose_z"]
COLUMNS += [f"R{i}{j}" for i in (1, 2, 3) for j in (1, 2, 3)] + ["cam0_visible", "cam1_visible"]


def write_truth(path: Path, **change: str) -> Path:
    """Two students, ten moments: S01 in row 1 facing (1, 0.5), S02 in row 2 turning from the third moment on."""
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for k in range(10):
            for name, row, x, z in (("S01", 1, 1.0, 2.0), ("S02", 2, 2.5, 4.0)):
                turning = name == "S02" and k >= 2
                R = rotation_from_angles_deg(0, 0, 0).ravel()
                record = {
                    "t_s": f"{k / 10:.4f}", "student": name, "row": row,
                    "target": "turn:P>Q" if turning else "P",
                    "target_x": "" if turning else x, "target_y": "" if turning else 0.5,
                    "target_z": "" if turning else 0.0,
                    "nose_x": x, "nose_y": 0.5, "nose_z": z, "cam0_visible": 1,
                    "cam1_visible": 0 if name == "S02" and k == 9 else 1,
                    **{c: v for c, v in zip(COLUMNS[10:19], R, strict=True)},
                }  # fmt: skip
                writer.writerow(record | change)
    return path


@pytest.fixture
def truth(tmp_path: Path) -> Truth:
    return read_truth(write_truth(tmp_path / "truth.csv"))


def observations(
    truth: Truth, *, shift: tuple = (0.0, 0.0, 0.0), turn_deg: tuple = (0.0, 0.0, 0.0), sigma_m: float = 0.1
) -> list[Observation]:
    """Perfect observations, moved and turned (about WCS axes) by the same amounts."""
    out = []
    for k in range(len(truth)):
        P = truth.P_W_m[k] + shift
        R = exp_so3(np.radians(turn_deg)) @ truth.R_WS[k]
        xy = gaze_points(P, R).xy_m[0]
        cov = np.eye(2) * sigma_m**2
        out.append(
            Observation(
                float(truth.t_s[k]), str(truth.student[k]), "ok", P, np.eye(3) * 1e-4, R, np.eye(3) * 1e-3, xy, cov, cov
            )  # type: ignore[arg-type]
        )
    return out


def by_group(table: list[Errors]) -> dict[str, Errors]:
    return {errors.group: errors for errors in table}


def test_perfect_observations_have_no_error(truth: Truth) -> None:
    table = by_group(evaluate(observations(truth), truth))
    assert list(table) == ["row 1", "row 2", "all"]
    everything = table["all"]
    assert everything.truth_rows == 19  # S02's last row is hidden from camera 1
    assert everything.coverage == everything.identity == 1
    assert everything.looks == 12
    for name in ("position_cm_p90", "rotation_deg_p90", "gaze_cm_p90", "gaze_deg_p90", "from_pose_cm_median"):
        assert getattr(everything, name) == pytest.approx(0, abs=1e-5)
    assert everything.inside_68 == 1


def test_a_turn_is_blamed_on_pose_and_a_shift_on_position(truth: Truth) -> None:
    turned = by_group(evaluate(observations(truth, turn_deg=(0, 5, 0)), truth))
    assert turned["row 1"].rotation_deg_median == pytest.approx(5)
    assert turned["row 1"].gaze_deg_median == pytest.approx(5)
    assert turned["row 1"].gaze_cm_median == pytest.approx(200 * np.tan(np.radians(5)))
    assert turned["row 2"].gaze_cm_median == pytest.approx(400 * np.tan(np.radians(5)))
    assert turned["row 1"].from_pose_cm_median == pytest.approx(turned["row 1"].gaze_cm_median)
    assert turned["row 1"].from_position_cm_median == pytest.approx(0, abs=1e-9)
    shifted = by_group(evaluate(observations(truth, shift=(0.03, 0.04, 0)), truth))["all"]
    assert shifted.position_cm_median == pytest.approx(5)
    assert shifted.from_position_cm_median == pytest.approx(5)
    assert shifted.from_pose_cm_median == pytest.approx(0, abs=1e-9)
    assert (shifted.gaze_bias_x_cm, shifted.gaze_bias_y_cm) == (pytest.approx(3), pytest.approx(4))


@pytest.mark.parametrize(("index", "name"), [(0, "yaw_bias_deg"), (1, "pitch_bias_deg"), (2, "roll_bias_deg")])
def test_bias_has_the_sign_of_the_angle(truth: Truth, index: int, name: str) -> None:
    angles = np.zeros(3)
    angles[index] = 4.0
    out = observations(truth)
    turned = [
        Observation(o.t_s, o.student, o.status, o.position_W_m, o.cov_position_m2, rotation_from_angles_deg(*angles))
        for o in out
    ]
    found = by_group(evaluate(turned, truth))["all"]
    assert getattr(found, name) == pytest.approx(4.0)
    assert found.yaw_bias_deg + found.pitch_bias_deg + found.roll_bias_deg == pytest.approx(4.0)


def test_ellipse_coverage_of_honest_noise(truth: Truth) -> None:
    rng = np.random.default_rng(0)
    steady = np.flatnonzero(truth.steady_on_board)
    cov = np.array([[0.04, 0.01], [0.01, 0.02]])
    out = []
    for _ in range(400):
        for k in steady:
            xy = truth.target_xy_m[k] + rng.multivariate_normal([0, 0], cov)
            base = (
                float(truth.t_s[k]),
                str(truth.student[k]),
                "ok",
                truth.P_W_m[k],
                np.eye(3),
                truth.R_WS[k],
                np.eye(3),
            )
            out.append(Observation(*base, xy, cov, cov))  # type: ignore[arg-type]
    found = by_group(evaluate(out, truth))["all"]
    assert found.inside_68 == pytest.approx(0.68, abs=0.03)
    assert found.inside_95 == pytest.approx(0.95, abs=0.02)


def test_swapped_names_cost_identity_and_coverage(truth: Truth) -> None:
    swap = {"S01": "S02", "S02": "S01"}
    out = [
        Observation(o.t_s, swap[o.student] if o.t_s < 0.45 else o.student, o.status, o.position_W_m)
        for o in observations(truth)
    ]
    found = by_group(evaluate(out, truth))["all"]
    assert found.identity == pytest.approx(0.5)
    assert found.coverage == pytest.approx(9 / 19)


def test_missing_observations_cost_coverage_only(truth: Truth) -> None:
    out = [o if o.student == "S01" else Observation.not_seen(o.t_s, o.student) for o in observations(truth)]
    found = by_group(evaluate(out, truth))
    assert found["row 1"].coverage == 1
    assert found["row 2"].coverage == 0
    assert np.isnan(found["row 2"].identity)
    assert found["all"].identity == 1


def test_another_lessons_truth_is_refused(truth: Truth) -> None:
    elsewhere = [Observation(o.t_s + 100, o.student, o.status, o.position_W_m) for o in observations(truth)]
    with pytest.raises(InputError, match="same clock"):
        evaluate(elsewhere, truth)
    with pytest.raises(InputError, match="anywhere near"):
        evaluate([], truth)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lacks the columns"),
        ("t_s,student\n0,S01\n", "lacks the columns nose_x"),
        (",".join(COLUMNS) + "\n", "no rows"),
    ],
)
def test_bad_truth_tables(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "truth.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_truth(path)


def test_a_word_where_a_number_should_be(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="column nose_x"):
        read_truth(write_truth(tmp_path / "truth.csv", nose_x="left"))
    with pytest.raises(InputError, match="cannot be read"):
        read_truth(tmp_path / "none.csv")


def test_table_on_screen_and_on_disk(truth: Truth, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = evaluate([o for o in observations(truth) if o.student == "S01"], truth)
    print_table(table)
    printed = capsys.readouterr().out
    assert "row 2" in printed
    assert "–" in printed  # nothing measured there
    write_table(table, tmp_path / "e.csv")
    with open(tmp_path / "e.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["group"] for row in rows] == ["row 1", "row 2", "all"]
    assert float(rows[0]["coverage"]) == 1
    write_table(table, tmp_path / "e.json")
    assert json.loads((tmp_path / "e.json").read_text())[1]["identity"] is None
    with pytest.raises(InputError, match=r"as \.csv or \.json"):
        write_table(table, tmp_path / "e.txt")
