"""From a person to drawn parts: skin colours, eyes, brows, hair and clothes on one shape."""

from functools import lru_cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeclass.geometry.rotation import Array
from gazeclass.simulation.assets import Asset, AssetLibrary
from gazeclass.simulation.body import load_body, skin_masks, skin_normals
from gazeclass.simulation.mesh import Floats, Ints, NormalOperator
from gazeclass.simulation.people import Person
from gazeclass.simulation.renderer import Material, Part
from gazeclass.simulation.truth import LANDMARK_VERTICES


def dress(person: Person, vertices: Floats, library: AssetLibrary) -> list[Part]:
    """All parts of a person on one unposed shape ``(V, 3)`` (identity and expression applied)."""
    body = load_body()
    hidden = person.clothes.fitting.hidden if person.clothes else np.empty(0, np.int32)
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
        parts.append(_asset_part(person.brow_style, vertices, Material(tint=tint, tint_mix=0.8, blended=True, cut=0.9)))
    if person.lash_style:
        parts.append(_asset_part(person.lash_style, vertices, Material(tint_mix=0.0, blended=True, cut=0.9)))
    if person.teeth:
        parts.append(_asset_part(person.teeth, vertices, Material(shine=0.2, gloss=40.0, cut=0.3)))
    if person.clothes:
        material = Material(tint=_tint(person.cloth), tint_mix=person.cloth_mix, grain=0.1, grain_scale=900.0, cut=0.3)
        colour = person.cloth if person.clothes.texture is None else None
        parts.append(_asset_part(person.clothes, vertices, material, colour))
    if person.hair_style:
        colour = person.hair if person.hair_style.texture is None else None
        material = Material(
            tint=_tint(person.hair), tint_mix=0.85, wrap=0.2, shine=0.12, gloss=10.0,
            grain=0.35 if colour is not None else 0.0, grain_scale=700.0, blended=colour is None, cut=0.55,
        )  # fmt: skip
        parts.append(_asset_part(person.hair_style, vertices, material, colour))
    elif person.scalp == "cap":
        parts.append(_hair_cap(person, vertices, normals))
    return parts


def skin_colours(person: Person) -> Floats:
    """sRGB colour ``(V, 3)`` of the body's vertices: tone, lips, cheeks, lids, stubble, cropped hair, mouth."""
    masks = skin_masks()
    zones = _zones()
    colour = np.tile(person.skin, (len(zones["cheeks"]), 1))

    def blend(mask: Floats, target: Array, strength: float) -> None:
        nonlocal colour
        w = (mask * strength)[:, None]
        colour = colour * (1.0 - w) + np.asarray(target) * w

    skin = person.skin
    blend(zones["cheeks"], np.clip(skin * [1.04, 0.82, 0.82], 0, 1), 0.7 * person.flush)
    blend(zones["nose"], np.clip(skin * [1.03, 0.86, 0.85], 0, 1), 0.5 * person.flush)
    blend(masks["ears"], np.clip(skin * [1.02, 0.85, 0.84], 0, 1), 0.6)
    blend(zones["sockets"], skin * [0.86, 0.8, 0.8], 0.55)
    blend(zones["jaw"], skin * 0.45 + person.hair * 0.35, 0.75 * person.stubble)
    blend(masks["lips"], person.lips, 0.9)
    blend(masks["eyelids"], skin * [0.8, 0.66, 0.64], 0.5)
    blend(zones["nostrils"], skin * 0.35, 0.8)
    if not person.brow_style:
        blend(zones["brows"], person.hair, 0.6 + 0.35 * person.brow_darkness)
    if person.scalp != "bald":
        blend(zones["scalp"], person.hair, 0.9)
    blend(masks["mouth"], np.array([0.25, 0.08, 0.08]), 1.0)
    return np.clip(colour, 0.02, 1.0).astype(np.float32)


@lru_cache(maxsize=1)
def _zones() -> dict[str, Floats]:
    """Soft masks ``(V,)`` on the mean body around its landmarks."""
    p = load_body().mean
    mark = p[LANDMARK_VERTICES]

    def ball(centres: Array, radius: float) -> Floats:
        d = np.linalg.norm(p[:, None] - centres[None], axis=2).min(axis=1)
        return cast(Floats, np.exp(-((d / radius) ** 2)).astype(np.float32))

    front = 1.0 / (1.0 + np.exp((p[:, 1] - p[LANDMARK_VERTICES[0], 1] - 0.005) / 0.006))
    cheeks = np.stack([(mark[2] + mark[31] * 1.3) / 2.3, (mark[14] + mark[35] * 1.3) / 2.3])
    crown = p[:, 2] - (mark[17:27, 2].mean() + 0.055)
    back = p[:, 1] - (mark[0, 1] + 0.02)
    nape = p[:, 2] - (mark[33, 2] - 0.01)
    head = load_body().weights[:, 4] > 0.4
    ears = skin_masks()["ears"] > 0.3
    scalp = np.clip(np.maximum(crown, np.minimum(back, nape)) / 0.008 + 0.5, 0.0, 1.0) * head * ~ears
    below = np.clip((mark[33, 2] - 0.004 - p[:, 2]) / 0.008, 0.0, 1.0) * np.clip((p[:, 2] - mark[8, 2] + 0.02) / 0.02, 0.0, 1.0)
    line = mark[17:27].reshape(2, 5, 3)
    dense = np.concatenate([np.stack([np.interp(np.linspace(0, 4, 17), range(5), s[:, k]) for k in range(3)], 1) for s in line])
    dense[:, 2] -= 0.004
    return {
        "cheeks": ball(cheeks, 0.022),
        "nose": ball(mark[30:31], 0.016),
        "sockets": ball(np.concatenate([mark[36:48]]), 0.009),
        "nostrils": ball((mark[[32, 34]] + [0, 0.004, 0.003]), 0.0035),
        "jaw": (below * front * head).astype(np.float32),
        "scalp": scalp.astype(np.float32),
        "brows": ball(dense, 0.0055),
    }


def _tint(colour: Array) -> tuple[float, float, float]:
    r, g, b = (float(c) for c in np.clip(colour, 0.0, 1.0))
    return r, g, b


def _asset_part(asset: Asset, vertices: Floats, material: Material, colour: Array | None = None) -> Part:
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
        part = _asset_part(asset, vertices, Material(shine=0.35, gloss=90.0, cut=0.3))
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
    small = cv2.resize(picture, (256, 256), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[:, :, [2, 1, 0, 3]])


def _replace_texture(part: Part, texture: NDArray[np.uint8], key: str) -> Part:
    from dataclasses import replace

    return replace(part, material=_with(part.material, texture=texture, key=key))


@lru_cache(maxsize=1)
def _cap_triangles() -> Ints:
    body = load_body()
    scalp = _zones()["scalp"]
    return body.skin_triangles[(scalp[body.skin_triangles] > 0.5).all(axis=1)]


def _hair_cap(person: Person, vertices: Floats, normals: Floats) -> Part:
    """Short hair without a mesh: the scalp, lifted, thinning towards its edge."""
    body = load_body()
    thickness = 0.006 + 0.012 * (person.eye_texture % 97) / 97.0
    lifted = vertices + normals * (_zones()["scalp"] ** 2 * thickness)[:, None].astype(np.float32)
    colours = np.tile(person.hair.astype(np.float32), (len(vertices), 1))
    material = Material(wrap=0.2, shine=0.04, gloss=8.0, grain=0.5, grain_scale=900.0)
    return Part(lifted, normals, body.weights, _cap_triangles(), material, colours=colours)
