"""``gazeclass headpose`` from the command line."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from gazeclass.cli.headpose import PREDICT_COLUMNS, app
from gazeclass.errors import InputError
from gazeclass.headpose.meanface import MEAN_FACE_68
from gazeclass.sample import sample_folder

PORTRAIT = sample_folder() / "enroll" / "S01.png"


def invoke(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_predict_writes_one_line_a_face(tmp_path: Path) -> None:
    blank = tmp_path / "blank.png"
    cv2.imwrite(str(blank), np.full((200, 200, 3), 120, np.uint8))
    said = invoke("predict", PORTRAIT, blank, "--csv", tmp_path / "out.csv")
    assert "1 faces in 2 pictures" in said
    with open(tmp_path / "out.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == PREDICT_COLUMNS
    assert rows[0]["path"] == str(PORTRAIT)
    # Portraits are frontal.
    assert abs(float(rows[0]["yaw_deg"])) < 20
    assert 0 < float(rows[0]["sigma_yaw_deg"]) < 40


def test_predict_names_a_picture_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        invoke("predict", tmp_path / "none.jpg", "--csv", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_predict_takes_a_folder_and_writes_no_cell_that_a_spreadsheet_runs(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "=cmd.png").write_bytes(PORTRAIT.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert "1 faces in 1 pictures" in invoke("predict", "=cmd.png", "--csv", "out.csv")
    assert "\n./=cmd.png,0," in Path("out.csv").read_text("utf-8-sig")
    assert "1 faces in 1 pictures" in invoke("predict", tmp_path, "--csv", "out.csv")


def test_what_cannot_be_written_or_is_not_there_shows_before_the_long_work(tmp_path: Path, monkeypatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("began to work")

    monkeypatch.setattr("gazeclass.headpose.estimator.load_estimator", never)
    with pytest.raises(InputError, match="cannot be written"):
        invoke("predict", PORTRAIT, "--csv", tmp_path / "none" / "out.csv")
    with pytest.raises(InputError, match="this is a folder"):
        invoke("predict", PORTRAIT, "--csv", tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        invoke("evaluate", tmp_path / "none")
    with pytest.raises(InputError, match="cannot be written"):
        invoke("evaluate", tmp_path, "--plot", tmp_path / "none" / "out.png")
    with pytest.raises(InputError, match="no ending of a picture"):
        invoke("evaluate", tmp_path, "--plot", tmp_path / "curves")
    assert list(tmp_path.iterdir()) == []


def test_labels(tmp_path: Path) -> None:
    said = invoke("labels", "-o", tmp_path / "labels.png")
    assert "0.997" in said
    assert (tmp_path / "labels.png").is_file()


def test_labels_of_a_face_of_ones_own(tmp_path: Path) -> None:
    """Eyes half as far apart make the same shift twice as large: narrower labels."""
    narrow = MEAN_FACE_68.copy()
    narrow[36:48, 0] /= 2
    (tmp_path / "face.csv").write_text("\n".join(["x;y;z", *(";".join(map(str, p)) for p in narrow)]))
    said = [invoke("labels", *option) for option in ((), ("--face", tmp_path / "face.csv"))]
    mean, own = (float(text.splitlines()[1].split()[1].rstrip("°")) for text in said)
    assert 0.4 * mean < own < 0.7 * mean


def test_evaluate_a_table(tmp_path: Path) -> None:
    table = tmp_path / "faces.csv"
    table.write_text(f"path,yaw_deg,pitch_deg,roll_deg\n{PORTRAIT},0,0,0\n")
    said = invoke(
        "evaluate", table, "--model", "landmarks", "--model", "default", "--mirror",
        "--csv", tmp_path / "out.csv", "--plot", tmp_path / "out.png",
    )  # fmt: skip
    assert "1 pictures, a face found in 1" in said
    assert "landmarks on faces" in said
    assert "side by side on faces" in said
    with open(tmp_path / "out.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["angle"] for row in rows} == {"yaw", "pitch", "roll"}
    assert {row["method"] for row in rows if row["group"] == "all"} >= {"landmarks"}
    assert (tmp_path / "out.png").stat().st_size > 5000
    (tmp_path / "peers").mkdir()
    said = invoke("evaluate", table, "--model", "landmarks", "--peers", tmp_path / "peers")
    assert said.count("not measured:") == 3
    with pytest.raises(InputError, match="none of hpid, table, rendered"):
        invoke("evaluate", table, "--kind", "faces")


def test_show_says_how_large_a_model_is() -> None:
    assert "million weights" in invoke("show", "headpose-points")
    with pytest.raises(InputError, match="neither a head-pose model"):
        invoke("show", "nobody")


def test_show_says_what_is_wrong_with_a_recipe(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text("name = 'x'\nseeds = 1\n")
    with pytest.raises(InputError, match=r"r\.toml: in the recipe, seeds"):
        invoke("show", tmp_path / "r.toml")


def test_boxes_of_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there are no rendered heads"):
        invoke("boxes", tmp_path)


def test_unite_refuses_what_is_no_five_point_model(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no five-point model"):
        invoke(
            "unite", "--validation", tmp_path, "--network", "headpose-points", "--points", "headpose-sdam-fast",
        )  # fmt: skip
