"""A whole calibration folder of rendered pictures, and every mistake in it that a user can make."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import SIZE, TARGET, render
from test_calibration_video import write_video

from gazeclass.calibration.folder import calibrate_folder, read_folder
from gazeclass.calibration.target import chessboard
from gazeclass.calibration.views import find_pictures, find_video, read_picture
from gazeclass.errors import Cancelled, InputError
from gazeclass.geometry.rotation import geodesic_deg
from gazeclass.progress import Silent


class Notes(Silent):
    def __init__(self) -> None:
        self.stages: list[str] = []
        self.notes: list[str] = []

    def start(self, stage: str, total: int | None = None) -> None:
        self.stages.append(stage)

    def note(self, text: str) -> None:
        self.notes.append(text)


Copy = Callable[[Path], Path]

pytestmark = pytest.mark.usefixtures("remembered")


@pytest.fixture(scope="module")
def whole(picture_folder):
    notes = Notes()
    return calibrate_folder(picture_folder, TARGET, notes), notes


def test_pictures_tape_and_room_become_a_classroom(plain_room, whole):
    result, notes = whole
    assert result.classroom.name == "Room 7"
    assert result.classroom.complete
    rig = result.classroom.rig()
    assert rig.baseline_m == pytest.approx(plain_room.rig.baseline_m, rel=0.01)
    for c in (0, 1):
        found, true = rig.world_from_camera(c), plain_room.world_from_camera(c)
        assert np.linalg.norm(found.t - true.t) < 0.03
        assert geodesic_deg(found.R, true.R) < 0.5
    assert notes.stages[:2] == ["stereo/cam0", "stereo/cam1"]
    assert any("no folder 'intrinsics'" in note for note in notes.notes)


@pytest.fixture
def folder(picture_folder: Path, copy_of: Copy) -> Path:
    return copy_of(picture_folder)


def refusal(folder: Path, target=TARGET) -> str:
    with pytest.raises(InputError) as caught:
        calibrate_folder(folder, target)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_that_is_not_there_or_empty_or_of_something_else(tmp_path):
    assert "no such folder" in refusal(tmp_path / "nowhere")
    assert "the folder is empty" in refusal(tmp_path)
    (tmp_path / "holiday.png").touch()
    assert "there is no folder 'stereo'" in refusal(tmp_path)


def test_no_pictures_of_one_camera(folder):
    for path in (folder / "stereo" / "cam1").iterdir():
        path.unlink()
    assert "cam1: there are no pictures here" in refusal(folder)


def test_pictures_without_partners(folder):
    for k, path in enumerate(sorted((folder / "stereo" / "cam1").iterdir())):
        path.rename(path.with_name(f"other{k}.png"))
    assert "has one of the same name in cam1" in refusal(folder)


@pytest.mark.slow
def test_a_wrong_pattern_names_the_right_one(folder):
    for path in sorted(folder.rglob("stereo/*/*.png")):
        if path.stem > "00":
            path.unlink()
    text = refusal(folder, chessboard("8x5", 0.08))
    assert "8×5 chessboard, 80 mm squares is in none of 1 pictures" in text
    assert "--pattern 9x6" in text


def test_a_wrong_square_size_shows_in_the_tape(folder):
    assert "tape fits squares of 80" in refusal(folder, chessboard("9x6", 0.070)).replace("79.9", "80")


def test_two_resolutions_in_one_camera(folder):
    path = folder / "stereo" / "cam1" / "03.png"
    cv2.imwrite(str(path), cv2.resize(cv2.imread(str(path)), (640, 360)))
    text = refusal(folder)
    assert "640×360" in text
    assert "1280×720" in text


def test_another_resolution_for_the_auxiliary_picture(folder):
    path = folder / "auxiliary" / "cam0.png"
    cv2.imwrite(str(path), cv2.resize(cv2.imread(str(path)), (640, 360)))
    text = refusal(folder)
    assert "auxiliary/cam0.png" in text
    assert "1280×720" in text


def test_an_unreadable_picture_is_named(folder):
    (folder / "stereo" / "cam0" / "02.png").write_bytes(b"\x89PNG\r\n and then nothing")
    text = refusal(folder)
    assert "02.png" in text
    assert "is not a picture or is damaged" in text


def test_an_empty_picture_file(folder):
    (folder / "stereo" / "cam0" / "02.png").write_bytes(b"")
    assert "is not a picture" in refusal(folder)


def test_small_files_are_checked_before_the_long_search(folder):
    (folder / "room.toml").write_text("[board\nwidth_m = 4", "utf-8")
    assert "not valid TOML" in refusal(folder)


def test_a_tape_in_centimetres(folder):
    text = (folder / "tape.csv").read_text("utf-8").splitlines()
    cm = [text[0]] + [
        ",".join([*line.split(",")[:2], f"{float(line.split(',')[2]) * 100:.1f}", "0.3"]) for line in text[1:]
    ]
    (folder / "tape.csv").write_text("\n".join(cm), "utf-8")
    assert "centimetres" in refusal(folder)


def test_a_corner_that_the_board_does_not_have(folder):
    path = folder / "tape.csv"
    path.write_text(path.read_text("utf-8").replace("C85", "C96"), "utf-8")
    assert "'C96' is no point of this survey" in refusal(folder)


def test_a_misspelt_point(folder):
    path = folder / "tape.csv"
    path.write_text(path.read_text("utf-8").replace("B_TL", "BTL"), "utf-8")
    assert "'BTL' is no point of this survey" in refusal(folder)


def test_swapped_cameras(folder):
    stereo = folder / "stereo"
    (stereo / "cam0").rename(stereo / "x")
    (stereo / "cam1").rename(stereo / "cam0")
    (stereo / "x").rename(stereo / "cam1")
    assert "the cameras are swapped" in refusal(folder)


def test_one_mirrored_camera(folder):
    for path in (folder / "stereo" / "cam1").iterdir():
        cv2.imwrite(str(path), cv2.imread(str(path))[:, ::-1])
    assert "the pictures of cam1 are mirrored" in refusal(folder)


def test_an_auxiliary_picture_is_missing(folder):
    (folder / "auxiliary" / "cam1.png").unlink()
    assert "there is no picture cam1" in refusal(folder)


def test_one_auxiliary_picture_without_the_board(folder, whole):
    cv2.imwrite(str(folder / "auxiliary" / "cam1.png"), np.full(SIZE[::-1], 128, np.uint8))
    notes = Notes()
    result = calibrate_folder(folder, TARGET, notes)
    assert any("auxiliary/cam1.png" in note and "was not found" in note for note in notes.notes)
    assert result.classroom.complete
    assert np.linalg.norm(result.classroom.rig().T_WC.t - whole[0].classroom.rig().T_WC.t) < 0.05


def test_a_partial_folder(folder):
    import shutil

    shutil.rmtree(folder / "auxiliary")
    (folder / "tape.csv").unlink()
    result = calibrate_folder(folder, TARGET)
    assert not result.classroom.complete
    assert len(result.missing) == 2
    assert result.classroom.board().width_m == 4.0


def test_videos_in_place_of_folders(plain_room, tmp_path, whole):
    stereo = tmp_path / "stereo"
    stereo.mkdir()
    for c in (0, 1):
        frames = [render(plain_room, c, T) for T in plain_room.board_poses(5, seed=5) for _ in (0, 1)]
        write_video(stereo / f"cam_{c}.mp4", frames)
    result = calibrate_folder(tmp_path, TARGET)
    assert len(result.stereo.used) == 5
    assert result.classroom.rig().baseline_m == pytest.approx(plain_room.rig.baseline_m, rel=0.02)


def test_stopping_leaves_nothing_behind_and_ends_at_once(folder):
    class Stop(Silent):
        def advance(self, steps: int = 1) -> None:
            raise Cancelled

    before = sorted(folder.rglob("*"))
    with pytest.raises(Cancelled):
        read_folder(folder, TARGET, Stop())
    assert sorted(folder.rglob("*")) == before


def test_finding_pictures_and_videos(tmp_path):
    for name in ("b.PNG", "a.jpg", ".hidden.png", "notes.txt"):
        (tmp_path / name).touch()
    assert list(find_pictures(tmp_path)) == ["a", "b"]
    (tmp_path / "a.png").touch()
    with pytest.raises(InputError, match="have the same name"):
        find_pictures(tmp_path)
    assert find_video(tmp_path, "cam0") is None
    (tmp_path / "cam_0.MP4").touch()
    assert find_video(tmp_path, "cam0") == tmp_path / "cam_0.MP4"


def test_a_picture_from_a_path_beyond_ascii(tmp_path):
    path = tmp_path / "Schüler_教室.png"
    ok, data = cv2.imencode(".png", np.full((4, 6), 77, np.uint8))
    assert ok
    path.write_bytes(data.tobytes())
    assert read_picture(path).shape == (4, 6)


def test_a_tape_of_too_few_readings_is_refused_before_any_picture_is_searched(tmp_path):
    (tmp_path / "auxiliary").mkdir()
    (tmp_path / "room.toml").write_text("[board]\nwidth_m = 4.0\nheight_m = 1.2\n")
    (tmp_path / "tape.csv").write_text("point_a,point_b,distance_m\nC00,B_TL,3.3\nC00,B_TR,3.1\n")
    with pytest.raises(InputError, match="2 tape readings do not fix the room"):
        calibrate_folder(tmp_path, chessboard("9x6", 0.06))


@pytest.mark.parametrize(
    ("explained", "give_up", "searched"),
    [
        (["another board"] * 3, True, 3),
        (["another board", None, "another board"], True, 12),
        (["7x6", "8x6", "7x6"], True, 12),
        (["another board"] * 3, False, 12),
    ],
)
def test_the_search_for_a_board_that_is_not_there_ends_early_where_another_is(
    monkeypatch, explained, give_up, searched
):
    from gazeclass.calibration import views

    explanations = iter(explained)
    monkeypatch.setattr(views, "detect", lambda *_: None)
    monkeypatch.setattr(views, "other_explanation", lambda *_: next(explanations))
    pictures = ((f"{k:02}", np.zeros((8, 12), np.uint8)) for k in range(12))
    found = views.detect_all(TARGET, pictures, Silent(), "stereo/cam0", 12, give_up=give_up)
    assert len(found.detections) == searched
    assert found.reason == ("another board" if searched == 3 else "")
