"""Evaluation against errors put in on purpose, and the readers of labelled pictures."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from heads_in_miniature import WriteHeads
from numpy.typing import ArrayLike

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import rotation_from_angles_deg
from gazeclass.headpose.estimator import HeadPoses
from gazeclass.headpose.evaluation import (
    cumulative,
    errors_deg,
    figures,
    honest_factor,
    measure,
    milliseconds,
)
from gazeclass.headpose.figures import (
    plot_cumulative,
    plot_soft_labels,
    print_measured,
    print_side_by_side,
    table_of,
)
from gazeclass.headpose.labelled import LabelledFaces, read_hpid, read_rendered, read_table
from gazeclass.headpose.labels import fit_soft_labels

BOX = (np.array([10.0, 10, 50, 50]), np.full((5, 2), 30.0), 0.9)
SMALL = (np.array([0.0, 0, 5, 5]), np.zeros((5, 2)), 0.99)


class Told:
    """An estimator that answers what it was told, in order."""

    name = "told"

    def __init__(self, angles: np.ndarray, sigma: float) -> None:
        self._angles, self._sigma, self._at = angles, sigma, 0

    def estimate(
        self, images: Sequence[np.ndarray], boxes: Sequence[ArrayLike], landmarks: Sequence[ArrayLike] | None = None
    ) -> HeadPoses:
        part = self._angles[self._at : self._at + len(images)]
        self._at += len(images)
        return HeadPoses.from_angles(part, np.full((len(part), 3), self._sigma))


def labelled(truth: np.ndarray, sizes: np.ndarray | None = None) -> LabelledFaces:
    n = len(truth)
    sizes = np.full(n, 60.0) if sizes is None else sizes
    boxes = np.column_stack([np.zeros(n), np.zeros(n), sizes, sizes])
    return LabelledFaces("made up", [np.zeros((8, 8, 3), np.uint8)] * n, boxes, np.zeros((n, 5, 2)), truth, "given")


def test_gain_bias_and_scatter_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    truth = np.column_stack([rng.uniform(-60, 60, 4000), rng.uniform(-30, 30, 4000), rng.uniform(-20, 20, 4000)])
    told = truth * [0.8, 1.0, 1.0] + [0, 3, 0] + rng.normal(0, 2, truth.shape) * [0, 0, 1]
    whole = measure(Told(told, 2.0), labelled(truth)).rows[0]
    assert whole.count == 4000
    yaw, pitch, roll = (whole.angles[a] for a in ("yaw", "pitch", "roll"))
    assert yaw.slope == pytest.approx(0.8)
    assert yaw.correlation == pytest.approx(1)
    assert yaw.mae_deg == pytest.approx(0.2 * 30, rel=0.03)
    assert yaw.mae_after_line_deg == pytest.approx(0, abs=1e-9)
    assert pitch.bias_deg == pytest.approx(3)
    assert roll.inside_68 == pytest.approx(0.68, abs=0.03)
    assert roll.inside_95 == pytest.approx(0.95, abs=0.02)
    assert roll.sigma_factor == pytest.approx(1.0, abs=0.05)
    assert whole.euler_mae_deg == pytest.approx((yaw.mae_deg + pitch.mae_deg + roll.mae_deg) / 3)


def test_geodesic_and_maev_of_a_pure_yaw_error() -> None:
    truth = np.array([[0.0, 0, 0]] * 5)
    found = figures("m", "d", "all", HeadPoses.from_angles(truth + [[10.0, 0, 0]], np.ones((5, 3))), truth)
    assert found.geodesic_deg == pytest.approx(10)
    # Of the three axes two turn by 10°, the one turned about stays.
    assert found.maev_deg == pytest.approx(20 / 3)


def test_unknown_roll_is_left_out_not_counted_as_zero() -> None:
    truth = np.array([[10.0, 5, np.nan], [-10, 0, np.nan]])
    found = figures(
        "m", "d", "all", HeadPoses.from_angles(np.array([[12.0, 5, 3], [-8, 0, 4]]), np.ones((2, 3))), truth
    )
    assert set(found.angles) == {"yaw", "pitch"}
    assert found.euler_mae_deg == pytest.approx(1.0)
    assert np.isnan(found.geodesic_deg)


def test_angles_wrap() -> None:
    truth = np.array([[-178.0, 0, 0]])
    found = figures("m", "d", "all", HeadPoses.from_angles(np.array([[179.0, 0, 0]]), np.ones((1, 3))), truth)
    assert found.angles["yaw"].mae_deg == pytest.approx(3)


def test_groups_by_yaw_and_size(capsys: pytest.CaptureFixture[str]) -> None:
    truth = np.array([[10.0, 0, 0], [45, 0, 0], [80, 0, 0], [-20, 0, 0]])
    found = measure(Told(truth, 1.0), labelled(truth, np.array([19.0, 50, 200, 30])))
    counts = {row.group: row.count for row in found.rows}
    assert counts == {
        "all": 4, "|yaw| 0–30°": 2, "|yaw| 30–60°": 1, "|yaw| 60–100°": 1,
        "face 0–20 px": 1, "face 20–40 px": 1, "face 40–80 px": 1, "face over 160 px": 1,
    }  # fmt: skip
    print_measured(found)
    printed = capsys.readouterr().out
    assert "|yaw| 30–60°" in printed
    assert "crop: given" in printed
    assert "no model file" in printed


def test_side_by_side_as_table_and_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    truth = rng.uniform(-60, 60, (40, 3))
    good = measure(Told(truth + rng.normal(0, 1, truth.shape), 1.0), labelled(truth))
    poor = measure(Told(truth + rng.normal(0, 9, truth.shape), np.nan), labelled(truth))
    print_side_by_side([good, poor])
    assert "ms a face" in capsys.readouterr().out
    lines = table_of([good, poor]).splitlines()
    assert lines[0].startswith("method,data,group,count,euler_mae_deg")
    assert len(lines) == 1 + 3 * (len(good.rows) + len(poor.rows))
    sigma_columns = [lines[0].split(",").index(name) for name in ("inside_68", "inside_95", "sigma_factor")]
    assert all(lines[-1].split(",")[k] == "" for k in sigma_columns)  # it predicts none: no number is made up
    plot_cumulative([good, poor], tmp_path / "curves.png")
    picture = cv2.imread(str(tmp_path / "curves.png"))
    assert picture.shape[1] > 1000
    assert picture.std() > 10


def test_cumulative_shares_and_poses_that_are_missing() -> None:
    truth = np.zeros((4, 3))
    told = np.array([[1.0, 0, 0], [5, 0, 0], [20, 0, 0], [np.nan, np.nan, np.nan]])
    found = measure(Told(told, 1.0), labelled(truth))
    np.testing.assert_allclose(errors_deg(found, "yaw"), [1, 5, 20, 180])
    np.testing.assert_allclose(errors_deg(found, "geodesic"), [1, 5, 20, 180], atol=1e-9)
    np.testing.assert_allclose(cumulative(errors_deg(found, "yaw"), [0.5, 5, 30]), [0, 0.5, 0.75])


def test_factor_that_makes_sigma_honest() -> None:
    rng = np.random.default_rng(0)
    spread = rng.uniform(1, 3, (5000, 3))
    error = rng.normal(size=(5000, 3)) * spread * [2.0, 1.0, 0.5]
    np.testing.assert_allclose(honest_factor(error, spread), [2.0, 1.0, 0.5], rtol=0.05)


def test_time_of_a_face() -> None:
    truth = np.zeros((3, 3))
    faces = labelled(truth)
    assert 0 < milliseconds(Told(np.zeros((30, 3)), 1.0), faces, rounds=2) < 1000
    assert measure(Told(truth, 1.0), faces).ms_per_face > 0


def test_rendered_heads_as_data(tmp_path: Path, write_heads: WriteHeads) -> None:
    faces = read_rendered(write_heads(tmp_path, shards=2, count=30))
    assert len(faces.images) == 60
    assert 0.6 < faces.found.mean() < 0.95
    # The truth is against the ray through the box: boxes scatter by a pixel of an 8° canvas of 80 px.
    from gazeclass.geometry.rotation import long_yaw_angles_deg
    from gazeclass.headpose.shards import read_shard

    canvas = long_yaw_angles_deg(read_shard(tmp_path / "heads_00000.npz").R_crop)
    off = np.abs(faces.angles_deg[:30] - canvas)[faces.found[:30]]
    assert 0 < np.median(off) < 0.5
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no rendered heads"):
        read_rendered(tmp_path / "empty")


def test_poses_that_could_not_be_told_are_not_counted() -> None:
    told = np.array([[10.0, 0, 0], [np.nan, np.nan, np.nan]])
    found = figures("m", "d", "all", HeadPoses.from_angles(told, np.ones((2, 3))), np.array([[11.0, 0, 0], [5, 0, 0]]))
    assert found.count == 1


def write_hpid(folder: Path) -> None:
    (folder / "Person01").mkdir(parents=True)
    for name in ("person01146+0-30", "person01147-15+15", "person01148+90+0", "person01149+0+75"):
        cv2.imwrite(str(folder / "Person01" / f"{name}.jpg"), np.full((60, 60, 3), 100, np.uint8))


def test_hpid_names_are_angles(tmp_path: Path) -> None:
    write_hpid(tmp_path)
    faces = read_hpid(tmp_path, lambda image: [SMALL, BOX])
    assert faces.angles_deg[:, :2].tolist() == [[-30, 0], [15, -15]]  # yaw = pan, pitch = tilt; two lie beyond
    assert np.isnan(faces.angles_deg[:, 2]).all()
    assert faces.boxes_px[0].tolist() == [10, 10, 50, 50]  # the largest face
    with pytest.raises(InputError, match="no HPID pictures"):
        read_hpid(tmp_path / "Person02", lambda image: [])


def test_hpid_from_a_camera_that_writes_capitals(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.jpg"), np.zeros((60, 60, 3), np.uint8))
    (tmp_path / "a.jpg").rename(tmp_path / "PERSON01146-30+15.JPG")
    assert read_hpid(tmp_path, lambda image: [BOX]).angles_deg[0, :2].tolist() == [15, -30]


def test_a_method_that_can_tell_nothing_is_named() -> None:
    truth = np.zeros((3, 3))
    with pytest.raises(InputError, match="the method 'told' could tell the pose of no face"):
        measure(Told(np.full((3, 3), np.nan), 1.0), labelled(truth))


def test_a_tables_own_box_has_the_landmarks_of_the_face_in_it(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((60, 60, 3), np.uint8))
    rows = ["path,yaw_deg,pitch_deg,roll_deg,x0,y0,x1,y1", "a.png,0,0,0,0,0,5,6", "a.png,0,0,0,52,52,58,58"]
    (tmp_path / "t.csv").write_text("\n".join(rows) + "\n")
    faces = read_table(tmp_path / "t.csv", lambda image: [BOX, SMALL])
    assert faces.boxes_px.tolist() == [[0, 0, 5, 6], [52, 52, 58, 58]]
    np.testing.assert_array_equal(faces.landmarks_px[0], SMALL[1])
    assert np.isnan(faces.landmarks_px[1]).all()  # nothing was detected there


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["a.png,1,,,,,,", "a.png,,2,,,,,"], "each told of every picture or of none"),
        (["a.png,,,,,,,"], "and one at least is told"),
        (["a.png,1,,,1,1,5,5", "a.png,1,,,9,1,5,5"], "the box in line 3 does not have x0 < x1"),
    ],
)
def test_tables_that_would_be_measured_wrongly(tmp_path: Path, rows: list[str], message: str) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((60, 60, 3), np.uint8))
    (tmp_path / "t.csv").write_text("\n".join(["path,yaw_deg,pitch_deg,roll_deg,x0,y0,x1,y1", *rows]) + "\n")
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / "t.csv", lambda image: [BOX])


def test_no_face_found_at_all(tmp_path: Path) -> None:
    write_hpid(tmp_path)
    with pytest.raises(InputError, match="no face was found"):
        measure(Told(np.zeros((0, 3)), 1.0), read_hpid(tmp_path, lambda image: []))


def test_table_of_faces(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((60, 60, 3), np.uint8))
    table = tmp_path / "faces.csv"
    table.write_text("path,yaw_deg,pitch_deg,roll_deg,x0,y0,x1,y1\na.png,10,-5,,1,2,21,22\na.png,0,0,,,,,\n")
    faces = read_table(table, lambda image: [BOX])
    np.testing.assert_array_equal(faces.boxes_px, [[1, 2, 21, 22], [10, 10, 50, 50]])
    assert np.isnan(faces.angles_deg[0, 2])
    for text, message in (
        ("path,yaw_deg\na.png,1\n", "cannot be read"),
        ("path,yaw_deg,pitch_deg,roll_deg\nb.png,1,1,1\n", "cannot be read"),
    ):
        table.write_text(text)
        with pytest.raises(InputError, match=message):
            read_table(table, lambda image: [BOX])


def test_soft_label_curves(tmp_path: Path) -> None:
    plot_soft_labels(fit_soft_labels(every=99), tmp_path / "labels.png")
    picture = cv2.imread(str(tmp_path / "labels.png"))
    assert picture.shape[1] > 800
    assert picture.std() > 10


@pytest.mark.parametrize("name", ["labels", "labels.xyz"])
def test_curves_whose_name_is_no_pictures_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="no ending of a picture"):
        plot_soft_labels(fit_soft_labels(every=99), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("yaw", [-40, 0, 40])
def test_landmark_method_on_projected_points(yaw: float) -> None:
    """The method that needs no training: exact points of the mean face give the pose back."""
    from gazeclass.headpose.estimator import load_estimator
    from gazeclass.headpose.meanface import MEAN_FACE_68, five_points

    R = rotation_from_angles_deg(yaw, 5, 3)
    points = five_points((MEAN_FACE_68 @ R.T)[None, :, :2] * 500 + 100)[0]
    box = np.array([*points.min(0) - 20, *points.max(0) + 20])
    poses = load_estimator("landmarks").estimate([np.zeros((200, 200, 3), np.uint8)], [box], [points])
    assert abs(poses.angles_deg[0, 0] - yaw) < 8
