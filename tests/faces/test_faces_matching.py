"""Identity over both cameras with pretended tracks: crossing, hidden, one camera, strangers."""

from collections.abc import Sequence

import numpy as np
import pytest
from faces_support import make_track, standard_rig, unit
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gazeclass.faces.association import (
    LooksModel,
    boxes_in_other_camera,
    boxes_near_seat,
    head_boxes,
    pair_evidence,
)
from gazeclass.faces.boxes import overlap
from gazeclass.faces.enrolment import Enrolment
from gazeclass.faces.identity import looks_model
from gazeclass.faces.matching import Matcher
from gazeclass.faces.types import Sighting, Track
from gazeclass.geometry.stereo import StereoRig

PLACES_W = [(1.0, 1.1, 2.6), (2.2, 1.0, 2.5), (0.6, 1.0, 3.8), (1.8, 1.05, 3.9), (3.0, 0.95, 3.8), (1.2, 1.0, 5.3)]
ENROLMENT = Enrolment(tuple(f"S{k}" for k in range(6)), np.array([unit(k) for k in range(6)]))


@pytest.fixture
def places(rig: StereoRig) -> np.ndarray:
    """Nose tips in CCS."""
    assert rig.T_WC is not None
    return rig.T_WC.inverse().apply(np.array(PLACES_W))


def tracks(
    rig: StereoRig,
    camera: int,
    places: np.ndarray,
    people: Sequence[int] | None = None,
    *,
    ids: Sequence[int] | None = None,
    looks: bool = True,
    rng: np.random.Generator | None = None,
    since_s: float = 0.0,
) -> list[Track]:
    """Tracks of people at places; ids by place unless given, camera 1's in another order."""
    people = range(len(places)) if people is None else people
    order = list(people) if camera == 0 else list(people)[::-1]
    return [
        make_track(
            rig,
            camera,
            (ids[k] if ids else k) + 10,
            places[k],
            look=unit(k) if looks else None,
            since_s=since_s,
            off_px=rng.normal(scale=1.5, size=2) if rng is not None else (0, 0),
        )
        for k in order
    ]


def names(sightings: list[Sighting]) -> list[str]:
    return [sighting.student for sighting in sightings]


def check_pairs(sightings: list[Sighting]) -> None:
    """Both faces of each sighting are tracks of one number."""
    for sighting in sightings:
        assert set(sighting.faces) == set(sighting.track_ids)
        assert len(set(sighting.track_ids.values())) == 1


def test_everybody_gets_the_right_name_at_once(rig: StereoRig, places: np.ndarray) -> None:
    matcher = Matcher(rig, ENROLMENT)
    sightings = matcher.update(0.0, tracks(rig, 0, places), tracks(rig, 1, places))
    assert names(sightings) == list(ENROLMENT.names)
    check_pairs(sightings)
    for k, sighting in enumerate(sightings):
        assert sighting.track_ids == {0: 10 + k, 1: 10 + k}
        assert sighting.confidence > 0.95


@given(st.integers(0, 1000))
@hypothesis_settings(max_examples=15)
def test_pixel_noise_does_not_mix_people_up(seed: int) -> None:
    rig = standard_rig()
    assert rig.T_WC is not None
    where = rig.T_WC.inverse().apply(np.array(PLACES_W))
    rng = np.random.default_rng(seed)
    matcher = Matcher(rig, ENROLMENT)
    for step in range(5):
        sightings = matcher.update(step / 10, tracks(rig, 0, where, rng=rng), tracks(rig, 1, where, rng=rng))
    assert names(sightings) == list(ENROLMENT.names)
    check_pairs(sightings)


def test_without_embeddings_geometry_alone_pairs_and_labels_stay(rig: StereoRig, places: np.ndarray) -> None:
    looks = LooksModel(0.97, 0.88, 0.0225)
    evidence, position = pair_evidence(
        rig, tracks(rig, 0, places, looks=False), tracks(rig, 1, places, looks=False), looks
    )
    assert (evidence.argmax(axis=1) == np.arange(len(places))[::-1]).all()
    np.testing.assert_allclose(position[np.arange(6), np.arange(6)[::-1]], places, atol=0.01)


