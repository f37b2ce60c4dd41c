"""Poses take turns: evenly by age, sooner after a change, everybody where there is time."""

import numpy as np
import pytest

from gazeclass.faces.types import Face
from gazeclass.lesson.pose_schedule import PoseSchedule


def face(camera: int = 0, nose_dx: float = 0.0, centre: tuple[float, float] = (500, 500), size: float = 50.0) -> Face:
    x, y = centre
    box = np.array([x - size / 2, y - size / 2, x + size / 2, y + size / 2])
    points = np.array([[-0.2, -0.2], [0.2, -0.2], [nose_dx, 0.0], [-0.15, 0.25], [0.15, 0.25]]) * size + [x, y]
    return Face(camera, box, points, 0.99)


def class_of(count: int) -> dict[str, dict[int, Face]]:
    return {f"S{k:02d}": {c: face(c, centre=(100.0 * k, 300)) for c in (0, 1)} for k in range(count)}


def slow(pair_s: float, face_s: float, other_s: float) -> PoseSchedule:
    schedule = PoseSchedule(pair_s)
    schedule.took(100, 100 * face_s, other_s)
    return schedule


def test_everybody_at_every_pair_where_there_is_time() -> None:
    faces = class_of(30)
    assert PoseSchedule().choose(0.0, faces) == set(faces)
    fast = slow(0.25, 0.0005, 0.05)
    assert all(fast.choose(0.1 * k, faces) == set(faces) for k in range(3))


def test_the_rate_falls_evenly() -> None:
    faces = class_of(30)
    schedule = slow(0.25, 0.005, 0.15)  # 30 faces, as long as the rest takes: half of the class
    looks = dict.fromkeys(faces, 0)
    for k in range(120):
        chosen = schedule.choose(0.25 * k, faces)
        assert len(chosen) == 15
        for name in chosen:
            looks[name] += 1
    assert max(looks.values()) - min(looks.values()) <= 1


def test_who_turns_is_looked_at_first_and_nobody_starves() -> None:
    faces = class_of(30)
    schedule = slow(0.1, 0.01, 0.09)  # 9 faces: 4 students
    looks = dict.fromkeys(faces, 0)
    for k in range(200):
        faces["S07"] = {c: face(c, nose_dx=0.2 * (k % 2), centre=(700, 300)) for c in (0, 1)}
        for name in schedule.choose(0.2 * k, faces):
            looks[name] += 1
    others = [count for name, count in looks.items() if name != "S07"]
    assert looks["S07"] > 2 * max(others)
    assert looks["S07"] <= 4.5 * max(others)
    assert min(others) >= 20


def test_somebody_new_comes_first() -> None:
    schedule = slow(0.1, 0.02, 0.09)
    faces = class_of(6)
    for k in range(6):
        schedule.choose(0.01 * k, faces)
    faces["T99"] = {0: face(0)}
    assert "T99" in schedule.choose(0.1, faces)


def test_a_face_new_to_one_camera_counts_as_changed() -> None:
    schedule = PoseSchedule()
    schedule.choose(0.0, {"S01": {0: face(0)}, "S02": {0: face(0), 1: face(1)}})
    both = {0: face(0), 1: face(1)}
    assert schedule.urgency(1.0, "S01", both) > 2 * schedule.urgency(1.0, "S02", both)


def test_trembling_is_no_change() -> None:
    schedule = PoseSchedule()
    schedule.choose(0.0, {"S01": {0: face(0)}})
    assert schedule.urgency(1.0, "S01", {0: face(0, nose_dx=0.02)}) == pytest.approx(1.2)


def test_a_slow_machine_gives_poses_as_long_as_the_rest() -> None:
    schedule = slow(0.25, 0.005, 1.0)
    assert schedule.faces_within == 200
    assert slow(0.25, 0.005, 0.05).faces_within == 40
