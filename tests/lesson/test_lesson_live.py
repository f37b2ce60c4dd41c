"""A live lesson from cameras that play the sample: what is stored, what is told, and every way it can end."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from live_double import PlayedPairs, sample_pairs

from gazeclass.calibration.classroom import Classroom, load_classroom
from gazeclass.capture.health import CameraState, EventKind
from gazeclass.capture.pairs import FramePair
from gazeclass.errors import InputError
from gazeclass.lesson.analysis import lesson_meta
from gazeclass.lesson.live import LiveLesson
from gazeclass.lesson.live_assembly import LiveTools, build_live
from gazeclass.lesson.live_status import LiveState
from gazeclass.lesson.live_tally import RateMeter
from gazeclass.lesson.reader import read_lesson
from gazeclass.lesson.unfinished import finish_lesson, unfinished_lessons
from gazeclass.lesson.zones import Zone

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def classroom() -> Classroom:
    return load_classroom(HERE.parents[1] / "calibration" / "classroom.toml")


@pytest.fixture(scope="session")
def pictures() -> list[FramePair]:
    return list(sample_pairs(14))


def tools_for(classroom: Classroom, **more: object) -> LiveTools:
    settings: dict = {"headpose": "landmarks", "threads": 1, "search_beside": False} | more
    return build_live(classroom, zones=lesson_meta(classroom, period_s=0.1, models=()).zones, **settings)


Begin = Callable[..., LiveLesson]


@pytest.fixture
def begin(classroom: Classroom, tmp_path: Path) -> Iterator[Begin]:
    """Starts lessons in ``lesson.gaze`` and ends them."""
    lessons = []

    def start(source: PlayedPairs, name: str = "lesson.gaze", **more: object) -> LiveLesson:
        meta = lesson_meta(classroom, period_s=0.1, models=())
        lesson = LiveLesson(source, tools_for(classroom, **more), tmp_path / name, meta)
        lessons.append(lesson)
        return lesson

    yield start
    for lesson in lessons:
        lesson.source.close()
        assert lesson.stop(60.0)


def wait_for(condition: Callable[[], bool], timeout_s: float = 120.0) -> None:
    until = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)


def grey(size: tuple[int, int] = (1920, 1080)) -> np.ndarray:
    return np.full((size[1], size[0], 3), 90, np.uint8)


def empty_room(count: int, period_s: float = 0.1) -> Iterator[FramePair]:
    picture = grey()
    for k in range(count):
        yield FramePair(k * period_s, (picture, picture), 0.0, k)


@pytest.mark.slow
def test_a_lesson_from_start_to_stop(begin: Begin, pictures: list[FramePair], tmp_path: Path) -> None:
    lesson = begin(PlayedPairs(pictures))
    wait_for(lambda: lesson.over)
    assert (lesson.state, lesson.failure) == (LiveState.ENDED, None)
    stored = read_lesson(tmp_path / "lesson.gaze")
    assert stored.complete
    assert len(np.unique(stored.observations.t_s)) > 5
    assert 6 <= len(stored.students) <= 14  # nobody is enrolled: whoever is seen gets a number
    assert stored.students[0].name.startswith("P")
    kinds = [kind for _, kind, _ in stored.events]
    assert (kinds[0], kinds[-1]) == ("start", "stop")
    assert {record["camera"] for record in stored.health} == {0, 1}
    live = stored.meta.details["live"]
    assert live["pairs"] == len(pictures)
    assert set(live["updates_per_s"]) <= {student.name for student in stored.students}
    assert lesson.moment is not None
    assert lesson.moment.number == len(pictures)
    assert lesson.figures.shares().measured_s > 1.0
    rows = {student.row for student in stored.students}
    assert rows >= {1, 2}  # told apart by their distance from the board


@pytest.mark.slow
def test_live_agrees_with_the_analysis_of_the_same_pairs(
    begin: Begin, classroom: Classroom, pictures: list[FramePair], tmp_path: Path
) -> None:
    from gazeclass.lesson.assembly import build_pipeline

    lesson = begin(PlayedPairs(pictures))
    pipeline = build_pipeline(classroom, headpose="landmarks", zones=lesson.meta.zones)
    wanted = [o for pair in pictures for o in pipeline.process(pair)]
    wait_for(lambda: lesson.over)
    stored = {(round(o.t_s, 6), o.student): o for o in read_lesson(tmp_path / "lesson.gaze")}
    assert len(stored) == len(wanted)
    both = [(o, stored[round(o.t_s, 6), o.student]) for o in wanted if o.seen]
    assert max(float(np.linalg.norm(a.position_W_m - b.position_W_m)) for a, b in both) < 1e-6


def test_an_empty_room_is_a_lesson_too(begin: Begin, tmp_path: Path) -> None:
    lesson = begin(PlayedPairs(empty_room(4)))
    wait_for(lambda: lesson.over)
    assert lesson.failure is None
    stored = read_lesson(tmp_path / "lesson.gaze")
    assert stored.complete
    assert len(stored.observations) == 0


def test_pause_mark_resume_and_zones(begin: Begin, tmp_path: Path) -> None:
    source = PlayedPairs(empty_room(400))
    lesson = begin(source)
    wait_for(lambda: lesson.moment is not None)
    lesson.pause()
    lesson.pause()  # twice is no harm
    number = lesson.moment.number  # type: ignore[union-attr]
    at = lesson.mark("a question of Zoë's")
    assert lesson.status().state is LiveState.PAUSED
    lesson.replace_zones([Zone("poem", 0.0, 0.0, 2.0, 1.2)])
    lesson.resume()
    wait_for(lambda: lesson.moment is not None and lesson.moment.number > number + 2)
    assert [zone.name for zone in lesson.figures.zones] == ["poem"]
    assert lesson.stop(60.0)
    stored = read_lesson(tmp_path / "lesson.gaze")
    assert [zone.name for zone in stored.zones] == ["poem"]
    events = {kind: (t, text) for t, kind, text in stored.events}
    assert events["mark"] == (pytest.approx(at), "a question of Zoë's")
    assert events["pause"][0] <= events["mark"][0] <= events["resume"][0]


def test_a_camera_that_goes_and_comes_back_is_in_the_file(begin: Begin, tmp_path: Path) -> None:
    def before(number: int) -> None:
        if number == 3:
            source.happen(EventKind.LOST, "left: it is not there. Plug it in again.")
            source.states[0] = CameraState.LOST
        if number == 6:
            source.happen(EventKind.GAP, "left: no picture for 12.0 s")
            source.states[0] = CameraState.LIVE

    def pairs() -> Iterator[FramePair]:
        for pair in empty_room(10):
            yield pair if pair.index < 6 else replace(pair, t_s=pair.t_s + 12.0)

    source = PlayedPairs(pairs(), before=before)
    lesson = begin(source)
    wait_for(lambda: lesson.over)
    stored = read_lesson(tmp_path / "lesson.gaze")
    said = {kind: text for _, kind, text in stored.events}
    assert said["camera_lost"] == "left: it is not there. Plug it in again."
    assert "no picture for 12.0 s" in said["camera_gap"]
    assert stored.complete


def test_status_names_the_missing_camera(begin: Begin) -> None:
    source = PlayedPairs(empty_room(50), hold_at_end=True)
    lesson = begin(source)
    wait_for(lambda: lesson.moment is not None)
    assert lesson.status().missing == ()
    source.states[1] = CameraState.LOST
    status = lesson.status()
    assert [status.camera_names[k] for k in status.missing] == ["right"]


def test_a_clock_set_back_loses_no_lesson(begin: Begin, tmp_path: Path) -> None:
    times = [0.0, 0.1, 0.2, 0.1, 0.05, 0.3, 0.4]
    pairs = [FramePair(t, (grey(), grey()), 0.0, k) for k, t in enumerate(times)]
    lesson = begin(PlayedPairs(pairs))
    wait_for(lambda: lesson.over)
    assert lesson.failure is None
    assert lesson.moment is not None
    assert lesson.moment.number == 5


def test_one_camera_at_half_rate(begin: Begin, tmp_path: Path) -> None:
    source = PlayedPairs(empty_room(8, 0.2))
    source.rates_hz[1] = 5.0
    lesson = begin(source)
    wait_for(lambda: lesson.over)
    rates = {record["camera"]: record["rate_hz"] for record in read_lesson(tmp_path / "lesson.gaze").health}
    assert rates == {0: 10.0, 1: 5.0}


def test_wrong_size_is_refused_with_the_camera_and_both_sizes(begin: Begin, tmp_path: Path) -> None:
    source = PlayedPairs([], sizes=((1920, 1080), (1280, 720)))
    with pytest.raises(InputError, match=r"right: its pictures are 1280×720.*calibrated at 1920×1080.*Set the camera"):
        begin(source)
    assert source.closed
    assert not (tmp_path / "lesson.gaze").exists()


def test_another_size_in_the_middle_ends_with_a_sentence(begin: Begin, tmp_path: Path) -> None:
    pairs = [*empty_room(3), FramePair(0.5, (grey(), grey((1280, 720))), 0.0, 3)]
    lesson = begin(PlayedPairs(pairs))
    wait_for(lambda: lesson.over)
    assert lesson.state is LiveState.FAILED
    assert "1280×720" in str(lesson.failure)
    stored = read_lesson(tmp_path / "lesson.gaze")
    assert stored.complete
    assert any(kind == "failure" for _, kind, _ in stored.events)


@pytest.mark.slow
def test_exchanged_cameras_are_refused_and_leave_no_file(
    begin: Begin, pictures: list[FramePair], tmp_path: Path
) -> None:
    swapped = [replace(pair, images=pair.images[::-1]) for pair in pictures]
    lesson = begin(PlayedPairs(swapped))
    wait_for(lambda: lesson.over)
    assert lesson.state is LiveState.FAILED
    assert "exchanged" in str(lesson.failure)
    assert not (tmp_path / "lesson.gaze").exists()


def test_an_existing_file_is_never_overwritten(begin: Begin, tmp_path: Path) -> None:
    (tmp_path / "lesson.gaze").write_bytes(b"somebody's")
    source = PlayedPairs(empty_room(3))
    with pytest.raises(InputError, match="already something of that name"):
        begin(source)
    assert (tmp_path / "lesson.gaze").read_bytes() == b"somebody's"
    assert source.closed


def test_a_full_disk_ends_the_lesson_with_a_sentence_and_keeps_what_was_stored(begin: Begin, tmp_path: Path) -> None:
    source = PlayedPairs(empty_room(1000))
    lesson = begin(source)
    wait_for(lambda: lesson.moment is not None)
    lesson.mark("before")
    lesson._file.writer.flush()
    source.gate.clear()
    pages = lesson._file.writer._db.execute("PRAGMA page_count").fetchone()[0]
    # SQLite says "database or disk is full" when it may not grow: the same error as on a full disk.
    lesson._file.writer._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(InputError, match=r"cannot be written \(database or disk is full\)"):
        write_until_refused(lesson)
    source.gate.set()
    assert lesson.stop(60.0)
    assert lesson.state is LiveState.FAILED
    assert "disk is full" in str(lesson.failure)
    lesson._file.writer._release()
    left = sqlite3.connect(tmp_path / "lesson.gaze")
    left.close()
    stored = read_lesson(tmp_path / "lesson.gaze")
    assert ("mark", "before") in [(kind, text) for _, kind, text in stored.events]


def write_until_refused(lesson: LiveLesson) -> None:
    for _ in range(2000):
        lesson.mark("x" * 500)


KILLED = """
import sys
sys.path.insert(0, {here!r})
from pathlib import Path
from live_double import PlayedPairs
from test_lesson_live import empty_room, tools_for
from gazeclass.calibration.classroom import load_classroom
from gazeclass.lesson.analysis import lesson_meta
from gazeclass.lesson.live import LiveLesson
from gazeclass.lesson.observation import Observation
from gazeclass.lesson.zones import Zone

