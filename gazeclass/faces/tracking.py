"""Faces of one camera followed over time.

At every picture R- and O-Net look where each face is expected: that is cheap, gives the landmarks, and still holds a
profile that a search of the whole picture would miss. The whole picture is searched only now and then, often at first
and after a change, seldom in a settled class. A face is believed after several finds, and forgotten only after a while,
so that nothing flickers.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from scipy.optimize import linear_sum_assignment

from gazeclass.faces.appearance import EmbeddingModel
from gazeclass.faces.follower import SAME_PLACE, Follower, TrackingOptions, distinct, fit_of, same_face, strangeness
from gazeclass.faces.resemblance import is_unlike_all, settle_meeting, usual_cosine
from gazeclass.faces.types import Face, Track

_STRANGE_LOOKS = 3  # one may be a blurred picture
_DUD_S = 5.0  # how long what proved to be a hand or a collar is not tried again
_SNUG = 0.6  # overlap of a track and a find from which the track is where it should be


class FaceDetector(Protocol):
    """What tracking asks of a detector; :class:`gazeclass.faces.mtcnn.MtcnnDetector` is one."""

    def detect(self, image: np.ndarray, camera: int = 0, *, region: np.ndarray | None = None) -> list[Face]:
        """Faces in the whole picture, or in a part of it."""
        ...

    def refine(
        self, image: np.ndarray, boxes: np.ndarray, camera: int = 0, *, threshold: float = 0.3, looks: int = 8
    ) -> list[Face | None]:
        """Faces at expected boxes, None where there is none; fewer looks are faster and miss more."""
        ...


class CameraTracker:
    """The faces of one camera.

    Args:
        camera: 0 or 1.
        detector: finds and refines faces.
        embedder: for identities; None follows by place alone.
        options: see :class:`TrackingOptions`.
        embeddings_per_picture: at most so many faces are embedded at once, those with least evidence first.
    """

    def __init__(
        self,
        camera: int,
        detector: FaceDetector,
        embedder: EmbeddingModel | None = None,
        *,
        options: TrackingOptions | None = None,
        embeddings_per_picture: int = 2,
    ) -> None:
        self.camera = camera
        self._detector, self._embedder = detector, embedder
        self._options = options or TrackingOptions()
        self._embeddings_per_picture = embeddings_per_picture
        self._followers: list[Follower] = []
        self._next_id = 1
        self._search_interval_s = self._options.search_s[0]
        self._searched_s = -np.inf
        self._t_s = -np.inf
        self._places: list[tuple[float, np.ndarray]] = []
        self._lost: list[tuple[float, np.ndarray]] = []
        self._duds: list[tuple[float, np.ndarray]] = []
        self._glanced_s = -np.inf
        self._told: list[Face] = []

    def expect(self, boxes: np.ndarray, until_s: float) -> None:
        """Somebody knows where faces may be (the other camera does): look there too.

        Args:
            boxes: (n, 4).
            until_s: lesson time up to which it is worth looking.
        """
        self._places += [(until_s, box) for box in np.asarray(boxes, dtype=float).reshape(-1, 4)]

    def found(self, faces: Sequence[Face]) -> None:
        """Somebody else searched a picture of a moment ago, and these are all the faces in it.

        At the next picture they are looked at where they were, and what is still there counts as found by a search of
        one's own: faces that nobody follows go on trial, and a track that holds on to a collar goes back to its face.
        """
        self._told += faces

    def update(self, t_s: float, image: np.ndarray) -> list[Track]:
        """Follow the faces into a new picture.

        Args:
            t_s: lesson time, later than at the last call.
            image: uint8.

        Returns:
            Tracks whose face is seen in this picture.

        Raises:
            InputError: not a picture.
            ValueError: time runs backwards.
        """
        if t_s <= self._t_s:
            raise ValueError(f"pictures must come in order of time: {t_s} s after {self._t_s} s")
        self._t_s = t_s
        seen = self._follow(t_s, image)
        self._take_told(t_s, image, seen)
        # An infinite interval: somebody else searches, and says where by :meth:`expect`.
        if np.isfinite(self._search_interval_s) and t_s - self._searched_s >= self._search_interval_s - 1e-6:
            self._search(t_s, image, seen)
        self._recover(t_s, image, seen)
        self._glance(t_s, image, seen)
        for follower in self._followers:
            if follower.track_id not in seen:
                follower.miss(t_s, self._options)
        lost = [follower for follower in self._followers if follower.is_over(t_s, self._options)]
        for follower in lost:
            if follower.confirmed:
                self._search_interval_s = self._options.search_s[0]
                self._mark_lost(t_s, follower.anchor_px)
        self._followers = [follower for follower in self._followers if follower not in lost]
        self._embed(t_s, image, [follower for follower in self._followers if follower.track_id in seen])
        return [f.snapshot(self.camera) for f in self._followers if f.confirmed and f.track_id in seen]

    def _follow(self, t_s: float, image: np.ndarray) -> set[int]:
        """R- and O-Net on the expected boxes; ids of the tracks that were found."""
        if not self._followers:
            return set()
        expected = np.array([follower.motion.predict(t_s) for follower in self._followers])
        found = self._detector.refine(image, expected, self.camera, threshold=self._options.hold_score)
        candidates = []
        for box, follower, face in zip(expected, self._followers, found, strict=True):
            if face is not None and self._holds(follower, face, fit := fit_of(box, face.box_px)):
                candidates.append((follower, face, fit))
        # Two tracks on one face: it is whose place fits better; the other one is hidden behind it.
        candidates.sort(key=lambda entry: (not entry[0].confirmed, -entry[2]))
        taken: list[tuple[Follower, Face]] = []
        for follower, face, _ in candidates:
            rival = next((other for other, owned in taken if same_face(owned, face)), None)
            if rival is None:
                taken.append((follower, face))
            else:
                follower.contested_with, rival.contested_with = rival, follower
        for follower, face in taken:
            follower.see(t_s, face, self._options)
        return {follower.track_id for follower, _ in taken}

    def _holds(self, follower: Follower, face: Face, fit: float) -> bool:
        """Whether a find near a followed face can be that face."""
        if fit < self._options.jump_overlap:
            return False
        return (
            face.score >= self._options.sure_score
            or fit_of(follower.anchor_px, face.box_px) >= self._options.anchor_overlap
        )

    def _search(self, t_s: float, image: np.ndarray, seen: set[int]) -> None:
        """The whole picture."""
        left = self._take_in(t_s, self._detector.detect(image, self.camera), seen)
        shortest, longest = self._options.search_s
        self._search_interval_s = shortest if left else min(self._search_interval_s * 1.5, longest)
        self._searched_s = t_s

    def _take_told(self, t_s: float, image: np.ndarray, seen: set[int]) -> None:
        """What somebody else found a moment ago, as far as it is there still and not well followed."""
        told, self._told = self._told, []
        boxes = [face.box_px for face in distinct(told) if not self._is_followed(face, seen)]
        if not boxes:
            return
        now = self._detector.refine(image, np.array(boxes), self.camera, threshold=self._options.hold_score)
        there = [
            face
            for face, box in zip(now, boxes, strict=True)
            if face is not None and fit_of(face.box_px, box) >= self._options.jump_overlap
        ]
        self._take_in(t_s, distinct(there), seen)

    def _is_followed(self, face: Face, seen: set[int]) -> bool:
        """Whether a track is just where a face was found."""
        return any(f.track_id in seen and fit_of(f.face.box_px, face.box_px) >= _SNUG for f in self._followers)

    def _take_in(self, t_s: float, found: Sequence[Face], seen: set[int]) -> list[Face]:
        """Faces found in the picture: tracks beside them move, waiting ones end their wait, new ones go on trial.

        Returns:
            The new ones.
        """
        fresh = self._unfollowed(self._reseat(t_s, found, seen), seen)
        left = self._resume(t_s, fresh, seen)
        self._begin(t_s, left, seen, self._options.firm_score)
        return left

    def _begin(self, t_s: float, faces: Sequence[Face], seen: set[int], firm_score: float) -> None:
        """New tracks, on trial until found often enough with ``firm_score``."""
        self._duds = [(until_s, box) for until_s, box in self._duds if until_s >= t_s]
        for face in faces:
            if any(fit_of(face.box_px, box) > SAME_PLACE for _, box in self._duds):
                continue
            follower = Follower(self._next_id, t_s, face, firm_score)
            self._next_id += 1
            self._followers.append(follower)
            seen.add(follower.track_id)

    def _glance(self, t_s: float, image: np.ndarray, seen: set[int]) -> None:
        """Look where faces were lost, and where they are expected."""
        if t_s - self._glanced_s < self._options.glance_s - 1e-6:
            return
        self._glanced_s = t_s
        firm = [f.face.box_px for f in self._followers if f.face.score >= self._options.firm_score]
        self._places = [
            (until_s, box)
            for until_s, box in self._places
            if until_s >= t_s and not any(fit_of(box, other) > 0.3 for other in firm)
        ]
        if not self._places:
            return
        boxes = np.array([box for _, box in self._places])
        # One look at each place, more at those where there may be something, each time at the box found before.
        for threshold, looks in ((self._options.place_score / 6, 1), (self._options.place_score / 2, 2)):
            found = self._detector.refine(image, boxes, self.camera, threshold=threshold, looks=looks)
            kept = [fit_of(face.box_px, box) for face, box in zip(found, boxes, strict=True) if face is not None]
            near = [face for face in found if face is not None]
            near = [face for face, fit in zip(near, kept, strict=True) if fit >= self._options.jump_overlap]
            if not near:
                return
            boxes = np.array([face.box_px for face in distinct(near)])
        last = self._detector.refine(image, boxes, self.camera, threshold=self._options.place_score)
        fresh = self._reseat(t_s, distinct([face for face in last if face is not None]), seen)
        fresh = self._resume(t_s, self._unfollowed(fresh, seen), seen)
        self._begin(t_s, fresh, seen, self._options.place_score)

    def _recover(self, t_s: float, image: np.ndarray, seen: set[int]) -> None:
        """Look for known faces that were lost or found but weakly, each in the neighbourhood where it was."""
        for follower in self._followers:
            weak = follower.track_id not in seen or follower.face.score < self._options.firm_score
            if not weak or not follower.confirmed or follower.contested_with is not None:
                continue
            if t_s - follower.recovered_s < self._options.glance_s - 1e-6:
                continue
            follower.recovered_s = t_s
            box = follower.motion.predict(t_s)
            reach = follower.motion.size_px
            region = box + np.array([-reach, -reach, reach, reach])
            found = self._detector.detect(image, self.camera, region=region)
            self._resume(t_s, self._unfollowed(self._reseat(t_s, found, seen), seen), seen)

    def _reseat(self, t_s: float, faces: Sequence[Face], seen: set[int]) -> list[Face]:
        """A face found anew where a track holds on to something weaker beside it.

        The track goes back to the face if that is where it last was firm; else it is on a hand or a collar, and ends.

        Returns:
            The faces that no track was moved to.
        """
        left = []
        for face in faces:
            rivals = [follower for follower in self._followers if same_face(follower.face, face)]
            weak = [follower for follower in rivals if follower.face.score < self._options.firm_score <= face.score]
            off = [follower for follower in weak if fit_of(follower.face.box_px, face.box_px) < _SNUG]
            if len(rivals) != 1 or len(off) != 1 or off[0].track_id not in seen:
                left.append(face)
            elif fit_of(off[0].anchor_px, face.box_px) >= self._options.anchor_overlap:
                off[0].reseat(t_s, face, self._options)
            else:
                self._followers.remove(off[0])
                left.append(face)
        return left

    def _unfollowed(self, faces: Sequence[Face], seen: set[int]) -> list[Face]:
        owned = [follower.face for follower in self._followers if follower.track_id in seen]
        return [face for face in faces if not any(same_face(face, other) for other in owned)]

    def _resume(self, t_s: float, faces: list[Face], seen: set[int]) -> list[Face]:
        """Give faces to waiting tracks near them; returns those that nobody waits for."""
        waiting = [follower for follower in self._followers if follower.track_id not in seen]
        if not waiting or not faces:
            return faces
        cost = np.array([[strangeness(follower, t_s, face) for face in faces] for follower in waiting])
        rows, columns = linear_sum_assignment(np.minimum(cost, 1e3))
        used = set()
        for row, column in zip(rows, columns, strict=True):
            if cost[row, column] < 1:
                waiting[row].see(t_s, faces[column], self._options)
                seen.add(waiting[row].track_id)
                used.add(column)
        return [face for index, face in enumerate(faces) if index not in used]

    def _embed(self, t_s: float, image: np.ndarray, followers: list[Follower]) -> None:
        """Embed the faces that need it most, and undo an exchange of two faces that met."""
        if self._embedder is None:
            return
        wishes = [(f.appearance.need(t_s, f.face) + 5.0 * f.jumped, f) for f in followers]
        wishes = sorted((wish for wish in wishes if wish[0] > 0), key=lambda wish: -wish[0])
        chosen = [follower for _, follower in wishes[: self._embeddings_per_picture]]
        vectors = self._embedder.embed(image, [follower.face for follower in chosen])
        strangers = usual_cosine(self._followers)
        for follower, vector in zip(chosen, vectors, strict=True):
            contested = follower.contested_with is not None
            looks = follower.appearance
            if not contested and strangers is not None and looks.is_strange(vector, strangers):
                # A face that surely is one may look down or away: that is no reason to doubt it.
                looks.strange_looks += int(follower.face.score < self._options.firm_score)
                continue
            looks.strange_looks = 0
            follower.jumped = False
            looks.add(t_s, follower.face, vector, provisional=contested)
            follower.known_px = follower.face.box_px
        for follower in chosen:
            settle_meeting(follower, self._followers)
            if self._is_no_face(follower, strangers):
                self._followers.remove(follower)
                self._duds.append((t_s + _DUD_S, follower.face.box_px))
            elif follower.appearance.strange_looks >= _STRANGE_LOOKS:
                # It has slipped off its face, to a collar or a hand: the face is where it last looked like itself.
                self._followers.remove(follower)
                self._mark_lost(t_s, follower.known_px)

    def _mark_lost(self, t_s: float, box_px: np.ndarray) -> None:
        """Remember where a face was lost: to look there, and to doubt it less when it is back."""
        entry = (t_s + self._options.memory_s, box_px)
        self._places.append(entry)
        self._lost = [old for old in self._lost if old[0] >= t_s] + [entry]

    def _is_no_face(self, follower: Follower, strangers: float | None) -> bool:
        """Whether a track is a hand or a collar: found but weakly, where no face was lost, and like nobody."""
        if strangers is None or follower.mean_score >= self._options.sure_score:
            return False
        return not self._is_remembered(follower.face.box_px) and is_unlike_all(follower, self._followers, strangers)

    def _is_remembered(self, box_px: np.ndarray) -> bool:
        """Whether a proven face was lost here."""
        return any(fit_of(box_px, box) > SAME_PLACE / 2 for _, box in self._lost)
