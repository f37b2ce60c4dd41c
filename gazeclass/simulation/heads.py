"""Rendered heads: people, shots, drawing, backgrounds and cameras put together, batch by batch."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gazeclass.geometry.rotation import Array
from gazeclass.simulation.assets import AssetLibrary
from gazeclass.simulation.backgrounds import sample_background
from gazeclass.simulation.body import load_body
from gazeclass.simulation.camera_effects import degrade
from gazeclass.simulation.drawing import Drawing
from gazeclass.simulation.dressing import dress
from gazeclass.simulation.mesh import Floats
from gazeclass.simulation.people import Person, sample_person
from gazeclass.simulation.renderer import Renderer
from gazeclass.simulation.scans import load_scans
from gazeclass.simulation.scene import Placed, place, sample_shot
from gazeclass.simulation.truth import face_axes

#: Finds faces on a canvas: picture → (box ``(4,)``, five landmarks ``(5, 2)``, score) of each. Given by the caller,
#: because the simulation knows no detector.
Detector: TypeAlias = Callable[[NDArray[np.uint8]], Sequence[tuple[Array, Array, float]]]

#: Heads of two identities: one has three pictures, the next two.
HEADS_PER_TWO_PEOPLE = 5


@dataclass(frozen=True, eq=False)
class Head:
    """One finished picture and its truth (names as in the shard format)."""

    image: NDArray[np.uint8]
    R_crop: Array
    R_rig: Array
    landmarks68: Array
    box: Array
    nose: Array
    identity: int
    seed: int
    canvas_fov_deg: float


def identity_of(index: int) -> int:
    """Which person picture ``index`` shows."""
    return 2 * (index // HEADS_PER_TWO_PEOPLE) + (index % HEADS_PER_TWO_PEOPLE >= 3)


def render_heads(indices: range, seed: int, library: AssetLibrary, renderer: Renderer) -> Iterator[Head]:
    """Pictures ``indices`` of the endless series that ``seed`` stands for; each depends on its index and seed only."""
    for start in range(indices.start, indices.stop, renderer.capacity):
        batch = range(start, min(start + renderer.capacity, indices.stop))
        yield from _render_batch(batch, seed, library, renderer)


def _render_batch(indices: range, seed: int, library: AssetLibrary, renderer: Renderer) -> list[Head]:
    generators = [np.random.default_rng([seed, 1, i]) for i in indices]
    people = {}
    for i in indices:
        who = identity_of(i)
        if who not in people:
            people[who] = sample_person(np.random.default_rng([seed, 0, who]), library)
    persons = [people[identity_of(i)] for i in indices]
    shots = [sample_shot(rng) for rng in generators]
    vertices, joints = load_body().shape(
        np.stack([p.phenotype for p in persons]),
        np.stack([p.local for p in persons]),
        np.stack([s.expression for s in shots]),
    )
    axes = _shape_faces(people, vertices, [identity_of(i) for i in indices], library)
    placed: list[Placed] = []
    drawings = []
    for person, shot, v, j, a in zip(persons, shots, vertices, joints, axes, strict=True):
        where = place(shot, v, j, a, renderer.size_px)
        placed.append(where)
        parts = dress(person, v, j, library, shot.hand_seed)
        drawings.append(Drawing(parts, where.groups, where.window, shot.lighting, where.distance_m))
    pictures = renderer.draw(drawings)
    heads = []
    for i, rng, where, picture in zip(indices, generators, placed, pictures, strict=True):
        alpha = picture[..., 3:]
        scene = picture[..., :3] + (1.0 - alpha) * sample_background(rng, renderer.size_px, library.light_maps)
        face_px = float((where.box_px[2:] - where.box_px[:2]).max())
        heads.append(
            Head(
                degrade(scene, face_px, rng),
                where.R_crop,
                where.R_rig,
                where.landmarks_px,
                where.box_px,
                where.nose_px,
                identity_of(i),
                seed,
                where.window.fov_deg(),
            )
        )
    return heads


def _shape_faces(people: dict[int, Person], vertices: Floats, who: list[int], library: AssetLibrary) -> list[Array]:
    """Add each person's scanned shape to its vertices ``(n, V, 3)`` in place; the face axes of each picture."""
    names = list(people)
    neutral, _ = load_body().shape(
        np.stack([people[k].phenotype for k in names]), np.stack([people[k].local for k in names]), None
    )
    axes = {}
    for k, shape in zip(names, neutral, strict=True):
        if library.face_shapes is not None and people[k].scan.any():
            moved, offset = load_scans(library.face_shapes).offsets(people[k].scan)
            shape[moved] += offset
            for i in np.flatnonzero(np.array(who) == k):
                vertices[i, moved] += offset
        axes[k] = face_axes(shape)
    return [axes[k] for k in who]
