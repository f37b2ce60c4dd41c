"""One person in the room: dressed, sat down (or standing), able to turn the head to a rotation or a point."""

from dataclasses import dataclass, replace

import numpy as np

from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import Array, exp_so3
from gazeclass.simulation.assets import AssetLibrary
from gazeclass.simulation.body import load_body
from gazeclass.simulation.covering import covered, shoes
from gazeclass.simulation.drawing import Part
from gazeclass.simulation.dressing import dress
from gazeclass.simulation.lesson_script import facing
from gazeclass.simulation.mesh import Floats, Ints, NormalOperator
from gazeclass.simulation.people import Person
from gazeclass.simulation.posing import group_transforms, skinned
from gazeclass.simulation.scans import load_scans
from gazeclass.simulation.scene import sample_expression
from gazeclass.simulation.sitting import SITTING, STANDING, bent
from gazeclass.simulation.truth import NOSE_VERTEX, face_axes, face_vertices

#: Body axes (x left, y back, z up) in WCS of someone who faces the board.
R_WB_FACING: Array = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
#: Below this share of the torso's weight a vertex moves with head or neck.
_STILL = 0.999


@dataclass(frozen=True, eq=False)
class Pupil:
    """A person with a place; ``T_WB`` maps the body's axes to WCS.

    Attributes:
        parts: everything drawn, unposed.
        moving, still: the same, cut into what hangs on neck and head and what never moves. They overlap by a ring of
            triangles, so that no seam shows where they meet.
        vertices, joints: shape and joints of the neck.  axes: the face's axes in the body's.
    """

    person: Person
    T_WB: Transform
    parts: list[Part]
    moving: list[Part]
    still: list[Part]
    vertices: Floats
    joints: Floats
    axes: Array

    def groups_W(self, R_WS: Array) -> Array:
        """Transforms ``(7, 4, 4)`` of the rigid groups to WCS with the face turned to ``R_WS``."""
        R_turn = self.T_WB.R.T @ R_WS @ self.axes.T
        T = np.eye(4)
        T[:3, :3], T[:3, 3] = self.T_WB.R, self.T_WB.t
        return T @ group_transforms(self.joints, R_turn, np.zeros(2))

    def nose_W(self, groups_W: Array) -> Array:
        """The nose tip, ``(3,)``."""
        weights = load_body().weights[[NOSE_VERTEX]]
        return np.asarray(skinned(self.vertices[[NOSE_VERTEX]], weights, groups_W)[0])

    def face_W(self, groups_W: Array) -> Array:
        """The vertices that bound the face, ``(n, 3)``."""
        face = face_vertices()
        return skinned(self.vertices[face], load_body().weights[face], groups_W)

    def aim(self, point_W: Array, roll_deg: float) -> Array:
        """R_WS with which the ray from the nose tip along Z_S meets a point exactly.

        The nose moves as the head turns, so this is iterated; each step gains a factor of (nose's way / distance).
        """
        nose = self.nose_W(self.groups_W(facing(np.array([0.0, 0.0, -1.0]), roll_deg)))
        R = facing(point_W - nose, roll_deg)
        for _ in range(60):
            nose = self.nose_W(self.groups_W(R))
            R_next = facing(point_W - nose, roll_deg)
            done = np.abs(R_next - R).max() < 1e-10
            R = R_next
            if done:
                break
        return R


def make_pupil(
    person: Person, rng: np.random.Generator, library: AssetLibrary, floor_y: float, x: float, z: float, seat_m: float
) -> Pupil:
    """A person who sits at ``x, z`` on a seat of that height above the floor, or stands where it is 0."""
    body = load_body()
    expression = sample_expression(rng) if rng.random() < 0.5 else np.zeros(len(body.expressions))
    blink = [i for i, name in enumerate(body.expressions) if name.startswith("eyeBlink")]
    expression[blink] = 0.0
    both, joints = body.shape(
        np.stack([person.phenotype] * 2),
        np.stack([person.local] * 2),
        np.stack([np.zeros_like(expression), expression]),
    )
    neutral, vertices = both[0], both[1]
    if library.face_shapes is not None and person.scan.any():
        moved, offset = load_scans(library.face_shapes).offsets(person.scan)
        neutral[moved] += offset
        vertices[moved] += offset
    axes = face_axes(neutral)
    posed = bent(body, vertices, SITTING if seat_m > 0 else STANDING)
    parts = _with_legs(person, dress(person, posed, joints[1], library), posed, library)
    R_WB = exp_so3([0.0, np.radians(rng.normal(0.0, 4.0)) if seat_m > 0 else 0.0, 0.0]) @ R_WB_FACING
    T_WB = Transform(R_WB, np.array([x, floor_y - seat_m - _hip_above_seat(posed, seat_m), z]))
    if seat_m > 0:
        # The place of a seat is where the nose is at rest.
        ahead = R_WB @ posed[NOSE_VERTEX].astype(float)
        T_WB = Transform(R_WB, np.array([x - ahead[0], T_WB.t[1], z - ahead[2]]))
    moving = [cut for part in parts if (cut := _cut(part, still=False)) is not None]
    still = [cut for part in parts if (cut := _cut(part, still=True)) is not None]
    return Pupil(person, T_WB, parts, moving, still, posed, joints[1], axes)


def _hip_above_seat(posed: Floats, seat_m: float) -> float:
    """How far the body's origin is above what it rests on: the underside of the thighs, or the soles."""
    body = load_body()
    if seat_m == 0:
        return -float(posed[np.unique(body.lower_triangles), 2].min())
    thigh = (body.limb_weights["leg.L"] > 0.5) & (body.limb_weights["shin.L"] < 0.2)
    thigh[np.setdiff1d(np.arange(len(thigh)), np.unique(body.lower_triangles))] = False
    return -float(np.percentile(posed[thigh, 2], 5.0))


def _with_legs(person: Person, parts: list[Part], posed: Floats, library: AssetLibrary) -> list[Part]:
    """The parts of a head and shoulders with the rest of the body, in shoes and with no belly bare."""
    body = load_body()
    worn, in_shoes = shoes(person, posed, library)
    hidden = np.zeros(len(posed), bool)
    hidden[in_shoes] = True
    if person.clothes is not None:
        hidden[person.clothes.fitting.hidden] = True
    lower = body.lower_triangles[~hidden[body.lower_triangles].any(axis=1)]
    skin = parts[0]
    triangles: Ints = np.concatenate([skin.triangles, lower]).astype(np.int32)
    colours = None if skin.colours is None else covered(person, skin.colours)
    normals = NormalOperator(triangles, np.arange(len(posed), dtype=np.int32))(posed)
    return [replace(skin, triangles=triangles, normals=normals, colours=colours), *parts[1:], *worn]


def _cut(part: Part, still: bool) -> Part | None:
    """The triangles of a part that never move, or those that do and one ring more; None where there are none."""
    fixed = part.weights[:, 0] > _STILL
    whole = fixed[part.triangles].all(axis=1)
    if still:
        kept = whole
    else:
        near = np.zeros(len(fixed), bool)
        near[part.triangles[~whole]] = True
        kept = near[part.triangles].any(axis=1)
    if not kept.any():
        return None
    used, inverse = np.unique(part.triangles[kept], return_inverse=True)
    return replace(
        part,
        vertices=part.vertices[used],
        normals=part.normals[used],
        weights=part.weights[used],
        triangles=inverse.reshape(-1, 3).astype(np.int32),
        colours=None if part.colours is None else part.colours[used],
        uv=None if part.uv is None else part.uv[used],
    )
