"""Faces over time, with a pretended detector: hidden, crossing, turned away, false."""

import numpy as np
import pytest
from faces_support import World, make_face

from gazeclass.faces.follower import TrackingOptions
from gazeclass.faces.motion import BoxMotion
from gazeclass.faces.tracking import CameraTracker
from gazeclass.faces.types import Face, Track

STEPS = 60
STEP_S = 0.1


def still(x: float, y: float, score: float = 0.99) -> list[Face | None]:
    return [make_face((x, y), score=score) for _ in range(STEPS)]


def follow(world: World, *, embedder: bool = True) -> list[list[Track]]:
    tracker = CameraTracker(0, world, world if embedder else None)
    return [tracker.update(i * STEP_S, world.picture(i)) for i in range(len(world.people[0]))]


def ids_at(history: list[list[Track]], centre: tuple[float, float]) -> list[int]:
    """Ids of the tracks that were ever shown at a place."""
    return sorted({t.track_id for tracks in history for t in tracks if np.hypot(*(t.face.centre_px - centre)) < 10})


def test_each_face_has_one_track_that_stays() -> None:
    world = World([still(100 + 100 * k, 200) for k in range(5)])
    history = follow(world)
    assert [len(tracks) for tracks in history[3:]] == [5] * (STEPS - 3)
    assert len({track.track_id for tracks in history for track in tracks}) == 5
    last = history[-1][0]
    assert last.since_s == 0
    assert last.hits == STEPS
    assert last.embedding is not None
    assert np.linalg.norm(last.embedding) == pytest.approx(1)


def test_the_whole_picture_is_searched_seldom_once_the_class_is_settled() -> None:
    world = World([still(100 + 100 * k, 200) for k in range(5)])
    follow(world)
    assert 3 <= world.searches <= STEPS / 4


def test_a_moving_face_keeps_its_track_and_its_box_does_not_lag() -> None:
    path = [make_face((100 + 8.0 * i, 200)) for i in range(STEPS)]  # 80 px/s, more than a face width a second
    history = follow(World([path]))
    assert len({track.track_id for tracks in history for track in tracks}) == 1
    for i in range(10, STEPS):
        # 0.3 s behind would be 24 px.
        assert abs(history[i][0].face.centre_px[0] - path[i].centre_px[0]) < 5


def test_landmarks_are_not_smoothed() -> None:
    path = [make_face((100 + 3.0 * (i % 2), 200)) for i in range(STEPS)]
    history = follow(World([path]))
    assert [tracks[0].face.nose_px[0] for tracks in history[5:]] == [face.nose_px[0] for face in path[5:]]


def test_a_still_face_s_box_is_calmer_than_the_detector() -> None:
    rng = np.random.default_rng(2)
    path = [make_face(np.array([100, 200]) + rng.normal(scale=1.0, size=2)) for _ in range(STEPS)]
    history = follow(World([path]))
    shown = np.array([tracks[0].face.centre_px for tracks in history[10:]])
    given = np.array([face.centre_px for face in path[10:]])
    assert shown.std(axis=0).max() < 0.75 * given.std(axis=0).min()


def test_a_profile_that_scores_low_is_held() -> None:
    path = [make_face((200, 200), score=0.99 if i < 15 or i > 40 else 0.15, turn=0.5) for i in range(STEPS)]
    history = follow(World([path]))
    assert [len(tracks) for tracks in history[4:]] == [1] * (STEPS - 4)


def test_a_face_hidden_for_a_second_comes_back_as_itself() -> None:
    path: list[Face | None] = [None if 20 <= i < 30 else make_face((200, 200)) for i in range(STEPS)]
    history = follow(World([path, still(400, 200)]))
    assert all(len(tracks) == 1 for tracks in history[20:30])
    assert len(ids_at(history, (200, 200))) == 1
    assert len(history[-1]) == 2


def test_who_leaves_for_long_is_forgotten_and_found_again_under_a_new_number() -> None:
    path: list[Face | None] = [None if 15 <= i < 45 else make_face((200, 200)) for i in range(STEPS)]
    history = follow(World([path]))
    assert all(not tracks for tracks in history[15:45])
    assert len(ids_at(history, (200, 200))) == 2


def test_two_faces_that_cross_keep_their_tracks() -> None:
    front = [make_face((100 + 6.0 * i, 200), size=70) for i in range(STEPS)]
    behind = [make_face((454 - 6.0 * i, 205), size=60) for i in range(STEPS)]
    world = World([list(front), list(behind)])
    history = follow(world)
    start = {round(t.face.centre_px[0]) > 250: t.track_id for t in history[8]}
    end = {round(t.face.centre_px[0]) < 250: t.track_id for t in history[-1]}
    assert end == start
    for tracks in history:  # never two on one face
        centres = [t.face.centre_px for t in tracks]
        assert len(centres) < 2 or np.hypot(*(centres[0] - centres[1])) > 15


def test_two_that_meet_and_turn_back_keep_their_tracks() -> None:
    def towards(i: int) -> float:
        return 6.0 * min(i, STEPS - i)

    world = World(
        [
            [make_face((100 + towards(i), 200), size=70) for i in range(STEPS)],
            [make_face((440 - towards(i), 205), size=60) for i in range(STEPS)],
        ]
    )
    history = follow(world)
    start = {t.face.centre_px[0] > 270: t.track_id for t in history[8]}
    end = {t.face.centre_px[0] > 270: t.track_id for t in history[-1]}
    assert end == start


