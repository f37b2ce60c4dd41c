"""The whole chain on the sample lesson that ships with the package: calibration, analysis, evaluation, report.

Everything here runs in a fresh clone. The calibration and the analysis are made once (xdist_group keeps these tests
in one worker).
"""

import csv
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from gazeclass.calibration.classroom import Classroom, save_classroom
from gazeclass.calibration.folder import calibrate_folder
from gazeclass.calibration.target import chessboard
from gazeclass.capture.files import open_recording
from gazeclass.cli.analyze import run_analysis
from gazeclass.errors import InputError
from gazeclass.geometry.rotation import geodesic_deg
from gazeclass.lesson.analysis import AnalysisSummary
from gazeclass.lesson.columns import Lesson
from gazeclass.lesson.reader import read_lesson
from gazeclass.report.evaluation import Errors, evaluate
from gazeclass.report.truth import read_truth
from gazeclass.sample import sample_folder

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("chain")]
SAMPLE = sample_folder()
#: Six seconds at ten pictures a second.
PAIRS = 60


@dataclass(frozen=True)
class Chain:
    folder: Path
    classroom: Classroom
    summary: AnalysisSummary
    lesson: Lesson
    errors: dict[str, Errors]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    folder = tmp_path_factory.mktemp("chain")
    classroom = calibrate_folder(SAMPLE / "calibration", chessboard("9x6", 0.060)).classroom
    save_classroom(classroom, folder / "classroom.toml")
    path = folder / "sample.gaze"
    summary = run_analysis(
        (SAMPLE / "cam0.mp4", SAMPLE / "cam1.mp4"),
        classroom,
        path,
        timestamps=SAMPLE / "timestamps.csv",
        enroll=SAMPLE / "enroll",
    )
    lesson = read_lesson(path)
    table = evaluate(lesson, read_truth(SAMPLE / "truth.csv"))
    return Chain(folder, classroom, summary, lesson, {e.group: e for e in table})


def test_the_calibration_is_the_true_one(chain: Chain) -> None:
    """Measured: baseline 0.01 mm off; both cameras 13 mm and 0.2° off their places, as much as the tape leaves."""
    truth = json.loads((SAMPLE / "truth.json").read_text("utf-8"))
    rig = chain.classroom.rig()
    assert rig.baseline_m == pytest.approx(truth["cam1_from_cam0"]["baseline_m"], rel=1e-3)
    sigma_m = chain.classroom.world.board_sigma_m
    for c in (0, 1):
        true = truth[f"cam{c}"]
        found = rig.world_from_camera(c)
        assert chain.classroom.cameras[c].matrix[0][0] == pytest.approx(true["K"][0][0], rel=2e-3)
        assert np.linalg.norm(found.t - true["t_WC"]) < 2 * sigma_m
        assert geodesic_deg(found.R, np.array(true["R_WC"])) < 0.3


def test_every_pair_and_student_is_in_the_lesson(chain: Chain) -> None:
    assert chain.summary.pairs == PAIRS
    assert set(chain.summary.students) == {f"S{k:02d}" for k in range(1, 13)}
    assert len(chain.lesson.observations) == PAIRS * 12
    assert chain.lesson.complete


def test_positions(chain: Chain) -> None:
    """Issue 2: median error ≤ 3 cm in row 1, ≤ 8 cm in row 3."""
    assert chain.errors["row 1"].position_cm_median <= 3
    assert chain.errors["row 3"].position_cm_median <= 8


def test_identity_and_coverage(chain: Chain) -> None:
    """Issue 2: ≥ 98 % of observations carry the right student, ≥ 90 % of what both cameras see is observed."""
    assert chain.errors["all"].identity >= 0.98
    assert chain.errors["all"].coverage >= 0.90


def test_geometry_is_exact_when_the_pose_is(chain: Chain) -> None:
    """Issue 2: with the true rotation put in, the gaze point's median error is ≤ 3 cm."""
    for errors in chain.errors.values():
        assert errors.from_position_cm_median <= 3


def test_gaze_points_are_near_what_is_faced(chain: Chain) -> None:
    """Not the goal (that stands in the benchmark's table) but what must never be lost again."""
    assert chain.errors["all"].looks > 400
    # Measured: 3.3, 1.7 and 1.7° in the rows, 1.9° in all, 94 % inside.
    assert chain.errors["row 1"].gaze_deg_median < 6
    assert chain.errors["row 2"].gaze_deg_median < 4
    assert chain.errors["row 3"].gaze_deg_median < 4
    assert chain.errors["all"].inside_95 > 0.85


