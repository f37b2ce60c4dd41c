"""Views collected from live pictures: what is kept by itself and what not, and what the pair of cameras shows."""

import errno
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import TARGET, TrueRoom, make_room, render

from gazeclass.calibration import stages
from gazeclass.calibration.collect import LensCollector, PairCollector, Verdict, refine
from gazeclass.calibration.detection import Detection
from gazeclass.calibration.live import STILL_S, LiveSearch, edge_width_px
from gazeclass.calibration.pair_checks import Order, epipolar_still, order_of, same_picture, size_sentence
from gazeclass.calibration.picture_folder import LENS, PAIR
from gazeclass.calibration.project import Project, create_project
from gazeclass.calibration.step_state import Step
from gazeclass.calibration.steps import look
from gazeclass.calibration.target import chessboard
from gazeclass.calibration.variety import TILTS, usual_camera, variety
from gazeclass.errors import InputError
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import exp_so3


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = create_project(tmp_path / "calibration")
    made.choose_target(TARGET)
    return made


@pytest.fixture(scope="module")
def pictures(plain_room: TrueRoom) -> list[tuple[np.ndarray, np.ndarray]]:
    """Four boards, each as seen by both cameras."""
    poses = plain_room.board_poses(4, seed=11)
    return [(render(plain_room, 0, T), render(plain_room, 1, T)) for T in poses]


def hold(collector: LensCollector, picture: np.ndarray, start_s: float, seconds: float = 1.0, fps: float = 10.0):
    """Feed a picture of a board held still; every verdict on the way."""
    return [collector.feed(start_s + k / fps, picture) for k in range(int(seconds * fps))]


class TestLive:
    def test_corners_of_the_reduced_picture_are_near_the_true_ones(self, plain_room, pictures):
        for T, (picture, _) in zip(plain_room.board_poses(4, seed=11), pictures, strict=True):
            search = LiveSearch(TARGET)
            found = [search.feed(0.1 * k, picture) for k in range(8)]
            assert found[-1] is not None
            off = np.linalg.norm(found[-1].detection.corners_px - plain_room.pixels(0, T), axis=1)
            assert np.median(off) < 1.5

    def test_a_board_is_still_only_after_a_while(self, pictures):
        search = LiveSearch(TARGET)
        boards = [search.feed(0.1 * k, pictures[0][0]) for k in range(20)]
        seen = [(0.1 * k, b) for k, b in enumerate(boards) if b is not None]
        first = seen[0][0]
        assert all(b.still == (t - first >= STILL_S - 1e-9) for t, b in seen if abs(t - first - STILL_S) > 0.05)

    def test_a_moving_board_is_not_still(self, pictures):
        search = LiveSearch(TARGET, stills=False)
        boards = []
        for k in range(20):
            shift = np.array([[1, 0, 6.0 * k], [0, 1, 0]])
            boards.append(search.feed(0.1 * k, cv2.warpAffine(pictures[0][0], shift, (1280, 720), borderValue=120)))
        assert any(b is not None for b in boards)
        assert not any(b.still for b in boards if b is not None)

    @pytest.mark.parametrize("direction", [(1, 13), (13, 1)])
    def test_motion_and_bad_focus_are_blurred(self, plain_room, pictures, direction):
        T = plain_room.board_poses(4, seed=11)[0]
        truth = Detection(np.arange(TARGET.count), plain_room.pixels(0, T), (1280, 720))
        sharp = edge_width_px(pictures[0][0], truth)
        moved = edge_width_px(cv2.blur(pictures[0][0], direction), truth)
        soft = edge_width_px(cv2.GaussianBlur(pictures[0][0], (0, 0), 4), truth)
        assert sharp < 4.5 < min(moved, soft)

    def test_no_board_no_contrast_and_a_black_picture(self):
        search = LiveSearch(TARGET)
        for k, grey in enumerate((0, 128, 255)):
            assert search.feed(float(k), np.full((720, 1280, 3), grey, np.uint8)) is None
        flat = Detection(np.arange(TARGET.count), np.zeros((TARGET.count, 2)), (1280, 720))
        assert edge_width_px(np.full((720, 1280), 7, np.uint8), flat) == float("inf")

    def test_a_source_that_changes_its_size(self, pictures):
        search = LiveSearch(TARGET, stills=True)
        assert search.feed(0.0, pictures[0][0]) is not None
        half = cv2.resize(pictures[0][0], (640, 360), interpolation=cv2.INTER_AREA)
        found = search.feed(1.0, half)
        assert found is None or found.detection.size_px == (640, 360)


