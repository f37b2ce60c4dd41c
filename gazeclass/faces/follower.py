"""What tracking remembers of one face: when it was found, how surely, where, and what it looks like."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gazeclass.faces.appearance import Appearance
from gazeclass.faces.boxes import overlap_of_two
from gazeclass.faces.motion import BoxMotion
from gazeclass.faces.types import Face, Track

#: Overlap above which a face has stayed where it was.
SAME_PLACE = 0.5


@dataclass(frozen=True)
class TrackingOptions:
    """When a face is believed, followed and forgotten.

    Attributes:
        hold_score: a followed face needs no more than this from O-Net; a profile gets little.
        firm_score: what a find must reach to count towards belief. A face reaches 0.95 sooner or later; hands and
            collars that look like faces to the networks stay below 0.9.
        firm_hits: finds of ``firm_score`` before a track is shown.
        sure_hits: or so many of ``sure_score`` after the first find.
        doubt_s: time constant of the mean score.
        doubt_score: a track whose mean score is below this goes.
        patience_s: how long a face that is not found is waited for.
        search_s: shortest and longest time between two searches of the whole picture.
        jump_overlap: a find must overlap the expected box by this to be the same face.
        anchor_overlap: a find that is not sure must overlap the last firm one by this, so that a track cannot wander
            off its face to a collar.
        sure_score: a find of this score may be anywhere near the expected place.
        memory_s: how long the place of a face that was lost is looked at from time to time.
        glance_s: time between two looks at such places.
        place_score: what a find at such a place must reach to begin a track, and to count towards its belief.
    """

    hold_score: float = 0.05
    firm_score: float = 0.85
    firm_hits: int = 3
    sure_hits: int = 1
    doubt_s: float = 2.0
    doubt_score: float = 0.07
    patience_s: float = 1.5
    search_s: tuple[float, float] = (0.2, 1.0)
    jump_overlap: float = 0.3
    anchor_overlap: float = 0.33
    sure_score: float = 0.95
    memory_s: float = 60.0
    glance_s: float = 0.3
    place_score: float = 0.6


class Follower:
    """One track's memory."""

    def __init__(self, track_id: int, t_s: float, face: Face, firm_score: float) -> None:
        self.track_id = track_id
        self.since_s = self.seen_s = self._scored_s = t_s
        self.face = face
        self.motion = BoxMotion(t_s, face.box_px)
        self.hits = 1
        self.firm_score = firm_score
        self.firm_hits = int(face.score >= firm_score)
        self.sure_hits = 0
        self.confirmed = False
        self.mean_score = face.score
        self.appearance = Appearance()
        self.contested_with: Follower | None = None
        self.anchor_px = self.known_px = face.box_px
        self.recovered_s = -np.inf
        self.accepted = False
        self.jumped = False  # away from where it last looked like itself: is it the same face still?

    def see(self, t_s: float, face: Face, options: TrackingOptions) -> None:
        """The face was found again."""
        self.face = replace(face, box_px=self.motion.correct(t_s, face.box_px))
        self.hits += 1
        self.seen_s = t_s
        self._believe(t_s, face.score, options)
        self.jumped = fit_of(self.known_px, face.box_px) < SAME_PLACE
        if face.score >= self.firm_score:
            self.anchor_px = face.box_px
            self.firm_hits += 1
            self.sure_hits += face.score >= options.sure_score
            enough = self.firm_hits >= options.firm_hits or self.sure_hits >= options.sure_hits
            self.confirmed = self.confirmed or enough

    def reseat(self, t_s: float, face: Face, options: TrackingOptions) -> None:
        """The track had slipped off its face, which is here."""
        self.motion = BoxMotion(t_s, face.box_px)
        self.anchor_px = face.box_px
        self.face = face
        self._believe(t_s, face.score, options)

    def miss(self, t_s: float, options: TrackingOptions) -> None:
        """The face was not found."""
        if not self.confirmed:
            self._believe(t_s, 0.0, options)
        self._scored_s = t_s

    def _believe(self, t_s: float, score: float, options: TrackingOptions) -> None:
        gain = 1 - np.exp(-(t_s - self._scored_s) / options.doubt_s)
        self.mean_score += gain * (score - self.mean_score)
        self._scored_s = t_s

    def is_over(self, t_s: float, options: TrackingOptions) -> bool:
        """Whether it is time to forget the face."""
        patience_s = options.patience_s if self.confirmed else options.patience_s / 3
        return t_s - self.seen_s > patience_s or self.mean_score < options.doubt_score

    def snapshot(self, camera: int) -> Track:
        """The track as the other rooms see it."""
        mean, weight = self.appearance.mean, self.appearance.weight
        return Track(camera, self.track_id, self.face, self.since_s, self.hits, mean, weight)


def same_face(a: Face, b: Face) -> bool:
    """Whether two finds in one picture can only be one face."""
    return overlap_of_two(a.box_px, b.box_px, of_smaller=True) > 0.55


def distinct(faces: Sequence[Face]) -> list[Face]:
    """The best find of each face, best first."""
    out: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if not any(same_face(face, other) for other in out):
            out.append(face)
    return out


def fit_of(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two boxes (4,)."""
    return overlap_of_two(a, b)


def strangeness(follower: Follower, t_s: float, face: Face) -> float:
    """Distance of a face from where a waiting track expects it; below 1 it may be the same."""
    size = follower.motion.size_px
    box = follower.motion.predict(t_s)
    distance = float(np.hypot(*(face.centre_px - (box[:2] + box[2:]) / 2))) / size
    growth = abs(float(np.log(max(face.size_px, 1e-6) / size)))
    slack = 0.8 + min(t_s - follower.seen_s, 1.0)
    return distance / slack + growth / 0.7 * 0.5