def test_command_line_from_lesson_to_report(chain: Chain, tmp_path: Path) -> None:
    path = chain.folder / "sample.gaze"
    run = [sys.executable, "-m", "gazeclass"]
    subprocess.run([*run, "export", str(path), str(tmp_path / "out")], check=True, capture_output=True)
    with open(tmp_path / "out" / "gaze_samples.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == PAIRS * 12
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org", "")
    done = subprocess.run(
        [*run, "evaluate", str(path), "--truth", str(SAMPLE / "truth.csv"), "-o", str(tmp_path / "e.json")],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "gaze point, median" in done.stdout
    assert (tmp_path / "e.json").is_file()


def analyze_again(chain: Chain, videos: tuple[Path, Path], out: Path, **more: object) -> AnalysisSummary:
    settings: dict = {"timestamps": None, "enroll": None} | more
    return run_analysis(videos, chain.classroom, out, **settings)


def write_avi(path: Path, pictures: list[np.ndarray]) -> Path:
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (width, height))
    for picture in pictures:
        writer.write(picture)
    writer.release()
    return path


def first_pictures(count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    out = []
    for pair in open_recording(SAMPLE / "cam0.mp4", SAMPLE / "cam1.mp4", SAMPLE / "timestamps.csv"):
        out.append(pair.images)
        if len(out) == count:
            break
    return out


def test_an_existing_lesson_is_never_overwritten(chain: Chain) -> None:
    path = chain.folder / "sample.gaze"
    before = path.read_bytes()
    with pytest.raises(InputError, match="there is a file of that name already"):
        analyze_again(chain, (SAMPLE / "cam0.mp4", SAMPLE / "cam1.mp4"), path)
    assert path.read_bytes() == before


def test_exchanged_recordings_are_refused_and_leave_nothing(chain: Chain, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="exchanged"):
        analyze_again(chain, (SAMPLE / "cam1.mp4", SAMPLE / "cam0.mp4"), tmp_path / "x.gaze")
    assert list(tmp_path.iterdir()) == []


def test_other_resolution_is_refused_with_both_sizes(chain: Chain, tmp_path: Path) -> None:
    grey = [np.full((720, 1280, 3), 90, np.uint8)] * 3
    videos = write_avi(tmp_path / "a.avi", grey), write_avi(tmp_path / "b.avi", [g + 1 for g in grey])
    with pytest.raises(InputError, match=r"1280×720.*1920×1080"):
        analyze_again(chain, videos, tmp_path / "x.gaze")


def test_half_size_recording_is_scaled_when_asked(chain: Chain, tmp_path: Path) -> None:
    pictures = [
        tuple(cv2.resize(image, (960, 540), interpolation=cv2.INTER_AREA) for image in p) for p in first_pictures(20)
    ]
    videos = (
        write_avi(tmp_path / "a.avi", [p[0] for p in pictures]),
        write_avi(tmp_path / "b.avi", [p[1] for p in pictures]),
    )
    summary = analyze_again(chain, videos, tmp_path / "x.gaze", allow_scaling=True, enroll=SAMPLE / "enroll")
    assert summary.counts["ok"] > 20
    lesson = read_lesson(tmp_path / "x.gaze")
    z = lesson.observations.position_W_m[:, 2]
    assert 2 < np.nanmedian(z) < 7


def test_no_face_at_all(chain: Chain, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noise = [rng.integers(60, 120, (1080, 1920, 3), np.uint8) for _ in range(3)]
    videos = write_avi(tmp_path / "a.avi", noise), write_avi(tmp_path / "b.avi", noise[::-1])
    with pytest.raises(InputError, match="not one face was found in 3 pictures of either camera"):
        analyze_again(chain, videos, tmp_path / "x.gaze", enroll=SAMPLE / "enroll")
    assert not (tmp_path / "x.gaze").exists()


def test_one_camera_dark_gives_one_camera_observations(chain: Chain, tmp_path: Path) -> None:
    pictures = first_pictures(20)
    dark = [np.zeros_like(p[1]) for p in pictures]
    videos = write_avi(tmp_path / "a.avi", [p[0] for p in pictures]), write_avi(tmp_path / "b.avi", dark)
    summary = analyze_again(chain, videos, tmp_path / "x.gaze", enroll=SAMPLE / "enroll")
    assert summary.counts["ok"] == 0
    assert summary.counts["one_camera"] + summary.counts["away"] + summary.counts["low_confidence"] > 20


def test_truncated_video_is_used_as_far_as_it_goes(chain: Chain, tmp_path: Path) -> None:
    whole = write_avi(tmp_path / "whole.avi", [p[0] for p in first_pictures(12)])
    data = whole.read_bytes()
    cut = tmp_path / "cut.avi"
    cut.write_bytes(data[: len(data) // 2])
    other = write_avi(tmp_path / "other.avi", [p[1] for p in first_pictures(12)])
    summary = analyze_again(chain, (cut, other), tmp_path / "x.gaze")
    assert 3 <= summary.pairs < 12


def test_portraits_without_a_face_are_named(chain: Chain, tmp_path: Path) -> None:
    folder = tmp_path / "portraits"
    shutil.copytree(SAMPLE / "enroll", folder)
    cv2.imwrite(str(folder / "S99.png"), np.full((256, 256, 3), 128, np.uint8))
    with pytest.raises(InputError, match="S99"):
        analyze_again(chain, (SAMPLE / "cam0.mp4", SAMPLE / "cam1.mp4"), tmp_path / "x.gaze", enroll=folder)


def test_interrupt_leaves_no_lesson(chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gazeclass.lesson.pipeline import Pipeline

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Pipeline, "look", stop)
    with pytest.raises(KeyboardInterrupt):
        analyze_again(chain, (SAMPLE / "cam0.mp4", SAMPLE / "cam1.mp4"), tmp_path / "x.gaze")
    assert list(tmp_path.iterdir()) == []
