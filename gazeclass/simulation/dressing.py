"""From a person to drawn parts: skin colours, eyes, brows, hair and clothes on one shape."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array
from gazeclass.simulation.accessories import hand, wear
from gazeclass.simulation.assets import Asset, AssetLibrary
from gazeclass.simulation.body import load_body, skin_masks, skin_normals
from gazeclass.simulation.drawing import Material, Part
from gazeclass.simulation.mesh import Floats, Ints, NormalOperator
from gazeclass.simulation.people import Person
from gazeclass.simulation.regions import VARIANTS, zones
from gazeclass.simulation.shells import shell
from gazeclass.simulation.truth import LANDMARK_VERTICES


def dress(person: Person, vertices: Floats, joints: Floats, library: AssetLibrary, hand_seed: int = -1) -> list[Part]:
    """All parts of a person on one unposed shape ``(V, 3)`` with joints ``(6, 3)`` (identity and expression applied).

    ``hand_seed`` ≥ 0 holds a hand before the face.
    """
    body = load_body()
    hidden = person.clothes.fitting.hidden if person.clothes else np.empty(0, np.int32)
    if person.headwear in ("scarf", "hood", "beanie"):
        ears = np.flatnonzero(skin_masks()["ears"] > 0.2)
        covered = person.headwear != "beanie"
        hidden = np.concatenate([hidden, ears]) if covered else hidden
    normals = skin_normals()(vertices)
    parts = [
        Part(
            vertices,
            normals,
            body.weights,
            body.skin_without(hidden),
            Material(wrap=0.25, shine=person.shine, gloss=18.0, grain=0.07 + 0.25 * person.freckles, grain_scale=450.0),
            colours=skin_colours(person),
        )
    ]
    parts += _eyes(person, vertices, library)
    if person.brow_style:
        tint = _tint(person.hair * (1.0 - 0.6 * person.brow_darkness))
        parts.append(asset_part(person.brow_style, vertices, Material(tint=tint, tint_mix=0.8, blended=True, cut=0.9)))
    if person.lash_style:
        parts.append(asset_part(person.lash_style, vertices, Material(tint_mix=0.0, blended=True, cut=0.9)))
    if person.teeth:
        parts.append(asset_part(person.teeth, vertices, Material(shine=0.2, gloss=40.0, cut=0.3)))
    if not person.clothes:
        parts.append(_shirt(person, vertices))
    else:
        material = Material(tint=_tint(person.cloth), tint_mix=person.cloth_mix, grain=0.1, grain_scale=900.0, cut=0.3)
        colour = person.cloth if person.clothes.texture is None else None
        parts.append(asset_part(person.clothes, vertices, material, colour))
    if person.hair_style:
        parts.append(_hair(person, vertices))
    elif person.scalp == "cap":
        parts.append(_hair_cap(person, vertices, normals))
    parts += wear(person, vertices, joints)
    if hand_seed >= 0:
        parts.append(hand(hand_seed, person, vertices))
    return parts


def skin_colours(person: Person) -> Floats:
    """sRGB colour ``(V, 3)`` of the body's vertices: tone, lips, cheeks, lids, stubble, cropped hair, mouth."""
    masks = skin_masks()
    zone = zones()
    colour = np.tile(person.skin, (len(zone["cheeks"]), 1))

    def blend(mask: Floats, target: Array, strength: float) -> None:
        nonlocal colour
        w = (mask * strength)[:, None]
        colour = colour * (1.0 - w) + np.asarray(target) * w

    skin = person.skin
    blend(zone["cheeks"], np.clip(skin * [1.04, 0.82, 0.82], 0, 1), 0.7 * person.flush)
    blend(zone["nose"], np.clip(skin * [1.03, 0.86, 0.85], 0, 1), 0.5 * person.flush)
    blend(masks["ears"], np.clip(skin * [1.02, 0.85, 0.84], 0, 1), 0.6)
    blend(zone["sockets"], skin * [0.86, 0.8, 0.8], 0.55)
    blend(zone["jaw"], skin * 0.45 + person.hair * 0.35, 0.75 * person.stubble)
    blend(masks["lips"], person.lips, 0.9)
    blend(masks["eyelids"], skin * [0.8, 0.66, 0.64], 0.5)
    blend(zone["nostrils"], skin * 0.35, 0.8)
    if not person.brow_style:
        blend(zone["brows"], person.hair, 0.6 + 0.35 * person.brow_darkness)
    if person.scalp != "bald":
        blend(zone["scalp"], person.hair, 0.9)
    blend(masks["mouth"], np.array([0.25, 0.08, 0.08]), 1.0)
    return np.clip(colour, 0.02, 1.0).astype(np.float32)


