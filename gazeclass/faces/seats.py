"""Students told apart by where they sit, with no look at what their faces are like.

The matcher's own assignment does it: everybody it knows stands at a seat from the beginning and has no looks to be
compared. A head is the student's whose seat is nearest, one to one, within a limit; seats that nobody may be observed
at, and empty ones, take part too, so that whoever sits there is not taken for a neighbour.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gazeclass.errors import InputError
from gazeclass.faces.association import HEAD_LOG_SD, HEAD_M
from gazeclass.faces.identity import Gallery, Head, Person
from gazeclass.geometry.stereo import StereoRig

#: A head farther than this from a seat is not at it, however empty the room is.
REACH_M = 0.6
#: Students lean and move their chairs: a seat follows its student so far and no farther, or neighbours would change
#: places unnoticed.
_LEAN_M = 0.25
_NEVER = -100.0


@dataclass(frozen=True, eq=False)
class SeatPlan:
    """Who sits where.

    Attributes:
        names: a student's pseudonym, or the label of a seat that nobody is observed at.
        positions_W_m: ``(n, 3)`` usual place of the head, WCS.
        observed: names that may become observations.
    """

    names: tuple[str, ...]
    positions_W_m: np.ndarray
    observed: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.observed:
            raise InputError(
                "nobody has a seat in the plan, so nobody can be told by the seat",
                todo="Give the students seats, and the classroom its seats.",
            )
        if len(set(self.names)) < len(self.names):
            raise InputError("a student has two seats in the plan", todo="Give every student one seat.")


class SeatGallery(Gallery):
    """Everybody at their seats, in the place of everybody's looks.

    Args:
        rig: the cameras, with their world frame.
        plan: who sits where.
    """

    def __init__(self, rig: StereoRig, plan: SeatPlan) -> None:
        super().__init__(rig, None)
        # A world frame is asked for by the pipeline before any plan is.
        self._seats_C_m = rig.world_from_camera(0).inverse().apply(np.asarray(plan.positions_W_m, float))
        self.people = [Person(name, True, None, seat) for name, seat in zip(plan.names, self._seats_C_m, strict=True)]
        self._settled_looks = True

    def score(self, heads: Sequence[Head]) -> np.ndarray:
        """(heads, people): as for everybody, but nothing beyond the reach of a seat, or of a wrong size for it."""
        out = super().score(heads)
        for row, head in enumerate(heads):
            if np.isfinite(head.position_C_m).all():
                out[row, np.linalg.norm(self._seats_C_m - head.position_C_m, axis=1) > REACH_M] = _NEVER
            else:
                out[row] += self._from_size(head)
        return out

    def _from_size(self, head: Head) -> np.ndarray:
        """(people,) for a head in one picture, where the seat behind lies beside the one before: its size tells."""
        camera, track = next(iter(head.tracks.items()))
        depth_m = self._rig.camera_from_reference(camera).apply(self._seats_C_m)[:, 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            expected = self._rig.cameras[camera].matrix[0, 0] * HEAD_M / depth_m
            off = np.log(track.face.size_px / expected) / HEAD_LOG_SD
        return np.where(np.isfinite(off), np.maximum(-0.5 * off**2, _NEVER), _NEVER)

    def settle(self, head: Head, person: Person, *, sure: bool) -> None:
        """The head's tracks bear the name, and the seat follows its student a little."""
        super().settle(head, person, sure=sure)
        if person.seat_C_m is not None:
            anchor = self._seats_C_m[self.people.index(person)]
            off = person.seat_C_m - anchor
            length = float(np.linalg.norm(off))
            if length > _LEAN_M:
                person.seat_C_m = anchor + off * (_LEAN_M / length)