room = load_classroom({room!r})
tools = tools_for(room)
inner = tools.pipeline.look
def look(pair):
    found = inner(pair)
    cov = [[0.04, 0.0], [0.0, 0.04]]
    found.observations.append(Observation(pair.t_s, "S01", "ok", position_W_m=[1, 1, 3], board_xy_m=[1.0, 0.5],
                                          cov_board_m2=cov, cameras="01"))
    return found
tools.pipeline.look = look
lesson = LiveLesson(PlayedPairs(empty_room(100000)), tools, Path({out!r}), lesson_meta(room, period_s=0.1, models=()))
lesson.replace_zones([Zone("poem", 0.0, 0.0, 2.0, 1.2)])
while not lesson.over:
    moment = lesson.moment
    if moment is not None:
        lesson._file.writer.flush()
        print(moment.number, flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is not there")
def test_kill_9_loses_no_more_than_the_last_second_and_the_lesson_can_be_finished(
    classroom: Classroom, tmp_path: Path
) -> None:
    from gazeclass.calibration.classroom import save_classroom

    save_classroom(classroom, tmp_path / "room.toml")
    out = tmp_path / "killed.gaze"
    code = KILLED.format(here=str(HERE), room=str(tmp_path / "room.toml"), out=str(out))
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    stored_pairs = 0
    for line in child.stdout:
        stored_pairs = int(line)
        if stored_pairs >= 12:
            break
    assert unfinished_lessons(tmp_path) == []  # it is being written: nothing to finish
    with pytest.raises(InputError, match="writing this lesson"):
        finish_lesson(out)
    os.kill(child.pid, signal.SIGKILL)
    child.stdout.close()
    child.wait()
    (card,) = unfinished_lessons(tmp_path)
    assert card.path == out
    assert card.observations >= stored_pairs
    before = read_lesson(out)
    assert not before.complete
    finish_lesson(out)
    after = read_lesson(out)
    assert after.complete
    assert len(after.observations) == len(before.observations)
    assert [zone.name for zone in after.zones] == ["poem"]
    assert set(after.observations.zone.tolist()) == {0}
    assert unfinished_lessons(tmp_path) == []


def test_nothing_to_finish_where_there_is_no_folder(tmp_path: Path) -> None:
    assert unfinished_lessons(tmp_path / "none") == []


def test_rates_are_of_the_last_seconds() -> None:
    meter = RateMeter(5.0)
    assert meter.rates(0.0) == {}
    for k in range(100):
        meter.add(0.1 * k, "S01")
        if k % 2 == 0 and k < 50:
            meter.add(0.1 * k, "S02")
    rates = meter.rates(9.9)
    assert rates["S01"] == pytest.approx(10.0, abs=0.3)
    assert rates["S02"] == pytest.approx(0.0, abs=0.3)
    assert meter.counts["S02"] == 25


def test_the_search_beside_tells_the_trackers_what_is_new() -> None:
    from gazeclass.faces.types import Face, Track
    from gazeclass.lesson.live_search import BackgroundSearch

    known, fresh = np.array([100.0, 100, 150, 150]), np.array([400.0, 300, 450, 350])

    class Detector:
        def detect(self, image: np.ndarray, camera: int = 0, *, region: np.ndarray | None = None) -> list[Face]:
            return [Face(camera, box, np.zeros((5, 2)), 0.99) for box in (known, fresh)]

    class Tracker:
        def __init__(self) -> None:
            self.told: list[np.ndarray] = []
            self.found_px: list[np.ndarray] = []

        def found(self, faces: Sequence[Face]) -> None:
            self.found_px += [face.box_px for face in faces]

        def expect(self, boxes: np.ndarray, until_s: float) -> None:
            self.told.append(boxes)
            assert until_s > 7.0

    trackers = Tracker(), Tracker()
    search = BackgroundSearch(Detector(), trackers)
    track = Track(0, 1, Face(0, known, np.zeros((5, 2)), 0.99), 0.0, 5)
    tracks = [track], [replace(track, camera=1)]
    wait_for(lambda: search.show((grey(), grey())) or search.searches >= 2)  # type: ignore[func-returns-value]
    search.deliver(7.0, tracks)
    search.close()
    for tracker in trackers:
        assert len(tracker.told) >= 1
        np.testing.assert_array_equal(tracker.told[0], fresh[None])
        np.testing.assert_array_equal(tracker.found_px[:2], [known, fresh])  # what it does with them is its own affair


def test_who_is_missing_is_sought_at_the_usual_place_between_two_searches_of_everything() -> None:
    """A settled class is searched seldom; a student lost in it is found at the seat long before that."""
    from gazeclass.faces.types import Face
    from gazeclass.lesson.live_search import BackgroundSearch

    seats = np.array([[100.0 * k, 300, 100.0 * k + 40, 350] for k in range(5)])
    regions: list[np.ndarray] = []

    class Detector:
        def detect(self, image: np.ndarray, camera: int = 0, *, region: np.ndarray | None = None) -> list[Face]:
            if region is None:
                return []
            assert camera == 1
            regions.append(region)
            return [Face(camera, seats[2], np.zeros((5, 2)), 0.99)] if region[0] < 200 < region[2] else []

    class Roll:
        sought_anywhere = False

        def wanted(self, camera: int) -> np.ndarray:
            return seats if camera else np.empty((0, 4))

    class Tracker:
        def __init__(self) -> None:
            self.places: list[np.ndarray] = []

        def found(self, faces: Sequence[Face]) -> None:
            self.places += [face.box_px for face in faces]

        def expect(self, boxes: np.ndarray, until_s: float) -> None: ...

    trackers = Tracker(), Tracker()
    search = BackgroundSearch(Detector(), trackers, Roll())
    try:

        def go_on() -> bool:
            search.show((grey(), grey()))
            search.deliver(1.0, ([], []))
            return bool(trackers[1].places)

        wait_for(go_on)
        # All five are tried in turn, a few at a time, and each region holds its place with room around it.
        wait_for(lambda: go_on() and len({tuple(region) for region in regions}) == 5)
    finally:
        search.close()
    assert trackers[0].places == []
    np.testing.assert_array_equal(trackers[1].places[0], seats[2])
    assert {tuple(region + [50, 50, -50, -50]) for region in regions} == {tuple(seat) for seat in seats}


def test_a_search_that_fails_is_heard_of() -> None:
    from gazeclass.lesson.live_search import BackgroundSearch

    class Broken:
        def detect(self, image: np.ndarray, camera: int = 0, *, region: np.ndarray | None = None) -> list:
            raise InputError("the network is damaged")

    search = BackgroundSearch(Broken(), ())
    with pytest.raises(InputError, match="damaged"):
        wait_for(lambda: search.show((grey(), grey())) or False)  # type: ignore[func-returns-value]
    search.close()
