"""What a suit of clothes leaves bare of a whole person: shoes for the feet, and cloth from the chest to the hips.

The suits are made for one body. On others shirt and trousers part, and none of them has shoes. Heads alone
(``gazeclass simulate heads``) end above that and never come here.
"""

import numpy as np

from gazeclass.geometry.rotation import Array
from gazeclass.simulation.assets import Asset, AssetLibrary
from gazeclass.simulation.body import load_body
from gazeclass.simulation.drawing import Material, Part
from gazeclass.simulation.dressing import asset_part
from gazeclass.simulation.mesh import Floats, Ints
from gazeclass.simulation.people import Person

#: On the average body (z from the hips): below this is belly and not bosom; so high above the soles is foot.
_CHEST_Z_M, _FOOT_M = 0.32, 0.09
#: Where a shirt's colour is taken from, on the average body: the chest, not sleeves and collar.
_SHIRT_Z_M, _SHIRT_X_M = (0.20, 0.38), 0.16


def shoes(person: Person, posed: Floats, library: AssetLibrary) -> tuple[list[Part], Ints]:
    """A pair of shoes on a posed body ``(V, 3)``, and the body's vertices in them; nothing without assets."""
    pairs = [a for a in library.by_kind["clothes"] if a.name.startswith("shoes")]
    if not pairs:
        return [], np.empty(0, np.int32)
    rng = np.random.default_rng(person.wear_seed + 3)
    pair = pairs[int(rng.integers(len(pairs)))]
    return [asset_part(pair, posed, Material(shine=0.05, gloss=12.0, cut=0.3))], pair.fitting.hidden


def covered(person: Person, colours: Floats) -> Floats:
    """Skin colours ``(V, 3)`` with belly and hips painted like the shirt, or like trousers where no suit is worn."""
    body = load_body()
    z = body.mean[:, 2]
    arms = (body.limb_weights["arm.L"] + body.limb_weights["arm.R"]) > 0.3
    legs = (body.limb_weights["leg.L"] + body.limb_weights["leg.R"]) > 0.5
    below = (z < _CHEST_Z_M) & ~arms
    feet = z < z[np.unique(body.lower_triangles)].min() + _FOOT_M
    out = colours.copy()
    if person.clothes is None:
        out[below] = np.clip(0.6 * person.cloth[::-1], 0.03, 0.6)
    else:
        out[below & ~legs] = shirt_colour(person, person.clothes)
    out[feet] = 0.12
    return out


def shirt_colour(person: Person, suit: Asset) -> Array:
    """sRGB colour of the middle of a suit's shirt, as the renderer tints it."""
    picture = suit.texture
    if picture is None:
        return np.clip(person.cloth, 0.02, 1.0)
    at = suit.fitting.place(load_body().mean)[suit.mesh.source]
    low, high = _SHIRT_Z_M
    chest = (at[:, 2] > low) & (at[:, 2] < high) & (np.abs(at[:, 0]) < _SHIRT_X_M)
    uv = suit.mesh.uv[chest] if chest.any() else suit.mesh.uv
    h, w = picture.shape[:2]
    column, row = (np.clip((uv * [w, h]).astype(int), 0, [w - 1, h - 1])).T
    shades = picture[row, column].astype(float) / 255.0
    shades = shades[shades[:, 3] > 0.5] if (shades[:, 3] > 0.5).any() else shades
    own = np.median(shades[:, :3], axis=0)
    tinted = person.cloth * (0.35 + 1.6 * float(own @ [0.3, 0.59, 0.11]))
    return np.clip(own + person.cloth_mix * (tinted - own), 0.02, 1.0)