def _tint(colour: Array) -> tuple[float, float, float]:
    r, g, b = (float(c) for c in np.clip(colour, 0.0, 1.0))
    return r, g, b


def asset_part(asset: Asset, vertices: Floats, material: Material, colour: Array | None = None) -> Part:
    """An asset on a body ``(V, 3)``, with its texture or, where it has none, one colour."""
    body = load_body()
    fitting, mesh = asset.fitting, asset.mesh
    placed = fitting.place(vertices)[mesh.source]
    weights = np.einsum("nk,nkg->ng", fitting.weights, body.weights[fitting.refs])
    weights = np.clip(weights, 0.0, None)
    weights /= weights.sum(axis=1, keepdims=True)
    colours = None if colour is None else np.tile(np.asarray(colour, np.float32), (len(placed), 1))
    if asset.texture is not None:
        material = _with(material, texture=asset.texture, key=str(asset.texture_path))
    return Part(placed, asset.normals(placed), weights[mesh.source], mesh.triangles, material, colours, mesh.uv)


def _with(material: Material, **changes: object) -> Material:
    from dataclasses import replace

    return replace(material, **changes)  # type: ignore[arg-type]


def _eyes(person: Person, vertices: Floats, library: AssetLibrary) -> list[Part]:
    body = load_body()
    assets = library.by_kind["eyes"]
    if assets and library.eye_textures:
        asset = assets[0]
        names = _eye_odds([p.stem for p in library.eye_textures])
        path = library.eye_textures[names[person.eye_texture % len(names)]]
        part = asset_part(asset, vertices, Material(shine=0.35, gloss=90.0, cut=0.3))
        return [_replace_texture(part, _eye_texture(str(path)), str(path))]
    triangles = body.eye_triangles
    colours = np.tile(np.array([0.86, 0.84, 0.82], np.float32), (len(vertices), 1))
    for first, last in ((14598, 14669), (14670, 14741)):
        ball = np.arange(first, last + 1)
        centre = vertices[ball].mean(axis=0)
        ray = vertices[ball] - centre
        ray /= np.linalg.norm(ray, axis=1, keepdims=True)
        colours[ball[-ray[:, 1] > 0.8]] = person.eyes
        colours[ball[-ray[:, 1] > 0.97]] = 0.03
    normals = _eye_normals()(vertices)
    return [Part(vertices, normals, body.weights, triangles, Material(shine=0.35, gloss=90.0), colours=colours)]


@lru_cache(maxsize=1)
def _eye_normals() -> NormalOperator:
    body = load_body()
    return NormalOperator(body.eye_triangles, np.arange(len(body.mean), dtype=np.int32))


def _eye_odds(names: list[str]) -> list[int]:
    """Indices of eye textures, the brown ones repeated: most of the world's eyes are brown."""
    return [i for i, name in enumerate(names) for _ in range(6 if name.startswith("brown") else 1)]


