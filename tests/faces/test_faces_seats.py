"""Students told by their seats: nearest seat, one to one, within a limit; nobody becomes a neighbour."""

import numpy as np
import pytest
from faces_support import make_track, standard_rig

from gazeclass.errors import InputError
from gazeclass.faces.matching import Matcher
from gazeclass.faces.seats import SeatGallery, SeatPlan

RIG = standard_rig()
#: Two rows of three, 0.7 m apart.
SEATS_W = np.array([[x, 1.1, z] for z in (2.6, 3.9) for x in (1.0, 1.7, 2.4)])
NAMES = ("A1", "A2", "A3", "B1", "B2", "B3")
PLAN = SeatPlan(NAMES, SEATS_W, NAMES)


def places(off=0.0, rng=None):
    moved = SEATS_W if rng is None else SEATS_W + rng.uniform(-off, off, SEATS_W.shape)
    return RIG.T_WC.inverse().apply(moved)


def look(matcher, t_s, heads, *, only=None, ids=0):
    """One moment: heads by seat number; ``only`` sees them with one camera."""
    tracks = {
        camera: [make_track(RIG, camera, ids + number, place) for number, place in heads.items()]
        if only in (None, camera)
        else []
        for camera in (0, 1)
    }
    return {s.student: s.track_ids for s in matcher.update(t_s, tracks[0], tracks[1])}


def matcher(plan=PLAN):
    return Matcher(RIG, gallery=SeatGallery(RIG, plan))


def test_everybody_is_who_sits_there_at_once():
    heads = dict(enumerate(places()))
    found = look(matcher(), 0.0, heads)
    assert found == {name: {0: k, 1: k} for k, name in enumerate(NAMES)}


@pytest.mark.parametrize("seed", range(8))
def test_leaning_by_a_quarter_of_a_metre_changes_nobody(seed):
    rng = np.random.default_rng(seed)
    one = matcher()
    for k in range(5):
        found = look(one, 0.1 * k, dict(enumerate(places(0.25, rng))))
        assert found == {name: {0: n, 1: n} for n, name in enumerate(NAMES)}


@pytest.mark.parametrize("camera", [0, 1])
def test_one_camera_is_enough_where_size_tells_the_row(camera):
    heads = dict(enumerate(places()))
    found = look(matcher(), 0.0, heads, only=camera)
    assert found == {name: {camera: k} for k, name in enumerate(NAMES)}


def test_a_head_far_from_every_seat_is_nobody():
    aisle = RIG.T_WC.inverse().apply(np.array([[3.3, 1.1, 3.2]]))[0]
    assert look(matcher(), 0.0, {0: places()[0], 7: aisle}) == {"A1": {0: 0, 1: 0}}


def test_a_guest_at_an_empty_seat_does_not_become_its_neighbour():
    """A2 is away, or may not be observed: who sits there is A2's seat, not A1 or A3."""
    plan = SeatPlan(("A1", "seat A2", "A3", "B1", "B2", "B3"), SEATS_W, ("A1", "A3", "B1", "B2", "B3"))
    one = matcher(plan)
    heads = {k: place for k, place in enumerate(places()) if k != 0}  # A1 is away as well
    for t_s in (0.0, 0.1, 5.0):
        found = look(one, t_s, heads)
        assert "A1" not in found
        assert found["seat A2"] == {0: 1, 1: 1}


def test_a_slow_walk_to_another_seat_does_not_take_the_name_along():
    one = matcher()
    start, end = places()[0], places()[2]
    for k in range(60):
        found = look(one, 0.1 * k, {0: start + (end - start) * k / 59})
    assert list(found) == ["A3"]


def test_seats_follow_their_students_a_little_only():
    gallery = SeatGallery(RIG, PLAN)
    one = Matcher(RIG, gallery=gallery)
    pushed = places() + RIG.T_WC.inverse().R @ np.array([0.3, 0.0, 0.0])
    for k in range(100):
        look(one, 0.1 * k, dict(enumerate(pushed)))
    moved = np.array([person.seat_C_m for person in gallery.people]) - places()
    lengths = np.linalg.norm(moved, axis=1)
    assert (lengths > 0.15).all()
    assert (lengths <= 0.25 + 1e-9).all()


def test_impossible_plans_are_refused():
    with pytest.raises(InputError, match="nobody has a seat"):
        SeatPlan(("seat A1",), SEATS_W[:1], ())
    with pytest.raises(InputError, match="two seats"):
        SeatPlan(("A", "A"), SEATS_W[:2], ("A",))
