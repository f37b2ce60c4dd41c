"""Different people without end: shape, skin, hair, eyes and clothes of one person from one generator."""

from dataclasses import dataclass

import numpy as np

from gazeclass.geometry.rotation import Array
from gazeclass.simulation.assets import Asset, AssetLibrary
from gazeclass.simulation.body import load_body

#: Beginnings of the names of local shape changes that show above the chest, with their spread.
_HEAD_CHANGES = {
    "head-": 0.35,
    "forehead-": 0.4,
    "eyebrows-": 0.4,
    "eye-": 0.35,
    "nose-": 0.45,
    "mouth-": 0.4,
    "chin-": 0.4,
    "cheek-": 0.4,
    "ear-": 0.4,
    "neck-": 0.3,
    "measure-neck": 0.3,
}
#: Skin from light to dark, sRGB.
_SKIN = np.array(
    [
        [0.96, 0.84, 0.78],
        [0.93, 0.77, 0.67],
        [0.88, 0.70, 0.57],
        [0.80, 0.60, 0.46],
        [0.68, 0.48, 0.35],
        [0.53, 0.36, 0.26],
        [0.40, 0.27, 0.20],
        [0.29, 0.20, 0.16],
    ]
)
#: Hair, sRGB: black, browns, blonds, reds, greys and a dyed one now and then.
_HAIR = np.array(
    [
        [0.06, 0.05, 0.05],
        [0.12, 0.09, 0.07],
        [0.22, 0.15, 0.10],
        [0.34, 0.23, 0.15],
        [0.50, 0.36, 0.22],
        [0.70, 0.55, 0.34],
        [0.85, 0.74, 0.52],
        [0.48, 0.22, 0.12],
        [0.55, 0.54, 0.53],
        [0.82, 0.81, 0.80],
    ]
)
_HAIR_ODDS = np.array([0.24, 0.18, 0.16, 0.12, 0.09, 0.06, 0.05, 0.04, 0.03, 0.03])


@dataclass(frozen=True, eq=False)
class Person:
    """One person, unposed and with a neutral face.

    Attributes:
        phenotype: ``(11,)`` Anny's parameters.  local: ``(k,)`` local shape changes in [-1, 1].
        scan: ``(100,)`` coefficients of scanned head shapes, all 0 for some people.
        skin, lips, hair, eyes: sRGB colours.  freckles, stubble, flush, shine: strengths in [0, 1].
        hair_style, brow_style, lash_style, clothes, teeth: assets or None.
        scalp: "bald", "buzz" (hair painted on the scalp) or "cap" (short hair without a mesh).
        headwear: "", beanie, cap, scarf or hood.  glasses, mask, beard: whether worn.
        wear_seed: of the details of what is worn.
        cloth: colour of plain clothes and how far it replaces the texture's.
    """

    phenotype: Array
    local: Array
    scan: Array
    skin: Array
    lips: Array
    hair: Array
    eyes: Array
    eye_texture: int
    freckles: float
    stubble: float
    flush: float
    shine: float
    brow_darkness: float
    hair_style: Asset | None
    brow_style: Asset | None
    lash_style: Asset | None
    clothes: Asset | None
    teeth: Asset | None
    scalp: str
    cloth: Array
    cloth_mix: float
    headwear: str
    glasses: bool
    mask: bool
    beard: bool
    wear_seed: int


def sample_person(rng: np.random.Generator, library: AssetLibrary) -> Person:
    """A person; equal generators and libraries give equal people."""
    body = load_body()
    gender = float(rng.beta(0.4, 0.4))
    # Anny's age: 0 a baby, 1/3 a child of about ten, 2/3 a young adult, 1 old; 0.2 is about six years.
    u = rng.random()
    age = rng.uniform(0.2, 0.5) if u < 0.45 else rng.uniform(0.5, 0.75) if u < 0.8 else rng.uniform(0.75, 1.0)
    race = rng.dirichlet([0.45, 0.45, 0.45])
    values = {
        "gender": gender,
        "age": age,
        "muscle": float(np.clip(rng.normal(0.5, 0.2), 0.0, 1.0)),
        "weight": float(np.clip(rng.normal(0.5, 0.22), 0.0, 1.0)),
        "height": float(np.clip(rng.normal(0.5, 0.2), 0.0, 1.0)),
        "proportions": float(np.clip(rng.normal(0.5, 0.2), 0.0, 1.0)),
        "cupsize": 0.5,
        "firmness": 0.5,
        "african": race[0],
        "asian": race[1],
        "caucasian": race[2],
    }
    phenotype = np.array([values[name] for name in body.phenotypes])
    tone = np.clip(race @ np.array([5.6, 2.2, 1.3]) + rng.normal(0.0, 1.1), 0.0, len(_SKIN) - 1.001)
    skin = _between(_SKIN, tone) * np.clip(rng.normal(1.0, 0.03, 3), 0.9, 1.1)
    lips = np.clip(skin * np.array([0.86, 0.62, 0.62]) + rng.normal(0.0, 0.03, 3), 0.02, 1.0)
    if gender < 0.5 and age > 0.5 and rng.random() < 0.3:
        lips = np.clip(np.array([0.62, 0.16, 0.2]) + rng.normal(0.0, 0.1, 3), 0.02, 1.0)
    hair_base = _HAIR[rng.choice(len(_HAIR), p=_hair_odds(tone, age))]
    if rng.random() < 0.03:
        hair_base = rng.uniform(0.1, 0.8, 3)
    hair = np.clip(hair_base * rng.uniform(0.75, 1.25) + rng.normal(0.0, 0.02, 3), 0.02, 0.95)
    hair_style, scalp = _hair(rng, library, gender, age)
    headwear = _headwear(rng, gender)
    if headwear in ("scarf", "hood", "beanie", "cap"):
        hair_style, scalp = None, "buzz"
    return Person(
        phenotype=phenotype,
        local=_local_changes(rng),
        scan=_scan(rng),
        skin=np.clip(skin, 0.03, 1.0),
        lips=lips,
        hair=hair,
        eyes=np.array([[0.25, 0.15, 0.08], [0.35, 0.45, 0.6], [0.3, 0.42, 0.3], [0.4, 0.28, 0.14]])[
            rng.choice(4, p=[0.55, 0.2, 0.1, 0.15])
        ],
        eye_texture=int(rng.integers(0, 1000)),
        freckles=float(rng.random() ** 4),
        stubble=float(rng.random() ** 2) if gender > 0.6 and age > 0.6 else 0.0,
        flush=float(rng.random()),
        shine=float(rng.uniform(0.01, 0.1) * (2.0 if rng.random() < 0.15 else 1.0)),
        brow_darkness=float(rng.uniform(0.4, 1.0)),
        hair_style=hair_style,
        brow_style=_choice(rng, library.by_kind["eyebrows"]),
        lash_style=_choice(rng, library.by_kind["eyelashes"]) if rng.random() < 0.6 else None,
        clothes=_clothes(rng, library, gender),
        teeth=library.by_kind["teeth"][0] if library.by_kind["teeth"] else None,
        scalp=scalp,
        cloth=rng.uniform(0.05, 0.95, 3) if rng.random() < 0.7 else np.full(3, rng.uniform(0.05, 0.95)),
        cloth_mix=float(rng.choice([0.0, 1.0], p=[0.35, 0.65])),
        headwear=headwear,
        glasses=bool(rng.random() < 0.22),
        mask=bool(rng.random() < 0.04),
        beard=bool(gender > 0.6 and age > 0.62 and rng.random() < 0.3),
        wear_seed=int(rng.integers(2**31)),
    )