@lru_cache(maxsize=16)
def _eye_texture(path: str) -> NDArray[np.uint8]:
    picture = cv2.imread(path, cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise InputError("cannot be read as a picture", where=path)
    small = cv2.resize(picture, (256, 256), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[:, :, [2, 1, 0, 3]])


def _replace_texture(part: Part, texture: NDArray[np.uint8], key: str) -> Part:
    from dataclasses import replace

    return replace(part, material=_with(part.material, texture=texture, key=key))


@lru_cache(maxsize=1)
def _cap_triangles() -> Ints:
    body = load_body()
    scalp = zones()["scalp"]
    return body.skin_triangles[(scalp[body.skin_triangles] > 0.5).all(axis=1)]


def _hair(person: Person, vertices: Floats) -> Part:
    """A hair mesh, made one person's own: parted on either side, fuller, wavier, cut shorter, without fringe."""
    rng = np.random.default_rng(person.wear_seed + 2)
    asset = person.hair_style
    assert asset is not None
    body = load_body()
    mirror = np.array([-1.0 if rng.random() < 0.5 else 1.0, 1.0, 1.0], np.float32)
    # Mirrored after fitting: bodies are alike enough on both sides for hair to sit well.
    placed = asset.fitting.place(vertices) * mirror
    marks = vertices[LANDMARK_VERTICES]
    middle = np.array([0.0, marks[0, 1] + 0.01, marks[27, 2] + 0.02], np.float32)
    volume = rng.uniform(0.97, 1.13, 3) if rng.random() < 0.7 else np.ones(3)
    above = np.clip((placed[:, 2:] - marks[33, 2]) / 0.05, 0.0, 1.0)  # what falls on the neck keeps its place
    placed = placed + above * (placed - middle) * (volume - 1.0).astype(np.float32)
    wave = 0.004 * rng.random() ** 2 * np.sin(placed @ rng.normal(0.0, 90.0, (3, 3)) + rng.uniform(0.0, 6.3, 3))
    placed = (placed + wave).astype(np.float32)[asset.mesh.source]
    triangles = asset.mesh.triangles
    centre = placed[triangles].mean(axis=1)
    kept = np.ones(len(triangles), bool)
    if rng.random() < 0.35:
        kept &= centre[:, 2] > marks[8, 2] + rng.uniform(-0.06, 0.07)
    if rng.random() < 0.15:
        hairline = marks[17:27, 2].mean() + rng.uniform(0.02, 0.05)
        kept &= (centre[:, 2] > hairline) | (centre[:, 1] > marks[0, 1] - 0.02)
    weights = np.clip(np.einsum("nk,nkg->ng", asset.fitting.weights, body.weights[asset.fitting.refs]), 0.0, None)
    weights /= weights.sum(axis=1, keepdims=True)
    drawn = asset.texture is not None
    material = Material(
        texture=asset.texture,
        key=str(asset.texture_path),
        tint=_tint(person.hair),
        tint_mix=rng.uniform(0.7, 1.0),
        wrap=0.2,
        shine=rng.uniform(0.02, 0.2),
        gloss=10.0,
        grain=0.0 if drawn else 0.35,
        grain_scale=700.0,
        blended=drawn,
        cut=rng.uniform(0.35, 0.6),
    )
    colours = None if drawn else np.tile(person.hair.astype(np.float32), (len(placed), 1))
    return Part(
        placed, asset.normals(placed), weights[asset.mesh.source], triangles[kept], material, colours, asset.mesh.uv
    )


def _shirt(person: Person, vertices: Floats) -> Part:
    """A plain shirt where there are no clothes to fit."""
    form = shell("shirt", person.wear_seed % VARIANTS)
    placed = form.drape(vertices, 0.008, 4)
    colours = np.tile(person.cloth.astype(np.float32), (len(placed), 1))
    material = Material(grain=0.1, grain_scale=900.0)
    return Part(placed, form.normals(placed), form.weights, form.triangles, material, colours)


def _hair_cap(person: Person, vertices: Floats, normals: Floats) -> Part:
    """Hair without a mesh: the scalp lifted, close-cropped to a full head of curls, thinning towards its edge."""
    body = load_body()
    rng = np.random.default_rng(person.wear_seed + 1)
    thickness = rng.uniform(0.004, 0.014) if rng.random() < 0.5 else rng.uniform(0.015, 0.055)
    bumps = 1.0 + min(0.25, 0.003 / thickness) * rng.normal(size=len(vertices))
    lift = zones()["scalp"] ** 2 * thickness * bumps
    lifted = vertices + normals * lift[:, None].astype(np.float32)
    colours = np.tile(person.hair.astype(np.float32), (len(vertices), 1))
    colours *= rng.normal(1.0, 0.12, (len(vertices), 1)).astype(np.float32)
    material = Material(wrap=0.2, shine=0.03, gloss=8.0, grain=0.6, grain_scale=rng.uniform(350.0, 900.0))
    return Part(lifted, _cap_normals()(lifted), body.weights, _cap_triangles(), material, np.clip(colours, 0.01, 1.0))


@lru_cache(maxsize=1)
def _cap_normals() -> NormalOperator:
    return NormalOperator(_cap_triangles(), np.arange(len(load_body().mean), dtype=np.int32))