def test_without_enrolment_everybody_has_a_label_that_stays(rig: StereoRig, places: np.ndarray) -> None:
    matcher = Matcher(rig)
    history = [matcher.update(i / 10, tracks(rig, 0, places), tracks(rig, 1, places)) for i in range(30)]
    assert names(history[-1]) == [f"P{k:02d}" for k in range(1, 7)]
    of = {s.track_ids[0]: s.student for s in history[-1]}
    for sightings in history[12:]:
        assert {s.track_ids[0]: s.student for s in sightings} == of
    # All tracks end; half a minute later new ones come up at the same places.
    for i in range(300, 330):
        later = matcher.update(
            i / 10,
            tracks(rig, 0, places, ids=range(50, 56), since_s=30.0),
            tracks(rig, 1, places, ids=range(50, 56), since_s=30.0),
        )
    assert {s.track_ids[0] - 50: s.student for s in later} == of


def test_a_student_hidden_in_one_camera_keeps_the_name(rig: StereoRig, places: np.ndarray) -> None:
    matcher = Matcher(rig, ENROLMENT)
    matcher.update(0.0, tracks(rig, 0, places), tracks(rig, 1, places))
    sightings = matcher.update(0.1, tracks(rig, 0, places), tracks(rig, 1, places, [0, 1, 3, 4, 5]))
    assert names(sightings) == list(ENROLMENT.names)
    assert set(sightings[2].faces) == {0}
    assert set(sightings[1].faces) == {0, 1}


def test_one_camera_dark_all_the_time(rig: StereoRig, places: np.ndarray) -> None:
    matcher = Matcher(rig, ENROLMENT)
    sightings = matcher.update(0.0, [], tracks(rig, 1, places))
    assert names(sightings) == list(ENROLMENT.names)
    assert all(set(sighting.faces) == {1} for sighting in sightings)


def test_nobody_at_all(rig: StereoRig) -> None:
    for enrolment in (None, ENROLMENT):
        matcher = Matcher(rig, enrolment)
        assert matcher.update(0.0, [], []) == []
        assert matcher.update(0.1, [], []) == []


def test_two_students_who_change_seats_keep_their_names(rig: StereoRig, places: np.ndarray) -> None:
    matcher = Matcher(rig, ENROLMENT)
    for i in range(30):
        matcher.update(i / 10, tracks(rig, 0, places), tracks(rig, 1, places))
    changed = places.copy()
    changed[[2, 3]] = places[[3, 2]]
    for i in range(30, 60):  # the tracks went with them
        sightings = matcher.update(i / 10, tracks(rig, 0, changed), tracks(rig, 1, changed))
    assert {s.student: s.track_ids[0] for s in sightings} == {f"S{k}": 10 + k for k in range(6)}
    for i in range(100, 130):  # and with new tracks
        ids = range(70, 76)
        sightings = matcher.update(i / 10, tracks(rig, 0, changed, ids=ids), tracks(rig, 1, changed, ids=ids))
    assert {s.student: s.track_ids[0] for s in sightings} == {f"S{k}": 80 + k for k in range(6)}


def test_people_who_cross_in_one_picture_keep_their_names(rig: StereoRig, places: np.ndarray) -> None:
    """Two students walk past each other; in camera 0 one is hidden for a while."""
    matcher = Matcher(rig, ENROLMENT)
    a, b = places[2], places[3]
    for i in range(40):
        now = places.copy()
        now[2], now[3] = a + (b - a) * i / 40, b + (a - b) * i / 40 + np.array([0, 0, 0.5])
        seen0 = [0, 1, 2, 4, 5] if 15 <= i < 25 else list(range(6))
        sightings = matcher.update(i / 10, tracks(rig, 0, now, seen0), tracks(rig, 1, now))
        assert names(sightings) == list(ENROLMENT.names)
        assert {s.student: s.track_ids[1] for s in sightings} == {f"S{k}": 10 + k for k in range(6)}