class TestLens:
    def test_it_keeps_a_still_sharp_new_view_once(self, project, pictures):
        collector = LensCollector(project, 0, TARGET)
        looks = hold(collector, pictures[0][0], 0.0, seconds=4.0)
        assert [k.kept for k in looks if k.kept] == ["000"]
        assert {k.verdict for k in looks} >= {Verdict.MOVING, Verdict.KEPT, Verdict.PAUSE, Verdict.DUPLICATE}
        assert looks[-1].like == "000"
        assert project.pictures(LENS, 0)["000"].suffix == ".png"
        hold(collector, pictures[1][0], 10.0, seconds=3.0)
        assert list(collector.kept) == ["000", "001"]

    def test_the_full_picture_is_kept(self, project, pictures):
        LensCollector(project, 0, TARGET, stills=True).feed(0.0, pictures[0][0])
        kept = cv2.imread(str(project.pictures(LENS, 0)["000"]), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(kept, pictures[0][0])

    def test_blurred_ones_are_not_kept_unless_forced(self, project, pictures):
        collector = LensCollector(project, 0, TARGET, stills=True)
        soft = cv2.GaussianBlur(pictures[0][0], (0, 0), 2.5)
        assert collector.feed(0.0, soft).verdict is Verdict.BLURRED
        assert collector.kept == {}
        assert collector.feed(1.0, soft, force=True).kept == "000"

    def test_a_board_that_reaches_out_of_the_picture_is_not_seen(self, project, pictures, plain_room):
        x = int(plain_room.pixels(0, plain_room.board_poses(4, seed=11)[0])[:, 0].mean())
        collector = LensCollector(project, 0, TARGET, stills=True)
        cut = pictures[0][0].copy()
        cut[:, x:] = 120
        assert collector.feed(0.0, cut).verdict is Verdict.NOT_SEEN
        assert collector.feed(1.0, cut, force=True).kept == ""

    def test_collecting_goes_on_after_a_restart(self, project, pictures):
        first = LensCollector(project, 0, TARGET, stills=True)
        first.feed(0.0, pictures[0][0])
        assert refine(project, LENS, "000", TARGET)
        again = LensCollector(project, 0, TARGET, stills=True)
        assert again.feed(0.0, pictures[0][0]).verdict is Verdict.DUPLICATE
        assert again.feed(1.0, pictures[1][0]).kept == "001"

    def test_a_dropped_view_may_be_taken_again(self, project, pictures):
        collector = LensCollector(project, 0, TARGET, stills=True)
        collector.feed(0.0, pictures[0][0])
        project.drop(LENS, "000", 0)
        collector.reload()
        assert collector.kept == {}
        assert collector.feed(5.0, pictures[0][0]).kept == "001"

    def test_a_kept_view_in_which_nothing_is_found_is_dropped(self, project):
        project.add_view(LENS, 0, np.full((720, 1280), 120, np.uint8))
        assert not refine(project, LENS, "000", TARGET)
        assert project.pictures(LENS, 0) == {}
        assert project.dropped(LENS) == ((0, "000"),)

    def test_disk_full_while_collecting_loses_nothing(self, project, pictures, monkeypatch):
        collector = LensCollector(project, 0, TARGET, stills=True)
        collector.feed(0.0, pictures[0][0])

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("gazeclass.atomic.os.fsync", full)
            with pytest.raises(InputError, match="No space left"):
                collector.feed(5.0, pictures[1][0])
        assert list(collector.kept) == ["000"]
        assert list((project.folder / LENS / "cam0").iterdir()) == [project.pictures(LENS, 0)["000"]]
        assert collector.feed(9.0, pictures[1][0]).kept == "001"


class TestVariety:
    @pytest.mark.parametrize(
        ("turn", "edge"), [((0, 25, 0), "right"), ((0, -25, 0), "left"), ((25, 0, 0), "top"), ((-25, 0, 0), "bottom")]
    )
    def test_the_edge_that_is_nearer_is_named(self, turn, edge):
        camera = usual_camera((1280, 720))
        # In camera axes: the board faces the camera, then turns about x (right) and y (down).
        T = Transform(exp_so3(np.radians(turn)) @ np.diag([1.0, -1.0, -1.0]), np.zeros(3))
        points = T.apply(TARGET.points_A - TARGET.points_A.mean(axis=0)) + [0, 0, 1.5]
        nearest = points[np.argmin(points[:, 2])]
        sides = {"left": nearest[0] < -0.05, "right": nearest[0] > 0.05, "top": nearest[1] < -0.05}
        assert sides.get(edge, nearest[1] > 0.05)
        seen = variety(TARGET, [Detection(np.arange(TARGET.count), camera.project(points), (1280, 720))])
        assert seen.tilt_bins <= set(TILTS[edge])
        assert len(seen.tilt_bins) == 1
        assert edge not in seen.missing_tilts

    def test_wishes_point_to_what_is_missing(self):
        camera = usual_camera((1280, 720))
        points = (TARGET.points_A - TARGET.points_A.mean(axis=0)) * [1, -1, 0] + [-0.5, -0.25, 1.5]
        views = [Detection(np.arange(TARGET.count), camera.project(points), (1280, 720))] * 3
        seen = variety(TARGET, views)
        assert "right of the picture" in seen.wishes[0]
        assert any("nearer to the camera" in wish for wish in seen.wishes)
        assert any("farther" in wish for wish in seen.wishes)
        assert not seen.enough

    def test_nothing_kept_yet(self):
        seen = variety(TARGET, [])
        assert seen.covered == 0
        assert seen.distance_ratio == 1
        assert seen.wishes


class TestPair:
    def test_both_or_neither(self, project, pictures):
        collector = PairCollector(project, TARGET, stills=True)
        empty = np.full((720, 1280), 120, np.uint8)
        assert collector.feed(0.0, (pictures[0][0], empty)).verdict is Verdict.ONE_CAMERA
        assert collector.feed(1.0, (empty, empty)).verdict is Verdict.NOT_SEEN
        assert project.pairs() == {}
        assert collector.feed(2.0, pictures[0]).kept == "000"
        assert collector.feed(3.0, pictures[0]).verdict is Verdict.DUPLICATE
        assert list(project.pairs()) == ["000"]
        first, second = collector.coverage()
        assert first.sum() == second.sum() == TARGET.count

    def test_pictures_of_different_moments_are_not_kept(self, project, pictures):
        collector = PairCollector(project, TARGET)
        looks = [collector.feed(0.1 * k, pictures[0], skew_s=0.2) for k in range(25)]
        assert Verdict.SKEWED in {k.verdict for k in looks}
        assert project.pairs() == {}

    def test_collected_pairs_calibrate(self, project, plain_room, pictures):
        collector = PairCollector(project, TARGET, stills=True)
        for k, pair in enumerate(pictures):
            collector.feed(2.0 * k, pair)
        stages.search(project, PAIR)
        figures = stages.solve_pair(project)
        assert figures.failure is None
        assert figures.baseline_m == pytest.approx(plain_room.rig.baseline_m, rel=0.02)
        assert look(project)[Step.PAIR].may_go_on
        still = epipolar_still(TARGET, figures.rig(), *collector_refined(project))
        assert still is not None
        assert np.median(still.distance_px) < 0.3

    def test_exchanged_cameras_from_two_views(self, room):
        views = seen_by_both(room, 4)
        lenses = (usual_camera((1280, 720)), usual_camera((1280, 720)))
        assert order_of(TARGET, lenses, views) is Order.RIGHT
        swapped = {name: (b, a) for name, (a, b) in views.items()}
        assert order_of(TARGET, lenses, swapped) is Order.SWAPPED
        assert order_of(TARGET, lenses, dict(list(views.items())[:1])) is Order.UNKNOWN

    def test_exchanged_cameras_with_a_board_that_looks_the_same_turned(self):
        symmetric = chessboard("8x6", 0.08)
        room = make_room(symmetric)
        views = seen_by_both(room, 5)
        turned = {name: (a, b.half_turned(symmetric) if k % 2 else b) for k, (name, (a, b)) in enumerate(views.items())}
        unknown = {
            name: tuple(Detection(d.ids, d.corners_px, d.size_px, half_turn_known=False) for d in pair)
            for name, pair in turned.items()
        }
        assert order_of(symmetric, room.rig.cameras, unknown) is Order.RIGHT
        swapped = {name: (b, a) for name, (a, b) in unknown.items()}
        assert order_of(symmetric, room.rig.cameras[::-1], swapped) is Order.SWAPPED

    def test_one_camera_twice(self, pictures):
        noisy = np.clip(pictures[0][0] + np.random.default_rng(0).normal(0, 4, (720, 1280)), 0, 255).astype(np.uint8)
        brighter = np.clip(pictures[0][0] * 1.1 + 5, 0, 255).astype(np.uint8)
        assert same_picture(pictures[0][0], noisy)
        assert same_picture(pictures[0][0], brighter)
        assert same_picture(pictures[0][0], cv2.resize(pictures[0][0], (640, 360), interpolation=cv2.INTER_AREA))
        assert not same_picture(*pictures[0])
        covered = np.zeros((720, 1280), np.uint8)
        assert not same_picture(covered, covered)

    def test_different_sizes(self):
        assert size_sentence((640, 480), (640, 480)) == ""
        assert "640×480 and 1920×1080" in size_sentence((640, 480), (1920, 1080))


def seen_by_both(room: TrueRoom, count: int) -> dict[str, tuple[Detection, Detection]]:
    rng = np.random.default_rng(2)
    return {
        str(k): (room.detection(0, T, 0.3, rng), room.detection(1, T, 0.3, rng))
        for k, T in enumerate(room.board_poses(count, seed=4))
    }


def collector_refined(project: Project) -> tuple[Detection, Detection]:
    name, paths = next(iter(project.pairs().items()))
    found = [project.memory.recall(TARGET, path) for path in paths]
    assert name
    assert found[0] is not None
    assert found[1] is not None
    return found[0].detection, found[1].detection


@pytest.mark.shared
def test_the_real_pair_in_either_order(shared_data):
    """``stereo_chessboard``: real pictures, a usual lens instead of a calibrated one."""
    from gazeclass.calibration.detection import detect

    target = chessboard("9x6", 0.025)
    folder = shared_data / "stereo_chessboard"
    pairs = {}
    for path in sorted(folder.glob("left*.jpg")):
        both = [detect(target, cv2.imread(str(folder / path.name.replace("left", s)), 0)) for s in ("left", "right")]
        if both[0] is not None and both[1] is not None:
            pairs[path.stem] = (both[0], both[1])
    lenses = (usual_camera((640, 480)), usual_camera((640, 480)))
    assert order_of(target, lenses, pairs) is Order.RIGHT
    assert order_of(target, lenses, {n: (b, a) for n, (a, b) in pairs.items()}) is Order.SWAPPED
