"""The people known so far, and how well a head in front of the cameras fits each of them.

Known are the enrolled students and whoever else has been seen long enough. What speaks for a person: looks, the place
where that person was last (classes sit), and that the track bore the name a moment ago. All are log-likelihood ratios
against "somebody else"; looks weigh most, so that a wrong name does not live on by its seat.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from gazeclass.faces.association import LooksModel
from gazeclass.faces.enrolment import Enrolment
from gazeclass.faces.types import Track
from gazeclass.geometry.stereo import StereoRig

_MOST_FROM_LOOKS = 8.0
_FROM_SEAT = (-3.0, 1.5)
_SEAT_SD_M = 0.35
_SEAT_SD_HEADS = 1.5  # for a head seen in one camera: in box sizes from where the seat projects to
_FROM_NAME = 1.5  # for each of its tracks that bore the name
_FOR_GUESTS = 2.0  # whoever may be an enrolled student is not taken for a stranger seen before
_HALF_TRUST = 0.3  # embedding weight at which looks count half
_SEAT_GAIN = 0.1
_USUAL_DIFFERENT = 0.88
#: One person's mean look is about four times nearer to identity than a stranger's.
_NEARER = 0.25


@dataclass(frozen=True, eq=False)
class Head:
    """One head at this moment, in one or both cameras.

    Attributes:
        tracks: by camera.
        position_C_m: (3,), NaN where only one camera sees it.
    """

    tracks: dict[int, Track]
    position_C_m: np.ndarray

    @property
    def looks(self) -> tuple[np.ndarray, float] | None:
        """(d,) unit embedding over both cameras and its weight; None while there is none."""
        known = [(t.embedding, t.embedding_weight) for t in self.tracks.values() if t.embedding is not None]
        if not known:
            return None
        total = np.sum(np.array([max(weight, 1e-3) * vector for vector, weight in known]), axis=0)
        weight = sum(weight for _, weight in known)
        return total / max(float(np.linalg.norm(total)), 1e-12), weight

    @property
    def since_s(self) -> float:
        """Since when the older of its tracks is there."""
        return min(track.since_s for track in self.tracks.values())


@dataclass(eq=False)
class Person:
    """Somebody known.

    Attributes:
        name: enrolled name or label.
        enrolled: whether from a portrait.
        embedding: (d,) unit vector.
        seat_C_m: (3,) where the head usually is; None before it was seen by both cameras.
    """

    name: str
    enrolled: bool
    embedding: np.ndarray | None
    seat_C_m: np.ndarray | None = None


class Gallery:
    """Everybody known.

    Args:
        rig: the cameras.
        enrolment: None for a class in which nobody is.
    """

    def __init__(self, rig: StereoRig, enrolment: Enrolment | None) -> None:
        self._rig = rig
        self.people: list[Person] = []
        self._guests = 0
        self._bearers: dict[tuple[int, int], Person] = {}
        different = _USUAL_DIFFERENT
        if enrolment is not None:
            self.people = [
                Person(name, True, embedding)
                for name, embedding in zip(enrolment.names, enrolment.embeddings, strict=True)
            ]
            if len(self.people) >= 4:
                cosines = enrolment.embeddings @ enrolment.embeddings.T
                different = float(np.median(cosines[np.triu_indices(len(cosines), 1)]))
        self._has_enrolment = enrolment is not None
        self.looks = looks_model(different)
        self._settled_looks = enrolment is not None and len(self.people) >= 4

    def learn_looks(self, cameras: Iterable[Sequence[Track]]) -> None:
        """Without portraits: two tracks of one camera at one moment are two people, and tell how alike people are."""
        if self._settled_looks:
            return
        cosines: list[float] = []
        for tracks in cameras:
            faces = [t.embedding for t in tracks if t.embedding is not None and t.embedding_weight > _HALF_TRUST]
            if len(faces) > 1:
                table = np.array(faces) @ np.array(faces).T
                cosines += table[np.triu_indices(len(faces), 1)].tolist()
        if len(cosines) >= 6:
            self.looks = looks_model(float(np.median(cosines)))

    def bearer(self, track: Track) -> Person | None:
        """Whose name the track bore last."""
        return self._bearers.get((track.camera, track.track_id))

    def score(self, heads: Sequence[Head]) -> np.ndarray:
        """(heads, people) log-likelihood ratios; above 0 the head is rather that person's than somebody else's."""
        out = np.zeros((len(heads), len(self.people)))
        if not self.people:
            return out
        columns = {id(person): column for column, person in enumerate(self.people)}
        guests = [self._has_enrolment and not person.enrolled for person in self.people]
        seated = [column for column, person in enumerate(self.people) if person.seat_C_m is not None]
        seats = np.array([self.people[column].seat_C_m for column in seated]).reshape(-1, 3)
        for row, head in enumerate(heads):
            out[row] = self.from_looks(head)
            out[row, seated] += self._from_seats(head, seats)
            for track in head.tracks.values():
                if (bearer := self.bearer(track)) is not None and id(bearer) in columns:
                    out[row, columns[id(bearer)]] += _FROM_NAME
            out[row, guests] -= _FOR_GUESTS
        return out

    def from_looks(self, head: Head) -> np.ndarray:
        """(people,) the part that comes from embeddings."""
        out = np.zeros(len(self.people))
        own = head.looks
        if own is None:
            return out
        vector, weight = own
        trust = weight / (weight + _HALF_TRUST)
        known = [column for column, person in enumerate(self.people) if person.embedding is not None]
        if known:
            ratio = self.looks.log_ratio(np.array([self.people[column].embedding for column in known]) @ vector)
            out[known] = trust * np.clip(ratio, -_MOST_FROM_LOOKS, _MOST_FROM_LOOKS)
        return out

    def _from_seats(self, head: Head, seats_C_m: np.ndarray) -> np.ndarray:
        """(n,) the part that comes from where people (n, 3) usually are."""
        low, high = _FROM_SEAT
        if np.isfinite(head.position_C_m).all():
            off = np.linalg.norm(head.position_C_m - seats_C_m, axis=1) / _SEAT_SD_M
        else:
            camera, track = next(iter(head.tracks.items()))
            pixels = self._rig.project(camera, seats_C_m)
            off = np.linalg.norm(pixels - track.face.nose_px, axis=1) / track.face.size_px / _SEAT_SD_HEADS
            off = np.where(np.isfinite(off), off, np.inf)
        return np.asarray(np.maximum(high - 0.5 * off**2, low))

    def settle(self, head: Head, person: Person, *, sure: bool) -> None:
        """The head is this person's: its tracks bear the name, and the seat and a guest's looks are learned.

        Args:
            head, person: as assigned.
            sure: whether the assignment is clear enough to learn from.
        """
        for track in head.tracks.values():
            self._bearers[track.camera, track.track_id] = person
        if not sure:
            return
        if np.isfinite(head.position_C_m).all():
            old = person.seat_C_m
            person.seat_C_m = head.position_C_m if old is None else old + _SEAT_GAIN * (head.position_C_m - old)
        own = head.looks
        if not person.enrolled and own is not None and self._likest(head) is person:
            mixed = own[0] if person.embedding is None else 0.95 * person.embedding + 0.05 * own[0]
            person.embedding = mixed / np.linalg.norm(mixed)

    def is_face(self, head: Head) -> bool:
        """Whether a head's looks have as much in common with the people known as these have with each other."""
        own = head.looks
        known = [person.embedding for person in self.people if person.embedding is not None]
        if own is None or len(known) < 4:
            return own is not None
        different = self.looks.different
        return float(np.mean(np.array(known) @ own[0])) > different - 0.5 * (1 - different)

    def _likest(self, head: Head) -> Person:
        """Who looks most like a head."""
        return self.people[int(self.from_looks(head).argmax())]

    def welcome(self, head: Head) -> Person:
        """Make a head that is nobody's known under a label of its own."""
        self._guests += 1
        label = f"unknown-{self._guests:02d}" if self._has_enrolment else f"P{self._guests:02d}"
        own = head.looks
        person = Person(label, False, None if own is None else own[0])
        self.people.append(person)
        return person

    def forget_tracks(self, alive: set[tuple[int, int]]) -> None:
        """Names of tracks that are no more are dropped."""
        self._bearers = {key: person for key, person in self._bearers.items() if key in alive}


def looks_model(different: float) -> LooksModel:
    """The model of a class in which two people have this mean cosine.

    Models differ in the cosine of strangers (0.1 in one, 0.9 in another), but what identity needs is measured on that
    scale: everything follows from it. The log ratio runs from -8 for strangers to +8 for the same.
    """
    same = 1 - _NEARER * (1 - different)
    return LooksModel(same, different, (same - different) / 4)