def test_what_only_looks_a_little_like_a_face_is_never_shown() -> None:
    world = World([still(200, 200)], decoys=[make_face((500, 300), score=0.75)])
    history = follow(world)
    assert ids_at(history, (500, 300)) == []
    assert len(history[-1]) == 1


def test_a_track_that_slips_to_a_collar_goes_back_to_the_face() -> None:
    path: list[Face | None] = [None if 20 <= i < 26 else make_face((200, 200)) for i in range(STEPS)]
    collar = make_face((205, 235), score=0.6)
    history = follow(World([path, *(still(400 + 100 * k, 200) for k in range(4))], decoys=[collar]))
    for tracks in history[30:]:
        assert min(np.hypot(*(t.face.centre_px - [200, 200])) for t in tracks) < 5
        assert len(tracks) == 5


def test_expected_places_are_looked_at_although_the_search_misses_them() -> None:
    world = World([still(200, 200, score=0.9)], search_score=0.95)
    tracker = CameraTracker(0, world)
    for i in range(10):
        assert tracker.update(i * STEP_S, world.picture(i)) == []
    tracker.expect(np.array([make_face((190, 205)).box_px, [0, 0, 40, 40]]), until_s=2.0)
    shown = [tracker.update(i * STEP_S, world.picture(i)) for i in range(10, 30)]
    assert len(shown[-1]) == 1


def test_a_dark_camera_shows_nobody() -> None:
    history = follow(World([[None] * STEPS]))
    assert not any(history)


def test_a_camera_that_goes_dark_loses_everybody_and_nothing_else() -> None:
    path: list[Face | None] = [make_face((200, 200)) if i < 20 else None for i in range(STEPS)]
    history = follow(World([path]))
    assert len(history[15]) == 1
    assert not any(history[20:])


def test_it_works_without_embeddings() -> None:
    history = follow(World([still(200, 200)]), embedder=False)
    assert history[-1][0].embedding is None
    assert history[-1][0].embedding_weight == 0


def test_time_runs_forwards() -> None:
    world = World([still(200, 200)])
    tracker = CameraTracker(0, world)
    tracker.update(1.0, world.picture(0))
    with pytest.raises(ValueError, match="order of time"):
        tracker.update(1.0, world.picture(1))


def test_motion_predicts_constant_velocity_and_forgets_it() -> None:
    motion = BoxMotion(0.0, np.array([0.0, 0, 40, 50]))
    for i in range(1, 30):
        motion.correct(i * 0.1, np.array([5.0 * i, 0, 40 + 5.0 * i, 50]))
    np.testing.assert_allclose(motion.predict(3.0)[:2], [150, 0], atol=1)
    np.testing.assert_allclose(motion.predict(9.0)[:2], [145, 0], atol=1)


def test_a_face_found_beside_is_tried_where_a_mere_place_is_not_enough() -> None:
    """Hair over the eyes: a search sees the face once, afterwards it scores little until the student looks up."""
    hidden = make_face((200, 200), score=0.3)
    path: list[Face | None] = [hidden if i < 12 else make_face((200, 200)) for i in range(STEPS)]
    world = World([path, still(400, 200)])
    shown = {}
    for told in (False, True):
        tracker = CameraTracker(0, world, None, options=TrackingOptions(search_s=(np.inf, np.inf)))
        history = []
        for i in range(20):
            if i == 8:
                find = make_face((200, 200), score=0.95)
                tracker.expect(find.box_px[None], 0.9)
                if told:
                    tracker.found([find, find])
            history.append(tracker.update(i * STEP_S, world.picture(i)))
        shown[told] = ids_at(history, (200, 200))
    assert shown[False] == []
    assert len(shown[True]) == 1


def test_what_was_found_beside_and_is_not_there_is_forgotten() -> None:
    world = World([still(400, 200)])
    tracker = CameraTracker(0, world, None, options=TrackingOptions(search_s=(np.inf, np.inf)))
    tracker.found([make_face((200, 200))])  # before the first picture: there is nothing to try it on
    for i in range(20):
        if i == 8:
            tracker.found([make_face((200, 200))])
        assert tracker.update(i * STEP_S, world.picture(i)) == []
    assert tracker._followers == []


def test_a_track_on_a_collar_goes_back_when_the_face_is_found_beside() -> None:
    """The networks see this face only now and then: no search of the tracker's own finds it when it should."""
    path: list[Face | None] = [None if 20 <= i < 26 else make_face((200, 200)) for i in range(STEPS)]
    others = [still(400 + 100 * k, 200) for k in range(4)]
    away = {}
    for told in (False, True):
        world = World([path, *others], decoys=[make_face((203, 222), score=0.6)], search_score=2.0)
        tracker = CameraTracker(0, world, None, options=TrackingOptions(search_s=(np.inf, np.inf)))
        for i in range(STEPS):
            if i == 2:
                tracker.found([make_face((x, 200)) for x in (200, 400, 500, 600, 700)])
            if i == 32 and told:
                tracker.found([make_face((202, 201))])
            tracks = tracker.update(i * STEP_S, world.picture(i))
        away[told] = min(np.hypot(*(t.face.centre_px - [200, 200])) for t in tracks)
    assert away[False] > 20
    assert away[True] < 5
