"""Nobody in a classroom shows belly or bare feet."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from gazeclass.simulation.assets import AssetLibrary
from gazeclass.simulation.classroom_cast import make_class
from gazeclass.simulation.covering import covered, shirt_colour, shoes
from gazeclass.simulation.people import sample_person
from gazeclass.simulation.room import sample_room


@pytest.fixture
def person(body):
    return replace(sample_person(np.random.default_rng(3), AssetLibrary(None)), skin=np.array([0.8, 0.6, 0.5]))


def is_skin(colours, person):
    return np.abs(colours - person.skin).max(axis=1) < 1e-3


def test_belly_hips_and_feet_are_painted_and_face_and_hands_are_not(body, person):
    colours = covered(person, np.tile(person.skin, (len(body.mean), 1)).astype(np.float32))
    skin = is_skin(colours, person)
    z, x = body.mean[:, 2], np.abs(body.mean[:, 0])
    surface = np.zeros(len(z), bool)
    surface[np.unique(body.lower_triangles)] = True
    assert not skin[surface & (z < 0.3) & (x < 0.1)].any()
    assert not skin[surface & (z < z[surface].min() + 0.05)].any()
    assert skin[body.weights[:, 4] > 0.5].all()
    assert skin[surface & (body.limb_weights["forearm.L"] > 0.9)].all()


def test_without_assets_nobody_wears_shoes_and_nothing_is_cut_away(body, person):
    worn, inside = shoes(person, body.mean, AssetLibrary(None))
    assert worn == []
    assert len(inside) == 0


@pytest.mark.shared
def test_with_the_packs_everybody_wears_shoes_and_a_closed_shirt(shared_data, body):
    library = AssetLibrary(shared_data / "assets")
    room = sample_room(np.random.default_rng([5, 0]), 3, 1, 480)
    for student in make_class(room, 5, 1.0, library):
        pupil = student.pupil
        pair, inside = shoes(pupil.person, pupil.vertices, library)
        assert len(pair) == 1
        # They sit on the feet, not beside them, and what is in them is not drawn.
        feet = pupil.vertices[inside[inside < 13380]]
        assert cKDTree(pair[0].vertices).query(feet)[0].max() < 0.04
        assert not np.isin(pupil.parts[0].triangles, inside).any()
        shade = shirt_colour(pupil.person, pupil.person.clothes)
        assert shade.shape == (3,)
        assert ((shade > 0.0) & (shade <= 1.0)).all()


@pytest.mark.shared
def test_the_shirts_colour_is_the_suits_own_unless_it_is_dyed(shared_data, person):
    library = AssetLibrary(shared_data / "assets")
    sport = library.named("clothes", "female_sportsuit01")  # its shirt is a strong blue
    plain = shirt_colour(replace(person, cloth_mix=0.0), sport)
    assert plain[2] > 1.5 * plain[0]
    red = shirt_colour(replace(person, cloth_mix=1.0, cloth=np.array([0.9, 0.1, 0.1])), sport)
    assert red[0] > 1.5 * red[2]
    untextured = library.named("clothes", "male_casualsuit01")
    assert shirt_colour(person, untextured) == pytest.approx(person.cloth)