def _between(table: Array, position: float) -> Array:
    k = int(position)
    return table[k] + (position - k) * (table[k + 1] - table[k])


def _hair_odds(tone: float, age: float) -> Array:
    odds = _HAIR_ODDS.copy()
    odds[3:8] *= np.exp(-max(0.0, tone - 2.0))
    odds[8:] *= 6.0 if age > 0.85 else 0.15 if age < 0.6 else 1.0
    return odds / odds.sum()


def _choice(rng: np.random.Generator, assets: list[Asset]) -> Asset | None:
    return assets[int(rng.integers(len(assets)))] if assets else None


def _hair(rng: np.random.Generator, library: AssetLibrary, gender: float, age: float) -> tuple[Asset | None, str]:
    """A hair mesh and the scalp beneath it; men keep short hair more often, old men may be bald."""
    styles = library.by_kind["hair"]
    u = rng.random()
    if gender > 0.5 and age > 0.75 and u < 0.15:
        return None, "bald"
    if not styles or u > 0.82:
        return None, "buzz" if rng.random() < 0.3 else "cap"
    # A mesh of hair cards without its picture is a helmet of tin strips.
    styles = [a for a in styles if a.texture_path is not None]
    short = [a for a in styles if a.name.startswith("short")]
    pool = short if rng.random() < (0.85 if gender > 0.5 else 0.15) and short else styles
    return _choice(rng, pool), "buzz"


def _headwear(rng: np.random.Generator, gender: float) -> str:
    """What is on the head: mostly nothing; a scarf for some of the women."""
    u = rng.random()
    if gender < 0.5:
        return "scarf" if u < 0.07 else "beanie" if u < 0.09 else "cap" if u < 0.11 else "hood" if u < 0.12 else ""
    return "cap" if u < 0.06 else "beanie" if u < 0.09 else "hood" if u < 0.11 else ""


def _clothes(rng: np.random.Generator, library: AssetLibrary, gender: float) -> Asset | None:
    suits = [a for a in library.by_kind["clothes"] if "suit" in a.name]
    if not suits or rng.random() < 0.04:
        return None
    fitting = [a for a in suits if a.name.startswith("male" if gender > 0.5 else "female")]
    return _choice(rng, fitting if fitting and rng.random() < 0.8 else suits)


def _local_changes(rng: np.random.Generator) -> Array:
    """Local shape changes of head and neck; left and right alike but for a little."""
    names = load_body().local_changes
    out = np.zeros(len(names))
    strength = rng.uniform(0.4, 1.15)
    drawn: dict[str, float] = {}
    for i, name in enumerate(names):
        plain = name[2:] if name[:2] in ("l-", "r-") else name
        spread = next((s for start, s in _HEAD_CHANGES.items() if plain.startswith(start)), None)
        if spread is None:
            continue
        if plain not in drawn:
            drawn[plain] = rng.normal(0.0, spread) * strength if rng.random() < 0.7 else 0.0
        limit = 0.35 if plain in ("head-trans-out", "neck-trans-out", "head-angle-out", "mouth-trans-out") else 1.0
        limit = 0.15 if plain.endswith("trans-out") and not plain.startswith(("eye", "cheek")) else limit
        out[i] = np.clip(drawn[plain] + rng.normal(0.0, 0.04), -limit, limit)
    return out


def _scan(rng: np.random.Generator) -> Array:
    """Coefficients of the scanned shapes: none for a third of the people, else as different as the scans were."""
    strength = 0.0 if rng.random() < 0.33 else rng.uniform(0.5, 1.1)
    return strength * rng.normal(size=100)
