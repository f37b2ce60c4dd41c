"""One assignment over both cameras: which tracks are one head, and whose head it is.

Two steps, each a linear assignment: tracks of camera 0 to tracks of camera 1 (epipolar distance, plausible place and
size, looks, accumulated over time), then heads to people one to one (looks, seat, the name borne so far). Somebody who
fits nobody stays without a name and becomes ``unknown-01`` once surely a stranger; without an enrolment everybody gets
a label ``P01``, ``P02``, … that stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.optimize import linear_sum_assignment

from gazeclass.faces.association import boxes_in_other_camera, boxes_near_seat, head_boxes, pair_evidence
from gazeclass.faces.boxes import overlap
from gazeclass.faces.enrolment import Enrolment
from gazeclass.faces.identity import Gallery, Head, Person
from gazeclass.faces.types import Sighting, Track
from gazeclass.geometry.stereo import StereoRig

_TOUCHING = 0.03  # overlap of two boxes, as a part of the smaller one


class Expectant(Protocol):
    """A tracker that can be told where to look."""

    def expect(self, boxes: np.ndarray, until_s: float) -> None:
        """Faces may be in these boxes."""
        ...


@dataclass(frozen=True)
class MatchingOptions:
    """How much evidence a decision takes.

    Attributes:
        pair_s: time constant of the evidence for a pair of tracks.
        pair_name: evidence for a pair that bears one name, and against one that bears two.
        sure: log ratio above which an assignment is learned from.
        stranger: below this log ratio of looks to everybody known, a head is a stranger's.
        welcome_s: age a head needs before it gets a label of its own.
        welcome_weight: embedding weight it needs; half of it if both cameras see it.
        welcome_doubt_weight: what it needs in any case while somebody expected is not seen: a poor look at that student
            is likelier than a stranger, and a student once welcomed as a stranger stays one for long.
        welcome_score: mean detection score it needs, so that no hand is welcomed.
        remember_s: how long tracks that are not seen keep their name and their pair's evidence.
        hint_s: time between two hints to the other camera.
        hints: heads of unknown place that are looked for at once; each costs some tens of looks.
        hint_hits: finds before a nameless track is looked for in the other camera.
        seek_s: how long somebody known is sought who is not seen.
    """

    pair_s: float = 1.0
    pair_name: tuple[float, float] = (1.0, 4.0)
    sure: float = 2.0
    stranger: float = -2.0
    welcome_s: float = 0.8
    welcome_weight: float = 1.0
    welcome_doubt_weight: float = 4.0
    welcome_score: float = 0.85
    remember_s: float = 5.0
    hint_s: float = 0.5
    hints: int = 3
    hint_hits: int = 5
    seek_s: float = 30.0


class Matcher:
    """Identity over both cameras, kept over time.

    Args:
        rig: the cameras.
        enrolment: who is expected; None labels everybody.
        trackers: of camera 0 and 1; when given, each is told where the other camera sees a head that it does not.
        options: see :class:`MatchingOptions`.
        gallery: everybody known, where that does not follow from the enrolment (:mod:`gazeclass.faces.seats`).
    """

    def __init__(
        self,
        rig: StereoRig,
        enrolment: Enrolment | None = None,
        *,
        trackers: Sequence[Expectant] = (),
        options: MatchingOptions | None = None,
        gallery: Gallery | None = None,
    ) -> None:
        self._rig = rig
        self._trackers = tuple(trackers)
        self._options = options or MatchingOptions()
        self._gallery = gallery or Gallery(rig, enrolment)
        self._has_enrolment = enrolment is not None
        self._evidence: dict[tuple[int, int], float] = {}
        self._last_seen_s: dict[tuple[int, int], float] = {}
        self._mean_score: dict[tuple[int, int], float] = {}
        self._t_s = -np.inf
        self._hinted_s = -np.inf
        self._met_s: dict[str, float] = {}
        self._begun_s = np.inf
        self._seen: tuple[set[str], set[str]] = (set(), set())

    def update(self, t_s: float, tracks0: Sequence[Track], tracks1: Sequence[Track]) -> list[Sighting]:
        """Who is seen now, and where.

        Args:
            t_s: lesson time.
            tracks0, tracks1: of camera 0 and 1 at this moment.

        Returns:
            One sighting for each person that is seen and known by a name or label, sorted by it.
        """
        self._remember(t_s, [*tracks0, *tracks1])
        self._gallery.learn_looks((tracks0, tracks1))
        heads = self._pair(t_s, tracks0, tracks1)
        sightings, nameless = self._name(heads)
        nameless = [head for head in nameless if not _touches_another(head, heads)]
        for head in self._strangers(t_s, nameless, {sighting.student for sighting in sightings}):
            sightings.append(self._sighting(head, self._gallery.welcome(head), 0.5))
        self._hint(t_s, heads)
        self._t_s = t_s
        self._meet(t_s, sightings)
        return sorted(sightings, key=lambda sighting: sighting.student)

    def wanted(self, camera: int) -> np.ndarray:
        """Where somebody should be in a camera's picture who was there not long ago and is not seen in it now.

        Returns:
            (n, 4) boxes of heads at those people's usual places.
        """
        seats = [
            person.seat_C_m
            for person in self._gallery.people
            if person.seat_C_m is not None and person.name not in self._seen[camera] and self._is_sought(person)
        ]
        return head_boxes(self._rig, camera, np.array(seats)) if seats else np.empty((0, 4))

    @property
    def sought_anywhere(self) -> bool:
        """Whether somebody expected is in neither picture whose usual place nobody knows yet."""
        seen = self._seen[0] | self._seen[1]
        return any(
            person.enrolled and person.seat_C_m is None and person.name not in seen and self._is_sought(person)
            for person in self._gallery.people
        )

    def _is_sought(self, person: Person) -> bool:
        """Whether somebody was there not long ago, or may still come."""
        since_s = self._met_s.get(person.name, self._begun_s)
        return not np.isfinite(since_s) or self._t_s - since_s < self._options.seek_s

    def _meet(self, t_s: float, sightings: Sequence[Sighting]) -> None:
        """Remember who was seen when, and in which camera now."""
        self._begun_s = min(self._begun_s, t_s)
        self._met_s |= {sighting.student: t_s for sighting in sightings}
        self._seen = ({s.student for s in sightings if 0 in s.faces}, {s.student for s in sightings if 1 in s.faces})

    def _remember(self, t_s: float, tracks: Sequence[Track]) -> None:
        gain = 1 - np.exp(-max(t_s - self._t_s, 0.0) / self._options.pair_s)
        for track in tracks:
            key = track.camera, track.track_id
            self._last_seen_s[key] = t_s
            old = self._mean_score.get(key, track.face.score)
            self._mean_score[key] = old + gain * (track.face.score - old)
        oldest = t_s - self._options.remember_s
        self._last_seen_s = {key: seen for key, seen in self._last_seen_s.items() if seen >= oldest}
        alive = set(self._last_seen_s)
        self._mean_score = {key: score for key, score in self._mean_score.items() if key in alive}
        self._gallery.forget_tracks(alive)
        self._evidence = {k: v for k, v in self._evidence.items() if (0, k[0]) in alive and (1, k[1]) in alive}

    def _pair(self, t_s: float, tracks0: Sequence[Track], tracks1: Sequence[Track]) -> list[Head]:
        """Heads: pairs of tracks, and tracks that have no partner."""
        now, positions = pair_evidence(self._rig, tracks0, tracks1, self._gallery.looks)
        gain = 1 - np.exp(-max(t_s - self._t_s, 0.0) / self._options.pair_s)
        total = np.empty_like(now)
        clipped = np.clip(now, -20, 20).tolist()
        for a, track0 in enumerate(tracks0):
            for b, track1 in enumerate(tracks1):
                key = track0.track_id, track1.track_id
                fresh = clipped[a][b]
                old = self._evidence.get(key, fresh)
                self._evidence[key] = old + gain * (fresh - old)
                total[a, b] = self._evidence[key] + self._one_name(track0, track1)
        total[~np.isfinite(now)] = 0  # no point of space projects to both
        partner = dict(zip(*linear_sum_assignment(-np.clip(total, 0, None)), strict=True)) if total.size else {}
        heads, used = [], set()
        for a, track0 in enumerate(tracks0):
            match = partner.get(a)
            if match is not None and total[a, match] > 0:
                heads.append(Head({0: track0, 1: tracks1[match]}, positions[a, match]))
                used.add(match)
            else:
                heads.append(Head({0: track0}, np.full(3, np.nan)))
        heads += [Head({1: track1}, np.full(3, np.nan)) for b, track1 in enumerate(tracks1) if b not in used]
        return heads

    def _one_name(self, track0: Track, track1: Track) -> float:
        first, second = self._gallery.bearer(track0), self._gallery.bearer(track1)
        if first is None or second is None:
            return 0.0
        one, two = self._options.pair_name
        return one if first is second else -two

    def _name(self, heads: list[Head]) -> tuple[list[Sighting], list[Head]]:
        """People to heads, one to one; the heads left over."""
        score = self._gallery.score(heads)
        rows, columns = linear_sum_assignment(-np.clip(score, 0, None))
        sightings, named = [], set()
        for row, column in zip(rows, columns, strict=True):
            value = score[row, column]
            if value <= 0:
                continue
            person = self._gallery.people[column]
            self._gallery.settle(heads[row], person, sure=value > self._options.sure)
            # "Somebody else" stands at 0 among the alternatives.
            odds = np.exp(np.concatenate([[0.0], score[row]]) - value)
            sightings.append(self._sighting(heads[row], person, float(1 / odds.sum())))
            named.add(row)
        return sightings, [head for row, head in enumerate(heads) if row not in named]

    def _strangers(self, t_s: float, heads: list[Head], seen: set[str]) -> list[Head]:
        """Those without a name who are surely a face, and surely nobody known.

        A guest who is ``seen`` elsewhere at this moment is no candidate; a student is all the same: somebody who looks
        like one is rather that student, mixed up for a moment, than a stranger.
        """
        options, out = self._options, []
        people = enumerate(self._gallery.people)
        absent = [column for column, person in people if person.enrolled or person.name not in seen]
        doubt = any(p.enrolled and p.name not in seen and self._is_sought(p) for p in self._gallery.people)
        for head in heads:
            looks = head.looks
            if looks is None or t_s - head.since_s < options.welcome_s:
                continue
            scores = [self._mean_score[camera, track.track_id] for camera, track in head.tracks.items()]
            if np.mean(scores) < options.welcome_score:
                continue
            weight = options.welcome_weight / 2 if len(head.tracks) == 2 else options.welcome_weight
            familiar = float(self._gallery.from_looks(head)[absent].max(initial=-np.inf))
            if doubt:
                weight = max(weight, options.welcome_doubt_weight)
            if looks[1] >= weight and familiar < options.stranger and self._gallery.is_face(head):
                out.append(head)
        return out

    def _sighting(self, head: Head, person: Person, confidence: float) -> Sighting:
        if person.embedding is None or not person.enrolled:
            self._gallery.settle(head, person, sure=False)
        faces = {camera: track.face for camera, track in head.tracks.items()}
        ids = {camera: track.track_id for camera, track in head.tracks.items()}
        return Sighting(person.name, faces, confidence, ids)

    def _hint(self, t_s: float, heads: list[Head]) -> None:
        """Tell each tracker where a head should be that it does not see.

        Somebody whose seat is known is looked for there; somebody whom only the other camera has ever seen, along the
        epipolar line.
        """
        if len(self._trackers) != 2 or t_s - self._hinted_s < self._options.hint_s - 1e-6:
            return
        self._hinted_s = t_s
        until_s = t_s + self._options.hint_s
        seen: dict[int, set[str]] = {0: set(), 1: set()}
        lonely: list[Track] = []
        for head in heads:
            for camera, track in head.tracks.items():
                person = self._gallery.bearer(track)
                if person is not None:
                    seen[camera].add(person.name)
                if len(head.tracks) == 2:
                    continue
                if person is not None and person.seat_C_m is not None:
                    boxes = boxes_near_seat(self._rig, track.face, person.seat_C_m)
                    self._trackers[1 - camera].expect(boxes, until_s)
                elif track.hits >= self._options.hint_hits:
                    lonely.append(track)
        # Those with a name first, then the youngest: an old nameless track in one camera is hardly a face.
        lonely.sort(key=lambda track: (self._gallery.bearer(track) is None, -track.since_s))
        for track in lonely[: self._options.hints]:
            boxes = boxes_in_other_camera(self._rig, track.face)
            self._trackers[1 - track.camera].expect(boxes, until_s)
        for camera, tracker in enumerate(self._trackers):
            seats = [p.seat_C_m for p in self._gallery.people if p.seat_C_m is not None and p.name not in seen[camera]]
            if seats:
                tracker.expect(head_boxes(self._rig, camera, np.array(seats)), until_s)


def _touches_another(head: Head, heads: Sequence[Head]) -> bool:
    """Whether a head overlaps another one in a picture, as a collar does that was taken for a face."""
    for camera, track in head.tracks.items():
        others = [other.tracks[camera].face.box_px for other in heads if other is not head and camera in other.tracks]
        if others and overlap(track.face.box_px[None], np.array(others), of_smaller=True).max() > _TOUCHING:
            return True
    return False