def test_names_do_not_flicker_when_looks_are_unsure(rig: StereoRig, places: np.ndarray) -> None:
    rng = np.random.default_rng(5)
    matcher = Matcher(rig, ENROLMENT)
    matcher.update(0.0, tracks(rig, 0, places), tracks(rig, 1, places))
    for i in range(1, 40):
        blurred = []
        for camera in (0, 1):
            blurred.append(
                [
                    make_track(rig, camera, 10 + k, places[k], look=_blur(unit(k), rng), weight=0.3)
                    for k in range(len(places))
                ]
            )
        sightings = matcher.update(i / 10, *blurred)
        check_pairs(sightings)
        assert {s.student: s.track_ids[0] for s in sightings} == {f"S{k}": 10 + k for k in range(6)}


def _blur(look: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    vector = look + rng.normal(scale=0.05, size=look.shape)
    return vector / np.linalg.norm(vector)


def test_somebody_who_is_not_enrolled_gets_nobody_s_name(rig: StereoRig, places: np.ndarray) -> None:
    five = Enrolment(ENROLMENT.names[:5], ENROLMENT.embeddings[:5])
    matcher = Matcher(rig, five)
    for i in range(30):
        sightings = matcher.update(i / 10, tracks(rig, 0, places), tracks(rig, 1, places))
        assert set(names(sightings)) <= {*five.names, "unknown-01"}
        assert {s.student: s.track_ids[0] for s in sightings if s.student in five.names} == {
            f"S{k}": 10 + k for k in range(5)
        }
    assert names(sightings) == [*five.names, "unknown-01"]
    assert sightings[-1].track_ids == {0: 15, 1: 15}


def test_a_new_person_in_place_of_an_absent_student_is_not_that_student(rig: StereoRig, places: np.ndarray) -> None:
    five = Enrolment(ENROLMENT.names[:5], ENROLMENT.embeddings[:5])
    matcher = Matcher(rig, five)
    for i in range(20):
        matcher.update(i / 10, tracks(rig, 0, places, range(5)), tracks(rig, 1, places, range(5)))
    moved = places.copy()
    moved[5] = places[0]  # S0 leaves, a stranger takes the seat
    for i in range(100, 130):
        sightings = matcher.update(i / 10, tracks(rig, 0, moved, range(1, 6)), tracks(rig, 1, moved, range(1, 6)))
    assert names(sightings) == ["S1", "S2", "S3", "S4", "unknown-01"]


def test_a_hand_is_welcomed_as_nobody(rig: StereoRig, places: np.ndarray) -> None:
    for enrolment in (None, ENROLMENT):
        matcher = Matcher(rig, enrolment)
        for i in range(30):
            hand = make_track(rig, 0, 99, places[0] + [0.3, 0.3, 0], look=-unit(0), score=0.6)
            sightings = matcher.update(i / 10, [*tracks(rig, 0, places), hand], tracks(rig, 1, places))
        assert len(sightings) == 6
        assert all(99 not in sighting.track_ids.values() for sighting in sightings)


class Listener:
    """A tracker that only listens."""

    def __init__(self) -> None:
        self.boxes = np.empty((0, 4))

    def expect(self, boxes: np.ndarray, until_s: float) -> None:
        self.boxes = np.vstack([self.boxes, boxes])


def test_the_other_camera_is_told_where_to_look(rig: StereoRig, places: np.ndarray) -> None:
    listeners = Listener(), Listener()
    matcher = Matcher(rig, ENROLMENT, trackers=listeners)
    matcher.update(0.0, tracks(rig, 0, places, [0, 1, 3, 4, 5]), tracks(rig, 1, places))
    missing = make_track(rig, 0, 1, places[2]).face.box_px
    assert overlap(missing[None], listeners[0].boxes).max() > 0.4
    assert not len(listeners[1].boxes)


def test_boxes_along_the_epipolar_line_hold_the_head(rig: StereoRig, places: np.ndarray) -> None:
    for camera in (0, 1):
        for place in places:
            face = make_track(rig, camera, 1, place).face
            other = make_track(rig, 1 - camera, 1, place).face.box_px[None]
            assert overlap(other, boxes_in_other_camera(rig, face)).max() > 0.4
            assert overlap(other, boxes_near_seat(rig, face, place + 0.1)).max() > 0.6


def test_no_boxes_outside_the_picture_or_behind_the_camera(rig: StereoRig) -> None:
    places = np.array([[0.0, 0, -2], [50, 0, 2], [0, 0, 3]])
    assert len(head_boxes(rig, 0, places)) == 1


def test_the_looks_model_is_even_about_its_middle() -> None:
    model = looks_model(0.2)
    middle = (model.same + model.different) / 2
    assert model.log_ratio(np.array(middle)) == pytest.approx(0)
    assert model.log_ratio(np.array(model.same)) == pytest.approx(8)
    assert model.log_ratio(np.array(model.different)) == pytest.approx(-8)


def test_who_was_here_and_is_not_seen_is_wanted_at_the_usual_place(rig: StereoRig, places: np.ndarray) -> None:
    matcher = Matcher(rig, ENROLMENT)
    both = tracks(rig, 0, places), tracks(rig, 1, places)
    for k in range(3):
        matcher.update(0.2 * k, *both)
    assert not matcher.sought_anywhere
    assert [len(matcher.wanted(camera)) for camera in (0, 1)] == [0, 0]
    # S2 turns away from camera 1.
    matcher.update(0.6, both[0], [t for t in both[1] if t.track_id != 12])
    assert len(matcher.wanted(0)) == 0
    (box,) = matcher.wanted(1)
    there = next(t for t in both[1] if t.track_id == 12)
    assert overlap(box[None], there.face.box_px[None])[0, 0] > 0.5
    # … and is nowhere: sought in both, for half a minute.
    fewer = tuple([t for t in seen if t.track_id != 12] for seen in both)
    matcher.update(0.8, *fewer)
    assert [len(matcher.wanted(camera)) for camera in (0, 1)] == [1, 1]
    matcher.update(40.0, *fewer)
    assert [len(matcher.wanted(camera)) for camera in (0, 1)] == [0, 0]


def test_who_has_never_come_is_hoped_for_half_a_minute(rig: StereoRig, places: np.ndarray) -> None:
    matcher = Matcher(rig, ENROLMENT)
    some = tracks(rig, 0, places, range(5)), tracks(rig, 1, places, range(5))
    for t_s in (0.0, 10.0, 29.0):
        matcher.update(t_s, *some)
        assert matcher.sought_anywhere
    matcher.update(31.0, *some)
    assert not matcher.sought_anywhere
    assert not Matcher(rig).sought_anywhere  # nobody is expected


def test_a_student_seen_badly_at_first_is_not_made_a_stranger(rig: StereoRig, places: np.ndarray) -> None:
    """One look at a face turned away may be like nobody's; with few looks a second it is all there is for seconds."""
    matcher = Matcher(rig, ENROLMENT)
    for i in range(40):
        seen = []
        for camera in (0, 1):
            look, weight = (unit(6), 0.6) if i < 15 else (unit(5), 1.5)
            late = make_track(rig, camera, 15, places[5], look=look, weight=weight)
            seen.append([*tracks(rig, camera, places, range(5)), late])
        sightings = matcher.update(i / 4, *seen)
        assert not any(sighting.student.startswith("unknown") for sighting in sightings)
    assert names(sightings) == list(ENROLMENT.names)
